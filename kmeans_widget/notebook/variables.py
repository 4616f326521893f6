"""Variables of the notebook: where the data come from and where labels are assigned."""

from __future__ import annotations

import ast
import itertools
import sys
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from IPython.core.getipython import get_ipython

from kmeans_widget.datasets import Dataset
from kmeans_widget.distributed.sources import is_path
from kmeans_widget.session.expressions import evaluate, names, one_line
from kmeans_widget.session.sources import (
    UNKNOWN,
    UNKNOWN_WEIGHTS,
    Sources,
    as_given,
    matrix,
    numbered,
    table_columns,
    weight_expression,
)
from kmeans_widget.validation import as_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kmeans_widget.validation import Table


def namespace() -> dict[str, Any]:
    """Return the variables of the notebook.

    Raises
    ------
    ValueError
        If there is no notebook.
    """
    shell = get_ipython()
    if shell is None:
        raise ValueError("There is no notebook to assign a variable in.")
    return cast("dict[str, Any]", shell.user_ns)


def variable_name(data: Any) -> str | None:
    """Return the name of a variable of the notebook whose value is `data`; None if there is none.

    The name of a file is an expression of its own.

    Examples
    --------
    >>> variable_name([[1, 2], [3, 4]]) is None
    True
    >>> variable_name("events/*.parquet")
    "'events/*.parquet'"
    """
    if isinstance(data, str):
        return repr(data)
    shell = get_ipython()
    names = () if shell is None else tuple(shell.user_ns.items())
    return next((n for n, v in names if v is data and not n.startswith("_")), None)


def verified_sources(
    table: Table, data: str | None, weights: str | None, *, of_dataset: bool = False
) -> Sources:
    """Return expressions that are verified to reproduce the data and the weights of a table.

    Parameters
    ----------
    table : Table
        The data of the panel.
    data, weights : str or None
        The expressions that the panel was opened with, if known; `data` is "" for the walkthrough.
    of_dataset : bool
        Whether the panel was opened on a `Dataset`.

    Returns
    -------
    Sources
        None for what cannot be verified, and unused names that can be written in its place.

    Notes
    -----
    An expression is verified by evaluating it again, which must be possible without side effects
    (see `session.expressions.evaluate`). It must now give the values of the table, both when
    `%kmeans` reads it and when the generated code converts it to an array. This rejects random
    numbers and variables that have changed. If a DataFrame has got additional columns, those of the
    table are selected. Data that the code would convert with a warning, such as a list with masked
    entries, are rejected, too.

    Data that are read in blocks are not compared: a variable has to hold them still, and names of
    files have to be the same.

    All values are compared on each call, as an array may be changed in place: about 10 ms for a
    million rows of two columns.

    Examples
    --------
    >>> verified_sources(as_table([[1.0], [2.0]]), "heights", None).data  # outside of a notebook
    'heights'
    """
    shell = get_ipython()
    if shell is None:
        return as_given(table, data, weights, of_dataset=of_dataset)
    space = {"kmeans_widget": sys.modules["kmeans_widget"], **shell.user_ns}  # as in the code
    placeholders, unknown = _placeholders(UNKNOWN, space)
    if table.blocks is not None:
        is_same = data is not None and _gives(data, table.origin.given, space)
        _, unknown_weights = _placeholders(UNKNOWN_WEIGHTS, space)
        found = Sources(data if is_same else None, None, unknown, unknown_weights)
        return found._replace(weights=weight_expression(table, found.data, None))
    if data != "":
        candidates = [*_candidates(data, table), *placeholders]
        data, value = _first_verified(lambda value: _are_data(value, table), candidates, space)
        of_dataset = of_dataset if data is None else isinstance(value, Dataset)
    placeholders, unknown_weights = _placeholders(UNKNOWN_WEIGHTS, space)
    found = Sources(data, None, unknown, unknown_weights)
    found = found.of_dataset() if of_dataset else found
    candidates = [weight_expression(table, found.data, weights), *placeholders]
    weights, _ = _first_verified(lambda value: _are_weights(value, table), candidates, space)
    return found._replace(weights=weights)


def _placeholders(name: str, space: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return the existing variables with a placeholder name, and the next unused such name.

    The generated code asks the user to assign the data to it; another panel may use it as well.
    """
    found = list(itertools.takewhile(space.__contains__, numbered(name)))
    return found, next(n for n in numbered(name) if n not in space)


def _candidates(source: str | None, table: Table) -> list[str | None]:
    """Return expressions that may give the data: the source, and the columns it had originally."""
    if source is None or table.positions is not None or not table.named:
        return [source]
    frame = source if source.isidentifier() else f"({source})"
    columns = list(table.feature_names)
    return [source, f"{frame}[{columns}]", f"{frame}.X[{columns}]"]  # last: of a Dataset


def _first_verified(
    is_right: Callable[[Any], bool], candidates: list[str | None], space: Mapping[str, Any]
) -> tuple[str | None, Any]:
    """Return the first expression with the right value, on one line, and this value."""
    for candidate in candidates:
        if candidate is None:
            continue
        try:
            line = one_line(candidate)
            np_is_numpy = "np" not in names(line) or space.get("np") is np  # as in generated code
            if np_is_numpy and is_right(value := evaluate(line, space)):
                return line, value
        except Exception:  # noqa: BLE001, S110  a variable that has changed may raise anything
            pass
    return None, None


def _gives(expression: str, given: Any, space: Mapping[str, Any]) -> bool:
    """Whether an expression gives data that are read in blocks: the variable, or names of files."""
    if expression.isidentifier() and space.get(expression) is given:
        return True
    with suppress(ValueError, SyntaxError):
        return is_path(given) and ast.literal_eval(expression) == given
    return False


def _are_data(data: Any, table: Table) -> bool:
    """Whether both `%kmeans` and the generated code would read the values of the table."""
    of_dataset = isinstance(data, Dataset)
    columns = table_columns(table, of_dataset=of_dataset)
    found: Any = as_table(data, columns=columns, missing="drop")
    X, complete = table.samples.X, cast("Any", table.complete)
    if not (np.array_equal(found.samples.X, X) and np.array_equal(found.complete, complete)):
        return False
    if (table.named or of_dataset) and found.feature_names != table.feature_names:
        return False
    if isinstance(data, np.ndarray) and np.may_share_memory(found.samples.X, data):
        return True  # it is the array itself, which the code would only copy
    space = {"np": np, "data": data.X if of_dataset else data}
    with _masked_entries_raise():
        return np.array_equal(eval(matrix(table, "data"), space), X)  # noqa: S307


def _are_weights(weights: Any, table: Table) -> bool:
    with _masked_entries_raise():
        found = np.array(weights, dtype=float)
    found = found if table.complete is None else found[table.complete]
    return np.array_equal(found, cast("Any", table.samples.sample_weight))


@contextmanager
def _masked_entries_raise() -> Iterator[None]:
    """Turn numpy's warning about masked entries in a list into an error."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*converting a masked element to nan")
        yield
