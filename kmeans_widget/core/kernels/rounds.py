"""What a kernel reports of its iterations, and the M-step that writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.arrays import N_CHANGED, SHIFT
from kmeans_widget.core.kernels.jit import part

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, IterationBatch

_MAX_LOSS = 1e-10  # share of a mean's precision that rounding may take


@part
def has_lost_digits(totals: Float64s, inertia: float, max_weight: float) -> bool:
    """Tell whether so much has been subtracted from the sums that its rounding may show.

    Each subtraction leaves the rounding of the number subtracted: of coordinates, to be compared
    with the typical distance of a sample to its centre, and of weights that are no whole numbers,
    of which `max_weight` is the largest (0 for whole numbers).
    """
    n, total, eps = totals.shape[1] - 3, 0.0, 2.0**-52
    for j in range(totals.shape[0]):
        total += totals[j, n] if totals[j, n + 1] > 0 else 0.0
    typical = np.sqrt(max(inertia, 0.0) / total) if total > 0 else 0.0
    for j in range(totals.shape[0]):
        weight, subtracted = totals[j, n], totals[j, n + 2]
        if totals[j, n + 1] > 0 and subtracted > 0:
            noise = eps * subtracted / typical if typical > 0 else subtracted
            if noise + eps * max_weight > _MAX_LOSS * weight:
                return True
    return False


@part
def update_centers(
    origin: Floats,
    totals: Float64s,  # OUT
    n_changed: int,
    inertia: float,
    batch: IterationBatch,  # OUT
    r: int,
    tol: float,
) -> bool:
    r"""Write round r down, and move its centres to the means of their clusters.

    Parameters
    ----------
    origin : ndarray of shape (n_features,)
    totals : ndarray of shape (n_clusters, n_features + 3), float64
        The sums of the clusters, counted from the origin, see
        `sums.update_labels`. Those of clusters that all samples have left
        are set to 0: no rounding noise stays.
    n_changed, inertia : int, float
    batch : IterationBatch
        A cluster without weight keeps its centre.
    r : int
    tol : float
        In squared units of X.

    Returns
    -------
    bool
        Whether the next round has to wait: nothing has changed, a cluster is empty, or the round
        before has moved the centres by no more than `tol`.

    Notes
    -----
    With the weight :math:`w_j` of each cluster (Huygens' theorem),

    .. math:: J' = J - \sum_j w_j \lVert c_j - m_j \rVert^2
    """
    n_features, numbers = origin.size, batch.numbers[r]
    centers, moved = batch.centers[r], batch.centers[r + 1]
    coordinates, weights = batch.coordinates[r], batch.weight[r]
    waits, shift, gain = n_changed == 0, 0.0, 0.0
    for j in range(weights.size):
        if totals[j, n_features + 1] == 0:
            for column in range(n_features + 3):
                totals[j, column] = 0.0
        weight, squares = totals[j, n_features], 0.0
        for feature in range(n_features):
            center = centers[j, feature]
            total = totals[j, feature] + weight * origin[feature]
            mean = total / weight if weight > 0 else center
            coordinates[j, feature], moved[j, feature] = total, mean
            squares += (mean - center) * (mean - center)
        weights[j] = weight
        waits |= weight == 0
        shift += squares
        gain += weight * squares
    if r > 0 and batch.numbers[r - 1, SHIFT] <= tol:
        waits = True
    numbers[0], numbers[N_CHANGED], numbers[SHIFT] = inertia, n_changed, shift
    numbers[3] = max(inertia - gain, 0.0)
    return waits
