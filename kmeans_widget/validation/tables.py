"""Read the numbers from any kind of table or array-like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, is_dataclass, replace
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.validation.messages import (
    error_message,
    error_summary,
    quoted_list,
    short_repr,
    suggestion,
    typed_repr,
)
from kmeans_widget.validation.numeric import as_numbers, is_missing, masked_as_nan

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Labels

# The method that computes a lazy table, by library.
_COMPUTE = {"duckdb": "df", "dask": "compute", "ibis": "execute", "pyspark": "toPandas"}
_ID_WORDS = {"id", "ids", "uid", "uuid", "guid", "pk", "identifier", "identifiers", "rowid"}
_MIN_UNIQUE = 20  # with fewer rows, distinct whole numbers say nothing about identifiers
MAX_CATEGORIES = 20  # different values of a column that become a feature each
DAYS = " (days since 1970)"  # after the name of a column of dates
_FIRST_ROWS = 10_000  # checked first: repeated values in them decide it


class NonNumericError(ValueError):
    """Some columns are not numeric.

    Attributes
    ----------
    non_numeric, numeric : list of str
        The names of these columns, and of the others.
    """

    def __init__(
        self, non_numeric: list[str], numeric: list[str], hint: str = "Numbers are needed."
    ) -> None:
        self.non_numeric, self.numeric, self._hint = non_numeric, numeric, hint
        super().__init__(self.message_with(f"columns={numeric}"))

    def message_with(self, choice: str) -> str:
        """Return the message, with the argument or option that selects the numeric columns."""
        fix = f"Leave out what is not a number: {choice}." if self.numeric else self._hint
        which = f"Column{'s' * (len(self.non_numeric) > 1)} {quoted_list(self.non_numeric)}"
        return f"{which} of X cannot be read as numbers. {fix}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Columns that were left out, or perhaps should be, where none were selected by name.

    Parameters
    ----------
    not_numbers : tuple of str
        Left out: text, dates, categories, or no values at all.
    identifiers : tuple of str
        Left out: named like identifiers.
    labels, weights : tuple of str
        Left out: hold the labels of an earlier run, or the weights.
    unique : tuple of str
        Used, although they have a different whole number in each row.
    """

    not_numbers: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Columns that were left out, and why."""
        return (
            (self.not_numbers, "not numbers"),
            (self.identifiers, "identifier"),
            (self.labels, "labels"),
            (self.weights, "weights"),
        )


NOTHING_LEFT_OUT = LeftOut()


class Columns(NamedTuple):
    """The columns in use: their values, names and positions in the data."""

    matrix: Floats
    names: tuple[str, ...]
    positions: tuple[int, ...]
    left_out: LeftOut = NOTHING_LEFT_OUT
    encodings: tuple[Encoding | None, ...] | None = None  # None: all are numbers as they are


class Encoding(NamedTuple):
    """How a feature was made from a column that is not numeric: one of both is set.

    Attributes
    ----------
    value : object
        The feature is 1 where the column has this value, else 0.
    days : str
        The feature counts days since 1970: "date", "time", or "zoned" with a time zone.
    """

    value: Any = None
    days: str = ""


def as_frame(X: Any) -> Any:
    """Return a table of any library as a narwhals DataFrame; None if X is not a table.

    Raises
    ------
    TypeError
        If the table is lazy; the message names the method that computes it.
    ValueError
        If several columns have the same name.

    Examples
    --------
    >>> as_frame([[1, 2]]) is None
    True
    """
    if X is None or isinstance(X, np.ndarray | list | tuple | str):
        return None
    library = type(X).__module__.partition(".")[0]
    if library == "dask" and hasattr(X, "columns"):  # narwhals warns
        raise _lazy_table_error(X, library)
    import narwhals.stable.v2 as nw  # takes 0.1 s: only if X may be a table

    try:
        frame = nw.from_native(X, pass_through=True)
    except nw.exceptions.DuplicateError:
        _check_unique([str(name) for name in getattr(X, "column_names", None) or X.columns])
        raise
    if isinstance(frame, nw.LazyFrame):
        raise _lazy_table_error(X, str(frame.implementation))
    return frame if isinstance(frame, nw.DataFrame) else None


def column_names(X: Any) -> list[str]:
    """Return the column names of a table as strings; empty if X is not a table in memory.

    Examples
    --------
    >>> import pandas as pd
    >>> column_names(pd.DataFrame({"a": [1], 5: [2]})), column_names([[1, 2]])
    (['a', '5'], [])
    """
    try:
        frame = as_frame(X)
    except (TypeError, ValueError):
        return []
    return [] if frame is None else [str(name) for name in frame.columns]


def column(X: Any, position: int) -> tuple[Any, Any]:
    """Return the values of a column of a table, and its name in the table.

    Examples
    --------
    >>> import pandas as pd
    >>> column(pd.DataFrame({"a": [1, None]}), 0)
    (array([ 1., nan]), 'a')
    """
    frame = as_frame(X)
    series = frame[:, position]
    numbers = column_numbers(series)
    return (series.to_numpy() if numbers is None else numbers), frame.columns[position]


def as_series(
    values: Labels, missing: npt.NDArray[np.bool_], table: Any, index: Any | None = None
) -> Any:
    """Return integers, one for each row of a table, as a Series of the table's library.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), int32
    missing : ndarray of shape (n_rows,), bool
        Rows to mark as missing, if the table's integer dtypes support missing values.
    table : DataFrame, or None for an array
        Only its library and the dtypes of its columns are used.
    index : pandas.Index, default=None
        Index of the result for a pandas table; None means the table's own.

    Returns
    -------
    ndarray or Series
        An array if `table` is None or of another library than pandas, polars and Arrow.

    Examples
    --------
    >>> import pandas as pd
    >>> labels, gaps = np.array([1, -1], dtype=np.int32), np.array([False, True])
    >>> as_series(labels, gaps, pd.DataFrame({"a": [1.0, 2.0]})).tolist()
    [1, -1]
    >>> as_series(labels, gaps, pd.DataFrame({"a": [1.0, None]}, dtype="Float64")).tolist()
    [1, <NA>]
    """
    frame = as_frame(table)
    library = "" if frame is None else str(frame.implementation)
    if library == "pandas":
        import pandas as pd

        dtypes = frame.to_native().dtypes
        nullable = any(getattr(dtype, "na_value", None) is pd.NA for dtype in dtypes)
        given = pd.array(values, dtype="Int32") if nullable else np.asarray(values, dtype=np.int32)
        if nullable:
            given[missing] = pd.NA
        return pd.Series(given, index=table.index if index is None else index, name="cluster")
    if library not in {"polars", "pyarrow"}:
        return values
    import narwhals.stable.v2 as nw

    kept = [None if gap else value for value, gap in zip(values.tolist(), missing, strict=True)]
    return nw.new_series("cluster", kept, nw.Int32, backend=frame.implementation).to_native()


def new_frame(columns: dict[str, Any], like: Any) -> Any:
    """Return columns as a narwhals DataFrame of the library of another one; None means pandas.

    Raises
    ------
    ImportError
        If pandas is needed and not installed.

    Examples
    --------
    >>> new_frame({"x": [1, 2]}, None).to_native()["x"].tolist()
    [1, 2]
    """
    import narwhals.stable.v2 as nw

    if like is not None:
        return nw.from_dict(columns, backend=like.implementation)
    try:
        return nw.from_dict(columns, backend="pandas")
    except ImportError:
        raise ImportError(
            "For an array, the result is a DataFrame of pandas, which is not installed. Use "
            "pip install pandas, or give a table."
        ) from None


def with_columns(frame: Any, columns: dict[str, Any]) -> Any:
    """Return a narwhals DataFrame with further columns as a DataFrame of its library.

    Parameters
    ----------
    frame : narwhals.DataFrame
    columns : dict of str to ndarray of shape (n_rows,) or Series
        NaN becomes a missing value.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = as_frame(pd.DataFrame({"a": [1, 2]}, index=["x", "y"]))
    >>> with_columns(frame, {"b": np.array([3, 4])}).loc["y"].tolist()
    [2, 4]
    """
    import narwhals.stable.v2 as nw

    series = []
    for name, values in columns.items():
        if not isinstance(values, np.ndarray):
            series.append(nw.from_native(values, series_only=True).alias(name))
            continue
        kind = nw.Float64 if values.dtype.kind == "f" else nw.Int32
        made = nw.new_series(name, values, kind, backend=frame.implementation)
        series.append(made.fill_nan(None) if kind is nw.Float64 else made)
    return frame.with_columns(*series).to_native()


def read_frame(
    frame: Any,
    names: Sequence[str] | None,
    columns: list[Any] | None,
    *,
    leave_out: bool = False,
    weights: Float64s | None = None,
    weight_column: Any = None,
    label_columns: Sequence[str] = (),
) -> Columns:
    """Read the columns of a narwhals DataFrame one by one, as their dtypes may differ.

    Without `columns`, all are read; with `leave_out`, all but non-numeric ones, identifiers, and
    those that hold the weights or labels. With both, non-numeric ones are encoded.
    """
    names = [str(name) for name in frame.columns] if names is None else list(names)
    _check_unique(names)
    found = range(len(names)) if columns is None else [_find_column(c, names) for c in columns]
    chosen = list(dict.fromkeys(found))  # a column named twice is used once
    _check_size((len(frame), len(chosen)))
    series = list(frame.iter_columns())  # frame[:, i] would cost O(n_columns) each time
    parts = {i: column_numbers(series[i]) for i in chosen}
    left_out = NOTHING_LEFT_OUT
    if columns is None and leave_out:
        if weight_column is not None:
            parts.pop(frame.columns.index(weight_column))
        elif weights is not None and sum(part is not None for part in parts.values()) > 1:
            same = (
                i
                for i, part in parts.items()
                if part is not None and _equals_weights(part, weights)
            )
            parts.pop(next(same, -1), None)
        as_weights = tuple(names[i] for i in chosen if i not in parts)
        non_numeric = [i for i, p in parts.items() if is_category(series[i]) or _is_empty(p)]
        parts, left_out = _choose_features(names, parts, non_numeric, label_columns)
        left_out = replace(left_out, weights=as_weights)
    if columns is not None and leave_out:
        return _encode_columns(names, series, parts)
    if not parts:
        raise ValueError(
            f"X has no column besides the weights, {str(weight_column)!r}. Add one to cluster by."
        )
    if non_numeric_names := [names[i] for i, part in parts.items() if part is None]:
        numeric_names = [names[i] for i, part in parts.items() if part is not None]
        hint = _stack_hint(frame, names, non_numeric_names)
        raise NonNumericError(non_numeric_names, numeric_names, hint)
    stacked = np.column_stack([part for part in parts.values() if part is not None])
    return Columns(_as_floats(stacked), tuple(names[i] for i in parts), tuple(parts), left_out)


def _encode_columns(
    names: Sequence[str], series: list[Any], parts: dict[int, npt.NDArray[Any] | None]
) -> Columns:
    """Return the columns in `parts` as features; those that are not numeric are encoded."""
    features: list[tuple[int, str, npt.NDArray[Any], Encoding | None]] = []
    impossible = []
    for i, part in parts.items():
        if part is not None:
            features.append((i, names[i], part, None))
        elif encoded := encode(names[i], series[i]):
            features += [(i, *feature) for feature in encoded]
        else:
            impossible.append(i)
    if impossible:
        usable = [names[i] for i in parts if i not in impossible]
        raise NonNumericError([names[i] for i in impossible], usable)
    positions, of, values, encodings = zip(*features, strict=True)
    _check_unique(of)
    return Columns(
        _as_floats(np.column_stack(values)), of, positions,
        encodings=encodings if any(encodings) else None,
    )  # fmt: skip


def read_array(X: Any, names: Sequence[str] | None, columns: list[Any] | None) -> Columns:
    """Read the columns of an array-like; None means all."""
    array = _as_array(X)
    _check_shape(array, X)
    names = [f"feature {i}" for i in range(array.shape[1])] if names is None else list(names)
    if columns is None:
        return Columns(_as_floats(array), tuple(names), tuple(range(len(names))))
    chosen = tuple(dict.fromkeys(_find_column(column, names) for column in columns))
    _check_size((len(array), len(chosen)))
    return Columns(_as_floats(array[:, chosen]), tuple(names[i] for i in chosen), chosen)


def encode(name: str, series: Any) -> list[tuple[str, Float64s, Encoding]] | None:
    """Return a narwhals Series that is not numeric as features, NaN where it is missing.

    None if its values cannot be compared.

    Dates and times become days since 1970. Anything else of at most `MAX_CATEGORIES` different
    values becomes a feature for each of them: 1 where the column has it, else 0.

    Raises
    ------
    ValueError
        If the column has more different values, or numbers as text.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = as_frame(pd.DataFrame({"city": ["Rom", "Ulm"]}))
    >>> [(name, values.tolist()) for name, values, _ in encode("city", frame["city"])]
    [('city = Rom', [1.0, 0.0]), ('city = Ulm', [0.0, 1.0])]
    """
    import narwhals.stable.v2 as nw

    if isinstance(series.dtype, nw.Datetime | nw.Date):
        zone = getattr(series.dtype, "time_zone", None)
        kind = "date" if isinstance(series.dtype, nw.Date) else "zoned" if zone else "time"
        return [(f"{name}{DAYS}", _days(series), Encoding(days=kind))]
    values = different_values(series)
    if values is None:
        return None
    if _look_like_numbers(values):
        raise ValueError(
            f"Column {name!r} is text, but its values look like numbers. Convert it, as in "
            f"X[{name!r}].astype(float), or leave it out."
        )
    if len(values) > MAX_CATEGORIES:
        raise ValueError(
            f"Column {name!r} is not numeric and has {len(values):,} different values, too many "
            f"for a feature each (at most {MAX_CATEGORIES}). Leave it out, or group them."
        )
    missing = series.is_null().to_numpy().astype(bool)
    found = []
    for value in values:
        is_value = (series == value).fill_null(False).to_numpy().astype(np.float64)  # noqa: FBT003
        is_value[missing] = np.nan
        found.append((f"{name} = {value}", is_value, Encoding(value=value)))
    return found


def _look_like_numbers(values: list[Any]) -> bool:
    """Whether all values are text that reads as a number."""
    try:
        return all(isinstance(value, str) and float(value) == float(value) for value in values)
    except ValueError:
        return False


def check_same_index(values: Any, data: Any, name: str) -> None:
    """Raise if a Series of pandas has another index than the data, which it belongs to by rows.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [1, 2]}, index=["x", "y"])
    >>> check_same_index(pd.Series([3, 4], index=["y", "x"]), frame, "sample_weight")
    Traceback (most recent call last):
        ...
    ValueError: The index of sample_weight is not that of X. Use sample_weight.reindex(X.index), or
    sample_weight.to_numpy() if it is in the order of the rows.
    """
    index: Any = getattr(values, "index", None)
    own = getattr(data, "index", None)  # of a list, it is a method
    if hasattr(index, "equals") and hasattr(own, "equals") and not index.equals(own):
        raise ValueError(
            f"The index of {name} is not that of X. Use {name}.reindex(X.index), or "
            f"{name}.to_numpy() if it is in the order of the rows."
        )


def different_values(series: Any) -> list[Any] | None:
    """Return the different values of a narwhals Series in order; None if they cannot be compared.

    Text and numbers can; numbers beside text are ordered as text.
    """
    try:
        values = {v for v in series.unique().to_list() if not is_missing_or_nan(v)}
        if is_category(series):
            return [value for value in series.cat.get_categories().to_list() if value in values]
    except Exception:  # noqa: BLE001  each library has errors of its own for lists and the like
        return None
    return in_order(values) if all(isinstance(v, str | Real | Decimal) for v in values) else None


def in_order(values: set[Any]) -> list[Any]:
    """Sort values; numbers beside text as text."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=str)


class ColumnSummary(NamedTuple):
    """What a column of the data contains.

    Attributes
    ----------
    name : str
    low, high : float
        Least and largest value; NaN if there is none.
    n_missing : int
        Number of missing values.
    obstacle : str
        Why it cannot be used, such as "no values"; empty if it can.
    encoding : str
        What it is, if it is not numeric, but can be used: see `encode`.
    """

    name: str
    low: float
    high: float
    n_missing: int
    obstacle: str = ""
    encoding: str = ""


def summarize_columns(data: Any, names: Sequence[str] | None = None) -> list[ColumnSummary]:
    """Summarize the columns of a table or an array, in their order.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": [41, None, 17], "city": ["Rom", "Ulm", "Rom"]})
    >>> for summary in summarize_columns(frame):
    ...     print(*summary[:4], summary.encoding)
    age 17.0 41.0 1
    city nan nan 0  text: 2 values
    """
    frame = as_frame(data)
    if frame is None:
        read = read_array(data, names, None)
        return [_summary(name, x) for name, x in zip(read.names, read.matrix.T, strict=True)]
    return [
        _summary(str(name), column_numbers(series), series)
        for name, series in zip(frame.columns, frame.iter_columns(), strict=True)
    ]


def other_columns(data: Any, used: Iterable[str], names: Sequence[str] | None = None) -> list[str]:
    """List the columns of a table or an array that are not used, but hold numbers or dates.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [3, 4], "d": [None, None]})
    >>> other_columns(frame, ["a"])
    ['c']
    """
    frame, known = as_frame(data), {*used}
    if frame is None:
        return [name for name in read_array(data, names, None).names if name not in known]
    columns = zip(map(str, frame.columns), frame.iter_columns(), strict=True)
    return [name for name, x in columns if name not in known and not _is_empty(_numbers(x))]


def column_values(data: Any, name: str, names: Sequence[str] | None = None) -> Float64s:
    """Return the values of a column that `other_columns` lists, dates as days since 1970.

    Examples
    --------
    >>> import pandas as pd
    >>> column_values(pd.DataFrame({"day": pd.to_datetime(["1970-01-03", None])}), "day")
    array([ 2., nan])
    """
    frame = as_frame(data)
    if frame is None:
        return np.asarray(read_array(data, names, [name]).matrix[:, 0], dtype=np.float64)
    position = [*map(str, frame.columns)].index(name)
    return np.asarray(_numbers(frame[:, position]), dtype=np.float64)


def axis_label(data: Any, name: str) -> str:
    """Return the name of a column for an axis; for dates, with what is counted.

    Examples
    --------
    >>> import pandas as pd
    >>> axis_label(pd.DataFrame({"day": pd.to_datetime(["1970-01-03"])}), "day")
    'day (days since 1970)'
    """
    import narwhals.stable.v2 as nw

    frame = as_frame(data)
    known = [] if frame is None else [*map(str, frame.columns)]
    is_date = name in known and isinstance(frame[:, known.index(name)].dtype, nw.Datetime | nw.Date)
    return f"{name}{DAYS}" if is_date else name


def _numbers(series: Any) -> npt.NDArray[Any] | None:
    """Return a narwhals Series as numbers, dates as days since 1970; None for anything else."""
    import narwhals.stable.v2 as nw

    if isinstance(series.dtype, nw.Datetime | nw.Date):
        return _days(series)
    return None if is_category(series) else column_numbers(series)


def _days(series: Any) -> Float64s:
    """Return dates and local times of a narwhals Series as days since 1970."""
    import narwhals.stable.v2 as nw

    is_date = isinstance(series.dtype, nw.Date)
    local = series if is_date else series.dt.replace_time_zone(None)
    microseconds = as_numbers(local.dt.timestamp("us").to_numpy())
    return np.asarray(microseconds, dtype=np.float64) / 86_400e6


def _summary(name: str, values: npt.NDArray[Any] | None, series: Any = None) -> ColumnSummary:
    """Summarize a column given as numbers, or as a narwhals Series if it is not numeric."""
    if values is None:
        import narwhals.stable.v2 as nw

        n_missing = int(series.null_count())
        obstacle = encoding = ""
        if n_missing == len(series):
            obstacle = "no values"
        elif isinstance(series.dtype, nw.Datetime | nw.Date):
            oldest, newest = (str(end)[:10] for end in (series.min(), series.max()))
            encoding = f"dates: {oldest} to {newest}"
        else:
            first = different_values(series[:_FIRST_ROWS])
            many = first is not None and len(first) > MAX_CATEGORIES
            found = first if many or len(series) <= _FIRST_ROWS else different_values(series)
            if found is None:
                obstacle = "no numbers"
            elif _look_like_numbers(found):
                obstacle = "numbers as text: convert them"
            elif len(found) > MAX_CATEGORIES:
                obstacle = "text: too many values"
            else:
                encoding = f"text: {len(found)} value{'s' * (len(found) != 1)}"
        return ColumnSummary(name, np.nan, np.nan, n_missing, obstacle, encoding)
    n_missing = int(np.isnan(values).sum()) if values.dtype.kind == "f" else 0
    if n_missing == len(values):
        return ColumnSummary(name, np.nan, np.nan, n_missing, "no values")
    low, high = (np.fmin.reduce(values), np.fmax.reduce(values))  # skip NaN
    return ColumnSummary(name, float(low), float(high), n_missing)


def _check_unique(names: Sequence[str]) -> None:
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise ValueError(f"X has several columns named {quoted_list(repeated)}. Rename them first.")


def _lazy_table_error(X: Any, library: str) -> TypeError:
    call = _COMPUTE.get(library, "collect")
    return TypeError(f"X is a lazy {library} {type(X).__name__}, not in memory. Use X.{call}().")


def column_numbers(series: Any) -> npt.NDArray[Any] | None:
    """Return a narwhals Series as an array, NaN where missing; None if it is not numeric."""
    import narwhals.stable.v2 as nw

    kind = series.dtype
    if isinstance(kind, nw.Decimal | nw.Boolean | nw.Int128 | nw.UInt128):
        kind, series = nw.Float64, series.cast(nw.Float64)
    elif not kind.is_numeric() and isinstance(
        kind, nw.String | nw.Datetime | nw.Date | nw.Time | nw.Duration | nw.List | nw.Struct
    ):
        return None
    numbers = as_numbers(series.to_numpy())
    return numbers if numbers is not None and numbers.ndim == 1 else None  # 2-D: arrays in rows


def is_category(series: Any) -> bool:
    """Whether a narwhals Series is categorical."""
    import narwhals.stable.v2 as nw

    return isinstance(series.dtype, nw.Categorical | nw.Enum)


def _is_empty(values: npt.NDArray[Any] | None) -> bool:
    """Whether a column is not numeric, or all of its values are missing."""
    return values is None or (values.dtype.kind == "f" and bool(np.isnan(values).all()))


def _choose_features(
    names: Sequence[str],
    parts: dict[int, npt.NDArray[Any] | None],
    non_numeric: Sequence[int],
    label_columns: Sequence[str],
) -> tuple[dict[int, npt.NDArray[Any] | None], LeftOut]:
    """Choose the columns to use by default; at least one numeric column always remains."""
    kept = {i: part for i, part in parts.items() if i not in non_numeric and part is not None}
    if not kept:
        return parts, NOTHING_LEFT_OUT
    labels = [i for i in kept if names[i] in label_columns]
    labels = labels if len(labels) < len(kept) else []
    ids = [i for i, part in kept.items() if i not in labels and is_identifier(names[i], part)]
    ids = ids if len(labels) + len(ids) < len(kept) else []
    used = {i: part for i, part in kept.items() if i not in labels and i not in ids}
    return dict(used), LeftOut(
        not_numbers=tuple(names[i] for i in non_numeric),
        identifiers=tuple(names[i] for i in ids),
        labels=tuple(names[i] for i in labels),
        unique=tuple(names[i] for i, part in used.items() if _is_unique(part)),
    )


def _stack_hint(frame: Any, names: Sequence[str], non_numeric: list[str]) -> str:
    """Return the fix where no column is numeric: one may hold an array in each row."""
    for name in non_numeric:
        series = frame[:, names.index(name)]
        if isinstance(series[0], list | tuple | np.ndarray) or hasattr(series[0], "to_list"):
            convert = ".to_pylist()" if hasattr(series.to_native(), "to_pylist") else ""
            return f"{name!r} has an array in each row. Use np.stack(X[{name!r}]{convert})."
    return "Numbers are needed."


def is_identifier(name: str, values: npt.NDArray[Any]) -> bool:
    """Whether a column has whole numbers only, and a name like an identifier.

    Examples
    --------
    >>> ids = np.array([7, 8, 9])
    >>> [is_identifier(name, ids) for name in ("id", "customer_id", "PassengerId", "ORDER-ID")]
    [True, True, True, True]
    >>> [is_identifier(name, ids) for name in ("width", "acid", "bidding")]
    [False, False, False]
    """
    words = re.findall(r"[^\W\d_]+", re.sub(r"([^\W\d_A-Z])([A-Z])", r"\1 \2", name))
    return not _ID_WORDS.isdisjoint(word.lower() for word in words) and _is_whole(values)


def _is_unique(values: npt.NDArray[Any]) -> bool:
    """Whether a column of many rows has a different whole number in each."""
    if len(values) < _MIN_UNIQUE or not _is_whole(values[:_FIRST_ROWS]):
        return False
    return _all_distinct(values[:_FIRST_ROWS]) and _is_whole(values) and _all_distinct(values)


def _all_distinct(values: npt.NDArray[Any]) -> bool:
    return bool((np.diff(np.sort(values)) > 0).all())  # ten times faster than np.unique


def _is_whole(values: npt.NDArray[Any]) -> bool:
    """Whether all values that are not missing are whole numbers."""
    if values.dtype.kind != "f":
        return values.dtype.kind in "iu"
    finite = values[np.isfinite(values)]
    return len(finite) > 0 and not np.any(finite % 1 > 0)


def _equals_weights(values: npt.NDArray[Any] | None, weights: Float64s) -> bool:
    if values is None or values.shape != weights.shape:
        return False
    return np.array_equal(values.astype(np.float64), weights, equal_nan=True)


def _as_array(X: Any) -> npt.NDArray[Any]:
    """Return an array-like as an array of real numbers."""
    if hasattr(X, "toarray"):
        raise TypeError("Sparse data was passed, but dense data is required. Use X.toarray().")
    if hint := _records_hint(X):
        raise ValueError(f"Expected 2D array, got records ({type(X).__name__}) instead. {hint}")
    array = _to_array(X)
    if array.dtype.kind == "c":
        raise ValueError(
            "Complex data not supported. Use np.real(X), or real and imaginary columns."
        )
    if array.dtype.kind in "OUSmMV" and array.ndim == 2:
        # numpy converts numbers next to strings to strings: read them again as objects.
        is_text = array.dtype.kind in "US"
        return _array_of_objects(np.asarray(X, dtype=object) if is_text else array)
    return array


def _records_hint(X: Any) -> str:
    """Return the call that converts records (dicts, structured arrays) to a table; else ""."""
    dtype = getattr(X, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.names is not None:
        if isinstance(X, np.ma.MaskedArray):
            return "Use pd.DataFrame({name: X[name] for name in X.dtype.names})."
        return "Use pd.DataFrame(X)."
    if isinstance(X, dict):
        sized = all(hasattr(v, "__len__") and not isinstance(v, str) for v in X.values())
        return "Use pd.DataFrame(X)." if sized else "Use pd.DataFrame([X])."
    first = X[0] if isinstance(X, list | tuple) and X else None
    if isinstance(first, dict) or (is_dataclass(first) and not isinstance(first, type)):
        return "Use pd.DataFrame(X)."
    return ""


def _to_array(X: Any) -> npt.NDArray[Any]:
    """Return an array-like as an array; any error becomes a `ValueError` of one sentence."""
    try:
        return masked_as_nan(X)
    except Exception as error:  # noqa: BLE001  it may be anybody's class that is converted
        if "inhomogeneous" in error_message(error):
            raise ValueError(
                "The rows of X have different lengths. Give every sample the same number of "
                "features."
            ) from None
        convert = " Use X.to_pandas()." if hasattr(X, "to_pandas") else ""
        raise ValueError(
            f"X of type {type(X).__name__} cannot be read as an array ({error_summary(error)})."
            f"{convert}"
        ) from None


def _array_of_objects(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Convert an array of Python objects column by column, so that an error names the columns."""
    parts = [as_numbers(array[:, i]) for i in range(array.shape[1])]
    if non_numeric := [str(i) for i, part in enumerate(parts) if part is None]:
        raise ValueError(
            f"Column{'s' * (len(non_numeric) > 1)} {', '.join(non_numeric)} of X (counted from 0) "
            "cannot be read as numbers. Leave text out, or encode it as numbers."
        )
    kept = [part for part in parts if part is not None]
    return np.column_stack(kept) if kept else array.astype(np.float64)


def _check_shape(array: npt.NDArray[Any], X: Any) -> None:
    """Raise if an array is not 2-D, or empty."""
    if array.ndim == 0:
        is_iterable = isinstance(X, Iterable) and not isinstance(X, str | bytes)
        example = "Give one row per sample, for instance [[1, 2], [3, 4]]."
        fix = "Use list(X)." if is_iterable else example
        raise ValueError(f"Expected 2D array, got {typed_repr(X)} instead. {fix}")
    if array.ndim == 1:
        raise ValueError(f"Expected 2D array, got 1D array instead. {_rows_hint(array, X)}")
    if array.ndim > 2:
        by_pixel, by_sample = (-1, array.shape[-1]), (len(array), -1)
        is_image = array.ndim == 3 and array.shape[-1] in (3, 4)
        rows, what = (by_pixel, "pixel") if is_image else (by_sample, "sample")
        if hasattr(X, "reshape"):
            call = "X.reshape(-1, X.shape[-1])" if is_image else "X.reshape(len(X), -1)"
        else:
            call = f"np.reshape(X, {rows})"
        raise ValueError(
            f"Found array with dim {array.ndim}, while dim <= 2 is required. "
            f"Use {call} for one row per {what}."
        )
    _check_size(array.shape)


def _rows_hint(array: npt.NDArray[Any], X: Any) -> str:
    """Return how a 1-D array-like can be converted to rows."""
    first = next((value for value in array if not is_missing_or_nan(value)), None)
    if isinstance(first, dict):
        return "Use pd.DataFrame(list(X))."
    if isinstance(first, np.ndarray | list | tuple):
        rows = "X.to_pylist()" if hasattr(X, "to_pylist") else "X"
        if any(map(is_missing_or_nan, array)):
            rows = "X.dropna()" if hasattr(X, "dropna") else f"[x for x in {rows} if x is not None]"
        if len({np.shape(value) for value in array if not is_missing_or_nan(value)}) > 1:
            return "Give every sample the same number of features."
        return f"Use np.stack({rows})."
    column = "X.to_frame()" if hasattr(X, "to_frame") else "np.reshape(X, (-1, 1))"
    return (
        f"Give one row per sample: {column} if these are samples of a single feature, [X] if this "
        "is a single sample."
    )


def is_missing_or_nan(value: Any) -> bool:
    """Whether a value is missing, or a number that is NaN."""
    is_number = isinstance(value, float | Decimal)
    return is_missing(value) or (is_number and not value == value)  # noqa: PLR0124, SIM201


def _check_size(shape: tuple[int, ...]) -> None:
    """Raise if a table has no rows or no columns."""
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
    """Return an array as C-contiguous float32, if it is float32, else float64."""
    dtype = np.float32 if array.dtype == np.float32 else np.float64
    return np.require(array, dtype=dtype, requirements=["C", "ALIGNED"])


def column_list(columns: Iterable[Any] | str | int | None) -> list[Any] | None:
    """Return the columns to use as a list; a single one as a list of one."""
    if columns is None:
        return None
    if isinstance(columns, str | Integral):
        return [columns]
    try:
        return list(columns)  # type: ignore[arg-type]  # str and int are handled above
    except TypeError:
        raise TypeError(
            f"columns must be a name, a position, or a list of these, got {typed_repr(columns)}."
        ) from None


def check_axes(
    axes: Any, names: Sequence[str], others: Sequence[str] = (), left_out: Sequence[str] = ()
) -> tuple[str, str] | None:
    """Return the names of the columns that are the axes of the picture; None for None.

    Parameters
    ----------
    axes : iterable of two str or int, or None
        Names, or positions if there are no names.
    names : sequence of str
        Of the columns in use.
    others : sequence of str
        Of what else can be an axis.
    left_out : sequence of str
        Columns of the data that cannot be axes.

    Raises
    ------
    ValueError, TypeError
        If these are not two different ones that can be axes.

    Examples
    --------
    >>> check_axes(["age", "height"], ["height", "weight"], ["age"])
    ('age', 'height')
    >>> check_axes("age", ["height", "weight", "age"])
    Traceback (most recent call last):
        ...
    ValueError: axes must be two columns, such as 'height' and 'weight', got 'age'.
    """
    if axes is None:
        return None
    known = [*names, *others]
    if len(known) == 1:
        raise ValueError(
            f"axes need two columns, but {known[0]!r} is the only one with numbers: leave axes out."
        )
    needed = f"axes must be two columns, such as {known[0]!r} and {known[1]!r}"
    try:
        given = [axes] if isinstance(axes, str | set) else list(axes)  # a set has no order
    except TypeError:
        raise TypeError(f"{needed}, got {typed_repr(axes)}.") from None
    if len(given) != 2:
        raise ValueError(f"{needed}, got {short_repr(axes)}.")
    for column in map(str, given):
        if column in left_out and column not in known:
            raise ValueError(
                f"axes: {column!r} has no numbers. Choose from {quoted_list(known, 8)}."
            )
    x, y = (_find_column(column, known, "axes: No column is called") for column in given)
    if x == y:
        raise ValueError(f"{needed}, got {known[x]!r} twice.")
    return known[x], known[y]


def _find_column(column: Any, names: Sequence[str], problem: str = "X has no column") -> int:
    """Return the position of a column given by name or, if there are no names, by number."""
    if str(column) in names:
        return names.index(str(column))
    if f"feature {column}" in names:
        return names.index(f"feature {column}")
    raise ValueError(
        f"{problem} {short_repr(column)}{suggestion(str(column), names)} "
        f"Choose from {quoted_list(names, 8)}."
    )
