"""What the parts of the picture are made of: axes in one style, and lines that move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from kmeans_widget.view.fonts import FAMILY
from kmeans_widget.view.palette import GRID, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure

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
