"""Ten of Lloyd's iterations from the same centres: the loop and nothing else."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.data import Floats, Workload, inertia
from benchmarks.rows import OURS, Row
from benchmarks.timing import Measured, paired, progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.peers import Fit
    from benchmarks.setting import Setting

TITLE = "Ten iterations from the same centres, float32"
ITERATIONS = 10
UNTIL_DONE = "to convergence"  # thirty points do not last for ten iterations

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
    for load in setting.sized(WORKLOADS):
        progress(load.name)
        X, start = load.data(setting.kind)
        max_iter = 300 if load.remark == UNTIL_DONE else ITERATIONS
        calls = {
            one.name: ignoring_round(partial(one.lloyd, X, start, max_iter))
            for one in setting.contenders
        }
        yield judged(load, paired(calls, setting.pace), X)


def ignoring_round(call: Callable[[], Fit]) -> Callable[[int], Fit]:
    """Adapt a call without a seed to rounds."""
    return lambda _: call()


def judged(load: Workload, measured: Measured, X: Floats) -> Row:
    """Make a row; set apart who did not do our number of iterations or came to other centres."""
    fits: dict[str, Fit] = {name: results[0] for name, results in measured.results.items()}
    n_iter = {name: float(fit.n_iter) for name, fit in fits.items()}
    found = {name: inertia(X, fit.centers) for name, fit in fits.items()}
    remarks, apart = dict(measured.remarks), set[str]()
    for name in fits if OURS in fits else ():
        if load.remark != UNTIL_DONE and n_iter[name] != n_iter[OURS]:
            apart.add(name)
            remarks[name] = f"{n_iter[name]:.0f} iterations, not our {n_iter[OURS]:.0f}"
        elif abs(found[name] / found[OURS] - 1) > 1e-3:
            apart.add(name)
            remarks[name] = f"another result: inertia {found[name] / found[OURS]:.4f} of ours"
    facts = {"iterations": n_iter, "inertia": found}
    return Row(
        load.name,
        measured.seconds,
        remarks,
        load.shape,
        facts=facts,
        apart=apart,
        others=measured.others,
    )
