"""Cluster colours and markers that are distinguishable with colour-vision deficiency.

The twelve colours were found by search: any two differ by at least 0.09 in OKLab (0.02 is just
noticeable), for normal vision and for protanopia, deuteranopia and tritanopia, and each has a
contrast of 3 : 1 on white. Neighbours differ most. Colours repeat every 12 clusters and markers
every 11, so clusters of the same colour differ in their markers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COLORS = (
    "#0072b2",  # blue
    "#be5000",  # vermilion
    "#6e143c",  # wine
    "#00a0be",  # cyan
    "#462882",  # indigo
    "#82466e",  # mauve
    "#8c14fa",  # violet
    "#961400",  # brick
    "#e66e00",  # orange
    "#be7882",  # rose
    "#0032be",  # royal blue
    "#9678fa",  # lavender
)
DARK_TEXT = frozenset({3, 8, 9, 11})  # colours on which text is black
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
