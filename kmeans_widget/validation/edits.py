"""What a person does to points and centroids by hand, checked before it is done."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.validation.parameters import integer
from kmeans_widget.validation.reach import largest_coordinate, too_large
from kmeans_widget.validation.words import described, listed, shown

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
    ValueError: position has 1 number, but every point has 2 ('feature 0', 'feature 1'). Give one
    for each.
    """
    given = _numbers(position)
    if given is None or given.ndim > 1:
        raise TypeError(
            f"position must be {_count(table.samples.n_features)}, got {described(position)}."
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
            f"positions must be rows of {_count(samples.n_features)}, got {described(positions)}."
        )
    if len(given) == 0:
        raise ValueError("positions is empty. Give at least one.")
    if given.shape[1] != samples.n_features:
        raise ValueError(
            f"position has {_count(given.shape[1])}, but every point has {samples.n_features} "
            f"({listed(table.feature_names, 4)}). Give one for each."
        )
    if not np.isfinite(given).all():
        raise ValueError("position contains NaN or infinity. Give finite coordinates.")
    largest = float(np.abs(given).max())
    shape = (samples.n_samples + len(given), samples.n_features)
    if largest > largest_coordinate(shape, samples.dtype, samples.sample_weight):
        raise too_large(largest, "position contains", samples.dtype)
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


def check_number(name: str, number: Any, n: int, things: str) -> int:
    """Return the number of a centroid or a point, counted from 0.

    Examples
    --------
    >>> check_number("cluster", 3, 3, "clusters")
    Traceback (most recent call last):
        ...
    ValueError: cluster=3, but the clusters are numbered from 0 to 2.
    """
    checked = integer(name, number, f"the number of one of the {things}", minimum=0)
    if checked >= n:
        raise ValueError(f"{name}={checked}, but the {things} are numbered from 0 to {n - 1}.")
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
            f"radius must be a number or {_count(n_features)}, one for each feature, "
            f"got {described(radius)}."
        )
    if not (np.isfinite(given).all() and (given > 0).all()):
        raise ValueError(f"radius={shown(radius)}, but it must be finite and above 0.")
    return np.broadcast_to(given, (n_features,)).astype(np.float64)


def check_n_points(n_points: Any) -> int:
    """Return how many points a cloud has, from 1 to `MAX_PAINTED`."""
    count = integer("n_points", n_points, "the number of points of a cloud", minimum=1)
    if count > MAX_PAINTED:
        raise ValueError(f"n_points={count}, but a cloud has at most {MAX_PAINTED:,} points.")
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
    try:
        array = np.asarray(given)
    except ValueError:  # rows of different lengths
        return None
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    if array.dtype.kind == "O" and all(
        isinstance(value, Real) and not isinstance(value, bool) for value in array.ravel()
    ):
        try:
            return array.astype(np.float64)
        except OverflowError:
            return np.full(array.shape, np.inf)
    return None


def _count(n: int) -> str:
    return "1 number" if n == 1 else f"{n} numbers"
