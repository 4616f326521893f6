"""Fonts that have the characters of a text: ours, then the user's, then any that is installed.

Pictures are drawn in matplotlib's own style and font, whatever the user has chosen for other plots.
That font has no Chinese, Japanese, Korean or Thai, and a name may have any character there is.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.font_manager import FontProperties

from kmeans_widget.plot.text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.font_manager import FontEntry
    from matplotlib.ft2font import FT2Font
    from matplotlib.text import Text

FAMILY = "DejaVu Sans"  # of all pictures: it comes with matplotlib
GENERIC = ("serif", "sans-serif", "cursive", "fantasy", "monospace")  # rcParams lists families
NO_GLYPH = "□"  # for a character that no font has


def lettering(words: str, weight: str = "normal") -> dict[str, Any]:
    """Choose fonts that have all characters of a text.

    Ours come first, then those the user has set in matplotlib, then any that is installed. A
    character that none has becomes a box, so matplotlib has nothing to warn of.

    Parameters
    ----------
    words : str
    weight : {"normal", "bold"}
        As far as our own font reaches; the others are sure to have the normal one only.

    Returns
    -------
    dict
        What to `set` on a `matplotlib.text.Text`.

    Examples
    --------
    >>> lettering("age", "bold")
    {'text': 'age', 'fontfamily': ['DejaVu Sans'], 'fontweight': 'bold'}
    """
    own = {"text": words, "fontfamily": [FAMILY], "fontweight": weight}
    special = frozenset(char for char in words if not char.isascii())
    if not special or not (foreign := special - _drawable(_font(FAMILY, weight), special)):
        return own
    families, missing = _fallback(foreign, _users_families(), len(font_manager.fontManager.ttflist))
    return {
        "text": "".join(_stand_in(char) if char in missing else char for char in words),
        "fontfamily": [FAMILY, *families],
        "fontweight": "normal",
    }


def write_name(label: Text, name: str, other: str, room: float) -> None:
    """Write the name of an axis, cut to the pixels there are, and told apart from the other one."""
    if not name:
        label.set_text("")
        return
    for width in range(64, 8, -2):
        label.set(parse_math=False, **lettering(shortened(name, width, [other])))
        box = label.get_window_extent()
        if max(box.width, box.height) <= room:
            return


def _users_families() -> tuple[str, ...]:
    """List the families that the user has set in matplotlib, whether installed or not."""
    style: Any = mpl.rcParams
    chosen = (*style["font.family"], "sans-serif")
    lists = (style[f"font.{name}"] if name in GENERIC else [name] for name in chosen)
    return tuple(itertools.chain(*lists))


@functools.lru_cache(maxsize=256)
def _fallback(
    chars: frozenset[str], preferred: tuple[str, ...], n_fonts: int
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Choose families for characters; return them, and the characters that none has.

    Of the fonts that nobody asked for, those that have most of the characters come first.
    `n_fonts` makes the answer a new one when fonts are added.
    """
    del n_fonts
    # The name of a family that is not there, or not in this weight, would be logged at every draw.
    entries = {e.name: e for e in reversed(font_manager.fontManager.ttflist) if _is_regular(e)}
    known = {name.lower(): name for name in entries}
    names = dict.fromkeys(known[name.lower()] for name in preferred if name.lower() in known)
    families: list[str] = []
    left = _choose(names, chars, families)
    if left:
        covered = {name: len(_covered(entry, left)) for name, entry in entries.items()}
        names = dict.fromkeys(
            sorted(
                (name for name, n in covered.items() if n),
                key=lambda name: (-covered[name], "Sans" not in name, name),
            )
        )
        left = _choose(names, left, families)
    return tuple(families), left


def _choose(names: Iterable[str], chars: frozenset[str], families: list[str]) -> frozenset[str]:
    """Append the families that have some of the characters; return those that are left."""
    for name in names:
        if chars and (found := _drawable(_font(name), chars)):
            families.append(name)
            chars -= found
    return chars


def _font(family: str, weight: str = "normal") -> FT2Font:
    """Open the font that matplotlib will take for a family."""
    wanted = FontProperties(
        family=[family], weight=weight, style="normal", variant="normal", stretch="normal", size=10
    )
    found = font_manager.fontManager.findfont(wanted, fallback_to_default=False)
    return font_manager.get_font(found)


def _is_regular(entry: FontEntry) -> bool:
    """Whether a font is for plain text: upright, of normal weight, with real characters."""
    weight = font_manager.weight_dict.get(str(entry.weight), entry.weight)
    last_resort = "lastresort" in entry.name.lower().replace(" ", "")  # boxes, one for each script
    return entry.style == "normal" and weight == 400 and not last_resort


def _covered(entry: FontEntry, chars: frozenset[str]) -> frozenset[str]:
    """Find the characters that a font file has; none if it cannot be read."""
    index = getattr(entry, "index", 0)  # matplotlib 3.11 knows files with several fonts
    path: Any = font_manager.FontPath(entry.fname, index) if index else entry.fname
    try:
        return _drawable(font_manager.get_font(path), chars)
    except (OSError, RuntimeError):
        return frozenset()


def _drawable(font: FT2Font, chars: frozenset[str]) -> frozenset[str]:
    return frozenset(char for char in chars if _draws(font, char))


def _draws(font: FT2Font, char: str) -> bool:
    """Whether a font has a character, as an outline: some have it in colour only."""
    if not font.get_char_index(ord(char)):
        return False
    try:
        font.load_char(ord(char))
    except RuntimeError:
        return False
    return True


def _stand_in(char: str) -> str:
    """Write a box for a character that no font has, and nothing for an accent or a mark."""
    return "" if unicodedata.category(char) in {"Mn", "Me", "Cf"} else NO_GLYPH
