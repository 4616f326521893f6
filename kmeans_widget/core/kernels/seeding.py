"""k-means++: the potentials of candidates, and for few samples all draws in one kernel call.

Differences come before squares for any number of features, so the distance of a sample to its own
copy is exactly 0 and no copy is drawn again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.kernels.buffers import aligned
from kmeans_widget.core.kernels.intrinsics.llvm import tile_shape
from kmeans_widget.core.kernels.intrinsics.tile import squared_distances
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_block
from kmeans_widget.core.kernels.jit import inlined, kernel

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices
    from kmeans_widget.core.kernels.buffers import PackedCenters, TransposedSamples, Workspace


@kernel
def add_potentials(  # noqa: PLR0913, PLR0917  two kernels in one: half the time to compile
    X: Floats,
    sample_weight: Float64s,
    packed: PackedCenters,
    closest: Floats,
    distances: Floats,  # OUT
    sums: Float64s,  # OUT
    candidate_min_distances: Floats,  # OUT
    part_sums: Float64s,  # OUT
    start: int,
    part_size: int,
    workspace: Workspace,
) -> None:
    r"""Compute the potential of each candidate: the inertia if it became a centre.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
        The samples.
    sample_weight : ndarray of shape (n_samples,) or (0,), float64, read-only
        Their weights; of size 0 when each weighs 1.
    packed : PackedCenters
        The candidates.
    closest : ndarray of shape (n_samples,), dtype of X
        Squared distances to the closest centre so far.
    distances : ndarray of shape (size of `packed.tiles.half_norms`, pitch), dtype of X
        Scratch space.
    sums : ndarray of shape (n_points, pitch), float64
        Scratch space; zeros before and after.
    candidate_min_distances : ndarray of shape (n_points, all samples) or (0, 0), dtype of X
        Takes the minimum of `closest` and each distance, in columns from `start` on. For a single
        candidate it may be `closest` itself.
    part_sums : ndarray of shape (n_points, n_parts), float64
        Takes their weighted sums over every `part_size` samples.
    start : int
        Index of the first of these samples among all, a multiple of `part_size`.
    part_size : int
        A multiple of the pitch.
    workspace : Workspace

    Notes
    -----
    .. math:: \phi_c = \sum_i w_i \min(D_i^2, \lVert x_i - c \rVert^2)

    Costs O(n_samples * n_points * n_features).
    """
    pitch, keeping = workspace.points.shape[1], candidate_min_distances.size > 0
    for first in range(0, X.shape[0], pitch):
        size, column = transpose_block(X, first, packed.origin, workspace.points, workspace.rows), 0
        while column < pitch:
            column = squared_distances(workspace.points, packed.tiles.negated, column, distances)
        for i in range(size):
            workspace.best[i] = closest[first + i]
        for j in range(part_sums.shape[0]):
            _add_min(
                distances[j], workspace.best[:size], sample_weight[first : first + size], sums[j]
            )
            if keeping:
                _write_min(
                    distances[j], workspace.best[:size], candidate_min_distances[j, start + first :]
                )
        if (first + pitch) % part_size == 0 or first + pitch >= X.shape[0]:
            for j in range(part_sums.shape[0]):
                mass = 0.0
                for i in range(pitch):
                    mass += sums[j, i]
                    sums[j, i] = 0.0
                part_sums[j, (start + first) // part_size] = mass


@inlined
def _add_min(
    distances: Floats,
    closest: Floats,
    weights: Float64s,
    sums: Float64s,  # OUT
) -> None:
    """Add up the minimum of both, position by position, which vectorises."""
    if weights.size > 0:
        for i in range(closest.size):
            sums[i] += weights[i] * min(distances[i], closest[i])
    else:
        for i in range(closest.size):
            sums[i] += min(distances[i], closest[i])


@inlined
def _write_min(
    distances: Floats,
    closest: Floats,
    out: Floats,  # OUT
) -> None:
    """Write the minimum of both; in place, the compiler would mask the stores."""
    for i in range(closest.size):
        out[i] = min(distances[i], closest[i])


def greedy_kmeans_plusplus(
    transposed: TransposedSamples, first: int, numbers: Float64s
) -> tuple[Indices, Indices]:
    """Draw samples far from each other.

    Parameters
    ----------
    transposed : TransposedSamples
        The samples.
    first : int
        The first choice.
    numbers : ndarray of shape (n_clusters - 1, n_trials), float64
        Random numbers from 0 to 1, for the candidates of each further choice.

    Returns
    -------
    chosen : ndarray of shape (n_clusters,), intp
        See `initialization.draw_plus_plus`.
    candidates : ndarray of shape (n_clusters, n_trials), intp
        What each was chosen from; the first choice is its own only candidate.
    """
    n_more, n_trials = numbers.shape
    n_blocks, n_features, pitch = transposed.blocks.shape
    dtype = transposed.X.dtype
    width = tile_shape(dtype.itemsize).centers
    n_tiles = -(-n_trials // width)
    chosen = np.empty(n_more + 1, np.intp)
    chosen[0] = first
    candidates = np.full((n_more + 1, n_trials), first, np.intp)
    if n_more > 0:
        weights = np.zeros((n_blocks, pitch))
        weights.reshape(-1)[: len(transposed.X)] = (
            transposed.sample_weight if transposed.sample_weight.size else 1.0
        )
        _draw_all(
            transposed.blocks,
            weights,
            numbers,
            np.zeros((n_tiles, n_features, width), dtype),
            aligned((n_blocks, n_tiles * width, pitch), dtype),
            np.full((n_blocks, pitch), np.inf, dtype),
            np.empty((n_trials, n_blocks)),
            candidates,
            chosen,
        )
    return chosen, candidates


@kernel
def _draw_all(  # noqa: PLR0913, PLR0917  allocating in a kernel would double its compile time
    blocks: Floats,
    weights: Float64s,
    numbers: Float64s,
    tiles: Floats,  # OUT
    distances: Floats,  # OUT
    closest: Floats,  # OUT
    part_sums: Float64s,  # OUT
    candidates: Indices,  # OUT
    chosen: Indices,  # OUT
) -> None:
    r"""Draw one sample after the other.

    Parameters
    ----------
    blocks : ndarray of shape (n_blocks, n_features, pitch), dtype of X
        The samples, see `buffers.TransposedSamples`.
    weights : ndarray of shape (n_blocks, pitch), float64
        Their weights; 0 after the last sample.
    numbers
        As in `greedy_kmeans_plusplus`.
    tiles : ndarray of shape (n_tiles, n_features, centers of a tile), dtype of X
        Space for the negated candidates; zeros.
    distances : ndarray of shape (n_blocks, n_tiles * centers of a tile, pitch), dtype of X
        Space for their squared distances to all samples.
    closest : ndarray of shape (n_blocks, pitch), dtype of X
        Space for the squared distances to the closest choice; infinite.
    part_sums : ndarray of shape (n_trials, n_blocks), float64
        Space for the potentials of the candidates, as sums over each block.
    candidates : ndarray of shape (n_clusters, n_trials), intp
        Takes the samples that each is chosen from.
    chosen : ndarray of shape (n_clusters,), intp
        Starts with the first choice.

    Notes
    -----
    The candidate with the lowest potential is taken:

    .. math:: \phi_c = \sum_i w_i \min(D_i^2, \lVert x_i - c \rVert^2)

    Costs O(n_samples * n_clusters * n_trials * n_features).
    """
    (n_blocks, n_features, pitch), width, taken = blocks.shape, tiles.shape[2], 0
    for i in range(chosen.size):
        n_candidates = numbers.shape[1] if i > 0 else 1
        for t in range(n_candidates):
            row = chosen[0]
            if i > 0:
                row = _search(part_sums[taken], closest, weights, numbers[i - 1, t])
            candidates[i, t] = row
            for feature in range(n_features):
                tiles[t // width, feature, t % width] = -blocks[row // pitch, feature, row % pitch]
        for b in range(n_blocks):
            block, found, near, column = blocks[b], distances[b], closest[b], 0
            while column < pitch:
                column = squared_distances(block, tiles, column, found)
            for t in range(n_candidates):
                part_sums[t, b] = _sum_of_min(found[t], near, weights[b])
        taken = _least(part_sums, n_candidates)
        chosen[i] = candidates[i, taken]
        for b in range(n_blocks):
            for j in range(pitch):
                closest[b, j] = min(closest[b, j], distances[b, taken, j])


@inlined
def _least(part_sums: Float64s, n_candidates: int) -> int:
    """Return the candidate with the lowest potential, the first of equals."""
    taken, least = 0, np.inf
    for t in range(n_candidates):
        potential = 0.0
        for b in range(part_sums.shape[1]):
            potential += part_sums[t, b]
        if potential < least:
            taken, least = t, potential
    return taken


@inlined
def _sum_of_min(distances: Floats, closest: Floats, weights: Float64s) -> float:
    """Add up the weighted minimum of both, in four independent sums to hide the latency."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for i in range(0, weights.size, 4):
        a += weights[i] * min(distances[i], closest[i])
        b += weights[i + 1] * min(distances[i + 1], closest[i + 1])
        c += weights[i + 2] * min(distances[i + 2], closest[i + 2])
        d += weights[i + 3] * min(distances[i + 3], closest[i + 3])
    return (a + b) + (c + d)


@inlined
def _search(part_sums: Float64s, closest: Floats, weights: Float64s, number: float) -> int:
    """Find the sample at which the cumulated sum reaches this share of the total."""
    n_blocks: int = weights.shape[0]
    pitch: int = weights.shape[1]
    target, before, b = 0.0, 0.0, 0
    for i in range(n_blocks):
        target += number * part_sums[i]
    while b < n_blocks - 1 and before + part_sums[b] < target:
        before += part_sums[b]
        b += 1
    last = b * pitch
    for i in range(pitch):
        if weights[b, i] > 0.0:
            last = b * pitch + i
            before += weights[b, i] * closest[b, i]
            if before >= target:
                break
    return last  # rounding may lead beyond the last
