"""Whose assignment cannot have changed: bounds on distances, carried from pass to pass.

After a few iterations most samples stay where they are. A sample stays for certain if an upper
bound of the distance to its own centre is below a lower bound of the distance to all others; and
when centres move, bounds follow by the triangle inequality. Only the doubtful rest is measured
again, so the clusters are exactly those of Lloyd's algorithm.

That is done with the dot product, which takes half the time of differences and rounds worse. Where
rounding could decide, the distances are measured once more, in float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.core.assignment import move_changed
from kmeans_widget.core.distances import squared_distance
from kmeans_widget.core.jit import kernel, reduction
from kmeans_widget.core.plain import DOT
from kmeans_widget.core.simd import BLOCK
from kmeans_widget.core.tile import nearest_two
from kmeans_widget.core.transposition import transpose

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.targets import Room, Target

    Number = np.floating[Any]


class Drift(NamedTuple):
    """How the centres have moved since the pass before, and how far apart they are now.

    Parameters
    ----------
    own : ndarray of shape (n_clusters,), dtype of X
        Distance that each centre has moved, rounded up.
    others : ndarray of shape (n_clusters,), dtype of X
        The farthest that any of the other centres has moved, rounded up.
    halfway : ndarray of shape (n_clusters,), dtype of X
        Half the distance to the nearest other centre, rounded down: within it, no other centre can
        be nearer.
    """

    own: Floats
    others: Floats
    halfway: Floats


def drift(before: Float64s, after: Float64s, halfway: Floats) -> Drift:
    """Measure how far centres have moved.

    Parameters
    ----------
    before, after : ndarray of shape (n_clusters, n_features), float64
    halfway : ndarray of shape (n_clusters,), float32 or float64
        Half the distance of each to the nearest other one, now.

    Examples
    --------
    >>> drift(np.array([[0.0], [5.0]]), np.array([[1.0], [5.0]]), np.array([2.0, 2.0])).others
    array([0., 1.])
    """
    up = 1 + 4 * np.finfo(halfway.dtype).eps
    own = np.sqrt(np.square(after - before).sum(axis=1)) * up
    others = np.full(len(own), own.max())
    farthest = int(own.argmax())
    others[farthest] = np.delete(own, farthest).max(initial=0.0)
    return Drift(own.astype(halfway.dtype), others.astype(halfway.dtype), halfway)


def worthwhile(n_features: int, n_clusters: int) -> float:
    """Estimate the share of doubtful samples up to which bounds save more time than they take.

    Notes
    -----
    In nanoseconds a sample (Zen 3, float32, measured for 16 to 784 features): to look at the bounds
    10 and a quarter for each feature; to assign it 10, and for each feature a third to transpose it
    and 1/65 for every centre.

    Examples
    --------
    >>> round(worthwhile(16, 64), 2), round(worthwhile(128, 256), 2)
    (0.55, 0.92)
    """
    return 1 - (10 + n_features / 4) / (10 + n_features * (1 / 3 + n_clusters / 65))


@reduction
def _from_origin(X: Floats, row: int, origin: Floats, rounded: Floats, j: int) -> Number:
    """Measure the squared distance of a sample to a centre in the dtype of X."""
    total = X.dtype.type(0)
    for feature in range(X.shape[1]):
        difference = (X[row, feature] - origin[feature]) - rounded[j, feature]
        total += difference * difference
    return total


@kernel
def doubtful(
    X: Floats,
    to: Target,
    moved: Drift,
    labels: Labels,
    upper: Floats,  # OUT
    lower: Floats,  # OUT
    rows: Indices,  # OUT
) -> int:
    r"""List the samples for which another centre may have become the nearest.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
        The samples.
    to : Target
        The centres as they are now.
    moved : Drift
        Since the pass that gave the labels.
    labels : ndarray of shape (n_samples,), int32
    upper, lower : ndarray of shape (n_samples,), dtype of X
        The bounds of that pass, in the units of X; they are brought up to date.
    rows : ndarray of shape (n_samples,), intp
        Takes the list.

    Returns
    -------
    int
        Its length.

    Notes
    -----
    A sample is safe if

    .. math:: u_i < \max(l_i, \tfrac12 \min_{j \ne a} \lVert c_a - c_j \rVert)

    where the upper bound :math:`u_i` of the distance to its own centre :math:`c_a` has grown by how
    far that moved, and the lower bound :math:`l_i` of all other distances has shrunk by the
    farthest that any other moved. If that fails, the distance to its own centre is measured, and
    the test repeated. All bounds allow for rounding. Costs O(n_samples), and O(n_features) for each
    sample that fails the first test.

    References
    ----------
    Hamerly, G. (2010), Making k-means even faster. doi:10.1137/1.9781611972801.12
    """
    unit = to.unit / (X.shape[1] + 8)
    stretch, margin = 1.0 + to.unit, 8.0 * unit * np.sqrt(to.reach)
    n_rows = 0
    for i in range(X.shape[0]):
        label = labels[i]
        upper[i] = (upper[i] + moved.own[label]) * (1.0 + 4.0 * unit)
        lower[i] = lower[i] * (1.0 - 4.0 * unit) - moved.others[label]
        rows[n_rows] = i
        n_rows += not upper[i] < max(lower[i], moved.halfway[label])
    n_left = 0
    for r in range(n_rows):
        i = rows[r]
        label = labels[i]
        distance = np.sqrt(_from_origin(X, i, to.origin, to.rounded, label))
        upper[i] = distance * stretch + margin
        rows[n_left] = i
        n_left += not upper[i] < max(lower[i], moved.halfway[label])
    return n_left


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
        As in `kmeans_widget.core.assignment.assign_narrow`; any number of features.
    rows : ndarray of shape (n_rows,), intp
        Which samples.
    upper, lower : ndarray of shape (n_samples,), dtype of X
        Take a distance that the nearest centre is within, and one that all others are beyond, in
        the units of X.

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
    unit, reach = X.dtype.type(to.unit), X.dtype.type(to.reach)
    n_changed, tiny = 0, X.dtype.type(to.unit / (X.shape[1] + 8))
    for first in range(0, rows.size, BLOCK):
        block = rows[first : first + BLOCK]
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
        _to_bounds(room, unit, reach, tiny)
        for i in range(block.size):
            row = block[i]
            upper[row], lower[row] = room.best[i], room.second[i]
            if room.norms[i] > 0:
                label, near, far = nearest_exactly(X, row, to.exact)
                room.nearest[i] = label
                upper[row] = np.sqrt(near) * (1.0 + 4.0 * tiny)
                lower[row] = np.sqrt(far) * (1.0 - 4.0 * tiny)
        n_changed += move_changed(
            X, sample_weight, block, room.nearest, to.origin, labels, totals, room.changed
        )
    return n_changed
