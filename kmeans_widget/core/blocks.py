"""Samples in blocks that are read when they are needed, wherever they are stored.

Every function here that takes a block does its share of one pass over the data. It is picklable, it
depends on its arguments only, and its result is small: an engine may call it in a thread, in a
process or on another machine, in any order, and again if a result was lost. What a pass remembers
of a block for the next one, its labels, stays where it was computed, and is computed again if it is
not found there.
"""

from __future__ import annotations

import uuid
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from kmeans_widget.core import assignment
from kmeans_widget.core.arrays import Memory, read_only
from kmeans_widget.core.initialization import initialize_centers
from kmeans_widget.core.kernels.buffers import pack_centers
from kmeans_widget.core.kernels.chunks import chunk_size
from kmeans_widget.core.kernels.intrinsics.llvm import NARROW
from kmeans_widget.core.kernels.rounds import (
    IterationsAhead,
    has_lost_digits,
    new_batch,
    record_update,
)
from kmeans_widget.core.kernels.sums import N_EXTRA
from kmeans_widget.core.lloyd import last_step
from kmeans_widget.core.samples import ArraySamples, largest, subsample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kmeans_widget.core.arrays import ClusterSums, Float64s, Floats, Indices, Labels

SAMPLE, SAMPLE_PER_CLUSTER = 50_000, 100  # samples from which k-means++ chooses, at least
OVERSAMPLING, N_ROUNDS = 2.0, 5  # of k-means||: candidates a round for each cluster, and rounds
RECLUSTER = 10  # iterations among the candidates


class Block(Protocol):
    """A part of the data: its rows are read anew by every pass. It is picklable."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def read(self) -> tuple[Floats, Float64s | None]:
        """Return the rows, shape (n_rows, n_features), and their weights if they have any."""
        ...


class Engine(Protocol):
    """Calls functions for all blocks, and returns their results in the order of the blocks.

    The thread that calls it reports to `kernels.threads.watch` how many blocks are done.
    """

    def map(
        self, function: Callable[..., Any], *arguments: Any, only: Sequence[int] | None = None
    ) -> list[Any]:
        """Call ``function(block, number, *arguments)`` for all blocks, or only for some."""
        ...

    def join(self, function: Callable[..., Any], *arguments: Any, only: Sequence[int]) -> Any:
        """Return the results for all rows, which are arrays, as one: now, or when it is needed."""
        ...

    def forget(self, run: str) -> None:
        """Remove what the passes of a run remember of the blocks."""
        ...

    def close(self) -> None:
        """Let go of the blocks: there will be no other pass."""
        ...


class Facts(NamedTuple):
    """What has to be known of a block before the first pass.

    Sums and squares are those of the features relative to the reference point, unweighted.
    """

    name: str
    n_rows: int
    n_weighted: int
    n_features: int
    dtype: str
    reference: Float64s
    sums: Float64s
    squares: Float64s
    max_weight: float


class Request(NamedTuple):
    """What a pass asks of every block.

    Parameters
    ----------
    run : str
        The run whose labels are remembered.
    centers : ndarray of shape (n_clusters, n_features), float64
    before : ndarray of shape (n_clusters, n_features), float64, or None
        Centres of the previous pass.
    reference : ndarray of shape (n_features,), dtype of the samples
        The origin of the kernels' coordinates.
    chunk_rows : int
        Number of rows in a chunk: as many as in an array of all rows.
    """

    run: str
    centers: Float64s
    before: Float64s | None
    reference: Floats
    chunk_rows: int


_states: dict[tuple[str, int], tuple[Float64s, Any]] = {}
"""By run and block: the centres of the last pass here, and the labels, in the smallest dtype."""


_forgotten: deque[str] = deque(maxlen=1000)
"""The last runs that were forgotten: a pass that is under way then keeps nothing either."""


def forget(run: str) -> None:
    """Remove the labels of a run in this process."""
    _forgotten.append(run)
    for key in [key for key in _states if key[0] == run]:
        _states.pop(key, None)


# -- the share of one block ------------------------------------------------------------------------


def describe(block: Block, number: int) -> Facts:
    """Count the rows of a block, check its numbers, and compute their moments."""
    del number
    X, weights = block.read()
    if X.ndim != 2:
        dimensions = "1 dimension" if X.ndim == 1 else f"{X.ndim} dimensions"
        raise ValueError(f"{block.name} has {dimensions}; rows and columns are needed.")
    if X.dtype != np.float32:
        X = np.asarray(X, np.float64)
    if len(X) == 0:
        nothing = np.zeros(X.shape[1])
        return Facts(block.name, 0, 0, X.shape[1], X.dtype.name, nothing, nothing, nothing, 0.0)
    samples = ArraySamples(np.ascontiguousarray(X))
    sums, squares = samples.moments
    if not np.isfinite(squares).all():
        _raise_unusable(block, X)
    n_weighted, max_weight = len(X), 0.0
    if weights is not None:
        if len(weights) != len(X) or not np.isfinite(weights).all() or (weights < 0).any():
            raise ValueError(
                f"{block.name}: a weight is needed for each of its {len(X):,} rows, not negative "
                "and not missing."
            )
        n_weighted, max_weight = int(np.count_nonzero(weights)), float(weights.max(initial=0.0))
    reference = samples.reference_point.astype(np.float64)
    return Facts(
        block.name, len(X), n_weighted, X.shape[1], X.dtype.name, reference, sums, squares,
        max_weight,
    )  # fmt: skip


def pass_over(block: Block, number: int, request: Request) -> tuple[Float64s, int, float]:
    """Assign the rows of a block; return the change of the cluster sums, of labels, the inertia.

    With many features the inertia follows from the sums, and is 0 here.
    """
    samples, labels = _labelled(block, number, request)
    centers = request.centers
    sums = np.zeros((len(centers), samples.n_features + N_EXTRA))
    n_changed, inertia = assignment.add_block(samples, centers, labels, sums)
    labels = labels.astype(np.min_scalar_type(len(centers)))
    if request.run not in _forgotten:
        _states[request.run, number] = centers, labels
    return sums, n_changed, inertia


def sum_again(block: Block, number: int, request: Request) -> Float64s:
    """Compute the cluster sums of a block from the labels of the last pass."""
    samples, labels = _labelled(block, number, request)
    sums = np.zeros((len(request.centers), samples.n_features + N_EXTRA))
    assignment.recompute_sums(samples, labels, sums)
    return sums


def measure(block: Block, number: int, request: Request) -> float:
    """Measure the inertia of a block after the last pass."""
    samples, labels = _labelled(block, number, request)
    return float(samples.weights() @ samples.own_distances(request.centers, labels))


def find_farthest(
    block: Block, number: int, request: Request, n: int
) -> tuple[Float64s, Indices, Floats, Float64s, Labels]:
    """List the rows of a block farthest from their centre: distances, rows, weights, labels."""
    samples, labels = _labelled(block, number, request)
    found = samples.farthest(Memory(labels, request.centers), n)
    rows, own = samples.rows(found), labels[found]
    distances = np.square(rows - request.centers[own]).sum(axis=1)
    return distances, found, rows, samples.weights(found), own


def label(block: Block, number: int, centers: Float64s, reference: Floats) -> Labels:
    """Return the nearest centre of every row of a block."""
    del number
    return _samples(block, reference).assign(centers)


def take_rows(
    block: Block, number: int, rows: dict[int, Indices], reference: Floats
) -> tuple[Floats, Float64s]:
    """Return some rows of a block, given by its number, and their weights."""
    samples = _samples(block, reference)
    return samples.rows(rows[number]), samples.weights(rows[number])


def norms(block: Block, number: int, reference: Floats) -> float:
    """Return the weighted sum of the squared norms of a block, relative to the reference point."""
    del number
    return _samples(block, reference).sum_squared_norms


def last_labels(block: Block, number: int, request: Request) -> Any:
    """Return the labels of the last pass, without reading the block if they are here.

    They are in a small dtype: while those of all blocks are collected, they are in memory twice.
    """
    state = _states.get((request.run, number))
    if state is not None and np.array_equal(state[0], request.centers):
        return state[1]
    return label(block, number, request.centers, request.reference)


def distances_to(block: Block, number: int, points: Floats, reference: Floats) -> Floats:
    """Return the distances of the rows of a block to points, shape (n_rows, n_points)."""
    del number
    return _samples(block, reference).distances(points)


def potential(block: Block, number: int, points: Float64s, reference: Floats) -> float:
    """Return the weighted sum of the squared distances of a block to the nearest of some points."""
    del number
    return float(_costs(_samples(block, reference), points).sum())


def oversample(
    block: Block, number: int, points: Float64s, reference: Floats, share: float, seed: int
) -> Floats:
    """Draw rows of a block with probabilities proportional to their squared distances."""
    samples = _samples(block, reference)
    draws = np.random.default_rng((seed, number)).random(samples.n_samples)
    return samples.rows(np.flatnonzero(draws < share * _costs(samples, points)))


def _costs(samples: ArraySamples, points: Float64s) -> Float64s:
    """Return the weighted squared distance of every row to the nearest of some points."""
    return samples.weights() * samples.own_distances(points, samples.assign(points))


def _samples(block: Block, reference: Floats) -> ArraySamples:
    """Read a block, in the dtype of all blocks and relative to the common origin."""
    X, weights = block.read()
    if weights is not None:
        weights = np.ascontiguousarray(weights, np.float64)
    samples = ArraySamples(np.ascontiguousarray(X, reference.dtype), weights)
    samples._reference_point = reference  # noqa: SLF001  as `ArraySamples.part` does
    return samples


def _labelled(block: Block, number: int, request: Request) -> tuple[ArraySamples, Labels]:
    """Read a block, with the labels of its last pass: -1 before the first."""
    samples, before = _samples(block, request.reference), request.before
    samples.chunk_rows = request.chunk_rows
    if before is None:
        return samples, np.full(samples.n_samples, -1, np.int32)
    # They may be lost with a worker, or be those of this very pass, if its result was lost.
    state = _states.get((request.run, number))
    if state is None or not np.array_equal(state[0], before):
        return samples, samples.assign(before)
    if len(state[1]) != samples.n_samples:
        raise ValueError(f"{block.name} has changed since the last pass. Open the data again.")
    return samples, state[1].astype(np.int32)


def _raise_unusable(block: Block, X: Floats) -> None:
    """Say which number of a block cannot be used."""
    unusable = np.argwhere(~np.isfinite(X))
    if len(unusable) == 0:
        raise ValueError(f"{block.name}: its numbers are too large for their squares to be added.")
    row, column = unusable[0].tolist()
    what = "missing (NaN)" if np.isnan(X[row, column]) else "infinite"
    # Some blocks know their place in the data, and how columns are called.
    row += getattr(block, "start", 0)
    names = getattr(block, "names", None)
    where = f", column {column}" if names is None else f" of column {names[column]!r}"
    raise ValueError(f"{block.name}: the value in row {row:,}{where} is {what}. Remove or fill it.")


# -- all blocks ------------------------------------------------------------------------------------


class BlockSamples:
    """Samples in blocks: see `Samples`.

    Sums of blocks are added in the order of the blocks, so the bits of all results do not depend
    on the engine, or on who was ready first. Blocks that are the chunks of an array give the bits
    of the array, if it is of float64 with up to four features; other blocks agree to rounding.

    Parameters
    ----------
    engine : Engine
        Has the blocks.

    Raises
    ------
    ValueError
        If the blocks do not fit together, or a number in them cannot be used; names the block.

    Notes
    -----
    Every pass reads all blocks. Creating it takes one.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        facts: list[Facts] = engine.map(describe)
        _check_fit(facts)
        self._numbers = [i for i, one in enumerate(facts) if one.n_rows]
        self._facts = facts = [facts[i] for i in self._numbers]
        self._starts = np.concatenate(([0], np.cumsum([one.n_rows for one in facts])))
        dtype = np.result_type(*(one.dtype for one in facts))
        middle = np.median([one.reference for one in facts], axis=0)
        self.reference_point: Floats = read_only(middle.astype(dtype))
        self.is_weighted = any(one.max_weight > 0 for one in facts)
        self._sum_squared_norms: float | None = None
        self._runs: list[weakref.finalize[..., Memory]] = []
        self._far: dict[int, int] = {}  # labels of the samples that `farthest` has found

    @property
    def n_samples(self) -> int:
        """Number of points."""
        return int(self._starts[-1])

    @property
    def n_weighted(self) -> int:
        """Number of points with a weight above 0."""
        return sum(one.n_weighted for one in self._facts)

    @property
    def n_features(self) -> int:
        """Number of coordinates of a point."""
        return len(self.reference_point)

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """Precision of the points: float32 if it is that of all blocks, else float64."""
        return self.reference_point.dtype

    @property
    def filled(self) -> list[int]:
        """Numbers of the blocks that have rows."""
        return self._numbers

    def memory(self) -> Memory:
        """Return a fresh memory for one run; when it is gone, so are the labels of its run."""
        memory = Memory(np.empty(0, np.int32), run=uuid.uuid4().hex)
        self._runs.append(weakref.finalize(memory, self.engine.forget, memory.run))
        return memory

    def close(self) -> None:
        """Let go of the blocks and of all runs, even if a traceback keeps these samples."""
        for forget in self._runs:
            forget()
        self.engine.close()

    def accumulate(self, centers: Floats, memory: Memory) -> ClusterSums:
        """Assign every sample to its nearest centre (E-step), and sum what was assigned."""
        exact: Float64s = np.array(centers, np.float64, order="C")
        totals = memory.totals
        if totals is None or len(totals) != len(exact):
            totals = np.zeros((len(exact), self.n_features + N_EXTRA))
            memory.totals, memory.centers = totals, None
        request = self._request(memory, exact)
        n_changed, inertia = 0, 0.0
        for sums, n, part in self.map(pass_over, request):
            totals += sums
            n_changed, inertia = n_changed + n, inertia + part
        assignment.drop_rounding(totals)
        memory.centers = exact
        inertia = self._inertia(exact, memory, totals, inertia)
        max_weight = max(one.max_weight for one in self._facts)
        if has_lost_digits(totals, inertia, max_weight):
            totals[:] = 0
            for sums in self.map(sum_again, self._last(memory)):
                totals += sums
            inertia = self._inertia(exact, memory, totals, inertia)
        batch = new_batch(1, exact)
        record_update(self._origin, totals, n_changed, inertia, batch, 0, 0.0)
        return IterationsAhead(batch, 1, exact).take()

    def run_ahead(self, centers: Float64s, memory: Memory, n_iter: int, tol: float) -> None:
        """Do nothing: a pass takes so long that nothing is gained."""

    def assign(self, centers: Floats) -> Any:
        """Return the nearest centre of every sample, shape (n_samples,), as the engine joins."""
        centers = np.array(centers, np.float64, order="C")
        return self.engine.join(label, centers, self.reference_point, only=self._numbers)

    def final_labels(self, memory: Memory) -> Any:
        """Return the labels of the last pass, shape (n_samples,), as the engine joins."""
        found = self.engine.join(last_labels, self._last(memory), only=self._numbers)
        return found.astype(np.int32)

    def distances(self, points: Floats) -> Any:
        """Return the distances of all samples to points, shape (n_samples, n_points)."""
        return self.engine.join(distances_to, points, self.reference_point, only=self._numbers)

    def farthest(self, memory: Memory, n: int) -> Indices:
        """List the samples farthest from their centre in the last pass, the farthest first."""
        found = self.map(find_farthest, self._last(memory), n)
        distances = np.concatenate([part[0] for part in found])
        starts = self._starts[:-1]
        indices = np.concatenate([part[1] + a for part, a in zip(found, starts, strict=True)])
        labels = np.concatenate([part[4] for part in found])
        chosen = largest(distances, n) if len(distances) else np.empty(0, np.intp)
        self._far = dict(zip(indices[chosen].tolist(), labels[chosen].tolist(), strict=True))
        return np.asarray(indices[chosen], np.intp)

    def labels_of(self, memory: Memory, indices: Indices) -> Labels:
        """Return the labels in the last pass of samples that `farthest` has found."""
        del memory
        return np.array([self._far[i] for i in indices.tolist()], np.int32)

    def rows(self, indices: Indices) -> Floats:
        """Return copies of some samples, shape (n_indices, n_features)."""
        return self.take(indices)[0]

    def weights(self, indices: Indices) -> Float64s:
        """Return the weights of some samples."""
        return self.take(indices)[1] if self.is_weighted else np.ones(len(indices))

    def feature_variances(self) -> Float64s:
        """Return the unweighted variance of each feature, shape (n_features,)."""
        sums, squares = self._moments()
        return np.maximum(squares / self.n_samples - np.square(sums / self.n_samples), 0.0)

    def preview(self, n: int) -> Indices:
        """Return at most n samples, always the same ones, in ascending order."""
        return subsample(self.n_samples, n)

    def choose_centers(
        self, n_clusters: int, init: str, random_state: np.random.RandomState
    ) -> Floats:
        """Choose the initial centres, by the name of a method of `BLOCK_INITS`."""
        return BLOCK_INITS[init](self, n_clusters, random_state)

    def map(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Call ``function(block, number, *arguments)`` for all blocks that have rows."""
        return self.engine.map(function, *arguments, only=self._numbers)

    def take(self, indices: Indices) -> tuple[Floats, Float64s]:
        """Return some samples and their weights, in the order of the indices."""
        where = np.searchsorted(self._starts, indices, side="right") - 1
        parts = {self._numbers[i]: np.flatnonzero(where == i) for i in np.unique(where).tolist()}
        wanted = {
            number: indices[part] - self._starts[self._numbers.index(number)]
            for number, part in parts.items()
        }
        rows, weights = (
            np.empty((len(indices), self.n_features), self.dtype),
            np.empty(len(indices)),
        )
        found = self.engine.map(take_rows, wanted, self.reference_point, only=[*wanted])
        for part, (X, w) in zip(parts.values(), found, strict=True):
            rows[part], weights[part] = X, w
        return rows, weights

    # -- helpers ------------------------------------------------------------------------------

    def _last(self, memory: Memory) -> Request:
        """Ask about the last pass."""
        if memory.centers is None:
            raise ValueError("There has been no pass yet.")
        return self._request(memory, memory.centers)

    def _request(self, memory: Memory, centers: Float64s) -> Request:
        size = chunk_size(self.n_samples, self.n_features, len(centers))
        return Request(memory.run, centers, memory.centers, self.reference_point, size)

    @property
    def _origin(self) -> Floats:
        """The origin of the kernels' coordinates, as of `Chunks`."""
        if self.n_features > NARROW or self.dtype == np.float32:
            return self.reference_point
        return read_only(np.zeros(self.n_features))

    def _inertia(
        self, centers: Float64s, memory: Memory, totals: Float64s, measured: float
    ) -> float:
        """Return the inertia of the last pass: measured, or else from the sums."""
        if self.n_features <= NARROW:
            return measured
        if self._sum_squared_norms is None:
            total = self._moments()[1].sum()
            if self.is_weighted:
                total = sum(self.map(norms, self.reference_point))
            self._sum_squared_norms = float(total)
        packed = pack_centers(centers, self._origin)
        inertia = assignment.inertia_of(packed, totals, self._sum_squared_norms)
        return sum(self.map(measure, self._last(memory))) if inertia is None else inertia

    def _moments(self) -> tuple[Float64s, Float64s]:
        """Return sum and sum of squares of each feature, relative to the reference point."""
        sums, squares = np.zeros((2, self.n_features))
        for one in self._facts:
            offset = one.reference - self.reference_point
            sums += one.sums + one.n_rows * offset
            squares += one.squares + 2 * offset * one.sums + one.n_rows * offset**2
        return sums, squares


def _check_fit(facts: Sequence[Facts]) -> None:
    """Raise if the blocks have no rows, or not the same columns."""
    if not sum(one.n_rows for one in facts):
        raise ValueError("There is no row in the data.")
    if not sum(one.n_weighted for one in facts):
        raise ValueError(
            "Sample weights must contain at least one non-zero number. Give at least one row a "
            "weight above 0."
        )
    filled = [one for one in facts if one.n_rows]
    for one in filled:
        if one.n_features != filled[0].n_features:
            columns = "1 column" if one.n_features == 1 else f"{one.n_features} columns"
            raise ValueError(
                f"{one.name} has {columns}, but {filled[0].name} has "
                f"{filled[0].n_features}: all blocks need the same columns."
            )


# -- initialization --------------------------------------------------------------------------------


def _random(samples: BlockSamples, k: int, random_state: np.random.RandomState) -> Floats:
    """Draw different samples, of weight above 0, all with the same probability."""
    drawn: list[Floats] = []
    seen: set[int] = set()
    while sum(map(len, drawn)) < k:
        indices = random_state.randint(samples.n_samples, size=2 * k + 16)
        fresh = [i for i in dict.fromkeys(indices.tolist()) if i not in seen]
        seen.update(fresh)
        rows, weights = samples.take(np.array(fresh, np.intp))
        drawn.append(rows[weights > 0])
    return np.concatenate(drawn)[:k]


def _of_sample(samples: BlockSamples, k: int, random_state: np.random.RandomState) -> Floats:
    """Choose by k-means++ among a random sample."""
    n = max(SAMPLE, SAMPLE_PER_CLUSTER * k)
    indices = np.arange(samples.n_samples)
    if samples.n_samples > n:
        indices = np.unique(random_state.randint(samples.n_samples, size=n))
    rows, weights = samples.take(indices)
    sample = ArraySamples(rows, weights if samples.is_weighted else None)
    return initialize_centers(sample, k, "k-means++", random_state)


def _parallel(samples: BlockSamples, k: int, random_state: np.random.RandomState) -> Floats:
    """Choose by k-means||: rounds that draw many candidates each, which are then clustered.

    Bahmani et al. (2012), Scalable K-Means++. doi:10.14778/2180912.2180915
    """
    reference = samples.reference_point
    points = np.asarray(_random(samples, 1, random_state), np.float64)
    for _ in range(N_ROUNDS):
        total = sum(samples.map(potential, points, reference))
        if total == 0.0:
            break
        share, seed = OVERSAMPLING * k / total, int(random_state.randint(2**31))
        drawn = samples.map(oversample, points, reference, share, seed)
        points = np.concatenate([points, *drawn]).astype(np.float64)
    if len(np.unique(points, axis=0)) <= k:
        return _of_sample(samples, k, random_state)
    memory = samples.memory()
    weight = samples.accumulate(points, memory).weight
    candidates = ArraySamples(points, weight)
    start = initialize_centers(candidates, k, "k-means++", random_state)
    options: Any = {"max_iter": RECLUSTER, "tol": 0.0, "memory": candidates.memory()}
    return last_step(candidates, start, **options).centers.astype(samples.dtype)


BLOCK_INITS: dict[str, Callable[[BlockSamples, int, np.random.RandomState], Floats]] = {
    "random": _random,
    "k-means++": _of_sample,
    "k-means||": _parallel,
}
"""How the initial centres of blocks are chosen, by name."""
