"""The axes of the map: a menu for each, and what the map does not show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kmeans_widget.panel.factory import set_visible
from kmeans_widget.panel.readout import view
from kmeans_widget.plot.text import one_line, shorten
from kmeans_widget.validation.tables import DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kmeans_widget.panel.factory import WidgetFactory
    from kmeans_widget.plot.scene import Scene

COMPONENT = -1  # value of a menu for what is no column
MOST_COLUMNS = 200  # in a menu; `KMeansWidget.axes` takes any
TOOLTIP = f"Column along the {{}} axis: the first {MOST_COLUMNS}; panel.axes takes any"
MARKS = "Mark the points that appear closest to another centroid than they are"


class Axes:
    """Menus to put below the map, and a note with a switch to put beside it.

    Parameters
    ----------
    make : WidgetFactory

    Attributes
    ----------
    x, y : ipywidgets.Dropdown
        Their values are positions in the list of columns, or `COMPONENT`.
    marks : ipywidgets.Checkbox
        Whether points that deceive are marked.
    menus, seen : ipywidgets.Box
        The menus; note and switch. Hidden if there is nothing to choose, or to say.
    """

    def __init__(self, make: WidgetFactory) -> None:
        self.x = make(
            widgets.Dropdown, description="Horizontal", tooltip=TOOLTIP.format("horizontal")
        )
        self.y = make(widgets.Dropdown, description="Vertical", tooltip=TOOLTIP.format("vertical"))
        self.swap = make.button("Swap axes", "Swap the two axes")
        self.marks = make.switch("Mark them", MARKS, value=False)
        self._note = make(widgets.HTML, "kmeans-view")
        self.menus = make.row("axes", self.x, self.y, self.swap, hidden=True)
        self.seen = make.row("seen", self._note, self.marks, hidden=True)
        self._following = False
        self._names: tuple[str, ...] = ()  # of the columns in use, and of other ones
        self._n_features = 0
        self._choose: Callable[[tuple[str, str] | None], None] = lambda _: None
        for menu in (self.x, self.y):
            menu.observe(self._chosen, "value")
        self.swap.on_click(self._swapped)

    def on_choose(self, callback: Callable[[tuple[str, str] | None], None]) -> None:
        """Set the function called with the chosen columns, or None for principal components."""
        self._choose = callback

    def list_columns(self, names: Sequence[str], others: Sequence[str]) -> None:
        """List the columns in use, and other ones that can be axes."""
        self._names, self._n_features = (*names, *others), len(names)
        set_visible(self.menus, visible=len(self._names) > min(len(names), 2))

    def show(self, scene: Scene) -> None:
        """Show the axes of `scene`, and how much of the data is seen there."""
        projection = scene.backdrop.projection
        shown = [COMPONENT, COMPONENT]
        for axis, j in enumerate(projection.columns or ()):
            shown[axis] = self._other(projection.names[axis]) if j is None else j
        self._following = True
        for number, (menu, value) in enumerate(zip((self.x, self.y), shown, strict=True), 1):
            options = self._options(number, shown)
            if menu.options != options:
                menu.options = options
            menu.value = value
        self._following = False
        self.swap.disabled = COMPONENT in shown
        self._note.value = view(scene)
        self.marks.disabled = not scene.deceptive.any()
        set_visible(self.marks, visible=not projection.has_others)
        set_visible(self.seen, visible=self._n_features > 2 or projection.has_others)

    def _other(self, name: str) -> int:
        """Return the position of a column that takes no part, given its name on one line."""
        return next(
            j
            for j in range(self._n_features, len(self._names))
            if name in {one_line(self._names[j]), one_line(self._names[j]) + DAYS}
        )

    def _options(self, number: int, shown: Sequence[int]) -> tuple[tuple[str, int], ...]:
        listed = dict.fromkeys([*range(min(len(self._names), MOST_COLUMNS)), *shown])
        names = [self._names[j] for j in listed if j >= 0]
        columns = ((shorten(self._names[j], 40, names), j) for j in listed if j >= 0)
        if self._n_features > 2:
            return ((f"principal component {number}", COMPONENT), *columns)
        if self._n_features == 1 and number == 2:
            return (("number of points", COMPONENT), *columns)
        return tuple(columns)

    def _chosen(self, change: Any) -> None:
        if self._following:
            return
        chosen, is_x = change.new, change.owner is self.x
        other = (self.y if is_x else self.x).value
        if chosen == COMPONENT:
            self._choose(None)
            return
        if other == chosen:  # the other menu takes what this one had
            other = change.old
        if other == COMPONENT:
            other = 1 if chosen == 0 else 0
        x, y = (chosen, other) if is_x else (other, chosen)
        self._choose((self._names[x], self._names[y]))

    def _swapped(self, button: Any) -> None:
        del button
        if COMPONENT in (self.x.value, self.y.value):
            return
        self._choose((self._names[self.y.value], self._names[self.x.value]))
