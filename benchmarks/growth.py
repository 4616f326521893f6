"""Scaling of ten iterations with the number of samples, features and clusters."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.data import Workload
from benchmarks.lloyd import ITERATIONS, ignoring_round
from benchmarks.rows import OURS, SKLEARN, Row
from benchmarks.timing import progress, time_paired

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.setting import Setting

TITLE = "Scaling: ten iterations, varying one of n, d and k from 100k × 16, k 32"

BASE = Workload(100_000, 16, 32)
AXES = {
    "n_samples": [1_000 * 4**i for i in range(6)],
    "n_features": [2, 4, 8, 16, 32, 64, 128, 256],
    "n_clusters": [2, 4, 8, 16, 32, 64, 128, 256, 512],
}


def rows(setting: Setting) -> Iterator[Row]:
    """Measure kmeans-widget and scikit-learn along each axis."""
    limits = replace(setting.limits, max_seconds=min(2.0, setting.limits.max_seconds))
    both = [one for one in setting.contenders if one.name in (OURS, SKLEARN)]
    for axis, sizes in AXES.items():
        progress(f"growth with {axis}")
        for size in sizes[:2] if setting.quick else sizes:
            workload = replace(BASE.quick() if setting.quick else BASE, **{axis: size})
            X, start = workload.data(setting.kind)
            calls = {
                one.name: ignoring_round(partial(one.lloyd, X, start, ITERATIONS)) for one in both
            }
            measured = time_paired(calls, limits)
            yield Row(
                workload.name,
                measured.seconds,
                measured.remarks,
                workload.shape,
                group=axis,
                other_cpus=measured.other_cpus,
            )


def sizes(rows: Sequence[Row], axis: str) -> list[int]:
    """Return the sizes of the rows that belong to an axis."""
    at = list(AXES).index(axis)
    return [row.shape[at] for row in rows if row.group == axis and row.shape]


def slope(rows: Sequence[Row], axis: str, name: str) -> float | None:
    """Return the scaling exponent over the larger half of an axis; 1 is linear."""
    along = [row for row in rows if row.group == axis]
    pairs = [
        (size, best)
        for size, row in zip(sizes(rows, axis), along, strict=True)
        if (best := row.best(name)) is not None
    ][-max(2, len(along) // 2) :]
    if len(pairs) < 2:
        return None
    x, y = np.log(np.array(pairs)).T
    return float(np.polyfit(x, y, 1)[0])


def remarks(rows: Sequence[Row]) -> list[str]:
    """Return a line with the exponents of each axis."""
    lines = []
    for axis in AXES:
        found = {name: slope(rows, axis, name) for name in (OURS, SKLEARN)}
        words = [f"{name} {value:.2f}" for name, value in found.items() if value is not None]
        lines.append(f"scaling exponent in {axis}: " + ", ".join(words))
    return lines
