"""Hit testing: what is at a pixel of the picture."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kmeans_widget.core.arrays import Floats, Indices
    from kmeans_widget.plot.figure import Picture
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.plot.voronoi import Box

# Largest distance of a hit, in pixels of a picture at 100 dots per inch.
CENTROID_RADIUS = 13.0
POINT_RADIUS = 9.0
COVERED_RADIUS = 5.0  # of a point beneath a centroid
CURVE_RADIUS = 9.0
PATCH_RADIUS = 4.0  # of cells whose points are counted
MAX_TOUCH_POINTS = 100  # with more points, a finger near one scrolls the page unless it rests first


class HitKind(StrEnum):
    """What can be under the pointer; EMPTY is a place of the map without a point or centroid."""

    CENTROID = "centroid"
    POINT = "point"
    EMPTY = "empty"
    CURVE = "curve"
    NOTHING = "nothing"


TOUCH_RADII = {HitKind.CENTROID: 22.0, HitKind.POINT: 12.0}  # for a finger, pixels of the page


class Hit(NamedTuple):
    """What is under the pointer.

    `number` is that of a cluster, of a drawn point or of a branch; `position` is the pointer's
    on the map in data coordinates, `half_step` the nearest one on the curve, and `point` the
    number of a drawn point, also of one beneath a centroid, or -1.
    """

    kind: HitKind
    number: int = -1
    position: Floats = np.full(2, np.nan)
    half_step: int = 0
    point: int = -1

    @property
    def is_on_map(self) -> bool:
        """Whether it is on the map."""
        return self.kind in {HitKind.CENTROID, HitKind.POINT, HitKind.EMPTY}


def pick(picture: Picture, scene: Scene, pixel: tuple[float, float], branch: int) -> Hit:
    """Find what is at a pixel.

    Parameters
    ----------
    picture : Picture
    scene : Scene
        The scene that the picture shows.
    pixel : (float, float)
        Display coordinates: pixels from the lower left corner of the picture.
    branch : int
        The branch shown, which is preferred where curves meet.

    Returns
    -------
    Hit
    """
    scale = picture.figure.dpi / 100.0
    if picture.map.bbox.contains(*pixel):
        return _pick_on_map(picture.map, scene, pixel, scale)
    distances, half_steps = [], []
    for curve in scene.curves:
        distance, half_step = _nearest_on_curve(picture.chart.pixels(curve), pixel)
        distances.append(distance)
        half_steps.append(half_step)
    if not distances or min(distances) > CURVE_RADIUS * scale:
        return Hit(HitKind.NOTHING)
    number = branch if distances[branch] <= CURVE_RADIUS * scale else int(np.argmin(distances))
    return Hit(HitKind.CURVE, number, half_step=half_steps[number])


def touch_spots(
    picture: Picture, scene: Scene, kinds: frozenset[HitKind]
) -> list[tuple[float, float, float]]:
    """List the spots where a finger takes something.

    Parameters
    ----------
    picture : Picture
    scene : Scene
    kinds : frozenset of HitKind
        What can be taken; points only if there are at most `MAX_TOUCH_POINTS`.

    Returns
    -------
    list of (float, float, float)
        Their places, as shares of the picture from its lower left corner, and their radii in
        pixels of the page.
    """
    visible = _visible(scene)
    drawn = _drawn(scene, visible)
    places = {HitKind.CENTROID: scene.discs[visible], HitKind.POINT: scene.backdrop.points[drawn]}
    left, right, bottom, top = scene.backdrop.box
    axes = picture.map.get_position()
    spots = []
    for kind, points in places.items():
        if kind in kinds and (kind is HitKind.CENTROID or len(points) <= MAX_TOUCH_POINTS):
            shares = (points - (left, bottom)) / (right - left, top - bottom)
            shares = (axes.x0, axes.y0) + shares * (axes.width, axes.height)
            spots += [(x, y, TOUCH_RADII[kind]) for x, y in shares.tolist()]
    return spots


def around(picture: Picture, pixel: tuple[float, float]) -> Box:
    """Return the limits of a small square around a pixel, in data coordinates of the map."""
    reach = PATCH_RADIUS * picture.figure.dpi / 100.0
    left, bottom = map_position(picture, (pixel[0] - reach, pixel[1] - reach)).tolist()
    right, top = map_position(picture, (pixel[0] + reach, pixel[1] + reach)).tolist()
    return left, right, bottom, top


def map_position(picture: Picture, pixel: tuple[float, float]) -> Floats:
    """Return the data coordinates of a pixel on the map; they may be outside of its limits."""
    return np.asarray(picture.map.transData.inverted().transform(pixel))


def _pick_on_map(axes: Axes, scene: Scene, pixel: tuple[float, float], scale: float) -> Hit:
    position = np.asarray(axes.transData.inverted().transform(pixel))
    visible = _visible(scene)
    k, to_center = _nearest(axes, scene.discs[visible], pixel)
    drawn = _drawn(scene, visible) if scene.density is None else np.empty(0, np.intp)
    i, to_point = _nearest(axes, scene.backdrop.points[drawn], pixel)
    point = int(drawn[i]) if i >= 0 else -1
    if to_center <= CENTROID_RADIUS * scale:
        covered = point if to_point <= COVERED_RADIUS * scale else -1
        return Hit(HitKind.CENTROID, visible[k], position, point=covered)
    if to_point <= POINT_RADIUS * scale:
        return Hit(HitKind.POINT, point, position, point=point)
    return Hit(HitKind.EMPTY, position=position)


def _visible(scene: Scene) -> list[int]:
    """List the clusters that are drawn."""
    return [k for k, slot in enumerate(scene.slots) if slot not in scene.hidden]


def _drawn(scene: Scene, visible: list[int]) -> Indices:
    """Return the points that are drawn: those of visible clusters."""
    return np.flatnonzero(np.isin(scene.labels, [-1, *visible]))


def _nearest(axes: Axes, points: Floats, pixel: tuple[float, float]) -> tuple[int, float]:
    """Return the index of the point nearest to a pixel, and its distance in pixels."""
    if len(points) == 0:
        return -1, np.inf
    offsets = axes.transData.transform(points) - pixel
    distances = np.hypot(offsets[:, 0], offsets[:, 1])
    nearest = int(distances.argmin())
    return nearest, float(distances[nearest])


def _nearest_on_curve(vertices: Floats, pixel: tuple[float, float]) -> tuple[float, int]:
    """Return the distance of a pixel from a polyline, and the half-step of the nearest vertex."""
    if len(vertices) == 0:
        return np.inf, 0
    starts, steps = vertices[:-1], np.diff(vertices, axis=0)
    squared_lengths = np.maximum(np.einsum("ij,ij->i", steps, steps), 1e-300)
    shares = np.clip(np.einsum("ij,ij->i", pixel - starts, steps) / squared_lengths, 0.0, 1.0)
    feet = np.concatenate([starts + shares[:, None] * steps, vertices])
    offsets = feet - pixel
    nearest_vertex = int(np.hypot(*(vertices - pixel).T).argmin())
    return float(np.hypot(offsets[:, 0], offsets[:, 1]).min()), nearest_vertex + 1
