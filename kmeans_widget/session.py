"""A run of K-means you can walk through: parameters, a cursor over half-steps, commands.

No GUI here: the widget is a session that can be seen, and everything a person does in the
panel is one of the commands below. The picture at a cursor depends on nothing but the trace and
the cursor, so the same position always shows the same thing.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from traitlets import Any as AnyTrait
from traitlets import HasTraits, observe, validate

from kmeans_widget import datasets, validation
from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.initialization import initialize_centers
from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.trace import Phase, Step, Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kmeans_widget.core.arrays import Floats, Labels
    from kmeans_widget.estimator import KMeans

T = TypeVar("T")

PARAMETERS = ("n_clusters", "init", "random_state", "max_iter", "tol")


class _Locked(AnyTrait):
    """A trait whose check, change and notification are one step for all threads."""

    def set(self, obj: Any, value: Any) -> None:
        with obj._lock:  # noqa: SLF001  a part of the session
            super().set(obj, value)


def _reading(method: Callable[[KMeansSession], T]) -> property:
    """Make a property that never sees a run half begun."""

    @functools.wraps(method)
    def read(self: KMeansSession) -> T:
        with self._lock:
            return method(self)

    return property(read)


class _Run(NamedTuple):
    """A run at its start, and the parameters that it was begun with."""

    parameters: dict[str, Any]
    trace: Trace
    steps: Iterator[Step]


class KMeansSession(HasTraits):
    """Walk through one run of K-means, half-step by half-step.

    Cursor 0 shows the starting centroids; every odd position is an assignment, every even one
    the recalculation of the centroids that follows it. Steps are computed when the cursor first
    needs them, and kept.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame, Dataset or None
        The data, finite numbers. None: the thirty points of the walkthrough.
    n_clusters : int, optional
        Number of clusters K. Left out, it follows `init` if that is an array, else the `Dataset`
        (the walkthrough has 2), else it is 3.
    init : {"random", "k-means++", "farthest"} or array of shape (n_clusters, n_features)
        How the starting centroids are found, or the centroids themselves, in the units of `X`.
    random_state : int
        Seed of the start.
    columns : str, int or list of them, optional
        The columns of `X` to use; all of them when left out.
    max_iter : int
        Iterations after which the run stops, converged or not.
    tol : float
        The run also stops when the squared movement of the centroids is at most `tol` times the
        mean variance of the features, as in scikit-learn. 0: only when no assignment changes.

    Raises
    ------
    ValueError, TypeError
        If a parameter or the data cannot be used; the message says how to mend it.

    Examples
    --------
    >>> session = KMeansSession(n_clusters=2)
    >>> session.phase.value, session.cursor
    ('start', 0)
    >>> session.step()
    >>> session.phase.value, len(session.labels)
    ('assign', 30)
    >>> session.run()
    >>> session.converged
    True
    """

    n_clusters = _Locked(3, help="Number of clusters K.")
    init = _Locked("random", help="Start method, or the starting centroids.")
    random_state = _Locked(0, help="Seed of the start.")
    max_iter = _Locked(300, help="Limit of iterations.")
    tol = _Locked(0.0, help="Relative tolerance on centroid movement.")
    cursor = _Locked(0, help="Half-steps since the start.")

    def __init__(
        self,
        X: Any = None,
        n_clusters: int | None = None,
        *,
        init: str | npt.ArrayLike = "random",
        random_state: int = 0,
        columns: Iterable[Any] | str | int | None = None,
        max_iter: int = 300,
        tol: float = 0.0,
        **kwargs: Any,
    ) -> None:
        self._lock = threading.RLock()
        self._ready = False
        X = datasets.walkthrough() if X is None else X
        self._table = validation.as_table(X, columns=columns)
        # A copy: what the notebook later does to its array must not change a run in the past.
        self._samples = ArraySamples(self._table.samples.X.copy())
        if n_clusters is None:
            n_clusters = _default_n_clusters(X, init)
        given = (n_clusters, init, random_state, max_iter, tol)
        self._next = self._begin(dict(zip(PARAMETERS, given, strict=True)))
        super().__init__(**kwargs)  # not before all is accepted: ipywidgets never forgets a widget
        for name, value in self._next.parameters.items():
            self.set_trait(name, value)
        self._trace, self._steps = self._next.trace, self._next.steps
        self._ready = True

    # -- what is on screen ----------------------------------------------------------------

    @_reading
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns in use, one per feature."""
        return self._table.feature_names

    @_reading
    def trace(self) -> Trace:
        """The steps computed so far."""
        return self._trace

    @_reading
    def phase(self) -> Phase:
        """What the half-step at the cursor did: start, assign or update."""
        return self._trace.phase(self.cursor)

    @_reading
    def at_end(self) -> bool:
        """Whether no half-step follows the cursor."""
        return self._trace.finished and self.cursor == self._trace.last_cursor

    @_reading
    def converged(self) -> bool:
        """Whether the run has converged by the cursor."""
        return self.at_end and self._trace.converged

    @_reading
    def n_iter(self) -> int:
        """Iterations begun by the cursor; at the end, scikit-learn's `n_iter_`."""
        assigned = self._trace.assigned(self.cursor)
        return 0 if assigned is None else self._trace[assigned].iteration

    @_reading
    def cluster_centers(self) -> Floats:
        """The centroids at the cursor, shape (n_clusters, n_features), units of `X`."""
        return self._trace.centers_until(self.cursor)[-1].copy()

    @_reading
    def labels(self) -> Labels:
        """The cluster of every sample at the cursor, shape (n_samples,), int32; -1 before any.

        Right after a recalculation these are still the labels that the centroids were
        computed from. Cost `O(n_samples * n_clusters * n_features)`: labels are not stored.
        """
        assigned = self._trace.assigned(self.cursor)
        if assigned is None:
            return np.full(self._samples.n_samples, -1, dtype=np.int32)
        return self._samples.assign(self._trace[assigned].centers)

    @_reading
    def inertia(self) -> float:
        """Sum of squared distances of the samples to their centroids at the cursor; NaN before."""
        return self._trace.inertia(self.cursor)

    def final_labels(self) -> Any:
        """Compute the labels that the run ends with, without moving the cursor.

        Returns
        -------
        ndarray of shape (n_samples,), int32, or pandas.Series
            A Series on the index of `X` where `X` is a pandas DataFrame.
        """
        with self._lock:
            self._compute(until=None)
            labels = self._samples.assign(self._trace[-1].centers)
        if self._table.index is None:
            return labels
        import pandas as pd  # whoever brings an index has it

        return pd.Series(labels, index=self._table.index, name="cluster")

    @_reading
    def estimator(self) -> KMeans:
        """A fitted `KMeans` with the labels, centroids and inertia at the cursor.

        Right after a recalculation its labels are, as on screen, those of the assignment before.

        Raises
        ------
        ValueError
            At the very start, where no sample has been assigned yet.
        """
        from kmeans_widget.estimator import KMeans  # scikit-learn: only when asked for

        with self._lock:
            if self.cursor == 0:
                raise ValueError(
                    "At cursor 0 nothing is assigned yet, so there is no fitted estimator: "
                    "call step() or run() first."
                )
            model = KMeans(
                self.n_clusters, init=self._trace[0].centers.copy(), n_init=1,
                max_iter=self.max_iter, tol=self.tol,
            )  # fmt: skip
            model.cluster_centers_ = self.cluster_centers.astype(self._samples.dtype)
            model.labels_ = self.labels
            model.inertia_, model.n_iter_ = self.inertia, self.n_iter
            model.n_features_in_ = self._samples.n_features
            if self._table.named:
                model.feature_names_in_ = np.array(self.feature_names, dtype=object)
            return model

    # -- commands -------------------------------------------------------------------------

    def step(self) -> None:
        """Do the next half-step: assign, then recalculate; at the end, nothing."""
        with self._lock:
            self.cursor = self._reachable(self.cursor + 1)

    def back(self) -> None:
        """Undo one half-step; at the start, nothing."""
        with self._lock:
            self.cursor = max(self.cursor - 1, 0)

    def run(self) -> None:
        """Go to the end of the run at once."""
        with self._lock:
            self._compute(until=None)
            self.cursor = self._trace.last_cursor

    def reset(self, random_state: int | None = None) -> None:
        """Go back to the start; given a seed, to the start that it draws.

        Parameters
        ----------
        random_state : int, optional
            A new seed.
        """
        with self._lock:
            if random_state is not None:
                self.random_state = random_state
            self.cursor = 0

    def new_start(self) -> None:
        """Begin again from the start that the next seed draws."""
        with self._lock:
            if not isinstance(self.init, str):
                self.init = "random"
            self.reset((self.random_state + 1) % (validation.MAX_SEED + 1))

    # -- parameters: checked before they are taken, so that a refusal changes nothing -------

    @validate(*PARAMETERS)
    def _check_parameter(self, proposal: Any) -> Any:
        if not self._ready:
            return proposal.value
        name = proposal.trait.name
        parameters = {key: getattr(self, key) for key in PARAMETERS} | {name: proposal.value}
        if name == "n_clusters" and not isinstance(self.init, str):
            parameters["init"] = "random"  # given centroids are for the K they were given for
        with self._lock:
            self._next = self._begin(parameters)
            return self._next.parameters[name]

    def _begin(self, parameters: dict[str, Any]) -> _Run:
        """Check parameters and start their run, leaving the present one as it is."""
        checked = _checked(parameters, self._samples)
        centers = initialize_centers(
            self._samples,
            checked["n_clusters"],
            checked["init"],
            np.random.RandomState(checked["random_state"]),
        )
        steps = iterate(
            self._samples,
            centers,
            max_iter=checked["max_iter"],
            tol=absolute_tolerance(checked["tol"], self._samples),
        )
        return _Run(checked, Trace(start=read_only(centers)), steps)

    @observe(*PARAMETERS)
    def _restart(self, change: Any) -> None:
        if not self._ready:
            return
        with self._lock:
            self._trace, self._steps = self._next.trace, self._next.steps
            if change.name == "n_clusters" and not isinstance(self.init, str):
                self.init = "random"
            elif self.cursor:
                self.cursor = 0
            else:
                self._changed()

    @observe("cursor")
    def _moved(self, change: Any) -> None:
        del change
        self._changed()

    def _changed(self) -> None:
        """Follow a change of the run or of the cursor; for those who show a session."""

    @validate("cursor")
    def _check_cursor(self, proposal: Any) -> int:
        return self._reachable(validation.check_cursor(proposal.value))

    # -- the trace ------------------------------------------------------------------------

    def _reachable(self, cursor: int) -> int:
        """Compute the steps up to `cursor`; return it, or the last position before it."""
        with self._lock:
            self._compute(until=cursor // 2 if cursor else -1)
            return min(cursor, self._trace.last_cursor)

    def _compute(self, until: int | None) -> None:
        while not self._trace.finished and (until is None or len(self._trace) <= until):
            self._trace = self._trace.append(next(self._steps))


def _checked(parameters: dict[str, Any], samples: ArraySamples) -> dict[str, Any]:
    """Check parameters against the data and each other; return them in their own types."""
    n_clusters = validation.check_n_clusters(parameters["n_clusters"], samples)
    init = validation.check_init(parameters["init"], n_clusters, samples)
    if isinstance(init, str):
        validation.check_distinct(samples, n_clusters)
    return {
        "n_clusters": n_clusters,
        "init": init,
        "random_state": validation.check_seed(parameters["random_state"]),
        "max_iter": validation.check_max_iter(parameters["max_iter"]),
        "tol": validation.check_tol(parameters["tol"]),
    }


def _default_n_clusters(X: Any, init: Any) -> int:
    if not isinstance(init, str):
        return len(init) if hasattr(init, "__len__") else 1
    return X.n_clusters if isinstance(X, datasets.Dataset) else 3
