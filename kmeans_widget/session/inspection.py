"""One point in detail: its cluster, and its distance to every centroid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats


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
