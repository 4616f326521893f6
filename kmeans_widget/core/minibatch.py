"""Mini-batch K-means: every step uses a few samples only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.trace import Step, StopReason
from kmeans_widget.core.update import center_shift, means

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kmeans_widget.core.arrays import ClusterSums, Float64s, Floats, Indices
    from kmeans_widget.core.samples import ArraySamples, Samples


@dataclass(frozen=True, slots=True, eq=False)
class MiniBatchState:
    """State after the batches seen so far.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features), float64
        Mean of all samples assigned to each cluster so far, in the units of X.
    weight : ndarray of shape (n_clusters,), float64
        Sum of their weights.
    since_reassignment : int, default=0
        Samples seen since clusters of low weight were last reassigned.
    """

    centers: Float64s
    weight: Float64s
    since_reassignment: int = 0


@dataclass(frozen=True, slots=True)
class Reassignment:
    """When the centre of a cluster of low weight is moved to a random sample.

    Parameters
    ----------
    ratio : float
        Clusters with less than this share of the largest cluster's weight are reassigned; 0: none.
    batch_size : int
        Number of samples in a batch.
    """

    ratio: float
    batch_size: int

    def due(self, state: MiniBatchState) -> tuple[bool, MiniBatchState]:
        """Tell whether it is time: after 10 samples per cluster, or when a cluster is empty."""
        since = state.since_reassignment + self.batch_size
        due = bool((state.weight == 0).any()) or since >= 10 * len(state.weight)
        return due, replace(state, since_reassignment=0 if due else since)


NEVER = Reassignment(0.0, 1)


def mini_batch_step(
    batch: Samples,
    state: MiniBatchState,
    reassignment: Reassignment,
    random_state: np.random.RandomState,
) -> tuple[MiniBatchState, float]:
    r"""Assign the samples of a batch, and move every centre towards its samples.

    Parameters
    ----------
    batch : Samples
    state : MiniBatchState
        After the previous batches; not changed.
    reassignment : Reassignment
    random_state : numpy.random.RandomState
        Used only for reassignment.

    Returns
    -------
    state : MiniBatchState
    inertia : float
        Weighted sum of the squared distances to the centres before the step.

    Notes
    -----
    .. math:: c_j \leftarrow \frac{W_j c_j + \sum_{i: l_i = j} w_i x_i}{W_j + \sum w_i}

    where :math:`W_j` is the weight of the cluster so far: a mean over all batches, so the centres
    converge. Costs O(n_batch * n_clusters * n_features).

    References
    ----------
    Sculley, D. (2010), Web-scale k-means clustering. WWW, 1177-1178. doi:10.1145/1772690.1772862

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> batch = ArraySamples(np.array([[2.0], [4.0], [9.0]]))
    >>> before = MiniBatchState(np.array([[0.0], [9.0]]), np.array([1.0, 1.0]))
    >>> never, random_state = Reassignment(0.0, 3), np.random.RandomState(0)
    >>> after, inertia = mini_batch_step(batch, before, never, random_state)
    >>> after.centers.ravel(), after.weight, inertia
    (array([2., 9.]), array([3., 2.]), 20.0)
    """
    due, state = reassignment.due(state)
    sums = batch.accumulate(state.centers, batch.memory())
    state = _blend(state, sums)
    if due and reassignment.ratio > 0:
        state = _reassign(batch, state, reassignment.ratio, random_state)
    return state, sums.inertia


def iterate_batches(
    samples: ArraySamples,
    centers: Floats,
    batch_size: int,
    random_state: np.random.RandomState,
    *,
    max_batches: int = 100,
    patience: int | None = 10,
) -> Iterator[Step]:
    """Run mini-batch K-means, and report what each set of centres means for all samples.

    Parameters
    ----------
    samples : ArraySamples
        Drawn into batches with replacement, with probabilities proportional to their weights.
    centers : ndarray of shape (n_clusters, n_features)
        The initial centres.
    batch_size : int
    random_state : numpy.random.RandomState
    max_batches : int
    patience : int or None
        Stop after so many batches without a better average, as in `EarlyStopping`.

    Yields
    ------
    Step
        An iteration is a batch: the assignment is that of all samples, the update that of the
        centres by the batch, after which the inertia may also be higher.

    Notes
    -----
    Costs O(n_samples * n_clusters * n_features) per step, which is what mini-batches avoid: this is
    for watching them. No cluster is reassigned.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> samples = ArraySamples(np.array([[0.0], [1.0], [8.0], [9.0]]))
    >>> random_state = np.random.RandomState(0)
    >>> steps = list(iterate_batches(samples, np.array([[0.0], [1.0]]), 2, random_state))
    >>> steps[0].inertia, steps[-1].stop.value
    (113.0, 'the last mini-batches brought no improvement')
    """
    state = MiniBatchState(centers.astype(np.float64), np.zeros(len(centers)))
    chances = samples.weights() / samples.weights().sum()
    stopping = EarlyStopping(batch_size, samples.n_samples, 0.0, patience)
    reason, labels = None, None
    for iteration in range(1, max_batches + 1):
        memory = samples.memory()
        sums = samples.accumulate(state.centers, memory)
        n_changed = samples.n_samples
        if labels is not None:
            n_changed = int(np.count_nonzero(memory.labels != labels))
        labels = memory.labels.copy()
        before = state.centers
        if reason is None and iteration < max_batches:
            rows = random_state.choice(samples.n_samples, batch_size, p=chances)
            batch = type(samples)(samples.rows(rows))
            state, inertia = mini_batch_step(batch, state, NEVER, random_state)
            shift = center_shift(before, state.centers)
            yield Step(
                iteration, read_only(before), sums.weight, sums.inertia, n_changed, shift,
                _inertia_around(sums, before, state.centers), means(sums, before),
            )  # fmt: skip
            if iteration > 1 and stopping.should_stop(inertia, shift):
                reason = StopReason.NO_IMPROVEMENT
            continue
        yield Step(
            iteration, read_only(before), sums.weight, sums.inertia, n_changed, 0.0, sums.inertia,
            means(sums, before), stop=reason or StopReason.MAX_ITER,
        )  # fmt: skip
        return


def _inertia_around(sums: ClusterSums, centers: Floats, others: Floats) -> float:
    """Return the inertia of the same clusters around other centres."""
    middles = means(sums, centers)
    squares = (((middles - c) ** 2).sum(axis=1) for c in (centers, others))
    away, then = (float(sums.weight @ square) for square in squares)
    return max(sums.inertia - away + then, 0.0)


def _blend(state: MiniBatchState, sums: ClusterSums) -> MiniBatchState:
    """Return the means over the previous batches and this one."""
    centers, weight = state.centers.copy(), state.weight + sums.weight
    held = sums.weight > 0
    before = state.centers[held] * state.weight[held, np.newaxis]
    centers[held] = (before + sums.coordinates[held]) / weight[held, np.newaxis]
    return replace(state, centers=centers, weight=weight)


def _reassign(
    batch: Samples, state: MiniBatchState, ratio: float, random_state: np.random.RandomState
) -> MiniBatchState:
    """Move the centres of clusters of low weight to random samples of the batch."""
    light = _low_weight(state.weight, ratio, batch.n_samples // 2)
    if len(light) == 0:
        return state
    centers, weight = state.centers.copy(), state.weight.copy()
    drawn = random_state.choice(batch.n_samples, replace=False, size=len(light))
    centers[light] = batch.rows(drawn)
    # Enough weight not to be reassigned again at once.
    weight[light] = np.delete(weight, light).min()
    return replace(state, centers=centers, weight=weight)


def _low_weight(weight: Float64s, ratio: float, most: int) -> Indices:
    """List the clusters below a share of the largest weight, at most so many of the lightest."""
    light = weight < ratio * weight.max()
    if np.count_nonzero(light) > most:
        light[np.argsort(weight)[most:]] = False
    light[np.argmax(weight)] = False  # with a ratio above 1, all would be reassigned
    return np.flatnonzero(light)


@dataclass(slots=True, eq=False)
class EarlyStopping:
    """Detect from the inertia of the batches when it no longer improves.

    Parameters
    ----------
    batch_size, n_samples : int
        Their ratio determines the smoothing factor of the moving average (EWA).
    tol : float
        Stop once the squared shift of the centres is at most this, in squared units of X; 0: never.
    patience : int or None
        Stop after so many batches without a better average; None: never.

    Attributes
    ----------
    average : float or None
        Moving average of the mean squared distance; None before the second batch, as the first one
        depends on the initial centres only.
    """

    batch_size: int
    n_samples: int
    tol: float
    patience: int | None
    average: float | None = None
    _best: float = np.inf
    _n_worse: int = 0

    def should_stop(self, inertia: float, shift: float) -> bool:
        """Record the second or a later batch; tell whether to stop.

        Parameters
        ----------
        inertia : float
            Of the batch, before its step.
        shift : float
            Squared distance that the centres have moved, summed.
        """
        mean = inertia / self.batch_size
        share = min(2.0 * self.batch_size / (self.n_samples + 1), 1.0)
        self.average = mean if self.average is None else self.average * (1 - share) + mean * share
        if self.tol > 0 and shift <= self.tol:
            return True
        self._n_worse = 0 if self.average < self._best else self._n_worse + 1
        self._best = min(self._best, self.average)
        return self.patience is not None and self._n_worse >= self.patience
