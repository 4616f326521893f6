"""One pass over the samples: assign every one, and keep the sums of the clusters up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.arrays import Memory, new_record, read_only
from kmeans_widget.core.kernels.bounds import Drift, doubtful, drift
from kmeans_widget.core.kernels.chunks import NO_WEIGHTS, parts_of
from kmeans_widget.core.kernels.int16 import screen, screen_rows
from kmeans_widget.core.kernels.intrinsics.llvm import DIFFERENCE, DOT, NARROW
from kmeans_widget.core.kernels.layout import room, target
from kmeans_widget.core.kernels.narrow import assign_narrow
from kmeans_widget.core.kernels.rounds import conclude, has_lost_digits
from kmeans_widget.core.kernels.small import CANCELLED, new_desk, run_narrow, run_wide
from kmeans_widget.core.kernels.sums import move_changed
from kmeans_widget.core.kernels.wide import assign_rows, assign_rows_to_few, is_few, worthwhile

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Labels, Rounds
    from kmeans_widget.core.kernels.chunks import Chunks
    from kmeans_widget.core.kernels.int16 import Screen
    from kmeans_widget.core.kernels.layout import Lanes, Room, Target

_QUICK = 40_000_000  # products that take no longer than to look at how the centres have moved
_AT_ONCE = 20_000_000  # products that take a few milliseconds
_FEW = 256  # samples that show what is worthwhile
# For these, ten and eighty iterations of 14 shapes from 1M x 8, k 6 to 100k x 128, k 64 were timed
# with bounds, with 16 bits, with both and with neither (Zen 3, two threads).
_MANY = 2_000  # numbers of all centres from which 16 bits may spare time
_MUCH = 0.6  # what `worthwhile` says where bounds may
_TOO_MANY = 0.3  # share of samples in doubt from which 16 bits do not pay

_NO_SUMS = np.empty((0, 0))


def rounds(chunks: Chunks, centers: Float64s, memory: Memory, most: int, tol: float) -> Rounds:
    """Assign every sample, sum what was assigned, recalculate; of few samples repeatedly.

    Parameters
    ----------
    chunks : Chunks
    centers : ndarray of shape (n_clusters, n_features), float64
    memory : Memory
        Of the round before; is brought up to date.
    most : int
        Rounds that are wanted.
    tol : float
        In squared units of X.
    """
    if memory.totals is None or len(memory.totals) != len(centers):
        memory.labels.fill(-1)
        memory.centers, memory.desk = None, None
        memory.totals = np.zeros((len(centers), chunks.n_features + 3))
    lanes = chunks.in_lanes(len(centers))
    if lanes is not None:
        return _rounds_of_few(chunks, lanes, centers, memory, memory.totals, most, tol)
    record = new_record(1, centers)
    n_changed, inertia = _pass(chunks, centers, memory, memory.totals)
    conclude(chunks.origin, memory.totals, n_changed, inertia, record, 0, tol)
    return record, 1


def _rounds_of_few(
    chunks: Chunks,
    lanes: Lanes,
    centers: Float64s,
    memory: Memory,
    totals: Float64s,
    most: int,
    tol: float,
) -> Rounds:
    """Do as many rounds as are wanted, or as many as take a few milliseconds."""
    cost = lanes.X.size * len(centers) + 16 * len(lanes.X) + 1000
    record = new_record(min(most, max(_AT_ONCE // cost, 1), 32), centers)
    if memory.desk is None:
        memory.desk = new_desk(lanes, len(centers))
    where = memory.desk, memory.labels, totals, record
    if lanes.X.shape[1] <= NARROW:
        n_rounds = run_narrow(lanes, *where, chunks.heaviest, tol)
    else:
        n_rounds = run_wide(lanes, *where, chunks.heaviest, tol, chunks.squared_norms)
    memory.centers = record.centers[n_rounds - 1]
    return record, n_rounds


def _pass(chunks: Chunks, centers: Float64s, memory: Memory, totals: Float64s) -> tuple[int, float]:
    """Assign every sample, and bring the sums up to date; return how many changed, the inertia."""
    to = _target(chunks, centers)
    if chunks.n_features <= NARROW:
        n_changed, inertia = _stream(chunks, to, memory.labels, totals)
    else:
        n_changed = _sift(chunks, to, memory, totals)
        inertia = _inertia(chunks, to, memory.labels, totals)
    memory.centers = centers
    if has_lost_digits(totals, inertia, chunks.heaviest):
        _sum_anew(chunks, memory.labels, totals)
        if chunks.n_features > NARROW:
            inertia = _inertia(chunks, to, memory.labels, totals)
    return n_changed, inertia


def assign(chunks: Chunks, centers: Float64s, labels: Labels) -> None:
    """Write the nearest centre of every sample to `labels`."""
    to = _target(chunks, centers)
    if chunks.n_features <= NARROW:
        _stream(chunks, to, labels, _NO_SUMS)
    else:
        _sift(chunks, to, Memory(labels), _NO_SUMS)


def _target(chunks: Chunks, centers: Float64s) -> Target:
    return target(centers, chunks.origin, DIFFERENCE if chunks.n_features <= NARROW else DOT)


def _stream(chunks: Chunks, to: Target, labels: Labels, totals: Float64s) -> tuple[int, float]:
    """Assign all samples of a few features; return how many changed, and the inertia."""
    parts: dict[int, tuple[int, float]] = {}

    def work(chunk: slice, space: Room, sums: Float64s) -> None:
        X, weights = chunks.given(chunk)
        parts[chunk.start] = assign_narrow(X, weights, to, labels[chunk], sums, space)

    chunks.add_up(work, totals, len(to.exact))
    changes, inertias = zip(*(parts[start] for start in sorted(parts)), strict=True)
    return sum(changes), sum(inertias)


def _sift(chunks: Chunks, to: Target, memory: Memory, totals: Float64s) -> int:
    """Assign the samples that bounds do not vouch for; return how many changed."""
    few = is_few(chunks.n_features, len(to.exact))
    measure = assign_rows_to_few if few else assign_rows
    moved, coarse = None, None
    if not few and chunks.n_samples * to.exact.size > _QUICK:
        coarse = _screen(chunks, to, memory)
        if totals.size > 0 and worthwhile(chunks.n_features, len(to.exact)) > _MUCH:
            moved = _moved(chunks, to, memory)
    labels, upper, lower = memory.labels, memory.upper, memory.lower
    if upper is None or lower is None:
        upper, lower = np.empty((2, 0), chunks.dtype)
    changes: dict[int, int] = {}

    def work(chunk: slice, space: Room, sums: Float64s) -> None:
        parts, n_changed = parts_of(chunk, to.exact.size), 0
        everything = np.arange(parts[0].stop - parts[0].start)
        rows, doubts = np.empty_like(everything), np.empty_like(everything)
        for part in parts:
            X, weights = chunks.given(part)
            state = labels[part], upper[part], lower[part]
            some = everything[: len(X)]
            if moved is not None:
                some = rows[: doubtful(X, to, moved, *state, rows)]
            if coarse is not None:
                changed, n_doubts = screen_rows(
                    X, weights, some, to, coarse, *state, sums, doubts, space
                )
                n_changed, some = n_changed + changed, doubts[:n_doubts]
            n_changed += measure(X, weights, some, to, *state, sums, space)
        changes[chunk.start] = n_changed

    chunks.add_up(work, totals, len(to.exact))
    return sum(changes.values())


def _some(chunks: Chunks) -> slice:
    """Return which samples show what is worthwhile."""
    return slice(None, None, -(-chunks.n_samples // _FEW))


def _screen(chunks: Chunks, to: Target, memory: Memory) -> Screen | None:
    """Round the centres to 16 bits, if that spares work, as far as a few samples show."""
    if to.exact.size < _MANY:
        return None
    some = _some(chunks)
    X = read_only(chunks.X[some].copy())
    coarse, nothing = screen(to, X), np.empty(0, chunks.dtype)
    if coarse is None:
        return None
    _, n_doubts = screen_rows(
        X, NO_WEIGHTS, np.arange(len(X)), to, coarse, memory.labels[some].copy(), nothing, nothing,
        _NO_SUMS, np.empty(len(X), np.intp), room(chunks.n_features, chunks.dtype),
    )  # fmt: skip
    return coarse if n_doubts < _TOO_MANY * len(X) else None


def _moved(chunks: Chunks, to: Target, memory: Memory) -> Drift | None:
    """Measure how centres have moved, if bounds spare work, as far as a few samples show.

    In the first pass there are none; from then on they are kept.
    """
    if memory.centers is None or memory.upper is None or memory.lower is None:
        memory.upper, memory.lower = np.empty((2, chunks.n_samples), chunks.dtype)
        return None
    some = _some(chunks)
    X, moved = read_only(chunks.X[some].copy()), _drift(chunks, memory.centers, to)
    state = (memory.labels[some].copy(), memory.upper[some].copy(), memory.lower[some].copy())
    n_doubts = doubtful(X, to, moved, *state, np.empty(len(X), np.intp))
    too_many = worthwhile(chunks.n_features, len(to.exact))
    return moved if n_doubts < too_many * len(X) else None


def _drift(chunks: Chunks, before: Float64s, to: Target) -> Drift:
    """Measure how far the centres have moved, and their distances from each other."""
    n_clusters, n_features = to.exact.shape
    labels, rows = np.arange(n_clusters, dtype=np.int32), np.arange(n_clusters)
    upper, lower = np.empty((2, n_clusters), chunks.dtype)
    alone = to._replace(
        origin=read_only(np.zeros_like(to.origin)),
        exact=read_only(to.rounded.astype(np.float64)),
    )
    assign_rows(
        to.rounded, NO_WEIGHTS, rows, alone, labels, upper, lower, _NO_SUMS,
        room(n_features, chunks.dtype),
    )  # fmt: skip
    rounding = 4 * float(np.finfo(chunks.dtype).eps) * np.sqrt(to.reach)
    halfway = np.maximum(lower / 2 - rounding, 0).astype(chunks.dtype)
    return drift(before, to.exact, halfway)


def _inertia(chunks: Chunks, to: Target, labels: Labels, totals: Float64s) -> float:
    r"""Compute the inertia of an assignment from its sums.

    Counted from the origin, with the sums :math:`S_j` and weights :math:`W_j`,

    .. math:: J = \sum_i w_i \lVert x_i \rVert^2
        - \sum_j (2 c_j \cdot S_j - W_j \lVert c_j \rVert^2)

    of which only the first sum needs the samples, once. Where nearly nothing is left of the
    difference, it is measured instead.
    """
    weight, sums = totals[:, -3], totals[:, :-3]
    centers = to.exact - to.origin
    gain = 2 * np.einsum("ij,ij->i", centers, sums) - weight * np.square(centers).sum(axis=1)
    inertia = chunks.squared_norms - float(gain.sum())
    if inertia > CANCELLED * chunks.squared_norms:
        return inertia
    distances = chunks.own_distances(to.exact, labels)
    return float(
        distances.sum() if chunks.sample_weight is None else chunks.sample_weight @ distances
    )


def _sum_anew(chunks: Chunks, labels: Labels, totals: Float64s) -> None:
    """Sum all samples by their labels."""
    totals[:] = 0
    fresh = np.full(chunks.n_samples, -1, np.int32)

    def work(chunk: slice, _: Room, sums: Float64s) -> None:
        X, weights = chunks.given(chunk)
        rows, nearest, changed = np.arange(len(X)), labels[chunk].copy(), np.empty(len(X), np.intp)
        move_changed(X, weights, rows, nearest, chunks.origin, fresh[chunk], sums, changed)

    chunks.add_up(work, totals, len(totals))
