"""What is on screen, as properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from traitlets import HasTraits

from kmeans_widget.scaling import distance_shares
from kmeans_widget.session.labels import hand_out
from kmeans_widget.session.locking import Locked, reading

if TYPE_CHECKING:
    import threading

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.trace import Phase, Trace
    from kmeans_widget.session.branch import Branch, Event
    from kmeans_widget.session.history import History
    from kmeans_widget.session.points import Points
    from kmeans_widget.validation import LeftOut


class Readings(HasTraits):
    """What can be read of a session; see `KMeansSession`."""

    cursor = Locked(0, help="Half-steps since the start.")

    lock: threading.RLock
    _history: History
    _event: Event | None

    @reading
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns in use, one per feature."""
        return self._points.table.feature_names

    @reading
    def X(self) -> Floats:  # noqa: N802  scikit-learn's name for the data
        """The points there are now, shape (n_samples, n_features): a copy."""
        return self._points.samples.X.copy()

    @reading
    def sample_weight(self) -> Float64s | None:
        """The weights of these points, shape (n_samples,): a copy; None where all weigh the same.

        A point that was added weighs 1.
        """
        weight = self._points.samples.sample_weight
        return None if weight is None else weight.copy()

    @reading
    def left_out(self) -> Indices:
        """The rows of the data that are no points: a value of theirs is missing. Shape (n,)."""
        complete = self._points.table.complete
        return np.flatnonzero([] if complete is None else ~complete)

    @reading
    def left_out_columns(self) -> LeftOut:
        """The columns of a table that were not taken by default, and doubtful ones that were."""
        return self._points.table.left_out

    @reading
    def distance_shares(self) -> Float64s:
        """Share of each feature in the squared distances between points, shape (n_features,).

        The variances of the features on their `scale`, as shares of their sum.
        """
        return distance_shares(self._branch.samples)

    @reading
    def trace(self) -> Trace:
        """The steps computed so far on this branch, in the units of `scale`."""
        return self._trace

    @reading
    def branches(self) -> tuple[Branch, ...]:
        """All branches, in the order in which they began; `branch` says which one is shown."""
        return self._history.now.branches

    @reading
    def slots(self) -> tuple[int, ...]:
        """The place of every cluster in the palette: it stays with the cluster over all runs."""
        return self._branch.slots

    @reading
    def event(self) -> Event | None:
        """What has just happened, if it was no half-step and began no branch."""
        return self._event

    @reading
    def phase(self) -> Phase:
        """What the half-step at the cursor did: start, assign or update."""
        return self._trace.phase(self.cursor)

    @reading
    def at_end(self) -> bool:
        """Whether no half-step follows the cursor."""
        return self._trace.finished and self.cursor == self._trace.last_cursor

    @reading
    def converged(self) -> bool:
        """Whether the run has converged by the cursor."""
        return self.at_end and self._trace.converged

    @reading
    def n_iter(self) -> int:
        """Iterations begun by the cursor; at the end, scikit-learn's `n_iter_`."""
        assigned = self._trace.assigned(self.cursor)
        return 0 if assigned is None else self._trace[assigned].iteration

    @reading
    def cluster_centers(self) -> Floats:
        """The centroids at the cursor, shape (n_clusters, n_features), units of `X`."""
        return self._branch.centers_until(self.cursor)[-1]

    @reading
    def labels(self) -> Any:
        """The cluster of every row of the data at the cursor, as an array or Series of int32.

        Rows that are no points have -1, or a missing value where the data's table has these
        beside whole numbers: rows left out because a value is missing, and rows removed by hand.
        Before any assignment all have -1. Of a pandas DataFrame it is a Series on the same index,
        of a table of polars or pyarrow a Series or ChunkedArray. Points added by hand are no rows
        of the data: `point_labels` has these, too.
        """
        return self._labels_of_rows(self.point_labels)

    @reading
    def point_labels(self) -> Labels:
        """The cluster of every point at the cursor, shape (n_points,), int32; -1 before any.

        The points are the rows of `X` as the session has it now: without rows left out or removed,
        with points added. Right after a recalculation these are still the labels that the centroids
        were computed from. Cost `O(n_points * n_clusters * n_features)`: labels are not stored.
        """
        assigned = self._trace.assigned(self.cursor)
        if assigned is None:
            return np.full(self._points.n_samples, -1, dtype=np.int32)
        return self._branch.samples.assign(self._trace[assigned].centers)

    @reading
    def inertia(self) -> float:
        """Weighted sum of squared distances of the points to their centroids; NaN before any.

        Squared units of `X`, or of its `scale`.
        """
        return self._trace.inertia(self.cursor)

    @reading
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return self._history.can_undo

    @reading
    def can_redo(self) -> bool:
        """Whether there is an undone edit to do again."""
        return self._history.can_redo

    def _labels_of_rows(self, point_labels: Labels) -> Any:
        """Return labels of the rows of the data, and remember them as such."""
        hand_out(self._points.on_rows_of_data(point_labels)[0], self._points.table)
        return self._points.on_index(point_labels)

    @reading
    def current_branch(self) -> Branch:
        """The branch shown: `branches[branch]`."""
        return self._history.now.branch

    @property
    def _branch(self) -> Branch:
        return self._history.now.branch

    @property
    def _trace(self) -> Trace:
        return self._branch.trace

    @property
    def _points(self) -> Points:
        return self._branch.points
