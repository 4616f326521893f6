"""What the hand leaves on the map: the point looked at, centroids placed, a point on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.plot.artists import line
from kmeans_widget.plot.palette import INK, MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kmeans_widget.core.arrays import Floats

CIRCLE = np.exp(1j * np.linspace(0, 2 * np.pi, 73)).view(np.float64).reshape(-1, 2)


def nowhere() -> Floats:
    """Give no places, shape (0, 2)."""
    return np.empty((0, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Touch:
    """What the hand is about to do, as places on the map.

    Attributes
    ----------
    looked_at : ndarray of shape (n, 2)
        A point, its centroid, and the runner-up if there is one; nothing if none is looked at.
    moving : ndarray of shape (n, 2)
        Where a dragged point comes from, and where it is now.
    placed : ndarray of shape (n, 2)
        Starting centroids placed so far.
    cloud : ndarray of shape (2, 2)
        Middle of the cloud to be painted, and its radius along both axes.
    """

    looked_at: Floats = field(default_factory=nowhere)
    moving: Floats = field(default_factory=nowhere)
    placed: Floats = field(default_factory=nowhere)
    cloud: Floats = field(default_factory=nowhere)


class Marks:
    """The artists of a `Touch`."""

    def __init__(self, axes: Axes) -> None:
        dark = {"color": INK, "linewidth": 1.6}
        self._own = line(axes, 5, **dark)
        self._rival = line(axes, 5, **dark, dashes=(3, 2))
        self._point = line(
            axes, 6, marker="o", markersize=14, markerfacecolor="none", markeredgecolor=INK,
            markeredgewidth=2.2,
        )  # fmt: skip
        self._way = line(axes, 8, color=INK, linewidth=1.2, dashes=(2, 2))
        self._moved = line(axes, 9, color=INK, marker="o", markersize=9, markeredgecolor=PAPER)
        self._placed = line(
            axes, 9, linestyle="", marker="X", markersize=14, color=INK, markeredgecolor=PAPER,
            markeredgewidth=1.5,
        )  # fmt: skip
        self._cloud = line(axes, 9, color=MUTED, linewidth=1.4, dashes=(3, 2))
        self.artists = (
            self._own, self._rival, self._point, self._way, self._moved, self._placed, self._cloud,
        )  # fmt: skip

    def show(self, touch: Touch) -> None:
        """Bring the artists to `touch`."""
        at = touch.looked_at
        self._point.set_data(*at[:1].T)
        self._own.set_data(*at[:2].T)
        self._rival.set_data(*at[:3:2].T if len(at) > 2 else nowhere().T)
        self._way.set_data(*touch.moving.T)
        self._moved.set_data(*touch.moving[-1:].T)
        self._placed.set_data(*touch.placed.T)
        cloud = touch.cloud
        self._cloud.set_data(*(cloud[0] + CIRCLE * cloud[1]).T if len(cloud) else nowhere().T)
