"""The controls and read-outs around the canvas: ipywidgets, with no idea of what they drive."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kmeans_widget.core.trace import Phase
from kmeans_widget.validation import MAX_SEED
from kmeans_widget.view.narration import narrate, number
from kmeans_widget.view.palette import color, writing

if TYPE_CHECKING:
    from kmeans_widget.view.scene import Facts, Scene

SPEEDS = (("0.25 ×", 0.25), ("0.5 ×", 0.5), ("1 ×", 1.0), ("2 ×", 2.0), ("4 ×", 4.0), ("8 ×", 8.0))
STARTS = (
    ("random points", "random"),
    ("k-means++", "k-means++"),
    ("farthest points", "farthest"),
)
GIVEN = ("given centroids", "given")
SLIDER_CLUSTERS = 20

# The walkthrough's algorithm; the line of each half-step is lit.
CODE = (
    ("", "def k_means(data, k):"),
    ("start", "  centroids = initialize_centroids(data, k)"),
    ("", "  repeat:"),
    ("assign", "    clusters = assign_points(data, centroids)"),
    ("end", "    if has_converged(clusters):"),
    ("end", "      return clusters"),
    ("update", "    centroids = recalculate_centroids("),
    ("update", "        data, clusters)"),
)
ASSIGN_FORMULA = "c<sub>i</sub> = argmin<sub>k</sub> ‖ x<sub>i</sub> − μ<sub>k</sub> ‖<sup>2</sup>"
UPDATE_FORMULA = (
    "μ<sub>k</sub> = <span class='kmeans-fraction'>"
    "<span>Σ<sub>i</sub> 1{c<sub>i</sub> = k} x<sub>i</sub></span>"
    "<span>Σ<sub>i</sub> 1{c<sub>i</sub> = k}</span></span>"
)


class Panel:
    """The controls, made once.

    Parameters
    ----------
    surface : ipywidgets.DOMWidget
        The live canvas to put among them.
    max_clusters : int
        Largest K that the slider offers.

    Attributes
    ----------
    children : tuple of ipywidgets.Widget
        The rows of the panel, top to bottom.
    """

    def __init__(self, surface: widgets.DOMWidget, max_clusters: int) -> None:
        make = _Workshop()
        self.n_clusters = make(
            widgets.IntSlider, value=3, min=1, max=max_clusters, description="Clusters K",
            tooltip="Number of clusters",
        )  # fmt: skip
        self.init = make(
            widgets.Dropdown, options=STARTS, description="Start",
            tooltip="How the first centroids are found",
        )  # fmt: skip
        self.seed = make(
            widgets.BoundedIntText, value=0, min=0, max=MAX_SEED, description="Seed",
            tooltip="Seed of the start",
        )  # fmt: skip
        self.new_start = make.button("New start", "New start: draw another one (next seed)")
        self.reset = make.button("Reset", "Reset: back to the start")
        self.back = make.button("Back", "Back: undo one half-step")
        self.step = make.button("Step", "Step: do the next half-step")
        self.play = make.button("Play", "Play: one half-step after the other")
        self.run = make.button("Run", "Run: go to the end at once")
        self.speed = make(
            widgets.SelectionSlider, options=SPEEDS, value=1.0, description="Speed",
            tooltip="How fast Play goes",
        )  # fmt: skip
        self.lines = make(
            widgets.Checkbox, value=True, description="Lines", indent=False,
            tooltip="Join every point to its centroid",
        )  # fmt: skip
        self.regions = make(
            widgets.Checkbox, value=True, description="Regions", indent=False,
            tooltip="Tint the region of each centroid",
        )  # fmt: skip
        self.status = make(widgets.HTML, "kmeans-status")
        self.notice = make(widgets.HTML, "kmeans-notice", layout=widgets.Layout(display="none"))
        self.side = make(widgets.HTML, "kmeans-side")
        self.children = self._rows(surface, make)

    def show(self, scene: Scene, *, playing: bool) -> None:
        """Bring labels, read-outs and words to `scene`."""
        facts = scene.facts
        at_end = facts.stop is not None
        following = "Recalculate" if facts.phase is Phase.ASSIGN else "Assign"
        self.step.description = "Step: done" if at_end else f"Step: {following}"
        self.step.disabled = self.run.disabled = at_end
        self.back.disabled = self.reset.disabled = facts.phase is Phase.START
        self.play.disabled = at_end and not playing
        self.play.description = "Pause" if playing else "Play"
        (self.play.add_class if playing else self.play.remove_class)("kmeans-pause")
        self.play.tooltip = "Pause: stop here" if playing else "Play: one half-step after the other"
        self.status.value = (
            f"<div role='status' aria-live='polite'>{escape(narrate(scene))}{_drawn(facts)}</div>"
        )
        self.side.value = _readings(scene) + _pseudocode(facts) + _formulas(facts)

    def say(self, message: str) -> None:
        """Show a message to the user, or with an empty one take it away."""
        self.notice.value = f"<div role='alert'>{escape(message)}</div>" if message else ""
        self.notice.layout.display = "" if message else "none"

    def _rows(self, surface: widgets.DOMWidget, make: _Workshop) -> tuple[widgets.Widget, ...]:
        style = files("kmeans_widget.view").joinpath("panel.css").read_text("utf-8")
        layers = make.row("layers", self.lines, self.regions)
        return (
            make(
                widgets.HTML, value=f"<style>{style}</style>", layout=widgets.Layout(display="none")
            ),
            make.row("setup", self.n_clusters, self.init, self.seed, self.new_start),
            make.row(
                "transport", self.reset, self.back, self.step, self.play, self.run, self.speed
            ),
            make.row("words", self.status),
            make.row("words", self.notice),
            make.row("main", make.row("canvas", surface, layers), self.side),
        )


class _Workshop:
    """Makes controls that share their models of layout and style.

    Before the first picture appears, each model is a message to the browser, and so is each class
    that is added to one: 46 messages instead of 94.
    """

    def __init__(self) -> None:
        self._layout = widgets.Layout()
        self._styles: dict[type, widgets.Widget] = {}

    def __call__(self, kind: type[widgets.DescriptionWidget], *classes: str, **options: Any) -> Any:
        style = kind.style.klass
        if style not in self._styles:
            self._styles[style] = style()
        options = {"layout": self._layout, "style": self._styles[style], **options}
        return kind(_dom_classes=classes, **options)

    def button(self, name: str, tooltip: str) -> widgets.Button:
        # The style sheet gives it its icon: one of ipywidgets' would become part of its spoken
        # name.
        own = f"kmeans-{name.lower().replace(' ', '-')}"
        return self(widgets.Button, own, description=name, tooltip=tooltip)

    def row(self, name: str, *children: Any) -> widgets.Box:
        return widgets.Box(children, layout=self._layout, _dom_classes=[f"kmeans-{name}"])


def _drawn(facts: Facts) -> str:
    if facts.n_drawn == facts.n_samples:
        return ""
    return f" <span>The picture draws {facts.n_drawn:,} of the {facts.n_samples:,} points.</span>"


def _readings(scene: Scene) -> str:
    facts = scene.facts
    started = facts.phase is not Phase.START
    inertia = number(facts.inertia) if started else "–"
    chips = "".join(
        f"<li><b style='background:{color(slot)};color:{writing(slot)}'>{k}</b>"
        f"{_points(count) if started else 'no points yet'}</li>"
        for k, (count, slot) in enumerate(zip(facts.counts, scene.slots, strict=True))
    )
    return (
        f"<div class='kmeans-readings'><span>Iteration <b>{facts.n_iter}</b></span>"
        f"<span>Inertia <b>{inertia}</b></span></div><ul class='kmeans-sizes'>{chips}</ul>"
    )


def _points(count: float) -> str:
    return f"{number(count)} point{'' if count == 1 else 's'}"


def _pseudocode(facts: Facts) -> str:
    lit = "end" if facts.stop is not None else facts.phase.value
    lines = "".join(
        f"<span class='{'kmeans-lit' if phase == lit else ''}'>{escape(line)}</span>"
        for phase, line in CODE
    )
    return f"<h4>Algorithm</h4><pre class='kmeans-code'>{lines}</pre>"


def _formulas(facts: Facts) -> str:
    rows = (
        (Phase.ASSIGN, "Assign", ASSIGN_FORMULA),
        (Phase.UPDATE, "Recalculate", UPDATE_FORMULA),
    )
    return "".join(
        f"<div class='kmeans-formula{' kmeans-lit' if facts.phase is phase else ''}'>"
        f"<i>{name}</i><span>{formula}</span></div>"
        for phase, name, formula in rows
    )
