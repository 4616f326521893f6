"""Complete fits with default parameters: k-means++, to convergence, one start, several seeds."""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING

from benchmarks import data
from benchmarks.data import Floats, Workload
from benchmarks.rows import OURS, SKLEARN, Row
from benchmarks.timing import progress, time_paired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.setting import Setting

TITLE = "Complete fits with default parameters (k-means++, to convergence)"

WORKLOADS = (
    Workload(1_000_000, 2, 8),
    Workload(100_000, 64, 100),
    Workload(200_000, 16, 1000),
)


def rows(setting: Setting) -> Iterator[Row]:
    """Measure every data set; round r uses seed r for all contenders."""
    for name, X, k in _data_sets(setting):
        progress(name)
        calls = {one.name: partial(one.fit, X, k) for one in setting.contenders}
        measured = time_paired(calls, setting.limits)
        facts = {
            "iterations": {
                name: statistics.mean(fit.n_iter for fit in fits)
                for name, fits in measured.results.items()
            },
            "inertia": {
                name: statistics.mean(data.inertia(X, fit.centers) for fit in fits)
                for name, fits in measured.results.items()
            },
        }
        yield Row(
            name,
            measured.seconds,
            measured.remarks,
            (X.shape[0], X.shape[1], k),
            facts=facts,
            other_cpus=measured.other_cpus,
        )


def remark(row: Row) -> str:
    """Compare the final inertias, as means over the seeds of the first rounds."""
    inertias = row.facts["inertia"]
    reference = SKLEARN if SKLEARN in inertias else OURS
    if reference not in inertias:
        return ""
    parts = [
        f"{name} {value / inertias[reference]:.4f} ({row.facts['iterations'][name]:.1f} iterations)"
        for name, value in inertias.items()
    ]
    return f"{row.name}: inertia relative to {reference}: " + ", ".join(parts)


def _data_sets(setting: Setting) -> Iterator[tuple[str, Floats, int]]:
    yield "iris, k 3", data.iris(), 3
    yield "digits, k 10", data.digits()[: 300 if setting.quick else None], 10
    if setting.quick:
        yield "china.jpg, k 8", data.china()[:1000], 8
    else:
        yield "china.jpg, k 64", data.china(), 64
    for workload in setting.sized(WORKLOADS):
        yield workload.name, workload.data(setting.kind)[0], workload.n_clusters
