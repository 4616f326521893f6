"""Panels over time: cells that are run again, two views, a new kernel, a slow client."""

import pytest

from browser.jupyter import Notebook

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


def test_a_reloaded_page_shows_the_panel_again(page: Notebook) -> None:
    """The kernel lives on; the panel shown anew is the panel that was."""
    page.execute("panel.run()")
    page.wait_for_text(STATUS, "converged")
    shown = page.wait_for_canvas()
    page.reload()
    page.write("panel")
    page.run_all()
    assert page.wait_for_canvas() == shown
    assert "converged" in page.text(STATUS)


def test_after_a_restart_of_the_kernel_a_new_panel_works(page: Notebook) -> None:
    page.call(
        "await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart();",
        timeout=60,
    )
    page.run_all()
    step(page)
    assert page.find(PANEL).count() == 1


def test_a_slow_client_sees_no_half_step_after_pause(page: Notebook) -> None:
    page.execute("panel.reset(); panel._panel.speed.value = 8.0")
    page.wait_for_canvas(PANEL)
    throttle = page.page.context.new_cdp_session(page.page)
    throttle.send("Emulation.setCPUThrottlingRate", {"rate": 5})
    try:
        page.click("Play")
        page.wait_for_text(STATUS, "^Iteration 2", timeout=30)
        page.execute("panel.pause(); at_pause = panel.cursor")
        page.wait_until(lambda: page.button("Play").count() == 1, "Pause becomes Play again")
        assert page.text(STATUS) == page.evaluate("panel.narration")
        shown = page.wait_for_canvas(PANEL)
        page.page.wait_for_timeout(500)
        assert page.canvas_hash(PANEL) == shown
        assert page.evaluate("panel.cursor == at_pause") is True
    finally:
        throttle.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    page.execute("panel.cursor = 0; panel.cursor = at_pause")  # drawn anew, without any hurry
    assert page.wait_for_canvas(PANEL) == shown
