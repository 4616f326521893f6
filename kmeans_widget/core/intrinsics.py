"""How a function that writes LLVM's instructions becomes one that kernels call."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, ParamSpec, cast

from numba.core import cgutils, types
from numba.core.config import DISABLE_JIT  # type: ignore[attr-defined]  # its stubs lack that name
from numba.core.errors import TypingError
from numba.extending import intrinsic as numba_intrinsic

from kmeans_widget.core import simd

if TYPE_CHECKING:
    from collections.abc import Callable

    from llvmlite import ir

P = ParamSpec("P")


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


def intrinsic(plain: Callable[P, int]) -> Callable[[Callable[..., Any]], Callable[P, int]]:
    """Turn a function that emits LLVM's instructions into one that kernels call.

    Parameters
    ----------
    plain : kernel
        Does the same in plain loops; all of them take and return the signature of it. Where numba
        is switched off (``NUMBA_DISABLE_JIT``) it is called instead.

    Returns
    -------
    callable
        Decorates the function that emits. It is called while a kernel is compiled, with `Vectors`
        for the dtype of the first array, and the arguments: arrays as `Array`, the one named `form`
        as it is, other numbers as LLVM's values. It returns the result, an index.
    """
    signature_of_plain = signature(plain)
    parameters = list(signature_of_plain.parameters.values())

    def decorate(emit: Callable[..., Any]) -> Callable[P, int]:
        def type_(_context: Any, *given: Any) -> Any:
            arguments = [_argument(p.name, a) for p, a in zip(parameters, given, strict=True)]
            named = zip(parameters, arguments, strict=True)
            _refuse_mixtures(
                [a for p, a in named if isinstance(a, types.Array) and p.name not in _FLOAT64]
            )
            return types.intp(*arguments), generate

        def generate(context: Any, builder: Any, typed: Any, values: Any) -> Any:
            def operand(argument: Any, value: Any) -> Any:
                if isinstance(argument, types.Array):
                    return Array(builder, context.make_array(argument)(context, builder, value))
                return getattr(argument, "literal_value", value)

            dtype = typed.args[0].dtype
            # The shape not before here: numba reuses the outcome of typing.
            shape = simd.tile_shape(dtype.bitwidth // 8)
            vectors = simd.Vectors(builder, context.get_data_type(dtype), shape)
            return emit(vectors, *map(operand, typed.args, values))

        type_.__name__ = emit.__name__
        # numba looks up how arguments are passed: by these names, not as one tuple.
        type_.__signature__ = signature_of_plain.replace(  # type: ignore[attr-defined]
            parameters=[Parameter("_context", Parameter.POSITIONAL_OR_KEYWORD), *parameters]
        )
        return cast("Callable[P, int]", numba_intrinsic(prefer_literal=True)(type_))

    return (lambda _: plain) if DISABLE_JIT else decorate


def _argument(name: str, given: Any) -> Any:
    """Return the type as which an intrinsic takes an argument."""
    if name == "form" and not isinstance(given, types.Literal):
        raise TypingError("The form has to be a constant: DOT or DIFFERENCE")
    return types.intp if isinstance(given, types.Integer) and name != "form" else given


def _refuse_mixtures(arrays: list[Any]) -> None:
    """Raise for arrays that would be misread: mixed float dtypes, or strides."""
    floats = {a.dtype for a in arrays if isinstance(a.dtype, types.Float)}
    integers = {a.dtype for a in arrays if not isinstance(a.dtype, types.Float)}
    if len(floats) > 1 or not integers <= {types.int32, types.intp}:
        raise TypingError(f"Arrays of one float dtype, int32 and intp are needed, not {arrays}")
    if any(a.layout != "C" for a in arrays):
        raise TypingError(f"C-contiguous arrays are needed, not {arrays}")
