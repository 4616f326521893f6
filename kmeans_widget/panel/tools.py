"""The tools of the hand: what the mouse does on the map, and the same by numbers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import ipywidgets as widgets

from kmeans_widget.panel.factory import reveal
from kmeans_widget.panel.fields import NumberField, rounded

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.panel.factory import Workshop
    from kmeans_widget.plot.projection import Projection
    from kmeans_widget.plot.voronoi import Box

BRUSH = 0.05  # radius of a cloud painted with a click, as a share of the map's width


class Mode(StrEnum):
    """What the mouse does on the map."""

    MOVE = "move"
    ADD = "add"
    REMOVE = "remove"
    PAINT = "paint"
    PLACE = "place"


class Tool(NamedTuple):
    """How a mode presents itself: its button, its hint with and without a mouse, and its form."""

    label: str
    tooltip: str
    hint: str
    twin_hint: str
    twin: str
    fields: tuple[str, ...]


TOOLS = {
    Mode.MOVE: Tool(
        "Move", "Move centroids and points, look at points",
        "<b>Drag a centroid</b> or a point. Hover over a point to look at it, click to keep it.",
        "<b>By numbers</b> moves a centroid or a point, and looks at a point.",
        "Move it here", ("what", "number", "x", "y", "inspect"),
    ),
    Mode.ADD: Tool(
        "Add point", "Add points to the data",
        "<b>Click</b> where a new point shall be.",
        "<b>Type</b> where a new point shall be.",
        "Add point here", ("x", "y"),
    ),
    Mode.REMOVE: Tool(
        "Remove", "Remove points from the data",
        "<b>Click a point</b> to remove it.",
        "<b>Type the number</b> of the point to remove.",
        "Remove this point", ("number",),
    ),
    Mode.PAINT: Tool(
        "Paint", "Paint clouds of points",
        "<b>Press</b> where a cloud of points shall be, <b>drag</b> to its edge and let go.",
        "<b>Type</b> where a cloud of points shall be, its radius, and how many points.",
        "Paint this cloud", ("x", "y", "radius", "count"),
    ),
    Mode.PLACE: Tool(
        "Place start", "Place the starting centroids by hand",
        "<b>Click K places</b>: a new run starts from centroids there.",
        "<b>Type K places</b>, one after the other: a new run starts from centroids there.",
        "Place centroid here", ("x", "y"),
    ),
}  # fmt: skip


class Tools:
    """The controls of the tools.

    Parameters
    ----------
    make : Workshop
    mouse : bool
        Whether the picture hears the mouse. If not, a tool opens its form by numbers.

    Attributes
    ----------
    row, form : ipywidgets.Box
        The modes with their hint, and the folded twin by numbers.
    """

    def __init__(self, make: Workshop, *, mouse: bool) -> None:
        self._mouse = mouse
        self.mode = make(
            widgets.ToggleButtons, "kmeans-modes", value=Mode.MOVE,
            options=[(tool.label, mode) for mode, tool in TOOLS.items()],
            tooltips=[tool.tooltip for tool in TOOLS.values()],
        )  # fmt: skip
        self.leave = make.button("Done", "Done: leave this tool (Esc)", hidden=True)
        self.leave.add_class("kmeans-leave")
        self.hint = make(widgets.HTML, "kmeans-hint")
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
            NumberField, value=20, description="points", tooltip="Points of the cloud"
        )
        self.act = make.button("Move", "Do it at this place")
        self.inspect = make.button("Look at point", "Look at the point of this number", hidden=True)
        self.unfold, self.form = make.fold(
            "By numbers", "The same with numbers that you type",
            self.what, self.number, self.x, self.y, self.radius, self.count, self.act, self.inspect,
        )  # fmt: skip
        self.row = make.row("tools", self.mode, self.leave, self.hint, self.unfold)
        self._numbers = (self.number, self.x, self.y, self.radius, self.count)
        self._flat = False  # whether the map is a line
        self.keep()
        self.show(Mode.MOVE)

    def show(self, mode: Mode) -> None:
        """Bring hint and form to a mode."""
        tool = TOOLS[mode]
        self.hint.value = f"<span>{tool.hint if self._mouse else tool.twin_hint}</span>"
        self.act.description = tool.twin
        reveal(self.leave, seen=mode is not Mode.MOVE)
        for name in ("what", "number", "x", "y", "radius", "count", "inspect"):
            seen = name in tool.fields and not (name == "y" and self._flat)
            reveal(getattr(self, name), seen=seen)
        if not self._mouse and mode is not Mode.MOVE:
            self.unfold.value = True

    def show_axes(self, projection: Projection) -> None:
        """Let the fields of a place say what they are along."""
        n_features, names = len(projection.origin), projection.names
        for i, field in enumerate((self.x, self.y)):
            field.description = "xy"[i] if n_features <= 2 else f"PC {i + 1}"
            field.tooltip = f"Place along {names[i]}"
        self._flat = n_features == 1

    def fill(self, place: Floats, box: Box) -> None:
        """Show a place, as exactly as it can be seen in the limits of the map."""
        left, right, bottom, top = box
        self.x.value = rounded(float(place[0]), right - left)
        self.y.value = rounded(float(place[1]), top - bottom)
        self.radius.value = self.radius.value or float(f"{BRUSH * (right - left):.2g}")
        self.keep()

    def keep(self) -> None:
        """Remember the numbers as they are now, which can be used."""
        self._kept = [field.value for field in self._numbers]

    def take_back(self) -> None:
        """Show the numbers that were remembered."""
        for field, value in zip(self._numbers, self._kept, strict=True):
            field.value = value
