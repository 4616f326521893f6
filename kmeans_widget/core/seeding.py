"""What seeding asks of the samples again and again: how close the closest centre is by now.

The kernels take differences before squares for any number of features, so the distance of a sample
to its own copy is exactly 0 and no copy is drawn again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmeans_widget.core.jit import kernel
from kmeans_widget.core.plain import DIFFERENCE
from kmeans_widget.core.tile import scores
from kmeans_widget.core.transposition import load_lanes

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.core.targets import Room, Target


@kernel
def measure(  # noqa: PLR0913, PLR0917  two kernels in one: half the time to compile
    X: Floats,
    sample_weight: Float64s,
    to: Target,
    closest: Floats,
    distances: Floats,  # OUT
    sums: Float64s,  # OUT
    lowered: Floats,  # OUT
    masses: Float64s,  # OUT
    start: int,
    part_size: int,
    room: Room,
) -> None:
    r"""Add up what each of some points would leave of the squared distances to the closest centre.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
        The samples.
    sample_weight : ndarray of shape (n_samples,) or (0,), float64, read-only
        Their weights; of size 0 when each weighs 1.
    to : Target
        The new centre, or the candidates for it, packed for differences.
    closest : ndarray of shape (n_samples,), dtype of X
        Squared distances to the closest centre so far.
    distances : ndarray of shape (size of `to.start`, pitch of the lanes), dtype of X
        Room for the scores.
    sums : ndarray of shape (n_points, pitch of the lanes), float64
        Room for sums, lane by lane: zeros, which it holds again in the end.
    lowered : ndarray of shape (n_points, all samples) or (0, 0), dtype of X
        Takes the lesser of `closest` and each distance, in columns from `start` on. For one point
        it may be `closest` itself.
    masses : ndarray of shape (n_points, n_parts), float64
        Takes the weighted sums of these over every `part_size` samples.
    start : int
        Number of the first of these samples among all, a multiple of `part_size`.
    part_size : int
        A multiple of the pitch of the lanes.
    room : Room

    Notes
    -----
    .. math:: \phi_c = \sum_i w_i \min(D_i^2, \lVert x_i - c \rVert^2)

    Costs O(n_samples * n_points * n_features).
    """
    pitch, keeping = room.lanes.shape[1], lowered.size > 0
    for first in range(0, X.shape[0], pitch):
        size, column = load_lanes(X, first, to.origin, room.lanes, room.rows), 0
        while column < pitch:
            column = scores(room.lanes, to.packed, to.start, column, DIFFERENCE, distances)
        for i in range(size):
            room.best[i] = closest[first + i]
        for i in range(size, pitch):  # nothing can be added there
            room.best[i] = 0
        for j in range(masses.shape[0]):
            _lower(distances[j], room.best)
            _add(distances[j], sample_weight[first : first + size], sums[j])
            if keeping:
                _copy(distances[j], size, lowered[j, start + first :])
        if (first + pitch) % part_size == 0 or first + pitch >= X.shape[0]:
            for j in range(masses.shape[0]):
                mass = 0.0
                for i in range(pitch):
                    mass += sums[j, i]
                    sums[j, i] = 0.0
                masses[j, (start + first) // part_size] = mass


@kernel
def _lower(
    distances: Floats,  # OUT
    closest: Floats,
) -> None:
    """Lower distances to the closest; all are of one length, so it vectorises."""
    for i in range(closest.size):
        distances[i] = min(distances[i], closest[i])


@kernel
def _add(
    distances: Floats,
    weights: Float64s,
    sums: Float64s,  # OUT
) -> None:
    """Add up distances lane by lane, likewise; weighted, if there are weights."""
    if weights.size > 0:
        for i in range(weights.size):
            sums[i] += weights[i] * distances[i]
    else:
        for i in range(sums.size):
            sums[i] += distances[i]


@kernel
def _copy(
    numbers: Floats,
    size: int,
    out: Floats,  # OUT
) -> None:
    for i in range(size):
        out[i] = numbers[i]
