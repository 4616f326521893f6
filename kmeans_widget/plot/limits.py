"""Limits of the map around the points, with an equal aspect ratio where the data allow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.voronoi import Box

MARGIN = 0.08  # on each side, as a share of the range of the data
ASPECT = 1.56  # width / height of the map
MAX_STRETCH = 4.0  # if equal units would stretch an axis by more, the units differ
MAP_PIXELS = np.array([454.0, 454.0 / ASPECT])  # size of the map in the panel
DISC_RADIUS = 14.0  # of a centroid, in pixels
MIN_SPAN = 1e-280  # of an axis: to matplotlib a shorter one is empty
LINE = 0.12  # height of the line of points of a single feature, as a share of the map
MAX_ZOOM = 1e9  # up to which pixels can be told apart in float64
OUTSIDE_MARGIN = 2.2  # disc radii to the edge, for a centroid outside: room for ring and arrow


def all_within(points: Floats, box: Box) -> bool:
    """Return whether all points, shape (n, 2), are strictly inside a box."""
    left, right, bottom, top = box
    low, high = points.min(axis=0), points.max(axis=0)
    return bool(left < low[0] and high[0] < right and bottom < low[1] and high[1] < top)


def axis_spans(low: Floats, high: Floats, axis_unit: Floats, noise: float = 0.0) -> Floats:
    """Return the length of each axis, without margins.

    It is the range of the points; for a constant coordinate it is chosen to suit the other axis.

    Parameters
    ----------
    low, high : ndarray of shape (n_axes,)
        Minimum and maximum of the points.
    axis_unit : ndarray of shape (n_axes,)
        Length along each axis that counts as a distance of 1.
    noise : float
        A range of at most this share of the largest one counts as rounding error, that is, as 0.

    Returns
    -------
    ndarray of shape (n_axes,)
        Positive, in the units of the axes.

    Examples
    --------
    >>> axis_spans(np.array([2.0, 5.0]), np.array([9.8, 5.0]), np.ones(2)).round(2)
    array([7.8, 5. ])
    """
    lengths = (high - low) / axis_unit
    longest = lengths.max()
    other = longest / ASPECT if longest > 0 else 1.0
    lengths = np.where(lengths > noise * longest, lengths, other)
    return np.asarray(np.maximum(lengths * axis_unit, MIN_SPAN))


def limits_around(
    points: Floats, axis_unit: Floats | None = None, noise: float = 0.0, *, equal: bool = True
) -> Box:
    """Return limits with a margin; if `equal`, with equal units where the data allow it.

    With equal units a circle looks round, and the border between two regions is perpendicular to
    the line that joins their centroids. `axis_unit`, shape (2,), and `noise` as in `axis_spans`.
    """
    axis_unit = np.ones(2) if axis_unit is None else axis_unit
    low, high = points.min(axis=0), points.max(axis=0)
    span = axis_spans(low, high, axis_unit, noise) / axis_unit * (1 + 2 * MARGIN)
    width, height = max(span[0], span[1] * ASPECT), max(span[1], span[0] / ASPECT)
    if equal and width <= MAX_STRETCH * span[0] and height <= MAX_STRETCH * span[1]:
        span = np.array([width, height])
    middle = low + (high - low) / 2
    left, bottom = middle - span * axis_unit / 2
    right, top = middle + span * axis_unit / 2
    return float(left), float(right), float(bottom), float(top)


def zoom_box(box: Box, home: Box) -> Box:
    """Return limits that contain a box if possible, within `home` and in its proportions.

    Examples
    --------
    >>> zoom_box((2.0, 4.0, 1.0, 1.5), (0.0, 16.0, 0.0, 8.0))
    (2.0, 4.0, 0.75, 1.75)
    >>> zoom_box((-9.0, 99.0, 1.0, 2.0), (0.0, 16.0, 0.0, 8.0))
    (0.0, 16.0, 0.0, 8.0)
    """
    low, high = corners(box)
    home_low, home_high = corners(home)
    span = home_high - home_low
    share = float(np.clip(((high - low) / span).max(), 1 / MAX_ZOOM, 1.0))
    if share == 1.0:
        return home
    half = share * span / 2
    middle = np.clip(low + (high - low) / 2, home_low + half, home_high - half)
    (left, bottom), (right, top) = (middle - half).tolist(), (middle + half).tolist()
    return left, right, bottom, top


def around_line(box: Box) -> Box:
    """Return limits of the same size, such that a line of points leaves room for a histogram."""
    left, right, bottom, top = box
    return left, right, -LINE * (top - bottom), (1.0 - LINE) * (top - bottom)


def clamp_to_box(centers: Floats, box: Box) -> Floats:
    """Return the positions at which the discs of centroids are drawn, so that none is cut off.

    The limits of the map depend on the points alone. The disc of a centroid outside of them, for
    example one moved by hand, is drawn at the edge, with room for its arrow.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, 2)
    box : (left, right, bottom, top)

    Returns
    -------
    ndarray of shape (n_clusters, 2)
        Coordinates on the map.

    Examples
    --------
    >>> centers = np.array([[5.0, 5.0], [10.0, 5.0], [99.0, 5.0]])
    >>> clamp_to_box(centers, (0, 10, 0, 10)).round(2).tolist()
    [[5.0, 5.0], [9.69, 5.0], [9.32, 5.0]]
    """
    low, high = corners(box)
    radii = np.where(_outside(centers, box), OUTSIDE_MARGIN, 1.0)[:, None]
    margin = DISC_RADIUS * (high - low) / MAP_PIXELS * radii
    return np.clip(centers, low + margin, high - margin)


def arrowheads(centers: Floats, box: Box) -> Floats:
    """Return arrowheads that point from the discs at the edge to the centroids outside of the map.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, 2)
    box : (left, right, bottom, top)

    Returns
    -------
    ndarray of shape (4 * n_outside, 2)
        The vertices of all arrowheads, three each, separated by NaN: one line draws them all.
    """
    low, high = corners(box)
    away = centers[_outside(centers, box)]
    middle, pixel = clamp_to_box(away, box), (high - low) / MAP_PIXELS
    along = (away - middle) / pixel
    along /= np.hypot(*along.T)[:, None]  # hypot does not overflow
    across = along[:, ::-1] * (-1.0, 1.0)
    steps = ((1.55, 0.5), (2.0, 0.0), (1.55, -0.5))  # disc radii along and across the direction
    vertices = [middle + DISC_RADIUS * (a * along + b * across) * pixel for a, b in steps]
    return np.stack([*vertices, np.full_like(middle, np.nan)], axis=1).reshape(-1, 2)


def outline(box: Box) -> Floats:
    """Return the corners of a box in order, the first one again at the end, shape (5, 2)."""
    left, right, bottom, top = box
    return np.array([[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]])


def corners(box: Box) -> tuple[Floats, Floats]:
    """Return the lower left and the upper right corner of a box, each of shape (2,)."""
    left, right, bottom, top = box
    return np.array([left, bottom]), np.array([right, top])


def _outside(centers: Floats, box: Box) -> npt.NDArray[np.bool_]:
    low, high = corners(box)
    return np.asarray(((centers < low) | (centers > high)).any(axis=1))
