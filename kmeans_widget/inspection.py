"""One point, looked at closely."""

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
        Its position among the points there are now, as in `labels`.
    name : object
        What the user calls it: its label in the index of the DataFrame, or its row in X.
    position : ndarray of shape (n_features,)
        Units of `X`.
    cluster : int
        The cluster it is assigned to; -1 where none is yet.
    distances : ndarray of shape (n_clusters,), float64
        To every centroid, units of `X`.
    runner_up : int or None
        The nearest centroid that is not its own (before any assignment: the second nearest); None
        where there is only one.
    margin : float
        How much farther the runner-up is than its own centroid, units of `X`; infinite without a
        runner-up, negative where the next assignment will change the cluster.
    """

    row: int
    name: Any
    position: Floats
    cluster: int
    distances: Float64s
    runner_up: int | None
    margin: float

    @property
    def nearest(self) -> int:
        """The nearest centroid; the lowest index wins a tie."""
        return int(self.distances.argmin())


def look(row: int, name: Any, position: Floats, cluster: int, centers: Floats) -> Inspection:
    """Measure a point's distances to the centroids.

    Parameters
    ----------
    row, name, position, cluster
        As in `Inspection`.
    centers : ndarray of shape (n_clusters, n_features)

    Returns
    -------
    Inspection

    Examples
    --------
    >>> point = look(4, 4, np.array([0.0]), 1, np.array([[-3.0], [1.0], [7.0]]))
    >>> point.distances, point.runner_up, point.margin
    (array([3., 1., 7.]), 0, 2.0)
    """
    distances = np.linalg.norm(np.subtract(centers, position, dtype=np.float64), axis=1)
    own = cluster if cluster >= 0 else int(distances.argmin())
    others = np.where(np.arange(len(distances)) == own, np.inf, distances)
    runner_up = int(others.argmin()) if len(distances) > 1 else None
    margin = float(others.min() - distances[own])
    return Inspection(row, name, position, cluster, distances, runner_up, margin)
