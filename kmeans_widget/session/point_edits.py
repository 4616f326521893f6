"""Points added, moved, removed, painted, and looked at closely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget import validation
from kmeans_widget.session.branch import Event, Kind
from kmeans_widget.session.inspection import look
from kmeans_widget.session.locking import whole
from kmeans_widget.session.walk import Walk

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.session.inspection import Inspection


class PointEdits(Walk):
    """The commands that change points; see `KMeansSession`.

    Each begins a branch at cursor 0, which starts from the centroids at the cursor. What cannot be
    done raises one sentence, and nothing changes.
    """

    def add_point(self, position: npt.ArrayLike) -> None:
        """Add a point of weight 1 behind the last; the run goes on with it, on a new branch.

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
        """Add points of weight 1 behind the last; the run goes on with them, on a new branch.

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
        event = Event(
            Kind.POINTS_ADDED, count=len(added), position=tuple(added.mean(axis=0).tolist())
        )
        self._fork(event, points=self._points.add(added))

    @whole
    def move_point(self, row: int, position: npt.ArrayLike) -> None:
        """Move one point; the run goes on with it, on a new branch.

        Parameters
        ----------
        row : int
            Its position among the points there are now, as in `point_labels`.
        position : array-like of shape (n_features,)
            Units of `X`.

        Raises
        ------
        ValueError, TypeError
            If there is no such point or position.
        """
        row, place = self._row(row), self._position(position)
        called = self._points.called(row)
        event = Event(Kind.POINT_MOVED, about=called, position=tuple(place.tolist()))
        self._fork(event, points=self._points.move(row, place))

    @whole
    def remove_point(self, row: int) -> None:
        """Take one point away; the run goes on without it, on a new branch.

        Parameters
        ----------
        row : int
            Its position among the points there are now, as in `point_labels`; those behind move up.

        Raises
        ------
        ValueError, TypeError
            If there is no such point, or if K clusters would be left with fewer points.
        """
        row, samples = self._row(row), self._points.samples
        weights, n_clusters = samples.sample_weight, self._branch.parameters.n_clusters
        n_left = samples.n_samples - 1
        if weights is not None:
            n_left = int(np.count_nonzero(np.delete(weights, row)))
        validation.check_still_enough(n_left, n_clusters, weighted=weights is not None)
        place = tuple(samples.X[row].tolist())
        event = Event(Kind.POINT_REMOVED, about=self._points.called(row), position=place)
        self._fork(event, points=self._points.remove(row))

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
            Its position among the points there are now, as in `point_labels`.

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
        row = self._row(row)
        return self._measured(row, int(self.point_labels[row]))

    def _measured(self, row: int, cluster: int) -> Inspection:
        """Measure a point whose cluster is known."""
        points, weights = self._points, self._points.samples.sample_weight
        return look(
            row, points.name(row), points.samples.X[row].copy(), cluster, self.cluster_centers,
            weight=None if weights is None else float(weights[row]),
            unit=self._branch.scaling.unit,
        )  # fmt: skip

    def _row(self, row: Any) -> int:
        return validation.check_number("point", row, self._points.n_samples)


def _ball(random: np.random.Generator, n: int, n_features: int) -> Floats:
    """Draw points evenly from the ball around 0 of radius 1, shape (n, n_features)."""
    directions = random.normal(size=(n, n_features))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(directions * random.random((n, 1)) ** (1 / n_features))
