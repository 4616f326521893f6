"""The filmstrip: a whole run in one static picture, which needs no kernel.

It shows the start, the first half-steps, the half-step at the cursor, and the end; the last field
is a chart of the inertia, with a mark at each half-step that is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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
from kmeans_widget.export.image import png_bytes
from kmeans_widget.plot.artists import (
    CellImage,
    Markers,
    Number,
    Numbers,
    compound_path,
    default_style,
    join_lines,
)
from kmeans_widget.plot.centroids import MAX_NUMBERED, RING_WIDTH, trim_trails
from kmeans_widget.plot.figure import (
    MAP_WIDTH,
    RESTING_MARKS,
    cluster_numbers,
    place_points,
    point_style,
)
from kmeans_widget.plot.fonts import text_properties
from kmeans_widget.plot.inertia_axis import tick_labels
from kmeans_widget.plot.limits import ASPECT, arrowheads
from kmeans_widget.plot.narration import format_number, narrate
from kmeans_widget.plot.palette import (
    GRID,
    INK,
    MUTED,
    PAPER,
    UNASSIGNED,
    color,
    group_by_style,
    marker,
)
from kmeans_widget.plot.text import powers_of_ten, shorten

if TYPE_CHECKING:
    from matplotlib.path import Path

    from kmeans_widget.export.image import Pixels
    from kmeans_widget.export.recording import Recording
    from kmeans_widget.plot.density import Density
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.plot.voronoi import Box

    Rect = tuple[float, float, float, float]  # left, bottom, width, height in the figure

SIZE = (9.8, 5.42)  # inches, at 100 dots each
COLUMNS = 3
# Lengths in figure coordinates.
WIDTH = 0.314  # of a picture
HEIGHT = WIDTH * SIZE[0] / ASPECT / SIZE[1]
SCALE = WIDTH * SIZE[0] * 72 / MAP_WIDTH  # of points, compared with the panel
CENTROID_SCALE = 1.15 * SCALE  # of centroids, so that their numbers can be read
LEFT, GAP = 0.012, 0.017  # left margin, and space between columns
BOTTOMS = (0.472, 0.018)  # of the rows
INDENT = (0.05, 0.075)  # of the chart, for its tick labels
ACCENT = "#0072b2"


class Filmstrip(NamedTuple):
    """A PNG, and the text that describes it."""

    png: bytes
    words: str


def filmstrip(recording: Recording, last: int | None = None) -> Filmstrip:
    """Draw a run as at most five pictures and the curve of its inertia.

    What is switched off (lines, regions, clusters hidden by the legend) is not drawn; the text and
    the inertia are those of all points.

    Parameters
    ----------
    recording : Recording
        The run, as far as it has been computed.
    last : int, optional
        The last half-step to show; by default, the last one computed.

    Returns
    -------
    Filmstrip
        On a light background, in 256 colours; the text is also the PNG's description.
    """
    marked = max(recording.cursor, 0)
    cursors = choose_cursors(marked, recording.last if last is None else last)
    scenes = [recording.scene(cursor) for cursor in cursors]
    current = scenes[cursors.index(marked)]
    words = " ".join([f"{recording.title}.", *(narrate(scene) for scene in scenes)])
    title = text_properties(shorten(recording.title, 90), "bold")
    sentence = text_properties(shorten(narrate(current), 140))
    with default_style():
        figure = Figure(figsize=SIZE, dpi=100, facecolor=PAPER)
        agg = FigureCanvasAgg(figure)
        _add_heading(figure, title, sentence)
        for i, scene in enumerate(scenes):
            axes = _MiniAxes(figure, _picture_rect(i), scene.backdrop.box)
            _draw(axes, scene)
            _label(axes, scene, current=scene is current)
        _draw_chart(figure, _chart_rect(len(scenes)), scenes, marked)
        agg.draw()
        pixels = np.asarray(agg.buffer_rgba())
    if len(scenes) < COLUMNS:  # pictures and chart fit into one row
        pixels = pixels[: round((1 - BOTTOMS[0] + BOTTOMS[1]) * len(pixels))]
    return Filmstrip(png_bytes(_reduced(pixels), words, level=6), words)


def choose_cursors(cursor: int, last: int) -> list[int]:
    """Choose the cursors to show: the start, the first half-steps, `cursor`, and the end.

    Examples
    --------
    >>> choose_cursors(0, 11), choose_cursors(6, 11), choose_cursors(1, 3)
    ([0, 1, 2, 3, 11], [0, 1, 2, 6, 11], [0, 1, 2, 3])
    """
    fourth = cursor if 2 < cursor < last else 3
    return sorted({chosen for chosen in (0, 1, 2, fourth, last) if chosen <= last})


def _reduced(pixels: Pixels) -> Image.Image:
    """Reduce the picture to 256 colours: a third of the bytes in a notebook, and the same look.

    Median cut keeps frequent colours; an octree or maximum coverage would merge the tints of two
    of twelve regions.
    """
    return Image.fromarray(pixels).convert("RGB").quantize(dither=Image.Dither.NONE)


class _MiniAxes:
    """A rectangle of the figure with its own data coordinates.

    It draws in a third of the time of matplotlib's axes, which can do much more.
    """

    def __init__(self, figure: Figure, rect: Rect, box: Box) -> None:
        self._figure, self._rect = figure, rect
        data = Bbox.from_extents(box[0], box[2], box[1], box[3])
        bounds = Bbox.from_bounds(*rect)
        self._transform = BboxTransform(data, bounds) + figure.transFigure
        self._clip = TransformedBbox(bounds, figure.transFigure)

    def add_line(self, points: Any, zorder: float, *, clip: bool = True, **style: Any) -> None:
        """Draw a line or markers at points of shape (n, 2)."""
        line = Line2D(*np.atleast_2d(points).T, transform=self._transform, zorder=zorder, **style)
        line.set_clip_box(self._clip if clip else self._figure.bbox)
        self._figure.add_artist(line)

    def add_markers(self, scene: Scene, which: Any, zorder: float, **style: Any) -> None:
        """Draw markers at some of the points, sized by their weights."""
        markers = Markers([], [], transform=self._transform, zorder=zorder, **style)
        place_points(markers, scene, which, style["markersize"], is_coloured=True)
        markers.set_clip_box(self._clip)
        self._figure.add_artist(markers)

    def add_density(self, density: Density) -> None:
        """Draw the density picture of many points."""
        artist = CellImage(self._transform, self._clip, zorder=2.8)
        artist.box, artist.images = density.box, [(density.pixels(), 1.0)]
        marks = density.marks()
        if marks is not None:
            artist.images = [*artist.images, (marks, RESTING_MARKS)]
        self._figure.add_artist(artist)

    def add_patch(self, path: Path, **style: Any) -> None:
        """Draw a filled path."""
        patch = PathPatch(path, transform=self._transform, zorder=1, **style)
        patch.set_clip_box(self._clip)
        self._figure.add_artist(patch)

    def add_numbers(self, numbers: list[Number]) -> None:
        """Write the numbers of the clusters."""
        artist = Numbers(self._transform, zorder=8)
        artist.set_clip_box(self._clip)
        artist.numbers = numbers
        self._figure.add_artist(artist)

    def frame(self, **style: Any) -> None:
        """Draw the edge of the rectangle."""
        left, bottom, width, height = self._rect
        self._figure.add_artist(
            Rectangle((left, bottom), width, height, fill=False, zorder=9, **style)
        )

    def title(self, name: str, value: str) -> None:
        """Write a name and a value above the rectangle."""
        left, bottom, width, height = self._rect
        right, above = left + width, bottom + height + 0.012
        self._figure.text(left, above, name, fontsize=10, color=INK, weight="bold")
        self._figure.text(right, above, value, fontsize=9, color=MUTED, ha="right")

    def text(self, words: str, x: float, y: float, **style: Any) -> None:
        """Write small text at a point."""
        self._figure.text(
            x, y, words, transform=self._transform, fontsize=8.5, color=MUTED, **style
        )


def _picture_rect(i: int) -> Rect:
    """Return the rectangle of a picture, counted from the upper left one."""
    row, column = divmod(i, COLUMNS)
    return LEFT + column * (WIDTH + GAP), BOTTOMS[row], WIDTH, HEIGHT


def _chart_rect(n_pictures: int) -> Rect:
    """Return the rectangle of the chart: the rest of the last row."""
    left, bottom, _, height = _picture_rect(n_pictures)
    return left + INDENT[0], bottom + INDENT[1], 1 - LEFT - left - INDENT[0], height - INDENT[1]


def _add_heading(figure: Figure, title: dict[str, Any], sentence: dict[str, Any]) -> None:
    style: dict[str, Any] = {"color": INK, "va": "top", "parse_math": False}
    figure.text(LEFT, 0.98, "", fontsize=12, **style).set(**title)
    figure.text(LEFT, 0.929, "", fontsize=10, **style).set(**sentence)


def _short(value: float) -> str:
    """Format a number for a title: one of more than seven digits as a power of ten.

    Examples
    --------
    >>> _short(1234567.8), _short(355824857.0)
    ('1,234,568', '3.558 × 10⁸')
    """
    return format_number(value) if abs(value) < 1e7 else powers_of_ten(f"{value:.3e}")


def _label(axes: _MiniAxes, scene: Scene, *, current: bool) -> None:
    """Write the half-step above a picture, and frame it: heavily if the cursor is there."""
    facts = scene.facts
    name, inertia = "Start", ""
    if facts.phase is not Phase.START:
        step = "assign" if facts.phase is Phase.ASSIGN else "recalculate"
        name = f"Iteration {facts.n_iter}: {'end' if facts.stop is not None else step}"
        inertia = f"inertia {_short(facts.inertia)}"
    axes.title(name, inertia)
    axes.frame(edgecolor=ACCENT if current else GRID, linewidth=2.4 if current else 1.0)


def _draw(axes: _MiniAxes, scene: Scene) -> None:
    """Draw points, regions and centroids, smaller than in the panel."""
    points = scene.backdrop.points
    style = point_style(len(points))
    markers: dict[str, Any] = {
        "linestyle": "",
        "markersize": SCALE * style.size,
        "markeredgewidth": 0,
        "alpha": style.alpha,
    }
    if scene.density is not None:
        axes.add_density(scene.density)
    elif scene.facts.phase is Phase.START:
        axes.add_markers(scene, scene.labels < 0, 3, marker="o", color=UNASSIGNED, **markers)
    visible = [k for k, slot in enumerate(scene.slots) if slot not in scene.hidden]
    outside = arrowheads(scene.centers[visible], scene.backdrop.box)
    axes.add_line(outside, 6, color=INK, linewidth=1.6)
    for group in group_by_style(scene.slots):
        clusters = [k for k in group if k in visible]
        if not clusters:
            continue
        slot, members = scene.slots[clusters[0]], np.isin(scene.labels, clusters)
        own_color, own_points = color(slot), points[members]
        cells = [scene.cells[k] for k in clusters if scene.cells and len(scene.cells[k]) > 2]
        if cells:
            face, edge = to_rgba(own_color, 0.11), to_rgba(own_color, 0.55)
            axes.add_patch(compound_path(cells), fc=face, ec=edge)
        if scene.lines and len(own_points):
            segments = np.stack([own_points, scene.centers[scene.labels[members]]], axis=1)
            axes.add_line(join_lines(segments), 2, color=own_color, linewidth=0.6, alpha=0.5)
        if scene.density is None:
            axes.add_markers(scene, members, 3, color=own_color, marker=marker(slot), **markers)
        _draw_centers(axes, scene, clusters)
    lines, dots = trim_trails(
        scene.trails[:, visible], scene.diameters[visible], scene.backdrop.box
    )
    lines = join_lines(lines.swapaxes(0, 1))
    if len(scene.centers) > MAX_NUMBERED:
        axes.add_line(lines, 4, color=INK, linewidth=0.6, alpha=0.5)
    else:
        axes.add_line(lines, 4, color=PAPER, linewidth=2.2)
        axes.add_line(lines, 4.1, color=INK, linewidth=0.9)
    axes.add_line(
        dots, 4.2, color=INK, linestyle="", marker="o", markersize=3.2, markeredgecolor=PAPER,
        markeredgewidth=0.5,
    )  # fmt: skip
    axes.add_numbers(cluster_numbers(scene, CENTROID_SCALE))


def _draw_centers(axes: _MiniAxes, scene: Scene, clusters: list[int]) -> None:
    """Draw the discs or rings of clusters that look alike."""
    own_color, discs = color(scene.slots[clusters[0]]), scene.discs[clusters]
    diameter = CENTROID_SCALE * scene.diameters[clusters[0]]
    style: dict[str, Any] = {"marker": "o", "linestyle": ""}
    if scene.on_disc[clusters[0]]:
        axes.add_line(
            discs, 7, color=own_color, markersize=diameter, markeredgecolor=PAPER,
            markeredgewidth=1.4, **style,
        )  # fmt: skip
        return
    width = RING_WIDTH * diameter
    style |= {"markersize": diameter - width, "markerfacecolor": "none"}
    for edge_color, edge in ((PAPER, width + 1.8), (own_color, width)):
        axes.add_line(discs, 7, markeredgecolor=edge_color, markeredgewidth=edge, **style)


def _draw_chart(figure: Figure, rect: Rect, scenes: list[Scene], cursor: int) -> None:
    """Draw the inertia of the run, and mark the half-steps that are shown."""
    curve, axis = scenes[-1].curve, scenes[-1].inertia_axis
    first, last = curve[0, 0] - 0.15, curve[-1, 0] + 0.15
    bottom, top = axis.limits
    chart = _MiniAxes(figure, rect, (first, last, bottom, top))
    inertias = [_short(curve[0, 1]), _short(curve[-1, 1])]
    chart.title("Inertia", inertias[0] if len(curve) == 1 else " to ".join(inertias))
    below = bottom - 0.035 * (top - bottom)
    for x in MaxNLocator(6, integer=True).tick_values(first, last):
        if first <= x <= last and x == round(x):
            chart.add_line([(x, bottom), (x, top)], 1, color=GRID, linewidth=0.6)
            chart.text(f"{x:.0f}", x, below, ha="center", va="top")
    ticks = axis.ticks()
    for y, label in zip(axis.heights(ticks), tick_labels(ticks), strict=True):
        chart.add_line([(first, y), (last, y)], 1, color=GRID, linewidth=0.6)
        chart.text(f"{label} ", first, y, ha="right", va="center")
    words = "iteration (inertia stretched near the lowest)" if axis.is_stretched else "iteration"
    chart.text(words, (first + last) / 2, bottom - 0.15 * (top - bottom), ha="center", va="top")
    frame = [(first, top), (first, bottom), (last, bottom)]
    chart.add_line(frame, 2, color=MUTED, linewidth=0.8)
    chart.add_line(axis.place(curve), 3, color=MUTED, linewidth=1.3)
    shown = np.concatenate([axis.place(scene.curve[-1:]) for scene in scenes])
    markers: dict[str, Any] = {"clip": False, "linestyle": "", "marker": "o"}
    chart.add_line(shown, 4, color=INK, markersize=5, **markers)
    if cursor:
        ring: dict[str, Any] = {
            "markerfacecolor": "none",
            "markeredgecolor": ACCENT,
            "markeredgewidth": 1.8,
        }
        place = axis.place(curve[cursor - 1 : cursor])
        chart.add_line(place, 5, markersize=10, **markers, **ring)
