"""Cluster colours and markers that stay apart, for colour-blind readers too.

The first twelve colours alternate between dark and mid tones of different hue, so that
neighbours differ in lightness as well; the markers repeat with another period than the colours,
so a cluster is still told apart when its colour returns.
"""

from __future__ import annotations

COLORS = (
    "#0072b2",  # blue
    "#c65102",  # vermilion
    "#00846b",  # green
    "#93328e",  # purple
    "#8a6d00",  # olive
    "#3d3d9e",  # indigo
    "#4f6d7a",  # slate
    "#9c1f2e",  # red
    "#4d7a1f",  # moss
    "#8052bd",  # violet
    "#7a4a21",  # brown
    "#e0245e",  # crimson
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")

INK = "#1f2328"
MUTED = "#57606a"
UNASSIGNED = "#6e7781"
GRID = "#d8dee4"
PAPER = "#ffffff"


def color(cluster: int) -> str:
    """Colour of a cluster; -1, a sample without one, is grey.

    Every colour has at least 4.5 : 1 contrast on white, so it can carry text.

    Examples
    --------
    >>> color(0), color(-1)
    ('#0072b2', '#6e7781')
    """
    return UNASSIGNED if cluster < 0 else COLORS[cluster % len(COLORS)]


def marker(cluster: int) -> str:
    """Marker of a cluster, in matplotlib's letters; -1, a sample without one, is a circle.

    Examples
    --------
    >>> marker(1), marker(-1)
    ('s', 'o')
    """
    return "o" if cluster < 0 else MARKERS[cluster % len(MARKERS)]
