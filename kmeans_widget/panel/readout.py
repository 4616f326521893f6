"""The panel's texts as HTML: status, numbers, algorithm, an inspected point, code to copy."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.trace import Phase
from kmeans_widget.plot import text
from kmeans_widget.plot.backdrop import MAX_POINTS
from kmeans_widget.plot.narration import describe_point, format_number, narrate
from kmeans_widget.plot.palette import color, text_color
from kmeans_widget.plot.text import MAX_NAME, one_line, shorten
from kmeans_widget.scaling import DOMINANT
from kmeans_widget.validation.messages import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.density import Patch
    from kmeans_widget.plot.scene import Facts, Scene
    from kmeans_widget.session.branch import Branch
    from kmeans_widget.session.inspection import Inspection
    from kmeans_widget.validation import ColumnSummary, LeftOut

# The algorithm of the walkthrough; the line of the current half-step is highlighted.
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
MOST_COLUMNS = 100  # in the list of columns
MOST_CHIPS = 50  # centroids whose distances from a point are listed
ASSIGN_FORMULA = "c<sub>i</sub> = argmin<sub>k</sub> ‖ x<sub>i</sub> − μ<sub>k</sub> ‖<sup>2</sup>"
UPDATE_FORMULA = (
    "μ<sub>k</sub> = <span class='kmeans-fraction'>"
    "<span>Σ<sub>i</sub> 1{c<sub>i</sub> = k} x<sub>i</sub></span>"
    "<span>Σ<sub>i</sub> 1{c<sub>i</sub> = k}</span></span>"
)
WEIGHTED_FORMULA = UPDATE_FORMULA.replace("1{", "w<sub>i</sub> 1{")


def status(scene: Scene) -> str:
    """Say what has just happened."""
    return escape(narrate(scene)) + _drawn(scene)


def numbers(facts: Facts) -> str:
    """Show iteration and inertia."""
    unknown = math.isnan(facts.inertia) or facts.is_of_drawn
    inertia = "–" if unknown else format_number(facts.inertia)
    return (
        f"<div class='kmeans-numbers'><span>Iteration <b>{facts.n_iter}</b></span>"
        f"<span title='{INERTIA}'>Inertia <b>{inertia}</b></span></div>"
    )


def view(scene: Scene) -> str:
    """Say how much of the data the axes show, if it is not all, and how many points deceive.

    The full names of the axes are attributes, for the tooltips that the panel's script shows.
    """
    backdrop, parts = scene.backdrop, []
    projection = backdrop.projection
    is_large = backdrop.n_samples > MAX_POINTS
    sample = f"a sample of {MAX_POINTS:,} points"
    if not backdrop.is_flat and (projection.columns is None or projection.features):
        shows = "These two axes show" if len(projection.features) != 1 else "This picture shows"
        of = f" of {sample}" if backdrop.is_of_sample else ""
        parts.append(f"{shows} {percent(backdrop.shown_share)} of the variance{of}")
    if backdrop.guides:
        others = [named(n) for i, n in enumerate(projection.names) if i not in projection.features]
        take = "takes" if len(others) == 1 else "take"
        of = f" of {sample}" if is_large else ""
        parts.append(
            f"{' and '.join(others)} {take} no part in the distances: there, a centroid is drawn "
            f"at the mean of the points nearest to it{of}"
        )
    elif parts and scene.facts.phase is not Phase.START and len(scene.centers) > 1:
        share = percent(float(scene.deceptive.mean())) if len(scene.deceptive) else "none"
        of = "the points in view" if is_large else "the points"
        of = sample if scene.density is not None else of
        parts.append(f"{share} of {of} appear closest to a wrong centroid here")
    words = "; ".join(parts)
    x, y = map(escape, backdrop.projection.labels)
    return f'<div data-x="{x}" data-y="{y}">{words}{"." * bool(words)}</div>'


def squares(facts: Facts) -> str:
    """Show which part of the total sum of squares lies between the clusters, and which within."""
    total, within = facts.total_squares, facts.within_squares
    share, parts = 0.0, ["–", "–"]
    if total > 0 and not math.isnan(within):
        between = max(total - within, 0.0)
        share = between / total
        parts = [
            f"<b>{format_number(part)}</b> ({escape(percent(part / total))})"
            for part in (between, total - between)
        ]
    return (
        f"<h4>Total sum of squares: {format_number(total)}</h4>"
        f"<div class='kmeans-squares' style='--kmeans-share:{share:.4f}'></div>"
        f"<p><span>between the clusters {parts[0]}</span> "
        f"<span title='around the means of the clusters'>within them {parts[1]}</span></p>"
    )


def algorithm(facts: Facts) -> str:
    """Show the algorithm with its current line highlighted, and the two formulas."""
    lit = "end" if facts.stop is not None else facts.phase.value
    lines = "".join(
        f"<span{' class=kmeans-lit aria-current=step' * (phase == lit)}>{escape(line)}</span>"
        for phase, line in CODE
    )
    rows = (
        (Phase.ASSIGN, "Assign", ASSIGN_FORMULA),
        (Phase.UPDATE, "Recalculate", WEIGHTED_FORMULA if facts.weighted else UPDATE_FORMULA),
    )
    formulas = "".join(
        f"<div class='kmeans-formula{' kmeans-lit' if facts.phase is phase else ''}'>"
        f"<i>{name}</i><span>{formula}</span></div>"
        for phase, name, formula in rows
    )
    return f"<pre class='kmeans-code'>{lines}</pre>{formulas}"


def point_card(point: Inspection, slots: tuple[int, ...]) -> str:
    """Describe an inspected point with its distance to every centroid, the nearest first."""
    order = point.distances.argsort(kind="stable")
    chips = "".join(
        f"<li>{_chip(k, slots[k])}{format_number(point.distances[k])}</li>"
        for k in order[:MOST_CHIPS]
    )
    if len(order) > MOST_CHIPS:
        left, farthest = len(order) - MOST_CHIPS, format_number(point.distances[order[-1]])
        chips += f"<li>{left:,} more, up to {farthest}</li>"
    return (
        f"<h4>Point {named(str(point.name))}: distance to each centroid</h4>"
        f"<ul class='kmeans-distances'>{chips}</ul>"
        f"<p>{escape(describe_point(point))}</p>"
    )


def patch_card(patch: Patch, slots: tuple[int, ...]) -> str:
    """List the clusters of the points in some cells, the most frequent first."""
    total = sum(patch.counts)
    title = f"{total:,} point{'s' * (total != 1)} under the pointer"
    labels = [named(name) for name in patch.names] or [
        "".join(_chip(k, slots[k]) for k in group) for group in patch.groups
    ]
    order = sorted(zip(patch.counts, labels, strict=True), key=lambda each: -each[0])
    chips = "".join(
        f"<li>{label} {count:,}</li>" for count, label in order[:MOST_CHIPS] if count and label
    )
    return f"<h4>{title}</h4><ul class='kmeans-distances'>{chips}</ul>"


def _chip(cluster: int, slot: int) -> str:
    return f"<b style='background:{color(slot)};color:{text_color(slot)}'>{cluster}</b>"


def branch(branch: Branch) -> str:
    """Describe a branch: its name, and how far it has come.

    Examples
    --------
    >>> from kmeans_widget import KMeansWidget
    >>> widget = KMeansWidget(n_clusters=2)
    >>> branch(widget.branches[0])
    'K = 2, random, seed 0'
    >>> widget.run()
    >>> branch(widget.branches[0])
    'K = 2, random, seed 0: inertia 89.97 after 6 iterations'
    """
    curve = branch.curve
    if not len(curve):
        return branch.name
    n_iter = int(curve[-1, 0])
    iterations = f"{n_iter} iteration{'' if n_iter == 1 else 's'}"
    return f"{branch.name}: inertia {format_number(curve[-1, 1])} after {iterations}"


def warning(names: Sequence[str], shares: Floats, scale: str) -> str:
    """Warn if one of several unscaled columns dominates the distances; else empty.

    Examples
    --------
    >>> warning(["age", "pay"], np.array([0.03, 0.97]), "none")[:56]
    'The column “<bdi>pay</bdi>” dominates the distances, so '
    >>> warning(["pay"], np.array([1.0]), "none")
    ''
    """
    if scale != "none" or np.count_nonzero(shares) < 2 or float(shares.max()) <= DOMINANT:
        return ""
    return (
        f"The column “{named(names[int(shares.argmax())], names)}” dominates the distances, so it "
        "alone decides the clusters; scale the columns to let the others count."
    )


def columns(
    names: Sequence[str],
    shares: Floats,
    summaries: Sequence[ColumnSummary] = (),
    unique: Sequence[str] = (),
) -> str:
    """List the columns: those in use by their share in the squared distances, then the others.

    Parameters
    ----------
    names : sequence of str
        Of the columns in use.
    shares : ndarray of shape (n_features,)
    summaries : sequence of ColumnSummary
        Of all columns of the data; without them, columns cannot be ticked.
    unique : sequence of str
        Columns in use that may be identifiers.
    """
    known = {summary.name: (i, summary) for i, summary in enumerate(summaries)}
    order = [names[i] for i in (-shares).argsort(kind="stable")]
    of_name = dict(zip(names, shares.tolist(), strict=True))
    order += [name for name in known if name not in of_name]
    order.sort(key=lambda name: name in known and bool(known[name][1].obstacle))
    listed, rows = order[:MOST_COLUMNS], []
    for name in listed:
        cells = named(name, listed)
        share = of_name.get(name)
        about = ""
        if name in known:
            i, summary = known[name]
            state = " checked" * (share is not None) + " disabled" * bool(summary.obstacle)
            cells = f"<label><input type='checkbox' value='{i}'{state}>{cells}</label>"
            doubt = "<strong>an identifier?</strong> " * (name in unique)
            about = f"<em>{doubt}{_contents(summary)}</em>"
        bar = (
            "<i class='kmeans-unused'></i><b></b>"
            if share is None
            else (f"<i style='--kmeans-share:{share:.4f}'></i><b>{escape(percent(share))}</b>")
        )
        rows.append(f"<li><span>{cells}</span>{bar}{about}</li>")
    if len(order) > MOST_COLUMNS:
        together = percent(sum(of_name.get(name, 0.0) for name in order[MOST_COLUMNS:]))
        rows.append(
            f"<li><span>{len(order) - MOST_COLUMNS:,} more columns together: {escape(together)}"
            "</span></li>"
        )
    title = "Columns, with their shares in the squared distances"
    return f"<h4>{title}</h4><ul>{''.join(rows)}</ul>"


def _contents(summary: ColumnSummary) -> str:
    """Describe what a column contains.

    Examples
    --------
    >>> from kmeans_widget.validation import ColumnSummary
    >>> _contents(ColumnSummary("age", 17.0, 93.5, 3)), _contents(
    ...     ColumnSummary("city", np.nan, np.nan, 0, encoding="text: 3 values")
    ... )
    ('17 to 93.5, 3 missing', 'text: 3 values')
    """
    words = (
        summary.obstacle
        or summary.encoding
        or (f"{format_number(summary.low)} to {format_number(summary.high)}")
    )
    return words + f", {summary.n_missing:,} missing" * (
        summary.n_missing > 0 and summary.obstacle != "no values"
    )


def left_out(columns: LeftOut, n_left_out: int, n_rows: int) -> str:
    """Say which columns and how many rows of the data are left out; empty for none.

    Examples
    --------
    >>> from kmeans_widget.validation import LeftOut
    >>> left_out(LeftOut(), 2, 1060)
    '<span>Left out: 2 of 1,060 rows (missing values).</span>'
    >>> left_out(LeftOut(not_numbers=("city", "since"), identifiers=("id",)), 0, 1060)
    '<span>Left out: city, since (not numbers), id (identifier).</span>'
    """
    words = [f"{_listed(names)} ({why})" for names, why in columns.reasons if names]
    if n_left_out:
        words.append(f"{n_left_out:,} of {n_rows:,} rows (missing values)")
    sentences = [f"<span>Left out: {', '.join(words)}.</span>"] if words else []
    if columns.unique:
        one, have = (
            ("an identifier", "has") if len(columns.unique) == 1 else ("identifiers", "have")
        )
        sentences.append(
            f"<span>{_listed(columns.unique)} {have} a different whole number in each row: {one}?"
            "</span>"
        )
    return " ".join(sentences)


def _listed(names: Sequence[str]) -> str:
    """List names; if they are shortened, the full list is a tooltip."""
    short, whole = text.list_names(names, 60), ", ".join(map(one_line, names))
    title = f' title="{escape(whole)}"' if short != whole else ""
    return f"<bdi{title}>{escape(short)}</bdi>" if title or not short.isascii() else escape(short)


def copyable(title: str, text: str) -> str:
    """Show a text with a button to copy it."""
    return (
        f"<section><h4>{title}</h4><pre tabindex='0' aria-label='{title}'>{escape(text)}</pre>"
        "<button type='button' class='jupyter-button lm-Widget kmeans-copy'>Copy</button></section>"
    )


def named(name: str, beside: Sequence[str] = ()) -> str:
    """Escape a name; if it is shortened, the full name is its tooltip.

    Examples
    --------
    >>> named("a<b")
    '<bdi>a&lt;b</bdi>'
    """
    whole, short = one_line(name), shorten(name, MAX_NAME, beside)
    tooltip = "" if short == whole else f" title='{escape(whole)}'"
    return f"<bdi{tooltip}>{escape(short)}</bdi>"


def _drawn(scene: Scene) -> str:
    """Say how many points the picture shows, and how, unless it shows all of them singly."""
    backdrop = scene.backdrop
    n_samples, n_inside = backdrop.n_rows, len(backdrop.points)
    colored = ""
    if scene.colors is not None:
        colored = f" <span>Coloured by {named(scene.colors.name)}.</span>"
    if n_inside == n_samples:
        return colored
    if backdrop.cells is not None:
        n_inside = backdrop.cells.n_inside
    shown = (
        f"all {n_samples:,} points"
        if n_inside == n_samples
        else (f"{n_inside:,} of the {n_samples:,} points")
    )
    if n_inside == 0:
        return f" <span>The picture shows none of the {n_samples:,} points.</span>{colored}"
    density = ", as density" * (backdrop.cells is not None)
    if n_samples > backdrop.n_samples:  # read in blocks
        shown = f"a sample of {n_inside:,} points"
    return f" <span>The picture shows {shown}{density}.</span>{colored}"
