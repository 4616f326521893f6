"""Sums of Euclidean distances from some points to every cluster, for silhouettes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.kernels.buffers import aligned, new_points
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, tile_shape
from kmeans_widget.core.kernels.intrinsics.tile import squared_distances
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_block
from kmeans_widget.core.kernels.jit import kernel

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Indices

_GROUP = 8  # tiles whose distances to a block of points stay in the first-level cache


def as_tiles(X: Float64s) -> Float64s:
    """Copy samples into tiles, as `squared_distances` reads them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float64

    Returns
    -------
    ndarray of shape (n_tiles, n_features, samples of a tile), float64
        The negated samples; zeros after the last one.
    """
    n_samples, n_features = X.shape
    width = tile_shape(8).centers
    n_tiles = -(-n_samples // width)
    tiles = np.zeros((n_tiles, n_features, width))
    n_full, n_left = divmod(n_samples, width)
    full = X[: n_full * width].reshape(n_full, width, n_features)
    np.negative(full.transpose(0, 2, 1), out=tiles[:n_full])
    if n_left > 0:
        np.negative(X[-n_left:].T, out=tiles[n_full, :, :n_left])
    return tiles


def distance_sums(points: Float64s, tiles: Float64s, labels: Indices, n_clusters: int) -> Float64s:
    r"""Add up the distances from each point to the samples of each cluster.

    Parameters
    ----------
    points : ndarray of shape (n_points, n_features), float64, C-contiguous
    tiles : ndarray
        The samples, see `as_tiles`.
    labels : ndarray of shape (n_samples,), intp
        The cluster of each sample, from 0 to `n_clusters` - 1.
    n_clusters : int

    Returns
    -------
    ndarray of shape (n_points, n_clusters), float64
        In the units of X.

    Notes
    -----
    .. math:: S_{ij} = \sum_{m: l_m = j} \lVert p_i - x_m \rVert

    Differences come before squares, so nothing cancels far from the origin, and the distance of a
    point to itself is exactly 0. Costs O(n_points * n_samples * n_features), most of it in square
    roots up to some ten features; no distance is kept.
    """
    n_features, width = tiles.shape[1:]
    sums = np.zeros((-(-len(points) // BLOCK), n_clusters, BLOCK))
    _add_distances(
        points,
        tiles,
        labels,
        np.zeros(n_features),
        new_points(n_features, np.dtype(np.float64)),
        np.empty(BLOCK, np.intp),
        aligned((_GROUP * width, BLOCK), np.dtype(np.float64)),
        sums,
    )
    return np.asarray(sums.transpose(0, 2, 1).reshape(-1, n_clusters)[: len(points)])


@kernel
def _add_distances(
    points: Float64s,
    tiles: Float64s,
    labels: Indices,
    origin: Float64s,
    block: Float64s,  # OUT
    rows: Indices,  # OUT
    found: Float64s,  # OUT
    sums: Float64s,  # OUT
) -> None:
    """Add up distances: a block of points, one in each lane, meets one group of tiles at a time.

    The loops over a block have no sum across lanes, so they are vectorised as they are written.
    """
    width = tiles.shape[2]
    for b in range(sums.shape[0]):
        transpose_block(points, b * BLOCK, origin, block, rows)
        for first in range(0, tiles.shape[0], _GROUP):
            group, column = tiles[first : first + _GROUP], 0
            while column < BLOCK:
                column = squared_distances(block, group, column, found)
            start = first * width
            for j in range(start, min(start + _GROUP * width, labels.size)):
                own, total = found[j - start], sums[b, labels[j]]
                for i in range(BLOCK):
                    total[i] += np.sqrt(own[i])
