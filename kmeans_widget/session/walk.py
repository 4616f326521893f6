"""The ground of a session: parameters as traits, the way along a run, branches."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, Any, cast

import numpy.typing as npt
from traitlets import observe, validate

from kmeans_widget import datasets, validation
from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.session import labels
from kmeans_widget.session.branch import DEFAULTS, Branch, Event, Kind, Parameters, same
from kmeans_widget.session.history import History
from kmeans_widget.session.locking import Locked
from kmeans_widget.session.matching import match_slots
from kmeans_widget.session.points import Points
from kmeans_widget.session.readings import Readings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kmeans_widget.core.arrays import Floats


class Walk(Readings):
    """What all commands of a session stand on; see `KMeansSession`."""

    n_clusters = Locked(DEFAULTS.n_clusters, help="Number of clusters K.")
    init = Locked(DEFAULTS.init, help="Start method, or the starting centroids.")
    random_state = Locked(DEFAULTS.random_state, help="Seed of the start.")
    scale = Locked(DEFAULTS.scale, help="How the columns are made comparable.")
    max_iter = Locked(DEFAULTS.max_iter, help="Limit of iterations.")
    tol = Locked(DEFAULTS.tol, help="Relative tolerance on centroid movement.")
    branch = Locked(0, help="Which of `branches` is shown.")

    def __init__(  # noqa: PLR0913  the face of the package: data, parameters, limits
        self,
        X: Any = None,
        n_clusters: int | None = None,
        *,
        init: str | npt.ArrayLike = DEFAULTS.init,
        random_state: int = DEFAULTS.random_state,
        sample_weight: npt.ArrayLike | str | None = None,
        columns: Iterable[Any] | str | int | None = None,
        scale: str = DEFAULTS.scale,
        max_iter: int = DEFAULTS.max_iter,
        tol: float = DEFAULTS.tol,
        **kwargs: Any,
    ) -> None:
        self.lock = threading.RLock()
        data = datasets.walkthrough() if X is None else X
        weights, weight_column = validation.take_weights(data, sample_weight)
        table = validation.as_table(
            data, columns=columns, sample_weight=weights, weight_column=weight_column,
            label_columns=labels.columns_of_labels(data), missing="drop",
        )  # fmt: skip
        # A copy: what the notebook later does to its array must not change a run in the past.
        samples = ArraySamples(table.samples.X.copy(), table.samples.sample_weight)
        points = Points(dataclasses.replace(table, samples=samples))
        if n_clusters is None:
            n_clusters = _default_n_clusters(data, init)
        start = cast("Any", init)
        given = Parameters(n_clusters, start, random_state, scale, max_iter, tol)
        parameters = given.checked(points)
        self.source: str | None = "" if X is None else None
        self._of_dataset = isinstance(X, datasets.Dataset)
        self.weight_source: str | None = None
        self._history = History(Branch(parameters, points))
        self._event = None
        super().__init__(**kwargs)  # not before all is accepted: ipywidgets never forgets a widget
        self._follow_parameters()

    # -- parameters: checked before they are taken, so that a refusal changes nothing -------

    @validate(*Parameters._fields)
    def _check_parameter(self, proposal: Any) -> Any:
        name = proposal.trait.name
        present = getattr(self._branch.parameters, name)
        if same(proposal.value, present):
            return present
        changes = {name: proposal.value}
        if name in {"n_clusters", "random_state"} and not isinstance(self.init, str):
            changes["init"] = self._branch.method  # given centroids know of no other K and no seed
        self._next = self._drawn(**changes)
        return getattr(self._next.parameters, name)

    @observe(*Parameters._fields)
    def _restart(self, change: Any) -> None:
        if not same(change.new, getattr(self._branch.parameters, change.name)):
            self._begin(self._next)

    @validate("cursor")
    def _check_cursor(self, proposal: Any) -> int:
        return self._reachable(validation.check_cursor(proposal.value))

    @observe("cursor")
    def _moved(self, change: Any) -> None:
        if change.new != self._history.now.cursor:
            self._history.go(change.new)
            self._event = None
        self._changed()

    @validate("branch")
    def _check_branch(self, proposal: Any) -> int:
        return validation.check_number("branch", proposal.value, len(self.branches))

    @observe("branch")
    def _returned(self, change: Any) -> None:
        if change.new != self._history.now.shown:
            self._history.show(change.new)
            self._follow(Event(Kind.RETURNED, about=self._branch.name))

    def _changed(self) -> None:
        """Follow a change of the run or of the cursor; for those who show a session."""

    def _begun(self, branch: Branch) -> None:
        """Follow the beginning of a branch; for those who show a session."""

    def _tell(self, message: str) -> None:
        """Hear of something that is seen nowhere; for those who show a session."""

    # -- branches -------------------------------------------------------------------------

    def _drawn(self, **changes: Any) -> Branch:
        """Check changed parameters and draw their start, leaving the present run as it is."""
        traits = {name: getattr(self, name) for name in Parameters._fields}
        parameters = Parameters(**traits | changes).checked(self._points)
        return self._continued(Branch(parameters, self._points))

    def _position(self, position: Any) -> Floats:
        return validation.check_position(position, self._points.table)

    def _continued(self, branch: Branch) -> Branch:
        """Give every cluster of a branch the colour of the one at the cursor that it continues."""
        new, old = map(branch.scaling.scaled, (branch.start, self.cluster_centers))
        branch.slots = match_slots(new, old, self._branch.slots)
        if not isinstance(branch.parameters.init, str):
            branch.method = self._branch.method
        return branch

    def _begin(self, branch: Branch, cursor: int = 0) -> None:
        gone = self._history.begin(branch)
        self._begun(branch)
        self._history.go(cursor)
        self._follow()
        if gone is not None:
            self._tell(
                f"There is room for {len(self.branches)} branches, so “{gone.name}” has left the "
                "list; Undo brings it back."
            )

    def _fork(
        self, event: Event, *, centers: Floats | None = None, points: Points | None = None
    ) -> None:
        """Begin a branch that goes on from the centroids at the cursor, with one thing changed.

        Several edits without a half-step between them make one branch.
        """
        present, cursor = self._branch, self.cursor
        points = points or present.points
        centers = self.cluster_centers if centers is None else centers
        parameters = present.parameters._replace(init=read_only(centers))
        if present.edits and not present.explored:
            edits, offset, fork = (*present.edits, event), present.offset, present.fork
        else:
            edits, offset = (event,), present.offset + cursor // 2
            fork = f"at iteration {self.n_iter}" if cursor else "at the start"
        branch = Branch(parameters.checked(points), points, edits=edits, offset=offset, fork=fork)
        branch.slots, branch.method = present.slots, present.method  # cluster by cluster
        self._begin(branch)

    def _follow(self, event: Event | None = None) -> None:
        """Bring cursor and parameters, which the user sees as traits, to what is shown now."""
        self._event = event
        cursor = self._history.now.cursor
        self._branch.compute(until=_step_of(cursor))  # its steps may have been forgotten
        if self.cursor == cursor:
            self._changed()
        self.cursor = cursor
        self.branch = self._history.now.shown
        self._follow_parameters()

    def _follow_parameters(self) -> None:
        for name in Parameters._fields:
            value = getattr(self._branch.parameters, name)
            if not same(value, getattr(self, name)):
                self.set_trait(name, value)

    def _reachable(self, cursor: int) -> int:
        """Compute the steps up to `cursor`; return it, or the last position before it."""
        with self.lock:
            self._branch.compute(until=_step_of(cursor))
            return min(cursor, self._trace.last_cursor)


def _step_of(cursor: int) -> int:
    """Return the number of the step that has to be there for a cursor."""
    return cursor // 2 if cursor else -1


def _default_n_clusters(X: Any, init: Any) -> int:
    if not isinstance(init, str):
        return len(init) if hasattr(init, "__len__") else 1
    return X.n_clusters if isinstance(X, datasets.Dataset) else DEFAULTS.n_clusters
