"""A run as a self-contained HTML file: no network, no kernel, no library.

The page stores the points, the labels of the first assignment, the changes of each later one, and
the centroids of every iteration; `picture.js` and `webpage.js` draw them. Ten thousand points thus
take a few hundred kilobytes, even for a long run.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.markers import MarkerStyle
from matplotlib.ticker import MaxNLocator

from kmeans_widget.core.trace import Phase
from kmeans_widget.plot.centroids import DISC_SIZE, ring_size
from kmeans_widget.plot.figure import MAP_WIDTH, point_style
from kmeans_widget.plot.histogram import BOTTOM, TOP, bar_edges
from kmeans_widget.plot.limits import ASPECT
from kmeans_widget.plot.narration import describe_axes, format_number, narrate
from kmeans_widget.plot.palette import BLACK, PAPER, color, dark_color, marker
from kmeans_widget.plot.text import shorten

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from kmeans_widget.export.recording import Progress, Recording
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.plot.voronoi import Box

COORDINATE_STEPS = 10_000  # across the map, to which coordinates are rounded: finer than a screen
CONTRAST = 4.5  # at least, of numbers on colours


def write_page(recording: Recording, path: Path, progress: Progress) -> None:
    """Write the page.

    A cluster hidden by the legend is not drawn, but text, numbers and the list include it.

    Parameters
    ----------
    recording : Recording
        The page opens at its cursor, or at the start if that is before it.
    path : Path
    progress : callable
        Called after each half-step with the number of half-steps done and their total.
    """
    page = _asset("webpage.html")
    # The page computes the regions itself.
    frames = _frames(_with_regions(recording, regions=False), progress)
    backdrop, slots = recording.backdrop, recording.scene(0).slots
    cursor = max(recording.cursor, 0)
    words = "\n".join(f"<li>{escape(frame['words'])}</li>" for frame in frames)
    is_flat = len(_with_regions(recording, regions=True).scene(0).cells) > 0
    axis = recording.scene(recording.last).inertia_axis
    left, right, bottom, top = backdrop.box
    axis_unit = backdrop.projection.axis_unit
    data = {
        "cursor": cursor,
        "lines": recording.options.lines,
        "regions": recording.options.regions and is_flat,
        "flat": is_flat,
        "aspect": ASPECT,
        "mapWidth": MAP_WIDTH,
        "shape": [(right - left) / axis_unit[0], (top - bottom) / axis_unit[1]],
        "stretched": axis.is_stretched,
        "ends": [format_number(axis.low), format_number(axis.high)],
        "axes": _axes(backdrop.box, backdrop.projection.labels),
        "points": _quantized(backdrop.points, backdrop.box).ravel().tolist(),
        "pointStyle": point_style(len(backdrop.points))._asdict(),
        "bars": _bars(recording),
        "disc": DISC_SIZE,
        "ring": ring_size(len(slots)),
        "sizes": None if backdrop.sizes is None else _rounded(backdrop.sizes),
        "clusters": [_cluster_style(slot) for slot in slots],
        "hidden": [k for k, slot in enumerate(slots) if slot in recording.options.hidden],
        "frames": frames,
    }
    drawn, total = len(backdrop.points), backdrop.n_rows
    note = "" if drawn == total else f" The picture shows {drawn:,} of the {total:,} points."
    for name, text in (
        ("style", _asset("webpage.css")),
        ("title", escape(recording.title)),
        ("note", note),
        ("counted", "Points" if backdrop.sizes is None else "Weight"),
        ("narration", escape(frames[cursor]["words"])),
        ("axes", escape(describe_axes(recording.scene(0)))),
        ("last", str(recording.last)),
        ("transcript", words),
        ("data", _script_json(data)),
        ("picture", _asset("picture.js")),
        ("script", _asset("webpage.js")),
    ):
        page = page.replace(f"<!--{name}-->", text)
    path.write_text(page, encoding="utf-8")


def _with_regions(recording: Recording, *, regions: bool) -> Recording:
    return replace(recording, options=replace(recording.options, regions=regions))


def _bars(recording: Recording) -> dict[str, Any] | None:
    """Return the limits of the bars above the line of a single feature, if it is one."""
    backdrop = recording.backdrop
    if not backdrop.projection.is_line:
        return None
    left, right, _, _ = backdrop.box
    edges = (bar_edges(backdrop.points[:, 0], (left, right)) - left) / (right - left)
    return {"edges": np.round(edges, 5).tolist(), "bottom": BOTTOM, "top": TOP}


def _asset(name: str) -> str:
    return files("kmeans_widget.export").joinpath(name).read_text("utf-8")


def _script_json(data: Any) -> str:
    r"""Return JSON that cannot close the script element that contains it.

    Examples
    --------
    >>> _script_json({"x": "</script>"})
    '{"x":"\\u003c/script>"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _frames(recording: Recording, progress: Progress) -> list[dict[str, Any]]:
    """Return the data of every half-step."""
    frames, labels, previous = [], np.full(len(recording.backdrop.points), -1), None
    for cursor in range(recording.last + 1):
        scene = recording.scene(cursor)
        frames.append(_frame(scene, labels, previous))
        labels, previous = scene.labels, scene
        progress(cursor + 1, recording.last + 1)
    return frames


def _frame(scene: Scene, labels: npt.NDArray[Any], previous: Scene | None) -> dict[str, Any]:
    facts = scene.facts
    frame: dict[str, Any] = {"words": narrate(scene), "phase": facts.phase.value}
    if facts.phase is Phase.ASSIGN:
        frame["changes"] = _changes(labels, scene.labels)
    if facts.phase is not Phase.START:
        frame["iteration"] = facts.n_iter
        frame["height"] = round(float(scene.inertia_axis.heights(facts.inertia)), 4)
        frame["shown"] = format_number(facts.inertia)
        frame["counts"] = [format_number(count) for count in facts.counts]
    if previous is None or facts.phase is Phase.UPDATE:
        left, right, bottom, top = scene.backdrop.box
        frame["centers"] = _rounded((scene.centers - (left, bottom)) / (right - left, top - bottom))
        frame["numbers"] = [
            None if np.isnan(x) else [round(x, 2), round(y, 2)] for x, y in scene.numbers.tolist()
        ]
    return frame


def _changes(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> list[int]:
    """Return what changed, as alternating row increments and new labels.

    Examples
    --------
    >>> _changes(np.array([0, 0, 0, 1, 1]), np.array([0, 1, 0, 1, 2]))
    [1, 1, 3, 2]
    """
    rows = np.flatnonzero(before != after)
    return np.column_stack([np.diff(rows, prepend=0), after[rows]]).ravel().tolist()


def _quantized(points: npt.NDArray[Any], box: Box) -> npt.NDArray[Any]:
    """Return coordinates as integers from 0 to `COORDINATE_STEPS`."""
    left, right, bottom, top = box
    shares = (points - (left, bottom)) / (right - left, top - bottom)
    return np.rint(shares * COORDINATE_STEPS).astype(int)


def _rounded(values: npt.NDArray[Any]) -> list[float]:
    return np.round(values, 6).ravel().tolist()


def _axes(box: Box, names: tuple[str, str]) -> list[dict[str, Any]]:
    """Return names and ticks of both axes; a tick is a share of the axis and its label.

    Names come in several lengths; the page shows the longest that fits.
    """
    axes = []
    for low, high, name in ((box[0], box[1], names[0]), (box[2], box[3], names[1])):
        found = MaxNLocator(7, steps=[1, 2, 5, 10]).tick_values(low, high)
        step, ticks = found[1] - found[0], [tick for tick in found if low <= tick <= high]
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        fixed = step > 1e-4 and max(abs(low), abs(high)) < 1e6
        labels = [f"{tick:.{decimals}f}" if fixed else f"{tick:.6g}" for tick in ticks]
        shares = [round((tick - low) / (high - low), 5) for tick in ticks]
        lengths = [shorten(name, width, names) for width in range(100, 10, -6)] if name else [""]
        axes.append({
            "name": name,
            "lengths": list(dict.fromkeys(lengths)),
            "ticks": list(zip(shares, labels, strict=True)) if name else [],
        })  # fmt: skip
    return axes


def _cluster_style(slot: int) -> dict[str, Any]:
    """Return colour, colour of text on it, and marker of a place in the palette; for both modes."""
    light = color(slot)
    dark = dark_color(light)
    style = MarkerStyle(marker(slot))
    outline = style.get_path().transformed(style.get_transform()).to_polygons()[0]
    return {
        "light": [light, _text_color(light)],
        "dark": [dark, _text_color(dark)],
        "marker": None if marker(slot) == "o" else _rounded(np.asarray(outline)),
    }


def _text_color(shade: str) -> str:
    """Return the colour of text on a colour: white if the contrast suffices, else black."""
    return PAPER if _contrast(shade, PAPER) >= CONTRAST else BLACK


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as defined by WCAG 2: 1 to 21."""
    dark, light = sorted(_luminance(shade) for shade in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(shade: str) -> float:
    rgb = np.array(to_rgb(shade))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
