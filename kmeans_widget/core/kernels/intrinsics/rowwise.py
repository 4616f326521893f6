"""Dot products of samples with few centres, without transposing the samples.

For few centres and many features, transposing takes longer than the tile. Here the lanes of a
vector hold features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba.core import cgutils

from kmeans_widget.core.kernels.intrinsics import llvm
from kmeans_widget.core.kernels.intrinsics.llvm import intrinsic
from kmeans_widget.core.kernels.intrinsics.transpose import row_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llvmlite import ir

    from kmeans_widget.core.kernels.intrinsics.llvm import Array, Vectors

    Sums = list[list[ir.Value]]


@intrinsic
def dots(
    vectors: Vectors,
    X: Array,
    rows: Array,
    origin: Array,
    centers: Array,
    products: Array,  # OUT
    norms: Array,  # OUT
    column: ir.Value,
) -> ir.Value:
    """Compute the dot products of a few rows with all centres, and their squared norms.

    Rows and centres, of shape (n_clusters, n_features), are relative to the origin. Writes
    ``products[:n_clusters, column:]`` and ``norms[column:]``, and returns the next column. There
    have to be at least as many features as a vector has lanes. The lanes are summed separately,
    which rounds differently from the tile.
    """
    builder = vectors.builder
    n_rows, n_centers = llvm.rowwise_shape()
    columns = [builder.add(column, llvm.index(r)) for r in range(2 * n_rows)]
    samples = [row_of(builder, rows, i) for i in columns]
    last = builder.sub(centers.shape[0], llvm.index(1))
    n_groups = builder.udiv(builder.add(last, llvm.index(n_centers)), llvm.index(n_centers))
    with cgutils.for_range(builder, n_groups) as groups:
        first = builder.mul(groups.index, llvm.index(n_centers))
        # If there are fewer, repeat the last centre.
        group = [
            llvm.smaller(builder, builder.add(first, llvm.index(c)), last) for c in range(n_centers)
        ]
        sums = _multiplied(vectors, (X, origin, centers), samples, group)
        for i, (*of_group, norm) in zip(columns[:n_rows], sums, strict=True):
            for j, product in zip(group, of_group, strict=True):
                builder.store(product, products.at(j, i))
            builder.store(norm, norms.at(i))
    return columns[n_rows]


def _multiplied(
    vectors: Vectors,
    arrays: tuple[Array, Array, Array],
    samples: Sequence[ir.Value],
    group: Sequence[ir.Value],
) -> Sums:
    """Emit the products of the first half of the samples, and prefetch the others."""
    builder, width = vectors.builder, llvm.index(vectors.lanes)
    X, origin, centers = arrays
    now, later = samples[: len(samples) // 2], samples[len(samples) // 2 :]
    sums = [[vectors.variable(vectors.constant(0)) for _ in (*group, "norm")] for _ in now]

    def add(feature: ir.Value, counted: ir.Value | None = None) -> None:
        zero = vectors.load(origin.at(feature))
        points = [builder.fsub(vectors.load(X.at(row, feature)), zero) for row in now]
        if counted is not None:
            points = [builder.select(counted, point, vectors.constant(0)) for point in points]
        for c, j in enumerate(group):
            center = vectors.load(centers.at(j, feature))
            for point, of_row in zip(points, sums, strict=True):
                vectors.accumulate(point, center, of_row[c])
        for point, of_row in zip(points, sums, strict=True):
            vectors.accumulate(point, point, of_row[-1])

    n_features = X.shape[1]
    with cgutils.for_range(builder, builder.udiv(n_features, width)) as steps:
        feature = builder.mul(steps.index, width)
        for row in later:
            vectors.prefetch(X.at(row, feature))
        add(feature)
    left = builder.urem(n_features, width)
    with builder.if_then(builder.icmp_signed(">", left, llvm.index(0))):
        # The last whole vector, without the features that are counted already.
        add(builder.sub(n_features, width), vectors.is_last(left))
    return [[vectors.total(builder.load(part)) for part in of_row] for of_row in sums]
