"""The core of the panel wherever a notebook may be: front ends, and older kernels.

Only what is on the screen is asked, as Voila lets nobody speak to the kernel. A button of the
notebook tells where the centroids are and saves the picture.
"""

import contextlib
import importlib.metadata
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from browser.jupyter import FrontEnd, JupyterLab, Notebook

ROOT = Path(__file__).parents[2]
PANEL = ".kmeans-widget"
APP = ".kmeans-app"
SENTENCE = f"{APP} .kmeans-understood"
DROP = """
(panel, [name, size]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['1,2\\n'.repeat(size / 4)], name));
  panel.dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true, cancelable: true}));
}
"""
STATUS = f"{PANEL} .kmeans-status"
TELL = """
import json
import ipykernel, ipywidgets
button, told, n_asked = ipywidgets.Button(description="Tell"), ipywidgets.HTML(), 0
def tell(_):
    global n_asked
    n_asked += 1
    panel.save("step.png")
    picture = panel.picture
    places = picture.map.transData.transform([*panel.cluster_centers, (2.0, 8.0)])
    told.value = json.dumps({
        "asked": n_asked,
        "ipykernel": ipykernel.__version__,
        "places": (places / picture.figure.bbox.size).tolist(),
        "centers": panel.cluster_centers.tolist(),
    })
button.on_click(tell)
told.add_class("told")
ipywidgets.VBox([button, told])
"""


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """A server of their own: one that has shown Notebook 7 refuses JupyterLab's own fonts."""
    assert browser.is_connected()
    with JupyterLab(tmp_path_factory.mktemp("front-ends")) as server:
        yield server


@contextlib.contextmanager
def opened(
    browser: Browser, server: JupyterLab, front_end: FrontEnd, ipykernel: str | None
) -> Iterator[Notebook]:
    """Open the walkthrough's panel."""
    kernel = server.add_kernel(ipykernel) if ipykernel else "python3"
    name = f"{front_end}-{kernel}.ipynb"
    server.write(name, "%load_ext kmeans_widget", "%kmeans -o panel", TELL, kernel=kernel)
    page = Notebook.open(browser, server, name, front_end=front_end)
    try:
        if front_end != "voila":
            page.run_all()
        page.wait_for_canvas(PANEL)
        yield page
    finally:
        page.close()


def tell(page: Notebook) -> dict[str, Any]:
    """Have the notebook tell what it knows."""
    before = page.text(".told")
    page.click("Tell")
    page.wait_until(lambda: page.text(".told") != before, "the notebook tells")
    told: dict[str, Any] = json.loads(page.text(".told"))
    return told


def shown(page: Notebook, before: str, says: str) -> str:
    """Wait until the sentence and another picture are there; return the picture's hash."""
    page.wait_for_text(STATUS, says)
    page.wait_until(lambda: page.canvas_hash(PANEL) != before, "the canvas changes")
    return page.wait_for_canvas(PANEL)


@pytest.mark.parametrize(("front_end", "ipykernel"), [("notebook", "6.31.0"), ("voila", None)])
def test_a_run_by_hand(
    browser: Browser, server: JupyterLab, front_end: FrontEnd, ipykernel: str | None
) -> None:
    with opened(browser, server, front_end, ipykernel) as page:
        run_by_hand(page)
        newest = importlib.metadata.version("ipykernel")
        assert tell(page)["ipykernel"] == (ipykernel or newest)
        if ipykernel == "6.31.0":  # from 7 on, no click waits
            see_that_a_click_waits_for_a_cell(page)


def run_by_hand(page: Notebook) -> None:
    assert page.find(PANEL).count() == 1
    assert page.find(".jp-OutputArea img:visible").count() == 0  # that of a saved notebook
    picture = page.wait_for_canvas(PANEL)
    page.click("Step: Assign")
    picture = shown(page, picture, "^Iteration 1, assign: each of the 30 points")

    centroid, _, empty = tell(page)["places"]
    page.drag(page.spot(centroid, PANEL), page.spot(empty, PANEL))
    picture = shown(page, picture, "^New branch: centroid 0 was moved by hand")
    told = tell(page)
    assert told["centers"][0] == pytest.approx((2.0, 8.0), abs=0.05)
    with Image.open(page.lab.root / "step.png") as saved:
        half_step, _, _ = saved.info["Description"].partition(" Horizontal axis")
        assert half_step.lower() in page.text(STATUS).lower()

    page.find(f"{PANEL} .kmeans-setup .noUi-handle").focus()
    page.page.keyboard.press("PageUp")  # Notebook 7 takes the arrows for itself
    picture = shown(page, picture, "^Start: 7 points")

    page.click("Play")
    page.wait_for_text(STATUS, "^Iteration 1, recalculate")
    painted = page.frames(PANEL)
    page.wait_until(lambda: page.frames(PANEL) > painted + 3, "the picture moves")
    page.click("Pause")
    page.wait_until(lambda: page.button("Play").count() == 1, "Pause becomes Play again")
    picture, sentence = page.wait_for_canvas(PANEL), page.text(STATUS)
    page.page.wait_for_timeout(1000)
    assert (page.canvas_hash(PANEL), page.text(STATUS)) == (picture, sentence)


def see_that_a_click_waits_for_a_cell(page: Notebook) -> None:
    waiting = f"{PANEL} .kmeans-waiting"
    page.click("Reset")
    page.wait_for_text(STATUS, "^Start")
    page.click("Step: Assign")
    page.wait_for_text(STATUS, "^Iteration 1, assign")
    page.page.wait_for_timeout(1000)
    assert page.find(waiting).count() == 0
    sentence = page.text(STATUS)
    page.start("import time; time.sleep(4)")
    page.click("Step: Recalculate")
    page.wait_for_text(waiting, "The kernel is busy: the click is waiting")
    assert page.text(STATUS) == sentence
    page.wait_for_text(STATUS, "^Iteration 1, recalculate")
    page.wait_until(lambda: not page.text(waiting), "it waits no longer")


def test_the_app_reads_a_file_and_gives_its_labels(browser: Browser, server: JupyterLab) -> None:
    path = server.add(ROOT / "notebooks" / "app.ipynb")
    page = Notebook.open(browser, server, path, front_end="voila")
    picture = page.wait_for_canvas(PANEL)

    rows = "\n".join(f"{i // 200},5;{i % 9}" for i in range(600_000))  # in pieces
    send(page, "prices.csv", f"größe;preis\n{rows}\n".encode("cp1252"))
    page.wait_for_text(
        SENTENCE, "^prices.csv: 600,000 rows, 2 columns, separated by semicolons, deci"
    )
    page.wait_until(lambda: page.canvas_hash(PANEL) != picture, "another panel appears")
    assert page.find(PANEL).count() == 1
    page.click("Step: Assign")
    page.wait_for_text(STATUS, "^Iteration 1, assign: each of the 600,000 points")

    send(page, "<b>picture</b>.png", b"\x89PNG\r\n\x1a\n")
    page.wait_for_text(SENTENCE, "^<b>picture</b>.png is a PNG picture, not a CSV file")
    assert page.text(STATUS).startswith("Iteration 1, assign")

    page.click("Labels, file and code")
    assert page.button("Send to notebook").count() == 0
    with page.page.expect_download() as download:
        page.click("Download CSV")
    labels = Path(download.value.path()).read_text().split()
    assert labels[0] == "cluster"
    assert len(labels) == 600_001
    page.close()


def test_a_dropped_file_is_read_and_a_large_one_can_be_cancelled(
    browser: Browser, server: JupyterLab
) -> None:
    path = server.add(ROOT / "notebooks" / "app.ipynb", name="dropped.ipynb")
    page = Notebook.open(browser, server, path, front_end="voila")
    page.wait_for_canvas(PANEL)
    drop(page, "large.csv", 150_000_000)
    page.wait_for_text(f"{APP} .kmeans-progress", r"^large.csv: \d+ of 150 MB")
    page.click("Cancel upload")
    page.wait_for_text(SENTENCE, "^The upload was cancelled")
    drop(page, "larger.csv", 201_000_000)
    page.wait_for_text(SENTENCE, "^larger.csv has more than 200 MB")
    drop(page, "small.csv", 12)
    page.wait_for_text(SENTENCE, "^small.csv: 3 rows, 2 columns")
    page.close()


def send(page: Notebook, name: str, content: bytes) -> None:
    """Choose a file, as the browser's dialog does."""
    page.find(f"{APP} .kmeans-choose input").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


def drop(page: Notebook, name: str, size: int) -> None:
    """Drop a file of rows "1,2" on the panel."""
    page.find(PANEL).evaluate(DROP, [name, size])
