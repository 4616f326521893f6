"""Ten iterations of Lloyd's algorithm from the same centres, without initialization."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.data import Floats, Workload, inertia
from benchmarks.rows import OURS, Row
from benchmarks.timing import Timings, progress, time_paired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.peers import Fit
    from benchmarks.setting import Setting

TITLE = "Ten iterations from the same centres, float32"
ITERATIONS = 10
UNTIL_DONE = "to convergence"  # thirty points converge in fewer than ten iterations

WORKLOADS = (
    Workload(30, 2, 2, UNTIL_DONE),
    Workload(10_000, 2, 3),
    Workload(100_000, 2, 8),
    Workload(1_000_000, 2, 8),
    Workload(10_000_000, 2, 8),
    Workload(1_000_000, 2, 64),
    Workload(1_000_000, 3, 16),
    Workload(16_000, 16, 32),
    Workload(1_000_000, 10, 8),
    Workload(300_000, 32, 16),
    Workload(50_000, 50, 20),
    Workload(500_000, 16, 64),
    Workload(100_000, 64, 100),
    Workload(100_000, 128, 256),
    Workload(70_000, 784, 10),
    Workload(200_000, 16, 1000),
)


def rows(setting: Setting) -> Iterator[Row]:
    """Measure every workload."""
    for workload in setting.sized(WORKLOADS):
        progress(workload.name)
        X, start = workload.data(setting.kind)
        max_iter = 300 if workload.remark == UNTIL_DONE else ITERATIONS
        calls = {
            one.name: ignoring_round(partial(one.lloyd, X, start, max_iter))
            for one in setting.contenders
        }
        yield make_row(workload, time_paired(calls, setting.limits), X)


def ignoring_round(call: Callable[[], Fit]) -> Callable[[int], Fit]:
    """Return a function of the round that calls a function without parameters."""
    return lambda _: call()


def make_row(workload: Workload, measured: Timings, X: Floats) -> Row:
    """Make a row; contenders with other iterations or another result are not comparable."""
    fits: dict[str, Fit] = {name: results[0] for name, results in measured.results.items()}
    n_iter = {name: float(fit.n_iter) for name, fit in fits.items()}
    found = {name: inertia(X, fit.centers) for name, fit in fits.items()}
    remarks, not_comparable = dict(measured.remarks), set[str]()
    for name in fits if OURS in fits else ():
        if workload.remark != UNTIL_DONE and n_iter[name] != n_iter[OURS]:
            not_comparable.add(name)
            remarks[name] = f"{n_iter[name]:.0f} iterations instead of {n_iter[OURS]:.0f}"
        elif abs(found[name] / found[OURS] - 1) > 1e-3:
            not_comparable.add(name)
            remarks[name] = f"different result: {found[name] / found[OURS]:.4f} times our inertia"
    facts = {"iterations": n_iter, "inertia": found}
    return Row(
        workload.name,
        measured.seconds,
        remarks,
        workload.shape,
        facts=facts,
        not_comparable=not_comparable,
        other_cpus=measured.other_cpus,
    )
