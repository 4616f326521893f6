"""The histogram above the line on which the points of a single feature are drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.plot.limits import corners
from kmeans_widget.plot.palette import UNASSIGNED, color

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.plot.scene import Scene

BOTTOM, TOP = 0.2, 0.97  # of the bars, as shares of the height of the map; the line is below
LEAST = 0.006  # height of a bar, as a share of their room: what is there is seen
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
    heights = np.maximum(counts / max(counts.sum(axis=0).max(), 1), (counts > 0) * LEAST)
    tops = low + room * heights.cumsum(axis=0) / max(heights.sum(axis=0).max(), 1.0)
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
    box = backdrop.box if density is None else density.box
    limits, x = (box[0], box[1]), backdrop.points[:, 0]
    if density is not None:
        edges = bar_edges(x, limits, backdrop.n_samples, density.counts.shape[-1])
        cells = density.counts[:-1].sum(axis=1)
        (columns,) = cells.shape[1:]
        middles = box[0] + (box[1] - box[0]) * (np.arange(columns) + 0.5) / columns
        bars = [np.histogram(middles, edges, weights=layer)[0] for layer in cells]
        return edges, [*density.colors], np.array(bars, dtype=np.float64)
    codes, slots = scene.labels, scene.slots
    if scene.colors is not None:
        codes, slots = scene.colors.codes, scene.colors.slots
    shades = [*map(color, slots), UNASSIGNED]
    visible = ~np.isin(scene.labels, [k for k, s in enumerate(scene.slots) if s in scene.hidden])
    colors = list(dict.fromkeys(shades))
    layers = np.array([colors.index(shade) for shade in shades])[codes]
    edges = bar_edges(x, limits)
    counts = [np.histogram(x[visible & (layers == i)], edges)[0] for i in range(len(colors))]
    return edges, colors, np.array(counts, dtype=np.float64)


def bar_edges(
    x: Floats, limits: tuple[float, float], n_samples: int = 0, n_cells: int = 0
) -> Float64s:
    """Return the limits of the bars: for whole numbers, each bar has equally many of them.

    Those of a density picture of `n_samples` are limits of its `n_cells` cells, unless a cell has
    at most one whole number; `x` are then some of the samples.

    Examples
    --------
    >>> bar_edges(np.array([1.0, 3.0]), (0.5, 3.5))
    array([-0.5,  0.5,  1.5,  2.5,  3.5])
    """
    left, right = limits
    n_bars = number_of_bars(n_samples or len(x))
    if not (x % 1.0).any() and 1.0 < right - left <= (n_cells or np.inf):
        step = math.ceil((right - left) / n_bars)
        return np.arange(math.floor(left) - 0.5, right + step, step)
    if not n_cells:
        return np.linspace(left, right, n_bars + 1)
    starts = np.arange(0, n_cells, math.ceil(n_cells / n_bars))
    return np.asarray(left + (right - left) * np.append(starts, n_cells) / n_cells)
