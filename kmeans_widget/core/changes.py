"""Which labels have changed: listed by comparing whole vectors of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir
from numba.core import cgutils

from kmeans_widget.core import plain, simd
from kmeans_widget.core.intrinsics import intrinsic

if TYPE_CHECKING:
    from kmeans_widget.core.intrinsics import Array
    from kmeans_widget.core.simd import Vectors

_WIDTH = 16
_INT32 = ir.IntType(32)


@intrinsic(plain.changes)
def changes(
    vectors: Vectors,
    labels: Array,
    nearest: Array,  # OUT
    first: ir.Value,
    size: ir.Value,
    rows: Array,  # OUT
) -> ir.Value:
    """List the samples whose label is another than before.

    Compares ``labels[first : first + size]`` with ``nearest[:size]``, both int32. Writes the rows
    of those that differ to `rows`, intp, and their new labels in the same order to `nearest`.
    Returns how many there are.

    For 384 labels of which few differ 0.03 µs, where a plain loop takes 0.27 (Zen 3).
    """
    builder = vectors.builder
    count = cgutils.alloca_once_value(builder, simd.index(0))  # type: ignore[no-untyped-call]
    remaining = builder.urem(size, simd.index(_WIDTH))
    whole = builder.sub(size, remaining)

    def note(i: ir.Value) -> None:
        n = builder.load(count)
        builder.store(builder.add(first, i), rows.at(n))
        builder.store(nearest[i], nearest.at(n))
        builder.store(builder.add(n, simd.index(1)), count)

    with cgutils.for_range(builder, builder.udiv(size, simd.index(_WIDTH))) as groups:
        start = builder.mul(groups.index, simd.index(_WIDTH))
        before = _load(builder, labels.at(builder.add(first, start)))
        differ = builder.icmp_signed("!=", before, _load(builder, nearest.at(start)))
        bits = builder.zext(builder.bitcast(differ, ir.IntType(_WIDTH)), _INT32)
        mask = cgutils.alloca_once(builder, _INT32)  # type: ignore[no-untyped-call]
        builder.store(bits, mask)
        # One turn for each bit that is set, from the lowest on.
        with cgutils.for_range(builder, builder.ctpop(bits)):
            left = builder.load(mask)
            lane = builder.cttz(left, ir.Constant(ir.IntType(1), 1))
            note(builder.add(start, builder.zext(lane, whole.type)))
            builder.store(builder.and_(left, builder.sub(left, _INT32(1))), mask)
    with cgutils.for_range(builder, remaining) as rest:
        i = builder.add(whole, rest.index)
        before = labels[builder.add(first, i)]
        with builder.if_then(builder.icmp_signed("!=", before, nearest[i])):
            note(i)
    return builder.load(count)


def _load(builder: ir.IRBuilder, pointer: ir.Value) -> ir.Value:
    """Load a vector of labels from the address of the first."""
    vector = ir.VectorType(_INT32, _WIDTH)
    return builder.load(builder.bitcast(pointer, vector.as_pointer()), align=4)
