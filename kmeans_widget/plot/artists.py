"""Building blocks of the figure: axes in one style, animated lines and markers."""

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


def add_axes(figure: Figure) -> Axes:
    """Add axes with a light grid."""
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axisbelow(True)
    axes.grid(visible=True, color=GRID, linewidth=0.6)
    axes.tick_params(colors=MUTED, labelsize=9, length=0, labelfontfamily=FAMILY)
    axes.xaxis.label.set(color=INK, fontsize=9.5)
    axes.yaxis.label.set(color=INK, fontsize=9.5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(MUTED)
    return axes


def add_line(axes: Axes, zorder: float, **style: Any) -> Line2D:
    """Add an empty animated line: `Figure.draw` skips it, the blitter draws it."""
    line = Line2D([], [], zorder=zorder, animated=True, **style)
    axes.add_line(line)
    return line


class Markers(Line2D):
    """A line of markers whose sizes may differ; they are drawn one size after the other.

    With a few sizes that costs little more than with one; a `PathCollection` takes five times as
    long.

    Attributes
    ----------
    sizes : ndarray of shape (n,) or None
        Factors of the marker size; None if all are equal.
    """

    sizes: Floats | None = None

    def draw(self, renderer: RendererBase) -> None:
        """Draw the markers of each size."""
        if self.sizes is None:
            super().draw(renderer)
            return
        points, size = np.asarray(self.get_xydata()), self.get_markersize()
        for factor in np.unique(self.sizes)[::-1]:
            set_markers(self, points[self.sizes == factor], size * factor)
            super().draw(renderer)
        set_markers(self, points, size)


def add_markers(axes: Axes, zorder: float, **style: Any) -> Markers:
    """Add empty animated markers: `Figure.draw` skips them, the blitter draws them."""
    markers = Markers([], [], zorder=zorder, animated=True, linestyle="", **style)
    axes.add_line(markers)
    return markers


def set_markers(markers: Line2D, points: Floats, size: float) -> None:
    """Place the markers at `points`, shape (n, 2), with a diameter of `size` typographic points."""
    markers.set_data(*points.T)
    markers.set_markersize(size)


def join_lines(lines: Floats) -> Floats:
    """Join lines, shape (n_lines, n_points, 2), separated by NaN, so that one artist draws all.

    Examples
    --------
    >>> join_lines(np.array([[[1.0, 2.0]], [[3.0, 4.0]]])).tolist()
    [[1.0, 2.0], [nan, nan], [3.0, 4.0]]
    """
    gaps = np.full((len(lines), 1, 2), np.nan)
    return np.concatenate([lines, gaps], axis=1).reshape(-1, 2)[:-1]


def compound_path(polygons: Sequence[Floats]) -> Path:
    """Join polygons, each of shape (n_corners, 2), into one path, so that one artist draws all.

    Examples
    --------
    >>> compound_path([np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])]).codes.tolist()
    [1, 2, 2, 79]
    """
    paths = [Path([*polygon, polygon[0]], closed=True) for polygon in polygons]
    return Path.make_compound_path(*paths) if paths else Path(np.empty((0, 2)))


class DiscNumbers(Artist):
    """Cluster numbers, centred on the discs of the centroids.

    Parameters
    ----------
    transform : matplotlib.transforms.Transform
        From data to display coordinates.
    **style
        Properties of `matplotlib.artist.Artist`.
    """

    def __init__(self, transform: Transform, **style: Any) -> None:
        super().__init__()
        self.set(transform=transform, **style)
        self.set_numbers([], np.empty((0, 2)), [], [])

    def set_numbers(
        self, numbers: Sequence[int], points: Floats, colors: Sequence[str], sizes: Sequence[float]
    ) -> None:
        """Set numbers, their centres of shape (n, 2), colours, and longer sides in points."""
        self.numbers, self.points, self.colors, self.sizes = numbers, points, colors, sizes

    def draw(self, renderer: RendererBase) -> None:
        """Draw each number as a marker."""
        gc = renderer.new_gc()
        self._set_gc_clip(gc)  # type: ignore[attr-defined]  # as matplotlib's own artists do
        gc.set_linewidth(0.0)
        points = self.get_transform().transform(self.points)
        for number, point, color, size in zip(
            self.numbers, points, self.colors, self.sizes, strict=True
        ):
            scale = Affine2D().scale(float(renderer.points_to_pixels(size)))  # type: ignore[arg-type]
            renderer.draw_markers(
                gc, _outline(number), scale, Path(point[None]), IdentityTransform(), to_rgba(color)
            )
        gc.restore()


@cache
def _outline(number: int) -> Path:
    """Return the outline of a number, centred on (0, 0), its longer side 1."""
    text = TextPath((0, 0), str(number), prop=FontProperties(family="DejaVu Sans", weight="bold"))
    extent = text.get_extents()
    to_middle = Affine2D().translate(-(extent.x0 + extent.x1) / 2, -(extent.y0 + extent.y1) / 2)
    return to_middle.scale(1 / max(extent.width, extent.height)).transform_path(text)
