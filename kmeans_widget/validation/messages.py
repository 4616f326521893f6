"""Pieces of messages."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def suggestion(word: str, known: Sequence[str]) -> str:
    """Return the end of a clause: a similar word, if there is one, or a full stop.

    Examples
    --------
    >>> suggestion("randon", ["random", "farthest"])
    "; did you mean 'random'?"
    """
    lowered = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), lowered, n=1)
    return f"; did you mean {lowered[close[0]]!r}?" if close else "."


def listed(names: Sequence[str], most: int = 20) -> str:
    """List names in quotes; of many, the first ones."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more


def shown(value: Any) -> str:
    """Write a value on one line, however long it is."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else text[:37] + "..."


def described(value: Any) -> str:
    """Describe a value that does not belong, in few words."""
    return f"{type(value).__name__} {shown(value)}"


def message(error: BaseException) -> str:
    """Return the message of any exception on one line; empty if it has none."""
    try:
        return " ".join(str(error).split())
    except Exception:  # noqa: BLE001  somebody's own class
        return ""


def reason(error: BaseException) -> str:
    """Return the class and the message of any exception, without a full stop.

    Examples
    --------
    >>> reason(RuntimeError("requires grad.")), reason(LookupError())
    ('RuntimeError: requires grad', 'LookupError')
    """
    return ": ".join(filter(None, (type(error).__name__, message(error).rstrip("."))))
