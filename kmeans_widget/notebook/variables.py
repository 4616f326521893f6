"""The notebook around the panel: the variables that data come from and labels go to."""

from __future__ import annotations

import itertools
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from IPython.core.getipython import get_ipython

from kmeans_widget.datasets import Dataset
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
        If there is none.
    """
    shell = get_ipython()
    if shell is None:
        raise ValueError("There is no notebook here that could take a variable.")
    return cast("dict[str, Any]", shell.user_ns)


def expression(data: Any) -> str | None:
    """Find the expression that gives some data in the notebook: a variable; None if there is none.

    Examples
    --------
    >>> expression([[1, 2], [3, 4]]) is None
    True
    """
    shell = get_ipython()
    names = () if shell is None else tuple(shell.user_ns.items())
    return next((n for n, v in names if v is data and not n.startswith("_")), None)


def sources(
    table: Table, data: str | None, weights: str | None, *, of_dataset: bool = False
) -> Sources:
    """Return the expressions that surely give the data and the weights of a table again.

    Parameters
    ----------
    table : Table
        What the panel was opened on.
    data, weights : str or None
        The expressions that it was opened with, as far as known; `data` is empty for the
        walkthrough.
    of_dataset : bool
        Whether it was opened on a `Dataset`.

    Returns
    -------
    Sources
        None in place of what is not sure, and names that are free to be written there.

    Notes
    -----
    An expression is sure if it can be evaluated again without side effects (`evaluate` in
    `session.expressions`) and now gives the numbers of the table: to `%kmeans`, which reads
    it as any data, and to the code, which makes an array of it. So neither random numbers nor a
    variable that has changed are taken for the data. Of a DataFrame that has got more columns,
    those of the table are taken. An expression from which the code would make an array with a
    warning is not sure, either: that of a list with masked entries.

    The whole is compared each time, as an array may be changed in place: about 10 ms for a million
    rows of two columns.

    Examples
    --------
    >>> sources(as_table([[1.0], [2.0]]), "heights", None).data  # where there is no notebook
    'heights'
    """
    shell = get_ipython()
    if shell is None:
        return as_given(table, data, weights, of_dataset=of_dataset)
    space = shell.user_ns
    named, unknown = _stand_ins(UNKNOWN, space)
    if data != "":
        forms = [*_forms(data, table), *named]
        data, value = _first(lambda value: _are_data(value, table), forms, space)
        of_dataset = of_dataset if data is None else isinstance(value, Dataset)
    named, unknown_weights = _stand_ins(UNKNOWN_WEIGHTS, space)
    found = Sources(data, None, unknown, unknown_weights)
    found = found.of_dataset() if of_dataset else found
    given = weight_expression(table, found.data, weights)
    weights, _ = _first(lambda value: _are_weights(value, table), [given, *named], space)
    return found._replace(weights=weights)


def _stand_ins(name: str, space: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return the variables with a name for what is unknown, and the next such name that is free.

    The user may have put the data there, as the code says, but those of this panel or another's.
    """
    found = list(itertools.takewhile(space.__contains__, numbered(name)))
    return found, next(n for n in numbered(name) if n not in space)


def _forms(source: str | None, table: Table) -> list[str | None]:
    """Return the expressions that may give the data: the source, and the columns there were."""
    if source is None or table.positions is not None or not table.named:
        return [source]
    frame = source if source.isidentifier() else f"({source})"
    columns = list(table.feature_names)
    return [source, f"{frame}[{columns}]", f"{frame}.X[{columns}]"]  # the last one: of a Dataset


def _first(
    is_right: Callable[[Any], bool], forms: list[str | None], space: Mapping[str, Any]
) -> tuple[str | None, Any]:
    """Return the first expression that surely has the right value, on one line, and its value."""
    for form in forms:
        if form is None:
            continue
        try:
            line = one_line(form)
            as_in_the_code = "np" not in names(line) or space.get("np") is np
            if as_in_the_code and is_right(value := evaluate(line, space)):
                return line, value
        except Exception:  # noqa: BLE001, S110  whatever a changed variable raises: it is not sure
            pass
    return None, None


def _are_data(data: Any, table: Table) -> bool:
    """Whether both the line and the code would make the same numbers of some data."""
    of_dataset = isinstance(data, Dataset)
    columns = table_columns(table, of_dataset=of_dataset)
    found: Any = as_table(data, columns=columns, missing="drop")
    X, complete = table.samples.X, cast("Any", table.complete)
    if not (np.array_equal(found.samples.X, X) and np.array_equal(found.complete, complete)):
        return False
    if (table.named or of_dataset) and found.feature_names != table.feature_names:
        return False
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
    """Raise instead of the warning that numpy gives for masked entries in a list."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*converting a masked element to nan")
        yield
