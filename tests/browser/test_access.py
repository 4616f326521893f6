"""The panel without a mouse and without eyes: keys, focus, names and what is announced."""

import re

import pytest

from browser.jupyter import Notebook

PANEL = ".kmeans-widget"
STATUS = f"{PANEL} .kmeans-status"
TABLE = "table = {'length': [0, 1, 8, 9], 'width': [2, 3, 2, 3]}"
FRAME = "import pandas; table = pandas.DataFrame(table)"
LIVE = "panel => [...panel.querySelectorAll('[aria-live=polite], [role=alert]')]"


@pytest.fixture
def panel(notebook: Notebook) -> Notebook:
    """A notebook with two panels, the first on the walkthrough's points."""
    notebook.show("%load_ext kmeans_widget", "%kmeans -o panel", TABLE, FRAME, "%kmeans table -k 2")
    notebook.wait_for_canvas(PANEL)
    return notebook


def focused(panel: Notebook) -> str:
    """Return what the focused element is called."""
    words = "e => e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText"
    return str(panel.page.evaluate(f"({words})(document.activeElement)")).strip()


def press(panel: Notebook, *keys: str) -> None:
    for key in keys:
        panel.page.keyboard.press(key)


def test_keys_go_to_the_focused_control_and_not_to_the_notebook(panel: Notebook) -> None:
    cells = panel.find(".jp-Cell").count()
    start = panel.cells.get_by_label("Start", exact=True).first
    start.focus()
    press(panel, "ArrowDown")
    panel.wait_until(lambda: panel.evaluate("panel.init") == "k-means++")
    press(panel, "r")
    panel.wait_until(lambda: panel.evaluate("panel.init") == "random")
    assert start.evaluate("select => select === document.activeElement")
    panel.button("New start").first.focus()
    press(panel, "x", "b", "Enter")
    panel.wait_until(lambda: panel.evaluate("panel.random_state") == 1, "Enter presses the button")
    assert panel.find(".jp-Cell").count() == cells
    dirty = "window.jupyterapp.shell.currentWidget.context.model.dirty"
    assert panel.page.evaluate(dirty)
    press(panel, "Control+s")
    panel.wait_until(lambda: not panel.page.evaluate(dirty), "Ctrl+S still saves the notebook")


@pytest.mark.parametrize(
    ("before", "pressed", "heir"),
    [
        ("panel.reset()", "Run", "Back"),
        ("panel.run()", "Reset", "Step: Assign"),
        ("panel.run(); panel.back()", "Step: Assign", "Back"),
        ("panel.move_center(0, [2, 9])", "Undo", "Redo"),
        ("panel.undo()", "Redo", "Undo"),
    ],
)
def test_the_focus_goes_on_from_what_is_switched_off(
    panel: Notebook, before: str, pressed: str, heir: str
) -> None:
    panel.execute(f"while panel.can_undo: panel.undo()\n{before}")
    button = panel.button(pressed).first
    panel.wait_until(button.is_enabled)
    button.focus()
    press(panel, "Enter")
    panel.wait_until(lambda: focused(panel) == heir, f"{pressed} hands on to {heir}")


@pytest.mark.parametrize(("start", "key"), [("Done", "Enter"), ("Add point", "Escape")])
def test_leaving_a_tool_hands_the_focus_to_the_first_one(
    panel: Notebook, start: str, key: str
) -> None:
    panel.click("Add point")
    panel.wait_until(panel.button("Done").first.is_visible)
    panel.wait_until(lambda: focused(panel) == "Add point", "the buttons are made anew")
    panel.button(start).first.focus()
    press(panel, key)
    panel.wait_until(lambda: focused(panel) == "Move", f"{key} on {start}")


def test_everything_has_a_name_and_says_its_state(panel: Notebook) -> None:
    panel.execute("panel.n_clusters = 3; panel.reset(0); panel.cursor = 2")
    panel.wait_for_text(STATUS, "^Iteration 1, recalculate")
    for name in ("K-means on the walkthrough: x, y", "K-means on table: length, width"):
        assert panel.cells.get_by_role("group", name=name, exact=True).count() == 1
    first = panel.find(PANEL).first
    picture = first.get_by_role("img", name=re.compile("^Iteration 1, recalculate: each centroid"))
    assert picture.count() == 1
    tools = first.get_by_role("group", name="Tools").get_by_role("button")
    assert tools.all_inner_texts() == ["Move", "Add point", "Remove", "Paint", "Place start"]
    first.get_by_role("group", name="Beside the picture").get_by_role(
        "button", name="Clusters"
    ).click()
    legend = first.get_by_role("group", name="Clusters shown").get_by_role("button")
    panel.wait_until(lambda: legend.count() == 3)
    panel.execute("panel.panel.tab.value = 'algorithm'")
    first.locator("[aria-current]").first.wait_for()
    assert first.get_by_role("slider", name="Speed").get_attribute("aria-valuetext") == "1 ×"
    for name in ("Clusters K, value", "Half-step, value"):
        assert first.get_by_role("textbox", name=name).count() == 1
    current = first.locator("[aria-current]")
    assert current.all_inner_texts()[0].strip().startswith("centroids = recalculate_centroids")


def test_what_happens_is_announced_by_elements_that_stay(panel: Notebook) -> None:
    panel.execute("panel.cursor = 0")
    panel.wait_for_text(STATUS, "^Start")
    first = panel.find(PANEL).first
    first.evaluate(f"panel => ({LIVE})(panel).forEach(e => e.kept = true)")
    panel.execute("panel.step(); panel.panel.say('No.')")
    panel.wait_for_text(f"{PANEL} .kmeans-notice", "No.")
    panel.wait_for_text(STATUS, "^Iteration 1, assign")
    (same, told), (still_same, refused) = first.evaluate(
        f"panel => ({LIVE})(panel).map(e => [e.kept, e.innerText])"
    )
    assert (same, still_same) == (True, True)
    assert told.startswith("Iteration 1, assign")
    assert refused == "No."
    panel.execute("panel.panel.say('')")
    panel.wait_until(lambda: not panel.find(f"{PANEL} .kmeans-notice").first.is_visible())
    in_tree = f"panel => ({LIVE})(panel).map(e => e.kept && e.checkVisibility())"
    assert first.evaluate(in_tree) == [True, True]  # ready for what comes next


def test_a_point_is_announced_when_asked_for_and_not_under_the_mouse(panel: Notebook) -> None:
    card = panel.find(f"{PANEL} .kmeans-card").first
    panel.find(f"{PANEL} .kmeans-setup .noUi-handle").first.focus()
    assert card.get_attribute("aria-live") == "off"
    panel.click("By numbers")
    panel.wait_until(panel.button("Inspect point").first.is_visible)
    panel.button("Inspect point").first.focus()
    assert card.get_attribute("aria-live") == "polite"
    press(panel, "Enter")
    panel.wait_for_text(f"{PANEL} .kmeans-card", "^Point 0")
    panel.click("By numbers")
