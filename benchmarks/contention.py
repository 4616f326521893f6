"""CPU time used by other processes, which can distort measurements on a shared machine.

Threads that synchronize at barriers wait for the one that was preempted. Ten iterations on
1,000 × 2, k 8, medians on two cores, alone and in four runs while other processes used 0.7 to 1.1
CPUs: faiss 0.6 ms and 0.8 to 276 ms, scikit-learn 1.4 ms and 3 to 185 ms.
"""

from __future__ import annotations

import os
from pathlib import Path

_STAT = Path("/proc/stat")
_NOT_BUSY = (3, 4, 8, 9)  # idle, iowait, and guests, whose time is part of user time already


def other_processes_seconds() -> float | None:
    """Return the CPU seconds used by all but this process and its children; None if unknown."""
    try:
        ticks = [int(word) for word in _STAT.read_text().split("\n", 1)[0].split()[1:]]
        busy = sum(tick for i, tick in enumerate(ticks) if i not in _NOT_BUSY)
        own = os.times()
        return busy / os.sysconf("SC_CLK_TCK") - sum(own[:4])
    except (OSError, ValueError, AttributeError):
        return None


def other_cpus(before: float | None, seconds: float) -> list[float]:
    """Return how many CPUs other processes used since `before`; empty if unknown."""
    after = other_processes_seconds()
    if before is None or after is None or seconds < 0.1:  # a tick is 10 ms
        return []
    return [max(0.0, after - before) / seconds]
