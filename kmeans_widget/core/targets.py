"""What the kernels are given besides samples: the centres, prepared, and room to work in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.core.packing import new_lanes, pack_centers
from kmeans_widget.core.plain import NARROW
from kmeans_widget.core.simd import tile_shape

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels, Pairs

STREAM_BLOCKS = 8
"""Blocks of `kmeans_widget.core.simd.BLOCK` samples that a stream takes at a time: 384."""


class Target(NamedTuple):
    """The centres, as the kernels take them.

    Parameters
    ----------
    exact : ndarray of shape (n_clusters, n_features), float64, read-only
        In the units of X.
    origin : ndarray of shape (n_features,), dtype of X, read-only
        A point amid the samples. What is counted from there keeps its digits.
    rounded : ndarray of shape (n_clusters, n_features), dtype of X, read-only
        Counted from the origin.
    packed, start : ndarray, read-only
        The same as `kmeans_widget.core.packing.pack_centers` lays them out.
    reach : float
        Largest squared norm of a rounded centre.
    unit : float
        A score is wrong by no more than `unit` times the square root of `reach` times the sum of
        that and the sample's own norm.
    unit_apart : float
        The same where lanes are summed apart, as by `kmeans_widget.core.dots`.
    """

    exact: Float64s
    origin: Floats
    rounded: Floats
    packed: Floats
    start: Floats
    reach: float
    unit: float
    unit_apart: float


def target(centers: Float64s, origin: Floats, form: int) -> Target:
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
    packed, start = pack_centers(relative, origin.dtype, form)
    rounded = relative.astype(origin.dtype)
    arrays = (np.ascontiguousarray(centers), origin, rounded, packed, start)
    for array in arrays:
        array.flags.writeable = False
    reach = float(np.einsum("ij,ij->i", relative, relative).max())
    return Target(*arrays, reach, (n_features + 8) * eps / 2, (n_apart + 8) * eps / 2)


class Room(NamedTuple):
    """Room for the kernels to work in: allocating it there would double their compile time."""

    lanes: Floats
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


def room(n_features: int, dtype: np.dtype[Any]) -> Room:
    """Allocate room for one thread."""
    lanes = new_lanes(n_features, dtype, STREAM_BLOCKS if n_features <= NARROW else 1)
    pitch = lanes.shape[1]
    best, second, norms = np.empty((3, pitch), dtype)
    nearest, (rows, changed) = np.empty(pitch, np.int32), np.empty((2, pitch), np.intp)
    pairs = new_lanes(-(-n_features // 2), np.dtype(np.int32))
    least, following = np.empty((2, pitch), np.int32)
    losses = np.empty(pitch)
    return Room(lanes, best, second, nearest, norms, rows, changed, losses, pairs, least, following)
