"""The numbers in a table, whatever kind of table it is."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.validation.words import described, listed, shown, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats


class NotNumbersError(ValueError):
    """Columns hold other things than numbers.

    Attributes
    ----------
    bad, good : list of str
        The names of these columns, and of the others.
    """

    def __init__(self, bad: list[str], good: list[str]) -> None:
        self.bad, self.good = bad, good
        super().__init__(self.told(f"columns={good}"))

    def told(self, choice: str) -> str:
        """Say it, with the words that choose the good columns."""
        mend = f"Leave out what is no number: {choice}." if self.good else "Numbers are needed."
        which = f"Column{'s' * (len(self.bad) > 1)} {listed(self.bad)}"
        return f"{which} of X cannot be read as numbers. {mend}"


def read_frame(
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
        raise NotNumbersError(bad, good)
    stacked = np.column_stack([part for part in parts.values() if part is not None])
    return _as_floats(stacked), tuple(parts), chosen


def read_array(
    X: Any, names: Sequence[str] | None, columns: list[Any] | None
) -> tuple[Floats, tuple[str, ...], tuple[int, ...]]:
    """Read an array-like, and the chosen columns of it; returns what `read_frame` does."""
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


def as_list(columns: Iterable[Any] | str | int | None) -> list[Any] | None:
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
