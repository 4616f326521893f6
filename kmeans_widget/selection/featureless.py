"""Featureless data with the extent of given ones: what clusters look like where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats


class Box(NamedTuple):
    """The box around data, along their principal axes.

    Parameters
    ----------
    low, high : ndarray of shape (n_axes,)
        Relative to the mean; axes without extent are left out.
    """

    low: Float64s
    high: Float64s

    def draw(self, n: int, seed: tuple[int, ...]) -> Float64s:
        """Draw n points uniformly in the box, in the coordinates of its axes.

        They are not turned back: K-means depends on distances only.
        """
        rng = np.random.default_rng(seed)
        return rng.uniform(self.low, self.high, (n, len(self.low)))


def box_around(X: Floats) -> Box:
    """Return the box around data along their principal axes.

    Costs O(n_samples * n_features * min(n_samples, n_features)).

    Examples
    --------
    >>> box = box_around(np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]]))
    >>> (box.high - box.low).round(4)
    array([5.6569])
    """
    offsets = X.astype(np.float64) - X.mean(axis=0, dtype=np.float64)
    _, sizes, axes = np.linalg.svd(offsets, full_matrices=False)
    along = offsets @ axes[sizes > 1e-12 * sizes[0]].T
    return Box(along.min(axis=0), along.max(axis=0))
