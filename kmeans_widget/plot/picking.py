"""What is under the pointer: a centroid, a point, a place of the map, or a half-step of a run."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.figure import Picture
    from kmeans_widget.plot.scene import Scene

# How far from it, in pixels of a picture at 100 dots an inch, one still means a thing.
CENTROID_REACH = 13.0
POINT_REACH = 9.0
CURVE_REACH = 9.0


class Thing(StrEnum):
    """What can be under the pointer."""

    CENTROID = "centroid"
    POINT = "point"
    PLACE = "place"
    CURVE = "curve"
    NOTHING = "nothing"


class Target(NamedTuple):
    """Something under the pointer.

    `number` is a cluster, the index of a drawn point, or a branch; `place` is where the pointer is
    on the map, `half_step` where it is on the curve.
    """

    thing: Thing
    number: int = -1
    place: Floats = np.full(2, np.nan)
    half_step: int = 0

    @property
    def is_on_map(self) -> bool:
        """Whether it is on the map, not on the curve or beside both."""
        return self.thing in {Thing.CENTROID, Thing.POINT, Thing.PLACE}


def find(picture: Picture, scene: Scene, spot: tuple[float, float], shown: int) -> Target:
    """Find what is under a spot.

    Parameters
    ----------
    picture : Picture
    scene : Scene
        What it shows.
    spot : (float, float)
        Pixels from the lower left corner of the picture.
    shown : int
        The branch shown: where curves meet, it is the one that is meant.

    Returns
    -------
    Target
    """
    scale = picture.figure.dpi / 100.0
    if picture.map.bbox.contains(*spot):
        return _on_map(picture.map, scene, spot, scale)
    distances, half_steps = [], []
    for curve in scene.curves:
        distance, half_step = _along(picture.chart.axes.transData.transform(curve), spot)
        distances.append(distance)
        half_steps.append(half_step)
    if not distances or min(distances) > CURVE_REACH * scale:
        return Target(Thing.NOTHING)
    meant = shown if distances[shown] <= CURVE_REACH * scale else int(np.argmin(distances))
    return Target(Thing.CURVE, meant, half_step=half_steps[meant])


def on_map(picture: Picture, spot: tuple[float, float]) -> Floats:
    """Return the place on the map of a spot, which may be outside of its limits."""
    return np.asarray(picture.map.transData.inverted().transform(spot))


def _on_map(axes: Axes, scene: Scene, spot: tuple[float, float], scale: float) -> Target:
    place = np.asarray(axes.transData.inverted().transform(spot))
    seen = [k for k, slot in enumerate(scene.slots) if slot not in scene.hidden]
    k, far = _nearest(axes, scene.discs[seen], spot)
    if far <= CENTROID_REACH * scale:
        return Target(Thing.CENTROID, seen[k], place)
    visible = np.flatnonzero(np.isin(scene.labels, [-1, *seen]))
    i, far = _nearest(axes, scene.backdrop.points[visible], spot)
    if far <= POINT_REACH * scale:
        return Target(Thing.POINT, int(visible[i]), place)
    return Target(Thing.PLACE, place=place)


def _nearest(axes: Axes, places: Floats, spot: tuple[float, float]) -> tuple[int, float]:
    """Find the place nearest to a spot, and its distance in pixels."""
    if len(places) == 0:
        return -1, np.inf
    offsets = axes.transData.transform(places) - spot
    distances = np.hypot(offsets[:, 0], offsets[:, 1])
    nearest = int(distances.argmin())
    return nearest, float(distances[nearest])


def _along(corners: Floats, spot: tuple[float, float]) -> tuple[float, int]:
    """Measure how far a spot is from a polygonal line, and find the corner nearest to it."""
    if len(corners) == 0:
        return np.inf, 0
    starts, ways = corners[:-1], np.diff(corners, axis=0)
    lengths = np.maximum(np.einsum("ij,ij->i", ways, ways), 1e-300)
    shares = np.clip(np.einsum("ij,ij->i", spot - starts, ways) / lengths, 0.0, 1.0)
    feet = np.concatenate([starts + shares[:, None] * ways, corners])
    offsets = feet - spot
    nearest_corner = int(np.hypot(*(corners - spot).T).argmin())
    return float(np.hypot(offsets[:, 0], offsets[:, 1]).min()), nearest_corner + 1
