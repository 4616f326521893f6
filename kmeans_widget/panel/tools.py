"""The tools: what the mouse and the form *By numbers* do on the map. Each tool is one class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from kmeans_widget.plot.picking import Hit, HitKind

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.panel.map_actions import MapActions


@dataclass(slots=True)
class Drag:
    """What is dragged, from which pixel, to which place on the map, and by how many pixels."""

    target: Hit
    start: tuple[float, float]
    place: Floats
    offset: tuple[float, float] = (0.0, 0.0)
    has_moved: bool = False


class Form(Protocol):
    """The entries of the form; reading an unusable one raises TypeError or ValueError.

    Attributes
    ----------
    moves_centroid : bool
        Whether a centroid is to be moved, not a point.
    cluster : int
        The cluster of the centroid to be moved.
    row : int
        The row of the point to be moved, removed or inspected.
    place : ndarray of shape (2,)
        The place on the map.
    radius : ndarray of shape (2,)
        The radius of a cloud along both axes.
    count : int
        The number of points of a cloud.
    """

    @property
    def moves_centroid(self) -> bool: ...
    @property
    def cluster(self) -> int: ...
    @property
    def row(self) -> int: ...
    @property
    def place(self) -> Floats: ...
    @property
    def radius(self) -> Floats: ...
    @property
    def count(self) -> int: ...


class Tool:
    """The base class: a tool that does nothing.

    Attributes
    ----------
    label, tooltip : str
        Of its button.
    hint, touch_hint, form_hint : str
        HTML that explains it: with a mouse, with fingers (empty if that is the same), and without
        either.
    button : str
        Label of the form's button.
    fields : tuple of str
        The fields of the form it needs, from `toolbar.FIELDS`.
    has_crosshair : bool
        Whether the pointer is a crosshair on the map.
    inspects : bool
        Whether hovering over a point inspects it.
    drags : bool
        Whether there is anything to drag.
    touches : frozenset of HitKind
        What a finger takes that touches the picture near it.
    keeps_placed : bool
        Whether choosing the tool keeps the starting centroids placed so far.
    edits_points : bool
        Whether it adds or removes points.
    """

    label: ClassVar[str]
    tooltip: ClassVar[str]
    hint: ClassVar[str]
    touch_hint: ClassVar[str] = ""
    form_hint: ClassVar[str]
    button: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    has_crosshair: ClassVar[bool] = True
    inspects: ClassVar[bool] = False
    drags: ClassVar[bool] = False
    touches: ClassVar[frozenset[HitKind]] = frozenset()
    keeps_placed: ClassVar[bool] = False
    edits_points: ClassVar[bool] = False

    def can_drag(self, target: Hit) -> bool:
        """Whether pressing the mouse on the target begins a drag."""
        del target
        return False

    def click(self, actions: MapActions, target: Hit) -> None:
        """Handle a click."""

    def preview(self, actions: MapActions, drag: Drag) -> None:
        """Show what dropping here would do; only the picture changes."""

    def drop(self, actions: MapActions, drag: Drag) -> None:
        """Handle the end of a drag."""

    def apply(self, actions: MapActions, form: Form) -> None:
        """Handle a click on the form's button."""


class Move(Tool):
    """Drags centroids and points, and inspects points."""

    label, tooltip = "Move", "Move centroids and points, inspect points"
    hint = "<b>Drag a centroid</b> or a point; click a point to inspect it."
    touch_hint = "<b>Drag a centroid.</b> Hold a point to drag it, tap it to inspect it."
    form_hint = "<b>By numbers</b> moves a centroid or a point, and inspects a point."
    button, fields = "Move it here", ("what", "number", "x", "y", "inspect")
    has_crosshair, inspects, drags = False, True, True
    touches = frozenset({HitKind.CENTROID, HitKind.POINT})

    def can_drag(self, target: Hit) -> bool:
        return target.is_on_map

    def click(self, actions: MapActions, target: Hit) -> None:
        del target  # not on the map
        actions.inspect(None)

    def preview(self, actions: MapActions, drag: Drag) -> None:
        if drag.target.kind is HitKind.CENTROID:
            actions.preview_center(drag.target.number, drag.place)
        elif drag.target.kind is HitKind.EMPTY:
            actions.pan(drag.offset, done=False)
        else:
            actions.show(moving=np.stack([actions.place_of(drag.target), drag.place]))

    def drop(self, actions: MapActions, drag: Drag) -> None:
        if not drag.has_moved:  # a click, which may be on a point beneath a centroid
            actions.inspect(actions.row_of(drag.target) if drag.target.point >= 0 else None)
        elif drag.target.kind is HitKind.EMPTY:
            actions.pan(drag.offset, done=True)
        elif drag.target.kind is HitKind.POINT:
            actions.move_point(actions.row_of(drag.target), drag.place)
        else:
            actions.move_center(drag.target.number, drag.place)

    def apply(self, actions: MapActions, form: Form) -> None:
        if form.moves_centroid:
            actions.move_center(form.cluster, form.place)
        else:
            actions.move_point(form.row, form.place)


class AddPoint(Tool):
    """Adds points to the data."""

    label, tooltip = "Add point", "Add points to the data"
    hint = "<b>Click</b> to add a point."
    touch_hint = "<b>Tap</b> to add a point."
    form_hint = "<b>Type</b> the place of a new point."
    button, fields = "Add point here", ("x", "y")
    edits_points = True

    def click(self, actions: MapActions, target: Hit) -> None:
        actions.add_point(_on_map(target).position)

    def apply(self, actions: MapActions, form: Form) -> None:
        actions.add_point(form.place)


class RemovePoint(Tool):
    """Removes points from the data."""

    label, tooltip = "Remove", "Remove points from the data"
    hint = "<b>Click a point</b> to remove it."
    touch_hint = "<b>Tap a point</b> to remove it."
    form_hint = "<b>Type the number</b> of the point to remove."
    button, fields = "Remove this point", ("number",)
    edits_points = True
    inspects = True
    touches = frozenset({HitKind.POINT})

    def click(self, actions: MapActions, target: Hit) -> None:
        if _on_map(target).kind is HitKind.CENTROID:
            raise ValueError("A centroid cannot be removed: lower K instead.")
        if target.kind is not HitKind.POINT:
            raise ValueError("There is no point here: choose the point to remove.")
        actions.remove_point(actions.row_of(target))

    def apply(self, actions: MapActions, form: Form) -> None:
        actions.remove_point(form.row)


class Paint(Tool):
    """Adds clouds of points."""

    label, tooltip = "Paint", "Paint clouds of points"
    hint = "<b>Press</b> for the centre of a cloud of points, <b>drag</b> to its edge and release."
    touch_hint = (
        "<b>Tap</b> to paint a small cloud of points; <b>hold, then drag</b> for a larger one."
    )
    form_hint = "<b>Type</b> the centre of a cloud of points, its radius, and how many points."
    button, fields = "Paint this cloud", ("x", "y", "radius", "count")
    edits_points = True
    drags = True

    def can_drag(self, target: Hit) -> bool:
        return target.is_on_map

    def click(self, actions: MapActions, target: Hit) -> None:
        del actions
        _on_map(target)  # raises: on the map a press begins a drag

    def preview(self, actions: MapActions, drag: Drag) -> None:
        centre = drag.target.position
        actions.show(cloud=np.stack([centre, actions.radius_between(centre, drag.place)]))

    def drop(self, actions: MapActions, drag: Drag) -> None:
        centre = drag.target.position
        radius = actions.radius_between(centre, drag.place) if drag.has_moved else None
        actions.paint(centre, radius)

    def apply(self, actions: MapActions, form: Form) -> None:
        actions.paint(form.place, form.radius, form.count)


class PlaceStart(Tool):
    """Places the starting centroids, one by one."""

    label, tooltip = "Place start", "Place the starting centroids by hand"
    hint = "<b>Click K places</b>: a new run starts from centroids there."
    touch_hint = "<b>Tap K places</b>: a new run starts from centroids there."
    form_hint = "<b>Type K places</b>, one after the other: a new run starts from centroids there."
    button, fields = "Place centroid here", ("x", "y")
    keeps_placed = True

    def click(self, actions: MapActions, target: Hit) -> None:
        actions.place_center(_on_map(target).position)

    def apply(self, actions: MapActions, form: Form) -> None:
        actions.place_center(form.place)


class Predict(Tool):
    """Answers questions about the next half-step."""

    label, tooltip = "Predict", "Predict what the next half-step does, then see it"
    hint = "<b>Answer</b>, also in the picture; then see the half-step."
    form_hint = "<b>Answer</b> the question, then see the half-step."
    button, fields = "", ()

    def click(self, actions: MapActions, target: Hit) -> None:
        actions.choose(_on_map(target))


PREDICT = "predict"
TOOLS: dict[str, Tool] = {
    "move": Move(),
    "add": AddPoint(),
    "remove": RemovePoint(),
    "paint": Paint(),
    "place": PlaceStart(),
    PREDICT: Predict(),
}
DEFAULT_TOOL = "move"


def _on_map(target: Hit) -> Hit:
    """Return the target; raise if it is not on the map."""
    if not target.is_on_map:
        raise ValueError("This tool works on the map: choose a place inside it.")
    return target
