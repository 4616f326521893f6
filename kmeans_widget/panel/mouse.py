"""The mouse on the picture. A drag changes only the picture; its end is one command.

A finger or a pen arrives as a mouse: the panel's script decides whether it scrolls instead.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backend_bases import MouseButton

from kmeans_widget.panel.tools import DEFAULT_TOOL, Drag
from kmeans_widget.plot.overlay import no_points
from kmeans_widget.plot.picking import Hit, HitKind, around, map_position, pick, touch_spots

if TYPE_CHECKING:
    from kmeans_widget.canvas import Canvas
    from kmeans_widget.panel.animation import Animation
    from kmeans_widget.panel.errors import ErrorGuard
    from kmeans_widget.panel.layout import Panel
    from kmeans_widget.panel.map_actions import MapActions
    from kmeans_widget.plot.figure import Picture
    from kmeans_widget.session import KMeansSession

DRAG_THRESHOLD = 3.0  # pixels; a shorter drag is a click
POINTERS = {HitKind.CENTROID: "grab", HitKind.POINT: "pointer", HitKind.CURVE: "pointer"}


class Mouse:
    """Handles mouse and Escape key on the picture; what they do depends on the active tool.

    Parameters
    ----------
    session : KMeansSession
    animation : Animation
    picture : Picture
    canvas : Canvas
        Its pointer is set.
    panel : Panel
        Its toolbar has the active tool; it shows messages.
    actions : MapActions
    guard : ErrorGuard
    """

    def __init__(
        self,
        session: KMeansSession,
        animation: Animation,
        picture: Picture,
        canvas: Canvas,
        *,
        panel: Panel,
        actions: MapActions,
        guard: ErrorGuard,
    ) -> None:
        self._session, self._animation, self._actions = session, animation, actions
        self._picture, self._canvas, self._panel = picture, canvas, panel
        self._toolbar = panel.toolbar
        self._drag: Drag | None = None
        events: Any = picture.figure.canvas
        for name, handler in (
            ("button_press_event", self._pressed),
            ("motion_notify_event", self._moved),
            ("button_release_event", self._released),
            ("figure_leave_event", self._left),
            ("key_press_event", self._typed),
        ):
            events.mpl_connect(name, guard(handler))
        self._toolbar.mode.observe(guard(self._chose_tool), "value")
        self._toolbar.leave.on_click(guard(self._clicked_leave))

    def forget_drag(self) -> None:
        """End a drag without a command: what was dragged may be gone."""
        self._drag = None
        self._actions.forget_trial()

    def show_spots(self) -> None:
        """Tell the page where a finger takes something with the active tool."""
        tool = self._toolbar.tool
        spots = touch_spots(self._picture, self._animation.scene, tool.touches)
        rounded = [[round(number, 4) for number in spot] for spot in spots]
        self._toolbar.spots.value = json.dumps({"drags": tool.drags, "spots": rounded})

    # -- events --------------------------------------------------------------------------------

    def _pressed(self, event: Any) -> None:
        if event.dblclick:  # comes after its two presses
            tool, target = self._toolbar.tool, self._find(event)
            if target.kind is HitKind.EMPTY and not tool.has_crosshair:
                self._actions.zoom(None)
            return
        if event.button != 1:
            return
        self._panel.say("")
        target, tool = self._find(event), self._toolbar.tool
        if target.kind is HitKind.CURVE:
            self._go_to(target)
        elif tool.can_drag(target):
            self._begin_drag(target, event)
        else:
            tool.click(self._actions, target)

    def _moved(self, event: Any) -> None:
        if self._drag is not None and MouseButton.LEFT not in event.buttons:
            self._cancel_drag()  # the button was released outside the picture
        drag = self._drag
        if drag is None:
            if not event.buttons:  # else it is the end of a drag, or one that began elsewhere
                self._hover(event)
            return
        self._follow(drag, event)
        if drag.has_moved:
            self._toolbar.tool.preview(self._actions, drag)

    def _released(self, event: Any) -> None:
        drag = self._drag
        if event.button != 1 or drag is None:
            return
        self._drag = None
        self._canvas.set_pointer("default")
        self._actions.end_preview()
        self._actions.show()
        self._follow(drag, event)
        if drag.has_moved and not self._picture.map.bbox.contains(event.x, event.y):
            raise ValueError("It was dropped outside the map, so nothing has changed.")
        self._toolbar.tool.drop(self._actions, drag)

    def _left(self, event: Any) -> None:
        del event
        was_dragging = self._drag is not None and self._drag.has_moved
        self._picture.chart.highlight(no_points(), "")
        self._picture.name_cluster(None)
        self._cancel_drag()
        if was_dragging:
            raise ValueError("The pointer has left the picture, so nothing has changed.")

    def _typed(self, event: Any) -> None:
        if event.key == "escape":
            self.leave_tool()

    # -- tools ---------------------------------------------------------------------------------

    def leave_tool(self) -> None:
        """Return to the default tool; a drag and starting centroids placed so far are cancelled."""
        self._cancel_drag()
        self._actions.inspect(None)
        self._toolbar.mode.value = DEFAULT_TOOL
        self._session.cancel_placing()

    def _clicked_leave(self, button: Any) -> None:
        del button
        self._panel.say("")
        self.leave_tool()

    def _chose_tool(self, change: Any) -> None:
        del change
        self._panel.say("")
        self._cancel_drag()
        if not self._toolbar.tool.keeps_placed:
            self._session.cancel_placing()
        self.show_spots()

    # -- helpers ---------------------------------------------------------------------------

    def _go_to(self, target: Hit) -> None:
        """Go to a half-step of the current curve, or show the branch of another one."""
        self._animation.pause()
        if target.number == self._session.branch:
            self._session.cursor = target.half_step
        else:
            self._session.branch = target.number

    def _begin_drag(self, target: Hit, event: Any) -> None:
        self._animation.pause()
        self._animation.jump()
        self._drag = Drag(target, (event.x, event.y), target.position)
        self._canvas.set_pointer("grabbing")

    def _follow(self, drag: Drag, event: Any) -> None:
        """Take a drag to the pointer; after a quick one, its end is the first to be heard of."""
        drag.place = map_position(self._picture, (event.x, event.y))
        offset = np.subtract((event.x, event.y), drag.start)
        drag.offset = float(offset[0]), float(offset[1])
        drag.has_moved |= bool(np.hypot(*offset) > DRAG_THRESHOLD)

    def _cancel_drag(self) -> None:
        drag, self._drag = self._drag, None
        self._actions.hover(None)
        self._canvas.set_pointer("default")
        if drag is not None:
            self._actions.end_preview()
        self._actions.show()

    def _hover(self, event: Any) -> None:
        target = self._find(event)
        tool, scene = self._toolbar.tool, self._animation.scene
        shape = POINTERS.get(target.kind, "default")
        if tool.has_crosshair and target.is_on_map:
            shape = "crosshair"
        self._canvas.set_pointer(shape)
        row = self._actions.row_of(target) if target.point >= 0 and tool.inspects else None
        cluster = target.number if target.kind is HitKind.CENTROID else None
        curve, name = no_points(), ""
        if target.kind is HitKind.CURVE:
            curve = scene.curves[target.number]
            name = self._session.branches[target.number].name
        is_new_name = self._picture.chart.highlight(curve, name)
        is_new_name |= self._picture.name_cluster(cluster)
        spot = None
        if target.kind is HitKind.EMPTY and scene.density is not None and not tool.has_crosshair:
            spot = around(self._picture, (event.x, event.y))
        if self._actions.hover(row, spot) or is_new_name:
            self._actions.show()

    def _find(self, event: Any) -> Hit:
        place = (event.x, event.y)
        return pick(self._picture, self._animation.scene, place, self._session.branch)
