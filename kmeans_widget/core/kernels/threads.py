"""One shared pool of threads, on which serial kernels run."""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numba

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

_CGROUP = Path("/sys/fs/cgroup")

_limit: ContextVar[float] = ContextVar("kmeans_widget.limit_threads", default=math.inf)


def thread_count() -> int:
    """Count the threads worth running: the CPUs this process may use.

    That is the smallest of the CPU affinity, the environment variable ``NUMBA_NUM_THREADS``, and
    the CPU time granted by the control group, which is what limits a container. The affinity is
    looked up every time, for it may change while the process runs.

    Returns
    -------
    int
        At least 1.
    """
    wanted = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    return max(1, min(wanted, _granted_cpus(), _affinity()))


@contextmanager
def limit_threads(n: int) -> Iterator[None]:
    """Let `run` use no more than n threads, the caller included, within this context.

    Parameters
    ----------
    n : int
        At least 1. An outer limit that is lower stays in force.

    Notes
    -----
    The limit belongs to the caller's thread (or asyncio task): what runs elsewhere is not limited.

    Examples
    --------
    >>> with limit_threads(1):
    ...     run([lambda: print(threading.current_thread() is threading.main_thread())])
    True
    """
    token = _limit.set(min(n, _limit.get()))
    try:
        yield
    finally:
        _limit.reset(token)


def run(tasks: Iterable[Callable[[], object]]) -> None:
    """Run tasks that are independent of each other on the shared pool, and wait for all of them.

    The calling thread works too. So one task, or one CPU, means no other thread at all; and callers
    on several threads cannot wait for each other for ever. These callers count as threads, so that
    many of them at once do not ask for more threads than there are CPUs.

    Parameters
    ----------
    tasks : iterable of callables without arguments
        Each writes its own results. Nothing is promised about their order.

    Raises
    ------
    Exception
        Whatever a task raised, after the other threads have stopped. An interrupt from the keyboard
        waits for no more than the tasks that have begun.
    """
    queue = deque(tasks)
    caller = threading.get_ident()
    helpers: list[Future[None]] = []
    try:
        _shared.callers.add(caller)
        spare = min(thread_count(), _limit.get(), len(queue)) - len(_shared.callers)
        # About 12 µs a dispatch: one per thread, which then takes tasks from the queue until it is
        # empty.
        while len(helpers) < spare:
            helpers.append(_pool().submit(_drain, queue))
        _drain(queue)
    finally:
        _shared.callers.discard(caller)
        queue.clear()
        running = [helper for helper in helpers if not helper.cancel()]
        failures = [helper.exception() for helper in running]
    for failure in filter(None, failures):
        raise failure


def _drain(queue: deque[Callable[[], object]]) -> None:
    """Run tasks until none is left; `deque.popleft` is atomic, so each is taken once."""
    while True:
        try:
            task = queue.popleft()
        except IndexError:
            return
        task()


def _affinity() -> int:
    """CPUs that the scheduler may give to this process; all, where the system does not tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # pragma: no cover - macOS and Windows


@cache
def _granted_cpus() -> int:
    """CPUs' worth of time that the control group grants (versions 2 and 1), rounded up."""
    for files in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            text = " ".join((_CGROUP / file).read_text() for file in files)
            quota, period = (float(word) for word in text.split())
        except (OSError, ValueError):  # no such version here, or the word "max"
            continue
        if quota > 0:
            return math.ceil(quota / period)
    return os.cpu_count() or 1


class _Shared:
    """The pool of this process, the lock that guards its creation, and the threads inside `run`.

    The callers are kept by name: one that an interrupt leaves behind is there again next time, and
    counts no more than before.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.callers: set[int] = set()
        self.pool: ThreadPoolExecutor | None = None


_shared = _Shared()


def _pool() -> ThreadPoolExecutor:
    """Return the shared pool, created on first use."""
    with _shared.lock:
        if _shared.pool is None:
            _shared.pool = ThreadPoolExecutor(os.cpu_count() or 1, "kmeans-widget")
        return _shared.pool


# Threads do not survive a fork, and the lock may have been held at that moment: the child starts
# afresh.
if hasattr(os, "register_at_fork"):  # pragma: no branch - absent on Windows, which cannot fork
    os.register_at_fork(after_in_child=_shared.__init__)  # type: ignore[misc]
