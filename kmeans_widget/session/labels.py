"""Labels in the notebook: put into a variable or a column, and recognised there later."""

from __future__ import annotations

import hashlib
import sys
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget import validation
from kmeans_widget.datasets import Dataset
from kmeans_widget.validation import LabelTarget, NameTakenError
from kmeans_widget.validation.messages import suggestion
from kmeans_widget.validation.numeric import as_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Indices, Labels
    from kmeans_widget.session.points import Points
    from kmeans_widget.validation import Table

# The labels put into each column, until Python exits: a cell that is run again must neither
# cluster by them nor be refused because of them. Four bytes per row.
_given: dict[LabelTarget, Any] = {}


class _HandedOut(NamedTuple):
    """Values returned to the user, who may have put them into a new column."""

    columns: frozenset[str]
    n_rows: int
    digest: bytes


_handed_out: deque[_HandedOut] = deque(maxlen=100)


def check_free(target: LabelTarget, namespace: Mapping[str, Any]) -> None:
    """Refuse a target that cannot take labels, or whose value would be lost.

    Labels that were put into the column before, and are unchanged, may be replaced.

    Raises
    ------
    ValueError
        If there is no such DataFrame.
    NameTakenError
        If the variable or the column already exists.
    """
    if target.column is None:
        validation.check_name_unused(target.variable, namespace)
        return
    frame = _frame(target, namespace)
    if target.column in list(frame.columns) and not _holds_labels(frame, target.column):
        raise NameTakenError(
            f"{target.variable} has a column {target.column!r} already: choose another name, or "
            "replace it (in Python: replace=True)."
        )


def put(
    labels: Labels,
    points: Points,
    target: LabelTarget,
    namespace: MutableMapping[str, Any],
    *,
    source: str | None = None,
) -> None:
    """Put the label of every point into a variable or a column, replacing its value.

    Rows of the DataFrame that are not points get -1, or a missing value if it supports missing
    integers. A polars DataFrame is immutable, so its variable gets a new one.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), int32
    points : Points
    target : LabelTarget
    namespace : mapping
        The variables.
    source : str or None
        The expression that the points come from.

    Raises
    ------
    ValueError
        If there is no such DataFrame, or its rows are not those of the points.
    """
    if target.column is None:
        namespace[target.variable] = points.on_index(labels)
        return
    frame = _frame(target, namespace)
    rows = _rows_of_data(frame, points.table, is_source=target.variable == source)
    if rows is None:
        raise ValueError(
            f"The {len(frame):,} rows of {target.variable} are not the {points.table.n_rows:,} "
            "of the panel's data, by index or values: open a panel on it as it is now, or put the "
            "labels into a variable, such as labels."
        )
    values, missing = points.on_rows_of_data(labels)
    values, missing = np.where(rows < 0, -1, values[rows]), missing[rows] | (rows < 0)
    given = validation.as_series(values, missing, frame)
    if _library(frame) == "pandas":
        frame[target.column] = given
    else:
        namespace[target.variable] = frame.with_columns(given.alias(target.column))
    frame = namespace[target.variable]
    if target.column not in list(frame.columns) or not _equal(frame[target.column], given):
        raise ValueError(
            f"{target} did not take the labels: put them into a variable, such as labels."
        )
    _given[target] = given


def columns_of_labels(X: Any) -> tuple[str, ...]:
    """Return the names of the columns that labels were put into and that still hold them.

    Parameters
    ----------
    X : array-like, DataFrame or Dataset
    """
    frame = X.X if isinstance(X, Dataset) else X
    if not (_given or _handed_out):
        return ()
    names = validation.column_names(frame) if _library(frame) is None else frame.columns
    return tuple(name for name in names if _holds_labels(frame, name))


def hand_out(values: npt.NDArray[Any], table: Table) -> None:
    """Remember labels or distances that the user may put into a new column of the data.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), int32 or float64
    table : Table
        Its columns existed before: they are data, whatever they hold.
    """
    columns = frozenset(validation.column_names(table.frame))
    if columns:
        _handed_out.append(_HandedOut(columns, len(values), _digest(values)))


def _digest(values: Any) -> bytes:
    """Hash numbers, whatever their dtype; for a missing label, -1."""
    floats = np.array(values, dtype=np.float64)
    missing = np.isnan(floats)
    is_whole = np.array_equal(np.trunc(floats[~missing]), floats[~missing])
    floats[missing] = -1.0 if is_whole else np.nan
    return hashlib.blake2b(floats.tobytes()).digest()


def _library(value: Any) -> str | None:
    """Return the library of a DataFrame that can take a column; None for anything else."""
    for name in ("pandas", "polars"):
        if name in sys.modules and isinstance(value, sys.modules[name].DataFrame):
            return name
    return None


def _frame(target: LabelTarget, namespace: Mapping[str, Any]) -> Any:
    """Find the DataFrame of a column; refuse anything that cannot have this column."""
    name = target.variable
    if name not in namespace:
        frames = [n for n, value in namespace.items() if _library(value) and not n.startswith("_")]
        raise ValueError(
            f"There is no DataFrame {name!r}{suggestion(name, frames)} Labels can also go into a "
            "variable, such as labels."
        )
    frame = namespace[name]
    if _library(frame) is None:
        raise ValueError(
            f"{name} is of type {type(frame).__name__}, but only a DataFrame of pandas or polars "
            "can take the labels as a column: put them into a variable, such as labels."
        )
    alike = [column for column in frame.columns if str(column) == target.column]
    if getattr(frame.columns, "nlevels", 1) > 1 or alike not in ([], [target.column]):
        raise ValueError(
            f"{target.column!r} does not name one column of {name}: choose another name, or put "
            "the labels into a variable, such as labels."
        )
    return frame


def _holds_labels(frame: Any, column: str) -> bool:
    """Whether a column holds labels that were put into one of this name, or were handed out."""
    values = frame[column]
    if any(_agrees(values, given) for known, given in _given.items() if known.column == column):
        return True
    entries = [e for e in _handed_out if e.n_rows == len(frame) and column not in e.columns]
    numbers = as_numbers(values) if entries else None
    if numbers is None or numbers.dtype.kind == "b":
        return False
    digest = _digest(numbers)
    return any(entry.digest == digest for entry in entries)


def _agrees(values: Any, given: Any) -> bool:
    """Whether a column holds given labels; in pandas rows may have been selected or reordered."""
    if _equal(values, given):
        return True
    if hasattr(values, "reindex") and hasattr(given, "reindex") and given.index.is_unique:
        aligned = given.reindex(values.index)
        if not aligned.isna().all() and _equal(values, aligned):
            return True
    return False


def _equal(values: Any, given: Any) -> bool:
    """Whether two columns have the same numbers in the same rows."""
    found, expected = as_numbers(values), as_numbers(given)
    if found is None or expected is None:
        return False
    return np.array_equal(found.astype(float), expected.astype(float), equal_nan=True)


def _rows_of_data(frame: Any, table: Table, *, is_source: bool) -> Indices | None:
    """Find the row of the data that each row of a DataFrame is, -1 for none.

    None if they are not the same rows. Where the index only numbers the rows, and may number
    others, the values of the features are compared.
    """
    ours, theirs = table.index, getattr(frame, "index", None)
    in_order = np.arange(len(frame))
    if ours is None or theirs is None:
        if len(frame) != table.n_rows:
            return None
        renumbered, rows = False, in_order
    elif ours.equals(theirs):
        renumbered, rows = False, in_order
    elif ours.is_unique:
        renumbered, rows = _is_count(theirs), ours.get_indexer(theirs)
    else:
        return None
    if (rows < 0).all():
        return None
    if renumbered or is_source:
        same = _same_values(frame, rows, table)
        if same is False or (renumbered and same is None):
            return None
    elif _is_permuted(frame, rows, table):
        return None
    return rows


def _is_permuted(frame: Any, rows: Indices, table: Table) -> bool:
    """Whether a DataFrame has the same values as the data, but in another order."""
    if len(frame) != table.n_rows or _same_values(frame, rows, table) is not False:
        return False
    try:
        found = validation.as_table(frame, columns=list(table.columns), missing="drop")
    except (TypeError, ValueError):
        return False
    return np.array_equal(np.sort(found.samples.X, axis=0), np.sort(table.samples.X, axis=0))


def _is_count(index: Any) -> bool:
    """Whether an index only numbers the rows."""
    return getattr(index, "step", 0) == 1 and index.start == 0


def _same_values(frame: Any, rows: Indices, table: Table) -> bool | None:
    """Whether rows of a DataFrame have the features of the data; None if it has no such columns."""
    names = list(table.columns)
    if not set(names) <= {str(column) for column in frame.columns}:
        return None
    try:
        part = frame if (rows >= 0).all() else frame[rows >= 0]
        found = validation.as_table(part, columns=names, missing="drop")
    except (TypeError, ValueError):
        return False
    rows = rows[rows >= 0][found.rows]
    known = np.isin(rows, table.rows)  # the others had a missing value
    at = np.searchsorted(table.rows, rows[known])
    return np.array_equal(found.samples.X[known], table.samples.X[at])
