"""Hundreds of gestures in a hurry, while the kernel computes; then all is as the session has it."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from browser.jupyter import Notebook

PANEL = ".kmeans-widget"
STATUS = f"{PANEL} .kmeans-status"
N_GESTURES = 300
MODES = ("Move", "Add point", "Remove", "Paint", "Place start")
BUTTONS = (
    "step", "step", "step", "back", "play", "play", "run", "reset", "new-start",
    "undo", "undo", "redo", "leave", "move",
)  # fmt: skip

# Where things are on the picture, as shares of its size, for a hand without eyes; and whatever
# goes wrong that is not a wish the panel has to refuse.
WATCH = """
import json, pathlib, threading
import ipywidgets, numpy as np
failures = []
def note(error, report=panel.errors.report):
    if not isinstance(error, (ValueError, TypeError)):
        failures.append(repr(error))
    report(error)
panel.errors.report = note
threading.excepthook = lambda hook: failures.append(repr(hook.exc_value))
def shares(places):
    picture = panel.picture
    return (picture.map.transData.transform(places) / picture.figure.bbox.size).tolist()
points = shares(panel.X)
eyes = ipywidgets.HTML()
eyes.add_class("eyes")
eyes
"""

LONG_CELL = """
random = np.random.default_rng(0)
while not pathlib.Path("enough").exists():
    table = random.normal(size=(300, 300))
    total = sum(x * x for x in range(5_000)) + (table @ table).sum()
    eyes.value = json.dumps(shares(panel.animation.scene.centers))
branches_at_the_end_of_the_cell = len(panel.branches)
"""

# Follows every message to the kernel until it has been dealt with, and keeps what went wrong.
LISTEN = """
const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
[window.underWay, window.complaints] = [new Set(), []];
kernel.anyMessage.connect((_, {msg, direction}) => {
    const {header, parent_header, content} = msg;
    if (direction === 'send' && header.msg_type === 'comm_msg') underWay.add(header.msg_id);
    if (content.execution_state === 'idle') underWay.delete(parent_header.msg_id);
    if (header.msg_type === 'error') complaints.push(content.traceback.join('\\n'));
    if (header.msg_type === 'stream') complaints.push(content.text);
});
"""

# Does the gestures, one after the other, without waiting for what becomes of them.
GESTURES = """
const root = document.querySelector('.kmeans-widget');
const canvas = root.querySelector('.jupyter-matplotlib-canvas-div canvas');
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const mouse = (type, [x, y], buttons = 0) => {
    const box = canvas.getBoundingClientRect();
    canvas.dispatchEvent(new MouseEvent(type, {bubbles: true, cancelable: true, button: 0, buttons,
        clientX: box.left + x * box.width, clientY: box.top + (1 - y) * box.height}));
};
const drag = async (start, end) => {
    mouse('mousedown', start, 1);
    for (const share of [0.5, 1]) {
        mouse('mousemove', start.map((value, axis) => value + share * (end[axis] - value)), 1);
        await pause(20);  // in which ipympl sends no other move
    }
    mouse('mouseup', end);
};
const KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowRight', 'PageDown', 'PageUp'];
const slide = share => {
    const slider = root.querySelector('.kmeans-scrub .noUi-target').noUiSlider;
    const {min, max} = slider.options.range;
    slider.set(min + Math.round(share * (max - min)));
};
const pick = (things, share) => things[Math.floor(share * things.length)];
const select = (selector, share) => {
    const menu = root.querySelector(`${selector} select`);
    menu.selectedIndex = Math.floor(share * menu.options.length);
    menu.dispatchEvent(new Event('change', {bubbles: true}));
};
const centers = () => JSON.parse(document.querySelector('.eyes').innerText);
const doings = {
    button: name => root.querySelector(`.kmeans-${name}`).click(),
    mode: name => [...root.querySelectorAll('.kmeans-modes button')]
        .find(button => button.innerText.trim() === name).click(),
    fold: share => pick(root.querySelectorAll('.kmeans-fold'), share).click(),
    clusters: share => root.querySelector('.kmeans-setup .noUi-handle').dispatchEvent(
        new KeyboardEvent('keydown', {key: pick(KEYS, share), bubbles: true, cancelable: true})),
    scrub: slide,
    legend: share => pick(root.querySelectorAll('.kmeans-legend button'), share).click(),
    layer: share => pick(root.querySelectorAll('.kmeans-layers input'), share).click(),
    branch: share => pick(root.querySelectorAll('.kmeans-branch input'), share).click(),
    tab: share => pick(root.querySelectorAll('.kmeans-tabs button'), share).click(),
    start: share => select('.kmeans-setup', share),
    escape: () => root.querySelector('.kmeans-modes button')
        .dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true})),
    click: at => { mouse('mousedown', at, 1); mouse('mouseup', at); },
    press: at => mouse('mousedown', at, 1),
    move: at => mouse('mousemove', at),
    release: at => mouse('mouseup', at),
    exit: at => mouse('mouseleave', at),
    drag: ([start, end]) => drag(start, end),
    pull: ([share, end]) => drag(pick(centers(), share), end),
};
for (const [kind, what] of arg) {
    await doings[kind](what);
    await pause(0);
}
"""
LETTING_GO = [("release", (0.5, 0.5)), ("exit", (0.5, 0.5)), ("escape", None)]

# The scene of the session as it is, and a picture of it on a canvas that never showed another.
TRUTH = """
import threading
from kmeans_widget.canvas.png import encode_png
from kmeans_widget.canvas.image_canvas import ImageCanvas
from kmeans_widget.plot.figure import Picture
picture = Picture()
picture.prepare()
surface = ImageCanvas(picture, threading.RLock(), lambda: None)
figure = panel.picture.figure
surface.resize(round(100 * figure.get_figwidth()), figure.dpi / 100)
picture.show(panel._build_scene())
truth = encode_png(surface.render())
surface.close()
"""

# What a person reads off the controls of the page.
READ = """() => {
    const root = document.querySelector('.kmeans-widget');
    const at = name => Number(
        root.querySelector(`.kmeans-${name} .noUi-handle`).getAttribute('aria-valuenow'));
    return {
        n_clusters: at('setup'),
        cursor: at('scrub'),
        init: root.querySelector('.kmeans-setup select').selectedIndex,
        random_state: Number([...root.querySelectorAll('input')]
            .find(field => field.labels?.[0]?.textContent === 'Seed').value),
        branch: [...root.querySelectorAll('.kmeans-branch input')].findIndex(e => e.checked),
        n_branches: root.querySelectorAll('.kmeans-branch input').length,
        can_step: !root.querySelector('.kmeans-step').disabled,
        can_undo: !root.querySelector('.kmeans-undo').disabled,
        can_redo: !root.querySelector('.kmeans-redo').disabled,
        legend: root.querySelectorAll('.kmeans-legend button').length,
    };
}"""
HELD = """{
    "n_clusters": panel.n_clusters,
    "cursor": panel.cursor,
    "init": ["random", "k-means++", "farthest"].index(panel.init)
        if isinstance(panel.init, str) else 3,
    "random_state": panel.random_state,
    "branch": panel.branch,
    "n_branches": len(panel.branches),
    "can_step": not panel.at_end,
    "can_undo": panel.can_undo,
    "can_redo": panel.can_redo,
    "legend": panel.n_clusters,
}"""


def gestures(seed: int, points: list[list[float]]) -> list[tuple[str, Any]]:
    """Draw what a hand in a hurry does."""
    random = np.random.default_rng(seed)

    def spot() -> list[float]:
        if random.random() < 0.8:
            return points[random.integers(len(points))]
        return [float(share) for share in random.uniform(-0.02, 1.02, 2)]

    kinds: dict[str, Any] = {
        "button": lambda: str(random.choice(BUTTONS)),
        "mode": lambda: str(random.choice(MODES)),
        "drag": lambda: [spot(), spot()],
        "pull": lambda: [random.random(), spot()],
        "escape": lambda: None,
    }
    kinds |= dict.fromkeys(("click", "press", "move", "release", "exit"), spot)
    kinds |= dict.fromkeys(
        ("clusters", "scrub", "legend", "layer", "branch", "start", "fold", "tab"), random.random
    )
    often = {"button": 10, "click": 3, "drag": 2, "pull": 2, "scrub": 2}
    names = [kind for kind in kinds for _ in range(often.get(kind, 1))]
    drawn = (names[i] for i in random.integers(len(names), size=N_GESTURES))
    return [(kind, kinds[kind]()) for kind in drawn]


@pytest.fixture(scope="module")
def page(notebook: Notebook) -> Iterator[Notebook]:
    """A panel after the gestures that were made while a cell was computing."""
    page = notebook
    page.show("%load_ext kmeans_widget", "%kmeans -o panel", WATCH)
    page.wait_for_picture()
    page.call(LISTEN)
    drawn = gestures(0, page.evaluate("points"))
    page.start(LONG_CELL)
    page.wait_until(lambda: page.text(".eyes"), "the cell is at work")
    page.call(GESTURES, drawn + LETTING_GO, timeout=60)
    (page.lab.root / "enough").touch()
    page.wait_until(
        lambda: page.page.evaluate("underWay.size") == 0, "every message is answered", timeout=60
    )
    page.execute("panel.pause()")
    page.wait_until(
        lambda: not page.evaluate("panel.animation.player.running"), "the picture rests"
    )
    yield page
    page.execute("threading.excepthook = threading.__excepthook__")


def test_nothing_went_wrong(page: Notebook) -> None:
    assert page.evaluate("failures") == []
    assert page.page.evaluate("complaints") == []
    assert page.console_errors == []
    assert page.evaluate("len(panel.branches)") > 1  # the gestures were not in vain


def test_the_picture_is_that_of_the_session(page: Notebook) -> None:
    page.wait_for_picture()
    url: str = page.canvas(PANEL).evaluate("canvas => canvas.toDataURL()")
    page.execute(TRUTH)
    truth = page.evaluate("truth")
    with (
        Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as seen,
        Image.open(io.BytesIO(truth)) as drawn,
    ):
        assert np.array_equal(np.asarray(seen), np.asarray(drawn))


def test_words_and_controls_are_those_of_the_session(page: Notebook) -> None:
    assert page.text(STATUS) == page.evaluate("panel.narration")
    assert page.page.evaluate(READ) == page.evaluate(HELD)
    assert page.button("Play").count() == 1


def test_every_control_still_answers(page: Notebook) -> None:
    def answers(control: str, expression: str) -> None:
        before = page.evaluate(expression)
        page.find(f"{PANEL} {control}").first.click()
        page.wait_until(lambda: page.evaluate(expression) != before, f"{control} answers")

    page.execute("panel.n_clusters = 3; panel.mouse.leave_tool()")
    answers(".kmeans-new-start", "panel.random_state")
    answers(".kmeans-step", "panel.cursor")
    answers(".kmeans-back", "panel.cursor")
    answers(".kmeans-run", "panel.at_end")
    answers(".kmeans-reset", "panel.cursor")
    answers(".kmeans-play", "panel.playing")
    answers(".kmeans-play", "panel.playing")
    answers(".kmeans-undo", "panel.can_redo")
    answers(".kmeans-redo", "panel.can_redo")
    answers(".kmeans-setup .noUi-connects", "panel.n_clusters")
    answers(".kmeans-scrub .noUi-connects", "panel.cursor")
    page.execute("panel.panel.tab.value = 'clusters'")
    answers(".kmeans-legend button", "len(panel.animation.scene.hidden)")
    answers(".kmeans-layers input >> nth=0", "panel.panel.lines.value")
    answers(".kmeans-layers input >> nth=1", "panel.panel.regions.value")
    answers(".kmeans-fold:text-is('By numbers')", "panel.panel.toolbar.unfold.value")
    answers(".kmeans-fold:has-text('Labels')", "panel.panel.unfold.value")
    for mode in MODES[1:]:
        answers(f".kmeans-modes button:text-is('{mode}')", "panel.panel.toolbar.mode.value")
    answers(".kmeans-leave", "panel.panel.toolbar.mode.value")
