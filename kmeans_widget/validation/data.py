"""Raw input becomes samples."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.datasets import Dataset
from kmeans_widget.validation.reach import largest_coordinate, too_large
from kmeans_widget.validation.sparse import as_sparse_samples, is_sparse
from kmeans_widget.validation.weights import as_weights
from kmeans_widget.validation.words import described, listed, shown, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.core.sparse import SparseSamples


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Data that passed the door.

    Parameters
    ----------
    samples : ArraySamples
        The numbers and the weights.
    feature_names : tuple of str
        Names of the columns in use; "feature 0", "feature 1", ... where the data have none.
    index : object or None
        The row labels of a DataFrame, for giving results back on the same rows.
    named : bool
        Whether the columns have names of their own, all of them text.
    positions : tuple of int or None
        Which columns are in use, counted from 0; None where all are, in their order.
    weight_column : object or None
        The column of a DataFrame that the weights are.
    """

    samples: ArraySamples
    feature_names: tuple[str, ...]
    index: Any | None = None
    named: bool = False
    positions: tuple[int, ...] | None = None
    weight_column: Any | None = None


def as_table(
    X: Any,
    *,
    columns: Iterable[Any] | str | int | None = None,
    sample_weight: npt.ArrayLike | None = None,
) -> Table:
    """Turn a user's data into samples with named features.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame (pandas, polars, ...) or Dataset
        Finite real numbers. An array of float32 or float64 in C order is used as it is, not
        copied; anything else is copied, to float64 unless all of it is float32.
    columns : str, int or iterable of them, default=None
        The columns to use, by name, or by position where the data have no names. None takes all.
    sample_weight : array-like of shape (n_samples,) or float, default=None
        Weight of each row: not negative, not all zero. None means 1 each.

    Returns
    -------
    Table

    Raises
    ------
    ValueError, TypeError
        When the data cannot be clustered as they are.

    Examples
    --------
    >>> table = as_table([[1, 2, 3], [4, 5, 6]], columns=[0, 2])
    >>> table.feature_names
    ('feature 0', 'feature 2')
    >>> table.samples.X
    array([[1., 3.],
           [4., 6.]])
    >>> as_table([[1.0, 2.0], [3.0, float("nan")]])
    Traceback (most recent call last):
        ...
    ValueError: Input X contains NaN. 1 of 2 rows (column 'feature 1') must be dropped or filled in.
    """
    data, names = (X.X, X.feature_names) if isinstance(X, Dataset) else (X, None)
    read = _read_frame if hasattr(data, "columns") else _read_array
    matrix, names, positions = read(data, names, _as_list(columns))
    _check_finite(matrix, names)
    weights = None if sample_weight is None else as_weights(sample_weight, len(matrix))
    _check_range(matrix, weights)
    samples, used = ArraySamples(matrix, weights), None if columns is None else positions
    if not hasattr(data, "columns"):
        return Table(samples, names, positions=used)
    named = all(isinstance(name, str) for name in data.columns)
    return Table(samples, names, getattr(data, "index", None), named, used)


def as_samples(
    X: Any, *, sample_weight: npt.ArrayLike | None = None
) -> ArraySamples | SparseSamples:
    """Turn a user's data into samples; parameters and errors as in `as_table`.

    A sparse matrix stays sparse.

    Examples
    --------
    >>> as_samples([[1, 2], [3, 4], [5, 6]]).n_samples
    3
    """
    if is_sparse(X):
        return as_sparse_samples(X, sample_weight)
    return as_table(X, sample_weight=sample_weight).samples


def _read_frame(
    frame: Any, names: Sequence[str] | None, columns: list[Any] | None
) -> tuple[Floats, tuple[str, ...], tuple[int, ...]]:
    """Read the chosen columns of a DataFrame, one by one: they may differ in type.

    Returns the numbers, the names of the columns and their positions.
    """
    names = [str(name) for name in frame.columns] if names is None else list(names)
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"X has several columns named {listed(repeated)}. Rename them first.")
    found = range(len(names)) if columns is None else [_find(c, names) for c in columns]
    chosen = tuple(dict.fromkeys(found))  # a column asked for twice is used once
    keys = list(frame.columns)
    parts = {names[i]: _numbers(frame[keys[i]]) for i in chosen}
    _check_size((len(frame), len(parts)))
    if bad := [name for name, part in parts.items() if part is None]:
        good = [name for name, part in parts.items() if part is not None]
        mend = f"Leave out what is no number: columns={good}." if good else "Numbers are needed."
        raise ValueError(f"Column{'s' * (len(bad) > 1)} {listed(bad)} of X cannot be read as "
                         f"numbers. {mend}")  # fmt: skip
    stacked = np.column_stack([part for part in parts.values() if part is not None])
    return _as_floats(stacked), tuple(parts), chosen


def _read_array(
    X: Any, names: Sequence[str] | None, columns: list[Any] | None
) -> tuple[Floats, tuple[str, ...], tuple[int, ...]]:
    """Read an array-like, and the chosen columns of it; returns what `_read_frame` does."""
    array = _as_array(X)
    _check_shape(array, X)
    names = [f"feature {i}" for i in range(array.shape[1])] if names is None else list(names)
    if columns is None:
        return _as_floats(array), tuple(names), tuple(range(len(names)))
    chosen = tuple(_find(column, names) for column in columns)
    _check_size((len(array), len(chosen)))
    return _as_floats(array[:, chosen]), tuple(names[i] for i in chosen), chosen


def _as_array(X: Any) -> npt.NDArray[Any]:
    """Return an array-like as an array of real numbers."""
    if hasattr(X, "toarray"):
        raise TypeError("Sparse data was passed, but dense data is required. Use X.toarray().")
    try:
        array = np.asarray(X)
    except ValueError:
        raise ValueError(
            "The rows of X have different lengths. Give every sample the same number of features."
        ) from None
    if array.dtype.kind == "c":
        raise ValueError("Complex data not supported. Use X.real, or real and imaginary columns.")
    if array.dtype.kind in "OUSmMV" and array.ndim == 2:
        # Read again: numpy turns the numbers beside a text into texts.
        return _array_of_objects(np.asarray(X, dtype=object))
    return array


def _array_of_objects(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Read an array of Python objects column by column, so that an error can name the column."""
    parts = [_numbers(array[:, i]) for i in range(array.shape[1])]
    if bad := [str(i) for i, part in enumerate(parts) if part is None]:
        raise ValueError(
            f"Column{'s' * (len(bad) > 1)} {', '.join(bad)} of X (counted from 0) cannot be read "
            "as numbers. Leave text out, or encode it as numbers."
        )
    kept = [part for part in parts if part is not None]
    return np.column_stack(kept) if kept else array.astype(np.float64)


def _numbers(column: Any) -> npt.NDArray[Any] | None:
    """Return a column as an array of numbers, missing values as NaN; None if it holds others."""
    values = np.asarray(column)
    if values.dtype.kind in "biuf":
        return values
    if values.dtype.kind != "O":
        return None
    missing = [value is None or type(value).__name__ in ("NAType", "NaTType") for value in values]
    numeric = [gap or isinstance(v, Real) for gap, v in zip(missing, values, strict=True)]
    if not all(numeric):
        return None
    try:
        return np.where(missing, np.nan, values).astype(np.float64)
    except OverflowError:  # an integer beyond all floats
        return None


def _check_shape(array: npt.NDArray[Any], X: Any) -> None:
    """Refuse what is not a table of rows and columns."""
    if array.ndim == 0:
        raise ValueError(
            f"Expected 2D array, got {described(X)} instead. "
            "Give one row per sample, for instance [[1, 2], [3, 4]]."
        )
    if array.ndim == 1:
        mend = "X.to_frame()" if hasattr(X, "to_frame") else "np.reshape(X, (-1, 1))"
        raise ValueError(
            "Expected 2D array, got 1D array instead. Give one row per sample: "
            f"{mend} if these are samples of a single feature, [X] if this is a single sample."
        )
    if array.ndim > 2:
        raise ValueError(
            f"Found array with dim {array.ndim}, while dim <= 2 is required. "
            "Use X.reshape(len(X), -1) for one row per sample."
        )
    _check_size(array.shape)


def _check_size(shape: tuple[int, ...]) -> None:
    """Refuse a table without rows or without columns."""
    if shape[0] == 0:
        raise ValueError(
            f"Found array with 0 sample(s) (shape={shape}) while a minimum of 1 is required. "
            "Check the filter or the file that X comes from."
        )
    if shape[1] == 0:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={shape}) while a minimum of 1 is required. "
            "Choose at least one column."
        )


def _as_floats(array: npt.NDArray[Any]) -> Floats:
    """Return an array as the kernels want it: float32 if it is that, else float64; C order."""
    dtype = np.float32 if array.dtype == np.float32 else np.float64
    return np.require(array, dtype=dtype, requirements=["C", "ALIGNED"])


def _check_finite(matrix: Floats, names: tuple[str, ...]) -> None:
    """Refuse NaN and infinity, and say where they are."""
    # A finite sum proves it in one fast pass; overflow only leads to the closer look.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(matrix.sum()):
            return
    bad = ~np.isfinite(matrix)
    if not bad.any():
        return
    n_rows = int(bad.any(axis=1).sum())
    where = [names[i] for i in np.flatnonzero(bad.any(axis=0))]
    large = f"infinity or a value too large for dtype('{matrix.dtype}')"
    raise ValueError(
        f"Input X contains {'NaN' if np.isnan(matrix).any() else large}. {n_rows} of "
        f"{len(matrix)} rows (column{'s' * (len(where) > 1)} {listed(where)}) must be dropped or "
        "filled in."
    )


def _check_range(matrix: Floats, weights: Float64s | None) -> None:
    """Refuse numbers whose squared distances, added up with their weights, would be infinite."""
    n_samples, n_features = matrix.shape
    largest = max(float(matrix.max()), -float(matrix.min()))
    if largest > largest_coordinate((n_samples, n_features), matrix.dtype, weights):
        raise too_large(largest, "Input X contains", matrix.dtype)


def _as_list(columns: Iterable[Any] | str | int | None) -> list[Any] | None:
    """Return one column as a list of one."""
    if columns is None:
        return None
    if isinstance(columns, str | Integral):
        return [columns]
    try:
        return list(columns)  # type: ignore[arg-type]  # no str or int is left
    except TypeError:
        raise TypeError(
            f"columns must be a name, a position or a list of them, got {described(columns)}."
        ) from None


def _find(column: Any, names: Sequence[str]) -> int:
    """Return the position of a column that is given by its name or, without names, its number."""
    if str(column) in names:
        return names.index(str(column))
    if f"feature {column}" in names:
        return names.index(f"feature {column}")
    raise ValueError(
        f"X has no column {shown(column)}{suggestion(str(column), names)} "
        f"Choose from {listed(names, 8)}."
    )
