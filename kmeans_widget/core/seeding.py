"""What seeding asks of the samples again and again: how close the closest centre is by now.

The kernels take differences before squares for any number of features, so the distance of a sample
to its own copy is exactly 0 and no copy is drawn again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmeans_widget.core.jit import kernel
from kmeans_widget.core.packing import load_lanes
from kmeans_widget.core.plain import DIFFERENCE
from kmeans_widget.core.tile import scores

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.core.targets import Room, Target


@kernel
def measure(  # noqa: PLR0913, PLR0917  two kernels in one: half the time to compile
    X: Floats,
    sample_weight: Float64s,
    to: Target,
    closest: Floats,  # OUT
    distances: Floats,  # OUT
    potentials: Float64s,  # OUT
    masses: Float64s,  # OUT
    part_size: int,
    room: Room,
) -> None:
    r"""Lower the squared distances to the closest centre, or add up by how much one would.

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
    potentials : ndarray of shape (n_candidates, pitch of the lanes) or (0, 0), float64
        Each candidate's potential, the inertia that it would leave as one more centre, is added to
        its row, lane by lane.
    masses : ndarray of shape (n_parts,) or (0,), float64
        Where it is given, `closest` is lowered to the distances from the first centre, and this
        takes the weighted sums of `closest` over every `part_size` samples.
    part_size : int
        A multiple of the pitch of the lanes.
    room : Room

    Notes
    -----
    .. math:: \phi_c = \sum_i w_i \min(D_i^2, \lVert x_i - c \rVert^2)

    Costs O(n_samples * n_candidates * n_features).
    """
    pitch, lowering = room.lanes.shape[1], masses.size > 0
    for first in range(0, X.shape[0], pitch):
        size, column = load_lanes(X, first, to.origin, room.lanes, room.rows), 0
        while column < pitch:
            column = scores(room.lanes, to.packed, to.start, column, DIFFERENCE, distances)
        for i in range(pitch):  # beyond the last sample, the last sample without weight
            row = first + min(i, size - 1)
            room.best[i] = closest[row]
            room.weights[i] = sample_weight[row] if sample_weight.size > 0 else 1.0
        for i in range(size, pitch):
            room.weights[i] = 0.0
        for j in range(potentials.shape[0]):
            _add_lesser(distances[j], room.best, room.weights, potentials[j])
        if lowering:
            mass = 0.0 if first % part_size == 0 else masses[first // part_size]
            masses[first // part_size] = mass + _lower(
                distances[0], room.weights, closest[first : first + size]
            )


@kernel
def _add_lesser(
    a: Floats,
    b: Floats,
    weights: Float64s,
    sums: Float64s,  # OUT
) -> None:
    """Add the lesser of a and b, weighted, lane by lane. All of one length, so it vectorises."""
    for i in range(sums.size):
        sums[i] += weights[i] * min(a[i], b[i])


@kernel
def _lower(
    distances: Floats,
    weights: Float64s,
    closest: Floats,  # OUT
) -> float:
    """Lower `closest` to the distances; return its weighted sum."""
    mass = 0.0
    for i in range(closest.size):
        lesser = min(distances[i], closest[i])
        closest[i] = lesser
        mass += weights[i] * lesser
    return mass
