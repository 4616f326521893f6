"""Voronoi cells: the region of the plane that is nearest to each centroid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats, Indices

Box = tuple[float, float, float, float]

BRUTE_FORCE_SITES = 100  # up to which no k-d tree is needed: importing scipy.spatial takes 0.5 s
N_NEIGHBOURS = 12  # that cut a cell at first; most cells have about six
MAX_OFFSET = 1e100  # in map widths: larger ones could overflow when squared
ROUNDING = 1e-14  # relative error of the terms of a sum that cancels
UNIT_SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def voronoi_cells(centers: Floats, box: Box, axis_unit: Floats | None = None) -> tuple[Floats, ...]:
    """Divide `box` into the regions nearest to each centre.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, 2)
        Coordinates on the plane.
    box : (left, right, bottom, top)
        The rectangle to divide.
    axis_unit : ndarray of shape (2,), default=None
        Length along each axis that counts as a distance of 1; None: the units of the plane.

    Returns
    -------
    tuple of ndarray of shape (n_corners, 2)
        The corners of each centre's convex cell; empty for a cell outside of the box, and for all
        but the first of equal centres.

    Notes
    -----
    Each cell starts as the whole box and is cut by the bisectors with its nearest centres. Then,
    as long as another centre is nearer to one of its corners, it is cut by the bisector with that
    one. In the end all corners, and therefore the whole convex cell, belong to the cell's centre.
    Nearest centres are found with a k-d tree, so the cost is about
    `O(n_clusters * log(n_clusters))`.

    Examples
    --------
    >>> left, right = voronoi_cells(np.array([[0.0, 0.0], [2.0, 0.0]]), (-1, 3, -1, 1))
    >>> left[:, 0].max().item(), right[:, 0].min().item()
    (1.0, 1.0)
    """
    axis_unit = np.ones(2) if axis_unit is None else axis_unit
    low, high = np.array(box[::2], dtype=float), np.array(box[1::2], dtype=float)
    size = high - low
    # Rescale so that the longer side of the box is 1 and squares neither overflow nor underflow.
    side = size / axis_unit
    side = side / side.max()
    with np.errstate(over="ignore"):
        sites = np.clip((centers - low) / size, -MAX_OFFSET, MAX_OFFSET) * side
    distinct = np.sort(np.unique(sites, axis=0, return_index=True)[1])
    cells = [np.empty((0, 2))] * len(centers)
    # Corners are stored as shares of the box, so a side that is tiny beside the other is not lost.
    for k, corners in zip(distinct, _Cells(sites[distinct], side).compute(), strict=True):
        cells[k] = low + size * corners
    return tuple(cells)


class _Cells:
    """The cells of all sites, as convex polygons that are cut simultaneously.

    Parameters
    ----------
    sites : ndarray of shape (n_sites, 2)
        Distinct points.
    side : ndarray of shape (2,)
        Side lengths of the box; corners are stored as shares of them.
    """

    def __init__(self, sites: Floats, side: Floats) -> None:
        self._sites, self._side = sites, side
        self._corners = np.tile(UNIT_SQUARE, (len(sites), 1, 1))  # padded: `_count` are in use
        self._count = np.full(len(sites), 4)

    def compute(self) -> list[Floats]:
        """Return the corners of each cell."""
        n_sites = len(self._sites)
        if n_sites > 1:
            nearest = _nearest_sites(self._sites)
            for others in nearest(self._sites, min(N_NEIGHBOURS + 1, n_sites)).T[1:]:
                self._cut(np.arange(n_sites), others)
            self._refine(nearest)
        return [corners[:n] for corners, n in zip(self._corners, self._count, strict=True)]

    def _refine(self, nearest: Callable[[Floats, int], Indices]) -> None:
        """Cut cells until the site nearest to every corner is the cell's own."""
        active = np.arange(len(self._sites))
        while len(active := active[self._count[active] > 0]):
            corners = self._corners[active] * self._side
            others = nearest(corners, 1)
            changed = np.zeros(len(active), dtype=bool)
            for column in others[..., 0].T:
                changed |= self._cut(active, column)
            active = active[changed]

    def _cut(self, cells: Indices, others: Indices) -> npt.NDArray[np.bool_]:
        """Remove from each cell what is nearer to another site; return which cells changed."""
        excess, error = self._excess(cells, others)
        used = np.arange(excess.shape[1]) < self._count[cells, None]
        cut = np.any((excess > error) & used, axis=1)
        if cut.any():
            self._clip(cells[cut], excess[cut], used[cut])
        return np.asarray(cut)

    def _excess(self, cells: Indices, others: Indices) -> tuple[Floats, Floats]:
        """Return how much nearer each corner is to the other site, squared, and the rounding error.

        |p - own|² - |p - other|² = (other - own) · (2 p - (other + own)); this form cancels least.
        """
        difference = (self._sites[others] - self._sites[cells])[:, None]
        total = (self._sites[others] + self._sites[cells])[:, None]
        twice = 2 * self._corners[cells] * self._side
        excess = (difference * (twice - total)).sum(axis=2)
        terms = np.abs(difference) * (twice + np.abs(total))
        return excess, ROUNDING * terms.sum(axis=2)

    def _clip(self, cells: Indices, excess: Floats, used: npt.NDArray[np.bool_]) -> None:
        """Keep the part of each polygon where `excess`, which is linear along edges, is <= 0."""
        corners, width = self._corners[cells], excess.shape[1]
        following = (np.arange(width) + 1) % self._count[cells, None]
        after = np.take_along_axis(excess, following, axis=1)
        kept = used & (excess <= 0)
        crossed = used & (np.sign(excess) * np.sign(after) < 0)
        share = np.divide(excess, excess - after, out=np.zeros_like(excess), where=crossed)
        ends = np.take_along_axis(corners, following[..., None], axis=1)
        crossings = corners + share[..., None] * (ends - corners)
        # Interleave corners with the crossings on the edges that start there, then close the gaps.
        candidates = np.stack([corners, crossings], axis=2).reshape(len(cells), -1, 2)
        valid = np.stack([kept, crossed], axis=2).reshape(len(cells), -1)
        count = np.count_nonzero(valid, axis=1)
        width = max(width, int(count.max()))
        order = np.argsort(~valid, axis=1, kind="stable")[:, :width]
        self._corners = np.pad(self._corners, ((0, 0), (0, width - self._corners.shape[1]), (0, 0)))
        self._corners[cells] = np.take_along_axis(candidates, order[..., None], axis=1)
        self._count[cells] = count


def _nearest_sites(sites: Floats) -> Callable[[Floats, int], Indices]:
    """Return a function that finds, for points of shape (..., 2), the n nearest sites in order."""
    if len(sites) > BRUTE_FORCE_SITES:
        from scipy.spatial import cKDTree

        tree = cKDTree(sites)
        return lambda points, n: np.asarray(tree.query(points, range(1, n + 1))[1])
    return lambda points, n: np.argsort(
        np.square(points[..., None, :] - sites).sum(axis=-1), axis=-1, kind="stable"
    )[..., :n]
