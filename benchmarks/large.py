"""The panel on large data: opening, a half-step to its painted frame, memory, and where time goes.

Part of `make bench ARGS=panel`. Every stage is measured in the kernel of the notebook. The stage
that counts the points in the cells of the picture is measured beside datashader, which counts
points by category in the same grid, in alternating rounds.
"""

import statistics
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from playwright.sync_api import Browser

from browser.jupyter import JupyterLab, Notebook

SIZES = ((1_000_000, 2), (10_000_000, 2), (300_000, 50))
ROUNDS = 5
N_CLUSTERS = 8

MAKE = """%load_ext kmeans_widget
import os, threading, time
import numpy as np

random = np.random.default_rng(0)
middles = random.normal(size=({n_clusters}, {d})) * 4
data = middles[random.integers(0, {n_clusters}, {n})]
for i in range(0, {n}, 100_000):
    data[i : i + 100_000] += random.normal(size=data[i : i + 100_000].shape)

def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

peak = 0
def watch():
    global peak
    while True:
        peak = max(peak, memory())
        time.sleep(0.002)

# So that what is imported and compiled does not count, for density too.
warm = get_ipython().run_line_magic("kmeans", "data[:200_000] -k {n_clusters}")
display(warm)
warm.cursor = 3
warm.canvas.render()
warm.close()
before = peak = memory()
threading.Thread(target=watch, daemon=True).start()"""

# The seconds of each stage of a half-step, and of datashader's counting beside our own.
STAGES = """
import statistics
import time

import numpy as np
from kmeans_widget.canvas.png import encode_png

def seconds(work, rounds={rounds}):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)

branch, cells = panel.current_branch, panel._backdrop.cells
samples, slots = branch.samples, panel.slots
before, after = branch.trace[1].centers, branch.trace[2].centers

def count(**of):
    cells._last = None
    return cells.count(slots, **of)

def accumulate():
    memory = samples.memory()
    samples.accumulate(before, memory)
    start = time.perf_counter()
    samples.accumulate(after, memory)
    return time.perf_counter() - start

density = count(centers=after, before=before)
panel.cursor = 5

def draw():
    panel.picture.chart_stale = True
    panel.canvas.render()

pixels = panel.canvas.render()
stages = {{
    "assign and sum": statistics.median(accumulate() for _ in range({rounds})),
    "raster: assign and count in cells": seconds(lambda: count(centers=after)),
    "the same, and what has changed": seconds(lambda: count(centers=after, before=before)),
    "colours": seconds(lambda: (density.pixels(), density.marks())),
    "draw": seconds(draw),
    "encode": seconds(lambda: encode_png(pixels)),
}}
try:
    import datashader
    import pandas as pd
except ImportError:
    raster = None
else:
    from kmeans_widget.plot.density import PointValues

    codes, counts = samples.assign(after), cells._shape
    values = PointValues(codes, tuple(map(str, slots)), "cluster")
    plane = panel._backdrop.projection.project(panel.X)
    frame = pd.DataFrame(plane, columns=["x", "y"])
    frame["label"] = pd.Categorical(codes)
    left, right, bottom, top = panel._backdrop.box
    canvas = datashader.Canvas(counts[1], counts[0], (left, right), (bottom, top))

    def ours():
        cells._last = None
        cells.count_values(values, slots)

    def theirs():
        canvas.points(frame, "x", "y", datashader.count_cat("label"))

    theirs()  # compiles
    rounds = [(seconds(ours, 1), seconds(theirs, 1)) for _ in range({rounds})]
    raster = [statistics.median(times) for times in zip(*rounds)]
    raster.append(statistics.median(b / a for a, b in rounds))"""


class Row(NamedTuple):
    """A line of the table."""

    what: str
    value: str
    remark: str = ""


def rows(
    browser: Browser,
    lab: JupyterLab,
    first_frame: str,
    step_times: Callable[[Notebook], list[float]],
) -> Iterator[Row]:
    """Measure all sizes.

    Parameters
    ----------
    browser, lab
    first_frame : str
        The script that runs all cells and resolves with the milliseconds until the first frame.
    step_times : callable
        Returns the seconds from clicks on Step to the first frame after each, assignments first.
    """
    for n, d in SIZES:
        name = f"{n:,} x {d}"
        make = MAKE.format(n=n, d=d, n_clusters=N_CLUSTERS)
        path = lab.write(f"large-{n}-{d}.ipynb", f"%kmeans data -k {N_CLUSTERS} -o panel")
        notebook = Notebook.open(browser, lab, path)
        notebook.execute(make, timeout=120)
        opened = notebook.page.evaluate(first_frame) / 1000
        yield Row(f"%kmeans to first frame, {name}", f"{opened:.2f} s")
        notebook.wait_for_picture()
        times = step_times(notebook)
        for half, found in (("Assign", times[::2]), ("Recalculate", times[1::2])):
            yield Row(f"{half} to its frame, {name}", f"{statistics.median(found) * 1000:.0f} ms")
        used = notebook.evaluate("(peak - before) / data.nbytes")
        yield Row(f"memory beyond the data, {name}", f"{used:.2f}", "times the data")
        notebook.execute(STAGES.format(rounds=ROUNDS), timeout=300)
        stages: dict[str, Any] = notebook.evaluate("stages")
        for stage, seconds in stages.items():
            yield Row(f"  {stage}, {name}", f"{seconds * 1000:.1f} ms")
        raster = notebook.evaluate("raster")
        if raster is not None:
            ours, theirs, ratio = raster
            yield Row(
                f"  count known labels in cells, {name}", f"{ours * 1000:.1f} ms",
                f"datashader {theirs * 1000:.1f} ms: {ratio:.2f} times",
            )  # fmt: skip
        notebook.close()
