"""A scene in one plain sentence: status line, alternative text and the tests' oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.trace import Phase, StopReason

if TYPE_CHECKING:
    from kmeans_widget.view.scene import Facts, Scene


def narrate(scene: Scene) -> str:
    """Tell what the half-step did.

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
    return tell[facts.phase](facts)


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


def _start(facts: Facts) -> str:
    k = len(facts.counts)
    they = "1 point is the first centroid" if k == 1 else f"{k} points are the first centroids"
    how = {
        "random": f"{they}, drawn at random (seed {facts.random_state})",
        "k-means++": f"{they}, drawn far apart by k-means++ (seed {facts.random_state})",
        "farthest": f"{they}, each the farthest from those before it (seed {facts.random_state})",
        "given": f"{k} centroid{'s' * (k > 1)} given",
    }[facts.init]
    return f"Start: {how}; none of the {facts.n_samples:,} points is assigned yet."


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
        what = f"each of the {facts.n_samples:,} points joined its nearest centroid"
    else:
        what = _changed(facts)
    return f"{lead} {what}; {inertia}{_empty(facts, ' is empty')}."


def _update(facts: Facts) -> str:
    who = "each centroid" if len(facts.counts) > 1 else "the centroid"
    far = "at most " if len(facts.counts) > 1 else ""
    what = f"{who} moved to the mean of its points, {far}by {number(facts.largest_move)}"
    if facts.largest_move == 0.0:
        what = f"{who} is the mean of its points already"
    return (
        f"Iteration {facts.n_iter}, recalculate: {what}; inertia {number(facts.inertia)}"
        f"{_empty(facts, ' was empty and jumped to the farthest point')}."
    )


def _changed(facts: Facts) -> str:
    return f"{facts.n_changed:,} of {facts.n_samples:,} points changed cluster"


def _empty(facts: Facts, what: str) -> str:
    empty = [int(cluster) for cluster in np.flatnonzero(facts.counts == 0)]
    if not empty:
        return ""
    if not facts.relocated:
        what = " has no points: there are too few distinct ones"
    names = ", ".join(str(cluster) for cluster in empty)
    return f"; cluster {names}{what}"


def _count(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"
