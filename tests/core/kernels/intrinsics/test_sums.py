from typing import Any

import numpy as np
import pytest

from kmeans_widget.core.arrays import Indices, Labels, read_only
from kmeans_widget.core.kernels.intrinsics.sums import changed_labels, move_sums, move_sums_narrow
from kmeans_widget.core.kernels.jit import kernel


@kernel
def _changes(labels: Labels, nearest: Labels, first: int, size: int, rows: Indices) -> int:
    return changed_labels(labels, nearest, first, size, rows)


@kernel
def _move(X: Any, w: Any, rows: Any, nearest: Any, n: int, origin: Any, *out: Any) -> int:
    return move_sums(X, w, rows, nearest, n, origin, out[0], out[1])


@kernel
def _move_narrow(X: Any, w: Any, rows: Any, nearest: Any, n: int, origin: Any, *out: Any) -> int:
    return move_sums_narrow(X, w, rows, nearest, n, origin, out[0], out[1])


@pytest.mark.parametrize(
    ("size", "share"),
    [(0, 0.0), (1, 1.0), (15, 0.5), (16, 0.0), (16, 1.0), (17, 0.5), (100, 0.1), (384, 0.5)],
)
def test_changes_are_listed_in_order(size: int, share: float) -> None:
    random = np.random.default_rng(size)
    labels = random.integers(0, 5, size=size + 7).astype(np.int32)
    nearest = np.where(random.uniform(size=size) < share, 5, labels[7:]).astype(np.int32)
    rows, expected = np.empty(size, np.intp), 7 + np.flatnonzero(labels[7:] != nearest)
    found = nearest[expected - 7]
    assert _changes(labels, nearest, 7, size, rows) == len(expected)
    np.testing.assert_array_equal(rows[: len(expected)], expected)
    np.testing.assert_array_equal(nearest[: len(expected)], found)


@pytest.mark.parametrize(
    ("by", "d", "dtype", "weighted"),
    [
        *((_move, d, np.float32, d % 2 == 0) for d in (1, 2, 3, 4, 5, 8, 17)),
        *((_move, d, np.float64, d % 2 == 1) for d in (2, 3, 4, 5, 17)),
        *((_move_narrow, d, np.float32, d % 2 == 1) for d in (1, 2, 3, 4)),
        *((_move_narrow, d, np.float64, d % 2 == 0) for d in (1, 2, 3, 4)),
    ],
)
def test_a_move_takes_its_share_along(by: Any, d: int, dtype: Any, weighted: bool) -> None:
    random = np.random.default_rng(d)
    X = read_only(random.normal(size=(60, d)).astype(dtype))
    weight = random.uniform(size=60 if weighted else 0)
    weight[:7] = 0.0
    rows, origin = random.permutation(60)[:40], read_only(X[3])
    nearest = random.integers(0, 3, size=40).astype(np.int32)
    before = random.integers(-1, 3, 60).astype(np.int32)
    every = weight if weighted else np.ones(60)

    expected = np.ones((3, d + 3))  # weighted offsets, weight, number with weight, subtracted size
    for row, new in zip(rows, nearest, strict=True):
        offset = X[row].astype(np.float64) - origin
        held = float(every[row] > 0)
        share = np.array([*(every[row] * offset), every[row], held, 0.0])
        expected[new] += share
        if before[row] >= 0:
            share[-1] = -every[row] * np.abs(offset).sum()
            expected[before[row]] -= share

    labels, totals = before.copy(), np.ones((3, d + 3))
    assert by(X, read_only(weight), rows, nearest, 40, origin, labels, totals) == 40
    np.testing.assert_array_equal(labels[rows], nearest)
    np.testing.assert_array_equal(np.delete(labels, rows), np.delete(before, rows))
    np.testing.assert_allclose(totals, expected, rtol=1e-12, atol=1e-12)

    labels = before.copy()  # without sums, only the labels
    by(X, read_only(weight), rows, nearest, 40, origin, labels, np.empty((0, 0)))
    np.testing.assert_array_equal(labels[rows], nearest)
