r"""Assignment (E-step): every sample goes to its nearest centre.

.. math:: l_i = \arg\min_j \lVert x_i - c_j \rVert^2

The lowest index wins a tie. This module decides how that is computed. The arithmetic is in
`kernels.intrinsics.tile`, where a few vectors of samples meet a few centres:

* with up to `NARROW` features, `tile.nearest_one` adds up squared differences as in the formula
  (called by `kernels.narrow`);
* with more, `tile.nearest_two` computes the scores :math:`\lVert c_j \rVert^2 / 2 - x_i \cdot c_j`,
  which order the centres as the distances do, for the norm of :math:`x_i` is the same for all of
  them, in half the time (called by `kernels.wide`; for very few centres,
  `kernels.intrinsics.rowwise` is faster);
* if the samples are few, `kernels.small` calls the same two functions, for many iterations at once.

Many samples of many features pass several stages, and each leaves fewer of them to the next:
`kernels.bounds` skip samples that cannot have changed since the previous pass; `kernels.int16`
assigns those for which 16-bit integers are precise enough; `kernels.wide` the others, in the dtype
of X where the two lowest scores differ by more than their rounding errors, else in float64. Each
stage knows its errors, so the labels are those that float64 gives.

The sums of the clusters follow from the previous ones: only samples that changed are added and
subtracted.

`accumulate`, `run_ahead` and `assign` do the work of the methods of `samples.ArraySamples` that
have the same names.

Examples
--------
>>> from kmeans_widget.core.samples import ArraySamples
>>> X, centers = np.array([[0.0, 1.0], [2.0, 0.0], [9.0, 9.0]]), np.array([[0.0, 0.0], [8.0, 9.0]])
>>> squared_distances = np.square(X[:, np.newaxis] - centers).sum(axis=2)
>>> squared_distances.argmin(axis=1)
array([0, 0, 1])
>>> ArraySamples(X).assign(centers)
array([0, 0, 1], dtype=int32)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.arrays import Memory, read_only
from kmeans_widget.core.kernels.bounds import CenterShift, may_have_changed, measure_shift
from kmeans_widget.core.kernels.buffers import (
    new_tiles,
    new_workspace,
    pack_centers,
    workspace_around,
)
from kmeans_widget.core.kernels.chunks import NO_WEIGHTS, call_slices
from kmeans_widget.core.kernels.int16 import assign_rows_int16, new_pairs, quantize_centers
from kmeans_widget.core.kernels.intrinsics.llvm import NARROW
from kmeans_widget.core.kernels.narrow import assign_narrow
from kmeans_widget.core.kernels.rounds import (
    IterationsAhead,
    has_lost_digits,
    new_batch,
    record_update,
)
from kmeans_widget.core.kernels.small import CANCELLED, run_narrow, run_wide
from kmeans_widget.core.kernels.sums import N_EXTRA, N_WEIGHTED, WEIGHT, update_labels
from kmeans_widget.core.kernels.wide import (
    assign_rows,
    assign_rows_rowwise,
    bounds_break_even,
    has_few_centers,
)

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import ClusterSums, Float64s, Labels
    from kmeans_widget.core.kernels.buffers import PackedCenters, TransposedSamples, Workspace
    from kmeans_widget.core.kernels.chunks import Chunks
    from kmeans_widget.core.kernels.int16 import QuantizedCenters

# "Work" is the number of products: samples x clusters x features.
_BATCH_WORK = 20_000_000  # of the iterations in one call: takes a few milliseconds
_SAMPLE_WORK, _ITERATION_WORK = 16, 1000  # what a sample and an iteration cost besides, in products
_MAX_BATCH = 32  # iterations; most runs of few samples end sooner
_SKIP_WORK = 40_000_000  # below, a pass takes no longer than preparing to skip samples
_N_PROBE = 256  # samples on which skipping is tried first
# Chosen by timing ten and eighty iterations of 14 shapes, from 1M x 8, k 6 to 100k x 128, k 64,
# with bounds, with int16, with both and with neither (Zen 3, two threads).
_INT16_FROM = 2_000  # size of all centres from which int16 may save time
_BOUNDS_FROM = 0.6  # value of `bounds_break_even` from which bounds may
_MAX_UNCERTAIN = 0.3  # share of uncertain samples from which int16 does not pay

# Kernels take an array of size 0 where something is not wanted: None would be another type, for
# which numba compiles them again.
_NO_SUMS = np.empty((0, 0))


def accumulate(chunks: Chunks, centers: Float64s, memory: Memory) -> ClusterSums:
    r"""Assign every sample to its nearest centre (E-step), and sum what was assigned.

    Parameters
    ----------
    chunks : Chunks
        The samples.
    centers : ndarray of shape (n_clusters, n_features), float64
    memory : Memory
        Of the previous pass; is updated. `Memory.labels` are then those of these centres.

    Returns
    -------
    ClusterSums
        With the update, which the same kernels compute.

    Notes
    -----
    With :math:`l_i = \arg\min_j \lVert x_i - c_j \rVert^2`, cluster j has the sum
    :math:`\sum_{i: l_i = j} w_i x_i` and the weight :math:`\sum_{i: l_i = j} w_i`; the inertia is
    :math:`\sum_i w_i \lVert x_i - c_{l_i} \rVert^2`.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> samples = ArraySamples(np.array([[0.0], [2.0], [9.0]]))
    >>> memory = samples.memory()
    >>> sums = accumulate(samples, np.array([[0.0], [8.0]]), memory)
    >>> memory.labels, sums.coordinates.ravel(), sums.weight, sums.inertia
    (array([0, 0, 1], dtype=int32), array([2., 9.]), array([2., 1.]), 5.0)
    >>> sums.update.centers.ravel()
    array([1., 9.])
    """
    totals = _totals(chunks, len(centers), memory)
    transposed = chunks.transposed_copy(len(centers))
    if transposed is not None:
        return _iterate_small(chunks, transposed, centers, memory, totals, 1, 0.0).take()
    batch = new_batch(1, centers)
    n_changed, inertia = _pass(chunks, centers, memory, totals)
    record_update(chunks.origin, totals, n_changed, inertia, batch, 0, 0.0)
    return IterationsAhead(batch, 1, centers).take()


def run_ahead(chunks: Chunks, centers: Float64s, memory: Memory, n_iter: int, tol: float) -> None:
    """Compute at most `n_iter` iterations ahead, if the samples are few.

    They end at convergence, at an empty cluster, once the shift is within `tol` (squared units of
    X), or after a few milliseconds so that Ctrl-C is handled. `Memory.ahead` holds them.
    """
    transposed = chunks.transposed_copy(len(centers))
    if transposed is not None:
        totals = _totals(chunks, len(centers), memory)
        memory.ahead = _iterate_small(chunks, transposed, centers, memory, totals, n_iter, tol)


def _totals(chunks: Chunks, n_clusters: int, memory: Memory) -> Float64s:
    """Return the cluster sums of the previous pass; start afresh for another number of clusters.

    Their columns are the features, and `WEIGHT`, `N_WEIGHTED` and `SUBTRACTED` of `kernels.sums`.
    """
    if memory.totals is None or len(memory.totals) != n_clusters:
        memory.labels.fill(-1)
        memory.centers, memory.workspace = None, None
        memory.totals = np.zeros((n_clusters, chunks.n_features + N_EXTRA))
    return memory.totals


def _iterate_small(
    chunks: Chunks,
    transposed: TransposedSamples,
    centers: Float64s,
    memory: Memory,
    totals: Float64s,
    n_iter: int,
    tol: float,
) -> IterationsAhead:
    """Run iterations in one kernel call, as many as are wanted or take a few milliseconds."""
    (n_samples, n_features), n_clusters = transposed.X.shape, len(centers)
    work = n_samples * (n_features * n_clusters + _SAMPLE_WORK) + _ITERATION_WORK
    batch = new_batch(min(n_iter, max(_BATCH_WORK // work, 1), _MAX_BATCH), centers)
    if memory.workspace is None:
        tiles = new_tiles(n_clusters, n_features, transposed.X.dtype)
        memory.workspace = tiles, workspace_around(transposed.blocks[0])
    tiles, workspace = memory.workspace
    arguments = tiles, workspace, memory.labels, totals, batch, chunks.max_weight, tol
    if n_features <= NARROW:
        n_done = run_narrow(transposed, *arguments)
    else:
        n_done = run_wide(transposed, *arguments, chunks.sum_squared_norms)
    memory.centers = batch.centers[n_done - 1]
    return IterationsAhead(batch, n_done, centers)


def _pass(chunks: Chunks, centers: Float64s, memory: Memory, totals: Float64s) -> tuple[int, float]:
    """Assign every sample and update the sums; return the number of changes and the inertia."""
    packed = pack_centers(centers, chunks.origin)
    if chunks.n_features <= NARROW:
        n_changed, inertia = _pass_narrow(chunks, packed, memory.labels, totals)
        drop_rounding(totals)
    else:
        n_changed = _pass_wide(chunks, packed, memory, totals)
        drop_rounding(totals)
        inertia = _inertia(chunks, packed, memory.labels, totals)
    memory.centers = centers
    if has_lost_digits(totals, inertia, chunks.max_weight):
        recompute_sums(chunks, memory.labels, totals)
        if chunks.n_features > NARROW:
            inertia = _inertia(chunks, packed, memory.labels, totals)
    return n_changed, inertia


def assign(chunks: Chunks, centers: Float64s, labels: Labels) -> None:
    r"""Write the nearest centre of every sample to `labels`.

    That is :math:`\arg\min_j \lVert x_i - c_j \rVert^2`, the lowest index of equals.

    Parameters
    ----------
    chunks : Chunks
        The samples.
    centers : ndarray of shape (n_clusters, n_features), float64
    labels : ndarray of shape (n_samples,), int32
        Takes them.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> labels = np.zeros(3, np.int32)
    >>> assign(ArraySamples(np.array([[0.0], [2.0], [9.0]])), np.array([[0.0], [8.0]]), labels)
    >>> labels
    array([0, 0, 1], dtype=int32)
    """
    packed = pack_centers(centers, chunks.origin)
    if chunks.n_features <= NARROW:
        _pass_narrow(chunks, packed, labels, _NO_SUMS)
    else:
        _pass_wide(chunks, packed, Memory(labels), _NO_SUMS)


def add_block(
    chunks: Chunks, centers: Float64s, labels: Labels, sums: Float64s
) -> tuple[int, float]:
    """Assign the samples of a block, and add to `sums` by what it changes the cluster sums.

    Parameters
    ----------
    chunks : Chunks
        The block.
    centers : ndarray of shape (n_clusters, n_features), float64
    labels : ndarray of shape (n_samples,), int32
        Those of the previous pass; are updated.
    sums : ndarray of shape (n_clusters, n_features + 3), float64

    Returns
    -------
    n_changed, inertia : int, float
        The inertia is 0 with many features: it follows from the sums of all blocks.
    """
    packed = pack_centers(centers, chunks.origin)
    if chunks.n_features <= NARROW:
        return _pass_narrow(chunks, packed, labels, sums)
    return _pass_wide(chunks, packed, Memory(labels), sums, bounded=False), 0.0


def drop_rounding(totals: Float64s) -> None:
    """Set the sums of clusters without samples to 0: they keep no rounding error."""
    totals[totals[:, N_WEIGHTED] == 0] = 0


def _pass_narrow(
    chunks: Chunks, packed: PackedCenters, labels: Labels, totals: Float64s
) -> tuple[int, float]:
    """Assign all samples of a few features; return the number of changes and the inertia."""
    parts: dict[int, tuple[int, float]] = {}

    def work(chunk: slice, workspace: Workspace, sums: Float64s) -> None:
        X, weights = chunks.rows_and_weights(chunk)
        parts[chunk.start] = assign_narrow(X, weights, packed, labels[chunk], sums, workspace)

    chunks.sum_chunks(work, totals, len(packed.exact))
    n_changed, inertias = zip(*(parts[start] for start in sorted(parts)), strict=True)
    return sum(n_changed), sum(inertias)


def _pass_wide(
    chunks: Chunks,
    packed: PackedCenters,
    memory: Memory,
    totals: Float64s,
    *,
    bounded: bool = True,
) -> int:
    """Assign all samples of many features in the stages of this module; return how many changed.

    If `bounded`, distance bounds are kept in the memory, for the next pass of a run.
    """
    few = has_few_centers(chunks.n_features, len(packed.exact))
    assign_some = assign_rows_rowwise if few else assign_rows
    moved, quantized = None, None
    if not few and chunks.n_samples * packed.exact.size > _SKIP_WORK:
        quantized = _quantize_if_useful(chunks, packed, memory)
        if (
            bounded
            and totals.size > 0
            and bounds_break_even(chunks.n_features, len(packed.exact)) > _BOUNDS_FROM
        ):
            moved = _prepare_bounds(chunks, packed, memory)
    labels, upper, lower = memory.labels, memory.upper, memory.lower
    if upper is None or lower is None:
        upper, lower = np.empty((2, 0), chunks.dtype)
    changes: dict[int, int] = {}

    def work(chunk: slice, workspace: Workspace, sums: Float64s) -> None:
        parts, n_changed = call_slices(chunk, packed.exact.size), 0
        everything = np.arange(parts[0].stop - parts[0].start)
        rows, uncertain = np.empty_like(everything), np.empty_like(everything)
        pairs = new_pairs(chunks.n_features)
        for part in parts:
            X, weights = chunks.rows_and_weights(part)
            state = labels[part], upper[part], lower[part]
            some = everything[: len(X)]
            if moved is not None:  # leaves to the next stage those that may have changed
                some = rows[: may_have_changed(X, packed, moved, *state, rows)]
            if quantized is not None:  # leaves those of which 16 bits cannot tell
                changed, n_uncertain = assign_rows_int16(
                    X, weights, some, packed, quantized, *state, sums, uncertain, pairs, workspace
                )
                n_changed, some = n_changed + changed, uncertain[:n_uncertain]
            n_changed += assign_some(X, weights, some, packed, *state, sums, workspace)
        changes[chunk.start] = n_changed

    chunks.sum_chunks(work, totals, len(packed.exact))
    return sum(changes.values())


def _probe(chunks: Chunks) -> slice:
    """Return the samples on which skipping is tried first."""
    return slice(None, None, -(-chunks.n_samples // _N_PROBE))


def _quantize_if_useful(
    chunks: Chunks, packed: PackedCenters, memory: Memory
) -> QuantizedCenters | None:
    """Round the centres to 16 bits, if that saves time on a few samples."""
    if packed.exact.size < _INT16_FROM:
        return None
    some = _probe(chunks)
    X = read_only(chunks.X[some].copy())
    quantized, nothing = quantize_centers(packed, X), np.empty(0, chunks.dtype)
    if quantized is None:
        return None
    _, n_uncertain = assign_rows_int16(
        X, NO_WEIGHTS, np.arange(len(X)), packed, quantized,
        memory.labels[some].copy(), nothing, nothing, _NO_SUMS, np.empty(len(X), np.intp),
        new_pairs(chunks.n_features), new_workspace(chunks.n_features, chunks.dtype),
    )  # fmt: skip
    return quantized if n_uncertain < _MAX_UNCERTAIN * len(X) else None


def _prepare_bounds(chunks: Chunks, packed: PackedCenters, memory: Memory) -> CenterShift | None:
    """Measure how the centres have moved, if bounds save time on a few samples.

    The first pass of a run has no bounds to test: it only allocates them in `memory`, and all
    passes from this one on write them.
    """
    if memory.centers is None or memory.upper is None or memory.lower is None:
        memory.upper, memory.lower = np.empty((2, chunks.n_samples), chunks.dtype)
        return None
    some = _probe(chunks)
    X, moved = read_only(chunks.X[some].copy()), _center_shift(chunks, memory.centers, packed)
    state = (memory.labels[some].copy(), memory.upper[some].copy(), memory.lower[some].copy())
    n_uncertain = may_have_changed(X, packed, moved, *state, np.empty(len(X), np.intp))
    too_many = bounds_break_even(chunks.n_features, len(packed.exact))
    return moved if n_uncertain < too_many * len(X) else None


def _center_shift(chunks: Chunks, before: Float64s, packed: PackedCenters) -> CenterShift:
    """Measure how far the centres have moved, and half their distances from each other.

    The centres are assigned to themselves, as if they were samples. The nearest one is then the
    centre itself, and the lower bound of all other distances is that to the nearest other centre.
    """
    n_clusters, n_features = packed.exact.shape
    labels, rows = np.arange(n_clusters, dtype=np.int32), np.arange(n_clusters)
    upper, lower = np.empty((2, n_clusters), chunks.dtype)
    # Relative to the origin, as `packed.rounded` is: their own origin is 0.
    alone = packed._replace(
        origin=read_only(np.zeros_like(packed.origin)),
        exact=read_only(packed.rounded.astype(np.float64)),
    )
    assign_rows(
        packed.rounded, NO_WEIGHTS, rows, alone, labels, upper, lower, _NO_SUMS,
        new_workspace(n_features, chunks.dtype),
    )  # fmt: skip
    rounding = 4 * float(np.finfo(chunks.dtype).eps) * np.sqrt(packed.max_squared_norm)
    halfway = np.maximum(lower / 2 - rounding, 0).astype(chunks.dtype)
    return measure_shift(before, packed.exact, halfway)


def _inertia(chunks: Chunks, packed: PackedCenters, labels: Labels, totals: Float64s) -> float:
    r"""Compute the inertia from the cluster sums.

    With coordinates relative to the origin, sums :math:`S_j` and weights :math:`W_j`,

    .. math:: J = \sum_i w_i \lVert x_i \rVert^2
        - \sum_j (2 c_j \cdot S_j - W_j \lVert c_j \rVert^2)

    of which only the first sum needs the samples, once. Where the difference nearly cancels, the
    distances are measured instead.

    `kernels.small._inertia` does the same within its kernel, without threads. To call it from here
    would save a few lines, but compile one more function before the first fit (0.2 s).
    """
    inertia = inertia_of(packed, totals, chunks.sum_squared_norms)
    if inertia is not None:
        return inertia
    distances = chunks.own_distances(packed.exact, labels)
    return float(
        distances.sum() if chunks.sample_weight is None else chunks.sample_weight @ distances
    )


def inertia_of(packed: PackedCenters, totals: Float64s, sum_squared_norms: float) -> float | None:
    """Compute the inertia from the cluster sums; None where the difference nearly cancels."""
    weight, sums = totals[:, WEIGHT], totals[:, :-N_EXTRA]
    centers = packed.exact - packed.origin
    gain = 2 * np.einsum("ij,ij->i", centers, sums) - weight * np.square(centers).sum(axis=1)
    inertia = sum_squared_norms - float(gain.sum())
    return inertia if inertia > CANCELLED * sum_squared_norms else None


def recompute_sums(chunks: Chunks, labels: Labels, totals: Float64s) -> None:
    """Compute the cluster sums from the labels."""
    totals[:] = 0
    # As if no sample had a label (-1): each is then added, and none subtracted.
    fresh = np.full(chunks.n_samples, -1, np.int32)

    def work(chunk: slice, _: Workspace, sums: Float64s) -> None:
        X, weights = chunks.rows_and_weights(chunk)
        rows, nearest, changed = np.arange(len(X)), labels[chunk].copy(), np.empty(len(X), np.intp)
        update_labels(X, weights, rows, nearest, chunks.origin, fresh[chunk], sums, changed)

    chunks.sum_chunks(work, totals, len(totals))
