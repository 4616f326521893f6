"""What *Choose K* and *Starts* show, as HTML: curves over K, and where many starts ended."""

from __future__ import annotations

import itertools
import math
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.panel.readout import named
from kmeans_widget.plot.narration import format_number
from kmeans_widget.plot.palette import color
from kmeans_widget.selection.criteria import CAUTION, CRITERIA
from kmeans_widget.validation.messages import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kmeans_widget.selection.restarts import Restarts, Start
    from kmeans_widget.selection.sweep import KSelection
    from kmeans_widget.session.branch import Branch

UNIT = 100.0  # width of a K, and height of a row, in the units of the drawings
MARGIN = 18.0  # above and below a curve
MOST_OPTIMA = 8  # that are listed
MOST_LABELS = 15  # of K above the curves
WIDEST = 16.0  # line in pixels: of all points
LARGEST_DOT, SMALLEST_DOT = 22.0, 5.0  # diameters in pixels: of all starts, of one


def choices(found: KSelection, shown: int) -> str:
    """Draw all criteria on one axis of K; a click on a K shows its clusters.

    Parameters
    ----------
    found : KSelection
        Perhaps not complete yet.
    shown : int
        The K on screen, which is marked.
    """
    votes = found.votes if found.complete else {}
    rows = "".join(
        _criterion(name, found, shown, votes.get(name)) for name in CRITERIA if name in found.values
    )
    caution = f"<p>{escape(CAUTION)}</p>" if found.complete else ""
    return f"<div class='kmeans-criteria'>{rows}{_buttons(found, shown)}</div>{caution}"


def splits(found: KSelection, shown: int, slots: Mapping[int, int]) -> str:
    """Draw the clustergram: how clusters split as K grows; a click on a K shows its clusters.

    Parameters
    ----------
    found : KSelection
    shown : int
        The K on screen.
    slots : mapping of int to int
        The place in the palette of each of its clusters, if they are those on screen: their
        branches have these colours.
    """
    graph, ks = found.graph, found.n_clusters
    if not graph.nodes:
        return ""
    own = {graph.nodes[shown, c].color: slot for c, slot in slots.items()}
    others = (slot for slot in itertools.count() if slot not in own.values())
    numbers = sorted({node.color for node in graph.nodes.values()})
    shades = {i: color(own[i] if i in own else next(others)) for i in numbers}
    heights = [node.height for node in graph.nodes.values()]
    low, high = min(heights), max(heights)

    def place(k: int, cluster: int) -> str:
        height = graph.nodes[k, cluster].height
        share = (height - low) / (high - low) if high > low else 0.5
        return f"{(ks.index(k) + 0.5) * UNIT:.1f},{10 + 180 * (1 - share):.1f}"

    lines = "".join(
        f"<path style='stroke:{shades[graph.nodes[flow.to_k, flow.to_cluster].color]};"
        f"stroke-width:{max(WIDEST * flow.n_rows / graph.n_rows, 0.7):.1f}px' "
        f"d='M{place(flow.from_k, flow.from_cluster)}L{place(flow.to_k, flow.to_cluster)}'/>"
        for flow in graph.flows
    )
    dots = "".join(
        f"<path class='kmeans-dots' style='stroke:{shades[node.color]};"
        f"stroke-width:{SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * math.sqrt(node.share):.1f}px'"
        f" d='M{place(*cluster)}h0'/>"
        for cluster, node in graph.nodes.items()
    )
    return (
        f"<p>Each dot is a cluster, at the mean of its points along the "
        f"{escape(graph.name)}; lines are points that two clusters share.</p>"
        f"<div class='kmeans-criteria kmeans-splits'>"
        f"<svg viewBox='0 0 {len(ks) * UNIT:g} 200' preserveAspectRatio='none' aria-hidden='true'>"
        f"<g>{lines}</g>{dots}</svg>{_buttons(found, shown)}</div>"
    )


def _buttons(found: KSelection, shown: int) -> str:
    """Show a button for each K, as high as the drawing."""
    every = math.ceil(len(found.n_clusters) / MOST_LABELS)
    buttons = "".join(
        f"<button type='button' data-ask='k {k}' aria-label='K = {k}' "
        f"title='{escape(_about(found, k))}'"
        f"{' class=kmeans-current aria-current=true' if k == shown else ''}"
        f"{'' if k in found.centers else ' disabled'}>{'' if i % every else k}</button>"
        for i, k in enumerate(found.n_clusters)
    )
    columns = f"grid-template-columns:repeat({len(found.n_clusters)},1fr)"
    return f"<div class='kmeans-ks' style='{columns}'>{buttons}</div>"


def _criterion(name: str, found: KSelection, shown: int, vote: int | str | None) -> str:
    """Draw a row: the name with the value of the K shown, the curve, and which K it names."""
    criterion, values = CRITERIA[name], found.values[name]
    if isinstance(vote, int):
        said, why = str(vote), f"{criterion.label} names K = {vote}"
    else:
        said, why = ("–", f"{criterion.label} names none: {vote}") if vote else ("", "")
    value = format_number(values[shown]) if shown in values else ""
    best = criterion.best_is if criterion.best_is in {"high", "low"} else ""
    good = {"high": "the higher, the better", "low": "the lower, the better", "": ""}[best]
    return (
        f"<div class='kmeans-criterion'><span title='{escape(good)}'>{escape(criterion.label)}"
        f"<em>{escape(value)}</em></span>"
        f"<svg viewBox='0 0 {len(found.n_clusters) * UNIT:g} {UNIT:g}' preserveAspectRatio='none' "
        f"aria-hidden='true'>{_curve(found, name, vote)}</svg>"
        f"<b title='{escape(why)}'>{said}</b></div>"
    )


def _curve(found: KSelection, name: str, vote: int | str | None) -> str:
    """Draw a curve with its standard errors, and a ring around the K that it names."""
    values, errors = found.values[name], found.errors[name]
    known = [k for k in found.n_clusters if k in values and np.isfinite(values[k])]
    if not known:
        return ""
    heights = np.array([values[k] for k in known])
    spread = np.array([errors.get(k, 0.0) for k in known])
    low, high = float((heights - spread).min()), float((heights + spread).max())
    x = [(found.n_clusters.index(k) + 0.5) * UNIT for k in known]

    def y(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return UNIT - MARGIN - (UNIT - 2 * MARGIN) * share

    points = [f"{a:.1f},{y(b):.1f}" for a, b in zip(x, heights.tolist(), strict=True)]
    bars = "".join(
        f"M{a:.1f},{y(b - s):.1f}V{y(b + s):.1f}"
        for a, b, s in zip(x, heights.tolist(), spread.tolist(), strict=True)
        if s > 0
    )
    # A line without length is a round dot, whatever the proportions of the drawing.
    dots = "".join(f"M{point}h0" for point in points)
    ring = f"M{points[known.index(vote)]}h0" if vote in known else ""
    return (
        f"<path class='kmeans-bars' d='{bars}'/><polyline points='{' '.join(points)}'/>"
        f"<path class='kmeans-ring' d='{ring}'/><path class='kmeans-hole' d='{ring}'/>"
        f"<path class='kmeans-dots' d='{dots}'/>"
    )


def _about(found: KSelection, k: int) -> str:
    """List all that is known about a K."""
    parts = [
        f"{CRITERIA[name].label} {format_number(values[k])}"
        for name, values in found.values.items()
        if k in values
    ]
    why = next((note for (of, _), note in found.notes.items() if of == k), "")
    return f"K = {k}: {', '.join(parts) or why or 'not computed yet'}"


def runs(branches: Sequence[Branch], shown: Branch) -> str:
    """List the runs that can be compared with the one shown: start, iterations, inertia.

    The lowest inertia for each K is bold; a click on a run shows it.
    """
    rows, lowest = "", dict[int, float]()
    listed = [(i, b) for i, b in enumerate(branches) if shown.is_comparable(b) and len(b.curve)]
    for _, branch in listed:
        k = branch.parameters.n_clusters
        lowest[k] = min(lowest.get(k, math.inf), float(branch.curve[-1, 1]))
    for i, branch in listed:
        parameters, (n_iter, inertia) = branch.parameters, branch.curve[-1].tolist()
        so_far = "" if branch.trace.finished or branch.is_kept else " so far"
        start = f"<td colspan='2'>{named(branch.name)}</td>"
        if isinstance(parameters.init, str) and not branch.edits:
            method = escape(INIT_METHODS[parameters.init].label)
            start = f"<td>{method}</td><td>{parameters.random_state}</td>"
        number = escape(format_number(inertia))
        if len(listed) > 1 and math.isclose(inertia, lowest[parameters.n_clusters]):
            number = f"<b>{number}</b>"
        rows += (
            f"<tr{' class=kmeans-current' * (branch is shown)}><td>{parameters.n_clusters}</td>"
            f"{start}<td>{int(n_iter)}{so_far}</td><td><button type='button' "
            f"data-ask='branch {i}' title='Show this run: {escape(branch.name)}'>{number}</button>"
            "</td></tr>"
        )
    if not rows:
        return ""
    left = sum(not shown.is_comparable(branch) for branch in branches)
    more = f"<p>{left} on other points or another scale: see Branches.</p>" if left else ""
    heads = "".join(
        f"<th scope='col'>{name}</th>" for name in ("K", "start", "seed", "iterations", "inertia")
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}"


def strips(found: Restarts) -> str:
    """Draw the inertias at which starts have ended, by method; list the optima.

    A dot is an optimum; its area grows with the share of the starts that ended there.
    """
    groups = found.groups
    lows = [min(start.inertia for start in group) for group in groups]
    low, high = lows[0], lows[-1]
    rows = ""
    for method in found.methods:
        counts = [sum(start.init == method for start in group) for group in groups]
        if not any(counts):
            continue
        # The largest first, so that the others are seen on it.
        order = sorted(range(len(groups)), key=lambda i: -counts[i])
        dots = "".join(
            f"<path class='kmeans-dots' style='stroke-width:{_diameter(counts[i], counts):.1f}px' "
            f"d='M{_across(lows[i], low, high):.1f},50h0'/>"
            for i in order
            if counts[i]
        )
        rows += (
            f"<div class='kmeans-criterion'><span>{escape(INIT_METHODS[method].label)}"
            f"<em>{sum(counts):,} starts</em></span>"
            f"<svg viewBox='0 0 1000 100' preserveAspectRatio='none' aria-hidden='true'>{dots}"
            f"</svg><b title='Share of these starts that found the best optimum'>"
            f"{percent(counts[0] / sum(counts))}</b></div>"
        )
    ends = (
        f"<p class='kmeans-ends'><span>{escape(format_number(low))}</span><span>inertia</span>"
        f"<span>{escape(format_number(high))}</span></p>"
    )
    return f"<div class='kmeans-criteria kmeans-strips'>{rows}{ends}</div>{_listed(groups)}"


def _listed(groups: Sequence[Sequence[Start]]) -> str:
    """List the best optima; a click shows a run that ends at one."""
    n_starts = sum(map(len, groups))
    items = ""
    for group in groups[:MOST_OPTIMA]:
        first, share = group[0], len(group) / n_starts
        label = INIT_METHODS[first.init].label
        items += (
            f"<li><button type='button' data-ask='start {first.init} {first.seed}' "
            f"title='Show a run that ends there: {escape(label)}, seed {first.seed}'>"
            f"{escape(format_number(first.inertia))}</button>"
            f"<i><s style='width:{100 * share:.1f}%'></s></i>"
            f"<span>{percent(share)} of the starts</span></li>"
        )
    left = len(groups) - MOST_OPTIMA
    more = f"<p>and {left:,} more, all with a higher inertia</p>" if left > 0 else ""
    return f"<ol class='kmeans-optima'>{items}</ol>{more}"


def _diameter(count: int, counts: Sequence[int]) -> float:
    """Return a diameter in pixels: areas grow with the share of the starts."""
    return SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * math.sqrt(count / sum(counts))


def _across(inertia: float, low: float, high: float) -> float:
    """Return where an inertia is in a strip that is 1000 wide."""
    return 40.0 + 920.0 * (inertia - low) / (high - low) if high > low else 40.0
