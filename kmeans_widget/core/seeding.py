"""What seeding asks of the samples again and again: how close the closest centre is by now.

The kernels take differences before squares for any number of features, so the distance of a sample
to its own copy is exactly 0 and no copy is drawn again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmeans_widget.core.jit import kernel, part
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
        for j in range(masses.shape[0]):
            _add_lesser(
                distances[j], room.best[:size], sample_weight[first : first + size], sums[j]
            )
            if keeping:
                _keep_lesser(distances[j], room.best[:size], lowered[j, start + first :])
        if (first + pitch) % part_size == 0 or first + pitch >= X.shape[0]:
            for j in range(masses.shape[0]):
                mass = 0.0
                for i in range(pitch):
                    mass += sums[j, i]
                    sums[j, i] = 0.0
                masses[j, (start + first) // part_size] = mass


@part
def _add_lesser(
    distances: Floats,
    closest: Floats,
    weights: Float64s,
    sums: Float64s,  # OUT
) -> None:
    """Add up the lesser of both, lane by lane, which vectorises; weighted, if there are weights."""
    if weights.size > 0:
        for i in range(closest.size):
            sums[i] += weights[i] * min(distances[i], closest[i])
    else:
        for i in range(closest.size):
            sums[i] += min(distances[i], closest[i])


@part
def _keep_lesser(
    distances: Floats,
    closest: Floats,
    out: Floats,  # OUT
) -> None:
    """Write down the lesser of both: not in place, where the compiler would mask the stores."""
    for i in range(closest.size):
        out[i] = min(distances[i], closest[i])
