"""A scene in one plain sentence: status line, alternative text and the tests' oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.core.trace import Phase, StopReason
from kmeans_widget.plot.text import MAX_NAME, shortened
from kmeans_widget.scaling import SCALES
from kmeans_widget.session.events import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.scene import Facts, Scene
    from kmeans_widget.session.events import Event
    from kmeans_widget.session.inspection import Inspection

MOST_NAMED = 12  # empty clusters that a sentence lists


MANY_ITERATIONS = 10  # from which on a run may be too long for what still changes
RARE = 10_000  # of so many points, fewer than one changes cluster


def narrate(scene: Scene) -> str:
    """Tell what the half-step did, or what else has just happened.

    Parameters
    ----------
    scene : Scene
        The picture to put into words.

    Returns
    -------
    str
        One sentence, of one line.
    """
    facts = scene.facts
    tell = {Phase.START: _start, Phase.ASSIGN: _assign, Phase.UPDATE: _update}
    here = tell[facts.phase](facts)
    return here if facts.event is None else _event(facts.event, here, len(facts.counts))


def name_axes(scene: Scene) -> str:
    """Tell what the axes of the picture are, with their whole names.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    str
        One sentence, of one line.
    """
    x, y = scene.backdrop.projection.names
    return f"Horizontal axis: {x}; vertical axis: {y}." if y else f"Axis: {x}."


def hardly_changes(facts: Facts) -> bool:
    """Whether a long run goes on, although almost no point changes cluster any more.

    Never with few points, of which one would be a change that matters.
    """
    rare = facts.n_samples > RARE * max(facts.n_changed, 1)
    return rare and facts.n_iter >= MANY_ITERATIONS and facts.stop is None


def describe(point: Inspection) -> str:
    """Tell what is to be known about a point.

    Parameters
    ----------
    point : Inspection

    Returns
    -------
    str
        One sentence, of one line.

    Examples
    --------
    >>> from kmeans_widget.session.inspection import inspect_point
    >>> describe(inspect_point(4, 4, np.array([0.0, 1.0]), 1, np.array([[0.0, 4.0], [0.0, 2.0]])))
    'Point 4 at (0, 1) is in cluster 1, at a distance of 1 from its centroid; centroid 0 is 2
    farther away.'
    """
    number_of_row = isinstance(point.name, int | np.integer)
    name = point.name if number_of_row else shortened(repr(str(point.name)), MAX_NAME)
    own = point.cluster if point.cluster >= 0 else point.nearest
    weight = "" if point.weight is None else f", of weight {number(point.weight)},"
    who = f"Point {name} at {_place(point.position)}{weight} is"
    far = number(point.distances[own])
    if point.cluster < 0:
        told = f"{who} not assigned yet; its nearest centroid is {own}, at a distance of {far}"
    else:
        told = f"{who} in cluster {own}, at a distance of {far} from its centroid"
    if point.runner_up is None:
        return f"{told}."
    if point.margin < 0:
        nearer = number(-point.margin)
        return f"{told}; centroid {point.runner_up} is {nearer} nearer, so it will change cluster."
    if point.margin == 0:
        return f"{told}; centroid {point.runner_up} is exactly as far."
    return f"{told}; centroid {point.runner_up} is {number(point.margin)} farther away."


def number(value: float) -> str:
    """Write a number with four significant digits, without an exponent where it is readable.

    Examples
    --------
    >>> number(118.2345), number(27812.9), number(0.00012)
    ('118.2', '27,813', '0.00012')
    """
    if 1000 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def _event(event: Event, here: str, n_clusters: int) -> str:
    """Tell of what left the run as it was, and where one is in it."""
    if event.kind is Kind.CENTER_PLACED:
        left = n_clusters - event.count
        return (
            f"Centroid {event.number} is placed at {_place(event.position)}: place {left} more, "
            f"and a new run starts from the {n_clusters}."
        )
    lead = {
        Kind.RETURNED: f"Back on the branch “{event.about}”",
        Kind.UNDONE: f"Undone: {event.about}",
        Kind.REDONE: f"Done again: {event.about}",
    }[event.kind]
    return f"{lead}; {here[0].lower()}{here[1:]}"


def _begun(event: Event, facts: Facts) -> str:
    """Tell of the edit that a branch starts with."""
    place, point = _place(event.position), shortened(event.about, MAX_NAME)
    what = {
        Kind.CENTER_MOVED: f"centroid {event.number} was moved by hand to {place}",
        Kind.CENTERS_PLACED: f"{_count(event.count, 'centroid')} placed by hand",
        Kind.POINTS_ADDED: f"a point was added at {place}"
        if event.count == 1
        else f"{event.count:,} points were added around {place}",
        Kind.POINT_MOVED: f"point {point} was moved to {place}",
        Kind.POINT_REMOVED: f"point {point} at {place} was removed",
    }[event.kind]
    return f"New branch: {what}; {_none_assigned(facts)}."


def _place(position: Sequence[float] | Floats) -> str:
    """Write where a point is: the first coordinates, if there are many."""
    more = ", …" if len(position) > 3 else ""
    return f"({', '.join(number(float(x)) for x in position[:3])}{more})"


def _start(facts: Facts) -> str:
    if facts.begun is not None:
        return _begun(facts.begun, facts)
    k = len(facts.counts)
    they = "1 point is the first centroid" if k == 1 else f"{k} points are the first centroids"
    if facts.init in INIT_METHODS:
        how = f"{they}, {INIT_METHODS[facts.init].phrase} (seed {facts.random_state})"
    else:
        how = f"{k} centroid{'s' * (k > 1)} given"
    if phrase := SCALES[facts.scale].phrase:
        how += f", on columns {phrase}"
    return f"Start: {how}; {_none_assigned(facts)}."


def _assign(facts: Facts) -> str:
    inertia = f"inertia {number(facts.inertia)}"
    lead = f"Iteration {facts.n_iter}, assign:"
    if facts.closing:
        lead = f"After {_count(facts.n_iter, 'iteration')}, last assign:"
    if facts.stop is StopReason.UNCHANGED:
        return (
            f"{lead} no point changed, so K-means has converged after "
            f"{_count(facts.n_iter, 'iteration')}; {inertia}."
        )
    if facts.stop is not None:
        why = {
            StopReason.TOLERANCE: "the centroids moved no more than the tolerance",
            StopReason.MAX_ITER: "the limit of iterations is reached, before convergence",
        }[facts.stop]
        return f"{lead} {_changed(facts)} and K-means stops because {why}; {inertia}."
    if facts.n_iter == 1:
        every = (
            "the only point" if facts.n_samples == 1 else f"each of the {facts.n_samples:,} points"
        )
        what = f"{every} joined its nearest centroid"
    elif hardly_changes(facts):
        what = f"{_changed(facts)}, fewer than one in {RARE:,}"
    else:
        what = _changed(facts)
    return f"{lead} {what}; {inertia}{_empty(facts, f' is {_nothing(facts)}')}."


def _update(facts: Facts) -> str:
    who = "each centroid" if len(facts.counts) > 1 else "the centroid"
    far = "at most " if len(facts.counts) > 1 else ""
    mean = "weighted mean" if facts.weighted else "mean"
    what = f"{who} moved to the {mean} of its points, {far}by {number(facts.largest_move)}"
    if facts.largest_move == 0.0:
        what = f"{who} is the {mean} of its points already"
    return (
        f"Iteration {facts.n_iter}, recalculate: {what}; inertia {number(facts.inertia)}"
        f"{_empty(facts, f' was {_nothing(facts)} and jumped to the farthest point')}."
    )


def _changed(facts: Facts) -> str:
    points = "1 point" if facts.n_samples == 1 else f"{facts.n_samples:,} points"
    return f"{facts.n_changed:,} of {points} changed cluster"


def _none_assigned(facts: Facts) -> str:
    if facts.n_samples == 1:
        return "the only point is not assigned yet"
    return f"none of the {facts.n_samples:,} points is assigned yet"


def _empty(facts: Facts, what: str) -> str:
    empty = [int(cluster) for cluster in np.flatnonzero(facts.counts == 0)]
    if not empty:
        return ""
    if not facts.relocated:
        what = " has no points: there are too few distinct ones"
    names = ", ".join(str(cluster) for cluster in empty[:MOST_NAMED])
    if len(empty) > MOST_NAMED:
        names += f" and {len(empty) - MOST_NAMED:,} more"
    return f"; cluster {names}{what}"


def _nothing(facts: Facts) -> str:
    return "without weight" if facts.weighted else "empty"


def _count(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"
