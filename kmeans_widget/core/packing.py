"""Room for points in lanes, and centres in tiles: what `kmeans_widget.core.tile` reads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from kmeans_widget.core import plain, simd

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats

_CACHE_LINE = 64

_N = TypeVar("_N", bound=np.generic)


def pack_centers(centers: Float64s, dtype: np.dtype[Any], form: int) -> tuple[Floats, Floats]:
    """Lay out centres for the tile.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features), float64
        The centres, relative to the origin of the lanes.
    dtype : numpy dtype
        Of the lanes: float32 or float64.
    form : DOT or DIFFERENCE
        See `kmeans_widget.core.tile`.

    Returns
    -------
    packed : ndarray of shape (n_tiles, n_features, centers of a tile), dtype
        The centres with their sign changed, so that one multiply-add does it. In the last tile
        there may be padding.
    start : ndarray of shape (n_tiles * centers of a tile,), dtype
        Where the sum of each score begins: at ``|c|² / 2`` or at 0. At infinity for padding, which
        therefore is never nearest.

    Examples
    --------
    >>> packed, start = pack_centers(np.array([[3.0, 4.0]]), np.dtype(np.float32), plain.DOT)
    >>> packed[0, :, 0], start[:2]
    (array([-3., -4.], dtype=float32), array([12.5,  inf], dtype=float32))
    """
    rounded = centers.astype(dtype)
    packed, start = tiled(-rounded, np.inf)
    exact = rounded.astype(np.float64)
    # Row by row, as equal centres must have equal norms wherever they stand.
    start[: len(centers)] = np.square(exact).sum(axis=1) / 2 if form == plain.DOT else 0
    return packed, start


def tiled(numbers: npt.NDArray[_N], padding: float) -> tuple[npt.NDArray[_N], npt.NDArray[_N]]:
    """Arrange rows in tiles; return them, and as many times `padding`.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_columns)
    padding : float

    Examples
    --------
    >>> tiled(np.array([[1, 2]], np.int32), 9)[0][0, :, 0]
    array([1, 2], dtype=int32)
    """
    width = simd.tile_shape(numbers.dtype.itemsize).centers
    n_rows, n_columns = numbers.shape
    n_tiles = -(-n_rows // width)
    padded = np.zeros((n_tiles * width, n_columns), numbers.dtype)
    padded[:n_rows] = numbers
    tiles = padded.reshape(n_tiles, width, n_columns).transpose(0, 2, 1)
    return np.ascontiguousarray(tiles), np.full(n_tiles * width, padding, numbers.dtype)


def new_lanes(n_features: int, dtype: np.dtype[_N], n_blocks: int = 1) -> npt.NDArray[_N]:
    """Allocate lanes, aligned to the lines of the cache.

    Parameters
    ----------
    n_features : int
    dtype : numpy dtype
        float32 or float64, or int32 for pairs.
    n_blocks : int, default=1
        Blocks of `kmeans_widget.core.simd.BLOCK` points. One block stays in the cache longest.

    Returns
    -------
    ndarray of shape (n_features, n_blocks * BLOCK), dtype
        Not initialised.

    Notes
    -----
    Where numpy allocates, half of the vectors straddle two lines: for 784 features the tile then
    takes 1.3 to 1.5 times as long, for 64 a few per cent more (Zen 3).
    """
    return aligned((n_features, n_blocks * simd.BLOCK), dtype)


def aligned(shape: tuple[int, ...], dtype: np.dtype[_N]) -> npt.NDArray[_N]:
    """Allocate an array, aligned to the lines of the cache; not initialised."""
    n_bytes = math.prod(shape) * dtype.itemsize
    memory = np.empty(n_bytes + _CACHE_LINE, np.uint8)
    skip = -memory.__array_interface__["data"][0] % _CACHE_LINE
    return np.ndarray(shape, dtype, memory, skip)
