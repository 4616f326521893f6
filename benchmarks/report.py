"""Tables in Markdown, the bars under them, and JSON."""

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
    """Write rows as a table.

    Parameters
    ----------
    rows : sequence of Row
    names : sequence of str
        The contenders, ourselves first.

    Returns
    -------
    str
        Markdown: the least value of everybody, then for every peer the median over the rounds of
        its value as a multiple of ours; last the smallest of these. Remarks follow.
    """
    peers = [name for name in names if name != OURS]
    header = ["", *names, *(f"× {peer}" for peer in peers), "× fastest"]
    lines = [_line(header), _line(["---"] + ["--:"] * (len(header) - 1))]
    lines += [line(row, names) for row in rows]
    return "\n".join([*lines, "", *notes(rows), *neighbours(rows)])


def line(row: Row, names: Sequence[str]) -> str:
    """Write one line of that table."""
    cells = [row.name, *(_value(row, name) for name in names)]
    cells += [_times(row.ratio(name), mark=name in row.apart) for name in names if name != OURS]
    fastest = row.fastest()
    return _line([*cells, _times(fastest[1] if fastest else None)])


def bars(rows: Sequence[Row]) -> list[str]:
    """Say how we stand against the fastest peer of each row: at the least, and in the mean."""
    ratios = [(found[1], row) for row in rows if (found := row.fastest()) is not None]
    if not ratios:
        return ["no peer to compare with"]
    lines = [f"against the fastest peer of each row: {_least(ratios)}"]
    mean = math.exp(sum(math.log(ratio) for ratio, _ in ratios) / len(ratios))
    lines.append(f"geometric mean of {len(ratios)} rows: {mean:.2f}")
    if few := [(ratio, row) for ratio, row in ratios if row.shape and row.shape[1] <= 3]:
        lines.append(f"with at most 3 features: {_least(few)}")
    return lines


def notes(rows: Sequence[Row]) -> list[str]:
    """List the remarks of the rows, each once, with the rows it belongs to."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for name, remark in row.remarks.items():
            mark = "\\* " if name in row.apart else ""
            found.setdefault(f"{mark}{name}: {remark}", []).append(row.name)
    return [
        f"{text} ({'all rows' if len(names) == len(rows) else '; '.join(names)})"
        for text, names in found.items()
    ]


def neighbours(rows: Sequence[Row]) -> list[str]:
    """Warn of rows during which other processes kept more than a tenth of a CPU busy."""
    busy = [f"{row.name} ({cpus:.1f})" for row in rows for cpus in row.others if cpus > 0.1]
    return [f"NOT ALONE: CPUs that other processes took meanwhile: {'; '.join(busy)}"] * bool(busy)


def machine() -> dict[str, Any]:
    """Describe where it was measured: processor, threads, versions, load."""
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
    """Write every value of every round, and whatever else there is to know."""
    content = {name: [_plain(row) for row in rows] for name, rows in sections.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**more, "sections": content}, indent=1) + "\n")


def _plain(row: Row) -> dict[str, Any]:
    ratios = {name: row.ratio(name) for name in row.values if name != OURS}
    return asdict(row) | {"apart": sorted(row.apart), "ratios": ratios}


def _value(row: Row, name: str) -> str:
    best = row.best(name)
    if best is None:
        return "–"
    return _seconds(best) if row.unit == "s" else f"{best:.2f}"


def _seconds(value: float) -> str:
    """Write seconds with three figures, in the unit that suits.

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


def _least(ratios: Sequence[tuple[float, Row]]) -> str:
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
