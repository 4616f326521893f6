"""Screening in 16-bit integers, which assigns most samples of many features.

A processor multiplies and adds two pairs of 16-bit integers in the time of one pair of float32. So
samples and centres are rounded to 16 bits, and all centres are compared in integers. The error of a
score has a known bound. Where the two lowest scores are closer than that, the sample is left to
`wide.assign_rows`: the labels are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.kernels.buffers import new_points
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, GREATEST, tile_shape
from kmeans_widget.core.kernels.intrinsics.tile import nearest_two
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_to_pairs
from kmeans_widget.core.kernels.jit import kernel
from kmeans_widget.core.kernels.sums import update_labels

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels, Pairs
    from kmeans_widget.core.kernels.buffers import PackedCenters, Workspace

# Steps in the largest norm: no sum of products reaches 2**31.
_STEPS = 32000

# Error of a rounded coordinate: half a step, and the rounding of float32 before.
_HALF = 0.51


class QuantizedCenters(NamedTuple):
    """Centres rounded to 16 bits, with the bounds of the rounding error.

    Parameters
    ----------
    tiles : ndarray of shape (n_tiles, n_pairs, centers of a tile), int32, read-only
    start : ndarray of shape (n_tiles * centers of a tile,), int32, read-only
        The centres as `tile.nearest_two` takes them.
    scale : ndarray of shape (1,), dtype of X, read-only
        Steps per unit of X, for the coordinates of samples.
    score_unit : float
        Value of a score of 1, in squared units of X.
    error_slope, error_constant : float
        The error of a score is at most `error_constant` plus `error_slope` times the sample's norm.
    max_squared_norm : float
        Largest squared norm of a sample that fits.
    """

    tiles: Pairs
    start: Pairs
    scale: Floats
    score_unit: float
    error_slope: float
    error_constant: float
    max_squared_norm: float


def quantize_centers(packed: PackedCenters, X: Floats) -> QuantizedCenters | None:
    r"""Round centres to 16 bits.

    Parameters
    ----------
    packed : PackedCenters
        The centres.
    X : ndarray of shape (n, n_features), float32 or float64
        Some of the samples. The one per cent farthest from the origin need not fit: without
        outliers the steps are smaller.

    Returns
    -------
    QuantizedCenters or None
        None where all samples or all centres are at the origin, and where the steps are too large
        or too small for the dtype of X.

    Notes
    -----
    Let rounding move a sample by at most :math:`\delta_x`, half a step times the square root of the
    number of features, and a centre by at most :math:`\delta_c`, which is measured. Then the error
    of a dot product is at most

    .. math:: \delta_x \max_j \lVert c_j \rVert + \delta_c (\lVert x \rVert + \delta_x)

    by the Cauchy-Schwarz inequality, plus the rounding error in the dtype of X.
    """
    n_features, dtype = packed.exact.shape[1], packed.origin.dtype
    centers, offsets = packed.exact - packed.origin, X.astype(np.float64) - packed.origin
    usual = np.sqrt(np.sort(np.square(offsets).sum(axis=1))[len(X) - 1 - len(X) // 100])
    radius = float(np.sqrt(packed.max_squared_norm))
    largest = max(usual, radius)
    with np.errstate(all="ignore"):
        scale = dtype.type(_STEPS / np.float64(largest))
        of_sample = 1 / np.float64(scale)
        of_center = np.float64(radius) / _STEPS
        unit = of_sample * of_center
    if not (0 < dtype.type(unit) < np.inf and scale < np.inf):
        return None
    steps = np.rint(-centers / of_center)
    rounded = np.zeros((len(centers), n_features + n_features % 2), np.int16)
    rounded[:, :n_features] = steps
    tiles, start = _tiled(rounded.view(np.int32))
    start[: len(centers)] = np.rint(np.square(centers).sum(axis=1) / (2 * unit))
    sample_moved = _HALF * of_sample * float(np.sqrt(n_features))
    center_moved = float(np.sqrt(np.square(centers + steps * of_center).sum(axis=1).max()))
    error_slope = center_moved + packed.rounding * radius
    error_constant = (
        sample_moved * (radius + center_moved) + packed.rounding * packed.max_squared_norm
    )
    arrays = read_only(tiles), read_only(start), read_only(np.array([scale]))
    # Scores are compared as float32, which rounds them by up to 128.
    return QuantizedCenters(*arrays, unit, error_slope, error_constant + 256 * unit, largest**2)


class PairWorkspace(NamedTuple):
    """Scratch buffers for samples in 16-bit integers.

    Parameters
    ----------
    points : ndarray of shape (n_pairs of features, BLOCK), int32
        A block of samples, transposed.
    best, second : ndarray of shape (BLOCK,), int32
        The two lowest scores of each.
    """

    points: Pairs
    best: Pairs
    second: Pairs


def new_pairs(n_features: int) -> PairWorkspace:
    """Allocate a workspace for one thread."""
    points = new_points(-(-n_features // 2), np.dtype(np.int32))
    return PairWorkspace(points, *np.empty((2, BLOCK), np.int32))


def _tiled(pairs: Pairs) -> tuple[Pairs, Pairs]:
    """Arrange rows of pairs in tiles, and allocate where their scores start: infinite padding."""
    width = tile_shape(pairs.dtype.itemsize).centers
    n_rows, n_pairs = pairs.shape
    n_tiles = -(-n_rows // width)
    padded = np.zeros((n_tiles * width, n_pairs), np.int32)
    padded[:n_rows] = pairs
    tiles = padded.reshape(n_tiles, width, n_pairs).transpose(0, 2, 1)
    return np.ascontiguousarray(tiles), np.full(n_tiles * width, GREATEST, np.int32)


@kernel
def assign_rows_int16(  # noqa: PLR0913, PLR0917  the sums and both bounds come out of one pass
    X: Floats,
    sample_weight: Float64s,
    rows: Indices,
    packed: PackedCenters,
    quantized: QuantizedCenters,
    labels: Labels,  # OUT
    upper: Floats,  # OUT
    lower: Floats,  # OUT
    totals: Float64s,  # OUT
    uncertain: Indices,  # OUT
    pairs: PairWorkspace,
    workspace: Workspace,
) -> tuple[int, int]:
    """Assign those samples for which 16 bits suffice, and list the others.

    Parameters
    ----------
    X, sample_weight, rows, packed, labels, upper, lower, totals, workspace
        As in `wide.assign_rows`. Nothing changes for uncertain samples.
    quantized : QuantizedCenters
        The same centres.
    uncertain : ndarray of shape (at least n_rows,), intp
        Takes the uncertain samples.
    pairs : PairWorkspace

    Returns
    -------
    n_changed : int
        Number of samples whose label has changed.
    n_uncertain : int
        Number of uncertain samples.

    Notes
    -----
    Costs O(n_rows * n_clusters * n_features), two thirds of the time of `assign_rows` (Zen 3).
    """
    unit, error_constant = (
        X.dtype.type(quantized.score_unit),
        X.dtype.type(quantized.error_constant),
    )
    error_slope, max_squared_norm = (
        X.dtype.type(quantized.error_slope),
        X.dtype.type(quantized.max_squared_norm),
    )
    rounding, n_changed, n_uncertain = X.dtype.type(packed.rounding), 0, 0
    tiny = X.dtype.type(8 * packed.rounding / (X.shape[1] + 8))
    for first in range(0, rows.size, BLOCK):
        block = rows[first : first + BLOCK]
        column = 0
        while column < block.size or column % BLOCK > 0:  # the tile may be wider than a vector
            column = transpose_to_pairs(
                X,
                block,
                packed.origin,
                quantized.scale,
                pairs.points,
                workspace.norms,
                column,
            )
        column = 0
        while column < block.size:
            column = nearest_two(
                pairs.points, quantized.tiles, quantized.start, column,
                pairs.best, pairs.second, workspace.nearest,
            )  # fmt: skip
        for i in range(BLOCK):
            norm = workspace.norms[i]
            least, following = unit * pairs.best[i], unit * pairs.second[i]
            error = error_slope * np.sqrt(norm) + error_constant
            near = norm + 2 * (least + error) + rounding * norm
            far = norm + 2 * (following - error) - rounding * norm
            workspace.best[i] = np.sqrt(max(near, 0)) * (1 + tiny)
            workspace.second[i] = np.sqrt(max(far, 0)) * (1 - tiny)
            workspace.norms[i] = (
                1 if following - least > 2 * error and norm <= max_squared_norm else 0
            )
        for i in range(block.size):
            row = block[i]
            if workspace.norms[i] > 0:
                if upper.size > 0:
                    upper[row], lower[row] = workspace.best[i], workspace.second[i]
            else:
                workspace.nearest[i] = labels[row]
                uncertain[n_uncertain] = row
                n_uncertain += 1
        n_changed += update_labels(
            X,
            sample_weight,
            block,
            workspace.nearest,
            packed.origin,
            labels,
            totals,
            workspace.rows,
        )
    return n_changed, n_uncertain
