"""Font fallback: our font, then the families of the user's rcParams, then any installed font.

Pictures are drawn in matplotlib's default style and font, independent of the user's rcParams. That
font lacks Chinese, Japanese, Korean and Thai, but names may contain any character.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.font_manager import FontProperties

from kmeans_widget.plot.text import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.font_manager import FontEntry
    from matplotlib.ft2font import FT2Font
    from matplotlib.text import Text

FAMILY = "DejaVu Sans"  # comes with matplotlib
GENERIC = ("serif", "sans-serif", "cursive", "fantasy", "monospace")  # rcParams lists their fonts
NO_GLYPH = "□"  # replaces a character that no font has


def text_properties(words: str, weight: str = "normal") -> dict[str, Any]:
    """Choose fonts that have all characters of a text.

    Our font comes first, then those set in the user's rcParams, then any that is installed. A
    character that no font has is replaced by a box, so that matplotlib does not warn.

    Parameters
    ----------
    words : str
        The text.
    weight : {"normal", "bold"}
        Applies if our font has all characters; other fonts are used in their normal weight, since
        they may have no other.

    Returns
    -------
    dict
        Keyword arguments for `matplotlib.text.Text.set`.

    Examples
    --------
    >>> text_properties("age", "bold")
    {'text': 'age', 'fontfamily': ['DejaVu Sans'], 'fontweight': 'bold'}
    """
    own = {"text": words, "fontfamily": [FAMILY], "fontweight": weight}
    special = frozenset(char for char in words if not char.isascii())
    if not special or not (foreign := special - _with_glyph(_font(FAMILY, weight), special)):
        return own
    families, missing = _fallback(foreign, _user_families(), len(font_manager.fontManager.ttflist))
    return {
        "text": "".join(_placeholder(char) if char in missing else char for char in words),
        "fontfamily": [FAMILY, *families],
        "fontweight": "normal",
    }


def set_axis_label(label: Text, name: str, other: str, length: float) -> None:
    """Set an axis label, shortened to `length` pixels so that it still differs from the other."""
    if not name:
        label.set_text("")
        return
    for width in range(64, 8, -2):
        if width < 64 or len(name) > 64:
            name, other = (text.replace("principal component", "PC") for text in (name, other))
        label.set(parse_math=False, **text_properties(shorten(name, width, [other])))
        box = label.get_window_extent()
        if max(box.width, box.height) <= length:
            return


def _user_families() -> tuple[str, ...]:
    """Return the families of the user's rcParams, whether installed or not."""
    style: Any = mpl.rcParams
    chosen = (*style["font.family"], "sans-serif")
    lists = (style[f"font.{name}"] if name in GENERIC else [name] for name in chosen)
    return tuple(itertools.chain(*lists))


@functools.lru_cache(maxsize=256)
def _fallback(
    chars: frozenset[str], preferred: tuple[str, ...], n_fonts: int
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return families that have the characters, and the characters that no family has.

    Apart from the preferred ones, families that have most of the characters come first. `n_fonts`
    is part of the cache key, so that added fonts are found.
    """
    del n_fonts
    # matplotlib logs at every draw if a family is missing, or has no regular weight.
    entries = {e.name: e for e in reversed(font_manager.fontManager.ttflist) if _is_regular(e)}
    known = {name.lower(): name for name in entries}
    names = dict.fromkeys(known[name.lower()] for name in preferred if name.lower() in known)
    families: list[str] = []
    missing = _choose(names, chars, families)
    if missing:
        covered = {name: len(_covered(entry, missing)) for name, entry in entries.items()}
        names = dict.fromkeys(
            sorted(
                (name for name, n in covered.items() if n),
                key=lambda name: (-covered[name], "Sans" not in name, name),
            )
        )
        missing = _choose(names, missing, families)
    return tuple(families), missing


def _choose(names: Iterable[str], chars: frozenset[str], families: list[str]) -> frozenset[str]:
    """Append families until all characters are covered; return the characters that are not."""
    for name in names:
        if chars and (found := _with_glyph(_font(name), chars)):
            families.append(name)
            chars -= found
    return chars


def _font(family: str, weight: str = "normal") -> FT2Font:
    """Open the font that matplotlib selects for a family."""
    wanted = FontProperties(
        family=[family], weight=weight, style="normal", variant="normal", stretch="normal", size=10
    )
    found = font_manager.fontManager.findfont(wanted, fallback_to_default=False)
    return font_manager.get_font(found)


def _is_regular(entry: FontEntry) -> bool:
    """Return whether a font is upright, of normal weight, and has real glyphs."""
    weight = font_manager.weight_dict.get(str(entry.weight), entry.weight)
    last_resort = "lastresort" in entry.name.lower().replace(" ", "")  # has a box for each script
    return entry.style == "normal" and weight == 400 and not last_resort


def _covered(entry: FontEntry, chars: frozenset[str]) -> frozenset[str]:
    """Return the characters that a font file has; none if it cannot be read."""
    index = getattr(entry, "index", 0)  # matplotlib 3.11 supports files with several fonts
    path: Any = font_manager.FontPath(entry.fname, index) if index else entry.fname
    try:
        return _with_glyph(font_manager.get_font(path), chars)
    except (OSError, RuntimeError):
        return frozenset()


def _with_glyph(font: FT2Font, chars: frozenset[str]) -> frozenset[str]:
    return frozenset(char for char in chars if _has_glyph(font, char))


def _has_glyph(font: FT2Font, char: str) -> bool:
    """Return whether a font has an outline of a character; some have bitmaps only."""
    if not font.get_char_index(ord(char)):
        return False
    try:
        font.load_char(ord(char))
    except RuntimeError:
        return False
    return True


def _placeholder(char: str) -> str:
    """Return a box for a character that no font has, nothing for an accent."""
    return "" if unicodedata.category(char) in {"Mn", "Me", "Cf"} else NO_GLYPH
