"""Samples of many features: which centre is nearest, by dot products.

A dot product takes half the time of differences and rounds worse. Where rounding could decide, the
distances are measured once more, in float64. Bounds on the distances come along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.kernels.distances import squared_distance
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, DOT
from kmeans_widget.core.kernels.intrinsics.rowwise import dots
from kmeans_widget.core.kernels.intrinsics.tile import nearest_two
from kmeans_widget.core.kernels.intrinsics.transpose import transpose
from kmeans_widget.core.kernels.jit import kernel
from kmeans_widget.core.kernels.sums import move_changed

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.kernels.layout import Room, Target

    Number = np.floating[Any]


def is_few(n_features: int, n_clusters: int) -> bool:
    """Tell whether the centres are so few that `assign_rows_to_few` is the quickest.

    Ten iterations by it and by `assign_rows`, in ms on two threads (Zen 3): 50k x 128, k 4: 41 and
    57; 70k x 784, k 10: 263 and 352; but 100k x 64, k 16: 106 and 78; 300k x 32, k 16: 231 and 129.

    Examples
    --------
    >>> is_few(784, 10), is_few(784, 100), is_few(32, 16)
    (True, False, False)
    """
    return n_clusters <= 16 and n_features >= max(32, 8 * n_clusters)


def worthwhile(n_features: int, n_clusters: int) -> float:
    """Estimate the share of doubtful samples up to which bounds save more time than they take.

    Notes
    -----
    In nanoseconds a sample (Zen 3, float32, measured for 16 to 784 features): to look at the bounds
    10 and a quarter for each feature; to assign it 10, and for each feature a third to transpose it
    and 1/65 for every centre.

    Examples
    --------
    >>> round(worthwhile(16, 64), 2), round(worthwhile(128, 256), 2), round(worthwhile(8, 4), 2)
    (0.55, 0.92, 0.09)
    """
    return 1 - (10 + n_features / 4) / (10 + n_features * (1 / 3 + n_clusters / 65))


@kernel
def nearest_exactly(X: Floats, row: int, centers: Float64s) -> tuple[int, float, float]:
    """Find the nearest centre of a sample, its squared distance, and that of the second nearest."""
    label, near, far = 0, np.inf, np.inf
    for j in range(centers.shape[0]):
        distance = squared_distance(X, row, centers, j)
        if distance < near:
            label, near, far = j, distance, near
        elif distance < far:
            far = distance
    return label, near, far


@kernel
def _to_bounds(room: Room, unit: Number, reach: Number, tiny: Number) -> None:
    """Turn the least two scores into distances, which rounding cannot have made too small or large.

    The norms are replaced by 1 where rounding may have decided which centre is nearest, else by 0.
    """
    for i in range(BLOCK):
        norm = room.norms[i]
        error = 2 * unit * (np.sqrt(norm * reach) + reach)
        near = norm + 2 * room.best[i] + (error + unit * norm)
        far = norm + 2 * room.second[i] - (error + unit * norm)
        # Not greater, rather than less or equal: so that what is not a number counts as doubtful.
        room.norms[i] = 0 if room.second[i] - room.best[i] > error else 1
        room.best[i] = np.sqrt(max(near, 0)) * (1 + 8 * tiny)
        room.second[i] = np.sqrt(max(far, 0)) * (1 - 8 * tiny)


@kernel
def _to_doubts(room: Room, unit: Number, reach: Number) -> None:
    """Replace the norms as `_to_bounds` does, and leave the scores as they are."""
    for i in range(BLOCK):
        error = 2 * unit * (np.sqrt(room.norms[i] * reach) + reach)
        room.norms[i] = 0 if room.second[i] - room.best[i] > error else 1


@kernel
def _nearest_in_lanes(X: Floats, block: Indices, to: Target, room: Room) -> None:
    """Find the least two scores of a block of samples, and their squared norms."""
    column = 0
    while column < block.size:
        column = transpose(X, block, to.origin, room.lanes, column)
    while column % BLOCK > 0:  # the tile may be wider than a vector
        column = transpose(X, block, to.origin, room.lanes, column)
    column = 0
    while column < block.size:
        column = nearest_two(
            room.lanes, to.packed, to.start, column, DOT, room.best, room.second, room.nearest
        )
    for i in range(BLOCK):
        room.norms[i] = 0
    for feature in range(X.shape[1]):
        for i in range(BLOCK):
            room.norms[i] += room.lanes[feature, i] * room.lanes[feature, i]


@kernel
def _nearest_of_few(X: Floats, block: Indices, to: Target, room: Room) -> None:
    """Do what `_nearest_in_lanes` does, for no more centres than there are features."""
    column, products = 0, room.lanes
    while column < block.size:
        column = dots(X, block, to.origin, to.rounded, products, room.norms, column)
    for i in range(BLOCK):
        room.best[i], room.second[i], room.nearest[i] = np.inf, np.inf, 0
    for j in range(to.rounded.shape[0]):
        for i in range(BLOCK):
            score, best = to.start[j] - products[j, i], room.best[i]
            closer = score < best
            room.second[i] = min(room.second[i], best if closer else score)
            room.best[i] = score if closer else best
            room.nearest[i] = j if closer else room.nearest[i]


@kernel
def _settle(  # noqa: PLR0913, PLR0917  as in `assign_rows`
    X: Floats,
    sample_weight: Float64s,
    block: Indices,
    to: Target,
    unit: float,
    labels: Labels,  # OUT
    upper: Floats,  # OUT
    lower: Floats,  # OUT
    totals: Float64s,  # OUT
    room: Room,
) -> int:
    """Assign a block, exactly where rounding may have decided; bound the distances if wanted."""
    if upper.size == 0:
        _to_doubts(room, X.dtype.type(unit), X.dtype.type(to.reach))
        for i in range(block.size):
            if room.norms[i] > 0:
                room.nearest[i] = nearest_exactly(X, block[i], to.exact)[0]
    else:
        tiny = X.dtype.type(to.unit / (X.shape[1] + 8))
        _to_bounds(room, X.dtype.type(unit), X.dtype.type(to.reach), tiny)
        for i in range(block.size):
            row = block[i]
            upper[row], lower[row] = room.best[i], room.second[i]
            if room.norms[i] > 0:
                label, near, far = nearest_exactly(X, row, to.exact)
                room.nearest[i] = label
                upper[row] = np.sqrt(near) * (1.0 + 4.0 * tiny)
                lower[row] = np.sqrt(far) * (1.0 - 4.0 * tiny)
    return move_changed(
        X, sample_weight, block, room.nearest, to.origin, labels, totals, room.changed
    )


@kernel
def assign_rows(  # noqa: PLR0913, PLR0917  the sums and both bounds come out of one pass
    X: Floats,
    sample_weight: Float64s,
    rows: Indices,
    to: Target,
    labels: Labels,  # OUT
    upper: Floats,  # OUT
    lower: Floats,  # OUT
    totals: Float64s,  # OUT
    room: Room,
) -> int:
    """Assign some samples, and move those that changed to their new cluster's sums.

    Parameters
    ----------
    X, sample_weight, to, labels, totals, room
        As in `narrow.assign_narrow`; any number of features.
    rows : ndarray of shape (n_rows,), intp
        Which samples.
    upper, lower : ndarray of shape (n_samples,) or (0,), dtype of X
        Take a distance that the nearest centre is within, and one that all others are beyond, in
        the units of X; of size 0 when nobody asks for them.

    Returns
    -------
    int
        Samples whose label is another than before.

    Notes
    -----
    The score of a centre is ``|c|² / 2 - x·c``, counted from the origin. Where the two least scores
    are closer than their rounding errors together, the distances are measured in float64. Costs
    O(n_rows * n_clusters * n_features).
    """
    n_changed = 0
    for first in range(0, rows.size, BLOCK):
        block = rows[first : first + BLOCK]
        _nearest_in_lanes(X, block, to, room)
        n_changed += _settle(
            X, sample_weight, block, to, to.unit, labels, upper, lower, totals, room
        )
    return n_changed


@kernel
def assign_rows_to_few(  # noqa: PLR0913, PLR0917  as above
    X: Floats,
    sample_weight: Float64s,
    rows: Indices,
    to: Target,
    labels: Labels,  # OUT
    upper: Floats,  # OUT
    lower: Floats,  # OUT
    totals: Float64s,  # OUT
    room: Room,
) -> int:
    """Do what `assign_rows` does, where `is_few` holds."""
    n_changed = 0
    for first in range(0, rows.size, BLOCK):
        block = rows[first : first + BLOCK]
        _nearest_of_few(X, block, to, room)
        n_changed += _settle(
            X, sample_weight, block, to, to.unit_apart, labels, upper, lower, totals, room
        )
    return n_changed
