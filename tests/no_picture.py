"""Panels without a picture, for tests that ask what a panel knows and not what it shows."""

from unittest.mock import MagicMock

import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from kmeans_widget import widget


@pytest.fixture(scope="module")
def no_picture():
    """Let every panel have an empty figure: to open one takes a fourth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        axes = MagicMock(get_position=Bbox.unit)
        empty = {"animated_artists": [], "map": axes}
        patch.setattr(widget, "Picture", lambda: MagicMock(figure=Figure(), **empty))
        yield
