"""What an analyst does with a table: look closer, choose columns, take the result, wait or not."""

import re

import pandas as pd
import pytest

from browser.jupyter import Notebook

LOAD = "%load_ext kmeans_widget"
PANEL = ".kmeans-widget"
STATUS = f"{PANEL} .kmeans-status"
PEOPLE = """import numpy as np, pandas as pd
random = np.random.default_rng(0)
people = pd.DataFrame({
    "age": random.normal(40, 9, 200).round(),
    "income": random.normal(30, 9, 200).round(1),
    "city": random.choice(["Rom", "Ulm"], 200),
}, index=[f"p{i}" for i in range(200)])"""
MANY = "import numpy as np; many = np.random.default_rng(0).normal(size=(30_000, 2))"


@pytest.fixture
def people(notebook: Notebook) -> Notebook:
    notebook.show(LOAD, PEOPLE, "%kmeans people -k 3 -o panel --run")
    notebook.execute("panel.view = None; panel.panel.tab.value = 'algorithm'")
    notebook.wait_for_picture()
    return notebook


@pytest.fixture
def many(notebook: Notebook) -> Notebook:
    notebook.show(LOAD, MANY, "%kmeans many -k 3 -o panel")
    notebook.execute("panel.view = None; panel.cursor = 1")
    notebook.wait_for_text(STATUS, "shows all 30,000 points, as density")
    notebook.wait_for_picture()
    return notebook


def zoomed(page: Notebook, *, wanted: bool = True) -> None:
    page.wait_until(lambda: page.evaluate("panel.view is not None") is wanted, "the view changes")


def test_ctrl_and_the_wheel_zoom_where_the_pointer_is_and_a_double_click_shows_all(
    many: Notebook,
) -> None:
    mouse, keys = many.page.mouse, many.page.keyboard
    mouse.move(*many.spot((0.3, 0.9)))
    keys.down("Control")
    for _ in range(5):
        mouse.wheel(0, -120)
    keys.up("Control")
    zoomed(many)
    home, view = many.evaluate("(panel._backdrop.home, panel.view)")
    before = (home[0] + home[1]) / 2
    assert (view[0] + view[1]) / 2 < before  # to the left, where the pointer is
    many.wait_for_text(STATUS, r"shows [\d,]+ of the 30,000 points")
    # The ground is dragged: what was under the pointer goes with it.
    start = many.spot((0.3, 0.9))
    many.drag(start, (start[0] + 60, start[1]))
    many.wait_until(lambda: many.evaluate("panel.view")[0] < view[0], "the map is moved")
    many.page.mouse.dblclick(*start)
    zoomed(many, wanted=False)
    many.wait_for_picture()


def test_keys_zoom_and_move_the_view(many: Notebook) -> None:
    many.button(re.compile("^Step")).first.focus()
    many.page.keyboard.press("+")
    zoomed(many)
    left = many.evaluate("panel.view[0]")
    many.page.keyboard.press("Shift+ArrowRight")
    many.wait_until(lambda: many.evaluate("panel.view")[0] > left, "the view moves to the right")
    assert many.evaluate("panel.cursor") == 1
    many.page.keyboard.press("0")
    zoomed(many, wanted=False)


def test_the_pointer_reads_how_many_points_are_there(many: Notebook) -> None:
    many.page.mouse.move(*many.spot((0.55, 0.62)))
    many.wait_for_text(f"{PANEL} .kmeans-card", r"\d+ points? under the pointer")


def test_columns_are_ticked_and_used(people: Notebook) -> None:
    people.click("Data")
    people.find(f"{PANEL} .kmeans-shares label").filter(has_text="city").locator("input").check()
    people.find(f"{PANEL} .kmeans-shares label").filter(has_text="age").locator("input").uncheck()
    people.click("Use these columns")
    wanted = ["income", "city = Rom", "city = Ulm"]
    people.wait_until(lambda: people.evaluate("[*panel.feature_names]") == wanted, "a new run")
    people.execute("panel.undo()")


def test_a_typical_row_is_shown_and_any_result_is_downloaded(people: Notebook) -> None:
    people.click("Clusters")
    row = people.find(f"{PANEL} .kmeans-examples button").first
    name = row.text_content()
    row.click()
    people.wait_for_text(f"{PANEL} .kmeans-card", f"^Point {name}: ")
    if not people.button("Download CSV").is_visible():
        people.click("Labels, file and code")
    people.execute("panel.panel.output.value = 'table'")
    with people.page.expect_download() as download:
        people.click("Download CSV")
    table = pd.read_csv(download.value.path(), index_col=0)
    assert table["cluster"].tolist() == people.evaluate("panel.labels.tolist()")
    assert table.index[7] == "p7"
    people.wait_until(lambda: people.evaluate("panel.panel.download_link.value") == "")


FILES = """import os, numpy as np, pandas as pd
random = np.random.default_rng(0)
os.makedirs("events", exist_ok=True)
for i in range(3):
    X = random.normal(size=(40_000, 2)) + 5 * random.integers(0, 3, (40_000, 1))
    pd.DataFrame(X, columns=["amount", "visits"]).to_parquet(f"events/{i}.parquet")"""


def test_files_are_opened_stepped_through_and_their_labels_taken(notebook: Notebook) -> None:
    notebook.show(LOAD, FILES, "%kmeans 'events/*.parquet' -k 3 -o panel")
    notebook.wait_for_text(STATUS, "none of the 120,000 points is assigned yet")
    notebook.wait_for_text(STATUS, "a sample of 100,000 points, as density")
    notebook.wait_for_picture()
    notebook.click("Step: Assign")
    notebook.wait_for_text(STATUS, "each of the 120,000 points joined its nearest centroid")
    notebook.click("Clusters")
    sizes = notebook.find(f"{PANEL} .kmeans-legend").first.text_content() or ""
    assert sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) points", sizes)) == 120_000
    if not notebook.button("Download CSV").is_visible():
        notebook.click("Labels, file and code")
    notebook.execute("panel.panel.output.value = 'labels'")
    with notebook.page.expect_download() as download:
        notebook.click("Download CSV")
    assert len(pd.read_csv(download.value.path())) == 120_000
    notebook.execute("panel.panel.output.value = 'table'")
    notebook.click("Download CSV")
    notebook.wait_for_text(f"{PANEL} .kmeans-notice", "^The rows are read in blocks")


SLOW = """import time
import kmeans_widget.panel.animation as animations
from kmeans_widget.core.kernels import threads
from kmeans_widget.core.samples import ArraySamples
animations.LONG_WORK, quick = 0, ArraySamples.accumulate

def slow(*of):
    threads.run([lambda: time.sleep(0.1)] * 200)
    return quick(*of)

ArraySamples.accumulate = slow"""


def test_a_long_half_step_is_cancelled_while_the_mouse_goes_over_the_picture(
    many: Notebook,
) -> None:
    many.execute("panel.reset(); panel.n_clusters = 4; panel.cursor = 0")
    many.execute(SLOW)
    try:
        many.click("Step: Assign")
        many.wait_for_text(STATUS, r"^Computing: \d+ %")
        many.page.mouse.move(*many.spot((0.4, 0.6)))
        many.page.mouse.move(*many.spot((0.6, 0.6)))
        many.click("Cancel")
        many.wait_for_text(f"{PANEL} .kmeans-notice", "^Cancelled: ", timeout=10)
        many.wait_for_text(STATUS, "^Start: ")
    finally:
        many.execute("ArraySamples.accumulate = quick; animations.LONG_WORK = 1_000_000_000")
    many.click("Step: Assign")
    many.wait_for_text(STATUS, "^Iteration 1, assign")
