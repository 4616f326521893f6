"""Chart of the inertia over the iterations: the run up to the cursor, other branches in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from kmeans_widget.plot.artists import add_line
from kmeans_widget.plot.fonts import FAMILY, text_properties
from kmeans_widget.plot.inertia_axis import N_TICKS, InertiaAxis, tick_labels
from kmeans_widget.plot.palette import FAINT, INK, MUTED, PAPER, color
from kmeans_widget.plot.text import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from kmeans_widget.core.arrays import Floats

MAX_BRANCH_NAME = 64  # columns of a branch's name: the width of the chart
DOT_GAP = 4.5  # typographic points between two half-steps, at least, if they are marked by dots
LINEAR = ("Inertia: sum of squared distances", "Inertia")
STRETCHED = (
    "Inertia, axis stretched near the lowest", "Inertia, axis stretched", "Inertia, stretched",
)  # fmt: skip
LETTER, SYMBOL = 6.6, 17.0  # average widths in title and legend, in pixels of 1/100 inch


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
        self._axis = InertiaAxis(0.0, 0.0, 0.0)
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
        self.axes.yaxis.get_major_ticks(N_TICKS)

    def show(
        self, curve: Floats, branches: tuple[Floats, ...], axis: InertiaAxis, n_incomparable: int
    ) -> bool:
        """Show the run up to the cursor, and other branches behind it.

        Parameters
        ----------
        curve : ndarray of shape (n_half_steps, 2)
            Iterations and inertias up to the cursor.
        branches : tuple of ndarray of shape (n, 2)
            The same for every branch, as far as it has been computed; empty if it is not shown.
        axis : InertiaAxis
        n_incomparable : int
            Number of branches that are not shown.

        Returns
        -------
        bool
            Whether the axes or the legend have changed, not just animated artists.
        """
        is_stale = self._show_axis(axis)
        is_stale |= self._show_legend_of_branches(len(branches), n_incomparable)
        if is_stale:
            self.fit(self.axes.bbox.width * 100 / self.axes.figure.dpi)
        places = axis.place(curve)
        is_dotted = self.axes.bbox.width * 72 / self.axes.figure.dpi > 2 * DOT_GAP * axis.last
        is_assign = curve[:, 0] % 1.0 == 0.0
        self._branches.set_data(*_join_curves([axis.place(branch) for branch in branches]).T)
        self._branches.set_marker("o" if is_dotted else "")
        self._curve.set_data(*places.T)
        self._assigns.set_data(*places[is_assign & is_dotted].T)
        self._updates.set_data(*places[~is_assign & is_dotted].T)
        self._cursor.set_data(*places[-1:].T)
        return is_stale

    def pixels(self, curve: Floats) -> Floats:
        """Return the places of iterations and inertias, shape (n, 2), in display coordinates."""
        return np.asarray(self.axes.transData.transform(self._axis.place(curve)))

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
        self._highlight.set_data(*self._axis.place(curve).T)
        label = shorten(name, MAX_BRANCH_NAME) if name else ""
        self._highlight_name.set(**text_properties(label, "bold"))
        return True

    def _show_axis(self, axis: InertiaAxis) -> bool:
        """Show limits and ticks; return whether they are new."""
        if axis == self._axis:
            return False
        self._axis, ticks = axis, axis.ticks()
        self.axes.set(xlim=(0.7, axis.last + 0.3), ylim=axis.limits)
        self.axes.yaxis.set_major_locator(FixedLocator(axis.heights(ticks).tolist()))
        labels = tick_labels(ticks)
        self.axes.yaxis.set_major_formatter(FixedFormatter(labels))
        self.axes.tick_params(
            axis="y", labelsize=8 if any(len(label) > 7 for label in labels) else 9
        )
        return True

    def fit(self, width: float) -> None:
        """Choose title and legend for which there is room in a width in pixels of 1/100 inch."""
        entry = self._legend.texts[0]
        words = "assign recalculate " + entry.get_text() * entry.get_visible()
        room = width - LETTER * len(words) - (3 if entry.get_visible() else 2) * SYMBOL
        titles = STRETCHED if self._axis.is_stretched else LINEAR
        fitting = [title for title in titles if LETTER * len(title) <= room]
        self._legend.set_visible(len(fitting) > 0)
        self._title.set_text([*fitting, titles[-1]][0])

    def _show_legend_of_branches(self, n_branches: int, n_incomparable: int) -> bool:
        """Show the legend's entry for branches if there are several; return whether it is new."""
        entry = (self._legend.legend_handles[0], self._legend.texts[0])
        shown = n_branches - n_incomparable
        words = f"{shown} of {n_branches} branches" if n_incomparable else "branches"
        is_new = (n_branches > 1, words) != (entry[1].get_visible(), entry[1].get_text())
        entry[1].set_text(words)
        entry[0].set_visible(shown > 1)
        entry[1].set_visible(n_branches > 1)
        return is_new

    def _add_text(self, x: float, y: float, text: str, **style: Any) -> Text:
        """Add text at a position in axes coordinates, without parsing "$" as mathematics."""
        style = {"transform": self.axes.transAxes, **style}
        style |= {"parse_math": False, "fontfamily": FAMILY}
        return self.axes.text(x, y, text, **style)


def _join_curves(curves: Sequence[Floats]) -> Floats:
    """Join curves of any length, separated by NaN, so that one artist draws all."""
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for curve in curves for part in (curve, gap)] or [gap])
