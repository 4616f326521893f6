"""The panel whose picture is a plain image, in a real JupyterLab."""

import re

import pytest

from browser.jupyter import Notebook

PANEL = ".kmeans-widget"
STATUS = f"{PANEL} .kmeans-status"
IMAGE = f"{PANEL} img.kmeans-still"


@pytest.fixture
def panel(notebook: Notebook) -> Notebook:
    """The panel, at the start."""
    page = notebook
    page.show("%load_ext kmeans_widget", "%kmeans --canvas png -o panel")
    page.execute("panel.pause(); panel.cursor = 1; panel.reset(0); panel.panel.speed.value = 1.0")
    page.wait_for_text(STATUS, "^Start")
    page.wait_for_picture()
    return page


def test_step_and_back_show_the_sessions_picture(panel: Notebook) -> None:
    for says in ("^Iteration 1, assign", "^Iteration 1, recalculate", "^Iteration 2, assign"):
        panel.click(re.compile("^Step"))
        panel.wait_for_text(STATUS, says)
        panel.wait_for_picture()
    panel.click("Back")
    panel.wait_for_text(STATUS, "^Iteration 1, recalculate")
    panel.wait_for_picture()


def test_play_moves_the_image_to_the_end(panel: Notebook) -> None:
    panel.execute("panel.panel.speed.value = 4.0")
    loaded = panel.frames(PANEL)
    panel.click("Play")
    panel.wait_for_text(STATUS, "converged after 6 iterations")
    panel.wait_for_picture()
    assert panel.frames(PANEL) > loaded + 12  # more than one a half-step


def test_it_plays_on_while_a_cell_computes(panel: Notebook) -> None:
    loaded = panel.frames(PANEL)
    panel.execute("import time; panel.play(); time.sleep(3); at_the_end_of_the_cell = panel.cursor")
    assert panel.evaluate("at_the_end_of_the_cell") > 1
    assert panel.frames(PANEL) > loaded
    panel.click("Pause")
    panel.wait_for_picture()


def test_the_scrub_bar_is_dragged_and_the_image_follows(panel: Notebook) -> None:
    box = panel.find(f"{PANEL} .kmeans-scrub .noUi-handle").bounding_box()
    bar = panel.find(f"{PANEL} .kmeans-scrub .noUi-base").bounding_box()
    assert box is not None
    assert bar is not None
    y, loaded = box["y"] + box["height"] / 2, panel.frames(PANEL)
    panel.page.mouse.move(box["x"] + box["width"] / 2, y)
    panel.page.mouse.down()
    panel.page.mouse.move(bar["x"] + 0.75 * bar["width"], y, steps=30)
    panel.page.mouse.move(bar["x"] + 0.5 * bar["width"], y, steps=20)
    panel.page.mouse.up()
    panel.wait_for_text(STATUS, "^Iteration 3, recalculate")
    panel.wait_for_picture()
    assert panel.evaluate("panel.cursor") == 6
    assert panel.frames(PANEL) > loaded + 1


def test_a_tool_works_by_numbers_and_no_hint_speaks_of_the_mouse(panel: Notebook) -> None:
    panel.click("Add point")
    hint = panel.wait_for_text(f"{PANEL} .kmeans-hint", "^Type the place of a new point")
    assert not re.search("click|drag|hover|mouse", hint, re.IGNORECASE)
    panel.click("Add point here")
    panel.wait_for_text(STATUS, "^New branch: a point was added at")
    panel.wait_for_picture()
    panel.click("Undo")
    panel.wait_for_text(STATUS, "^Undone")
    panel.wait_for_picture()
    panel.click("Done")


def test_the_image_has_the_sentence_as_its_alternative_text(panel: Notebook) -> None:
    panel.click(re.compile("^Step"))
    says = panel.wait_for_text(STATUS, "^Iteration 1, assign")
    panel.wait_until(lambda: panel.find(IMAGE).first.get_attribute("alt") == says)


def test_a_file_is_saved_and_replaced_only_when_confirmed(panel: Notebook) -> None:
    notice = f"{PANEL} .kmeans-notice"
    panel.click("Labels, file and code")
    panel.cells.get_by_label("File", exact=True).fill("kept.html")
    panel.click("Save")
    panel.wait_for_text(notice, r"^Saved: .*kept\.html$")
    path = panel.lab.root / "kept.html"
    assert "K-means has converged after 6 iterations" in path.read_text("utf-8")
    path.write_text("precious")
    panel.click("Save")
    panel.wait_for_text(notice, "There is already a file 'kept.html'")
    assert path.read_text() == "precious"
    panel.click("Replace it")
    panel.wait_for_text(notice, "^Saved")
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert panel.console_errors == []


def test_a_panel_that_is_put_together_raises_no_error_on_the_page(panel: Notebook) -> None:
    panel.show("%load_ext kmeans_widget", "%kmeans -k 3 --canvas png -o panel")
    panel.wait_for_picture()
    assert panel.console_errors == []
