"""Points in detail: their cluster, and their distances to the centroids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Labels

BLOCK = 8192  # rows whose distances are computed at once: they stay in the cache


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """A point and its distances to the centroids.

    Attributes
    ----------
    row : int
        Its position among the current points, as in `point_labels`.
    name : object
        Its label in the index of the DataFrame, or its row in X.
    position : ndarray of shape (n_features,)
        Units of `X`.
    weight : float or None
        None if the points have no weights.
    cluster : int
        The cluster it is assigned to; -1 before any assignment.
    distances : ndarray of shape (n_clusters,), float64
        To every centroid, in the units that K-means measures in: those of `X`, or of its scale.
    runner_up : int or None
        The nearest other centroid (before any assignment, the second nearest); None if there is
        only one.
    margin : float
        Distance to the runner-up minus distance to its own centroid: infinite without a runner-up,
        negative if the next assignment will change the cluster.
    """

    row: int
    name: Any
    position: Floats
    weight: float | None
    cluster: int
    distances: Float64s
    runner_up: int | None
    margin: float

    @property
    def nearest(self) -> int:
        """The nearest centroid; the lowest index wins a tie."""
        return int(self.distances.argmin())


def inspect_point(
    row: int,
    name: Any,
    position: Floats,
    cluster: int,
    centers: Floats,
    *,
    weight: float | None = None,
    unit: Float64s | float = 1.0,
) -> Inspection:
    """Measure a point's distances to the centroids.

    Parameters
    ----------
    row, name, position, cluster, weight
        As in `Inspection`.
    centers : ndarray of shape (n_clusters, n_features)
        Units of `X`.
    unit : float or ndarray of shape (n_features,)
        Length of one unit of distance along each feature.

    Returns
    -------
    Inspection

    Examples
    --------
    >>> point = inspect_point(4, 4, np.array([0.0]), 1, np.array([[-3.0], [1.0], [7.0]]))
    >>> point.distances, point.runner_up, point.margin
    (array([3., 1., 7.]), 0, 2.0)
    """
    offsets = np.subtract(centers, position, dtype=np.float64) / unit
    distances = np.linalg.norm(offsets, axis=1)
    own = cluster if cluster >= 0 else int(distances.argmin())
    others = np.where(np.arange(len(distances)) == own, np.inf, distances)
    runner_up = int(others.argmin()) if len(distances) > 1 else None
    margin = float(others.min() - distances[own])
    return Inspection(row, name, position, weight, cluster, distances, runner_up, margin)


class Examples(NamedTuple):
    """Rows of points of a cluster.

    Attributes
    ----------
    typical : tuple of int
        The points nearest to the centroid, the nearest first.
    doubtful : tuple of int
        Those with the smallest margin: nearly as near to another centroid, or nearer.
    """

    typical: tuple[int, ...]
    doubtful: tuple[int, ...]


def find_examples(
    X: Floats, labels: Labels, centers: Floats, unit: Float64s | float = 1.0, n: int = 3
) -> list[Examples]:
    """Find the most typical and the most doubtful points of each cluster.

    Parameters
    ----------
    X, labels, centers, unit
        As for `measure_points`.
    n : int
        Of each kind, at most.

    Returns
    -------
    list of Examples
        One per cluster. Of equal points the first ones.

    Notes
    -----
    Cost ``O(n_samples * n_clusters * n_features)``.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [4.0], [9.0], [10.0]])
    >>> find_examples(X, np.array([0, 0, 0, 1, 1]), np.array([[1.0], [9.0]]), n=1)
    [Examples(typical=(1,), doubtful=(2,)), Examples(typical=(3,), doubtful=(3,))]
    """
    distance, margin = measure_points(X, labels, centers, unit)
    found = []
    for cluster in range(len(centers)):
        rows = np.flatnonzero(labels == cluster)
        typical = rows[distance[rows].argsort(kind="stable")[:n]]
        doubtful = rows[margin[rows].argsort(kind="stable")[:n]]
        found.append(Examples(tuple(typical.tolist()), tuple(doubtful.tolist())))
    return found


def measure_points(
    X: Floats, labels: Labels, centers: Floats, unit: Float64s | float = 1.0
) -> tuple[Float64s, Float64s]:
    """Measure for every point what `inspect_point` does for one.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    labels : ndarray of shape (n_samples,)
        The cluster of each point; -1 before any assignment.
    centers, unit
        As for `inspect_point`.

    Returns
    -------
    distance, margin : ndarray of shape (n_samples,), float64
        To the point's own centroid, and how much farther the nearest other one is; NaN before any
        assignment.

    Notes
    -----
    Cost ``O(n_samples * n_clusters * n_features)``.

    Examples
    --------
    >>> measure_points(np.array([[0.0], [5.0]]), np.array([1, 1]), np.array([[-3.0], [1.0], [7.0]]))
    (array([1., 4.]), array([ 2., -2.]))
    """
    distance, other = np.full(len(X), np.nan), np.full(len(X), np.inf)
    for start in range(0, len(X), BLOCK):
        block = slice(start, start + BLOCK)
        for cluster, center in enumerate(centers):
            found = np.linalg.norm(np.subtract(X[block], center, dtype=np.float64) / unit, axis=1)
            is_own = labels[block] == cluster
            distance[block][is_own] = found[is_own]
            np.minimum(other[block], found, out=other[block], where=~is_own)
    return distance, other - distance
