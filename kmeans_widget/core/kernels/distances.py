"""Squared Euclidean distances, of samples to their own centres and to given points.

Differences come before squares, so nothing cancels far from the origin, and the distance of a point
to itself is exactly 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmeans_widget.core.kernels.intrinsics.tile import squared_distances
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_block
from kmeans_widget.core.kernels.jit import kernel, reduction

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Labels
    from kmeans_widget.core.kernels.buffers import PackedCenters, Workspace


@reduction
def squared_distance(X: Floats, row: int, centers: Float64s, j: int) -> float:
    """Measure the squared distance of a sample to a centre in float64."""
    total = 0.0
    for feature in range(X.shape[1]):
        difference = X[row, feature] - centers[j, feature]
        total += difference * difference
    return total


@kernel
def own_distances(
    X: Floats,
    centers: Float64s,
    labels: Labels,
    distances: Float64s,  # OUT
) -> None:
    """Measure the squared distance of every sample to the centre of its label, in float64."""
    for i in range(X.shape[0]):
        distances[i] = squared_distance(X, i, centers, labels[i])


@kernel
def distances_to_points(
    X: Floats,
    packed: PackedCenters,
    found: Floats,  # OUT
    distances: Float64s,  # OUT
    start: int,
    workspace: Workspace,
) -> None:
    r"""Measure the squared distances of a chunk of samples to every point.

    Parameters
    ----------
    X : ndarray of shape (n_chunk, n_features), float32 or float64, read-only
        The samples of the chunk.
    packed : PackedCenters
        The points.
    found : ndarray of shape (size of `packed.tiles.half_norms`, pitch), dtype of X
        Scratch space.
    distances : ndarray of shape (n_points, n_samples), float64
        Takes the squared distances, in squared units of X, in the columns of this chunk.
    start : int
        The column of the chunk's first sample.
    workspace : Workspace

    Notes
    -----
    .. math:: d_{ji} = \sum_f (x_{if} - p_{jf})^2

    Costs O(n_chunk * n_points * n_features).
    """
    pitch = workspace.points.shape[1]
    for first in range(0, X.shape[0], pitch):
        size, column = transpose_block(X, first, packed.origin, workspace.points, workspace.rows), 0
        while column < size:
            column = squared_distances(workspace.points, packed.tiles.negated, column, found)
        for j in range(distances.shape[0]):
            for i in range(size):
                distances[j, start + first + i] = found[j, i]
