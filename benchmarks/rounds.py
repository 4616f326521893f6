"""What a round on a Dask cluster costs beside the arithmetic: tasks, workers and sums.

The blocks are so small that computing them takes next to no time. What is left is the work of the
scheduler and of the client: sending the centres, starting the tasks, gathering the sums of each
block and adding them up. Workers that are threads of this process share its interpreter lock with
scheduler and client, so their times are an upper bound; with worker processes, the CPU time of this
process is that of scheduler and client alone, which no number of workers makes less.
"""

from __future__ import annotations

import statistics
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import numpy as np

from benchmarks import contention
from benchmarks.rows import OURS, Row
from benchmarks.timing import progress
from kmeans_widget.core.blocks import BlockSamples
from kmeans_widget.core.kernels.sums import N_EXTRA
from kmeans_widget.core.kernels.threads import limit_threads
from kmeans_widget.distributed.arrays import ArrayBlock
from kmeans_widget.distributed.threads import ThreadEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.setting import Setting

TITLE = "A round on Dask: seconds beside the arithmetic, of tiny blocks, one for each task"

WORKERS = (2, 4, 8, 16, 32, 64)  # threads of this process
PER_WORKERS = (64, 512)  # tasks
SIZES = ((10, 10), (100, 50), (1000, 100))  # k, d
TASKS = (16, 64, 256, 1024)
N_PROCESSES = 4
BLOCK = 128_000_000  # bytes of a block whose rows are counted
MERGED = 250_000_000  # bytes of sums that are added up: more than any cache
ROUNDS = 5
FAR_ROWS, FAR_WORKERS = 1_000_000_000, 100  # to which the remarks extrapolate
CPU = "CPU, scheduler and client"
N_GROUPED = 256  # blocks, of which each worker has a task for all of its own
THREADS, PROCESSES, GROUPED, MERGE, ROWS = "threads", "processes", "grouped", "merge", "rows"


class Costs(NamedTuple):
    """What a round costs, for one k and d; all in seconds.

    Parameters
    ----------
    fixed : float
        Of a round without a task.
    task : float
        Of a task with one block, for scheduler and client.
    block : float
        Of a block, for scheduler and client, if one task has many.
    merge : float
        To add the sums of a block, which is a part of both.
    row : float
        Of a row, on one core.
    """

    fixed: float
    task: float
    block: float
    merge: float
    row: float

    def round(self, n_rows: float, n_workers: float, n_blocks: float, n_tasks: float) -> float:
        """Return the seconds of a round: the arithmetic, and after it all of the rest."""
        rest = self.fixed + n_tasks * self.task + (n_blocks - n_tasks) * self.block
        return n_rows / n_workers * self.row + rest


def rows(setting: Setting) -> Iterator[Row]:
    """Measure rounds of threads and processes, the sum at the client, and rows per second."""
    quick = setting.quick
    for n_workers in WORKERS[:2] if quick else WORKERS:
        for n_tasks in (4, 8) if quick else PER_WORKERS:
            name = f"{n_workers} threads, {n_tasks} tasks"
            yield _measure(THREADS, name, n_workers, (n_tasks, *SIZES[0]), quick=quick)
    for k, d in SIZES[:1] if quick else SIZES:
        # More than these are a gigabyte of sums and twice as much of centres.
        for n_tasks in (4, 8) if quick else TASKS[: 3 if k == 1000 else 4]:
            name = f"{N_PROCESSES} processes, {n_tasks} tasks, k {k}, d {d}"
            yield _measure(PROCESSES, name, N_PROCESSES, (n_tasks, k, d), quick=quick)
        n = 16 if quick else N_GROUPED
        name = f"{N_PROCESSES} processes, {N_PROCESSES} tasks of {n} blocks, k {k}, d {d}"
        yield _measure(GROUPED, name, N_PROCESSES, (n, k, d), quick=quick)
        yield _merge(k, d, quick=quick)
        yield _arithmetic(k, d, quick=quick)


def table(rows: Sequence[Row], names: Sequence[str]) -> str:
    """Format a line for each row: the median of its rounds, for each task, and the CPU time."""
    del names
    lines = [
        "|  | median | each | CPU, scheduler and client | each |",
        "| --- " + "| --: " * 4 + "|",
    ]
    for row in rows:
        n = row.facts["n"][OURS]
        cells = [row.name, *_both(statistics.median(row.values[OURS]), n)]
        cpu = row.facts.get(CPU)
        cells += _both(cpu[OURS], n) if cpu else ["–", "–"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _both(seconds: float, n: float) -> list[str]:
    """Return a time, and its share in each of n things."""
    return [_readable(seconds), _readable(seconds / n)]


def _readable(seconds: float) -> str:
    """Format seconds with three significant digits.

    >>> _readable(1.234), _readable(0.000456), _readable(1.5e-8)
    ('1.23 s', '456 µs', '15.0 ns')
    """
    units = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
    name = next((name for name, unit in units.items() if seconds >= 0.9995 * unit), "ns")
    value = seconds / units[name]
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {name}"


def remarks(rows: Sequence[Row]) -> list[str]:
    """Say what a task costs, and how long a round of a thousand million rows would take."""
    lines = []
    for k, d in SIZES:
        found = costs(rows, k, d)
        if found is None:
            continue
        size = k * (d + N_EXTRA) * 8
        lines.append(
            f"k {k}, d {d}: scheduler and client take {found.fixed * 1e3:.0f} ms a round, and "
            f"{found.task * 1e3:.2f} ms for each task with one block; for each further block of a "
            f"task {found.block * 1e3:.2f} ms. The sums of a block are {size / 1e3:,.0f} kB, and "
            f"{found.merge * 1e6:.1f} µs of this are their addition. A core assigns "
            f"{1e-6 / found.row:.2g} million rows/s"
        )
        n_blocks = int(FAR_ROWS * d * 8 / BLOCK)
        for n_tasks in (n_blocks, FAR_WORKERS):
            total = found.round(FAR_ROWS, FAR_WORKERS, n_blocks, n_tasks)
            rest = total - FAR_ROWS / FAR_WORKERS * found.row
            lines.append(
                f"EXTRAPOLATED to {FAR_ROWS:,} × {d}, k {k}, {FAR_WORKERS} workers of one core, "
                f"{n_blocks:,} blocks in {n_tasks:,} tasks: {total:.2f} s a round, {rest:.2f} s of "
                "it beside the arithmetic"
            )
    return lines


def costs(rows: Sequence[Row], k: int, d: int) -> Costs | None:
    """Return what a round costs: of tasks by a straight line through the CPU times."""
    mine = [row for row in rows if row.shape and row.shape[1:] == (d, k)]
    rounds = [row for row in mine if row.group == PROCESSES]
    if len(rounds) < 2:
        return None
    n_tasks = [row.facts["n"][OURS] for row in rounds]
    cpu = [row.facts[CPU][OURS] for row in rounds]
    # Of shares, so that the small rounds count as much as the large ones.
    task, fixed = np.polyfit(n_tasks, cpu, 1, w=1 / np.array(cpu))
    by_group = {row.group: row for row in mine}
    merge, row = (
        statistics.median(one.values[OURS]) / one.facts["n"][OURS]
        for one in (by_group[MERGE], by_group[ROWS])
    )
    n_blocks = by_group[GROUPED].facts["n"][OURS]
    more = by_group[GROUPED].facts[CPU][OURS] - fixed - N_PROCESSES * task
    block = more / max(n_blocks - N_PROCESSES, 1.0)
    return Costs(*(max(float(one), 0.0) for one in (fixed, task, block, merge, row)))


def _measure(
    group: str, name: str, n_workers: int, sizes: tuple[int, int, int], *, quick: bool
) -> Row:
    """Measure rounds of blocks that have just enough rows."""
    from dask import array as da
    from dask.distributed import Client, LocalCluster, wait

    from kmeans_widget.distributed import dask

    n_tasks, k, d = sizes
    progress(f"rounds: {name}")
    n_rows = max(2, -(-k // n_tasks))
    options: dict[str, Any] = {
        "n_workers": n_workers, "threads_per_worker": 1, "dashboard_address": ":0",
        "memory_limit": 0,  # threads would each count the memory of the process as theirs, and wait
    }  # fmt: skip
    if group == THREADS:  # over TCP, so that all messages are written and read
        options |= {"processes": False, "protocol": "tcp://"}
    in_groups: Any = nullcontext()
    if group != GROUPED:  # as if each block took the memory that a task may have
        one_each = staticmethod(lambda numbers, _limit: ([i] for i in numbers))
        in_groups = mock.patch.object(dask.Workers, "_groups", one_each)
    with in_groups, LocalCluster(**options) as cluster, Client(cluster) as client:
        X = client.persist(da.random.random((n_tasks * n_rows, d), chunks=(n_rows, d)))
        wait(X)
        with _open(BlockSamples(dask.open_source(X, None).engine)) as accumulate:
            start = np.random.default_rng(0).random((k, d))
            seconds, cpu, other_cpus = _time(accumulate, start, quick=quick)
    facts = {"n": {OURS: float(n_tasks)}}
    if group != THREADS:
        facts[CPU] = {OURS: statistics.median(cpu)}
        other_cpus = []  # they would be those of the workers
    shape = n_tasks * n_rows, d, k
    return Row(name, {OURS: seconds}, shape=shape, group=group, facts=facts, other_cpus=other_cpus)


def _merge(k: int, d: int, *, quick: bool) -> Row:
    """Measure how long the client takes to add up the sums of blocks."""
    size = k * (d + N_EXTRA) * 8
    n = min(1000, 10 if quick else MERGED // size)
    parts = [np.ones((k, d + N_EXTRA)) for _ in range(n)]
    totals = np.zeros_like(parts[0])

    def add(_: np.ndarray) -> None:
        for sums in parts:
            np.add(totals, sums, out=totals)

    seconds, _, other_cpus = _time(add, totals, quick=quick)
    name = f"adding {n} sums, k {k}, d {d}"
    return Row(
        name, {OURS: seconds}, shape=(n, d, k), group=MERGE, facts={"n": {OURS: float(n)}},
        other_cpus=other_cpus,
    )  # fmt: skip


def _arithmetic(k: int, d: int, *, quick: bool) -> Row:
    """Measure a round of one block on one core."""
    n = 5000 if quick else BLOCK // (8 * d)
    progress(f"rounds: {n:,} × {d}, k {k}")
    X = np.random.default_rng(0).random((n, d))
    engine = ThreadEngine([ArrayBlock(X)], in_flight=1)
    with limit_threads(1), _open(BlockSamples(engine)) as accumulate:
        seconds, _, other_cpus = _time(accumulate, X[:k].copy(), quick=quick)
    name = f"{n:,} rows, k {k}, d {d}"
    return Row(
        name, {OURS: seconds}, shape=(n, d, k), group=ROWS, facts={"n": {OURS: float(n)}},
        other_cpus=other_cpus,
    )  # fmt: skip


@contextmanager
def _open(samples: BlockSamples) -> Iterator[Callable[[np.ndarray], object]]:
    """Yield what makes a round with given centres."""
    memory = samples.memory()
    try:
        yield lambda centers: samples.accumulate(centers, memory)
    finally:
        samples.close()


def _time(
    call: Callable[[np.ndarray], object], start: np.ndarray, *, quick: bool
) -> tuple[list[float], list[float], list[float]]:
    """Return seconds and CPU seconds of rounds, after one that is not measured, and the load."""
    seconds, cpu = [], []
    call(start)
    before, begin = contention.other_processes_seconds(), time.perf_counter()
    for i in range(1, 1 + (2 if quick else ROUNDS)):
        centers = start + 1e-3 * i
        wall, mine = time.perf_counter(), time.process_time()
        call(centers)
        seconds.append(time.perf_counter() - wall)
        cpu.append(time.process_time() - mine)
    return seconds, cpu, contention.other_cpus(before, time.perf_counter() - begin)
