"""Which data are read in blocks: one table of sources."""

from __future__ import annotations

import importlib
import os
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from kmeans_widget.core.blocks import BlockSamples
from kmeans_widget.core.kernels.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.core.blocks import Engine

BLOCK_BYTES = 32_000_000  # of a block: enough that reading it takes longer than asking for it
COPIES = 10  # of a small block at once, measured: as read, as columns, as rows, and not yet freed


class Source(NamedTuple):
    """Data in blocks.

    Parameters
    ----------
    engine : Engine
        Has the blocks.
    names : tuple of str, or None
        Names of the columns.
    new_samples : object, or None
        The same rows for `predict`, if these need not be read before they are assigned.
    """

    engine: Engine
    names: tuple[str, ...] | None = None
    new_samples: Any = None


class Options(NamedTuple):
    """How data in blocks are read.

    Parameters
    ----------
    columns : iterable of str, str or None
        The columns to use; None chooses them by their types.
    suggested : tuple of str or None
        The columns to use, if the data have columns: those that `fit` has seen.
    block_bytes : int
        Size of the rows of a block.
    most_bytes : int
        Row groups of Parquet files that are larger are read in parts, which takes more time.
    """

    columns: Iterable[str] | str | None = None
    suggested: tuple[str, ...] | None = None
    block_bytes: int = BLOCK_BYTES
    most_bytes: int = 4 * BLOCK_BYTES


DEFAULT = Options()


class Opener(NamedTuple):
    """A kind of data, and what opens it.

    Parameters
    ----------
    recognizes : callable
        Whether data are of this kind; imports nothing.
    module : str
        Imported when it is needed. Its function `open_source` takes the data and the weights.
    takes_options : bool
        Whether it takes `Options`, too.
    """

    recognizes: Callable[[Any], bool]
    module: str
    takes_options: bool = False


class DataFile(NamedTuple):
    """A file, as it was when it was opened.

    Parameters
    ----------
    path : str
    name : str
        What messages call it: as much of the path as tells it from the other files.
    stamp : tuple of int, or None
        Size and time of the last change; None if it is not on this machine.
    """

    path: str
    name: str
    stamp: tuple[int, int] | None = None

    def check_unchanged(self) -> None:
        """Raise if it is another one now, or gone."""
        if self.stamp is not None and _stamp(self.path) != self.stamp:
            raise ValueError(f"{self.name} has changed since it was opened. Open it again.")


def data_files(paths: Sequence[str], *, local: bool = True) -> list[DataFile]:
    """Describe files before they are opened."""
    above = os.path.commonpath([os.path.dirname(path) for path in paths])  # noqa: PTH120
    return [
        DataFile(path, os.path.relpath(path, above or "."), _stamp(path) if local else None)
        for path in paths
    ]


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  for each block
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def is_path(X: Any) -> bool:
    """Whether X is the name of a file or folder, or a list of them."""
    paths = X if isinstance(X, list | tuple) and X else [X]
    return all(isinstance(path, str | bytes | os.PathLike) for path in paths)


def _is_dataset(X: Any) -> bool:
    """Whether X is a data set of pyarrow."""
    return type(X).__module__ == "pyarrow._dataset" and hasattr(X, "get_fragments")


def _is_stream(X: Any) -> bool:
    """Whether X is a table that is computed while it is read."""
    kind = (type(X).__module__.partition(".")[0], type(X).__name__)
    return kind in {
        ("polars", "LazyFrame"), ("duckdb", "DuckDBPyRelation"), ("_duckdb", "DuckDBPyRelation"),
        ("pyarrow", "RecordBatchReader"),
    }  # fmt: skip


def _is_sliced(X: Any) -> bool:
    """Whether X is an array of Zarr, or one mapped from a file that is not used as it is."""
    if isinstance(X, np.memmap):
        is_float = X.dtype in (np.float32, np.float64) and X.flags.c_contiguous
        return X.nbytes > BLOCK_BYTES and not is_float
    return type(X).__module__.partition(".")[0] == "zarr" and hasattr(X, "chunks")


def _is_dask(X: Any) -> bool:
    """Whether X is a collection of dask, or a list of its delayed objects."""
    parts = X if isinstance(X, list | tuple) and X else [X]
    return all(type(part).__module__.startswith(("dask.", "distributed.")) for part in parts)


OPENERS = (
    Opener(is_path, "files", takes_options=True),
    Opener(_is_dataset, "arrow", takes_options=True),
    Opener(_is_stream, "streams", takes_options=True),
    Opener(_is_sliced, "arrays", takes_options=True),
    Opener(_is_dask, "dask"),
)


def open_blocks(
    X: Any, sample_weight: Any = None, seen: Iterable[str] | None = None
) -> tuple[BlockSamples, Source] | None:
    """Open data that are read in blocks; return None for other data.

    Parameters
    ----------
    X : object
        As of `KMeans.fit`.
    sample_weight : object, default=None
    seen : iterable of str, default=None
        Names of the columns that `fit` has seen.

    Returns
    -------
    tuple of BlockSamples and Source, or None

    Raises
    ------
    ValueError, TypeError, OSError
        If the data or their weights cannot be used; the message names the block.
    """
    source = open_source(X, sample_weight, seen)
    return None if source is None else (BlockSamples(source.engine), source)


def open_source(
    X: Any, sample_weight: Any = None, seen: Iterable[str] | None = None
) -> Source | None:
    """Open data that are read in blocks, without a look into them; return None for other data."""
    options, data = (X.options, X.data) if isinstance(X, Scan) else (DEFAULT, X)
    for opener in OPENERS:
        if not opener.recognizes(data):
            continue
        module = importlib.import_module(f"kmeans_widget.distributed.{opener.module}")
        if not opener.takes_options:
            return cast("Source", module.open_source(data, sample_weight))
        if seen is not None and options.columns is None:
            options = options._replace(suggested=tuple(map(str, seen)))
        return cast("Source", module.open_source(data, sample_weight, options))
    return None


class Scan:
    """Data that are read in blocks, and how: the result of `scan`."""

    def __init__(self, data: Any, options: Options) -> None:
        self.data, self.options = data, options

    def __repr__(self) -> str:
        """Return the call that makes it."""
        return f"scan({self.data!r})"

    def __iter__(self) -> Iterator[Floats]:
        """Yield the rows of each block."""
        source = open_source(self)
        engine: Any = source.engine if source is not None else None
        for block in engine.blocks if hasattr(engine, "blocks") else engine.open_stream():
            rows = block.read()[0]
            if len(rows):
                yield rows


def is_in_blocks(X: Any) -> bool:
    """Whether X is read in blocks."""
    return isinstance(X, Scan) or any(opener.recognizes(X) for opener in OPENERS)


def check_in_memory(X: Any) -> None:
    """Raise if X is the name of files where samples in memory are needed."""
    if isinstance(X, Scan) or is_path(X):
        rows = "X" if isinstance(X, Scan) else "kw.scan(X)"
        raise TypeError(
            f"Samples in memory are needed here, not files. Read them: np.concatenate(list({rows}))"
            ". Only KMeans and the panel read files in blocks."
        )


def is_scannable(X: Any) -> bool:
    """Whether `scan` takes X."""
    return any(opener.takes_options and opener.recognizes(X) for opener in OPENERS)


def scan(
    X: Any, *, columns: Iterable[str] | str | None = None, memory: float | None = None
) -> Scan:
    """Say how data are read in blocks; nothing is read yet.

    Parameters
    ----------
    X : path, list of paths, pyarrow Dataset, polars LazyFrame, DuckDB relation or Zarr array
        As of `KMeans.fit`.
    columns : str or iterable of str, default=None
        The columns to use. None uses those that are numeric, but for identifiers and weights. The
        name of a column of lists of one length means all of their items.
    memory : float, default=None
        Bytes for the blocks that are in memory at once; None is about 100 MB for each thread, and
        100 MB more. Row groups of Parquet files that are larger than a block are read in parts, for
        which Arrow needs more than this.

    Returns
    -------
    Scan
        Can be given to `fit`, `predict`, `transform` and `score`. An iteration yields the rows of
        each block, for `MiniBatchKMeans.partial_fit`.

    Raises
    ------
    TypeError
        If X is not read in blocks.
    ValueError
        If `memory` is less than 1 MB.

    Examples
    --------
    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> np.save(os.path.join(folder, "a.npy"), np.zeros((3, 2)))
    >>> [rows.shape for rows in scan(os.path.join(folder, "*.npy"), memory=1e6)]
    [(3, 2)]
    """
    if isinstance(X, Scan):
        raise TypeError("X is what scan has returned. Give scan the data themselves: X.data.")
    if not is_scannable(X):
        raise TypeError(
            "X must be data that are read in blocks: files, a pyarrow Dataset, a polars LazyFrame, "
            f"a DuckDB relation or a Zarr array, got {type(X).__name__}. Give it to fit as it is."
        )
    options = Options(columns)
    if memory is not None:
        if not isinstance(memory, Real) or not 1e6 <= memory < np.inf:
            raise ValueError(
                "memory must be a number of bytes, at least 1e6, such as 2e9 for 2 GB, got "
                f"{memory!r}."
            )
        share = int(memory) // (COPIES * (thread_count() + 1))
        options = options._replace(block_bytes=min(share, BLOCK_BYTES), most_bytes=share)
    return Scan(X, options)


def import_arrow() -> Any:
    """Import pyarrow; say how to install it if it is not."""
    return import_optional("pyarrow", "These data")


def import_optional(name: str, what: str) -> Any:
    """Import a package that reads some data."""
    try:
        return importlib.import_module(name)
    except ImportError:
        extra = '"kmeans-widget[arrow]"' if name == "pyarrow" else name
        raise ImportError(f"{what} need {name}: pip install {extra}.") from None
