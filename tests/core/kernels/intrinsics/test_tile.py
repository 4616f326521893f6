import os
import subprocess
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

import naive
from kmeans_widget.core.kernels.intrinsics import llvm, reference, rowwise, tile, transpose
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, DIFFERENCE, DOT, Shape, tile_shape
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_rows
from kmeans_widget.core.kernels.jit import kernel
from kmeans_widget.core.kernels.layout import new_points, tile_centers

FORMS = pytest.mark.parametrize("form", [DOT, DIFFERENCE], ids=["dot", "difference"])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@kernel
def _two_by_dot(points, tiles, start, best, second, nearest):
    column = 0
    while column < points.shape[1]:
        column = tile.nearest_two(points, tiles, start, column, DOT, best, second, nearest)


@kernel
def _two_by_difference(points, tiles, start, best, second, nearest):
    column = 0
    while column < points.shape[1]:
        column = tile.nearest_two(points, tiles, start, column, DIFFERENCE, best, second, nearest)


@kernel
def _one(points, tiles, start, best, nearest):
    column = 0
    while column < points.shape[1]:
        column = tile.nearest_one(points, tiles, start, column, best, nearest)


@kernel
def _scores_by_dot(points, tiles, start, out):
    column = 0
    while column < points.shape[1]:
        column = tile.scores(points, tiles, start, column, DOT, out)


@kernel
def _scores_by_difference(points, tiles, start, out):
    column = 0
    while column < points.shape[1]:
        column = tile.scores(points, tiles, start, column, DIFFERENCE, out)


@kernel
def _plain(points, tiles, start, form, best, second, nearest):
    column = 0
    while column < points.shape[1]:
        column = reference.nearest_two(points, tiles, start, column, form, best, second, nearest)


TWO = {DOT: _two_by_dot, DIFFERENCE: _two_by_difference}
SCORES = {DOT: _scores_by_dot, DIFFERENCE: _scores_by_difference}


def _lanes(X: naive.Array, origin: naive.Array | None = None) -> naive.Array:
    points = new_points(X.shape[1], X.dtype, -(-len(X) // BLOCK))
    transpose_rows(X, np.arange(len(X)), np.zeros_like(X[0]) if origin is None else origin, points)
    return points


def _room(points: naive.Array) -> tuple[naive.Array, naive.Array, naive.Array]:
    pitch = points.shape[1]
    return np.empty(pitch, points.dtype), np.empty(pitch, points.dtype), np.empty(pitch, np.int32)


def _two(X: naive.Array, centers: naive.Array, form: int) -> tuple[naive.Array, ...]:
    points = _lanes(X)
    out = _room(points)
    TWO[form](points, *tile_centers(centers.astype(np.float64), X.dtype, form), *out)
    return tuple(array[: len(X)] for array in out)


def _data(n: int, d: int, k: int, dtype: Any) -> tuple[naive.Array, naive.Array]:
    random = np.random.default_rng(1000 * d + k)
    return random.normal(size=(n, d)).astype(dtype), random.normal(size=(k, d)).astype(dtype)


def _exact_scores(X: naive.Array, centers: naive.Array, form: int) -> naive.Array:
    exact = naive.squared_distances(X.astype(np.float64), centers.astype(np.float64))
    if form == DOT:
        exact = (exact - (X.astype(np.float64) ** 2).sum(axis=1, keepdims=True)) / 2
    return exact


@FORMS
@DTYPES
@pytest.mark.parametrize("n_features", range(1, 41))
def test_labels_and_scores_are_the_oracles(n_features: int, dtype: Any, form: int) -> None:
    X, centers = _data(61, n_features, 1 + n_features % 23, dtype)
    best, second, nearest = _two(X, centers, form)
    exact = np.column_stack([_exact_scores(X, centers, form), np.full(len(X), np.inf)])
    noise = 8 * n_features * np.finfo(dtype).eps * (1 + np.abs(exact[:, :-1]).max())
    first_two = np.sort(exact, axis=1)[:, :2]
    np.testing.assert_allclose(best, first_two[:, 0], rtol=0, atol=noise)
    np.testing.assert_allclose(second, first_two[:, 1], rtol=0, atol=noise)
    clear = first_two[:, 1] - first_two[:, 0] > 2 * noise
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(nearest[clear], exact.argmin(axis=1)[clear])


@FORMS
@DTYPES
@pytest.mark.parametrize("n_clusters", [1, 2, 3, 4, 5, 7, 8, 9, 16, 33])
@pytest.mark.parametrize("n_features", [1, 2, 7, 16])
def test_whole_numbers_give_the_bits_of_the_plain_loops(
    n_features: int, n_clusters: int, dtype: Any, form: int
) -> None:
    # No rounding anywhere, so a fused multiply-add makes no difference; and ties abound.
    random = np.random.default_rng(n_clusters)
    X = random.integers(0, 4, size=(100, n_features)).astype(dtype)
    centers = random.integers(0, 4, size=(n_clusters, n_features)).astype(dtype)
    points, packing_ = _lanes(X), tile_centers(centers.astype(np.float64), X.dtype, form)
    of_tile, of_plain = _room(points), _room(points)
    TWO[form](points, *packing_, *of_tile)
    _plain(points, *packing_, form, *of_plain)
    for ours, theirs in zip(of_tile, of_plain, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(of_tile[2][:100], naive.assign(X, centers))


@DTYPES
@pytest.mark.parametrize("n_clusters", [1, 2, 4, 5, 11])
@pytest.mark.parametrize("n_features", [1, 2, 3, 4])
def test_without_the_second_nothing_else_changes(
    n_features: int, n_clusters: int, dtype: Any
) -> None:
    X, centers = _data(90, n_features, n_clusters, dtype)
    best, _, nearest = _two(X, centers, DIFFERENCE)
    points = _lanes(X)
    alone, _, labels = _room(points)
    _one(points, *tile_centers(centers.astype(np.float64), X.dtype, DIFFERENCE), alone, labels)
    np.testing.assert_array_equal(alone[:90], best)
    np.testing.assert_array_equal(labels[:90], nearest)


@FORMS
@DTYPES
def test_the_scores_of_centers_are_those_that_are_compared(dtype: Any, form: int) -> None:
    X, centers = _data(2 * BLOCK, 6, 7, dtype)
    points = _lanes(X)
    tiles, start = tile_centers(centers.astype(np.float64), X.dtype, form)
    out = np.empty((start.size, points.shape[1]), dtype)
    SCORES[form](points, tiles, start, out)
    assert np.isposinf(out[7:]).all()
    best, second, nearest = _two(X, centers, form)
    np.testing.assert_array_equal(np.sort(out, axis=0)[:2], [best, second])
    np.testing.assert_array_equal(out.argmin(axis=0), nearest)


@FORMS
@DTYPES
def test_equal_centers_leave_all_to_the_first(dtype: Any, form: int) -> None:
    X, centers = _data(BLOCK, 13, 3, dtype)
    best, second, nearest = _two(X, np.repeat(centers[:1], 19, axis=0), form)
    assert not nearest.any()
    np.testing.assert_array_equal(best, second)


@FORMS
@DTYPES
def test_a_single_center_has_no_second(dtype: Any, form: int) -> None:
    X, centers = _data(5, 3, 1, dtype)
    best, second, nearest = _two(X, centers, form)
    assert np.isfinite(best).all()
    assert np.isposinf(second).all()
    assert not nearest.any()


@FORMS
def test_padding_never_wins_where_scores_are_huge(form: int) -> None:
    X = np.full((3, 2), 1e18, np.float32)
    centers = np.full((5, 2), -1e18)
    best, second, nearest = _two(X, centers, form)
    assert np.isfinite([best, second]).all()
    assert not nearest.any()


@DTYPES
def test_a_point_on_its_center_is_at_distance_zero_far_from_the_origin(dtype: Any) -> None:
    X = np.random.default_rng(0).normal(loc=1e6, size=(40, 9)).astype(dtype)
    best, _, nearest = _two(X, X, DIFFERENCE)
    assert not best.any()
    assert nearest.tolist() == list(range(40))


@pytest.mark.parametrize("register_bytes", [16, 32, 64])
@pytest.mark.parametrize(("vectors", "centers"), [(3, 8), (2, 4), (1, 5)])
@DTYPES
def test_any_tile_gives_the_same_bits(
    register_bytes: int, vectors: int, centers: int, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, places = _data(77, 19, 21, dtype)
    expected = _two(X, places, DOT)
    shape = Shape(register_bytes // np.dtype(dtype).itemsize, vectors, centers)
    monkeypatch.setattr(llvm, "tile_shape", lambda _itemsize: shape)
    points = np.empty((19, 2 * BLOCK), dtype)
    njit(transpose_rows.py_func)(X, np.arange(77), np.zeros(19, dtype), points)
    out = _room(points)
    njit(_two_by_dot.py_func)(points, *tile_centers(places.astype(np.float64), X.dtype, DOT), *out)
    for ours, theirs in zip(out, expected, strict=True):
        np.testing.assert_array_equal(ours[:77], theirs)


@DTYPES
@pytest.mark.parametrize("n_features", [*range(1, 20), 64, 67])
@pytest.mark.parametrize("n_rows", [1, 2, BLOCK - 1, BLOCK])
def test_packing_transposes_and_repeats_the_last(n_rows: int, n_features: int, dtype: Any) -> None:
    random = np.random.default_rng(n_features)
    X = random.normal(size=(200, n_features)).astype(dtype)
    rows = random.choice(200, n_rows)
    points = np.full((n_features, BLOCK), np.nan, dtype)
    transpose_rows(X, rows, X[7], points)
    expected = (X[rows] - X[7]).T
    np.testing.assert_array_equal(points[:, :n_rows], expected)
    np.testing.assert_array_equal(
        points[:, n_rows:], np.repeat(expected[:, -1:], BLOCK - n_rows, 1)
    )


@DTYPES
@pytest.mark.parametrize("n_features", [1, 3, 64])
def test_lanes_begin_where_a_line_of_the_cache_does(n_features: int, dtype: Any) -> None:
    points = new_points(n_features, np.dtype(dtype), 2)
    assert points.shape == (n_features, 2 * BLOCK)
    assert points.dtype == dtype
    assert points.flags.c_contiguous
    assert points.ctypes.data % 64 == 0


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, BLOCK), st.integers(1, 9), st.integers(1, 30))
def test_ties_on_a_grid_go_to_the_lowest_index(seed: int, n: int, d: int, k: int) -> None:
    random = np.random.default_rng(seed)
    X = random.integers(0, 4, size=(n, d)).astype(np.float32)
    centers = random.integers(0, 4, size=(k, d)).astype(np.float32)
    for form in (DOT, DIFFERENCE):
        np.testing.assert_array_equal(_two(X, centers, form)[2], naive.assign(X, centers))


@DTYPES
def test_a_block_is_whole_tiles(dtype: Any) -> None:
    assert BLOCK % tile_shape(np.dtype(dtype).itemsize).columns == 0
    assert BLOCK % reference.COLUMNS == 0


@pytest.mark.parametrize(
    ("name", "lanes"), [("x86-64", 4), ("x86-64-v3", 8), ("x86-64-v4", 16), ("icelake-server", 16)]
)
def test_the_tile_follows_the_processor_that_numba_compiles_for(name: str, lanes: int) -> None:
    machine = llvm.cpu_target.target_context.codegen().magic_tuple()[0]
    if not machine.startswith("x86_64"):
        pytest.skip("names of x86 processors")
    code = f"from {llvm.__name__} import tile_shape; print(tile_shape(4).lanes)"
    named = os.environ | {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}
    printed = subprocess.check_output([sys.executable, "-c", code], env=named, text=True)
    assert int(printed) == lanes


@pytest.mark.parametrize("module", [tile, transpose, rowwise], ids=lambda module: module.__name__)
def test_without_numba_the_plain_loops_stand_in(module: ModuleType) -> None:
    same = {
        tile: "m.nearest_two is p.nearest_two and m.nearest_one is p.nearest_one",
        transpose: "m.transpose is p.transpose",
        rowwise: "m.dots is p.dots",
    }[module]
    code = f"import {module.__name__} as m, {reference.__name__} as p; print({same})"
    without = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    assert subprocess.check_output([sys.executable, "-c", code], env=without, text=True) == "True\n"


def test_arrays_of_two_dtypes_are_refused() -> None:
    points = np.zeros((2, BLOCK), np.float32)
    tiles, start = tile_centers(np.zeros((3, 2)), np.dtype(np.float64), DOT)
    with pytest.raises(Exception, match="one float dtype"):
        _two_by_dot(points, tiles, start, *_room(points))


def test_a_form_that_is_no_constant_is_refused() -> None:
    @njit
    def of_any_form(points, tiles, start, form, best, second, nearest):
        tile.nearest_two(points, tiles, start, 0, form, best, second, nearest)

    points = np.zeros((2, BLOCK))
    tiles, start = tile_centers(np.zeros((3, 2)), points.dtype, DOT)
    with pytest.raises(Exception, match="has to be a constant"):
        of_any_form(points, tiles, start, DOT, *_room(points))
