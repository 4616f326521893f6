"""A run as one HTML file that needs nothing else: no network, no kernel, no library.

The page holds the points, the labels of the first assignment, who changed in each later one, and
the centroids of every iteration; a little JavaScript (`picture.js`, `webpage.js`) draws them. So
ten thousand points take a few hundred kilobytes, however long the run.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.markers import MarkerStyle
from matplotlib.ticker import MaxNLocator

from kmeans_widget.core.trace import Phase
from kmeans_widget.plot.figure import MAP, SIZE
from kmeans_widget.plot.narration import name_axes, narrate, number
from kmeans_widget.plot.palette import PAPER, color, marker
from kmeans_widget.plot.text import shortened

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from kmeans_widget.export.recording import Recording, Tick
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.plot.voronoi import Box

GRAIN = 10_000  # steps of a coordinate across the map: finer than any screen
NIGHT = "#15191e"  # the paper of a dark page
CONTRAST = 4.5  # of cluster colours on a dark page, and of the numbers written on them


def write_page(recording: Recording, path: Path, tick: Tick) -> None:
    """Write the page.

    A cluster hidden by its legend is in the words, the numbers and the list, but not drawn.

    Parameters
    ----------
    recording : Recording
        The page opens at its cursor.
    path : Path
    tick : callable
        Called after each half-step.
    """
    # The page finds the regions itself.
    plain = replace(recording, options=replace(recording.options, regions=False))
    page = _part("webpage.html")
    frames = _frames(plain, tick)
    backdrop, slots = recording.backdrop, recording.scene(0).slots
    words = "\n".join(f"<li>{escape(frame['words'])}</li>" for frame in frames)
    left, right, bottom, top = backdrop.box
    spread = backdrop.projection.spread
    data = {
        "cursor": recording.cursor,
        "lines": recording.options.lines,
        "regions": recording.options.regions,
        "aspect": MAP[2] * SIZE[0] / (MAP[3] * SIZE[1]),
        "shape": [(right - left) / spread[0], (top - bottom) / spread[1]],
        "axes": _axes(backdrop.box, backdrop.projection.labels),
        "points": _grains(backdrop.points, backdrop.box).ravel().tolist(),
        "sizes": None if backdrop.sizes is None else _rounded(backdrop.sizes),
        "clusters": [_looks(slot) for slot in slots],
        "hidden": [k for k, slot in enumerate(slots) if slot in recording.options.hidden],
        "frames": frames,
    }
    drawn, total = len(backdrop.points), backdrop.n_samples
    few = "" if drawn == total else f" The picture draws {drawn:,} of the {total:,} points."
    for name, text in (
        ("style", _part("webpage.css")),
        ("title", escape(recording.title)),
        ("few", few),
        ("counted", "Points" if backdrop.sizes is None else "Weight"),
        ("first", escape(frames[recording.cursor]["words"])),
        ("axes", escape(name_axes(recording.scene(0)))),
        ("last", str(recording.last)),
        ("words", words),
        ("data", _embedded(data)),
        ("picture", _part("picture.js")),
        ("script", _part("webpage.js")),
    ):
        page = page.replace(f"<!--{name}-->", text)
    path.write_text(page, encoding="utf-8")


def _part(name: str) -> str:
    return files("kmeans_widget.export").joinpath(name).read_text("utf-8")


def _embedded(data: Any) -> str:
    r"""Write JSON that cannot end the script element it stands in.

    Examples
    --------
    >>> _embedded({"x": "</script>"})
    '{"x":"\\u003c/script>"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _frames(recording: Recording, tick: Tick) -> list[dict[str, Any]]:
    """Describe every half-step."""
    frames, labels, previous = [], np.full(len(recording.backdrop.points), -1), None
    for cursor in range(recording.last + 1):
        scene = recording.scene(cursor)
        frames.append(_frame(scene, labels, previous))
        labels, previous = scene.labels, scene
        tick(cursor + 1, recording.last + 1)
    return frames


def _frame(scene: Scene, labels: npt.NDArray[Any], previous: Scene | None) -> dict[str, Any]:
    facts = scene.facts
    frame: dict[str, Any] = {"words": narrate(scene), "phase": facts.phase.value}
    if facts.phase is Phase.ASSIGN:
        frame["changes"] = _changes(labels, scene.labels)
    if facts.phase is not Phase.START:
        frame["iteration"] = facts.n_iter
        frame["inertia"] = float(f"{facts.inertia:.7g}")
        frame["shown"] = number(facts.inertia)
        frame["counts"] = [number(count) for count in facts.counts]
    if previous is None or facts.phase is Phase.UPDATE:
        left, right, bottom, top = scene.backdrop.box
        frame["centers"] = _rounded((scene.centers - (left, bottom)) / (right - left, top - bottom))
        frame["heights"] = _rounded(scene.heights / (right - left) / (right - left))
    return frame


def _changes(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> list[int]:
    """List who changed: rows since the last one, and new label, in turn.

    Examples
    --------
    >>> _changes(np.array([0, 0, 0, 1, 1]), np.array([0, 1, 0, 1, 2]))
    [1, 1, 3, 2]
    """
    rows = np.flatnonzero(before != after)
    return np.column_stack([np.diff(rows, prepend=0), after[rows]]).ravel().tolist()


def _grains(points: npt.NDArray[Any], box: Box) -> npt.NDArray[Any]:
    left, right, bottom, top = box
    shares = (points - (left, bottom)) / (right - left, top - bottom)
    return np.rint(shares * GRAIN).astype(int)


def _rounded(values: npt.NDArray[Any]) -> list[float]:
    return np.round(values, 6).ravel().tolist()


def _axes(box: Box, names: tuple[str, str]) -> list[dict[str, Any]]:
    """Give names and ticks of both axes: the share of its length, and the number written there.

    The name comes in several lengths, of which the page takes the longest that it has room for.
    """
    axes = []
    for low, high, name in ((box[0], box[1], names[0]), (box[2], box[3], names[1])):
        found = MaxNLocator(7, steps=[1, 2, 5, 10]).tick_values(low, high)
        step, ticks = found[1] - found[0], [tick for tick in found if low <= tick <= high]
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        plain = step > 1e-4 and max(abs(low), abs(high)) < 1e6
        shown = [f"{tick:.{decimals}f}" if plain else f"{tick:.6g}" for tick in ticks]
        places = [round((tick - low) / (high - low), 5) for tick in ticks]
        lengths = [shortened(name, width, names) for width in range(100, 10, -6)] if name else [""]
        axes.append({
            "name": name,
            "lengths": list(dict.fromkeys(lengths)),
            "ticks": list(zip(places, shown, strict=True)) if name else [],
        })  # fmt: skip
    return axes


def _looks(slot: int) -> dict[str, Any]:
    """Give colour, writing on it, and marker of a place in the palette, by day and by night."""
    day = color(slot)
    night = _readable(day, NIGHT)
    style = MarkerStyle(marker(slot))
    outline = style.get_path().transformed(style.get_transform()).to_polygons()[0]
    return {
        "day": [day, _writing(day)],
        "night": [night, _writing(night)],
        "marker": None if marker(slot) == "o" else _rounded(np.asarray(outline)),
    }


def _readable(shade: str, paper: str) -> str:
    """Lighten a colour until it can be read on dark paper.

    Examples
    --------
    >>> _readable("#ffffff", NIGHT), _readable("#3d3d9e", NIGHT)
    ('#ffffff', '#8181c0')
    """
    own = np.array(to_rgb(shade))
    shades = (to_hex(own + (1 - own) * share) for share in np.linspace(0, 1, 21))
    return next(shade for shade in shades if _contrast(shade, paper) >= CONTRAST)


def _writing(shade: str) -> str:
    """Choose what can be read on a colour: light if that will do, else dark."""
    return PAPER if _contrast(shade, PAPER) >= CONTRAST else NIGHT


def _contrast(one: str, other: str) -> float:
    """Measure the contrast of two colours as WCAG 2 does: 1 to 21."""
    dark, light = sorted(_luminance(shade) for shade in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(shade: str) -> float:
    rgb = np.array(to_rgb(shade))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
