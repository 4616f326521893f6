"""The limits of the map: around the points, where the data allow it with equal units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.view.regions import Box

MARGIN = 0.08  # of the data's range, on each side
ASPECT = 1.56  # width of the map over its height
MAX_STRETCH = 4.0  # beyond it, one unit is not drawn equally long on both axes
PIXELS = np.array([454.0, 454.0 / ASPECT])  # of the map, as it is drawn in the panel
DISC = 14.0  # pixels from the middle of a centroid's disc to its rim
BEYOND = 2.2  # such lengths to the edge for one that is outside: room for ring and arrow


def within(points: Floats, box: Box) -> bool:
    """Whether all points, shape (n, 2), are inside a box."""
    left, right, bottom, top = box
    low, high = points.min(axis=0), points.max(axis=0)
    return bool(left < low[0] and high[0] < right and bottom < low[1] and high[1] < top)


def around(points: Floats, spread: Floats | None = None) -> Box:
    """Find limits with a margin, and with equal units on both axes where the data allow it.

    With equal units a circle looks round and the border between two regions is seen to stand
    upright on the line that joins their centroids. `spread`, shape (2,), is what counts as one
    unit along each axis.
    """
    spread = np.ones(2) if spread is None else spread
    low, high = points.min(axis=0) / spread, points.max(axis=0) / spread
    middle, span = (low + high) / 2, (high - low) * (1 + 2 * MARGIN)
    span = np.where(span > 0, span, span.max() / ASPECT if span.any() else 1.0)
    width, height = max(span[0], span[1] * ASPECT), max(span[1], span[0] / ASPECT)
    if width <= MAX_STRETCH * span[0] and height <= MAX_STRETCH * span[1]:
        span = np.array([width, height])
    left, bottom = (middle - span / 2) * spread
    right, top = (middle + span / 2) * spread
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
    along /= np.linalg.norm(along, axis=1, keepdims=True)
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
