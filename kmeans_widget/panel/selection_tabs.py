"""The controls of the tabs *Choose K* and *Starts*, not yet connected to a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from kmeans_widget.panel.factory import set_visible
from kmeans_widget.panel.fields import NumberField

if TYPE_CHECKING:
    from kmeans_widget.panel.factory import WidgetFactory


class _Tab:
    """A button that starts work, one that cancels it, and words."""

    def __init__(self, make: WidgetFactory, name: str, tooltip: str) -> None:
        self._name = name
        self.start = make.button(name, tooltip)
        self.cancel = make.button("Cancel", "Give up; what is known stays", waits=False)
        set_visible(self.cancel, visible=False)
        self.words = make(widgets.HTML, "kmeans-verdict")

    def show(self, *, running: bool, resumes: bool) -> None:
        """Show whether work is under way, and whether the button goes on with it."""
        set_visible(self.cancel, visible=running)
        set_visible(self.start, visible=not running)
        self.start.description = "Go on" if resumes else self._name


class ChooseK(_Tab):
    """The tab *Choose K*."""

    def __init__(self, make: WidgetFactory) -> None:
        super().__init__(make, "Compare", "Cluster with every K, and compare them")
        self.least = make(
            NumberField, "kmeans-k", value=2, description="K from", tooltip="Smallest K"
        )
        self.most = make(NumberField, "kmeans-k", value=12, description="to", tooltip="Largest K")
        self.view = make(
            widgets.ToggleButtons, "kmeans-cluster-view", value="criteria",
            options=[("Criteria", "criteria"), ("Splits", "splits")],
            tooltips=["Seven criteria over K", "The clustergram: the clusters for each K"],
        )  # fmt: skip
        self.curves = make(widgets.HTML, "kmeans-choices")
        head = make.row("views", self.least, self.most, self.start, self.cancel, self.view)
        self.box = make.row("pane", head, self.words, self.curves, hidden=True)


class Starts(_Tab):
    """The tab *Starts*."""

    def __init__(self, make: WidgetFactory) -> None:
        super().__init__(make, "Try them", "Run from many starts of each method, and compare them")
        self.n = make(
            NumberField, "kmeans-k", value=100, description="Starts of each method",
            tooltip="Number of seeds that are tried",
        )  # fmt: skip
        self.best = make.button(
            "Best of 10 starts", "Run from ten starts of the present method, and show the best"
        )
        self.runs = make(widgets.HTML, "kmeans-traits", "kmeans-runs")
        self.dots = make(widgets.HTML, "kmeans-choices")
        head = make.row("views", self.n, self.start, self.cancel, self.best)
        self.box = make.row("pane", self.runs, head, self.words, self.dots, hidden=True)

    def show(self, *, running: bool, resumes: bool) -> None:
        """Show whether work is under way; other work cannot begin meanwhile."""
        super().show(running=running, resumes=resumes)
        set_visible(self.best, visible=not running)
