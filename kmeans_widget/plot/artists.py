"""What the parts of the picture are made of: axes in one style, and lines that move."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, IdentityTransform

from kmeans_widget.plot.fonts import FAMILY
from kmeans_widget.plot.palette import GRID, INK, MUTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform

    from kmeans_widget.core.arrays import Floats


def axes(figure: Figure, place: tuple[float, float, float, float]) -> Axes:
    """Add axes with a quiet grid at (left, bottom, width, height) of the figure."""
    added = figure.add_axes(place)
    added.set_axisbelow(True)
    added.grid(visible=True, color=GRID, linewidth=0.6)
    added.tick_params(colors=MUTED, labelsize=9, length=0, labelfontfamily=FAMILY)
    added.xaxis.label.set(color=INK, fontsize=9.5)
    added.yaxis.label.set(color=INK, fontsize=9.5)
    for side, spine in added.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(MUTED)
    return added


def line(parent: Axes, zorder: float, **style: Any) -> Line2D:
    """Add an empty line that no full draw paints: whoever moves it does."""
    added = Line2D([], [], zorder=zorder, animated=True, **style)
    parent.add_line(added)
    return added


class Dots(Line2D):
    """Markers that may differ in size, and are drawn size by size.

    A few sizes cost little more than one: a collection of markers takes five times as long.

    Attributes
    ----------
    sizes : ndarray of shape (n,) or None
        Factors of the marker size; None where all have the same.
    """

    sizes: Floats | None = None

    def draw(self, renderer: RendererBase) -> None:
        """Draw the markers of each size."""
        if self.sizes is None:
            super().draw(renderer)
            return
        places, size = np.asarray(self.get_xydata()), self.get_markersize()
        for factor in np.unique(self.sizes)[::-1]:
            place(self, places[self.sizes == factor], size * factor)
            super().draw(renderer)
        place(self, places, size)


def dots(parent: Axes, zorder: float, **style: Any) -> Dots:
    """Add markers that no full draw paints: whoever moves them does."""
    added = Dots([], [], zorder=zorder, animated=True, linestyle="", **style)
    parent.add_line(added)
    return added


def place(points: Line2D, places: Floats, size: float) -> None:
    """Put the markers of a line to places of shape (n, 2), `size` typographic points wide."""
    points.set_data(*places.T)
    points.set_markersize(size)


def merged(lines: Floats) -> Floats:
    """Join lines, shape (n_lines, n_places, 2), by NaN: one line draws them all.

    Examples
    --------
    >>> merged(np.array([[[1.0, 2.0]], [[3.0, 4.0]]])).tolist()
    [[1.0, 2.0], [nan, nan], [3.0, 4.0]]
    """
    gaps = np.full((len(lines), 1, 2), np.nan)
    return np.concatenate([lines, gaps], axis=1).reshape(-1, 2)[:-1]


def polygons(corners: Sequence[Floats]) -> Path:
    """Join polygons, each of shape (n_corners, 2): one patch draws them all.

    Examples
    --------
    >>> polygons([np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])]).codes.tolist()
    [1, 2, 2, 79]
    """
    parts = [Path([*polygon, polygon[0]], closed=True) for polygon in corners]
    return Path.make_compound_path(*parts) if parts else Path(np.empty((0, 2)))


class Numbers(Artist):
    """Whole numbers in the middle of discs.

    Parameters
    ----------
    transform : matplotlib.transforms.Transform
        From places to the screen.
    **style
        As of `matplotlib.artist.Artist`.
    """

    def __init__(self, transform: Transform, **style: Any) -> None:
        super().__init__()
        self.set(transform=transform, **style)
        self.show([], np.empty((0, 2)), [], [])

    def show(
        self, numbers: Sequence[int], places: Floats, shades: Sequence[str], sizes: Sequence[float]
    ) -> None:
        """Write numbers at places of shape (n, 2), their longer sides as many points long."""
        self.numbers, self.places, self.shades, self.sizes = numbers, places, shades, sizes

    def draw(self, renderer: RendererBase) -> None:
        """Draw each number as a marker."""
        gc = renderer.new_gc()
        self._set_gc_clip(gc)  # type: ignore[attr-defined]  # what every artist of matplotlib does
        gc.set_linewidth(0.0)
        places = self.get_transform().transform(self.places)
        marks = zip(self.numbers, places, self.shades, self.sizes, strict=True)
        for number, place, shade, size in marks:
            scale = Affine2D().scale(float(renderer.points_to_pixels(size)))  # type: ignore[arg-type]
            renderer.draw_markers(
                gc, _outline(number), scale, Path(place[None]), IdentityTransform(), to_rgba(shade)
            )
        gc.restore()


@cache
def _outline(number: int) -> Path:
    """Draw a number around (0, 0), its longer side 1."""
    text = TextPath((0, 0), str(number), prop=FontProperties(family="DejaVu Sans", weight="bold"))
    extent = text.get_extents()
    to_middle = Affine2D().translate(-(extent.x0 + extent.x1) / 2, -(extent.y0 + extent.y1) / 2)
    return to_middle.scale(1 / max(extent.width, extent.height)).transform_path(text)
