"""How a kernel is compiled: the compiler's flags are chosen here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import numba

# Otherwise numba imports it with the first kernel, and adds to the types that it knows: a thread
# that was just going through them would stumble.
import numba.experimental.function_type

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

_FLAGS = {"cache": True, "nogil": True, "error_model": "numpy"}
# Nobody calls a kernel from C: without that wrapper a fifth of the compile time is saved. And none
# allocates, so references to arrays need not be counted: saves a tenth of it, and up to a fifth of
# the time that assigning few samples takes.
_FLAGS |= {"no_cfunc_wrapper": True, "_nrt": False}


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of arrays and numbers to machine code, when it is first called.

    The code is kept on disk between processes, releases the interpreter lock while it runs, and
    divides as numpy does (no exception). Floating-point sums keep the order in which they are
    written: no flag here lets the compiler reassociate them, therefore plain numpy in the same
    order gives the same bits.

    Parameters
    ----------
    function : callable
        Takes arrays and numbers by position; arguments that it writes are marked ``# OUT``. It
        makes no array but views of these.

    Returns
    -------
    callable
        The compiled function, with the same signature.
    """
    return cast("Callable[P, R]", numba.njit(**_FLAGS)(function))  # type: ignore[call-overload]


def part(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function as a part of the kernels that call it, with which it is compiled.

    On its own it would be compiled, and optimised, once more: a tenth of the time of a first call.

    Parameters
    ----------
    function : callable
        Takes arrays and numbers by position.

    Returns
    -------
    callable
        The function, with the same signature.
    """
    flags = _FLAGS | {"inline": "always"}
    return cast("Callable[P, R]", numba.njit(**flags)(function))  # type: ignore[call-overload]


def allocating(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that makes arrays of its own; otherwise as `kernel`.

    Parameters
    ----------
    function : callable
        Takes arrays and numbers by position.

    Returns
    -------
    callable
        The compiled function, with the same signature.
    """
    flags = _FLAGS | {"_nrt": True}
    return cast("Callable[P, R]", numba.njit(**flags)(function))  # type: ignore[call-overload]


def reduction(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function for kernels to call, whose sums the compiler may reorder.

    As `kernel`, but for this: a sum over the features of one sample then runs in vector lanes, and
    is rounded differently. So it is for what needs no certain bits: bounds that allow for rounding,
    and distances that are only compared with each other, for these come from the same instructions.

    Parameters
    ----------
    function : callable
        Takes arrays and numbers by position.

    Returns
    -------
    callable
        The compiled function, with the same signature.
    """
    flags = _FLAGS | {"fastmath": {"reassoc", "contract"}}
    return cast("Callable[P, R]", numba.njit(**flags)(function))  # type: ignore[call-overload]
