"""Building blocks of error messages."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def suggestion(word: str, known: Sequence[str]) -> str:
    """Return the end of a sentence: "did you mean" with a similar known word, or a full stop.

    Examples
    --------
    >>> suggestion("randon", ["random", "farthest"])
    "; did you mean 'random'?"
    """
    lowered = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), lowered, n=1)
    return f"; did you mean {lowered[close[0]]!r}?" if close else "."


def quoted_list(names: Sequence[str], most: int = 20) -> str:
    """Join names in quotes; beyond `most` they are only counted."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more


def count(n: int, what: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> count(1, "column"), count(2000, "row")
    ('1 column', '2,000 rows')
    """
    return f"{n:,} {what}{'s' * (n != 1)}"


def short_repr(value: Any) -> str:
    """Return the `repr` of a value on one line of at most 40 characters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else text[:37] + "..."


def typed_repr(value: Any) -> str:
    """Return the class and the short `repr` of a value."""
    return f"{type(value).__name__} {short_repr(value)}"


def error_message(error: BaseException) -> str:
    """Return the message of any exception on one line; "" if it has none."""
    try:
        return " ".join(str(error).split())
    except Exception:  # noqa: BLE001  a user's class may raise anything
        return ""


def error_summary(error: BaseException) -> str:
    """Return the class and the message of any exception, without a full stop.

    Examples
    --------
    >>> error_summary(RuntimeError("requires grad.")), error_summary(LookupError())
    ('RuntimeError: requires grad', 'LookupError')
    """
    return ": ".join(filter(None, (type(error).__name__, error_message(error).rstrip("."))))


def percent(share: float) -> str:
    """Format a share; only exact 0 and 1 are shown as 0 % and 100 %.

    Examples
    --------
    >>> [percent(share) for share in (0.0, 0.0004, 0.257, 0.9999, 1.0)]
    ['0 %', '< 1 %', '26 %', '> 99 %', '100 %']
    """
    if 0 < share < 0.01:
        return "< 1 %"
    return "> 99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"
