"""The largest coordinates whose squared distances do not overflow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s


_LARGEST = {np.dtype(t).char: float(np.finfo(t).max) for t in (np.float32, np.float64)}


def coordinate_limit(
    shape: tuple[int, int], dtype: np.dtype[Any] | type[Any], weights: Float64s | None = None
) -> float:
    """Return the largest absolute coordinate for which inertia and variance stay finite.

    Parameters
    ----------
    shape : (n_samples, n_features)
    dtype : dtype
        Precision in which squared distances are computed.
    weights : ndarray of shape (n_samples,), float64, default=None
        Weighted sums are always float64.

    Returns
    -------
    float
        In the units of X.

    Examples
    --------
    >>> print(f"{coordinate_limit((100, 4), np.float32):.0e}")
    5e+17
    """
    n_samples, n_features = shape
    limit = _LARGEST[np.dtype(dtype).char] / (4.0 * n_samples * n_features)
    if weights is not None:
        total = max(float(weights.sum()), 1.0)
        limit = min(limit, float(np.finfo(np.float64).max) / (4.0 * n_features * total))
    return math.sqrt(limit)


def too_large_error(largest: float, where: str, dtype: np.dtype[Any] | type[Any]) -> ValueError:
    """Return the error to raise for a coordinate above the limit."""
    return ValueError(
        f"{where} {largest:.3g}, too large for squared distances in {np.dtype(dtype)}. "
        f"Rescale the columns, for instance np.divide(X, {largest:.0e})."
    )
