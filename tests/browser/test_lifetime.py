"""Panels over time: cells that are run again, two views, a new kernel, a slow client."""

import json

import pytest

from browser.conftest import OpenNotebook
from browser.jupyter import HASH, JupyterLab, Notebook

PANEL = ".kmeans-widget"
STATUS = f"{PANEL} .kmeans-status"
LOAD = "%load_ext kmeans_widget\nfrom ipywidgets.widgets.widget import _instances"


@pytest.fixture
def page(notebook: Notebook) -> Notebook:
    notebook.show(LOAD, "%kmeans -o panel")
    notebook.wait_for_canvas(PANEL)
    return notebook


def step(page: Notebook) -> None:
    """Press Step; the words and the picture of an assignment come."""
    before = page.wait_for_canvas(PANEL)
    page.click("Step: Assign")
    page.wait_for_text(STATUS, "assign")
    page.wait_until(lambda: page.canvas_hash(PANEL) != before, "the canvas changes")


def test_a_cell_run_again_keeps_one_panel(page: Notebook) -> None:
    models = []
    for _ in range(3):
        page.run_all()
        step(page)
        models.append(page.evaluate("len(_instances)"))
    assert models[0] == models[1] == models[2]
    assert page.find(PANEL).count() == 1


def test_two_views_show_the_same(notebook: Notebook) -> None:
    page = notebook
    page.show(LOAD, "%kmeans -o panel", "panel")
    page.wait_for_canvas(PANEL)
    step(page)
    page.wait_for_canvas(PANEL)
    canvases = page.find(".jupyter-matplotlib-canvas-div canvas:first-child")
    words = page.find(".kmeans-status")
    assert words.count() == 2
    assert words.nth(0).inner_text() == words.nth(1).inner_text()
    assert canvases.nth(0).evaluate("c => c.toDataURL()") == canvases.nth(1).evaluate(
        "c => c.toDataURL()"
    )


SAVE_WITH_WIDGETS = """
const app = window.jupyterapp, switched = '@jupyter-widgets/jupyterlab-manager:saveWidgetState';
await app.commands.execute(switched);
await app.shell.currentWidget.context.save();
await app.commands.execute(switched);
"""


def test_widgets_saved_with_the_notebook_hold_the_picture(
    lab: JupyterLab, open_notebook: OpenNotebook
) -> None:
    name = lab.write("state.ipynb", LOAD, "%kmeans -o panel")
    page = open_notebook(name)
    page.run_all()
    page.wait_for_canvas(PANEL)
    step(page)
    shown = page.wait_for_canvas(PANEL)
    page.call(SAVE_WITH_WIDGETS)
    saved = json.loads((lab.root / name).read_text())["metadata"]["widgets"]
    models = saved["application/vnd.jupyter.widget-state+json"]["state"].values()
    (text,) = (m["state"]["_data_url"] for m in models if m["model_name"] == "MPLCanvasModel")
    restored = page.page.evaluate(
        f"""async text => {{
            const image = new Image();
            image.src = text;
            await image.decode();
            return ({HASH})(image);
        }}""",
        text,
    )
    assert restored == shown


# Resolves, half a second after the whole canvas has been painted, with what was seen of it so far.
FIRST_PICTURES = """
const corners = new Set();
window.jupyterapp.commands.execute('notebook:run-all-cells');
for (let whole = Infinity; performance.now() < whole + 500;) {
    await new Promise(requestAnimationFrame);
    const canvas = document.querySelector('.jupyter-matplotlib-canvas-div canvas');
    if (!canvas?.width || getComputedStyle(canvas).visibility === 'hidden') continue;
    const pen = canvas.getContext('2d');
    const painted = (x, y) => pen.getImageData(x, y, 1, 1).data[3] === 255;
    const seen = [painted(0, 0), painted(canvas.width - 4, canvas.height - 4)].join();
    corners.add(seen);
    if (seen === 'true,true') whole = Math.min(whole, performance.now());
}
return [...corners];
"""


def test_a_fine_screen_never_shows_the_first_picture_in_a_corner(
    lab: JupyterLab, open_notebook: OpenNotebook
) -> None:
    page = open_notebook(lab.write("fine.ipynb", LOAD, "%kmeans -o panel"), dots=2)
    assert set(page.call(FIRST_PICTURES)) <= {"false,false", "true,true"}
    assert page.canvas(PANEL).evaluate("canvas => canvas.width") == 1080


def test_a_reloaded_page_shows_the_panel_again(page: Notebook) -> None:
    """The kernel lives on; the panel shown anew is the panel that was."""
    before = page.wait_for_canvas()
    page.execute("panel.run()")
    page.wait_for_text(STATUS, "converged")
    page.wait_until(lambda: page.canvas_hash() != before, "the picture follows the sentence")
    shown = page.wait_for_canvas()
    page.reload()
    page.write("panel")
    page.run_all()
    page.wait_for_canvas()
    page.wait_until(lambda: page.canvas_hash() == shown, "the picture is that of before")
    assert "converged" in page.text(STATUS)


BROKEN = """root => [root, ...root.querySelectorAll('*')]
    .map(element => getComputedStyle(element, '::before').content)
    .filter(content => /\uf127|kernel/.test(content))"""


def test_after_a_restart_of_the_kernel_the_panel_says_so_and_a_new_one_works(
    page: Notebook,
) -> None:
    assert page.find(PANEL).evaluate(BROKEN) == []
    page.call(
        "await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart();",
        timeout=60,
    )
    page.wait_until(lambda: page.find(f"{PANEL}.jupyter-widgets-disconnected").count() == 1)
    (words,) = page.find(PANEL).evaluate(BROKEN)  # and no broken icons
    assert "The kernel was restarted or has ended: run the cell again." in words
    page.run_all()
    assert page.find(PANEL).evaluate(BROKEN) == []
    step(page)
    assert page.find(PANEL).count() == 1


def test_a_slow_client_sees_no_half_step_after_pause(notebook: Notebook) -> None:
    page, long_run = notebook, "kmeans_widget.datasets.blobs(3, 500, random_state=1) -k 9 --seed 3"
    page.show(f"{LOAD}\nimport kmeans_widget", f"%kmeans {long_run} -o panel")
    page.execute("panel.panel.speed.value = 8.0")
    page.wait_for_canvas(PANEL)
    throttle = page.page.context.new_cdp_session(page.page)
    throttle.send("Emulation.setCPUThrottlingRate", {"rate": 5})
    try:
        page.click("Play")
        page.wait_for_text(STATUS, "^Iteration [^1]", timeout=30)
        page.execute("panel.pause(); at_pause = panel.cursor")
        page.wait_until(lambda: page.button("Play").count() == 1, "Pause becomes Play again")
        assert page.text(STATUS) == page.evaluate("panel.narration")
        shown = page.wait_for_canvas(PANEL)
        page.page.wait_for_timeout(500)
        assert page.canvas_hash(PANEL) == shown
        assert page.evaluate("panel.cursor == at_pause and not panel.converged") is True
    finally:
        throttle.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    page.execute("panel.cursor = 0; panel.cursor = at_pause")  # drawn anew, without any hurry
    assert page.wait_for_canvas(PANEL) == shown
