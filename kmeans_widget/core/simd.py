"""Words for writing vector code: what the machine has, and the instructions on its vectors.

LLVM vectorises simple loops by itself, but it does not keep a block of sums in registers, and it
does not transpose. The few pieces of the package that need either are written in LLVM's language,
with the words of this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils
from numba.core.registry import cpu_target

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK = 48
"""Columns of a block are a multiple of this, hence of the columns of a tile on any machine."""

_INT32 = ir.IntType(32)
_INDEX = ir.IntType(8 * np.intp().itemsize)

_PROBE = """
define <16 x float> @sum(<16 x float> %a, <16 x float> %b) {
  %r = fadd <16 x float> %a, %b
  ret <16 x float> %r
}
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """How much of the problem is held in registers at a time.

    Parameters
    ----------
    lanes : int
        Numbers in a vector.
    vectors : int
        Vectors of points in a tile.
    centers : int
        Centres in a tile.

    Examples
    --------
    >>> Shape(lanes=8, vectors=2, centers=4).columns
    16
    """

    lanes: int
    vectors: int
    centers: int

    @property
    def columns(self) -> int:
        """Points in a tile."""
        return self.lanes * self.vectors


def tile_shape(itemsize: int) -> Shape:
    """Choose the tile for the machine that numba compiles for.

    Parameters
    ----------
    itemsize : int
        Bytes of a number: 4 or 8.

    Returns
    -------
    Shape

    Notes
    -----
    A tile of v vectors by c centres needs v * c registers for the sums and some for the operands,
    and between tiles of centres 3 * v for the choice. Measured with 16 registers (AVX2, Zen 3,
    float32), as a share of the processor's peak for 16 features and for 128: 2 x 4 81 and 97 %,
    3 x 4 65 and 90 %, 2 x 6 48 and 91 %, 1 x 8 71 and 82 %; 4 x 3 runs out of registers, 40 %. With
    32 (AVX-512, Zen 5) 3 x 8 was faster than 4 x 6 and 2 x 12. Others were not measured.
    """
    register_bytes, n_registers = _registers()
    vectors, centers = (3, 8) if n_registers == 32 else (2, 4)
    return Shape(register_bytes // itemsize, vectors, centers)


@cache
def _registers() -> tuple[int, int]:
    """Bytes and number of the vector registers.

    The compiler is asked, by compiling a sum and looking at the result (3 ms). It alone knows what
    the name of a processor, as in ``NUMBA_CPU_NAME``, stands for.
    """
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    machine = binding.Target.from_triple(triple).create_target_machine(name, features)
    assembly = machine.emit_assembly(binding.parse_assembly(_PROBE))
    for register, size, number in (("zmm", 64, 32), ("ymm", 32, 16), ("xmm", 16, 16)):
        if register in assembly:
            return size, number
    return 16, 32  # NEON, AltiVec


class Vectors:
    """Emits instructions on vectors of one type.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Where instructions go.
    number : llvmlite.ir.Type
        Type of a lane, float or double.
    shape : Shape
    """

    def __init__(self, builder: ir.IRBuilder, number: ir.Type, shape: Shape) -> None:
        self.builder = builder
        self.number = number
        self.shape = shape
        self.lanes = lanes = shape.lanes
        self.bytes = 4 if isinstance(number, ir.FloatType) else 8
        self.type = ir.VectorType(number, lanes)

    def load(self, pointer: ir.Value) -> ir.Value:
        """Load a vector from the address of its first lane; any lane's alignment will do."""
        vectors = self.builder.bitcast(pointer, self.type.as_pointer())
        return self.builder.load(vectors, align=self.bytes)

    def store(self, vector: ir.Value, pointer: ir.Value) -> None:
        """Store a vector, of any type with lanes of 4 bytes or more, likewise."""
        vectors = self.builder.bitcast(pointer, vector.type.as_pointer())
        self.builder.store(vector, vectors, align=4)

    def splat(self, scalar: ir.Value) -> ir.Value:
        """Repeat a number, of any type, in all lanes."""
        vector = ir.VectorType(scalar.type, self.lanes)
        nothing = ir.Constant(vector, ir.Undefined)
        one = self.builder.insert_element(nothing, scalar, ir.Constant(_INT32, 0))
        return self.shuffle(one, nothing, [0] * self.lanes)

    def shuffle(self, a: ir.Value, b: ir.Value, lanes: Sequence[int]) -> ir.Value:
        """Pick lanes from two vectors; those of `b` count on from those of `a`."""
        mask = ir.Constant(ir.VectorType(_INT32, len(lanes)), list(lanes))
        return self.builder.shuffle_vector(a, b, mask)

    def gather(self, scalars: Sequence[ir.Value]) -> ir.Value:
        """Make a vector of numbers."""
        vector = ir.Constant(self.type, ir.Undefined)
        for lane, scalar in enumerate(scalars):
            vector = self.builder.insert_element(vector, scalar, ir.Constant(_INT32, lane))
        return vector

    def multiply_add(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Return a * b + c: in one step, rounded once, where the machine has such a step."""
        name = f"llvm.fmuladd.v{self.lanes}f{8 * self.bytes}"
        type_ = ir.FunctionType(self.type, [self.type] * 3)
        function = cgutils.get_or_insert_function(self.builder.module, type_, name)  # type: ignore[no-untyped-call]
        return self.builder.call(function, [a, b, c])

    def minimum(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return the smaller of a and b in every lane; b if one is not a number."""
        return self.builder.select(self.builder.fcmp_ordered("<", a, b), a, b)

    def variable(self, value: ir.Value) -> ir.Value:
        """Make a variable, to be loaded and stored. LLVM keeps it in a register."""
        return cgutils.alloca_once_value(self.builder, value)  # type: ignore[no-untyped-call]


def index(n: int) -> ir.Constant:
    """Return a constant index."""
    return ir.Constant(_INDEX, n)
