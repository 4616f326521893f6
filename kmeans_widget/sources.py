"""Where the data and their weights come from, written as code and as words of a `%kmeans` line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.points import Points

WRITTEN = 200  # numbers up to which data of unknown origin are written out
UNKNOWN, UNKNOWN_WEIGHTS = "your_data", "your_weights"  # stand for the others


class Sources(NamedTuple):
    """Expressions that give the data and the weights in the notebook.

    `data` is empty for the walkthrough; None stands for what is not known.
    """

    data: str | None
    weights: str | None = None


def data_lines(points: Points, sources: Sources) -> list[str]:
    """Write the statements that make X."""
    source = sources.data
    if _writes_out(points, source):
        return [f"X = {array(points.samples.X)}"]
    lines = [f"X = {_matrix(points, source)}"]
    if source is None:
        lines[0] += f"  # {UNKNOWN}: what the panel was opened on"
    rows = sorted(points.moved)
    if rows:
        lines.append(f"X[{rows}] = {literal([points.moved[row] for row in rows])}")
    if points.removed:
        lines.append(f"X = np.delete(X, {list(points.removed)}, axis=0)")
    if points.added:
        lines.append(f"X = np.concatenate([X, {literal(points.added)}])")
    return lines


def weight_lines(points: Points, sources: Sources) -> list[str]:
    """Write the statement that makes the weights, if there are any; X may be theirs, too."""
    weights = points.samples.sample_weight
    if weights is None:
        return []
    if _writes_out_weights(points, sources):
        return [f"sample_weight = np.array({weights.tolist()})"]
    return [f"sample_weight = {_weights(points, sources)}"]


def weight_word(points: Points, sources: Sources) -> str:
    """Write the weights as one word of a `%kmeans` line."""
    weights, column = points.samples.sample_weight, points.table.weight_column
    if weights is not None and _writes_out_weights(points, sources):
        whole = points.edited or _writes_out(points, sources.data)
        return repr((weights if whole else points.on_rows(weights)).tolist())
    if points.edited:
        return _weights(points, sources)
    if column is not None and _quotable((*points.table.feature_names, str(column))):
        return str(column) if str(column).isidentifier() else f'"{column}"'
    expression = _weights_of_table(points, sources)
    one_word = re.fullmatch(r"[^\s-]\S*|\(.*\)", expression)
    return expression if one_word else f"({expression})"


def _weights(points: Points, sources: Sources) -> str:
    """Write the expression of the weights of the points there are now, as an array."""
    expression = f"np.array({_weights_of_table(points, sources)}, dtype=float)"
    if points.table.complete is not None:
        expression += f"[{_complete(points, sources.data or UNKNOWN)}]"
    if points.removed:
        expression = f"np.delete({expression}, {list(points.removed)})"
    if points.added:
        expression = f"np.concatenate([{expression}, np.ones({len(points.added)})])"
    return expression


def _weights_of_table(points: Points, sources: Sources) -> str:
    if points.table.weight_column is not None:
        return f"({sources.data or UNKNOWN})[{points.table.weight_column!r}]"
    return sources.weights or UNKNOWN_WEIGHTS


def _writes_out_weights(points: Points, sources: Sources) -> bool:
    if points.table.complete is not None and _writes_out(points, sources.data):
        return True  # nothing would tell which rows of theirs are left out
    known = sources.weights or (sources.data and points.table.weight_column is not None)
    return not known and points.n_samples <= WRITTEN


def data_words(points: Points, source: str | None) -> list[str]:
    """Write the data and the columns as `%kmeans` takes them."""
    table = points.table
    if points.edited or source is None:
        if _writes_out(points, source):
            return [literal(points.samples.X)]
        if points.edited:
            return [_edited(points, source)]
    words = [UNKNOWN] if source is None else [source] if source else []
    if table.positions is None:
        return words
    if not _quotable(table.feature_names):
        return [f"({words[0]})[{list(table.feature_names)}]"]
    return [*words, "--columns", *map(_column_word, table.positions, table.feature_names)]


def _quotable(names: tuple[str, ...]) -> bool:
    """Whether all of these columns can be named on a `%kmeans` line."""
    return not any(re.search(r"[\"']|^-", name) for name in names)


def _column_word(position: int, name: str) -> str:
    if name == f"feature {position}":
        return str(position)
    return name if name.isidentifier() else f'"{name}"'


def _writes_out(points: Points, source: str | None) -> bool:
    return source == "" or (source is None and points.samples.X.size <= WRITTEN)


def _matrix(points: Points, source: str | None) -> str:
    """Write the expression of the table's numbers, as an array that may be changed."""
    data, table = source or UNKNOWN, points.table
    if table.complete is None:
        return _numbers(points, data)
    if table.index is not None:
        return f"np.array({_frame(points, data)}.dropna(), dtype=float)"
    return f"{_numbers(points, data)}[{_complete(points, data)}]"


def _numbers(points: Points, data: str) -> str:
    """Write the columns in use as an array of all rows of the data."""
    table = points.table
    if table.positions is None:
        return f"np.array({data}, dtype=float)"
    if table.named:
        return f"np.array({_frame(points, data)}, dtype=float)"
    return f"np.array({data})[:, {list(table.positions)}].astype(float)"


def _frame(points: Points, data: str) -> str:
    """Write the columns in use of a DataFrame."""
    table = points.table
    if table.positions is None:
        return f"({data})"
    if table.named:
        return f"({data})[{list(table.feature_names)}]"
    return f"({data}).iloc[:, {list(table.positions)}]"


def _complete(points: Points, data: str) -> str:
    """Write which rows of the data have no missing value."""
    if points.table.index is not None:
        return f"{_frame(points, data)}.notna().all(axis=1)"
    return f"~np.isnan({_numbers(points, data)}).any(axis=1)"


def _edited(points: Points, source: str | None) -> str:
    """Write the edited points as one expression."""
    expression, moved = _matrix(points, source), sorted(points.moved)
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
