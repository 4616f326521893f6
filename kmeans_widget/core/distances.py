"""Squared Euclidean distance, many samples at a time.

The kernels put *samples* into the lanes of the vector unit: a block of them is copied transposed,
and every inner loop runs over the samples of the block. Such loops vectorise as they stand, and no
sum is reordered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.jit import kernel

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats

LANES = 256
"""Samples in a block; a constant for the compiler, so that the inner loops need no remainder."""

PITCH = LANES + 16
"""Length of a block's rows: at a power of two, all rows would fall on the same few cache sets."""


@kernel
def distances_to_points(
    X: Floats,
    points: Floats,
    distances: Float64s,  # OUT
    start: int,
) -> None:
    r"""Measure the squared distances of a chunk of samples to every point.

    Parameters
    ----------
    X : ndarray of shape (n_chunk, n_features), float32 or float64, read-only
        The samples of the chunk.
    points : ndarray of shape (n_points, n_features), dtype of X, read-only
        The points, in the units of X.
    distances : ndarray of shape (n_points, n_samples), float64
        Takes the squared distances, in squared units of X, in the columns of this chunk.
    start : int
        The column of the chunk's first sample.

    Notes
    -----
    .. math:: d_{ji} = \sum_f (x_{if} - p_{jf})^2

    Differences come before squares, so nothing cancels far from the origin, and the distance of a
    point to itself is exactly 0. Costs O(n_chunk * n_points * n_features).
    """
    n_features = X.shape[1]
    lanes = np.empty((n_features, PITCH), X.dtype)
    total = np.empty(PITCH, X.dtype)
    for first in range(0, X.shape[0], LANES):
        size = min(LANES, X.shape[0] - first)
        for i in range(LANES):
            for feature in range(n_features):
                lanes[feature, i] = X[first + min(i, size - 1), feature]
        for j in range(points.shape[0]):
            for i in range(LANES):
                total[i] = 0
            for feature in range(n_features):
                coordinate = points[j, feature]
                for i in range(LANES):
                    difference = lanes[feature, i] - coordinate
                    total[i] += difference * difference
            for i in range(size):
                distances[j, start + first + i] = total[i]
