"""Mini-batches: every step learns from a few samples only, and remembers what it has seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import ClusterSums, Float64s, Indices
    from kmeans_widget.core.samples import Samples


@dataclass(frozen=True, slots=True, eq=False)
class MiniBatchState:
    """What the batches so far have taught.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features), float64
        Mean of all samples that each cluster was given, in the units of X.
    weight : ndarray of shape (n_clusters,), float64
        Their weight.
    since_reassignment : int, default=0
        Samples looked at since clusters of little weight were last given another centre.
    """

    centers: Float64s
    weight: Float64s
    since_reassignment: int = 0


@dataclass(frozen=True, slots=True)
class Reassignment:
    """When a cluster that hardly gets any samples starts again from another one.

    Parameters
    ----------
    ratio : float
        Clusters with less than this share of the largest cluster's weight start again; 0: none.
    batch_size : int
        Samples in a batch, by which the time until the next reassignment is measured.
    """

    ratio: float
    batch_size: int

    def due(self, state: MiniBatchState) -> tuple[bool, MiniBatchState]:
        """Tell whether it is time: after 10 samples a cluster, or when one is empty."""
        since = state.since_reassignment + self.batch_size
        due = bool((state.weight == 0).any()) or since >= 10 * len(state.weight)
        return due, replace(state, since_reassignment=0 if due else since)


def mini_batch_step(
    batch: Samples,
    state: MiniBatchState,
    reassignment: Reassignment,
    random_state: np.random.RandomState,
) -> tuple[MiniBatchState, float]:
    r"""Assign the samples of a batch, and move every centre towards those it was given.

    Parameters
    ----------
    batch : Samples
    state : MiniBatchState
        From the batches before; left as it is.
    reassignment : Reassignment
    random_state : numpy.random.RandomState
        Used only when clusters start again.

    Returns
    -------
    state : MiniBatchState
    inertia : float
        Weighted sum of the squared distances to the centres as they were before the step.

    Notes
    -----
    .. math:: c_j \leftarrow \frac{W_j c_j + \sum_{i: l_i = j} w_i x_i}{W_j + \sum w_i}

    where :math:`W_j` is the weight that the cluster had before: a mean over all batches, so the
    centres come to rest. Costs O(n_batch * n_clusters * n_features).

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


def _blend(state: MiniBatchState, sums: ClusterSums) -> MiniBatchState:
    """Return the means over the batches before and this one."""
    centers, weight = state.centers.copy(), state.weight + sums.weight
    held = sums.weight > 0
    before = state.centers[held] * state.weight[held, np.newaxis]
    centers[held] = (before + sums.coordinates[held]) / weight[held, np.newaxis]
    return replace(state, centers=centers, weight=weight)


def _reassign(
    batch: Samples, state: MiniBatchState, ratio: float, random_state: np.random.RandomState
) -> MiniBatchState:
    """Put the centres of clusters with little weight on samples of the batch."""
    light = _low_weight(state.weight, ratio, batch.n_samples // 2)
    if len(light) == 0:
        return state
    centers, weight = state.centers.copy(), state.weight.copy()
    drawn = random_state.choice(batch.n_samples, replace=False, size=len(light))
    centers[light] = batch.rows(drawn)
    # Weight enough not to be the lightest again at once.
    weight[light] = np.delete(weight, light).min()
    return replace(state, centers=centers, weight=weight)


def _low_weight(weight: Float64s, ratio: float, most: int) -> Indices:
    """List the clusters below a share of the largest weight; the lightest ones, if too many."""
    light = weight < ratio * weight.max()
    if np.count_nonzero(light) > most:
        light[np.argsort(weight)[most:]] = False
    light[np.argmax(weight)] = False  # a ratio above 1 would leave no cluster to compare with
    return np.flatnonzero(light)


@dataclass(slots=True, eq=False)
class EarlyStopping:
    """Tells from the inertia of batch after batch when nothing improves any more.

    Parameters
    ----------
    batch_size, n_samples : int
        Their ratio is the memory of the moving average.
    tol : float
        Squared shift of the centres, summed, in squared units of X, that counts as none; 0: never.
    patience : int or None
        Batches without a better average after which it ends; None: no end.

    Attributes
    ----------
    average : float or None
        Moving average of the mean squared distance; None before the second batch, for the first one
        tells of the start only.
    """

    batch_size: int
    n_samples: int
    tol: float
    patience: int | None
    average: float | None = None
    _best: float = np.inf
    _n_worse: int = 0

    def should_stop(self, inertia: float, shift: float) -> bool:
        """Take in the second or a later batch; tell whether it is enough.

        Parameters
        ----------
        inertia : float
            Of the batch, before its step.
        shift : float
            Squared distance that the centres moved, summed.
        """
        mean = inertia / self.batch_size
        share = min(2.0 * self.batch_size / (self.n_samples + 1), 1.0)
        self.average = mean if self.average is None else self.average * (1 - share) + mean * share
        if self.tol > 0 and shift <= self.tol:
            return True
        self._n_worse = 0 if self.average < self._best else self._n_worse + 1
        self._best = min(self._best, self.average)
        return self.patience is not None and self._n_worse >= self.patience
