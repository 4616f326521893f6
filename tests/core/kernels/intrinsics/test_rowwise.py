from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

import naive
from kmeans_widget.core import assignment
from kmeans_widget.core.kernels import wide
from kmeans_widget.core.kernels.buffers import new_points
from kmeans_widget.core.kernels.intrinsics import llvm
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, tile_shape
from kmeans_widget.core.kernels.intrinsics.rowwise import dots
from kmeans_widget.core.kernels.jit import kernel
from kmeans_widget.core.samples import ArraySamples

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@kernel
def _all(X, rows, origin, centers, products, norms):
    column = 0
    while column < rows.size:
        column = dots(X, rows, origin, centers, products, norms, column)


def _products(
    multiply: Any, X: naive.Array, rows: naive.Array, origin: naive.Array, centers: naive.Array
) -> tuple[naive.Array, naive.Array]:
    products, norms = new_points(X.shape[1], X.dtype), np.empty(BLOCK, X.dtype)
    multiply(X, rows, origin, centers, products, norms)
    return products[: len(centers), : len(rows)], norms[: len(rows)]


@DTYPES
@pytest.mark.parametrize(
    ("n_features", "n_clusters"),
    [(16, 1), (17, 5), (23, 2), (31, 11), (32, 4), (33, 6), (64, 16), (100, 10)],
)
def test_whole_numbers_give_exact_products(n_features: int, n_clusters: int, dtype: Any) -> None:
    # No rounding anywhere, so the order of a sum makes no difference.
    random = np.random.default_rng(n_features)
    X = random.integers(-9, 10, (80, n_features)).astype(dtype)
    centers = random.integers(-9, 10, (n_clusters, n_features)).astype(dtype)
    for n_rows in (1, 2, 7, BLOCK):
        rows, origin = random.choice(80, n_rows), X[3].copy()
        products, norms = _products(_all, X, rows, origin, centers)
        offsets = X[rows] - origin
        np.testing.assert_array_equal(products, centers @ offsets.T)
        np.testing.assert_array_equal(norms, (offsets**2).sum(axis=1))


@DTYPES
def test_products_are_those_of_numpy(dtype: Any) -> None:
    random = np.random.default_rng(0)
    X, centers = random.normal(size=(BLOCK, 45)), random.normal(size=(7, 45))
    X, centers = X.astype(dtype), centers.astype(dtype)
    products, norms = _products(_all, X, np.arange(BLOCK), X[0], centers)
    offsets = X.astype(np.float64) - X[0]
    noise = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(products, centers @ offsets.T, rtol=0, atol=noise)
    np.testing.assert_allclose(norms, (offsets**2).sum(axis=1), rtol=noise)


@pytest.mark.parametrize("shape", [(1, 1), (1, 10), (2, 3), (4, 5)])
def test_any_shape_gives_the_same_bits(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    X = np.random.default_rng(0).normal(size=(BLOCK, 50)).astype(np.float32)
    given_ = X, np.arange(BLOCK), X[0].copy(), X[5:14].copy()
    expected = _products(_all, *given_)
    monkeypatch.setattr(llvm, "rowwise_shape", lambda: shape)
    for ours, theirs in zip(_products(njit(_all.py_func), *given_), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_block_is_whole_calls() -> None:
    assert BLOCK % llvm.rowwise_shape()[0] == 0


def test_there_are_features_for_every_lane_and_every_center() -> None:
    fewest = next(d for d in range(1, 1000) if wide.has_few_centers(d, 1))
    most = next(k for k in range(1, 1000) if not wide.has_few_centers(1000, k)) - 1
    assert fewest >= tile_shape(4).lanes
    assert fewest >= most


@pytest.mark.usefixtures("many")
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 150),
    d=st.integers(32, 140),
    k=st.integers(1, 16),
    shift=st.sampled_from([0.0, 1e4]),
    scale=st.sampled_from([1.0, 2.0**20, 2.0**-20]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_labels_are_the_oracles(
    seed: int, n: int, d: int, k: int, shift: float, scale: float, dtype: Any
) -> None:
    random, k = np.random.default_rng(seed), min(k, d // 8)
    X = ((random.integers(-2, 3, size=(n, d)) + shift) * scale).astype(dtype)  # ties abound
    data = ArraySamples(X, random.uniform(size=n) if seed % 2 else None)
    centers = X[random.integers(0, n, k)].astype(np.float64)
    memory = data.memory()
    sums = data.accumulate(centers, memory)
    exact = X.astype(np.float64)
    np.testing.assert_array_equal(memory.labels, naive.assign(exact, centers))
    inertia = naive.squared_distances(exact, centers).min(axis=1) @ data.weights()
    assert sums.inertia == pytest.approx(inertia, rel=1e-9, abs=1e-9 * scale**2)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("d", [32, 33, 100, 784])
def test_where_lanes_round_differently_float64_decides(d: int, scale: float) -> None:
    random, k = np.random.default_rng(d), min(16, d // 8)
    assert wide.has_few_centers(d, k)
    centers = random.normal(size=(k, d)) * scale
    one, other = centers[random.permutation(k)], centers[random.permutation(k)]
    off = 10.0 ** random.uniform(-9, -3, size=(200, k, 1)) * random.choice([-1, 1], (200, k, 1))
    X = ((one + other) / 2 + off * (one - other)).reshape(-1, d).astype(np.float32)  # near ties
    distances = naive.squared_distances(X.astype(np.float64), centers)
    found = distances[np.arange(len(X)), ArraySamples(X).assign(centers)]
    np.testing.assert_allclose(found, distances.min(axis=1), rtol=1e-12)


@pytest.mark.usefixtures("many")
def test_few_centers_are_compared_where_the_samples_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignment, "assign_rows", None)
    X = np.random.default_rng(0).normal(size=(500, 80))
    labels = ArraySamples(X).assign(X[:9])
    np.testing.assert_array_equal(labels, naive.assign(X, X[:9]))
