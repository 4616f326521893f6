"""The tile: a few vectors of points against a few centres, with all sums in registers.

This is where the time of K-means on wide data goes. LLVM does not block such sums by itself, so
these functions are intrinsics: Python that writes LLVM's instructions while a kernel that calls
them is compiled. Points lie in the lanes of vectors, so a minimum over centres needs no step across
lanes. Every sum runs in the order of the features: its bits do not depend on the tile's shape.

Parameters that all of them share:

points : ndarray of shape (n_features, pitch), float32 or float64
    A point in every column, as `transpose.transpose_rows` leaves them. The pitch is a
    multiple of `llvm.BLOCK`; the memory comes from `new_points` there.
tiles : ndarray of shape (n_tiles, n_features, centers), dtype of `points`
start : ndarray of shape (n_tiles * centers,), dtype of `points`
    The centres, as `layout.tile_centers` returns them.
column : int
    The first of the few points that a call deals with. The call returns the column after the last
    of them, where the next call begins.
form : DOT or DIFFERENCE
    The formula of the scores. Has to be a constant when the kernel is compiled.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from llvmlite import ir
from numba.core import cgutils

from kmeans_widget.core.kernels.intrinsics import llvm, reference
from kmeans_widget.core.kernels.intrinsics.llvm import DIFFERENCE, DOT, NARROW, intrinsic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kmeans_widget.core.kernels.intrinsics.llvm import Array, Vectors


@intrinsic(reference.nearest_two)
def nearest_two(
    vectors: Vectors,
    points: Array,
    tiles: Array,
    start: Array,
    column: ir.Value,
    form: int,
    *out: Array,
) -> ir.Value:
    """Find the nearest centre, its score, and the score of the second nearest.

    Called as ``nearest_two(points, tiles, start, column, form, best, second, nearest)``. Writes
    ``best[column:]`` and ``second[column:]``, dtype of `lanes`, and ``nearest[column:]``, int32.
    The lowest index wins a tie. Where two centres are nearest, both scores are the same; where
    there is one centre, the second is infinite.
    """
    return _emit_nearest(vectors, points, tiles, start, column, form, *out)


@intrinsic(reference.nearest_two_of_pairs)
def nearest_two_of_pairs(
    vectors: Vectors, points: Array, tiles: Array, start: Array, column: ir.Value, *out: Array
) -> ir.Value:
    """Find the nearest two centres in whole numbers: two features in one step, of 16 bits each.

    Called as ``nearest_two_of_pairs(points, tiles, start, column, best, second, nearest)``, all of
    int32: pairs of 16 bits in `points` and `tiles`, scores in `start`, `best` and `second`. The
    form is DOT. No sum may reach 2**31. Takes two thirds of the time of `nearest_two` for float32
    (Zen 3).
    """
    return _emit_nearest(vectors, points, tiles, start, column, DOT, *out)


@intrinsic(reference.nearest_one)
def nearest_one(
    vectors: Vectors,
    points: Array,
    tiles: Array,
    start: Array,
    column: ir.Value,
    best: Array,
    nearest: Array,
) -> ir.Value:
    """Find the nearest centre and its score, of points with at most `NARROW` features.

    Called as ``nearest_one(points, tiles, start, column, best, nearest)``. The form is DIFFERENCE.
    So few coordinates stay in registers while all centres pass by.
    """
    builder, n_features = vectors.builder, tiles.shape[1]
    after = cgutils.alloca_once_value(builder, column)  # type: ignore[no-untyped-call]
    for n in range(1, NARROW + 1):
        with builder.if_then(builder.icmp_signed("==", n_features, llvm.index(n))):
            n_vectors, n_centers = llvm.narrow_shape(n)
            columns = [_column(vectors, column, v) for v in range(n_vectors)]
            choices = _nearest_of_narrow(vectors, points, tiles, start, columns, n, n_centers)
            for choice, first in zip(choices, columns, strict=True):
                choice.write((best, nearest), first)
            builder.store(_column(vectors, column, n_vectors), after)
    return builder.load(after)


def _nearest_of_narrow(
    vectors: Vectors,
    points: Array,
    tiles: Array,
    start: Array,
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
            label, initial = choices[0].label(center), vectors.splat(start[center])
            addresses = [tiles.at(tile, f, place) for f in features]
            minus_center = [vectors.splat(builder.load(address)) for address in addresses]
            for choice, point in zip(choices, coordinates, strict=True):
                score = initial
                for pair in zip(point, minus_center, strict=True):
                    difference = builder.fadd(*pair)
                    score = vectors.multiply_add(difference, difference, score)
                choice.consider(score, label)
    return choices


@intrinsic(reference.scores)
def scores(
    vectors: Vectors,
    points: Array,
    tiles: Array,
    start: Array,
    column: ir.Value,
    form: int,
    out: Array,
) -> ir.Value:
    """Write the scores of all centres, those of padding too, which are infinite.

    Writes ``out[:, column:]``; `out` has the shape (n_tiles * centers, pitch) and the dtype of
    `points`.
    """
    builder = vectors.builder
    with _tiles(vectors, points, tiles, start, column, form) as (first, sums):
        for v, totals in enumerate(sums):
            for c, total in enumerate(totals):
                row = builder.add(first, llvm.index(c))
                vectors.store(total, out.at(row, _column(vectors, column, v)))
    return _column(vectors, column, vectors.shape.vectors)


def _emit_nearest(
    vectors: Vectors,
    points: Array,
    tiles: Array,
    start: Array,
    column: ir.Value,
    form: int,
    *out: Array,
) -> ir.Value:
    """Emit `nearest_two`."""
    choices = [_Choice(vectors, with_second=True) for _ in range(vectors.shape.vectors)]
    with _tiles(vectors, points, tiles, start, column, form) as (first, sums):
        for c in range(vectors.shape.centers):
            label = choices[0].label(vectors.builder.add(first, llvm.index(c)))
            for choice, totals in zip(choices, sums, strict=True):
                choice.consider(totals[c], label)
    for v, choice in enumerate(choices):
        choice.write(out, _column(vectors, column, v))
    return _column(vectors, column, vectors.shape.vectors)


@contextmanager
def _tiles(
    vectors: Vectors, points: Array, tiles: Array, start: Array, column: ir.Value, form: int
) -> Iterator[tuple[ir.Value, list[list[ir.Value]]]]:
    """Open the loop over tiles of centres; yield the first centre, and scores by vector and centre.

    What is emitted inside becomes the end of the loop's body.
    """
    builder, shape = vectors.builder, vectors.shape
    zero = vectors.splat(ir.Constant(vectors.number, 0))
    sums = [[vectors.variable(zero) for _ in range(shape.centers)] for _ in range(shape.vectors)]
    n_tiles, n_features, _ = tiles.shape
    with cgutils.for_range(builder, n_tiles) as tile:
        first = builder.mul(tile.index, llvm.index(shape.centers))
        for c in range(shape.centers):
            initial = vectors.splat(start[builder.add(first, llvm.index(c))])
            for v in range(shape.vectors):
                builder.store(initial, sums[v][c])
        with cgutils.for_range(builder, n_features) as features:
            vectors_of_points = [
                vectors.load(points.at(features.index, _column(vectors, column, v)))
                for v in range(shape.vectors)
            ]
            for c in range(shape.centers):
                address = tiles.at(tile.index, features.index, llvm.index(c))
                minus_center = vectors.splat(builder.load(address))
                for v, point in enumerate(vectors_of_points):
                    _add_feature(vectors, sums[v][c], point, minus_center, form)
        yield first, [[builder.load(total) for total in totals] for totals in sums]


def _add_feature(
    vectors: Vectors, total: ir.Value, point: ir.Value, minus_center: ir.Value, form: int
) -> None:
    """Add what one feature contributes to the scores of a vector of points."""
    factors = point, minus_center
    if form == DIFFERENCE:
        factors = (vectors.builder.fadd(point, minus_center),) * 2
    vectors.accumulate(*factors, total)


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
