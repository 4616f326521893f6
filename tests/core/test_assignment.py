from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from kmeans_widget.core.arrays import Float64s, read_only
from kmeans_widget.core.assignment import assign_and_sum
from kmeans_widget.core.distances import LANES, PITCH

EDGES = [1, 2, LANES - 1, LANES, LANES + 1, 2 * LANES, 3 * LANES + 17]


def _pass(
    X: naive.Array, centers: naive.Array, weight: Float64s | None = None
) -> tuple[naive.Array, naive.Array, naive.Array, naive.Array, float, int]:
    labels = np.full(len(X), -1, dtype=np.int32)
    distances = np.empty(len(X), dtype=X.dtype)
    totals = np.zeros((len(centers), X.shape[1] + 1))
    weights = read_only(np.empty(0) if weight is None else weight)
    inertia, n_changed = assign_and_sum(
        read_only(X), weights, read_only(centers), labels, distances, totals, *_room(X)
    )
    return labels, distances, totals[:, :-1], totals[:, -1], inertia, n_changed


def _room(X: naive.Array) -> tuple[naive.Array, naive.Array]:
    return np.empty((X.shape[1] + 3, PITCH), X.dtype), np.empty(PITCH, np.int32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_samples", EDGES)
@pytest.mark.parametrize(("n_features", "n_clusters"), [(1, 1), (2, 3), (3, 8), (17, 5)])
def test_labels_and_distances_are_the_oracles_bits(
    n_samples: int, n_features: int, n_clusters: int, dtype: Any
) -> None:
    random = np.random.default_rng(n_samples)
    X = random.normal(size=(n_samples, n_features)).astype(dtype)
    centers = random.normal(size=(n_clusters, n_features)).astype(dtype)
    labels, distances, *_ = _pass(X, centers)
    oracle = naive.squared_distances(X, centers)
    np.testing.assert_array_equal(labels, oracle.argmin(axis=1))
    np.testing.assert_array_equal(distances, oracle.min(axis=1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_sums_are_those_of_the_oracle(dtype: Any, weighted: bool) -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(700, 3)).astype(dtype)
    centers = X[:6].copy()
    weight = random.uniform(size=700) if weighted else np.ones(700)
    labels, distances, coordinates, total, inertia, _ = _pass(
        X, centers, weight if weighted else None
    )
    expected, expected_total = naive.sums(X, weight, labels, 6)
    np.testing.assert_array_equal(coordinates, expected)
    np.testing.assert_array_equal(total, expected_total)
    assert inertia == pytest.approx(np.sum(weight * distances.astype(np.float64)), rel=1e-13)


@pytest.mark.parametrize("n_clusters", [2, 3, 4, 5])
def test_the_lowest_index_wins_a_tie(n_clusters: int) -> None:
    X = np.zeros((5, 2))
    angles = np.arange(n_clusters) * np.pi / 2
    centers = np.round(np.column_stack([np.cos(angles), np.sin(angles)]))
    assert _pass(X, centers)[0].tolist() == [0] * 5


def test_equal_centers_leave_all_to_the_first() -> None:
    X = np.random.default_rng(0).normal(size=(300, 2))
    assert not _pass(X, np.ones((7, 2)))[0].any()


def test_only_changed_labels_count_as_changed() -> None:
    X = np.array([[0.0], [1.0], [9.0], [10.0]])
    labels = np.array([0, 0, 0, 1], dtype=np.int32)
    _, n_changed = assign_and_sum(
        read_only(X),
        read_only(np.empty(0)),
        read_only(np.array([[0.0], [10.0]])),
        labels,
        np.empty(0),
        np.zeros((2, 2)),
        *_room(X),
    )
    assert n_changed == 1
    assert labels.tolist() == [0, 0, 1, 1]


def test_float32_far_from_the_origin_does_not_cancel() -> None:
    X = (np.array([[0.0], [1.0], [2.0], [3.0]]) + 1e6).astype(np.float32)
    labels, distances, *_ = _pass(X, X[[0, 3]])
    assert labels.tolist() == [0, 0, 1, 1]
    assert distances.tolist() == [0.0, 1.0, 1.0, 0.0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 5), st.integers(1, 9))
def test_ties_on_a_grid_go_to_the_lowest_index(seed: int, n: int, d: int, k: int) -> None:
    random = np.random.default_rng(seed)
    X = random.integers(0, 4, size=(n, d)).astype(np.float64)
    centers = random.integers(0, 4, size=(k, d)).astype(np.float64)
    np.testing.assert_array_equal(_pass(X, centers)[0], naive.assign(X, centers))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 400), st.integers(2, 9))
def test_permuted_clusters_get_permuted_labels(seed: int, n: int, k: int) -> None:
    random = np.random.default_rng(seed)
    X, centers = random.normal(size=(n, 2)), random.normal(size=(k, 2))
    order = random.permutation(k)
    labels, permuted = _pass(X, centers)[0], _pass(X, centers[order])[0]
    np.testing.assert_array_equal(order[permuted], labels)
