"""Chart of the inertia over the iterations: the run up to the cursor, and all branches in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from kmeans_widget.plot.artists import add_line
from kmeans_widget.plot.fonts import FAMILY, text_properties
from kmeans_widget.plot.limits import MIN_SPAN
from kmeans_widget.plot.palette import FAINT, INK, MUTED, PAPER, color
from kmeans_widget.plot.text import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from kmeans_widget.core.arrays import Floats

MAX_BRANCH_NAME = 64  # columns of a branch's name: the width of the chart
N_INTERVALS = 3  # between the ticks of the inertia


class InertiaChart:
    """The artists of the inertia chart.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Empty axes.
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        # Left of the axis, in line with its ticks.
        offset = ScaledTranslation(-0.09, -0.055, axes.figure.dpi_scale_trans)
        self._add_text(
            0.0, 0.0, "iteration", ha="right", va="top", color=INK, fontsize=9,
            transform=axes.transAxes + offset,
        )  # fmt: skip
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(N_INTERVALS))
        axes.yaxis.set_major_formatter(lambda value, _: _tick_label(value))
        self._title = axes.set_title(
            "", loc="left", fontsize=9, color=INK, pad=7, fontfamily=FAMILY
        )
        self._branches = add_line(axes, 1, color=FAINT, linewidth=1.0, marker="o", markersize=2.2)
        self._curve = add_line(axes, 2, color=MUTED, linewidth=1.8)
        dots = {"color": INK, "marker": "o", "markersize": 5, "linestyle": ""}
        self._assigns = add_line(axes, 3, **dots)
        self._updates = add_line(axes, 3, **dots, markerfacecolor=PAPER)
        self._cursor = add_line(
            axes, 4, marker="o", markersize=11, markerfacecolor="none",
            markeredgecolor=color(1), markeredgewidth=1.8,
        )  # fmt: skip
        self._highlighted = ""  # name of the highlighted branch
        self._highlight = add_line(axes, 2.5, color=color(0), linewidth=2.4)
        self._highlight_name = self._add_text(
            1.0, 0.98, "", ha="right", va="top", color=color(0), fontsize=9.5, fontweight="bold",
            animated=True,
        )  # fmt: skip
        self.artists = (
            self._branches, self._curve, self._highlight, self._assigns, self._updates,
            self._cursor, self._highlight_name,
        )  # fmt: skip
        for artist in self.artists:
            artist.set_clip_on(False)
        self._legend: Any = axes.legend(
            (self._branches, self._assigns, self._updates), ("branches", "assign", "recalculate"),
            loc="lower right", bbox_to_anchor=(1.0, 1.05), ncols=3, frameon=False, labelcolor=INK,
            prop={"family": FAMILY, "size": 9}, handlelength=0.7, handletextpad=0.35,
            columnspacing=0.5, borderaxespad=0.0, borderpad=0.0,
        )  # fmt: skip

    def prepare(self, n_ticks: int) -> None:
        """Create ticks in advance."""
        self.axes.xaxis.get_major_ticks(n_ticks)
        self.axes.yaxis.get_major_ticks(N_INTERVALS + 1)

    def fit(self, width: float) -> None:
        """Leave out words that have no room in a width in pixels."""
        self._title.set_text("Inertia: sum of squared distances" if width >= 400 else "Inertia")
        self._legend.set_visible(width >= 260)

    def show(self, curve: Floats, branches: tuple[Floats, ...]) -> bool:
        """Show the run up to the cursor, and all branches behind it.

        Parameters
        ----------
        curve : ndarray of shape (n_half_steps, 2)
            Iterations and inertias up to the cursor.
        branches : tuple of ndarray of shape (n, 2)
            The same for every branch, as far as it has been computed.

        Returns
        -------
        bool
            Whether the axes or the legend have changed, not just animated artists.
        """
        is_assign = curve[:, 0] % 1.0 == 0.0
        self._branches.set_data(*_join_curves(branches).T)
        self._curve.set_data(*curve.T)
        self._assigns.set_data(*curve[is_assign].T)
        self._updates.set_data(*curve[~is_assign].T)
        self._cursor.set_data(*curve[-1:].T)
        limits = _limits(np.concatenate([curve, *branches]))
        same_limits = limits == (*self.axes.get_xlim(), *self.axes.get_ylim())
        if not self._show_legend_of_branches(visible=len(branches) > 1) and same_limits:
            return False
        self.axes.set(xlim=limits[:2], ylim=limits[2:])
        self.axes.yaxis.set_visible(limits[3] != 1.0)
        return True

    def highlight(self, curve: Floats, name: str) -> bool:
        """Highlight a branch and show its name; an empty name removes the highlight.

        Parameters
        ----------
        curve : ndarray of shape (n, 2)
            Iterations and inertias of the branch.
        name : str
            Name of the branch.

        Returns
        -------
        bool
            Whether the highlight has changed.
        """
        if name == self._highlighted:
            return False
        self._highlighted = name
        self._highlight.set_data(*curve.T)
        label = shorten(name, MAX_BRANCH_NAME) if name else ""
        self._highlight_name.set(**text_properties(label, "bold"))
        return True

    def _show_legend_of_branches(self, *, visible: bool) -> bool:
        """Show or hide the legend's entry for branches; return whether that changed it."""
        entry = (self._legend.legend_handles[0], self._legend.texts[0])
        changed = visible is not entry[0].get_visible()
        for artist in entry:
            artist.set_visible(visible)
        return changed

    def _add_text(self, x: float, y: float, text: str, **style: Any) -> Text:
        """Add text at a position in axes coordinates, without parsing "$" as mathematics."""
        style = {"transform": self.axes.transAxes, **style}
        style |= {"parse_math": False, "fontfamily": FAMILY}
        return self.axes.text(x, y, text, **style)


def _join_curves(curves: tuple[Floats, ...]) -> Floats:
    """Join curves of any length, separated by NaN, so that one artist draws all."""
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for curve in curves for part in (curve, gap)] or [gap])


def _limits(curve: Floats) -> tuple[float, float, float, float]:
    """Return left, right, bottom, top; x grows by doubling, since new limits cost a full draw."""
    last, top = 6.0, 1.0
    if len(curve):
        while last < curve[:, 0].max():
            last *= 2
        top = axis_top(curve[:, 1])
    return 0.7, last + 0.3, 0.0, top


def axis_top(inertias: Floats) -> float:
    """Return the upper limit of an axis of inertias: 1 if all of them are (nearly) 0."""
    top = 1.06 * float(inertias.max())
    return top if top > MIN_SPAN else 1.0


def _tick_label(value: float) -> str:
    """Format a tick label of the inertia, short enough to fit left of the axis."""
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if max(unit, 1e4) <= abs(value) < 1e3 * unit:
            return f"{value / unit:.3g}{letter}"
    return f"{value:.4g}" if abs(value) < 1e12 else f"{value:.0e}"
