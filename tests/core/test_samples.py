import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

import naive
from kmeans_widget.core.arrays import ClusterSums
from kmeans_widget.core.kernels import chunks, threads
from kmeans_widget.core.kernels.chunks import chunk_size
from kmeans_widget.core.samples import ArraySamples, Samples


def _data(n_samples: int = 40_000, n_features: int = 3, dtype: Any = np.float64) -> naive.Array:
    return np.random.default_rng(0).normal(size=(n_samples, n_features)).astype(dtype)


def _bits(sums: ClusterSums) -> tuple[bytes, bytes, float, int]:
    return sums.coordinates.tobytes(), sums.weight.tobytes(), sums.inertia, sums.n_changed


def test_an_array_fulfils_the_protocol() -> None:
    data: Samples = ArraySamples(_data(10))
    assert (data.n_samples, data.n_features, data.dtype) == (10, 3, np.dtype(np.float64))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_chunks_give_what_one_gives(dtype: Any) -> None:
    X = _data(100_000, 2, dtype)
    data = ArraySamples(X)
    memory = data.memory()
    sums = data.accumulate(X[:5], memory)
    labels = naive.assign(X, X[:5])
    np.testing.assert_array_equal(memory.labels, labels)
    for j in range(5):
        members = X[labels == j].astype(np.float64)
        np.testing.assert_allclose(sums.coordinates[j], members.sum(axis=0), rtol=1e-9)
        assert sums.weight[j] == len(members)


@pytest.mark.parametrize("n_threads", [1, 2, 3, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_bits_do_not_depend_on_the_threads(
    monkeypatch: pytest.MonkeyPatch, n_threads: int, weighted: bool
) -> None:
    monkeypatch.setattr(chunks, "SMALL_WORK", 0)
    X = _data(150_000, 2)
    weight = np.random.default_rng(1).uniform(size=len(X)) if weighted else None
    data = ArraySamples(X, weight)
    with monkeypatch.context() as patch:
        patch.setattr(chunks, "run", lambda tasks: [task() for task in tasks])
        serial = data.accumulate(X[:9], data.memory())
    monkeypatch.setattr(threads, "thread_count", lambda: n_threads)
    assert _bits(data.accumulate(X[:9], data.memory())) == _bits(serial)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.usefixtures("pruned")
@pytest.mark.parametrize("weighted", [False, True])
def test_many_passes_over_wide_data_have_the_same_bits_on_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, weighted: bool, dtype: Any
) -> None:
    X, random = _data(90_000, 6, dtype), np.random.default_rng(1)
    weight = random.uniform(size=len(X)) if weighted else None
    passes = np.cumsum(0.03 * random.normal(size=(5, 9, 6)), axis=0) + X[:9]

    def bits(n_threads: int) -> list[object]:
        monkeypatch.setattr(threads, "thread_count", lambda: n_threads)
        data = ArraySamples(X, weight)
        memory = data.memory()
        found: list[object] = [_bits(data.accumulate(centers, memory)) for centers in passes]
        assert memory.upper is not None
        return [
            *found,
            memory.labels.tobytes(),
            memory.upper.tobytes(),
            data.assign(passes[2])[:9].tolist(),
        ]

    expected = bits(1)
    for n_threads in (2, 3, 7):
        assert bits(n_threads) == expected


def test_a_pass_counts_what_changed_since_the_last() -> None:
    X = _data(1000)
    data = ArraySamples(X)
    memory = data.memory()
    assert data.accumulate(X[:4], memory).n_changed == 1000
    assert data.accumulate(X[:4], memory).n_changed == 0
    before = memory.labels.copy()
    n_changed = data.accumulate(X[4:8], memory).n_changed
    assert n_changed == np.count_nonzero(before != memory.labels)


def test_assign_is_pure() -> None:
    X = _data(1000)
    data, centers = ArraySamples(X), X[:4].copy()
    copy = X.copy()
    first, second = data.assign(centers), data.assign(centers)
    assert first.dtype == np.int32
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(X, copy)
    np.testing.assert_array_equal(centers, copy[:4])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_centers_may_have_any_layout_and_type(order: str, dtype: Any) -> None:
    X = np.round(_data(500) * 10)
    centers = np.asarray(X[:4], dtype=dtype, order=order)  # type: ignore[call-overload]
    np.testing.assert_array_equal(ArraySamples(X).assign(centers), naive.assign(X, X[:4]))


def test_read_only_data_are_welcome() -> None:
    X = _data(100)
    X.flags.writeable = False
    assert ArraySamples(X).assign(X[:3]).shape == (100,)


def test_the_users_array_stays_writeable() -> None:
    X = _data(100)
    ArraySamples(X, np.ones(100))
    assert X.flags.writeable


@pytest.mark.parametrize("n_threads", [1, 2])
def test_squared_distances_are_those_of_the_oracle(
    monkeypatch: pytest.MonkeyPatch, n_threads: int
) -> None:
    monkeypatch.setattr(threads, "thread_count", lambda: n_threads)
    X = _data(70_000)
    distances = ArraySamples(X).squared_distances(X[:4])
    expected = naive.squared_distances(X, X[:4]).T
    np.testing.assert_allclose(distances, expected, rtol=1e-12)


class TestFarthest:
    def _far(self, x: list[float], n: int, weight: list[float] | None = None) -> list[int]:
        weights = None if weight is None else np.array(weight)
        data = ArraySamples(np.array(x)[:, np.newaxis], weights)
        memory = data.memory()
        data.accumulate(np.zeros((1, 1)), memory)
        return [int(i) for i in data.farthest(memory, n)]

    def test_the_farthest_comes_first(self) -> None:
        assert self._far([1.0, -5.0, 3.0, 0.0], 2) == [1, 2]

    def test_the_lowest_index_comes_first_among_equals(self) -> None:
        assert self._far([1.0, 2.0, -2.0, 2.0, 9.0], 3) == [4, 1, 2]

    def test_samples_on_their_center_are_left_out(self) -> None:
        assert self._far([0.0, 0.0, 4.0], 3) == [2]

    def test_samples_without_weight_are_left_out(self) -> None:
        assert self._far([9.0, 1.0, 2.0], 2, [0.0, 1.0, 1.0]) == [2, 1]

    def test_more_than_there_are_gives_all(self) -> None:
        assert self._far([1.0, 2.0], 5) == [1, 0]


def test_rows_are_copies() -> None:
    X = _data(10)
    rows = ArraySamples(X).rows(np.array([3, 1]))
    rows[:] = 0.0
    assert X[3].any()


class TestFeatureVariances:
    @pytest.mark.parametrize(
        ("n_samples", "n_features"),
        [(1, 3), (2, 100), (63, 1), (65, 64), (1001, 5), (1001, 2), (20_011, 1), (20_011, 64)],
    )
    def test_they_are_those_of_numpy(self, n_samples: int, n_features: int) -> None:
        X = _data(n_samples, n_features) * np.arange(1, n_features + 1)
        found = ArraySamples(X).feature_variances()
        np.testing.assert_allclose(found, X.var(axis=0), rtol=1e-9, atol=1e-15 * n_features)

    @pytest.mark.parametrize("shift", [1e4, 1e8])
    @pytest.mark.parametrize("n_features", [5, 64, 100])
    def test_far_from_zero_they_do_not_cancel(self, n_features: int, shift: float) -> None:
        X = _data(1001, n_features) + shift
        found = ArraySamples(X).feature_variances()
        np.testing.assert_allclose(found, X.var(axis=0), rtol=1e-9)

    def test_equal_samples_have_none(self) -> None:
        for n_features in (1, 5, 64):
            for dtype in (np.float32, np.float64):
                X = np.full((333, n_features), 0.1, dtype)
                assert (ArraySamples(X).feature_variances() <= 1e-16).all()

    def test_the_bits_do_not_depend_on_the_threads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        X, found = _data(70_001, 40), []
        for n_threads in (1, 2, 5):
            monkeypatch.setattr(threads, "thread_count", lambda n=n_threads: n)
            found.append(ArraySamples(X).feature_variances().tobytes())
        assert len(set(found)) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_samples", [1, 2, 254, 255, 256, 5000])
def test_the_origin_is_amid_the_samples_whatever_an_outlier_does(
    n_samples: int, dtype: Any
) -> None:
    X = (_data(n_samples, 6) + 1e4).astype(dtype)
    if n_samples > 2:
        X[0] = -1e9
    data = ArraySamples(X)
    assert data.origin.dtype == dtype
    assert (np.abs(data.origin - 1e4) < 4).all()
    assert data.origin is data.origin
    assert not data.origin.flags.writeable


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_features", [1, 2, 5, 40])
def test_the_farthest_are_those_of_the_oracle_after_several_passes(
    n_features: int, dtype: Any
) -> None:
    X = _data(3000, n_features, dtype)
    data, centers = ArraySamples(X), X[:5].astype(np.float64)
    memory = data.memory()
    for moved in (centers, centers + 0.1, centers[::-1]):
        data.accumulate(moved, memory)
        distances = naive.squared_distances(X.astype(np.float64), moved).min(axis=1)
        expected = np.argsort(-distances, kind="stable")[:10]
        np.testing.assert_array_equal(data.farthest(memory, 10), expected)


def test_weights_default_to_one() -> None:
    data = ArraySamples(_data(5))
    assert data.weights().tolist() == [1.0] * 5
    assert data.weights(np.array([0, 2])).tolist() == [1.0, 1.0]


def test_weights_are_looked_up() -> None:
    data = ArraySamples(_data(3), np.array([1.0, 2.0, 3.0]))
    assert data.weights().tolist() == [1.0, 2.0, 3.0]
    assert data.weights(np.array([2, 0])).tolist() == [3.0, 1.0]


@pytest.mark.parametrize("n", [1, 10, 99, 100, 1000])
def test_a_preview_is_always_the_same_and_in_order(n: int) -> None:
    data = ArraySamples(_data(100))
    preview = data.preview(n)
    assert len(preview) == min(n, 100)
    assert (np.diff(preview) > 0).all()
    np.testing.assert_array_equal(preview, data.preview(n))


@pytest.mark.parametrize("n_features", [1, 2, 64, 784, 100_000])
@pytest.mark.parametrize("n_clusters", [1, 8, 1000, 50_000])
def test_partial_sums_stay_small_beside_the_data(n_features: int, n_clusters: int) -> None:
    assert chunk_size(10**6, n_features, n_clusters) >= max(1024, 4 * n_clusters)


def test_passes_on_several_threads_at_once_agree() -> None:
    X = _data(120_000, 2)
    data, expected, found = ArraySamples(X), naive.assign(X, X[:6]), []

    def work() -> None:
        found.append(np.array_equal(data.assign(X[:6]), expected))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 6


def test_a_forked_child_makes_its_own_threads() -> None:
    code = """
import os, numpy as np
from kmeans_widget.core.kernels import threads
from kmeans_widget.core.samples import ArraySamples
threads.thread_count = lambda: 2
X = np.random.default_rng(0).normal(size=(150_000, 2))
data = ArraySamples(X)
expected = data.assign(X[:8])
with threads._shared.lock:
    child = os.fork()
if child == 0:
    os._exit(0 if np.array_equal(data.assign(X[:8]), expected) else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 0
