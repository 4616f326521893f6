"""What the panel says in HTML: the numbers, the algorithm, a point looked at, code to copy."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from kmeans_widget.core.trace import Phase
from kmeans_widget.view.narration import describe, narrate, number
from kmeans_widget.view.palette import color, writing

if TYPE_CHECKING:
    from kmeans_widget.inspection import Inspection
    from kmeans_widget.view.scene import Facts, Scene

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
INERTIA = "In-cluster variance: the sum of squared distances of the points to their centroids"
ASSIGN_FORMULA = "c<sub>i</sub> = argmin<sub>k</sub> ‖ x<sub>i</sub> − μ<sub>k</sub> ‖<sup>2</sup>"
UPDATE_FORMULA = (
    "μ<sub>k</sub> = <span class='kmeans-fraction'>"
    "<span>Σ<sub>i</sub> 1{c<sub>i</sub> = k} x<sub>i</sub></span>"
    "<span>Σ<sub>i</sub> 1{c<sub>i</sub> = k}</span></span>"
)


def status(scene: Scene) -> str:
    """Tell what has just happened."""
    return escape(narrate(scene)) + _drawn(scene.facts)


def numbers(facts: Facts) -> str:
    """Give iteration and inertia."""
    inertia = "–" if facts.phase is Phase.START else number(facts.inertia)
    return (
        f"<div class='kmeans-numbers'><span>Iteration <b>{facts.n_iter}</b></span>"
        f"<span title='{INERTIA}'>Inertia <b>{inertia}</b></span></div>"
    )


def algorithm(facts: Facts) -> str:
    """Show the algorithm with its current line lit, and the two formulas."""
    lit = "end" if facts.stop is not None else facts.phase.value
    lines = "".join(
        f"<span{' class=kmeans-lit aria-current=step' * (phase == lit)}>{escape(line)}</span>"
        for phase, line in CODE
    )
    rows = (
        (Phase.ASSIGN, "Assign", ASSIGN_FORMULA),
        (Phase.UPDATE, "Recalculate", UPDATE_FORMULA),
    )
    formulas = "".join(
        f"<div class='kmeans-formula{' kmeans-lit' if facts.phase is phase else ''}'>"
        f"<i>{name}</i><span>{formula}</span></div>"
        for phase, name, formula in rows
    )
    return f"<h4>Algorithm</h4><pre class='kmeans-code'>{lines}</pre>{formulas}"


def point_card(point: Inspection, slots: tuple[int, ...]) -> str:
    """Tell of a point looked at, with its distance to every centroid, the nearest first."""
    chips = "".join(
        f"<li><b style='background:{color(slots[k])};color:{writing(slots[k])}'>{k}</b>"
        f"{number(point.distances[k])}</li>"
        for k in point.distances.argsort(kind="stable")
    )
    return (
        f"<h4>Point {escape(str(point.name))}: distance to each centroid</h4>"
        f"<ul class='kmeans-distances'>{chips}</ul>"
        f"<p>{escape(describe(point))}</p>"
    )


def copyable(title: str, text: str) -> str:
    """Show a text with a button that copies it."""
    return (
        f"<section><h4>{title}</h4><pre tabindex='0' aria-label='{title}'>{escape(text)}</pre>"
        "<button type='button' class='jupyter-button lm-Widget kmeans-copy'>Copy</button></section>"
    )


def _drawn(facts: Facts) -> str:
    if facts.n_drawn == facts.n_samples:
        return ""
    return f" <span>The picture draws {facts.n_drawn:,} of the {facts.n_samples:,} points.</span>"
