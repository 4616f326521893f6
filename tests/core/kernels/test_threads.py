import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from kmeans_widget.core.kernels import threads


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "thread_count", lambda: 2)


@pytest.mark.usefixtures("two_threads")
def test_every_task_runs_once() -> None:
    counts = [0] * 100

    def task(i: int) -> None:
        counts[i] += 1

    threads.run([lambda i=i: task(i) for i in range(100)])  # type: ignore[misc]
    assert counts == [1] * 100


@pytest.mark.usefixtures("two_threads")
def test_tasks_share_the_threads() -> None:
    meeting = threading.Barrier(2, timeout=30)
    threads.run([meeting.wait, meeting.wait])
    assert not meeting.broken


def test_one_thread_uses_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "thread_count", lambda: 1)
    seen: set[int] = set()
    threads.run([lambda: seen.add(threading.get_ident())] * 20)
    assert seen == {threading.get_ident()}


def _threads_of(n_tasks: int) -> int:
    """Count the threads that ran tasks long enough for all of them to take part."""
    seen: set[int] = set()

    def task() -> None:
        seen.add(threading.get_ident())
        time.sleep(0.01)

    threads.run([task] * n_tasks)
    return len(seen)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_limit_holds_inside_its_context_only(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(threads, "thread_count", lambda: 4)
    with threads.limit_threads(limit):
        assert _threads_of(20) <= limit
        with threads.limit_threads(8):
            assert _threads_of(20) <= limit
    assert threads._limit.get() == np.inf


def test_a_limit_on_one_thread_does_not_bind_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "thread_count", lambda: 2)
    meeting = threading.Barrier(2, timeout=30)
    other = threading.Thread(target=threads.run, args=([meeting.wait, meeting.wait],))
    with threads.limit_threads(1):
        other.start()
        other.join()
    assert not meeting.broken


def test_callers_count_as_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "thread_count", lambda: 2)
    assert _threads_of(20) == 2
    monkeypatch.setattr(threads._shared, "callers", {-1, -2})  # two others are at work
    assert _threads_of(20) == 1
    assert threads._shared.callers == {-1, -2}


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinity")
def test_the_affinity_is_followed_while_the_process_runs() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert threads.thread_count() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.usefixtures("two_threads")
def test_nothing_to_do_is_fine() -> None:
    threads.run([])


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("n_tasks", [1, 2, 50])
def test_an_error_in_a_task_reaches_the_caller(n_tasks: int) -> None:
    def fail() -> None:
        raise ArithmeticError("task failed")

    with pytest.raises(ArithmeticError, match="task failed"):
        threads.run([fail] * n_tasks)


@pytest.mark.usefixtures("two_threads")
def test_callers_on_many_threads_do_not_wait_for_each_other_for_ever() -> None:
    totals = np.zeros(8, dtype=int)

    def call(caller: int) -> None:
        def inner() -> None:
            totals[caller] += 1

        def outer() -> None:
            threads.run([inner])

        for _ in range(20):
            threads.run([outer])

    callers = [threading.Thread(target=call, args=(i,)) for i in range(8)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(timeout=60)
    assert totals.tolist() == [20] * 8


def _granted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> int:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(threads, "_CGROUP", tmp_path)
    return threads._granted_cpus.__wrapped__()  # not from the cache


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
    ],
)
def test_a_container_gets_the_cpus_that_it_was_granted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], cpus: int
) -> None:
    assert _granted(tmp_path, monkeypatch, files) == cpus


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"cpu.max": "max 100000\n"},
        {"cpu.max": "nonsense\n"},
        {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
    ],
)
def test_without_a_limit_all_cpus_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    assert _granted(tmp_path, monkeypatch, files) == os.cpu_count()


def test_there_is_at_least_one_thread() -> None:
    assert threads.thread_count() >= 1
