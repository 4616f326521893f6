from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

import naive
from kmeans_widget.core import sparse
from kmeans_widget.core.arrays import ClusterSums
from kmeans_widget.core.initialization import initialize_centers
from kmeans_widget.core.kernels import threads
from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.samples import ArraySamples, Samples
from kmeans_widget.core.sparse import SparseSamples


def _dense(
    n_samples: int, n_features: int, density: float = 0.2, dtype: Any = np.float64, seed: int = 0
) -> naive.Array:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features))
    return np.where(rng.uniform(size=X.shape) < density, X, 0.0).astype(dtype)


def _sparse(X: naive.Array, weight: naive.Array | None = None) -> SparseSamples:
    rows = scipy.sparse.csr_array(X)
    return SparseSamples(rows.data, rows.indices, rows.indptr, X.shape[1], weight)


def _bits(sums: ClusterSums) -> tuple[bytes, bytes, float, int]:
    return sums.coordinates.tobytes(), sums.weight.tobytes(), sums.inertia, sums.n_changed


def test_sparse_rows_fulfil_the_protocol() -> None:
    samples: Samples = _sparse(_dense(10, 3))
    assert (samples.n_samples, samples.n_features, samples.dtype) == (10, 3, np.dtype(np.float64))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_clusters", [1, 2, 9])
def test_a_pass_is_that_of_the_oracle(dtype: Any, weighted: bool, n_clusters: int) -> None:
    X = _dense(3000, 20, dtype=dtype)
    weight = np.random.default_rng(1).uniform(size=len(X)) if weighted else None
    samples = _sparse(X, weight)
    memory = samples.memory()
    sums = samples.accumulate(X[:n_clusters], memory)
    exact, ones = X.astype(np.float64), np.ones(len(X)) if weight is None else weight
    labels = naive.assign(exact, exact[:n_clusters])
    np.testing.assert_array_equal(memory.labels, labels)
    coordinates, total = naive.sums(exact, ones, labels, n_clusters)
    np.testing.assert_allclose(sums.coordinates, coordinates, rtol=0, atol=1e-9)
    np.testing.assert_allclose(sums.weight, total, rtol=1e-12)
    expected = naive.inertia(exact, ones, exact[:n_clusters], labels)
    assert sums.inertia == pytest.approx(expected, rel=1e-12)
    assert sums.n_changed == len(X)


@pytest.mark.parametrize("n_threads", [1, 2, 3, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_bits_do_not_depend_on_the_threads(
    monkeypatch: pytest.MonkeyPatch, n_threads: int, weighted: bool
) -> None:
    X = _dense(60_000, 5)
    weight = np.random.default_rng(1).uniform(size=len(X)) if weighted else None
    samples = _sparse(X, weight)
    monkeypatch.setattr(sparse, "_CHUNK_WORK", 2**14)  # many chunks
    with threads.limit_threads(1):
        serial = samples.accumulate(X[:9], samples.memory())
    monkeypatch.setattr(threads, "thread_count", lambda: n_threads)
    assert _bits(samples.accumulate(X[:9], samples.memory())) == _bits(serial)


def test_a_pass_counts_what_changed_since_the_last() -> None:
    X = _dense(1000, 8)
    samples = _sparse(X)
    memory = samples.memory()
    samples.accumulate(X[:4], memory)
    assert samples.accumulate(X[:4], memory).n_changed == 0
    before = memory.labels.copy()
    n_changed = samples.accumulate(X[4:8], memory).n_changed
    assert n_changed == np.count_nonzero(before != memory.labels)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 6), st.booleans())
def test_distances_are_those_of_the_dense_form(
    seed: int, n_samples: int, n_features: int, single: bool
) -> None:
    X = _dense(n_samples, n_features, 0.5, np.float32 if single else np.float64, seed)
    points = np.random.default_rng(seed).normal(size=(3, n_features))
    expected = naive.squared_distances(X.astype(np.float64), points).T
    found = _sparse(X).squared_distances(points)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_is_at_no_distance_from_itself(dtype: Any) -> None:
    X = _dense(200, 50, dtype=dtype) * 1e3
    samples = _sparse(X)
    distances = samples.squared_distances(samples.rows(np.arange(200)))
    assert (np.diag(distances) == 0).all()
    assert (distances >= 0).all()


def test_empty_rows_and_features_are_samples_too() -> None:
    X = np.zeros((4, 3))
    X[2, 1] = 5.0
    samples = _sparse(X)
    assert samples.assign(X[[0, 2]]).tolist() == [0, 0, 1, 0]
    np.testing.assert_allclose(samples.feature_variances(), X.var(axis=0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("at_once", [100, 2**22])
def test_variances_are_those_of_the_dense_form(
    monkeypatch: pytest.MonkeyPatch, dtype: Any, at_once: int
) -> None:
    monkeypatch.setattr(sparse, "_SLICE", at_once)
    X = _dense(500, 7, dtype=dtype)
    found = _sparse(X).feature_variances()
    np.testing.assert_allclose(found, X.var(axis=0, dtype=np.float64), rtol=1e-12)


class TestFarthest:
    def _far(self, x: list[float], n: int, weight: list[float] | None = None) -> list[int]:
        weights = None if weight is None else np.array(weight)
        samples = _sparse(np.array(x)[:, np.newaxis], weights)
        memory = samples.memory()
        samples.accumulate(np.array([[1.0]]), memory)
        return samples.farthest(memory, n).tolist()

    def test_the_farthest_comes_first_and_the_lowest_index_among_equals(self) -> None:
        assert self._far([2.0, -1.0, 3.0, 0.0, 8.0], 3) == [4, 1, 2]

    def test_samples_on_their_center_are_left_out(self) -> None:
        assert self._far([1.0, 1.0, 4.0], 3) == [2]

    def test_samples_without_weight_are_left_out(self) -> None:
        assert self._far([9.0, 3.0, 5.0], 2, [0.0, 1.0, 1.0]) == [2, 1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_clusters", [2, 7])
def test_a_run_is_that_of_the_dense_form(weighted: bool, n_clusters: int) -> None:
    X = _dense(800, 6, 0.4)
    weight = np.random.default_rng(1).uniform(size=len(X)) if weighted else None
    for thin, thick in zip(
        iterate(_sparse(X, weight), X[:n_clusters]),
        iterate(ArraySamples(X, weight), X[:n_clusters]),
        strict=True,
    ):
        np.testing.assert_allclose(thin.centers, thick.centers, rtol=0, atol=1e-12)
        assert thin.n_changed == thick.n_changed
        assert thin.inertia == pytest.approx(thick.inertia, rel=1e-12)


def test_empty_clusters_jump_to_the_farthest_rows() -> None:
    X = np.array([[0.0, 0], [0, 1], [9, 9], [9, 8], [30, 0]])
    start = np.array([[1.0, 1], [50, 50], [60, 60]])
    *_, thin = iterate(_sparse(X), start)
    *_, thick = iterate(ArraySamples(X), start)
    np.testing.assert_allclose(thin.centers, thick.centers, rtol=0, atol=1e-12)


def test_duplicates_do_not_make_it_jump_for_ever() -> None:
    X = np.repeat([[0.1, 0.0], [0.0, 0.3]], 7, axis=0)
    steps = list(iterate(_sparse(X), X[[0, 0, 7]], max_iter=50))
    assert len(steps) < 10


@pytest.mark.parametrize("n", [1, 10, 99, 100, 1000])
def test_a_preview_is_always_the_same_and_in_order(n: int) -> None:
    samples = _sparse(_dense(100, 2))
    preview = samples.preview(n)
    assert len(preview) == min(n, 100)
    assert (np.diff(preview) > 0).all()
    np.testing.assert_array_equal(preview, samples.preview(n))


def test_weights_are_looked_up() -> None:
    weighted = _sparse(_dense(3, 2), np.array([1.0, 2.0, 3.0]))
    assert weighted.weights(np.array([2, 0])).tolist() == [3.0, 1.0]
    assert _sparse(_dense(3, 2)).weights().tolist() == [1.0] * 3


@pytest.mark.parametrize("weighted", [False, True])
def test_some_samples_are_samples_again(weighted: bool) -> None:
    X, chosen = _dense(30, 6), np.array([4, 29, 4, 0])
    weight = np.arange(30.0) if weighted else None
    some = _sparse(X, weight).take(chosen)
    np.testing.assert_array_equal(some.rows(np.arange(4)), X[chosen])
    np.testing.assert_array_equal(some.weights(), np.ones(4) if weight is None else weight[chosen])


@pytest.mark.parametrize("init", ["k-means++", "farthest"])
def test_float32_rows_may_lie_farther_apart_than_float32_can_square(init: str) -> None:
    X = np.array([[0, 1, 0], [2, 0, 0], [0, 1e30, 0], [0, 0, 9e37]], np.float32)
    centers = initialize_centers(_sparse(X), 3, init, np.random.RandomState(0))
    largest = set(centers.max(axis=1).tolist())
    assert {float(X[2, 1]), float(X[3, 2])} < largest
