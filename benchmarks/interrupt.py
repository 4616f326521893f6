"""Ctrl-C during a fit: the time until it stops."""

from __future__ import annotations

import os
import signal
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.data import Workload
from benchmarks.rows import Row
from benchmarks.timing import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.setting import Setting

TITLE = "Ctrl-C during a fit: seconds until it stops"

WORKLOADS = (
    Workload(200_000, 64, 300),
    Workload(3_000_000, 2, 64),
)
_ROUNDS = 3
_AFTER = 0.5  # seconds from the call to Ctrl-C
_LOADING = 10_000  # samples of a first fit: numba does not react while it loads its kernels


def rows(setting: Setting) -> Iterator[Row]:
    """Measure every workload; a fit that cannot be interrupted runs to its end."""
    for workload in setting.sized(WORKLOADS):
        progress(f"interrupt, {workload.name}")
        X, _ = workload.data(setting.kind)
        values: dict[str, list[float]] = {}
        remarks: dict[str, str] = {}
        for one in setting.contenders:
            one.fit(X[:_LOADING], workload.n_clusters, 0)
            try:
                values[one.name] = [
                    seconds_to_stop(partial(one.fit, X, workload.n_clusters, seed))
                    for seed in range(1 if setting.quick else _ROUNDS)
                ]
            except TooSoonError:
                remarks[one.name] = f"done within {_AFTER} s"
        yield Row(workload.name, values, remarks, workload.shape)


class TooSoonError(Exception):
    """The call returned before Ctrl-C was pressed."""


def seconds_to_stop(work: Callable[[], object], after: float = _AFTER) -> float:
    """Press Ctrl-C after some seconds; return for how many the call continued."""
    pressed: list[float] = []

    def press() -> None:
        pressed.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, press)
    timer.start()
    try:
        work()
    except KeyboardInterrupt:
        return time.perf_counter() - pressed[0]
    finally:
        timer.cancel()
    raise TooSoonError
