"""Who else was busy: on a shared machine a ratio may say more about the neighbours.

A team of threads that meets at barriers waits for whichever of its threads was put off. Ten
iterations on 1,000 × 2, k 8, medians on two cores, alone and in four runs beside others that took
0.7 to 1.1 CPUs: faiss 0.6 ms and 0.8 to 276, scikit-learn 1.4 ms and 3 to 185.
"""

from __future__ import annotations

import os
from pathlib import Path

_STAT = Path("/proc/stat")
_IDLE = (3, 4, 8, 9)  # idle, iowait; guests are counted twice


def others_seconds() -> float | None:
    """Return the CPU seconds all but this process and its children have used, if told (Linux)."""
    try:
        ticks = [int(word) for word in _STAT.read_text().split("\n", 1)[0].split()[1:]]
        all_of_them = sum(tick for i, tick in enumerate(ticks) if i not in _IDLE)
        own = os.times()
        return all_of_them / os.sysconf("SC_CLK_TCK") - sum(own[:4])
    except (OSError, ValueError, AttributeError):
        return None


def busy_others(before: float | None, seconds: float) -> list[float]:
    """Return how many CPUs others kept busy since `before`; nothing if that is not known."""
    after = others_seconds()
    if before is None or after is None or seconds < 0.1:  # a tick is 10 ms
        return []
    return [max(0.0, after - before) / seconds]
