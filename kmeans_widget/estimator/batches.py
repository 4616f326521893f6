"""Batches of samples, in memory."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.minibatch import mini_batch_step
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.sparse import SparseSamples
from kmeans_widget.core.update import center_shift
from kmeans_widget.estimator.inputs import start

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.core.arrays import Floats, Indices
    from kmeans_widget.core.minibatch import EarlyStopping, MiniBatchState, Reassignment
    from kmeans_widget.estimator.inputs import AnySamples


def take(samples: AnySamples, indices: Indices) -> AnySamples:
    """Return some samples, with their weights."""
    if isinstance(samples, SparseSamples):
        return samples.take(indices)
    weight = None if samples.sample_weight is None else samples.sample_weight[indices]
    return ArraySamples(samples.X[indices], weight)


def start_size(given: int | None, batch_size: int, n_clusters: int, n_samples: int) -> int:
    """Count the samples among which the start is found; warn if fewer than clusters are given."""
    size = 3 * batch_size if given is None else given
    if size < n_clusters:
        if given is not None:
            warnings.warn(
                f"init_size={given} should be larger than n_clusters={n_clusters}. "
                "Setting it to min(3*n_clusters, n_samples)",
                RuntimeWarning,
                stacklevel=6,
            )
        size = 3 * n_clusters
    return min(size, n_samples)


def start_among(
    samples: AnySamples, matrix: Any, size: int, init: Any, n_clusters: int, random_state: Any
) -> Floats:
    """Choose the centres to start from among a few of the samples, drawn with replacement."""
    if size < samples.n_samples:
        chosen = random_state.randint(0, samples.n_samples, size)
        few = take(samples, chosen)
        # Weights may leave too few of them to choose from; then all of the samples have to do.
        if np.count_nonzero(few.weights()) >= n_clusters:
            samples, matrix = few, matrix[chosen]
    return start(init, n_clusters, samples, matrix, random_state)


class Batches:
    """Draws batches with replacement, a sample as often as its weight asks for.

    A sample in a batch weighs 1: its weight has had its say in the draw.

    Parameters
    ----------
    samples : ArraySamples or SparseSamples
    size : int
        Samples in a batch.
    random_state : RandomState
        The numbers are drawn as ``random_state.choice(n_samples, size, p=weight / weight.sum())``
        draws them, without adding the weights up again for every batch.
    """

    def __init__(self, samples: AnySamples, size: int, random_state: np.random.RandomState) -> None:
        weight = samples.weights()
        cumulated = np.cumsum(weight / weight.sum())
        self._cumulated = cumulated / cumulated[-1]
        self._samples = _without_weights(samples)
        self._size, self._random_state = size, random_state

    def draw(self) -> AnySamples:
        """Return the next batch."""
        numbers = self._random_state.random_sample(self._size)
        return take(self._samples, np.searchsorted(self._cumulated, numbers, side="right"))

    def learn(
        self,
        learned: MiniBatchState,
        reassignment: Reassignment,
        settling: EarlyStopping,
        n_steps: int,
        show: Callable[[int, int, str], object],
    ) -> tuple[MiniBatchState, int, float]:
        """Learn from batch after batch until that brings no more, or n_steps are done.

        Returns
        -------
        learned : MiniBatchState
        n_steps : int
            Batches that it took.
        mean : float
            Mean squared distance of the last batches to the centres, in squared units of X.
        """
        for step in range(1, n_steps + 1):
            before = learned.centers
            learned, inertia = mini_batch_step(
                self.draw(), learned, reassignment, self._random_state
            )
            mean = inertia / self._size
            # The first batch tells of the start only.
            settled = step > 1 and settling.should_stop(
                inertia, center_shift(before, learned.centers)
            )
            show(0, n_steps if settled else step, f"{step} batches, mean distance² {mean:.6g}")
            if settled:
                break
        return learned, step, mean if settling.average is None else settling.average


def _without_weights(samples: AnySamples) -> AnySamples:
    """Return the same samples, each with a weight of 1; nothing is copied."""
    if isinstance(samples, SparseSamples):
        return SparseSamples(samples.data, samples.indices, samples.indptr, samples.n_features)
    return ArraySamples(samples.X)
