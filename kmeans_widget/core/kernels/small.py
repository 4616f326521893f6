"""Few samples: many iterations in one kernel call.

For few samples, Python and its threads take longer than an iteration. These kernels run one
iteration after the other on samples that are transposed already, and record each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.kernels.buffers import fill_tiles
from kmeans_widget.core.kernels.distances import squared_distance
from kmeans_widget.core.kernels.intrinsics.sums import changed_labels, move_sums, move_sums_narrow
from kmeans_widget.core.kernels.intrinsics.tile import nearest_one, nearest_two
from kmeans_widget.core.kernels.jit import inlined, kernel
from kmeans_widget.core.kernels.rounds import has_lost_digits, record_update
from kmeans_widget.core.kernels.sums import WEIGHT
from kmeans_widget.core.kernels.wide import nearest_in_float64

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Labels
    from kmeans_widget.core.kernels.buffers import Tiles, TransposedSamples, Workspace
    from kmeans_widget.core.kernels.rounds import IterationBatch

CANCELLED = 1e-6
"""Below this share of the squared norms, rounding shows in an inertia computed from sums."""


@inlined
def _assign_narrow(
    samples: TransposedSamples,
    tiles: Tiles,
    workspace: Workspace,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
) -> tuple[int, float]:
    """Assign all samples of a few features; return how many changed, and the inertia."""
    X, weights, blocks, losses = samples.X, samples.sample_weight, samples.blocks, workspace.losses
    best, nearest, rows = workspace.best, workspace.nearest, workspace.rows
    pitch, n_changed, inertia = best.size, 0, 0.0
    for i in range(pitch):
        losses[i] = 0.0
    for b in range(blocks.shape[0]):
        first, block, column = b * pitch, blocks[b], 0
        size = min(pitch, X.shape[0] - first)
        while column < size:
            column = nearest_one(block, tiles.negated, column, best, nearest)
        if weights.size > 0:
            for i in range(size):
                losses[i] += weights[first + i] * best[i]
        else:
            for i in range(size):
                losses[i] += best[i]
        changed = changed_labels(labels, nearest, first, size, rows)
        if changed > 0:
            n_changed += move_sums_narrow(
                X, weights, rows, nearest, changed, samples.origin, labels, totals
            )
    for i in range(pitch):
        inertia += losses[i]
    return n_changed, inertia


@inlined
def _assign_wide(
    samples: TransposedSamples,
    tiles: Tiles,
    workspace: Workspace,
    centers: Float64s,
    max_squared_norm: float,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
) -> int:
    """Assign all samples; return how many changed. Uncertain ones as in `wide.assign_rows`."""
    X, weights, blocks, norms = samples.X, samples.sample_weight, samples.blocks, samples.norms
    best, second, nearest = workspace.best, workspace.second, workspace.nearest
    rows, pitch, n_changed, far = workspace.rows, best.size, 0, X.dtype.type(max_squared_norm)
    eps = 2.0**-24 if X.itemsize == 4 else 2.0**-53
    twice = X.dtype.type(2 * (X.shape[1] + 8) * eps)
    for b in range(blocks.shape[0]):
        first, block, column = b * pitch, blocks[b], 0
        size = min(pitch, X.shape[0] - first)
        while column < size:
            column = nearest_two(
                block, tiles.negated, tiles.half_norms, column, best, second, nearest
            )
        for i in range(size):
            error = twice * (np.sqrt(norms[b, i] * far) + far)
            second[i] = 0 if second[i] - best[i] > error else 1
        for i in range(size):
            if second[i] > 0:
                nearest[i] = nearest_in_float64(X, first + i, centers)[0]
        changed = changed_labels(labels, nearest, first, size, rows)
        if changed > 0:
            n_changed += move_sums(
                X, weights, rows, nearest, changed, samples.origin, labels, totals
            )
    return n_changed


@inlined
def _inertia(
    samples: TransposedSamples,
    centers: Float64s,
    labels: Labels,
    totals: Float64s,
    sum_squared_norms: float,
) -> float:
    """Compute the inertia from the cluster sums; formula and reason in `assignment._inertia`."""
    n_clusters, n_features = centers.shape
    gain = 0.0
    for j in range(n_clusters):
        for feature in range(n_features):
            center = centers[j, feature] - samples.origin[feature]
            gain += center * (2 * totals[j, feature] - totals[j, WEIGHT] * center)
    inertia = sum_squared_norms - gain
    if inertia > CANCELLED * sum_squared_norms:
        return inertia
    inertia = 0.0
    for i in range(labels.size):
        weight = samples.sample_weight[i] if samples.sample_weight.size > 0 else 1.0
        inertia += weight * squared_distance(samples.X, i, centers, labels[i] + 0)  # + 0: intp
    return inertia


@inlined
def _reset(
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
) -> None:
    """Undo all assignments."""
    for i in range(labels.size):
        labels[i] = -1
    for j in range(totals.shape[0]):
        for column in range(totals.shape[1]):
            totals[j, column] = 0.0


@kernel
def run_narrow(
    samples: TransposedSamples,
    tiles: Tiles,  # OUT
    workspace: Workspace,  # OUT
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
    batch: IterationBatch,  # OUT
    max_weight: float,
    tol: float,
) -> int:
    """Run iterations on samples of a few features, until one needs a decision; return how many.

    Parameters
    ----------
    samples : TransposedSamples
    tiles : Tiles
    workspace : Workspace
    labels : ndarray of shape (n_samples,), int32
        Those of the previous iteration, -1 for none; takes those of the last one.
    totals : ndarray of shape (n_clusters, n_features + 3), float64
        Cluster sums of the previous iteration, see `sums.update_labels`.
    batch : IterationBatch
        Starts with the centres of the first iteration, and has space for as many as are wanted.
    max_weight : float
        See `rounds.has_lost_digits`.
    tol : float
        In squared units of X. The iteration after an update that moved the centres by no more is
        the last one.

    Returns
    -------
    int
        Number of iterations. The last one is where `batch` is full, no label has changed, a
        cluster is empty, or `tol` is reached.
    """
    for r in range(len(batch.weight)):
        fill_tiles(batch.centers[r], samples.origin, tiles)
        n_changed, inertia = labels.size, 0.0
        for attempt in range(2):  # the second one where the sums have to be computed again
            changed, inertia = _assign_narrow(samples, tiles, workspace, labels, totals)
            if attempt == 0:
                n_changed = changed
                if not has_lost_digits(totals, inertia, max_weight):
                    break
                _reset(labels, totals)
        if record_update(samples.origin, totals, n_changed, inertia, batch, r, tol):
            return r + 1
    return len(batch.weight)


@kernel
def run_wide(  # noqa: PLR0913, PLR0917  as above, and one more
    samples: TransposedSamples,
    tiles: Tiles,  # OUT
    workspace: Workspace,  # OUT
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
    batch: IterationBatch,  # OUT
    max_weight: float,
    tol: float,
    sum_squared_norms: float,
) -> int:
    """Do what `run_narrow` does, for any number of features.

    `sum_squared_norms` is the weighted sum of the samples' squared norms relative to the origin.
    """
    for r in range(len(batch.weight)):
        centers = batch.centers[r]
        max_squared_norm = fill_tiles(centers, samples.origin, tiles)
        n_changed, inertia = labels.size, 0.0
        for attempt in range(2):  # the second one where the sums have to be computed again
            changed = _assign_wide(
                samples, tiles, workspace, centers, max_squared_norm, labels, totals
            )
            inertia = _inertia(samples, centers, labels, totals, sum_squared_norms)
            if attempt == 0:
                n_changed = changed
                if not has_lost_digits(totals, inertia, max_weight):
                    break
                _reset(labels, totals)
        if record_update(samples.origin, totals, n_changed, inertia, batch, r, tol):
            return r + 1
    return len(batch.weight)
