from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

import naive
from kmeans_widget import datasets
from kmeans_widget.core.arrays import Floats
from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.kernels import chunks, threads
from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.trace import Step, StopReason, Trace

SEEDS = st.integers(0, 2**32 - 1)
WAYS = ["few", "many", "pruned"]  # see conftest
ANY_WAY = pytest.mark.usefixtures("any_way")


def _run(
    X: Floats,
    centers: Floats,
    weight: naive.Array | None = None,
    *,
    max_iter: int = 300,
    tol: float = 0.0,
) -> Trace:
    return Trace(tuple(iterate(ArraySamples(X, weight), centers, max_iter=max_iter, tol=tol)))


def _case(seed: int) -> tuple[naive.Array, naive.Array, naive.Array | None]:
    """Draw data, starting centres, and weights or none; some with duplicates or with offsets."""
    random = np.random.default_rng(seed)
    n, d = int(random.integers(3, 400)), int(random.integers(1, 9))
    X = random.normal(size=(n, d)) + random.choice([0.0, 30.0])
    if seed % 6 == 1:
        X[n // 2 :] = X[: n - n // 2]
    k = int(random.integers(1, min(n, 12) + 1))
    start = X[random.choice(n, k, replace=False)]
    if seed % 3 == 0:
        start = start + random.normal(scale=3.0, size=start.shape)  # leaves clusters empty
    return X, start, random.uniform(0.1, 5.0, size=n) if seed % 2 else None


def _data(seed: int, n: int, d: int, k: int) -> tuple[naive.Array, naive.Array]:
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, d))
    return X, X[random.choice(n, k, replace=False)]


# -- against the oracle ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(36))
def test_a_run_is_that_of_the_oracle(counted_as: Any, seed: int) -> None:
    with counted_as(WAYS[seed // 6 % 3]):
        X, start, weight = _case(seed)
        trace, oracle = _run(X, start, weight, tol=1e-20), naive.lloyd(X, start, weight, tol=1e-20)
        assert trace.n_iter == oracle.n_iter
        np.testing.assert_array_equal(ArraySamples(X).assign(trace[-1].centers), oracle.labels)
        np.testing.assert_allclose(trace[-1].centers, oracle.centers, rtol=0, atol=1e-12)
        np.testing.assert_allclose(
            trace.inertias[: len(oracle.inertias)], oracle.inertias, rtol=1e-11
        )
        assert [s.n_changed for s in trace][: len(oracle.changed)] == oracle.changed
        for step in (*trace, *_run(X, start, weight, max_iter=2)):
            labels = naive.assign(X, step.centers)
            sums, held = naive.sums(
                X, np.ones(len(X)) if weight is None else weight, labels, len(start)
            )
            means = np.where(held[:, None] > 0, sums / held.clip(1e-9)[:, None], step.centers)
            np.testing.assert_allclose(step.means, means, rtol=0, atol=1e-11)


@pytest.mark.parametrize("seed", range(18))
def test_a_float32_run_is_close_to_that_of_the_oracle(counted_as: Any, seed: int) -> None:
    with counted_as(WAYS[seed // 6 % 3]):
        X, start, weight = _case(seed)
        X, start = X.astype(np.float32), start.astype(np.float32)
        oracle = naive.lloyd(X.astype(np.float64), start.astype(np.float64), weight)
        trace = _run(X, start, weight)
        assert trace[-1].centers.dtype == np.float64
        assert trace.n_iter == oracle.n_iter
        np.testing.assert_allclose(trace[-1].centers, oracle.centers, rtol=0, atol=1e-9)
        assert trace[-1].inertia == pytest.approx(oracle.inertia, rel=1e-6)


# -- accuracy ----------------------------------------------------------------------------------


def _assert_same_labels(labels: naive.Array, X: naive.Array, centers: naive.Array) -> None:
    """Labels are those of float64; up to 4 features, where the two nearest distances differ."""
    X64 = X.astype(np.float64)
    nearest = np.sort(np.sqrt(naive.squared_distances(X64, centers)), axis=1)
    clear = nearest[:, 1] - nearest[:, 0] >= 1e-5 * nearest[:, 1]
    assert np.count_nonzero(clear) > 0.99 * len(X)
    if X.shape[1] > 4:
        clear[:] = True
    np.testing.assert_array_equal(labels[clear], naive.assign(X64, centers)[clear])


@ANY_WAY
@pytest.mark.parametrize(
    ("d", "scale", "shift", "weighted"),
    [
        (2, 1.0, 1e4, False),
        (2, 1e-6, 0.0, True),
        (3, 1e6, 1e4, True),
        (3, 1.0, 0.0, False),
        (8, 1e6, 0.0, False),
        (8, 1e-6, 1e4, True),
        (40, 1.0, 1e4, True),
        (40, 1e-6, 0.0, False),
    ],
)
def test_float32_gives_the_labels_of_float64(
    d: int, scale: float, shift: float, weighted: bool
) -> None:
    random = np.random.default_rng(d)
    X = ((random.normal(size=(800, d)) + shift) * scale).astype(np.float32)
    weight = random.uniform(0.1, 2.0, size=800) if weighted else None
    data, X64 = ArraySamples(X, weight), X.astype(np.float64)
    trace, exact = _run(X, X[:6], weight), _run(X64, X64[:6], weight)
    for step in (*trace, *exact):
        _assert_same_labels(data.assign(step.centers), X, step.centers)
        assert np.isfinite(step.centers).all()
        assert np.isfinite([step.inertia, step.updated_inertia, step.center_shift]).all()
        assert min(step.inertia, step.updated_inertia, step.center_shift) >= 0.0
    # A tie that falls the other way may lead a run of few features elsewhere, but not far away.
    assert trace[-1].inertia == pytest.approx(exact[-1].inertia, rel=1e-6 if d > 4 else 1e-2)
    if d > 4:
        assert trace.n_iter == exact.n_iter
        limit = 1e-9 * scale * max(shift, 1.0)
        np.testing.assert_allclose(trace[-1].centers, exact[-1].centers, rtol=0, atol=limit)


@ANY_WAY
@pytest.mark.parametrize(
    ("d", "row", "dtype"),
    [(2, 0, np.float32), (3, 333, np.float64), (8, 333, np.float32), (40, 0, np.float64)],
)
def test_a_far_outlier_does_not_spoil_the_labels_of_the_others(
    d: int, row: int, dtype: Any
) -> None:
    X = np.random.default_rng(d).normal(size=(600, d)).astype(dtype)
    X[row] = 1e6
    data, rest = ArraySamples(X), np.arange(600) != row
    # The first run takes the outlier out of a cluster; the second begins on it.
    for start in (X[1:7], X[[row, 1, 2, 3, 4]]):
        memory = data.memory()
        for step in iterate(data, start, memory=memory):
            _assert_same_labels(data.assign(step.centers)[rest], X[rest], step.centers)
            assert np.isfinite(step.inertia)
        _assert_same_labels(memory.labels[rest], X[rest], step.centers)
        assert step.weight[memory.labels[row]] == 1.0


@ANY_WAY
@pytest.mark.parametrize(
    ("d", "max_iter", "dtype"),
    [
        (2, 300, np.float32),
        (2, 3, np.float64),
        (4, 1, np.float64),
        (5, 300, np.float64),
        (5, 1, np.float32),
        (40, 3, np.float32),
    ],
)
def test_the_memory_ends_with_the_labels_of_the_last_centers(
    d: int, max_iter: int, dtype: Any
) -> None:
    X = np.random.default_rng(d).normal(size=(900, d)).astype(dtype)
    data = ArraySamples(X)
    memory = data.memory()
    *_, last = iterate(data, X[:7], max_iter=max_iter, memory=memory)
    np.testing.assert_array_equal(memory.labels, data.assign(last.centers))
    np.testing.assert_array_equal(np.bincount(memory.labels, minlength=7), last.weight)


# -- against scikit-learn ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(36))
def test_a_run_is_that_of_scikit_learn(counted_as: Any, seed: int) -> None:
    with counted_as(WAYS[seed // 6 % 3]):
        X, start, weight = _case(seed)
        tol = 1e-20  # so small that it only absorbs the rounding of the means
        theirs = KMeans(len(start), init=start, n_init=1, tol=tol).fit(X, sample_weight=weight)
        trace = _run(X, start, weight, tol=absolute_tolerance(tol, ArraySamples(X)))
        assert trace.n_iter == theirs.n_iter_
        np.testing.assert_array_equal(ArraySamples(X).assign(trace[-1].centers), theirs.labels_)
        np.testing.assert_allclose(trace[-1].centers, theirs.cluster_centers_, rtol=0, atol=1e-12)
        assert trace[-1].inertia == pytest.approx(theirs.inertia_, rel=1e-10, abs=1e-9)


@ANY_WAY
@pytest.mark.parametrize(("tol", "max_iter"), [(1e-4, 300), (1e-2, 300), (1.0, 3), (1e-2, 1)])
def test_it_stops_where_scikit_learn_stops(tol: float, max_iter: int) -> None:
    X, start = _data(0, 1000, 3, 8)
    theirs = KMeans(8, init=start, n_init=1, tol=tol, max_iter=max_iter)
    theirs.fit(X)
    trace = _run(X, start, max_iter=max_iter, tol=absolute_tolerance(tol, ArraySamples(X)))
    assert trace.n_iter == theirs.n_iter_
    np.testing.assert_array_equal(ArraySamples(X).assign(trace[-1].centers), theirs.labels_)
    np.testing.assert_allclose(trace[-1].centers, theirs.cluster_centers_, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_float32_is_close_to_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    X = datasets.blobs(5, 500, random_state=seed).X.astype(np.float32)
    start = X[random.choice(500, 5, replace=False)]
    theirs = KMeans(5, init=start, n_init=1, tol=1e-6).fit(X)
    trace = _run(X, start, tol=absolute_tolerance(1e-6, ArraySamples(X)))
    assert trace[-1].inertia == pytest.approx(theirs.inertia_, rel=1e-4)
    np.testing.assert_allclose(trace[-1].centers, theirs.cluster_centers_, atol=2e-2)


# -- how a run ends ----------------------------------------------------------------------------


@ANY_WAY
def test_it_ends_when_no_assignment_changes() -> None:
    trace = _run(np.array([[0.0], [2.0], [10.0], [12.0]]), np.array([[0.0], [2.0]]))
    assert trace.stop is StopReason.UNCHANGED
    assert [step.iteration for step in trace] == [1, 2, 3]
    assert (trace[-1].n_changed, trace[-1].center_shift) == (0, 0.0)


@ANY_WAY
def test_a_tolerance_ends_it_with_a_closing_assignment() -> None:
    X, start = _data(1, 500, 2, 6)
    trace = _run(X, start, tol=0.05)
    assert trace.stop is StopReason.TOLERANCE
    assert trace[-1].iteration == trace[-2].iteration
    assert trace[-2].center_shift <= 0.05 < trace[-3].center_shift
    assert trace[-1].center_shift == 0.0


@ANY_WAY
@pytest.mark.parametrize("max_iter", [1, 4])
def test_max_iter_ends_it_with_a_closing_assignment(max_iter: int) -> None:
    X, start = _data(1, 500, 2, 6)
    trace = _run(X, start, max_iter=max_iter)
    assert trace.stop is StopReason.MAX_ITER
    assert [step.iteration for step in trace] == [*range(1, max_iter + 1), max_iter]


def test_only_the_last_step_has_a_reason_to_stop() -> None:
    X, start = _data(2, 300, 2, 5)
    assert [step.stop for step in _run(X, start)[:-1]].count(None) == len(_run(X, start)) - 1


@ANY_WAY
def test_it_computes_no_more_than_is_asked_for() -> None:
    X, start = _data(0, 100, 2, 3)
    data = ArraySamples(X)
    memory = data.memory()
    steps = iterate(data, start, memory=memory)
    assert (memory.labels == -1).all()
    next(steps)
    second = next(steps)
    if data.transposed_copy(3) is None:  # else one call computes up to 32 iterations
        np.testing.assert_array_equal(memory.labels, naive.assign(X, second.centers))
        assert len(_run(X, start)) > 3


# -- empty clusters ----------------------------------------------------------------------------


@ANY_WAY
def test_an_empty_cluster_jumps_to_the_farthest_sample_and_the_step_says_so() -> None:
    X = np.array([[0.0], [1.0], [2.0], [20.0]])
    trace = _run(X, np.array([[1.0], [500.0]]))
    assert trace[0].relocated == ((1, 3),)
    assert trace[1].centers.ravel().tolist() == [1.0, 20.0]
    assert [step.relocated for step in trace[1:]] == [()] * (len(trace) - 1)


@ANY_WAY
def test_several_empty_clusters_jump_in_order() -> None:
    X = np.array([[0.0], [1.0], [-30.0], [20.0]])
    trace = _run(X, np.array([[500.0], [0.0], [600.0]]))
    assert trace[0].relocated == ((0, 2), (2, 3))
    assert trace[1].centers.ravel().tolist() == [-30.0, 0.5, 20.0]


@ANY_WAY
def test_fewer_distinct_points_than_clusters_end_in_peace() -> None:
    X = np.repeat([[0.0], [5.0]], 10, axis=0)
    trace = _run(X, np.array([[0.0], [0.0], [5.0], [7.0]]))
    assert trace.converged
    assert trace[-1].inertia == 0.0
    assert trace[-1].weight.tolist() == [10.0, 0.0, 10.0, 0.0]
    assert trace[-1].centers.ravel().tolist() == [0.0, 0.0, 5.0, 7.0]


@ANY_WAY
@pytest.mark.parametrize(
    ("seed", "dtype"), [(0, np.float32), (1, np.float64), (2, np.float32), (3, np.float64)]
)
def test_rounding_does_not_keep_a_run_of_duplicates_going(seed: int, dtype: Any) -> None:
    random = np.random.default_rng(seed)
    values = random.normal(size=(3, 4)).astype(dtype)
    X = np.repeat(values, 50, axis=0)
    start = random.normal(size=(6, 4)).astype(dtype)
    trace = _run(X, start, random.uniform(size=len(X)))
    assert trace.converged
    assert trace.n_iter < 10
    assert trace[-1].inertia == pytest.approx(0.0, abs=1e-9)


@ANY_WAY
def test_samples_without_weight_pull_nothing() -> None:
    X = np.array([[0.0], [1.0], [10.0], [11.0], [1000.0]])
    weight = np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    trace = _run(X, np.array([[0.0], [10.0], [2000.0]]), weight)
    assert sorted(trace[-1].centers.ravel().tolist()) in ([0.0, 1.0, 10.5], [0.5, 10.0, 11.0])


# -- corners -----------------------------------------------------------------------------------


def test_one_cluster_is_the_mean() -> None:
    X, start = _data(0, 200, 4, 1)
    trace = _run(X, start)
    np.testing.assert_allclose(trace[-1].centers[0], X.mean(axis=0), atol=1e-14)
    assert trace.n_iter == 2


@ANY_WAY
def test_as_many_clusters_as_samples_leave_no_inertia() -> None:
    X, start = _data(0, 25, 2, 25)
    trace = _run(X, start)
    assert trace[-1].inertia == 0.0
    assert trace.n_iter == 1


@ANY_WAY
def test_one_sample_is_enough() -> None:
    assert _run(np.array([[3.0, 4.0]]), np.array([[0.0, 0.0]]))[-1].centers.tolist() == [[3.0, 4.0]]


@ANY_WAY
def test_steps_cannot_be_written_and_the_start_is_not_mutated() -> None:
    X, start = _data(0, 100, 2, 4)
    copies = X.copy(), start.copy()
    for step in _run(X, start):
        assert not step.centers.flags.writeable
        assert not step.weight.flags.writeable
    np.testing.assert_array_equal(X, copies[0])
    np.testing.assert_array_equal(start, copies[1])


def test_changing_the_start_afterwards_changes_nothing() -> None:
    X, start = _data(0, 100, 2, 4)
    steps = iterate(ArraySamples(X), start)
    first = next(steps)
    kept = first.centers.copy()
    start[:] = 0.0
    np.testing.assert_array_equal(first.centers, kept)


@ANY_WAY
def test_two_runs_over_the_same_samples_do_not_disturb_each_other() -> None:
    X, start = _data(0, 200, 2, 4)
    data = ArraySamples(X)
    alone = [step.n_changed for step in iterate(data, start)]
    one, other = iterate(data, start), iterate(data, start[::-1])
    woven: list[Step] = []
    for step in one:
        woven.append(step)
        next(other, None)
    assert [step.n_changed for step in woven] == alone


@pytest.mark.parametrize(("d", "n_threads"), [(2, 1), (2, 5), (8, 2)])
def test_the_bits_do_not_depend_on_the_threads(
    monkeypatch: pytest.MonkeyPatch, n_threads: int, d: int
) -> None:
    X, start = _data(0, 300_000, d, 5)
    data = ArraySamples(X)
    pooled, serial = data.memory(), data.memory()
    monkeypatch.setattr(threads, "thread_count", lambda: n_threads)
    some = list(iterate(data, start, max_iter=5, memory=pooled))
    monkeypatch.setattr(chunks, "run", lambda tasks: [task() for task in tasks])
    same = list(iterate(ArraySamples(X), start, max_iter=5, memory=serial))
    assert [s.centers.tobytes() for s in some] == [s.centers.tobytes() for s in same]
    assert [s.inertia for s in some] == [s.inertia for s in same]
    assert pooled.labels.tobytes() == serial.labels.tobytes()
    np.testing.assert_array_equal(pooled.labels, data.assign(some[-1].centers))


# -- invariants --------------------------------------------------------------------------------


@settings(max_examples=45, deadline=None)
@given(SEEDS, st.sampled_from(WAYS))
def test_inertia_never_rises(counted_as: Any, seed: int, way: str) -> None:
    with counted_as(way):
        trace = _run(*_case(seed))
        fall = np.diff(trace.curve(trace.last_cursor)[:, 1])
        jumped = np.repeat([bool(step.relocated) for step in trace], 2)[: len(fall)]
        # The half-step in which an empty cluster takes a sample away is no step to the means.
        rounding = 1e-9 * trace.inertias[0] + 1e-12
        assert (fall[~jumped] <= rounding).all()
        assert (np.diff(trace.inertias) <= rounding).all()


@settings(max_examples=45, deadline=None)
@given(SEEDS, st.sampled_from(WAYS), st.integers(1, 8))
def test_labels_belong_to_the_last_centers(
    counted_as: Any, seed: int, way: str, max_iter: int
) -> None:
    with counted_as(way):
        X, start, weight = _case(seed)
        last = _run(X, start, weight, max_iter=max_iter)[-1]
        labels = naive.assign(X, last.centers)
        weight = np.ones(len(X)) if weight is None else weight
        expected = naive.inertia(X, weight, last.centers, labels)
        assert last.inertia == pytest.approx(expected, rel=1e-11, abs=1e-12)
        totals = np.bincount(labels, weights=weight, minlength=len(start))
        np.testing.assert_allclose(last.weight, totals, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from(WAYS))
def test_every_cluster_has_a_sample_when_there_are_enough_distinct_ones(
    counted_as: Any, seed: int, way: str
) -> None:
    with counted_as(way):
        X, start, weight = _case(seed)
        assume(len(np.unique(X, axis=0)) >= len(start))
        assert (_run(X, start, weight)[-1].weight > 0).all()


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from(WAYS))
def test_integer_weights_are_repeated_samples(counted_as: Any, seed: int, way: str) -> None:
    with counted_as(way):
        random = np.random.default_rng(seed)
        X, start = _data(seed, int(random.integers(5, 80)), 2, 4)
        times = random.integers(0, 4, size=len(X))
        assume(np.count_nonzero(times) >= 4)
        weighted = _run(X, start, times.astype(np.float64), max_iter=50)
        repeated = _run(np.repeat(X, times, axis=0), start, max_iter=50)
        assume(not any(step.relocated for step in weighted))
        np.testing.assert_allclose(weighted[-1].centers, repeated[-1].centers, atol=1e-10)
        assert weighted[-1].inertia == pytest.approx(repeated[-1].inertia, rel=1e-9, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from(WAYS))
def test_permuted_centers_give_permuted_clusters(counted_as: Any, seed: int, way: str) -> None:
    with counted_as(way):
        X, start = _data(seed, 150, 3, 6)
        order = np.random.default_rng(seed).permutation(6)
        plain, permuted = _run(X, start), _run(X, start[order])
        assert plain.n_iter == permuted.n_iter
        np.testing.assert_allclose(plain[-1].centers[order], permuted[-1].centers, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from(WAYS))
def test_permuted_samples_give_the_same_clusters(counted_as: Any, seed: int, way: str) -> None:
    with counted_as(way):
        X, start = _data(seed, 150, 3, 6)
        order = np.random.default_rng(seed).permutation(len(X))
        plain, permuted = _run(X, start), _run(X[order], start)
        np.testing.assert_allclose(plain[-1].centers, permuted[-1].centers, atol=1e-10)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from(WAYS), st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_of_measurement_does_not_matter(
    counted_as: Any, seed: int, way: str, unit: float
) -> None:
    with counted_as(way):
        X, start = _data(seed, 150, 2, 5)
        tol = absolute_tolerance(1e-4, ArraySamples(X))
        scaled = absolute_tolerance(1e-4, ArraySamples(X * unit))
        plain, other = _run(X, start, tol=tol), _run(X * unit, start * unit, tol=scaled)
        assert plain.n_iter == other.n_iter
        np.testing.assert_array_equal(plain[-1].centers * unit, other[-1].centers)
