"""Source expressions of the data and weights, for code and for the words of a `%kmeans` line."""

from __future__ import annotations

import ast
import contextlib
import itertools
import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.session.points import Points
    from kmeans_widget.validation import Table

MAX_WRITTEN = 200  # numbers up to which data of unknown origin are written out
UNKNOWN, UNKNOWN_WEIGHTS = "your_data", "your_weights"  # placeholders for the others


class Sources(NamedTuple):
    """Expressions that give the data and the weights in the notebook.

    `data` is empty for the walkthrough. None means unknown: then `unknown` and `unknown_weights`
    are written as placeholders, unless the numbers are few enough to be written out. `dataset` is
    the expression of the `Dataset` if the data are the `X` of one.
    """

    data: str | None
    weights: str | None = None
    unknown: str = UNKNOWN
    unknown_weights: str = UNKNOWN_WEIGHTS
    dataset: str | None = None

    @property
    def name(self) -> str:
        """The expression of the data, or its placeholder."""
        return self.data or self.unknown

    def of_dataset(self) -> Sources:
        """Return the sources for expressions that give a `Dataset`."""
        data = self.data and f"({self.data}).X"
        return self._replace(data=data, unknown=f"({self.unknown}).X", dataset=self.name)


class Variables(NamedTuple):
    """Names of the variables that the code sets."""

    X: str
    sample_weight: str
    scaler: str
    start: str
    model: str
    centers: str
    middle: str
    rows: str
    point_labels: str
    labels: str

    @classmethod
    def besides(cls, used: set[str]) -> Variables:
        """Choose names that are not in use.

        Examples
        --------
        >>> Variables.besides({"X", "X_2", "df"})[:2]
        ('X_3', 'sample_weight')
        """
        return cls(*(next(n for n in numbered(name) if n not in used) for name in cls._fields))


def numbered(name: str) -> Iterator[str]:
    """Yield a name and further ones like it.

    Examples
    --------
    >>> names = numbered("X")
    >>> next(names), next(names), next(names)
    ('X', 'X_2', 'X_3')
    """
    return itertools.chain([name], (f"{name}_{i}" for i in itertools.count(2)))


def as_given(
    table: Table, data: str | None, weights: str | None, *, of_dataset: bool = False
) -> Sources:
    """Return the sources of a table, without evaluating the expressions."""
    found = Sources(data).of_dataset() if of_dataset else Sources(data)
    return found._replace(weights=weight_expression(table, found.data, weights))


def weight_expression(table: Table, data: str | None, weights: str | None) -> str | None:
    """Write the expression of the weights, which may be a column of the data."""
    if table.weight_column is None:
        return weights
    return f"({data})[{table.weight_column!r}]" if data else None


def data_lines(points: Points, sources: Sources, variables: Variables) -> list[str]:
    """Write the statements that make X."""
    X = variables.X
    if _writes_out(points, sources):
        return [f"{X} = {array(points.samples.X)}"]
    lines = [f"{X} = {matrix(points.table, sources.name)}"]
    if sources.data is None:
        lines[0] += f"  # {sources.dataset or sources.unknown}: what the panel was opened on"
    rows = sorted(points.moved)
    if rows:
        lines.append(f"{X}[{rows}] = {literal([points.moved[row] for row in rows])}")
    if points.removed:
        lines.append(f"{X} = np.delete({X}, {list(points.removed)}, axis=0)")
    if points.added:
        lines.append(f"{X} = np.concatenate([{X}, {literal(points.added)}])")
    return lines


def label_lines(points: Points, sources: Sources, variables: Variables) -> list[str]:
    """Write the statements that turn labels of points into labels of all rows of the data.

    None are needed if the points are the rows.
    """
    table, own = points.table, variables.point_labels
    if not (points.removed or points.added or table.complete is not None):
        return []
    rows = f"np.arange({table.n_rows})"
    if table.complete is not None:
        rows = f"np.flatnonzero({_complete(table, sources.name)})"
        if _writes_out(points, sources):
            rows = repr(table.rows.tolist())
    if points.removed:
        rows = f"np.delete({rows}, {list(points.removed)})"
    if points.added:
        own = f"{own}[: len({variables.rows})]"
    return [
        f"{variables.rows} = {rows}  # rows of the data that are points",
        f"{variables.labels} = np.full({table.n_rows}, -1)",
        f"{variables.labels}[{variables.rows}] = {own}",
    ]


def weight_lines(points: Points, sources: Sources, variables: Variables) -> list[str]:
    """Write the statements that make sample_weight; none without weights."""
    weights = points.samples.sample_weight
    if weights is None:
        return []
    if _writes_out_weights(points, sources):
        return [f"{variables.sample_weight} = np.array({weights.tolist()})"]
    line = f"{variables.sample_weight} = {_weights(points, sources)}"
    if sources.unknown_weights in line:
        line += f"  # {sources.unknown_weights}: the weights the panel was opened with"
    return [line]


def weight_word(points: Points, sources: Sources) -> str:
    """Write the weights as one word of a `%kmeans` line."""
    weights, table = points.samples.sample_weight, points.table
    if weights is not None and _writes_out_weights(points, sources):
        if _writes_out(points, sources):
            return repr(_on_all_rows(points, weights, 0.0).tolist())
        return repr((weights if points.edited else points.on_rows(weights)).tolist())
    if points.edited:
        return _weights(points, sources)
    expression, column = _weights_of_table(points, sources), table.weight_column
    if (
        column is not None
        and expression == weight_expression(table, sources.name, None)
        and _quotable((*table.feature_names, str(column)))
    ):
        return _column_word(column)
    return expression if _is_one_word(expression, table) else f"({expression})"


def axis_words(points: Points, sources: Sources, axes: tuple[str, str]) -> list[str]:
    """Write the axes as an option of a `%kmeans` line: by position where the data have no names.

    No words if a name cannot be written on a line, or if the line writes out the points and an axis
    takes no part: the panel then opens with other axes.
    """
    if points.edited or _writes_out(points, sources):
        names = points.table.feature_names
        return ["--axes", *(str(names.index(n)) for n in axes)] if {*axes} <= {*names} else []
    if any(not name.isprintable() or {"'", '"'} <= {*name} for name in axes):
        return []
    words = (f"'{name}'" if '"' in name else _column_word(name) for name in axes)
    return ["--axes", *words]


def _is_one_word(expression: str, table: Table) -> bool:
    """Whether a `%kmeans` line reads the word as an expression, not as an option or a column."""
    if expression.isidentifier():
        return not _has_columns(table)
    if re.fullmatch(r"\(.*\)", expression):
        with contextlib.suppress(SyntaxError):  # (a) + (b)
            ast.parse(expression[1:-1].strip(), mode="eval")
            return True
    return re.fullmatch(r"[^\s\-\"']\S*", expression) is not None


def _weights(points: Points, sources: Sources) -> str:
    """Write the expression of the weights of the current points, as an array."""
    expression = f"np.array({_weights_of_table(points, sources)}, dtype=float)"
    if points.table.complete is not None:
        expression += f"[{_complete(points.table, sources.name)}]"
    if points.removed:
        expression = f"np.delete({expression}, {list(points.removed)})"
    if points.added:
        expression = f"np.concatenate([{expression}, np.ones({len(points.added)})])"
    return expression


def _weights_of_table(points: Points, sources: Sources) -> str:
    unknown = weight_expression(points.table, sources.unknown, None) if not sources.data else None
    return sources.weights or unknown or sources.unknown_weights


def _writes_out_weights(points: Points, sources: Sources) -> bool:
    if points.table.blocks is not None:
        return False
    if _writes_out(points, sources) and (points.edited or points.table.complete is not None):
        return True  # like the points that they belong to
    return sources.weights is None and points.n_samples <= MAX_WRITTEN


def data_words(points: Points, sources: Sources) -> list[str]:
    """Write the data and the columns as `%kmeans` takes them."""
    table = points.table
    if points.edited or sources.data is None:
        if _writes_out(points, sources):
            rows = _on_all_rows(points, points.samples.X, np.nan)
            # Unlike np.nan, None needs no import in the notebook.
            return [literal(rows).replace("nan", "None")]
        if points.edited:
            return [_edited(points, sources.name)]
    words = [sources.dataset or sources.name] if sources.data != "" else []
    if table.positions is None:
        return words
    if not _quotable(table.columns):
        return [_frame(table, sources.name)]
    columns = table_columns(table, of_dataset=not words or sources.dataset is not None)
    return [*words, "--columns", *map(_column_word, columns or ())]


def table_columns(
    table: Table, *, of_dataset: bool = False
) -> tuple[str, ...] | tuple[int, ...] | None:
    """Return the columns in use by name, or by position if they have no names; None for all.

    Columns of a `Dataset` have names, even if it holds an array.
    """
    named = of_dataset or _has_columns(table)
    return table.columns if table.positions and named else table.positions


def _has_columns(table: Table) -> bool:
    """Whether the data are a table with named columns."""
    return table.named or table.index is not None


def _quotable(names: tuple[str, ...]) -> bool:
    """Whether all of these columns can be named on a `%kmeans` line."""
    return all(name.isprintable() and not re.search(r"[\"']", name) for name in names)


def _column_word(column: str | int) -> str:
    return str(column) if str(column).isidentifier() or isinstance(column, int) else f'"{column}"'


def _writes_out(points: Points, sources: Sources) -> bool:
    if points.table.blocks is not None:  # the points are a sample
        return False
    size = (points.table.n_rows + len(points.added)) * points.n_features
    return sources.data == "" or (sources.data is None and size <= MAX_WRITTEN)


def _on_all_rows(points: Points, values: Floats, absent: float) -> Floats:
    """Put values of points on the rows of the data, followed by those of added points."""
    rows = np.delete(points.table.rows, points.removed)
    of_rows = np.full((points.table.n_rows, *values.shape[1:]), absent, values.dtype)
    of_rows[rows] = values[: len(rows)]
    return np.concatenate([of_rows, values[len(rows) :]])


def matrix(table: Table, data: str) -> str:
    """Write the expression of a table's numbers as a new array."""
    if table.complete is None:
        return _numbers(table, data)
    if table.encodings is not None:
        return f"{_encoded(table, data)}[{_complete(table, data)}]"
    if table.index is not None:
        return f"np.array({_frame(table, data)}.dropna(), dtype=float)"
    return f"{_numbers(table, data)}[{_complete(table, data)}]"


def _numbers(table: Table, data: str) -> str:
    """Write the columns in use as an array with all rows of the data and NaN for missing values."""
    if table.encodings is not None:
        return _encoded(table, data)
    filled = "" if table.complete is None else ".filled(np.nan)"  # of a masked array
    array = "np.ma.array" if filled else "np.array"
    if table.positions is None:
        return f"{array}({data}, dtype=float){filled}"
    if _has_columns(table):
        return f"{array}({_frame(table, data)}, dtype=float){filled}"
    return f"{array}({data})[:, {list(table.positions)}].astype(float){filled}"


def _encoded(table: Table, data: str) -> str:
    """Write the features one by one, of which some are made from text or dates."""
    if not data.replace(".", "").isidentifier():
        data = f"({data})"
    is_pandas, columns = table.index is not None, []
    for position, encoding in zip(table.positions or (), table.encodings or (), strict=True):
        column = f"{data}[{cast('Any', table.frame).columns[position]!r}]"
        if not is_pandas:
            column += _to_list(table)
        if encoding is None:
            column = column if is_pandas else f"np.array({column}, dtype=float)"
        elif not encoding.days:
            column = f"{column if is_pandas else f'np.array({column})'} == {encoding.value!r}"
        elif is_pandas:
            column += ".dt.tz_localize(None)" * (encoding.days == "zoned")
            column = f"({column} - np.datetime64('1970-01-01')) / np.timedelta64(1, 'D')"
        else:
            column = f"np.array({column}, dtype='datetime64[us]').astype(float) / 86400e6"
        columns.append(column)
    return f"np.column_stack([{', '.join(columns)}]).astype(float)"


def _to_list(table: Table) -> str:
    """Write the method that turns a column into a list: of pyarrow, or of polars."""
    has_lists = hasattr(table.frame.to_native(), "to_pylist") if table.frame is not None else False
    return ".to_pylist()" if has_lists else ".to_list()"


def _frame(table: Table, data: str) -> str:
    """Write the columns in use as a table."""
    if not data.replace(".", "").isidentifier():
        data = f"({data})"
    if table.positions is None:
        return data
    if not table.named:
        return f"{data}.iloc[:, {list(table.positions)}]"
    if table.index is None:  # polars, pyarrow
        return f"{data}.select({list(table.columns)})"
    return f"{data}[{list(table.columns)}]"


def _complete(table: Table, data: str) -> str:
    """Write the mask of the rows without missing values."""
    if table.index is not None:
        return f"{_frame(table, data)}.notna().all(axis=1)"
    if table.encodings is not None:
        columns = ", ".join(f"{data}[{name!r}]{_to_list(table)}" for name in table.columns)
        return f"[None not in row for row in zip({columns})]"
    return f"~np.isnan({_numbers(table, data)}).any(axis=1)"


def _edited(points: Points, data: str) -> str:
    """Write the edited points as one expression."""
    expression, moved = matrix(points.table, data), sorted(points.moved)
    changed = sorted([*moved, *points.removed])
    if changed:
        expression = f"np.delete({expression}, {changed}, axis=0)"
    if moved:
        places = [row - changed.index(row) for row in moved]
        rows = literal([points.moved[row] for row in moved])
        expression = f"np.insert({expression}, {places}, {rows}, axis=0)"
    if points.added:
        expression = f"np.concatenate([{expression}, {literal(points.added)}])"
    return expression


def array(rows: Floats) -> str:
    """Write an array with all its digits, wrapped into lines."""
    text, lines = literal(rows), ["   "]
    if len(text) <= 80:
        return f"np.array({text})"
    for row in rows:
        word = f" {row.tolist()},"
        if len(lines[-1]) + len(word) > 92 and lines[-1].strip():
            lines.append("   ")
        lines[-1] += word
    return "\n".join(["np.array([", *lines, "])"])


def literal(rows: Any) -> str:
    """Write rows of numbers with all their digits, on one line."""
    return repr([np.asarray(row).tolist() for row in rows])
