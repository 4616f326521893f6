"""Figures of the selection: a notebook shows them, whether it uses pyplot or not."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats

import kmeans_widget as kw


@pytest.fixture
def figure():
    return kw.silhouette([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1]).plot()


@pytest.mark.parametrize("uses_pyplot", [False, True])
def test_a_figure_is_shown_as_the_last_value_of_a_cell(figure, uses_pyplot):
    shell = InteractiveShell()
    if uses_pyplot:  # what IPython does when pyplot is imported
        select_figure_formats(shell, ["png"])
    shown, _ = shell.display_formatter.format(figure)
    assert shown["image/png"]
    assert shown["text/plain"] == "<NotebookFigure size 600x400 with 1 Axes>"
