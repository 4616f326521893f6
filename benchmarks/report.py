"""Markdown tables with summaries and footnotes, and JSON."""

from __future__ import annotations

import json
import math
import os
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.rows import OURS, Row
from kmeans_widget.core.kernels.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGES = ("kmeans-widget", "numpy", "numba", "scikit-learn", "scikit-learn-intelex", "faiss-cpu")


def table(rows: Sequence[Row], names: Sequence[str]) -> str:
    """Format rows as a table.

    Parameters
    ----------
    rows : sequence of Row
    names : sequence of str
        The contenders, kmeans-widget first.

    Returns
    -------
    str
        Markdown: the minimum of each contender, then for each peer the median over the rounds of
        its value relative to ours, then the smallest of these ratios. Footnotes follow.
    """
    peers = [name for name in names if name != OURS]
    header = ["", *names, *(f"× {peer}" for peer in peers), "× fastest"]
    lines = [_line(header), _line(["---"] + ["--:"] * (len(header) - 1))]
    lines += [line(row, names) for row in rows]
    return "\n".join([*lines, "", *footnotes(rows), *contention_warning(rows)])


def line(row: Row, names: Sequence[str]) -> str:
    """Format one line of the table."""
    cells = [row.name, *(_value(row, name) for name in names)]
    cells += [
        _times(row.ratio(name), mark=name in row.not_comparable) for name in names if name != OURS
    ]
    fastest = row.fastest()
    return _line([*cells, _times(fastest[1] if fastest else None)])


def summary(rows: Sequence[Row]) -> list[str]:
    """Summarize the ratios to the fastest peer of each row: minimum and geometric mean."""
    ratios = [(found[1], row) for row in rows if (found := row.fastest()) is not None]
    if not ratios:
        return ["no peer to compare with"]
    lines = [f"relative to the fastest peer of each row: {_minimum(ratios)}"]
    mean = math.exp(sum(math.log(ratio) for ratio, _ in ratios) / len(ratios))
    lines.append(f"geometric mean of {len(ratios)} rows: {mean:.2f}")
    if few := [(ratio, row) for ratio, row in ratios if row.shape and row.shape[1] <= 3]:
        lines.append(f"with at most 3 features: {_minimum(few)}")
    return lines


def footnotes(rows: Sequence[Row]) -> list[str]:
    """Return each remark once, with the rows it belongs to."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for name, remark in row.remarks.items():
            mark = "\\* " if name in row.not_comparable else ""
            found.setdefault(f"{mark}{name}: {remark}", []).append(row.name)
    return [
        f"{text} ({'all rows' if len(names) == len(rows) else '; '.join(names)})"
        for text, names in found.items()
    ]


def contention_warning(rows: Sequence[Row]) -> list[str]:
    """Name the rows during which other processes used more than a tenth of a CPU."""
    busy = [f"{row.name} ({cpus:.1f})" for row in rows for cpus in row.other_cpus if cpus > 0.1]
    return [f"NOT ALONE: CPUs used by other processes: {'; '.join(busy)}"] * bool(busy)


def machine() -> dict[str, Any]:
    """Describe the machine: processor, threads, load, versions."""
    info = Path("/proc/cpuinfo")
    models = [
        line.split(":", 1)[1].strip()
        for line in (info.read_text().splitlines() if info.exists() else [])
        if line.startswith("model name")
    ]
    return {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "threads": thread_count(),
        "load before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def write_json(path: Path, sections: dict[str, list[Row]], **more: Any) -> None:
    """Write all values of all rounds, and `more`."""
    content = {name: [_plain(row) for row in rows] for name, rows in sections.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**more, "sections": content}, indent=1) + "\n")


def _plain(row: Row) -> dict[str, Any]:
    ratios = {name: row.ratio(name) for name in row.values if name != OURS}
    return asdict(row) | {"not_comparable": sorted(row.not_comparable), "ratios": ratios}


def _value(row: Row, name: str) -> str:
    best = row.best(name)
    if best is None:
        return "–"
    return _seconds(best) if row.unit == "s" else f"{best:.2f}"


def _seconds(value: float) -> str:
    """Format seconds with three significant digits and a suitable unit.

    >>> _seconds(12.345), _seconds(0.0123), _seconds(0.00001234)
    ('12.3 s', '12.3 ms', '12.3 µs')
    """
    units = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
    size, unit = next((pair for pair in units if value >= 0.9995 * pair[0]), units[-1])
    scaled = value / size
    digits = max(0, 2 - int(math.log10(max(scaled, 1))))
    return f"{scaled:.{digits}f} {unit}"


def _times(ratio: float | None, *, mark: bool = False) -> str:
    if ratio is None:
        return "–"
    return (f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}") + ("\\*" if mark else "")


def _minimum(ratios: Sequence[tuple[float, Row]]) -> str:
    ratio, row = min(ratios, key=lambda pair: pair[0])
    fastest = row.fastest()
    return f"at least {ratio:.2f} ({row.name}, {fastest[0] if fastest else ''})"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
