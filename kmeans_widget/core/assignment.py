"""Assign: every sample goes to its nearest centre.

Two kernels do it, both with samples in the lanes of vectors. For a few features `assign_narrow`
measures every distance as it is written, in one stream over the samples. For more,
`kmeans_widget.core.comparison.assign_rows` takes only the samples that bounds cannot vouch for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.changes import changes
from kmeans_widget.core.jit import kernel
from kmeans_widget.core.moves import move, move_narrow
from kmeans_widget.core.tile import nearest_one
from kmeans_widget.core.transposition import fill_lanes

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.targets import Room, Target


@kernel
def move_changed(
    X: Floats,
    sample_weight: Float64s,
    rows: Indices,
    nearest: Labels,  # OUT
    origin: Floats,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
    changed: Indices,  # OUT
) -> int:
    """Give samples their new labels, and move those that changed to their new cluster's sums.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,), intp
        Which samples.
    nearest : ndarray of shape (at least n_rows,), int32
        Their new labels; afterwards those of the samples that changed.
    totals : ndarray of shape (n_clusters, n_features + 3), float64
        Of each cluster's samples: their weighted sum, counted from the origin; their weight; how
        many with weight there are; and the size of what has been subtracted, as a sum of weighted
        distances from the origin, feature by feature. Of size 0 when nobody asks for sums.
    changed : ndarray of shape (at least n_rows,), intp
        Takes the samples that changed. They are listed without a branch that no processor could
        predict.

    For the others see `assign_narrow`.
    """
    n_changed = 0
    for i in range(rows.size):
        row, label = rows[i], nearest[i]
        changed[n_changed], nearest[n_changed] = row, label
        n_changed += labels[row] != label
    return move(X, sample_weight, changed, nearest, n_changed, origin, labels, totals)


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


@kernel
def add_moments(
    folded: Floats,
    origin: Floats,
    sums: Float64s,  # OUT
    squares: Float64s,  # OUT
) -> None:
    """Add up the columns of some rows, and their squares, counted from an origin.

    Parameters
    ----------
    folded : ndarray of shape (n_rows, n_columns), float32 or float64, read-only
        Samples; as many in a row as make it long enough for whole vectors.
    origin : ndarray of shape (n_columns,), dtype of `folded`
    sums, squares : ndarray of shape (n_columns,), float64
        Are added to.
    """
    for i in range(folded.shape[0]):
        for column in range(folded.shape[1]):
            offset = np.float64(folded[i, column]) - np.float64(origin[column])
            sums[column] += offset
            squares[column] += offset * offset
