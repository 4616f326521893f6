"""Figures that are shown once: matplotlib is imported only to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def draw(ax: Any, chart: Callable[[Any, Any], None], result: Any) -> Any:
    """Draw a chart into axes and return them; without axes, make a figure and return that.

    The figure is no figure of pyplot: a notebook shows it once, where it is the last value of a
    cell.
    """
    if ax is not None:
        chart(ax, result)
        return ax
    figure = new_figure(6.0, 4.0)
    chart(figure.subplots(), result)
    return figure


def new_figure(width: float, height: float) -> Any:
    """Make a figure, in inches, that pyplot does not know."""
    from kmeans_widget.selection.notebook_figure import NotebookFigure

    return NotebookFigure(width, height)
