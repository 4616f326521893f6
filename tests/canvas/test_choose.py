import importlib.util
import sys
from types import ModuleType

import pytest
from ipywidgets.widgets.widget import _instances

from kmeans_widget import KMeansWidget
from kmeans_widget.canvas import choose


@pytest.fixture
def no_ipympl(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ipympl" else find(name)
    )


def test_where_ipympl_is_expected_to_work_it_is_taken():
    assert choose("auto") == choose("ipympl") == "ipympl"


def test_in_colab_auto_is_the_image(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    assert choose("auto") == "png"
    assert choose("ipympl") == "ipympl"


@pytest.mark.usefixtures("no_ipympl")
def test_without_ipympl_auto_is_the_image_and_ipympl_one_sentence():
    assert choose("auto") == choose("png") == "png"
    with pytest.raises(ImportError, match=r"^canvas='ipympl' needs ipympl, .* canvas='png'\.$"):
        choose("ipympl")


@pytest.mark.parametrize(
    ("canvas", "error", "words"),
    [
        ("pgn", ValueError, "Unknown canvas 'pgn'; did you mean 'png'?"),
        ("", ValueError, "Unknown canvas ''. Choose from 'auto', 'ipympl', 'png'."),
        ("x" * 99 + "\n", ValueError, "xxx.... Choose from"),
        (None, TypeError, "canvas must be one of 'auto', 'ipympl', 'png', got NoneType None."),
        (3, TypeError, "got int 3."),
    ],
)
def test_what_is_no_canvas_is_refused_and_leaves_no_widget_behind(canvas, error, words):
    before = set(_instances)
    with pytest.raises(error) as caught:
        KMeansWidget(canvas=canvas)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert set(_instances) == before


@pytest.mark.parametrize("canvas", ["auto", "ipympl", "png"])
def test_the_line_of_a_panel_opens_it_on_its_canvas(canvas):
    panel = KMeansWidget(canvas=canvas)
    panel.run()
    line = "%kmeans -k 2 --seed 0 --run"
    assert panel.magic_line == (line if canvas == "auto" else f"{line} --canvas {canvas}")
    assert "canvas" not in panel.code
    panel.close()
