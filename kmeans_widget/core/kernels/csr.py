"""Kernels for compressed sparse rows (CSR): only stored values are read.

`data` holds the stored values of all rows, `indices` their features, and `indptr` where each row
starts. Centres are laid out with a row for each feature, so that the inner loops run over adjacent
centres.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.kernels.jit import allocating, kernel

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Labels

Integers: TypeAlias = npt.NDArray[np.integer[Any]]
"""Positions in a sparse matrix: int32 or int64, whichever it has."""


@allocating
def assign_rows(
    data: Floats,
    indices: Integers,
    indptr: Integers,
    sample_weight: Float64s,
    by_feature: Float64s,
    labels: Labels,  # OUT
    distances: Float64s,  # OUT
) -> tuple[float, int]:
    r"""Find the nearest centre of every row of a chunk.

    Parameters
    ----------
    data : ndarray of shape (n_stored,), float32 or float64, read-only
        The stored values of all rows.
    indices : ndarray of shape (n_stored,), int, read-only
        Their features; rising within a row, none twice.
    indptr : ndarray of shape (n_rows + 1,), int, read-only
        Where the rows of this chunk start and end in `data`.
    sample_weight : ndarray of shape (n_rows,) or (0,), float64, read-only
        Weights of the rows; of size 0 when each weighs 1.
    by_feature : ndarray of shape (n_features + 1, n_clusters), float64, read-only
        The centres, as the function `by_feature` returns them.
    labels : ndarray of shape (n_rows,), int32
        The previous labels; takes the new ones.
    distances : ndarray of shape (n_rows,) or (0,), float64
        Takes the squared distances to the nearest centres, in squared units of X; of size 0 when
        not wanted.

    Returns
    -------
    inertia : float
        Weighted sum of the squared distances.
    n_changed : int
        Number of rows whose label has changed.

    Notes
    -----
    .. math:: \lVert x - c \rVert^2 = \lVert c \rVert^2 + \sum_{f: x_f \neq 0} x_f (x_f - 2 c_f)

    so a stored value costs one multiplication and addition for each centre: O(n_stored *
    n_clusters). The lowest index wins a tie.
    """
    n_clusters = by_feature.shape[1]
    scores = np.empty(n_clusters)
    inertia, n_changed = 0.0, 0
    for row in range(len(indptr) - 1):
        _score(data, indices, indptr[row], indptr[row + 1], by_feature, scores)
        best, nearest = scores[0], 0
        for j in range(1, n_clusters):
            if scores[j] < best:
                best, nearest = scores[j], j
        best = max(best, 0.0)  # rounding may lead below 0
        n_changed += labels[row] != nearest
        labels[row] = nearest
        if distances.size > 0:
            distances[row] = best
        inertia += (sample_weight[row] if sample_weight.size > 0 else 1.0) * best
    return inertia, n_changed


@kernel
def sum_rows(
    data: Floats,
    indices: Integers,
    indptr: Integers,
    sample_weight: Float64s,
    labels: Labels,
    totals: Float64s,  # OUT
) -> None:
    """Add the rows of a chunk to the sums of their clusters.

    Parameters
    ----------
    data, indices, indptr, sample_weight
        As in `assign_rows`.
    labels : ndarray of shape (n_rows,), int32
        The cluster of each row.
    totals : ndarray of shape (n_clusters, n_features + 1), float64
        The weighted sum of each cluster's rows and, in the last column, its weight; is added to.

    Notes
    -----
    Costs O(n_stored).
    """
    n_features = totals.shape[1] - 1
    for row in range(len(indptr) - 1):
        label = labels[row]
        w = sample_weight[row] if sample_weight.size > 0 else 1.0
        totals[label, n_features] += w
        for i in range(indptr[row], indptr[row + 1]):
            totals[label, indices[i]] += w * data[i]


@allocating
def distances_from_rows(
    data: Floats,
    indices: Integers,
    indptr: Integers,
    by_feature: Float64s,
    distances: Float64s,  # OUT
    start: int,
) -> None:
    """Measure the squared distances of the rows of a chunk to every point.

    Parameters
    ----------
    data, indices, indptr
        As in `assign_rows`.
    by_feature : ndarray of shape (n_features + 1, n_points), float64, read-only
        The points, as the function `by_feature` returns them.
    distances : ndarray of shape (n_points, n_samples), float64
        Takes the squared distances, in squared units of X, in the columns of this chunk.
    start : int
        The column of the chunk's first row.

    Notes
    -----
    Formula and cost are those of `assign_rows`. The distance of a row to itself is exactly 0: both
    sums have the same terms in the same order.
    """
    n_points = by_feature.shape[1]
    scores = np.empty(n_points)
    for row in range(len(indptr) - 1):
        _score(data, indices, indptr[row], indptr[row + 1], by_feature, scores)
        for j in range(n_points):
            distances[j, start + row] = max(scores[j], 0.0)


def by_feature(points: Floats) -> Float64s:
    """Transpose points for the kernels.

    Parameters
    ----------
    points : ndarray of shape (n_points, n_features)
        Centres, in the units of X.

    Returns
    -------
    ndarray of shape (n_features + 1, n_points), float64, read-only
        Twice the points, a row for each feature, and a last row with their squared norms, summed in
        the order of the features.
    """
    laid_out = np.empty((points.shape[1] + 1, len(points)))
    _fill_by_feature(read_only(np.ascontiguousarray(points, dtype=np.float64)), laid_out)
    return read_only(laid_out)


@kernel
def _fill_by_feature(
    points: Float64s,
    by_feature: Float64s,  # OUT
) -> None:
    """Fill the array that `by_feature` returns."""
    n_points, n_features = points.shape
    for j in range(n_points):
        squares = 0.0
        for feature in range(n_features):
            coordinate = points[j, feature]
            by_feature[feature, j] = 2.0 * coordinate
            squares += coordinate * coordinate
        by_feature[n_features, j] = squares


@kernel
def _score(
    data: Floats,
    indices: Integers,
    begin: int,
    end: int,
    by_feature: Float64s,
    scores: Float64s,  # OUT
) -> None:
    """Compute the squared distances of one row, stored from begin to end, to all centres."""
    n_clusters, norm = by_feature.shape[1], by_feature.shape[0] - 1
    for j in range(n_clusters):
        scores[j] = 0.0
    for i in range(begin, end):
        value, feature = np.float64(data[i]), indices[i]
        for j in range(n_clusters):
            scores[j] += value * (value - by_feature[feature, j])
    for j in range(n_clusters):
        scores[j] += by_feature[norm, j]
