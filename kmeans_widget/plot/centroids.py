"""How centroids are drawn: as discs, or as rings that hide nothing; their numbers and trails.

All lengths are typographic points on a map of the usual width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.plot.limits import MAP_PIXELS, corners

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.voronoi import Box

MAP_SIZE = 0.72 * MAP_PIXELS
MAX_POINTS = 100  # with more points or clusters, discs would hide too many points: rings
MAX_DISCS = 5
DISC_SIZE = 19.0  # diameter
CROWDED = 15.0  # distance between two centroids at which one disc would hide the other's number
RING_SIZES = ((12, 13.0), (20, 11.0), (50, 9.0), (150, 7.5))  # outer diameter by number of clusters
RING_WIDTH = 0.2  # of a ring's line, as a share of the diameter
MAX_NUMBERED = 20  # with more clusters, numbers would hide the points: they appear on demand
NUMBER_HEIGHT = 6.8  # beside a ring
DIGIT_WIDTH = 0.94  # as a share of the height
MAX_AVOIDED = 1500  # with more points, a number hides some wherever it is
DOT_RADIUS = 2.0  # of a point that a number should not hide
GAP = 2.4  # between ring and number
LEADER = 9.0  # length of the line from a ring to a number that is moved farther away
DOT_GAP = 6.0  # between the dots of a trail, at least
# Directions in which a number may be written, the preferred one first.
ANGLES = np.deg2rad([45, 0, -45, 135, 90, 180, -135, -90])


def ring_size(n_clusters: int) -> float:
    """Return the outer diameter of the ring of a centroid.

    Examples
    --------
    >>> ring_size(8), ring_size(64), ring_size(999)
    (13.0, 7.5, 6.0)
    """
    return next((size for most, size in RING_SIZES if n_clusters <= most), 6.0)


def leader(offset: Floats, diameter: float) -> Floats | None:
    """Return the line from a ring to its number, relative to the centroid; None if it is close.

    Parameters
    ----------
    offset : ndarray of shape (2,)
        From the centroid to the middle of its number.
    diameter : float
        Of the ring.

    Returns
    -------
    ndarray of shape (2, 2) or None
        Start and end.
    """
    length, radius = float(np.hypot(*offset)), diameter / 2
    if length < radius + GAP + LEADER:
        return None
    return np.outer((radius, radius + LEADER), offset / length)


def place_numbers(
    discs: Floats, visible: npt.NDArray[np.bool_], points: Floats, box: Box
) -> Floats:
    """Choose where the numbers of centroids are written.

    Parameters
    ----------
    discs : ndarray of shape (n_clusters, 2)
        Where the centroids are drawn, in data coordinates.
    visible : ndarray of shape (n_clusters,), bool
        Which of them are drawn.
    points : ndarray of shape (n_points, 2)
        The points on the map, which numbers should not hide.
    box : (left, right, bottom, top)
        Limits of the map.

    Returns
    -------
    ndarray of shape (n_clusters, 2)
        The middle of each number, relative to its centroid; 0 if it is written on a disc, NaN if
        there is no room for it.

    Examples
    --------
    >>> discs = np.array([[2.0, 2.0], [8.0, 2.0]])
    >>> visible, few, many = np.ones(2, dtype=bool), np.full((30, 2), 5.0), np.full((300, 2), 5.0)
    >>> place_numbers(discs, visible, few, (0, 10, 0, 6.4)).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    >>> place_numbers(discs, visible, many, (0, 10, 0, 6.4)).round().tolist()
    [[10.0, 10.0], [10.0, 10.0]]
    """
    n_clusters = len(discs)
    numbers = np.full((n_clusters, 2), np.nan)
    if n_clusters > MAX_NUMBERED:
        return numbers
    unit, origin = _points_per_unit(box), corners(box)[0]
    places = (discs - origin) * unit
    if len(points) <= MAX_POINTS and n_clusters <= MAX_DISCS:
        distances = np.hypot(*(places[:, None] - places).T)
        distances[:, ~visible] = np.inf
        np.fill_diagonal(distances, np.inf)
        numbers[distances.min(axis=1) > CROWDED] = 0.0
    dots = (points - origin) * unit if len(points) <= MAX_AVOIDED else np.empty((0, 2))
    _place_beside(numbers, places, visible, dots)
    return numbers


def _place_beside(
    numbers: Floats, places: Floats, visible: npt.NDArray[np.bool_], dots: Floats
) -> None:
    """Write the numbers that are still NaN beside their rings, where they hide least."""
    n_clusters, on_disc = len(places), numbers[:, 0] == 0.0
    radii = np.where(on_disc, DISC_SIZE, ring_size(n_clusters)) / 2
    directions = np.column_stack([np.cos(ANGLES), np.sin(ANGLES)])
    others = np.flatnonzero(visible)
    written: list[int] = []
    sizes = [(DIGIT_WIDTH * len(str(k)), 1.0) for k in range(n_clusters)]
    halves = NUMBER_HEIGHT / 2 * np.array(sizes)
    for k in others[~on_disc[others]]:
        near = (radii[k] + GAP + np.abs(directions) @ halves[k])[:, None] * directions
        for offsets in (near, near + LEADER * directions):
            middles = places[k] + offsets
            is_free = ((middles > halves[k]) & (middles < MAP_SIZE - halves[k])).all(axis=1)
            rings, own = others[others != k], halves[k] + halves[written]
            gaps = np.maximum(np.abs(middles[:, None] - places[rings]) - halves[k], 0.0)
            distances = np.hypot(*gaps.T).T
            is_free &= (distances > radii[rings] + 1.0).all(axis=1)
            if offsets is near:  # without a line, it would name another ring that is as near
                apart = np.hypot(*(places[rings] - places[k]).T) > radii[rings] + radii[k]
                gap = distances - radii[rings] + np.where(apart, 0.0, np.inf)
                is_free &= (gap > 2 * GAP).all(axis=1)
            taken = places[written] + numbers[written]
            is_free &= (np.abs(middles[:, None] - taken) > own).any(axis=2).all(axis=1)
            if is_free.any():
                hidden = (np.abs(middles[:, None] - dots) < halves[k] + DOT_RADIUS).all(axis=2)
                numbers[k] = offsets[np.where(is_free, hidden.sum(axis=1), np.inf).argmin()]
                written.append(k)
                break


def trim_trails(trails: Floats, diameters: Floats, box: Box) -> tuple[Floats, Floats]:
    """Return the trails as they are drawn: to the edge of the ring, with dots that lie apart.

    Parameters
    ----------
    trails : ndarray of shape (n_positions, n_clusters, 2)
        Past positions of the centroids, and last the current one.
    diameters : ndarray of shape (n_clusters,)
        Of discs and rings.
    box : (left, right, bottom, top)
        Limits of the map.

    Returns
    -------
    lines : ndarray of shape (n_positions, n_clusters, 2)
        NaN for a centroid that has hardly moved.
    dots : ndarray of shape (n_dots, 2)
        None with many clusters, whose trails are faint.

    Examples
    --------
    >>> trails = np.array([[[1.0, 1.0]], [[5.0, 1.0]], [[5.01, 1.0]], [[9.0, 1.0]]])
    >>> lines, dots = trim_trails(trails, np.array([6.54]), (0, 10, 0, 6.4))
    >>> lines[:, 0, 0].round(2).tolist(), dots.tolist()
    ([1.0, 5.0, 5.01, 8.9], [[1.0, 1.0], [5.0, 1.0]])
    """
    unit = _points_per_unit(box)
    radii, cluster = diameters / 2, np.arange(trails.shape[1])
    distances = np.hypot(*((trails - trails[-1]) * unit).T).T
    is_outside = distances > radii
    last = len(trails) - 1 - is_outside[::-1].argmax(axis=0)
    start = trails[last, cluster]
    with np.errstate(divide="ignore", invalid="ignore"):
        edge = trails[-1] + (start - trails[-1]) * (radii / distances[last, cluster])[:, None]
    edge[~is_outside.any(axis=0)] = np.nan
    is_past = np.arange(len(trails))[:, None] <= last
    lines = np.where((is_past & ~np.isnan(edge[:, 0]))[..., None], trails, edge)
    moves = np.hypot(*(np.diff(trails, axis=0) * unit).T).T
    is_marked = is_outside & (len(diameters) <= MAX_NUMBERED)
    is_marked[1:] &= moves > DOT_GAP
    return lines, np.asarray(trails[is_marked])


def _points_per_unit(box: Box) -> Floats:
    """Return typographic points per unit of both axes, shape (2,)."""
    low, high = corners(box)
    return MAP_SIZE / (high - low)
