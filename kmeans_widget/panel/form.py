"""The form *By numbers*: everything the mouse does on the map, from typed numbers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget import validation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.panel.animation import Animation
    from kmeans_widget.panel.errors import ErrorGuard
    from kmeans_widget.panel.layout import Panel
    from kmeans_widget.panel.map_actions import MapActions
    from kmeans_widget.plot.backdrop import Backdrop
    from kmeans_widget.session import KMeansSession
    from kmeans_widget.session.points import Points


class NumberForm:
    """Reads and fills the fields of the toolbar; see `tools.Form`.

    Parameters
    ----------
    session : KMeansSession
    animation : Animation
        Its scene has the axes that places refer to.
    panel : Panel
    actions : MapActions
    guard : ErrorGuard
    """

    def __init__(
        self,
        session: KMeansSession,
        animation: Animation,
        panel: Panel,
        actions: MapActions,
        guard: ErrorGuard,
    ) -> None:
        self._session, self._animation, self._actions = session, animation, actions
        self._panel, self._toolbar = panel, panel.toolbar
        self._filled_for: tuple[Any, ...] = ()  # the tool, the thing and its place filled in last
        toolbar = panel.toolbar
        toolbar.act.on_click(guard(self._apply))
        toolbar.inspect.on_click(guard(self._inspect))
        for control in (toolbar.mode, toolbar.what, toolbar.number, toolbar.unfold):
            control.observe(guard(self._show), "value")
        self._show()

    def show(self) -> None:
        """Bring the form to the present scene, if it is open."""
        if self._toolbar.unfold.value:
            self._show()

    # -- what has been typed -------------------------------------------------------------------

    @property
    def moves_centroid(self) -> bool:
        """Whether a centroid is meant, not a point."""
        return bool(self._toolbar.what.value == "centroid")

    @property
    def cluster(self) -> int:
        """The cluster meant."""
        number = self._toolbar.number.value
        return validation.check_index("cluster", number, self._session.n_clusters)

    @property
    def row(self) -> int:
        """The row of the point meant."""
        points: Points = self._session.current_branch.points
        return points.find(self._toolbar.number.value)

    @property
    def place(self) -> Floats:
        """The place of the map, shape (2,)."""
        x, y = self._toolbar.x.value, self._toolbar.y.value
        return validation.check_map_position(x, y) - self._backdrop.projection.offset

    @property
    def radius(self) -> Floats:
        """Radius along both axes, shape (2,)."""
        table = self._session.current_branch.points.table
        return np.resize(validation.check_radius(self._toolbar.radius.value, table), 2)

    @property
    def count(self) -> int:
        """How many points."""
        return validation.check_n_points(self._toolbar.count.value)

    # -- buttons and fields ----------------------------------------------------------------------

    def _apply(self, button: Any) -> None:
        del button
        self._panel.say("")
        with self._usable_numbers():
            self._toolbar.tool.apply(self._actions, self)

    def _inspect(self, button: Any) -> None:
        del button
        self._panel.say("")
        with self._usable_numbers():
            self._actions.inspect(self.row)

    @contextlib.contextmanager
    def _usable_numbers(self) -> Iterator[None]:
        """Go back to the numbers before if those typed cannot be used."""
        try:
            yield
        except (TypeError, ValueError):
            self._toolbar.restore()
            raise
        self._toolbar.keep()

    def _show(self, change: Any = None) -> None:
        """Bring hint and fields to the tool chosen and to the axes of the map."""
        del change
        self._toolbar.show_axes(self._backdrop.projection)
        self._toolbar.show()
        self._fill()

    def _fill(self) -> None:
        """Fill in where the thing to be moved is now, else the centre of the map.

        What is typed stays until the thing is elsewhere, or another tool is chosen.
        """
        toolbar, backdrop = self._toolbar, self._backdrop
        place = np.reshape(backdrop.box, (2, 2)).mean(axis=1)
        filled_for: tuple[Any, ...] = (toolbar.mode.value,)
        if "what" in toolbar.tool.fields:
            thing = self._position_of_thing()
            if thing is None:
                return
            place = backdrop.projection.project(thing[None])[0]
            filled_for = (toolbar.mode.value, toolbar.what.value, toolbar.number.value, *place)
        if filled_for != self._filled_for:
            self._filled_for = filled_for
            toolbar.fill(place + backdrop.projection.offset, backdrop.box)

    def _position_of_thing(self) -> Floats | None:
        """Find the position of the centroid or the point meant; None if there is none."""
        with contextlib.suppress(TypeError, ValueError):  # reported when it is to be moved
            if self.moves_centroid:
                return np.asarray(self._session.cluster_centers[self.cluster])
            samples = self._session.current_branch.points.samples
            return np.asarray(samples.X[self.row])
        return None

    @property
    def _backdrop(self) -> Backdrop:
        return self._animation.scene.backdrop
