"""Assign samples of a few features: distances as they are written, in one pass over the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmeans_widget.core.kernels.intrinsics.sums import changes, move_narrow
from kmeans_widget.core.kernels.intrinsics.tile import nearest_one
from kmeans_widget.core.kernels.intrinsics.transpose import fill_lanes
from kmeans_widget.core.kernels.jit import kernel

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Labels
    from kmeans_widget.core.kernels.layout import Room, Target


@kernel
def assign_narrow(
    X: Floats,
    sample_weight: Float64s,
    to: Target,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
    room: Room,
) -> tuple[int, float]:
    r"""Assign samples of a few features, and move those that changed to their new cluster's sums.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
        The samples.
    sample_weight : ndarray of shape (n_samples,) or (0,), float64, read-only
        Their weights; of size 0 when each weighs 1.
    to : Target
        The centres.
    labels : ndarray of shape (n_samples,), int32
        Holds the labels of the pass before, -1 for none; takes the new ones.
    totals : ndarray of shape (n_clusters, n_features + 3), float64
        The sums of the clusters, see `move_changed`; what changes is added and subtracted.
    room : Room

    Returns
    -------
    n_changed : int
        Samples whose label is another than before.
    inertia : float
        Weighted sum of the squared distances to the nearest centres.

    Notes
    -----
    .. math:: l_i = \arg\min_j \lVert x_i - c_j \rVert^2

    The lowest index wins a tie. Costs O(n_samples * n_clusters * n_features).

    References
    ----------
    Lloyd, S. P. (1982), Least squares quantization in PCM. doi:10.1109/TIT.1982.1056489
    """
    pitch, n_changed, inertia = room.lanes.shape[1], 0, 0.0
    weighted, losses = sample_weight.size > 0, room.losses
    for i in range(pitch):
        losses[i] = 0.0
    for first in range(0, X.shape[0], pitch):
        size = min(pitch, X.shape[0] - first)
        fill_lanes(X, first, to.origin, room.lanes)
        column = 0
        while column < size:
            column = nearest_one(room.lanes, to.packed, to.start, column, room.best, room.nearest)
        if weighted:
            for i in range(size):
                losses[i] += sample_weight[first + i] * room.best[i]
        else:
            for i in range(size):
                losses[i] += room.best[i]
        changed = changes(labels, room.nearest, first, size, room.rows)
        if changed > 0:
            n_changed += move_narrow(
                X, sample_weight, room.rows, room.nearest, changed, to.origin, labels, totals
            )
    for i in range(pitch):
        inertia += losses[i]
    return n_changed, inertia
