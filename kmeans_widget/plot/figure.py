"""A scene as matplotlib artists, created once and updated in place.

The figure has two axes: the map with points and centroids, and below it the chart of the inertia.
Artists that change in every frame are animated, in matplotlib's sense, and drawn on a stored
background (`plot.blit`); with 300 points that saves two thirds of a draw.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from kmeans_widget.core.trace import Phase
from kmeans_widget.plot.artists import (
    BarSet,
    CellImage,
    Markers,
    Number,
    Numbers,
    add_axes,
    add_line,
    add_markers,
    compound_path,
    default_style,
    join_lines,
    set_markers,
)
from kmeans_widget.plot.centroids import (
    MAX_NUMBERED,
    NUMBER_HEIGHT,
    RING_WIDTH,
    leader,
    trim_trails,
)
from kmeans_widget.plot.fonts import set_axis_label
from kmeans_widget.plot.histogram import stack_bars
from kmeans_widget.plot.inertia_chart import InertiaChart
from kmeans_widget.plot.limits import ASPECT, arrowheads
from kmeans_widget.plot.overlay import Overlay
from kmeans_widget.plot.palette import (
    INK,
    PAPER,
    UNASSIGNED,
    color,
    group_by_style,
    marker,
    text_color,
)
from kmeans_widget.plot.scene import CHANCE_SIZES

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.lines import Line2D

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.scene import Scene

WIDTH = 540  # of a picture in a file, and in a panel until the page tells how much room there is
NARROW = 480  # a picture that is less wide has smaller margins
N_PREPARED = 3  # clusters whose artists are created in advance
MAX_TICKS = 8  # of an axis, usually
NUMBER_ON_DISC = 7.5  # height of the number on a disc
# By how much a ring is wider than its point, in typographic points and in diameters of the point:
# 2.5 times the smaller of both at first, half of it at rest.
RING_GAP, RING_GAP_SHARE = 7.0, 1.5
CANDIDATE_GAP = 4.0  # by how much a ring around a candidate is wider than the largest point
CHART_GAP = 39.0  # pixels from the map to the top of the chart's title, at 100 dots per inch
RESTING_MARKS = 0.5  # opacity of the marks on cells at rest; it is 1 at first
MARK_SCALES = (0.75, 1.35)  # factors of marks, at least and at most, on a smaller or larger map


class PointStyle(NamedTuple):
    """How samples are drawn: diameter and edge in typographic points, and opacity."""

    size: float
    edge: float = 0.6
    alpha: float = 1.0


# By the largest number of points it is for. Where many points overlap, edges would hide them, and
# only translucent marks show how many there are.
POINT_STYLES = (
    (60, PointStyle(8.0)),
    (300, PointStyle(6.5)),
    (1500, PointStyle(4.5)),
    (3000, PointStyle(3.4, edge=0.0, alpha=0.6)),
    (6000, PointStyle(2.8, edge=0.0, alpha=0.45)),
    (math.inf, PointStyle(2.4, edge=0.0, alpha=0.35)),
)


def point_style(n_points: int) -> PointStyle:
    """Return how `n_points` samples are drawn on a map of the usual width.

    Examples
    --------
    >>> point_style(30)
    PointStyle(size=8.0, edge=0.6, alpha=1.0)
    """
    return next(style for most, style in POINT_STYLES if n_points <= most)


Rectangle = tuple[float, float, float, float]


def arrange(width: float) -> tuple[int, Rectangle, Rectangle]:
    """Arrange map and inertia chart, one above the other.

    Parameters
    ----------
    width : float
        Width of the picture in pixels.

    Returns
    -------
    height : int
        Height of the picture in pixels.
    map, chart : tuple of four float
        Left, bottom, width and height of both in pixels.

    Examples
    --------
    >>> height, (_, _, width, _), _ = arrange(540)
    >>> height, width
    (446, 453.5)
    """
    left, right = (67.5, 19.0) if width >= NARROW else (66.0, 12.0)
    span = width - left - right
    map_height, chart_height = span / ASPECT, min(max(0.14 * span, 64.0), 100.0)
    chart_bottom = 24.5  # room for ticks
    map_bottom = chart_bottom + chart_height + 62.0  # and for names of the axes, and the legend
    return (
        round(map_bottom + map_height + 5.0),
        (left, map_bottom, span, map_height),
        (left, chart_bottom, span, chart_height),
    )


MAP_WIDTH = 0.72 * arrange(WIDTH)[1][2]  # usual width of the map in typographic points


def mark_scale(width: float) -> float:
    """Return the factor for marks on a map whose width is given in typographic points."""
    smallest, largest = MARK_SCALES
    return min(max(width / MAP_WIDTH, smallest), largest)


class Picture:
    """The artists of one figure; `show` updates them to a scene.

    Parameters
    ----------
    figure : matplotlib.figure.Figure, optional
        An empty figure with any canvas; by default a new one.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        At 100 dots per inch, unless the canvas has a higher resolution.
    map, chart : matplotlib.axes.Axes, InertiaChart
        The axes of the points, and the chart below them.
    overlay : Overlay
        Marks of the mouse's tools.
    numbers : Numbers
        The numbers of the centroids.
    stale, chart_stale : bool
        Whether anything but `animated_artists` has changed, anywhere or in the chart only, since
        this was last set to False.
    """

    def __init__(self, figure: Figure | None = None) -> None:
        with default_style():
            self.figure = figure or Figure(dpi=100)
            self.figure.set_facecolor(PAPER)
            self.map = add_axes(self.figure)
            self.chart = InertiaChart(add_axes(self.figure))
            self.overlay = Overlay(self.map)
            self.stale = self.chart_stale = True
            self._clusters: list[_Cluster] = []
            self._cells = CellImage(self.map.transData, self.map.bbox, zorder=2.8, animated=True)
            self.map.add_artist(self._cells)
            self._bars = BarSet(self.map.transData, zorder=1.5, animated=True)
            self.map.add_artist(self._bars)
            self._unassigned = add_markers(self.map, 3, color=UNASSIGNED, marker="o")
            self._rings = add_markers(  # below the points: where many change, their colours show
                self.map, 2.9, marker="o", markerfacecolor="none", markeredgecolor=INK,
                markeredgewidth=1.4,
            )  # fmt: skip
            self._holes = add_markers(
                self.map, 3.2, marker="o", color=PAPER, markeredgecolor=INK, markeredgewidth=0.5
            )
            self._candidates = add_line(
                self.map, 6.4, marker="o", linestyle="", markerfacecolor="none",
                markeredgecolor=INK, markeredgewidth=1.6,
            )  # fmt: skip
            self._empty = add_line(
                self.map, 6.5, marker="o", linestyle="", markersize=27, markerfacecolor="none",
                markeredgecolor=INK, markeredgewidth=1.4,
            )  # fmt: skip
            self._arrows = add_line(
                self.map, 6.5, color=INK, linewidth=2.4, solid_capstyle="round",
            )  # fmt: skip
            # Dark on a white edge, so that a trail is no line between a point and its centroid.
            self._trail_edges = add_line(self.map, 4, color=PAPER, linewidth=2.8, alpha=0.8)
            self._trails = add_line(self.map, 4.1, color=INK, linewidth=1.1)
            self._trail_dots = add_line(
                self.map, 4.2, linestyle="", marker="o", color=INK, markeredgecolor=PAPER,
                markersize=4.2, markeredgewidth=0.7,
            )  # fmt: skip
            self._ring_edges = add_line(
                self.map, 6.9, linestyle="", marker="o", markerfacecolor="none",
                markeredgecolor=PAPER,
            )  # fmt: skip
            # Markers instead of texts: matplotlib lays out a text in every frame, six times slower.
            self.numbers = Numbers(self.map.transData, zorder=8, animated=True)
            self.map.add_artist(self.numbers)
        self._scene: Scene | None = None
        self._density: tuple[Any, Any] = (None, None)  # images of the cells and their marks
        self._scale = 1.0  # of marks
        self._named: int | None = None  # cluster whose number is shown on demand
        self.resize(WIDTH)

    def prepare(self) -> None:
        """Create artists now that might be needed later in a thread or under other rcParams."""
        with default_style():
            self._add_clusters(N_PREPARED)
            for axis in (self.map.xaxis, self.map.yaxis):
                axis.get_major_ticks(MAX_TICKS)
            self.chart.prepare(MAX_TICKS)

    def resize(self, width: float) -> None:
        """Arrange map and chart for a width in pixels of 1/100 inch; texts keep their size."""
        height, map_box, chart_box = arrange(width)
        # A little more, so that rounding never makes 476.99 pixels of 477.
        inches = (width + 1e-6) / 100, (height + 1e-6) / 100
        self.figure.set_size_inches(inches, forward=False)
        size = np.array([width, height, width, height])
        self.map.set_position(tuple(np.divide(map_box, size)))
        self.chart.axes.set_position(tuple(np.divide(chart_box, size)))
        self.chart.fit(chart_box[2])
        if self._scene is not None:
            self._show_backdrop(self._scene)  # its names may be cut
            self.show(self._scene)  # marks are scaled
        self.stale = True

    @property
    def animated_artists(self) -> list[Artist]:
        """The artists that are drawn in every frame, bottom to top."""
        artists: list[Artist] = [self._cells, self._bars, self._unassigned, self._rings]
        artists += [self._holes, self._candidates, self._empty, self._arrows]
        artists += [self._trail_edges, self._trails, self._trail_dots, self._ring_edges]
        artists += [self.numbers, *self.chart.artists, *self.overlay.artists]
        artists += [artist for cluster in self._clusters for artist in cluster.artists]
        return sorted((a for a in artists if a.get_visible()), key=lambda a: a.get_zorder())

    def show(self, scene: Scene) -> None:
        """Update the artists to `scene`, changing only what differs from the last one."""
        last, self._scene = self._scene, scene
        scale, self._scale = self._scale, mark_scale(self.map.bbox.width * 72 / self.figure.dpi)
        if last is None or last.backdrop is not scene.backdrop:
            self._show_backdrop(scene)
        if last is None or last.curve is not scene.curve or last.curves is not scene.curves:
            self.chart_stale |= self.chart.show(
                scene.curve, scene.curves, scene.inertia_axis, scene.n_incomparable
            )
        hidden, visible = _hidden(scene), _visible(scene)
        groups = [[k for k in group if k not in hidden] for group in group_by_style(scene.slots)]
        if (
            last is None
            or last.labels is not scene.labels
            or last.backdrop is not scene.backdrop
            or scale != self._scale
            or (last.slots, last.hidden) != (scene.slots, scene.hidden)
            or last.colors is not scene.colors
            or last.density is not scene.density
        ):
            self._show_points(scene, groups)
            self._bars.bars = stack_bars(scene) if scene.backdrop.projection.is_line else ()
        self._show_cells(scene, last)
        self._show_rings(scene)
        self._show_holes(scene)
        self._show_candidates(scene)
        self._show_empty(scene)
        self._show_trails(scene, visible)
        self._show_ring_edges(scene, visible)
        self._show_numbers(scene)
        self._arrows.set_data(*arrowheads(scene.centers[visible], scene.backdrop.box).T)
        for i, cluster in enumerate(self._clusters):
            cluster.show(scene, groups[i] if i < len(groups) else [], self._scale)

    def draw_chart(self, renderer: RendererBase) -> None:
        """Draw the chart anew, without its animated artists, on a picture that is drawn already."""
        gc = renderer.new_gc()
        gc.set_linewidth(0)
        width, _ = self.figure.bbox.size
        height = round(self.map.bbox.y0 - CHART_GAP * self.figure.dpi / 100)
        place = Affine2D().scale(width, height)
        renderer.draw_path(gc, Path.unit_rectangle(), place, to_rgba(PAPER))
        gc.restore()
        self.chart.axes.draw(renderer)

    def name_cluster(self, cluster: int | None) -> bool:
        """Show the number of a cluster that has none, or of no cluster; return whether it is new.

        With many clusters, numbers are shown on demand.
        """
        is_new, self._named = cluster != self._named, cluster
        if is_new and self._scene is not None:
            self._show_numbers(self._scene)
        return is_new

    # -- parts ----------------------------------------------------------------------------

    def _show_backdrop(self, scene: Scene) -> None:
        left, right, bottom, top = scene.backdrop.box
        self.map.set(xlim=(left, right), ylim=(bottom, top))
        x_name, y_name = scene.backdrop.projection.labels
        set_axis_label(self.map.xaxis.label, x_name, y_name, self.map.bbox.width)
        set_axis_label(self.map.yaxis.label, y_name, x_name, self.map.bbox.height)
        self.map.xaxis.set_major_formatter(_tick_formatter(left, right))
        self.map.yaxis.set_major_formatter(_tick_formatter(bottom, top))
        self.map.yaxis.set_visible(bool(y_name))
        self.stale = True

    def _show_cells(self, scene: Scene, last: Scene | None) -> None:
        """Show the density picture, with marks on the cells of points that have changed."""
        density = scene.density
        if density is None:
            self._cells.images = ()
            return
        if last is None or last.density is not density:
            self._density = density.pixels(), density.marks()
        colors, marks = self._density
        opacity = 1.0 - (1.0 - RESTING_MARKS) * scene.progress
        self._cells.box = density.box
        self._cells.images = [(colors, 1.0), *([(marks, opacity)] if marks is not None else ())]

    def _show_points(self, scene: Scene, groups: list[list[int]]) -> None:
        style = point_style(len(scene.labels))
        size, look = style.size * self._scale, {"alpha": style.alpha, "mew": style.edge}
        # Points that differ in size overlap: edges tell them apart.
        is_sized = scene.watched is not None and scene.watched.sizes is not None
        self._unassigned.set(**look, mec=PAPER if is_sized else "auto")
        unassigned = (scene.labels < 0) & (scene.density is None)
        place_points(self._unassigned, scene, unassigned, size, is_coloured=True)
        if len(self._clusters) < len(groups):
            with default_style():
                self._add_clusters(len(groups))
        group_of = np.full(len(scene.centers) + 1, -1)  # last element: for label -1
        for i, group in enumerate(groups):
            group_of[group] = i
        point_groups = group_of[scene.labels]
        if scene.density is not None:
            point_groups[:] = -1
        for i, cluster in enumerate(self._clusters):
            cluster.members = np.flatnonzero(point_groups == i)
            cluster.points.set(**look)
            place_points(cluster.points, scene, cluster.members, size, is_coloured=True)

    def _add_clusters(self, n_clusters: int) -> None:
        """Create artists until there are `n_clusters` of them."""
        self._clusters += [_Cluster(self.map, k) for k in range(len(self._clusters), n_clusters)]

    def _show_rings(self, scene: Scene) -> None:
        # The first assignment changes every point, so rings would carry no information.
        ringed = scene.changed & (scene.facts.n_iter > 1) & (scene.density is None)
        for k in _hidden(scene):
            ringed = ringed & (scene.labels != k)
        size = point_style(len(ringed)).size * self._scale
        gap = min(self._scale * RING_GAP, RING_GAP_SHARE * size)
        width = size + gap * (2.5 - 2 * scene.progress)
        place_points(self._rings, scene, ringed, width)
        self._rings.set_markeredgewidth(0.35 + 0.13 * size)
        # The more of them overlap, the fainter: together, they are a shade and no blot.
        left, right, bottom, top = scene.backdrop.box
        units = np.divide((right - left, top - bottom), self.map.bbox.size) * self.figure.dpi / 72
        cells = np.floor(scene.backdrop.points[ringed] / (units * (size + gap))).astype(np.int64)
        n_cells = len(np.unique(cells, axis=0)) if len(cells) else 1
        self._rings.set_alpha(min(1.0, 1.5 * n_cells / max(len(cells), 1)))

    def _show_holes(self, scene: Scene) -> None:
        """Mark the points that seem to be nearest to another centroid than they are."""
        marked = scene.deceptive & scene.marks
        for k in _hidden(scene):
            marked = marked & (scene.labels != k)
        size = point_style(len(marked)).size * self._scale
        place_points(self._holes, scene, marked, 0.5 * size)

    def _show_candidates(self, scene: Scene) -> None:
        """Draw a ring around the points that might have been picked, or the one that will be."""
        ringed = np.empty((0, 2)) if scene.watched is None else scene.watched.ringed
        largest = CHANCE_SIZES[1] * point_style(len(scene.labels)).size
        set_markers(self._candidates, ringed, self._scale * (largest + CANDIDATE_GAP))

    def _show_empty(self, scene: Scene) -> None:
        """Draw a ring around the centroids of empty clusters."""
        empty = (scene.facts.counts == 0) & (scene.facts.n_iter > 0)
        empty[_hidden(scene)] = False
        self._empty.set_data(*scene.discs[empty].T)
        self._empty.set_markersize(self._scale * (8.0 + scene.diameters.max()))

    def _show_trails(self, scene: Scene, visible: list[int]) -> None:
        """Draw the way of each centroid, with dots where it has been."""
        lines, dots = trim_trails(
            scene.trails[:, visible], scene.diameters[visible], scene.backdrop.box
        )
        has_many = len(scene.centers) > MAX_NUMBERED
        self._trails.set(linewidth=0.7 if has_many else 1.1, alpha=0.5 if has_many else 1.0)
        self._trail_edges.set_visible(not has_many)
        for artist in (self._trail_edges, self._trails):
            artist.set_data(*join_lines(lines.swapaxes(0, 1)).T)
        self._trail_dots.set_data(*dots.T)

    def _show_ring_edges(self, scene: Scene, visible: list[int]) -> None:
        """Draw a white edge on both sides of every ring."""
        rings = [k for k in visible if not scene.on_disc[k]]
        self._ring_edges.set_data(*scene.discs[rings].T)
        set_ring(self._ring_edges, self._scale * scene.diameters.min(), edge=1.2 * self._scale)

    def _show_numbers(self, scene: Scene) -> None:
        self.numbers.numbers = cluster_numbers(scene, self._scale, self._named)


class _Cluster:
    """The artists of a cluster, or of all clusters that have the same colour and marker."""

    def __init__(self, parent: Axes, slot: int) -> None:
        self.members: Any = np.zeros(0, dtype=np.intp)
        self.region = PathPatch(compound_path([]), linewidth=1.0, zorder=1, animated=True)
        parent.add_patch(self.region)
        self.lines = add_line(parent, 2, linewidth=0.8, alpha=0.55)
        self.points = add_markers(parent, 3, markeredgecolor=PAPER)
        self.center = add_line(parent, 7, linestyle="", marker="o")
        self.artists = (self.region, self.lines, self.points, self.center)
        self.slot = -1
        self._set_style(slot)

    def _set_style(self, slot: int) -> None:
        """Set the colour and the marker of a place in the palette."""
        self.slot, own_color = slot, color(slot)
        self.region.set(facecolor=to_rgba(own_color, 0.11), edgecolor=to_rgba(own_color, 0.55))
        for artist in (self.lines, self.points, self.center):
            artist.set_color(own_color)
        self.points.set_marker(marker(slot))
        self.points.set_markeredgecolor(PAPER)

    def show(self, scene: Scene, clusters: list[int], scale: float) -> None:
        """Update the artists to some clusters of `scene`; hide them if there are none."""
        for artist in self.artists:
            artist.set_visible(len(clusters) > 0)
        if not clusters:
            return
        if self.slot != scene.slots[clusters[0]]:
            self._set_style(scene.slots[clusters[0]])
        cells = [scene.cells[k] for k in clusters if scene.cells and len(scene.cells[k]) > 2]
        self.region.set_visible(len(cells) > 0)
        self.region.set_path(compound_path(cells))
        self.lines.set_visible(scene.lines)
        if scene.lines:
            self.lines.set_data(*_segments(scene, self.members).T)
        self.center.set_data(*scene.discs[clusters].T)
        own_color, diameter = color(self.slot), scale * scene.diameters[clusters[0]]
        if scene.on_disc[clusters[0]]:
            self.center.set(mfc=own_color, mec=PAPER, mew=2.0 * scale, markersize=diameter)
        else:
            self.center.set(mfc="none", mec=own_color)
            set_ring(self.center, diameter)


def set_ring(rings: Line2D, diameter: float, edge: float = 0.0) -> None:
    """Set the outer diameter of rings in typographic points; `edge` widens them on both sides."""
    width = RING_WIDTH * diameter
    rings.set(markersize=diameter - width, markeredgewidth=width + 2 * edge)


def cluster_numbers(scene: Scene, scale: float, named: int | None = None) -> list[Number]:
    """Return the numbers of the clusters, for marks that are scaled by a factor.

    A cluster whose number has no place has none, except for the cluster `named`.
    """
    numbers, places = [], scene.discs
    for k in _visible(scene):
        offset = scene.numbers[k]
        if scene.on_disc[k]:
            numbers.append(Number(k, places[k], scale * NUMBER_ON_DISC, text_color(scene.slots[k])))
        elif k == named or not np.isnan(offset[0]):
            if np.isnan(offset[0]):
                offset = np.full(2, scene.diameters[k] / 2 + NUMBER_HEIGHT)
            line = leader(offset, scene.diameters[k])
            numbers.append(Number(
                k, places[k], scale * NUMBER_HEIGHT, INK, scale * offset,
                None if line is None else scale * line,
            ))  # fmt: skip
    return sorted(numbers, key=lambda number: number.value == named)


def place_points(
    markers: Markers, scene: Scene, which: Any, size: float, *, is_coloured: bool = False
) -> None:
    """Place markers at some of the points, sized by their weights.

    With `is_coloured`, they have the colours of the scene's points, if those have their own.
    """
    sizes = scene.sizes
    markers.sizes = None if sizes is None else sizes[which]
    if scene.colors is not None and is_coloured:
        shades = np.array([*map(color, scene.colors.slots), UNASSIGNED])
        markers.shades = shades[scene.colors.codes[which]]
    else:
        markers.shades = None
    set_markers(markers, scene.backdrop.points[which], size)


def _hidden(scene: Scene) -> list[int]:
    """Return the clusters that are not drawn."""
    return [k for k, slot in enumerate(scene.slots) if slot in scene.hidden]


def _visible(scene: Scene) -> list[int]:
    """Return the clusters that are drawn."""
    return [k for k, slot in enumerate(scene.slots) if slot not in scene.hidden]


def _segments(scene: Scene, members: Any) -> Floats:
    """Return segments from points to their centres, separated by NaN: one line draws them all."""
    ends = scene.centers[scene.labels[members]]
    starts = scene.backdrop.points[members]
    if scene.facts.phase is Phase.ASSIGN and scene.progress < 1.0:
        share = np.where(scene.changed[members], scene.progress, 1.0)
        ends = starts + share[:, None] * (ends - starts)
    segments = np.full((len(members), 3, 2), np.nan)
    segments[:, 0], segments[:, 1] = starts, ends
    return segments.reshape(-1, 2)


def _tick_formatter(low: float, high: float) -> Callable[[float, object], str]:
    """Return a formatter for the ticks of an axis, with just enough digits to tell them apart."""
    largest = max(abs(low), abs(high))
    span = max(high - low, 1e-15 * largest)  # of a single huge number, it may be lost
    if 1e5 <= largest < 1e9 and span >= 1e4:  # longer numbers would overlap the axis label
        unit, letter = (1e6, "M") if largest >= 1e6 else (1e3, "k")
        return lambda value, _: f"{value / unit:.7g}{letter}" if value else "0"
    if not 1e-3 < largest < 1e6:
        digits = 2 + max(0, math.ceil(math.log10(largest) - math.log10(span)))
        # A tick that differs from 0 by rounding error only is 0.
        return lambda value, _: f"{value if abs(value) > 1e-9 * span else 0.0:.{digits}g}"
    decimals = max(0, math.ceil(1 - math.log10(span / 5)))
    return lambda value, _: (
        f"{value:.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{value:.0f}"
    )
