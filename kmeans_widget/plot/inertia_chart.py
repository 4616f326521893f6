"""The inertia over the iterations: the run up to the cursor in bold, and all branches behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from kmeans_widget.plot.artists import line
from kmeans_widget.plot.fonts import FAMILY, lettering
from kmeans_widget.plot.limits import LEAST
from kmeans_widget.plot.palette import FAINT, INK, MUTED, PAPER, color
from kmeans_widget.plot.text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from kmeans_widget.core.arrays import Floats

MAX_NAME = 64  # columns of a branch's name: the width of the chart
LEVELS = 3  # intervals between the ticks of the inertia


class Chart:
    """The artists of the inertia's axes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Empty ones.
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self._write(-0.02, -0.055, "iteration", ha="right", va="top", color=INK, fontsize=9)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(LEVELS))
        axes.yaxis.set_major_formatter(lambda value, _: _short(value))
        axes.set_title(
            "Inertia: sum of squared distances", loc="left", fontsize=9, color=INK, pad=7,
            fontfamily=FAMILY,
        )  # fmt: skip
        self._branches = line(axes, 1, color=FAINT, linewidth=1.0, marker="o", markersize=2.2)
        self._curve = line(axes, 2, color=MUTED, linewidth=1.8)
        dots = {"color": INK, "marker": "o", "markersize": 5, "linestyle": ""}
        self._assigns = line(axes, 3, **dots)
        self._updates = line(axes, 3, **dots, markerfacecolor=PAPER)
        self._now = line(
            axes, 4, marker="o", markersize=11, markerfacecolor="none",
            markeredgecolor=color(1), markeredgewidth=1.8,
        )  # fmt: skip
        self._named = line(axes, 2.5, color=color(0), linewidth=2.4)
        self._called = ""
        self._name = self._write(
            1.0, 0.98, "", ha="right", va="top", color=color(0), fontsize=9.5, fontweight="bold",
            animated=True,
        )  # fmt: skip
        self.artists = (
            self._branches, self._curve, self._named, self._assigns, self._updates, self._now,
            self._name,
        )  # fmt: skip
        for artist in self.artists:
            artist.set_clip_on(False)
        self._key: Any = axes.legend(
            (self._branches, self._assigns, self._updates), ("branches", "assign", "recalculate"),
            loc="lower right", bbox_to_anchor=(1.0, 1.05), ncols=3, frameon=False, labelcolor=INK,
            prop={"family": FAMILY, "size": 9}, handlelength=0.7, handletextpad=0.35,
            columnspacing=0.5, borderaxespad=0.0, borderpad=0.0,
        )  # fmt: skip

    def prepare(self, n_ticks: int) -> None:
        """Make ticks beforehand."""
        self.axes.xaxis.get_major_ticks(n_ticks)
        self.axes.yaxis.get_major_ticks(LEVELS + 1)

    def show(self, curve: Floats, branches: tuple[Floats, ...]) -> bool:
        """Show the run up to the cursor, and behind it all that is known of every branch.

        Parameters
        ----------
        curve : ndarray of shape (n_half_steps, 2)
            Iterations and inertias up to the cursor.
        branches : tuple of ndarray of shape (n, 2)
            The same of every branch, to its end.

        Returns
        -------
        bool
            Whether the axes have changed, and not only what moves on them.
        """
        whole = curve[:, 0] % 1.0 == 0.0
        self._branches.set_data(*_joined(branches).T)
        self._curve.set_data(*curve.T)
        self._assigns.set_data(*curve[whole].T)
        self._updates.set_data(*curve[~whole].T)
        self._now.set_data(*curve[-1:].T)
        limits = _limits(np.concatenate([curve, *branches]))
        as_before = limits == (*self.axes.get_xlim(), *self.axes.get_ylim())
        if not self._list_branches(seen=len(branches) > 1) and as_before:
            return False
        self.axes.set(xlim=limits[:2], ylim=limits[2:])
        self.axes.yaxis.set_visible(limits[3] != 1.0)
        return True

    def name(self, curve: Floats, name: str) -> bool:
        """Tell one curve from the others by its name; with an empty one, none.

        Parameters
        ----------
        curve : ndarray of shape (n, 2)
            Its iterations and inertias.
        name : str
            What it is called.

        Returns
        -------
        bool
            Whether that is something new.
        """
        if name == self._called:
            return False
        self._called = name
        self._named.set_data(*curve.T)
        self._name.set(**lettering(shortened(name, MAX_NAME) if name else "", "bold"))
        return True

    def _list_branches(self, *, seen: bool) -> bool:
        """Show or hide the branches' entry of the key; tell whether that is a change."""
        entry = (self._key.legend_handles[0], self._key.texts[0])
        changed = seen is not entry[0].get_visible()
        for artist in entry:
            artist.set_visible(seen)
        return changed

    def _write(self, x: float, y: float, words: str, **style: Any) -> Text:
        """Write at a place in shares of the axes; a name with a "$" in it is no formula."""
        style |= {"transform": self.axes.transAxes, "parse_math": False, "fontfamily": FAMILY}
        return self.axes.text(x, y, words, **style)


def _joined(curves: tuple[Floats, ...]) -> Floats:
    """Write curves one after the other, separated by NaN: one line draws them all."""
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for curve in curves for part in (curve, gap)] or [gap])


def _limits(curve: Floats) -> tuple[float, float, float, float]:
    """Left, right, bottom, top around the curve, in few sizes: a new one costs a full draw."""
    last, top = 6.0, 1.0
    if len(curve):
        while last < curve[:, 0].max():
            last *= 2
        top = highest(curve[:, 1])
    return 0.7, last + 0.3, 0.0, top


def highest(inertias: Floats) -> float:
    """Find the upper end of an axis of inertias: 1 where all of them are 0, or as good as that."""
    largest = 1.06 * float(inertias.max())
    return largest if largest > LEAST else 1.0


def _short(value: float) -> str:
    """Write the label of a tick, short enough to stand left of the axis."""
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if max(unit, 1e4) <= abs(value) < 1e3 * unit:
            return f"{value / unit:.3g}{letter}"
    return f"{value:.4g}" if abs(value) < 1e12 else f"{value:.0e}"
