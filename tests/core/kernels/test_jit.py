import subprocess
import sys

import numpy as np

from kmeans_widget.core.kernels.jit import kernel


def test_a_kernel_divides_as_numpy_does() -> None:
    @kernel
    def divide(a: float, b: float) -> float:
        return a / b

    assert divide(1.0, 0.0) == np.inf


def test_numba_learns_no_type_while_kernels_run() -> None:
    code = """
from numba.core.typing.typeof import typeof_impl
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.lloyd import iterate
import numpy as np
known = set(typeof_impl.registry)
list(iterate(ArraySamples(np.arange(20.0).reshape(10, 2)), np.array([[0.0, 1.0], [9.0, 9.0]])))
print(set(typeof_impl.registry) - known)
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
