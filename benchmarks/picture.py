"""Charts of the results: ratios as dots, scaling as lines, memory as dots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from benchmarks import growth, rounds
from benchmarks.peers import FAISS, SKLEARNEX
from benchmarks.rows import OURS, SKLEARN, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

# Okabe and Ito's colours, distinguishable with colour-vision deficiency; markers differ as well.
STYLES = {
    OURS: ("#0072B2", "o"),
    SKLEARN: ("#E69F00", "s"),
    SKLEARNEX: ("#009E73", "D"),
    FAISS: ("#CC79A7", "^"),
}
_OTHER = ("#777777", "o")
_INK, _FAINT = "#333333", "#dddddd"


def draw(sections: dict[str, list[Row]], titles: dict[str, str], caption: str, path: Path) -> None:
    """Draw a chart for each section, one below the other.

    Parameters
    ----------
    sections : dict of str to list of Row
        By the name of the section, which determines the kind of chart.
    titles : dict of str to str
        Titles of the sections.
    caption : str
        Machine and versions.
    path : Path
        File to write; its suffix determines the format.
    """
    sections = {name: rows for name, rows in sections.items() if rows}
    heights = [3.0 if name in CHARTS else 0.9 + 0.3 * len(sections[name]) for name in sections]
    figure = Figure(figsize=(9, sum(heights) + 0.8), layout="constrained")
    FigureCanvasAgg(figure)
    parts = figure.subfigures(len(sections), 1, height_ratios=heights, squeeze=False).ravel()
    for part, (name, rows) in zip(parts, sections.items(), strict=True):
        part.suptitle(titles[name], x=0.01, ha="left", fontsize=11, color=_INK, weight="bold")
        if name in CHARTS:
            CHARTS[name](part, rows)
        elif rows[0].unit == "s" and name != "first":
            draw_ratios(part.subplots(), rows)
        else:
            _draw_values(part.subplots(), rows)
    figure.supxlabel(caption, x=0.01, ha="left", fontsize=7, color="#777777")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def draw_ratios(axes: Axes, rows: Sequence[Row]) -> None:
    """Draw each peer's time relative to ours: a dot at the median, a line between the quartiles."""
    for y, row in enumerate(rows):
        for name in row.values:
            ratios = row.ratios(name)
            if name == OURS or not ratios:
                continue
            color, marker = STYLES.get(name, _OTHER)
            low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
            axes.plot([low, high], [y, y], color=color, linewidth=2, alpha=0.5)
            face = "white" if name in row.not_comparable else color
            axes.plot(middle, y, marker, color=color, markerfacecolor=face, label=name)
        if (fastest := row.fastest()) is not None:
            axes.annotate(
                f"{fastest[1]:.2g}",
                (1.01, y),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8,
                color=_INK,
            )
    axes.axvline(1, color=STYLES[OURS][0], linewidth=1.5, zorder=0)
    axes.annotate(
        "× fastest",
        (1.01, 1.01),
        xycoords="axes fraction",
        fontsize=7,
        color="#777777",
        va="bottom",
    )
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.5), max(high, 4))
    axes.set_xlabel("time relative to kmeans-widget (the line at 1)", fontsize=8, color=_INK)
    _tidy_rows(axes, rows)


def _draw_values(axes: Axes, rows: Sequence[Row]) -> None:
    """Draw the minimum of each contender on an axis that starts at zero."""
    for y, row in enumerate(rows):
        for name in row.values:
            color, marker = STYLES.get(name, _OTHER)
            if (best := row.best(name)) is not None:
                axes.plot(best, y, marker, color=color, label=name)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds" if rows[0].unit == "s" else rows[0].unit, fontsize=8, color=_INK)
    _tidy_rows(axes, rows)


def _draw_growth(part: Any, rows: Sequence[Row]) -> None:
    """Draw log-log charts of time against size, one for each axis, with slopes beside the lines."""
    groups = [axis for axis in growth.AXES if growth.sizes(rows, axis)]
    grid = part.subplots(1, len(groups), sharey=True, squeeze=False).ravel()
    for axes, axis in zip(grid, groups, strict=True):
        along = [row for row in rows if row.group == axis]
        for name in (OURS, SKLEARN):
            points = [
                (size, best)
                for size, row in zip(growth.sizes(rows, axis), along, strict=True)
                if (best := row.best(name)) is not None
            ]
            if not points:
                continue
            color, marker = STYLES[name]
            x, y = zip(*points, strict=True)
            axes.plot(x, y, marker=marker, color=color, markersize=4, label=name)
            exponent = growth.slope(rows, axis, name)
            text = "" if exponent is None else f" {exponent:.2f}"
            axes.annotate(text, (x[-1], y[-1]), color=color, fontsize=8, va="center")
        axes.set(xscale="log", yscale="log")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(axis, fontsize=8, color=_INK)
        axes.margins(x=0.15)
        axes.grid(visible=True, color=_FAINT, linewidth=0.6)
        _tidy(axes)
    grid[0].set_ylabel("seconds", fontsize=8, color=_INK)
    _legend(grid[0])


def _draw_rounds(part: Any, rows: Sequence[Row]) -> None:
    """Draw log-log charts of the seconds of a round, against workers and against tasks."""
    left, right = part.subplots(1, 2, sharey=True)
    lines: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows:
        n = row.facts["n"][OURS]
        median = float(np.median(row.values[OURS]))
        if row.group == rounds.THREADS:
            point = float(row.name.split()[0]), median
            lines.setdefault((row.group, f"{n:.0f} tasks, k 10, d 10"), []).append(point)
        elif row.group == rounds.PROCESSES and row.shape:
            name = f"k {row.shape[2]}, d {row.shape[1]}"
            lines.setdefault((row.group, name), []).append((n, row.facts[rounds.CPU][OURS]))
    styles = list(STYLES.values())
    for i, ((group, name), points) in enumerate(lines.items()):
        color, marker = styles[i % len(styles)]
        axes = left if group == rounds.THREADS else right
        axes.plot(*zip(*points, strict=True), marker=marker, color=color, markersize=4, label=name)
    left.set_xlabel("workers, as threads of one process: seconds", fontsize=8, color=_INK)
    right.set_xlabel("tasks: CPU seconds of scheduler and client", fontsize=8, color=_INK)
    left.set_ylabel("a round", fontsize=8, color=_INK)
    for axes in (left, right):
        axes.set(xscale="log", yscale="log")
        ticks = sorted({x for line in axes.lines for x in line.get_xdata()})
        axes.set_xticks(ticks, [f"{x:g}" for x in ticks])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g} s"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(which="minor", length=0)
        axes.grid(visible=True, color=_FAINT, linewidth=0.6)
        _tidy(axes)
        _legend(axes)


def _tidy_rows(axes: Axes, rows: Sequence[Row]) -> None:
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)  # the first row on top
    axes.grid(visible=True, color=_FAINT, linewidth=0.6)
    if axes.get_xscale() == "log":
        ticks = [t for d in (0.01, 0.1, 1, 10, 100, 1000) for t in (d, 2 * d, 5 * d)]
        low, high = axes.get_xlim()
        axes.set_xticks([t for t in ticks if low <= t <= high])
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
    _tidy(axes)
    _legend(axes)


def _tidy(axes: Axes) -> None:
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.tick_params(length=0, labelsize=8, labelcolor=_INK)


def _legend(axes: Axes) -> None:
    """Add a legend above the axes, with each contender once."""
    handles, names = axes.get_legend_handles_labels()
    once = dict(zip(names, handles, strict=True))
    if once:
        axes.legend(
            once.values(),
            once.keys(),
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=len(once),
            frameon=False,
            fontsize=8,
            borderaxespad=0.1,
            handletextpad=0.2,
        )


CHARTS: dict[str, Callable[[Any, Sequence[Row]], None]] = {
    "growth": _draw_growth,
    "rounds": _draw_rounds,
}
"""Sections that are drawn as lines."""
