"""The tools above the picture, and the form *By numbers* that does the same without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from kmeans_widget.panel.factory import set_visible
from kmeans_widget.panel.fields import NumberField, rounded
from kmeans_widget.panel.map_actions import BRUSH, BRUSH_POINTS
from kmeans_widget.panel.tools import DEFAULT_TOOL, TOOLS
from kmeans_widget.plot.text import shorten

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.panel.factory import WidgetFactory
    from kmeans_widget.panel.tools import Tool
    from kmeans_widget.plot.projection import Projection
    from kmeans_widget.plot.voronoi import Box

FIELDS = ("what", "number", "x", "y", "radius", "count", "inspect")


class Toolbar:
    """The controls of the tools.

    Parameters
    ----------
    make : WidgetFactory
    zoom : ipywidgets.Box
        The buttons of the view.
    mouse : bool
        Whether the canvas supports the mouse. If not, choosing a tool opens the form.

    Attributes
    ----------
    row, form : ipywidgets.Box
        The tools with their hint, and the form, which can be folded.
    spots : ipywidgets.HTML
        What a finger can take; see `Mouse.show_spots`.
    """

    def __init__(self, make: WidgetFactory, zoom: widgets.Box, *, mouse: bool) -> None:
        self._mouse = mouse
        self.mode = make(widgets.ToggleButtons, "kmeans-modes")
        self.offer(edits=True)
        self.leave = make.button("Done", "Done: leave this tool (Esc)", hidden=True)
        self.leave.add_class("kmeans-leave")
        self.hint = make(widgets.HTML, "kmeans-hint")
        self.spots = make(widgets.HTML, "kmeans-spots", hidden=True)  # JSON, for the script
        self.what = make(
            widgets.Dropdown, options=("centroid", "point"), description="Move",
            tooltip="What to move",
        )  # fmt: skip
        self.number = make(NumberField, description="number", tooltip="Its number or name")
        self.x = make(NumberField, description="x", tooltip="Place along the horizontal axis")
        self.y = make(NumberField, description="y", tooltip="Place along the vertical axis")
        self.radius = make(
            NumberField, description="radius",
            tooltip="Radius of the cloud, in the units of the axes",
        )  # fmt: skip
        self.count = make(
            NumberField,
            value=BRUSH_POINTS,
            description="points",
            tooltip="Number of points of the cloud",
        )
        self.act = make.button("Move", "Apply the tool with these numbers")
        self.inspect = make.button(
            "Inspect point", "Show the distances of this point to all centroids", hidden=True
        )
        self.unfold, self.form = make.fold(
            "By numbers", "Use the tool with typed numbers",
            self.what, self.number, self.x, self.y, self.radius, self.count, self.act, self.inspect,
        )  # fmt: skip
        self.row = make.row(
            "tools", self.mode, self.leave, self.hint, self.spots, zoom, self.unfold
        )
        self._numbers = (self.number, self.x, self.y, self.radius, self.count)
        self._unused: set[str] = set()  # fields of a place for axes along which nothing is moved
        self.keep()
        self.show()

    @property
    def tool(self) -> Tool:
        """The active tool."""
        return TOOLS[self.mode.value]

    def offer(self, *, edits: bool) -> None:
        """Offer all tools, or only those that do not edit the points."""
        offered = {k: tool for k, tool in TOOLS.items() if edits or not tool.edits_points}
        if [*offered] != [value for _, value in self.mode.options]:
            self.mode.tooltips = [tool.tooltip for tool in offered.values()]
            self.mode.options = [(tool.label, name) for name, tool in offered.items()]
            self.mode.value = DEFAULT_TOOL

    def show(self) -> None:
        """Update hint and form for the active tool."""
        tool, is_default = self.tool, self.mode.value == DEFAULT_TOOL
        hint = f"<span class='kmeans-by-mouse'>{tool.hint}</span>"
        hint += f"<span class='kmeans-by-touch'>{tool.touch_hint or tool.hint}</span>"
        self.hint.value = hint if self._mouse else f"<span>{tool.form_hint}</span>"
        self.act.description = tool.button
        set_visible(self.leave, visible=not is_default)
        set_visible(self.unfold, visible=bool(tool.fields))
        set_visible(self.form, visible=bool(tool.fields) and self.unfold.value)
        for name in FIELDS:
            visible = name in tool.fields and name not in self._unused
            set_visible(getattr(self, name), visible=visible)
        if not self._mouse and not is_default and tool.fields:
            self.unfold.value = True

    def show_axes(self, projection: Projection) -> None:
        """Label the fields of a place after the axes of the map."""
        names, columns = projection.names, projection.columns
        for i, field in enumerate((self.x, self.y)):
            name = "xy"[i] if len(projection.origin) <= 2 else shorten(names[i], 14)
            field.description = f"PC {i + 1}" if columns is None else name
            field.tooltip = f"Place along {names[i]}"
        is_moved = (0, 1) if columns is None else projection.features
        self._unused = {*"xy"} - {"xy"[axis] for axis in is_moved}

    def fill(self, place: Floats, box: Box, *, radius: bool) -> None:
        """Fill in a place, rounded to what is visible on the map, and on request a radius."""
        left, right, bottom, top = box
        self.x.value = rounded(float(place[0]), right - left)
        self.y.value = rounded(float(place[1]), top - bottom)
        if radius or not self.radius.value:
            self.radius.value = float(f"{BRUSH * (right - left):.2g}")
        self.keep()

    def keep(self) -> None:
        """Store the current numbers, which are usable."""
        self._kept = [field.value for field in self._numbers]

    def restore(self) -> None:
        """Restore the stored numbers."""
        for field, value in zip(self._numbers, self._kept, strict=True):
            field.value = value
