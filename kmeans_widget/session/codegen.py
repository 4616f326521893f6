"""Code generation: scikit-learn code, and a `%kmeans` line, that reproduce what is on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.distributed.sources import Scan, is_scannable
from kmeans_widget.scaling import SCALES
from kmeans_widget.session.branch import DEFAULTS
from kmeans_widget.session.expressions import names
from kmeans_widget.session.sources import (
    Sources,
    Variables,
    array,
    data_lines,
    data_words,
    label_lines,
    literal,
    weight_lines,
    weight_word,
)

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats, Indices
    from kmeans_widget.session.branch import Branch
    from kmeans_widget.validation import Table

BUDGET = 50_000_000  # coordinates to compare at most to verify that scikit-learn's run is the same
SLICE = 16_384  # samples whose distances are in memory at a time
TIE = 1e-10  # difference, relative to the largest squared distance, that rounding may decide


def sklearn_code(branch: Branch, cursor: int, sources: Sources) -> str:
    """Write Python code that gives the labels and the centroids at a cursor.

    Parameters
    ----------
    branch : Branch
        With the steps up to the cursor.
    cursor : int
    sources : Sources

    Returns
    -------
    str
        It needs numpy and scikit-learn, and the data unless they are written out. It sets `labels`
        and `centers`, in the units of X, and also `point_labels` if the points are not the rows of
        the data: some are left out, removed or added. Variables that the data or the weights are
        read from are not overwritten: if the data are `X[50:]`, the code uses `X_2` instead of `X`.

    Notes
    -----
    A run without ties and empty clusters is reproduced by scikit-learn's `KMeans` from the same
    start. Otherwise, or if checking for ties is too much work, the centroids are written out, each
    point is assigned to the nearest, and ties are broken as on screen.
    """
    if branch.points.table.blocks is not None:
        return _code_for_blocks(branch, cursor, sources)
    assigned = branch.trace.assigned(cursor)
    expressions = [text for text in (sources.data, sources.weights) if text]
    variables_used = set().union(*map(names, expressions))
    variables = Variables.besides(variables_used)
    X, centers = variables.X, variables.centers
    data = data_lines(branch.points, sources, variables)
    rows = label_lines(branch.points, sources, variables)
    if not rows:  # the labels of the points are those of the rows
        variables = variables._replace(point_labels=variables.labels)
    head = ["import numpy as np"]
    if "kmeans_widget" in variables_used:  # one of its datasets
        head.insert(0, "import kmeans_widget")
    if assigned is None:
        lines = [
            f"{centers} = {array(branch.start)}",
            f"{variables.point_labels} = np.full(len({X}), -1)  # no point is assigned yet",
        ]
        return "\n".join([*head, "", *data, *lines, *rows])
    scaler = SCALES[branch.parameters.scale].scaler
    if assigned and _is_reproducible(branch, assigned):
        head.append("from sklearn.cluster import KMeans")
        data = [*weight_lines(branch.points, sources, variables), *data]
        given = _scaled(X, branch, variables)
        if branch.samples.sample_weight is not None:
            given += f", sample_weight={variables.sample_weight}"
        lines = _fit_lines(branch, cursor, assigned, variables, kmeans="KMeans", data=given)
    else:
        head.append("from sklearn.metrics import pairwise_distances_argmin")
        lines = _nearest_lines(branch, assigned, variables)
    if scaler:
        head.append(f"from sklearn.preprocessing import {scaler}")
        data = [*data, f"{variables.scaler} = {scaler}().fit({X})"]
    if cursor % 2 == 0:
        lines += [f"{centers} = {array(branch.centers(cursor))}  # recalculated since"]
    return "\n".join([*head, "", *data, *lines, *rows])


def _code_for_blocks(branch: Branch, cursor: int, sources: Sources) -> str:
    """Write Python code that gives labels and centroids of all rows of data in blocks."""
    table, assigned = branch.points.table, branch.trace.assigned(cursor)
    variables = Variables.besides(names(sources.data) if sources.data else set())
    data = _columns_of_blocks(table, sources.name)
    head = ["import numpy as np", ""]
    if not assigned or branch.parameters.scale != "none" or data is None:
        scaled = f", {SCALES[branch.parameters.scale].phrase}" * (branch.parameters.scale != "none")
        why = f"  # each row belongs to the nearest{scaled}: panel.labels" if cursor > 0 else ""
        return "\n".join([*head, f"{variables.centers} = {array(branch.centers(cursor))}{why}"])
    if table.weight_column is not None:
        data += f", sample_weight={table.weight_column!r}"
    elif branch.points.samples.sample_weight is not None:
        data += f", sample_weight={sources.weights or sources.unknown_weights}"
    variables = variables._replace(point_labels=variables.labels)
    lines = _fit_lines(branch, cursor, assigned, variables, kmeans="kw.KMeans", data=data)
    if sources.data is None:
        lines[1] += f"  # {sources.unknown}: what the panel was opened on"
    if cursor % 2 == 0:
        lines.append(f"{variables.centers} = {array(branch.centers(cursor))}  # recalculated since")
    return "\n".join(["import kmeans_widget as kw", *head, *lines])


def _columns_of_blocks(table: Table, data: str) -> str | None:
    """Write the expression of the columns in use; None if no expression reads them in blocks."""
    if table.positions is None:
        return data
    given = table.origin.given
    if not table.named:
        return f"{data}[:, {list(table.positions)}]" if hasattr(given, "rechunk") else None
    columns = list(table.feature_names)
    if isinstance(given, Scan):
        data += ".data"
    is_lazy = isinstance(given, Scan) or is_scannable(given)
    return f"kw.scan({data}, columns={columns})" if is_lazy else f"{data}[{columns}]"


def magic_line(branch: Branch, cursor: int, sources: Sources) -> str:
    """Write the `%kmeans` line that opens a panel with the same points at the same half-step.

    Parameters
    ----------
    branch : Branch
    cursor : int
    sources : Sources

    Returns
    -------
    str
        One line. Large edited data need numpy, imported as `np` in the notebook.
    """
    parameters = branch.parameters
    data = data_words(branch.points, sources)
    words = ["%kmeans", *data, f"-k {parameters.n_clusters}"]
    if not isinstance(parameters.init, str):
        words.append(f"--init {literal(parameters.init)}")
    elif parameters.init != DEFAULTS.init:
        words.append(f"--init {parameters.init}")
    words.append(f"--seed {parameters.random_state}")
    if branch.points.samples.sample_weight is not None:
        words.append(f"--weights {weight_word(branch.points, sources)}")
    for option in ("scale", "max_iter", "tol"):
        value = getattr(parameters, option)
        if value != getattr(DEFAULTS, option):
            words.append(f"--{option.replace('_', '-')} {value}")
    if cursor and branch.trace.finished and cursor == branch.trace.last_cursor:
        words.append("--run")
    elif cursor:
        words.append(f"--cursor {cursor}")
    return " ".join(words)


def close_calls(samples: ArraySamples, centers: Floats) -> Indices:
    """List the samples for which rounding may decide which of two centroids is nearest.

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


def _is_reproducible(branch: Branch, assigned: int) -> bool:
    """Whether scikit-learn is certain to take the same steps."""
    samples, steps = branch.samples, branch.trace[: assigned + 1]
    if len(steps) * samples.n_samples * branch.start.size > BUDGET:
        return False
    if any((step.weight == 0).any() for step in steps):
        return False
    return not any(len(close_calls(samples, step.centers)) for step in steps)


def _fit_lines(
    branch: Branch, cursor: int, assigned: int, variables: Variables, *, kmeans: str, data: str
) -> list[str]:
    """Write a fit of `data`, words in brackets, whose last assignment is number `assigned`."""
    parameters, trace = branch.parameters, branch.trace
    limits = f"max_iter={assigned}, tol=0.0"
    if trace.finished and cursor == trace.last_cursor:
        limits = f"max_iter={parameters.max_iter}, tol={parameters.tol!r}"
    start = _scaled(variables.start, branch, variables)
    model, centers = variables.model, f"{variables.model}.cluster_centers_"
    given = f"n_clusters={parameters.n_clusters}, init={start}, n_init=1, {limits}"
    if parameters.scale != "none":
        centers = f"{variables.scaler}.inverse_transform({centers})"
    return [
        f"{variables.start} = {array(branch.start)}",
        f"{model} = {kmeans}({given}).fit({data})",
        f"{variables.point_labels} = {model}.labels_",
        f"{variables.centers} = {centers}",
    ]


def _nearest_lines(branch: Branch, assigned: int, variables: Variables) -> list[str]:
    """Write the centroids and the assignment of every point to the nearest."""
    samples, positions = branch.samples, branch.trace[assigned].centers
    places = X, centers = variables.X, variables.centers
    labels, middle = variables.point_labels, variables.middle
    lines = [f"{centers} = {array(branch.scaling.inverse_transform(positions))}"]
    if branch.parameters.scale == "none":
        lines.append(
            f"{middle} = {centers}.mean(axis=0)  # subtracted, so that distances keep their digits"
        )
        given = f"{X} - {middle}, {centers} - {middle}"
    else:
        given = ", ".join(_scaled(name, branch, variables) for name in places)
    lines.append(f"{labels} = pairwise_distances_argmin({given})")
    ties = close_calls(samples, positions)
    if len(ties):
        settled = samples.assign(positions)[ties]
        lines.append(f"{labels}[{ties.tolist()}] = {settled.tolist()}  # equally near to two")
    return lines


def _scaled(points: str, branch: Branch, variables: Variables) -> str:
    """Write the expression of points on the scale of the run."""
    if branch.parameters.scale == "none":
        return points
    return f"{variables.scaler}.transform({points})"
