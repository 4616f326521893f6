from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from kmeans_widget.core import assignment
from kmeans_widget.core.arrays import Memory, read_only
from kmeans_widget.core.kernels.bounds import measure_shift
from kmeans_widget.core.kernels.buffers import pack_centers
from kmeans_widget.core.kernels.chunks import Chunks
from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.samples import ArraySamples

DTYPES = [np.float32, np.float64]
ROUNDING = 1e-13
"""Of the true distances, measured in float64."""

pytestmark = pytest.mark.usefixtures("pruned")


def _assert_bounds_hold(memory: Memory, X: naive.Array, centers: naive.Array) -> None:
    """No bound lies: the upper one of the own centre, the lower one of every other centre."""
    assert memory.upper is not None
    assert memory.lower is not None
    distances = np.sqrt(naive.squared_distances(X.astype(np.float64), centers))
    every = np.arange(len(X))
    assert (memory.upper >= distances[every, memory.labels] * (1 - ROUNDING)).all()
    distances[every, memory.labels] = np.inf
    assert (memory.lower <= distances.min(axis=1) * (1 + ROUNDING)).all()


def _moved(centers: naive.Array, X: naive.Array, random: np.random.Generator) -> naive.Array:
    """Move centres in one of the ways that a run, or a hand, moves them."""
    spread = float(np.median(X.astype(np.float64).std(axis=0)))
    moved, one = centers.copy(), int(random.integers(len(centers)))
    match random.integers(7):
        case 0:
            moved += 10.0 ** random.integers(-9, 0) * spread * random.normal(size=centers.shape)
        case 1:
            moved[one] += spread * random.normal(size=centers.shape[1])
        case 2:
            moved[one] = X[random.integers(len(X))]
        case 3:
            moved[one] = moved[0]
        case 4:
            moved[one] += 1e3 * spread
        case 5:
            moved = moved[::-1].copy()
    return moved  # or where they are


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 150),
    d=st.integers(5, 20),
    k=st.integers(1, 9),
    shift=st.sampled_from([0.0, 1.0, 1e4]),
    scale=st.sampled_from([1.0, 1e6, 1e-6]),
    dtype=st.sampled_from(DTYPES),
)
def test_bounds_hold_wherever_centers_move(
    seed: int, n: int, d: int, k: int, shift: float, scale: float, dtype: Any
) -> None:
    random = np.random.default_rng(seed)
    X = ((random.normal(size=(n, d)) + shift) * scale).astype(dtype)
    data = ArraySamples(X, random.uniform(size=n) if seed % 2 else None)
    centers = X[random.integers(0, n, k)].astype(np.float64)
    memory = data.memory()
    for _ in range(8):
        data.accumulate(centers, memory)
        _assert_bounds_hold(memory, X, centers)
        np.testing.assert_array_equal(memory.labels, data.assign(centers))
        np.testing.assert_array_equal(memory.labels, naive.assign(X.astype(np.float64), centers))
        centers = _moved(centers, X, random)


@pytest.mark.parametrize(
    ("n_features", "n_clusters", "scale", "shift", "dtype"),
    [
        (5, 12, 1.0, 1e4, np.float32),
        (5, 12, 1e6, 0.0, np.float64),
        (40, 6, 1e-6, 1e4, np.float64),
        (40, 6, 1.0, 0.0, np.float32),
        (130, 17, 1e6, 1e4, np.float32),
        (130, 17, 1e-6, 0.0, np.float64),
        (8, 1, 1.0, 1e4, np.float64),
    ],
)
def test_bounds_hold_throughout_a_run(
    n_features: int, n_clusters: int, scale: float, shift: float, dtype: Any
) -> None:
    random = np.random.default_rng(n_features)
    X = ((random.normal(size=(600, n_features)) + shift) * scale).astype(dtype)
    data = ArraySamples(X)
    memory = data.memory()
    for step in iterate(data, X[:n_clusters], max_iter=25, memory=memory):
        _assert_bounds_hold(memory, X, step.centers)
        np.testing.assert_array_equal(memory.labels, data.assign(step.centers))


@pytest.mark.parametrize("dtype", DTYPES)
def test_bounds_hold_over_a_thousand_small_moves(dtype: Any) -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 6)).astype(dtype)
    data, centers = ArraySamples(X), X[:4].astype(np.float64)
    memory = data.memory()
    for _ in range(1000):
        centers = centers + 1e-4 * random.normal(size=centers.shape)
        data.accumulate(centers, memory)
        _assert_bounds_hold(memory, X, centers)
        np.testing.assert_array_equal(memory.labels, naive.assign(X.astype(np.float64), centers))


# -- what they are good for --------------------------------------------------------------------


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the rows that are measured against all centres; the test empties it between passes."""
    counts: list[int] = []
    assign_rows = assignment.assign_rows

    def counting(X: naive.Array, weights: naive.Array, rows: naive.Array, *rest: Any) -> int:
        if len(X) > 1000:  # the samples, and not the few centres
            counts.append(len(rows))
        return assign_rows(X, weights, rows, *rest)

    monkeypatch.setattr(assignment, "assign_rows", counting)
    monkeypatch.setattr(assignment, "quantize_centers", lambda *_: None)  # it takes most
    return counts


def _blobs(dtype: Any) -> tuple[naive.Array, naive.Array]:
    random = np.random.default_rng(0)
    points = 10 * random.normal(size=(6, 8))
    X = points[random.integers(0, 6, 3000)] + random.normal(size=(3000, 8))
    return X.astype(dtype), points


@pytest.mark.parametrize("dtype", DTYPES)
def test_few_samples_are_measured_again_in_late_iterations(measured: list[int], dtype: Any) -> None:
    X = np.random.default_rng(0).normal(size=(3000, 6)).astype(dtype)
    rows = []
    for _ in iterate(ArraySamples(X), X[:40], max_iter=60):
        rows.append(sum(measured))
        measured.clear()
    assert len(rows) > 20
    assert rows[0] == 3000
    assert np.mean(rows[12:]) < 1500
    assert min(rows) < 300


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_is_measured_again_where_clusters_are_apart(
    measured: list[int], dtype: Any
) -> None:
    X, points = _blobs(dtype)
    data = ArraySamples(X)
    memory = data.memory()
    data.accumulate(points, memory)
    measured.clear()
    for size in (0.0, 0.01, 0.02):
        assert data.accumulate(points + size, memory).n_changed == 0
    assert sum(measured) == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_jump_of_one_center_is_noticed(measured: list[int], dtype: Any) -> None:
    X, points = _blobs(dtype)
    data = ArraySamples(X)
    memory = data.memory()
    data.accumulate(points, memory)
    before = memory.labels.copy()
    measured.clear()
    points[2] = points[4] + 0.5  # from one group into the midst of another
    n_changed = data.accumulate(points, memory).n_changed
    np.testing.assert_array_equal(memory.labels, naive.assign(X.astype(np.float64), points))
    assert n_changed == np.count_nonzero(memory.labels != before) > 500
    assert n_changed <= sum(measured)


# -- drift -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_drift_rounds_up_in_the_dtype_of_the_samples(dtype: Any) -> None:
    random = np.random.default_rng(0)
    before, after = random.normal(size=(2, 40, 7))
    moved = measure_shift(before, after, np.ones(40, dtype))
    exact = np.sqrt(np.square(after - before).sum(axis=1))
    assert moved.own.dtype == moved.others.dtype == dtype
    assert (moved.own > exact).all()
    np.testing.assert_allclose(moved.own, exact, rtol=1e-6)


def test_others_leaves_the_center_itself_out() -> None:
    before = np.zeros((3, 2))
    after = np.array([[3.0, 4.0], [0.0, 1.0], [0.0, 2.0]])
    moved = measure_shift(before, after, np.ones(3))
    np.testing.assert_allclose(moved.own, [5.0, 1.0, 2.0], rtol=1e-14)
    np.testing.assert_allclose(moved.others, [2.0, 5.0, 5.0], rtol=1e-14)


def test_where_two_move_equally_far_each_is_the_others_farthest() -> None:
    moved = measure_shift(np.zeros((3, 1)), np.array([[1.0], [-1.0], [0.0]]), np.ones(3))
    np.testing.assert_allclose(moved.others, [1.0, 1.0, 1.0], rtol=1e-14)


def test_one_cluster_has_no_others() -> None:
    moved = measure_shift(np.zeros((1, 2)), np.array([[3.0, 4.0]]), np.array([np.inf]))
    np.testing.assert_allclose(moved.own, [5.0], rtol=1e-14)
    assert moved.others.tolist() == [0.0]


def test_centers_that_stay_have_no_drift() -> None:
    centers = np.random.default_rng(0).normal(size=(5, 3))
    moved = measure_shift(centers, centers, np.ones(5, np.float32))
    assert not moved.own.any()
    assert not moved.others.any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_halfway_is_never_beyond_half_of_the_way(dtype: Any) -> None:
    random = np.random.default_rng(0)
    for shift in (0.0, 1e4):
        X = (random.normal(size=(50, 9)) + shift).astype(dtype)
        centers = random.normal(size=(12, 9)) + shift
        chunks = Chunks(read_only(X), None)
        moved = assignment._center_shift(chunks, centers, pack_centers(centers, chunks.origin))
        distances = np.sqrt(naive.squared_distances(centers, centers))
        np.fill_diagonal(distances, np.inf)
        half = distances.min(axis=1) / 2
        assert (moved.halfway <= half * (1 + ROUNDING)).all()
        np.testing.assert_allclose(moved.halfway, half, rtol=1e-4)
