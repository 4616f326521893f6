"""What a kernel reports of its iterations, and the update (M-step) that writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.core.arrays import ClusterSums, Update
from kmeans_widget.core.kernels.jit import inlined
from kmeans_widget.core.kernels.sums import N_WEIGHTED, SUBTRACTED, WEIGHT

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats

_MAX_LOSS = 1e-10  # rounding error of a sum, relative to what it is divided by
_N_CHANGED, _SHIFT, _UPDATED = 1, 2, 3  # columns of `IterationBatch.numbers`; 0 is the inertia


class IterationBatch(NamedTuple):
    """What some iterations have left, one row each.

    Parameters
    ----------
    centers : ndarray of shape (n_iter + 1, n_clusters, n_features), float64
        The centres that the samples of each iteration were assigned to; the last row holds the
        means of the last iteration.
    coordinates : ndarray of shape (n_iter, n_clusters, n_features), float64
    weight : ndarray of shape (n_iter, n_clusters), float64
        The cluster sums, as in `ClusterSums`.
    numbers : ndarray of shape (n_iter, 4), float64
        Inertia, number of changed labels, shift of the centres, inertia after the update.
    """

    centers: Float64s
    coordinates: Float64s
    weight: Float64s
    numbers: Float64s


def new_batch(n_iter: int, centers: Floats) -> IterationBatch:
    """Allocate space for some iterations from given centres."""
    n_clusters, n_features = centers.shape
    trajectory = np.empty((n_iter + 1, n_clusters, n_features))
    trajectory[0] = centers
    return IterationBatch(
        trajectory,
        np.empty((n_iter, n_clusters, n_features)),
        np.empty((n_iter, n_clusters)),
        np.empty((n_iter, 4)),
    )


class IterationsAhead:
    """The iterations of a batch, handed out one at a time.

    Parameters
    ----------
    batch : IterationBatch
    n_iter : int
        How many of its rows are filled.
    centers : ndarray of shape (n_clusters, n_features), float64
        Where the batch starts: the very array, for the next iteration is recognised by it.
    """

    __slots__ = ("_batch", "_next", "_numbers", "centers")

    def __init__(self, batch: IterationBatch, n_iter: int, centers: Float64s) -> None:
        self._batch = batch
        self._numbers = batch.numbers[:n_iter].tolist()
        self._next = 0
        self.centers: Float64s | None = centers

    def take(self) -> ClusterSums:
        """Return the next iteration."""
        batch, r = self._batch, self._next
        inertia, n_changed, shift, updated = self._numbers[r]
        moved = batch.centers[r + 1]
        self._next = r + 1
        self.centers = moved if r + 1 < len(self._numbers) else None
        update = Update(moved, shift, updated)
        return ClusterSums(batch.coordinates[r], batch.weight[r], inertia, int(n_changed), update)

    def skip(self, centers: Float64s, center_shift: float) -> tuple[int, Float64s, float]:
        """Skip all but the last; return how many, its centres, and the shift that led to them."""
        n_skipped = len(self._numbers) - 1 - self._next
        if n_skipped > 0:
            self._next += n_skipped
            self.centers = centers = self._batch.centers[self._next]
            center_shift = self._numbers[self._next - 1][_SHIFT]
        return n_skipped, centers, center_shift


@inlined
def has_lost_digits(totals: Float64s, inertia: float, max_weight: float) -> bool:
    """Tell whether so much has been subtracted from the sums that its rounding may show.

    Each subtraction leaves the rounding error of the number subtracted. That of coordinates is
    compared with the typical distance of a sample to its centre; `max_weight` is the largest of
    the weights that are not whole numbers, 0 if all are.
    """
    total, eps = 0.0, 2.0**-52
    for j in range(totals.shape[0]):
        total += totals[j, WEIGHT] if totals[j, N_WEIGHTED] > 0 else 0.0
    typical = np.sqrt(max(inertia, 0.0) / total) if total > 0 else 0.0
    for j in range(totals.shape[0]):
        weight, subtracted = totals[j, WEIGHT], totals[j, SUBTRACTED]
        if totals[j, N_WEIGHTED] > 0 and subtracted > 0:
            noise = eps * subtracted / typical if typical > 0 else subtracted
            if noise + eps * max_weight > _MAX_LOSS * weight:
                return True
    return False


@inlined
def record_update(
    origin: Floats,
    totals: Float64s,  # OUT
    n_changed: int,
    inertia: float,
    batch: IterationBatch,  # OUT
    r: int,
    tol: float,
) -> bool:
    r"""Do the update (M-step) of iteration r: move its centres to the means of their clusters.

    Does what `update.update_centers` does, for sums that are relative to the origin.

    Parameters
    ----------
    origin : ndarray of shape (n_features,)
    totals : ndarray of shape (n_clusters, n_features + 3), float64
        The cluster sums, see `sums.update_labels`. Those of clusters without samples are set to 0,
        so that no rounding error remains.
    n_changed, inertia : int, float
        Of the assignment.
    batch : IterationBatch
        Takes the sums, the means and the numbers. A cluster without weight keeps its centre.
    r : int
    tol : float
        In squared units of X.

    Returns
    -------
    bool
        Whether the batch ends here: no label has changed, a cluster is empty, or the update before
        has moved the centres by no more than `tol`.

    Notes
    -----
    With the weight :math:`w_j` of each cluster (Huygens' theorem),

    .. math:: J' = J - \sum_j w_j \lVert c_j - m_j \rVert^2
    """
    n_features, numbers = origin.size, batch.numbers[r]
    centers, moved = batch.centers[r], batch.centers[r + 1]
    coordinates, weights = batch.coordinates[r], batch.weight[r]
    ends, shift, gain = n_changed == 0, 0.0, 0.0
    for j in range(weights.size):
        if totals[j, N_WEIGHTED] == 0:
            for column in range(totals.shape[1]):
                totals[j, column] = 0.0
        weight, squares = totals[j, WEIGHT], 0.0
        for feature in range(n_features):
            center = centers[j, feature]
            total = totals[j, feature] + weight * origin[feature]
            mean = total / weight if weight > 0 else center
            coordinates[j, feature], moved[j, feature] = total, mean
            squares += (mean - center) * (mean - center)
        weights[j] = weight
        ends |= weight == 0
        shift += squares
        gain += weight * squares
    if r > 0 and batch.numbers[r - 1, _SHIFT] <= tol:
        ends = True
    numbers[0], numbers[_N_CHANGED], numbers[_SHIFT] = inertia, n_changed, shift
    numbers[_UPDATED] = max(inertia - gain, 0.0)
    return ends
