"""The panel without a mouse and without eyes: keys, focus, names and what is announced."""

import re

import pytest
from playwright.sync_api import Browser

from browser.jupyter import JupyterLab, Notebook

PANEL = ".kmeans-widget"
STATUS = f"{PANEL} .kmeans-status"
TABLE = "table = {'length': [0, 1, 8, 9], 'width': [2, 3, 2, 3]}"
FRAME = "import pandas; table = pandas.DataFrame(table)"
LIVE = "panel => [...panel.querySelectorAll('[aria-live=polite], [role=alert]')]"


@pytest.fixture
def panel(notebook: Notebook) -> Notebook:
    """A notebook with two panels, the first on the walkthrough's points."""
    notebook.show("%load_ext kmeans_widget", "%kmeans -o panel", TABLE, FRAME, "%kmeans table -k 2")
    notebook.wait_for_picture()
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


def test_a_prediction_needs_only_keys(panel: Notebook) -> None:
    question = f"{PANEL} .kmeans-asks .widget-html-content"
    panel.execute("panel.mouse.leave_tool()\nwhile panel.can_undo: panel.undo()\npanel.cursor = 1")
    panel.button("Predict").first.focus()
    press(panel, "Enter")
    panel.wait_for_text(question, "Where will centroid 1 go")
    press(panel, "Tab")
    while focused(panel) != "x":
        press(panel, "Tab")
    press(panel, "4", ".", "9", "Tab", "5", ".", "4", "Tab")
    assert focused(panel) == "Reveal"
    press(panel, "Enter")
    panel.wait_for_text(question, r"^Right\. Centroid 1 went to \(4\.91, 5\.397\)")
    assert focused(panel) == "Next"  # the same button
    press(panel, "Enter")
    panel.wait_for_text(question, "Which of the points A to F")
    assert panel.find(question).get_attribute("role") == "status"
    panel.execute("panel.mouse.leave_tool()")


def test_the_short_tour_is_seen_once(browser: Browser, lab: JupyterLab) -> None:
    cells = ("%load_ext kmeans_widget", "%kmeans -o panel", "%kmeans")
    page = Notebook.open(browser, lab, lab.write("tour.ipynb", *cells), tour=True)
    page.run_all()
    page.wait_for_picture()
    words = ".kmeans-tour p"
    page.wait_for_text(words, r"^1 of 4 Step takes the next half-step")
    assert page.find(words).count() == 1  # of both panels
    assert page.page.evaluate("!document.activeElement.closest('.kmeans-tour')")
    page.click("Step: Assign")  # what it is about goes on
    page.wait_for_text(words, "^2 of 4 Play")
    page.find(PANEL).first.focus()
    press(page, "Tab", "Enter")  # its button comes first
    page.wait_for_text(words, "^3 of 4 K is")
    assert focused(page) == "Next"
    press(page, "Escape")
    page.wait_until(lambda: page.find(words).count() == 0)
    page.reload()
    page.run_all()
    page.wait_for_picture()
    page.page.wait_for_timeout(1500)  # it would come after 600 ms
    assert page.find(words).count() == 0
    page.close()


@pytest.mark.parametrize(
    ("before", "pressed", "after"),
    [
        ("panel.reset()", "Run", "Run"),
        ("panel.run()", "Reset", "Reset"),
        ("panel.run(); panel.back()", "Step: Assign", "Step: done"),
        ("panel.cursor = 1", "Back", "Back"),
        ("panel.move_center(0, [2, 9])", "Undo", "Undo"),
        ("panel.undo()", "Redo", "Redo"),
    ],
)
def test_a_key_pressed_once_too_often_does_nothing(
    panel: Notebook, before: str, pressed: str, after: str
) -> None:
    panel.execute(f"while panel.can_undo: panel.undo()\n{before}")
    button = panel.button(pressed).first
    panel.wait_until(button.is_enabled)
    button.focus()
    press(panel, " ")
    button = panel.button(after).first
    panel.wait_until(button.is_disabled)
    at = panel.evaluate("(panel.cursor, panel.branch, len(panel.branches))")
    assert focused(panel) == after
    press(panel, " ", "Enter")
    button.click(force=True)
    panel.page.wait_for_timeout(500)  # time for what must not happen
    assert panel.evaluate("(panel.cursor, panel.branch, len(panel.branches))") == at
    assert focused(panel) == after


@pytest.mark.parametrize("place", ["picture", "panel", "button", "slider"])
def test_keys_walk_through_the_run_wherever_the_focus_is(panel: Notebook, place: str) -> None:
    panel.execute(
        "while panel.can_undo: panel.undo()\npanel.reset(); panel.panel.speed.value = 0.25"
    )
    panel.wait_for_text(STATUS, "^(Start|Undone)")
    cells = panel.find(".jp-Cell").count()
    first = panel.find(PANEL).first
    if place == "picture":
        panel.canvas(PANEL).scroll_into_view_if_needed()
        panel.canvas(PANEL).click(position={"x": 20, "y": 20}, force=True)
    elif place == "panel":
        first.click(position={"x": 3, "y": 3})
        assert first.evaluate("panel => panel === document.activeElement")
    elif place == "button":
        panel.button("New start").first.focus()
    else:
        first.get_by_role("slider", name="Speed").focus()
    if place != "slider":
        for key, says in (
            ("ArrowRight", "^Iteration 1, assign"), ("ArrowRight", "^Iteration 1, recalculate"),
            ("ArrowLeft", "^Iteration 1, assign"), ("End", "converged"), ("Home", "^Start"),
        ):  # fmt: skip
            press(panel, key)
            panel.wait_for_text(STATUS, says)
    if place != "button":
        press(panel, " ")
        panel.wait_until(lambda: panel.evaluate("panel.playing"), "Space plays")
        press(panel, " ")
        panel.wait_until(lambda: not panel.evaluate("panel.playing"), "Space pauses")
    panel.execute("panel.panel.speed.value = 1.0")
    assert panel.find(".jp-Cell").count() == cells


def test_fields_keep_their_keys(panel: Notebook) -> None:
    panel.execute("while panel.can_undo: panel.undo()\npanel.cursor = 2")
    panel.wait_for_text(STATUS, "recalculate")
    first = panel.find(PANEL).first
    seed, slider = (
        first.get_by_role("textbox", name="Seed"),
        first.get_by_role("slider", name="Half-step"),
    )
    seed.fill("17")
    press(panel, "Home", "ArrowRight", " ", "End", "ArrowLeft", "3")
    assert seed.input_value() == "1 37"
    seed.fill("0")
    slider.focus()
    press(panel, "ArrowRight")
    panel.wait_until(lambda: panel.evaluate("panel.cursor") == 3, "one half-step, not two")
    first.get_by_label("Lines").focus()
    press(panel, " ")
    panel.wait_until(lambda: panel.evaluate("not panel.panel.lines.value"), "Space switches")
    assert panel.evaluate("(panel.cursor, panel.playing)") == (3, False)
    panel.execute("panel.panel.lines.value = True")


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
    names = ["Move", "Add point", "Remove", "Paint", "Place start", "Predict"]
    assert tools.all_inner_texts() == names
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
