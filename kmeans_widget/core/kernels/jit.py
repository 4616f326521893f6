"""How functions are compiled: the flags are chosen here and nowhere else.

Kernels are serial and release the interpreter lock; `threads` runs them in parallel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import numba

# numba would import it with the first kernel, and register types while another thread may be
# iterating over them.
import numba.experimental.function_type

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

_FLAGS = {"cache": True, "nogil": True, "error_model": "numpy"}
# Skip the C wrapper (-20 % compile time): kernels are never called from C. Disable NRT, which
# counts references to arrays (-10 % compile time, up to -20 % of assigning few samples): kernels
# never allocate.
_FLAGS |= {"no_cfunc_wrapper": True, "_nrt": False}


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of arrays and numbers when it is first called.

    The machine code is cached on disk, releases the interpreter lock, and divides as numpy does (no
    exception). Floating-point sums keep the order in which they are written.

    Parameters
    ----------
    function : callable
        Takes arrays and numbers by position; arguments that it writes are marked ``# OUT``. It
        creates no arrays except views of these.

    Returns
    -------
    callable
        The compiled function, with the same signature.
    """
    return cast("Callable[P, R]", numba.njit(**_FLAGS)(function))  # type: ignore[call-overload]


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function as a part of each kernel that calls it.

    Compiling it separately as well would take a tenth of the time of a first call.

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
    """Compile a function that allocates arrays; otherwise as `kernel`.

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
    """Compile a function whose sums the compiler may reorder; otherwise as `kernel`.

    A sum over the features of a sample is then vectorised, and rounded differently. For bounds that
    allow for rounding, and for distances that are only compared with each other.

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
