"""Interrupts, threads, processes: nothing is lost, nothing is half written, no bit differs."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from threadpoolctl import threadpool_limits

import kmeans_widget as kw
from kmeans_widget.core.kernels import chunks, threads
from kmeans_widget.estimator import kmeans as kmeans_module
from kmeans_widget.estimator.inputs import allowed_threads

LARGE = np.random.default_rng(0).normal(size=(60_000, 16))
SMALL = pd.DataFrame(LARGE[:200, :2], columns=["a", "b"])


def _interrupt(work: Callable[[], object]) -> None:
    """Press Ctrl-C while something works."""
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        work()
    timer.cancel()


LONG = {
    "KMeans, random": (kw.KMeans, {"init": "random", "n_init": 1000}),
    "KMeans, k-means++": (kw.KMeans, {"n_clusters": 3000}),
    "MiniBatchKMeans": (kw.MiniBatchKMeans, {"max_no_improvement": None}),
}


@pytest.mark.parametrize(
    ("name", "sparse"),
    [
        ("KMeans, random", False), ("KMeans, random", True), ("KMeans, k-means++", False),
        ("MiniBatchKMeans", True),
    ],
)  # fmt: skip
def test_an_interrupt_stops_a_fit_and_changes_nothing(name: str, sparse: bool) -> None:
    Estimator, parameters = LONG[name]
    state = np.random.RandomState(0)
    estimator = Estimator(3, random_state=state, n_init=1).fit(SMALL)
    estimator.set_params(**({"n_clusters": 40, "max_iter": 10_000, "tol": 0.0} | parameters))
    before, numbers = dict(vars(estimator)), state.get_state()
    copies = {key: np.array(before[key]) for key in ("cluster_centers_", "labels_")}
    X = scipy.sparse.csr_array(LARGE) if sparse else LARGE
    Estimator(40, init="random", n_init=1, max_iter=1).fit(X)  # compiles: numba loses an interrupt
    Estimator(40, max_iter=1).fit(X)
    _interrupt(lambda: estimator.fit(X))
    assert vars(estimator).keys() == before.keys()
    for key, value in vars(estimator).items():
        assert value is before[key], key
    for key, copy in copies.items():
        np.testing.assert_array_equal(vars(estimator)[key], copy)
    np.testing.assert_array_equal(state.get_state()[1], numbers[1])
    assert state.get_state()[2] == numbers[2]


def test_an_interrupted_batch_teaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    estimator = kw.MiniBatchKMeans(4, random_state=0, reassignment_ratio=0.9)
    estimator.partial_fit(LARGE[:50])
    untouched = kw.MiniBatchKMeans(4, random_state=0, reassignment_ratio=0.9)
    untouched.partial_fit(LARGE[:50])

    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(estimator, "_result", interrupt)  # everything is computed, nothing written
        with pytest.raises(KeyboardInterrupt):
            estimator.partial_fit(LARGE[50:90])
    for model in (estimator, untouched):
        model.partial_fit(LARGE[100:160])
    np.testing.assert_array_equal(estimator.cluster_centers_, untouched.cluster_centers_)
    assert estimator.n_steps_ == untouched.n_steps_ == 2


@pytest.mark.parametrize("Estimator", [kw.KMeans, kw.MiniBatchKMeans])
def test_a_refused_fit_changes_nothing(Estimator: Any) -> None:
    estimator = Estimator(2, random_state=0).fit(SMALL)
    before = dict(vars(estimator))
    for X, weight in [([[np.nan]], None), ([[1.0], [2.0]], [-1.0, 1.0]), ([[1.0]], None)]:
        with pytest.raises(ValueError, match=r"."):
            estimator.fit(X, sample_weight=weight)
    assert vars(estimator) == before


@pytest.mark.parametrize("Estimator", [kw.KMeans, kw.MiniBatchKMeans])
def test_a_new_fit_forgets_what_it_does_not_find_again(Estimator: Any) -> None:
    estimator = Estimator(2, random_state=0).fit(SMALL)
    assert hasattr(estimator, "feature_names_in_")
    assert not hasattr(estimator.fit(SMALL.to_numpy()), "feature_names_in_")


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_array])
def test_float32_samples_meet_centers_beyond_their_range(make: Any) -> None:
    far = np.array([[0.0, 0.0], [1.0, 0.0], [1e150, 2e150]])
    near = make(np.array([[0.0, 3.0], [4.0, 0.0]], np.float32))
    fitted = kw.KMeans(2, random_state=0).fit(far)
    stream = kw.MiniBatchKMeans(2, random_state=0).partial_fit(far)
    for estimator in (fitted, stream.partial_fit(near)):
        distances = np.sort(estimator.transform(near), axis=1)
        assert (distances[:, 0] < 5.0).all()
        np.testing.assert_allclose(distances[:, 1], np.hypot(1e150, 2e150))


@pytest.mark.parametrize(
    ("Estimator", "dtype", "sparse"),
    [
        (kw.KMeans, np.float32, False), (kw.KMeans, np.float64, True),
        (kw.MiniBatchKMeans, np.float32, True), (kw.MiniBatchKMeans, np.float64, False),
    ],
)  # fmt: skip
def test_the_bits_are_the_same_for_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, Estimator: Any, dtype: Any, sparse: bool
) -> None:
    monkeypatch.setattr(chunks, "SMALL_WORK", 0)  # few samples know of no threads
    X = LARGE.astype(dtype)
    X = scipy.sparse.csr_array(np.where(abs(X) > 1, X, 0)) if sparse else X
    results = []
    for n_threads in (1, 2, 7):
        monkeypatch.setattr(threads, "thread_count", lambda n_threads=n_threads: n_threads)
        monkeypatch.setattr(
            "kmeans_widget.estimator.inputs._openmp_effective_n_threads",
            lambda n_threads=n_threads, **_: n_threads,
        )
        fitted = Estimator(6, random_state=0, max_iter=10).fit(X)
        centers, distances = fitted.cluster_centers_.tobytes(), fitted.transform(X[:99]).tobytes()
        results.append((centers, fitted.labels_.tobytes(), fitted.inertia_, distances))
    assert results == results[:1] * 3


@pytest.mark.parametrize("limit", [1, 2])
def test_a_limit_of_threadpoolctl_holds_for_our_threads(limit: int) -> None:
    with threadpool_limits(limits=limit, user_api="openmp"), allowed_threads():
        assert threads._limit.get() <= limit


def test_fits_ask_for_threads_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def last_step(*arguments: Any, **options: Any) -> Any:
        seen.append(threads._limit.get())
        return original(*arguments, **options)

    original = kmeans_module.last_step
    monkeypatch.setattr(kmeans_module, "last_step", last_step)
    with threadpool_limits(limits=1, user_api="openmp"):
        kw.KMeans(2, random_state=0).fit(SMALL)
    assert seen == [1]


def test_fits_on_several_threads_at_once_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "SMALL_WORK", 0)  # they share the pool
    expected = kw.KMeans(5, random_state=0, max_iter=5).fit(LARGE).cluster_centers_
    shared, found = kw.KMeans(5, random_state=0, max_iter=5), []

    def work() -> None:
        own = kw.KMeans(5, random_state=0, max_iter=5).fit(LARGE)
        found.append(np.array_equal(own.cluster_centers_, expected))
        found.append(np.array_equal(shared.fit(LARGE).cluster_centers_, expected))

    callers = [threading.Thread(target=work) for _ in range(4)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert found == [True] * 8


@pytest.fixture(scope="module")
def processes() -> dict[str, str]:
    """What workers of joblib, and a forked child, find; from one interpreter without threads."""
    code = """
import os
from joblib import Parallel, delayed
def count():
    from kmeans_widget.core.kernels import threads
    return threads.thread_count()
print("joblib", sum(Parallel(n_jobs=2)(delayed(count)() for _ in range(2))))

import numpy as np, kmeans_widget as kw
from kmeans_widget.core.kernels import threads
threads.thread_count = lambda: 2
X = np.random.default_rng(0).normal(size=(60_000, 4))
expected = kw.KMeans(6, random_state=0).fit(X).cluster_centers_
child = os.fork() if hasattr(os, "fork") else None
if child == 0:
    again = kw.KMeans(6, random_state=0).fit(X).cluster_centers_
    os._exit(0 if np.array_equal(again, expected) else 1)
if child:
    print("fork", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return dict(line.split() for line in run.stdout.splitlines())


def test_workers_of_joblib_share_the_cpus(processes: dict[str, str]) -> None:
    assert int(processes["joblib"]) <= max(os.cpu_count() or 1, 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_forked_child_fits_too(processes: dict[str, str]) -> None:
    assert processes["fork"] == "0"
