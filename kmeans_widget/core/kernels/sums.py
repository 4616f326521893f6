"""Labels and the sums of the clusters, updated together; and the moments of the features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.kernels.intrinsics.sums import move_sums
from kmeans_widget.core.kernels.jit import kernel

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels

# The columns of the cluster sums that follow the features, see `update_labels`.
WEIGHT, N_WEIGHTED, SUBTRACTED = -3, -2, -1
N_EXTRA = 3


@kernel
def update_labels(
    X: Floats,
    sample_weight: Float64s,
    rows: Indices,
    nearest: Labels,  # OUT
    origin: Floats,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
    changed: Indices,  # OUT
) -> int:
    """Update the labels of some samples, and the cluster sums by those that changed.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,), intp
        The samples.
    nearest : ndarray of shape (at least n_rows,), int32
        Their new labels; afterwards those of the samples that changed.
    totals : ndarray of shape (n_clusters, n_features + N_EXTRA), float64
        Of each cluster's samples: their weighted sum relative to the origin; their weight
        (`WEIGHT`); the number of those with weight (`N_WEIGHTED`); and the size of what has been
        subtracted, as a sum of weighted absolute coordinates (`SUBTRACTED`). Of size 0 when not
        wanted.
    changed : ndarray of shape (at least n_rows,), intp
        Takes the samples that changed. They are listed without a branch, which would be
        mispredicted.

    For the others see `assign_narrow`.
    """
    n_changed = 0
    for i in range(rows.size):
        row, label = rows[i], nearest[i]
        changed[n_changed], nearest[n_changed] = row, label
        n_changed += labels[row] != label
    return move_sums(X, sample_weight, changed, nearest, n_changed, origin, labels, totals)


@kernel
def add_moments(
    folded: Floats,
    origin: Floats,
    sums: Float64s,  # OUT
    squares: Float64s,  # OUT
) -> None:
    """Add up the columns of some rows, and their squares, relative to an origin.

    Parameters
    ----------
    folded : ndarray of shape (n_rows, n_columns), float32 or float64, read-only
        Samples, several of them in a row so that it fills whole vectors.
    origin : ndarray of shape (n_columns,), dtype of `folded`
    sums, squares : ndarray of shape (n_columns,), float64
        Are added to.
    """
    for i in range(folded.shape[0]):
        for column in range(folded.shape[1]):
            offset = np.float64(folded[i, column]) - np.float64(origin[column])
            sums[column] += offset
            squares[column] += offset * offset
