"""Cells that are run again: what they showed is freed, unless somebody still needs it."""

import gc
import itertools
import weakref

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

from kmeans_widget import KMeansWidget
from kmeans_widget.notebook import cells


class Notebook:
    """A notebook whose cells show panels."""

    def __init__(self):
        results = {}
        self.user_ns, self.user_ns_hidden = {"_oh": results, "Out": results}, {}
        self.runs = itertools.count(1)

    def get_parent(self):
        return self.parent

    def run(self, cell, *panels):
        number = next(self.runs)
        self.parent = {"header": {"msg_id": str(number)}, "metadata": {"cellId": cell}}
        for panel in panels:
            panel._repr_mimebundle_()
            self.user_ns["_oh"][number] = panel
            self.user_ns[f"_{number}"] = self.user_ns_hidden[f"_{number}"] = panel


@pytest.fixture
def notebook(monkeypatch):
    notebook = Notebook()
    monkeypatch.setattr(cells, "get_ipython", lambda: notebook)
    monkeypatch.setattr(cells, "_panels_by_cell", {})
    before = set(_instances)
    yield notebook
    for model in set(_instances) - before:  # one closes others
        if model in _instances:
            _instances[model].close()


def is_open(panel):
    return panel.comm is not None


def lead_a_life(panel):
    """Do what leaves something behind: branches, points, tools, frames."""
    panel.canvas.connected = True
    panel.step()
    panel.n_clusters = 4
    panel.add_point([9.0, 2.0])
    panel.undo()
    panel.panel.toolbar.mode.value = "paint"
    panel.panel.unfold.value = True
    panel.play()


def test_a_cell_run_again_and_again_keeps_one_panel(notebook):
    alive, models = weakref.WeakSet(), []
    for _ in range(3):
        notebook.user_ns["panel"] = panel = KMeansWidget()
        lead_a_life(panel)
        alive.add(panel)
        notebook.run("a", panel)
        models.append(len(_instances))
        panel.pause()
        panel.animation.player.join(10)
        del panel
    gc.collect()
    assert len(alive) == 1
    assert len(set(models[1:])) == 1
    assert len(notebook.user_ns["_oh"]) == 1


@pytest.mark.parametrize(
    "hold",
    [lambda p: p, lambda p: [1, p], lambda p: {"mine": p}],
    ids=["variable", "list", "dict"],
)
def test_what_a_variable_holds_stays_open(notebook, hold):
    first, second = KMeansWidget(), KMeansWidget()
    notebook.user_ns["kept"] = hold(first)
    notebook.run("a", first)
    notebook.run("a", second)
    assert is_open(first)


def test_what_another_cell_shows_stays_open(notebook):
    first, second = KMeansWidget(), KMeansWidget()
    notebook.run("a", first)
    notebook.run("b", first)
    notebook.run("a", second)
    assert is_open(first)
    notebook.run("b", second)
    assert not is_open(first)
    assert is_open(second)


def test_panels_shown_by_one_run_do_not_replace_each_other(notebook):
    first, second = KMeansWidget(), KMeansWidget()
    notebook.run("a", first, second)
    assert is_open(first)
    notebook.run("a", second)
    assert not is_open(first)
    assert is_open(second)


def test_outside_of_a_cell_nothing_is_replaced(notebook):
    first, second = KMeansWidget(), KMeansWidget()
    notebook.parent = {}
    first._repr_mimebundle_()
    second._repr_mimebundle_()
    assert is_open(first)


def test_large_data_are_announced_in_a_notebook(monkeypatch, capsys):
    monkeypatch.setattr(cells, "MANY_NUMBERS", 12)
    large = np.zeros((6, 2))
    KMeansWidget(large, 1).close()
    assert capsys.readouterr().out == ""  # in a script
    monkeypatch.setattr(cells, "in_notebook", lambda: True)
    KMeansWidget(large, 1).close()
    assert capsys.readouterr().out == "Opening 6 rows of 2 columns …\n"
    for small in (None, [[1.0, 2.0]], large[1:]):
        cells.announce(small)
    assert capsys.readouterr().out == ""
    cells.announce("events/*.parquet")
    assert capsys.readouterr().out == "Opening data in blocks: all rows are read twice …\n"
