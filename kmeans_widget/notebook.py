"""The notebook around the panel: the variables that data come from and labels go to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from IPython.core.getipython import get_ipython

from kmeans_widget.datasets import Dataset
from kmeans_widget.validation import as_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kmeans_widget.validation import Table


def variables() -> dict[str, Any]:
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
    name = next((n for n, v in names if v is data and not n.startswith("_")), None)
    return f"{name}.X" if name is not None and isinstance(data, Dataset) else name


def valid(source: str | None, table: Table) -> str | None:
    """Return the expression that gives the data of a table now; None if none is known.

    A variable may have got another value since the panel was opened on it. Of a DataFrame that has
    got more columns, those of the table are taken.
    """
    shell = get_ipython()
    if shell is None or source is None or not source.isidentifier():
        return source
    value, columns = shell.user_ns.get(source), list(table.feature_names)
    if table.positions is not None:
        return source if _gives(value, columns if table.named else table.positions, table) else None
    if _gives(value, None, table):
        return source
    return f"{source}[{columns}]" if table.named and _gives(value, columns, table) else None


def _gives(value: Any, columns: Sequence[Any] | None, table: Table) -> bool:
    try:
        found = as_table(value, columns=columns, missing="drop")
    except (TypeError, ValueError):
        return False
    same = found.feature_names == table.feature_names
    return same and np.array_equal(found.samples.X, table.samples.X)
