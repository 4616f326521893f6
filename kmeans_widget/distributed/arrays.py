"""Blocks of arrays: in memory, mapped from a file, or read by slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.distributed.sources import DEFAULT, Options, Source
from kmeans_widget.distributed.threads import ThreadEngine
from kmeans_widget.validation.messages import count
from kmeans_widget.validation.weights import as_weights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kmeans_widget.core.arrays import Float64s, Floats


@dataclass(frozen=True, slots=True, eq=False)
class ArrayBlock:
    """A block that is an array.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_rows,), default=None
    name : str
    start : int
        Number of its first row in the data.
    names : tuple of str, default=None
        Of the columns.
    """

    X: Floats
    weights: Float64s | None = None
    name: str = "this block"
    start: int = 0
    names: tuple[str, ...] | None = None

    def read(self) -> tuple[Floats, Float64s | None]:
        """Return rows and weights."""
        return self.X, self.weights


@dataclass(frozen=True, slots=True, eq=False)
class SliceBlock:
    """Rows of an array that is read by slices, such as one of Zarr.

    Parameters
    ----------
    array : object
        Has a shape, and gives slices as arrays.
    start, stop : int
    weights : ndarray of shape (n_rows,), default=None
    """

    array: Any
    start: int
    stop: int
    weights: Float64s | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{type(self.array).__name__}, rows {self.start:,} to {self.stop - 1:,}"

    def read(self) -> tuple[Floats, Float64s | None]:
        """Return rows and weights."""
        return np.asarray(self.array[self.start : self.stop]), self.weights


def open_source(X: Any, sample_weight: Any, options: Options = DEFAULT) -> Source:
    """Open an array that is read by slices."""
    check_matrix(X, "X")
    check_no_columns(options)
    weights = None if sample_weight is None else as_weights(sample_weight, len(X))
    # The chunks of Zarr are read and unpacked as a whole.
    step = (getattr(X, "chunks", None) or [1])[0]
    return Source(ThreadEngine([
        SliceBlock(X, start, stop, None if weights is None else weights[start:stop])
        for start, stop in row_ranges(X, options.block_bytes, step)
    ]))  # fmt: skip


def row_ranges(X: Any, block_bytes: int, step: int = 1) -> Iterator[tuple[int, int]]:
    """Cut the rows of an array into blocks that begin at multiples of `step`."""
    row_bytes = max(8 * int(X.shape[1]), 1)
    size = max(block_bytes // row_bytes // step, 1) * step
    for start in range(0, int(X.shape[0]), size):
        yield start, min(start + size, int(X.shape[0]))


def check_matrix(X: Any, name: str) -> None:
    """Raise if an array does not have rows and columns of real numbers."""
    if np.dtype(X.dtype).kind not in "biuf":
        raise type_error(name, X.dtype)
    if len(X.shape) != 2:
        fix = " Use X.reshape(-1, 1) for a single column." if len(X.shape) == 1 else ""
        raise ValueError(
            f"{name} has {count(len(X.shape), 'dimension')}; rows and columns are needed.{fix}"
        )
    if X.shape[1] == 0:
        raise ValueError(f"{name} has no columns; at least one is needed.")


def type_error(name: str, kind: Any) -> ValueError:
    """Return the error for an array that is not of numbers."""
    if np.dtype(kind).names is not None:
        return ValueError(
            f"{name} has named fields; rows and columns are needed. Convert it: "
            "numpy.lib.recfunctions.structured_to_unstructured(X)."
        )
    return ValueError(
        f"{name} has values of type {kind}; numbers are needed. Convert it: X.astype(float)."
    )


def check_no_columns(options: Options) -> None:
    """Raise if columns are chosen, which only tables have."""
    if options.columns is not None:
        raise ValueError("columns selects those of a table, but X is an array: use its slices.")
