"""Peak memory of a fit relative to the size of the data, each in its own process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from benchmarks.data import Kind, Workload
from benchmarks.peers import contender
from benchmarks.rows import Row
from benchmarks.timing import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.setting import Setting

TITLE = "Peak memory added by a fit, relative to the size of the data"

WORKLOADS = (
    Workload(500_000, 64, 20),
    Workload(70_000, 784, 10),
    Workload(20_000_000, 2, 8),
)
_ROUNDS = 2
_ITERATIONS = 3
_PAGE = 4096  # bytes, the resolution of the measurement
_STATUS = Path("/proc/self/status")
ROOT = Path(__file__).parents[1]  # from which `-m benchmarks` can be run


def rows(setting: Setting) -> Iterator[Row]:
    """Measure every workload."""
    for workload in setting.sized(WORKLOADS):
        progress(f"memory, {workload.name}")
        values: dict[str, list[float]] = {}
        remarks: dict[str, str] = {}
        for one in setting.contenders:
            try:
                values[one.name] = [
                    _measure(one.name, workload, setting.kind)
                    for _ in range(1 if setting.quick else _ROUNDS)
                ]
            except (RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
                remarks[one.name] = str(error)
        yield Row(workload.name, values, remarks, workload.shape, unit="× data")


def _measure(name: str, workload: Workload, kind: Kind) -> float:
    """Measure in a new process, and return what it prints."""
    words = [sys.executable, "-m", "benchmarks.memory", name, kind, *map(str, workload.shape)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False, cwd=ROOT)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise RuntimeError(f"process ended with {done.returncode}: {lines[-1]}")
    return float(done.stdout.split()[-1])


def _cluster(name: str, kind: Kind, workload: Workload) -> float:
    """Return the memory added by a fit, relative to the data. Runs in the child process."""
    one = contender(name)
    small, start = Workload(2000, workload.n_features, workload.n_clusters).data(kind)
    one.lloyd(small, start, _ITERATIONS)  # loads libraries and kernels and starts threads
    X, start = workload.data(kind)
    before = reset_peak()
    one.lloyd(X, start, _ITERATIONS)
    return max(_PAGE, peak() - before) / X.nbytes


def reset_peak() -> int:
    """Reset the peak if possible (Linux); return the bytes in use."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return status("VmRSS")
    except OSError:
        return peak()


def peak() -> int:
    """Return the largest resident size, in bytes."""
    if _STATUS.exists():
        return status("VmHWM")
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def status(field: str) -> int:
    """Return a field of the process's status (given in kB) in bytes."""
    lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
    return int(lines[field].split()[0]) * 1024


if __name__ == "__main__":
    _name, _kind, *_shape = sys.argv[1:]
    _n, _d, _k = map(int, _shape)
    print(_cluster(_name, cast("Kind", _kind), Workload(_n, _d, _k)))
