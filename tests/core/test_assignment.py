from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from kmeans_widget.core.arrays import ClusterSums, Memory
from kmeans_widget.core.kernels import chunks
from kmeans_widget.core.kernels.intrinsics.llvm import NARROW
from kmeans_widget.core.samples import ArraySamples

# Columns of a vector block, of what a stream takes, and of the rows between two looks at the queue.
EDGES = [1, 2, 47, 48, 49, 383, 384, 385, 3071, 3072, 3073]
DTYPES = [np.float32, np.float64]
SEEDS = st.integers(0, 2**32 - 1)


def _case(
    n: int, d: int, k: int, dtype: Any, seed: int = 0
) -> tuple[naive.Array, naive.Array, naive.Array]:
    """Draw samples in the dtype, the same in float64, and centres that are no samples."""
    random = np.random.default_rng([seed, n, d, k])
    X = random.normal(size=(n, d)).astype(dtype)
    return X, X.astype(np.float64), random.normal(size=(k, d))


def _assert_nearest(labels: naive.Array, X: naive.Array, centers: naive.Array) -> None:
    """Labels are the oracle's; few float32 features may round where two distances nearly agree."""
    expected = naive.assign(X.astype(np.float64), centers)
    if X.dtype == np.float32 and X.shape[1] <= NARROW:
        distances = np.sqrt(naive.squared_distances(X.astype(np.float64), centers))
        chosen, least = distances[np.arange(len(X)), labels], distances.min(axis=1)
        np.testing.assert_array_less(chosen, least * (1 + 1e-5) + 1e-300)
        assert np.count_nonzero(labels != expected) <= 1 + len(X) // 1000
    else:
        np.testing.assert_array_equal(labels, expected)


def _assert_sums(
    sums: ClusterSums,
    memory: Memory,
    X: naive.Array,
    centers: naive.Array,
    weight: naive.Array | None,
) -> None:
    """Sums and weights, and the inertia, belong to the labels."""
    X64, every = X.astype(np.float64), np.ones(len(X)) if weight is None else weight
    coordinates, total = naive.sums(X64, every, memory.labels, len(centers))
    scale = np.abs(X64).sum(axis=0).max()  # sums that cancel keep the digits of their terms
    np.testing.assert_allclose(sums.coordinates, coordinates, rtol=1e-9, atol=1e-14 * scale)
    np.testing.assert_allclose(sums.weight, total, rtol=1e-9)
    expected = naive.inertia(X64, every, centers, memory.labels)
    assert sums.inertia == pytest.approx(expected, rel=1e-6 if X.dtype == np.float32 else 1e-9)
    assert memory.totals is not None
    counts = np.bincount(memory.labels[every > 0], minlength=len(centers))
    np.testing.assert_array_equal(memory.totals[:, -2], counts)


# -- labels ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_features", [*range(1, 10), 16, 17, 40, 130])
def test_every_sample_goes_to_its_nearest_center(n_features: int, dtype: Any) -> None:
    for n_clusters in [*range(1, 10), 33]:
        X, _, centers = _case(500, n_features, n_clusters, dtype)
        _assert_nearest(ArraySamples(X).assign(centers), X, centers)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("n_samples", "n_features"),
    [*zip(EDGES, [1, 2, 3, 4, 5, 17] * 2, strict=False),
     *zip(EDGES, [4, 5, 17, 1, 2, 3] * 2, strict=False)],
)  # fmt: skip
def test_no_sample_is_forgotten_where_blocks_end(
    n_samples: int, n_features: int, dtype: Any
) -> None:
    X, _, centers = _case(n_samples, n_features, 7, dtype)
    data = ArraySamples(X)
    memory = data.memory()
    sums = data.accumulate(centers, memory)
    assert sums.n_changed == n_samples
    np.testing.assert_array_equal(data.assign(centers), memory.labels)
    _assert_nearest(memory.labels, X, centers)
    _assert_sums(sums, memory, X, centers, None)


@pytest.mark.parametrize(
    ("n_samples", "n_features", "dtype"),
    [(3071, 2, np.float32), (3072, 6, np.float64), (3073, 2, np.float64), (3073, 6, np.float32),
     (6145, 2, np.float32), (10_000, 6, np.float64)],
)  # fmt: skip
def test_no_sample_is_forgotten_where_chunks_end(
    monkeypatch: pytest.MonkeyPatch, n_samples: int, n_features: int, dtype: Any
) -> None:
    monkeypatch.setattr(chunks, "chunk_size", lambda *_: 3072)
    X, _, centers = _case(n_samples, n_features, 9, dtype)
    data = ArraySamples(X)
    memory = data.memory()
    for moved in (centers, centers + 0.05, centers[::-1]):
        sums = data.accumulate(moved, memory)
        np.testing.assert_array_equal(data.assign(moved), memory.labels)
        _assert_nearest(memory.labels, X, moved)
        _assert_sums(sums, memory, X, moved, None)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_features", [1, 2, 4, 5, 9, 40])
def test_of_equal_centers_the_first_takes_all(n_features: int, dtype: Any) -> None:
    X, _, few = _case(400, n_features, 5, dtype)
    data = ArraySamples(X)
    np.testing.assert_array_equal(data.assign(np.tile(few, (7, 1))), data.assign(few))
    assert not data.assign(np.ones((33, n_features))).any()


@settings(max_examples=80)
@given(SEEDS, st.integers(1, 300), st.integers(1, 9), st.integers(1, 12), st.sampled_from(DTYPES))
def test_ties_on_a_grid_go_to_the_lowest_index(
    seed: int, n: int, d: int, k: int, dtype: Any
) -> None:
    random = np.random.default_rng(seed)
    X = random.integers(0, 4, size=(n, d)).astype(dtype)
    data = ArraySamples(X)
    memory = data.memory()
    for _ in range(3):
        centers = random.integers(0, 4, size=(k, d)).astype(np.float64)
        expected = naive.assign(X.astype(np.float64), centers)
        data.accumulate(centers, memory)
        np.testing.assert_array_equal(data.assign(centers), expected)
        np.testing.assert_array_equal(memory.labels, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_features", [5, 16, 40, 130])
def test_near_ties_of_wide_data_are_decided_in_float64(n_features: int, dtype: Any) -> None:
    X, X64, centers = _case(500, n_features, 4, dtype)
    # Pairs of centres that float32 cannot tell apart. In float64 either may be nearer.
    step = 1e-9 * np.random.default_rng(1).normal(size=centers.shape)
    centers = np.concatenate([centers, centers + step])
    expected = naive.assign(X64, centers)
    assert len(np.unique(expected)) > 4
    np.testing.assert_array_equal(ArraySamples(X).assign(centers), expected)


@settings(max_examples=40)
@given(SEEDS, st.integers(2, 400), st.integers(1, 9), st.integers(2, 9))
def test_permuted_clusters_get_permuted_labels(seed: int, n: int, d: int, k: int) -> None:
    X, _, centers = _case(n, d, k, np.float64, seed)
    order = np.random.default_rng(seed).permutation(k)
    data = ArraySamples(X)
    np.testing.assert_array_equal(order[data.assign(centers[order])], data.assign(centers))


def test_float32_far_from_the_origin_does_not_cancel() -> None:
    for n_features in (1, 8):
        X = np.repeat(np.arange(4.0)[:, np.newaxis] + 1e6, n_features, axis=1).astype(np.float32)
        data = ArraySamples(X)
        memory = data.memory()
        sums = data.accumulate(X[[0, 3]], memory)
        assert memory.labels.tolist() == [0, 0, 1, 1]
        assert sums.inertia == pytest.approx(2.0 * n_features)


# -- sums, pass after pass -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("n_features", "weighted"),
    [(1, True), (2, False), (2, True), (3, False), (4, True), (5, False), (9, True), (40, False)],
)
def test_sums_follow_the_centers(n_features: int, weighted: bool, dtype: Any) -> None:
    random = np.random.default_rng(n_features)
    X, _, centers = _case(700, n_features, 6, dtype)
    weight = random.uniform(0.1, 5.0, size=len(X)) if weighted else None
    data = ArraySamples(X, weight)
    memory, before = data.memory(), np.full(len(X), -1)
    for size in (0.0, 1.0, 0.01, 1e-4, 0.3, 0.0, 2.0):
        centers = centers + size * random.normal(size=centers.shape)
        sums = data.accumulate(centers, memory)
        _assert_nearest(memory.labels, X, centers)
        _assert_sums(sums, memory, X, centers, weight)
        assert sums.n_changed == np.count_nonzero(before != memory.labels)
        before = memory.labels.copy()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_features", [2, 9])
def test_samples_without_weight_get_labels_but_count_for_nothing(
    n_features: int, dtype: Any
) -> None:
    X, _, centers = _case(500, n_features, 4, dtype)
    weight = np.random.default_rng(0).integers(0, 2, size=500).astype(np.float64)
    data = ArraySamples(X, weight)
    memory = data.memory()
    for moved in (centers, centers[::-1]):
        sums = data.accumulate(moved, memory)
        _assert_nearest(memory.labels, X, moved)
        _assert_sums(sums, memory, X, moved, weight)


@pytest.mark.parametrize(
    ("n_samples", "n_features", "weighted", "dtype"),
    [
        (700, 2, True, np.float32),
        (7000, 2, False, np.float64),
        (7000, 3, True, np.float64),
        (700, 3, False, np.float32),
        (700, 5, True, np.float64),
        (7000, 5, False, np.float32),
        (7000, 40, True, np.float32),
        (700, 40, False, np.float64),
    ],
)
def test_an_emptied_cluster_keeps_no_rounding_noise(
    monkeypatch: pytest.MonkeyPatch, n_samples: int, n_features: int, weighted: bool, dtype: Any
) -> None:
    monkeypatch.setattr(chunks, "chunk_size", lambda *_: 3072)
    X, _, centers = _case(n_samples, n_features, 4, dtype)
    weight = np.random.default_rng(0).uniform(size=len(X)) if weighted else None
    data = ArraySamples(X, weight)
    memory = data.memory()
    assert data.accumulate(centers, memory).weight.all()
    centers = centers.copy()
    centers[2] = 1e3
    sums = data.accumulate(centers, memory)
    assert memory.totals is not None
    assert not memory.totals[2].any()
    assert not sums.coordinates[2].any()
    assert sums.weight[2] == 0.0
    _assert_sums(sums, memory, X, centers, weight)


def test_another_number_of_clusters_starts_afresh() -> None:
    for n_features in (2, 6):
        X, _, centers = _case(300, n_features, 9, np.float64)
        data = ArraySamples(X)
        memory = data.memory()
        for k in (9, 4, 5):
            sums = data.accumulate(centers[:k], memory)
            assert sums.n_changed == 300
            _assert_nearest(memory.labels, X, centers[:k])
            _assert_sums(sums, memory, X, centers[:k], None)


def test_sums_given_away_do_not_change_with_the_next_pass() -> None:
    X, _, centers = _case(300, 3, 4, np.float64)
    data = ArraySamples(X)
    memory = data.memory()
    sums = data.accumulate(centers, memory)
    kept = sums.coordinates.copy(), sums.weight.copy()
    data.accumulate(centers[::-1], memory)
    np.testing.assert_array_equal(sums.coordinates, kept[0])
    np.testing.assert_array_equal(sums.weight, kept[1])


# -- inertia -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_features", [1, 2, 4, 5, 16, 130])
@pytest.mark.parametrize("shift", [0.0, 1e4])
def test_duplicates_of_the_centers_leave_no_inertia(
    n_features: int, dtype: Any, shift: float
) -> None:
    points, _, _ = _case(7, n_features, 1, dtype)
    points = (points + shift).astype(dtype)
    X = np.repeat(points, 60, axis=0)
    data = ArraySamples(X)
    memory = data.memory()
    for order in (slice(None), slice(None, None, -1)):
        assert data.accumulate(points[order].astype(np.float64), memory).inertia == 0.0


@settings(max_examples=60)
@given(
    SEEDS,
    st.integers(1, 9),
    st.sampled_from([1e-9, 1e-6, 1e-3, 1.0]),
    st.sampled_from([0.0, 1e4]),
    st.sampled_from(DTYPES),
)
def test_inertia_is_never_negative(
    seed: int, d: int, size: float, shift: float, dtype: Any
) -> None:
    random = np.random.default_rng(seed)
    points = random.normal(size=(5, d)) + shift
    X = (points[random.integers(0, 5, 200)] + size * random.normal(size=(200, d))).astype(dtype)
    data = ArraySamples(X, random.uniform(size=200) if seed % 2 else None)
    memory = data.memory()
    for centers in (points, points + size, points[::-1]):
        assert 0.0 <= data.accumulate(centers, memory).inertia < np.inf


# -- where sums cancel --------------------------------------------------------------------------


def _tight(d: int, sep: int, shift: float, dtype: Any) -> tuple[naive.Array, naive.Array]:
    """Four tight groups, and their means."""
    random = np.random.default_rng(0)
    places = random.normal(size=(4, d)) * sep
    own = random.integers(0, 4, 3001)
    X = (places[own] + random.normal(size=(3001, d)) + shift * sep).astype(dtype)
    means = [X[own == j].astype(np.float64).mean(axis=0) for j in range(4)]
    return X, np.array(means)


@pytest.mark.usefixtures("any_way")
@pytest.mark.parametrize(
    ("d", "sep", "dtype", "shift", "rel", "weighted"),
    [
        (5, 100, np.float32, 0, 1e-6, True),
        (5, 400, np.float64, 1e4, 1e-9, False),
        (16, 100, np.float64, 0, 1e-9, True),
        (16, 400, np.float32, 0, 1e-6, False),
        (40, 400, np.float64, 0, 1e-9, False),
        (40, 100, np.float64, 1e4, 1e-9, True),
    ],
)
def test_inertia_of_tight_groups(
    d: int, sep: int, dtype: Any, shift: float, rel: float, weighted: bool
) -> None:
    X, centers = _tight(d, sep, shift, dtype)
    weight = np.ones(len(X)) if weighted else None
    data = ArraySamples(X, weight)
    expected = naive.squared_distances(X.astype(np.float64), centers).min(axis=1).sum()
    assert data.accumulate(centers, data.memory()).inertia == pytest.approx(expected, rel=rel)


@pytest.mark.usefixtures("any_way")
@pytest.mark.parametrize("n_features", [2, 8])
@pytest.mark.parametrize("far", [1e9, 1e12])
def test_an_outlier_that_leaves_takes_its_rounding_along(n_features: int, far: float) -> None:
    X = np.random.default_rng(0).normal(size=(500, n_features))
    X[7] = far
    data = ArraySamples(X)
    memory = data.memory()
    data.accumulate(X[:2], memory)
    sums = data.accumulate(np.array([X[0], X[7]]), memory)
    np.testing.assert_allclose(
        sums.coordinates, naive.sums(X, np.ones(500), memory.labels, 2)[0], rtol=1e-9
    )


@pytest.mark.usefixtures("any_way")
@pytest.mark.parametrize("n_features", [2, 8])
@pytest.mark.parametrize("heavy", [1e9, 1e12, 1e17])
def test_a_heavy_sample_that_leaves_takes_its_rounding_along(n_features: int, heavy: float) -> None:
    X = np.random.default_rng(0).normal(size=(50, n_features))
    X[7] = 30.0
    weight = np.random.default_rng(1).uniform(0.5, 1.5, size=50)
    weight[7] = heavy
    data = ArraySamples(X, weight)
    memory = data.memory()
    data.accumulate(np.array([X[0], X[0] - 1000]), memory)
    sums = data.accumulate(np.array([X[0], X[7]]), memory)
    assert np.bincount(memory.labels).tolist() == [49, 1]
    np.testing.assert_allclose(sums.weight, naive.sums(X, weight, memory.labels, 2)[1], rtol=1e-9)
