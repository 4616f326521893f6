"""The tools of the hand: what the mouse does on the map, and the same by numbers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as widgets

from kmeans_widget.view.workshop import reveal

if TYPE_CHECKING:
    from kmeans_widget.view.workshop import Workshop

MAX_CLOUD = 10_000


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
        self.number = self._number(make, "number", "Its number, counted from 0")
        self.x = self._number(make, "x", "Place along the horizontal axis", kind=widgets.FloatText)
        self.y = self._number(make, "y", "Place along the vertical axis", kind=widgets.FloatText)
        self.radius = self._number(
            make, "radius", "Radius of the cloud, in the units of the axes", kind=widgets.FloatText
        )
        self.count = self._number(make, "points", "Points of the cloud", value=20, max=MAX_CLOUD)
        self.act = make.button("Move", "Do it at this place")
        self.inspect = make.button("Look at point", "Look at the point of this number", hidden=True)
        self.unfold, self.form = make.fold(
            "By numbers", "The same with numbers that you type",
            self.what, self.number, self.x, self.y, self.radius, self.count, self.act, self.inspect,
        )  # fmt: skip
        self.row = make.row("tools", self.mode, self.leave, self.hint, self.unfold)
        self.show(Mode.MOVE)

    def show(self, mode: Mode) -> None:
        """Bring hint and form to a mode."""
        tool = TOOLS[mode]
        self.hint.value = f"<span>{tool.hint if self._mouse else tool.twin_hint}</span>"
        self.act.description = tool.twin
        reveal(self.leave, seen=mode is not Mode.MOVE)
        for name in ("what", "number", "x", "y", "radius", "count", "inspect"):
            reveal(getattr(self, name), seen=name in tool.fields)
        if not self._mouse and mode is not Mode.MOVE:
            self.unfold.value = True

    @staticmethod
    def _number(make: Workshop, name: str, tooltip: str, **options: Any) -> Any:
        kind = options.pop("kind", widgets.BoundedIntText)
        limits = {"min": 0, "max": 10**9} if kind is widgets.BoundedIntText else {}
        return make(
            kind, description=name, tooltip=tooltip,
            **(limits | options),
        )  # fmt: skip
