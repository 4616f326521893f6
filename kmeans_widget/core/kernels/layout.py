"""Arrays as the kernels read them: packed centres, transposed samples, and space to work in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from kmeans_widget.core.kernels.intrinsics import llvm
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, NARROW, tile_shape
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_block
from kmeans_widget.core.kernels.jit import kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels, Pairs

_CACHE_LINE = 64

_N = TypeVar("_N", bound=np.generic)


def tile_centers(centers: Float64s, dtype: np.dtype[Any], form: int) -> tuple[Floats, Floats]:
    """Lay out centres for the tile.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features), float64
        The centres, relative to the origin of the lanes.
    dtype : numpy dtype
        Of the lanes: float32 or float64.
    form : DOT or DIFFERENCE
        See `tile`.

    Returns
    -------
    tiles : ndarray of shape (n_tiles, n_features, centers of a tile), dtype
        The centres with their sign changed, so that one multiply-add does it. In the last tile
        there may be padding.
    start : ndarray of shape (n_tiles * centers of a tile,), dtype
        Where the sum of each score begins: at ``|c|² / 2`` or at 0. At infinity for padding, which
        therefore is never nearest.

    Examples
    --------
    >>> packed, start = tile_centers(np.array([[3.0, 4.0]]), np.dtype(np.float32), llvm.DOT)
    >>> packed[0, :, 0], start[:2]
    (array([-3., -4.], dtype=float32), array([12.5,  inf], dtype=float32))
    """
    rounded = centers.astype(dtype)
    tiles, start = tiled(-rounded, np.inf)
    exact = rounded.astype(np.float64)
    # Row by row, as equal centres must have equal norms wherever they stand.
    start[: len(centers)] = np.square(exact).sum(axis=1) / 2 if form == llvm.DOT else 0
    return tiles, start


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
    width = llvm.tile_shape(numbers.dtype.itemsize).centers
    n_rows, n_columns = numbers.shape
    n_tiles = -(-n_rows // width)
    padded = np.zeros((n_tiles * width, n_columns), numbers.dtype)
    padded[:n_rows] = numbers
    tiles = padded.reshape(n_tiles, width, n_columns).transpose(0, 2, 1)
    return np.ascontiguousarray(tiles), np.full(n_tiles * width, padding, numbers.dtype)


def new_points(n_features: int, dtype: np.dtype[_N], n_blocks: int = 1) -> npt.NDArray[_N]:
    """Allocate lanes, aligned to the lines of the cache.

    Parameters
    ----------
    n_features : int
    dtype : numpy dtype
        float32 or float64, or int32 for pairs.
    n_blocks : int, default=1
        Blocks of `llvm.BLOCK` points. One block stays in the cache longest.

    Returns
    -------
    ndarray of shape (n_features, n_blocks * BLOCK), dtype
        Not initialised.

    Notes
    -----
    Where numpy allocates, half of the vectors straddle two lines: for 784 features the tile then
    takes 1.3 to 1.5 times as long, for 64 a few per cent more (Zen 3).
    """
    return aligned((n_features, n_blocks * llvm.BLOCK), dtype)


def aligned(shape: tuple[int, ...], dtype: np.dtype[_N]) -> npt.NDArray[_N]:
    """Allocate an array, aligned to the lines of the cache; not initialised."""
    n_bytes = math.prod(shape) * dtype.itemsize
    memory = np.empty(n_bytes + _CACHE_LINE, np.uint8)
    skip = -memory.__array_interface__["data"][0] % _CACHE_LINE
    return np.ndarray(shape, dtype, memory, skip)


STREAM_BLOCKS = 8
"""Blocks of `llvm.BLOCK` samples that a stream takes at a time: 384."""


class PackedCenters(NamedTuple):
    """The centres, as the kernels take them.

    Parameters
    ----------
    exact : ndarray of shape (n_clusters, n_features), float64, read-only
        In the units of X.
    origin : ndarray of shape (n_features,), dtype of X, read-only
        A point amid the samples. What is counted from there keeps its digits.
    rounded : ndarray of shape (n_clusters, n_features), dtype of X, read-only
        Counted from the origin.
    tiles, start : ndarray, read-only
        The same as `layout.tile_centers` lays them out.
    max_squared_norm : float
        Largest squared norm of a rounded centre.
    rounding : float
        The error of a score is at most `rounding` times the largest norm of a centre times the
        sum of that norm and the sample's own.
    rounding_rowwise : float
        The same where lanes are summed apart, as by `rowwise`.
    """

    exact: Float64s
    origin: Floats
    rounded: Floats
    tiles: Floats
    start: Floats
    max_squared_norm: float
    rounding: float
    rounding_rowwise: float


def pack_centers(centers: Float64s, origin: Floats, form: int) -> PackedCenters:
    """Prepare centres for the kernels.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features), float64
    origin : ndarray of shape (n_features,), float32 or float64
        A point amid the samples, with the dtype of theirs.
    form : DOT or DIFFERENCE
        The formula that the kernel uses.

    Notes
    -----
    A sum of n products is wrong by n units in the last place of the product of the norms at the
    worst. The eight that are added cover the rounding of the operands. Where lanes are summed
    apart, n is the length of such a sum, and adding these up comes to it.
    """
    n_features, eps = centers.shape[1], float(np.finfo(origin.dtype).eps)
    n_lanes = tile_shape(origin.dtype.itemsize).lanes
    n_apart = -(-n_features // n_lanes) + n_lanes
    relative = centers - origin
    tiles, start = tile_centers(relative, origin.dtype, form)
    rounded = relative.astype(origin.dtype)
    arrays = (np.ascontiguousarray(centers), origin, rounded, tiles, start)
    for array in arrays:
        array.flags.writeable = False
    max_squared_norm = float(np.einsum("ij,ij->i", relative, relative).max())
    return PackedCenters(
        *arrays, max_squared_norm, (n_features + 8) * eps / 2, (n_apart + 8) * eps / 2
    )


class Workspace(NamedTuple):
    """Room for the kernels to work in: allocating it there would double their compile time."""

    points: Floats
    best: Floats
    second: Floats
    nearest: Labels
    norms: Floats
    rows: Indices
    changed: Indices
    losses: Float64s
    pairs: Pairs
    least: Pairs
    next: Pairs


def new_workspace(n_features: int, dtype: np.dtype[Any]) -> Workspace:
    """Allocate room for one thread."""
    points = new_points(n_features, dtype, STREAM_BLOCKS if n_features <= NARROW else 1)
    pitch = points.shape[1]
    best, second, norms = np.empty((3, pitch), dtype)
    nearest, (rows, changed) = np.empty(pitch, np.int32), np.empty((2, pitch), np.intp)
    pairs = new_points(-(-n_features // 2), np.dtype(np.int32))
    least, following = np.empty((2, pitch), np.int32)
    losses = np.empty(pitch)
    return Workspace(
        points, best, second, nearest, norms, rows, changed, losses, pairs, least, following
    )


NUMPY_BELOW = 20_000
"""Numbers that are not worth a compilation."""


class TransposedSamples(NamedTuple):
    """Samples as these kernels take them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
    sample_weight : ndarray of shape (n_samples,) or (0,), float64, read-only
        Of size 0 when each weighs 1.
    origin : ndarray of shape (n_features,), dtype of X, read-only
    blocks : ndarray of shape (n_blocks, n_features, pitch), dtype of X
        The samples once more, one in each lane, counted from the origin; the last one is repeated.
    norms : ndarray of shape (n_blocks, pitch), dtype of X
        Their squared norms, counted from there; of no size for a few features.
    """

    X: Floats
    sample_weight: Float64s
    origin: Floats
    blocks: Floats
    norms: Floats


def transposed_copy(X: Floats, sample_weight: Float64s, origin: Floats) -> TransposedSamples:
    """Lay out samples for these kernels: a copy of them, aligned to the lines of the cache."""
    n_samples, n_features = X.shape
    pitch = BLOCK * (min(-(-n_samples // BLOCK), STREAM_BLOCKS) if n_features <= NARROW else 1)
    n_blocks = -(-n_samples // pitch)
    blocks = aligned((n_blocks, n_features, pitch), X.dtype)
    norms = np.zeros((n_blocks, pitch if n_features > NARROW else 0), X.dtype)
    if X.size <= NUMPY_BELOW:
        _transpose_blocks_numpy(X, origin, blocks, norms)
    else:
        _transpose_blocks(X, origin, blocks, norms, np.empty(pitch, np.intp))
    return TransposedSamples(X, sample_weight, origin, blocks, norms)


def _transpose_blocks_numpy(
    X: Floats,
    origin: Floats,
    blocks: Floats,  # OUT
    norms: Floats,  # OUT
) -> None:
    """Do what `_transpose_blocks` does, without a compilation."""
    n_features, pitch = blocks.shape[1:]
    n_full, n_left = divmod(len(X), pitch)
    blocks[:n_full] = X[: n_full * pitch].reshape(n_full, pitch, n_features).transpose(0, 2, 1)
    if n_left > 0:
        blocks[n_full, :, :n_left] = X[-n_left:].T
        blocks[n_full, :, n_left:] = X[-1:].T
    blocks -= origin[:, np.newaxis]
    if norms.size > 0:
        np.einsum("bfi,bfi->bi", blocks, blocks, out=norms)


@kernel
def _transpose_blocks(
    X: Floats,
    origin: Floats,
    blocks: Floats,  # OUT
    norms: Floats,  # OUT; zeros before
    rows: Indices,
) -> None:
    """Copy samples into the lanes of blocks, and square their norms.

    20,000 x 64 numbers take 0.6 ms, where numpy takes 2.8 (Zen 3).
    """
    pitch = blocks.shape[2]
    for b in range(blocks.shape[0]):
        points = blocks[b]
        transpose_block(X, b * pitch, origin, points, rows)
        if norms.size > 0:
            for feature in range(X.shape[1]):
                for i in range(pitch):
                    norms[b, i] += points[feature, i] * points[feature, i]
