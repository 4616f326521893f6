"""The limits of the map: around the points, where the data allow it with equal units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.view.regions import Box

MARGIN = 0.08  # of the data's range, on each side
ASPECT = 1.56  # width of the map over its height
MAX_STRETCH = 4.0  # beyond it, one unit is not drawn equally long on both axes


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
