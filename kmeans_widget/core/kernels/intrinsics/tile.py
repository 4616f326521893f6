"""The tile: a few vectors of points against a few centres, with all sums in registers.

Most of the time of K-means on wide data is spent here. LLVM does not block such sums by itself, so
these functions are intrinsics: Python that emits LLVM instructions while a kernel that calls them
is compiled. The lanes of a vector hold different points, so a minimum over the centres needs no
step across lanes. Every sum runs in the order of the features: its bits do not depend on the shape
of the tile.

A score is either ``|c|² / 2 - x·c``, least for the nearest centre: one multiply-add a feature, but
it cancels for points far from the origin. Or it is ``|x - c|²``, differences before squares: two
steps a feature, but it does not cancel.

Parameters that all of these functions share:

points : ndarray of shape (n_features, pitch), float32 or float64
    A point in every column, as `transpose` writes them; the pitch is a multiple of `llvm.BLOCK`.
tiles : ndarray of shape (n_tiles, n_features, centers), dtype of `points`
    The negated centres, see `buffers.Tiles`.
start : ndarray of shape (n_tiles * centers,), dtype of `points`
    Where the sum of each score by dot product starts: the half norms.
column : int
    The first of the few points that a call processes. It returns the column after the last of
    them, where the next call starts.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from llvmlite import ir
from numba.core import cgutils

from kmeans_widget.core.kernels.intrinsics import llvm
from kmeans_widget.core.kernels.intrinsics.llvm import NARROW, intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kmeans_widget.core.kernels.intrinsics.llvm import Array, Vectors


@intrinsic
def nearest_two(
    vectors: Vectors,
    points: Array,
    tiles: Array,
    start: Array,
    column: ir.Value,
    best: Array,  # OUT
    second: Array,  # OUT
    nearest: Array,  # OUT
) -> ir.Value:
    """Find the nearest centre by dot products, its score, and the score of the second nearest.

    Writes ``best[column:]`` and ``second[column:]``, dtype of `points`, and ``nearest[column:]``,
    int32. The lowest index wins a tie. Where two centres are nearest, both scores are equal; with a
    single centre, the second is infinite.

    Of integers, `points` and `tiles` hold pairs of 16 bits, and scores are int32: two features in
    one step. No sum may reach 2**31. Takes two thirds of the time of float32 (Zen 3).
    """
    choices = [_Choice(vectors, with_second=True) for _ in range(vectors.shape.vectors)]
    with _tiles(vectors, points, tiles, start, column, vectors.accumulate) as (first, sums):
        for c in range(vectors.shape.centers):
            label = choices[0].label(vectors.builder.add(first, llvm.index(c)))
            for choice, totals in zip(choices, sums, strict=True):
                choice.consider(totals[c], label)
    for v, choice in enumerate(choices):
        choice.write((best, second, nearest), _column(vectors, column, v))
    return _column(vectors, column, vectors.shape.vectors)


@intrinsic
def nearest_one(
    vectors: Vectors,
    points: Array,
    tiles: Array,
    column: ir.Value,
    best: Array,  # OUT
    nearest: Array,  # OUT
) -> ir.Value:
    """Find the nearest centre and its squared distance, for at most `NARROW` features.

    So few coordinates stay in registers while all centres are compared.
    """
    builder, n_features = vectors.builder, tiles.shape[1]
    after = vectors.variable(column)
    for n in range(1, NARROW + 1):
        with builder.if_then(builder.icmp_signed("==", n_features, llvm.index(n))):
            n_vectors, n_centers = llvm.narrow_shape(n)
            columns = [_column(vectors, column, v) for v in range(n_vectors)]
            choices = _nearest_of_narrow(vectors, points, tiles, columns, n, n_centers)
            for choice, first in zip(choices, columns, strict=True):
                choice.write((best, nearest), first)
            builder.store(_column(vectors, column, n_vectors), after)
    return builder.load(after)


def _nearest_of_narrow(
    vectors: Vectors,
    points: Array,
    tiles: Array,
    columns: Sequence[ir.Value],
    n_features: int,
    n_centers: int,
) -> list[_Choice]:
    """Emit the loop over centres, so many in a turn, for points that stay where they are."""
    builder, width = vectors.builder, llvm.index(vectors.shape.centers)
    features = [llvm.index(f) for f in range(n_features)]
    coordinates = [[vectors.load(points.at(f, first)) for f in features] for first in columns]
    choices = [_Choice(vectors, with_second=False) for _ in columns]
    n_turns = builder.udiv(builder.mul(tiles.shape[0], width), llvm.index(n_centers))
    with cgutils.for_range(builder, n_turns) as turns:
        for c in map(llvm.index, range(n_centers)):
            center = builder.add(builder.mul(turns.index, llvm.index(n_centers)), c)
            tile, place = builder.udiv(center, width), builder.urem(center, width)
            label = choices[0].label(center)
            addresses = [tiles.at(tile, f, place) for f in features]
            minus_center = [vectors.splat(builder.load(address)) for address in addresses]
            for choice, point in zip(choices, coordinates, strict=True):
                score = vectors.constant(0)
                for pair in zip(point, minus_center, strict=True):
                    difference = builder.fadd(*pair)
                    score = vectors.multiply_add(difference, difference, score)
                choice.consider(score, label)
    return choices


@intrinsic
def squared_distances(
    vectors: Vectors,
    points: Array,
    tiles: Array,
    column: ir.Value,
    out: Array,  # OUT
) -> ir.Value:
    """Write the squared distances to all centres; those to padding are infinite.

    Writes ``out[:, column:]``; `out` has the shape (n_tiles * centers, pitch) and the dtype of
    `points`.
    """
    builder = vectors.builder

    def add_square(point: ir.Value, minus_center: ir.Value, total: ir.Value) -> None:
        difference = builder.fadd(point, minus_center)
        vectors.accumulate(difference, difference, total)

    with _tiles(vectors, points, tiles, None, column, add_square) as (first, sums):
        for v, totals in enumerate(sums):
            for c, total in enumerate(totals):
                row = builder.add(first, llvm.index(c))
                vectors.store(total, out.at(row, _column(vectors, column, v)))
    return _column(vectors, column, vectors.shape.vectors)


@contextmanager
def _tiles(
    vectors: Vectors,
    points: Array,
    tiles: Array,
    start: Array | None,
    column: ir.Value,
    add_feature: Callable[[ir.Value, ir.Value, ir.Value], None],
) -> Iterator[tuple[ir.Value, list[list[ir.Value]]]]:
    """Open the loop over tiles of centres; yield the first centre, and scores by vector and centre.

    `add_feature` emits what one feature of a vector of points and a negated centre adds to a score.
    What is emitted inside the context becomes the end of the loop's body.
    """
    builder, shape = vectors.builder, vectors.shape
    zero = vectors.constant(0)
    sums = [[vectors.variable(zero) for _ in range(shape.centers)] for _ in range(shape.vectors)]
    n_tiles, n_features, _ = tiles.shape
    with cgutils.for_range(builder, n_tiles) as tile:
        first = builder.mul(tile.index, llvm.index(shape.centers))
        for c in range(shape.centers):
            initial = zero
            if start is not None:
                initial = vectors.splat(start[builder.add(first, llvm.index(c))])
            for v in range(shape.vectors):
                builder.store(initial, sums[v][c])
        with cgutils.for_range(builder, n_features) as features:
            coordinates = [
                vectors.load(points.at(features.index, _column(vectors, column, v)))
                for v in range(shape.vectors)
            ]
            for c in range(shape.centers):
                address = tiles.at(tile.index, features.index, llvm.index(c))
                minus_center = vectors.splat(builder.load(address))
                for v, coordinate in enumerate(coordinates):
                    add_feature(coordinate, minus_center, sums[v][c])
        yield first, [[builder.load(total) for total in totals] for totals in sums]


def _column(vectors: Vectors, column: ir.Value, v: int) -> ir.Value:
    """Return the column of the first point of vector v."""
    return vectors.builder.add(column, llvm.index(v * vectors.lanes))


class _Choice:
    """The nearest centre so far of every point in one vector, in registers.

    Parameters
    ----------
    vectors : Vectors
    with_second : bool
        Keep the score of the second nearest too.
    """

    def __init__(self, vectors: Vectors, *, with_second: bool) -> None:
        self.vectors = vectors
        # Labels as wide as scores: then the mask of one comparison fits both.
        self.integer = ir.IntType(8 * vectors.bytes)
        self.best = vectors.variable(vectors.greatest)
        self.second = vectors.variable(vectors.greatest) if with_second else None
        self.nearest = vectors.variable(vectors.splat(ir.Constant(self.integer, 0)))

    def label(self, center: ir.Value) -> ir.Value:
        """Return a centre's index in all lanes."""
        narrow = self.integer.width < center.type.width
        builder = self.vectors.builder
        return self.vectors.splat(builder.trunc(center, self.integer) if narrow else center)

    def consider(self, score: ir.Value, label: ir.Value) -> None:
        """Take another centre where its score is less. Centres come in the order of their index."""
        builder = self.vectors.builder
        best = builder.load(self.best)
        closer = self.vectors.less(score, best)
        if self.second is not None:
            loser = builder.select(closer, best, score)
            builder.store(self.vectors.minimum(loser, builder.load(self.second)), self.second)
        builder.store(builder.select(closer, score, best), self.best)
        builder.store(builder.select(closer, label, builder.load(self.nearest)), self.nearest)

    def write(self, out: Sequence[Array], column: ir.Value) -> None:
        """Store the outcome: best score, the second if there is one, and the labels as int32."""
        builder = self.vectors.builder
        kept = (self.best,) if self.second is None else (self.best, self.second)
        *places, labels = out
        for variable, place in zip(kept, places, strict=True):
            self.vectors.store(builder.load(variable), place.at(column))
        label = builder.load(self.nearest)
        if self.integer.width > 32:
            label = builder.trunc(label, ir.VectorType(ir.IntType(32), self.vectors.lanes))
        self.vectors.store(label, labels.at(column))
