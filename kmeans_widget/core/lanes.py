"""Few samples, laid out once for all rounds of a run: one in each lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.core.packing import aligned
from kmeans_widget.core.plain import NARROW
from kmeans_widget.core.simd import BLOCK
from kmeans_widget.core.targets import STREAM_BLOCKS

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats


class Lanes(NamedTuple):
    """Samples as these kernels take them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
    sample_weight : ndarray of shape (n_samples,) or (0,), float64, read-only
        Of size 0 when each weighs 1.
    origin : ndarray of shape (n_features,), dtype of X, read-only
    blocks : ndarray of shape (n_blocks, n_features, pitch), dtype of X
        The samples once more, one in each lane, counted from the origin; the last one is repeated.
    norms : ndarray of shape (n_blocks, pitch), dtype of X
        Their squared norms, counted from there; of no size for a few features.
    """

    X: Floats
    sample_weight: Float64s
    origin: Floats
    blocks: Floats
    norms: Floats


def in_lanes(X: Floats, sample_weight: Float64s, origin: Floats) -> Lanes:
    """Lay out samples for these kernels: a copy of them, aligned to the lines of the cache."""
    n_samples, n_features = X.shape
    pitch = BLOCK * (min(-(-n_samples // BLOCK), STREAM_BLOCKS) if n_features <= NARROW else 1)
    n_full, n_left = divmod(n_samples, pitch)
    blocks = aligned((n_full + (n_left > 0), n_features, pitch), X.dtype)
    blocks[:n_full] = X[: n_full * pitch].reshape(n_full, pitch, n_features).transpose(0, 2, 1)
    if n_left > 0:
        blocks[n_full, :, :n_left] = X[-n_left:].T
        blocks[n_full, :, n_left:] = X[-1:].T
    blocks -= origin[:, np.newaxis]
    norms = np.einsum("bfi,bfi->bi", blocks, blocks) if n_features > NARROW else blocks[0, :0]
    return Lanes(X, sample_weight, origin, blocks, norms)
