"""The tests' own tools, proven on a counter and a plain figure: what they say is what is there."""

import pytest

from browser.conftest import OpenNotebook
from browser.jupyter import JupyterLab, KernelError, Notebook

CELLS = """\
import ipywidgets
from ipympl.backend_nbagg import Canvas, FigureManager
from matplotlib.figure import Figure
figure = Figure(figsize=(3, 2))
canvas = Canvas(figure)
manager = FigureManager(canvas, 0)
(line,) = figure.subplots().plot([1, 2, 3])
count = 0
status = ipywidgets.HTML("<span class='status'>pressed 0 times</span>")
button = ipywidgets.Button(description="Step")
def step(_):
    global count
    count += 1
    status.value = f"<span class='status'>pressed {count} times</span>"
    line.set_ydata([3, 2, count])
    canvas.draw_idle()
button.on_click(step)
box = ipywidgets.VBox([button, status, canvas])
box.add_class("proof")
box"""


@pytest.fixture(scope="module")
def notebook(lab: JupyterLab, open_notebook: OpenNotebook) -> Notebook:
    notebook = open_notebook(lab.write("proof.ipynb", CELLS))
    notebook.run_all()
    return notebook


@pytest.fixture(scope="module")
def dark(lab: JupyterLab, open_notebook: OpenNotebook) -> Notebook:
    name = lab.write("dark.ipynb", "1 + 1", "[][0]")
    return open_notebook(name, theme="dark", width=700, height=600)


def test_a_click_changes_the_kernel_the_text_and_the_pixels(notebook: Notebook) -> None:
    before, frames = notebook.wait_for_canvas(".proof"), notebook.frames(".proof")

    notebook.click("Step")

    assert notebook.wait_for_text(".status", "pressed 1 times")
    notebook.wait_until(lambda: notebook.canvas_hash(".proof") != before, "the canvas changes")
    assert notebook.frames(".proof") > frames
    assert notebook.evaluate("count") == 1


def test_equal_pictures_have_equal_hashes(notebook: Notebook) -> None:
    first = notebook.wait_for_canvas()
    notebook.execute("kept = line.get_ydata(); line.set_ydata([1, 5, 9]); canvas.draw_idle()")
    notebook.wait_until(lambda: notebook.canvas_hash() != first, "the canvas changes")
    notebook.execute("line.set_ydata(kept); canvas.draw_idle()")
    notebook.wait_until(lambda: notebook.canvas_hash() == first, "the canvas is as before")


def test_the_kernel_prints_and_answers(notebook: Notebook) -> None:
    assert notebook.execute("print('hello')") == "hello\n"
    assert notebook.evaluate("{'a': [1, 2.5, (True, None)]}") == {"a": [1, 2.5, (True, None)]}


def test_errors_of_the_kernel_are_ours(notebook: Notebook) -> None:
    with pytest.raises(KernelError, match="ZeroDivisionError"):
        notebook.execute("1 / 0")
    with pytest.raises(KernelError, match="nowhere"):
        notebook.evaluate("nowhere")
    with pytest.raises(TypeError, match="no Python literal"):
        notebook.evaluate("object()")


def test_a_failing_cell_fails_the_run(dark: Notebook) -> None:
    with pytest.raises(KernelError, match="IndexError"):
        dark.run_all()


def test_waiting_in_vain_says_for_what(notebook: Notebook) -> None:
    with pytest.raises(AssertionError, match="for nothing"):
        notebook.wait_until(lambda: False, "for nothing", timeout=0.1)
    with pytest.raises(AssertionError, match=r"'pressed \d times' and not 'never'"):
        notebook.wait_for_text(".status", "never", timeout=0.1)


def look(page: Notebook) -> tuple[str, list[int]]:
    """Return whether the theme is light, and the size of the page."""
    light: str = page.page.evaluate("document.body.dataset.jpThemeLight")
    return light, page.page.evaluate("[innerWidth, innerHeight]")


def test_a_page_has_its_theme_and_size(dark: Notebook) -> None:
    assert look(dark) == ("false", [700, 600])
    picture = dark.lab.home / "shots" / "dark.png"
    dark.screenshot(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_other_cells_are_shown_as_if_just_opened(dark: Notebook) -> None:
    dark.show("kept = 1", "import ipywidgets; ipywidgets.Label('first')")
    assert look(dark) == ("true", [1280, 1000])
    dark.execute("kept = 2")
    dark.show("kept = 1", "import ipywidgets; ipywidgets.Label('first')")
    assert dark.evaluate("kept") == 2
    dark.show("import ipywidgets; ipywidgets.Label('second')", theme="dark", width=600)
    assert look(dark) == ("false", [600, 1000])
    labels = dark.find(".widget-label")
    dark.wait_until(lambda: labels.all_inner_texts() == ["second"])
    with pytest.raises(KernelError, match="kept"):
        dark.evaluate("kept")


def test_a_reloaded_page_keeps_its_kernel(dark: Notebook) -> None:
    dark.execute("kept = 3")
    dark.reload()
    assert dark.evaluate("kept") == 3
    dark.write("kept += 1")
    dark.run_all()
    assert dark.evaluate("kept") == 4
