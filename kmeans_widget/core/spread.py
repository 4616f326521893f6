"""k-means++ on few samples: all draws in one call of a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.jit import kernel, part
from kmeans_widget.core.packing import aligned
from kmeans_widget.core.plain import DIFFERENCE
from kmeans_widget.core.simd import tile_shape
from kmeans_widget.core.tile import scores

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices
    from kmeans_widget.core.lanes import Lanes


def spread(lanes: Lanes, first: int, numbers: Float64s) -> Indices:
    """Choose samples far from each other.

    Parameters
    ----------
    lanes : Lanes
        The samples.
    first : int
        The first choice.
    numbers : ndarray of shape (n_clusters - 1, n_trials), float64
        From 0 to 1: those that the candidates for each further choice are drawn with.

    Returns
    -------
    ndarray of shape (n_clusters,), intp
        See `kmeans_widget.core.initialization.draw_plus_plus`.
    """
    n_more, n_trials = numbers.shape
    n_blocks, n_features, pitch = lanes.blocks.shape
    dtype = lanes.X.dtype
    width = tile_shape(dtype.itemsize).centers
    n_tiles = -(-n_trials // width)
    chosen = np.empty(n_more + 1, np.intp)
    chosen[0] = first
    if n_more > 0:
        weights = np.zeros((n_blocks, pitch))
        given = lanes.sample_weight if lanes.sample_weight.size else 1.0
        weights.reshape(-1)[: len(lanes.X)] = given
        _spread(
            lanes.blocks,
            weights,
            numbers,
            np.zeros((n_tiles, n_features, width), dtype),
            np.zeros(n_tiles * width, dtype),
            aligned((n_blocks, n_tiles * width, pitch), dtype),
            np.full((n_blocks, pitch), np.inf, dtype),
            np.empty((n_trials, n_blocks)),
            np.empty(n_trials, np.intp),
            chosen,
        )
    return chosen


@kernel
def _spread(  # noqa: PLR0913, PLR0917  allocating in a kernel would double its compile time
    blocks: Floats,
    weights: Float64s,
    numbers: Float64s,
    packed: Floats,  # OUT
    start: Floats,  # OUT
    distances: Floats,  # OUT
    closest: Floats,  # OUT
    masses: Float64s,  # OUT
    candidates: Indices,  # OUT
    chosen: Indices,  # OUT
) -> None:
    r"""Choose one sample after the other.

    Parameters
    ----------
    blocks : ndarray of shape (n_blocks, n_features, pitch), dtype of X
        The samples, see `kmeans_widget.core.lanes.Lanes`.
    weights : ndarray of shape (n_blocks, pitch), float64
        Their weights; 0 in the lanes behind the last sample.
    numbers
        As in `spread`.
    packed, start : ndarray
        Room for the candidates, as `kmeans_widget.core.packing.pack_centers` lays them out: zeros.
    distances : ndarray of shape (n_blocks, size of `start`, pitch), dtype of X
        Room for their squared distances to all samples.
    closest : ndarray of shape (n_blocks, pitch), dtype of X
        Room for the squared distances to the closest choice: infinite.
    masses : ndarray of shape (n_trials, n_blocks), float64
        Room for the weighted sums over each block of what candidates would leave of these.
    candidates : ndarray of shape (n_trials,), intp
    chosen : ndarray of shape (n_clusters,), intp
        Begins with the first choice.

    Notes
    -----
    Of the candidates the one is taken that leaves the least of

    .. math:: \phi_c = \sum_i w_i \min(D_i^2, \lVert x_i - c \rVert^2)

    Costs O(n_samples * n_clusters * n_trials * n_features).
    """
    (n_blocks, n_features, pitch), width, taken = blocks.shape, packed.shape[2], 0
    for i in range(chosen.size):
        n_candidates = numbers.shape[1] if i > 0 else 1
        for t in range(n_candidates):
            row = chosen[0]
            if i > 0:
                row = _find(masses[taken], closest, weights, numbers[i - 1, t])
            candidates[t] = row
            for feature in range(n_features):
                packed[t // width, feature, t % width] = -blocks[row // pitch, feature, row % pitch]
        for b in range(n_blocks):
            block, found, near, column = blocks[b], distances[b], closest[b], 0
            while column < pitch:
                column = scores(block, packed, start, column, DIFFERENCE, found)
            for t in range(n_candidates):
                masses[t, b] = _mass(found[t], near, weights[b])
        taken = _least(masses, n_candidates)
        chosen[i] = candidates[taken]
        for b in range(n_blocks):
            for j in range(pitch):
                closest[b, j] = min(closest[b, j], distances[b, taken, j])


@part
def _least(masses: Float64s, n_candidates: int) -> int:
    """Find the candidate with the least sum, of equals the first."""
    taken, least = 0, np.inf
    for t in range(n_candidates):
        potential = 0.0
        for b in range(masses.shape[1]):
            potential += masses[t, b]
        if potential < least:
            taken, least = t, potential
    return taken


@part
def _mass(distances: Floats, closest: Floats, weights: Float64s) -> float:
    """Add up the lesser of both, weighted, in four sums: one after the other takes much longer."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for i in range(0, weights.size, 4):
        a += weights[i] * min(distances[i], closest[i])
        b += weights[i + 1] * min(distances[i + 1], closest[i + 1])
        c += weights[i + 2] * min(distances[i + 2], closest[i + 2])
        d += weights[i + 3] * min(distances[i + 3], closest[i + 3])
    return (a + b) + (c + d)


@part
def _find(masses: Float64s, closest: Floats, weights: Float64s, number: float) -> int:
    """Find the sample at which the cumulated mass reaches this share of the whole."""
    n_blocks: int = weights.shape[0]
    pitch: int = weights.shape[1]
    target, before, b = 0.0, 0.0, 0
    for i in range(n_blocks):
        target += number * masses[i]
    while b < n_blocks - 1 and before + masses[b] < target:
        before += masses[b]
        b += 1
    last = b * pitch
    for i in range(pitch):
        if weights[b, i] > 0.0:
            last = b * pitch + i
            before += weights[b, i] * closest[b, i]
            if before >= target:
                break
    return last  # rounding may lead beyond the last
