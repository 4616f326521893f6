"""The name of a variable to put a result into."""

from __future__ import annotations

import builtins
import keyword
from typing import TYPE_CHECKING, Any

from kmeans_widget.validation.words import shown

if TYPE_CHECKING:
    from collections.abc import Container


class NameTakenError(ValueError):
    """The name has a value already, which would be lost."""


def check_variable(name: Any) -> str:
    """Return a name that a variable can have.

    Raises
    ------
    ValueError
        If it is no identifier, or a keyword.

    Examples
    --------
    >>> check_variable("2nd")
    Traceback (most recent call last):
        ...
    ValueError: '2nd' cannot be the name of a variable: use letters, digits and _, and begin with no
    digit.
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(
            f"{shown(name)} cannot be the name of a variable: use letters, digits and _, and begin "
            "with no digit."
        )
    if keyword.iskeyword(name):
        raise ValueError(f"{name!r} cannot be the name of a variable: it is a word of Python.")
    return name


def check_free(name: str, namespace: Container[str]) -> None:
    """Refuse a name that has a value already.

    Raises
    ------
    NameTakenError
        If it is a variable of the namespace, or one of Python's own functions.

    Examples
    --------
    >>> check_free("labels", {"labels": 3})
    Traceback (most recent call last):
        ...
    kmeans_widget.validation.variable.NameTakenError: There is a variable 'labels' already: choose
    another name, or confirm that it may be replaced.
    """
    if name in namespace:
        what = f"There is a variable {name!r} already"
    elif hasattr(builtins, name):
        what = f"{name!r} is one of Python's own names"
    else:
        return
    raise NameTakenError(f"{what}: choose another name, or confirm that it may be replaced.")
