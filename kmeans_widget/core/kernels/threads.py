"""One shared pool of threads, on which serial kernels run."""

from __future__ import annotations

import contextvars
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
_watcher: ContextVar[Callable[[float], object] | None] = ContextVar(
    "kmeans_widget.watch", default=None
)


def thread_count() -> int:
    """Return the number of threads to use: the CPUs available to this process.

    That is the smallest of the CPU affinity, the environment variable ``NUMBA_NUM_THREADS``, and
    the CPU time granted by the control group, which limits a container. The affinity is looked up
    every time, as it may change while the process runs.

    Returns
    -------
    int
        At least 1.
    """
    wanted = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    return max(1, min(wanted, _granted_cpus(), _affinity()))


@contextmanager
def limit_threads(n: int) -> Iterator[None]:
    """Limit the number of threads that `run` uses in this context, including the caller.

    Parameters
    ----------
    n : int
        At least 1. An outer limit that is lower stays in force.

    Notes
    -----
    The limit belongs to the calling thread (or asyncio task); others are not limited.

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


@contextmanager
def watch(callback: Callable[[float], object]) -> Iterator[None]:
    """Watch the work of `run`, and passes over blocks, to show their progress or to cancel them.

    Parameters
    ----------
    callback : callable
        Called by the calling thread after each of its tasks, with the share of the tasks that have
        been started, or of the blocks that are done. What it raises ends the work, as a
        KeyboardInterrupt does.

    Examples
    --------
    >>> with watch(print), limit_threads(1):
    ...     run([int, int])
    0.5
    1.0
    """
    token = _watcher.set(callback)
    try:
        yield
    finally:
        _watcher.reset(token)


def is_watched() -> bool:
    """Whether someone watches the work in this context."""
    return _watcher.get() is not None


def report(share: float) -> None:
    """Tell who watches the work in this context which share of it is done."""
    if (watcher := _watcher.get()) is not None:
        watcher(share)


def context_of_part() -> contextvars.Context:
    """Copy this context for a thread that does a part of the work, which nobody watches."""
    context = contextvars.copy_context()
    context.run(_watcher.set, None)
    return context


def run(tasks: Iterable[Callable[[], object]]) -> None:
    """Run independent tasks on the shared pool, and wait for all of them.

    The calling thread works too: a single task, or a single CPU, needs no other thread, and callers
    on several threads cannot deadlock. Callers count as threads, so that many of them at once do
    not use more threads than there are CPUs.

    Parameters
    ----------
    tasks : iterable of callables without arguments
        Each writes its own results. They may run in any order.

    Raises
    ------
    Exception
        Whatever a task raised, after the other threads have stopped. A KeyboardInterrupt waits only
        for the tasks that have started.
    """
    queue, watcher = deque(tasks), _watcher.get()
    n_tasks = len(queue)
    caller = threading.get_ident()
    helpers: list[Future[None]] = []
    try:
        _shared.callers.add(caller)
        spare = min(thread_count(), _limit.get(), len(queue)) - len(_shared.callers)
        # A dispatch costs about 12 µs, so one per thread, which then takes tasks from the queue.
        while len(helpers) < spare:
            helpers.append(_pool().submit(_drain, queue))
        if watcher is None:
            _drain(queue)
        else:
            _drain(queue, lambda: watcher(1.0 - len(queue) / n_tasks))
    finally:
        _shared.callers.discard(caller)
        queue.clear()
        running = [helper for helper in helpers if not helper.cancel()]
        failures = [helper.exception() for helper in running]
    for failure in filter(None, failures):
        raise failure


def _drain(
    queue: deque[Callable[[], object]], after_each: Callable[[], object] = lambda: None
) -> None:
    """Run tasks until the queue is empty; `deque.popleft` is atomic."""
    while True:
        try:
            task = queue.popleft()
        except IndexError:
            return
        task()
        after_each()


def _affinity() -> int:
    """Return the number of CPUs in the affinity mask; all, where there is none."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # pragma: no cover - macOS and Windows


@cache
def _granted_cpus() -> int:
    """Return the number of CPUs that the control group grants (versions 2 and 1), rounded up."""
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

    Callers are identified by thread, so one that an interrupt leaves behind is not counted twice.
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


# Threads do not survive a fork, and the lock may have been held: the child starts afresh.
if hasattr(os, "register_at_fork"):  # pragma: no branch - absent on Windows, which cannot fork
    os.register_at_fork(after_in_child=_shared.__init__)  # type: ignore[misc]
