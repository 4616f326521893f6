"""Few samples, many, and so many that work is skipped: three ways through the engine."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from kmeans_widget.core import assignment
from kmeans_widget.core.kernels import chunks


@contextmanager
def _counted_as(how: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if how != "few":
            patch.setattr(chunks, "SMALL_WORK", 0)
        if how == "pruned":
            patch.setattr(assignment, "_SKIP_WORK", 0)
            patch.setattr(assignment, "_INT16_FROM", 0)
            patch.setattr(assignment, "_BOUNDS_FROM", -1.0)
        yield


@pytest.fixture(scope="session")
def counted_as() -> Callable[[str], AbstractContextManager[None]]:
    """Return a context in which any number of samples counts as few, as many or as very many."""
    return _counted_as


@pytest.fixture(scope="module")
def many() -> Iterator[None]:
    """Let all samples count as many, however few they are."""
    with _counted_as("many"):
        yield


@pytest.fixture(scope="module")
def pruned() -> Iterator[None]:
    """Let all samples count as so many that bounds and 16 bits are tried."""
    with _counted_as("pruned"):
        yield


@pytest.fixture(params=["few", "many", "pruned"])
def any_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a test three times: with few samples counted as few, as many, and as very many."""
    with _counted_as(request.param):
        yield
