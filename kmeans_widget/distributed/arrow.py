"""Blocks of tables: how their columns become rows, and the files that Arrow reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from kmeans_widget.distributed.sources import (
    DEFAULT,
    DataFile,
    Options,
    Source,
    data_files,
    import_arrow,
)
from kmeans_widget.distributed.threads import ThreadEngine
from kmeans_widget.validation.tables import NonNumericError, as_frame, column_list, read_frame
from kmeans_widget.validation.weights import read_weights, resolve_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats

TILE_BYTES = 2**19  # of rows that are filled column by column: they stay in the processor's cache


class Feature(NamedTuple):
    """A column of a table, or an item of a column whose values are lists of one length."""

    column: str
    item: int | None = None


@dataclass(frozen=True)
class Layout:
    """How the rows of an Arrow table become samples.

    Parameters
    ----------
    names : tuple of str
    features : tuple of Feature
    dtype : str
        Of the samples.
    weights : str, default=None
        Name of the column of weights.
    """

    names: tuple[str, ...]
    features: tuple[Feature, ...]
    dtype: str
    weights: str | None = None

    @property
    def columns(self) -> list[str]:
        """Names of the columns to read."""
        weights = [] if self.weights is None else [self.weights]
        return list(dict.fromkeys([*(feature.column for feature in self.features), *weights]))

    @property
    def row_bytes(self) -> int:
        """Bytes of a row of the samples."""
        return max(len(self.features), 1) * np.dtype(self.dtype).itemsize

    @cached_property
    def _is_one_list(self) -> bool:
        """Whether the features are the items of one column, in their order."""
        column = self.features[0].column
        return list(self.features) == [Feature(column, i) for i in range(len(self.features))]

    def rows(
        self, tables: Sequence[tuple[str, Any]], start: int = 0
    ) -> tuple[Floats, Float64s | None]:
        """Return the rows of tables, given with their names for messages, and their weights.

        Messages count the rows of a table from `start`.
        """
        batches = [
            (name, batch) for name, t in tables for batch in _numbered(t.to_batches(), start)
        ]
        n = sum(batch.num_rows for _, (_, batch) in batches)
        if len(batches) == 1 and self._is_one_list:
            name, (start, batch) = batches[0]
            X = _numbers(batch, self.features[0].column, name, start)
            if X.dtype == self.dtype and X.shape == (n, len(self.features)):
                return X, self._weights(batches)
        X, row = np.empty((n, len(self.features)), self.dtype), 0
        for name, (start, batch) in batches:
            known = {
                column: _numbers(batch, column, name, start)
                for column in {feature.column for feature in self.features}
            }
            _fill(X[row : row + batch.num_rows], [
                known[column] if item is None else known[column][:, item]
                for column, item in self.features
            ])  # fmt: skip
            row += batch.num_rows
        return X, self._weights(batches)

    def _weights(self, batches: Sequence[tuple[str, tuple[int, Any]]]) -> Float64s | None:
        if self.weights is None:
            return None
        parts = [_numbers(batch, self.weights, name, start) for name, (start, batch) in batches]
        return np.concatenate([np.empty(0), *parts]).astype(np.float64, copy=False)


def find_layout(schema: Any, options: Options, sample_weight: Any) -> Layout:
    """Choose the features of tables by the types of their columns.

    Parameters
    ----------
    schema : pyarrow.Schema
    options : Options
    sample_weight : str or None
        Name of the column of weights.

    Raises
    ------
    ValueError, TypeError
        If there is no such column, or it is not numeric.
    """
    pa = import_arrow()
    features: dict[str, Feature] = {}
    examples = {}
    for field in schema:
        if not pa.types.is_fixed_size_list(field.type):
            features[field.name] = Feature(field.name)
            examples[field.name] = _example(field.type)
            continue
        for i in range(field.type.list_size):
            name = f"{field.name}[{i}]"
            features[name], examples[name] = Feature(field.name, i), _example(field.type.value_type)
    example = pa.table(examples)
    if sample_weight is not None and not isinstance(sample_weight, str):
        raise TypeError(
            "The weights of a table that is read in blocks must be the name of one of its columns."
        )
    weights, weight_column = resolve_weights(example, sample_weight)
    if weights is not None:
        read_weights(weights)
    chosen = column_list(options.columns if options.suggested is None else options.suggested)
    if chosen is not None:
        chosen = [
            name
            for one in chosen
            for name in ([n for n, f in features.items() if f == (one, f.item)] or [one])
        ]
    try:
        read = read_frame(
            as_frame(example), None, chosen, leave_out=chosen is None, weight_column=weight_column
        )
    except NonNumericError as error:
        for name in error.non_numeric:
            kind = schema.field(features[name].column).type
            if pa.types.is_list(kind) or pa.types.is_large_list(kind):
                raise ValueError(
                    f"Column {name!r} has lists of any length. Cast it to a fixed-size list, whose "
                    "items are columns."
                ) from None
        raise
    found = tuple(features[name] for name in read.names)
    return Layout(read.names, found, read.matrix.dtype.name, weight_column)


def _example(kind: Any) -> Any:
    """Return a column of one row that is numeric if columns of this type are."""
    pa = import_arrow()
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return pa.array([1]).cast(kind)
    if pa.types.is_floating(kind):
        return pa.array(np.array([1.5], kind.to_pandas_dtype()))
    return pa.array([1.5] if pa.types.is_decimal(kind) else ["text"])


def _numbered(batches: Sequence[Any], start: int) -> Iterator[tuple[int, Any]]:
    """Yield batches with the number of their first row."""
    for batch in batches:
        yield start, batch
        start += batch.num_rows


def _numbers(batch: Any, column: str, name: str, start: int) -> npt.NDArray[Any]:
    """Return a column of a record batch: not copied if it is of integers, floats or such lists."""
    pa = import_arrow()
    values, width = batch.column(column), None
    _check_present(values, column, name, start)
    if pa.types.is_fixed_size_list(values.type):
        width = values.type.list_size
        values = values.flatten()
        _check_present(values, column, name, start, width)
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        values = values.cast(pa.float64())
    array: npt.NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return array if width is None else array.reshape(-1, width)


def _check_present(values: Any, column: str, name: str, start: int, width: int = 1) -> None:
    if values.null_count:
        row = start + values.is_null().index(True).as_py() // width
        raise ValueError(
            f"{name}: the value in row {row:,} of column {column!r} is missing (null). Remove or "
            "fill it."
        )


def _fill(X: Floats, columns: Sequence[npt.NDArray[Any]]) -> None:
    """Write columns side by side into rows."""
    tile = max(TILE_BYTES // max(X[:1].nbytes, 1), 16)
    for start in range(0, len(X), tile):
        part = X[start : start + tile]
        for j, values in enumerate(columns):
            part[:, j] = values[start : start + tile]


# -- files -----------------------------------------------------------------------------------------


class Part(Protocol):
    """What a block reads of a file."""

    def read(self, columns: Sequence[str], where: Any) -> Any:
        """Return columns of the rows that fulfil a condition, or of all, as an Arrow table."""
        ...


@dataclass(frozen=True, slots=True)
class FragmentPart:
    """Row groups of a file, or all of it.

    Parameters
    ----------
    fragment : pyarrow.dataset.Fragment
    schema : pyarrow.Schema
        Of the data set.
    """

    fragment: Any
    schema: Any

    def read(self, columns: Sequence[str], where: Any) -> Any:
        """Return columns of the rows, read by the calling thread."""
        import pyarrow.dataset as ds
        import pyarrow.parquet as pq

        is_parquet = isinstance(self.fragment, ds.ParquetFileFragment)
        if is_parquet and where is None and {*columns} <= {*self.fragment.physical_schema.names}:
            # Takes half the time of the general way.
            file = pq.ParquetFile(self.fragment.open(), metadata=self.fragment.metadata)
            groups = [group.id for group in self.fragment.row_groups]
            return file.read_row_groups(groups, columns, use_threads=False)
        return self.fragment.to_table(
            schema=self.schema, columns=columns, filter=where, use_threads=False
        )


@dataclass(frozen=True, slots=True)
class SlicePart:
    """Some rows of a row group that is too large to be read at once.

    Everything before them is read too, and dropped: it costs time, but no memory.
    """

    fragment: Any
    schema: Any
    start: int
    stop: int

    def read(self, columns: Sequence[str], where: Any) -> Any:
        """Return columns of the rows, which are counted after the others have been left out."""
        import pyarrow as pa
        import pyarrow.dataset as ds

        stream = ds.ParquetFragmentScanOptions(use_buffered_stream=True, pre_buffer=False)
        batches = self.fragment.to_batches(
            schema=self.schema, columns=columns, filter=where, use_threads=False,
            batch_size=min(self.stop - self.start, 16_384), batch_readahead=0,
            fragment_readahead=0, fragment_scan_options=stream,
        )  # fmt: skip
        found, row = [], 0
        for batch in batches:
            first, last = max(self.start - row, 0), min(self.stop - row, batch.num_rows)
            if first < last:
                found.append(batch.slice(first, last - first))
            row += batch.num_rows
            if row >= self.stop:
                break
        schema = pa.schema([self.schema.field(name) for name in columns])
        return pa.Table.from_batches(found, schema)


@dataclass(frozen=True, slots=True)
class IpcPart:
    """Record batches of an Arrow file, or some rows of one of them.

    Parameters
    ----------
    path : str
    filesystem : pyarrow.fs.FileSystem
    first, last : int
        Numbers of the first record batch, and of the one after the last.
    start, stop : int or None
        Rows of these batches; None for `stop` means all.
    keys : dict of str to object
        Values of the columns that are in the name of the folder.
    """

    path: str
    filesystem: Any
    first: int
    last: int
    start: int
    stop: int | None
    keys: tuple[tuple[str, Any], ...]

    def read(self, columns: Sequence[str], where: Any) -> Any:
        """Return columns of the rows; buffers of a local file are mapped, not copied."""
        import pyarrow as pa

        reader = open_ipc(self.path, self.filesystem, None if where is not None else columns)
        batches = [reader.get_batch(i) for i in range(self.first, self.last)]
        table = pa.Table.from_batches(batches, reader.schema)
        table = table.slice(self.start, self.stop and self.stop - self.start)
        for name, value in self.keys:
            table = table.append_column(name, pa.repeat(pa.scalar(value), len(table)))
        return (table if where is None else table.filter(where)).select(columns)


def open_ipc(path: str, filesystem: Any, columns: Sequence[str] | None = None) -> Any:
    """Open an Arrow file to read all of its columns, or some."""
    import pyarrow as pa
    from pyarrow.fs import LocalFileSystem

    def opened(**options: Any) -> Any:
        is_local = isinstance(filesystem, LocalFileSystem)
        source = pa.memory_map(path) if is_local else filesystem.open_input_file(path)
        return pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(use_threads=False, **options))

    if columns is None:
        return opened()
    names = opened().schema.names
    return opened(included_fields=[names.index(name) for name in columns if name in names])


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A block of one file.

    Parameters
    ----------
    name : str
        What messages call it.
    file : DataFile
    part : Part
    layout : Layout
    where : pyarrow.dataset.Expression, default=None
        Which rows are used; None means all.
    start : int, default=0
        Number of its first row in the file, if all are used.
    """

    name: str
    file: DataFile
    part: Part
    layout: Layout
    where: Any = None
    start: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.layout.names

    def read(self) -> tuple[Floats, Float64s | None]:
        """Return the rows and their weights."""
        import pyarrow as pa

        self.file.check_unchanged()
        try:
            table = self.part.read(self.layout.columns, self.where)
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self.name, error) from None
        return self.layout.rows([(self.name, table)], self.start)


def unreadable(name: str, error: Exception) -> ValueError:
    """Return the error for data that cannot be read, with the first line of the cause."""
    cause = str(error).strip().partition("\n")[0].rstrip(" .:") or type(error).__name__
    return ValueError(f"{name} cannot be read: {cause}.")


def open_source(X: Any, sample_weight: Any, options: Options = DEFAULT) -> Source:
    """Open a data set of pyarrow, with its condition if it is filtered."""
    import pyarrow as pa

    where = X._scan_options.get("filter")  # noqa: SLF001  there is no other way in
    try:
        fragments = list(X._get_fragments(where))  # noqa: SLF001
    except pa.ArrowException as error:
        raise unreadable("The data set with this filter", error) from None
    files = _files_of(fragments)
    return open_fragments(fragments, files, X.schema, where, sample_weight, options)


def _files_of(fragments: Sequence[Any]) -> list[DataFile]:
    """Describe the files of a data set."""
    from pyarrow.fs import LocalFileSystem

    if not all(hasattr(fragment, "path") for fragment in fragments):
        return [DataFile("", "this part") for _ in fragments]
    if not fragments:
        return []
    local = isinstance(fragments[0].filesystem, LocalFileSystem)
    return data_files([fragment.path for fragment in fragments], local=local)


def open_fragments(
    fragments: Sequence[Any],
    files: Sequence[DataFile],
    schema: Any,
    where: Any,
    sample_weight: Any,
    options: Options,
) -> Source:
    """Open the files of a data set."""
    layout = find_layout(schema, options, sample_weight)
    _check_columns(fragments, files, layout)
    n_rows, most = (
        max(size // layout.row_bytes, 1) for size in (options.block_bytes, options.most_bytes)
    )
    blocks = [
        TableBlock(name, file, part, layout, where, 0 if where is not None else start)
        for fragment, file in zip(fragments, files, strict=True)
        for name, part, start in _parts(fragment, file, schema, n_rows, most)
    ]
    if not blocks:
        raise ValueError("There is no row in the data.")
    return Source(ThreadEngine(blocks), layout.names)


def _check_columns(fragments: Sequence[Any], files: Sequence[DataFile], layout: Layout) -> None:
    """Raise if a column is in some files only."""
    import pyarrow.dataset as ds

    known = [
        {
            *physical_schema(fragment, file).names,
            *ds.get_partition_keys(fragment.partition_expression),
        }
        for fragment, file in zip(fragments, files, strict=True)
    ]
    for column in layout.columns:
        has = [column in names for names in known]
        if not all(has):
            first = f", but {files[has.index(True)].name} has" if any(has) else ""
            raise ValueError(
                f"{files[has.index(False)].name} has no column {column!r}{first}: all files need "
                "the same columns."
            )


def physical_schema(fragment: Any, file: DataFile) -> Any:
    """Return the schema of a file."""
    import pyarrow as pa

    try:
        return fragment.physical_schema
    except (pa.ArrowException, OSError) as error:
        raise unreadable(file.name, error) from None


def _parts(
    fragment: Any, file: DataFile, schema: Any, n_rows: int, most: int
) -> Iterator[tuple[str, Part, int]]:
    """Cut a file into parts of about so many rows; yield names, parts, and their first rows."""
    import pyarrow.dataset as ds

    if isinstance(fragment, ds.ParquetFileFragment):
        yield from _row_groups(fragment, file, schema, n_rows, most)
    elif isinstance(getattr(fragment, "format", None), ds.IpcFileFormat):
        yield from _record_batches(fragment, file, n_rows)
    else:
        yield file.name, FragmentPart(fragment, schema), 0


def _row_groups(
    fragment: Any, file: DataFile, schema: Any, n_rows: int, most: int
) -> Iterator[tuple[str, Part, int]]:
    groups = fragment.row_groups
    first = start = 0
    while first < len(groups):
        last, rows = first + 1, groups[first].num_rows
        while last < len(groups) and rows + groups[last].num_rows <= n_rows:
            rows += groups[last].num_rows
            last += 1
        ids = [group.id for group in groups[first:last]]
        part = fragment.subset(row_group_ids=ids)
        name = f"{file.name}, {_numbers_of('row group', ids[0], ids[-1])}"
        n_slices = -(-rows // most)
        if n_slices <= 1:
            yield name, FragmentPart(part, schema), start
        else:
            ends = [rows * i // n_slices for i in range(n_slices + 1)]
            for i, (begin, end) in enumerate(pairwise(ends)):
                yield f"{name}, part {i}", SlicePart(part, schema, begin, end), start + begin
        first, start = last, start + rows
    if not groups:
        yield file.name, FragmentPart(fragment, schema), 0


def _record_batches(fragment: Any, file: DataFile, n_rows: int) -> Iterator[tuple[str, Part, int]]:
    import pyarrow as pa
    import pyarrow.dataset as ds

    keys = tuple(ds.get_partition_keys(fragment.partition_expression).items())
    try:
        reader = open_ipc(fragment.path, fragment.filesystem)
        n_batches = reader.num_record_batches
        size = max(reader.get_batch(0).num_rows, 1) if n_batches else 1  # of each but the last
    except (pa.ArrowException, OSError) as error:
        raise unreadable(file.name, error) from None
    step = max(n_rows // size, 1)
    for first in range(0, max(n_batches, 1), step):
        last = min(first + step, n_batches)
        name = f"{file.name}, {_numbers_of('record batch', first, max(last - 1, first))}"
        ends = [*range(0, size, n_rows), None] if step == 1 and n_batches else [0, None]
        for start, stop in pairwise(ends):
            begin = start or 0
            part = IpcPart(fragment.path, fragment.filesystem, first, last, begin, stop, keys)
            whole = len(ends) == 2
            yield name if whole else f"{name}, from row {begin:,}", part, first * size + begin


def _numbers_of(what: str, first: int, last: int) -> str:
    """Return a part of a name, such as "row group 3" or "row groups 3 to 5"."""
    if first == last:
        return f"{what} {first}"
    return f"{what}{'es' if what.endswith('ch') else 's'} {first} to {last}"
