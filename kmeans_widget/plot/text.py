"""Text for pictures, panel and pages: on one line, cut to a width, broken into lines."""

from __future__ import annotations

import itertools
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NO_NAME = "(no name)"
MAX_NAME = 40  # columns of a name within a sentence
ZERO_WIDTH_JOINER = "\u200d"


def one_line(text: str) -> str:
    r"""Write a name, which may be anything, on one line; a blank one as "(no name)".

    Examples
    --------
    >>> one_line("net\nincome\t(EUR)"), one_line(" "), one_line("a\x00b")
    ('net income (EUR)', '(no name)', 'a\ufffdb')
    """
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(
        "\ufffd" if unicodedata.category(char) in {"Cc", "Cs"} else char for char in line
    ) or NO_NAME  # fmt: skip


def shortened(text: str, width: int, beside: Iterable[str] = ()) -> str:
    """Cut a text to a width, in its middle: names of columns often begin or end alike.

    Parameters
    ----------
    text : str
    width : int
        In columns of a terminal: a Chinese, Japanese or Korean character and an emoji take two.
    beside : iterable of str
        Other texts from which it must be told apart.

    Returns
    -------
    str
        One line. No character is parted from its accents.

    Examples
    --------
    >>> shortened("measurement_of_sensor_left_front_x", 20)
    'measuremen…t_front_x'
    >>> shortened("mean_of_left_wheel_speed", 15, beside=["mean_of_rear_wheel_speed"])
    'mea…of_left…eed'
    """
    parts = _characters(one_line(text))
    cut = _cut(parts, width)
    others = (_characters(one_line(other)) for other in beside)
    alike = [other for other in others if other != parts and _cut(other, width) == cut]
    if not alike:
        return cut
    shared = max(_n_shared(parts, other) for other in alike)
    half = width // 2
    return _cut(parts[:shared], half) + _cut(parts[shared:], width - half)


def listed(names: Sequence[str], width: int) -> str:
    """List names, cut where they are long, and of many the first ones.

    Examples
    --------
    >>> listed(["age", "income", "measurement_of_sensor_left_front"], 28)
    'age, income, measur…_front'
    >>> listed(["longitude", "latitude", "altitude"], 20)
    'longitude, latitude and 1 more'
    """
    first = names[:12]
    shown = [shortened(name, width // 2 - 1, first) for name in first]
    while len(shown) > 1 and n_columns(", ".join(shown)) > width:
        shown.pop()
    more = len(names) - len(shown)
    return ", ".join(shown) + f" and {more} more" * (more > 0)


def n_columns(text: str) -> int:
    """Measure how wide a text is, in columns of a terminal.

    Examples
    --------
    >>> n_columns("abc"), n_columns("収入"), n_columns("e\u0301"), n_columns("🇯🇵")
    (3, 4, 1, 2)
    """
    return sum(map(_width, _characters(text)))


def wrapped(text: str, width: int) -> str:
    r"""Break a text into lines of at most so many columns, between words.

    Examples
    --------
    >>> wrapped("one two three", 8)
    'one two\nthree'
    """
    lines: list[str] = []
    for word in text.split():
        if lines and n_columns(lines[-1]) + 1 + n_columns(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


# -- characters as a reader sees them -----------------------------------------------------------


def _characters(text: str) -> list[str]:
    """Split a text into what a reader takes for one character each: accents stay with letters."""
    parts: list[str] = []
    for char in text:
        if parts and _continues(parts[-1], char):
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def _continues(before: str, char: str) -> bool:
    """Whether a code point belongs to those before it: the usual cases of Unicode's annex 29."""
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc", "Cf"}
        or "\u1160" <= char <= "\u11ff"  # the later parts of a Korean syllable
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # the colours of a skin
        or before.endswith(ZERO_WIDTH_JOINER)
        or unicodedata.combining(before[-1]) == 9  # an Indic letter without its vowel
        or (_is_regional(char) and _is_regional(before))  # two of them are a flag
    )


def _is_regional(text: str) -> bool:
    return len(text) == 1 and "\U0001f1e6" <= text <= "\U0001f1ff"


def _width(character: str) -> int:
    """Columns of one character: a flag or an emoji that is asked for takes two."""
    wide = unicodedata.east_asian_width(character[0]) in {"W", "F"} or "\ufe0f" in character
    return 2 if wide or _is_regional(character[0]) else 1


def _n_shared(one: list[str], other: list[str]) -> int:
    """Count the characters at the beginning that are the same."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _cut(parts: list[str], width: int) -> str:
    if sum(map(_width, parts)) <= width:
        return "".join(parts)
    head = _beginning(parts, width // 2)
    tail = _beginning(parts[::-1], (width - 1) // 2)[::-1]
    return f"{''.join(head).rstrip()}…{''.join(tail).lstrip()}"


def _beginning(parts: Sequence[str], width: int) -> list[str]:
    """Take characters from the beginning, as many as fit."""
    widths = itertools.accumulate(map(_width, parts))
    return [part for part, total in zip(parts, widths, strict=True) if total <= width]
