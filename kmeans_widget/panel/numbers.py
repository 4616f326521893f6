"""The numbers behind a half-step, written out so that it can be checked by hand, as HTML.

Written numbers add up: a result is computed from the rounded numbers that stand before it, with as
many decimals as it takes for that to be the true result, to four digits.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.trace import Phase
from kmeans_widget.panel.clusters import badge
from kmeans_widget.panel.readout import named
from kmeans_widget.plot.narration import format_number
from kmeans_widget.validation.messages import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.session import KMeansSession
    from kmeans_widget.session.inspection import Inspection

MOST_COLUMNS = 4  # of the table, and terms of a distance
MOST_CLUSTERS = 10  # of the table, and distances that are written out
MOST_MEANS = 4  # clusters whose means are written out
MOST_TERMS = 4  # of a mean; of more, the first three and the last
MOST_POINTS = 200_000  # up to which shares of the inertia are computed
MOST_DECIMALS = 8
LARGEST = 1e12  # number that is written with all of its digits
PRECISION = 5e-4  # of a written mean, relative to the range of its terms


def numbers_of(session: KMeansSession, slots: Sequence[int], *, tells: bool = True) -> str:
    """Show the centroids as a table, and the means of their points written out.

    Those of the next half-step are left out unless it `tells` what comes.
    """
    is_next = session.phase is Phase.ASSIGN
    return _table(session, slots) + (_means(session, slots) if tells or not is_next else "")


def distances_of(point: Inspection | None, session: KMeansSession, slots: Sequence[int]) -> str:
    """Write the squared distances of a point to the centroids out."""
    if point is None:
        return "<p>Point at a point, or click one, to see its distances written out.</p>"
    centers, unit = session.cluster_centers, session.current_branch.scaling.unit
    order = point.distances.argsort(kind="stable")[:MOST_CLUSTERS]
    names = session.feature_names if len(session.feature_names) > 2 else ()
    lines = "".join(
        f"<p>{badge(k, slots[k])} {write_squares(point.position, centers[k], unit, names)}</p>"
        for k in order.tolist()
    )
    left = len(point.distances) - len(order)
    more = f"<p>and {left:,} farther</p>" if left > 0 else ""
    scaled = (unit != 1.0).any()
    how = "each difference divided by the scale of its column" if scaled else ""
    return (
        f"<h4>Point {named(str(point.name))}: squared distances, the smallest first"
        f"{escape(f' ({how})' if how else '')}</h4>{lines}{more}"
    )


def write_squares(position: Floats, center: Floats, unit: Floats, names: Sequence[str] = ()) -> str:
    """Write a squared distance out, as HTML, with the names of the columns if there are any.

    Examples
    --------
    >>> write_squares(np.array([3.1, 1.2]), np.array([2.0, 1.5]), np.ones(2))
    '(3.1 − 2)² + (1.2 − 1.5)² = <b>1.3</b>'
    >>> write_squares(np.array([4.0]), np.array([1.0]), np.array([2.0]))
    '((4 − 1) / 2)² = <b>2.25</b>'
    """
    with np.errstate(over="ignore", under="ignore"):
        terms = ((position.astype(np.float64) - center) / unit) ** 2
    true = float(terms.sum())
    shown = sorted((-terms).argsort(kind="stable")[:MOST_COLUMNS].tolist())
    rest, left = float(np.delete(terms, shown).sum()), len(terms) - len(shown)
    is_scaled = bool((unit != 1.0).any())
    is_lost = true == 0.0 and bool((position != center).any())  # by underflow
    is_long = max(np.abs(position).max(), np.abs(center).max()) > LARGEST
    for decimals in range(0 if is_lost or is_long else MOST_DECIMALS + 1):
        x, c, u = (
            np.array([round(float(v[j]), decimals) for j in shown])
            for v in (position, center, unit)
        )
        if (u == 0).any():
            continue
        others = round(rest, decimals) if left else 0.0
        total = float((((x - c) / u) ** 2).sum()) + others
        if format_number(total) == format_number(true):
            break
    else:  # too small, or too large for their differences
        return f"<b>{format_number(true)}</b>"
    parts = [
        (f"<em>{named(names[j])}</em> " if names else "")
        + (
            f"(({_number(a)} − {_signed(b)}) / {_number(s)})²"
            if is_scaled
            else f"({_number(a)} − {_signed(b)})²"
        )
        for j, a, b, s in zip(shown, x.tolist(), c.tolist(), u.tolist(), strict=True)
    ]
    if left:
        parts.append(f"{_number(others)} ({left:,} more)")
    return f"{' + '.join(parts)} = <b>{format_number(total)}</b>"


def write_mean(values: Floats, weights: Float64s | None) -> str:
    """Write a mean out, as HTML.

    Examples
    --------
    >>> write_mean(np.array([1.0, 2.0, 6.0]), None)
    '(1 + 2 + 6) / 3 = <b>3</b>'
    >>> write_mean(np.array([1.0, 2.0]), np.array([3.0, 1.0]))
    '(3 · 1 + 1 · 2) / 4 = <b>1.25</b>'
    >>> write_mean(np.arange(1.0, 8.0), None)
    '(1 + 2 + 3 + … + 7) / 7 = <b>4</b>'
    """
    mean = float(np.average(values, weights=weights))
    spread = float(np.ptp(values)) or abs(mean)
    for decimals in range(0 if np.abs(values).max() > LARGEST else MOST_DECIMALS + 1):
        x = np.array([round(float(value), decimals) for value in values])
        w = None if weights is None else np.array([round(float(v), decimals) for v in weights])
        if w is not None and not w.any():
            continue
        total = _round_half_up(float(np.average(x, weights=w)), decimals + 2)
        if abs(total - mean) <= PRECISION * spread:
            break
    else:
        return f"<b>{format_number(mean)}</b>"
    shown = [*range(len(values))]
    if len(values) > MOST_TERMS:
        shown = [*range(MOST_TERMS - 1), len(values) - 1]
    parts = [f"{'' if w is None else _number(w[i]) + ' · '}{_signed(x[i])}" for i in shown]
    if len(values) > MOST_TERMS:
        parts.insert(-1, "…")
    divisor = len(values) if w is None else round(float(w.sum()), decimals)
    return f"({' + '.join(parts)}) / {_number(divisor)} = <b>{_number(total)}</b>"


def _table(session: KMeansSession, slots: Sequence[int]) -> str:
    """Show where the centroids are, and what their clusters contribute to the inertia."""
    names, centers = session.feature_names, session.cluster_centers
    columns = range(min(len(names), MOST_COLUMNS))
    head = "".join(f"<th scope='col'>{named(names[j])}</th>" for j in columns)
    if len(names) > MOST_COLUMNS:
        head += f"<th>{len(names) - MOST_COLUMNS:,} more</th>"
    sizes, shares = _contributions(session)
    rows = ""
    n_picked = len(centers) + min(session.cursor + 1, 0)  # while the start is watched
    for k in range(min(n_picked, MOST_CLUSTERS)):
        cells = "".join(f"<td>{format_number(float(centers[k, j]))}</td>" for j in columns)
        if len(names) > MOST_COLUMNS:
            cells += "<td>…</td>"
        rows += (
            f"<tr><th scope='row'>{badge(k, slots[k])}</th>{cells}"
            f"<td>{sizes[k]}</td><td>{shares[k]}</td></tr>"
        )
    left = n_picked - MOST_CLUSTERS
    more = f"<p>and {left:,} more</p>" if left > 0 else ""
    weighted = session.current_branch.points.samples.sample_weight is not None
    size = "weight" if weighted else "points"
    return (
        f"<table><thead><tr><td></td>{head}<th scope='col'>{size}</th>"
        f"<th scope='col' title='Share of the inertia'>inertia</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{more}"
    )


def _contributions(session: KMeansSession) -> tuple[list[str], list[str]]:
    """Return size and share of the inertia of every cluster, in words."""
    samples, k = session.current_branch.samples, len(session.cluster_centers)
    labels = session.point_labels
    unknown = ["–"] * k
    if labels[0] < 0:
        return unknown, unknown
    weights = samples.weights()
    sizes = [format_number(size) for size in np.bincount(labels, weights, k).tolist()]
    if samples.n_samples > MOST_POINTS:
        return sizes, unknown
    centers = session.current_branch.scaling.transform(session.cluster_centers)
    squares = weights * ((samples.X - centers[labels]) ** 2).sum(axis=1)
    parts, total = np.bincount(labels, squares, k), squares.sum()
    return sizes, [percent(float(part / total)) if total else "–" for part in parts]


def _means(session: KMeansSession, slots: Sequence[int]) -> str:
    """Write out how the centroids were, or are about to be, computed from their points."""
    labels, phase = session.point_labels, session.phase
    if phase is Phase.START or session.converged:
        return ""
    samples = session.current_branch.points.samples
    names = session.feature_names
    lines = ""
    for k in range(min(len(slots), MOST_MEANS)):
        members = np.flatnonzero(labels == k)
        weights = None if samples.sample_weight is None else samples.sample_weight[members]
        if len(members) == 0 or (weights is not None and not weights.any()):
            lines += f"<p>{badge(k, slots[k])} has no points</p>"
            continue
        for j in range(min(len(names), 2)):
            mean = write_mean(np.asarray(samples.X[members, j], np.float64), weights)
            lines += f"<p>{badge(k, slots[k])} {named(names[j])}: {mean}</p>"
    moved = "Each centroid has moved to the mean of its points" if phase is Phase.UPDATE else (
        "Next, each centroid moves to the mean of its points"
    )  # fmt: skip
    return f"<h4>{moved}</h4>{lines}"


def _round_half_up(value: float, decimals: int) -> float:
    """Round as it is done by hand: of 15 digits, so that 59.9 / 8 is 7.488 with three decimals."""
    exact = Decimal(f"{value:.15g}")
    return float(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def _number(value: float) -> str:
    """Write a number with all of its decimals."""
    text = f"{float(value):,.{MOST_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", "0", ""} else text.replace("-", "−")


def _signed(value: float) -> str:
    """Write a number after a sign: a negative one in brackets."""
    text = _number(value)
    return f"({text})" if text.startswith("−") else text
