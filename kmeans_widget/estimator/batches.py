"""Batches of samples, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.sparse import SparseSamples

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Indices
    from kmeans_widget.estimator.door import AnySamples


def take(samples: AnySamples, indices: Indices) -> AnySamples:
    """Return some samples, with their weights."""
    if isinstance(samples, SparseSamples):
        return samples.take(indices)
    weight = None if samples.sample_weight is None else samples.sample_weight[indices]
    return ArraySamples(samples.X[indices], weight)


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


def _without_weights(samples: AnySamples) -> AnySamples:
    """Return the same samples, each with a weight of 1; nothing is copied."""
    if isinstance(samples, SparseSamples):
        return SparseSamples(samples.data, samples.indices, samples.indptr, samples.n_features)
    return ArraySamples(samples.X)
