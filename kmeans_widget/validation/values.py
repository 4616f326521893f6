"""A column of few values, or given values, that clusters are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.validation.messages import quoted_list, suggestion, typed_repr
from kmeans_widget.validation.tables import (
    as_frame,
    check_same_index,
    different_values,
    in_order,
    is_missing_or_nan,
)

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Labels

MAX_VALUES = 20  # different ones
FIRST_ROWS = 10_000  # looked at first: with more values in them, a column is no candidate
GIVEN = "given values"


class Values(NamedTuple):
    """Known groups of rows, such as the true species.

    Attributes
    ----------
    name : str
        Of the column, or "given values".
    names : tuple of str
        The different values, in their order.
    codes : ndarray of shape (n_rows,), int32
        The position of each row's value among them; -1 if it is missing.
    """

    name: str
    names: tuple[str, ...]
    codes: Labels


def candidate_columns(data: Any) -> list[str]:
    """List the columns of a table that have 2 to `MAX_VALUES` different values.

    Examples
    --------
    >>> import pandas as pd
    >>> candidate_columns(pd.DataFrame({"a": ["x", "y"], "b": [1, 1], "c": [[], []]}))
    ['a']
    """
    frame = as_frame(data)
    if frame is None:
        return []
    found = []
    for name, series in zip(frame.columns, frame.iter_columns(), strict=True):
        values = different_values(series[:FIRST_ROWS])
        if values is None or len(values) > MAX_VALUES:
            continue
        values = different_values(series) if len(series) > FIRST_ROWS else values
        if values is not None and 2 <= len(values) <= MAX_VALUES:
            found.append(str(name))
    return found


def check_values(given: Any, data: Any, n_rows: int) -> Values | None:
    """Return the values that clusters are compared with; None for None.

    Parameters
    ----------
    given : str, array-like of shape (n_rows,), or None
        The name of a column of the data, or a value for each row.
    data : object
        The data.
    n_rows : int

    Raises
    ------
    ValueError, TypeError
        If there is no such column, if there is not one value per row, or if there are too many
        different ones.

    Examples
    --------
    >>> check_values(["b", "a", None], [[1.0], [2.0], [3.0]], 3)
    Values(name='given values', names=('a', 'b'), codes=array([ 1,  0, -1], dtype=int32))
    """
    if given is None:
        return None
    import narwhals.stable.v2 as nw

    if isinstance(given, str):
        frame = as_frame(data)
        columns = [] if frame is None else [str(name) for name in frame.columns]
        if given not in columns:
            has = (
                f"Choose from {quoted_list(columns)}." if columns else "Give a value for each row."
            )
            raise ValueError(f"X has no column {given!r}{suggestion(given, columns)} {has}")
        name, series = given, frame[:, columns.index(given)]
    else:
        name = GIVEN
        try:
            series = nw.from_native(given, series_only=True)
            name = str(series.name) if series.name else GIVEN
        except TypeError:
            try:
                array = np.array(given, dtype=object)
            except ValueError:
                array = np.empty((0, 0), dtype=object)
            if array.ndim != 1:
                raise TypeError(
                    "color_by must be the name of a column or a value for each row, got "
                    f"{typed_repr(given)}."
                ) from None
            return _of_objects(array, n_rows)
    if len(series) != n_rows:
        raise _length_error(len(series), n_rows)
    check_same_index(given, data, "color_by")
    different = different_values(series)
    if different is None:
        raise ValueError(f"color_by: the values of {name!r} cannot be compared with each other.")
    _check_number(name, different)
    codes = np.full(n_rows, -1, np.int32)
    for code, value in enumerate(different):
        codes[(series == value).fill_null(False).to_numpy().astype(bool)] = code  # noqa: FBT003
    return Values(name, tuple(map(_written, different)), codes)


def _of_objects(array: Any, n_rows: int) -> Values:
    if len(array) != n_rows:
        raise _length_error(len(array), n_rows)
    known = [value for value in array.tolist() if not is_missing_or_nan(value)]
    try:
        different = in_order({*known})
    except TypeError:
        raise ValueError(
            "color_by: the values cannot be compared with each other. Give text or numbers."
        ) from None
    _check_number(GIVEN, different)
    code_of = {value: code for code, value in enumerate(different)}
    codes = [-1 if is_missing_or_nan(value) else code_of[value] for value in array.tolist()]
    return Values(GIVEN, tuple(map(_written, different)), np.array(codes, np.int32))


def _written(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _check_number(name: str, different: list[Any]) -> None:
    if not different:
        raise ValueError(f"color_by: all values of {name!r} are missing.")
    if len(different) > MAX_VALUES:
        raise ValueError(
            f"color_by: {name!r} has {len(different):,} different values, but at most {MAX_VALUES} "
            "can be told apart. Choose a column with fewer, or group them."
        )


def _length_error(n: int, n_rows: int) -> ValueError:
    return ValueError(
        f"color_by has {n:,} values, but X has {n_rows:,} rows. Give one value for each row."
    )
