"""Few samples go through kernels of their own: the same tests for them and for many."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kmeans_widget.core import chunks


@contextmanager
def _counted_as(how: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if how == "many":
            patch.setattr(chunks, "FEW", 0)
        yield


@pytest.fixture(scope="module")
def many() -> Iterator[None]:
    """Let all samples count as many, however few they are."""
    with _counted_as("many"):
        yield


@pytest.fixture(scope="module", params=["few", "many"])
def few_and_many(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a test twice: with few samples counted as few, and as many."""
    with _counted_as(request.param):
        yield
