"""Sparse samples: the same protocol for compressed sparse rows (CSR)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from kmeans_widget.core.arrays import ClusterSums, Memory, read_only
from kmeans_widget.core.kernels.chunks import NO_WEIGHTS, PART
from kmeans_widget.core.kernels.csr import assign_rows, by_feature, distances_from_rows, sum_rows
from kmeans_widget.core.kernels.threads import run
from kmeans_widget.core.samples import as_distances, largest, subsample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.kernels.csr import Integers

T = TypeVar("T")

_SERIAL_BELOW = 200_000  # multiplications; a pass then takes less time than waking a thread
_CHUNK_WORK = 2**24  # multiplications in a chunk: some 10 ms, so that a run can be interrupted
_SLICE = 2**22  # stored values that numpy processes at once, for the same reason
# Partial sums are as large as all centres: at most so many of them, each for at least this many
# times its own size in stored values.
_MAX_BLOCKS, _BLOCK_SHARE = 16, 4


class SparseSamples:
    """Samples in compressed sparse rows (CSR); never made dense.

    Chunks of rows are assigned on the shared pool. Their sums are collected in a few blocks of
    chunks, whose number depends on the sizes of the data only, and the blocks are merged in order:
    the bits of the results do not depend on the number of threads. Distances and sums are computed
    in float64 for either dtype.

    Parameters
    ----------
    data : ndarray of shape (n_stored,), float32 or float64
        The stored values, row by row; finite; neither copied nor written.
    indices : ndarray of shape (n_stored,), int
        Their features, ascending within a row, without duplicates.
    indptr : ndarray of shape (n_samples + 1,), int
        Where each row starts in `data`, and where the last one ends.
    n_features : int
        Number of coordinates of a point.
    sample_weight : ndarray of shape (n_samples,), float64, default=None
        Not negative. None means that each sample weighs 1.

    Examples
    --------
    >>> samples = SparseSamples(np.array([1.0, 9.0, 9.0]), np.array([1, 0, 1]),
    ...                         np.array([0, 0, 1, 3]), n_features=2)
    >>> samples.rows(np.arange(3))
    array([[0., 0.],
           [0., 1.],
           [9., 9.]])
    >>> samples.assign(np.array([[0.0, 0.0], [8.0, 9.0]]))
    array([0, 0, 1], dtype=int32)
    """

    __slots__ = ("data", "indices", "indptr", "n_features", "sample_weight")

    def __init__(
        self,
        data: Floats,
        indices: Integers,
        indptr: Integers,
        n_features: int,
        sample_weight: Float64s | None = None,
    ) -> None:
        self.data = read_only(data)
        self.indices, self.indptr = read_only(indices), read_only(indptr)
        self.n_features = n_features
        self.sample_weight = None if sample_weight is None else read_only(sample_weight)

    @property
    def n_weighted(self) -> int:
        """Number of points with a weight above 0."""
        if self.sample_weight is None:
            return self.n_samples
        return int(np.count_nonzero(self.sample_weight))

    @property
    def n_samples(self) -> int:
        """Number of points."""
        return len(self.indptr) - 1

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """Precision of the points: float32 or float64."""
        return self.data.dtype

    @property
    def distance_dtype(self) -> np.dtype[np.floating[Any]]:
        """Precision of squared distances: float64."""
        return np.dtype(np.float64)

    def memory(self) -> Memory:
        """Return a fresh memory for one run: every label is -1."""
        return Memory(np.full(self.n_samples, -1, dtype=np.int32))

    def accumulate(self, centers: Floats, memory: Memory) -> ClusterSums:
        """Assign every sample to its nearest centre, and sum what was assigned.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features)
        memory : Memory
            Of the previous pass; is updated.

        Returns
        -------
        ClusterSums

        Notes
        -----
        Costs O(n_stored * n_clusters + n_clusters * n_features).
        """
        memory.centers = np.array(centers, dtype=np.float64)
        inertia, n_changed = self._assign(centers, memory.labels, np.empty(0))
        totals = self._totals(memory.labels, len(centers))
        return ClusterSums(totals[:, :-1], totals[:, -1].copy(), inertia, n_changed)

    def run_ahead(self, centers: Float64s, memory: Memory, n_iter: int, tol: float) -> None:
        """Do nothing: no kernel computes several iterations of sparse samples."""
        del centers, memory, n_iter, tol

    def transposed_copy(self, n_clusters: int) -> None:
        """Return None: only dense samples are transposed."""
        del n_clusters

    def assign(self, centers: Floats) -> Labels:
        """Return the nearest centre of every sample; the lowest index wins a tie."""
        labels = self.memory().labels
        self._assign(centers, labels, np.empty(0))
        return labels

    def farthest(self, memory: Memory, n: int) -> Indices:
        """List the samples farthest from their centre in the last pass.

        Parameters
        ----------
        memory : Memory
            After at least one pass.
        n : int
            How many to list.

        Returns
        -------
        ndarray of int, shape (at most n,)
            The farthest first; of equals, the lowest index first. Samples without weight and
            samples on their centre (within rounding) are left out.
        """
        distances = np.zeros(self.n_samples)
        if memory.centers is not None:
            self._assign(memory.centers, memory.labels, distances)
        # The formula cancels for a sample on its centre; besides, float32 samples differ from the
        # mean of their duplicates by rounding.
        noise = max(8 * float(np.finfo(self.dtype).eps) ** 2, 64 * float(np.finfo(float).eps))
        values = self.data.astype(np.float64)
        rows = np.repeat(np.arange(self.n_samples), np.diff(self.indptr))
        norms = np.bincount(rows, weights=values**2, minlength=self.n_samples)
        distances[(distances <= noise * norms) | (self.weights() == 0)] = 0
        return largest(distances, n)

    def labels_of(self, memory: Memory, indices: Indices) -> Labels:
        """Return the labels of some samples in the last pass."""
        return memory.labels[indices]

    def final_labels(self, memory: Memory) -> Labels:
        """Return the labels of the last pass."""
        return memory.labels

    def distances(self, points: Floats) -> Floats:
        """Return the distances of all samples to points, shape (n_samples, n_points)."""
        return as_distances(self.squared_distances(points), self.dtype)

    def squared_distances(self, points: Floats) -> Float64s:
        """Return squared distances from points to all samples, shape (n_points, n_samples)."""
        packed, distances = by_feature(points), np.empty((len(points), self.n_samples))

        def add_potentials(chunk: slice) -> None:
            distances_from_rows(*self._stored(chunk), packed, distances, chunk.start)

        self._for_each(self._chunks(len(points)), add_potentials, len(points))
        return distances

    def update_min_distances(self, point: Floats, closest: Floats) -> Float64s:
        """Lower `closest` where a point is closer; return its weighted sum by part."""
        sums = self.candidate_potentials(point[np.newaxis], closest, closest[np.newaxis])
        return np.asarray(sums[0])

    def candidate_potentials(
        self, points: Floats, closest: Floats, candidate_min_distances: Floats | None = None
    ) -> Float64s:
        """Return the potential of each candidate by part: the inertia if it became a centre.

        `candidate_min_distances`, of shape (n_points, n_samples), takes it.
        """
        distances = self.squared_distances(points)
        np.minimum(distances, closest, out=distances)
        if candidate_min_distances is not None:
            candidate_min_distances[:] = distances
        distances *= self.weights()
        parts = np.arange(0, self.n_samples, PART)
        return np.asarray(np.add.reduceat(distances, parts, axis=1))

    def rows(self, indices: Indices) -> Floats:
        """Return some samples as dense rows, shape (n_indices, n_features)."""
        rows = np.zeros((len(indices), self.n_features), dtype=self.dtype)
        for i, index in enumerate(indices):
            stored = slice(self.indptr[index], self.indptr[index + 1])
            rows[i, self.indices[stored]] = self.data[stored]
        return rows

    def take(self, indices: Indices) -> SparseSamples:
        """Return some samples with their weights, still sparse."""
        begins, lengths = self.indptr[indices], np.diff(self.indptr)[indices]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(self.indptr.dtype)
        stored = np.arange(indptr[-1]) + np.repeat(begins - indptr[:-1], lengths)
        weight = None if self.sample_weight is None else self.sample_weight[indices]
        return SparseSamples(
            self.data[stored], self.indices[stored], indptr, self.n_features, weight
        )

    def weights(self, indices: Indices | None = None) -> Float64s:
        """Return the weights of some samples, or of all."""
        if self.sample_weight is None:
            return np.ones(self.n_samples if indices is None else len(indices))
        return self.sample_weight if indices is None else self.sample_weight[indices]

    def feature_variances(self) -> Float64s:
        """Return the unweighted variance of each feature, shape (n_features,), float64."""
        mean = self._feature_sums(lambda values, _: values) / self.n_samples
        squares = self._feature_sums(lambda values, features: (values - mean[features]) ** 2)
        n_zeros = self.n_samples - self._feature_sums(lambda values, _: np.ones(len(values)))
        return np.asarray((squares + n_zeros * mean**2) / self.n_samples)

    def preview(self, n: int) -> Indices:
        """Return at most n samples, always the same ones, in ascending order."""
        return subsample(self.n_samples, n)

    def _assign(self, centers: Floats, labels: Labels, distances: Float64s) -> tuple[float, int]:
        """Write the labels, and the distances unless of size 0; return inertia and changes."""
        packed, weights = by_feature(centers), self._kernel_weights()
        parts: dict[int, tuple[float, int]] = {}

        def assign(chunk: slice) -> None:
            parts[chunk.start] = assign_rows(
                *self._stored(chunk), weights[chunk], packed, labels[chunk], distances[chunk]
            )

        chunks = self._chunks(len(centers))
        self._for_each(chunks, assign, len(centers))
        inertias, changed_labels = zip(*(parts[chunk.start] for chunk in chunks), strict=True)
        return float(sum(inertias)), int(sum(changed_labels))

    def _totals(self, labels: Labels, n_clusters: int) -> Float64s:
        """Sum the samples and the weights of each cluster, shape (n_clusters, n_features + 1)."""
        chunks, weights = self._chunks(1), self._kernel_weights()
        shape = (n_clusters, self.n_features + 1)
        n_blocks = len(self.data) // (_BLOCK_SHARE * shape[0] * shape[1])
        n_blocks = min(max(n_blocks, 1), _MAX_BLOCKS, len(chunks))
        parts = [np.zeros(shape) for _ in range(n_blocks)]

        def add(block: int) -> None:
            first, last = (len(chunks) * i // n_blocks for i in (block, block + 1))
            for chunk in chunks[first:last]:
                sum_rows(*self._stored(chunk), weights[chunk], labels[chunk], parts[block])

        self._for_each(range(n_blocks), add, 1)
        return np.asarray(sum(parts[1:], start=parts[0]))

    def _feature_sums(self, function: Callable[[Float64s, Integers], Float64s]) -> Float64s:
        """Sum a function of the stored values and their features over each feature."""
        total = np.zeros(self.n_features)
        for begin in range(0, len(self.data), _SLICE):
            part = slice(begin, begin + _SLICE)
            features = self.indices[part]
            numbers = function(self.data[part].astype(np.float64), features)
            total += np.bincount(features, numbers, self.n_features)
        return total

    def _chunks(self, n_clusters: int) -> list[slice]:
        """Divide the rows into chunks of about equal work, whatever the number of threads."""
        work = n_clusters * (1 + len(self.data) // self.n_samples)
        size = min(max(_CHUNK_WORK // work, 64), 32768)
        return [slice(i, min(i + size, self.n_samples)) for i in range(0, self.n_samples, size)]

    def _for_each(self, parts: Sequence[T], work: Callable[[T], None], n_clusters: int) -> None:
        """Call `work` for every part, on the shared pool if that pays."""
        if len(self.data) * n_clusters < _SERIAL_BELOW:
            for part in parts:
                work(part)
        else:
            run(partial(work, part) for part in parts)

    def _stored(self, chunk: slice) -> tuple[Floats, Integers, Integers]:
        """Return the arrays that hold the rows of a chunk, for a kernel."""
        return self.data, self.indices, self.indptr[chunk.start : chunk.stop + 1]

    def _kernel_weights(self) -> Float64s:
        """Return the weights as kernels take them: of size 0 when each is 1."""
        return NO_WEIGHTS if self.sample_weight is None else self.sample_weight
