"""A real notebook in a real browser, for tests, screenshots and benchmarks.

::

    with JupyterLab(tmp_path) as lab, start_browser() as browser:
        lab.add("notebooks/01-walkthrough.ipynb")
        notebook = Notebook.open(browser, lab, "01-walkthrough.ipynb", theme="dark")
        notebook.run_all()
        before = notebook.canvas_hash()
        notebook.click("Step")
        notebook.wait_until(lambda: notebook.canvas_hash() != before, "the canvas changes")
        assert notebook.evaluate("panel.cursor") == 1

Everything waits on the application, not on the screen: a key sent too early is silently lost.
"""

import ast
import contextlib
import functools
import itertools
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, sync_playwright

from browser import chromium
from browser.server import JupyterLab, Theme

__all__ = ["CANVAS", "JupyterLab", "KernelError", "Notebook", "start_browser"]

FrontEnd = Literal["lab", "notebook", "voila"]

CANVAS = ":is(.jupyter-matplotlib-canvas-div canvas, img.kmeans-still)"
BROWSER_OPTIONS = (
    "--no-sandbox",  # root in a container has no other choice; we only open our own pages
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


class KernelError(AssertionError):
    """The kernel answered with a traceback."""


# ------------------------------------------------------------------------------------ browser
@contextlib.contextmanager
def start_browser() -> Iterator[Browser]:
    """Start the Chromium of this machine, headless.

    Raises
    ------
    RuntimeError
        If there is none.
    """
    path = chromium.find()
    if path is None:
        raise RuntimeError(chromium.ADVICE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(BROWSER_OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


# ------------------------------------------------------------------------------------- page
# Counts, per canvas, the screen refreshes in which something was painted on it; per image, how
# often it was loaded.
COUNT_FRAMES = """
const paint = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...args) {
    const now = document.timeline.currentTime;
    if (this.canvas.lastPainted !== now) {
        this.canvas.lastPainted = now;
        this.canvas.frames = (this.canvas.frames ?? 0) + 1;
    }
    return paint.apply(this, args);
};
document.addEventListener('load', ({target}) => {
    if (target.tagName === 'IMG') target.frames = (target.frames ?? 0) + 1;
}, true);
"""

READY = """
const app = window.jupyterapp;
await app.started;
while (!app.shell.currentWidget?.sessionContext) await new Promise(r => setTimeout(r, 20));
const panel = app.shell.currentWidget;
await panel.context.ready;
await panel.revealed;
await panel.sessionContext.ready;
await panel.sessionContext.session.kernel.info;
app.shell.collapseLeft();
const light = String(arg === 'light');
while (document.body.dataset.jpThemeLight !== light || document.getElementById('jupyterlab-splash'))
    await new Promise(r => setTimeout(r, 20));
"""

RUN_ALL = """
const app = window.jupyterapp;
await app.commands.execute('notebook:run-all-cells');
const cells = Array.from(app.shell.currentWidget.content.model.cells);
return cells.filter(cell => cell.type === 'code').flatMap(cell => cell.outputs.toJSON())
    .filter(output => output.output_type === 'error')
    .map(output => output.traceback.join('\\n'));
"""

REPLACE_CELLS = """
const shared = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
shared.transact(() => {
    shared.deleteCellRange(0, shared.cells.length);
    shared.insertCells(0, arg.map(source => ({cell_type: 'code', source})));
});
"""
FORGET = """
import ipywidgets
ipywidgets.Widget.close_all()
get_ipython().run_line_magic("reset", "-f")
"""

CHANGE_THEME = """
await window.jupyterapp.commands.execute('apputils:change-theme', {theme: `JupyterLab ${arg}`});
const light = String(arg === 'Light');
while (document.body.dataset.jpThemeLight !== light) await new Promise(r => setTimeout(r, 20));
"""

EXECUTE = """
const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
const future = kernel.requestExecute({
    code: arg.code, user_expressions: {value: arg.expression}, store_history: false});
let printed = '';
future.onIOPub = message => {
    if (message.header.msg_type === 'stream') printed += message.content.text;
};
const {content} = await future.done;
const value = content.user_expressions?.value ?? content;
return {printed, status: value.status, value: value.data?.['text/plain'],
        traceback: (value.traceback ?? []).join('\\n')};
"""

# In Voila, the page's configuration tells; the application knows no notebook there.
KERNEL = """
const config = JSON.parse(document.getElementById('jupyter-config-data').textContent);
return config.kernelId
    ?? window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id;
"""

START = """
const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
kernel.requestExecute({code: arg, store_history: false});
"""

# A sum of all pixels, each times an odd number that depends on its place.
HASH = """
async canvas => {
    try { await canvas.decode?.(); } catch { return 'the next image has come'; }
    const width = canvas.naturalWidth ?? canvas.width;
    const height = canvas.naturalHeight ?? canvas.height;
    const pen = (canvas.getContext ? canvas : new OffscreenCanvas(width, height)).getContext('2d');
    if (pen.canvas !== canvas) pen.drawImage(canvas, 0, 0);
    const {data} = pen.getImageData(0, 0, width, height);
    let sum = 0;
    new Uint32Array(data.buffer).forEach((pixel, i) => {
        sum = (sum + Math.imul(pixel, Math.imul(i, 0x9e3779b1) | 1)) | 0;
    });
    return `${width}x${height}:${(sum >>> 0).toString(16)}`;
}
"""
# The same of the picture that a panel in the kernel has now; nothing while it moves.
HASH_IN_KERNEL = """
import numpy
def hash_picture(panel):
    pacing = getattr(panel.canvas, "pacing", None)
    if panel.animation.player.running or (pacing and pacing.awaiting_answer):
        return ""
    height, width, _ = (pixels := panel.canvas.render()).shape
    places = numpy.arange(height * width, dtype="u4")
    factors = places * numpy.uint32(0x9E3779B1) | numpy.uint32(1)
    return f"{width}x{height}:{(pixels.view('<u4').ravel() * factors).sum(dtype='u4'):x}"
"""
# Whether the bitmap has as many dots as its place.
FILLS_ITS_PLACE = """panel => {
    const place = panel.querySelector('.kmeans-canvas');
    const picture = place.querySelector('canvas, img.kmeans-still');
    const zoom = Number(getComputedStyle(panel).getPropertyValue('--kmeans-zoom')) || 1;
    const room = parseFloat(getComputedStyle(place).width);  // clientWidth is rounded
    const width = 20 * Math.floor(room / zoom / 20) * zoom * devicePixelRatio;
    return Math.abs((picture?.naturalWidth ?? picture?.width) - width) <= 1;
}"""

NO_TOUR = "try { localStorage.setItem('kmeans-widget.tour', 'over'); } catch {}"  # seen before

_workspace_numbers = itertools.count()


class Notebook:
    """A notebook on a page of its own, with a kernel of its own.

    Attributes
    ----------
    page : playwright.sync_api.Page
        For everything that has no word here.
    devtools : playwright.sync_api.CDPSession
        For what only Chromium's own protocol can do.
    console_errors : list of str
        What the page has written to the browser's console as an error since `show`.
    """

    def __init__(self, page: Page, lab: JupyterLab) -> None:
        self.page = page
        self.lab = lab
        self.console_errors: list[str] = []
        self.devtools = page.context.new_cdp_session(page)
        self._shown: tuple[str, ...] | None = None  # what `write` put there
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        # That is ipympl when a picture fails to load, as happens on a machine under load: the panel
        # then asks for another (`test_a_picture_that_fails_to_load_is_asked_for_again`).
        if message.type == "error" and "in the 'broken' state" not in message.text:
            self.console_errors.append(f"{message.text} ({message.location['url']})")

    @classmethod
    def open(
        cls,
        browser: Browser,
        lab: JupyterLab,
        path: str,
        *,
        front_end: FrontEnd = "lab",
        theme: Theme = "light",
        width: int = 1280,
        height: int = 1000,
        touch: bool = False,
        tour: bool = False,
    ) -> Self:
        """Open a notebook of the server and wait until its kernel answers.

        Parameters
        ----------
        browser : Browser
            From `start_browser`.
        lab : JupyterLab
            The server.
        path : str
            The notebook, relative to the server's root (see `JupyterLab.add`).
        front_end : {"lab", "notebook", "voila"}
            What shows it. Voila runs the cells by itself, before there is a page, and lets nobody
            else speak to the kernel: there, only what is on the screen can be asked.
        theme : {"light", "dark"}
            Lab's own theme and the browser's colour preference.
        width, height : int
            Size of the page in CSS pixels.
        touch : bool
            Whether the screen is a touch screen.
        tour : bool
            Whether this person has never seen a panel, and is shown the short tour.
        """
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, has_touch=touch
        )
        context.set_default_timeout(60_000)
        context.add_init_script(COUNT_FRAMES)
        if not tour:
            context.add_init_script(NO_TOUR)
        notebook = cls(context.new_page(), lab)
        try:
            notebook.load(path, theme, front_end)
        except BaseException:
            context.close()
            raise
        return notebook

    def load(self, path: str, theme: Theme = "light", front_end: FrontEnd = "lab") -> None:
        """Load a notebook of the server into the page, as `open` does."""
        # A workspace of its own: Lab would restore what the page before had open.
        workspace = f"page-{next(_workspace_numbers)}"
        places = {
            "lab": f"lab/workspaces/{workspace}/tree",
            "notebook": "notebooks",
            "voila": "voila/render",
        }
        self._reload = functools.partial(self.load, path, theme, front_end)
        self._shown = None
        self.lab.set_theme(theme)
        self.page.goto(f"{self.lab.url}/{places[front_end]}/{path}")
        self.page.wait_for_function("window.jupyterapp")
        if front_end != "voila":
            self.call(READY, theme, timeout=60)

    def reload(self) -> None:
        """Load the page again: with the cells of the file, and the kernel that was."""
        self._reload()

    def close(self) -> None:
        """Close the page and end its kernel."""
        with contextlib.suppress(Exception):  # the page may be gone already; the server ends it too
            kernel = self.call(KERNEL, timeout=5)
            self.lab.request("DELETE", f"/api/kernels/{kernel}")
        self.page.context.close()

    # ---------------------------------------------------------------------------- the kernel
    def run_all(self, *, timeout: float = 120) -> None:
        """Run all cells and wait until they have finished.

        Raises
        ------
        KernelError
            If a cell raised.
        """
        tracebacks = self.call(RUN_ALL, timeout=timeout)
        if tracebacks:
            raise KernelError(_plain("\n\n".join(tracebacks)))

    def start(self, code: str) -> None:
        """Have the kernel run code, outside any cell, and do not wait for it."""
        self.call(START, code)

    def write(self, *cells: str) -> None:
        """Put these cells in the place of all that are there; the kernel lives on."""
        self.call(REPLACE_CELLS, list(cells))
        self._shown = cells

    def show(
        self,
        *cells: str,
        theme: Theme = "light",
        width: int = 1280,
        height: int = 1000,
        dots: float = 1,
    ) -> None:
        """Show these cells as if the notebook had just been opened with them, and run them.

        The kernel forgets its variables and widgets, which is quicker than another page and another
        kernel. Cells that are there already stay as they are.
        """
        self.set_screen(width, height, dots=dots)
        self.page.emulate_media(color_scheme=theme)
        self.call(CHANGE_THEME, theme.capitalize())
        if self._shown != cells:
            self.forget()
            self.write(*cells)
            self.run_all()

    def forget(self) -> None:
        """Have the kernel forget its variables and widgets."""
        self.execute(FORGET)
        self.console_errors.clear()  # the page may miss what the kernel has just forgotten

    def set_screen(self, width: int, height: int, *, dots: float = 1) -> None:
        """Give the page another screen.

        Parameters
        ----------
        width, height : int
            Its size in CSS pixels.
        dots : float
            Its own pixels to one of these, along each side.
        """
        self.page.set_viewport_size({"width": width, "height": height})
        emulate = {"width": width, "height": height, "deviceScaleFactor": dots, "mobile": False}
        self.devtools.send("Emulation.setDeviceMetricsOverride", emulate)

    def execute(self, code: str, *, timeout: float = 60) -> str:
        """Run code in the kernel, outside any cell, and return what it printed."""
        return str(self._request(code, "None", timeout)["printed"])

    def evaluate(self, expression: str, *, timeout: float = 60) -> Any:
        """Return the value of an expression of the kernel's namespace.

        It travels as text: numbers, strings, tuples, lists and dicts of them, no arrays
        (``panel.labels.tolist()``).
        """
        text = self._request("", expression, timeout)["value"]
        try:
            return ast.literal_eval(text)
        except (SyntaxError, ValueError):
            raise TypeError(f"{expression} is {text}, which is no Python literal") from None

    def _request(self, code: str, expression: str, timeout: float) -> Any:
        answer = self.call(EXECUTE, {"code": code, "expression": expression}, timeout=timeout)
        if answer["status"] != "ok":
            raise KernelError(_plain(answer["traceback"]))
        return answer

    # ---------------------------------------------------------------------------- the screen
    @property
    def cells(self) -> Locator:
        """The notebook's part of the page, without Lab's own menus and toolbars."""
        return self.page.locator(".jp-Notebook")

    def find(self, selector: str) -> Locator:
        """Return what a CSS selector finds in the notebook."""
        return self.cells.locator(selector)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """Return the button that a screen reader calls so (exactly, when it is a string)."""
        if isinstance(name, str):
            return self.cells.get_by_role("button", name=name, exact=True)
        return self.cells.get_by_role("button", name=name)

    def click(self, name: str | re.Pattern[str]) -> None:
        """Click the button of this name."""
        self.button(name).first.click()

    def text(self, selector: str) -> str:
        """Return the text of the first element found, as a person sees it."""
        return self.find(selector).first.inner_text().strip()

    def canvas(self, within: str = "") -> Locator:
        """Return the first canvas of matplotlib, or image in its place, inside a selector."""
        return self.find(f"{within} {CANVAS}").first

    def canvas_hash(self, within: str = "") -> str:
        """Return a hash of the canvas's pixels: ``"1400x1000:5d8f1c2a"``."""
        return str(self.canvas(within).evaluate(HASH))

    def spot(self, share: Sequence[float], within: str = "") -> tuple[float, float]:
        """Return where on the page a place of the canvas is, given as shares of its size."""
        canvas = self.canvas(within)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        x, y = share
        return box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag with the mouse from one place of the page to another."""
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=8)
        self.page.mouse.up()

    def frames(self, within: str = "") -> int:
        """Return in how many screen refreshes the canvas was painted so far."""
        return int(self.canvas(within).evaluate("canvas => canvas.frames ?? 0"))

    def screenshot(self, path: str | Path, selector: str | None = None) -> None:
        """Save a picture of the page, or of the first element that a selector finds."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if selector is None:
            self.page.screenshot(path=path)
        else:
            self.find(selector).first.screenshot(path=path)

    # ---------------------------------------------------------------------------- patience
    def wait_until(
        self, condition: Callable[[], object], message: str = "", *, timeout: float = 40
    ) -> None:
        """Wait until a condition holds; it is asked about twenty times a second.

        Raises
        ------
        AssertionError
            If it does not in `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {timeout:g} s in vain: {message or condition}")
            self.page.wait_for_timeout(50)  # not time.sleep: Playwright must go on listening

    def wait_for_text(self, selector: str, pattern: str, *, timeout: float = 40) -> str:
        """Wait until an element's text matches a regular expression; return the text."""
        seen = ""

        def matches() -> bool:
            nonlocal seen
            seen = self.text(selector)
            return re.search(pattern, seen) is not None

        try:
            self.wait_until(matches, timeout=timeout)
        except AssertionError:
            message = f"{selector} says {seen!r} and not {pattern!r} after {timeout:g} s"
            raise AssertionError(message) from None
        return seen

    def wait_for_canvas(self, within: str = "", *, timeout: float = 40) -> str:
        """Wait until the canvas shows a picture and stays the same; return its hash."""
        seen = [""]

        def is_still() -> bool:
            seen.append(self.canvas_hash(within) if self.frames(within) else "")
            self.page.wait_for_timeout(150)
            return seen[-1] != "" and self.canvas_hash(within) == seen[-1]

        try:
            self.wait_until(is_still, timeout=timeout)
        except AssertionError:
            raise AssertionError(
                f"after {timeout:g} s the canvas is not painted and still; it was painted "
                f"{self.frames(within)} times, the last pictures were {seen[-3:]}; "
                f"the browser's console says {self.console_errors[-3:]}"
            ) from None
        return seen[-1]

    def wait_for_picture(self, within: str = ".kmeans-widget") -> str:
        """Wait until the page shows the picture that the kernel's `panel` has; return its hash.

        Nothing moves then, for a moment, and the picture has the size of its place.
        """
        found = self.find(within).first
        seen = ["", ""]

        def is_shown() -> bool:
            fills = found.evaluate(FILLS_ITS_PLACE)
            answer = self._request(HASH_IN_KERNEL, "hash_picture(panel)", 60)
            seen[:] = ast.literal_eval(answer["value"]), self.canvas_hash(within)
            return fills and seen[0] == seen[1]

        def stays() -> bool:
            if not is_shown():
                return False
            self.page.wait_for_timeout(150)
            return is_shown()

        try:
            self.wait_until(stays)
        except AssertionError:
            raise AssertionError(
                f"the page does not show the kernel's picture, {seen[0] or 'which moves'}, but "
                f"{seen[1]}; the browser's console says {self.console_errors[-3:]}"
            ) from None
        return seen[1]

    def call(self, body: str, arg: Any = None, *, timeout: float = 30) -> Any:
        """Run the body of an async JavaScript function with `arg`; a promise may hang, we not."""
        too_late = "new Promise((_, no) => setTimeout(() => no(new Error('no answer')), ms))"
        race = f"([arg, ms]) => Promise.race([(async () => {{ {body} }})(), {too_late}])"
        return self.page.evaluate(race, [arg, timeout * 1000])


def _plain(text: str) -> str:
    """Return a traceback without the terminal's colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
