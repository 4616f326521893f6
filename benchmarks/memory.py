"""Peak memory over the data's own size: each contender in a process of its own."""

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

TITLE = "Peak memory that a fit adds, as a multiple of the data"

WORKLOADS = (
    Workload(500_000, 64, 20),
    Workload(70_000, 784, 10),
    Workload(20_000_000, 2, 8),
)
_ROUNDS = 2
_ITERATIONS = 3
_PAGE = 4096  # what the system counts in
_STATUS = Path("/proc/self/status")
_ROOT = Path(__file__).parents[1]  # where `-m benchmarks` is found


def rows(setting: Setting) -> Iterator[Row]:
    """Measure every workload."""
    for load in setting.sized(WORKLOADS):
        progress(f"memory, {load.name}")
        values: dict[str, list[float]] = {}
        remarks: dict[str, str] = {}
        for one in setting.contenders:
            try:
                values[one.name] = [
                    _ask(one.name, load, setting.kind)
                    for _ in range(1 if setting.quick else _ROUNDS)
                ]
            except (RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
                remarks[one.name] = str(error)
        yield Row(load.name, values, remarks, load.shape, unit="× data")


def _ask(name: str, load: Workload, kind: Kind) -> float:
    """Start a process that clusters, and read what it says."""
    words = [sys.executable, "-m", "benchmarks.memory", name, kind, *map(str, load.shape)]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=600, check=False, cwd=_ROOT
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise RuntimeError(f"process ended with {done.returncode}: {lines[-1]}")
    return float(done.stdout.split()[-1])


def _cluster(name: str, kind: Kind, load: Workload) -> float:
    """Return by how much a fit raises the peak, over the size of the data. Runs in the child."""
    one = contender(name)
    small, start = Workload(2000, load.n_features, load.n_clusters).data(kind)
    one.lloyd(small, start, _ITERATIONS)  # libraries, kernels and threads are there from now on
    X, start = load.data(kind)
    before = _new_peak()
    one.lloyd(X, start, _ITERATIONS)
    return max(_PAGE, _peak() - before) / X.nbytes


def _new_peak() -> int:
    """Forget the peak so far, where the system can (Linux); return the bytes now in use."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:
        return _peak()


def _peak() -> int:
    """Return the largest resident size, in bytes."""
    if _STATUS.exists():
        return _status("VmHWM")
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _status(field: str) -> int:
    """Read a field of the process's status, given in kB."""
    lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
    return int(lines[field].split()[0]) * 1024


if __name__ == "__main__":
    _name, _kind, *_shape = sys.argv[1:]
    _n, _d, _k = map(int, _shape)
    print(_cluster(_name, cast("Kind", _kind), Workload(_n, _d, _k)))
