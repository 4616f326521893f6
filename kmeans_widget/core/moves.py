"""Samples that change clusters: their share of the sums moves along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir
from numba.core import cgutils

from kmeans_widget.core import plain, simd
from kmeans_widget.core.intrinsics import intrinsic

if TYPE_CHECKING:
    from kmeans_widget.core.intrinsics import Array
    from kmeans_widget.core.simd import Vectors

_WIDTH = 4
_DOUBLE = ir.DoubleType()


@intrinsic(plain.move)
def move(  # noqa: PLR0913, PLR0917  what a move needs
    vectors: Vectors,
    X: Array,
    sample_weight: Array,
    rows: Array,
    nearest: Array,
    count: ir.Value,
    origin: Array,
    labels: Array,  # OUT
    totals: Array,  # OUT
) -> ir.Value:
    """Give the first `count` of some rows their new labels, and move their share of the sums.

    As `kmeans_widget.core.assignment.move_changed`, for rows that have all changed; returns
    `count`. Takes 2 ns for a sample of 2 features, where a compiled loop over the features takes 7:
    it looks at every sample whether whole vectors would pay (Zen 3).
    """
    builder, zero = vectors.builder, simd.index(0)
    with cgutils.for_range(builder, count) as turns:
        row, label = rows[turns.index], nearest[turns.index]
        place = labels.at(row)
        old = builder.load(place)
        builder.store(label, place)
        with builder.if_then(builder.icmp_signed(">", totals.shape[0], zero)):
            weights = cgutils.alloca_once_value(builder, _DOUBLE(1.0))  # type: ignore[no-untyped-call]
            with builder.if_then(builder.icmp_signed(">", sample_weight.shape[0], zero)):
                builder.store(sample_weight[row], weights)
            weight = builder.load(weights)
            offsets = _Offsets(builder, X, row, origin)
            offsets.add(totals, label, weight)
            with builder.if_then(builder.icmp_signed(">=", old, ir.Constant(old.type, 0))):
                size = offsets.add(totals, old, builder.fneg(weight))
                _add_to(builder, totals, old, 2, builder.fmul(weight, size))
    return count


def _add_to(
    builder: ir.IRBuilder, totals: Array, label: ir.Value, column: int, number: ir.Value
) -> None:
    """Add to one of the columns behind the features."""
    column_ = builder.add(totals.shape[1], simd.index(column - 3))
    place = totals.at(builder.sext(label, column_.type), column_)
    builder.store(builder.fadd(builder.load(place), number), place)


class _Offsets:
    """The offsets of a sample from the origin, in float64: four at a time, then singly."""

    def __init__(self, builder: ir.IRBuilder, X: Array, row: ir.Value, origin: Array) -> None:
        self.builder, self.X, self.row, self.origin = builder, X, row, origin

    def add(self, totals: Array, label: ir.Value, weight: ir.Value) -> ir.Value:
        """Add them, weighted, to the sums of a cluster; return the sum of their absolute values."""
        builder, n_features = self.builder, self.X.shape[1]
        cluster = builder.sext(label, n_features.type)
        remaining = builder.urem(n_features, simd.index(_WIDTH))
        whole = builder.sub(n_features, remaining)
        total = _DOUBLE(0.0)
        for first, n_turns, width in (
            (simd.index(0), builder.udiv(n_features, simd.index(_WIDTH)), _WIDTH),
            (whole, remaining, 1),
        ):
            nothing = ir.Constant(_numbers(_DOUBLE, width), None)
            size = cgutils.alloca_once_value(builder, nothing)  # type: ignore[no-untyped-call]
            builder.store(nothing, size)
            with cgutils.for_range(builder, n_turns) as turns:
                feature = builder.add(first, builder.mul(turns.index, simd.index(width)))
                offset = builder.fsub(
                    self._wide(self.X.at(self.row, feature), width),
                    self._wide(self.origin.at(feature), width),
                )
                place = totals.at(cluster, feature)
                share = builder.fmul(self._repeated(weight, width), offset)
                moved = builder.fadd(self._wide(place, width), share)
                builder.store(moved, builder.bitcast(place, moved.type.as_pointer()), align=8)
                negative = builder.fcmp_ordered("<", offset, nothing)
                absolute = builder.select(negative, builder.fneg(offset), offset)
                builder.store(builder.fadd(builder.load(size), absolute), size)
            total = self._plus_lanes(total, builder.load(size), width)
        _add_to(builder, totals, label, 0, weight)
        one, nothing = _DOUBLE(1.0), _DOUBLE(0.0)
        held = builder.select(builder.fcmp_ordered(">", weight, nothing), one, nothing)
        gone = builder.select(builder.fcmp_ordered("<", weight, nothing), one, nothing)
        held = builder.fsub(held, gone)
        _add_to(builder, totals, label, 1, held)
        return total

    def _wide(self, pointer: ir.Value, width: int) -> ir.Value:
        """Load some numbers as float64."""
        number = pointer.type.pointee
        vector = _numbers(number, width)
        align = 4 if isinstance(number, ir.FloatType) else 8
        loaded = self.builder.load(self.builder.bitcast(pointer, vector.as_pointer()), align=align)
        if isinstance(number, ir.DoubleType):
            return loaded
        return self.builder.fpext(loaded, _numbers(_DOUBLE, width))

    def _repeated(self, number: ir.Value, width: int) -> ir.Value:
        """Repeat a number in all lanes."""
        if width == 1:
            return number
        vector = ir.Constant(_numbers(_DOUBLE, width), ir.Undefined)
        for lane in range(width):
            vector = self.builder.insert_element(vector, number, ir.IntType(32)(lane))
        return vector

    def _plus_lanes(self, total: ir.Value, numbers: ir.Value, width: int) -> ir.Value:
        """Add numbers to a total."""
        if width == 1:
            return self.builder.fadd(total, numbers)
        for lane in range(width):
            number = self.builder.extract_element(numbers, ir.IntType(32)(lane))
            total = self.builder.fadd(total, number)
        return total


def _numbers(number: ir.Type, width: int) -> ir.Type:
    """Return the type of so many numbers."""
    return ir.VectorType(number, width) if width > 1 else number
