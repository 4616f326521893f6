"""Samples: the protocol that Lloyd's loop needs, and its implementation for an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kmeans_widget.core import assignment
from kmeans_widget.core.arrays import Memory, read_only
from kmeans_widget.core.kernels.buffers import pack_centers
from kmeans_widget.core.kernels.chunks import PART, Chunks
from kmeans_widget.core.kernels.distances import distances_to_points
from kmeans_widget.core.kernels.seeding import add_potentials

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import ClusterSums, Float64s, Floats, Indices, Labels
    from kmeans_widget.core.kernels.buffers import PackedCenters, TransposedSamples, Workspace


class Samples(Protocol):
    """Weighted points that can be read repeatedly, wherever they are stored.

    Who needs which members:

    * Lloyd's loop: `accumulate`, for empty clusters `farthest`, `labels_of`, `rows` and `weights`,
      and to begin with `memory`; `run_ahead` makes it faster for few samples and may do nothing;
    * the initialization: `n_samples`, `sample_weight`, `distance_dtype`, `rows`, `weights`,
      `update_min_distances`, `candidate_potentials`; `transposed_copy` makes it faster for few
      samples and may return None;
    * mini-batches: `n_samples`, `memory`, `accumulate`, `rows`;
    * the tolerance: `feature_variances`;
    * estimators, measures and plots: `n_features`, `dtype`, `assign`, `squared_distances`,
      `preview`.
    """

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

    @property
    def distance_dtype(self) -> np.dtype[np.floating[Any]]:
        """Precision of squared distances in seeding, see `update_min_distances`."""
        ...

    @property
    def sample_weight(self) -> Float64s | None:
        """Weights of the points; None if each weighs 1."""
        ...

    def memory(self) -> Memory:
        """Return a fresh memory for one run: nothing is assigned yet."""
        ...

    def accumulate(self, centers: Floats, memory: Memory) -> ClusterSums:
        """Assign every sample to its nearest centre (E-step), and sum what was assigned."""
        ...

    def run_ahead(self, centers: Float64s, memory: Memory, n_iter: int, tol: float) -> None:
        """Compute up to `n_iter` iterations ahead, if that saves time, for `accumulate`."""
        ...

    def transposed_copy(self, n_clusters: int) -> TransposedSamples | None:
        """Return the samples with a transposed copy if they are few, else None."""
        ...

    def assign(self, centers: Floats) -> Labels:
        """Return the nearest centre of every sample."""
        ...

    def farthest(self, memory: Memory, n: int) -> Indices:
        """Return up to n samples, ordered by the distance from their centre in the last pass."""
        ...

    def labels_of(self, memory: Memory, indices: Indices) -> Labels:
        """Return the labels in the last pass of samples that `farthest` has found."""
        ...

    def squared_distances(self, points: Floats) -> Float64s:
        """Return squared distances from points to all samples, shape (n_points, n_samples)."""
        ...

    def update_min_distances(self, point: Floats, closest: Floats) -> Float64s:
        """Lower `closest` where `point` is closer; return its weighted sum over each part."""
        ...

    def candidate_potentials(
        self, points: Floats, closest: Floats, candidate_min_distances: Floats | None = None
    ) -> Float64s:
        """Return the weighted sum of `closest` over each part, for each point if it were chosen."""
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
        """Return at most n samples to plot, always the same ones, in ascending order."""
        ...


class ArraySamples(Chunks):
    """Samples in one array.

    The rows are processed in chunks whose size depends on the numbers of samples, features and
    clusters only; partial sums are merged in the order of the chunks. The bits of the results do
    not depend on the number of threads.

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

    __slots__ = ()

    def __init__(self, X: Floats, sample_weight: Float64s | None = None) -> None:
        super().__init__(read_only(X), None if sample_weight is None else read_only(sample_weight))

    def memory(self) -> Memory:
        """Return a fresh memory for one run: every label is -1."""
        labels = np.empty(len(self.X), np.int32)
        labels.fill(-1)
        return Memory(labels)

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
        Costs O(n_samples * n_clusters * n_features), in one pass over X.
        """
        ahead = memory.ahead
        if ahead is not None and ahead.centers is centers:  # computed ahead for exactly these
            return ahead.take()
        memory.ahead = None
        return assignment.accumulate(self, np.array(centers, np.float64, order="C"), memory)

    def run_ahead(self, centers: Float64s, memory: Memory, n_iter: int, tol: float) -> None:
        """Compute iterations ahead, if the samples are few.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features), float64, C-contiguous
        memory : Memory
            Takes the iterations, unless it already holds some that continue from these centres.
        n_iter : int
            How many at most.
        tol : float
            They end once the shift of the centres is at most this, in squared units of X.
        """
        if memory.ahead is None or memory.ahead.centers is not centers:
            assignment.run_ahead(self, centers, memory, n_iter, tol)

    def assign(self, centers: Floats, labels: Labels | None = None) -> Labels:
        """Return the nearest centre of every sample; the lowest index wins a tie.

        `labels`, shape (n_samples,), takes them if it is given; before, each is a cluster or -1.
        """
        if labels is None:
            labels = self.memory().labels
        assignment.assign(self, np.array(centers, np.float64, order="C"), labels)
        return labels

    def assign_one(self, sample: int, centers: Floats) -> int:
        """Return the nearest centre of one sample, as in `assign`.

        Costs O(n_clusters * n_features).
        """
        return int(self.part(slice(sample, sample + 1)).assign(centers)[0])

    def part(self, rows: slice | Indices) -> ArraySamples:
        """Return some of the samples, of a slice without a copy; `assign` labels them the same."""
        part = ArraySamples(self.X[rows])
        # By default this would be one of theirs. With another origin, rounding could decide
        # otherwise than in `assign`.
        part._reference_point = self.reference_point
        return part

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
            samples on their centre (within rounding) are left out: moving a centre there gains
            nothing.

        Notes
        -----
        Costs O(n_samples * n_features).
        """
        distances = np.zeros(self.n_samples)
        if memory.centers is not None:
            distances = self.own_distances(memory.centers, memory.labels)
        # The mean of equal samples differs from them by rounding. Such a distance counts as 0, or
        # else an empty cluster could alternate between duplicates for ever. Relative to the norm,
        # that is 8 units in the last place for float32; for float64 some 5000, as the rounding of a
        # float64 sum grows with the number of samples.
        noise = max(8 * float(np.finfo(self.dtype).eps), 1e-12)
        on_center = distances <= noise**2 * np.einsum("ij,ij->i", self.X, self.X)
        distances[on_center | (self.weights() == 0)] = 0
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
        packed = self._packed(points)
        distances = np.empty((len(points), self.n_samples), dtype=np.float64)

        def work(chunk: slice, workspace: Workspace) -> None:
            found = _new_block(packed, workspace)
            distances_to_points(self.X[chunk], packed, found, distances, chunk.start, workspace)

        self.for_each(work, len(points))
        return distances

    def update_min_distances(self, point: Floats, closest: Floats) -> Float64s:
        """Lower the squared distances to the closest centre where a point is closer; sum them.

        Parameters
        ----------
        point : ndarray of shape (n_features,)
        closest : ndarray of shape (n_samples,), dtype of X
            Squared distances; is written.

        Returns
        -------
        ndarray of shape (n_parts,), float64
            Their weighted sum over each `PART` samples.
        """
        sums = self.candidate_potentials(point[np.newaxis], closest, closest[np.newaxis])
        return np.asarray(sums[0])

    def candidate_potentials(
        self, points: Floats, closest: Floats, candidate_min_distances: Floats | None = None
    ) -> Float64s:
        """Compute the potential of each candidate: the inertia if it became a centre.

        Parameters
        ----------
        points : ndarray of shape (n_points, n_features)
        closest : ndarray of shape (n_samples,), dtype of X
            Squared distances.
        candidate_min_distances : ndarray of shape (n_points, n_samples), dtype of X, or None
            Takes the squared distances to the closest centre for each candidate.

        Returns
        -------
        ndarray of shape (n_points, n_parts), float64
            The potentials, as weighted sums over each `PART` samples.
        """
        packed = self._packed(points)
        part_sums = np.empty((len(points), -(-self.n_samples // PART)))
        if candidate_min_distances is None:
            candidate_min_distances = np.empty((0, 0), self.dtype)

        def work(chunk: slice, workspace: Workspace) -> None:
            X, weights = self.rows_and_weights(chunk)
            sums = np.zeros((len(points), workspace.points.shape[1]))
            add_potentials(
                X, weights, packed, closest[chunk], _new_block(packed, workspace), sums,
                candidate_min_distances, part_sums, chunk.start, PART, workspace,
            )  # fmt: skip

        self.for_each(work, len(points))
        return part_sums

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
        sums, squares = self.moments
        return np.maximum(squares / self.n_samples - np.square(sums / self.n_samples), 0.0)

    def preview(self, n: int) -> Indices:
        """Return at most n samples, always the same ones, in ascending order."""
        return subsample(self.n_samples, n)

    def _packed(self, points: Floats) -> PackedCenters:
        """Prepare points for the kernels."""
        return pack_centers(np.array(points, np.float64, order="C"), self.origin)


def _new_block(packed: PackedCenters, workspace: Workspace) -> Floats:
    """Allocate scratch space for the distances of a block to all points."""
    points = workspace.points
    return np.empty((packed.tiles.half_norms.size, points.shape[1]), points.dtype)


def as_distances(squares: Float64s, dtype: np.dtype[Any]) -> Floats:
    """Return distances of samples to points; overwrites their squares, which are transposed."""
    np.sqrt(squares, out=squares)
    return np.ascontiguousarray(squares.T, dtype=dtype)


def largest(distances: Float64s, n: int) -> Indices:
    """List the n largest distances above 0, the largest first; of equals, the lowest index first.

    Examples
    --------
    >>> largest(np.array([1.0, 0.0, 4.0, 4.0]), 2)
    array([2, 3])
    """
    n = min(n, len(distances))
    # Everything at least as large as the n-th, then a stable sort: ties go to the lowest index.
    threshold = np.partition(distances, -n)[-n]
    far = np.flatnonzero((distances >= threshold) & (distances > 0))
    return far[np.argsort(-distances[far], kind="stable")][:n]


def subsample(n_samples: int, n: int) -> Indices:
    """Draw at most n samples, always the same ones, in ascending order.

    Examples
    --------
    >>> subsample(3, 5), len(subsample(1000, 5))
    (array([0, 1, 2]), 5)
    """
    if n_samples <= n:
        return np.arange(n_samples)
    return np.sort(np.random.default_rng(0).choice(n_samples, n, replace=False))
