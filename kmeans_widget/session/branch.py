"""A branch: one run from its own start, the steps taken so far, and how it began."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget import validation
from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.blocks import BlockSamples
from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.initialization import choose, explain_picks
from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.trace import Phase, StopReason, Trace
from kmeans_widget.scaling import SCALES
from kmeans_widget.session.events import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.core.initialization import Pick
    from kmeans_widget.core.samples import ArraySamples
    from kmeans_widget.core.trace import Step
    from kmeans_widget.scaling import Scaling
    from kmeans_widget.session.events import Event
    from kmeans_widget.session.points import Points


class Parameters(NamedTuple):
    """The parameters of a run; given centroids are in the units of `X`.

    The defaults are those of session, panel and `%kmeans`.
    """

    n_clusters: int = 3
    init: str | Floats = "random"
    random_state: int = 0
    scale: str = "none"
    max_iter: int = 300
    tol: float = 0.0

    def checked(self, points: Points) -> Parameters:
        """Validate them together with the points; return them in their own types."""
        scale = validation.check_scale(self.scale)
        n_clusters = validation.check_k(self.n_clusters, points.samples)
        init = validation.check_init(self.init, n_clusters, points.samples)
        scaling, samples, *_ = points.on_scale(scale)
        if isinstance(init, str):
            _check_start(points, samples, n_clusters)
        else:
            validation.check_init(scaling.transform(init), n_clusters, samples)
        return Parameters(
            n_clusters,
            init if isinstance(init, str) else read_only(init),
            validation.check_seed(self.random_state),
            scale,
            validation.check_max_iter(self.max_iter),
            validation.check_tol(self.tol),
        )


DEFAULTS = Parameters()
MOST_NAMED = 2  # columns in the name of a run


class Branch:
    """One run from its own start, with the steps taken so far.

    Steps are computed when they are first needed. Parameters, points and start never change.

    Parameters
    ----------
    parameters : Parameters
        Validated.
    points : Points
    edits : tuple of Event
        The edits that it began with; empty for a start that was drawn or given.
    fork : str
        Where it was forked, in words; empty if it was not.

    Attributes
    ----------
    name : str
        As shown to the user; the history makes it unique.
    slots : tuple of n_clusters int
        Index of each cluster into the palette.
    method : str
        The start method for the next start, also where this one was given.
    start : ndarray of shape (n_clusters, n_features)
        The centroids it starts from, units of `X`.
    trace : Trace
        The steps so far, in the units of `scaling`.
    first_cursor : int
        The half-step at which it is shown first; the half-steps before it count as part of the
        edit that it began with.
    is_kept : bool
        Whether another change never replaces it, as if a half-step had been taken.
    """

    def __init__(
        self,
        parameters: Parameters,
        points: Points,
        *,
        edits: tuple[Event, ...] = (),
        fork: str = "",
    ) -> None:
        self.parameters, self.points = parameters, points
        self.slots = tuple(range(parameters.n_clusters))
        self.method = parameters.init if isinstance(parameters.init, str) else str(DEFAULTS.init)
        self.edits, self.fork = edits, fork
        self.first_cursor = 0
        self.is_kept = False
        self.start = read_only(self._start())
        self.trace = self._initial_trace()
        self.name = f"{phrase(edits)} {fork}".strip() if edits else _name_of_run(parameters, points)
        self._steps: Iterator[Step] | None = None
        self._curve = self.trace.curve(0)

    def __repr__(self) -> str:
        """Return the name in brackets."""
        return f"<Branch {self.name!r}>"

    @property
    def samples(self) -> ArraySamples:
        """The points on the scale of the run."""
        return self.points.on_scale(self.parameters.scale).samples

    @property
    def run_samples(self) -> ArraySamples | BlockSamples:
        """What the run computes on: `samples`, or all rows of data that are read in blocks."""
        return self.points.on_scale(self.parameters.scale).run_samples

    @property
    def size(self) -> int:
        """Number of coordinates that a half-step reads."""
        return self.run_samples.n_samples * self.samples.n_features

    @property
    def scaling(self) -> Scaling:
        """The scaling that turns the points into `samples`."""
        return self.points.on_scale(self.parameters.scale).scaling

    @property
    def total_squares(self) -> float:
        """Weighted sum of squared distances of the points to their mean, scaled."""
        return self.points.on_scale(self.parameters.scale).total_squares

    @property
    def n_picks(self) -> int:
        """Number of centroids that the start method picked; 0 if the start was given."""
        return self.parameters.n_clusters if isinstance(self.parameters.init, str) else 0

    @functools.cached_property
    def picks(self) -> tuple[Pick, ...]:
        """How each of these was picked. Costs about as much as picking them, once."""
        parameters = self.parameters
        if not isinstance(parameters.init, str):
            return ()
        random = np.random.RandomState(parameters.random_state)
        picks = explain_picks(self.samples, parameters.n_clusters, parameters.init, random)
        return tuple(picks)

    def picks_until(self, cursor: int) -> tuple[Pick, ...]:
        """Return the picks up to a cursor before the start: -1 is the last; else none."""
        return self.picks[: self.n_picks + cursor + 1] if cursor < 0 else ()

    def within_squares(self, cursor: int) -> float:
        """Sum of squared distances of the points to the means of their clusters at a cursor.

        NaN before any assignment.
        """
        assigned = self.trace.assigned(cursor)
        if assigned is None:
            return float("nan")
        step = self.trace[assigned]
        if not step.relocated:
            return step.updated_inertia
        # The centroid of an empty cluster took a point from another one: the rest has another mean.
        gaps = ((step.means - step.centers) ** 2).sum(axis=1)
        return max(step.inertia - float(step.weight @ gaps), 0.0)

    def cluster_means(self, cursor: int) -> Floats:
        """Return the means of the clusters at a cursor, in the units of `X`.

        The centroid of an empty cluster stays; before any assignment, all do.
        """
        assigned = self.trace.assigned(cursor)
        if assigned is None or self.trace.phase(cursor) is Phase.UPDATE:
            return self.centers(cursor)
        return self.scaling.inverse_transform(self.trace[assigned].means)

    def centers(self, cursor: int) -> Floats:
        """Return the centroids at a cursor, in the units of `X`: a copy."""
        return self.scaling.inverse_transform(self.trace.centers_until(cursor)[-1])

    def n_iter(self, cursor: int) -> int:
        """Count the iterations begun by a cursor."""
        assigned = self.trace.assigned(cursor)
        return 0 if assigned is None else self.trace[assigned].iteration

    @property
    def event(self) -> Event | None:
        """The last edit that it began with; None for a start that was drawn or given."""
        return self.edits[-1] if self.edits else None

    @property
    def curve(self) -> Float64s:
        """Iteration and inertia of every half-step so far, shape (n_half_steps, 2)."""
        if len(self._curve) < self.trace.last_cursor:
            self._curve = self.trace.curve(self.trace.last_cursor)
        return self._curve

    @property
    def explored(self) -> bool:
        """Whether a half-step has been taken since it began."""
        return self.is_kept or max(self.trace.last_cursor, len(self._curve)) > self.first_cursor

    @property
    def n_bytes(self) -> int:
        """Memory that its steps take, in bytes."""
        return len(self.trace) * (self.start.size + len(self.start)) * 8

    def compute(self, until: int | None) -> None:
        """Take steps up to and including number `until`, or to the end of the run if None."""
        while not self.trace.finished and (until is None or len(self.trace) <= until):
            try:
                if self._steps is None:
                    self._steps = self._begin()
                step = next(self._steps)
            except BaseException:  # an iterator that was interrupted cannot go on
                self._steps = None
                raise
            self.trace = self.trace.append(step)

    def remaining_steps(self) -> Iterator[Trace]:
        """Yield the trace so far, then the trace with each further step, to the end of the run.

        The branch itself is not changed, so no lock is needed.
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
        """Return the trace of the run limited to `n_iter` iterations, which have been taken."""
        last = self.trace[n_iter]
        end = dataclasses.replace(
            last, iteration=n_iter, center_shift=0.0, updated_inertia=last.inertia, relocated=(),
            stop=StopReason.MAX_ITER,
        )  # fmt: skip
        return Trace((*self.trace.steps[:n_iter], end), self.trace.start)

    def drop_iterator(self) -> None:
        """Free the memory that only the next step needs; keep the steps so far."""
        self._steps = None

    def drop_steps(self) -> None:
        """Free the steps, too. When needed, they are computed again with the same bits."""
        self.drop_iterator()
        self._curve, self.trace = self.curve, self._initial_trace()

    def repeats(self, other: Branch) -> bool:
        """Whether the other branch is the same run: same points and parameters, no edits."""
        return (
            self.points is other.points
            and not self.edits
            and not other.edits
            and all(map(same, self.parameters, other.parameters))
        )

    def is_comparable(self, other: Branch) -> bool:
        """Whether inertias of both can be compared: same points, weights and scale."""
        return self.points is other.points and self.parameters.scale == other.parameters.scale

    def _begin(self) -> Iterator[Step]:
        """Start the run, or resume it after the steps so far."""
        samples, done = self.run_samples, self.trace.steps
        if done and isinstance(samples, BlockSamples):  # one pass, instead of one for every step
            n_iter = done[-1].iteration - 1
            steps = self._iterate(done[-1].centers, n_iter)
            next(steps)
            return (dataclasses.replace(step, iteration=step.iteration + n_iter) for step in steps)
        steps = self._iterate()
        for _ in self.trace:
            next(steps)
        return steps

    def _iterate(self, centers: Floats | None = None, n_iter: int = 0) -> Iterator[Step]:
        """Run from the start, or from other centroids after some iterations."""
        samples: Any = self.run_samples
        tol = absolute_tolerance(self.parameters.tol, samples)
        start = self._initial_trace().centers_until(0)[0] if centers is None else centers
        return iterate(samples, start, max_iter=self.parameters.max_iter - n_iter, tol=tol)

    def _start(self) -> Floats:
        parameters = self.parameters
        if not isinstance(parameters.init, str):
            return parameters.init
        random = np.random.RandomState(parameters.random_state)
        chosen = choose(self.samples, parameters.n_clusters, parameters.init, random)
        return self.points.samples.rows(chosen)

    def _initial_trace(self) -> Trace:
        """Return the trace before the first step."""
        return Trace(start=read_only(self.scaling.transform(self.start)))


def _check_start(points: Points, samples: ArraySamples, n_clusters: int) -> None:
    """Raise if there are too few different points for a start."""
    try:
        validation.check_distinct_points(samples, n_clusters)
    except ValueError:
        if points.table.blocks is None:
            raise
        raise ValueError(
            f"Centroids are drawn from the {samples.n_samples:,} rows in memory, of which fewer "
            f"than {n_clusters} are different. Give init, an array of {n_clusters} centroids."
        ) from None


def same(one: Any, other: Any) -> bool:
    """Whether two values of a parameter are equal and of the same type."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and np.array_equal(one, other)
    return type(one) is type(other) and bool(one == other)


def _name_of_run(parameters: Parameters, points: Points) -> str:
    """Name a run by its parameters."""
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
    example = getattr(points.table.origin, "example", "")
    of = f", columns {_few(points.table.feature_names)}" if points.chosen else ""
    lead = f"{example}: " if example else ""
    return f"{lead}K = {parameters.n_clusters}, {start}{of}{scaled}{limit}{tolerance}{edited}"


def _few(names: Sequence[str]) -> str:
    """List the first names, and count the others.

    Examples
    --------
    >>> _few(["a", "b", "c"]), _few(["a", "b", "c", "d", "e"])
    ('a, b, c', 'a, b and 3 more')
    """
    if len(names) <= MOST_NAMED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED:,} more"
