"""Lloyd's algorithm: assign, recalculate, until it has converged."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.core.arrays import N_CHANGED, SHIFT, read_only, sums_of
from kmeans_widget.core.convergence import Criterion
from kmeans_widget.core.trace import Step, StopReason
from kmeans_widget.core.update import center_shift, empty_clusters, means, relocate, updated_inertia

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kmeans_widget.core.arrays import Floats, IterationBatch, Memory
    from kmeans_widget.core.samples import Samples


def iterate(
    samples: Samples,
    centers: Floats,
    *,
    max_iter: int = 300,
    tol: float = 0.0,
    memory: Memory | None = None,
) -> Iterator[Step]:
    r"""Run Lloyd's algorithm, one step at a time.

    Parameters
    ----------
    samples : Samples
        The data.
    centers : ndarray of shape (n_clusters, n_features)
        Where to start; copied.
    max_iter : int, default=300
        Iterations allowed, at least 1.
    tol : float, default=0.0
        The run also ends when `Step.center_shift` is no more than this, in squared units of X; see
        `absolute_tolerance`.
    memory : Memory, default=None
        Of the samples, fresh. Its labels are those of the last Step when the run has ended.

    Yields
    ------
    Step
        One for each set of centres. The last one, and only that, has a reason in `stop`; its
        inertia, and the labels of its centres, belong to its own centres however the run ended.

    Notes
    -----
    The inertia that never rises is

    .. math:: \sum_i w_i \min_j \lVert x_i - c_j \rVert^2

    An iteration costs O(n_samples * n_clusters * n_features). The number of iterations is
    scikit-learn's. The one exception is an assignment that changed nothing and yet leaves clusters
    empty: scikit-learn ends there with labels that do not belong to its centres; here the centres
    jump and the run goes on.

    References
    ----------
    Lloyd, S. P. (1982), Least squares quantization in PCM. doi:10.1109/TIT.1982.1056489

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> samples = ArraySamples(np.array([[0.0], [2.0], [10.0], [12.0]]))
    >>> for step in iterate(samples, np.array([[0.0], [2.0]])):
    ...     print(step.iteration, step.centers.ravel(), step.inertia, step.n_changed)
    1 [0. 2.] 164.0 4
    2 [0. 8.] 24.0 1
    3 [ 1. 11.] 4.0 0
    >>> print(step.stop)
    no assignment changed
    """
    criterion = Criterion(max_iter, tol)
    return (_step(*round_) for round_ in _rounds(samples, centers, criterion, memory))


def last_step(
    samples: Samples, centers: Floats, *, max_iter: int, tol: float, memory: Memory
) -> Step:
    """Run Lloyd's algorithm to its end; return the last of the steps that `iterate` would yield."""
    rounds = _rounds(samples, centers, Criterion(max_iter, tol), memory)
    return _step(*deque(rounds, maxlen=1).pop())


class _Round(NamedTuple):
    """Round r of a record, and what else there is to say of it."""

    iteration: int
    batch: IterationBatch
    r: int
    jumps: tuple[tuple[int, int], ...] = ()
    stop: StopReason | None = None


def _rounds(
    samples: Samples, centers: Floats, criterion: Criterion, memory: Memory | None
) -> Iterator[_Round]:
    """Assign, sum what was assigned, recalculate, until it has converged."""
    centers = np.array(centers, dtype=np.float64, order="C")
    memory = samples.memory() if memory is None else memory
    iteration, shift = 0, np.inf
    while True:
        # One round, or as many as the samples like to do in one go.
        most = 1 if criterion.is_over(iteration, shift) else criterion.max_iter - iteration + 1
        batch, n_rounds = samples.rounds(centers, memory, most, criterion.tol)
        for r, numbers in enumerate(batch.numbers[:n_rounds].tolist()):
            if criterion.is_over(iteration, shift):  # this was the closing assignment
                yield _Round(iteration, batch, r, stop=_reason(criterion, shift))
                return
            iteration += 1
            jumps = _relocate_empty(batch, r, samples, memory) if r == n_rounds - 1 else ()
            if criterion.is_fixed_point(numbers[N_CHANGED], len(jumps)):
                yield _Round(iteration, batch, r, stop=StopReason.UNCHANGED)
                return
            yield _Round(iteration, batch, r, jumps)
            shift = batch.numbers[r, SHIFT] if jumps else numbers[SHIFT]
        centers = batch.centers[n_rounds]


def _reason(criterion: Criterion, shift: float) -> StopReason:
    """Tell why a run ends with an assignment to centres that the last update has moved so far."""
    if shift == 0.0:  # the same centres: that assignment cannot have changed anything
        return StopReason.UNCHANGED
    return StopReason.TOLERANCE if criterion.tolerates(shift) else StopReason.MAX_ITER


def _relocate_empty(
    batch: IterationBatch, r: int, samples: Samples, memory: Memory
) -> tuple[tuple[int, int], ...]:
    """Pair empty clusters with the samples farthest from their centres, and move them there."""
    if 0.0 not in batch.weight[r].tolist():
        return ()
    sums, centers = sums_of(batch, r), batch.centers[r]
    clusters = empty_clusters(sums)
    far = samples.farthest(memory, len(clusters))
    clusters = clusters[: len(far)]
    moved = means(
        relocate(sums, clusters, samples.rows(far), samples.weights(far), memory.labels[far]),
        centers,
    )
    batch.centers[r + 1] = moved
    batch.numbers[r, SHIFT:] = center_shift(centers, moved), updated_inertia(sums, centers, moved)
    return tuple(zip(clusters.tolist(), far.tolist(), strict=True))


def _step(
    iteration: int,
    batch: IterationBatch,
    r: int,
    jumps: tuple[tuple[int, int], ...],
    stop: StopReason | None,
) -> Step:
    """Make a step of a round; one that ends the run knows of no update."""
    inertia, n_changed, shift, updated = batch.numbers[r].tolist()
    if stop is not None:
        shift, updated = 0.0, inertia
    centers, weight = read_only(batch.centers[r]), read_only(batch.weight[r])
    return Step(iteration, centers, weight, inertia, int(n_changed), shift, updated, jumps, stop)
