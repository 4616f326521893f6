"""Hamerly's bounds: which samples may have changed cluster since the previous pass.

After a few iterations most samples keep their cluster. A sample certainly does if an upper bound of
the distance to its own centre is below a lower bound of the distances to all others; when centres
move, the bounds follow by the triangle inequality. Only the other samples are measured again, so
the clusters are exactly those of Lloyd's algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.core.kernels.jit import kernel, reduction

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.kernels.buffers import PackedCenters

    Number = np.floating[Any]


class CenterShift(NamedTuple):
    """How the centres have moved since the previous pass, and how far apart they are.

    Parameters
    ----------
    own : ndarray of shape (n_clusters,), dtype of X
        Distance that each centre has moved, rounded up.
    others : ndarray of shape (n_clusters,), dtype of X
        Largest distance that any of the other centres has moved, rounded up.
    halfway : ndarray of shape (n_clusters,), dtype of X
        Half the distance to the nearest other centre, rounded down. Within it, no other centre is
        nearer.
    """

    own: Floats
    others: Floats
    halfway: Floats


def measure_shift(before: Float64s, after: Float64s, halfway: Floats) -> CenterShift:
    """Measure how far centres have moved.

    Parameters
    ----------
    before, after : ndarray of shape (n_clusters, n_features), float64
    halfway : ndarray of shape (n_clusters,), float32 or float64
        Half the distance of each new centre to the nearest other one.

    Examples
    --------
    >>> before, after = np.array([[0.0], [5.0]]), np.array([[1.0], [5.0]])
    >>> measure_shift(before, after, np.array([2.0, 2.0])).others
    array([0., 1.])
    """
    up = 1 + 4 * np.finfo(halfway.dtype).eps
    own = np.sqrt(np.square(after - before).sum(axis=1)) * up
    others = np.full(len(own), own.max())
    farthest = int(own.argmax())
    others[farthest] = np.delete(own, farthest).max(initial=0.0)
    return CenterShift(own.astype(halfway.dtype), others.astype(halfway.dtype), halfway)


@reduction
def _from_origin(X: Floats, row: int, origin: Floats, rounded: Floats, j: int) -> Number:
    """Measure the squared distance of a sample to a centre in the dtype of X."""
    total = X.dtype.type(0)
    for feature in range(X.shape[1]):
        difference = (X[row, feature] - origin[feature]) - rounded[j, feature]
        total += difference * difference
    return total


@kernel
def may_have_changed(
    X: Floats,
    packed: PackedCenters,
    moved: CenterShift,
    labels: Labels,
    upper: Floats,  # OUT
    lower: Floats,  # OUT
    rows: Indices,  # OUT
) -> int:
    r"""List the samples for which another centre may be nearest now.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
        The samples.
    packed : PackedCenters
        The new centres.
    moved : CenterShift
        Their shift since the pass that gave the labels.
    labels : ndarray of shape (n_samples,), int32
    upper, lower : ndarray of shape (n_samples,), dtype of X
        The bounds of that pass, in the units of X; are updated.
    rows : ndarray of shape (n_samples,), intp
        Takes the list.

    Returns
    -------
    int
        Length of the list.

    Notes
    -----
    A sample keeps its cluster if

    .. math:: u_i < \max(l_i, \tfrac12 \min_{j \ne a} \lVert c_a - c_j \rVert)

    where the upper bound :math:`u_i` of the distance to its own centre :math:`c_a` has grown by the
    shift of that centre, and the lower bound :math:`l_i` of all other distances has shrunk by the
    largest shift of any other. If that fails, the distance to its own centre is measured and the
    test repeated. All bounds allow for rounding. Costs O(n_samples), and O(n_features) for each
    sample that fails the first test.

    References
    ----------
    Hamerly, G. (2010), Making k-means even faster. doi:10.1137/1.9781611972801.12
    """
    unit = packed.rounding / (X.shape[1] + 8)
    stretch, margin = 1.0 + packed.rounding, 8.0 * unit * np.sqrt(packed.max_squared_norm)
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
        distance = np.sqrt(_from_origin(X, i, packed.origin, packed.rounded, label))
        upper[i] = distance * stretch + margin
        rows[n_left] = i
        n_left += not upper[i] < max(lower[i], moved.halfway[label])
    return n_left
