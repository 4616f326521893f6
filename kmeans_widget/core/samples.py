"""Where the samples lie: the protocol that Lloyd's loop needs, and its form for an array."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kmeans_widget.core.arrays import ClusterSums, read_only
from kmeans_widget.core.assignment import assign_and_sum
from kmeans_widget.core.distances import LANES, PITCH, distances_to_points
from kmeans_widget.core.jit import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels

# Below this many coordinate differences a pass takes less time than waking a thread up (about 0.1
# ms).
_SERIAL_BELOW = 200_000


@dataclass(slots=True, eq=False)
class Memory:
    """What one run remembers between its passes. It belongs to one run at a time.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), int32
        Labels of the last pass; -1 before the first.
    centers : ndarray of shape (n_clusters, n_features) or None
        Centres of the last pass.
    """

    labels: Labels
    centers: Floats | None = None


class Samples(Protocol):
    """Weighted points that can be passed over again and again, wherever they lie."""

    @property
    def n_samples(self) -> int:
        """Number of points."""
        ...

    @property
    def n_features(self) -> int:
        """Number of coordinates of a point."""
        ...

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """Precision of the points: float32 or float64."""
        ...

    def memory(self) -> Memory:
        """Return what a run remembers between passes, fresh: nothing assigned yet."""
        ...

    def accumulate(self, centers: Floats, memory: Memory) -> ClusterSums:
        """Assign every sample to its nearest centre, sum what was assigned, remember the labels."""
        ...

    def assign(self, centers: Floats) -> Labels:
        """Return the nearest centre of every sample; remembers nothing."""
        ...

    def farthest(self, memory: Memory, n: int) -> Indices:
        """Return up to n samples, those farthest from their centre in the last pass first."""
        ...

    def squared_distances(self, points: Floats) -> Float64s:
        """Return squared distances from points to all samples, shape (n_points, n_samples)."""
        ...

    def rows(self, indices: Indices) -> Floats:
        """Return copies of some samples, shape (n_indices, n_features)."""
        ...

    def weights(self, indices: Indices | None = None) -> Float64s:
        """Return the weights of some samples, or of all."""
        ...

    def feature_variances(self) -> Float64s:
        """Return the unweighted variance of each feature, shape (n_features,)."""
        ...

    def preview(self, n: int) -> Indices:
        """Return at most n samples to be drawn, always the same ones, in rising order."""
        ...


class ArraySamples:
    """Samples in one array.

    The rows are worked on in chunks whose size depends on the number of features and clusters only;
    partial sums are merged in the order of the chunks. Therefore the results have the same bits for
    any number of threads.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, C-contiguous
        Finite; neither copied nor written.
    sample_weight : ndarray of shape (n_samples,), float64, default=None
        Not negative. None means that each sample weighs 1.

    Examples
    --------
    >>> samples = ArraySamples(np.array([[0.0, 0.0], [0.0, 1.0], [9.0, 9.0]]))
    >>> centers = np.array([[0.0, 0.0], [8.0, 9.0]])
    >>> samples.assign(centers)
    array([0, 0, 1], dtype=int32)
    >>> sums = samples.accumulate(centers, samples.memory())
    >>> sums.weight, sums.inertia, sums.n_changed
    (array([2., 1.]), 2.0, 3)
    """

    __slots__ = ("X", "sample_weight")

    def __init__(self, X: Floats, sample_weight: Float64s | None = None) -> None:
        self.X = read_only(X)
        self.sample_weight = None if sample_weight is None else read_only(sample_weight)

    @property
    def n_samples(self) -> int:
        """Number of points."""
        return int(self.X.shape[0])

    @property
    def n_features(self) -> int:
        """Number of coordinates of a point."""
        return int(self.X.shape[1])

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """Precision of the points: float32 or float64."""
        return self.X.dtype

    def memory(self) -> Memory:
        """Return what a run remembers between passes, fresh: every label is -1."""
        return Memory(np.full(self.n_samples, -1, dtype=np.int32))

    def accumulate(self, centers: Floats, memory: Memory) -> ClusterSums:
        """Assign every sample to its nearest centre, and sum what was assigned.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features)
        memory : Memory
            Labels of the previous pass, with which the new ones are compared and by which they are
            replaced.

        Returns
        -------
        ClusterSums

        Notes
        -----
        Costs O(n_samples * n_clusters * n_features), in one pass over X.
        """
        memory.centers = centers
        return self._pass(centers, memory.labels, _nothing(self.dtype))

    def assign(self, centers: Floats) -> Labels:
        """Return the nearest centre of every sample; the lowest index wins a tie."""
        labels = self.memory().labels
        self._pass(centers, labels, _nothing(self.dtype))
        return labels

    def farthest(self, memory: Memory, n: int) -> Indices:
        """List the samples that lie farthest from their centre in the last pass.

        Parameters
        ----------
        memory : Memory
            Of a run with at least one pass.
        n : int
            How many samples to list.

        Returns
        -------
        ndarray of int, shape (at most n,)
            The farthest first; the lowest index first among equals. Samples without weight, and
            samples that lie on their centre (within rounding), are left out: moving a centre there
            would gain nothing.

        Notes
        -----
        Costs another pass, O(n_samples * n_clusters * n_features); few runs ever need it.
        """
        distances = np.empty(self.n_samples, dtype=self.dtype)
        if memory.centers is not None:
            self._pass(memory.centers, memory.labels, distances)
        # The mean of equal samples differs from them by rounding. Such a distance must count as
        # none, or else an empty cluster would jump to and fro between duplicates for ever.
        noise = max(8 * float(np.finfo(self.dtype).eps), 1e-12)
        on_center = distances <= noise**2 * np.einsum("ij,ij->i", self.X, self.X)
        distances[on_center | (self.weights() == 0)] = 0
        # Everything at least as far as the n-th farthest, then a stable sort, so that ties go to
        # the lowest index.
        n = min(n, self.n_samples)
        threshold = np.partition(distances, -n)[-n]
        far = np.flatnonzero((distances >= threshold) & (distances > 0))
        return far[np.argsort(-distances[far], kind="stable")][:n]

    def squared_distances(self, points: Floats) -> Float64s:
        """Return squared distances from points to all samples, shape (n_points, n_samples)."""
        points = self._like_samples(points)
        distances = np.empty((len(points), self.n_samples), dtype=np.float64)

        def measure(chunk: slice) -> None:
            distances_to_points(self.X[chunk], points, distances, chunk.start)

        self._for_each_chunk(measure, len(points))
        return distances

    def rows(self, indices: Indices) -> Floats:
        """Return copies of some samples, shape (n_indices, n_features)."""
        return np.ascontiguousarray(self.X[indices])

    def weights(self, indices: Indices | None = None) -> Float64s:
        """Return the weights of some samples, or of all."""
        if self.sample_weight is None:
            return np.ones(self.n_samples if indices is None else len(indices))
        return self.sample_weight if indices is None else self.sample_weight[indices]

    def feature_variances(self) -> Float64s:
        """Return the unweighted variance of each feature, shape (n_features,), float64."""
        return np.asarray(np.var(self.X, axis=0, dtype=np.float64))

    def preview(self, n: int) -> Indices:
        """Return at most n samples, always the same ones, in rising order."""
        if self.n_samples <= n:
            return np.arange(self.n_samples)
        return np.sort(np.random.default_rng(0).choice(self.n_samples, n, replace=False))

    def _pass(self, centers: Floats, labels: Labels, distances: Floats) -> ClusterSums:
        """Fill in labels, and distances unless of size 0; return the sums over all chunks."""
        centers = self._like_samples(centers)
        n_clusters, n_features = centers.shape
        weights = read_only(np.empty(0)) if self.sample_weight is None else self.sample_weight
        parts: dict[int, ClusterSums] = {}

        def assign(chunk: slice) -> None:
            totals = np.zeros((n_clusters, n_features + 1))
            inertia, n_changed = assign_and_sum(
                self.X[chunk],
                weights[chunk],
                centers,
                labels[chunk],
                distances[chunk],
                totals,
                np.empty((n_features + 3, PITCH), self.dtype),
                np.empty(PITCH, np.int32),
            )
            parts[chunk.start] = ClusterSums(
                totals[:, :-1], totals[:, -1], float(inertia), int(n_changed)
            )

        self._for_each_chunk(assign, n_clusters)
        first, *others = (parts[start] for start in sorted(parts))
        return sum(others, start=first)

    def _for_each_chunk(self, work: Callable[[slice], None], n_clusters: int) -> None:
        """Call work for every chunk of rows, on the shared pool if that pays."""
        size = chunk_size(self.n_features, n_clusters)
        chunks = [slice(i, min(i + size, self.n_samples)) for i in range(0, self.n_samples, size)]
        if self.n_samples * self.n_features * n_clusters < _SERIAL_BELOW:
            for chunk in chunks:
                work(chunk)
        else:
            run(partial(work, chunk) for chunk in chunks)

    def _like_samples(self, points: Floats) -> Floats:
        """Return points as kernels take them: dtype of the samples, contiguous, read-only."""
        return read_only(np.ascontiguousarray(points, dtype=self.dtype))


def chunk_size(n_features: int, n_clusters: int) -> int:
    """Count the rows of a chunk: about 2**18 coordinates, and many more than a partial sum has.

    Parameters
    ----------
    n_features, n_clusters : int

    Returns
    -------
    int
        A multiple of the lanes of a kernel.

    Examples
    --------
    >>> chunk_size(2, 8), chunk_size(64, 100), chunk_size(784, 1000)
    (32768, 4096, 4096)
    """
    rows = max(1024, min(32768, 2**18 // n_features), 4 * n_clusters)
    return -(-rows // LANES) * LANES


def _nothing(dtype: np.dtype[Any]) -> Any:
    """Return an array of size 0: a kernel then leaves that argument alone."""
    return np.empty(0, dtype=dtype)
