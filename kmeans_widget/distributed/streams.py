"""Tables that are computed while they are read, from the beginning by every pass."""

from __future__ import annotations

import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from kmeans_widget.core.kernels.threads import context_of_part, report, thread_count
from kmeans_widget.distributed.arrays import ArrayBlock
from kmeans_widget.distributed.arrow import Layout, find_layout, unreadable
from kmeans_widget.distributed.sources import DEFAULT, Options, Source, import_arrow
from kmeans_widget.distributed.threads import LocalEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from kmeans_widget.core.blocks import Block

EVERY = 37  # rows from one to the next that are compared with those of the first pass


class StreamEngine(LocalEngine):
    """An `Engine` whose blocks come one after the other: one is read while others are computed.

    Parameters
    ----------
    open_stream : callable
        Returns an iterator over the blocks, the same ones in every pass.
    in_flight : int, default=None
        How many blocks are in memory at once, as of `ThreadEngine`.
    """

    def __init__(
        self, open_stream: Callable[[], Iterator[Block]], in_flight: int | None = None
    ) -> None:
        self.open_stream = open_stream
        self.n_blocks = 0  # known after the first pass
        self.in_flight = in_flight or thread_count() + 1

    def map(
        self, function: Callable[..., Any], *arguments: Any, only: Sequence[int] | None = None
    ) -> list[Any]:
        """Call a function for all blocks, or for some; nothing is read after the last of these."""
        wanted = None if only is None else set(only)
        futures: list[Future[Any]] = []
        free = BoundedSemaphore(self.in_flight)
        if wanted is not None and not wanted:
            return []
        with ThreadPoolExecutor(self.in_flight, "kmeans-blocks") as pool:
            try:
                free.acquire()
                for number, block in enumerate(self.open_stream()):
                    if wanted is None or number in wanted:
                        call = context_of_part().run
                        future = pool.submit(call, function, block, number, *arguments)
                        future.add_done_callback(lambda _: free.release())
                        futures.append(future)
                        del block
                        free.acquire()
                    self.n_blocks = max(self.n_blocks, number + 1)
                    report(len(futures) / (len(wanted or ()) or self.n_blocks))
                    # After the last block, the stream finds out whether it was the last one.
                    done = wanted is not None and max(wanted) <= number < self.n_blocks - 1
                    if done or any(
                        f.done() and f.exception() for f in futures[-2 * self.in_flight :]
                    ):
                        break
                return [future.result() for future in futures]
            finally:
                pool.shutdown(cancel_futures=True)


@dataclass(eq=False)
class TableStream:
    """Blocks of a table that is computed anew.

    Parameters
    ----------
    name : str
        What messages call it.
    batches : callable
        Takes a number of rows; returns an iterator over Arrow tables or record batches of about
        so many.
    layout : Layout
    n_rows : int
        Rows of a block.
    """

    name: str
    batches: Callable[[int], Iterator[Any]]
    layout: Layout
    n_rows: int

    def __post_init__(self) -> None:
        self._checks: list[int] | None = None  # of the blocks of the first pass

    def __call__(self) -> Iterator[Block]:
        """Yield the blocks, all of `n_rows` rows but the last."""
        checks: list[int] = []
        for table in self._tables():
            start = len(checks) * self.n_rows
            name = f"{self.name}, rows from {start:,}"
            X, weights = self.layout.rows([(name, table)], start)
            checks.append(zlib.crc32(X[::EVERY].tobytes(), len(X)))
            if (
                self._checks is not None
                and checks[-1:] != self._checks[len(checks) - 1 : len(checks)]
            ):
                raise self._changed()
            yield ArrayBlock(X, weights, name, start, self.layout.names)
        if self._checks is not None and len(checks) < len(self._checks):
            raise self._changed()
        self._checks = checks

    def _changed(self) -> ValueError:
        return ValueError(
            f"{self.name} has other rows than in the pass before, or in another order. Sort it, or "
            "write it to a Parquet file and give that."
        )

    def _tables(self) -> Iterator[Any]:
        """Cut what comes into tables of `n_rows` rows."""
        import pyarrow as pa

        held: list[Any] = []
        n_held = 0
        batches = iter(_explained(self.name, self.batches, self.n_rows))
        while (batch := _explained(self.name, next, batches, None)) is not None:
            if isinstance(batch, pa.RecordBatch):
                batch = pa.Table.from_batches([batch])
            while n_held + len(batch) >= self.n_rows:
                cut = self.n_rows - n_held
                yield pa.concat_tables([*held, batch.slice(0, cut)])
                held, n_held, batch = [], 0, batch.slice(cut)
            held, n_held = [*held, batch], n_held + len(batch)
        if n_held:
            yield pa.concat_tables(held)


def open_source(X: Any, sample_weight: Any, options: Options = DEFAULT) -> Source:
    """Open a LazyFrame of polars, or a relation of DuckDB."""
    pa = import_arrow()
    if isinstance(X, pa.RecordBatchReader):
        raise TypeError(
            "A RecordBatchReader can be read only once, and K-means reads the data in every "
            "iteration. Give what it reads from, or X.read_all() if that fits into memory."
        )
    is_polars = type(X).__module__.startswith("polars")
    name = type(X).__name__
    schema = _explained(name, _polars_schema if is_polars else _duckdb_schema, X)
    layout = find_layout(schema, options, sample_weight)
    table = X.select(layout.columns) if is_polars else X.project(
        ", ".join('"' + name.replace('"', '""') + '"' for name in layout.columns)
    )  # fmt: skip
    n_rows = max(options.block_bytes // layout.row_bytes, 1)
    batches = (
        _polars_batches(table)
        if is_polars
        else getattr(table, "to_arrow_reader", None) or table.fetch_record_batch
    )
    stream = TableStream(name, batches, layout, n_rows)
    return Source(StreamEngine(stream), layout.names)


def _explained(name: str, call: Callable[..., Any], *arguments: Any) -> Any:
    """Call what computes a table; an error says so in one sentence."""
    try:
        return call(*arguments)
    except Exception as error:
        raise unreadable(name, error) from error  # the code of the user may be at fault


def _duckdb_schema(X: Any) -> Any:
    return X.limit(0).to_arrow_table().schema


def _polars_schema(X: Any) -> Any:
    import polars as pl

    return pl.DataFrame(schema=X.collect_schema()).to_arrow().schema


def _polars_batches(X: Any) -> Callable[[int], Iterator[Any]]:
    if not hasattr(X, "collect_batches"):
        raise TypeError(
            "This version of polars cannot compute a LazyFrame in batches. Use "
            "pip install --upgrade polars, or X.collect() if that fits into memory."
        )

    def batches(n_rows: int) -> Iterator[Any]:
        for part in X.collect_batches(chunk_size=n_rows, maintain_order=True):
            yield part.to_arrow()

    return batches
