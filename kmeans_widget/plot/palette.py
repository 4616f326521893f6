"""Cluster colours and markers that are distinguishable with colour-vision deficiency.

The twelve colours were found by search, for normal vision and for protanopia, deuteranopia and
tritanopia, on white and as the dark theme shows them (`dark_color`). They differ in OKLab, where
0.02 is just noticeable, by at least 0.08 for normal vision and 0.045 for all; the first eight,
which have different names, by at least 0.11 and 0.055. Each has a contrast of 3 : 1 on its
background. Colours repeat every 12 clusters and markers every 11, so clusters of the same colour
differ in their markers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_hex, to_rgb

if TYPE_CHECKING:
    from collections.abc import Sequence

COLORS = (
    "#0072b2",  # blue
    "#be5000",  # vermilion
    "#0f4b00",  # dark green
    "#c369f0",  # orchid
    "#0f9696",  # teal
    "#960f3c",  # crimson
    "#969600",  # olive
    "#e15a78",  # rose
    "#8787c3",  # periwinkle
    "#785ae1",  # violet
    "#003cb4",  # royal blue
    "#a53c78",  # plum
)
DARK_TEXT = frozenset({3, 4, 6, 7, 8})  # colours on which text is black
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")

INK = "#1f2328"
BLACK = "#000000"
MUTED = "#57606a"
FAINT = "#9aa4af"
UNASSIGNED = "#6e7781"
GRID = "#d8dee4"
PAPER = "#ffffff"


def color(slot: int) -> str:
    """Return the colour of a place in the palette; -1, no cluster yet, is grey.

    Examples
    --------
    >>> color(0), color(-1)
    ('#0072b2', '#6e7781')
    """
    return UNASSIGNED if slot < 0 else COLORS[slot % len(COLORS)]


def dark_color(shade: str) -> str:
    """Return a colour as the dark theme shows it, by the filter of `panel.css`: dark is light.

    Examples
    --------
    >>> dark_color("#ffffff"), dark_color("#0072b2")
    ('#121212', '#4bade4')
    """
    inverted = 0.93 - 0.86 * np.array(to_rgb(shade))
    rotated = 2.0 * inverted @ (0.213, 0.715, 0.072) - inverted  # hues turn by 180 degrees
    return to_hex(tuple(np.clip(rotated, 0.0, 1.0)))


def text_color(slot: int) -> str:
    """Return the colour of text on `color(slot)`, with a contrast of at least 4.5 : 1.

    Examples
    --------
    >>> text_color(0), text_color(3)
    ('#ffffff', '#000000')
    """
    return BLACK if slot % len(COLORS) in DARK_TEXT else PAPER


def marker(slot: int) -> str:
    """Return matplotlib's marker of a place in the palette; -1 is a circle.

    Examples
    --------
    >>> marker(1), marker(-1)
    ('s', 'o')
    """
    return "o" if slot < 0 else MARKERS[slot % len(MARKERS)]


def group_by_style(slots: Sequence[int]) -> list[list[int]]:
    """Group the clusters that have the same colour and marker, given their places in the palette.

    There are 132 combinations, so up to 132 clusters are usually a group each.

    Examples
    --------
    >>> group_by_style([0, 1, 132, 5])
    [[0, 2], [1], [3]]
    """
    groups: dict[int, list[int]] = {}
    for k, slot in enumerate(slots):
        groups.setdefault(slot % (len(COLORS) * len(MARKERS)), []).append(k)
    return list(groups.values())
