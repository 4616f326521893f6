"""What the *Clusters* tab says about each cluster, as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.panel.fields import rounded
from kmeans_widget.panel.readout import named
from kmeans_widget.plot.narration import format_number
from kmeans_widget.plot.palette import color, text_color
from kmeans_widget.plot.text import shorten
from kmeans_widget.validation.messages import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kmeans_widget.core.arrays import Float64s, Floats, Labels
    from kmeans_widget.selection.profile import ColumnProfile
    from kmeans_widget.selection.silhouettes import Silhouette
    from kmeans_widget.session import KMeansSession
    from kmeans_widget.session.points import Points
    from kmeans_widget.validation import Values

MOST_PROFILES = 20  # clusters that are described
MOST_TRAITS = 4  # columns of each
MOST_OTHERS = 2  # columns of each that take no part
MOST_NAMED = 3  # columns in its description
MOST_ROWS = 60  # columns in the heat map
MOST_BARS = 80  # silhouettes of each cluster that are drawn
LEAST = 0.3  # standard deviations from the mean that are listed
NOTABLE, VERY = 0.5, 1.5  # that are high or low, and very
NOISE = 1e-9  # standard deviations that are rounding errors of a centroid
TELLING = 0.1  # η² from which a number that takes no part, which may be an identifier, is named
STRONGEST = 2.0  # standard deviations from the mean with the strongest colour of the heat map
HIGH, LOW = "190, 80, 0", "0, 114, 178"  # colours of what is above and below the mean
MAX_OTHER_ROWS = 20_000  # of the data, up to which columns that take no part are described
SORTS = {"difference": "difference", "name": "name", "table": "order in the table"}


class Example(NamedTuple):
    """A point to look at: its row among the current points, and its name."""

    row: int
    name: str


class Clusters(NamedTuple):
    """What is said about the clusters at one cursor.

    Attributes
    ----------
    names : tuple of n_features str
    centers : ndarray of shape (n_clusters, n_features)
        The centroids.
    own_means : ndarray of shape (n_clusters, n_features)
        The means of the clusters, on which the centroids are after a recalculation.
    means, deviations : ndarray of shape (n_features,)
        Of all points.
    weights : ndarray of shape (n_clusters,)
        Of the clusters; all 0 before any assignment.
    slots : tuple of n_clusters int
        Palette index of each cluster.
    typical, doubtful : list of list of Example
        For each cluster; empty before any assignment.
    others : list of ColumnProfile
        Of columns that take no part.
    """

    names: tuple[str, ...]
    centers: Floats
    own_means: Floats
    means: Float64s
    deviations: Float64s
    weights: Floats
    slots: tuple[int, ...]
    typical: list[list[Example]]
    doubtful: list[list[Example]]
    others: list[ColumnProfile]

    @property
    def scores(self) -> Float64s:
        """Distance of each centroid from the mean, in standard deviations."""
        return self._scores(self.centers)

    @property
    def eta2(self) -> Float64s:
        """Share of each column's variance that lies between the clusters, shape (n_features,).

        NaN before any assignment.
        """
        if not self.weights.any():
            return np.full(len(self.names), np.nan)
        return np.asarray(self.weights @ self._scores(self.own_means) ** 2 / self.weights.sum())

    def value(self, cluster: int, column: int) -> str:
        """Write a coordinate of a centroid: with as many digits as tell it from other values."""
        value, spread = float(self.centers[cluster, column]), float(self.deviations[column])
        if abs(value) < NOISE * spread:
            return "0"
        if abs(value) < 1000 * spread or spread == 0.0:
            return format_number(value)
        return f"{rounded(value, spread):,}"

    def _scores(self, places: Floats) -> Float64s:
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            scores = (places - self.means) / self.deviations
        return np.asarray(np.nan_to_num(scores, posinf=0.0, neginf=0.0))


def look(session: KMeansSession, slots: tuple[int, ...], weights: Floats) -> Clusters:
    """Collect what is said about the clusters at the cursor of a session."""
    branch = session.current_branch
    points, examples = branch.points, session.examples()

    def named_rows(rows: Sequence[int]) -> list[Example]:
        return [Example(row, str(points.name(row))) for row in rows]

    few = points.table.n_rows <= MAX_OTHER_ROWS
    return Clusters(
        session.feature_names,
        session.cluster_centers,
        branch.cluster_means(session.cursor),
        *points.spread,
        weights,
        slots,
        [named_rows(each.typical) for each in examples],
        [named_rows(each.doubtful) for each in examples],
        session.describe_others() if few else [],
    )


def portraits(clusters: Clusters) -> str:
    """Show in which columns each cluster differs most from all points, and say it in words."""
    names, scores = clusters.names, clusters.scores
    reach = max(float(np.abs(scores[:MOST_PROFILES]).max()), 1.0)
    sections = []
    for k, score in enumerate(scores[:MOST_PROFILES]):
        shade = color(clusters.slots[k])
        order = (-np.abs(score)).argsort(kind="stable")[:MOST_TRAITS]
        order = order[: max(np.count_nonzero(np.abs(score) >= LEAST), 1)]
        listed = [names[j] for j in order]
        rows = "".join(
            f"<li><span>{named(names[j], listed)}</span>"
            f"<i><s style='background:{shade};width:{50 * abs(score[j]) / reach:.1f}%;"
            f"{'left' if score[j] > 0 else 'right'}:50%'></s></i>"
            f"<b>{clusters.value(k, j)}</b><em>{_signed(score[j])}</em></li>"
            for j in order
        )
        sections.append(
            f"<h4>{badge(k, clusters.slots[k])} {escape(describe(names, score))}</h4>"
            f"<ul>{rows}</ul>{_others(clusters, k)}{_examples(clusters, k)}"
        )
    left = _first_clusters(len(clusters.centers))
    if len(names) > MOST_TRAITS:
        left.append(f"the {MOST_TRAITS} columns in which each differs most")
    note = f" Here: {', '.join(left)}; panel.profile has all." if left else ""
    help_ = f"The centroids, and their distance from the mean of all points.{note}"
    return (
        f"<p title='{help_}'>Centroid, and standard deviations from the mean of all:</p>"
        f"{''.join(sections)}"
    )


def heat_map(clusters: Clusters, sort: str) -> str:
    """Show all centroids as a table: a row for each column, coloured by its distance from the mean.

    Parameters
    ----------
    clusters : Clusters
    sort : str
        The order of the rows, a key of `SORTS`.
    """
    names, scores, eta2 = clusters.names, clusters.scores, clusters.eta2
    order = list(range(len(names)))
    if sort == "difference" and not np.isnan(eta2).any():
        order.sort(key=lambda j: -eta2[j])
    elif sort == "name":
        order.sort(key=lambda j: names[j].casefold())
    shown = order[:MOST_ROWS]
    listed = [names[j] for j in shown]
    shown_clusters = range(min(len(clusters.centers), MOST_PROFILES))
    head = "".join(f"<th scope='col'>{badge(k, clusters.slots[k])}</th>" for k in shown_clusters)
    rows = "".join(
        f"<tr><th scope='row'>{named(names[j], listed)}</th>"
        + "".join(
            f"<td style='background:{_tint(scores[k, j])}' "
            f"title='{_signed(scores[k, j])} standard deviations from the mean'>"
            f"{clusters.value(k, j)}</td>"
            for k in shown_clusters
        )
        + f"<td>{'–' if np.isnan(eta2[j]) else escape(percent(min(float(eta2[j]), 1.0)))}</td></tr>"
        for j in shown
    )
    left = _first_clusters(len(clusters.centers))
    if len(names) > MOST_ROWS:
        left.append(f"the first {MOST_ROWS} of {len(names):,} columns")
    note = f"<p>Here: {', '.join(left)}.</p>" if left else ""
    about = "Share of the variance of the column that lies between the clusters"
    return (
        "<p>Centroids; orange is above the mean of all points, blue below.</p>"
        f"<table><thead><tr><td></td>{head}<th scope='col' title='{about}'>η²</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{note}"
    )


def silhouettes(found: Silhouette | None, points: Points, slots: Sequence[int]) -> str:
    """Draw the silhouettes of each cluster, sorted; a click on a bar shows its point.

    Parameters
    ----------
    found : Silhouette or None
    points : Points
        The current ones, for their names.
    slots : sequence of int
        Palette index of each cluster.
    """
    if found is None:
        return "<p>Silhouettes compare two or more clusters of assigned points.</p>"
    sections = []
    low = min(float(found.values.min()), 0.0)
    for k in np.unique(found.labels)[:MOST_PROFILES].tolist():
        members = np.flatnonzero(found.labels == k)
        values = found.values[members]
        order = (-values).argsort(kind="stable")
        shown = np.unique(np.linspace(0, len(order) - 1, MOST_BARS).round().astype(int))
        bars = order[shown]
        zero, height = 100 / (1 - low), 100.0
        rects = "".join(
            f"<rect x='{x}' width='1' y='0' height='{height:g}' data-ask='row "
            f"{found.rows[members[i]]}'><title>{_about_bar(found, points, members[i])}</title>"
            "</rect>"
            for x, i in enumerate(bars)
        )
        steps = "".join(f"V{zero * (1 - values[i]):.1f}h1" for i in bars)
        mean = zero * (1 - found.score)
        sections.append(
            f"<h4>{badge(k, slots[k])} mean {values.mean():.2f}, "
            f"{np.count_nonzero(values < 0):,} of {len(values):,} below 0</h4>"
            f"<svg class='kmeans-bars' viewBox='0 0 {len(bars)} {height:g}' "
            f"preserveAspectRatio='none'><path style='fill:{color(slots[k])}' "
            f"d='M0,{zero:.1f}{steps}V{zero:.1f}z'/>"
            f"<path class='kmeans-mean' d='M0,{mean:.1f}h{len(bars)}'/>{rects}</svg>"
        )
    error = "" if found.exact else f" ± {found.std_error:.2g}, from a sample of {len(found.rows):,}"
    left = _first_clusters(len(slots))
    note = f" Here: {', '.join(left)}." if left else ""
    return (
        f"<p>Mean silhouette {found.score:.3f}{error} (dashed): near 1, a point is on average far "
        f"closer to the points of its own cluster than to those of the nearest other one; below 0, "
        f"it is closer to those, whatever the centroids say.{note}</p>" + "".join(sections)
    )


def _about_bar(found: Silhouette, points: Points, i: int) -> str:
    name = escape(points.called(int(found.rows[i])))
    return f"Point {name}: {found.values[i]:.2f}; nearest other cluster {found.neighbors[i]}"


def compare(
    values: Values,
    codes: Labels,
    labels: Labels,
    value_slots: Sequence[int],
    cluster_slots: Sequence[int],
) -> str:
    """Count the points of each value in each cluster, as a table.

    Parameters
    ----------
    values : Values
    codes, labels : ndarray of shape (n_points,), int32
        The value and the cluster of each point; -1 for none.
    value_slots, cluster_slots : sequence of int
        Palette index of each value and of each cluster.
    """
    k, known = len(cluster_slots), (codes >= 0) & (labels >= 0)
    title = f"Points of each {named(values.name)} in each cluster"
    if not known.any():
        return f"<p>{title}: none is assigned yet.</p>"
    counts = np.bincount(codes[known] * k + labels[known], minlength=len(values.names) * k)
    counts = counts.reshape(-1, k)
    shown = range(min(k, MOST_PROFILES))
    head = "".join(f"<th scope='col'>{badge(c, cluster_slots[c])}</th>" for c in shown)
    rows = "".join(
        f"<tr><th scope='row'><s style='background:{color(value_slots[v])}'></s>"
        f"{named(name, values.names)}</th>"
        + "".join(
            f"<td style='background:{_share_tint(counts[v, c] / max(counts[v].sum(), 1))}'>"
            f"{counts[v, c]:,}</td>"
            for c in shown
        )
        + "</tr>"
        for v, name in enumerate(values.names)
    )
    title += "".join(f" (here: {words})" for words in _first_clusters(k))
    return f"<p>{title}</p><table><thead><tr><td></td>{head}</tr></thead>{rows}</table>"


def describe(names: Sequence[str], score: Floats) -> str:
    """Describe a cluster by the columns in which it differs most from all points.

    Examples
    --------
    >>> describe(["age", "income", "debt"], np.array([-0.7, 2.1, 0.1]))
    'very high income, low age'
    >>> describe(["age"], np.array([0.1]))
    'close to the mean'
    """
    order = (-np.abs(score)).argsort(kind="stable")[:MOST_NAMED]
    words = [
        f"{'very ' * bool(abs(score[j]) >= VERY)}{'high' if score[j] > 0 else 'low'} "
        f"{shorten(names[j], 24, [names[i] for i in order])}"
        for j in order
        if abs(score[j]) >= NOTABLE
    ]
    return ", ".join(words) or "close to the mean"


def _first_clusters(n_clusters: int) -> list[str]:
    """Say that not all clusters are shown, if that is so."""
    if n_clusters <= MOST_PROFILES:
        return []
    return [f"the first {MOST_PROFILES} of {n_clusters:,} clusters"]


def badge(cluster: int, slot: int) -> str:
    """Show the number of a cluster in its colour."""
    marks = f"background:{color(slot)};color:{text_color(slot)}"
    return f"<b class='kmeans-badge' style='{marks}'>{cluster}</b>"


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _tint(score: float) -> str:
    """Return the colour of a cell; it keeps text readable on any theme."""
    strength = 0.6 * min(abs(score) / STRONGEST, 1.0)
    return f"rgba({HIGH if score > 0 else LOW}, {strength:.2f})"


def _share_tint(share: float) -> str:
    return f"rgba({LOW}, {0.5 * share:.2f})"


def _others(clusters: Clusters, cluster: int) -> str:
    """Describe a cluster by the columns that take no part."""
    words = []
    for column in clusters.others:
        value, mean = column.values[cluster], column.statistics["mean"][cluster]
        if not value and not np.isnan(mean) and column.eta2 >= TELLING:
            value = f"mean {format_number(float(mean))}"
        if value:
            words.append(f"{named(column.name)}: {escape(value)}")
    return f"<p class='kmeans-others'>{'; '.join(words[:MOST_OTHERS])}</p>" if words else ""


def _examples(clusters: Clusters, cluster: int) -> str:
    """Name the most typical and the most doubtful points, as buttons that inspect them."""
    if not clusters.typical or not clusters.typical[cluster]:
        return ""
    lists = (("typical", clusters.typical[cluster]), ("doubtful", clusters.doubtful[cluster]))
    words = (
        f"{kind} {', '.join(map(_row_button, examples))}" for kind, examples in lists if examples
    )
    return f"<p class='kmeans-examples'>{'; '.join(words)}</p>"


def _row_button(example: Example) -> str:
    return (
        f"<button type='button' data-ask='row {example.row}' title='Show this point'>"
        f"{escape(shorten(example.name, 16))}</button>"
    )
