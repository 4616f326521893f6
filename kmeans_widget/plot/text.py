"""Text for pictures, panel and pages: put on one line, shortened to a width, wrapped."""

from __future__ import annotations

import itertools
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NO_NAME = "(no name)"
MAX_NAME = 40  # columns of a name within a sentence
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
ZERO_WIDTH_JOINER = "\u200d"


def one_line(text: str) -> str:
    r"""Put a name, which may contain any character, on one line; a blank one is "(no name)".

    Examples
    --------
    >>> one_line("net\nincome\t(EUR)"), one_line(" "), one_line("a\x00b")
    ('net income (EUR)', '(no name)', 'a\ufffdb')
    """
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(
        "\ufffd" if unicodedata.category(char) in {"Cc", "Cs"} else char for char in line
    ) or NO_NAME  # fmt: skip


def shorten(text: str, width: int, beside: Iterable[str] = ()) -> str:
    """Shorten a text to a width by cutting out its middle: column names often begin or end alike.

    Parameters
    ----------
    text : str
    width : int
        In columns of a terminal: a Chinese, Japanese or Korean character or an emoji takes two.
    beside : iterable of str
        Other texts from which the result must differ.

    Returns
    -------
    str
        One line. Accents are never separated from their letters.

    Examples
    --------
    >>> shorten("measurement_of_sensor_left_front_x", 20)
    'measuremen…t_front_x'
    >>> shorten("mean_of_left_wheel_speed", 15, beside=["mean_of_rear_wheel_speed"])
    'mea…of_left…eed'
    """
    graphemes = _graphemes(one_line(text))
    cut = _cut(graphemes, width)
    others = (_graphemes(one_line(other)) for other in beside)
    alike = [other for other in others if other != graphemes and _cut(other, width) == cut]
    if not alike:
        return cut
    shared = max(_n_shared(graphemes, other) for other in alike)
    half = width // 2
    return _cut(graphemes[:shared], half) + _cut(graphemes[shared:], width - half)


def list_names(names: Sequence[str], width: int) -> str:
    """List as many names as fit into a width, long ones shortened, and count the others.

    Examples
    --------
    >>> list_names(["age", "income", "measurement_of_sensor_left_front"], 28)
    'age, income, measur…_front'
    >>> list_names(["longitude", "latitude", "altitude"], 20)
    'longitude, latitude and 1 more'
    """
    first = names[:12]
    shown = [shorten(name, width // 2 - 1, first) for name in first]
    while len(shown) > 1 and display_width(", ".join(shown)) > width:
        shown.pop()
    more = len(names) - len(shown)
    return ", ".join(shown) + f" and {more} more" * (more > 0)


def powers_of_ten(number: str) -> str:
    """Write the exponent of a number as a power of ten.

    Examples
    --------
    >>> powers_of_ten("1.84e+12"), powers_of_ten("5e-08"), powers_of_ten("17")
    ('1.84 × 10¹²', '5 × 10⁻⁸', '17')
    """
    digits, _, exponent = number.partition("e")
    if not exponent:
        return number
    return f"{digits} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def display_width(text: str) -> int:
    """Return the width of a text in columns of a terminal.

    Examples
    --------
    >>> display_width("abc"), display_width("収入"), display_width("e\u0301"), display_width("🇯🇵")
    (3, 4, 1, 2)
    """
    return sum(map(_width, _graphemes(text)))


def wrap(text: str, width: int) -> str:
    r"""Break a text between words into lines of at most `width` columns.

    Examples
    --------
    >>> wrap("one two three", 8)
    'one two\nthree'
    """
    lines: list[str] = []
    for word in text.split():
        if lines and display_width(lines[-1]) + 1 + display_width(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


def _graphemes(text: str) -> list[str]:
    """Split a text into user-perceived characters: letters with their accents, emoji, flags."""
    graphemes: list[str] = []
    for char in text:
        if graphemes and _extends(graphemes[-1], char):
            graphemes[-1] += char
        else:
            graphemes.append(char)
    return graphemes


def _extends(grapheme: str, char: str) -> bool:
    """Return whether a code point extends a grapheme: the usual cases of Unicode's annex 29."""
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc", "Cf"}
        or "\u1160" <= char <= "\u11ff"  # Korean vowels and final consonants
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or grapheme.endswith(ZERO_WIDTH_JOINER)
        or unicodedata.combining(grapheme[-1]) == 9  # a virama joins two Indic consonants
        or (_is_regional(char) and _is_regional(grapheme))  # two regional indicators are a flag
    )


def _is_regional(text: str) -> bool:
    return len(text) == 1 and "\U0001f1e6" <= text <= "\U0001f1ff"


def _width(grapheme: str) -> int:
    """Return the columns of a grapheme: two if it is wide, an emoji or a flag."""
    wide = unicodedata.east_asian_width(grapheme[0]) in {"W", "F"} or "\ufe0f" in grapheme
    return 2 if wide or _is_regional(grapheme[0]) else 1


def _n_shared(one: list[str], other: list[str]) -> int:
    """Return the length of the common beginning."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _cut(graphemes: list[str], width: int) -> str:
    """Replace the middle by an ellipsis if the whole is too wide."""
    if sum(map(_width, graphemes)) <= width:
        return "".join(graphemes)
    head = _take(graphemes, width // 2)
    tail = _take(graphemes[::-1], (width - 1) // 2)[::-1]
    return f"{''.join(head).rstrip()}…{''.join(tail).lstrip()}"


def _take(graphemes: Sequence[str], width: int) -> list[str]:
    """Take as many graphemes from the beginning as fit."""
    widths = itertools.accumulate(map(_width, graphemes))
    return [part for part, total in zip(graphemes, widths, strict=True) if total <= width]
