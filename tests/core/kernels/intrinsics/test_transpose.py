from typing import Any

import numpy as np
import pytest
from numba import njit

from kmeans_widget.core.kernels.intrinsics import llvm
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, Shape
from kmeans_widget.core.kernels.intrinsics.transpose import (
    transpose_block,
    transpose_rows,
)


# Squares of 4, 8 and 16 lanes, with and without features that remain.
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n_features", "n_rows"),
    [(1, 1), (2, BLOCK), (3, 2), (4, 47), (7, BLOCK), (8, 1), (15, 9), (16, BLOCK), (17, 47),
     (31, 2), (64, BLOCK), (67, 13)],
)  # fmt: skip
def test_rows_become_columns_and_the_last_is_repeated(
    n_features: int, n_rows: int, dtype: Any
) -> None:
    random = np.random.default_rng(n_features)
    X = random.normal(size=(200, n_features)).astype(dtype)
    rows = random.choice(200, n_rows)
    points = np.full((n_features, BLOCK), np.nan, dtype)
    transpose_rows(X, rows, X[7], points)
    expected = (X[rows] - X[7]).T
    np.testing.assert_array_equal(points[:, :n_rows], expected)
    np.testing.assert_array_equal(points[:, n_rows:], expected[:, -1:].repeat(BLOCK - n_rows, 1))


@pytest.mark.parametrize("lanes", [2, 4, 8, 16])
def test_vectors_of_any_width_transpose(lanes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llvm, "tile_shape", lambda _itemsize: Shape(lanes, 1, 4))
    X, points = np.random.default_rng(0).normal(size=(BLOCK, 19)), np.empty((19, BLOCK))
    njit(transpose_rows.py_func)(X, np.arange(BLOCK), X[7], points)
    np.testing.assert_array_equal(points, (X - X[7]).T)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_features", [1, 2, 3, 4, 5, 9])
def test_a_block_starts_at_any_row_and_repeats_the_last(n_features: int, dtype: Any) -> None:
    X = np.random.default_rng(0).normal(size=(70, n_features)).astype(dtype)
    points, rows = np.empty((n_features, BLOCK), dtype), np.empty(BLOCK, np.intp)
    for first, n in ((0, BLOCK), (48, 22), (69, 1)):
        assert transpose_block(X, first, X[7], points, rows) == n
        expected = (X[first : first + n] - X[7]).T
        np.testing.assert_array_equal(points[:, :n], expected)
        np.testing.assert_array_equal(points[:, n:], expected[:, -1:].repeat(BLOCK - n, 1))
