"""Fits as people call them: k-means++ included, to convergence, one start, several seeds."""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING

from benchmarks import data
from benchmarks.data import Floats, Workload
from benchmarks.rows import OURS, SKLEARN, Row
from benchmarks.timing import paired, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.setting import Setting

TITLE = "Fits with the defaults (k-means++, to convergence)"

WORKLOADS = (
    Workload(1_000_000, 2, 8),
    Workload(100_000, 64, 100),
    Workload(200_000, 16, 1000),
)


def rows(setting: Setting) -> Iterator[Row]:
    """Measure every data set; round r uses seed r, the same for everybody."""
    for name, X, k in _data_sets(setting):
        progress(name)
        calls = {one.name: partial(one.fit, X, k) for one in setting.contenders}
        measured = paired(calls, setting.pace)
        facts = {
            "iterations": {
                who: statistics.mean(fit.n_iter for fit in fits)
                for who, fits in measured.results.items()
            },
            "inertia": {
                who: statistics.mean(data.inertia(X, fit.centers) for fit in fits)
                for who, fits in measured.results.items()
            },
        }
        yield Row(
            name,
            measured.seconds,
            measured.remarks,
            (X.shape[0], X.shape[1], k),
            facts=facts,
            others=measured.others,
        )


def remark(row: Row) -> str:
    """Compare the inertias that were reached, as means over the seeds of the first rounds."""
    found = row.facts["inertia"]
    of = SKLEARN if SKLEARN in found else OURS
    if of not in found:
        return ""
    parts = [
        f"{who} {value / found[of]:.4f} ({row.facts['iterations'][who]:.1f} iterations)"
        for who, value in found.items()
    ]
    return f"{row.name}: inertia as a multiple of {of}'s: " + ", ".join(parts)


def _data_sets(setting: Setting) -> Iterator[tuple[str, Floats, int]]:
    yield "iris, k 3", data.iris(), 3
    yield "digits, k 10", data.digits()[: 300 if setting.quick else None], 10
    if setting.quick:
        yield "china.jpg, k 8", data.china()[:1000], 8
    else:
        yield "china.jpg, k 64", data.china(), 64
    for load in setting.sized(WORKLOADS):
        yield load.name, load.data(setting.kind)[0], load.n_clusters
