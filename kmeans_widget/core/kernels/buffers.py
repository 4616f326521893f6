"""Arrays as the kernels read them: packed centres, transposed samples and workspaces."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from kmeans_widget.core.kernels.intrinsics import llvm
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, NARROW
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_block
from kmeans_widget.core.kernels.jit import inlined, kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels

NUMPY_BELOW = 20_000
"""Below this many elements, numpy is used instead of compiling a kernel."""

_CACHE_LINE = 64
_STREAM_BLOCKS = 8  # blocks of narrow samples in a workspace: 384 samples

_N = TypeVar("_N", bound=np.generic)


def aligned(shape: tuple[int, ...], dtype: np.dtype[_N]) -> npt.NDArray[_N]:
    """Allocate an array that starts at a cache line; not initialised."""
    n_bytes = math.prod(shape) * dtype.itemsize
    memory = np.empty(n_bytes + _CACHE_LINE, np.uint8)
    skip = -memory.__array_interface__["data"][0] % _CACHE_LINE
    return np.ndarray(shape, dtype, memory, skip)


def new_points(n_features: int, dtype: np.dtype[_N], n_blocks: int = 1) -> npt.NDArray[_N]:
    """Allocate transposed points, a point in every column; not initialised.

    Parameters
    ----------
    n_features : int
    dtype : numpy dtype
        float32 or float64, or int32 for pairs of 16-bit integers.
    n_blocks : int, default=1
        Number of blocks of `llvm.BLOCK` points. A single block stays in the cache longest.

    Returns
    -------
    ndarray of shape (n_features, n_blocks * BLOCK), dtype

    Notes
    -----
    Aligned to cache lines. With numpy's alignment half of the vectors straddle two lines: the tile
    then takes 1.3 to 1.5 times as long for 784 features, a few per cent more for 64 (Zen 3).
    """
    return aligned((n_features, n_blocks * BLOCK), dtype)


# -- centres ---------------------------------------------------------------------------------------


class Tiles(NamedTuple):
    """Centres as the tile kernels read them.

    Parameters
    ----------
    negated : ndarray of shape (n_tiles, n_features, centers of a tile), float32 or float64
        The centres relative to the origin, with their sign changed, so that one multiply-add is a
        step of a score.
    half_norms : ndarray of shape (n_tiles * centers of a tile,), dtype of `negated`
        ``|c|² / 2``, where scores by dot product start.

    The padding of the last tile is at infinity, and never nearest.
    """

    negated: Floats
    half_norms: Floats


class PackedCenters(NamedTuple):
    """Centres prepared for the kernels.

    Parameters
    ----------
    exact : ndarray of shape (n_clusters, n_features), float64, read-only
        In the units of X.
    origin : ndarray of shape (n_features,), dtype of X, read-only
        Reference point among the samples. Coordinates relative to it keep their digits.
    rounded : ndarray of shape (n_clusters, n_features), dtype of X, read-only
        The centres relative to the origin.
    tiles : Tiles, read-only
    max_squared_norm : float
        Largest squared norm of a centre relative to the origin.
    rounding : float
        The error of a score by dot product is at most `rounding` times the largest norm of a
        centre, times the sum of that norm and the sample's.
    rounding_rowwise : float
        The same for the summation order of `intrinsics.rowwise`.
    """

    exact: Float64s
    origin: Floats
    rounded: Floats
    tiles: Tiles
    max_squared_norm: float
    rounding: float
    rounding_rowwise: float


def new_tiles(n_clusters: int, n_features: int, dtype: np.dtype[Any]) -> Tiles:
    """Allocate tiles for `fill_tiles`."""
    width = llvm.tile_shape(dtype.itemsize).centers
    n_tiles = -(-n_clusters // width)
    shape = n_tiles, n_features, width
    return Tiles(np.empty(shape, dtype), np.empty(n_tiles * width, dtype))


@inlined
def fill_tiles(
    centers: Float64s,
    origin: Floats,
    tiles: Tiles,  # OUT
) -> float:
    """Write centres into tiles; return the largest squared norm relative to the origin."""
    n_tiles, n_features, width = tiles.negated.shape
    n_clusters, max_squared_norm = centers.shape[0], 0.0
    for j in range(n_tiles * width):
        tile, place, norm, exact = j // width, j % width, 0.0, 0.0
        for feature in range(n_features):
            offset = centers[j, feature] - origin[feature] if j < n_clusters else -np.inf
            tiles.negated[tile, feature, place] = -offset
            rounded = np.float64(tiles.negated[tile, feature, place])
            norm += rounded * rounded
            exact += offset * offset
        tiles.half_norms[j] = norm / 2
        if j < n_clusters:
            max_squared_norm = max(max_squared_norm, exact)
    return max_squared_norm


def pack_centers(centers: Float64s, origin: Floats) -> PackedCenters:
    """Prepare centres, or points to measure distances from, for the kernels.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features), float64
    origin : ndarray of shape (n_features,), float32 or float64
        Reference point among the samples, in their dtype.

    Notes
    -----
    The error of a sum of n products is at most n units in the last place of the product of the
    norms. Eight are added for the rounding of the operands. Where the lanes of a vector are summed
    separately, n is the length of such a sum plus the number of lanes.

    Examples
    --------
    >>> packed = pack_centers(np.array([[3.0, 4.0]]), np.zeros(2, np.float32))
    >>> packed.tiles.negated[0, :, 0], packed.tiles.half_norms[:2]
    (array([-3., -4.], dtype=float32), array([12.5,  inf], dtype=float32))
    """
    n_features, eps = centers.shape[1], float(np.finfo(origin.dtype).eps)
    n_lanes = llvm.tile_shape(origin.dtype.itemsize).lanes
    n_apart = -(-n_features // n_lanes) + n_lanes
    exact, rounded = np.ascontiguousarray(centers), (centers - origin).astype(origin.dtype)
    tiles = new_tiles(len(centers), n_features, origin.dtype)
    max_squared_norm = fill_tiles(exact, origin, tiles)
    for array in (exact, origin, rounded, *tiles):
        array.flags.writeable = False
    return PackedCenters(
        exact,
        origin,
        rounded,
        tiles,
        max_squared_norm,
        (n_features + 8) * eps / 2,
        (n_apart + 8) * eps / 2,
    )


# -- samples ---------------------------------------------------------------------------------------


class TransposedSamples(NamedTuple):
    """Samples with a transposed copy, for kernels that run over them many times.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
    sample_weight : ndarray of shape (n_samples,) or (0,), float64, read-only
        Of size 0 when each weighs 1.
    origin : ndarray of shape (n_features,), dtype of X, read-only
    blocks : ndarray of shape (n_blocks, n_features, pitch), dtype of X
        The samples relative to the origin, one in every column; the last one is repeated.
    norms : ndarray of shape (n_blocks, pitch), dtype of X
        Their squared norms; of size 0 up to `llvm.NARROW` features.
    """

    X: Floats
    sample_weight: Float64s
    origin: Floats
    blocks: Floats
    norms: Floats


def transposed_copy(X: Floats, sample_weight: Float64s, origin: Floats) -> TransposedSamples:
    """Transpose samples block by block."""
    n_samples, n_features = X.shape
    pitch = BLOCK * (min(-(-n_samples // BLOCK), _STREAM_BLOCKS) if n_features <= NARROW else 1)
    n_blocks = -(-n_samples // pitch)
    blocks = aligned((n_blocks, n_features, pitch), X.dtype)
    norms = np.zeros((n_blocks, pitch if n_features > NARROW else 0), X.dtype)
    if X.size <= NUMPY_BELOW:
        _fill_with_numpy(X, origin, blocks, norms)
    else:
        _fill(X, origin, blocks, norms, np.empty(pitch, np.intp))
    return TransposedSamples(X, sample_weight, origin, blocks, norms)


def _fill_with_numpy(
    X: Floats,
    origin: Floats,
    blocks: Floats,  # OUT
    norms: Floats,  # OUT
) -> None:
    """Do what `_fill` does, without a compilation."""
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
def _fill(
    X: Floats,
    origin: Floats,
    blocks: Floats,  # OUT
    norms: Floats,  # OUT; zeros before
    rows: Indices,
) -> None:
    """Transpose samples block by block, and compute their squared norms.

    Takes 0.6 ms for 20,000 x 64, numpy 2.8 ms (Zen 3).
    """
    pitch = blocks.shape[2]
    for b in range(blocks.shape[0]):
        points = blocks[b]
        transpose_block(X, b * pitch, origin, points, rows)
        if norms.size > 0:
            for feature in range(X.shape[1]):
                for i in range(pitch):
                    norms[b, i] += points[feature, i] * points[feature, i]


# -- workspace -------------------------------------------------------------------------------------


class Workspace(NamedTuple):
    """Scratch buffers of a kernel: allocating them there would double its compile time.

    Parameters
    ----------
    points : ndarray of shape (n_features, pitch), dtype of X
        A block of samples, transposed.
    best, second, norms : ndarray of shape (pitch,), dtype of X
        The two lowest scores of each, and its squared norm.
    nearest : ndarray of shape (pitch,), int32
    rows : ndarray of shape (pitch,), intp
    losses : ndarray of shape (pitch,), float64
    """

    points: Floats
    best: Floats
    second: Floats
    norms: Floats
    nearest: Labels
    rows: Indices
    losses: Float64s


def new_workspace(n_features: int, dtype: np.dtype[Any]) -> Workspace:
    """Allocate a workspace for one thread."""
    n_blocks = _STREAM_BLOCKS if n_features <= NARROW else 1
    return workspace_around(new_points(n_features, dtype, n_blocks))


def workspace_around(points: Floats) -> Workspace:
    """Allocate the rest of a workspace for a block of transposed points."""
    pitch, dtype = points.shape[1], points.dtype
    return Workspace(
        points,
        np.empty(pitch, dtype),
        np.empty(pitch, dtype),
        np.empty(pitch, dtype),
        np.empty(pitch, np.int32),
        np.empty(pitch, np.intp),
        np.empty(pitch),
    )
