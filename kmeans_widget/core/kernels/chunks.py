"""An array in chunks, the unit of work of a thread and of a partial sum."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.kernels.buffers import (
    NUMPY_BELOW,
    Workspace,
    new_workspace,
    transposed_copy,
)
from kmeans_widget.core.kernels.distances import own_distances
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, NARROW
from kmeans_widget.core.kernels.sums import add_moments
from kmeans_widget.core.kernels.threads import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.core.arrays import Float64s, Floats, Labels
    from kmeans_widget.core.kernels.buffers import TransposedSamples

PART = 64 * BLOCK
"""Number of samples in a partial sum of seeding; chunks are multiples of it."""

SMALL_WORK = 24_000_000
"""Below this number of products (samples x features x clusters), samples count as few."""

_COPY_BELOW = 2_000_000  # elements; larger arrays are not copied
_SERIAL_BELOW = 2_000_000  # products; a pass then takes less time than waking a thread (0.1 ms)
_CALL_WORK = 2**26  # products of a kernel call: a millisecond or two, and a call costs 10 µs
_N_MEDIAN = 63  # samples whose median is the reference point
_FOLD = 64  # elements in a row, at least, for whole vectors


class Chunks:
    """Samples in an array, processed in chunks.

    The size of a chunk depends on the numbers of samples, features and clusters only, and partial
    results are merged in the order of the chunks: the bits do not depend on the number of threads.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, C-contiguous, read-only
    sample_weight : ndarray of shape (n_samples,), float64, read-only, or None

    Attributes
    ----------
    chunk_rows : int
        Number of rows in a chunk of a pass if these samples are a part of others, whose chunks have
        as many; else 0.
    """

    __slots__ = (
        "X",
        "_moments",
        "_reference_point",
        "_sum_squared_norms",
        "_transposed",
        "_workspaces",
        "chunk_rows",
        "sample_weight",
    )

    def __init__(self, X: Floats, sample_weight: Float64s | None) -> None:
        self.X = X
        self.sample_weight = sample_weight
        self._reference_point: Floats | None = None
        self._transposed: TransposedSamples | None = None
        self._moments: tuple[Float64s, Float64s] | None = None
        self._workspaces: list[Workspace] = []  # those not in use
        self._sum_squared_norms: float | None = None
        self.chunk_rows = 0

    @property
    def n_samples(self) -> int:
        """Number of points."""
        return int(self.X.shape[0])

    @property
    def n_weighted(self) -> int:
        """Number of points with a weight above 0."""
        if self.sample_weight is None:
            return self.n_samples
        return int(np.count_nonzero(self.sample_weight))

    @property
    def n_features(self) -> int:
        """Number of coordinates of a point."""
        return int(self.X.shape[1])

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """Precision of the points: float32 or float64."""
        return self.X.dtype

    @property
    def distance_dtype(self) -> np.dtype[np.floating[Any]]:
        """Precision of squared distances: that of the points."""
        return self.X.dtype

    @property
    def reference_point(self) -> Floats:
        """Median of a few samples, shape (n_features,).

        Coordinates relative to it keep their digits, and outliers do not move it.
        """
        if self._reference_point is None:
            some = self.X[:: -(-self.n_samples // _N_MEDIAN)].copy()
            some.sort(axis=0)
            self._reference_point = read_only(some[len(some) // 2])
        return self._reference_point

    @property
    def origin(self) -> Floats:
        """The origin of the kernels' coordinates, shape (n_features,): `reference_point`, or zero.

        Zero for float64 samples of a few features: they lose no digits, as differences come before
        squares.
        """
        if self.n_features > NARROW or self.dtype == np.float32:
            return self.reference_point
        return read_only(np.zeros(self.n_features))

    def transposed_copy(self, n_clusters: int) -> TransposedSamples | None:
        """Return the samples with a transposed copy, if they are few: if a pass takes under 2 ms.

        A single thread in a single kernel call is then faster than several threads: takes a third
        to a half of the time for 16,000 x 16, k 32, a fifth for 20,000 x 5, k 20 (Zen 3, two
        threads).
        """
        if self.X.size * n_clusters >= SMALL_WORK or self.X.size >= _COPY_BELOW:
            return None
        if self._transposed is None:
            weights = NO_WEIGHTS if self.sample_weight is None else self.sample_weight
            self._transposed = transposed_copy(self.X, weights, self.origin)
        return self._transposed

    @property
    def max_weight(self) -> float:
        """Largest weight; 0 if each is 1."""
        return 0.0 if self.sample_weight is None else float(self.sample_weight.max())

    @property
    def sum_squared_norms(self) -> float:
        """Weighted sum of the squared norms of the samples, relative to `reference_point`."""
        if self._sum_squared_norms is None:
            if self.sample_weight is None:
                self._sum_squared_norms = float(self.moments[1].sum())
            else:
                point, labels = self.reference_point[np.newaxis], np.zeros(self.n_samples, np.int32)
                distances = self.own_distances(point.astype(np.float64), labels)
                self._sum_squared_norms = float(self.sample_weight @ distances)
        return self._sum_squared_norms

    def own_distances(self, centers: Float64s, labels: Labels) -> Float64s:
        """Measure the squared distance of every sample to the centre of its label, in float64."""
        distances = np.empty(self.n_samples)
        centers = read_only(centers)

        def work(chunk: slice, _: Workspace) -> None:
            own_distances(self.X[chunk], centers, labels[chunk], distances[chunk])

        self.for_each(work, 1)
        return distances

    @property
    def moments(self) -> tuple[Float64s, Float64s]:
        """Sum of each feature, relative to `reference_point`, and of its square."""
        if self._moments is None:
            with np.errstate(over="ignore", invalid="ignore"):  # X may not be validated yet
                self._moments = self._add_moments()
        return self._moments

    def _add_moments(self) -> tuple[Float64s, Float64s]:
        few = self.X.size <= NUMPY_BELOW
        add = _add_moments_of_few if few else add_moments
        fold = -(-_FOLD // self.n_features)
        reference_point = read_only(np.tile(self.reference_point, fold))
        parts: dict[int, Float64s] = {}

        def work(chunk: slice, _: Workspace | None = None) -> None:
            X = self.X[chunk]
            n_folded = len(X) - len(X) % fold
            flat = np.zeros((2, len(reference_point)))
            add(X[:n_folded].reshape(-1, len(reference_point)), reference_point, flat[0], flat[1])
            rest = np.zeros((2, self.n_features))
            add(X[n_folded:], self.reference_point, rest[0], rest[1])
            parts[chunk.start] = np.concatenate((flat.reshape(2, fold, -1), rest[:, None]), axis=1)

        if few:
            work(slice(0, self.n_samples))
        else:
            self.for_each(work, 1)
        sums, squares = np.sum([parts[start].sum(axis=1) for start in sorted(parts)], axis=0)
        return sums, squares

    def rows_and_weights(self, part: slice) -> tuple[Floats, Float64s]:
        """Return samples and weights as kernels take them: weights of size 0 when each is 1."""
        weights = self.sample_weight
        return self.X[part], NO_WEIGHTS if weights is None else weights[part]

    def sum_chunks(
        self,
        work: Callable[[slice, Workspace, Float64s], None],
        totals: Float64s,
        n_clusters: int,
    ) -> None:
        """Call `work` for every chunk with an array for its sums; add these to the totals in order.

        A single chunk adds to the totals directly.
        """
        sums: dict[int, Float64s] = {}
        alone = self.n_samples <= self._chunk_size(n_clusters)

        def add(chunk: slice, workspace: Workspace) -> None:
            sums[chunk.start] = totals if alone else np.zeros_like(totals)
            work(chunk, workspace, sums[chunk.start])

        self.for_each(add, n_clusters)
        if not alone:
            for start in sorted(sums):
                totals += sums[start]

    def _chunk_size(self, n_clusters: int) -> int:
        return self.chunk_rows or chunk_size(self.n_samples, self.n_features, n_clusters)

    def for_each(self, work: Callable[[slice, Workspace], None], n_clusters: int) -> None:
        """Call `work` for every chunk, on the shared pool if that pays."""
        size = self._chunk_size(n_clusters)
        chunks = [slice(i, min(i + size, self.n_samples)) for i in range(0, self.n_samples, size)]

        def work_with_space(chunk: slice) -> None:
            try:
                workspace = self._workspaces.pop()
            except IndexError:
                workspace = new_workspace(self.n_features, self.dtype)
            work(chunk, workspace)
            self._workspaces.append(workspace)

        if self.n_samples * self.n_features * n_clusters < _SERIAL_BELOW:
            for chunk in chunks:
                work_with_space(chunk)
        else:
            run(partial(work_with_space, chunk) for chunk in chunks)


def _add_moments_of_few(
    folded: Floats,
    origin: Floats,
    sums: Float64s,  # OUT
    squares: Float64s,  # OUT
) -> None:
    """Do what `sums.add_moments` does, without a compilation."""
    offsets = folded.astype(np.float64) - origin
    sums += offsets.sum(axis=0)
    squares += np.square(offsets).sum(axis=0)


def chunk_size(n_samples: int, n_features: int, n_clusters: int) -> int:
    """Choose the number of rows in a chunk: all, an eighth, or about 2**18 coordinates.

    Parameters
    ----------
    n_samples, n_features, n_clusters : int

    Returns
    -------
    int
        A multiple of `PART`; many more rows than a partial sum has, and so many that the Python
        between two chunks, some 10 µs, does not matter.

    Examples
    --------
    >>> chunk_size(10**6, 2, 8), chunk_size(10**6, 2, 64), chunk_size(10**6, 784, 1000)
    (125952, 33792, 18432)
    """
    if n_samples * n_features * n_clusters < _SERIAL_BELOW:
        return -(-n_samples // PART) * PART
    busy = max(2**22 // (n_features * n_clusters), 30720)
    rows = min(n_samples // 8, busy, 2**18 // n_features)
    return -(-max(rows, 16 * n_clusters, 1024) // PART) * PART


def call_slices(chunk: slice, n_products: int) -> list[slice]:
    """Divide a chunk so that no kernel call takes long: Ctrl-C is handled between two calls.

    Parameters
    ----------
    chunk : slice
    n_products : int
        Number of features times number of centres.

    Examples
    --------
    >>> call_slices(slice(30_000, 60_000), 32)
    [slice(30000, 60000, None)]
    >>> len(call_slices(slice(30_000, 60_000), 10_000))
    5
    """
    size = PART * max(_CALL_WORK // (PART * n_products), 1)
    return [slice(i, min(i + size, chunk.stop)) for i in range(chunk.start, chunk.stop, size)]


NO_WEIGHTS: Float64s = read_only(np.empty(0))
"""The weights of unweighted samples, for kernels."""
