"""What a person does with the panel, in a real JupyterLab."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator

from browser.jupyter import Notebook
from browser.server import Theme

WALKTHROUGH = Path(__file__).parents[2] / "notebooks" / "01-walkthrough.ipynb"
LOAD = "%load_ext kmeans_widget"
PANEL = ".kmeans-widget"
STATUS = f"{PANEL} .kmeans-status"
NOTICE = f"{PANEL} .kmeans-notice"


@pytest.fixture
def panel(notebook: Notebook) -> Notebook:
    """A panel on the walkthrough's points, at the start, with everything as it was opened."""
    page = notebook
    page.show(LOAD, "%kmeans -o panel")
    page.execute(
        "panel.pause(); panel.n_clusters = 2; panel.init = 'random'; panel.reset(0)\n"
        "panel.panel.lines.value = panel.panel.regions.value = True\n"
        "panel.panel.speed.value = 1.0; panel.panel.say('')"
    )
    page.wait_for_text(STATUS, r"^Start: 2 points")
    page.wait_for_picture()
    return page


def step(page: Notebook, says: str) -> str:
    """Press Step, and wait for what the status line and the canvas then show."""
    before = page.wait_for_picture()
    page.click(re.compile("^Step"))
    page.wait_for_text(STATUS, says)
    page.wait_until(lambda: page.canvas_hash(PANEL) != before, "the canvas shows the half-step")
    return page.wait_for_picture()


def pause(page: Notebook) -> None:
    """Press Pause, and wait until that has arrived: after the end of the run it would play anew."""
    page.click("Pause")
    page.wait_until(lambda: page.button("Play").count() == 1, "Pause becomes Play again")


def test_step_shows_assign_then_recalculate(panel: Notebook) -> None:
    assert panel.button("Step: Assign").count() == 1
    step(panel, r"^Iteration 1, assign: each of the 30 points joined")
    assert panel.button("Step: Recalculate").count() == 1
    step(panel, r"^Iteration 1, recalculate: each centroid moved")
    step(panel, r"^Iteration 2, assign: \d+ of 30 points changed cluster")
    assert panel.evaluate("panel.cursor") == 3


def test_back_shows_the_very_picture_that_was_there(panel: Notebook) -> None:
    start = panel.wait_for_picture()
    first = step(panel, "^Iteration 1, assign")
    step(panel, "^Iteration 1, recalculate")
    panel.click("Back")
    panel.wait_for_text(STATUS, "^Iteration 1, assign")
    assert panel.wait_for_picture() == first
    panel.click("Back")
    panel.wait_for_text(STATUS, "^Start")
    assert panel.wait_for_picture() == start


def test_play_runs_to_the_end_and_says_why_it_stops(panel: Notebook) -> None:
    panel.execute("panel.panel.speed.value = 8.0")
    before = panel.canvas_hash(PANEL)
    panel.click("Play")
    text = panel.wait_for_text(STATUS, "converged")
    assert "no point changed, so K-means has converged after 6 iterations" in text
    panel.wait_until(lambda: panel.button("Play").count() == 1, "Pause becomes Play again")
    assert panel.button("Step: done").is_disabled()
    assert panel.wait_for_picture() != before


def test_play_moves_the_picture_and_pause_stops_it(panel: Notebook) -> None:
    panel.click("Play")
    panel.wait_for_text(STATUS, "^Iteration 1, recalculate")
    painted = panel.frames(PANEL)
    panel.wait_until(lambda: panel.frames(PANEL) > painted + 3, "the picture moves")
    pause(panel)
    still, cursor = panel.wait_for_picture(), panel.evaluate("panel.cursor")
    panel.page.wait_for_timeout(1200)
    assert panel.canvas_hash(PANEL) == still
    assert panel.evaluate("(panel.cursor, panel.playing)") == (cursor, False)


def test_what_is_seen_after_pause_is_the_picture_of_the_cursor(panel: Notebook) -> None:
    panel.click("Play")
    panel.wait_for_text(STATUS, "^Iteration 2, recalculate")
    pause(panel)
    played = panel.wait_for_picture()
    panel.execute("at = panel.cursor; panel.reset(); panel.cursor = at")
    assert panel.wait_for_picture() == played


def test_the_kernel_is_free_while_it_plays(panel: Notebook) -> None:
    panel.click("Play")
    panel.wait_for_text(STATUS, "^Iteration 1")
    assert panel.evaluate("panel.playing, sum(range(10))") == (True, 45)
    pause(panel)


def test_it_plays_on_while_a_cell_computes(panel: Notebook) -> None:
    before, painted = panel.wait_for_picture(), panel.frames(PANEL)
    panel.execute("import time; panel.play(); time.sleep(3); at_the_end_of_the_cell = panel.cursor")
    assert panel.evaluate("at_the_end_of_the_cell") > 1
    assert panel.frames(PANEL) > painted
    assert panel.canvas_hash(PANEL) != before
    pause(panel)


def test_a_click_works_while_a_cell_computes(panel: Notebook) -> None:
    """Also if the last message of the button's comm came from a cell."""
    panel.execute("panel.run(); panel.reset()")
    panel.wait_for_picture()
    panel.start("import time; time.sleep(4); at_the_end_of_the_cell = panel.cursor")
    panel.click("Step: Assign")
    panel.wait_for_text(STATUS, "^Iteration 1, assign")
    assert panel.evaluate("at_the_end_of_the_cell") == 1


def test_run_goes_to_the_end_and_reset_back_to_the_start(panel: Notebook) -> None:
    start = panel.wait_for_picture()
    panel.click("Run")
    panel.wait_for_text(STATUS, "converged after 6 iterations")
    assert panel.wait_for_picture() != start
    panel.click("Reset")
    panel.wait_for_text(STATUS, "^Start")
    assert panel.wait_for_picture() == start


def test_a_menu_shows_other_columns_and_the_panel_still_fits(notebook: Notebook) -> None:
    page = notebook
    data = "from sklearn.datasets import load_wine\nX = load_wine(as_frame=True).data"
    page.show(f"{LOAD}\n{data}", "%kmeans X -k 3 --scale standard -o panel --run", height=800)
    before, words = page.wait_for_picture(), page.text(STATUS)
    page.find(f"{PANEL} .kmeans-axes select").first.select_option("alcohol")
    page.wait_until(lambda: page.evaluate("panel.axes") == ("alcohol", "malic_acid"))
    assert page.wait_for_picture() != before
    assert page.text(STATUS) == words
    assert "of the variance" in page.text(f"{PANEL} .kmeans-view")
    assert page.find(f"{PANEL} [title^='Regions are true only']").is_visible()
    seen = page.wait_for_picture()
    page.find(f"{PANEL} .kmeans-seen input").click()
    page.wait_until(lambda: page.canvas_hash(PANEL) != seen, "points are marked")
    for fault in (OVERFLOWING, SMALL, FAINT):
        assert page.find(PANEL).evaluate(fault) == []
    menus = page.find(f"{PANEL} .kmeans-axes").bounding_box()
    top = page.find(PANEL).bounding_box()
    assert menus is not None
    assert top is not None
    assert menus["y"] + menus["height"] - top["y"] < 665  # of 800, without what Lab has around it
    page.set_screen(1280, 1000)


def test_the_slider_moves_k(panel: Notebook) -> None:
    before = panel.wait_for_picture()
    panel.find(f"{PANEL} .kmeans-setup .noUi-handle").focus()
    panel.page.keyboard.press("ArrowRight")
    panel.page.keyboard.press("ArrowRight")
    panel.wait_for_text(STATUS, "^Start: 4 points")
    assert panel.wait_for_picture() != before
    assert panel.evaluate("panel.n_clusters") == 4


def test_new_start_draws_other_centroids(panel: Notebook) -> None:
    before = panel.wait_for_picture()
    panel.click("New start")
    panel.wait_for_text(STATUS, r"seed 1")
    assert panel.wait_for_picture() != before
    assert panel.evaluate("panel.random_state") == 1


def test_the_start_method_can_be_chosen(panel: Notebook) -> None:
    panel.cells.get_by_label("Start", exact=True).select_option("k-means++")
    panel.wait_for_text(STATUS, r"k-means\+\+ \(seed 0\)")
    assert panel.evaluate("panel.init") == "k-means++"


@pytest.mark.parametrize("switch", ["Lines", "Regions"])
def test_a_switch_changes_the_picture_and_changes_it_back(panel: Notebook, switch: str) -> None:
    step(panel, "^Iteration 1, assign")
    shown = panel.wait_for_picture()
    box = panel.cells.get_by_label(switch, exact=True).first
    box.uncheck()
    panel.wait_until(lambda: panel.canvas_hash(PANEL) != shown)
    box.check()
    panel.wait_until(lambda: panel.canvas_hash(PANEL) == shown)


def test_what_cannot_be_done_is_said_in_the_panel(notebook: Notebook) -> None:
    panel = notebook
    panel.show(LOAD, "%kmeans [[0, 0]] * 5 + [[4, 1]] * 5 -k 2 -o panel")
    before = panel.wait_for_picture()
    panel.find(f"{PANEL} .kmeans-setup .noUi-handle").focus()
    panel.page.keyboard.press("ArrowRight")
    panel.wait_for_text(NOTICE, "3 clusters need at least as many distinct points")
    edge = "notice => getComputedStyle(notice).borderLeftColor"
    bad = panel.find(f"{NOTICE} .kmeans-bad")  # the same words may just be replaced once more
    panel.wait_until(lambda: bad.evaluate(edge) == "rgb(198, 40, 40)", "the message is red")
    assert panel.evaluate("(panel.n_clusters, panel.panel.n_clusters.value)") == (2, 2)
    assert panel.wait_for_picture() == before
    step(panel, "^Iteration 1, assign")
    panel.wait_until(lambda: not panel.find(NOTICE).is_visible())


def test_the_scale_is_chosen_in_the_tab_of_the_data(notebook: Notebook) -> None:
    points = "[[i % 7, 1000 * (i * i % 11)] for i in range(60)]"
    page = notebook
    page.show(LOAD, f"%kmeans {points} -k 3 --weights [1]*30+[4]*30 -o panel")
    before = page.wait_for_picture()
    chooser = page.cells.get_by_label("Scale columns by")
    assert not chooser.is_visible()
    page.click("Data: scale?")
    page.wait_for_text(f"{PANEL} .kmeans-warning", "“feature 1” dominates the distances")
    chooser.select_option("standard deviation")
    page.wait_for_text(STATUS, "^Start: .* on columns standardised; none of the 60 points")
    page.wait_for_text(f"{PANEL} .kmeans-shares", r"feature 1\s+5\d %")
    page.wait_until(lambda: page.canvas_hash(PANEL) != before, "the canvas shows the other scale")
    assert page.evaluate("(panel.scale, len(panel.branches))") == ("standard", 1)
    assert page.button("Data").count() == 1
    step(page, "^Iteration 1, assign")
    step(page, "^Iteration 1, recalculate: each centroid moved to the weighted mean")


def test_a_long_run_is_ended_and_its_labels_become_a_column(notebook: Notebook) -> None:
    data = (
        "import numpy as np, pandas as pd\n"
        "df = pd.DataFrame(np.random.default_rng(0).random((60_000, 2)), columns=['a', 'b'])"
    )
    page = notebook
    page.show(LOAD, data, "%kmeans df -k 10 -o panel")
    page.wait_for_picture()
    stop = page.button("Stop here")
    assert not stop.is_visible()
    page.execute("panel.cursor = 103")
    page.wait_for_text(STATUS, "5 of 60,000 points changed cluster, fewer than one in 10,000")
    stop.click()
    page.wait_for_text(STATUS, "^After 51 iterations, last assign: .* the limit of iterations")
    page.wait_until(lambda: not stop.is_visible())
    page.wait_until(lambda: page.button("Run").evaluate("e => e === document.activeElement"))
    page.click("Data")
    limit = page.cells.get_by_label("Iterations at most")
    assert limit.input_value() == "51"
    tolerance = page.cells.get_by_label("Tolerance")
    tolerance.fill("-1")
    tolerance.press("Enter")
    page.wait_for_text(NOTICE, "the tolerance must be at least 0")
    page.wait_until(lambda: tolerance.input_value() == "0")  # the message comes first
    tolerance.fill("1e-4")
    tolerance.press("Enter")
    page.wait_for_text(STATUS, "^Start: 10 points")
    page.click("Run")
    page.wait_for_text(STATUS, "the centroids moved no more than the tolerance")
    page.click("Labels, file and code")
    page.cells.get_by_label("into", exact=True).fill('df["cluster"]')
    page.click("Send to notebook")
    page.wait_for_text(NOTICE, r'are in df\["cluster"\]')
    assert page.evaluate("(df['cluster'].tolist() == panel.labels.tolist(), panel.tol)") == (
        True, 1e-4,
    )  # fmt: skip
    assert page.console_errors == []


def test_the_current_line_of_the_algorithm_is_lit(panel: Notebook) -> None:
    lit = f"{PANEL} .kmeans-code .kmeans-lit"
    assert panel.text(lit).startswith("centroids = initialize_centroids")
    step(panel, "assign")
    assert panel.text(lit).startswith("clusters = assign_points")
    step(panel, "recalculate")
    assert panel.text(lit).startswith("centroids = recalculate_centroids")
    panel.click("Run")
    panel.wait_for_text(STATUS, "converged")
    panel.wait_for_text(lit, "if has_converged")


OVERFLOWING = """panel => [panel, ...panel.querySelectorAll(
    'canvas, button, select, input, [role=status], .widget-slider, .kmeans-code span, '
    + '.kmeans-formula span')].filter(element => {
        const end = Math.min(panel.parentElement.getBoundingClientRect().right,
            element.closest('pre')?.getBoundingClientRect().right ?? Infinity);
        return element.getBoundingClientRect().right > end + 1;
    }).map(element => element.className)"""
CUT_OFF = """panel => [...panel.querySelectorAll('.widget-label, button, .kmeans-shares span, h4')]
    .filter(element => element.scrollWidth > element.clientWidth).map(e => e.innerText)"""
SMALL = """panel => [...panel.querySelectorAll('.noUi-handle, .widget-label-basic')].filter(
    target => {
        if (!target.getClientRects().length) return false;  // hidden
        target.scrollIntoView({block: 'center'});
        const {left, top, width, height} = target.getBoundingClientRect();
        const around = [[-11.5, 0], [11.5, 0], [0, -11.5], [0, 11.5]];
        return !around.every(([x, y]) => target.contains(
            document.elementFromPoint(left + width / 2 + x, top + height / 2 + y)));
    }).map(target => target.className)"""
FAINT = """panel => {
    const light = color => color.match(/[0-9.]+/g).slice(0, 3).map(Number).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    return [...panel.querySelectorAll('select, input[type=number], .noUi-handle')].filter(e => {
        const {borderTopColor, borderTopWidth, backgroundColor} = getComputedStyle(e);
        const edge = light(borderTopWidth === '0px' ? backgroundColor : borderTopColor);
        const page = light(getComputedStyle(e.closest('.jp-Notebook')).backgroundColor);
        return (Math.max(edge, page) + 0.05) / (Math.min(edge, page) + 0.05) < 3;
    }).map(e => e.className || e.tagName);
}"""


def test_in_a_narrow_column_the_picture_comes_first(notebook: Notebook) -> None:
    page = notebook
    page.show(LOAD, "%kmeans -k 4 -o panel", width=420)
    page.wait_for_picture()
    page.execute("panel.run(); panel.new_start(); panel.map_actions.inspect(5)")
    page.wait_for_text(f"{PANEL} .kmeans-card", "Point 5")
    panel = page.find(PANEL)
    assert panel.evaluate(OVERFLOWING) == []
    tracks = panel.locator(".noUi-target").evaluate_all("all => all.map(e => e.offsetWidth)")
    assert min(tracks) > 100
    rows = ("words", "canvas", "transport", "tools", "layers", "card", "setup", "tabs", "results")
    tops = [panel.locator(f".kmeans-{row}").bounding_box()["y"] for row in rows]  # type: ignore[index]
    assert tops == sorted(tops)


@pytest.mark.parametrize("width", [420, 560, 800, 1280])
def test_nothing_that_opens_moves_the_picture_or_is_cut_off(notebook: Notebook, width: int) -> None:
    """With rows left out, a column that decides alone, a branch, a tool, and all folds open."""
    page = notebook
    points = "[[i % 7, None if i == 9 else 1000 * (i * i % 11)] for i in range(600)]"
    page.show(LOAD, f"%kmeans {points} -k 12 -o panel", width=width)
    page.wait_for_picture()
    page.execute(
        "controls = panel.panel; controls.toolbar.mode.value = 'add'\n"
        "if not panel.can_undo: panel.run(); panel.move_center(0, [2, 9]); panel.run()\n"
        "controls.tab.value = 'algorithm'"
    )
    page.wait_for_text(f"{PANEL} .kmeans-tabs", "Branches .2.")
    panel = page.find(PANEL)
    place = "e => [e.offsetTop, e.offsetHeight]"
    before = panel.locator(".kmeans-canvas").evaluate(place)
    page.execute("controls.toolbar.unfold.value = controls.unfold.value = True")
    page.wait_until(page.button("Copy").first.is_visible)
    assert page.text(f"{PANEL} .kmeans-left-out").startswith("Left out: 1 of 600 rows")
    for tab in ("clusters", "data", "branches"):
        page.execute(f"controls.tab.value = {tab!r}; panel.map_actions.inspect(len({tab!r}))")
        page.wait_for_text(f"{PANEL} .kmeans-card", f"Point {len(tab)}")
        assert panel.evaluate(CUT_OFF) == []
        assert panel.evaluate(OVERFLOWING) == []
        assert panel.locator(".kmeans-canvas").evaluate(place) == before
    page.execute("panel.map_actions.inspect(None)")
    for call, words in (
        ("map_actions.preview_center(0, [4, 6000])", "would change cluster"),
        ("map_actions.end_preview(); panel.reset()", "none of the 599 points"),
    ):
        page.execute(f"panel.run(); panel.{call}")
        page.wait_for_text(f"{PANEL} .kmeans-status", words)
        assert panel.locator(".kmeans-canvas").evaluate(place) == before
    page.execute("panel.run()")
    tops = "all => all.map(e => e.getBoundingClientRect().top)"
    slider_and_field = ".kmeans-setup > :nth-child(-n + 2)"
    for pair in (slider_and_field, ".kmeans-undo, .kmeans-redo", ".kmeans-play, .kmeans-run"):
        first, second = panel.locator(pair).evaluate_all(tops)
        assert first == second


# The bitmap of the canvas, and how many dots of the screen it covers.
DOTS = """canvas => {
    const {width, height} = canvas.getBoundingClientRect();
    return [canvas.width, canvas.height, width * devicePixelRatio, height * devicePixelRatio];
}"""
ROOM = "float(panel.picture.map.bbox.width / panel.picture.figure.dpi * 100)"


@pytest.mark.parametrize("dots", [1, 1.5])
def test_the_picture_is_as_large_as_its_place_and_sharp(notebook: Notebook, dots: float) -> None:
    page = notebook
    page.show(LOAD, f"%kmeans -o panel  # {dots}", width=1920, height=1080, dots=dots)
    for width, height, least in (
        (1920, 1080, 900),
        (1280, 800, 500),
        (853, 533, 450),
        (390, 844, 180),
    ):
        page.set_screen(width, height, dots=dots)

        def fits(least: int = least) -> bool:
            return bool(least <= page.evaluate(ROOM) < 1.9 * least)

        page.wait_until(fits)

        def is_sharp() -> bool:
            real, painted = np.split(np.array(page.canvas(PANEL).evaluate(DOTS)), 2)
            inches = page.evaluate("panel.picture.figure.bbox.size.tolist()")
            return bool((abs(real - painted) < 0.6).all() and (abs(real - inches) < 1).all())

        page.wait_until(is_sharp, "the bitmap is drawn for the dots that it covers")
    # Not `set_screen`: Chromium tells a page of its dots only when its size changes too.
    screen = {"width": 390, "height": 843, "deviceScaleFactor": dots + 1, "mobile": False}
    page.devtools.send("Emulation.setDeviceMetricsOverride", screen)
    page.wait_until(is_sharp, "the window is moved to a screen with more dots")
    assert page.console_errors == []


def test_in_full_screen_there_are_picture_sentence_and_buttons(panel: Notebook) -> None:
    before = panel.evaluate(ROOM)
    step(panel, "^Iteration 1, assign")
    panel.click("Full screen")
    panel.wait_until(lambda: panel.evaluate("panel.picture.figure.dpi") == 150)
    for seen in (".kmeans-words", ".kmeans-canvas", ".kmeans-step"):
        assert panel.find(f"{PANEL} {seen}").is_visible()
    assert not panel.find(f"{PANEL} .kmeans-setup").is_visible()
    step(panel, "^Iteration 1, recalculate")
    panel.click("Full screen")
    panel.wait_until(lambda: panel.evaluate(ROOM) == before)
    assert panel.evaluate("panel.picture.figure.dpi") == 100


def test_in_the_narrowest_place_the_whole_picture_is_seen(notebook: Notebook) -> None:
    page = notebook
    box = "ipywidgets.VBox([panel], layout={'width': '181px'})"
    page.show("import kmeans_widget as kw, ipywidgets", f"panel = kw.KMeansWidget()\n{box}")
    page.wait_for_canvas(PANEL)
    place, picture = page.find(f"{PANEL} .kmeans-canvas"), page.canvas(PANEL)
    wide = "e => e.getBoundingClientRect().width"
    page.find(".widget-vbox").first.evaluate("box => { box.style.width = '400px'; }")
    page.wait_until(lambda: picture.evaluate(wide) > 300, "it grows")
    page.find(".widget-vbox").first.evaluate("box => { box.style.width = '181px'; }")
    page.wait_until(lambda: picture.evaluate(wide) <= place.evaluate(wide) < 190, "it shrinks")


def test_two_panels_in_a_row_share_the_width(notebook: Notebook) -> None:
    page = notebook
    page.show(
        "import kmeans_widget as kw, ipywidgets",
        "panel, other = kw.KMeansWidget(), kw.KMeansWidget()\nipywidgets.HBox([panel, other])",
    )
    page.wait_until(lambda: page.find(PANEL).count() == 2)
    widths = [box["width"] for box in map(Locator.bounding_box, page.find(PANEL).all()) if box]
    assert widths[0] == pytest.approx(widths[1], abs=1)
    assert widths[0] > 500


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_that_matters_is_seen_at_once(notebook: Notebook, theme: Theme) -> None:
    """On a screen of 1280 x 800, with a branch and a point looked at: easy to see and to hit."""
    page = notebook
    page.show(LOAD, "%kmeans -k 5 -o panel", height=800, theme=theme)
    page.wait_for_picture()
    page.execute("panel.run(); panel.new_start(); panel.map_actions.inspect(5)")
    page.wait_for_text(f"{PANEL} .kmeans-card", "Point 5")
    panel = page.find(PANEL)
    assert panel.evaluate(OVERFLOWING) == []
    assert panel.evaluate(SMALL) == []
    assert panel.evaluate(FAINT) == []
    panel.evaluate("panel => panel.scrollIntoView({block: 'start'})")
    bottom = "e => e.getBoundingClientRect().bottom"
    screen = panel.evaluate(f"panel => ({bottom})(panel.closest('.jp-NotebookPanel-notebook'))")
    assert panel.locator(".kmeans-main").evaluate(bottom) <= screen
    assert page.button("Undo").is_visible()
    assert page.button(re.compile("^Branches")).is_visible()


def test_in_a_low_window_step_and_the_map_are_seen_at_once(notebook: Notebook) -> None:
    """Of 853 x 533 pixels, as a screen of 1280 x 800 enlarged by half has."""
    page = notebook
    page.show(LOAD, "%kmeans -k 4 -o panel", width=853, height=533)
    page.wait_for_picture()
    panel = page.find(PANEL)
    panel.evaluate("panel => panel.scrollIntoView({block: 'start'})")
    screen = panel.evaluate(
        "e => e.closest('.jp-WindowedPanel-outer').getBoundingClientRect().bottom"
    )
    picture, step = page.canvas(PANEL).bounding_box(), page.button("Step: Assign").bounding_box()
    assert picture is not None
    assert step is not None
    map_share = 1 - page.evaluate("float(panel.picture.map.get_position().y0)")
    assert step["y"] + step["height"] <= picture["y"]
    assert picture["y"] + map_share * picture["height"] < screen


def test_the_walkthrough_runs_from_top_to_bottom(notebook: Notebook) -> None:
    cells = json.loads(WALKTHROUGH.read_text("utf-8"))["cells"]
    notebook.show(*("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"))
    assert notebook.find(PANEL).count() == 6
    before = notebook.wait_for_canvas(PANEL)
    notebook.click("Step: Assign")
    notebook.wait_for_text(STATUS, "^Iteration 1, assign: each of the 30 points")
    notebook.wait_until(lambda: notebook.canvas_hash(PANEL) != before)
    assert notebook.console_errors == []


# Of every image that is not on the page, as ipympl's, the first pictures are none.
BREAK = """number => {
    const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src');
    const replace = property => Object.defineProperty(HTMLImageElement.prototype, 'src', property);
    window.broken = 0;
    window.mend = () => { replace(source); };
    replace({...source, set(address) {
        const fails = !this.isConnected && ++broken <= number;
        source.set.call(this, fails ? 'data:image/png;base64,AAAA' : address);
    }});
}"""


def test_a_picture_that_fails_to_load_is_asked_for_again(notebook: Notebook) -> None:
    notebook.page.evaluate(BREAK, 3)
    try:
        notebook.show(LOAD, "%kmeans -o panel  # fails to load")
        notebook.wait_for_picture()
        assert notebook.page.evaluate("broken") > 3
    finally:
        notebook.page.evaluate("mend()")
