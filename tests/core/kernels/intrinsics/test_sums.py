"""The intrinsics on labels do what their plain loops do."""

from typing import Any

import numpy as np
import pytest

import naive
from kmeans_widget.core.arrays import Indices, Labels, read_only
from kmeans_widget.core.kernels.intrinsics import reference
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


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 100, 384])
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
    ("by", "d"),
    [*((_move, d) for d in (1, 2, 3, 4, 5, 8, 17)), *((_move_narrow, d) for d in (1, 2, 3, 4))],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("summing", [False, True])
def test_a_move_takes_its_share_along(
    by: Any, d: int, dtype: Any, weighted: bool, summing: bool
) -> None:
    random = np.random.default_rng(d)
    X = read_only(random.normal(size=(60, d)).astype(dtype))
    weight = random.uniform(size=60 if weighted else 0)
    weight[:7] = 0.0
    rows = random.permutation(60)[:40]
    nearest, before = random.integers(0, 3, size=40).astype(np.int32), random.integers(-1, 3, 60)

    def moved(move_sums: Any) -> tuple[naive.Array, naive.Array]:
        labels = before.astype(np.int32)
        totals = np.ones((3, d + 3)) if summing else np.empty((0, 0))
        assert (
            move_sums(X, read_only(weight), rows, nearest, 40, read_only(X[3]), labels, totals)
            == 40
        )
        return labels, totals

    labels, totals = moved(by)
    expected_labels, expected = moved(reference.move_sums)
    np.testing.assert_array_equal(labels, expected_labels)
    np.testing.assert_allclose(totals, expected, rtol=1e-12, atol=1e-12)
