"""The region of the plane that is nearest to each centroid: its Voronoi cell.

A centroid off the plane (more than two features) has a height above it; the cells are then those
of a power diagram, the exact slice of the cells of the feature space with the plane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats

Box = tuple[float, float, float, float]


def cells(
    centers: Floats, heights: Floats, box: Box, spread: Floats | None = None
) -> tuple[Floats, ...]:
    """Cut `box` into the regions nearest to each centre.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, 2)
        Positions on the plane.
    heights : ndarray of shape (n_clusters,)
        Squared distance of each centre from the plane.
    box : (left, right, bottom, top)
        The rectangle to divide.
    spread : ndarray of shape (2,), default=None
        What counts as a distance of 1 along each axis; None: the units of the plane.

    Returns
    -------
    tuple of ndarray of shape (n_corners, 2)
        The corners of each centre's convex cell; none for a cell outside the box, and for all
        but the first of equal centres.

    Notes
    -----
    Cell k is the box cut by one half-plane per other centre j,
    ``2 (c_j - c_k) . p <= |c_j|² + h_j - |c_k|² - h_k``. Cost `O(n_clusters**2)`.

    Examples
    --------
    >>> left, right = cells(np.array([[0.0, 0.0], [2.0, 0.0]]), np.zeros(2), (-1, 3, -1, 1))
    >>> left[:, 0].max().item(), right[:, 0].min().item()
    (1.0, 1.0)
    """
    spread = np.ones(2) if spread is None else spread
    middle = centers.mean(axis=0)  # far from the origin the squares below would cancel
    left, bottom = (np.array([box[0], box[2]]) - middle) / spread
    right, top = (np.array([box[1], box[3]]) - middle) / spread
    centers = (centers - middle) / spread
    power = np.einsum("ij,ij->i", centers, centers) + heights
    regions = (_cell(k, centers, power, (left, right, bottom, top)) for k in range(len(centers)))
    return tuple(region * spread + middle for region in regions)


def _cell(k: int, centers: Floats, power: Floats, box: Box) -> Floats:
    left, right, bottom, top = box
    corners = np.array([[left, bottom], [right, bottom], [right, top], [left, top]], dtype=float)
    normals = 2.0 * (centers - centers[k])
    limits = power - power[k]
    for j in range(len(centers)):
        if len(corners) == 0:
            break
        if j == k:
            continue
        if not normals[j].any() and limits[j] == 0.0:  # equal centres: the lowest index wins
            corners = corners[: 0 if j < k else None]
            continue
        corners = _clip(corners, corners @ normals[j] - limits[j])
    return corners


def _clip(corners: Floats, excess: Floats) -> Floats:
    """Keep the part of a convex polygon where `excess`, linear along its edges, is <= 0."""
    if (excess <= 0).all():
        return corners
    following, next_excess = np.roll(corners, -1, axis=0), np.roll(excess, -1)
    crosses = (excess < 0) & (next_excess > 0) | (excess > 0) & (next_excess < 0)
    share = excess[crosses] / (excess[crosses] - next_excess[crosses])
    cuts = corners[crosses] + share[:, None] * (following[crosses] - corners[crosses])
    order = np.concatenate([np.flatnonzero(excess <= 0), np.flatnonzero(crosses) + 0.5])
    return np.concatenate([corners[excess <= 0], cuts])[np.argsort(order, kind="stable")]
