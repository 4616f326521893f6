"""What the intrinsics do, in plain loops: the oracle of their tests, and their place without numba.

With ``NUMBA_DISABLE_JIT`` kernels run as Python, so that a debugger or a coverage tool can follow
them, and then these functions stand in for the intrinsics of `tile`,
`transpose` and `rowwise`, where they are described.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.kernels.intrinsics.llvm import DIFFERENCE, DOT, GREATEST
from kmeans_widget.core.kernels.jit import allocating, kernel

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels, Pairs

COLUMNS = 16
"""Points that a call deals with; each returns the column behind the last of them."""


@kernel
def score(x: Floats, minus_center: Floats, start: float, form: int) -> float:
    """Score a point against a negated centre, both of shape (n_features,)."""
    total = start
    for feature in range(x.size):
        difference = x[feature] + minus_center[feature]
        factor = x[feature] if form == DOT else difference
        total += factor * (minus_center[feature] if form == DOT else difference)
    return total


@kernel
def nearest_two(
    points: Floats,
    tiles: Floats,
    start: Floats,
    column: int,
    form: int,
    best: Floats,  # OUT
    second: Floats,  # OUT
    nearest: Labels,  # OUT
) -> int:
    """Find the nearest centre, its score, and the score of the second nearest."""
    n_tiles, _, centers = tiles.shape
    for i in range(column, column + COLUMNS):
        best[i], second[i], nearest[i] = np.inf, np.inf, 0
        for j in range(n_tiles * centers):
            other = score(points[:, i], tiles[j // centers, :, j % centers], start[j], form)
            if other < best[i]:
                best[i], second[i], nearest[i] = other, best[i], j
            elif other < second[i]:
                second[i] = other
    return column + COLUMNS


@kernel
def nearest_two_of_pairs(
    points: Pairs,
    tiles: Pairs,
    start: Pairs,
    column: int,
    best: Pairs,  # OUT
    second: Pairs,  # OUT
    nearest: Labels,  # OUT
) -> int:
    """Find the nearest centre, its score, and the score of the second nearest, of pairs."""
    n_tiles, n_pairs, centers = tiles.shape
    for i in range(column, column + COLUMNS):
        best[i], second[i], nearest[i] = GREATEST, GREATEST, 0
        for j in range(n_tiles * centers):
            other = int(start[j])
            for p in range(n_pairs):
                a, b = int(points[p, i]), int(tiles[j // centers, p, j % centers])
                other += _low(a) * _low(b) + (a >> 16) * (b >> 16)
            if other < best[i]:
                best[i], second[i], nearest[i] = other, best[i], j
            elif other < second[i]:
                second[i] = other
    return column + COLUMNS


@kernel
def _low(pair: int) -> int:
    """Return the first number of a pair."""
    return ((pair & 0xFFFF) ^ 0x8000) - 0x8000


@allocating
def nearest_one(
    points: Floats,
    tiles: Floats,
    start: Floats,
    column: int,
    best: Floats,  # OUT
    nearest: Labels,  # OUT
) -> int:
    """Find the nearest centre and its score."""
    second = np.empty_like(best)
    return nearest_two(points, tiles, start, column, DIFFERENCE, best, second, nearest)


@kernel
def scores(
    points: Floats,
    tiles: Floats,
    start: Floats,
    column: int,
    form: int,
    out: Floats,  # OUT
) -> int:
    """Write the scores of all centres, those of padding included."""
    n_tiles, _, centers = tiles.shape
    for j in range(n_tiles * centers):
        minus_center = tiles[j // centers, :, j % centers]
        for i in range(column, column + COLUMNS):
            out[j, i] = score(points[:, i], minus_center, start[j], form)
    return column + COLUMNS


@kernel
def transpose(
    X: Floats,
    rows: Indices,
    origin: Floats,
    points: Floats,  # OUT
    column: int,
) -> int:
    """Copy rows, relative to the origin, into ``points[:, column : column + COLUMNS]``."""
    for i in range(column, column + COLUMNS):
        for feature in range(X.shape[1]):
            points[feature, i] = X[rows[min(i, rows.size - 1)], feature] - origin[feature]
    return column + COLUMNS


@kernel
def transpose_to_pairs(
    X: Floats,
    rows: Indices,
    origin: Floats,
    scale: Floats,
    pairs: Pairs,  # OUT
    norms: Floats,  # OUT
    column: int,
) -> int:
    """Copy rows, rounded to 16 bits, into ``pairs[:, column : column + COLUMNS]``."""
    n_features = X.shape[1]
    for i in range(column, column + COLUMNS):
        norms[i] = 0
        for feature in range(2 * pairs.shape[0]):
            offset = origin[0] - origin[0]
            if feature < n_features:
                offset = X[rows[min(i, rows.size - 1)], feature] - origin[feature]
            norms[i] += offset * offset
            steps = int(min(max(offset * scale[0] + 32768.5, 0.0), 65535.0)) - 32768
            if feature % 2 == 0:
                pairs[feature // 2, i] = steps & 0xFFFF
            else:
                pairs[feature // 2, i] += steps << 16
    return column + COLUMNS


@kernel
def dots(
    X: Floats,
    rows: Indices,
    origin: Floats,
    centers: Floats,
    products: Floats,  # OUT
    norms: Floats,  # OUT
    column: int,
) -> int:
    """Multiply rows, relative to the origin, with all centres and with themselves."""
    for i in range(column, column + COLUMNS):
        row = rows[min(i, rows.size - 1)]
        norm = 0.0  # float64: no less exact than lanes that are summed apart
        for feature in range(X.shape[1]):
            norm += (X[row, feature] - origin[feature]) ** 2
        norms[i] = norm
        for j in range(centers.shape[0]):
            product = 0.0
            for feature in range(X.shape[1]):
                product += (X[row, feature] - origin[feature]) * centers[j, feature]
            products[j, i] = product
    return column + COLUMNS


@kernel
def changed_labels(
    labels: Labels,
    nearest: Labels,  # OUT
    first: int,
    size: int,
    rows: Indices,  # OUT
) -> int:
    """List the samples whose label is another than before, and their new labels."""
    count = 0
    for i in range(size):
        if labels[first + i] != nearest[i]:
            rows[count], nearest[count] = first + i, nearest[i]
            count += 1
    return count


@kernel
def move_sums(
    X: Floats,
    sample_weight: Float64s,
    rows: Indices,
    nearest: Labels,
    count: int,
    origin: Floats,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
) -> int:
    """Give rows their new labels, and move their share of the sums."""
    n = X.shape[1]
    for i in range(count):
        row, new = rows[i], nearest[i]
        old = labels[row]
        labels[row] = new
        if totals.size > 0:
            weight = sample_weight[row] if sample_weight.size > 0 else 1.0
            held = 1.0 if weight > 0.0 else 0.0
            totals[new, n] += weight
            totals[new, n + 1] += held
            if old >= 0:
                totals[old, n] -= weight
                totals[old, n + 1] -= held
            for feature in range(n):
                offset = 1.0 * X[row, feature] - origin[feature]
                totals[new, feature] += weight * offset
                if old >= 0:
                    totals[old, feature] -= weight * offset
                    totals[old, n + 2] += weight * abs(offset)
    return count
