"""The variable or DataFrame column that a result is assigned to."""

from __future__ import annotations

import ast
import builtins
import keyword
from typing import TYPE_CHECKING, Any, NamedTuple

from kmeans_widget.validation.messages import short_repr

if TYPE_CHECKING:
    from collections.abc import Container


class NameTakenError(ValueError):
    """The name already has a value, which would be overwritten."""


class LabelTarget(NamedTuple):
    """Where labels are assigned: a variable, or a column of the DataFrame in a variable.

    Examples
    --------
    >>> str(LabelTarget("labels")), str(LabelTarget("df", "cluster"))
    ('labels', 'df["cluster"]')
    """

    variable: str
    column: str | None = None

    def __str__(self) -> str:
        """Return it as Python code."""
        if self.column is None:
            return self.variable
        needs_no_escape = self.column.isprintable() and not set(self.column) & {'"', "\\"}
        return (
            f"{self.variable}["
            + (f'"{self.column}"' if needs_no_escape else repr(self.column))
            + "]"
        )


def check_variable(name: Any) -> str:
    """Return a valid name of a variable.

    Raises
    ------
    ValueError
        If `name` is not an identifier, or is a keyword.

    Examples
    --------
    >>> check_variable("2nd")
    Traceback (most recent call last):
        ...
    ValueError: '2nd' cannot be the name of a variable: use letters, digits and _, and do not begin
    with a digit.
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(
            f"{short_repr(name)} cannot be the name of a variable: use letters, digits and _, and "
            "do not begin with a digit."
        )
    if keyword.iskeyword(name):
        raise ValueError(f"{name!r} cannot be the name of a variable: it is a Python keyword.")
    return name


def check_label_target(text: Any) -> LabelTarget:
    """Parse the name of a variable, or of a column as in ``df["cluster"]``; nothing is evaluated.

    Raises
    ------
    ValueError
        If `text` is neither.

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
                f"{short_repr(text)} cannot be the name of a variable; did you mean "
                f"{LabelTarget(name, column)}?"
            )
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=column)):
            raise ValueError(
                f"The column name in {short_repr(text)} needs quotes; did you mean "
                f"{LabelTarget(name, column)}?"
            )
    raise ValueError(
        f"Labels cannot be assigned to {short_repr(text)}: give a variable, such as labels, or a "
        'column of a DataFrame, such as df["cluster"].'
    )


def _parsed(text: str) -> ast.expr | None:
    """Parse an expression; None if the text is not one."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):  # a ValueError for null characters
        return None


def check_name_unused(name: str, namespace: Container[str]) -> None:
    """Raise if a name already has a value.

    Raises
    ------
    NameTakenError
        If `name` is a variable of the namespace, or a Python builtin.

    Examples
    --------
    >>> check_name_unused("labels", {"labels": 3})
    Traceback (most recent call last):
        ...
    kmeans_widget.validation.targets.NameTakenError: There is already a variable 'labels': choose
    another name, or replace it (in Python: replace=True).
    """
    if name in namespace:
        what = f"There is already a variable {name!r}"
    elif hasattr(builtins, name):
        what = f"{name!r} is a Python builtin"
    else:
        return
    raise NameTakenError(f"{what}: choose another name, or replace it (in Python: replace=True).")
