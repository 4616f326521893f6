"""Cluster colours and markers that stay apart, for colour-blind readers too.

The twelve colours were chosen by search: every two of them differ by at least 0.09 in OKLab (where
0.02 is just noticeable), for normal sight and as people without red, green or blue cones see them,
and each has 3 : 1 contrast on white. Neighbours differ most. The markers repeat with another period
than the colours, so a cluster is still told apart when its colour returns.
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
LIGHT = frozenset({3, 8, 9, 11})  # colours that need dark writing
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")

INK = "#1f2328"
BLACK = "#000000"
MUTED = "#57606a"
FAINT = "#9aa4af"
UNASSIGNED = "#6e7781"
GRID = "#d8dee4"
PAPER = "#ffffff"


def color(slot: int) -> str:
    """Colour of a place in the palette; -1, a sample without a cluster, is grey.

    Examples
    --------
    >>> color(0), color(-1)
    ('#0072b2', '#6e7781')
    """
    return UNASSIGNED if slot < 0 else COLORS[slot % len(COLORS)]


def writing(slot: int) -> str:
    """Colour to write with on `color(slot)`: 4.5 : 1 contrast or more.

    Examples
    --------
    >>> writing(0), writing(3)
    ('#ffffff', '#000000')
    """
    return BLACK if slot % len(COLORS) in LIGHT else PAPER


def marker(slot: int) -> str:
    """Marker of a place in the palette, in matplotlib's letters; -1 is a circle.

    Examples
    --------
    >>> marker(1), marker(-1)
    ('s', 'o')
    """
    return "o" if slot < 0 else MARKERS[slot % len(MARKERS)]


def alike(slots: Sequence[int]) -> list[list[int]]:
    """Group clusters that have the same colour and marker, by their places in the palette.

    There are 132 looks, so as many clusters are a group each.

    Examples
    --------
    >>> alike([0, 1, 132, 5])
    [[0, 2], [1], [3]]
    """
    groups: dict[int, list[int]] = {}
    for k, slot in enumerate(slots):
        groups.setdefault(slot % (len(COLORS) * len(MARKERS)), []).append(k)
    return list(groups.values())
