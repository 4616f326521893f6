"""Most labels from 16 bits: whole numbers tell which centre is nearest, except for close calls.

A processor multiplies and adds two pairs of 16-bit numbers where it does one pair of float32. So
samples and centres are rounded to 16 bits first, and all centres are compared like that. How wrong
a score can be is known beforehand. Where the two least are closer than that, the sample is left to
`wide.assign_rows`: the labels are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, GREATEST
from kmeans_widget.core.kernels.intrinsics.tile import nearest_two_of_pairs
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_to_pairs
from kmeans_widget.core.kernels.jit import kernel
from kmeans_widget.core.kernels.layout import tiled
from kmeans_widget.core.kernels.sums import update_labels

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels, Pairs
    from kmeans_widget.core.kernels.layout import PackedCenters, Workspace

# Steps in the largest norm: with it no sum of products reaches 2**31.
_STEPS = 32000

# A rounded coordinate is wrong by half a step, and by what float32 rounds in between.
_HALF = 0.51


class QuantizedCenters(NamedTuple):
    """Centres rounded to 16 bits, and what that costs.

    Parameters
    ----------
    tiles : ndarray of shape (n_tiles, n_pairs, centers of a tile), int32, read-only
    start : ndarray of shape (n_tiles * centers of a tile,), int32, read-only
        The centres as `tile.nearest_two_of_pairs` takes them.
    scale : ndarray of shape (1,), dtype of X, read-only
        Steps of a sample's coordinate in a unit of X.
    score_unit : float
        What a score of 1 stands for, in squared units of X.
    error_slope, error_constant : float
        The error of a score is at most `error_constant` plus `error_slope` times the sample's norm.
    max_squared_norm : float
        Largest squared norm of a sample that can be rounded.
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
        The centres, packed for dot products.
    X : ndarray of shape (n, n_features), float32 or float64
        Some of the samples. The hundredth that lies farthest from the origin is not to be rounded:
        without outliers steps are smaller.

    Returns
    -------
    Screen or None
        None where all samples or all centres are at the origin, and where numbers are so large or
        so small that steps are beyond the numbers of X.

    Notes
    -----
    Let rounding move a sample by no more than :math:`\delta_x`, half a step times the root of the
    number of features, and a centre by no more than :math:`\delta_c`, which is measured. Then a dot
    product is wrong by no more than

    .. math:: \delta_x \max_j \lVert c_j \rVert + \delta_c (\lVert x \rVert + \delta_x)

    by Cauchy and Schwarz. To that comes the rounding of numbers in the type of X.
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
    tiles, start = tiled(rounded.view(np.int32), GREATEST)
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
    workspace: Workspace,
) -> tuple[int, int]:
    """Assign some samples where 16 bits suffice, and list the others.

    Parameters
    ----------
    X, sample_weight, rows, to, labels, upper, lower, totals, room
        As in `wide.assign_rows`. Of a sample in doubt all is left as it
        was.
    quantized : QuantizedCenters
        The same centres.
    uncertain : ndarray of shape (at least n_rows,), intp
        Takes the samples in doubt.

    Returns
    -------
    n_changed : int
        Samples whose label is another than before.
    n_uncertain : int
        Length of the list.

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
                workspace.pairs,
                workspace.norms,
                column,
            )
        column = 0
        while column < block.size:
            column = nearest_two_of_pairs(
                workspace.pairs, quantized.tiles, quantized.start, column,
                workspace.least, workspace.next, workspace.nearest,
            )  # fmt: skip
        for i in range(BLOCK):
            norm = workspace.norms[i]
            least, following = unit * workspace.least[i], unit * workspace.next[i]
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
            workspace.changed,
        )
    return n_changed, n_uncertain
