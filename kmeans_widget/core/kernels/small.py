"""Few samples: whole rounds of assign and recalculate in one call of a kernel.

For few samples Python and its threads take longer than an iteration. These kernels do one after the
other, on samples that lie in lanes already, and keep a record of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.core.kernels.distances import squared_distance
from kmeans_widget.core.kernels.intrinsics.llvm import DIFFERENCE, DOT, tile_shape
from kmeans_widget.core.kernels.intrinsics.sums import changed_labels, move_sums, move_sums_narrow
from kmeans_widget.core.kernels.intrinsics.tile import nearest_one, nearest_two
from kmeans_widget.core.kernels.jit import kernel, part
from kmeans_widget.core.kernels.rounds import has_lost_digits, update_centers
from kmeans_widget.core.kernels.wide import nearest_in_float64

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, IterationBatch, Labels
    from kmeans_widget.core.kernels.layout import TransposedSamples

CANCELLED = 1e-6
"""Share of the squared norms below which rounding shows in the inertia."""


class Desk(NamedTuple):
    """Room to work in.

    Parameters
    ----------
    tiles, start : ndarray
        The centres, as `layout.tile_centers` lays them out.
    best, second : ndarray of shape (pitch,), dtype of X
    nearest : ndarray of shape (pitch,), int32
    rows : ndarray of shape (pitch,), intp
    losses : ndarray of shape (pitch,), float64
    """

    tiles: Floats
    start: Floats
    best: Floats
    second: Floats
    nearest: Labels
    rows: Indices
    losses: Float64s


def new_desk(transposed: TransposedSamples, n_clusters: int) -> Desk:
    """Allocate room to work in."""
    dtype, pitch = transposed.X.dtype, transposed.blocks.shape[2]
    width = tile_shape(dtype.itemsize).centers
    n_tiles = -(-n_clusters // width)
    return Desk(
        np.empty((n_tiles, transposed.X.shape[1], width), dtype),
        np.empty(n_tiles * width, dtype),
        np.empty(pitch, dtype),
        np.empty(pitch, dtype),
        np.empty(pitch, np.int32),
        np.empty(pitch, np.intp),
        np.empty(pitch),
    )


@part
def pack_for_tile(
    centers: Float64s,
    origin: Floats,
    form: int,
    tiles: Floats,  # OUT
    start: Floats,  # OUT
) -> float:
    """Lay out centres for the tile, as `layout.tile_centers` describes it.

    Returns the largest squared norm of a centre, counted from the origin.
    """
    n_tiles, n_features, width = tiles.shape
    max_squared_norm = 0.0
    for j in range(n_tiles * width):
        tile, place, norm, exact = j // width, j % width, 0.0, 0.0
        for feature in range(n_features):
            offset = 0.0
            if j < centers.shape[0]:
                offset = centers[j, feature] - origin[feature]
            tiles[tile, feature, place] = -offset
            rounded = np.float64(tiles[tile, feature, place])
            norm += rounded * rounded
            exact += offset * offset
        start[j] = norm / 2 if form == DOT else 0.0
        if j >= centers.shape[0]:
            start[j] = np.inf
        max_squared_norm = max(max_squared_norm, exact)
    return max_squared_norm


@part
def _assign_narrow(
    transposed: TransposedSamples,
    desk: Desk,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
) -> tuple[int, float]:
    """Assign all samples of a few features; return how many changed, and the inertia."""
    X, weights, blocks, losses = (
        transposed.X,
        transposed.sample_weight,
        transposed.blocks,
        desk.losses,
    )
    tiles, start, best, nearest, rows = desk.tiles, desk.start, desk.best, desk.nearest, desk.rows
    pitch, n_changed, inertia = best.size, 0, 0.0
    for i in range(pitch):
        losses[i] = 0.0
    for b in range(blocks.shape[0]):
        first, block, column = b * pitch, blocks[b], 0
        size = min(pitch, X.shape[0] - first)
        while column < size:
            column = nearest_one(block, tiles, start, column, best, nearest)
        if weights.size > 0:
            for i in range(size):
                losses[i] += weights[first + i] * best[i]
        else:
            for i in range(size):
                losses[i] += best[i]
        changed = changed_labels(labels, nearest, first, size, rows)
        if changed > 0:
            n_changed += move_sums_narrow(
                X, weights, rows, nearest, changed, transposed.origin, labels, totals
            )
    for i in range(pitch):
        inertia += losses[i]
    return n_changed, inertia


@part
def _assign_wide(
    transposed: TransposedSamples,
    desk: Desk,
    centers: Float64s,
    max_squared_norm: float,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
) -> int:
    """Assign all samples; return how many changed. Doubtful ones as in `wide.assign_rows`."""
    X, weights, blocks, norms = (
        transposed.X,
        transposed.sample_weight,
        transposed.blocks,
        transposed.norms,
    )
    tiles, start, best, second = desk.tiles, desk.start, desk.best, desk.second
    nearest, rows = desk.nearest, desk.rows
    pitch, n_changed, far = best.size, 0, X.dtype.type(max_squared_norm)
    eps = 2.0**-24 if X.itemsize == 4 else 2.0**-53
    twice = X.dtype.type(2 * (X.shape[1] + 8) * eps)
    for b in range(blocks.shape[0]):
        first, block, column = b * pitch, blocks[b], 0
        size = min(pitch, X.shape[0] - first)
        while column < size:
            column = nearest_two(block, tiles, start, column, DOT, best, second, nearest)
        for i in range(size):
            error = twice * (np.sqrt(norms[b, i] * far) + far)
            second[i] = 0 if second[i] - best[i] > error else 1
        for i in range(size):
            if second[i] > 0:
                nearest[i] = nearest_in_float64(X, first + i, centers)[0]
        changed = changed_labels(labels, nearest, first, size, rows)
        if changed > 0:
            n_changed += move_sums(
                X, weights, rows, nearest, changed, transposed.origin, labels, totals
            )
    return n_changed


@part
def _inertia(
    transposed: TransposedSamples,
    centers: Float64s,
    labels: Labels,
    totals: Float64s,
    sum_squared_norms: float,
) -> float:
    r"""Compute the inertia of an assignment from its sums, or measure it where that cancels.

    Counted from the origin, with the sums :math:`S_j` and weights :math:`W_j`,

    .. math:: J = \sum_i w_i \lVert x_i \rVert^2
        - \sum_j (2 c_j \cdot S_j - W_j \lVert c_j \rVert^2)
    """
    n_clusters, n_features = centers.shape
    gain = 0.0
    for j in range(n_clusters):
        for feature in range(n_features):
            center = centers[j, feature] - transposed.origin[feature]
            gain += center * (2 * totals[j, feature] - totals[j, n_features] * center)
    inertia = sum_squared_norms - gain
    if inertia > CANCELLED * sum_squared_norms:
        return inertia
    inertia = 0.0
    for i in range(labels.size):
        weight = transposed.sample_weight[i] if transposed.sample_weight.size > 0 else 1.0
        inertia += weight * squared_distance(transposed.X, i, centers, labels[i] + 0)  # + 0: intp
    return inertia


@part
def _reset(
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
) -> None:
    """Take back all assignments."""
    for i in range(labels.size):
        labels[i] = -1
    for j in range(totals.shape[0]):
        for column in range(totals.shape[1]):
            totals[j, column] = 0.0


@kernel
def run_narrow(
    transposed: TransposedSamples,
    desk: Desk,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
    batch: IterationBatch,  # OUT
    max_weight: float,
    tol: float,
) -> int:
    """Do rounds on samples of a few features, until one has to be looked at; return how many.

    Parameters
    ----------
    transposed : TransposedSamples
        The samples.
    desk : Desk
    labels : ndarray of shape (n_samples,), int32
        Those of the round before, -1 for none; takes those of the last round.
    totals : ndarray of shape (n_clusters, n_features + 3), float64
        Sums of the round before, see `sums.update_labels`.
    batch : IterationBatch
        Begins with the centres of the first round, and has room for as many as are wanted.
    max_weight : float
        See `has_lost_digits`.
    tol : float
        In squared units of X. A round whose centres have moved by no more than this before is the
        last one.

    Returns
    -------
    int
        Rounds that have been done. The last one is where the record ends, where nothing has changed
        or a cluster is empty, or what `tol` says.
    """
    for r in range(len(batch.weight)):
        pack_for_tile(batch.centers[r], transposed.origin, DIFFERENCE, desk.tiles, desk.start)
        n_changed, inertia = labels.size, 0.0
        for attempt in range(2):  # the second where the sums have to be made anew
            changed, inertia = _assign_narrow(transposed, desk, labels, totals)
            if attempt == 0:
                n_changed = changed
                if not has_lost_digits(totals, inertia, max_weight):
                    break
                _reset(labels, totals)
        if update_centers(transposed.origin, totals, n_changed, inertia, batch, r, tol):
            return r + 1
    return len(batch.weight)


@kernel
def run_wide(
    transposed: TransposedSamples,
    desk: Desk,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
    batch: IterationBatch,  # OUT
    max_weight: float,
    tol: float,
    sum_squared_norms: float,
) -> int:
    """Do what `run_narrow` does, for any number of features.

    `sum_squared_norms` is the weighted sum of the squared norms of the samples, counted from the
    origin.
    """
    for r in range(len(batch.weight)):
        centers = batch.centers[r]
        max_squared_norm = pack_for_tile(centers, transposed.origin, DOT, desk.tiles, desk.start)
        n_changed, inertia = labels.size, 0.0
        for attempt in range(2):  # the second where the sums have to be made anew
            changed = _assign_wide(transposed, desk, centers, max_squared_norm, labels, totals)
            inertia = _inertia(transposed, centers, labels, totals, sum_squared_norms)
            if attempt == 0:
                n_changed = changed
                if not has_lost_digits(totals, inertia, max_weight):
                    break
                _reset(labels, totals)
        if update_centers(transposed.origin, totals, n_changed, inertia, batch, r, tol):
            return r + 1
    return len(batch.weight)
