"""Editing: centroids and points changed by hand, each time on a new branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget import validation
from kmeans_widget.branch import Branch, Event, Kind
from kmeans_widget.core.arrays import read_only
from kmeans_widget.inspection import look
from kmeans_widget.session.walk import Walk, reading, whole

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.inspection import Inspection
    from kmeans_widget.points import Points


class Editing(Walk):
    """The commands that change centroids and points; see `KMeansSession`.

    Each begins a branch at cursor 0, which starts from the centroids at the cursor as the edit
    leaves them. What cannot be done raises one sentence, and nothing changes.
    """

    # -- centroids ------------------------------------------------------------------------

    @whole
    def move_center(self, cluster: int, position: npt.ArrayLike) -> None:
        """Move one centroid; the run goes on from there, on a new branch.

        Parameters
        ----------
        cluster : int
            Its number.
        position : array-like of shape (n_features,)
            Units of `X`.

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
        present = self.cluster_centers
        cluster = validation.check_number("cluster", cluster, len(present), "clusters")
        present[cluster] = place = self._position(position)
        self._fork(Event(Kind.CENTER_MOVED, cluster, position=tuple(place)), centers=present)

    @whole
    def place_center(self, position: npt.ArrayLike) -> None:
        """Choose the next starting centroid by hand; with the last of K, a new run starts.

        Until then the run at the cursor stays, and `placed` holds what has been chosen.

        Parameters
        ----------
        position : array-like of shape (n_features,)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If it is no position.

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
        placed = (*self._history.now.placed, self._position(position))
        if len(placed) == self._branch.parameters.n_clusters:
            self.place_centers(placed)
            return
        self._history.place(placed)
        place, number = tuple(placed[-1].tolist()), len(placed) - 1
        self._follow(Event(Kind.CENTER_PLACED, number, len(placed), place))

    @whole
    def place_centers(self, positions: npt.ArrayLike | tuple[Floats, ...]) -> None:
        """Start from centroids chosen by hand; K becomes their number.

        Parameters
        ----------
        positions : array-like of shape (n_clusters, n_features)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If they are no positions, or more than there are points.
        """
        centers = validation.check_positions(positions, self._points.table)
        event = Event(Kind.CENTERS_PLACED, count=len(centers), position=tuple(centers[-1].tolist()))
        traits = self._branch.parameters._replace(n_clusters=len(centers), init=centers)
        branch = Branch(traits.checked(self._points), self._points, (), edits=(event,))
        self._begin(self._coloured(branch))

    @whole
    def cancel_placing(self) -> None:
        """Give up the starting centroids placed so far, if there are any."""
        if self._history.now.placed:
            self._history.place(())
            self._follow()

    @reading
    def placed(self) -> Floats:
        """Starting centroids placed so far, shape (n_placed, n_features); empty after the last."""
        placed = np.array(self._history.now.placed, self._points.table.samples.dtype)
        return placed.reshape(-1, self._points.n_features)

    # -- points ---------------------------------------------------------------------------

    def add_point(self, position: npt.ArrayLike) -> None:
        """Add a point behind the last one; the run goes on with it, on a new branch.

        Parameters
        ----------
        position : array-like of shape (n_features,)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If it is no position.
        """
        self.add_points([self._position(position)])

    @whole
    def add_points(self, positions: npt.ArrayLike | list[Floats]) -> None:
        """Add points behind the last one; the run goes on with them, on a new branch.

        Parameters
        ----------
        positions : array-like of shape (n, n_features)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If one of them is no position.
        """
        added = validation.check_positions(positions, self._points.table)
        event = Event(Kind.POINTS_ADDED, count=len(added), position=tuple(added.mean(axis=0)))
        self._fork(event, points=self._points.add(added))

    @whole
    def move_point(self, row: int, position: npt.ArrayLike) -> None:
        """Move one point; the run goes on with it, on a new branch.

        Parameters
        ----------
        row : int
            Its position among the points there are now, as in `labels`.
        position : array-like of shape (n_features,)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If there is no such point or position.
        """
        row, place = self._row(row), self._position(position)
        event = Event(Kind.POINT_MOVED, row, position=tuple(place.tolist()))
        self._fork(event, points=self._points.move(row, place))

    @whole
    def remove_point(self, row: int) -> None:
        """Take one point away; the run goes on without it, on a new branch.

        Parameters
        ----------
        row : int
            Its position among the points there are now, as in `labels`; those behind move up.

        Raises
        ------
        ValueError, TypeError
            If there is no such point, or if K clusters would be left with fewer points.
        """
        row, n_left = self._row(row), self._points.n_samples - 1
        validation.check_still_enough(n_left, self._branch.parameters.n_clusters)
        place = tuple(self._points.samples.X[row].tolist())
        self._fork(Event(Kind.POINT_REMOVED, row, position=place), points=self._points.remove(row))

    @whole
    def paint(
        self,
        position: npt.ArrayLike,
        radius: npt.ArrayLike,
        n_points: int = 20,
        *,
        random_state: int | None = None,
    ) -> None:
        """Add a round cloud of random points; the run goes on with them, on a new branch.

        Parameters
        ----------
        position : array-like of shape (n_features,)
            Its middle, units of `X`.
        radius : float or array-like of shape (n_features,)
            Largest distance from there, or the largest along each feature.
        n_points : int
            How many points.
        random_state : int, optional
            Seed. Left out, it is the number of points there are, so that each cloud is another one,
            and the same one when it is painted again after an undo.

        Raises
        ------
        ValueError, TypeError
            If one of these cannot be used.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.paint([9.0, 1.0], radius=0.5, n_points=50)
        >>> bool((np.linalg.norm(session.X[-50:] - [9.0, 1.0], axis=1) <= 0.5).all())
        True
        """
        middle, count = self._position(position), validation.check_n_points(n_points)
        reach = validation.check_radius(radius, self._points.table)
        seed = self._points.n_samples if random_state is None else random_state
        random = np.random.default_rng(validation.check_seed(seed))
        self.add_points(middle + reach * _ball(random, count, len(middle)))

    @whole
    def inspect(self, row: int) -> Inspection:
        """Look at one point: its cluster, its distance to every centroid, and how clear it is.

        Parameters
        ----------
        row : int
            Its position among the points there are now, as in `labels`.

        Returns
        -------
        Inspection

        Raises
        ------
        ValueError, TypeError
            If there is no such point.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.run()
        >>> point = session.inspect(3)
        >>> point.cluster, point.distances.round(2), round(point.margin, 2)
        (1, array([5.05, 0.82]), 4.23)
        """
        row, points = self._row(row), self._points
        position, cluster = points.samples.X[row].copy(), int(self.labels[row])
        return look(row, points.name(row), position, cluster, self.cluster_centers)

    # -- parts ----------------------------------------------------------------------------

    def _position(self, position: Any) -> Floats:
        return validation.check_position(position, self._points.table)

    def _row(self, row: Any) -> int:
        return validation.check_number("row", row, self._points.n_samples, "points")

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
        branch = Branch(
            parameters.checked(points), points, present.slots, edits=edits, offset=offset, fork=fork
        )
        self._begin(branch)


def _ball(random: np.random.Generator, n: int, n_features: int) -> Floats:
    """Draw points evenly from the ball around 0 of radius 1, shape (n, n_features)."""
    directions = random.normal(size=(n, n_features))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(directions * random.random((n, 1)) ** (1 / n_features))
