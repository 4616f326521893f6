"""The overlay of the map: the inspected point, placed centroids, a dragged point, a question."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.plot.artists import Number, Numbers, add_line
from kmeans_widget.plot.palette import INK, MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kmeans_widget.core.arrays import Floats

CIRCLE = np.exp(1j * np.linspace(0, 2 * np.pi, 73)).view(np.float64).reshape(-1, 2)


NONE = -1  # number of no centroid
LETTER_HEIGHT = 8.0  # typographic points, as is the place of a letter beside its point
LETTER_OFFSET = np.array([11.0, 11.0])
INSIDE = 0.9  # beyond this share of the map, letters are on the other side of their points


def letter(i: int) -> str:
    """Return the letter of a point that a question is about."""
    return chr(ord("A") + i)


def no_points() -> Floats:
    """Return an empty array of points, shape (0, 2)."""
    return np.empty((0, 2))


@dataclass(frozen=True, slots=True, eq=False)
class OverlayState:
    """What the overlay shows, in data coordinates of the map.

    Attributes
    ----------
    inspected : ndarray of shape (n, 2)
        A point, its centroid, and the runner-up if there is one; empty if none is inspected.
    moving : ndarray of shape (n, 2)
        Start and current position of a dragged point.
    placed : ndarray of shape (n, 2)
        Starting centroids placed so far.
    patch : ndarray of shape (n, 2)
        Corners of the cells under the pointer.
    cloud : ndarray of shape (2, 2)
        Centre of the cloud to be painted, and its radius along both axes.
    asked : ndarray of shape (n, 2)
        Points that a question is about, which are lettered.
    discs : ndarray of shape (n_clusters, 2)
        The centroids, which no letter may hide.
    marked : ndarray of shape (n, 2)
        Those of them that are marked as an answer.
    focus : ndarray of shape (n, 2)
        The centroid that a question is about.
    """

    inspected: Floats = field(default_factory=no_points)
    moving: Floats = field(default_factory=no_points)
    placed: Floats = field(default_factory=no_points)
    patch: Floats = field(default_factory=no_points)
    cloud: Floats = field(default_factory=no_points)
    asked: Floats = field(default_factory=no_points)
    discs: Floats = field(default_factory=no_points)
    marked: Floats = field(default_factory=no_points)
    focus: Floats = field(default_factory=no_points)


class Overlay:
    """The artists of an `OverlayState`."""

    def __init__(self, axes: Axes) -> None:
        self._axes = axes
        dark = {"color": INK, "linewidth": 1.6}
        self._own = add_line(axes, 5, **dark)
        self._rival = add_line(axes, 5, **dark, dashes=(3, 2))
        self._point = add_line(
            axes, 6, marker="o", markersize=14, markerfacecolor="none", markeredgecolor=INK,
            markeredgewidth=2.2,
        )  # fmt: skip
        self._path = add_line(axes, 8, color=INK, linewidth=1.2, dashes=(2, 2))
        self._moved = add_line(axes, 9, color=INK, marker="o", markersize=9, markeredgecolor=PAPER)
        self._placed = add_line(
            axes, 9, linestyle="", marker="X", markersize=14, color=INK, markeredgecolor=PAPER,
            markeredgewidth=1.5,
        )  # fmt: skip
        self._cloud = add_line(axes, 9, color=MUTED, linewidth=1.4, dashes=(3, 2))
        self._patch = add_line(axes, 9, color=INK, linewidth=1.2)
        ring = {"linestyle": "", "marker": "o", "markerfacecolor": "none", "markeredgecolor": INK}
        self._asked = add_line(axes, 6, **ring, markersize=15, markeredgewidth=1.2)
        self._marked = add_line(axes, 6, **ring, markersize=17, markeredgewidth=4.0)
        self._focus = add_line(axes, 9, **ring, markersize=30, markeredgewidth=2.2)
        self._letters = Numbers(axes.transData, zorder=10, animated=True)
        axes.add_artist(self._letters)
        self.artists = (
            self._patch, self._asked, self._marked, self._focus, self._letters,
            self._own, self._rival, self._point, self._path, self._moved, self._placed, self._cloud,
        )  # fmt: skip

    def show(self, state: OverlayState) -> None:
        """Update the artists to `state`."""
        inspected = state.inspected
        self._point.set_data(*inspected[:1].T)
        self._own.set_data(*inspected[:2].T)
        self._rival.set_data(*inspected[:3:2].T if len(inspected) > 2 else no_points().T)
        self._path.set_data(*state.moving.T)
        self._moved.set_data(*state.moving[-1:].T)
        self._placed.set_data(*state.placed.T)
        self._patch.set_data(*state.patch.T)
        self._asked.set_data(*state.asked.T)
        self._marked.set_data(*state.marked.T)
        self._focus.set_data(*state.focus.T)
        self._letters.numbers = [
            Number(letter(i), place, LETTER_HEIGHT, INK, self._offset(place, state.discs))
            for i, place in enumerate(state.asked)
        ]
        cloud = state.cloud
        self._cloud.set_data(*(cloud[0] + CIRCLE * cloud[1]).T if len(cloud) else no_points().T)

    def _offset(self, place: Floats, discs: Floats) -> Floats:
        """Return where the letter of a point is: away from the nearest centroid, and on the map."""
        to_shares = self._axes.transData - self._axes.transAxes
        share, others = to_shares.transform(place), to_shares.transform(discs)
        away = share - others[np.hypot(*(others - share).T).argmin()]
        side = np.where(away < 0, -1.0, 1.0)
        side = np.where(share > INSIDE, -1.0, np.where(share < 1 - INSIDE, 1.0, side))
        return np.asarray(LETTER_OFFSET * side)
