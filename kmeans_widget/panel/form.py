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
    """Reads and fills the fields of the form; an unusable entry raises an error when it is read.

    Parameters
    ----------
    session : KMeansSession
    animation : Animation
        Its scene defines the axes of the places.
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
        self._filled_for: tuple[Any, ...] = ()  # tool and axes, and what is moved from where
        self._radius_for: tuple[int | None, ...] | None = ()  # axes
        toolbar = panel.toolbar
        toolbar.act.on_click(guard(self._apply))
        toolbar.inspect.on_click(guard(self._inspect))
        for control in (toolbar.mode, toolbar.what, toolbar.number, toolbar.unfold):
            control.observe(guard(self._show), "value")
        self._show()

    def show(self) -> None:
        """Update the form for the current scene, if it is open."""
        if self._toolbar.unfold.value:
            self._show()

    # -- what has been typed -------------------------------------------------------------------

    @property
    def moves_centroid(self) -> bool:
        """Whether a centroid is to be moved, not a point."""
        return bool(self._toolbar.what.value == "centroid")

    @property
    def cluster(self) -> int:
        """The cluster of the centroid to be moved."""
        # The trait n_clusters follows only after the controls have been shown.
        branch, number = self._session.current_branch, self._toolbar.number.value
        return validation.check_index("cluster", number, branch.parameters.n_clusters)

    @property
    def row(self) -> int:
        """The row of the point to be moved, removed or inspected."""
        points: Points = self._session.current_branch.points
        return points.find(self._toolbar.number.value)

    @property
    def place(self) -> Floats:
        """The place on the map, shape (2,)."""
        x, y = self._toolbar.x.value, self._toolbar.y.value
        return validation.check_map_position(x, y) - self._backdrop.projection.offset

    @property
    def radius(self) -> Floats:
        """The radius of a cloud along both axes, shape (2,)."""
        table = self._session.current_branch.points.table
        return np.resize(validation.check_radius(self._toolbar.radius.value, table), 2)

    @property
    def count(self) -> int:
        """The number of points of a cloud."""
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
        """Restore the previous numbers if the typed ones cannot be used."""
        try:
            yield
        except (TypeError, ValueError):
            self._toolbar.restore()
            raise
        self._toolbar.keep()

    def _show(self, change: Any = None) -> None:
        """Update hint and fields for the tool and for the axes of the map."""
        del change
        self._toolbar.show_axes(self._backdrop.projection)
        self._toolbar.show()
        self._fill()

    def _fill(self) -> None:
        """Fill in the place of what is to be moved, or the centre of the map for other tools.

        Typed numbers stay until what is to be moved has another place, or the tool changes.
        """
        toolbar, backdrop = self._toolbar, self._backdrop
        place = np.reshape(backdrop.box, (2, 2)).mean(axis=1)
        filled_for: tuple[Any, ...] = (toolbar.mode.value, backdrop.projection.columns)
        if "what" in toolbar.tool.fields:
            position = self._position()
            if position is None:
                return
            place = backdrop.projection.project(position[None])[0]
            filled_for = (*filled_for, toolbar.what.value, toolbar.number.value, *place)
        if filled_for != self._filled_for:
            self._filled_for = filled_for
            is_new = backdrop.projection.columns != self._radius_for
            self._radius_for = backdrop.projection.columns
            toolbar.fill(place + backdrop.projection.offset, backdrop.box, radius=is_new)

    def _position(self) -> Floats | None:
        """Return the position of the centroid or point to be moved; None if there is none."""
        with contextlib.suppress(TypeError, ValueError):  # reported by the button
            if self.moves_centroid:
                return np.asarray(self._session.cluster_centers[self.cluster])
            samples = self._session.current_branch.points.samples
            return np.asarray(samples.X[self.row])
        return None

    @property
    def _backdrop(self) -> Backdrop:
        return self._animation.scene.backdrop
