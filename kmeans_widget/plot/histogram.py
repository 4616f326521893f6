"""The histogram above the line on which the points of a single feature are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.plot.limits import corners
from kmeans_widget.plot.palette import UNASSIGNED, color

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s
    from kmeans_widget.plot.scene import Scene

BOTTOM, TOP = 0.2, 0.97  # of the bars, as shares of the height of the map; the line is below
FEWEST_BARS, MOST_BARS = 10, 100


class Bars(NamedTuple):
    """The bars of one colour.

    Attributes
    ----------
    color : str
    boxes : ndarray of shape (n_bars, 4)
        Left, right, bottom and top of each, in the units of the map.
    """

    color: str
    boxes: Float64s


def number_of_bars(n_points: int) -> int:
    """Return the number of bars for so many points: about Rice's rule.

    Examples
    --------
    >>> number_of_bars(30), number_of_bars(1000), number_of_bars(10_000_000)
    (10, 20, 100)
    """
    return int(np.clip(round(2 * n_points ** (1 / 3)), FEWEST_BARS, MOST_BARS))


def stack_bars(scene: Scene) -> list[Bars]:
    """Count the points between equally spaced limits, by colour, and stack the bars.

    The highest stack is as high as the room for it.
    """
    edges, colors, counts = _count(scene)
    (_, bottom), (_, top) = corners(scene.backdrop.box)
    low, room = bottom + BOTTOM * (top - bottom), (TOP - BOTTOM) * (top - bottom)
    tops = low + room * counts.cumsum(axis=0) / max(counts.sum(axis=0).max(), 1)
    bottoms = np.concatenate([np.full((1, counts.shape[1]), low), tops[:-1]])
    found = []
    for shade, count, lower, upper in zip(colors, counts, bottoms, tops, strict=True):
        (filled,) = np.nonzero(count)
        sides = edges[filled], edges[filled + 1], lower[filled], upper[filled]
        if len(filled):
            found.append(Bars(shade, np.column_stack(sides)))
    return found


def _count(scene: Scene) -> tuple[Float64s, list[str], Float64s]:
    """Return the limits, the colours, and the counts, shape (n_colors, n_bars)."""
    backdrop, density = scene.backdrop, scene.density
    left, right, _, _ = backdrop.box if density is None else density.box
    if density is not None:
        cells = density.counts[:-1].sum(axis=1)
        starts = np.arange(0, cells.shape[1], -(-cells.shape[1] // MOST_BARS))
        edges = left + (right - left) * np.append(starts, cells.shape[1]) / cells.shape[1]
        return edges, [*density.colors], np.add.reduceat(cells, starts, axis=1).astype(np.float64)
    codes, slots = scene.labels, scene.slots
    if scene.colors is not None:
        codes, slots = scene.colors.codes, scene.colors.slots
    shades = [*map(color, slots), UNASSIGNED]
    visible = ~np.isin(scene.labels, [k for k, s in enumerate(scene.slots) if s in scene.hidden])
    colors = list(dict.fromkeys(shades))
    layers = np.array([colors.index(shade) for shade in shades])[codes]
    edges = np.linspace(left, right, number_of_bars(len(codes)) + 1)
    x = backdrop.points[:, 0]
    counts = [np.histogram(x[visible & (layers == i)], edges)[0] for i in range(len(colors))]
    return edges, colors, np.array(counts, dtype=np.float64)
