import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

import naive
from kmeans_widget.core.kernels.buffers import fill_tiles, new_points, new_tiles
from kmeans_widget.core.kernels.intrinsics import llvm, tile
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, NARROW, Shape, tile_shape
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_rows
from kmeans_widget.core.kernels.jit import kernel

DTYPES = [np.float32, np.float64]


@kernel
def _nearest_two(points, tiles, start, best, second, nearest):
    column = 0
    while column < points.shape[1]:
        column = tile.nearest_two(points, tiles, start, column, best, second, nearest)


@kernel
def _nearest_one(points, tiles, best, nearest):
    column = 0
    while column < points.shape[1]:
        column = tile.nearest_one(points, tiles, column, best, nearest)


@kernel
def _squared_distances(points, tiles, out):
    column = 0
    while column < points.shape[1]:
        column = tile.squared_distances(points, tiles, column, out)


def _packed(X: naive.Array, centers: naive.Array) -> tuple[naive.Array, Any]:
    points = new_points(X.shape[1], X.dtype, -(-len(X) // BLOCK))
    transpose_rows(X, np.arange(len(X)), np.zeros_like(X[0]), points)
    tiles = new_tiles(len(centers), X.shape[1], X.dtype)
    fill_tiles(centers.astype(np.float64), np.zeros_like(X[0]), tiles)
    return points, tiles


def _two(X: naive.Array, centers: naive.Array, run: Any = _nearest_two) -> list[naive.Array]:
    points, tiles = _packed(X, centers)
    out = [np.empty(points.shape[1], dtype) for dtype in (X.dtype, X.dtype, np.int32)]
    run(points, tiles.negated, tiles.half_norms, *out)
    return [array[: len(X)] for array in out]


def _one(X: naive.Array, centers: naive.Array) -> list[naive.Array]:
    points, tiles = _packed(X, centers)
    out = [np.empty(points.shape[1], dtype) for dtype in (X.dtype, np.int32)]
    _nearest_one(points, tiles.negated, *out)
    return [array[: len(X)] for array in out]


def _distances(X: naive.Array, centers: naive.Array) -> naive.Array:
    points, tiles = _packed(X, centers)
    out = np.empty((tiles.half_norms.size, points.shape[1]), X.dtype)
    _squared_distances(points, tiles.negated, out)
    assert np.isposinf(out[len(centers) :]).all()  # padding
    return out[: len(centers), : len(X)].T


# Pairwise: below, at and above the vectors and tiles of any machine, in both precisions.
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("n_features", "n_clusters"),
    [(1, 9), (2, 1), (3, 4), (4, 33), (5, 2), (7, 8), (8, 5), (9, 16), (16, 7), (17, 3), (40, 11)],
)
def test_whole_numbers_give_exact_scores(n_features: int, n_clusters: int, dtype: Any) -> None:
    # No rounding anywhere; and ties abound.
    random = np.random.default_rng(n_clusters)
    X = random.integers(0, 4, size=(100, n_features)).astype(dtype)
    centers = random.integers(0, 4, size=(n_clusters, n_features)).astype(dtype)
    distances = naive.squared_distances(X, centers)
    np.testing.assert_array_equal(_distances(X, centers), distances)

    scores = (centers**2).sum(axis=1) / 2 - X @ centers.T
    scores = np.column_stack([scores, np.full(100, np.inf)])  # a single centre has no second
    best, second, nearest = _two(X, centers)
    np.testing.assert_array_equal(np.sort(scores, axis=1)[:, :2].T, [best, second])
    np.testing.assert_array_equal(nearest, scores.argmin(axis=1))  # the first of equals

    if n_features <= NARROW:
        best, nearest = _one(X, centers)
        np.testing.assert_array_equal(best, distances.min(axis=1))
        np.testing.assert_array_equal(nearest, distances.argmin(axis=1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_features", [3, 13, 40])
def test_scores_are_the_oracles_within_rounding(n_features: int, dtype: Any) -> None:
    random = np.random.default_rng(n_features)
    X = random.normal(size=(61, n_features)).astype(dtype)
    centers = random.normal(size=(9, n_features)).astype(dtype)
    exact = naive.squared_distances(X.astype(np.float64), centers.astype(np.float64))
    noise = 8 * n_features * np.finfo(dtype).eps * (1 + exact.max())
    np.testing.assert_allclose(_distances(X, centers), exact, rtol=0, atol=noise)
    scores = (exact - (X.astype(np.float64) ** 2).sum(axis=1, keepdims=True)) / 2
    best, second, _ = _two(X, centers)
    np.testing.assert_allclose([best, second], np.sort(scores, axis=1)[:, :2].T, rtol=0, atol=noise)


def test_padding_never_wins_where_scores_are_huge() -> None:
    X, centers = np.full((3, 2), 1e18, np.float32), np.full((5, 2), -1e18)
    best, second, nearest = _two(X, centers)
    assert np.isfinite([best, second]).all()
    assert not nearest.any()
    assert not _one(X, centers)[1].any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_point_on_its_center_is_at_distance_zero_far_from_the_origin(dtype: Any) -> None:
    X = np.random.default_rng(0).normal(loc=1e6, size=(40, 9)).astype(dtype)
    assert not np.diagonal(_distances(X, X)).any()


@pytest.mark.parametrize(
    ("register_bytes", "vectors", "centers", "dtype"),
    [(16, 3, 8, np.float32), (32, 1, 5, np.float64), (64, 2, 4, np.float32)],
)
def test_any_tile_gives_the_same_bits(
    register_bytes: int, vectors: int, centers: int, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    X, places = random.normal(size=(77, 19)).astype(dtype), random.normal(size=(21, 19))
    expected = _two(X, places.astype(dtype))
    shape = Shape(register_bytes // np.dtype(dtype).itemsize, vectors, centers)
    monkeypatch.setattr(llvm, "tile_shape", lambda _itemsize: shape)
    found = _two(X, places.astype(dtype), njit(_nearest_two.py_func))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, BLOCK), st.integers(1, 9), st.integers(1, 30))
def test_ties_on_a_grid_go_to_the_lowest_index(seed: int, n: int, d: int, k: int) -> None:
    random = np.random.default_rng(seed)
    X = random.integers(0, 4, size=(n, d)).astype(np.float32)
    centers = random.integers(0, 4, size=(k, d)).astype(np.float32)
    np.testing.assert_array_equal(_two(X, centers)[2], naive.assign(X, centers))


@pytest.mark.parametrize("itemsize", [4, 8])
def test_a_block_is_whole_tiles(itemsize: int) -> None:
    assert BLOCK % tile_shape(itemsize).columns == 0


@pytest.mark.parametrize(("name", "lanes"), [("x86-64", 4), ("icelake-server", 16)])
def test_the_tile_follows_the_processor_that_numba_compiles_for(name: str, lanes: int) -> None:
    machine = llvm.cpu_target.target_context.codegen().magic_tuple()[0]
    if not machine.startswith("x86_64"):
        pytest.skip("names of x86 processors")
    code = f"from {llvm.__name__} import tile_shape; print(tile_shape(4).lanes)"
    named = os.environ | {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}
    printed = subprocess.check_output([sys.executable, "-c", code], env=named, text=True)
    assert int(printed) == lanes


def test_without_the_compiler_a_message_says_what_to_unset() -> None:
    without = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    code = "import kmeans_widget.core.samples"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=without, text=True, capture_output=True, check=False)
    assert "Unset it and restart Python." in done.stderr.splitlines()[-1]


def test_arrays_of_two_dtypes_are_refused() -> None:
    points, tiles = np.zeros((2, BLOCK), np.float32), new_tiles(3, 2, np.dtype(np.float64))
    out = [np.empty(BLOCK, dtype) for dtype in (np.float32, np.float32, np.int32)]
    with pytest.raises(Exception, match="one float dtype"):
        _nearest_two(points, tiles.negated, tiles.half_norms, *out)
