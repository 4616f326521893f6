"""The mouse on the picture: what it drags, adds, removes, paints, places and looks at.

While something is dragged only the picture changes; letting go is one command of the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backend_bases import MouseButton

from kmeans_widget.panel.animation import Motion
from kmeans_widget.panel.errors import guarded
from kmeans_widget.panel.tools import BRUSH, Mode
from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.limits import held
from kmeans_widget.plot.overlay import Touch, nowhere
from kmeans_widget.plot.picking import Target, Thing, find, on_map

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.session.inspection import Inspection

TREMBLE = 3.0  # pixels that a hand may move in a click
CURSORS = {Thing.CENTROID: "grab", Thing.POINT: "pointer", Thing.CURVE: "pointer"}


@dataclass(slots=True)
class Grip:
    """What the mouse holds, from where on the screen, and the place where it is now."""

    target: Target
    spot: tuple[float, float]
    place: Floats
    dragged: bool = False


class Gestures(Motion):
    """A session that can be touched."""

    _grip: Grip | None = None
    _kept: int | None = None  # the row of the point that is looked at
    _hovered: int | None = None  # and of the one under the pointer

    def _listen(self) -> None:
        canvas: Any = self._picture.figure.canvas
        for name, handler in (
            ("button_press_event", self._pressed),
            ("motion_notify_event", self._moved_over),
            ("button_release_event", self._released),
            ("figure_leave_event", self._left),
            ("key_press_event", self._keyed),
        ):
            canvas.mpl_connect(name, handler)

    @property
    def _mode(self) -> Mode:
        return Mode(self._panel.tools.mode.value)

    # -- what the mouse does ---------------------------------------------------------------

    @guarded
    def _pressed(self, event: Any) -> None:
        if event.button != 1 or event.dblclick:  # which comes after its two presses
            return
        self._panel.say("")
        target = self._find(event)
        if target.thing is Thing.CURVE:
            self._go_to(target)
        elif self._mode is Mode.MOVE:
            self._grasp(target, event)
        elif not self._on_map(target):
            raise ValueError("This tool works on the map: click inside it.")
        elif self._mode is Mode.PAINT:
            self._grasp(target, event)
        elif self._mode is Mode.REMOVE:
            self._remove(target)
        elif self._mode is Mode.ADD:
            self.add_point(self._lift(target.place))
        else:
            self.place_center(self._lift(target.place))

    @guarded
    def _moved_over(self, event: Any) -> None:
        if self._grip is not None and MouseButton.LEFT not in event.buttons:
            self._let_go()  # it was let go where nobody heard of it
        if self._grip is None:
            self._hover(self._find(event))
            return
        grip = self._grip
        grip.place = on_map(self._picture, (event.x, event.y))
        grip.dragged |= bool(np.hypot(*np.subtract((event.x, event.y), grip.spot)) > TREMBLE)
        if grip.dragged:
            self._preview(grip)

    @guarded
    def _released(self, event: Any) -> None:
        grip, self._grip = self._grip, None
        if event.button != 1 or grip is None:
            return
        self._surface.shape_pointer("default")
        self._picture.show(self._scene)  # where nothing happens, nothing stays of the preview
        self._show_hand()
        grip.place = on_map(self._picture, (event.x, event.y))
        if grip.dragged and not self._picture.map.bbox.contains(event.x, event.y):
            raise ValueError("It was let go outside of the map, so it stays where it was.")
        self._drop(grip)

    @guarded
    def _left(self, event: Any) -> None:
        del event
        held = self._grip is not None and self._grip.dragged
        self._picture.chart.name(nowhere(), "")
        self._let_go()
        if held:
            raise ValueError("The mouse has left the picture, so everything stays where it was.")

    @guarded
    def _keyed(self, event: Any) -> None:
        if event.key == "escape":
            self._leave_tool()

    # -- what it means -----------------------------------------------------------------------

    def _go_to(self, target: Target) -> None:
        self.pause()
        if target.number == self.branch:
            self.cursor = target.half_step
        else:
            self.branch = target.number

    def _grasp(self, target: Target, event: Any) -> None:
        if target.thing in {Thing.CENTROID, Thing.POINT} or self._mode is Mode.PAINT:
            self.pause()
            self._player.stop()
            self._picture.show(self._scene)
            self._grip = Grip(target, (event.x, event.y), target.place)
            self._surface.shape_pointer("grabbing")
        else:
            self._look_at(None)

    def _remove(self, target: Target) -> None:
        if target.thing is Thing.CENTROID:
            raise ValueError("A centroid cannot be removed: lower K, and there is one less.")
        if target.thing is Thing.PLACE:
            raise ValueError("There is no point here: click on the point to be removed.")
        self.remove_point(self._row_of(target))

    def _preview(self, grip: Grip) -> None:
        """Show what letting go would do; nothing of it is computed yet."""
        if self._mode is Mode.PAINT:
            self._show_hand(cloud=np.stack([grip.target.place, self._reach(grip)]))
        elif grip.target.thing is Thing.CENTROID:
            self._picture.show(scenes.dragged(self._scene, grip.target.number, grip.place))
            self._present()
        else:
            start = self._scene.backdrop.points[grip.target.number]
            self._show_hand(moving=np.stack([start, grip.place]))

    def _drop(self, grip: Grip) -> None:
        if self._mode is Mode.PAINT:
            self._paint_at(grip.target.place, self._reach(grip) if grip.dragged else None)
        elif grip.target.thing is Thing.POINT and not grip.dragged:
            self._look_at(self._row_of(grip.target))
        elif grip.target.thing is Thing.POINT:
            self._move_point_to(self._row_of(grip.target), grip.place)
        elif grip.dragged:
            self._move_center_to(grip.target.number, grip.place)

    def _move_center_to(self, cluster: int, place: Floats) -> None:
        self.move_center(cluster, self._lift(place, self.cluster_centers[cluster]))

    def _move_point_to(self, row: int, place: Floats) -> None:
        self.move_point(row, self._lift(place, self.current_branch.points.samples.X[row]))

    def _paint_at(self, place: Floats, reach: Floats | None = None, count: int = 20) -> None:
        """Paint a cloud; without a reach, of the size of the brush."""
        left, right, _, _ = self._scene.backdrop.box
        projection = self._scene.backdrop.projection
        if reach is None:
            reach = BRUSH * (right - left) * projection.spread / projection.spread[0]
        if self.current_branch.points.n_features != 2:
            reach = reach[0] / projection.spread[0] * projection.unit
        self.paint(self._lift(place), reach, count)

    def _reach(self, grip: Grip) -> Floats:
        """Radius of the cloud along both axes, so that it is a circle on the screen."""
        to_pixels = self._picture.map.transData.transform
        middle, edge = to_pixels(grip.target.place), to_pixels(grip.place)
        radius = max(float(np.hypot(*(edge - middle))), 1.0)
        unit = np.abs(to_pixels(grip.target.place + 1.0) - middle)
        return np.asarray(radius / unit)

    def _leave_tool(self) -> None:
        """Go back to the first tool; what is held or placed by halves is given up."""
        self._let_go()
        self._look_at(None)
        self._panel.tools.mode.value = Mode.MOVE
        self.cancel_placing()

    def _let_go(self) -> None:
        held, self._grip, self._hovered = self._grip, None, None
        self._surface.shape_pointer("default")
        if held is not None:
            self._picture.show(self._scene)
        self._show_hand()

    # -- looking -----------------------------------------------------------------------------

    def _hover(self, target: Target) -> None:
        shape = CURSORS.get(target.thing, "default")
        if self._mode is not Mode.MOVE and self._on_map(target):
            shape = "crosshair"
        self._surface.shape_pointer(shape)
        over = target.thing is Thing.POINT and self._mode in {Mode.MOVE, Mode.REMOVE}
        row = self._row_of(target) if over else None
        curve, name = nowhere(), ""
        if target.thing is Thing.CURVE:
            curve, name = self._scene.curves[target.number], self.branches[target.number].name
        if self._picture.chart.name(curve, name) or row != self._hovered:
            self._hovered = row
            self._show_hand()

    def _look_at(self, row: int | None) -> None:
        """Keep a point in view, or none."""
        if row is not None:
            self.inspect(row)  # which refuses a point that is not there
        self._kept = row
        self._show_hand()

    def _looked_at(self) -> Inspection | None:
        """Measure the point under the pointer, else the one that is kept."""
        row = self._kept if self._hovered is None else self._hovered
        return None if row is None else self.inspect(row)

    def _show_hand(self, *, moving: Floats | None = None, cloud: Floats | None = None) -> None:
        """Bring marks and card to what the hand does, and have them seen."""
        point = self._looked_at()
        to_map = self._scene.backdrop.projection.plane
        at = nowhere()
        if point is not None:
            own = point.cluster if point.cluster >= 0 else point.nearest
            others = [] if point.runner_up is None else [point.runner_up]
            at = np.concatenate([to_map(point.position[None]), self._scene.discs[[own, *others]]])
        self._picture.marks.show(
            Touch(
                looked_at=at,
                placed=held(to_map(self.placed), self._scene.backdrop.box),
                moving=nowhere() if moving is None else moving,
                cloud=nowhere() if cloud is None else cloud,
            )
        )
        self._panel.show_point(point, self.slots)
        self._present()

    def _present(self) -> None:
        if self._surface.live:
            self._player.nudge()

    # -- places ------------------------------------------------------------------------------

    def _find(self, event: Any) -> Target:
        return find(
            self._picture, self._scene, (event.x, event.y), self.branches.index(self.current_branch)
        )

    @staticmethod
    def _on_map(target: Target) -> bool:
        return target.thing in {Thing.CENTROID, Thing.POINT, Thing.PLACE}

    def _row_of(self, target: Target) -> int:
        return int(self._scene.backdrop.rows[target.number])

    def _lift(self, place: Floats, position: Floats | None = None) -> Floats:
        return self._scene.backdrop.projection.lift(place, position)
