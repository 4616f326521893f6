from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from kmeans_widget.core import assignment
from kmeans_widget.core.kernels.buffers import new_points, new_workspace, pack_centers
from kmeans_widget.core.kernels.chunks import NO_WEIGHTS
from kmeans_widget.core.kernels.int16 import (
    _tiled,
    assign_rows_int16,
    new_pairs,
    quantize_centers,
)
from kmeans_widget.core.kernels.intrinsics import tile
from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK, GREATEST
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_to_pairs
from kmeans_widget.core.kernels.jit import kernel
from kmeans_widget.core.samples import ArraySamples

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@kernel
def _transpose(X, rows, origin, scale, pairs, norms):
    column = 0
    while column < pairs.shape[1]:
        column = transpose_to_pairs(X, rows, origin, scale, pairs, norms, column)


@kernel
def _two(points, tiles, start, best, second, nearest):
    column = 0
    while column < points.shape[1]:
        column = tile.nearest_two(points, tiles, start, column, best, second, nearest)


def _pairs(numbers: naive.Array) -> naive.Array:
    """Put two columns of 16 bits into one of 32."""
    even = np.zeros((len(numbers), numbers.shape[1] + numbers.shape[1] % 2), np.int16)
    even[:, : numbers.shape[1]] = numbers
    return even.view(np.int32)


@DTYPES
@pytest.mark.parametrize(
    ("n_features", "n_rows"),
    [(1, BLOCK), (2, 1), (3, 7), (5, BLOCK + 5), (8, 7), (9, BLOCK), (16, BLOCK + 5), (17, 1),
     (33, BLOCK)],
)  # fmt: skip
def test_samples_are_rounded_to_the_nearest_step(n_features: int, n_rows: int, dtype: Any) -> None:
    random = np.random.default_rng(n_features)
    X = random.normal(size=(n_rows, n_features)).astype(dtype)
    origin, scale = X[0].copy(), np.array([1000.5], dtype)
    pairs = new_points(-(-n_features // 2), np.dtype(np.int32), -(-n_rows // BLOCK))
    norms = np.empty(pairs.shape[1], dtype)
    pairs[:], norms[:] = -1, -1
    _transpose(X, np.arange(n_rows), origin, scale, pairs, norms)
    offsets = X.astype(np.float64) - origin
    rounded = np.ascontiguousarray(pairs.T).view(np.int16)
    assert np.abs(rounded[:n_rows, :n_features] - 1000.5 * offsets).max() < 0.51
    assert not rounded[:, n_features:].any()
    repeated = rounded[[n_rows - 1] * (len(rounded) - n_rows)]
    np.testing.assert_array_equal(rounded[n_rows:], repeated)
    np.testing.assert_allclose(norms[:n_rows], np.square(offsets).sum(axis=1), rtol=1e-5)


@DTYPES
def test_steps_beyond_16_bits_become_the_last(dtype: Any) -> None:
    X = np.array([[1e30, -1e30, 32767, -32768, 0.4]], dtype)
    pairs, norms = new_points(3, np.dtype(np.int32)), np.empty(BLOCK, dtype)
    _transpose(X, np.arange(1), np.zeros(5, dtype), np.ones(1, dtype), pairs, norms)
    assert pairs[:, 0].copy().view(np.int16).tolist() == [32767, -32768, 32767, -32768, 0, 0]


@pytest.mark.parametrize(
    ("n_features", "n_clusters"), [(1, 4), (2, 9), (3, 33), (16, 1), (16, 5), (40, 2), (40, 8)]
)
def test_whole_numbers_find_the_nearest_two(n_features: int, n_clusters: int) -> None:
    random = np.random.default_rng(n_clusters)
    X = random.integers(-3000, 3000, (BLOCK, n_features))
    X[: BLOCK // 2] //= 1000  # ties
    minus_centers = random.integers(-3000, 3000, (n_clusters, n_features))
    minus_centers[n_clusters // 2 :] //= 1000
    points = new_points(-(-n_features // 2), np.dtype(np.int32))
    points[:] = _pairs(X).T
    tiles, start = _tiled(_pairs(minus_centers))
    start[:n_clusters] = random.integers(-5, 5, n_clusters)
    scores = np.full((BLOCK, n_clusters + 1), GREATEST)
    scores[:, :n_clusters] = start[:n_clusters] + X @ minus_centers.T
    best, second, nearest = np.empty((3, BLOCK), np.int32)
    _two(points, tiles, start, best, second, nearest)
    np.testing.assert_array_equal([best, second], np.sort(scores, axis=1)[:, :2].T)
    np.testing.assert_array_equal(nearest, scores.argmin(axis=1))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 200),
    d=st.integers(5, 70),
    k=st.integers(1, 20),
    shift=st.sampled_from([0.0, 1.0, 1e4]),
    exponent=st.integers(-12, 12),
    tail=st.sampled_from([1.0, 10.0, 1e6]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_what_is_not_in_doubt_is_right(
    seed: int, n: int, d: int, k: int, shift: float, exponent: int, tail: float, dtype: Any
) -> None:
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, d))
    X[random.integers(n)] *= tail
    X = ((X + shift) * 10.0**exponent).astype(dtype)
    centers = X[random.integers(0, n, k)].astype(np.float64)
    centers += random.choice([0.0, 1e-3, 1.0]) * 10.0**exponent * random.normal(size=(k, d))
    packed = pack_centers(centers, np.median(X, axis=0).astype(dtype))
    quantized = quantize_centers(packed, X)
    if quantized is None:
        assert k == 1 or n == 1 or tail > 1
        return
    labels, (upper, lower) = np.full(n, -1, np.int32), np.full((2, n), -1.0, dtype)
    uncertain, totals = np.empty(n, np.intp), np.zeros((k, d + 3))
    n_changed, n_uncertain = assign_rows_int16(
        X, NO_WEIGHTS, np.arange(n), packed, quantized, labels, upper, lower, totals, uncertain,
        new_pairs(d), new_workspace(d, X.dtype),
    )  # fmt: skip
    sure = np.setdiff1d(np.arange(n), uncertain[:n_uncertain])
    assert len(sure) == n_changed == n - n_uncertain
    assert (labels[uncertain[:n_uncertain]] == -1).all()
    distances = np.sqrt(naive.squared_distances(X.astype(np.float64), centers))[sure]
    np.testing.assert_array_equal(labels[sure], distances.argmin(axis=1))
    np.testing.assert_array_equal(totals[:, -2], np.bincount(labels[sure], minlength=k))
    every = np.arange(len(sure))
    assert (upper[sure] >= distances[every, labels[sure]] * (1 - 1e-13)).all()
    distances[every, labels[sure]] = np.inf
    assert (lower[sure] <= distances.min(axis=1) * (1 + 1e-13)).all()


@DTYPES
def test_near_ties_within_the_rounding_are_uncertain(dtype: Any) -> None:
    random, k, d = np.random.default_rng(0), 8, 30
    centers = random.normal(size=(k, d))
    one, other = centers[random.integers(0, k, 4000)], centers[random.integers(0, k, 4000)]
    off = 10.0 ** random.uniform(-6, -2, size=(4000, 1)) * random.choice([-1, 1], (4000, 1))
    X = ((one + other) / 2 + off * (one - other)).astype(dtype)
    packed = pack_centers(centers, np.zeros(d, dtype))
    quantized, labels = quantize_centers(packed, X), np.full(len(X), -1, np.int32)
    assert quantized is not None
    nothing, uncertain = np.empty(0, dtype), np.empty(len(X), np.intp)
    assign_rows_int16(
        X, NO_WEIGHTS, np.arange(len(X)), packed, quantized, labels, nothing, nothing,
        np.zeros((k, d + 3)), uncertain, new_pairs(d), new_workspace(d, X.dtype),
    )  # fmt: skip
    sure = labels >= 0
    assert 0.1 < sure.mean() < 0.9
    np.testing.assert_array_equal(labels[sure], naive.assign(X.astype(np.float64), centers)[sure])


@DTYPES
@pytest.mark.usefixtures("pruned")
def test_few_samples_are_in_doubt(monkeypatch: pytest.MonkeyPatch, dtype: Any) -> None:
    counts = []

    def counting(*arguments: Any) -> tuple[int, int]:
        n_changed, n_uncertain = assign_rows_int16(*arguments)
        counts.append((len(arguments[2]), n_uncertain))
        return n_changed, n_uncertain

    monkeypatch.setattr(assignment, "assign_rows_int16", counting)
    random = np.random.default_rng(0)
    X = (random.normal(size=(5000, 30)) + 1e3).astype(dtype)
    labels = ArraySamples(X).assign(X[:40])
    n_rows, n_uncertain = np.sum(counts, axis=0)
    assert n_rows >= 5000
    assert n_uncertain < 0.1 * n_rows
    np.testing.assert_array_equal(
        labels, naive.assign(X.astype(np.float64), X[:40].astype(np.float64))
    )


@DTYPES
@pytest.mark.parametrize("what", ["all at the origin", "huge", "tiny"])
def test_what_16_bits_cannot_hold_is_not_rounded(what: str, dtype: Any) -> None:
    factor = {"all at the origin": 0.0, "huge": 1e30, "tiny": 1e-30}[what]
    factor = factor**8 if dtype == np.float64 else factor
    X = (factor * np.random.default_rng(0).normal(size=(20, 6))).astype(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        packed = pack_centers(X[:3].astype(np.float64), np.zeros(6, dtype))
        assert quantize_centers(packed, X) is None
