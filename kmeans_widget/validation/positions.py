"""Positions and numbers of points and centroids that are edited by hand."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.validation.magnitude import coordinate_limit
from kmeans_widget.validation.messages import quoted_list, short_repr, typed_repr
from kmeans_widget.validation.numeric import as_numbers

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.validation.data import Table

MAX_CLOUD_POINTS = 10_000


def check_position(position: Any, table: Table) -> Floats:
    """Return a position as an array of shape (n_features,), dtype of the samples.

    Parameters
    ----------
    position : array-like of shape (n_features,)
        Finite real numbers, in the units of X.
    table : Table
        The data that the position is checked against.

    Returns
    -------
    ndarray of shape (n_features,)

    Raises
    ------
    ValueError, TypeError
        If `position` is not `n_features` finite numbers, or they are too large.

    Examples
    --------
    >>> from kmeans_widget.validation import as_table
    >>> check_position([1.0], as_table([[1, 2], [3, 4]]))
    Traceback (most recent call last):
        ...
    ValueError: The position has 1 number, but every point has 2 ('feature 0', 'feature 1'). Give
    one for each.
    """
    given = _numbers(position)
    if given is None or given.ndim > 1:
        raise TypeError(
            f"The position must be {_count(table.samples.n_features)}, got {typed_repr(position)}."
        )
    return check_positions(np.atleast_2d(given), table).ravel()


def check_box(box: Any) -> tuple[float, float, float, float] | None:
    """Return the limits of the map as (left, right, bottom, top); None for None.

    Raises
    ------
    ValueError, TypeError
        If these are not four finite numbers in this order.

    Examples
    --------
    >>> check_box((0, 2, 5, 5))
    Traceback (most recent call last):
        ...
    ValueError: view=(0, 2, 5, 5), but it must be (left, right, bottom, top) with left < right and
    bottom < top; None shows all points.
    """
    if box is None:
        return None
    given = _numbers(box)
    if given is None or given.shape != (4,):
        raise TypeError(
            "view must be four numbers (left, right, bottom, top), or None to show all points, got "
            f"{typed_repr(box)}."
        )
    left, right, bottom, top = given.astype(np.float64).tolist()
    if not (np.isfinite(given).all() and left < right and bottom < top):
        raise ValueError(
            f"view={short_repr(box)}, but it must be (left, right, bottom, top) with left < right "
            "and bottom < top; None shows all points."
        )
    return left, right, bottom, top


def check_positions(positions: Any, table: Table) -> Floats:
    """Return positions as an array of shape (n_positions, n_features).

    Parameters
    ----------
    positions : array-like of shape (n_positions, n_features)
        At least one; finite real numbers, in the units of X.
    table : Table
        The data that the positions are checked against.

    Returns
    -------
    ndarray of shape (n_positions, n_features), dtype of the samples

    Raises
    ------
    ValueError, TypeError
        If there is none, or one of them is not a position.
    """
    samples, given = table.samples, _numbers(positions)
    if given is None or given.ndim != 2:
        raise TypeError(
            f"Each position must be a row of {_count(samples.n_features)}, "
            f"got {typed_repr(positions)}."
        )
    if len(given) == 0:
        raise ValueError("There is no position: give at least one.")
    if given.shape[1] != samples.n_features:
        raise ValueError(
            f"The position has {_count(given.shape[1])}, but every point has {samples.n_features} "
            f"({quoted_list(table.feature_names, 4)}). Give one for each."
        )
    if not np.isfinite(given).all():
        raise ValueError("The position contains NaN or infinity. Give finite coordinates.")
    largest = float(np.abs(given).max())
    shape = (samples.n_samples + len(given), samples.n_features)
    limit = coordinate_limit(shape, samples.dtype, samples.sample_weight)
    if largest > limit:
        raise ValueError(
            f"The position contains {largest:.3g}, too large for squared distances. Give "
            f"coordinates below {limit:.0e}."
        )
    return given.astype(samples.dtype)


def check_map_position(x: Any, y: Any) -> Float64s:
    """Return a position on the map as an array of shape (2,), float64.

    Examples
    --------
    >>> check_map_position(1.5, "")
    Traceback (most recent call last):
        ...
    TypeError: A position on the map must be two numbers, got 1.5 and ''.
    """
    position = _numbers([x, y])
    if position is None:
        raise TypeError(
            f"A position on the map must be two numbers, got {short_repr(x)} and {short_repr(y)}."
        )
    if not np.isfinite(position).all():
        raise ValueError("The position contains NaN or infinity. Give finite coordinates.")
    return position


def check_distinct_centers(centers: Floats) -> None:
    """Raise if two initial centroids, shape (n, n_features), are at the same position.

    Examples
    --------
    >>> check_distinct_centers(np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]))
    Traceback (most recent call last):
        ...
    ValueError: Centroids 0 and 2 would start at the same position, and one of them would stay
    empty. Give each centroid a position of its own.
    """
    _, index, inverse = np.unique(centers, axis=0, return_index=True, return_inverse=True)
    first = index[inverse.ravel()]
    repeated = np.flatnonzero(first != np.arange(len(centers)))
    if len(repeated):
        raise ValueError(
            f"Centroids {first[repeated[0]]} and {repeated[0]} would start at the same position, "
            "and one of them would stay empty. Give each centroid a position of its own."
        )


def check_index(kind: str, number: Any, n: int) -> int:
    """Return the number of one of `n` clusters, points or branches (`kind`), counted from 0.

    Examples
    --------
    >>> check_index("cluster", 3, 3)
    Traceback (most recent call last):
        ...
    ValueError: There is no cluster 3: they are numbered from 0 to 2.
    """
    if isinstance(number, bool | np.bool_) or not isinstance(number, Integral):
        raise TypeError(f"The number of a {kind} must be a whole number, got {typed_repr(number)}.")
    checked = int(number)
    if not 0 <= checked < n:
        known = f"they are numbered from 0 to {n - 1}" if n > 1 else "the only one is 0"
        raise ValueError(f"There is no {kind} {checked}: {known}.")
    return checked


def check_radius(radius: Any, table: Table) -> Float64s:
    """Return the radius of a cloud of points, shape (n_features,), in the units of each feature.

    Examples
    --------
    >>> from kmeans_widget.validation import as_table
    >>> check_radius(0.5, as_table([[1, 2], [3, 4]]))
    array([0.5, 0.5])
    """
    n_features, given = table.samples.n_features, _numbers(radius)
    if given is None or given.shape not in {(), (n_features,)}:
        raise TypeError(
            f"The radius must be a number or {_count(n_features)}, one for each feature, "
            f"got {typed_repr(radius)}."
        )
    if not (np.isfinite(given).all() and (given > 0).all()):
        values = ", ".join(f"{number:g}" for number in np.unique(given))
        raise ValueError(f"The radius of a cloud must be above 0 and finite, not {values}.")
    return np.broadcast_to(given, (n_features,)).astype(np.float64)


def check_n_points(n_points: Any) -> int:
    """Return the number of points of a cloud, from 1 to `MAX_CLOUD_POINTS`.

    Examples
    --------
    >>> check_n_points(0)
    Traceback (most recent call last):
        ...
    ValueError: A cloud must have from 1 to 10,000 points, not 0.
    """
    if isinstance(n_points, bool | np.bool_) or not isinstance(n_points, Integral):
        raise TypeError(
            f"The number of points of a cloud must be a whole number, got {typed_repr(n_points)}."
        )
    count = int(n_points)
    if not 1 <= count <= MAX_CLOUD_POINTS:
        raise ValueError(f"A cloud must have from 1 to {MAX_CLOUD_POINTS:,} points, not {count:,}.")
    return count


def check_enough_points(n_samples: int, n_clusters: int, *, weighted: bool = False) -> None:
    """Raise if fewer points than clusters would remain once a point is removed.

    Examples
    --------
    >>> check_enough_points(2, 3)
    Traceback (most recent call last):
        ...
    ValueError: 3 clusters need at least 3 points. Lower the number of clusters before you remove
    a point.
    """
    condition = " with a weight above 0" * weighted
    if n_samples == 0:
        raise ValueError(f"This is the last point{condition}. Add another before you remove it.")
    if n_samples < n_clusters:
        raise ValueError(
            f"{n_clusters} clusters need at least {n_clusters} points{condition}. Lower the number "
            "of clusters before you remove a point."
        )


def _numbers(given: Any) -> Float64s | None:
    """Return real numbers as float64; None if some of them are not numbers."""
    if given is None:
        return None
    try:
        numbers = as_numbers(given)
    except ValueError:  # rows of different lengths
        return None
    return None if numbers is None else numbers.astype(np.float64)


def _count(n: int) -> str:
    return "1 number" if n == 1 else f"{n} numbers"
