"""What a person does with mouse, finger, pen and keys on the picture, in a real JupyterLab."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from browser.jupyter import JupyterLab, Notebook

PANEL = ".kmeans-widget"
STATUS = f"{PANEL} .kmeans-status"
NOTICE = f"{PANEL} .kmeans-notice"
CARD = f"{PANEL} .kmeans-card"
CELLS = ("%load_ext kmeans_widget", "%kmeans -o panel")


@pytest.fixture
def panel(notebook: Notebook) -> Notebook:
    """The panel after one iteration, with nothing changed by hand."""
    page = notebook
    page.show(*CELLS)
    page.execute(
        "panel.pause(); panel.mouse.leave_tool()\n"
        "while panel.can_undo: panel.undo()\n"
        "panel.cursor = 1; panel.cursor = 2; panel.panel.say('')"
    )
    page.wait_for_text(STATUS, "^Iteration 1, recalculate")
    page.wait_for_picture()
    return page


def spot(page: Notebook, place: str, axes: str = "map") -> tuple[float, float]:
    """Where on the page a place of the picture is: an expression, in the axes' own units."""
    axes = {"map": "panel.picture.map", "chart": "panel.picture.chart.axes"}[axes]
    size = "panel.picture.figure.bbox.size"
    share = page.evaluate(f"({axes}.transData.transform({place}) / {size}).tolist()")
    return page.spot(share, PANEL)


def test_a_centroid_is_dragged(panel: Notebook) -> None:
    panel.drag(spot(panel, "panel.cluster_centers[0]"), spot(panel, "(2.0, 8.0)"))
    panel.wait_for_text(STATUS, r"^New branch: centroid 0 was moved by hand to \(")
    x, y = panel.evaluate("panel.cluster_centers[0].tolist()")
    assert (x, y) == pytest.approx((2.0, 8.0), abs=0.05)
    panel.click("Undo")
    panel.wait_for_text(STATUS, "^Undone: centroid 0 moved; iteration 1, recalculate")
    assert panel.evaluate("len(panel.branches)") == 1


def test_the_picture_follows_the_hand_before_it_lets_go(panel: Notebook) -> None:
    before, frames = panel.canvas_hash(PANEL), panel.frames(PANEL)
    panel.page.mouse.move(*spot(panel, "panel.cluster_centers[0]"))
    panel.page.mouse.down()
    panel.page.mouse.move(*spot(panel, "(2.0, 8.0)"), steps=20)
    panel.wait_until(lambda: panel.frames(PANEL) > frames + 2, "the picture follows")
    panel.wait_for_text(STATUS, r"^Trial: centroid 0 at .*: \d+ of 30 points would change cluster")
    assert panel.evaluate("len(panel.branches)") == 1
    panel.page.mouse.move(*spot(panel, "(2.0, 15.0)"))
    panel.wait_for_text(NOTICE, "The pointer has left the picture")
    panel.page.mouse.up()
    panel.wait_for_picture()
    panel.wait_for_text(STATUS, "^Iteration 1, recalculate")
    assert panel.canvas_hash(PANEL) == before


def test_a_prediction_is_clicked_in_the_picture(panel: Notebook) -> None:
    question = f"{PANEL} .kmeans-asks"
    panel.click("Predict")
    panel.wait_for_text(question, "Which of the points A to F will change cluster?")
    rows = panel.evaluate("panel.predicting._question.rows")
    for row in (rows[1], rows[3], rows[0], rows[0]):  # B, D; A, and not A
        panel.page.mouse.click(*spot(panel, f"panel.X[{row}]"))
    pressed = f"{PANEL} .kmeans-option[aria-pressed=true]"
    panel.wait_until(lambda: panel.find(pressed).all_inner_texts() == ["B", "D"])
    panel.click("Reveal")
    panel.wait_for_text(question, r"^67 % right\. Changed: B from 1 to 0")
    panel.wait_for_text(STATUS, "^Iteration 2, assign")
    panel.click("Done")
    panel.wait_until(lambda: not panel.find(question).is_visible())


def test_points_are_added_and_removed_with_a_click(panel: Notebook) -> None:
    panel.click("Add point")
    panel.wait_until(lambda: panel.button("Done").is_visible())
    panel.page.mouse.click(*spot(panel, "(9.5, 2.0)"))
    panel.wait_for_text(STATUS, r"^New branch: a point was added at \(9.")
    assert panel.evaluate("len(panel.point_labels)") == 31
    panel.click("Remove")
    panel.wait_for_text(f"{PANEL} .kmeans-hint", "Click a point")
    panel.page.mouse.click(*spot(panel, "panel.X[30]"))
    panel.wait_for_text(STATUS, r"^New branch: point 'added 0' at \(9.* was removed")
    panel.page.mouse.click(*spot(panel, "panel.X[3]"))
    panel.wait_until(lambda: panel.evaluate("len(panel.point_labels)") == 29)
    panel.click("Original data")
    panel.wait_for_text(STATUS, "^New branch: the points are those of the original data again")
    assert panel.evaluate("len(panel.point_labels)") == 30


def test_a_cloud_is_painted_as_wide_as_the_mouse_draws_it(panel: Notebook) -> None:
    panel.click("Paint")
    panel.wait_for_text(f"{PANEL} .kmeans-hint", "drag to its edge")
    panel.drag(spot(panel, "(9.0, 3.0)"), spot(panel, "(9.0, 4.0)"))
    panel.wait_for_text(STATUS, "^New branch: 20 points were added around")
    far = panel.evaluate("max(abs(panel.X[30:] - (9.0, 3.0)).max(axis=0).tolist())")
    assert 0.5 < far < 1.1


def test_escape_leaves_a_tool_wherever_the_focus_is(panel: Notebook) -> None:
    move = panel.button("Move").first
    panel.click("Place start")
    panel.wait_until(lambda: panel.button("Done").is_visible())
    panel.page.mouse.click(*spot(panel, "(2.0, 2.0)"))
    panel.wait_for_text(STATUS, "^Centroid 0 is placed at .* place 1 more")
    panel.page.keyboard.press("Escape")  # the canvas has the focus
    panel.wait_until(lambda: move.get_attribute("aria-pressed") == "true")
    assert panel.evaluate("len(panel.placed)") == 0
    panel.click("Add point")
    panel.wait_until(lambda: move.get_attribute("aria-pressed") == "false")
    panel.page.keyboard.press("Escape")  # the button has it
    panel.wait_until(lambda: move.get_attribute("aria-pressed") == "true")


def test_starting_centroids_are_placed_by_hand(panel: Notebook) -> None:
    panel.click("Place start")
    panel.wait_until(lambda: panel.button("Done").is_visible())
    for place in ("(2.0, 2.0)", "(9.0, 8.0)"):
        panel.page.mouse.click(*spot(panel, place))
    panel.wait_for_text(STATUS, "^New branch: 2 centroids placed by hand")


def test_a_point_under_the_mouse_is_looked_at(panel: Notebook) -> None:
    panel.page.mouse.move(*spot(panel, "panel.X[5]"))
    panel.wait_for_text(CARD, r"Point 5 at .* is in cluster \d")
    panel.page.mouse.move(*spot(panel, "(10.3, 1.5)"))
    panel.wait_until(lambda: panel.text(CARD) == "")
    panel.page.mouse.click(*spot(panel, "panel.X[7]"))
    panel.wait_for_text(CARD, "Point 7 at")
    panel.page.mouse.move(*spot(panel, "(10.3, 1.5)"))
    panel.click(re.compile("^Step"))
    panel.wait_for_text(STATUS, "^Iteration 2, assign")
    assert "Point 7 at" in panel.text(CARD)


def test_a_click_on_a_curve_returns_to_its_branch(panel: Notebook) -> None:
    panel.execute("panel.run(); panel.cursor = 4; panel.move_center(0, [2, 9]); panel.run()")
    panel.wait_for_picture()
    at = panel.evaluate(
        "panel.animation.scene.inertia_axis.place(panel.branches[0].curve)[0].tolist()"
    )
    panel.page.mouse.click(*spot(panel, str(tuple(at)), "chart"))
    panel.wait_for_text(STATUS, "^Back on the branch “K = 2, random, seed 0”")
    assert panel.evaluate("(panel.branch, panel.cursor)") == (0, 4)
    panel.page.mouse.click(*spot(panel, str(tuple(at)), "chart"))
    panel.wait_for_text(STATUS, "^Iteration 1, assign")


def test_enter_in_a_field_does_what_the_form_says(panel: Notebook) -> None:
    panel.click("Add point")
    panel.click("By numbers")
    panel.page.get_by_label("x", exact=True).fill("9.25")
    panel.page.get_by_label("y", exact=True).fill("2.75")
    panel.page.keyboard.press("Enter")
    panel.wait_for_text(STATUS, r"^New branch: a point was added at \(9.25, 2.75\)")
    panel.page.get_by_label("x", exact=True).fill("far")
    panel.page.keyboard.press("Enter")
    panel.wait_for_text(NOTICE, "got 'far' and 2.75")
    panel.wait_until(lambda: panel.page.get_by_label("x", exact=True).input_value() == "9.25")
    assert panel.evaluate("len(panel.X)") == 31
    panel.click("By numbers")


def test_a_drag_of_the_slider_is_one_choice_and_its_number_follows(panel: Notebook) -> None:
    field = panel.page.get_by_label("Clusters K, value")
    handle = panel.find(f"{PANEL} .kmeans-setup .noUi-handle")
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    panel.page.mouse.move(x, y)
    panel.page.mouse.down()
    panel.page.mouse.move(x + 60, y, steps=6)
    panel.wait_until(lambda: int(field.input_value()) > 4, "the number follows")
    assert panel.evaluate("panel.n_clusters") == 2
    panel.page.mouse.move(x + 40, y, steps=3)
    chosen = int(field.input_value())
    panel.page.mouse.up()
    panel.wait_until(lambda: panel.evaluate("panel.n_clusters") == chosen, "K is chosen")
    assert int(field.input_value()) == chosen
    panel.click("Undo")
    panel.wait_until(lambda: panel.evaluate("panel.n_clusters") == 2, "one edit")
    assert panel.evaluate("panel.can_undo") is False


def test_k_is_typed_and_what_cannot_be_is_refused(panel: Notebook) -> None:
    field = panel.page.get_by_label("Clusters K, value")
    field.fill("25")
    field.press("Enter")
    panel.wait_for_text(STATUS, "^Start: 25 points are the first centroids")
    for typed, words in (("50", "Ask for at most 30 clusters"), ("", "must be a whole number")):
        field.fill(typed)
        field.press("Tab")
        panel.wait_for_text(NOTICE, words)
        panel.wait_until(lambda: field.input_value() == "25", "the field shows the true K")


def test_tab_leads_through_the_panel_and_never_into_a_trap(panel: Notebook) -> None:
    panel.page.mouse.click(*spot(panel, "(10.3, 1.5)"))
    canvas = f"{PANEL} .jupyter-matplotlib-canvas-div"
    assert panel.find(canvas).evaluate("div => div === document.activeElement")
    panel.page.keyboard.press("Tab")
    assert panel.find(f"{PANEL} .kmeans-layers input").first.evaluate(
        "box => box === document.activeElement"
    )
    name = """() => {
        const {labels, innerText} = document.activeElement;
        return document.activeElement.getAttribute('aria-label')
            || labels?.[0]?.innerText || innerText;
    }"""
    panel.find(f"{PANEL} .kmeans-setup .noUi-handle").focus()
    names: list[str] = []
    while len(names) < 40 and "Labels, file and code" not in names:
        names.append(panel.page.evaluate(name).strip())
        panel.page.keyboard.press("Tab")
    wanted = (
        "Clusters K", "Start", "Seed", "New start", "Watch the start", "Reset", "Back",
        "Step: Assign", "Play", "Run", "Speed", "Half-step", "Full screen", "Move", "By numbers",
        "Lines", "Regions", "Algorithm", "Clusters", "Data", "Branches", "Labels, file and code",
    )  # fmt: skip
    assert [each for each in names if each in wanted] == list(wanted)
    assert all(names)


def test_labels_go_to_the_notebook_and_none_is_lost(panel: Notebook) -> None:
    panel.execute("labels = 'precious'")
    panel.click("Labels, file and code")
    panel.wait_for_text(f"{PANEL} .kmeans-reproduction", "sklearn")
    assert "%kmeans" in panel.text(f"{PANEL} .kmeans-reproduction pre")
    panel.click("Send to notebook")
    panel.wait_for_text(NOTICE, "There is already a variable 'labels'")
    assert panel.evaluate("labels") == "precious"
    panel.click("Replace it")
    panel.wait_for_text(NOTICE, "The labels on screen are in the variable labels")
    assert panel.evaluate("(labels == panel.labels).all().item()") is True
    panel.click("Copy")
    panel.wait_until(lambda: panel.button("Copied").count() == 1)


@pytest.mark.parametrize("control", ["K", "Save", "map"])
def test_a_message_is_beside_the_control_that_caused_it(panel: Notebook, control: str) -> None:
    sentence = panel.text(STATUS)
    if control == "K":
        beside = panel.page.get_by_label("Clusters K, value")
        beside.fill("99")
        beside.press("Enter")
    elif control == "map":
        beside = panel.find(f"{PANEL} .kmeans-tools")
        panel.click("Remove")
        panel.page.mouse.click(*spot(panel, "(10.3, 1.5)"))
    else:
        panel.execute("panel.panel.unfold.value = True")
        panel.page.get_by_label("File", exact=True).fill("run.htm")
        beside = panel.button("Save")
        beside.click()
    panel.wait_for_text(NOTICE, ".")
    notice, box = panel.find(NOTICE).bounding_box(), beside.bounding_box()
    assert notice is not None
    assert box is not None
    gaps = (notice["y"] - box["y"] - box["height"], box["y"] - notice["y"] - notice["height"])
    assert -1 <= max(gaps) < (120 if control == "K" else 12)  # not on the buttons of the run
    assert notice["x"] < box["x"] + box["width"]
    assert box["x"] < notice["x"] + notice["width"]
    assert panel.text(STATUS) == sentence
    covered = """element => {
        const {left, top, height} = element.getBoundingClientRect();
        return !element.contains(document.elementFromPoint(left + 30, top + height / 2));
    }"""
    for seen in (f"{STATUS} .widget-html-content", f"{PANEL} .kmeans-step"):
        assert not panel.find(seen).evaluate(covered)
    panel.find(NOTICE).click()
    panel.wait_until(lambda: panel.text(NOTICE) == "", "a click removes it")


def test_a_message_stays_beside_its_control_when_the_window_changes(panel: Notebook) -> None:
    panel.execute("panel.panel.unfold.value = True")
    panel.page.get_by_label("File", exact=True).fill("run.htm")
    panel.button("Save").click()
    panel.wait_for_text(NOTICE, ".")
    panel.set_screen(1000, 750)

    def is_beside() -> bool:
        notice, box = panel.find(NOTICE).bounding_box(), panel.button("Save").bounding_box()
        return bool(notice and box and -1 <= box["y"] - notice["y"] - notice["height"] < 12)

    panel.wait_until(is_beside)


def test_enter_in_a_field_presses_the_button_beside_it(panel: Notebook) -> None:
    panel.execute("panel.panel.unfold.value = True")
    panel.wait_until(panel.button("Save").is_enabled)
    panel.page.get_by_label("File", exact=True).fill("entered.html")
    panel.page.keyboard.press("Enter")
    panel.wait_until(lambda: "Saved" in panel.evaluate("panel.panel.notice.value"), "it is saved")
    panel.wait_for_text(NOTICE, r"^Saved: .*entered\.html$")
    panel.page.get_by_label("into", exact=True).fill("entered")
    panel.page.keyboard.press("Enter")
    panel.wait_for_text(NOTICE, "^The labels on screen are in the variable entered")


def test_a_picture_drawn_smaller_is_hit_where_it_is(panel: Notebook) -> None:
    page = panel
    page.show(*CELLS, width=560)
    page.wait_for_picture()
    page.canvas(PANEL).evaluate("canvas => canvas.scrollIntoView({block: 'center'})")
    page.drag(spot(page, "panel.cluster_centers[0]"), spot(page, "(2.0, 3.0)"))
    page.wait_for_text(STATUS, "^New branch: centroid 0 was moved by hand")
    x, y = page.evaluate("panel.cluster_centers[0].tolist()")
    assert (x, y) == pytest.approx((2.0, 3.0), abs=0.06)


def test_the_name_of_an_axis_has_the_whole_of_it_as_a_tooltip(panel: Notebook) -> None:
    size = "panel.picture.figure.bbox.size"
    for axis, name in (("xaxis", "x"), ("yaxis", "y")):
        label = f"panel.picture.map.{axis}.label.get_window_extent()"
        middle = f"(({label}.min + {label}.max) / 2 / {size}).tolist()"
        panel.page.mouse.move(*panel.spot(panel.evaluate(middle), PANEL))
        assert panel.find(f"{PANEL} .kmeans-canvas [title='{name}']").count() == 1
    panel.page.mouse.move(*spot(panel, "(10.3, 1.5)"))
    assert panel.find(f"{PANEL} .kmeans-canvas [title='']").count() == 1


# ------------------------------------------------------------------------------ fingers and pens
SCROLLED = "document.querySelector('.jp-WindowedPanel-outer').scrollTop"


class Finger:
    """A finger on a touch screen, or several, as Chromium receives them."""

    def __init__(self, page: Notebook) -> None:
        self.page, self.devtools = page.page, page.devtools

    def send(self, kind: str, *spots: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(spots)]
        self.devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def tap(self, spot: tuple[float, float]) -> None:
        self.send("touchStart", spot)
        self.send("touchEnd")

    def drag(self, start: tuple[float, float], end: tuple[float, float], rest: float = 0) -> None:
        """Put the finger down, let it rest for some milliseconds, and draw it to another place."""
        self.send("touchStart", start)
        self.page.wait_for_timeout(rest)
        for i in range(1, 9):
            share = i / 8
            x, y = ((1 - share) * a + share * b for a, b in zip(start, end, strict=True))
            self.send("touchMove", (x, y))
            self.page.wait_for_timeout(20)
        self.send("touchEnd")


@pytest.fixture(scope="module")
def touch_screen(browser: Browser, lab: JupyterLab) -> Iterator[Notebook]:
    """A page on a touch screen that a finger can scroll."""
    name = lab.write("touch.ipynb", *CELLS, *["# more"] * 40)
    page = Notebook.open(browser, lab, name, touch=True, width=800, height=900)
    page.run_all()
    yield page
    page.close()


@pytest.fixture
def touched(touch_screen: Notebook) -> Notebook:
    """The panel after one iteration, in the middle of the page."""
    page = touch_screen
    page.execute(
        "panel.pause(); panel.mouse.leave_tool()\n"
        "while panel.can_undo: panel.undo()\n"
        "panel.cursor = 1; panel.cursor = 2; panel.panel.say('')"
    )
    page.wait_for_text(STATUS, "^Iteration 1, recalculate")
    page.canvas(PANEL).evaluate("canvas => canvas.scrollIntoView({block: 'center'})")
    page.wait_for_picture()
    return page


def test_a_finger_drags_a_centroid_it_hardly_hits(touched: Notebook) -> None:
    before = touched.page.evaluate(SCROLLED)
    x, y = spot(touched, "panel.cluster_centers[0]")
    to_x, to_y = spot(touched, "(2.0, 8.0)")
    Finger(touched).drag((x + 9, y - 14), (to_x + 9, to_y - 14))
    touched.wait_for_text(STATUS, r"^New branch: centroid 0 was moved by hand to \(")
    x, y = touched.evaluate("panel.cluster_centers[0].tolist()")
    assert (x, y) == pytest.approx((2.0, 8.0), abs=0.05)
    assert touched.page.evaluate(SCROLLED) == before


@pytest.mark.parametrize("rest", [0, 600])
def test_a_finger_drags_a_point(touched: Notebook, rest: float) -> None:
    if rest:  # so many points that those near the finger are not known to the page
        touched.execute("panel.paint([9.0, 3.0], 0.2, 100); panel.cursor = 2")
        touched.wait_for_picture()
    Finger(touched).drag(spot(touched, "panel.X[5]"), spot(touched, "(9.5, 8.0)"), rest)
    touched.wait_for_text(STATUS, "^New branch: .*point 5 was moved to")
    x, y = touched.evaluate("panel.X[5].tolist()")
    assert (x, y) == pytest.approx((9.5, 8.0), abs=0.05)


@pytest.mark.parametrize("tool", ["Move", "Add point", "Paint", "Place start"])
def test_beside_what_it_can_take_a_finger_scrolls_the_page(touched: Notebook, tool: str) -> None:
    touched.click(tool)
    touched.wait_until(lambda: touched.button("Done").is_visible() is (tool != "Move"))
    touched.canvas(PANEL).evaluate("canvas => canvas.scrollIntoView({block: 'center'})")
    before = touched.page.evaluate(SCROLLED)
    x, y = spot(touched, "(10.3, 1.5)")
    Finger(touched).drag((x, y), (x, y - 150))
    touched.wait_until(lambda: touched.page.evaluate(SCROLLED) > before + 60, "the page scrolls")
    touched.page.wait_for_timeout(500)  # time for what must not happen
    told = "(len(panel.X), len(panel.branches), len(panel.placed), panel.panel.notice.value)"
    assert touched.evaluate(told) == (30, 1, 0, "")


def test_a_tap_is_a_click(touched: Notebook) -> None:
    finger = Finger(touched)
    finger.tap(spot(touched, "panel.X[5]"))
    touched.wait_for_text(CARD, r"Point 5 at .* is in cluster \d")
    assert "tap it to inspect it" in touched.text(f"{PANEL} .kmeans-hint")
    touched.click("Add point")
    touched.wait_for_text(f"{PANEL} .kmeans-hint", "^Tap to add")
    finger.tap(spot(touched, "(9.5, 2.0)"))
    touched.wait_for_text(STATUS, r"^New branch: a point was added at \(9.")
    assert touched.evaluate("len(panel.X)") == 31
    touched.click("Remove")
    touched.wait_for_text(f"{PANEL} .kmeans-hint", "^Tap a point")
    x, y = spot(touched, "panel.X[30]")
    finger.tap((x + 7, y + 7))
    touched.wait_until(lambda: touched.evaluate("len(panel.X)") == 30, "the point near is removed")


def test_a_finger_that_rests_first_paints_a_cloud(touched: Notebook) -> None:
    touched.click("Paint")
    touched.wait_for_text(f"{PANEL} .kmeans-hint", "hold, then drag")
    Finger(touched).drag(spot(touched, "(9.0, 3.0)"), spot(touched, "(9.0, 4.0)"), rest=600)
    touched.wait_for_text(STATUS, "^New branch: 20 points were added around")
    far = touched.evaluate("max(abs(panel.X[30:] - (9.0, 3.0)).max(axis=0).tolist())")
    assert 0.5 < far < 1.1


def test_a_second_finger_gives_the_drag_up(touched: Notebook) -> None:
    finger, before = Finger(touched), touched.canvas_hash(PANEL)
    start, end = spot(touched, "panel.cluster_centers[0]"), spot(touched, "(2.0, 8.0)")
    finger.send("touchStart", start)
    finger.send("touchMove", end)
    touched.wait_until(lambda: touched.canvas_hash(PANEL) != before, "the picture follows")
    finger.send("touchStart", end, (end[0] + 50, end[1]))
    touched.wait_for_text(NOTICE, "so nothing has changed")
    finger.send("touchEnd")
    assert touched.evaluate("len(panel.branches)") == 1


def test_a_pen_that_does_not_scroll_is_a_mouse(panel: Notebook) -> None:
    panel.wait_for_picture()
    start, end = spot(panel, "panel.cluster_centers[0]"), spot(panel, "(2.0, 8.0)")
    for kind, (x, y), held in (
        ("mouseMoved", start, 0), ("mousePressed", start, 1), ("mouseMoved", end, 1),
        ("mouseReleased", end, 0),
    ):  # fmt: skip
        button = "none" if kind == "mouseMoved" and not held else "left"
        pen = {"pointerType": "pen", "buttons": held, "button": button, "clickCount": 1}
        panel.devtools.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **pen})
    panel.wait_until(lambda: panel.evaluate("len(panel.branches)") == 2, "the drop is a branch")
    panel.wait_for_text(STATUS, "^New branch: centroid 0 was moved by hand")


def test_two_fingers_zoom(touched: Notebook) -> None:
    x, y = spot(touched, "(6.0, 5.0)")
    finger = Finger(touched)
    for kind, apart in (("touchStart", 40), ("touchMove", 70), ("touchMove", 110)):
        finger.send(kind, (x - apart, y), (x + apart, y))
    finger.send("touchEnd")
    touched.wait_until(lambda: touched.evaluate("panel.view is not None"), "the view is zoomed")
    left, right, *_ = touched.evaluate("panel.view")
    home = touched.evaluate("panel._backdrop.home")
    assert right - left == pytest.approx((home[1] - home[0]) * 40 / 110, rel=0.1)
    touched.execute("panel.view = None")
