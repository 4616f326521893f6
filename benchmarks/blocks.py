"""Fits of Parquet files that are read in blocks, each in its own process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.data import Workload, make_samples
from benchmarks.memory import ROOT, peak, reset_peak, status
from benchmarks.rows import OURS, Row
from benchmarks.timing import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.setting import Setting

TITLE = "Parquet files, 10 iterations in a quarter of the memory of the data"

WORKLOADS = (Workload(20_000_000, 8, 8), Workload(2_000_000, 64, 32))
N_FILES = 8
ROW_GROUP = 16_000_000  # bytes
ITERATIONS = 10
READING, IN_MEMORY = "reading the files", "in memory"
_ROUNDS = 2


def rows(setting: Setting) -> Iterator[Row]:
    """Measure every workload: seconds of an iteration, and the peak of the memory."""
    for workload in setting.sized(WORKLOADS):
        size = workload.n_samples * workload.n_features * 8
        with tempfile.TemporaryDirectory() as folder:
            write_files(workload, Path(folder))
            values: dict[str, list[float]] = {}
            facts: dict[str, dict[str, float]] = {"CPU seconds": {}, "peak / data": {}}
            for _ in range(1 if setting.quick else _ROUNDS):
                for name in TASKS:
                    progress(f"blocks, {workload.name}, {name}")
                    found = _measure(name, folder, workload.n_clusters, size)
                    seconds, cpu, memory, inertia = found
                    values.setdefault(name, []).append(seconds)
                    before = facts["CPU seconds"].get(name, cpu)
                    facts["CPU seconds"][name] = min(cpu, before)
                    facts["peak / data"][name] = memory / size
                    facts.setdefault("inertia", {})[name] = inertia
        yield Row(
            workload.name, values, {}, workload.shape, facts=facts,
            not_comparable={READING, IN_MEMORY},
        )  # fmt: skip


def remarks(rows: Sequence[Row]) -> list[str]:
    """Say how much longer an iteration takes than reading the files, and how much memory."""
    return [
        f"{row.name}: an iteration takes {1 / ratio:.2f} times the time of reading the files once "
        f"({cpu[OURS] / cpu[READING]:.2f} times its CPU time); the fit adds at most "
        f"{row.facts['peak / data'][OURS]:.2f} of the data to the memory, and would take "
        f"{row.best(IN_MEMORY) or 0:.3g} s an iteration with all of them in memory"
        for row in rows
        if (ratio := row.ratio(READING)) and (cpu := row.facts["CPU seconds"])
    ]


def write_files(workload: Workload, folder: Path) -> None:
    """Write a data set of float64 columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    n, d, k = workload.shape
    for i in range(N_FILES):
        X = make_samples(n // N_FILES, d, k).astype(np.float64)
        X += np.random.default_rng(i).normal(scale=0.1, size=X.shape)
        table = pa.table({f"x{j}": X[:, j] for j in range(d)})
        pq.write_table(table, folder / f"{i}.parquet", row_group_size=ROW_GROUP // (8 * d))


def _measure(name: str, folder: str, n_clusters: int, size: int) -> tuple[float, ...]:
    """Measure in a new process, and return what it prints."""
    numbers = [str(n_clusters), str(size)]
    words = [sys.executable, "-m", "benchmarks.blocks", name, folder, *numbers]
    done = subprocess.run(words, capture_output=True, text=True, timeout=900, check=True, cwd=ROOT)
    return tuple(map(float, done.stdout.split()[-4:]))


def _read(folder: str, start: np.ndarray) -> Callable[[], float]:
    """Read all columns of one file after the other, on all processors."""
    import pyarrow.parquet as pq

    del start

    def read() -> float:
        for path in sorted(Path(folder).iterdir()):
            pq.read_table(path)
        return 0.0

    return read


def _fit_files(folder: str, start: np.ndarray) -> Callable[[], float]:
    return lambda: _fit(folder, start)


def _fit_array(folder: str, start: np.ndarray) -> Callable[[], float]:
    import pyarrow.parquet as pq

    table = pq.read_table(folder)
    X = np.empty((len(table), table.num_columns))
    for j, column in enumerate(table.columns):
        X[:, j] = column.to_numpy()
    return lambda: _fit(X, start)


def _fit(X: object, start: np.ndarray) -> float:
    import kmeans_widget as kw

    model = kw.KMeans(len(start), init=start, n_init=1, max_iter=ITERATIONS, tol=0.0).fit(X)
    assert model.n_iter_ == ITERATIONS
    return float(model.inertia_)


TASKS = {OURS: _fit_files, IN_MEMORY: _fit_array, READING: _read}
"""What is measured. A fit makes one pass more than iterations, to check the data."""


def limit_memory(more: int) -> None:
    """Let this process take only so many bytes more than now; what exceeds them, fails."""
    if sys.platform == "linux":
        import resource

        limit = status("VmSize") + more
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _run(name: str, folder: str, n_clusters: int, size: int) -> tuple[float, float, float, float]:
    """Return seconds and CPU seconds of an iteration, the peak, the inertia. Runs in the child."""
    import kmeans_widget as kw

    first = next(iter(kw.scan(folder)))
    start = first[np.random.default_rng(1).choice(len(first), n_clusters, replace=False)].copy()
    kw.KMeans(n_clusters, init=start, n_init=1, max_iter=2).fit(first)  # loads the kernels
    del first
    task = TASKS[name](folder, start)
    if name == OURS:
        _fit(kw.scan(min(Path(folder).iterdir())), start)
        limit_memory(max(size // 4, 250_000_000))
    before, cpu, begin = reset_peak(), sum(os.times()[:2]), time.perf_counter()
    inertia = task()
    seconds, cpu = time.perf_counter() - begin, sum(os.times()[:2]) - cpu
    n = 1 if name == READING else ITERATIONS
    return seconds / n, cpu / n, peak() - before, inertia


if __name__ == "__main__":
    print(*_run(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
