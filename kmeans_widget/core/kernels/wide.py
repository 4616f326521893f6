"""Assign samples of many features: by dot products, and in float64 where rounding could decide.

Dot products are twice as fast as sums of squared differences but less accurate. Where the two
lowest scores are closer than their rounding errors, the distances are measured again in float64.
Bounds on the distances are a by-product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.kernels.distances import squared_distance
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK
from kmeans_widget.core.kernels.intrinsics.rowwise import dots
from kmeans_widget.core.kernels.intrinsics.tile import nearest_two
from kmeans_widget.core.kernels.intrinsics.transpose import transpose
from kmeans_widget.core.kernels.jit import kernel
from kmeans_widget.core.kernels.sums import update_labels

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.kernels.buffers import PackedCenters, Workspace

    Number = np.floating[Any]


def has_few_centers(n_features: int, n_clusters: int) -> bool:
    """Tell whether the centres are so few that `assign_rows_rowwise` is faster than `assign_rows`.

    Ten iterations take, in ms on two threads (Zen 3): 50k x 128, k 4: 41 instead of 57; 70k x 784,
    k 10: 263 instead of 352; but 100k x 64, k 16: 106 instead of 78; 300k x 32, k 16: 231 instead
    of 129.

    Examples
    --------
    >>> has_few_centers(784, 10), has_few_centers(784, 100), has_few_centers(32, 16)
    (True, False, False)
    """
    return n_clusters <= 16 and n_features >= max(32, 8 * n_clusters)


def bounds_break_even(n_features: int, n_clusters: int) -> float:
    """Estimate the share of uncertain samples up to which bounds save time.

    Notes
    -----
    Nanoseconds per sample (Zen 3, float32, measured for 16 to 784 features): testing the bounds
    takes 10, and 1/4 for each feature; assigning takes 10, and for each feature 1/3 to transpose it
    and 1/65 for each centre.

    Examples
    --------
    >>> [round(bounds_break_even(d, k), 2) for d, k in ((16, 64), (128, 256), (8, 4))]
    [0.55, 0.92, 0.09]
    """
    return 1 - (10 + n_features / 4) / (10 + n_features * (1 / 3 + n_clusters / 65))


@kernel
def nearest_in_float64(X: Floats, row: int, centers: Float64s) -> tuple[int, float, float]:
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
def _bound_distances(
    workspace: Workspace, unit: Number, max_squared_norm: Number, tiny: Number
) -> None:
    """Turn the two lowest scores into bounds of the distances that allow for rounding.

    The norms are replaced by 1 where rounding may have decided which centre is nearest, else by 0.
    """
    for i in range(BLOCK):
        norm = workspace.norms[i]
        error = 2 * unit * (np.sqrt(norm * max_squared_norm) + max_squared_norm)
        near = norm + 2 * workspace.best[i] + (error + unit * norm)
        far = norm + 2 * workspace.second[i] - (error + unit * norm)
        # The comparison is written such that NaN counts as uncertain.
        workspace.norms[i] = 0 if workspace.second[i] - workspace.best[i] > error else 1
        workspace.best[i] = np.sqrt(max(near, 0)) * (1 + 8 * tiny)
        workspace.second[i] = np.sqrt(max(far, 0)) * (1 - 8 * tiny)


@kernel
def _flag_uncertain(workspace: Workspace, unit: Number, max_squared_norm: Number) -> None:
    """Replace the norms as `_bound_distances` does, and keep the scores."""
    for i in range(BLOCK):
        error = 2 * unit * (np.sqrt(workspace.norms[i] * max_squared_norm) + max_squared_norm)
        workspace.norms[i] = 0 if workspace.second[i] - workspace.best[i] > error else 1


@kernel
def _nearest_by_tile(
    X: Floats, block: Indices, packed: PackedCenters, workspace: Workspace
) -> None:
    """Find the two lowest scores of a block of samples, and their squared norms."""
    column = 0
    while column < block.size:
        column = transpose(X, block, packed.origin, workspace.points, column)
    while column % BLOCK > 0:  # the tile may be wider than a vector
        column = transpose(X, block, packed.origin, workspace.points, column)
    column = 0
    while column < block.size:
        column = nearest_two(
            workspace.points,
            packed.tiles.negated,
            packed.tiles.half_norms,
            column,
            workspace.best,
            workspace.second,
            workspace.nearest,
        )
    for i in range(BLOCK):
        workspace.norms[i] = 0
    for feature in range(X.shape[1]):
        for i in range(BLOCK):
            workspace.norms[i] += workspace.points[feature, i] * workspace.points[feature, i]


@kernel
def _nearest_rowwise(
    X: Floats, block: Indices, packed: PackedCenters, workspace: Workspace
) -> None:
    """Do what `_nearest_by_tile` does, for at most as many centres as there are features."""
    column, products = 0, workspace.points
    while column < block.size:
        column = dots(X, block, packed.origin, packed.rounded, products, workspace.norms, column)
    for i in range(BLOCK):
        workspace.best[i], workspace.second[i], workspace.nearest[i] = np.inf, np.inf, 0
    for j in range(packed.rounded.shape[0]):
        for i in range(BLOCK):
            score, best = packed.tiles.half_norms[j] - products[j, i], workspace.best[i]
            closer = score < best
            workspace.second[i] = min(workspace.second[i], best if closer else score)
            workspace.best[i] = score if closer else best
            workspace.nearest[i] = j if closer else workspace.nearest[i]


@kernel
def _finish_block(  # noqa: PLR0913, PLR0917  as in `assign_rows`
    X: Floats,
    sample_weight: Float64s,
    block: Indices,
    packed: PackedCenters,
    unit: float,
    labels: Labels,  # OUT
    upper: Floats,  # OUT
    lower: Floats,  # OUT
    totals: Float64s,  # OUT
    workspace: Workspace,
) -> int:
    """Update the labels of a block, in float64 where it is uncertain, and the bounds if wanted."""
    if upper.size == 0:
        _flag_uncertain(workspace, X.dtype.type(unit), X.dtype.type(packed.max_squared_norm))
        for i in range(block.size):
            if workspace.norms[i] > 0:
                workspace.nearest[i] = nearest_in_float64(X, block[i], packed.exact)[0]
    else:
        tiny = X.dtype.type(packed.rounding / (X.shape[1] + 8))
        _bound_distances(workspace, X.dtype.type(unit), X.dtype.type(packed.max_squared_norm), tiny)
        for i in range(block.size):
            row = block[i]
            upper[row], lower[row] = workspace.best[i], workspace.second[i]
            if workspace.norms[i] > 0:
                label, near, far = nearest_in_float64(X, row, packed.exact)
                workspace.nearest[i] = label
                upper[row] = np.sqrt(near) * (1.0 + 4.0 * tiny)
                lower[row] = np.sqrt(far) * (1.0 - 4.0 * tiny)
    return update_labels(
        X, sample_weight, block, workspace.nearest, packed.origin, labels, totals, workspace.rows
    )


@kernel
def assign_rows(  # noqa: PLR0913, PLR0917  the sums and both bounds come out of one pass
    X: Floats,
    sample_weight: Float64s,
    rows: Indices,
    packed: PackedCenters,
    labels: Labels,  # OUT
    upper: Floats,  # OUT
    lower: Floats,  # OUT
    totals: Float64s,  # OUT
    workspace: Workspace,
) -> int:
    """Assign some samples of many features, and update the cluster sums.

    Parameters
    ----------
    X, sample_weight, packed, labels, totals, workspace
        As in `narrow.assign_narrow`.
    rows : ndarray of shape (n_rows,), intp
        Which samples to assign.
    upper, lower : ndarray of shape (n_samples,) or (0,), dtype of X
        Take an upper bound of the distance to the nearest centre and a lower bound of the distances
        to all others, in the units of X; of size 0 when not wanted.

    Returns
    -------
    int
        Number of samples whose label has changed.

    Notes
    -----
    The score of a centre is ``|c|² / 2 - x·c``, relative to the origin. Where the two lowest scores
    are closer than their rounding errors together, the distances are measured in float64. Costs
    O(n_rows * n_clusters * n_features).
    """
    n_changed = 0
    for first in range(0, rows.size, BLOCK):
        block = rows[first : first + BLOCK]
        _nearest_by_tile(X, block, packed, workspace)
        n_changed += _finish_block(
            X,
            sample_weight,
            block,
            packed,
            packed.rounding,
            labels,
            upper,
            lower,
            totals,
            workspace,
        )
    return n_changed


@kernel
def assign_rows_rowwise(  # noqa: PLR0913, PLR0917  as above
    X: Floats,
    sample_weight: Float64s,
    rows: Indices,
    packed: PackedCenters,
    labels: Labels,  # OUT
    upper: Floats,  # OUT
    lower: Floats,  # OUT
    totals: Float64s,  # OUT
    workspace: Workspace,
) -> int:
    """Do what `assign_rows` does, faster where `has_few_centers` holds."""
    n_changed = 0
    for first in range(0, rows.size, BLOCK):
        block = rows[first : first + BLOCK]
        _nearest_rowwise(X, block, packed, workspace)
        n_changed += _finish_block(
            X,
            sample_weight,
            block,
            packed,
            packed.rounding_rowwise,
            labels,
            upper,
            lower,
            totals,
            workspace,
        )
    return n_changed
