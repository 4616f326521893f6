"""Response times of the panel: import, first frame, half-step, frame rate, Pause; large data.

`make bench ARGS=panel` prints a table of medians. Compare values within one run only; the first
line indicates the speed of the machine.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import large
from browser import chromium
from browser.jupyter import (
    BROWSER_OPTIONS,
    COUNT_FRAMES,
    NO_TOUR,
    JupyterLab,
    Notebook,
    start_browser,
)

ROUNDS = 5
RUNS, WATCHED = 5, 3  # runs whose frames are counted, and for how many seconds; all take over 4
WINDOWS = ((1080, 750), (1920, 1080))  # in pixels; the pictures are 540 and 1,040 pixels wide
TITLE_BAR = 87  # pixels of a window that headless Chromium takes for itself
PANEL = ".kmeans-widget"
LOAD = "%load_ext kmeans_widget"

# Resolves with the milliseconds until the canvas first shows an opaque picture.
FIRST_FRAME = """
async () => {
    const start = performance.now();
    window.jupyterapp.commands.execute('notebook:run-all-cells');
    for (;;) {
        await new Promise(requestAnimationFrame);
        const canvas = document.querySelector('.jupyter-matplotlib-canvas-div canvas');
        if (canvas?.width && canvas.getContext('2d').getImageData(5, 5, 1, 1).data[3] === 255)
            return performance.now() - start;
    }
}
"""

# Resolves with the milliseconds until a click on Step has changed the canvas.
STEP_FRAME = """
async () => {
    const canvas = document.querySelector('.jupyter-matplotlib-canvas-div canvas');
    const step = document.querySelector('.kmeans-step');
    const painted = canvas.frames, start = performance.now();
    step.click();
    while (canvas.frames === painted) await new Promise(requestAnimationFrame);
    return performance.now() - start;
}
"""

# Resolves with the milliseconds from a click on Pause until the button shows Play, and until the
# last frame, after which none came for 1.5 seconds.
PAUSED = """
async () => {
    const canvas = document.querySelector('.jupyter-matplotlib-canvas-div canvas');
    const start = performance.now();
    let painted = canvas.frames, last = start, answer = null;
    document.querySelector('.kmeans-pause').click();
    while (performance.now() < last + 1500) {
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        if (canvas.frames !== painted) [painted, last] = [canvas.frames, now];
        if (answer === null && !document.querySelector('.kmeans-pause')) answer = now;
    }
    return [answer - start, last - start];
}
"""


# Plays one run after the other, and stores the frame rate of each in `window.rates`.
COUNT_RATES = """
([runs, seconds]) => {
    const canvas = document.querySelector('.jupyter-matplotlib-canvas-div canvas');
    const wait = seconds => new Promise(resolve => setTimeout(resolve, 1000 * seconds));
    const click = name => document.querySelector(`.kmeans-${name}`).click();
    window.rates = [];
    (async () => {
        while (window.rates.length < runs) {
            click('reset');
            await wait(1);
            click('play');
            await wait(0.5);
            const painted = canvas.frames, start = performance.now();
            await wait(seconds);
            window.rates.push(1000 * (canvas.frames - painted) / (performance.now() - start));
        }
    })();
}
"""


def import_times() -> tuple[float, float]:
    """Return the seconds to start Python with numpy, and those our import adds (paired rounds)."""
    bare, added = [], []
    for _ in range(ROUNDS * 2):
        times = [_run("import numpy"), _run("import numpy, kmeans_widget")]
        bare.append(times[0])
        added.append(times[1] - times[0])
    return statistics.median(bare), statistics.median(added)


def heavy_imports() -> str:
    """Return which of the heavy packages `import kmeans_widget` loads."""
    code = (
        "import sys, kmeans_widget; print([m for m in ('numba', 'sklearn', 'matplotlib', 'ipympl')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def first_frame(
    browser: Browser, lab: JupyterLab, cache: Path | None = None, *, used: bool = False
) -> float:
    """Return the seconds from running `%kmeans` to the first frame displayed.

    The kernel is new, so this includes `%load_ext` and all imports; if `used`, it has opened a
    panel before. `cache` is an empty folder for numba's kernels.
    """
    setup = f"import os; os.environ['NUMBA_CACHE_DIR'] = {str(cache)!r}" if cache else "pass"
    cells = ("%kmeans",) if used else (setup, LOAD, "%kmeans")
    name = lab.write(f"first-{time.monotonic_ns()}.ipynb", *cells)
    notebook = Notebook.open(browser, lab, name)
    try:
        if used:
            notebook.execute(
                "%load_ext kmeans_widget\nget_ipython().run_line_magic('kmeans', '').run()"
            )
            notebook.page.wait_for_timeout(1000)  # until that panel is idle
        milliseconds: float = notebook.page.evaluate(FIRST_FRAME)
        return milliseconds / 1000
    finally:
        notebook.close()


def step_times(notebook: Notebook) -> list[float]:
    """Return the seconds from clicks on Step to the first frame after each."""
    times = []
    for _ in range(ROUNDS * 2):
        notebook.execute("panel.reset() if panel.at_end else None")
        notebook.page.wait_for_timeout(1000)
        times.append(notebook.page.evaluate(STEP_FRAME) / 1000)
    return times


def frame_rate(
    browser: Browser, lab: JupyterLab, name: str, window: tuple[int, int]
) -> tuple[float, str]:
    """Return the median frames per second while a panel plays, and the size of its picture.

    Playwright receives a copy of every message to the page, which costs a fifth of a frame. So it
    disconnects from the browser during the measurement.
    """
    with undriven_browser(window) as address:
        driven = browser.browser_type.connect_over_cdp(address)
        driven.contexts[0].add_init_script(COUNT_FRAMES)
        driven.contexts[0].add_init_script(NO_TOUR)
        notebook = Notebook(driven.contexts[0].new_page(), lab)
        notebook.load(name)
        notebook.run_all()
        size, _, _ = notebook.wait_for_picture().partition(":")
        notebook.page.evaluate(COUNT_RATES, [RUNS, WATCHED])
        driven.close()
        time.sleep(RUNS * (WATCHED + 2))
        driven = browser.browser_type.connect_over_cdp(address)
        page = next(page for page in driven.contexts[0].pages if name in page.url)
        page.wait_for_function(f"window.rates.length === {RUNS}")
        rates: list[float] = page.evaluate("window.rates")
        Notebook(page, lab).close()
    return statistics.median(rates), size


@contextmanager
def undriven_browser(window: tuple[int, int]) -> Iterator[str]:
    """Start a browser without Playwright; yield the address for connecting and disconnecting."""
    path = chromium.find(chromium.NAMES[1:])
    if path is None:
        raise RuntimeError("Not the headless shell: install Chromium itself (apt install chromium)")
    width, height = window
    size = f"--window-size={width},{height + TITLE_BAR}"
    options = (*BROWSER_OPTIONS, "--headless=new", "--hide-scrollbars", size, "about:blank")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        where = (f"--user-data-dir={profile}", "--remote-debugging-port=0")
        process = subprocess.Popen([path, *where, *options], stderr=subprocess.PIPE, text=True)
        try:
            yield next(line.split()[-1] for line in process.stderr or () if "ws://" in line)
        finally:
            process.terminate()
            process.wait()


def pause_times(notebook: Notebook, slower: int = 1) -> tuple[float, float]:
    """Return the median seconds from a click on Pause to its answer, and to the last frame.

    `slower` is the factor by which the page's CPU is throttled.
    """
    answers, frames = [], []
    for _ in range(ROUNDS):
        notebook.execute("panel.reset(); panel.play()")
        notebook.find(f"{PANEL} .kmeans-pause").wait_for()
        notebook.devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        notebook.page.wait_for_timeout(1000)
        answer, frame = notebook.page.evaluate(PAUSED)
        answers.append(answer / 1000)
        frames.append(frame / 1000)
        notebook.devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    return statistics.median(answers), statistics.median(frames)


def main() -> None:
    """Measure and print everything."""
    bare, added = import_times()
    row("python -c 'import numpy'", f"{bare:.3f} s")
    row("import kmeans_widget adds", f"{added:.3f} s", f"heavy packages loaded: {heavy_imports()}")
    with (
        tempfile.TemporaryDirectory() as folder,
        start_browser() as browser,
        JupyterLab(Path(folder)) as lab,
    ):
        first_frame(browser, lab)  # warms up browser and disk caches
        opened = {
            "used kernel": [first_frame(browser, lab, used=True) for _ in range(ROUNDS)],
            "new kernel": [first_frame(browser, lab) for _ in range(ROUNDS)],
            "new kernel, empty numba cache": [
                first_frame(browser, lab, Path(folder) / f"cache-{i}") for i in range(ROUNDS)
            ],
        }
        for state, times in opened.items():
            row(f"%kmeans to first frame, {state}", f"{statistics.median(times):.2f} s")
        for n_samples in (30, 300, 10_000):
            data = f"kmeans_widget.datasets.blobs(5, {n_samples}, random_state=1)"
            cells = ("import kmeans_widget", LOAD, f"%kmeans {data} --seed 3 -o panel")
            name = lab.write(f"play-{n_samples}.ipynb", *cells)
            for window in WINDOWS:
                rate, rate_size = frame_rate(browser, lab, name, window)
                width, height = window
                notebook = Notebook.open(browser, lab, name, width=width, height=height)
                notebook.run_all()
                size, _, _ = notebook.wait_for_picture().partition(":")
                half_step = statistics.median(step_times(notebook))
                points = f"{n_samples:,} points"
                row(f"Step to its frame, {points}, {size}", f"{half_step * 1000:.0f} ms")
                row(f"frames per second in Play, {points}, {rate_size}", f"{rate:.1f}")
                if n_samples == 300 and window == WINDOWS[0]:
                    for slower, page in ((1, ""), (5, ", CPU throttled 5 times")):
                        answer, frame = pause_times(notebook, slower)
                        row(f"Pause to its answer, {n_samples} points{page}", f"{answer:.2f} s")
                        row(f"Pause to last frame, {n_samples} points{page}", f"{frame:.2f} s")
                notebook.close()
        for each in large.rows(browser, lab, FIRST_FRAME, step_times):
            row(*each)


def row(what: str, value: str, remark: str = "") -> None:
    """Print a row of the table."""
    print(f"{what:<56}{value:>8}  {remark}", flush=True)


def _run(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
