"""Match new clusters with old ones, so that each keeps its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats


def match_values(counts: npt.NDArray[np.intp], slots: Sequence[int]) -> tuple[int, ...]:
    """Give each value the slot of the cluster in which most of its points are.

    Parameters
    ----------
    counts : ndarray of shape (n_values, n_clusters)
        Number of points of each value in each cluster.
    slots : sequence of n_clusters int
        The slot of each cluster.

    Returns
    -------
    tuple of n_values int
        All different. If most points of several values are in the same cluster, the one with the
        most points there gets its slot; the others get slots that no cluster has.

    Examples
    --------
    >>> match_values(np.array([[0, 9], [8, 1], [2, 3]]), [0, 1])
    (1, 0, 2)
    """
    found: dict[int, int] = {}
    for value in (-counts.max(axis=1)).argsort(kind="stable").tolist():
        slot = slots[int(counts[value].argmax())]
        if counts[value].any() and slot not in found.values():
            found[value] = slot
    free = (slot for slot in range(len(counts) + len(slots)) if slot not in {*slots})
    return tuple(found[v] if v in found else next(free) for v in range(len(counts)))


def match_clusters(
    centers: Floats, old_centers: Floats, old_slots: Sequence[int]
) -> tuple[int, ...]:
    """Pass the slots of old clusters to new ones, so that centroids move as little as possible.

    A slot is an index into the palette: a colour and a marker.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features)
        New centroids.
    old_centers : ndarray of shape (n_old, n_features)
        Old centroids.
    old_slots : sequence of n_old int
        The slot of each old cluster.

    Returns
    -------
    tuple of n_clusters int
        The slot of each new cluster, all different. A cluster without a match gets the lowest
        slot that is free.

    Notes
    -----
    The pairs are those with the smallest sum of distances. Costs
    O(n_clusters * n_old * n_features), and O(max(n_clusters, n_old)**3) at the worst.

    References
    ----------
    Crouse, D. F. (2016), On implementing 2D rectangular assignment algorithms.
    doi:10.1109/TAES.2016.140952

    Examples
    --------
    >>> old = np.array([[0.0, 0.0], [9.0, 9.0]])
    >>> match_clusters(np.array([[8.0, 9.0], [5.0, 5.0], [1.0, 0.0]]), old, [0, 1])
    (1, 2, 0)
    """
    from scipy.optimize import linear_sum_assignment  # only needed when a second run begins

    distances = [np.linalg.norm(old_centers - center, axis=1) for center in centers]
    matched = dict(zip(*linear_sum_assignment(distances), strict=True))
    slots = {cluster: old_slots[old] for cluster, old in matched.items()}
    taken = set(slots.values())
    free = (slot for slot in range(len(centers) + len(taken)) if slot not in taken)
    return tuple(
        slots[cluster] if cluster in slots else next(free) for cluster in range(len(centers))
    )
