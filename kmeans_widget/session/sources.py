"""Where the data and their weights come from, written as code and as words of a `%kmeans` line."""

from __future__ import annotations

import ast
import contextlib
import itertools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.session.points import Points
    from kmeans_widget.validation import Table

WRITTEN = 200  # numbers up to which data of unknown origin are written out
UNKNOWN, UNKNOWN_WEIGHTS = "your_data", "your_weights"  # stand for the others


class Sources(NamedTuple):
    """Expressions that give the data and the weights in the notebook.

    `data` is empty for the walkthrough; None stands for what is not known, in whose place
    `unknown` and `unknown_weights` are written if there is too much of it to be written out.
    `dataset` is the expression of the `Dataset` whose `X` the data are, if they are that of one.
    """

    data: str | None
    weights: str | None = None
    unknown: str = UNKNOWN
    unknown_weights: str = UNKNOWN_WEIGHTS
    dataset: str | None = None

    @property
    def name(self) -> str:
        """What the data are called."""
        return self.data or self.unknown

    def of_dataset(self) -> Sources:
        """Return the sources where these expressions give a `Dataset`."""
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
    """Return the sources of a table without looking at what the expressions give now."""
    found = Sources(data).of_dataset() if of_dataset else Sources(data)
    return found._replace(weights=weight_expression(table, found.data, weights))


def weight_expression(table: Table, data: str | None, weights: str | None) -> str | None:
    """Write the expression of the weights of a table, which may be a column of its data."""
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
    """Write the statements that make labels of all rows of the data from those of the points.

    There are none where the points are the rows.
    """
    table, own = points.table, variables.point_labels
    if not (points.removed or points.added or table.complete is not None):
        return []
    rows = f"np.arange({_n_rows(table)})"
    if table.complete is not None:
        rows = f"np.flatnonzero({_complete(table, sources.name)})"
        if _writes_out(points, sources):
            rows = repr(table.rows.tolist())
    if points.removed:
        rows = f"np.delete({rows}, {list(points.removed)})"
    if points.added:
        own = f"{own}[: len({variables.rows})]"
    return [
        f"{variables.rows} = {rows}  # of the data, which are points",
        f"{variables.labels} = np.full({_n_rows(table)}, -1)",
        f"{variables.labels}[{variables.rows}] = {own}",
    ]


def weight_lines(points: Points, sources: Sources, variables: Variables) -> list[str]:
    """Write the statements that make sample_weight; there are none without weights."""
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


def _is_one_word(expression: str, table: Table) -> bool:
    """Whether a `%kmeans` line takes an expression as it is, and not as an option or a column."""
    if expression.isidentifier():
        return not _has_columns(table)
    if re.fullmatch(r"\(.*\)", expression):
        with contextlib.suppress(SyntaxError):  # (a) + (b)
            ast.parse(expression[1:-1].strip(), mode="eval")
            return True
    return re.fullmatch(r"[^\s\-\"']\S*", expression) is not None


def _weights(points: Points, sources: Sources) -> str:
    """Write the expression of the weights of the points there are now, as an array."""
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
    if _writes_out(points, sources) and (points.edited or points.table.complete is not None):
        return True  # as the points are that they belong to
    return sources.weights is None and points.n_samples <= WRITTEN


def data_words(points: Points, sources: Sources) -> list[str]:
    """Write the data and the columns as `%kmeans` takes them."""
    table = points.table
    if points.edited or sources.data is None:
        if _writes_out(points, sources):
            rows = _on_all_rows(points, points.samples.X, np.nan)
            # None needs no import in the notebook, unlike np.nan.
            return [literal(rows).replace("nan", "None")]
        if points.edited:
            return [_edited(points, sources.name)]
    words = [sources.dataset or sources.name] if sources.data != "" else []
    if table.positions is None:
        return words
    if not _quotable(table.feature_names):
        return [_frame(table, sources.name)]
    columns = table_columns(table, of_dataset=not words or sources.dataset is not None)
    return [*words, "--columns", *map(_column_word, columns or ())]


def table_columns(
    table: Table, *, of_dataset: bool = False
) -> tuple[str, ...] | tuple[int, ...] | None:
    """Return the columns in use by name, or by position where they have none; None for all.

    Those of a `Dataset` have names, even if it holds an array.
    """
    named = of_dataset or _has_columns(table)
    return table.feature_names if table.positions and named else table.positions


def _has_columns(table: Table) -> bool:
    """Whether the data are a table, whose columns are called by their names."""
    return table.named or table.index is not None


def _quotable(names: tuple[str, ...]) -> bool:
    """Whether all of these columns can be named on a `%kmeans` line."""
    return all(name.isprintable() and not re.search(r"[\"']", name) for name in names)


def _column_word(column: str | int) -> str:
    return str(column) if str(column).isidentifier() or isinstance(column, int) else f'"{column}"'


def _writes_out(points: Points, sources: Sources) -> bool:
    size = (_n_rows(points.table) + len(points.added)) * points.n_features
    return sources.data == "" or (sources.data is None and size <= WRITTEN)


def _n_rows(table: Table) -> int:
    """Count the rows of the data, including those left out."""
    return table.samples.n_samples if table.complete is None else len(table.complete)


def _on_all_rows(points: Points, values: Floats, absent: float) -> Floats:
    """Put values of the points on the rows of the data; those of added points come after them."""
    rows = np.delete(points.table.rows, points.removed)
    of_rows = np.full((_n_rows(points.table), *values.shape[1:]), absent, values.dtype)
    of_rows[rows] = values[: len(rows)]
    return np.concatenate([of_rows, values[len(rows) :]])


def matrix(table: Table, data: str) -> str:
    """Write the expression of a table's numbers, as an array that may be changed."""
    if table.complete is None:
        return _numbers(table, data)
    if table.index is not None:
        return f"np.array({_frame(table, data)}.dropna(), dtype=float)"
    return f"{_numbers(table, data)}[{_complete(table, data)}]"


def _numbers(table: Table, data: str) -> str:
    """Write the columns in use as an array of all rows of the data, missing values as NaN."""
    filled = "" if table.complete is None else ".filled(np.nan)"  # of a masked array
    array = "np.ma.array" if filled else "np.array"
    if table.positions is None:
        return f"{array}({data}, dtype=float){filled}"
    if _has_columns(table):
        return f"{array}({_frame(table, data)}, dtype=float){filled}"
    return f"{array}({data})[:, {list(table.positions)}].astype(float){filled}"


def _frame(table: Table, data: str) -> str:
    """Write the columns in use as a table of its own."""
    if table.positions is None:
        return f"({data})"
    if not table.named:
        return f"({data}).iloc[:, {list(table.positions)}]"
    if table.index is None:  # polars, pyarrow
        return f"({data}).select({list(table.feature_names)})"
    return f"({data})[{list(table.feature_names)}]"


def _complete(table: Table, data: str) -> str:
    """Write which rows of the data have no missing value."""
    if table.index is not None:
        return f"{_frame(table, data)}.notna().all(axis=1)"
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
    """Write an array with all its digits, in lines that can be read."""
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
