"""Few samples take kernels of their own, and end where many would."""

from typing import Any

import numpy as np
import pytest

import naive
from kmeans_widget.core.kernels import buffers, chunks
from kmeans_widget.core.kernels.rounds import has_lost_digits
from kmeans_widget.core.lloyd import iterate, last_step
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.trace import Trace

KINDS = ["normal", "ties", "duplicates", "empty", "alone"]
N_FEATURES = [1, 2, 3, 4, 5, 17, 64]


def _case(kind: str, d: int, dtype: Any) -> tuple[naive.Array, naive.Array]:
    random = np.random.default_rng(d)
    X = random.normal(size=(200, d)).astype(dtype)
    if kind == "ties":
        X = np.round(X)
    if kind == "duplicates":
        X[100:] = X[:100]
    if kind == "alone":
        return X[:30], X[:30]
    start = X[: 1 if d == 3 else 6].copy()
    if kind == "empty":
        start[-1] += 100
    return X, start


def _run(X: naive.Array, start: naive.Array, weight: naive.Array | None) -> tuple[Trace, Any]:
    data = ArraySamples(X, weight)
    memory = data.memory()
    return Trace(tuple(iterate(data, start, memory=memory))), memory.labels


@pytest.mark.parametrize(
    ("kind", "d", "dtype", "weighted"),
    [
        (kind, d, (np.float32, np.float64)[(i + j) % 2], (i + j) % 4 > 1)
        for i, kind in enumerate(KINDS)
        for j, d in enumerate(N_FEATURES)
    ],
)
def test_few_samples_go_where_many_would(
    monkeypatch: pytest.MonkeyPatch, kind: str, d: int, dtype: Any, weighted: bool
) -> None:
    X, start = _case(kind, d, dtype)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, size=len(X)) if weighted else None
    few, labels = _run(X, start, weight)
    monkeypatch.setattr(chunks, "SMALL_WORK", 0)
    many, expected = _run(X, start, weight)
    np.testing.assert_array_equal(labels, expected)
    assert few.stop is many.stop
    for step, other in zip(few, many, strict=True):
        np.testing.assert_allclose(step.centers, other.centers, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(step.weight, other.weight, rtol=1e-12)
        assert (step.n_changed, step.relocated) == (other.n_changed, other.relocated)
        for name in ("inertia", "updated_inertia", "center_shift"):
            expected_number = pytest.approx(getattr(other, name), rel=1e-6, abs=1e-10)
            assert getattr(step, name) == expected_number, name


def _ahead(data: ArraySamples, centers: naive.Array, n_iter: int, tol: float = 0.0) -> list[Any]:
    """Compute iterations in one kernel call; return the centres and the sums of each."""
    memory, found = data.memory(), []
    data.run_ahead(centers, memory, n_iter, tol)
    assert memory.ahead is not None
    while memory.ahead.centers is not None:
        found.append((memory.ahead.centers, memory.ahead.take()))
    return found


@pytest.mark.parametrize("d", N_FEATURES)
@pytest.mark.parametrize(
    ("dtype", "weighted"), [(np.float32, True), (np.float64, False), (np.float64, True)]
)
def test_iterations_in_one_call_have_the_bits_of_single_ones(
    d: int, dtype: Any, weighted: bool
) -> None:
    X, centers = _case("normal", d, dtype)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, size=len(X)) if weighted else None
    data = ArraySamples(X, weight)
    memory, together = data.memory(), _ahead(data, centers.astype(np.float64), 20)
    assert len(together) > 1
    for at, sums in together:
        single = data.accumulate(at.copy(), memory)
        for part in ("coordinates", "weight"):
            assert getattr(single, part).tobytes() == getattr(sums, part).tobytes()
        assert (single.inertia, single.n_changed) == (sums.inertia, sums.n_changed)
        assert single.update.centers.tobytes() == sums.update.centers.tobytes()
        assert single.update[1:] == sums.update[1:]


@pytest.mark.parametrize(
    ("centers", "n_iter", "tol", "n_done"),
    [
        ([[1.0], [500.0]], 20, 0.0, 1),  # a cluster is empty
        ([[1.0], [20.0]], 20, 0.0, 2),  # no label changes
        ([[0.0], [20.0]], 20, 5.0, 2),  # the first update is tolerated
        ([[0.0], [20.0]], 1, 0.0, 1),  # no more are wanted
    ],
)
def test_a_batch_ends_where_the_loop_has_to_decide(
    centers: Any, n_iter: int, tol: float, n_done: int
) -> None:
    data = ArraySamples(np.array([[0.0], [1.0], [2.0], [20.0]]))
    assert len(_ahead(data, np.array(centers), n_iter, tol)) == n_done


def test_only_the_centers_that_were_computed_ahead_are_answered_from_it() -> None:
    X, start = _case("normal", 2, np.float64)
    data, fresh = ArraySamples(X), ArraySamples(X)
    memory = data.memory()
    data.run_ahead(start, memory, 20, 0.0)
    data.accumulate(start, memory)
    other = start + 1.0
    sums, expected = data.accumulate(other, memory), fresh.accumulate(other, fresh.memory())
    np.testing.assert_allclose(sums.coordinates, expected.coordinates)
    np.testing.assert_array_equal(memory.labels, naive.assign(X, other))


def test_the_last_step_is_that_of_all_steps() -> None:
    X, start = _case("normal", 3, np.float64)
    X, start = np.repeat(X, 3, axis=0) + np.arange(600)[:, np.newaxis] / 100, X[:5].copy()
    for options in ({}, {"max_iter": 3}, {"tol": 0.01}):
        data = ArraySamples(X)
        memory, every = data.memory(), data.memory()
        steps = list(iterate(data, start, memory=every, **options))
        last = last_step(data, start, memory=memory, **{"max_iter": 300, "tol": 0.0} | options)
        assert (last.iteration, last.stop) == (steps[-1].iteration, steps[-1].stop)
        assert last.inertia == steps[-1].inertia
        np.testing.assert_array_equal(last.centers, steps[-1].centers)
        np.testing.assert_array_equal(memory.labels, every.labels)


@pytest.mark.parametrize("n_features", [2, 8])
def test_sums_that_have_lost_digits_are_computed_again(n_features: int) -> None:
    X = np.random.default_rng(0).normal(size=(500, n_features))
    X[7] = 1e12
    data = ArraySamples(X)
    memory = data.memory()
    for centers, ahead in _ahead(data, X[:2].copy(), 20):
        sums = data.accumulate(centers, memory)
        expected = naive.sums(X, np.ones(500), memory.labels, 2)[0]
        np.testing.assert_allclose(sums.coordinates, expected, rtol=1e-9)
        np.testing.assert_array_equal(ahead.coordinates, sums.coordinates)


@pytest.mark.parametrize("worth_a_kernel", [False, True])
@pytest.mark.parametrize(
    ("n_samples", "d"),
    [(1, 2), (47, 64), (48, 1), (49, 5), (384, 3), (385, 4), (385, 17), (1000, 2)],
)
def test_the_copy_holds_all_samples_and_repeats_the_last(
    monkeypatch: pytest.MonkeyPatch, n_samples: int, d: int, worth_a_kernel: bool
) -> None:
    monkeypatch.setattr(buffers, "NUMPY_BELOW", 0 if worth_a_kernel else n_samples * d)
    X = np.random.default_rng(0).normal(size=(n_samples, d))
    transposed = ArraySamples(X).transposed_copy(2)
    assert transposed is not None
    flat = transposed.blocks.transpose(0, 2, 1).reshape(-1, d)
    np.testing.assert_array_equal(flat[:n_samples], X - transposed.origin)
    np.testing.assert_array_equal(flat[n_samples:], (X[-1:] - transposed.origin).repeat(
        len(flat) - n_samples, axis=0
    ))  # fmt: skip
    norms = np.square(flat).sum(axis=1)[: transposed.norms.size]
    np.testing.assert_allclose(transposed.norms.ravel(), norms, rtol=1e-14)


def test_many_samples_are_not_copied() -> None:
    assert ArraySamples(np.zeros((1001, 2000))).transposed_copy(1) is None
    X = np.zeros((1001, 1000))
    assert ArraySamples(X).transposed_copy(24) is None
    assert ArraySamples(X).transposed_copy(23) is not None


def test_no_digits_are_lost_where_nothing_has_been_subtracted() -> None:
    totals = np.array([[5.0, 2.0, 2.0, 0.0]])
    assert not has_lost_digits(totals, 1.0, 0.0)
    totals[0, -1] = 1e12
    assert has_lost_digits(totals, 1.0, 0.0)
