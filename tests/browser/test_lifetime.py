"""Panels over time: cells that are run again, two views, a new kernel, a slow client."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser

from browser.jupyter import HASH, JupyterLab, Notebook

PANEL = ".kmeans-widget"
STATUS = f"{PANEL} .kmeans-status"
LOAD = "%load_ext kmeans_widget\nfrom ipywidgets.widgets.widget import _instances"


@pytest.fixture
def page(notebook: Notebook) -> Notebook:
    notebook.show(LOAD, "%kmeans -o panel")
    return notebook


def step(page: Notebook) -> None:
    """Press Step; the words and the picture of an assignment come."""
    before = page.wait_for_picture()
    page.click("Step: Assign")
    page.wait_for_text(STATUS, "assign")
    assert page.wait_for_picture() != before


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
    step(page)
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
return app.shell.currentWidget.context.path;
"""


def test_widgets_saved_with_the_notebook_hold_the_picture(page: Notebook) -> None:
    step(page)
    shown = page.wait_for_picture()
    path = page.lab.root / page.call(SAVE_WITH_WIDGETS)
    saved = json.loads(path.read_text())["metadata"]["widgets"]
    models = saved["application/vnd.jupyter.widget-state+json"]["state"].values()
    (text,) = (m["state"]["_data_url"] for m in models if m["model_name"] == "MPLCanvasModel")
    restored = page.page.evaluate(
        f"""async text => {{
            const image = new Image();
            image.src = text;
            await image.decode();
            return await ({HASH})(image);
        }}""",
        text,
    )
    assert restored == shown


# Resolves, when the picture has had its last size for a moment, with what was seen of it so far.
FIRST_PICTURES = """
const corners = new Set();
window.jupyterapp.commands.execute('notebook:run-all-cells');
for (let end = Infinity; performance.now() < end;) {
    await new Promise(requestAnimationFrame);
    const canvas = document.querySelector('.jupyter-matplotlib-canvas-div canvas');
    if (!canvas?.width || getComputedStyle(canvas).visibility === 'hidden') continue;
    const pen = canvas.getContext('2d');
    const painted = (x, y) => pen.getImageData(x, y, 1, 1).data[3] === 255;
    const seen = [painted(0, 0), painted(canvas.width - 4, canvas.height - 4)].join();
    corners.add(seen);
    if (seen === 'true,true' && canvas.width === arg) end = Math.min(end, performance.now() + 300);
}
return [...corners];
"""


def test_a_fine_screen_never_shows_the_first_picture_in_a_corner(notebook: Notebook) -> None:
    page = notebook
    page.forget()
    page.write(LOAD, "%kmeans -o panel  # on a fine screen")
    page.set_screen(1280, 1000, dots=2)
    assert set(page.call(FIRST_PICTURES, 2 * 740)) <= {"false,false", "true,true"}


def test_a_reloaded_page_shows_the_panel_again(notebook: Notebook) -> None:
    """The kernel lives on, the panel is the one that was; now it is on another screen."""
    page = notebook
    page.show(LOAD, "%kmeans -o panel  # reloaded", dots=2)
    page.execute("panel.run()")
    page.wait_for_text(STATUS, "converged")
    page.wait_for_picture()
    page.set_screen(1280, 1000)
    page.reload()
    page.write("panel")
    page.run_all()
    assert page.wait_for_picture().startswith("740x")
    assert "converged" in page.text(STATUS)


RESTART = "await jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
BROKEN = """root => [root, ...root.querySelectorAll('*')]
    .map(element => getComputedStyle(element, '::before').content)
    .filter(content => /\uf127|kernel/.test(content))"""


def test_after_a_restart_of_the_kernel_the_panel_says_so_and_a_new_one_works(
    page: Notebook,
) -> None:
    assert page.find(PANEL).evaluate(BROKEN) == []
    page.call(RESTART, timeout=60)
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
    page.wait_for_picture()
    page.devtools.send("Emulation.setCPUThrottlingRate", {"rate": 5})
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
        page.devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    page.execute("panel.cursor = 0; panel.cursor = at_pause")  # drawn anew, without any hurry
    assert page.wait_for_picture() == shown


# What can be seen of the outputs of each cell: panels, the pictures that follow them, figures that
# are narrower, and errors. The toolbar of ipympl has no <img>.
SEEN = """() => [...document.querySelectorAll('.jp-CodeCell')].map(cell =>
    [...cell.querySelectorAll('.kmeans-widget, img, .jupyter-widgets:not(:has(*))')]
    .filter(thing => thing.getBoundingClientRect().height > 0)
    .map(thing => thing.matches('.kmeans-widget') ? 'panel'
        : thing.matches('img') ? (thing.naturalWidth < 500 ? 'figure' : 'picture')
        : thing.innerText.startsWith('Error') ? 'error' : '').filter(Boolean))"""
DISPLAYS = (
    """%load_ext kmeans_widget
%matplotlib inline
import ipywidgets, kmeans_widget as kw, matplotlib.pyplot as plt
def figure():
    plt.figure(figsize=(3, 1))
    plt.plot([0])
    plt.show()
def both():
    display(kw.KMeansWidget())
    figure()""",
    "%kmeans -o panel",
    "figure()\nboth()\nboth()",
    "display(ipywidgets.HBox([kw.KMeansWidget()]))\nfigure()",
    "output = ipywidgets.Output()\ndisplay(output)\nfigure()\nwith output:\n    both()",
)
BOTH_LIVE, BOTH_SAVED = ["panel", "figure"], ["picture", "figure"]
LIVE = [[], ["panel"], ["figure", *BOTH_LIVE * 2], BOTH_LIVE, [*BOTH_LIVE, "figure"]]
SAVED = [[], ["picture"], ["figure", *BOTH_SAVED * 2], ["figure"], ["figure"]]
ADD_STATE = """document.body.append(Object.assign(document.createElement('script'),
    {type: 'application/vnd.jupyter.widget-state+json'}))"""


def pngs(notebook: dict[str, Any]) -> list[str]:
    """Return the pictures in the outputs of a notebook."""
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", ()))
    return [output["data"]["image/png"] for output in outputs if "image/png" in output["data"]]


def test_a_saved_notebook_shows_each_run_once(browser: Browser, lab: JupyterLab) -> None:
    """As the panel while it is alive, else as its picture; what is displayed beside them stays."""

    def expect(wanted: list[list[str]], where: str) -> None:
        def is_seen() -> bool:
            found = [[x for x in cell if x != "error"] for cell in page.page.evaluate(SEEN)]
            seen.append(found[: len(wanted)])
            return seen[-1] == wanted

        seen: list[list[list[str]]] = []
        try:
            page.wait_until(is_seen)
        except AssertionError:
            raise AssertionError(f"{where}: {seen[-1]}, not {wanted}") from None

    page = Notebook.open(browser, lab, lab.write("saved.ipynb", *DISPLAYS))
    try:
        page.run_all()
        expect(LIVE, "the panels are alive")
        page.call("await jupyterapp.commands.execute('docmanager:save')")
        page.page.evaluate(ADD_STATE)
        page.run_all()  # a panel asks when it appears
        expect(SAVED[:4], "a page of nbconvert with the widgets' state and scripts")
        page.call(RESTART, timeout=60)
        page.reload()
        expect(SAVED, "the notebook is trusted, its kernel is new")

        written = json.loads((lab.root / "saved.ipynb").read_text("utf-8"))
        assert "widgets" not in written["metadata"]
        assert len({picture for picture in pngs(written) if len(picture) < 20_000}) == 1  # whole
        written["cells"][1]["source"] += "  # by somebody else"
        (lab.root / "copy.ipynb").write_text(json.dumps(written), "utf-8")
        page.load("copy.ipynb")
        expect(SAVED, "the notebook is not trusted")
        page.page.goto(f"{lab.url}/nbconvert/html/saved.ipynb?download=false")
        expect(SAVED, "JupyterLab exports or prints it")
    finally:
        page.close()
