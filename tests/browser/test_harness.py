"""The tests' own tools, proven on a counter and a plain figure: what they say is what is there."""

import pytest
from playwright.sync_api import Browser

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


@pytest.fixture
def proof(notebook: Notebook) -> Notebook:
    notebook.show(CELLS)
    return notebook


def test_a_click_changes_the_kernel_the_text_and_the_pixels(proof: Notebook) -> None:
    notebook = proof
    before, frames = notebook.wait_for_canvas(".proof"), notebook.frames(".proof")

    notebook.click("Step")

    assert notebook.wait_for_text(".status", "pressed 1 times")
    notebook.wait_until(lambda: notebook.canvas_hash(".proof") != before, "the canvas changes")
    notebook.wait_until(lambda: notebook.frames(".proof") > frames, "the frame is counted")
    assert notebook.evaluate("count") == 1


def test_equal_pictures_have_equal_hashes(proof: Notebook) -> None:
    notebook = proof
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


def test_a_failing_cell_fails_the_run(notebook: Notebook) -> None:
    with pytest.raises(KernelError, match="IndexError"):
        notebook.show("1 + 1", "[][0]")


def test_waiting_in_vain_says_for_what(proof: Notebook) -> None:
    notebook = proof
    with pytest.raises(AssertionError, match="for nothing"):
        notebook.wait_until(lambda: False, "for nothing", timeout=0.1)
    with pytest.raises(AssertionError, match=r"'pressed \d times' and not 'never'"):
        notebook.wait_for_text(".status", "never", timeout=0.1)


def look(page: Notebook) -> tuple[str, list[int]]:
    """Return whether the theme is light, and the size of the page."""
    light: str = page.page.evaluate("document.body.dataset.jpThemeLight")
    return light, page.page.evaluate("[innerWidth, innerHeight]")


def test_other_cells_are_shown_as_if_just_opened(notebook: Notebook) -> None:
    page = notebook
    page.show("kept = 1", "import ipywidgets; ipywidgets.Label('first')")
    assert look(page) == ("true", [1280, 1000])
    page.execute("kept = 2")
    page.show("kept = 1", "import ipywidgets; ipywidgets.Label('first')")
    assert page.evaluate("kept") == 2
    page.show("import ipywidgets; ipywidgets.Label('second')", theme="dark", width=600)
    assert look(page) == ("false", [600, 1000])
    labels = page.find(".widget-label")
    page.wait_until(lambda: labels.all_inner_texts() == ["second"])
    with pytest.raises(KernelError, match="kept"):
        page.evaluate("kept")


def test_a_page_opens_with_its_theme_and_size_and_keeps_its_kernel(
    browser: Browser, lab: JupyterLab
) -> None:
    name = lab.write("dark.ipynb", "kept = 3")
    page = Notebook.open(browser, lab, name, theme="dark", width=700, height=600)
    try:
        assert look(page) == ("false", [700, 600])
        picture = lab.home / "shots" / "dark.png"
        page.screenshot(picture)
        assert picture.read_bytes().startswith(b"\x89PNG")
        page.run_all()
        page.reload()
        assert page.evaluate("kept") == 3
    finally:
        page.close()
