"""A panel opened once for all tests of a module: opening one takes longer than most tests."""

import pytest

from kmeans_widget import KMeansWidget
from kmeans_widget.session.branch import Branch
from kmeans_widget.session.history import History


@pytest.fixture(scope="module")
def opened():
    """A panel on the walkthrough, and its first branch."""
    widget = KMeansWidget()
    yield widget, widget.current_branch
    widget.close()


@pytest.fixture
def widget(opened):
    """The panel as it was when it was opened."""
    widget, first = opened
    panel = widget.panel
    widget.pause()
    widget.mouse.leave_tool()
    panel.legend.hidden = frozenset()
    widget._history = History(Branch(first.parameters, first.points))
    widget._follow()
    panel.lines.value = panel.regions.value = True
    panel.speed.value = 1.0
    panel.tab.value, panel.unfold.value, panel.toolbar.unfold.value = "algorithm", False, False
    panel.code.value, panel.variable.value, panel.file.value = "", "labels", "kmeans.html"
    toolbar = panel.toolbar
    toolbar.what.value, toolbar.number.value = "centroid", 0
    toolbar.radius.value, toolbar.count.value = 0, 20
    panel.say("")
    widget.canvas.connected = False
    return widget
