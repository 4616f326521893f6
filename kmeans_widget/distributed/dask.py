"""Arrays, DataFrames and delayed blocks of Dask, on its threads or on a cluster.

Without a client, the threads of this process compute one block after the other. With a client, the
blocks are kept on the workers, and the functions of a pass run where they are.
"""

from __future__ import annotations

import math
import uuid
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
from dask.base import compute, get_scheduler
from dask.core import flatten
from dask.delayed import Delayed, delayed
from dask.optimization import cull

from kmeans_widget.core import blocks
from kmeans_widget.core.blocks import BlockSamples
from kmeans_widget.core.kernels.threads import is_watched, limit_threads, report
from kmeans_widget.distributed.arrays import ArrayBlock
from kmeans_widget.distributed.sources import Source
from kmeans_widget.distributed.threads import ThreadEngine
from kmeans_widget.validation.magnitude import coordinate_limit
from kmeans_widget.validation.messages import error_summary, quoted_list, suggestion, typed_repr
from kmeans_widget.validation.tables import NonNumericError, as_frame, column_numbers, read_frame
from kmeans_widget.validation.weights import as_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kmeans_widget.core.arrays import ClusterSums, Float64s, Floats, Memory
    from kmeans_widget.core.blocks import Block

SHARE_OF_MEMORY = 0.25  # of a worker: the blocks that one task passes over; it costs milliseconds
WATCHED_BYTES = 128_000_000  # the same if the work is watched, so that its progress can be shown


def open_source(X: Any, sample_weight: Any) -> Source:
    """Open a dask array or DataFrame, or a list of delayed blocks; computes as little as it can."""
    names, kind = None, "Block"
    if hasattr(X, "partitions") and hasattr(X, "dtypes"):
        kind = "Partition"
        data, names, sample_weight = _open_frame(X, sample_weight)
    elif isinstance(X, da.Array):
        data = _open_array(X)
    else:
        data = _open_delayed(X)
    weights = None if sample_weight is None else _open_weights(sample_weight, data, kind)
    engine = DaskEngine(data, weights, kind)
    return Source(engine, names, NewSamples(engine))


# -- engine ----------------------------------------------------------------------------------------


class DaskEngine:
    """An `Engine` for the blocks of a dask array.

    Parameters
    ----------
    data : dask.array.Array of shape (n_rows, n_features)
        In chunks of whole rows; their sizes may be unknown.
    weights : dask.array.Array of shape (n_rows,) or None
        In the same chunks.
    kind : str
        What messages call a chunk.

    Examples
    --------
    >>> X = da.from_array(np.arange(8.0).reshape(4, 2), chunks=(3, 2))
    >>> samples = BlockSamples(DaskEngine(X, None, "Block"))
    >>> samples.n_samples, samples.assign(X[:1].compute()).compute()
    (4, array([0, 0, 0, 0], dtype=int32))
    """

    def __init__(self, data: Any, weights: Any, kind: str) -> None:
        self.data, self.weights, self.kind = data, weights, kind
        self.n_blocks = int(data.numblocks[0])
        self._left: ThreadEngine | Workers | None = None

    @cached_property
    def _passes(self) -> ThreadEngine | Workers:
        """What runs the passes: the client that dask would use, or else threads."""
        names = [f"{self.kind} {i}" for i in range(self.n_blocks)]
        client = getattr(get_scheduler(), "__self__", None)
        if client is not None:
            return Workers(client, names, self.data, self.weights)
        rows = _delayed_blocks(self.data)
        weights = [None] * len(rows) if self.weights is None else _delayed_blocks(self.weights)
        parts = zip(names, rows, weights, strict=True)
        return ThreadEngine([DelayedBlock(*part) for part in parts])

    def map(
        self, function: Callable[..., Any], *arguments: Any, only: Sequence[int] | None = None
    ) -> list[Any]:
        """Call a function for all blocks; see `ThreadEngine` and `Workers`."""
        if isinstance(passes := self._passes, Workers) and passes.client.status != "running":
            self.__dict__.pop("_passes")  # another client, or threads, go on
        try:
            return self._passes.map(function, *arguments, only=only)
        except BaseException:
            # It has let go of the blocks, and can only tell its workers to forget.
            self._left = self.__dict__.pop("_passes", None)
            raise

    def join(
        self, function: Callable[..., Any], *arguments: Any, only: Sequence[int] | None = None
    ) -> Any:
        """Return the results for all rows as a dask array, in the chunks of the rows."""
        del only  # blocks without rows are chunks, too
        if function is blocks.last_labels:  # forgotten before they are needed
            return NewSamples(self).assign(arguments[0].centers)
        n_features = self.data.shape[1]
        one = ArrayBlock(np.zeros((1, n_features), arguments[-1].dtype))
        like = function(one, 0, *arguments)[:0]
        shape: dict[str, Any] = {"drop_axis": 1}
        if like.ndim == 2:
            shape = {"chunks": (self.data.chunks[0], (like.shape[1],))}
        call = partial(_for_rows, function, arguments, self.kind, n_features, like)
        return self.data.map_blocks(
            call, dtype=like.dtype, meta=like, name=_task(function), **shape
        )

    def forget(self, run: str) -> None:
        """Remove what the passes of a run remember of the blocks."""
        for passes in (self._left, self.__dict__.get("_passes")):  # or there would be new ones
            if passes is not None:
                passes.forget(run)

    def close(self) -> None:
        """Let go of the blocks on the workers."""
        if (passes := self.__dict__.get("_passes")) is not None:
            passes.close()


class NewSamples:
    """Samples whose labels and distances are computed when they are needed.

    Parameters
    ----------
    engine : DaskEngine
    """

    def __init__(self, engine: DaskEngine) -> None:
        self.engine = engine
        self.n_features = int(engine.data.shape[1])

    @cached_property
    def _samples(self) -> BlockSamples:
        return BlockSamples(self.engine)

    def assign(self, centers: Floats) -> Any:
        """Return the nearest centre of every sample as a dask array."""
        centers = np.array(centers, np.float64, order="C")
        return self.engine.join(blocks.label, centers, self._reference(centers))

    def distances(self, points: Floats) -> Any:
        """Return the distances to points as a dask array of shape (n_samples, n_points)."""
        return self.engine.join(blocks.distances_to, points, self._reference(points))

    def memory(self) -> Memory:
        """Return a fresh memory for one run; reads all samples."""
        return self._samples.memory()

    def accumulate(self, centers: Floats, memory: Memory) -> ClusterSums:
        """Assign every sample to its nearest centre, and sum what was assigned."""
        return self._samples.accumulate(centers, memory)

    def _reference(self, centers: Floats) -> Floats:
        """Return a point among the samples, without reading them: in the middle of the centres."""
        dtype = self.engine.data.dtype
        if np.abs(centers).max() > coordinate_limit((1, self.n_features), dtype):
            dtype = np.float64  # squared distances would overflow
        middle: Floats = np.median(centers, axis=0).astype(dtype)
        return middle


@dataclass(frozen=True, slots=True, eq=False)
class DelayedBlock:
    """A block that the thread that reads it computes.

    Parameters
    ----------
    name : str
    rows : Delayed
    weights : Delayed or None
    """

    name: str
    rows: Delayed
    weights: Delayed | None

    def read(self) -> tuple[Floats, Float64s | None]:
        """Compute rows and weights."""
        try:
            X, weights = compute(self.rows, self.weights, scheduler="synchronous")
        except Exception as error:
            raise _unreadable(self.name, error) from error
        return X, weights


class Workers:
    """Calls functions on the workers of a client, where the blocks are.

    Parameters
    ----------
    client : distributed.Client
    names : sequence of str
        Of the blocks.
    data : dask.array.Array of shape (n_rows, n_features)
    weights : dask.array.Array of shape (n_rows,) or None
        They are computed once, unless they are persisted, and kept on the workers as long as this
        object lives. If a worker is lost, dask computes its blocks again.
    """

    def __init__(self, client: Any, names: Sequence[str], data: Any, weights: Any) -> None:
        self.client, self.names = client, list(names)
        self.rows, self.weights = _persist(client, data, weights)
        self.homes: list[Any] = [None] * len(self.rows)
        self.sizes, self.limits = [0] * len(self.rows), dict[Any, float]()
        unready = []
        for i, (size, ready) in enumerate(self.map(look)):
            self.sizes[i] = size
            if not ready:  # arrays that came inside a graph may begin at any byte
                unready.append(i)
        task = _task(make_ready)
        for i in unready:
            self.rows[i] = client.submit(make_ready, self.rows[i], key=(task, i), pure=False)
        # Where a block was, its labels are; dask would take any worker that has a copy of it.
        where = client.who_has(self.rows)
        self.homes = [next(iter(where.get(rows.key, ())), None) for rows in self.rows]
        workers = client.scheduler_info(n_workers=-1)["workers"]
        self.limits = {
            home: SHARE_OF_MEMORY * (worker.get("memory_limit") or math.inf)
            for home, worker in workers.items()
        }

    def map(
        self, function: Callable[..., Any], *arguments: Any, only: Sequence[int] | None = None
    ) -> list[Any]:
        """Call a function for all blocks; after an error, or Ctrl-C, nothing is left there."""
        from dask.distributed import as_completed

        wanted = range(len(self.names)) if only is None else only
        task, results, numbers = _task(function), list[Any](), list[int]()
        try:
            for home in dict.fromkeys(self.homes[i] for i in wanted):
                limit = min(self.limits.get(home, 0.0), WATCHED_BYTES if is_watched() else math.inf)
                for part in self._groups([i for i in wanted if self.homes[i] == home], limit):
                    numbers += part
                    results.append(
                        self.client.submit(
                            _call,
                            *(
                                [one[i] for i in part]
                                for one in (self.names, self.rows, self.weights)
                            ),
                            part,
                            function=function,
                            arguments=arguments,
                            key=(task, part[0]),
                            pure=False,
                            workers=home,
                            allow_other_workers=home is not None,
                        )
                    )
            if is_watched():
                for n_done, _ in enumerate(as_completed(results), 1):
                    report(n_done / len(results))
            parts: list[list[Any]] = self.client.gather(results)
        except BaseException as error:  # noqa: BLE001  is raised below
            explained = self._explain(error)
            self._leave(results, arguments)
            try:
                if explained is error:
                    raise
                raise explained from error
            finally:
                del explained  # or the traceback would keep itself, and the blocks
        return [
            found
            for _, found in sorted(zip(numbers, chain(*parts), strict=True), key=itemgetter(0))
        ]

    def _groups(self, numbers: list[int], limit: float) -> Iterator[list[int]]:
        """Divide blocks into groups of at most so many bytes, or of one block."""
        group, size = list[int](), 0
        for i in numbers:
            if group and size + self.sizes[i] > limit:
                yield group
                group, size = [], 0
            group.append(i)
            size += self.sizes[i]
        yield group

    def forget(self, run: str) -> None:
        """Remove what the passes of a run remember of the blocks, on all workers."""
        with suppress(Exception):  # the client may be closed
            # Not `client.run`, which waits: a memory may end in any thread.
            self.client.loop.add_callback(_forget, self.client, run)

    def close(self) -> None:
        """Let go of the blocks: dask removes them if nobody else needs them."""
        self.rows, self.weights = [], []

    def _explain(self, error: BaseException) -> BaseException:
        """Return the error to raise: in one sentence, if the block or the worker is to blame."""
        from dask.distributed import KilledWorker

        parts = zip(self.names * 2, [*self.rows, *self.weights], strict=True)
        for name, part in parts:
            if part is not None and part.status == "error":
                return _unreadable(name, part.exception())
        if isinstance(error, KilledWorker):
            return _unreadable("The data", error)
        if isinstance(error, CancelledError):
            return RuntimeError(
                "Some of the data are lost: the workers that held them are gone, and dask does not "
                "know how to compute them again. Load the data again, and fit again."
            )
        return error

    def _leave(self, results: list[Any], arguments: tuple[Any, ...]) -> None:
        """Let go of everything on the workers, as a traceback may keep this object."""
        with suppress(Exception):
            self.client.cancel(results)
        results.clear()
        self.close()
        for argument in arguments:
            if isinstance(argument, blocks.Request):
                self.forget(argument.run)


async def _forget(client: Any, run: str) -> None:
    with suppress(Exception):  # a worker may be gone
        await client._run(blocks.forget, run, on_error="ignore")  # noqa: SLF001


def _call(
    names: list[str],
    rows: list[Any],
    weights: list[Any],
    numbers: list[int],
    *,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
) -> list[Any]:
    """Call a function for blocks in a worker, with as many threads as the worker has."""
    from dask.distributed import get_worker

    blocks = map(ArrayBlock, rows, weights, names)
    with limit_threads(get_worker().state.nthreads):
        return [function(*block, *arguments) for block in zip(blocks, numbers, strict=True)]


def look(block: Block, number: int) -> tuple[int, bool]:
    """Return the size of a block in bytes, and whether the kernels can use it without a copy."""
    del number
    X = block.read()[0]
    return X.nbytes, X.flags.c_contiguous and X.flags.aligned


def make_ready(X: Floats) -> Floats:
    """Return a copy that the kernels can use."""
    return np.require(X, requirements=["C", "ALIGNED"])


def _for_rows(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    kind: str,
    n_features: int,
    nothing: Any,
    X: Any,
    block_id: tuple[int, ...],
) -> Any:
    """Call a function of `join` for a chunk, after it was checked."""
    block = ArrayBlock(X, None, f"{kind} {block_id[0]}")
    facts = blocks.describe(block, block_id[0])
    if facts.n_features != n_features:
        raise ValueError(f"{block.name} has {facts.n_features} columns, but {n_features} are due.")
    return function(block, block_id[0], *arguments) if facts.n_rows else nothing


def _task(function: Callable[..., Any]) -> str:
    """Return a new name for a task; the dashboard groups tasks by the words of letters in it.

    A name is not used again: dask may keep results for ever that were released just before.
    """
    return f"kmeans-{function.__name__.replace('_', '-')}-{uuid.uuid4().hex}"


def _unreadable(name: str, error: Any) -> Exception:
    """Return the error for data that cannot be computed."""
    if type(error).__name__ == "KilledWorker":
        return RuntimeError(
            f"{name} cannot be computed: all workers that tried died of it (allowed-failures: "
            f"{error.allowed_failures}), at last that at {error.last_worker.address}. If they ran "
            "out of memory, use smaller blocks, or workers with more of it."
        )
    if isinstance(error, ValueError) and str(error).startswith(name):
        return error
    return RuntimeError(f"{name} cannot be computed: {error_summary(error)}.")


# -- data ------------------------------------------------------------------------------------------


def _open_array(X: Any) -> Any:
    """Return a dask array in chunks of whole rows of floats."""
    if X.ndim != 2:
        fix = " Use X.reshape(-1, 1) for a single feature." if X.ndim == 1 else ""
        raise ValueError(f"X has {X.ndim} dimensions; rows and columns are needed.{fix}")
    if type(X._meta) is not np.ndarray:  # noqa: SLF001  there is no other way to know
        raise TypeError(
            f"The chunks of X are {typed_repr(X._meta)}; "  # noqa: SLF001
            "arrays of numpy are needed. Convert them with X.map_blocks."
        )
    if X.dtype.kind not in "biuf":
        raise TypeError(f"X has dtype {X.dtype}; numbers are needed. Use X.astype(float).")
    if math.isnan(X.shape[1]):
        raise ValueError("The number of columns of X is unknown. Use X.compute_chunk_sizes().")
    if X.dtype not in (np.float32, np.float64):
        X = X.astype(np.float64)
    return X.rechunk({1: -1}) if X.numblocks[1] > 1 else X


def _open_frame(X: Any, sample_weight: Any) -> tuple[Any, tuple[str, ...] | None, Any]:
    """Return the numbers of a dask DataFrame, the names of its columns, and the weights."""
    if X.ndim == 1:
        raise ValueError("X is a dask Series; a DataFrame is needed. Use X.to_frame().")
    columns = list(X.columns)
    if isinstance(sample_weight, str):
        if sample_weight not in columns:
            raise ValueError(
                f"X has no column {sample_weight!r} for the weights"
                f"{suggestion(sample_weight, [*map(str, columns)])} "
                f"Choose from {quoted_list([*map(str, columns)], 8)}."
            )
        columns.remove(sample_weight)
        sample_weight = X[sample_weight]
    if not columns:
        raise ValueError("X has no column to cluster by. Choose at least one.")
    features = X[columns]
    _check_columns(features._meta)  # noqa: SLF001  there is no other way to know
    kinds = {np.dtype(getattr(kind, "numpy_dtype", kind)) for kind in features.dtypes}
    dtype = np.float32 if kinds == {np.dtype(np.float32)} else np.float64
    parts = [
        da.from_delayed(
            delayed(_read_frame)(part, f"Partition {i}", np.dtype(dtype)),
            (np.nan, len(columns)), dtype,
        )
        for i, part in enumerate(features.to_delayed())
    ]  # fmt: skip
    names = tuple(columns) if all(isinstance(name, str) for name in columns) else None
    return da.concatenate(parts, allow_unknown_chunksizes=True), names, sample_weight


def _check_columns(frame: Any) -> None:
    """Raise if columns of a pandas DataFrame are not numeric."""
    found = as_frame(frame)
    numeric = [column_numbers(series) is not None for series in found.iter_columns()]
    names = [str(name) for name in frame.columns]
    if not all(numeric):
        text = [name for name, is_number in zip(names, numeric, strict=True) if not is_number]
        kept = [name for name, is_number in zip(names, numeric, strict=True) if is_number]
        raise ValueError(NonNumericError(text, kept).message_with(f"X[{kept}]"))


def _read_frame(frame: Any, name: str, dtype: np.dtype[Any]) -> Floats:
    """Return the numbers of a partition."""
    if len(frame) == 0:
        return np.empty((0, len(frame.columns)), dtype)
    try:
        return read_frame(as_frame(frame), None, None).matrix.astype(dtype, copy=False)
    except ValueError as error:
        raise ValueError(f"{name}: {error_summary(error).partition(': ')[2]}.") from error


def _open_delayed(X: Any) -> Any:
    """Return a list of delayed blocks as a dask array."""
    found = list(X) if isinstance(X, list | tuple) else [X]
    if wrong := [part for part in found if not _is_delayed(part)]:
        raise TypeError(
            f"X is, or holds, {typed_repr(wrong[0])}. Give a dask array, a dask DataFrame, or a "
            "list of delayed blocks."
        )
    parts = [delayed(_read_delayed)(part, f"Block {i}") for i, part in enumerate(found)]
    # How many columns there are is not known before a block is computed.
    n_features, dtype = compute(delayed(_layout)(parts[0]))[0]
    arrays = [da.from_delayed(part, (np.nan, n_features), dtype) for part in parts]
    return da.concatenate(arrays, allow_unknown_chunksizes=True)


def _is_delayed(part: Any) -> bool:
    return isinstance(part, Delayed) or type(part).__name__ == "Future"


def _read_delayed(block: Any, name: str) -> Floats:
    """Return what a delayed block is computed to as an array of floats."""
    if (frame := as_frame(block)) is not None:
        return _read_frame(frame.to_native(), name, np.dtype(np.float64))
    array = np.asarray(block)
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} is {typed_repr(block)}; an array of numbers in rows and columns is needed."
        )
    return array if array.dtype == np.float32 else array.astype(np.float64, copy=False)


def _layout(block: Floats) -> tuple[int, np.dtype[Any]]:
    return block.shape[1], block.dtype


def _open_weights(sample_weight: Any, data: Any, kind: str) -> Any:
    """Return weights as a dask array in the chunks of the rows."""
    if isinstance(sample_weight, str):
        raise ValueError(  # noqa: TRY004  a name is right for a DataFrame
            f"sample_weight={sample_weight!r} is the name of a column, but X has no names. Give a "
            "weight for each row."
        )
    if isinstance(sample_weight, list | tuple) and any(map(_is_delayed, sample_weight)):
        parts = [da.from_delayed(part, (np.nan,), np.float64) for part in sample_weight]
        sample_weight = da.concatenate(parts, allow_unknown_chunksizes=True)
    if hasattr(sample_weight, "to_dask_array"):
        sample_weight = sample_weight.to_dask_array()
    if not isinstance(sample_weight, da.Array):
        rows = data.chunks[0]
        if any(map(math.isnan, rows)):
            rows = tuple(DaskEngine(data, None, kind).map(_count))
        return da.from_array(as_weights(sample_weight, sum(rows)), chunks=(rows,))
    if sample_weight.ndim != 1:
        raise ValueError(f"Sample weights must be 1D array or scalar, got {sample_weight.ndim}D.")
    given, needed = sample_weight.chunks[0], data.chunks[0]
    if not any(map(math.isnan, (*given, *needed))):
        if sum(given) != sum(needed):
            raise ValueError(f"There are {sum(given):,} weights for {sum(needed):,} rows.")
        sample_weight = sample_weight.rechunk((needed,))
    elif len(given) != len(needed):
        raise ValueError(
            f"The weights have {len(given)} blocks, but X has {len(needed)}, of unknown sizes: "
            "their rows cannot be matched. Use compute_chunk_sizes() of arrays; of a DataFrame, "
            "make the weights a column and give its name."
        )
    return sample_weight.astype(np.float64)


def _count(block: Block, number: int) -> int:
    """Return the number of rows of a block."""
    del number
    return len(block.read()[0])


def _persist(client: Any, data: Any, weights: Any) -> tuple[list[Any], list[Any]]:
    """Return the chunks of rows and weights as futures."""
    kept = client.persist([data] if weights is None else [data, weights])
    rows, *given = ([one.dask[key] for key in flatten(one.__dask_keys__())] for one in kept)
    return rows, given[0] if given else [None] * len(rows)


def _delayed_blocks(array: Any) -> list[Delayed]:
    """Return the chunks of a dask array, each with its own tasks only."""
    found = array.to_delayed().ravel().tolist()
    graph = dict(found[0].__dask_graph__()) if found else {}
    return [Delayed(part.key, cull(graph, [part.key])[0]) for part in found]
