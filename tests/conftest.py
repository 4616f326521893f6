"""What holds for every test: no stale kernel, patience while compiling, the browser comes last."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import hypothesis
import nbval.kernel
import pytest

import kernel_cache

# Before anything imports numba, which reads the variable once. Kernels and subprocesses of the
# tests inherit it.
os.environ["NUMBA_CACHE_DIR"] = str(kernel_cache.directory())

# The first example of a property may compile its kernels, so no deadline; in CI the same examples
# every time, so that a failure is about the change.
hypothesis.settings.register_profile(
    "kmeans", deadline=None, derandomize=os.environ.get("CI") == "true"
)
hypothesis.settings.load_profile("kmeans")

_start_kernel = nbval.kernel.start_new_kernel


def _start_kernel_twice(**options: Any) -> Any:
    """Start the kernel of a tutorial: again, if another process has taken one of its ports first.

    Ports are found free before the kernel binds them; then the tests open many others.
    """
    try:
        return _start_kernel(**{**options, "startup_timeout": 30})
    except RuntimeError:
        return _start_kernel(**options)


nbval.kernel.start_new_kernel = _start_kernel_twice


@pytest.fixture(scope="module", autouse=True)
def _main_module_stays() -> Iterator[None]:
    """Put back what a shell of IPython replaces, or else no test after it can start a process."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser tests last, the quick ones speak first; before a short file, the long ones.

    So no process is left alone with a long one at the end. Besides, Playwright keeps an asyncio
    loop running in this thread until the session ends, which would be in the way of every other
    test that starts one.
    """
    order = {
        path: ("browser" in path.parent.parts, -path.stat().st_size)
        for path in {item.path for item in items}
    }
    items.sort(key=lambda item: (order[item.path], item.path))
