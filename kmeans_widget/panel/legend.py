"""The legend: a button for every cluster that shows its size and hides it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import ipywidgets as widgets
import numpy as np
from matplotlib.markers import MarkerStyle

from kmeans_widget.core.trace import Phase
from kmeans_widget.panel.factory import set_visible
from kmeans_widget.plot.narration import format_number
from kmeans_widget.plot.palette import COLORS, MARKERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.panel.factory import WidgetFactory
    from kmeans_widget.plot.scene import Scene

NOTE = "A cluster keeps its colour across runs; the number is its label in this run."
MOST_BUTTONS = 100  # clusters that are listed
MANY = 12  # clusters; with more, units are omitted


class Legend:
    """A button for every cluster, or for the first hundred.

    Parameters
    ----------
    make : WidgetFactory

    Attributes
    ----------
    box : ipywidgets.Box
    note : ipywidgets.HTML
        Explains colours that differ from the labels, and how many clusters are listed.
    hidden : frozenset of int
        Palette indices of the hidden clusters.
    """

    def __init__(self, make: WidgetFactory) -> None:
        self._make = make
        self._buttons: list[Any] = []
        self._slots: tuple[int, ...] = ()
        self._following = False
        self._on_switch: Callable[[], None] = lambda: None
        self.box = make.row("legend")
        self.note = make(widgets.HTML, "kmeans-note", hidden=True)
        self.hidden: frozenset[int] = frozenset()

    def on_switch(self, callback: Callable[[], None]) -> None:
        """Set the function called when the user has hidden or shown a cluster."""
        self._on_switch = callback

    def show(self, scene: Scene) -> None:
        """Update the buttons for the clusters of `scene`."""
        self._slots, n_clusters = scene.slots, len(scene.slots)
        n_listed = min(n_clusters, MOST_BUTTONS)
        while len(self._buttons) < n_listed:
            button = self._make(widgets.ToggleButton, value=True)
            button.observe(self._switched, "value")
            self._buttons.append(button)
        if len(self.box.children) != n_listed:
            self.box.children = self._buttons[:n_listed]
        self._following = True
        sizes = _sizes(scene)
        for k, (button, slot) in enumerate(zip(self.box.children, self._slots, strict=False)):
            button.description = f"{k}: {sizes[k]}"
            button.value = slot not in self.hidden
            button.tooltip = f"{'Hide' if button.value else 'Show'} cluster {k}"
            look = (f"kmeans-c{slot % len(COLORS)}", f"kmeans-m{slot % len(MARKERS)}")
            button._dom_classes = ("kmeans-cluster", *look)  # noqa: SLF001  one message, not four
        self._following = False
        few = f"The first {n_listed} of {n_clusters:,} clusters. " * (n_listed < n_clusters)
        is_recolored = self._slots != tuple(range(len(self._slots)))
        self.note.value = few + NOTE * is_recolored
        set_visible(self.note, visible=bool(self.note.value))

    def close(self) -> None:
        """Close all buttons, including those that are not on the page."""
        for button in self._buttons:
            button.unobserve_all()
            button.close()

    def _switched(self, change: Any) -> None:
        k = self._buttons.index(change.owner)
        if self._following or k >= len(self._slots):  # clicked just before the cluster was gone
            return
        slot = self._slots[k]
        self.hidden = self.hidden - {slot} if change.new else self.hidden | {slot}
        self._on_switch()


@cache
def style() -> str:
    """Return the style sheet of the swatches: the palette's colours and markers."""
    colors = "".join(f".kmeans-c{i}{{--kmeans-shade:{c}}}\n" for i, c in enumerate(COLORS))
    return colors + "".join(
        f".kmeans-m{i}{{--kmeans-icon:url('data:image/svg+xml,{quote(_svg(name))}')}}\n"
        for i, name in enumerate(MARKERS)
    )


def _svg(name: str) -> str:
    """Draw a marker of matplotlib as an image."""
    style = MarkerStyle(name)
    (corners,) = style.get_path().transformed(style.get_transform()).to_polygons()
    places = "L".join(f"{8 + 13 * x:.3g} {8 - 13 * y:.3g}" for x, y in np.asarray(corners))
    box = "xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'"
    return f"<svg {box}><path d='M{places}z'/></svg>"


def _sizes(scene: Scene) -> list[str]:
    """Describe the size of each cluster: its points, and their weight if they have weights."""
    facts = scene.facts
    if facts.phase is Phase.START:
        return ["no points"] * len(facts.counts)
    short = len(facts.counts) > MANY
    if not facts.weighted:
        return [_points(count, short=short) for count in facts.counts]
    weights = [f"{'' if short else 'weight '}{format_number(count)}" for count in facts.counts]
    if short or facts.n_drawn < facts.n_samples:  # the points of a cluster are not counted
        return weights
    n_points = np.bincount(scene.labels, minlength=len(weights))
    return [
        f"{_points(n, short=False)}, {weight}" for n, weight in zip(n_points, weights, strict=True)
    ]


def _points(count: float, *, short: bool) -> str:
    if count == 0:
        return "empty"
    return format_number(count) + ("" if short else f" point{'' if count == 1 else 's'}")
