"""The way back: scikit-learn code, and a `%kmeans` line, that give what is on screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.samples import ArraySamples

if TYPE_CHECKING:
    from kmeans_widget.branch import Branch
    from kmeans_widget.core.arrays import Floats, Indices
    from kmeans_widget.points import Points

WRITTEN = 200  # numbers up to which data of unknown origin are written out
BUDGET = 50_000_000  # coordinates that may be compared to prove that scikit-learn goes the same way
SLICE = 16_384  # samples whose distances are held at a time
TIE = 1e-10  # share of the largest squared distance below which rounding may decide


def sklearn_code(branch: Branch, cursor: int, source: str | None) -> str:
    """Write Python code that gives the labels and the centroids at a cursor.

    Parameters
    ----------
    branch : Branch
        With the steps up to the cursor.
    cursor : int
    source : str or None
        Expression of the data; empty for the walkthrough, None if unknown.

    Returns
    -------
    str
        It needs numpy and scikit-learn, and the data unless it writes them out, and sets `labels`
        and `centers`.

    Notes
    -----
    A run in which no point ever was as far from two centroids, and no cluster empty, is repeated by
    scikit-learn's `KMeans` from the same start. Otherwise, or if proving that is too much work, the
    centroids are written out, each point joins the nearest, and ties are settled as they were.
    """
    trace, assigned = branch.trace, branch.trace.assigned(cursor)
    data = _data_lines(branch.points, source)
    if assigned is None:
        lines = [
            f"centers = {_array(branch.start)}",
            "labels = np.full(len(X), -1)  # no point is assigned yet",
        ]
        return "\n".join(["import numpy as np", "", *data, *lines])
    if assigned and _certain(branch, assigned):
        head = ["import numpy as np", "from sklearn.cluster import KMeans"]
        lines = _fit_lines(branch, cursor, assigned)
    else:
        head = ["import numpy as np", "from sklearn.metrics import pairwise_distances_argmin"]
        lines = _nearest_lines(branch, assigned)
    if cursor % 2 == 0:
        lines += [f"centers = {_array(trace.centers_until(cursor)[-1])}  # recalculated since"]
    return "\n".join([*head, "", *data, *lines])


def magic_line(branch: Branch, cursor: int, source: str | None) -> str:
    """Write the `%kmeans` line that opens a panel with the same points at the same half-step.

    Parameters
    ----------
    branch : Branch
    cursor : int
    source : str or None
        As in `sklearn_code`.

    Returns
    -------
    str
        One line. Large data that were edited need numpy in the notebook, as `np`.
    """
    parameters = branch.parameters
    words = ["%kmeans", *_data_words(branch.points, source), f"-k {parameters.n_clusters}"]
    if not isinstance(parameters.init, str):
        words.append(f"--init {_rows(parameters.init)}")
    elif parameters.init != "random":
        words.append(f"--init {parameters.init}")
    words.append(f"--seed {parameters.random_state}")
    if parameters.max_iter != 300:
        words.append(f"--max-iter {parameters.max_iter}")
    if parameters.tol:
        words.append(f"--tol {parameters.tol!r}")
    if cursor and branch.trace.finished and cursor == branch.trace.last_cursor:
        words.append("--run")
    elif cursor:
        words.append(f"--cursor {cursor}")
    return " ".join(words)


def close_calls(samples: ArraySamples, centers: Floats) -> Indices:
    """List the samples that are so nearly as far from two centroids that rounding may decide.

    Examples
    --------
    >>> close_calls(ArraySamples(np.array([[0.0], [1.0], [2.0]])), np.array([[0.0], [2.0]]))
    array([1])
    """
    if len(centers) == 1:
        return np.empty(0, np.intp)
    tie = max(TIE, 64 * float(np.finfo(samples.dtype).eps))
    found = []
    for first in range(0, samples.n_samples, SLICE):
        part = ArraySamples(samples.X[first : first + SLICE])
        ordered = np.partition(part.squared_distances(centers), 1, axis=0)
        limit = tie * ordered.max(axis=0)
        found.append(first + np.flatnonzero(ordered[1] - ordered[0] <= limit))
    return np.concatenate(found)


def _certain(branch: Branch, assigned: int) -> bool:
    """Whether scikit-learn surely takes the same steps."""
    samples, steps = branch.points.samples, branch.trace[: assigned + 1]
    if len(steps) * samples.n_samples * branch.start.size > BUDGET:
        return False
    if any((step.weight == 0).any() for step in steps):
        return False
    return not any(len(close_calls(samples, step.centers)) for step in steps)


def _fit_lines(branch: Branch, cursor: int, assigned: int) -> list[str]:
    """Write the call of KMeans whose last assignment is the one numbered `assigned`."""
    parameters, trace = branch.parameters, branch.trace
    limits = f"max_iter={assigned}, tol=0.0"
    if trace.finished and cursor == trace.last_cursor:
        limits = f"max_iter={parameters.max_iter}, tol={parameters.tol!r}"
    given = f"n_clusters={parameters.n_clusters}, init=start, n_init=1, {limits}"
    return [
        f"start = {_array(branch.start)}",
        f"model = KMeans({given}).fit(X)",
        "labels = model.labels_",
        "centers = model.cluster_centers_",
    ]


def _nearest_lines(branch: Branch, assigned: int) -> list[str]:
    """Write the centroids out, and the assignment of every point to the nearest."""
    samples, centers = branch.points.samples, branch.trace[assigned].centers
    lines = [
        f"centers = {_array(centers)}",
        "middle = centers.mean(axis=0)  # counted from there, distances keep their digits",
        "labels = pairwise_distances_argmin(X - middle, centers - middle)",
    ]
    ties = close_calls(samples, centers)
    if len(ties):
        settled = samples.assign(centers)[ties]
        lines.append(f"labels[{ties.tolist()}] = {settled.tolist()}  # as near to two centroids")
    return lines


def _data_lines(points: Points, source: str | None) -> list[str]:
    """Write the statements that make X."""
    if _writes_out(points, source):
        return [f"X = {_array(points.samples.X)}"]
    lines = [f"X = {_matrix(points, source)}"]
    if source is None:
        lines[0] += "  # the data of the panel"
    rows = sorted(points.moved)
    if rows:
        lines.append(f"X[{rows}] = {_rows([points.moved[row] for row in rows])}")
    if points.removed:
        lines.append(f"X = np.delete(X, {list(points.removed)}, axis=0)")
    if points.added:
        lines.append(f"X = np.concatenate([X, {_rows(points.added)}])")
    return lines


def _data_words(points: Points, source: str | None) -> list[str]:
    """Write the data and the columns as `%kmeans` takes them."""
    table = points.table
    if points.edited or source is None:
        if _writes_out(points, source):
            return [_rows(points.samples.X)]
        if points.edited:
            return [_edited(points, source)]
    words = ["X"] if source is None else [source] if source else []
    if table.positions is None:
        return words
    if any(re.search(r"[\"']|^-", name) for name in table.feature_names):  # cannot be quoted
        return [f"({words[0]})[{list(table.feature_names)}]"]
    return [*words, "--columns", *map(_column_word, table.positions, table.feature_names)]


def _column_word(position: int, name: str) -> str:
    if name == f"feature {position}":
        return str(position)
    return name if name.isidentifier() else f'"{name}"'


def _writes_out(points: Points, source: str | None) -> bool:
    return source == "" or (source is None and points.samples.X.size <= WRITTEN)


def _matrix(points: Points, source: str | None) -> str:
    """Write the expression of the table's numbers, as an array that may be changed."""
    expression, table = source or "X", points.table
    if table.positions is None:
        return f"np.array({expression}, dtype=float)"
    if table.named:
        return f"np.array(({expression})[{list(table.feature_names)}], dtype=float)"
    return f"np.array({expression})[:, {list(table.positions)}].astype(float)"


def _edited(points: Points, source: str | None) -> str:
    """Write the edited points as one expression."""
    expression, moved = _matrix(points, source), sorted(points.moved)
    changed = sorted([*moved, *points.removed])
    if changed:
        expression = f"np.delete({expression}, {changed}, axis=0)"
    if moved:
        places = [row - changed.index(row) for row in moved]
        rows = _rows([points.moved[row] for row in moved])
        expression = f"np.insert({expression}, {places}, {rows}, axis=0)"
    if points.added:
        expression = f"np.concatenate([{expression}, {_rows(points.added)}])"
    return expression


def _array(rows: Floats) -> str:
    """Write an array with all its digits, in lines that can be read."""
    text, lines = _rows(rows), ["   "]
    if len(text) <= 80:
        return f"np.array({text})"
    for row in rows:
        word = f" {row.tolist()},"
        if len(lines[-1]) + len(word) > 92 and lines[-1].strip():
            lines.append("   ")
        lines[-1] += word
    return "\n".join(["np.array([", *lines, "])"])


def _rows(rows: Any) -> str:
    return repr([np.asarray(row).tolist() for row in rows])
