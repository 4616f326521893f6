"""A scene as matplotlib artists, made once and updated in place.

Two axes share the figure: the points with their centroids, and below them the inertia over the
iterations. What moves (`moving`) is kept apart from what rarely changes, so that a live canvas
can paint a frame on top of a stored background: at 300 points that saves two thirds of a draw.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from kmeans_widget.core.trace import Phase
from kmeans_widget.plot.artists import (
    Dots,
    Numbers,
    axes,
    dots,
    line,
    merged,
    place,
    polygons,
)
from kmeans_widget.plot.fonts import write_name
from kmeans_widget.plot.inertia_chart import Chart
from kmeans_widget.plot.limits import ASPECT, arrows
from kmeans_widget.plot.overlay import Marks
from kmeans_widget.plot.palette import INK, PAPER, UNASSIGNED, alike, color, marker, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.scene import Scene

SIZE = (5.4, 4.9)  # inches, at 100 dots each
CHART = (0.125, 0.05, 0.84, 0.205)  # left, bottom, width, height of the inertia's axes
_HEIGHT = CHART[2] * SIZE[0] / ASPECT / SIZE[1]
MAP = (CHART[0], 0.99 - _HEIGHT, CHART[2], _HEIGHT)  # of the points' axes
READY = 3  # clusters whose artists are made beforehand
MANY_RINGS = 200  # beyond, they let shine through what they are around
MAX_TICKS = 8  # of an axis, as a rule
MOST_NUMBERS = 150  # clusters beyond which their numbers would be too small to read
USUAL_DISC = 15.0  # diameter of a centroid in points, where there are more than a few
RING = 7.0  # points by which the mark of a change is wider than the point: half as many at rest


class Picture:
    """The artists of one figure; `show` brings them to a scene.

    Parameters
    ----------
    figure : matplotlib.figure.Figure, optional
        An empty figure, of any canvas; a new one when left out.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        Where the picture is.
    numbers : Numbers
        The numbers of the centroids.
    stale : bool
        Whether something outside `moving` has changed since it was last set to False.
    """

    def __init__(self, figure: Figure | None = None) -> None:
        # Whatever style the user has chosen for their own plots stays out of this picture.
        with mpl.rc_context(mpl.rcParamsDefault):
            self.figure = figure or Figure(figsize=SIZE, dpi=100)
            self.figure.set_facecolor(PAPER)
            self.map = axes(self.figure, MAP)
            self.chart = Chart(axes(self.figure, CHART))
            self.marks = Marks(self.map)
            self.stale = True
            self._clusters: list[_Cluster] = []
            self._unassigned = dots(self.map, 3, color=UNASSIGNED, marker="o")
            self._rings = dots(
                self.map, 6, marker="o", markerfacecolor="none", markeredgecolor=INK,
                markeredgewidth=1.4,
            )  # fmt: skip
            self._empty = line(
                self.map, 6.5, marker="o", linestyle="", markersize=27, markerfacecolor="none",
                markeredgecolor=INK, markeredgewidth=1.4,
            )  # fmt: skip
            self._arrows = line(
                self.map, 6.5, color=INK, linewidth=2.4, solid_capstyle="round",
            )  # fmt: skip
            # Markers, not texts: matplotlib lays a text out anew in every frame, six times as long.
            self.numbers = Numbers(self.map.transData, zorder=8, animated=True)
            self.map.add_artist(self.numbers)
        self._scene: Scene | None = None

    def prepare(self) -> None:
        """Make beforehand what later would be made in the user's style, or on another thread."""
        with mpl.rc_context(mpl.rcParamsDefault):
            self._add_clusters(READY)
            for axis in (self.map.xaxis, self.map.yaxis):
                axis.get_major_ticks(MAX_TICKS)
            self.chart.prepare(MAX_TICKS)

    @property
    def moving(self) -> list[Artist]:
        """The artists that a new frame repaints, bottom to top."""
        artists: list[Artist] = [self._unassigned, self._rings, self._empty, self._arrows]
        artists += [self.numbers, *self.chart.artists, *self.marks.artists]
        artists += [artist for cluster in self._clusters for artist in cluster.artists]
        return sorted((a for a in artists if a.get_visible()), key=lambda a: a.get_zorder())

    def show(self, scene: Scene) -> None:
        """Bring the artists to `scene`, touching only what differs from the last one."""
        last, self._scene = self._scene, scene
        if last is None or last.backdrop is not scene.backdrop:
            self._show_backdrop(scene)
        if last is None or last.curve is not scene.curve or last.curves is not scene.curves:
            self.stale |= self.chart.show(scene.curve, scene.curves)
        hidden, seen = _hidden(scene), _seen(scene)
        groups = [[k for k in group if k not in hidden] for group in alike(scene.slots)]
        if (
            last is None
            or last.labels is not scene.labels
            or last.backdrop is not scene.backdrop
            or (last.slots, last.hidden) != (scene.slots, scene.hidden)
        ):
            self._show_points(scene, groups)
        self._show_rings(scene)
        self._show_empty(scene)
        self._show_numbers(scene, seen)
        self._arrows.set_data(*arrows(scene.centers[seen], scene.backdrop.box).T)
        for i, cluster in enumerate(self._clusters):
            cluster.show(scene, groups[i] if i < len(groups) else [])

    # -- parts ----------------------------------------------------------------------------

    def _show_backdrop(self, scene: Scene) -> None:
        left, right, bottom, top = scene.backdrop.box
        self.map.set(xlim=(left, right), ylim=(bottom, top))
        x_name, y_name = scene.backdrop.projection.labels
        write_name(self.map.xaxis.label, x_name, y_name, self.map.bbox.width)
        write_name(self.map.yaxis.label, y_name, x_name, self.map.bbox.height)
        self.map.xaxis.set_major_formatter(_plain(left, right))
        self.map.yaxis.set_major_formatter(_plain(bottom, top))
        self.map.yaxis.set_visible(bool(y_name))
        self.stale = True

    def _show_points(self, scene: Scene, groups: list[list[int]]) -> None:
        size = _point_size(len(scene.labels))
        _place(self._unassigned, scene, scene.labels < 0, size)
        if len(self._clusters) < len(groups):
            with mpl.rc_context(mpl.rcParamsDefault):
                self._add_clusters(len(groups))
        group_of = np.full(len(scene.centers) + 1, -1)  # the last one: of no cluster
        for i, group in enumerate(groups):
            group_of[group] = i
        drawn_by = group_of[scene.labels]
        for i, cluster in enumerate(self._clusters):
            cluster.members = np.flatnonzero(drawn_by == i)
            _place(cluster.points, scene, cluster.members, size)

    def _add_clusters(self, n_clusters: int) -> None:
        """Make artists for so many clusters in all."""
        self._clusters += [_Cluster(self.map, k) for k in range(len(self._clusters), n_clusters)]

    def _show_rings(self, scene: Scene) -> None:
        # In the first assignment every point changes: a ring around each would say nothing.
        ringed = scene.changed & (scene.facts.n_iter > 1)
        for k in _hidden(scene):
            ringed = ringed & (scene.labels != k)
        size = _point_size(len(ringed))
        width = size + RING * (2.5 - 2 * scene.progress)
        _place(self._rings, scene, ringed, width)
        self._rings.set_markeredgewidth(0.35 + 0.13 * size)
        self._rings.set_alpha(1.0 if np.count_nonzero(ringed) <= MANY_RINGS else 0.35)

    def _show_empty(self, scene: Scene) -> None:
        """Put a ring around the centroids of clusters without a point."""
        empty = (scene.facts.counts == 0) & (scene.facts.n_iter > 0)
        empty[_hidden(scene)] = False
        self._empty.set_data(*scene.discs[empty].T)
        disc = _disc_size(len(empty))
        self._empty.set_markersize(27 if disc >= USUAL_DISC else 8 + disc)

    def _show_numbers(self, scene: Scene, seen: list[int]) -> None:
        """Write on every disc which cluster it is of, where there is room for that."""
        numbers = seen if len(scene.centers) <= MOST_NUMBERS else []
        scale = min(_disc_size(len(scene.centers)) / USUAL_DISC, 1.0)
        self.numbers.show(
            numbers, scene.discs[numbers], [writing(scene.slots[k]) for k in numbers],
            [scale * (7.5 if k < 10 else 10.5) for k in numbers],
        )  # fmt: skip


class _Cluster:
    """The artists of one cluster, and of those that look the same, if there are so many."""

    def __init__(self, parent: Axes, slot: int) -> None:
        self.members: Any = np.zeros(0, dtype=np.intp)
        self.region = PathPatch(polygons([]), linewidth=1.0, zorder=1, animated=True)
        parent.add_patch(self.region)
        self.lines = line(parent, 2, linewidth=0.8, alpha=0.55)
        self.points = dots(parent, 3, markeredgecolor=PAPER, markeredgewidth=0.6)
        self.trail = line(parent, 4, linewidth=1.6, marker="o", markersize=3.5)
        self.center = line(
            parent, 7, linestyle="", marker="o", markersize=19, markeredgecolor=PAPER,
            markeredgewidth=2.0,
        )  # fmt: skip
        self.artists = (self.region, self.lines, self.points, self.trail, self.center)
        self.slot = -1
        self._dress(slot)

    def _dress(self, slot: int) -> None:
        """Give the artists the colour and the marker of a place in the palette."""
        self.slot, shade = slot, color(slot)
        self.region.set(facecolor=to_rgba(shade, 0.11), edgecolor=to_rgba(shade, 0.55))
        for artist in (self.lines, self.points, self.trail, self.center):
            artist.set_color(shade)
        self.points.set_marker(marker(slot))
        self.points.set_markeredgecolor(PAPER)
        self.center.set_markeredgecolor(PAPER)

    def show(self, scene: Scene, clusters: list[int]) -> None:
        """Bring the artists to some clusters of `scene`; hide them where there are none."""
        for artist in self.artists:
            artist.set_visible(len(clusters) > 0)
        if not clusters:
            return
        if self.slot != scene.slots[clusters[0]]:
            self._dress(scene.slots[clusters[0]])
        regions = [scene.cells[k] for k in clusters if scene.cells and len(scene.cells[k]) > 2]
        self.region.set_visible(len(regions) > 0)
        self.region.set_path(polygons(regions))
        self.lines.set_visible(scene.lines)
        if scene.lines:
            self.lines.set_data(*_spokes(scene, self.members).T)
        self.trail.set_data(*merged(scene.trails[:, clusters].swapaxes(0, 1)).T)
        self.center.set_data(*scene.discs[clusters].T)
        disc = _disc_size(len(scene.centers))
        self.center.set_markersize(disc)
        self.center.set_markeredgewidth(min(2.0, disc / 7))


def _place(markers: Dots, scene: Scene, which: Any, size: float) -> None:
    """Put markers to some of the points, sized by their weights."""
    sizes = scene.backdrop.sizes
    markers.sizes = None if sizes is None else sizes[which]
    place(markers, scene.backdrop.points[which], size)


def _hidden(scene: Scene) -> list[int]:
    """List the clusters that are not drawn."""
    return [k for k, slot in enumerate(scene.slots) if slot in scene.hidden]


def _seen(scene: Scene) -> list[int]:
    """List the clusters that are drawn."""
    return [k for k, slot in enumerate(scene.slots) if slot not in scene.hidden]


def _spokes(scene: Scene, members: Any) -> Floats:
    """Segments from points to their centres, separated by NaN: one line draws them all."""
    ends = scene.centers[scene.labels[members]]
    starts = scene.backdrop.points[members]
    if scene.facts.phase is Phase.ASSIGN and scene.progress < 1.0:
        reach = np.where(scene.changed[members], scene.progress, 1.0)
        ends = starts + reach[:, None] * (ends - starts)
    segments = np.full((len(members), 3, 2), np.nan)
    segments[:, 0], segments[:, 1] = starts, ends
    return segments.reshape(-1, 2)


def _disc_size(n_clusters: int) -> float:
    """Diameter of the disc of a centroid in points, smaller where there are many."""
    sizes = ((12, 19.0), (50, USUAL_DISC), (MOST_NUMBERS, 11.0))
    return next((size for limit, size in sizes if n_clusters <= limit), 6.0)


def _point_size(n_points: int) -> float:
    """Diameter in points, smaller where there are many."""
    sizes = ((60, 8.0), (300, 6.5), (1500, 4.5), (5000, 3.0))
    return next((size for limit, size in sizes if n_points <= limit), 2.2)


def _plain(low: float, high: float) -> Callable[[float, object], str]:
    """Make the formatter of an axis: plain numbers with the decimals that tell ticks apart."""
    largest, span = max(abs(low), abs(high)), high - low
    if 1e5 <= largest < 1e9 and span >= 1e4:  # longer numbers leave no room for the axis's name
        unit, letter = (1e6, "M") if largest >= 1e6 else (1e3, "k")
        return lambda value, _: f"{value / unit:.7g}{letter}" if value else "0"
    if not 1e-3 < largest < 1e6:
        digits = 2 + max(0, math.ceil(math.log10(largest) - math.log10(span)))
        # A tick beside 0 that is rounding alone is 0.
        return lambda value, _: f"{value if abs(value) > 1e-9 * span else 0.0:.{digits}g}"
    decimals = max(0, math.ceil(1 - math.log10(span / 5)))
    return lambda value, _: (
        f"{value:.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{value:.0f}"
    )
