"""Mini-batches, drawn from samples in memory."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.random import sample_without_replacement

from kmeans_widget.core.blocks import BlockSamples
from kmeans_widget.core.minibatch import mini_batch_step
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.sparse import SparseSamples
from kmeans_widget.core.update import center_shift
from kmeans_widget.estimator.inputs import choose_centers

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.core.arrays import Floats, Indices
    from kmeans_widget.core.minibatch import EarlyStopping, MiniBatchState, Reassignment
    from kmeans_widget.estimator.inputs import AnySamples


def take(samples: AnySamples, indices: Indices) -> AnySamples:
    """Return the samples at some indices, with their weights."""
    if isinstance(samples, SparseSamples):
        return samples.take(indices)
    weight = None if samples.sample_weight is None else samples.sample_weight[indices]
    return ArraySamples(samples.X[indices], weight)


def draw(samples: Any, matrix: Any, n: int, random_state: Any) -> tuple[AnySamples, Any]:
    """Return at most n samples, which are drawn at random, and their rows of a matrix if given."""
    indices = np.arange(samples.n_samples)
    if n < samples.n_samples:
        drawn = sample_without_replacement(samples.n_samples, n, random_state=random_state)
        indices = np.sort(drawn)
    if isinstance(samples, BlockSamples):
        rows, weights = samples.take(indices)
        return ArraySamples(rows, weights if samples.is_weighted else None), rows
    return take(samples, indices), matrix[indices]


def resolve_init_size(
    init_size: int | None, batch_size: int, n_clusters: int, n_samples: int
) -> int:
    """Return the number of samples for the initialisation; warn if `init_size` is too small."""
    size = 3 * batch_size if init_size is None else init_size
    if size < n_clusters:
        if init_size is not None:
            warnings.warn(
                f"init_size={init_size} should be larger than n_clusters={n_clusters}. "
                "Setting it to min(3*n_clusters, n_samples)",
                RuntimeWarning,
                stacklevel=6,
            )
        size = 3 * n_clusters
    return min(size, n_samples)


def centers_from_subset(
    samples: AnySamples, matrix: Any, size: int, init: Any, n_clusters: int, random_state: Any
) -> Floats:
    """Choose initial centres from a random subset of the samples, drawn with replacement."""
    if size < samples.n_samples:
        indices = random_state.randint(0, samples.n_samples, size)
        subset = take(samples, indices)
        # If too few of them have a weight above 0, all samples are used.
        if np.count_nonzero(subset.weights()) >= n_clusters:
            samples, matrix = subset, matrix[indices]
    return choose_centers(init, n_clusters, samples, matrix, random_state)


class Batches:
    """Draws batches with replacement, each sample with probability proportional to its weight.

    The samples of a batch all have weight 1, as the weights determine how often they are drawn.

    Parameters
    ----------
    samples : ArraySamples or SparseSamples
    size : int
        Number of samples in a batch.
    random_state : RandomState
        Gives the same draws as ``choice(n_samples, size, p=weight / weight.sum())``, but the
        weights are summed once instead of for every batch.
    """

    def __init__(self, samples: AnySamples, size: int, random_state: np.random.RandomState) -> None:
        weight = samples.weights()
        cumulative = np.cumsum(weight / weight.sum())
        self._cumulative = cumulative / cumulative[-1]
        self._samples = _without_weights(samples)
        self._size, self._random_state = size, random_state

    def draw(self) -> AnySamples:
        """Return the next batch."""
        numbers = self._random_state.random_sample(self._size)
        return take(self._samples, np.searchsorted(self._cumulative, numbers, side="right"))

    def run(
        self,
        state: MiniBatchState,
        reassignment: Reassignment,
        early_stopping: EarlyStopping,
        n_steps: int,
        show: Callable[[int, int, str], object],
    ) -> tuple[MiniBatchState, int, float]:
        """Run mini-batch steps until early stopping, or until `n_steps` are done.

        Returns
        -------
        state : MiniBatchState
        n_steps : int
            Number of batches used.
        mean : float
            Moving average of the squared distance to the centres, in squared units of X.
        """
        for step in range(1, n_steps + 1):
            before = state.centers
            state, inertia = mini_batch_step(self.draw(), state, reassignment, self._random_state)
            mean = inertia / self._size
            # The inertia of the first batch is that of the initial centres.
            stops = step > 1 and early_stopping.should_stop(
                inertia, center_shift(before, state.centers)
            )
            batches = "1 batch" if step == 1 else f"{step} batches"
            show(0, n_steps if stops else step, f"{batches}, mean distance² {mean:.6g}")
            if stops:
                break
        return state, step, mean if early_stopping.average is None else early_stopping.average


def _without_weights(samples: AnySamples) -> AnySamples:
    """Return the same samples, each with weight 1; nothing is copied."""
    if isinstance(samples, SparseSamples):
        return SparseSamples(samples.data, samples.indices, samples.indptr, samples.n_features)
    return ArraySamples(samples.X)
