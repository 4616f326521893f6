"""Lloyd's algorithm: assign, recalculate, until it has converged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.convergence import Criterion
from kmeans_widget.core.trace import Step, StopReason
from kmeans_widget.core.update import (
    center_shift,
    empty_clusters,
    means,
    relocate,
    updated_inertia,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kmeans_widget.core.arrays import ClusterSums, Floats, Memory
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
    centers = np.array(centers, dtype=np.float64, order="C")
    memory = samples.memory() if memory is None else memory
    for iteration in criterion.iterations():
        sums = samples.accumulate(centers, memory)  # assign, and sum what was assigned
        jumps, sums_moved = _relocate_empty(sums, samples, memory)
        if criterion.is_fixed_point(sums.n_changed, len(jumps)):
            yield _step(iteration, centers, sums, stop=StopReason.UNCHANGED)
            return
        moved = means(sums_moved, centers)  # recalculate
        shift = center_shift(centers, moved)
        yield _step(iteration, centers, sums, moved, shift, jumps)
        centers = moved
        if criterion.tolerates(shift):
            break
    if shift == 0.0:  # the same centers: the closing assignment cannot change anything
        stop = StopReason.UNCHANGED
    else:
        stop = StopReason.TOLERANCE if criterion.tolerates(shift) else StopReason.MAX_ITER
    yield _step(iteration, centers, samples.accumulate(centers, memory), stop=stop)


def _relocate_empty(
    sums: ClusterSums, samples: Samples, memory: Memory
) -> tuple[tuple[tuple[int, int], ...], ClusterSums]:
    """Pair empty clusters with the samples farthest from their centres; move these' sums."""
    clusters = empty_clusters(sums)
    if len(clusters) == 0:
        return (), sums
    far = samples.farthest(memory, len(clusters))
    clusters = clusters[: len(far)]
    moved = relocate(sums, clusters, samples.rows(far), samples.weights(far), memory.labels[far])
    return tuple(zip(clusters.tolist(), far.tolist(), strict=True)), moved


def _step(
    iteration: int,
    centers: Floats,
    sums: ClusterSums,
    moved: Floats | None = None,
    shift: float = 0.0,
    jumps: tuple[tuple[int, int], ...] = (),
    *,
    stop: StopReason | None = None,
) -> Step:
    """Record one set of centres, what assigning to them gave, and how far they move next."""
    return Step(
        iteration=iteration,
        centers=read_only(centers),
        weight=read_only(sums.weight),
        inertia=sums.inertia,
        n_changed=sums.n_changed,
        center_shift=shift,
        updated_inertia=sums.inertia if moved is None else updated_inertia(sums, centers, moved),
        relocated=jumps,
        stop=stop,
    )
