"""The notebook around the panel: the variables that data come from and labels go to."""

from __future__ import annotations

from typing import Any, cast

from IPython.core.getipython import get_ipython

from kmeans_widget.datasets import Dataset


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
