"""What a person does to points and centroids by hand, checked before it is done."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.validation.messages import described, listed, shown
from kmeans_widget.validation.numeric import as_numbers
from kmeans_widget.validation.reach import largest_coordinate

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.validation.data import Table

MAX_PAINTED = 10_000  # points that one cloud may have


def check_position(position: Any, table: Table) -> Floats:
    """Return a position as an array of shape (n_features,), dtype of the samples.

    Parameters
    ----------
    position : array-like of shape (n_features,)
        Finite real numbers, in the units of X.
    table : Table
        The data that it is a position among.

    Returns
    -------
    ndarray of shape (n_features,)

    Raises
    ------
    ValueError, TypeError
        When it is no such position.

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
            f"The position must be {_count(table.samples.n_features)}, got {described(position)}."
        )
    return check_positions(np.atleast_2d(given), table).ravel()


def check_positions(positions: Any, table: Table) -> Floats:
    """Return positions as an array of shape (n, n_features), at least one.

    Parameters
    ----------
    positions : array-like of shape (n, n_features)
    table : Table

    Returns
    -------
    ndarray of shape (n, n_features), dtype of the samples

    Raises
    ------
    ValueError, TypeError
        When one of them cannot be a position.
    """
    samples, given = table.samples, _numbers(positions)
    if given is None or given.ndim != 2:
        raise TypeError(
            f"The positions must be rows of {_count(samples.n_features)}, "
            f"got {described(positions)}."
        )
    if len(given) == 0:
        raise ValueError("There is no position. Give at least one.")
    if given.shape[1] != samples.n_features:
        raise ValueError(
            f"The position has {_count(given.shape[1])}, but every point has {samples.n_features} "
            f"({listed(table.feature_names, 4)}). Give one for each."
        )
    if not np.isfinite(given).all():
        raise ValueError("The position contains NaN or infinity. Give finite coordinates.")
    largest = float(np.abs(given).max())
    shape = (samples.n_samples + len(given), samples.n_features)
    limit = largest_coordinate(shape, samples.dtype, samples.sample_weight)
    if largest > limit:
        raise ValueError(
            f"The position contains {largest:.3g}, too large for squared distances. Give "
            f"coordinates below {limit:.0e}."
        )
    return given.astype(samples.dtype)


def check_place(x: Any, y: Any) -> Float64s:
    """Return a place of the map as an array of shape (2,).

    Examples
    --------
    >>> check_place(1.5, "")
    Traceback (most recent call last):
        ...
    TypeError: A place has a number for each axis, got 1.5 and ''.
    """
    place = _numbers([x, y])
    if place is None:
        raise TypeError(f"A place has a number for each axis, got {shown(x)} and {shown(y)}.")
    if not np.isfinite(place).all():
        raise ValueError("The place contains NaN or infinity. Give finite coordinates.")
    return place


def check_apart(centers: Floats) -> None:
    """Refuse starting centroids, shape (n, n_features), of which two are at the same place.

    Examples
    --------
    >>> check_apart(np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]))
    Traceback (most recent call last):
        ...
    ValueError: Centroids 0 and 2 would start at the same place, and one of them stay empty. Place
    every centroid somewhere else.
    """
    _, first, of_place = np.unique(centers, axis=0, return_index=True, return_inverse=True)
    same = first[of_place.ravel()]
    again = np.flatnonzero(same != np.arange(len(centers)))
    if len(again):
        raise ValueError(
            f"Centroids {same[again[0]]} and {again[0]} would start at the same place, and one of "
            "them stay empty. Place every centroid somewhere else."
        )


def check_number(thing: str, number: Any, n: int) -> int:
    """Return the number of one of n things, counted from 0.

    Examples
    --------
    >>> check_number("cluster", 3, 3)
    Traceback (most recent call last):
        ...
    ValueError: There is no cluster 3: they are numbered from 0 to 2.
    """
    if isinstance(number, bool | np.bool_) or not isinstance(number, Integral):
        raise TypeError(f"The number of a {thing} must be a whole number, got {described(number)}.")
    checked = int(number)
    if not 0 <= checked < n:
        raise ValueError(f"There is no {thing} {checked}: they are numbered from 0 to {n - 1}.")
    return checked


def check_radius(radius: Any, table: Table) -> Float64s:
    """Return the radius of a cloud along each feature, shape (n_features,), in its units.

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
            f"got {described(radius)}."
        )
    if not (np.isfinite(given).all() and (given > 0).all()):
        told = ", ".join(f"{number:g}" for number in np.unique(given))
        raise ValueError(f"The radius of a cloud must be above 0 and finite, not {told}.")
    return np.broadcast_to(given, (n_features,)).astype(np.float64)


def check_n_points(n_points: Any) -> int:
    """Return how many points a cloud has, from 1 to `MAX_PAINTED`.

    Examples
    --------
    >>> check_n_points(0)
    Traceback (most recent call last):
        ...
    ValueError: A cloud has from 1 to 10,000 points, not 0.
    """
    if isinstance(n_points, bool | np.bool_) or not isinstance(n_points, Integral):
        raise TypeError(f"The points of a cloud must be a whole number, got {described(n_points)}.")
    count = int(n_points)
    if not 1 <= count <= MAX_PAINTED:
        raise ValueError(f"A cloud has from 1 to {MAX_PAINTED:,} points, not {count:,}.")
    return count


def check_still_enough(n_samples: int, n_clusters: int, *, weighted: bool = False) -> None:
    """Refuse to take a point away where as many clusters need as many points, with weight.

    Examples
    --------
    >>> check_still_enough(2, 3)
    Traceback (most recent call last):
        ...
    ValueError: 3 clusters need at least 3 points. Ask for fewer clusters before you remove one.
    """
    having = " with a weight above 0" * weighted
    if n_samples == 0:
        raise ValueError(f"This is the last point{having}. Add another before you remove it.")
    if n_samples < n_clusters:
        raise ValueError(
            f"{n_clusters} clusters need at least {n_clusters} points{having}. Ask for fewer "
            "clusters before you remove one."
        )


def _numbers(given: Any) -> Float64s | None:
    """Read real numbers; None if they are none."""
    if given is None:
        return None
    try:
        numbers = as_numbers(given)
    except ValueError:  # rows of different lengths
        return None
    return None if numbers is None else numbers.astype(np.float64)


def _count(n: int) -> str:
    return "1 number" if n == 1 else f"{n} numbers"
