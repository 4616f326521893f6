"""The filmstrip: a whole run in one picture, which stays where no kernel runs.

Start, first half-steps, where the viewer is, and the end; in the last field the inertia of the
whole run, with a mark at every moment that is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox, BboxTransform, TransformedBbox
from PIL import Image

from kmeans_widget.core.trace import Phase
from kmeans_widget.export.image import encoded
from kmeans_widget.plot.artists import Numbers, merged, polygons
from kmeans_widget.plot.figure import MAP, MOST_NUMBERS
from kmeans_widget.plot.figure import SIZE as PICTURE_SIZE
from kmeans_widget.plot.fonts import lettering
from kmeans_widget.plot.inertia_chart import highest
from kmeans_widget.plot.limits import arrows
from kmeans_widget.plot.narration import narrate, number
from kmeans_widget.plot.palette import (
    GRID,
    INK,
    MUTED,
    PAPER,
    UNASSIGNED,
    alike,
    color,
    marker,
    writing,
)
from kmeans_widget.plot.text import shortened

if TYPE_CHECKING:
    from matplotlib.path import Path

    from kmeans_widget.export.image import Pixels
    from kmeans_widget.export.recording import Recording
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.plot.voronoi import Box

    Place = tuple[float, float, float, float]  # left, bottom, width, height in the figure

SIZE = (9.8, 5.42)  # inches, at 100 dots each
COLUMNS = 3
ASPECT = MAP[2] * PICTURE_SIZE[0] / (MAP[3] * PICTURE_SIZE[1])
WIDTH = 0.314  # of a picture, a share of the whole, as are the following
HEIGHT = WIDTH * SIZE[0] / ASPECT / SIZE[1]
LEFT, GAP = 0.012, 0.017  # left margin, and space between two columns
BOTTOMS = (0.472, 0.018)  # of the rows
INDENT = (0.05, 0.075)  # of the chart: room for the numbers at its axes
ACCENT = "#0072b2"


class Filmstrip(NamedTuple):
    """A PNG, and the words that say the same."""

    png: bytes
    words: str


def filmstrip(recording: Recording) -> Filmstrip:
    """Draw a run in at most five pictures and the curve of its inertia.

    What is switched off - lines, regions, a cluster hidden by its legend - is left out; the words
    and the inertia tell of all points.

    Parameters
    ----------
    recording : Recording
        As far as it has come.

    Returns
    -------
    Filmstrip
        On light ground, in 256 colours; its words are the PNG's description, too.
    """
    cursors = moments(recording.cursor, recording.last)
    scenes = [recording.scene(cursor) for cursor in cursors]
    here = scenes[cursors.index(recording.cursor)]
    words = " ".join([f"{recording.title}.", *(narrate(scene) for scene in scenes)])
    title = lettering(shortened(recording.title, 90), "bold")
    sentence = lettering(shortened(narrate(here), 140))
    with mpl.rc_context(mpl.rcParamsDefault):  # not in the style of the user's own plots
        figure = Figure(figsize=SIZE, dpi=100, facecolor=PAPER)
        agg = FigureCanvasAgg(figure)
        _head(figure, title, sentence)
        for place, scene in enumerate(scenes):
            field = _Field(figure, _place(place), scene.backdrop.box)
            _draw(field, scene)
            _label(field, scene, here=scene is here)
        _chart(figure, _rest(len(scenes)), scenes, recording.cursor)
        agg.draw()
        pixels = np.asarray(agg.buffer_rgba())
    if len(scenes) < COLUMNS:  # with the chart, one row
        pixels = pixels[: round((1 - BOTTOMS[0] + BOTTOMS[1]) * len(pixels))]
    return Filmstrip(encoded(_reduced(pixels), words, level=6), words)


def moments(cursor: int, last: int) -> list[int]:
    """Choose the cursors to show: start, first half-steps, the viewer's own, and the end.

    Examples
    --------
    >>> moments(0, 11), moments(6, 11), moments(1, 3)
    ([0, 1, 2, 3, 11], [0, 1, 2, 6, 11], [0, 1, 2, 3])
    """
    own = cursor if 2 < cursor < last else 3
    return sorted({at for at in (0, 1, 2, own, last) if at <= last})


def _reduced(pixels: Pixels) -> Image.Image:
    """Keep the 256 colours that tell most: a third of the bytes in a notebook, and the same look.

    Median cut, as it follows what is frequent: an octree, and maximum coverage, would give the
    tints of two of twelve regions the same colour.
    """
    return Image.fromarray(pixels).convert("RGB").quantize(dither=Image.Dither.NONE)


class _Field:
    """A rectangle of the figure with its own coordinates.

    What matplotlib's axes would do, at a third of the time: they are made for more than this.
    """

    def __init__(self, figure: Figure, place: Place, box: Box) -> None:
        left, bottom, width, height = place
        self._figure, self.place = figure, place
        self._share = figure.transFigure
        own = Bbox.from_extents(box[0], box[2], box[1], box[3])
        self._transform = BboxTransform(own, Bbox.from_bounds(*place)) + self._share
        self._clip = TransformedBbox(Bbox.from_bounds(*place), self._share)
        self._corners = (left, bottom, left + width, bottom + height)

    def line(self, points: Any, zorder: float, *, clip: bool = True, **style: Any) -> None:
        """Draw a line, or markers, through points of shape (n, 2)."""
        line = Line2D(*np.atleast_2d(points).T, transform=self._transform, zorder=zorder, **style)
        line.set_clip_box(self._clip if clip else self._figure.bbox)
        self._figure.add_artist(line)

    def dots(self, scene: Scene, which: Any, zorder: float, **style: Any) -> None:
        """Draw some of the points, sized by their weights."""
        points, sizes, size = scene.backdrop.points, scene.backdrop.sizes, style.pop("markersize")
        factors = np.ones(len(points)) if sizes is None else sizes
        for factor in np.unique(factors[which]):
            same = points[which & (factors == factor)]
            self.line(same, zorder, markersize=size * factor, **style)

    def patch(self, path: Path, **style: Any) -> None:
        """Fill a path."""
        patch = PathPatch(path, transform=self._transform, zorder=1, **style)
        patch.set_clip_box(self._clip)
        self._figure.add_artist(patch)

    def numbers(self, *marks: Any) -> None:
        """Write numbers in discs, as `Numbers.show` takes them."""
        numbers = Numbers(self._transform, zorder=8)
        numbers.set_clip_box(self._clip)
        numbers.show(*marks)
        self._figure.add_artist(numbers)

    def frame(self, **style: Any) -> None:
        """Draw the edge of the rectangle."""
        left, bottom, width, height = self.place
        self._figure.add_artist(
            Rectangle((left, bottom), width, height, fill=False, zorder=9, **style)
        )

    def head(self, name: str, reading: str) -> None:
        """Write a name and a reading above the rectangle."""
        left, _, right, top = self._corners
        top += 0.012
        self._figure.text(left, top, name, fontsize=10, color=INK, weight="bold")
        self._figure.text(right, top, reading, fontsize=9, color=MUTED, ha="right")

    def number(self, text: str, x: float, y: float, **style: Any) -> None:
        """Write something at a point."""
        self._figure.text(x, y, text, transform=self._transform, fontsize=8.5, color=MUTED, **style)


def _place(place: int) -> Place:
    row, column = divmod(place, COLUMNS)
    return LEFT + column * (WIDTH + GAP), BOTTOMS[row], WIDTH, HEIGHT


def _rest(place: int) -> Place:
    """Take the fields that are left over in the row, for the chart."""
    left, bottom, _, height = _place(place)
    return left + INDENT[0], bottom + INDENT[1], 1 - LEFT - left - INDENT[0], height - INDENT[1]


def _head(figure: Figure, title: dict[str, Any], words: dict[str, Any]) -> None:
    style: dict[str, Any] = {"color": INK, "va": "top", "parse_math": False}
    figure.text(LEFT, 0.98, "", fontsize=12, **style).set(**title)
    figure.text(LEFT, 0.929, "", fontsize=10, **style).set(**words)


def _label(field: _Field, scene: Scene, *, here: bool) -> None:
    """Name the moment, and frame the one at which the viewer is."""
    facts = scene.facts
    name, inertia = "Start", ""
    if facts.phase is not Phase.START:
        step = "assign" if facts.phase is Phase.ASSIGN else "recalculate"
        name = f"Iteration {facts.n_iter}: {'end' if facts.stop is not None else step}"
        inertia = f"inertia {number(facts.inertia)}"
    field.head(name, inertia)
    field.frame(edgecolor=ACCENT if here else GRID, linewidth=2.4 if here else 1.0)


def _draw(field: _Field, scene: Scene) -> None:
    """Draw points, regions and centroids, smaller than in the panel."""
    points = scene.backdrop.points
    dots: dict[str, Any] = {"linestyle": "", "markersize": _dot(len(points)), "markeredgewidth": 0}
    if scene.facts.phase is Phase.START:
        field.dots(scene, scene.labels < 0, 3, marker="o", color=UNASSIGNED, **dots)
    n_clusters = len(scene.centers)
    sizes = ((8, 14.5), (50, 11.5), (MOST_NUMBERS, 8.0))
    size = next((size for limit, size in sizes if n_clusters <= limit), 4.0)
    seen = [k for k, slot in enumerate(scene.slots) if slot not in scene.hidden]
    field.line(arrows(scene.centers[seen], scene.backdrop.box), 6, color=INK, linewidth=1.6)
    for group in alike(scene.slots):
        clusters = [k for k in group if k in seen]
        if not clusters:
            continue
        slot, mine = scene.slots[clusters[0]], np.isin(scene.labels, clusters)
        shade, own = color(slot), points[mine]
        regions = [scene.cells[k] for k in clusters if scene.cells and len(scene.cells[k]) > 2]
        if regions:
            field.patch(polygons(regions), fc=to_rgba(shade, 0.11), ec=to_rgba(shade, 0.55))
        if scene.lines and len(own):
            spokes = np.stack([own, scene.centers[scene.labels[mine]]], axis=1)
            field.line(merged(spokes), 2, color=shade, linewidth=0.6, alpha=0.5)
        field.dots(scene, mine, 3, color=shade, marker=marker(slot), **dots)
        trails = merged(scene.trails[:, clusters].swapaxes(0, 1))
        field.line(trails, 4, color=shade, linewidth=1.3)
        field.line(
            scene.discs[clusters], 7, color=shade, marker="o", markersize=size, linestyle="",
            markeredgecolor=PAPER, markeredgewidth=min(1.5, size / 7),
        )  # fmt: skip
    if n_clusters <= MOST_NUMBERS:
        field.numbers(
            seen, scene.discs[seen], [writing(scene.slots[k]) for k in seen],
            [size * (0.42 if k < 10 else 0.58) for k in seen],
        )  # fmt: skip


def _dot(n_points: int) -> float:
    """Diameter of a point, smaller where there are many."""
    sizes = ((60, 5.5), (300, 4.5), (1500, 3.0), (5000, 2.0))
    return next((size for limit, size in sizes if n_points <= limit), 1.4)


def _chart(figure: Figure, place: Place, scenes: list[Scene], cursor: int) -> None:
    """Draw the inertia of the run, and mark the moments that are shown."""
    curve = scenes[-1].curve
    first, last = curve[0, 0] - 0.15, curve[-1, 0] + 0.15
    top = highest(curve[:, 1])
    chart = _Field(figure, place, (first, last, 0.0, top))
    inertias = [number(curve[0, 1]), number(curve[-1, 1])]
    chart.head("Inertia", inertias[0] if len(curve) == 1 else "from {} to {}".format(*inertias))
    for x in MaxNLocator(6, integer=True).tick_values(first, last):
        if first <= x <= last and x == round(x):
            chart.line([(x, 0), (x, top)], 1, color=GRID, linewidth=0.6)
            chart.number(f"{x:.0f}", x, -0.035 * top, ha="center", va="top")
    for y in MaxNLocator(4).tick_values(0, top):
        if 0 <= y <= top:
            chart.line([(first, y), (last, y)], 1, color=GRID, linewidth=0.6)
            chart.number(f"{number(y)} ", first, y, ha="right", va="center")
    chart.number("iteration", (first + last) / 2, -0.15 * top, ha="center", va="top")
    chart.line([(first, top), (first, 0), (last, 0)], 2, color=MUTED, linewidth=0.8)
    chart.line(curve, 3, color=MUTED, linewidth=1.3)
    shown = np.concatenate([scene.curve[-1:] for scene in scenes])
    dots: dict[str, Any] = {"clip": False, "linestyle": "", "marker": "o"}
    chart.line(shown, 4, color=INK, markersize=5, **dots)
    if cursor:
        ring: dict[str, Any] = {
            "markerfacecolor": "none",
            "markeredgecolor": ACCENT,
            "markeredgewidth": 1.8,
        }
        chart.line(curve[cursor - 1], 5, markersize=10, **dots, **ring)
