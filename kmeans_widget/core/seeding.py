"""What seeding asks of the samples again and again: how close the closest centre is by now.

The kernels take differences before squares for any number of features, so the distance of a sample
to its own copy is exactly 0 and no copy is drawn again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.assignment import fill_lanes
from kmeans_widget.core.jit import kernel
from kmeans_widget.core.packing import transpose
from kmeans_widget.core.plain import DIFFERENCE
from kmeans_widget.core.targets import NARROW
from kmeans_widget.core.tile import scores

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.core.targets import Room, Target


@kernel
def _load(X: Floats, first: int, origin: Floats, room: Room) -> int:
    """Copy samples from `first` on into the lanes; return how many there are."""
    pitch = room.lanes.shape[1]
    size: int = min(pitch, X.shape[0] - first)
    if X.shape[1] <= NARROW:
        fill_lanes(X, first, origin, room.lanes)
    else:
        for i in range(size):
            room.rows[i] = first + i
        column = 0
        while column < pitch:
            column = transpose(X, room.rows[:size], origin, room.lanes, column)
    return size


@kernel
def add_potentials(
    X: Floats,
    sample_weight: Float64s,
    to: Target,
    closest: Floats,
    sums: Float64s,  # OUT
    room: Room,
) -> None:
    r"""Add up, for every candidate, the inertia that it would leave as one more centre.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
        The samples.
    sample_weight : ndarray of shape (n_samples,) or (0,), float64, read-only
        Their weights; of size 0 when each weighs 1.
    to : Target
        The candidates, packed for differences.
    closest : ndarray of shape (n_samples,), dtype of X
        Squared distances to the closest centre so far.
    sums : ndarray of shape (at least n_candidates, pitch of the lanes), float64
        Each candidate's potential, in its row, is added to, lane by lane.
    room : Room

    Notes
    -----
    .. math:: \phi_c = \sum_i w_i \min(D_i^2, \lVert x_i - c \rVert^2)

    Costs O(n_samples * n_candidates * n_features).
    """
    pitch, n_candidates = room.lanes.shape[1], to.exact.shape[0]
    distances = np.empty((to.start.size, pitch), X.dtype)
    for first in range(0, X.shape[0], pitch):
        size, column = _load(X, first, to.origin, room), 0
        while column < pitch:
            column = scores(room.lanes, to.packed, to.start, column, DIFFERENCE, distances)
        for i in range(size):
            room.best[i] = closest[first + i]
            room.weights[i] = sample_weight[first + i] if sample_weight.size > 0 else 1.0
        for i in range(size, pitch):  # repeat the last sample
            room.best[i], room.weights[i] = 0.0, 0.0
        for j in range(n_candidates):
            _add_lesser(distances[j], room.best, room.weights, sums[j])


@kernel
def _add_lesser(
    a: Floats,
    b: Floats,
    weights: Float64s,
    sums: Float64s,  # OUT
) -> None:
    """Add the lesser of a and b, weighted, lane by lane. All of one length, so it vectorises."""
    for i in range(sums.size):
        sums[i] += weights[i] * (min(b[i], a[i]))


@kernel
def approach(
    X: Floats,
    sample_weight: Float64s,
    to: Target,
    closest: Floats,  # OUT
    masses: Float64s,  # OUT
    part_size: int,
    room: Room,
) -> None:
    """Lower the squared distances to the closest centre where a new one is closer.

    Parameters
    ----------
    X, sample_weight, room
        As in `add_potentials`.
    to : Target
        The new centre.
    closest : ndarray of shape (n_samples,), dtype of X
        Is brought up to date.
    masses : ndarray of shape (n_parts,), float64
        Takes the weighted sum of `closest` over every `part_size` samples.
    part_size : int
        A multiple of the pitch of the lanes.
    """
    pitch = room.lanes.shape[1]
    distances, sums = np.empty((to.start.size, pitch), X.dtype), np.zeros(pitch)
    for first in range(0, X.shape[0], pitch):
        size, column = _load(X, first, to.origin, room), 0
        while column < size:
            column = scores(room.lanes, to.packed, to.start, column, DIFFERENCE, distances)
        for i in range(size):
            new, old = distances[0, i], closest[first + i]
            closest[first + i] = min(old, new)
        if sample_weight.size > 0:
            for i in range(size):
                sums[i] += sample_weight[first + i] * closest[first + i]
        else:
            for i in range(size):
                sums[i] += closest[first + i]
        if (first + pitch) % part_size == 0 or first + pitch >= X.shape[0]:
            masses[first // part_size] = sums.sum()
            sums[:] = 0
