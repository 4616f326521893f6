"""The record of a run: immutable steps, and the trace that lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, overload

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats


class StopReason(StrEnum):
    """Why a run ended; the value is the reason in words."""

    UNCHANGED = "no assignment changed"
    TOLERANCE = "the centers moved no farther than the tolerance"
    MAX_ITER = "the maximum number of iterations was reached"
    NO_IMPROVEMENT = "the last mini-batches brought no improvement"


class Phase(StrEnum):
    """What a half-step does."""

    START = "start"
    ASSIGN = "assign"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One set of centres, and what assigning every sample to them gave.

    Labels are not stored: the centres determine them.

    Parameters
    ----------
    iteration : int
        1 for the first assignment. A closing assignment, after which there is no update, has the
        number of the last iteration.
    centers : ndarray of shape (n_clusters, n_features)
        The centres, read-only, in the units and dtype of X.
    weight : ndarray of shape (n_clusters,), float64
        Weight of the samples assigned to each centre.
    inertia : float
        Weighted sum of squared distances to these centres, in squared units of X.
    n_changed : int
        Samples whose label differs from the previous step's; all of them in the first.
    center_shift : float
        Squared distance, summed over the centres, from these centres to the next ones; 0.0 where
        there is no next.
    updated_inertia : float
        Inertia of the same assignment once the centres have moved to the next ones; `inertia` where
        there is no next.
    means : ndarray of shape (n_clusters, n_features), float64
        Means of the samples assigned to each centre, read-only; the centre itself if it has none.
        They are the next centres, unless one was relocated.
    relocated : tuple of (int, int)
        Pairs (cluster, sample): clusters that this assignment left empty, and the sample to which
        the update that follows moves their centre.
    stop : StopReason or None
        Why the run ends with this step; None otherwise.
    """

    iteration: int
    centers: Floats
    weight: Float64s
    inertia: float
    n_changed: int
    center_shift: float
    updated_inertia: float
    means: Float64s
    relocated: tuple[tuple[int, int], ...] = ()
    stop: StopReason | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trace(Sequence[Step]):
    """The steps of one run so far, first to last.

    A *cursor* counts half-steps: 0 is the start, odd positions are assignments, even ones the
    updates that follow. What is shown at a cursor is read from two consecutive steps. Before 0, the
    centres are chosen one by one; negative positions are answered like 0.

    Parameters
    ----------
    steps : tuple of Step, default=()
    start : ndarray of shape (n_clusters, n_features), default=None
        The initial centres, which are shown before the first step.

    Examples
    --------
    >>> step = Step(1, np.zeros((1, 2)), np.array([3.0]), inertia=5.0, n_changed=3,
    ...             center_shift=0.25, updated_inertia=4.25, means=np.full((1, 2), 0.5))
    >>> trace = Trace().append(step)
    >>> len(trace), trace.n_iter, trace.finished, trace.inertias
    (1, 1, False, array([5.]))
    """

    steps: tuple[Step, ...] = ()
    start: Floats | None = None

    def append(self, step: Step) -> Trace:
        """Return a trace with one more step; this one is not changed."""
        return Trace((*self.steps, step), self.start)

    @property
    def stop(self) -> StopReason | None:
        """Why the run ended; None if it has not."""
        return self.steps[-1].stop if self.steps else None

    @property
    def finished(self) -> bool:
        """Whether the run has ended, for any reason."""
        return self.stop is not None

    @property
    def converged(self) -> bool:
        """Whether the run has converged."""
        return self.stop in (StopReason.UNCHANGED, StopReason.TOLERANCE)

    @property
    def n_iter(self) -> int:
        """Iterations so far; 0 before the first."""
        return self.steps[-1].iteration if self.steps else 0

    @property
    def inertias(self) -> Float64s:
        """Inertia of each step, shape (n_steps,)."""
        return np.array([step.inertia for step in self.steps], dtype=np.float64)

    @property
    def last_cursor(self) -> int:
        """The last half-step: the assignment of the last step."""
        return max(2 * len(self.steps) - 1, 0)

    def phase(self, cursor: int) -> Phase:
        """Return what the half-step at `cursor` does."""
        if cursor <= 0:
            return Phase.START
        return Phase.ASSIGN if cursor % 2 else Phase.UPDATE

    def assigned(self, cursor: int) -> int | None:
        """Return the index of the step whose assignment is shown at `cursor`; None at the start."""
        return (cursor - 1) // 2 if cursor > 0 else None

    def centers_until(self, cursor: int) -> list[Floats]:
        """List the centres from the start to `cursor`; the last ones are those at the cursor."""
        if cursor <= 0 and self.start is not None:
            return [self.start]
        return [step.centers for step in self.steps[: max(cursor, 0) // 2 + 1]]

    def inertia(self, cursor: int) -> float:
        """Return the inertia at `cursor`; NaN at the start, where nothing is assigned."""
        assigned = self.assigned(cursor)
        if assigned is None:
            return float("nan")
        step = self.steps[assigned]
        return step.inertia if self.phase(cursor) is Phase.ASSIGN else step.updated_inertia

    def curve(self, cursor: int) -> Float64s:
        """Return iteration and inertia of the half-steps up to `cursor`; an update counts half.

        Returns
        -------
        ndarray of shape (cursor, 2)
        """
        return np.array([((at + 1) / 2, self.inertia(at)) for at in range(1, cursor + 1)]).reshape(
            -1, 2
        )

    def __len__(self) -> int:
        """Count the steps."""
        return len(self.steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Trace: ...
    def __getitem__(self, index: int | slice) -> Step | Trace:
        """Return one step, or the trace of a slice of them."""
        return Trace(self.steps[index]) if isinstance(index, slice) else self.steps[index]
