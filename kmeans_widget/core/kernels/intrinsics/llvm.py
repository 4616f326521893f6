"""Vectors of the machine, and how a function that emits LLVM instructions is called by kernels.

LLVM vectorises simple loops by itself, but it does not keep a block of sums in registers, and it
does not transpose. The few functions that need either are written in LLVM's language, with the
building blocks of this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.config import DISABLE_JIT  # type: ignore[attr-defined]  # its stubs lack that name
from numba.core.errors import TypingError
from numba.core.registry import cpu_target
from numba.extending import intrinsic as numba_intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


BLOCK = 48
"""Points in a block: a multiple of the points in a tile on any machine."""

NARROW: Final = 4
"""Up to this many features, distances are sums of squared differences; beyond, dot products."""

GREATEST: Final = 2**31 - 1
"""Infinity of the scores of 16-bit pairs."""

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
    """Size of the tile that is held in registers.

    Parameters
    ----------
    lanes : int
        Elements of a vector.
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


@cache
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
    A tile of v vectors by c centres needs v * c registers for the sums, some for the operands, and
    3 * v between tiles for the choice. Measured with 16 registers (AVX2, Zen 3, float32), as a
    share of the processor's peak for 16 and for 128 features: 2 x 4 81 and 97 %, 3 x 4 65 and 90 %,
    2 x 6 48 and 91 %, 1 x 8 71 and 82 %; 4 x 3 runs out of registers, 40 %. With 32 registers
    (AVX-512, Zen 5), 3 x 8 was faster than 4 x 6 and 2 x 12. Others were not measured.
    """
    register_bytes, n_registers = _registers()
    vectors, centers = (3, 8) if n_registers == 32 else (2, 4)
    return Shape(register_bytes // itemsize, vectors, centers)


def narrow_shape(n_features: int) -> tuple[int, int]:
    """Choose the numbers of vectors of points and of centres of a tile for a few features.

    Notes
    -----
    With 16 registers, the choices of two vectors and their coordinates fit for up to 2 features
    while centres are interleaved; for more they spill, so centres come one at a time, for 3
    vectors. Measured for 2 features and 64 centres, and for 3 and 16 (AVX2, Zen 3, float32), in
    nanoseconds per sample: 2 x 4 6.35 and 3.2, 2 x 1 6.7 and 3.0, 3 x 1 9.5 and 2.4, 4 x 1 8.1 and
    2.6.
    """
    _, n_registers = _registers()
    if n_registers == 32:
        return 3, 8
    return (2, 4) if n_features <= 2 else (3, 1)


def rowwise_shape() -> tuple[int, int]:
    """Choose how many rows meet how many centres at a time in `rowwise`.

    Notes
    -----
    With 16 registers 2 x 5 take ten for the products and two for the norms. Measured for 70,000
    samples of 784 features and 10 centres (AVX2, Zen 3, float32, two threads): 2 x 5 12.5 ms, 1 x
    10 15.5 ms, 2 x 4 15.7 ms, 3 x 3 26 ms; reading the samples alone takes 9.
    """
    _, n_registers = _registers()
    return (4, 5) if n_registers == 32 else (2, 5)


@cache
def _registers() -> tuple[int, int]:
    """Return size in bytes and number of the vector registers.

    Found by compiling a sum and looking at the assembly (3 ms): only the compiler knows what the
    name of a processor, as in ``NUMBA_CPU_NAME``, stands for.
    """
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    machine = binding.Target.from_triple(triple).create_target_machine(name, features)
    assembly = machine.emit_assembly(binding.parse_assembly(_PROBE))
    for register, size, number in (("zmm", 64, 32), ("ymm", 32, 16), ("xmm", 16, 16)):
        if register in assembly:
            return size, number
    return 16, 32  # NEON, AltiVec


class Vectors:
    """Emits instructions for vectors of one type.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Where the instructions go.
    number : llvmlite.ir.Type
        Type of an element: float, double, or an integer of 32 bits.
    shape : Shape
    """

    def __init__(self, builder: ir.IRBuilder, number: ir.Type, shape: Shape) -> None:
        self.builder = builder
        self.number = number
        self.shape = shape
        self.lanes = lanes = shape.lanes
        self.bytes = 8 if isinstance(number, ir.DoubleType) else 4
        self.type = ir.VectorType(number, lanes)
        self.whole = isinstance(number, ir.IntType)
        self.greatest = self.constant(2**31 - 1 if self.whole else float("inf"))

    def load(self, pointer: ir.Value) -> ir.Value:
        """Load a vector from the address of its first element, aligned as an element."""
        vectors = self.builder.bitcast(pointer, self.type.as_pointer())
        return self.builder.load(vectors, align=self.bytes)

    def prefetch(self, pointer: ir.Value) -> None:
        """Prefetch what will be loaded soon."""
        builder = self.builder
        address = builder.bitcast(pointer, ir.IntType(8).as_pointer())
        type_ = ir.FunctionType(ir.VoidType(), [address.type, *[_INT32] * 3])
        function = cgutils.get_or_insert_function(builder.module, type_, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
        builder.call(function, [address, *(ir.Constant(_INT32, n) for n in (0, 3, 1))])

    def store(self, vector: ir.Value, pointer: ir.Value) -> None:
        """Store a vector, of any type with elements of at least 4 bytes."""
        vectors = self.builder.bitcast(pointer, vector.type.as_pointer())
        self.builder.store(vector, vectors, align=4)

    def constant(self, number: float) -> ir.Constant:
        """Return a constant vector of equal elements."""
        return ir.Constant(self.type, [number] * self.lanes)

    def splat(self, scalar: ir.Value) -> ir.Value:
        """Repeat a number, of any type, in all lanes."""
        vector = ir.VectorType(scalar.type, self.lanes)
        nothing = ir.Constant(vector, ir.Undefined)
        one = self.builder.insert_element(nothing, scalar, ir.Constant(_INT32, 0))
        return self.shuffle(one, nothing, [0] * self.lanes)

    def shuffle(self, a: ir.Value, b: ir.Value, lanes: Sequence[int]) -> ir.Value:
        """Pick lanes from two vectors; the numbers of those of `b` follow those of `a`."""
        mask = ir.Constant(ir.VectorType(_INT32, len(lanes)), list(lanes))
        return self.builder.shuffle_vector(a, b, mask)

    def gather(self, scalars: Sequence[ir.Value]) -> ir.Value:
        """Make a vector of numbers."""
        vector = ir.Constant(self.type, ir.Undefined)
        for lane, scalar in enumerate(scalars):
            vector = self.builder.insert_element(vector, scalar, ir.Constant(_INT32, lane))
        return vector

    def multiply_add(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Return a * b + c, fused where the machine has such an instruction.

        Integers a and b are pairs of 16 bits; c takes the sum of both products.
        """
        if self.whole:
            return self.builder.add(self._pairs_multiplied(a, b), c)
        name = f"llvm.fmuladd.v{self.lanes}f{8 * self.bytes}"
        type_ = ir.FunctionType(self.type, [self.type] * 3)
        function = cgutils.get_or_insert_function(self.builder.module, type_, name)  # type: ignore[no-untyped-call]
        return self.builder.call(function, [a, b, c])

    def _pairs_multiplied(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Multiply pairs and add the two products, as LLVM recognises x86's pmaddwd."""
        builder, n = self.builder, 2 * self.lanes
        halves, wide = (ir.VectorType(ir.IntType(bits), n) for bits in (16, 32))
        of_a, of_b = (builder.sext(builder.bitcast(pairs, halves), wide) for pairs in (a, b))
        products = builder.mul(of_a, of_b)
        even = self.shuffle(products, products, range(0, n, 2))
        return builder.add(even, self.shuffle(products, products, range(1, n, 2)))

    def to_pairs(self, first: ir.Value, second: ir.Value, scale: ir.Value) -> ir.Value:
        """Scale two vectors, round them to 16 bits, and pair them in 32."""
        builder = self.builder
        whole = ir.VectorType(_INT32, self.lanes)
        halves = []
        for vector in (first, second):
            # Shifted by 32768, the values are not negative, so truncating rounds down.
            steps = self.multiply_add(vector, scale, self.constant(32768.5))
            steps = self.minimum(steps, self.constant(65535.0))
            steps = builder.select(self.less(self.constant(0.0), steps), steps, self.constant(0.0))
            halves.append(builder.fptosi(steps, whole))
        shifted = builder.shl(halves[1], ir.Constant(whole, [16] * self.lanes))
        signs = ir.Constant(whole, [-0x7FFF8000] * self.lanes)  # 0x80008000
        return builder.xor(builder.or_(halves[0], shifted), signs)

    def accumulate(self, a: ir.Value, b: ir.Value, total: ir.Value) -> None:
        """Add a * b to a variable."""
        self.builder.store(self.multiply_add(a, b, self.builder.load(total)), total)

    def is_last(self, n: ir.Value) -> ir.Value:
        """Return a mask of the last n lanes."""
        lanes = ir.Constant(ir.VectorType(_INDEX, self.lanes), list(range(self.lanes)))
        first = self.builder.sub(index(self.lanes), n)
        return self.builder.icmp_signed(">=", lanes, self.splat(first))

    def total(self, vector: ir.Value) -> ir.Value:
        """Add up the lanes, in the order that takes the fewest steps."""
        name = f"llvm.vector.reduce.fadd.v{self.lanes}f{8 * self.bytes}"
        type_ = ir.FunctionType(self.number, [self.number, self.type])
        function = cgutils.get_or_insert_function(self.builder.module, type_, name)  # type: ignore[no-untyped-call]
        zero = ir.Constant(self.number, 0)
        return self.builder.call(function, [zero, vector], fastmath=("reassoc",))

    def less(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Compare a < b in every lane; false for NaN."""
        compare = self.builder.icmp_signed if self.whole else self.builder.fcmp_ordered
        return compare("<", a, b)

    def minimum(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Return the smaller of a and b in every lane; b if one is NaN."""
        return self.builder.select(self.less(a, b), a, b)

    def variable(self, value: ir.Value) -> ir.Value:
        """Make a variable to load and store; LLVM keeps it in a register."""
        return cgutils.alloca_once_value(self.builder, value)  # type: ignore[no-untyped-call]


def smaller(builder: ir.IRBuilder, a: ir.Value, b: ir.Value) -> ir.Value:
    """Return the smaller of two indices."""
    return builder.select(builder.icmp_signed("<", a, b), a, b)


def index(n: int) -> ir.Constant:
    """Return a constant index."""
    return ir.Constant(_INDEX, n)


_FLOAT64 = ("sample_weight", "totals")
"""Names of the arrays that are float64 whatever the others are."""


class Array:
    """A C-contiguous array among the arguments of an intrinsic.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
    struct : numba's view of the array
    """

    def __init__(self, builder: ir.IRBuilder, struct: Any) -> None:
        self.builder = builder
        self.data = struct.data
        self.shape = cgutils.unpack_tuple(builder, struct.shape)  # type: ignore[no-untyped-call]

    def at(self, *indices: ir.Value) -> ir.Value:
        """Return the address of an element."""
        flat = indices[0]
        for size, index in zip(self.shape[1:], indices[1:], strict=True):
            flat = self.builder.add(self.builder.mul(flat, size), index)
        return self.builder.gep(self.data, [flat])

    def __getitem__(self, index: ir.Value) -> ir.Value:
        """Load an element of a 1-D array."""
        return self.builder.load(self.at(index))


def intrinsic(emit: Callable[..., ir.Value]) -> Callable[..., int]:
    """Turn a function that emits LLVM instructions into one that kernels call.

    Parameters
    ----------
    emit : callable
        It is called while a kernel is compiled, with `Vectors` for the dtype of the first array,
        and the arguments: arrays as `Array`, numbers as LLVM values of type index. It returns the
        result, an index.

    Returns
    -------
    callable
        Takes the same arguments except `Vectors`. Only kernels can call it.
    """
    if DISABLE_JIT:
        raise RuntimeError(
            "kmeans_widget needs numba's compiler, but NUMBA_DISABLE_JIT is set. "
            "Unset it and restart Python."
        )
    parameters = list(signature(emit).parameters.values())[1:]

    def type_(_context: Any, *given: Any) -> Any:
        arguments = [types.intp if isinstance(a, types.Integer) else a for a in given]
        named = zip(parameters, arguments, strict=True)
        _refuse_mixtures(
            [a for p, a in named if isinstance(a, types.Array) and p.name not in _FLOAT64]
        )
        return types.intp(*arguments), generate

    def generate(context: Any, builder: Any, typed: Any, values: Any) -> Any:
        def operand(argument: Any, value: Any) -> Any:
            if isinstance(argument, types.Array):
                return Array(builder, context.make_array(argument)(context, builder, value))
            return value

        dtype = typed.args[0].dtype
        # The shape is chosen here and not earlier, as numba reuses the outcome of typing.
        shape = tile_shape(dtype.bitwidth // 8)
        vectors = Vectors(builder, context.get_data_type(dtype), shape)
        return emit(vectors, *map(operand, typed.args, values))

    type_.__name__ = emit.__name__
    # numba looks up how arguments are passed: by these names, not as one tuple.
    type_.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter("_context", Parameter.POSITIONAL_OR_KEYWORD), *parameters]
    )
    return cast("Callable[..., int]", numba_intrinsic(type_))


def _refuse_mixtures(arrays: list[Any]) -> None:
    """Raise if arrays would be misread: mixed float dtypes, or strides."""
    floats = {a.dtype for a in arrays if isinstance(a.dtype, types.Float)}
    integers = {a.dtype for a in arrays if not isinstance(a.dtype, types.Float)}
    if len(floats) > 1 or not integers <= {types.int32, types.intp}:
        raise TypingError(f"Arrays of one float dtype, int32 and intp are needed, not {arrays}")
    if any(a.layout != "C" for a in arrays):
        raise TypingError(f"C-contiguous arrays are needed, not {arrays}")
