"""The region of the plane that is nearest to each centroid: its Voronoi cell.

A centroid off the plane (more than two features) has a height above it; the cells are then those
of a power diagram, the exact slice of the cells of the feature space with the plane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats, Indices

Box = tuple[float, float, float, float]

FEW = 100  # sites up to which all of them are looked at: loading scipy.spatial takes half a second
NEIGHBOURS = 12  # tried first: most cells have about six
FARTHEST = 1e100  # map widths: squares of what is beyond could overflow
NOISE = 1e-14  # relative to the terms of a sum that cancel
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


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
    Each cell begins as the whole box, is cut by the bisectors with some centres near it, and then
    by those with whatever centre is nearer to one of its corners, until there is none: then every
    corner, and so the whole convex cell, belongs to its centre. A k-d tree finds the nearest
    centre of many, so the cost is about `O(n_clusters * log(n_clusters))`.

    Examples
    --------
    >>> left, right = cells(np.array([[0.0, 0.0], [2.0, 0.0]]), np.zeros(2), (-1, 3, -1, 1))
    >>> left[:, 0].max().item(), right[:, 0].min().item()
    (1.0, 1.0)
    """
    spread = np.ones(2) if spread is None else spread
    low, high = np.array(box[::2], dtype=float), np.array(box[1::2], dtype=float)
    size = high - low
    # The longer side of the box becomes 1, so that no square overflows or vanishes.
    side = size / spread
    length = side.max()
    side = side / length
    with np.errstate(over="ignore"):
        places = np.clip((centers - low) / size, -FARTHEST, FARTHEST) * side
        above = np.sqrt(np.minimum((heights - heights.min()) / length / length, FARTHEST**2))
    sites = np.column_stack([places, above])
    first = np.sort(np.unique(sites, axis=0, return_index=True)[1])
    regions = [np.empty((0, 2))] * len(centers)
    # Corners are kept as shares of the box: a side that is 0 beside the other keeps its length.
    for k, corners in zip(first, _Cells(sites[first], side).divide(), strict=True):
        regions[k] = low + size * corners
    return tuple(regions)


class _Cells:
    """Convex polygons, all of them cut at the same time.

    Parameters
    ----------
    sites : ndarray of shape (n_sites, 3)
        Different points of the space, to whose nearest a place of the plane, with a last coordinate
        of 0, belongs.
    side : ndarray of shape (2,)
        Lengths of the box; the corners of cells are shares of them.
    """

    def __init__(self, sites: Floats, side: Floats) -> None:
        self._sites, self._side = sites, side
        self._corners = np.tile(CORNERS, (len(sites), 1, 1))  # in turn; beyond the count, anything
        self._count = np.full(len(sites), 4)

    def divide(self) -> list[Floats]:
        """Cut the box into the cells of all sites."""
        n_sites = len(self._sites)
        if n_sites > 1:
            nearest = _search(self._sites)
            for others in nearest(self._sites, min(NEIGHBOURS + 1, n_sites)).T[1:]:
                self._cut(np.arange(n_sites), others)
            self._settle(nearest)
        return [corners[:n] for corners, n in zip(self._corners, self._count, strict=True)]

    def _settle(self, nearest: Callable[[Floats, int], Indices]) -> None:
        """Cut cells until no site is nearer to one of their corners than their own."""
        open_cells = np.arange(len(self._sites))
        while len(open_cells := open_cells[self._count[open_cells] > 0]):
            places = self._corners[open_cells] * self._side
            rivals = nearest(np.pad(places, ((0, 0), (0, 0), (0, 1))), 1)
            beaten = np.zeros(len(open_cells), dtype=bool)
            for column in rivals[..., 0].T:
                beaten |= self._cut(open_cells, column)
            open_cells = open_cells[beaten]

    def _cut(self, cells: Indices, rivals: Indices) -> npt.NDArray[np.bool_]:
        """Take from each cell what is nearer to its rival; tell from which that was anything."""
        excess, noise = self._excess(cells, rivals)
        present = np.arange(excess.shape[1]) < self._count[cells, None]
        cut = np.any((excess > noise) & present, axis=1)
        if cut.any():
            self._clip(cells[cut], excess[cut], present[cut])
        return np.asarray(cut)

    def _excess(self, cells: Indices, rivals: Indices) -> tuple[Floats, Floats]:
        """By how much each corner is nearer to the rival, in squares, and how exact that is.

        |p - own|² - |p - rival|² = (rival - own) · (2 p - (rival + own)), which cancels least.
        """
        way = (self._sites[rivals] - self._sites[cells])[:, None]
        both = (self._sites[rivals] + self._sites[cells])[:, None]
        twice = 2 * self._corners[cells] * self._side
        flat = way[..., :2] * (twice - both[..., :2])
        upright = way[..., 2] * both[..., 2]
        terms = np.abs(way[..., :2]) * (twice + np.abs(both[..., :2]))
        noise = NOISE * (terms.sum(axis=2) + np.abs(upright))
        return flat.sum(axis=2) - upright, noise

    def _clip(self, cells: Indices, excess: Floats, present: npt.NDArray[np.bool_]) -> None:
        """Keep the part of each polygon where its `excess`, linear along the edges, is <= 0."""
        corners, width = self._corners[cells], excess.shape[1]
        following = (np.arange(width) + 1) % self._count[cells, None]
        after = np.take_along_axis(excess, following, axis=1)
        kept = present & (excess <= 0)
        crossed = present & (np.sign(excess) * np.sign(after) < 0)
        share = np.divide(excess, excess - after, out=np.zeros_like(excess), where=crossed)
        ends = np.take_along_axis(corners, following[..., None], axis=1)
        cuts = corners + share[..., None] * (ends - corners)
        # Every corner is followed by the cut on the edge that begins there; then the gaps close.
        both = np.stack([corners, cuts], axis=2).reshape(len(cells), -1, 2)
        there = np.stack([kept, crossed], axis=2).reshape(len(cells), -1)
        count = np.count_nonzero(there, axis=1)
        width = max(width, int(count.max()))
        order = np.argsort(~there, axis=1, kind="stable")[:, :width]
        self._corners = np.pad(self._corners, ((0, 0), (0, width - self._corners.shape[1]), (0, 0)))
        self._corners[cells] = np.take_along_axis(both, order[..., None], axis=1)
        self._count[cells] = count


def _search(sites: Floats) -> Callable[[Floats, int], Indices]:
    """Return what finds, for places of shape (..., 3), the n nearest sites, nearest first."""
    if len(sites) > FEW:
        from scipy.spatial import cKDTree

        tree = cKDTree(sites)
        return lambda places, n: np.asarray(tree.query(places, range(1, n + 1))[1])
    return lambda places, n: np.argsort(
        np.square(places[..., None, :] - sites).sum(axis=-1), axis=-1, kind="stable"
    )[..., :n]
