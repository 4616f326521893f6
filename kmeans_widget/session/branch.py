"""A branch of the history: one run, from its own start, and how it came about."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget import validation
from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.initialization import choose
from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.trace import StopReason, Trace
from kmeans_widget.scaling import SCALES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.core.samples import ArraySamples
    from kmeans_widget.core.trace import Step
    from kmeans_widget.scaling import Scaling
    from kmeans_widget.session.points import Points


class Parameters(NamedTuple):
    """What a run is begun with, beside the points; given centroids are in the units of `X`.

    The defaults are those of session, panel and `%kmeans`.
    """

    n_clusters: int = 3
    init: str | Floats = "random"
    random_state: int = 0
    scale: str = "none"
    max_iter: int = 300
    tol: float = 0.0

    def checked(self, points: Points) -> Parameters:
        """Check them against the points and each other; return them in their own types."""
        scale = validation.check_scale(self.scale)
        n_clusters = validation.check_k(self.n_clusters, points.samples)
        init = validation.check_init(self.init, n_clusters, points.samples)
        scaling, samples = points.on_scale(scale)
        if isinstance(init, str):
            validation.check_distinct(samples, n_clusters)
        else:
            validation.check_init(scaling.scaled(init), n_clusters, samples)
        return Parameters(
            n_clusters,
            init if isinstance(init, str) else read_only(init),
            validation.check_seed(self.random_state),
            scale,
            validation.check_max_iter(self.max_iter),
            validation.check_tol(self.tol),
        )


DEFAULTS = Parameters()


class Kind(StrEnum):
    """What can happen beside the half-steps of a run."""

    CENTER_MOVED = "center moved"
    CENTER_PLACED = "center placed"
    CENTERS_PLACED = "centers placed"
    POINTS_ADDED = "points added"
    POINT_MOVED = "point moved"
    POINT_REMOVED = "point removed"
    RETURNED = "returned to a branch"
    UNDONE = "undone"
    REDONE = "redone"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a person did, for the words that tell it.

    Parameters
    ----------
    kind : Kind
    number : int
        The centroid that it was done to.
    count : int
        How many points or centroids.
    position : tuple of float
        Where to, units of `X`.
    about : str
        The branch returned to, what was undone, or the point that it was done to.
    """

    kind: Kind
    number: int = -1
    count: int = 1
    position: tuple[float, ...] = ()
    about: str = ""


class Branch:
    """One run from its own start, with the steps taken so far.

    Parameters
    ----------
    parameters : Parameters
        Checked.
    points : Points
    edits : tuple of Event
        What was done by hand to begin it; empty for a start that was drawn or given.
    offset : int
        Iterations before the fork, in the branch it was forked from.
    fork : str
        Where it was forked, in words.

    Attributes
    ----------
    name : str
        For people; the history makes it unique.
    slots : tuple of n_clusters int
        Place of each cluster in the palette.
    method : str
        The start method to go on with, where the start itself is given.
    start : ndarray of shape (n_clusters, n_features)
        The centroids it starts from, units of `X`.
    trace : Trace
        The steps so far, in the units of `scaling`.
    """

    def __init__(
        self,
        parameters: Parameters,
        points: Points,
        *,
        edits: tuple[Event, ...] = (),
        offset: int = 0,
        fork: str = "",
    ) -> None:
        self.parameters, self.points = parameters, points
        self.slots = tuple(range(parameters.n_clusters))
        self.method = parameters.init if isinstance(parameters.init, str) else str(DEFAULTS.init)
        self.edits, self.offset, self.fork = edits, offset, fork
        self.start = read_only(self._start())
        self.trace = self._untrodden()
        self.name = f"{phrase(edits)} {fork}".strip() if edits else _drawn(parameters, points)
        self._steps: Iterator[Step] | None = None
        self._curve = self.trace.curve(0)

    def __repr__(self) -> str:
        """Give the name."""
        return f"<Branch {self.name!r}>"

    @property
    def samples(self) -> ArraySamples:
        """The points as the run measures them."""
        return self.points.on_scale(self.parameters.scale).samples

    @property
    def scaling(self) -> Scaling:
        """How `samples` came from the points."""
        return self.points.on_scale(self.parameters.scale).scaling

    def centers_until(self, cursor: int) -> list[Floats]:
        """List the centroids from the start to a cursor, in the units of `X`."""
        return [self.scaling.original(centers) for centers in self.trace.centers_until(cursor)]

    @property
    def event(self) -> Event | None:
        """The edit that it starts with; None for a start that was drawn or given."""
        return self.edits[-1] if self.edits else None

    @property
    def curve(self) -> Float64s:
        """Iteration and inertia of every half-step so far, shape (n_half_steps, 2).

        Iterations count from the branch's own start; on a chart of several branches it belongs
        `offset` further to the right.
        """
        if len(self._curve) < self.trace.last_cursor:
            self._curve = self.trace.curve(self.trace.last_cursor)
        return self._curve

    @property
    def explored(self) -> bool:
        """Whether a half-step has been taken."""
        return len(self.trace) > 0 or len(self._curve) > 0

    @property
    def n_bytes(self) -> int:
        """What its steps take up."""
        return len(self.trace) * (self.start.size + len(self.start)) * 8

    def compute(self, until: int | None) -> None:
        """Take steps until the one numbered `until` is there; None: to the end."""
        while not self.trace.finished and (until is None or len(self.trace) <= until):
            if self._steps is None:
                self._steps = self._begin()
            self.trace = self.trace.append(next(self._steps))

    def ahead(self) -> Iterator[Trace]:
        """Yield the trace as it grows to the end of the run, and keep none of it.

        For those who want to know how a run goes on that nobody has taken yet: it needs no lock,
        and leaves the branch as it is. The steps there are come first, in one.
        """
        trace = self.trace
        yield trace
        if trace.finished:
            return
        for number, step in enumerate(self._iterate()):
            if number >= len(trace):
                trace = trace.append(step)
                yield trace

    def ended_after(self, n_iter: int) -> Trace:
        """Return the trace that a limit of `n_iter` iterations gives; its steps are there."""
        last = self.trace[n_iter]
        end = dataclasses.replace(
            last, iteration=n_iter, center_shift=0.0, updated_inertia=last.inertia, relocated=(),
            stop=StopReason.MAX_ITER,
        )  # fmt: skip
        return Trace((*self.trace.steps[:n_iter], end), self.trace.start)

    def park(self) -> None:
        """Free what only the next step needs; the steps so far stay."""
        self._steps = None

    def forget(self) -> None:
        """Free the steps, too. They are taken again when needed: with the same bits."""
        self.park()
        self._curve, self.trace = self.curve, self._untrodden()

    def repeats(self, other: Branch) -> bool:
        """Whether the other one is the same run."""
        return (
            self.points is other.points
            and not self.edits
            and not other.edits
            and all(map(same, self.parameters, other.parameters))
        )

    def _begin(self) -> Iterator[Step]:
        """Start the run, or take it up behind the steps that are there."""
        steps = self._iterate()
        for _ in self.trace:
            next(steps)
        return steps

    def _iterate(self) -> Iterator[Step]:
        samples, parameters = self.samples, self.parameters
        tol = absolute_tolerance(parameters.tol, samples)
        start = self._untrodden().centers_until(0)[0]
        return iterate(samples, start, max_iter=parameters.max_iter, tol=tol)

    def _start(self) -> Floats:
        parameters = self.parameters
        if not isinstance(parameters.init, str):
            return parameters.init
        random = np.random.RandomState(parameters.random_state)
        chosen = choose(self.samples, parameters.n_clusters, parameters.init, random)
        return self.points.samples.rows(chosen)

    def _untrodden(self) -> Trace:
        """Return the trace before the first step."""
        return Trace(start=read_only(self.scaling.scaled(self.start)))


def same(one: Any, other: Any) -> bool:
    """Whether two values of a parameter are the same, type included."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and np.array_equal(one, other)
    return type(one) is type(other) and bool(one == other)


def phrase(edits: Sequence[Event]) -> str:
    """Sum up edits in a few words.

    Examples
    --------
    >>> moves = [Event(Kind.CENTER_MOVED, 1), Event(Kind.CENTER_MOVED, 0)]
    >>> phrase([*moves, Event(Kind.POINTS_ADDED, count=20)])
    'centroids 0, 1 moved, 20 points added'
    """
    parts = []
    moved = sorted({edit.number for edit in edits if edit.kind is Kind.CENTER_MOVED})
    if moved:
        parts.append(f"centroid{'s' * (len(moved) > 1)} {', '.join(map(str, moved))} moved")
    for kind, thing, done in (
        (Kind.CENTER_PLACED, "centroid", "placed"),
        (Kind.CENTERS_PLACED, "centroid", "placed by hand"),
        (Kind.POINTS_ADDED, "point", "added"),
        (Kind.POINT_MOVED, "point", "moved"),
        (Kind.POINT_REMOVED, "point", "removed"),
    ):
        count = sum(edit.count for edit in edits if edit.kind is kind)
        if count:
            parts.append(f"{count} {thing}{'s' * (count > 1)} {done}")
    return ", ".join(parts)


def _drawn(parameters: Parameters, points: Points) -> str:
    """Name a run after its parameters."""
    if isinstance(parameters.init, str):
        start = f"{parameters.init}, seed {parameters.random_state}"
    else:
        start = "given centroids"
    is_limited = parameters.max_iter != DEFAULTS.max_iter
    limit = f", at most {parameters.max_iter} iterations" if is_limited else ""
    tolerance = f", tolerance {parameters.tol:g}" if parameters.tol else ""
    phrase = SCALES[parameters.scale].phrase
    scaled = f", {phrase}" if phrase else ""
    edited = ", edited points" if points.edited else ""
    return f"K = {parameters.n_clusters}, {start}{scaled}{limit}{tolerance}{edited}"
