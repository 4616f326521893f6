"""The name of a variable, or of a column, to put a result into."""

from __future__ import annotations

import ast
import builtins
import keyword
from typing import TYPE_CHECKING, Any, NamedTuple

from kmeans_widget.validation.messages import shown

if TYPE_CHECKING:
    from collections.abc import Container


class NameTakenError(ValueError):
    """The name has a value already, which would be lost."""


class LabelTarget(NamedTuple):
    """Where labels go: a variable, or a column of the DataFrame that the variable holds.

    Examples
    --------
    >>> str(LabelTarget("labels")), str(LabelTarget("df", "cluster"))
    ('labels', 'df["cluster"]')
    """

    variable: str
    column: str | None = None

    def __str__(self) -> str:
        """Write it as in Python."""
        if self.column is None:
            return self.variable
        is_plain = self.column.isprintable() and not set(self.column) & {'"', "\\"}
        return f"{self.variable}[" + (f'"{self.column}"' if is_plain else repr(self.column)) + "]"


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


def check_label_target(text: Any) -> LabelTarget:
    """Return the variable or the column that a text names; nothing in it is evaluated.

    Raises
    ------
    ValueError
        If it is neither a name nor one column of a named DataFrame.

    Examples
    --------
    >>> check_label_target("labels")
    LabelTarget(variable='labels', column=None)
    >>> check_label_target('df["cluster"]')
    LabelTarget(variable='df', column='cluster')
    >>> check_label_target("df.cluster")
    Traceback (most recent call last):
        ...
    ValueError: 'df.cluster' cannot be the name of a variable; did you mean df["cluster"]?
    """
    if not isinstance(text, str) or not set(text) & set("[."):
        return LabelTarget(check_variable(text))
    match _parsed(text):
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(column))):
            if column.strip():
                return LabelTarget(name, column)
        case ast.Attribute(value=ast.Name(id=name), attr=column):
            raise ValueError(
                f"{shown(text)} cannot be the name of a variable; did you mean "
                f"{LabelTarget(name, column)}?"
            )
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=column)):
            raise ValueError(
                f"The name of the column in {shown(text)} needs quotes; did you mean "
                f"{LabelTarget(name, column)}?"
            )
    raise ValueError(
        f"Labels cannot be put into {shown(text)}: give a variable, such as labels, or a column of "
        'a DataFrame, such as df["cluster"].'
    )


def _parsed(text: str) -> ast.expr | None:
    """Parse an expression; None if it is none."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):  # a ValueError for null characters
        return None


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
    kmeans_widget.validation.targets.NameTakenError: There is a variable 'labels' already: choose
    another name, or confirm that it may be replaced.
    """
    if name in namespace:
        what = f"There is a variable {name!r} already"
    elif hasattr(builtins, name):
        what = f"{name!r} is one of Python's own names"
    else:
        return
    raise NameTakenError(f"{what}: choose another name, or confirm that it may be replaced.")
