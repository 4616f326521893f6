"""The limits of the map: around the points, where the data allow it with equal units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.voronoi import Box

MARGIN = 0.08  # of the data's range, on each side
ASPECT = 1.56  # width of the map over its height
MAX_STRETCH = 4.0  # beyond it, one unit is not drawn equally long on both axes
PIXELS = np.array([454.0, 454.0 / ASPECT])  # of the map, as it is drawn in the panel
DISC = 14.0  # pixels from the middle of a centroid's disc to its rim
LEAST = 1e-280  # length of an axis: a shorter one is no different from 0 for matplotlib
BEYOND = 2.2  # such lengths to the edge for one that is outside: room for ring and arrow


def within(points: Floats, box: Box) -> bool:
    """Whether all points, shape (n, 2), are inside a box."""
    left, right, bottom, top = box
    low, high = points.min(axis=0), points.max(axis=0)
    return bool(left < low[0] and high[0] < right and bottom < low[1] and high[1] < top)


def spans(low: Floats, high: Floats, spread: Floats, noise: float = 0.0) -> Floats:
    """Find how much of each axis has to be seen, without a margin.

    That is the range of the points; where they do not differ, as much as looks well beside the
    other axis.

    Parameters
    ----------
    low, high : ndarray of shape (n_axes,)
        Range of the points.
    spread : ndarray of shape (n_axes,)
        What counts as one unit along each axis.
    noise : float
        Share of the longest range up to which a range is nothing but rounding.

    Returns
    -------
    ndarray of shape (n_axes,)
        Above 0, units of the axes.

    Examples
    --------
    >>> spans(np.array([2.0, 5.0]), np.array([9.8, 5.0]), np.ones(2)).round(2)
    array([7.8, 5. ])
    """
    lengths = (high - low) / spread
    longest = lengths.max()
    other = longest / ASPECT if longest > 0 else 1.0
    lengths = np.where(lengths > noise * longest, lengths, other)
    return np.asarray(np.maximum(lengths * spread, LEAST))


def around(points: Floats, spread: Floats | None = None, noise: float = 0.0) -> Box:
    """Find limits with a margin, and with equal units on both axes where the data allow it.

    With equal units a circle looks round and the border between two regions is seen to stand
    upright on the line that joins their centroids. `spread`, shape (2,), is what counts as one
    unit along each axis; `noise` as in `spans`.
    """
    spread = np.ones(2) if spread is None else spread
    low, high = points.min(axis=0), points.max(axis=0)
    span = spans(low, high, spread, noise) / spread * (1 + 2 * MARGIN)
    width, height = max(span[0], span[1] * ASPECT), max(span[1], span[0] / ASPECT)
    if width <= MAX_STRETCH * span[0] and height <= MAX_STRETCH * span[1]:
        span = np.array([width, height])
    middle = low + (high - low) / 2
    left, bottom = middle - span * spread / 2
    right, top = middle + span * spread / 2
    return float(left), float(right), float(bottom), float(top)


def held(centers: Floats, box: Box) -> Floats:
    """Find where the discs of centroids are drawn: on the map, and whole.

    The limits stay as the points need them, wherever a hand has put a centroid: the disc of one
    that is outside stays at the edge, with room for its arrow.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, 2)
    box : (left, right, bottom, top)

    Returns
    -------
    ndarray of shape (n_clusters, 2)

    Examples
    --------
    >>> held(np.array([[5.0, 5.0], [10.0, 5.0], [99.0, 5.0]]), (0, 10, 0, 10)).round(2).tolist()
    [[5.0, 5.0], [9.69, 5.0], [9.32, 5.0]]
    """
    low, high = _corners(box)
    room = DISC * (high - low) / PIXELS * np.where(_outside(centers, box), BEYOND, 1.0)[:, None]
    return np.clip(centers, low + room, high - room)


def arrows(centers: Floats, box: Box) -> Floats:
    """Draw an arrowhead beside the disc of every centroid outside of the map, towards it.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, 2)
    box : (left, right, bottom, top)

    Returns
    -------
    ndarray of shape (4 * n_outside, 2)
        The corners of a line that draws them all, each followed by NaN.
    """
    low, high = _corners(box)
    away = centers[_outside(centers, box)]
    middle, pixel = held(away, box), (high - low) / PIXELS
    along = (away - middle) / pixel
    along /= np.hypot(*along.T)[:, None]  # however far away, without overflow
    across = along[:, ::-1] * (-1.0, 1.0)
    steps = ((1.55, 0.5), (2.0, 0.0), (1.55, -0.5))  # of a disc, along and across
    corners = [middle + DISC * (a * along + b * across) * pixel for a, b in steps]
    return np.stack([*corners, np.full_like(middle, np.nan)], axis=1).reshape(-1, 2)


def _corners(box: Box) -> tuple[Floats, Floats]:
    left, right, bottom, top = box
    return np.array([left, bottom]), np.array([right, top])


def _outside(centers: Floats, box: Box) -> npt.NDArray[np.bool_]:
    low, high = _corners(box)
    return np.asarray(((centers < low) | (centers > high)).any(axis=1))
