"""A scene in one plain sentence: the status line and the alternative text of the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.core.trace import Phase, StopReason
from kmeans_widget.plot.text import MAX_NAME, powers_of_ten, shorten
from kmeans_widget.scaling import SCALES
from kmeans_widget.session.events import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.scene import Facts, Scene
    from kmeans_widget.session.events import Event
    from kmeans_widget.session.inspection import Inspection

MAX_LISTED = 12  # empty clusters that a sentence lists
MANY_ITERATIONS = 10  # from here on, a run that hardly changes is pointed out
RARE = 10_000  # a run hardly changes if fewer than one in so many points changes cluster


def narrate(scene: Scene) -> str:
    """Describe what the half-step at the cursor did, or what else has just happened.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    str
        One sentence, on one line.
    """
    facts = scene.facts
    describe = {Phase.START: _start, Phase.ASSIGN: _assign, Phase.UPDATE: _update}
    here = describe[facts.phase](facts)
    if facts.picks:
        here = _pick(facts, is_density=scene.density is not None)
    return here if facts.event is None else _event(facts.event, here, facts)


def describe_axes(scene: Scene) -> str:
    """Name the axes of the picture in full.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    str
        One sentence, on one line.
    """
    x, y = scene.backdrop.projection.names
    return f"Horizontal axis: {x}; vertical axis: {y}." if y else f"Axis: {x}."


def hardly_changes(facts: Facts) -> bool:
    """Return whether a long run continues although almost no point changes cluster.

    Always False with at most `RARE` points, where a single change matters.
    """
    rare = facts.n_samples > RARE * max(facts.n_changed, 1)
    return rare and facts.n_iter >= MANY_ITERATIONS and facts.stop is None


def describe_point(point: Inspection) -> str:
    """Describe a point: its position, its cluster, and its distances to the nearest centroids.

    Parameters
    ----------
    point : Inspection

    Returns
    -------
    str
        One sentence, on one line.

    Examples
    --------
    >>> from kmeans_widget.session.inspection import inspect_point
    >>> point = inspect_point(4, 4, np.array([0.0, 1.0]), 1, np.array([[0.0, 4.0], [0.0, 2.0]]))
    >>> describe_point(point)
    'Point 4 at (0, 1) is in cluster 1, at a distance of 1 from its centroid; centroid 0 is 2
    farther away.'
    """
    number_of_row = isinstance(point.name, int | np.integer)
    name = point.name if number_of_row else shorten(repr(str(point.name)), MAX_NAME)
    own = point.cluster if point.cluster >= 0 else point.nearest
    weight = "" if point.weight is None else f", of weight {format_number(point.weight)},"
    distance = format_number(point.distances[own])
    if point.cluster < 0:
        where = f"not assigned yet; its nearest centroid is {own}, at a distance of {distance}"
    else:
        where = f"in cluster {own}, at a distance of {distance} from its centroid"
    sentence = f"Point {name} at {_position(point.position)}{weight} is {where}"
    if point.runner_up is None:
        return f"{sentence}."
    sentence += f"; centroid {point.runner_up} is"
    if point.margin < 0:
        return (
            f"{sentence} {format_number(-point.margin)} nearer, so the point will change cluster."
        )
    if point.margin == 0:
        return f"{sentence} exactly as far away."
    return f"{sentence} {format_number(point.margin)} farther away."


def format_number(value: float) -> str:
    """Format a number with four significant digits, and with all digits from 1000 to 1e9.

    Examples
    --------
    >>> format_number(118.2345), format_number(27812.9), format_number(0.00012)
    ('118.2', '27,813', '0.00012')
    >>> format_number(1.8379e12)
    '1.838 × 10¹²'
    """
    if 1000 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return powers_of_ten(f"{value:.4g}")


def _event(event: Event, here: str, facts: Facts) -> str:
    """Describe an event, and the half-step at the cursor."""
    if event.kind is Kind.CENTER_TRIED:
        return _trial(event, facts)
    if event.kind is Kind.CENTER_PLACED:
        n_clusters = len(facts.counts)
        left = n_clusters - event.count
        return (
            f"Centroid {event.number} is placed at {_position(event.position)}: place {left} more, "
            f"and a new run starts from the {n_clusters}."
        )
    lead = {
        Kind.RETURNED: f"Back on the branch “{event.about}”",
        Kind.UNDONE: f"Undone: {event.about}",
        Kind.REDONE: f"Done again: {event.about}",
    }.get(event.kind) or f"New branch: {_edit(event)}"
    return f"{lead}; {here[0].lower()}{here[1:]}"


def _trial(event: Event, facts: Facts) -> str:
    """Describe what a centroid would change if it were dropped where it is dragged."""
    lead = f"Trial: centroid {event.number} at {_place(event)}"
    among = f"; among {event.count:,} of all points" if facts.is_of_drawn else ""
    inertia = f"inertia {format_number(facts.inertia)}"
    facts = replace(facts, n_samples=event.count)
    changed = f"{_changed(facts, 'would change')}, " * (facts.phase is not Phase.START)
    return f"{lead}{among}: {changed}{inertia}."


def _edit(event: Event) -> str:
    """Describe the edit that a branch starts with."""
    position, point = _place(event), shorten(event.about, MAX_NAME)
    return {
        Kind.CENTER_MOVED: f"centroid {event.number} was moved by hand to {position}",
        Kind.CENTERS_PLACED: f"{_count(event.count, 'centroid')} placed by hand",
        Kind.POINTS_ADDED: f"a point was added at {position}"
        if event.count == 1
        else f"{event.count:,} points were added around {position}",
        Kind.POINT_MOVED: f"point {point} was moved to {position}",
        Kind.POINT_REMOVED: f"point {point} at {position} was removed",
        Kind.POINTS_RESTORED: "the points are those of the original data again",
    }[event.kind]


def _place(event: Event) -> str:
    """Describe the new position: by what has changed, if that is little."""
    if not event.changed:
        return _position(event.position)
    names = [name for name, _ in event.changed]
    parts = [
        f"{shorten(name, MAX_NAME, names)} = {format_number(value)}"
        for name, value in event.changed
    ]
    return f"{', '.join(parts)}, all else as it was"


def _position(position: Sequence[float] | Floats) -> str:
    """Format the coordinates of a point, at most three of them."""
    more = ", …" if len(position) > 3 else ""
    return f"({', '.join(format_number(float(x)) for x in position[:3])}{more})"


def _start(facts: Facts) -> str:
    if facts.begun is not None:
        return f"New branch: {_edit(facts.begun)}; {_none_assigned(facts)}."
    k = len(facts.counts)
    they = "1 point is the first centroid" if k == 1 else f"{k} points are the first centroids"
    if facts.init in INIT_METHODS:
        how = f"{they}, {INIT_METHODS[facts.init].phrase} (seed {facts.random_state})"
    else:
        how = f"{k} centroid{'s' * (k > 1)} given"
    if phrase := SCALES[facts.scale].phrase:
        how += f", on columns {phrase}"
    return f"Start: {how}; {_none_assigned(facts)}."


def _pick(facts: Facts, *, is_density: bool) -> str:
    """Describe the last pick of a start, and what the points look like for the next."""
    pick, n_picks, n_clusters = facts.picks[-1], len(facts.picks), len(facts.counts)
    method = INIT_METHODS[facts.init]
    likely = "the heavier the likelier" if facts.weighted else "all equally likely"
    order = np.argsort(pick.potentials, kind="stable")
    inertias = [format_number(pick.potentials[i]) for i in order]
    if n_picks == 1:
        what = f"a point drawn at random, {likely}"
    elif len(inertias) > 1:
        what = (
            f"of {len(inertias)} candidates drawn, the one that leaves the lowest inertia, "
            f"{inertias[0]}, was taken (ringed: {_listed(inertias[1:])})"
        )
    else:
        distance = format_number(pick.distance)
        what = method.further.format(likely=likely, distance=distance, inertia=inertias[0])
    parts = [what]
    if n_picks < n_clusters:
        if method.larger and is_density:
            parts.append("so many points are all drawn alike")
        elif method.larger:
            weight = "weight times its " if facts.weighted else ""
            parts.append(method.larger + method.reason.format(weight=weight) * (n_picks == 1))
        if method.is_certain:
            parts.append("the ringed one is next")
    return f"Start, pick {n_picks} of {n_clusters} ({method.label}): {'; '.join(parts)}."


def _listed(words: Sequence[str]) -> str:
    """Join words with commas, the last with "and"."""
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])


def _assign(facts: Facts) -> str:
    inertia = f"inertia {format_number(facts.inertia)}"
    lead = f"{'Batch' if facts.batch_size else 'Iteration'} {facts.n_iter}, assign:"
    if facts.closing and not facts.batch_size:
        lead = f"After {_count(facts.n_iter, 'iteration')}, last assign:"
    if facts.stop is StopReason.UNCHANGED:
        return (
            f"{lead} no point changed, so K-means has converged after "
            f"{_count(facts.n_iter, 'iteration')}; {inertia}."
        )
    if facts.stop is not None:
        why = {
            StopReason.TOLERANCE: "the centroids moved no more than the tolerance",
            StopReason.MAX_ITER: "the limit of iterations is reached"
            + ", before convergence" * (facts.n_changed > 0),
            StopReason.NO_IMPROVEMENT: "the last mini-batches brought no improvement",
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
    return f"{lead} {what}; {inertia}{_empty_clusters(facts)}."


def _update(facts: Facts) -> str:
    who = "each centroid" if len(facts.counts) > 1 else "the centroid"
    far = "at most " if len(facts.counts) > 1 else ""
    mean = "weighted mean" if facts.weighted else "mean"
    what = f"{who} moved to the {mean} of its points, {far}by {format_number(facts.largest_move)}"
    if facts.largest_move == 0.0:
        what = f"{who} is the {mean} of its points already"
    if facts.batch_size:
        what = (
            f"{who} moved towards those of {facts.batch_size:,} points drawn at random that are "
            f"nearest to it, {far}by {format_number(facts.largest_move)}"
        )
        return f"Batch {facts.n_iter}: {what}; inertia {format_number(facts.inertia)}."
    return (
        f"Iteration {facts.n_iter}, recalculate: {what}; inertia {format_number(facts.inertia)}"
        f"{_empty_clusters(facts)}."
    )


def _changed(facts: Facts, verb: str = "changed") -> str:
    points = "1 point" if facts.n_samples == 1 else f"{facts.n_samples:,} points"
    return f"{facts.n_changed:,} of {points} {verb} cluster"


def _none_assigned(facts: Facts) -> str:
    if facts.n_samples == 1:
        return "the only point is not assigned yet"
    return f"none of the {facts.n_samples:,} points is assigned yet"


def _empty_clusters(facts: Facts) -> str:
    """Name the empty clusters, and say what becomes of them."""
    empty = np.flatnonzero(facts.counts == 0).tolist()
    if not empty:
        return ""
    one = len(empty) == 1
    names = ", ".join(map(str, empty[:MAX_LISTED]))
    if len(empty) > MAX_LISTED:
        names += f" and {len(empty) - MAX_LISTED:,} more"
    subject = f"; cluster {names}" if one else f"; clusters {names}"
    state = "without weight" if facts.weighted else "empty"
    if not facts.relocated:
        return f"{subject} {'has' if one else 'have'} no points: there are too few distinct ones"
    if facts.phase is Phase.ASSIGN:
        return f"{subject} {'is' if one else 'are'} {state}"
    if one:
        return f"{subject} was {state}, so its centroid jumped to the farthest point"
    return f"{subject} were {state}, so their centroids jumped to the farthest points"


def _count(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"
