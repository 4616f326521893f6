"""`KMeansSession`: a run of K-means to walk through and to edit, without any GUI."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from traitlets import HasTraits, observe, validate

from kmeans_widget import datasets, validation
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.scaling import SCALES, distance_shares
from kmeans_widget.selection.silhouettes import EXACT_BELOW, measure
from kmeans_widget.session import codegen, edits, labels
from kmeans_widget.session.branch import DEFAULTS, Branch, Parameters, same
from kmeans_widget.session.events import Event, Kind
from kmeans_widget.session.history import History
from kmeans_widget.session.inspection import (
    Examples,
    find_examples,
    inspect_point,
    measure_points,
)
from kmeans_widget.session.locking import Locked, locked_property, synchronized
from kmeans_widget.session.origin import Origin
from kmeans_widget.session.points import Points
from kmeans_widget.session.sources import Sources, as_given
from kmeans_widget.validation.messages import quoted_list, short_repr, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping, Sequence

    from sklearn.pipeline import Pipeline

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.trace import Phase, Trace
    from kmeans_widget.estimator import KMeans
    from kmeans_widget.selection.profile import ColumnProfile
    from kmeans_widget.selection.silhouettes import Silhouette
    from kmeans_widget.session.inspection import Inspection
    from kmeans_widget.validation import ColumnSummary, LeftOut, Table, Values

MAX_EXAMPLE_WORK = 5_000_000  # coordinates to compare at most to find examples among all points
N_SEARCHED = 10_000  # else among so many
WEIGHT_NAMES = ("weight", "sample_weight", "weight of the row")  # the first that no column has


class KMeansSession(HasTraits):
    """Walk through K-means, half-step by half-step, and change anything on the way.

    Cursor 0 shows the starting centroids; every odd position is an assignment, every even one
    the recalculation of the centroids that follows it. The positions before 0 show how the starting
    centroids were picked, one after the other, and else are like 0; see `watch_start`. Steps are
    computed when the cursor first needs them, and kept. Every change of a parameter, a centroid or
    a point begins a new *branch*; the others stay, and `undo` reverts the change. What is shown
    depends on nothing but the branch and the cursor.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame, Dataset or None
        The data: an array or list of rows, or a table of pandas, polars, pyarrow or another
        library that narwhals knows; no number infinite. Rows with a missing value are left out (see
        `left_out`). None: the thirty points of the walkthrough. Files and other data that
        `KMeans.fit` reads in blocks: of these, a sample is drawn, and no point can be edited.
    n_clusters : int, optional
        Number of clusters K. By default it follows `init` if that is an array, else the `Dataset`
        (the walkthrough has 2), else it is 3.
    init : {"random", "k-means++", "farthest"} or array of shape (n_clusters, n_features)
        How the starting centroids are found, or the centroids themselves, in the units of `X`.
    random_state : int
        Seed of the start.
    sample_weight : array-like of shape (n_samples,) or str, optional
        Weight of each row, not negative, not all 0; or the name of the column of a DataFrame that
        holds them, which then is not a feature. By default each row weighs 1.
    columns : str, int or list of them, optional
        The columns of `X` to use. By default all of an array; of a table the numeric ones, except
        those that are named as identifiers or hold the weights, or labels of an earlier run (see
        `left_out_columns`). Dates that are named here become days since 1970, and text of at most
        20 different values a feature for each of them.
    scale : {"none", "standard", "minmax", "robust"}
        What the columns are divided by before distances are measured: nothing, their standard
        deviation, range or interquartile range, as in scikit-learn's scalers. Points, centroids
        and edits stay in the units of `X`; inertia and distances are those of the scaled columns.
        The scale is computed from the current points, edits included.
    max_iter : int
        Iterations after which the run stops, converged or not.
    tol : float
        The run also stops when the squared movement of the centroids is at most `tol` times the
        mean variance of the features, as in scikit-learn. 0: only when no assignment changes.

    Attributes
    ----------
    n_clusters, init, random_state, scale, max_iter, tol : traits
        The parameters; setting one begins a branch. A refused value changes nothing.
    cursor : trait, int
        Half-steps since the start; set it to go anywhere in the run. From -K to -1, the centroids
        are picked.
    branch : trait, int
        Index into `branches` of the one shown; set it to return to one, at the cursor where it was
        left.
    left_out : ndarray of int
        The rows of the data that are not points because a value is missing. In `labels` they have
        -1.
    left_out_columns : LeftOut
        The columns that were not used by default: text, dates, identifiers.
    source, weight_source : str or None
        The expressions that give the data and the weights in the notebook, for `code` and
        `magic_line`; empty for the walkthrough, None if unknown.
    lock : threading.RLock
        Held by every command, property and trait change. Hold it to read several of them at once.

    Raises
    ------
    ValueError, TypeError
        If a parameter or the data cannot be used; the message says how to fix it.

    Notes
    -----
    An edit that is refused raises an error with a one-sentence message, and changes nothing.
    A subclass that displays the session overrides `_before_move`, `_changed`, `_begun` and `_tell`.

    Examples
    --------
    >>> session = KMeansSession(n_clusters=2)
    >>> session.phase.value, session.cursor
    ('start', 0)
    >>> session.step()
    >>> session.phase.value, len(session.point_labels)
    ('assign', 30)
    >>> session.run()
    >>> session.converged
    True
    >>> session.add_point([9.0, 1.0])
    >>> session.phase.value, len(session.point_labels), session.branches[-1].name
    ('start', 31, '1 point added at iteration 6')
    >>> session.branch = 0
    >>> session.converged, len(session.point_labels)
    (True, 30)
    """

    n_clusters = Locked(DEFAULTS.n_clusters, help="Number of clusters K.")
    init = Locked(DEFAULTS.init, help="Start method, or the starting centroids.")
    random_state = Locked(DEFAULTS.random_state, help="Seed of the start.")
    scale = Locked(DEFAULTS.scale, help="How the columns are made comparable.")
    max_iter = Locked(DEFAULTS.max_iter, help="Limit of iterations.")
    tol = Locked(DEFAULTS.tol, help="Relative tolerance on centroid movement.")
    cursor = Locked(0, help="Half-steps since the start.")
    branch = Locked(0, help="Index of the branch shown.")

    def __init__(  # noqa: PLR0913  the public constructor: data, parameters, limits
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
        table = Origin(data, sample_weight, "" if X is None else None).read(columns)
        self._given = table
        points = Points(table)
        if n_clusters is None:
            n_clusters = _default_n_clusters(data, init)
        start = cast("Any", init)
        given = Parameters(n_clusters, start, random_state, scale, max_iter, tol)
        parameters = given.checked(points)
        self._history = History(Branch(parameters, points))
        self._event: Event | None = None
        self._others: tuple[Table | None, tuple[str, ...]] = (None, ())
        super().__init__(**kwargs)  # after validation, as ipywidgets registers every widget
        self._follow_parameters()

    # -- moving along the run --------------------------------------------------------------

    @synchronized
    def step(self) -> None:
        """Take the next half-step: assign, then recalculate; at the end, do nothing."""
        self._before_move()
        self.cursor += 1

    @synchronized
    def back(self) -> None:
        """Go back one half-step; at the start, do nothing."""
        self._before_move()
        first = -self._branch.n_picks if self.cursor < 0 else 0
        self.cursor = max(self.cursor - 1, first)

    @synchronized
    def run(self) -> None:
        """Go to the end of the run at once."""
        self._before_move()
        self._branch.compute(until=None)
        self.cursor = self._trace.last_cursor

    @synchronized
    def reset(self, random_state: int | None = None) -> None:
        """Go back to the start; given a seed, to the start that it draws.

        Parameters
        ----------
        random_state : int, optional
            A new seed.
        """
        self._before_move()
        if random_state is not None:
            self.random_state = random_state
        self.cursor = 0

    @synchronized
    def watch_start(self) -> None:
        """Go to the pick of the first starting centroid; the steps from there show the others.

        The K picks are at the cursors from -K to -1. Labels, centroids, inertia and whatever else
        is read from the session are there as at the start.

        Raises
        ------
        ValueError
            If the starting centroids were given or edited, not drawn.

        Notes
        -----
        The first time this costs about as much as drawing the start.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession(n_clusters=4, init="k-means++")
        >>> session.watch_start()
        >>> session.cursor
        -4
        >>> session.step()
        >>> [round(potential, 1) for potential in session.current_branch.picks[1].potentials]
        [235.7, 150.8, 148.6]
        >>> session.reset()
        >>> session.cursor
        0
        """
        self._before_move()
        if self._branch.n_picks == 0:
            raise ValueError(validation.NO_PICKS.capitalize())
        self.cursor = -self._branch.n_picks

    @synchronized
    def new_start(self) -> None:
        """Begin a new run from the start that the next seed draws."""
        self._begin(edits.new_start(self._branch, self.cursor))

    @synchronized
    def show_start(self, init: str, random_state: int, n_clusters: int | None = None) -> None:
        """Go to the end of the run from another start, on a new branch.

        Parameters
        ----------
        init : {"random", "k-means++", "farthest"}
        random_state : int
        n_clusters : int, optional
            By default the present K.

        Raises
        ------
        ValueError, TypeError
            If there is no such start.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.show_start("k-means++", 4)
        >>> session.init, session.random_state, session.at_end
        ('k-means++', 4, True)
        """
        k = self._branch.parameters.n_clusters if n_clusters is None else n_clusters
        self._begin(edits.start_elsewhere(
            self._branch, self.cursor, init=init, random_state=random_state, n_clusters=k
        ))  # fmt: skip

    @synchronized
    def show_solution(self, centers: npt.ArrayLike) -> None:
        """Go to the end of the run from given centroids, such as those of `choose_k`.

        This begins a branch, in which K is their number. From the centroids of a clustering that
        has converged, nothing moves.

        Parameters
        ----------
        centers : array-like of shape (n_clusters, n_features)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If the run cannot start from these centroids.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.show_solution([[2.0, 2.0], [7.0, 3.0], [5.0, 8.0]])
        >>> session.n_clusters, session.converged
        (3, True)
        """
        given = np.array(centers, dtype=self._points.table.samples.dtype)
        self._begin(
            edits.start_elsewhere(self._branch, self.cursor, init=given, n_clusters=len(given))
        )

    @synchronized
    def choose_columns(self, columns: Iterable[Any] | str | int | None) -> None:
        """Start a new run on other columns of the data, on a new branch.

        Points that were added, moved or removed by hand are as in the data again.

        Parameters
        ----------
        columns : str, int or list of them, or None
            By name, or by position if they have no names. Dates become days since 1970, and text of
            at most 20 different values a feature for each: 1 where the column has it, else 0.
            None: those used by default.

        Raises
        ------
        ValueError, TypeError
            If there is no such column, or if it has too many different values.

        Examples
        --------
        >>> import pandas as pd
        >>> from kmeans_widget.session import KMeansSession
        >>> frame = pd.DataFrame({"a": [1, 2, 8, 9], "b": [5, 5, 5, 6], "c": [0, 9, 0, 9]})
        >>> session = KMeansSession(frame, 2)
        >>> session.step()
        >>> session.choose_columns(["a", "c"])
        >>> session.feature_names, session.branches[-1].name
        (('a', 'c'), 'K = 2, random, seed 0, columns a, c')
        """
        self._begin(edits.choose_columns(self._branch, self.cursor, self._origin.read(columns)))

    @synchronized
    def open_example(self, name: str) -> None:
        """Start a new run on an example instead of the data, on a new branch.

        Parameters
        ----------
        name : str
            A key of `kmeans_widget.datasets.DATASETS`; empty for the data that were given.

        Raises
        ------
        ValueError
            If there is no such example.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession([[1.0], [2.0], [9.0]], 2)
        >>> session.open_example("rings")
        >>> len(session.X), session.branches[-1].name
        (300, 'rings: K = 2, random, seed 0')
        >>> session.open_example("")
        >>> len(session.X)
        3
        """
        if name and name not in datasets.DATASETS:
            known = list(datasets.DATASETS)
            raise ValueError(
                f"There is no example {short_repr(name)}{suggestion(str(name), known)} Choose from "
                f"{quoted_list(known)}."
            )
        if not name:
            table, n_clusters = self._given, None
        else:
            example = datasets.DATASETS[name]()
            source = "" if name == "walkthrough" else f"kmeans_widget.datasets.{name}()"
            table, n_clusters = Origin(example, None, source, name).read(), example.n_clusters
        self._begin(edits.open_data(self._branch, self.cursor, table, n_clusters))

    @locked_property
    def example(self) -> str:
        """The name of the example that was chosen instead of the data; else empty."""
        return self._origin.example

    @locked_property
    def lesson(self) -> str:
        """What to look at in the `Dataset` that is open, in one sentence; else empty."""
        data = self._origin.data
        return data.lesson if isinstance(data, datasets.Dataset) else ""

    @synchronized
    def summarize_columns(self) -> list[ColumnSummary]:
        """Summarize all columns of the data: range, missing values, whether they can be used.

        Costs O(n_rows) for each column.
        """
        return validation.summarize_columns(self._origin.rows, self._origin.names)

    @synchronized
    def find_other_columns(self) -> tuple[str, ...]:
        """List what takes no part in the distances, but has a number for each row, for axes.

        These are the other numeric columns of the data, dates, and weights that are no column.
        Costs O(n_rows) for each column.
        """
        table = self._points.table
        if self._others[0] is table:
            return self._others[1]
        found = []
        if table.positions is not None:  # else all columns are in use
            used = table.columns
            found = validation.other_columns(self._origin.rows, used, self._origin.names)
        if table.samples.sample_weight is not None and not table.left_out.weights:
            taken = {*found, *table.feature_names}
            found += [next(name for name in WEIGHT_NAMES if name not in taken)]
        self._others = table, tuple(found)
        return self._others[1]

    @synchronized
    def values_of_points(self, column: str, points: Points | None = None) -> Float64s:
        """Return the values of one of these at all points, shape (n_points,).

        NaN where there is none: missing, infinite, or a point added by hand. `points` are others on
        the same table than the present ones.
        """
        points = self._points if points is None else points
        try:
            values = validation.column_values(self._origin.rows, column, self._origin.names)
        except ValueError:  # no column, but the weights
            return points.samples.weights()
        return points.of_rows(np.where(np.isfinite(values), values, np.nan), np.float64(np.nan))

    @synchronized
    def stop_here(self) -> None:
        """End the run at the cursor: `max_iter` becomes the number of iterations completed there.

        This begins a branch, which `undo` reverts. Nothing is computed again: centroids and labels
        are those at the cursor; right after a recalculation the assignment to its centroids is
        added. At the end of a run, do nothing.

        Raises
        ------
        ValueError
            If no iteration is complete at the cursor.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.cursor = 7
        >>> session.stop_here()
        >>> session.max_iter, session.at_end, session.cursor
        (3, True, 7)
        """
        self._before_move()
        if not self.at_end:
            branch = edits.stop_here(self._branch, self.cursor)
            self._begin(branch, branch.trace.last_cursor)

    # -- editing centroids -----------------------------------------------------------------

    @synchronized
    def move_center(self, cluster: int, position: npt.ArrayLike, *, assign: bool = False) -> None:
        """Move one centroid; the run continues from there on a new branch.

        Parameters
        ----------
        cluster : int
            Its number.
        position : array-like of shape (n_features,)
            Units of `X`.
        assign : bool
            Whether to assign the points at once, as when a centroid is dragged in the panel.

        Raises
        ------
        ValueError, TypeError
            If there is no such centroid or position.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.cursor = 4
        >>> session.move_center(0, [2.0, 9.0])
        >>> session.cursor, session.cluster_centers[0]
        (0, array([2., 9.]))
        >>> session.branches
        (<Branch 'K = 2, random, seed 0'>, <Branch 'centroid 0 moved at iteration 2'>)
        >>> session.undo()
        >>> session.cursor, len(session.branches)
        (4, 1)
        """
        branch = edits.move_center(self._branch, self.cursor, cluster, position)
        branch.first_cursor = 1 if assign else 0
        self._begin(branch)

    @synchronized
    def place_center(self, position: npt.ArrayLike) -> None:
        """Choose the next starting centroid; the last of K starts a new run.

        Until then the current run stays, and `placed` holds the centroids chosen so far.

        Parameters
        ----------
        position : array-like of shape (n_features,)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If the position cannot be used, or another starting centroid is already there.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession(n_clusters=2)
        >>> session.place_center([1.0, 1.0])
        >>> session.placed
        array([[1., 1.]])
        >>> session.place_center([9.0, 9.0])
        >>> session.cluster_centers
        array([[1., 1.],
               [9., 9.]])
        """
        place = validation.check_position(position, self._points.table)
        placed = (*self._history.now.placed, place)
        if len(placed) == self._branch.parameters.n_clusters:
            self.place_centers(placed)
            return
        validation.check_distinct_centers(np.array(placed))
        self._history.place(placed)
        number, count = len(placed) - 1, len(placed)
        self._follow(Event(Kind.CENTER_PLACED, number, count, tuple(place.tolist())))

    @synchronized
    def place_centers(self, positions: npt.ArrayLike | Sequence[Floats]) -> None:
        """Start from centroids chosen by hand; K becomes their number.

        Parameters
        ----------
        positions : array-like of shape (n_clusters, n_features)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If a position cannot be used, there are more than points, or two are the same.
        """
        self._begin(edits.place_centers(self._branch, self.cursor, positions))

    @synchronized
    def cancel_placing(self) -> None:
        """Discard the starting centroids placed so far, if there are any."""
        if self._history.now.placed:
            self._history.place(())
            self._follow()

    # -- editing points: the new branch starts from the centroids at the cursor ---------------

    @synchronized
    def add_point(self, position: npt.ArrayLike) -> None:
        """Add a point of weight 1 after the last; the run continues on a new branch.

        Parameters
        ----------
        position : array-like of shape (n_features,)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If the position cannot be used.
        """
        self._begin(edits.add_point(self._branch, self.cursor, position))

    @synchronized
    def add_points(self, positions: npt.ArrayLike | Sequence[Floats]) -> None:
        """Add points of weight 1 after the last; the run continues on a new branch.

        Parameters
        ----------
        positions : array-like of shape (n, n_features)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If a position cannot be used.
        """
        self._begin(edits.add_points(self._branch, self.cursor, positions))

    @synchronized
    def move_point(self, row: int, position: npt.ArrayLike) -> None:
        """Move one point; the run continues on a new branch.

        Parameters
        ----------
        row : int
            Its position among the current points, as in `point_labels`.
        position : array-like of shape (n_features,)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If there is no such point, or the position cannot be used.
        """
        self._begin(edits.move_point(self._branch, self.cursor, row, position))

    @synchronized
    def remove_point(self, row: int) -> None:
        """Remove one point; the run continues on a new branch.

        Parameters
        ----------
        row : int
            Its position among the current points, as in `point_labels`; those after it move up.

        Raises
        ------
        ValueError, TypeError
            If there is no such point, or fewer than K points would be left.
        """
        self._begin(edits.remove_point(self._branch, self.cursor, row))

    @synchronized
    def restore_points(self) -> None:
        """Return to the points of the data: those added, moved and removed are taken back.

        The run continues on a new branch, as after every edit of points; `undo` reverts this. If no
        point has been edited, do nothing.

        Raises
        ------
        ValueError
            If the data have fewer points than clusters.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.paint([9.0, 1.0], radius=0.5)
        >>> session.restore_points()
        >>> len(session.X), session.current_branch
        (30, <Branch 'back to the original data at the start'>)
        """
        if self._points.edited:
            self._begin(edits.restore_points(self._branch, self.cursor))

    @synchronized
    def paint(
        self,
        position: npt.ArrayLike,
        radius: npt.ArrayLike,
        n_points: int = 20,
        *,
        random_state: int | None = None,
    ) -> None:
        """Add a round cloud of random points; the run continues on a new branch.

        Parameters
        ----------
        position : array-like of shape (n_features,)
            The middle of the cloud, units of `X`.
        radius : float or array-like of shape (n_features,)
            Largest distance from the middle, or the largest along each feature.
        n_points : int
            Number of points.
        random_state : int, optional
            Seed. By default the current number of points: each cloud is different, and the same
            again when it is painted again after an undo.

        Raises
        ------
        ValueError, TypeError
            If an argument cannot be used.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.paint([9.0, 1.0], radius=0.5, n_points=50)
        >>> bool((np.linalg.norm(session.X[-50:] - [9.0, 1.0], axis=1) <= 0.5).all())
        True
        """
        self._begin(
            edits.paint(
                self._branch, self.cursor, position, radius, n_points, random_state=random_state
            )
        )

    # -- branches and undo -------------------------------------------------------------------

    @synchronized
    def undo(self) -> None:
        """Undo the last edit, new start or change of a parameter; if there is none, do nothing.

        Points, centroids, branches and cursor are restored.
        """
        if self._history.can_undo:
            name = self._history.undo()
            self._follow(Event(Kind.UNDONE, about=name))

    @synchronized
    def redo(self) -> None:
        """Redo what was undone last; if nothing was, do nothing."""
        if self._history.can_redo:
            name = self._history.redo()
            self._follow(Event(Kind.REDONE, about=name))

    @locked_property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return self._history.can_undo

    @locked_property
    def can_redo(self) -> bool:
        """Whether there is an edit to redo."""
        return self._history.can_redo

    @locked_property
    def branches(self) -> tuple[Branch, ...]:
        """All branches, in the order in which they began."""
        return self._history.now.branches

    @locked_property
    def current_branch(self) -> Branch:
        """The branch shown: its parameters, points and steps."""
        return self._branch

    # -- what is on screen -------------------------------------------------------------------

    @property
    def source(self) -> str | None:
        """The expression that gives the data in the notebook; empty for the walkthrough."""
        return self._origin.source

    @source.setter
    def source(self, expression: str | None) -> None:
        self._origin.source = expression

    @property
    def weight_source(self) -> str | None:
        """The expression that gives the weights in the notebook."""
        return self._origin.weight_source

    @weight_source.setter
    def weight_source(self, expression: str | None) -> None:
        self._origin.weight_source = expression

    @property
    def _is_of_dataset(self) -> bool:
        """Whether an expression gives a `Dataset`; the walkthrough needs none."""
        return self._origin.is_dataset and self._origin.source != ""

    @locked_property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns in use, one per feature."""
        return self._points.table.feature_names

    @locked_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the data in use: dates and text may be several features."""
        return self._points.table.columns

    @locked_property
    def column_shares(self) -> Float64s:
        """Share of each of the `columns` in the squared distances, shape (n_columns,)."""
        table, shares = self._points.table, self.distance_shares
        if table.encodings is None or table.positions is None:
            return shares
        order = list(dict.fromkeys(table.positions))
        found = np.bincount([order.index(i) for i in table.positions], shares)
        return found.astype(np.float64)

    @locked_property
    def X(self) -> Floats:  # noqa: N802  scikit-learn's name for the data
        """The current points, shape (n_samples, n_features): a copy."""
        return self._points.samples.X.copy()

    @locked_property
    def sample_weight(self) -> Float64s | None:
        """The weights of the current points, shape (n_samples,): a copy; None if all weigh 1.

        Points added by hand weigh 1.
        """
        weight = self._points.samples.sample_weight
        return None if weight is None else weight.copy()

    @locked_property
    def left_out(self) -> Indices:
        """The rows of the data left out because a value is missing, shape (n,)."""
        complete = self._points.table.complete
        return np.flatnonzero([] if complete is None else ~complete)

    @locked_property
    def left_out_columns(self) -> LeftOut:
        """The columns of a table that were not used by default, and doubtful ones that were."""
        return self._points.table.left_out

    @locked_property
    def distance_shares(self) -> Float64s:
        """Share of each feature in the squared distances between points, shape (n_features,).

        The variances of the features on their `scale`, as shares of their sum.
        """
        return distance_shares(self._branch.samples)

    @locked_property
    def trace(self) -> Trace:
        """The steps computed so far on this branch, in the units of `scale`."""
        return self._trace

    @locked_property
    def slots(self) -> tuple[int, ...]:
        """The index of every cluster into the palette, which it keeps through all runs."""
        return self._branch.slots

    @locked_property
    def event(self) -> Event | None:
        """What has just happened, unless it was a half-step or began a branch at its start."""
        return self._event

    @locked_property
    def phase(self) -> Phase:
        """What the half-step at the cursor did: start, assign or update."""
        return self._trace.phase(self.cursor)

    @locked_property
    def at_end(self) -> bool:
        """Whether the cursor is at the last half-step of the run."""
        return self._trace.finished and self.cursor == self._trace.last_cursor

    @locked_property
    def converged(self) -> bool:
        """Whether the run has converged by the cursor."""
        return self.at_end and self._trace.converged

    @locked_property
    def n_iter(self) -> int:
        """Iterations begun by the cursor; at the end, scikit-learn's `n_iter_`."""
        return self._branch.n_iter(self.cursor)

    @locked_property
    def cluster_centers(self) -> Floats:
        """The centroids at the cursor, shape (n_clusters, n_features), units of `X`."""
        return self._branch.centers(self.cursor)

    @locked_property
    def placed(self) -> Floats:
        """Starting centroids placed so far, shape (n_placed, n_features); empty after the last."""
        placed = np.array(self._history.now.placed, self._points.table.samples.dtype)
        return placed.reshape(-1, self._points.n_features)

    @locked_property
    def labels(self) -> Any:
        """The cluster of every row of the data at the cursor, as an array or Series of int32.

        Rows that are not points - left out because a value is missing, or removed by hand - have
        -1, or a missing value if the data's table supports missing integers. Before any assignment
        all rows have -1. For a pandas DataFrame this is a Series on the same index, for a table of
        polars or pyarrow a Series or ChunkedArray. Points added by hand are not rows of the data;
        `point_labels` includes them. Of data in blocks, these are the labels of all rows, as
        `KMeans.predict` returns them: for dask computed later, for others in a pass.
        """
        return self._labels_of_data(self._trace.assigned(self.cursor))

    @locked_property
    def point_labels(self) -> Labels:
        """The cluster of every point at the cursor, shape (n_points,), int32; -1 before any.

        The points are the current rows of `X`: without rows left out or removed, with points added.
        Right after a recalculation these are still the labels that the centroids were computed
        from. Of data in blocks, the points are the sample that is drawn. Cost `O(n_points *
        n_clusters * n_features)`: labels are not stored.
        """
        assigned = self._trace.assigned(self.cursor)
        if assigned is None:
            return np.full(self._points.n_samples, -1, dtype=np.int32)
        return self._labels_of_step(assigned)

    @locked_property
    def profile(self) -> Any:
        """What each cluster is at the cursor: a DataFrame with a row per cluster and column.

        Its columns are those of `kmeans_widget.profile`. Columns of the data that take no part in
        the clustering are described too. The columns in use have the values of the current points,
        so right after a recalculation the means are the centroids. No rows before any assignment.
        Of data in blocks, it describes the points in memory; sizes and shares are those of all
        rows, but weighted rows are not counted.
        """
        assigned, labels = self._trace.assigned(self.cursor), self.point_labels
        weights = np.zeros(0) if assigned is None else self._trace[assigned].weight
        return self._points.profile(labels, len(weights), weights)

    def check_values(self, given: Any) -> Values | None:
        """Return known groups of the rows, given as a column of the data or a value for each."""
        table = self._points.table
        if table.blocks is not None and given is not None:
            if isinstance(given, str):
                raise ValueError(
                    f"Data in blocks have only the columns in use, not {given!r}. Give a value for "
                    "each row."
                )
            values = validation.check_values(given, None, table.blocks.n_samples)
            return values and values._replace(codes=values.codes[self._origin.drawn])
        return validation.check_values(given, self._origin.rows, self._points.table.n_rows)

    def candidate_columns(self) -> list[str]:
        """List the columns of the data with few values, which clusters may be compared with."""
        return validation.candidate_columns(self._origin.rows)

    @synchronized
    def describe_others(self) -> list[ColumnProfile]:
        """Describe the columns that take no part by cluster, those that differ most first.

        As in `profile`; empty before any assignment, and if there are no such columns.
        """
        labels = self.point_labels
        if not (labels >= 0).any():
            return []
        described = self._points.describe_others(labels, len(self.cluster_centers))
        return sorted(described, key=lambda column: -column.eta2)

    @synchronized
    def silhouette(self, *, exact: bool | None = None) -> Silhouette | None:
        """Measure how much closer the points are to their own cluster than to another one.

        On the scale of the run, of the current points at the cursor; weights do not count.

        Parameters
        ----------
        exact : bool, default=None
            As of `kmeans_widget.silhouette`: None takes a sample of 20,000 points or more.

        Returns
        -------
        Silhouette or None
            Its `rows` are positions among the current points. None before any assignment, and if
            there are fewer than two clusters, or one for each point.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession(n_clusters=2)
        >>> session.silhouette() is None
        True
        >>> session.run()
        >>> session.silhouette()
        Silhouette(0.5016, of all 30 rows)
        """
        names, codes = np.unique(self.point_labels, return_inverse=True)
        n = len(codes)
        if names[0] < 0 or not 2 <= len(names) < n:
            return None
        is_exact = n < EXACT_BELOW if exact is None else exact
        return measure(self._branch.samples.X, codes, names, exact=is_exact)

    @locked_property
    def inertia(self) -> float:
        """Weighted sum of squared distances of the points to their centroids; NaN before any.

        Squared units of `X`, or of its `scale`.
        """
        return self._trace.inertia(self.cursor)

    @locked_property
    def explained_share(self) -> float:
        """Share of the total sum of squares that lies between the clusters, in [0, 1].

        With the clusters at the cursor, measured from their means: ``1 - within / total``, where
        `total` is the sum of squared distances of all points to their mean and `within` the one of
        each cluster's points to theirs. NaN before any assignment, and if all points are equal.
        """
        total = self._branch.total_squares
        if total == 0:
            return float("nan")
        return float(np.maximum(1.0 - self._branch.within_squares(self.cursor) / total, 0.0))

    @synchronized
    def inspect(self, row: int) -> Inspection:
        """Look at one point: its cluster, its distance to every centroid, and the margin.

        Parameters
        ----------
        row : int
            Its position among the current points, as in `point_labels`.

        Returns
        -------
        Inspection

        Raises
        ------
        ValueError, TypeError
            If there is no such point.

        Notes
        -----
        Costs O(n_clusters * n_features): only this point is assigned. While the start is watched,
        the centroids are those picked so far.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.run()
        >>> point = session.inspect(3)
        >>> point.cluster, point.distances.round(2), round(point.margin, 2)
        (1, array([5.05, 0.82]), 4.23)
        """
        points, weights = self._points, self._points.samples.sample_weight
        row = validation.check_index("point", row, points.n_samples)
        assigned, cluster = self._trace.assigned(self.cursor), -1
        if assigned is not None:
            cluster = self._branch.samples.assign_one(row, self._trace[assigned].centers)
        centers = self.cluster_centers
        if self.cursor < 0:
            centers = centers[: len(self._branch.picks_until(self.cursor))]
        return inspect_point(
            row, points.name(row), points.samples.X[row].copy(), cluster, centers,
            weight=None if weights is None else float(weights[row]),
            unit=self._branch.scaling.unit,
        )  # fmt: skip

    @synchronized
    def examples(self, n: int = 3) -> list[Examples]:
        """Find the most typical and the most doubtful points of each cluster at the cursor.

        Parameters
        ----------
        n : int
            Of each kind, at most.

        Returns
        -------
        list of Examples
            One per cluster, with the rows of the current points, as in `point_labels`: `typical`
            are nearest to their centroid, `doubtful` nearly as near to another one, or nearer.
            Empty before any assignment.

        Notes
        -----
        Cost ``O(n_points * n_clusters * n_features)``. Of data for which that takes long, a
        sample of 10,000 points is searched.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.run()
        >>> session.examples(1)
        [Examples(typical=(21,), doubtful=(15,)), Examples(typical=(4,), doubtful=(6,))]
        """
        n = validation.check_n_points(n)
        assigned, samples = self._trace.assigned(self.cursor), self._branch.samples
        if assigned is None:
            return []
        if samples.X.size * self._branch.parameters.n_clusters > MAX_EXAMPLE_WORK:
            rows = samples.preview(N_SEARCHED)
            samples = ArraySamples(samples.rows(rows))
        else:
            rows = np.arange(samples.n_samples)
        labels = samples.assign(self._trace[assigned].centers)
        centers = self._trace.centers_until(self.cursor)[-1]
        return [
            Examples(*(tuple(rows[list(found)].tolist()) for found in of_cluster))
            for of_cluster in find_examples(samples.X, labels, centers, n=n)
        ]

    # -- results -----------------------------------------------------------------------------

    @synchronized
    def to_frame(self) -> Any:
        """Return the data with the columns `cluster`, `distance` and `margin`, as at the cursor.

        Returns
        -------
        DataFrame of the library of the data, or of pandas for an array
            Every row of the data, on its own index. `cluster` has the `labels`, `distance` how far
            a row is from its centroid, and `margin` how much farther the nearest other centroid
            is, in the units that K-means measures in: those of `X`, or of its scale; both are
            missing for rows without a cluster. If the data have a column of such a name, the new
            one is called `kmeans_cluster`, and so on; labels of an earlier panel are replaced.
            Rows that were moved by hand keep the values of the data, and added points are not
            included.

        Raises
        ------
        ImportError
            If the data are an array and pandas is not installed.

        Notes
        -----
        Cost ``O(n_points * n_clusters * n_features)``.
        """
        if self._points.table.blocks is not None:
            raise ValueError(
                "The rows are read in blocks, so there is no table of them with clusters: take "
                "panel.labels, which has a label for every row."
            )
        points, point_labels, names = self._points, self.point_labels, ("distance", "margin")
        found = measure_points(
            points.samples.X, point_labels, self.cluster_centers, self._branch.scaling.unit
        )
        measures = {name: points.on_all_rows(v) for name, v in zip(names, found, strict=True)}
        for values in measures.values():  # like labels, no features of the next panel
            labels.hand_out(values, points.table)
        return points.to_frame({"cluster": self._labels_of_rows(point_labels), **measures})

    @synchronized
    def centers_frame(self) -> Any:
        """Return the centroids at the cursor as a DataFrame, a row for each.

        Returns
        -------
        DataFrame of the library of the data, or of pandas for an array
            `cluster` and the columns in use, in the units of `X`.
        """
        centers, table = self.cluster_centers, self._points.table
        columns = dict(zip(table.feature_names, centers.T.tolist(), strict=True))
        name = "kmeans_cluster" if "cluster" in columns else "cluster"
        found = {name: list(range(len(centers))), **columns}
        return validation.new_frame(found, table.frame).to_native()

    @synchronized
    def final_labels(self) -> Any:
        """Compute the labels at the end of the run, without moving the cursor.

        Returns
        -------
        ndarray of shape (n_rows,), int32, or Series
            For every row of the data, as in `labels`.
        """
        self._branch.compute(until=None)
        return self._labels_of_data(-1)

    @locked_property
    def estimator(self) -> KMeans | Pipeline:
        """A fitted `KMeans` with the labels, centroids and inertia at the cursor.

        Right after a recalculation its labels are, as on screen, those of the assignment before.
        On a `scale` it is a fitted scikit-learn `Pipeline` of scaler and `KMeans`, which predicts
        from unscaled `X`, in memory; centroids and inertia of its last part are on that scale.

        Raises
        ------
        ValueError
            At the start, before any assignment.
        """
        from kmeans_widget.estimator import KMeans  # imports scikit-learn

        if self.cursor <= 0:
            raise ValueError(
                f"At cursor {self.cursor} nothing is assigned yet, so there is no fitted "
                "estimator: call step() or run() first."
            )
        table, parameters = self._points.table, self._branch.parameters
        model = KMeans(
            parameters.n_clusters, init=self._trace.centers_until(0)[0].copy(), n_init=1,
            max_iter=parameters.max_iter, tol=parameters.tol,
        )  # fmt: skip
        centers = self._trace.centers_until(self.cursor)[-1]
        model.cluster_centers_ = centers.astype(table.samples.dtype)
        model.labels_ = self.point_labels if table.blocks is None else self.labels
        model.inertia_, model.n_iter_ = self.inertia, self.n_iter
        model.n_features_in_ = table.samples.n_features
        names = np.array(self.feature_names, dtype=object)
        if parameters.scale != "none":
            return self._behind_scaler(model, names if table.named else None)
        if table.named:
            model.feature_names_in_ = names
        return model

    def _behind_scaler(self, model: KMeans, names: Any) -> Pipeline:
        """Put a fitted scaler before a fitted model."""
        from sklearn import preprocessing
        from sklearn.pipeline import make_pipeline

        scaler = getattr(preprocessing, SCALES[self._branch.parameters.scale].scaler)()
        scaler.fit(self._points.samples.X)
        if names is not None:
            scaler.feature_names_in_ = names
        return make_pipeline(scaler, model)

    @locked_property
    def code(self) -> str:
        """Python code with which scikit-learn gives the labels and centroids at the cursor.

        The data are `source`. If that is unknown, or not certain to give the same data again, few
        points are written out; many are expected in a variable `your_data`, and their weights in
        `your_weights`.
        """
        return codegen.sklearn_code(self._branch, self.cursor, self._sources)

    @locked_property
    def magic_line(self) -> str:
        """The `%kmeans` line that opens a panel with these points at this half-step."""
        return codegen.magic_line(self._branch, self.cursor, self._sources)

    @property
    def _sources(self) -> Sources:
        """Where the data and the weights come from; a subclass may look into the notebook."""
        return as_given(
            self._points.table, self.source, self.weight_source, of_dataset=self._is_of_dataset
        )

    @synchronized
    def send_labels(
        self,
        name: str,
        namespace: MutableMapping[str, Any],
        *,
        replace: bool = False,
        at_end: bool = False,
    ) -> None:
        """Put the labels, one for every row, into a variable or a column of a DataFrame.

        Parameters
        ----------
        name : str
            Of the variable; or the column of a pandas or polars DataFrame in a variable, written as
            ``df["cluster"]``. Rows of a pandas DataFrame are matched by its index; those that are
            not points get the label -1. A polars DataFrame is immutable: the variable gets a new
            one with the column.
        namespace : mapping
            The variables: `globals()`, or `user_ns` of an IPython shell.
        replace : bool
            Whether an existing value of that name may be overwritten. Labels in a column that were
            put there before are replaced in any case.
        at_end : bool
            Whether to take the labels at the end of the run instead of those at the cursor.

        Raises
        ------
        ValueError
            If there can be no such variable or column, if the rows of the DataFrame are not those
            of the data, or if no point has been assigned yet.
        NameTakenError
            If the name already has a value, and `replace` is False.

        Notes
        -----
        A column that labels were put into is not a feature of the next session on that DataFrame,
        unless `columns` names it or it has been changed.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session, variables = KMeansSession(), {}
        >>> session.run()
        >>> session.send_labels("cluster", variables)
        >>> variables["cluster"][-3:]
        array([0, 0, 0], dtype=int32)
        """
        target = validation.check_label_target(name)
        if not replace:
            labels.check_free(target, namespace)
        if at_end:
            self._branch.compute(until=None)
            step: int | None = -1
        else:
            step = self._trace.assigned(self.cursor)
        if step is None:
            raise ValueError("No point is assigned yet, so there are no labels: step or run first.")
        if self._points.table.blocks is None:
            found = self._labels_of_step(step)
            labels.put(found, self._points, target, namespace, source=self.source)
        elif target.column is None:
            namespace[target.variable] = self._labels_of_data(step)
        else:
            raise ValueError(
                "The rows are read in blocks, so their labels cannot be put into a column here: "
                "give the name of a variable."
            )

    @synchronized
    def output(self, kind: str) -> Any:
        """Return a result by its name in `OUTPUTS`.

        Raises
        ------
        ValueError
            If there is no such result, or no point has been assigned yet.
        """
        if kind not in OUTPUTS:
            raise ValueError(f"There is no output {kind!r}; choose from {', '.join(OUTPUTS)}.")
        if kind != "centroids" and self._trace.assigned(self.cursor) is None:
            label = OUTPUTS[kind].label
            raise ValueError(f"No point is assigned yet: step or run first for the {label}.")
        return OUTPUTS[kind].get(self)

    @synchronized
    def send(
        self, kind: str, name: str, namespace: MutableMapping[str, Any], *, replace: bool = False
    ) -> None:
        """Put a result into a variable: labels, table, centroids or profile.

        Parameters
        ----------
        kind : str
            A key of `OUTPUTS`. For labels, see `send_labels`.
        name : str
            The variable.
        namespace : mapping
            The variables, such as ``globals()``.
        replace : bool
            Whether to replace a value.

        Raises
        ------
        ValueError
            If there can be no such variable, or no point has been assigned yet.
        NameTakenError
            If the name already has a value, and `replace` is False.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session, variables = KMeansSession(), {}
        >>> session.send("centroids", "centers", variables)
        >>> variables["centers"].columns.tolist()
        ['cluster', 'x', 'y']
        """
        if kind == "labels":
            self.send_labels(name, namespace, replace=replace)
            return
        variable = validation.check_variable(name)
        if not replace:
            validation.check_name_unused(variable, namespace)
        namespace[variable] = self.output(kind)

    # -- for subclasses that display the session -----------------------------------------------

    def _before_move(self) -> None:
        """Stop playing; called by the commands that move along the run."""

    def _changed(self) -> None:
        """Show the new state; called after every change of the run or the cursor."""

    def _begun(self, branch: Branch) -> None:
        """Prepare for a branch that has begun; called before `_changed`, in edits only.

        The branch is as it began: `explored` only if its steps were copied. What is shown next may
        be an older branch with the same run.
        """

    def _tell(self, message: str) -> None:
        """Show a message about something that is not visible otherwise; an empty one clears it."""

    # -- traits: validated before they are set, so that a refusal changes nothing ---------------

    @validate(*Parameters._fields)
    def _check_parameter(self, proposal: Any) -> Any:
        name, present = proposal.trait.name, self._branch.parameters
        if same(proposal.value, getattr(present, name)):
            return getattr(present, name)
        # Under `hold_trait_notifications` several traits may have been set.
        traits = {field: getattr(self, field) for field in Parameters._fields}
        changes = {
            field: value
            for field, value in (traits | {name: proposal.value}).items()
            if not same(value, getattr(present, field))
        }
        self._next = edits.change_parameters(self._branch, self.cursor, **changes)
        return getattr(self._next.parameters, name)

    @observe(*Parameters._fields)
    def _on_parameter(self, change: Any) -> None:
        if not same(change.new, getattr(self._branch.parameters, change.name)):
            self._begin(self._next)

    @validate("cursor")
    def _check_cursor(self, proposal: Any) -> int:
        with self.lock:
            cursor = validation.check_cursor(proposal.value, self._branch.n_picks)
            self._branch.compute(until=_step_of(cursor))
            return min(cursor, self._trace.last_cursor)

    @observe("cursor")
    def _on_cursor(self, change: Any) -> None:
        if change.new != self._history.now.cursor:
            self._history.go(change.new)
            self._event = None
        self._changed()

    @validate("branch")
    def _check_branch(self, proposal: Any) -> int:
        return validation.check_index("branch", proposal.value, len(self.branches))

    @observe("branch")
    def _on_branch(self, change: Any) -> None:
        if change.new != self._history.now.shown:
            self._history.show(change.new)
            self._follow(Event(Kind.RETURNED, about=self._branch.name))

    # -- helpers -------------------------------------------------------------------------------

    @property
    def _origin(self) -> Origin:
        """Where the data of the branch shown come from."""
        origin: Origin = self._points.table.origin
        return origin

    @property
    def _branch(self) -> Branch:
        return self._history.now.branch

    @property
    def _trace(self) -> Trace:
        return self._branch.trace

    @property
    def _points(self) -> Points:
        return self._branch.points

    def _begin(self, branch: Branch, cursor: int | None = None) -> None:
        """Add a branch to the history and show it."""
        removed = self._history.begin(branch)
        self._history.go(branch.first_cursor if cursor is None else cursor)
        self._begun(branch)
        self._follow(branch.event if branch.first_cursor else None)
        if removed is not None:
            self._tell(
                f"At most {len(self.branches)} branches are kept, so “{removed.name}” has left the "
                "list; Undo brings it back."
            )

    def _follow(self, event: Event | None = None) -> None:
        """Set the traits, which the user sees, to what the history shows now."""
        self._event = event
        cursor = self._history.now.cursor
        self._branch.compute(until=_step_of(cursor))  # its steps may have been dropped
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

    def _labels_of_step(self, number: int) -> Labels:
        """Assign every point to the centroids of a step."""
        return self._branch.samples.assign(self._trace[number].centers)

    def _labels_of_data(self, step: int | None) -> Any:
        """Return the labels of a step, for every row of the data; None is before any."""
        blocks = self._points.table.blocks
        if blocks is None:
            none = np.full(self._points.n_samples, -1, dtype=np.int32)
            return self._labels_of_rows(none if step is None else self._labels_of_step(step))
        if step is None:
            return np.full(blocks.n_samples, -1, dtype=np.int32)
        return self._branch.run_samples.assign(self._trace[step].centers)

    def _labels_of_rows(self, point_labels: Labels) -> Any:
        """Return labels of the rows of the data, and remember them as such."""
        labels.hand_out(self._points.on_rows_of_data(point_labels)[0], self._points.table)
        return self._points.on_index(point_labels)


def _step_of(cursor: int) -> int:
    """Return the number of the last step needed to show a cursor; -1 for none."""
    return cursor // 2 if cursor > 0 else -1


class Output(NamedTuple):
    """A result to take away: its name in sentences, the variable for it, and how to get it."""

    label: str
    variable: str
    get: Callable[[KMeansSession], Any]


OUTPUTS: dict[str, Output] = {
    "labels": Output("labels", "labels", lambda session: session.labels),
    "table": Output("table with clusters", "clustered", KMeansSession.to_frame),
    "centroids": Output("centroids", "centroids", KMeansSession.centers_frame),
    "profile": Output("profile of the clusters", "profile", lambda session: session.profile),
}
"""All results that a panel sends to the notebook or downloads, by name."""


def _default_n_clusters(X: Any, init: Any) -> int:
    if not isinstance(init, str):
        return len(init) if hasattr(init, "__len__") else 1
    return X.n_clusters if isinstance(X, datasets.Dataset) else DEFAULTS.n_clusters
