"""Blocks in files: NumPy's and Zarr's arrays, and the data sets that Arrow reads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.format import MAGIC_PREFIX

from kmeans_widget.datasets import DATASETS
from kmeans_widget.distributed import arrays, arrow
from kmeans_widget.distributed.sources import (
    DEFAULT,
    DataFile,
    Options,
    Source,
    data_files,
    import_arrow,
    import_optional,
)
from kmeans_widget.distributed.threads import ThreadEngine
from kmeans_widget.validation.messages import count, quoted_list
from kmeans_widget.validation.weights import as_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kmeans_widget.core.arrays import Float64s, Floats

FORMATS = {
    ".npy": "npy",
    ".zarr": "zarr",
    ".parquet": "parquet",
    ".parq": "parquet",
    ".pq": "parquet",
    ".arrow": "ipc",
    ".feather": "ipc",
    ".ipc": "ipc",
}
"""What is read, by the end of a name."""


@dataclass(frozen=True, slots=True, eq=False)
class NpyBlock:
    """Some rows of a `.npy` file."""

    file: DataFile
    start: int
    stop: int
    weights: Float64s | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.file.name}, rows {self.start:,} to {max(self.stop - 1, 0):,}"

    def read(self) -> tuple[Floats, Float64s | None]:
        """Return the rows, mapped from the file."""
        self.file.check_unchanged()
        array = np.load(self.file.path, mmap_mode="r" if self.stop else None)
        return np.asarray(array[self.start : self.stop]), self.weights


def open_source(X: Any, sample_weight: Any, options: Options = DEFAULT) -> Source:
    """Open files, given by their names, folders or patterns."""
    paths = find_files(X)
    kinds = {_kind(path) for path in paths}
    if len(kinds) > 1:
        raise ValueError(f"Files of several kinds, {quoted_list(sorted(kinds))}: give one of them.")
    kind = kinds.pop()
    if kind == "zarr":
        zarr = import_optional("zarr", "Zarr arrays")
        if len(paths) > 1:
            raise ValueError("Several Zarr arrays were given; they are read one by one.")
        return arrays.open_source(zarr.open_array(paths[0], mode="r"), sample_weight, options)
    if kind == "npy":
        return _open_npy(paths, sample_weight, options)
    return _open_arrow(paths, kind, sample_weight, options)


def find_files(X: Any) -> list[str]:
    """List the data files of names, folders and patterns, each once, in order.

    Raises
    ------
    FileNotFoundError
        If one of them is not there; the message names it.
    """
    found: dict[str, str] = {}  # by what links lead to
    for given in X if isinstance(X, list | tuple) else [X]:
        name = os.path.expanduser(os.fsdecode(given))  # noqa: PTH111
        if not name:
            raise ValueError("X is an empty text, not the name of a file or folder.")
        # Path.exists raises if a name is too long.
        matching = [name] if os.path.exists(name) else sorted(glob(name, recursive=True))  # noqa: PTH110, PTH207
        if not matching:
            what = "No file matches" if has_magic(name) else "There is no file or folder"
            shown = name if len(name) <= 300 else f"{name[:300]}..."
            example = f" The example is kw.datasets.{name}()." * (name in DATASETS)
            raise FileNotFoundError(f"{what} {shown!r} (in {str(Path.cwd())!r}).{example}")
        files = [file for path in matching for file in _files_in(path)]
        if not files:
            raise FileNotFoundError(
                f"The folder {matching[0]!r} has no data file ({', '.join(FORMATS)})."
            )
        for file in files:
            found.setdefault(os.path.realpath(file), os.path.abspath(file))  # noqa: PTH100
    return [*found.values()]


def _files_in(path: str) -> list[str]:
    """List the data files of a folder and of those in it; an array of Zarr is a file here."""
    if not Path(path).is_dir() or _suffix(path) == ".zarr":
        return [path]
    found, seen = [], set()
    for folder, folders, names in os.walk(path, onerror=_raise_unreadable, followlinks=True):
        if (real := os.path.realpath(folder)) in seen:  # a link, perhaps to a folder above it
            folders.clear()
            continue
        seen.add(real)
        names += [name for name in folders if _suffix(name) == ".zarr"]
        found += [
            Path(folder, name) for name in names if name[0] not in "._" and _suffix(name) in FORMATS
        ]
        folders[:] = [name for name in folders if name[0] not in "._" and _suffix(name) != ".zarr"]
        # Links come last: the names of folders may say something, such as year=2024.
        folders.sort(key=lambda name: (Path(folder, name).is_symlink(), name))
    return [str(file) for file in sorted(found)]


def _raise_unreadable(error: OSError) -> None:
    raise ValueError(f"{error.filename!r} cannot be read: {error.strerror}.") from None


def _suffix(path: str) -> str:
    return Path(path).suffix.lower()


def _kind(path: str) -> str:
    """Return the kind of a file."""
    kind = FORMATS.get(_suffix(path))
    if kind is None:
        raise ValueError(
            f"{Path(path).name!r} is not a data file that is read in blocks "
            f"({', '.join(FORMATS)}). Read it as a table, or use polars.scan_csv for CSV files."
        )
    return kind


def _open_npy(paths: Sequence[str], sample_weight: Any, options: Options) -> Source:
    arrays.check_no_columns(options)
    files = data_files(paths)
    found = [_map(file) for file in files]
    for file, array in zip(files, found, strict=True):
        if array.shape[1] != found[0].shape[1]:
            raise ValueError(
                f"{file.name} has {count(array.shape[1], 'column')}, but {files[0].name} has "
                f"{found[0].shape[1]}: all files need the same columns."
            )
    starts = np.cumsum([0, *map(len, found)])
    weights = None if sample_weight is None else as_weights(sample_weight, int(starts[-1]))
    blocks = []
    for file, array, at in zip(files, found, starts.tolist(), strict=False):
        for start, stop in [*arrays.row_ranges(array, options.block_bytes)] or [(0, 0)]:
            part = None if weights is None else weights[at + start : at + stop]
            blocks.append(NpyBlock(file, start, stop, part))
    return Source(ThreadEngine(blocks))


def _map(file: DataFile) -> Any:
    """Map the array of a file; raise if it is not a matrix of numbers."""
    try:
        with Path(file.path).open("rb") as opened:
            start = opened.read(len(MAGIC_PREFIX))
    except OSError as error:
        raise arrow.unreadable(file.name, error) from None
    if start != MAGIC_PREFIX:
        what = "it is empty" if not start else "it is not an array that np.save has written"
        raise ValueError(f"{file.name} cannot be read: {what}.")
    try:
        array = np.load(file.path, mmap_mode="r")
    except ValueError as error:
        if "Python objects" in str(error):
            raise arrays.type_error(file.name, "object") from None
        try:
            array = np.load(file.path)  # an array without rows cannot be mapped
        except (ValueError, OSError):
            raise arrow.unreadable(file.name, error) from None
    arrays.check_matrix(array, file.name)
    return array


def _open_arrow(paths: Sequence[str], kind: str, sample_weight: Any, options: Options) -> Source:
    """Open files of Arrow; columns may be in the names of folders, such as year=2024."""
    pa = import_arrow()
    import pyarrow.dataset as ds

    files = data_files(paths)
    try:
        partitions = ds.HivePartitioning.discover(infer_dictionary=True)
        dataset = ds.dataset([*paths], format=kind, partitioning=partitions)
    except (pa.ArrowException, OSError):
        for file in files:  # it is the first one that Arrow has looked into
            _check_readable(file, kind)
        # A folder is named after a column that the files have: theirs is used.
        dataset = ds.dataset([*paths], format=kind)
    fragments = list(dataset.get_fragments())
    schemas = [
        arrow.physical_schema(fragment, file)
        for fragment, file in zip(fragments, files, strict=True)
    ]
    try:
        schema = pa.unify_schemas([*schemas, dataset.schema], promote_options="permissive")
    except (pa.ArrowException, TypeError):
        schema = dataset.schema
        _raise_other_types(files, schemas)
    return arrow.open_fragments(fragments, files, schema, None, sample_weight, options)


def _check_readable(file: DataFile, kind: str) -> None:
    import pyarrow as pa
    import pyarrow.dataset as ds

    try:
        ds.dataset(file.path, format=kind)
    except (pa.ArrowException, OSError) as error:
        if "duplicate field names" in str(error):
            raise ValueError(
                f"{file.name} has several columns of the same name. Rename them first."
            ) from None
        raise arrow.unreadable(file.name, error) from None


def _raise_other_types(files: Sequence[DataFile], schemas: Sequence[Any]) -> None:
    """Name the file whose columns have other types than those of the first one."""
    import pyarrow as pa

    for file, schema in zip(files, schemas, strict=True):
        for field in schema:
            first = schemas[0].field(field.name) if field.name in schemas[0].names else field
            try:
                pa.unify_schemas(
                    [pa.schema([first]), pa.schema([field])], promote_options="permissive"
                )
            except (pa.ArrowException, TypeError):
                raise ValueError(
                    f"Column {field.name!r} is {field.type} in {file.name}, but "
                    f"{first.type} in {files[0].name}: give one type."
                ) from None
