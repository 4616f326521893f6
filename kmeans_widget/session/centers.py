"""Centroids moved, and starting centroids placed, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget import validation
from kmeans_widget.session.branch import Branch, Event, Kind
from kmeans_widget.session.locking import reading, whole
from kmeans_widget.session.walk import Walk

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats


class CenterEdits(Walk):
    """The commands that change centroids; see `KMeansSession`.

    What cannot be done raises one sentence, and nothing changes.
    """

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
        cluster = validation.check_number("cluster", cluster, len(present))
        present[cluster] = place = self._position(position)
        self._fork(
            Event(Kind.CENTER_MOVED, cluster, position=tuple(place.tolist())), centers=present
        )

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
            If it is no position, or a starting centroid is there already.

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
        validation.check_apart(np.array(placed))
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
            If they are no positions, more than there are points, or two are at the same place.
        """
        centers = validation.check_positions(positions, self._points.table)
        event = Event(Kind.CENTERS_PLACED, count=len(centers), position=tuple(centers[-1].tolist()))
        parameters = self._branch.parameters._replace(n_clusters=len(centers), init=centers)
        parameters = parameters.checked(self._points)
        validation.check_apart(centers)
        branch = Branch(parameters, self._points, edits=(event,))
        self._begin(self._continued(branch))

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
