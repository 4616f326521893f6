"""Few samples take kernels of their own, and end where many would."""

from typing import Any

import numpy as np
import pytest

import naive
from kmeans_widget.core.kernels import chunks, layout
from kmeans_widget.core.kernels.rounds import has_lost_digits
from kmeans_widget.core.lloyd import iterate
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


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", N_FEATURES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
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


@pytest.mark.parametrize("d", N_FEATURES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_rounds_in_one_go_have_the_bits_of_single_ones(d: int, dtype: Any, weighted: bool) -> None:
    X, centers = _case("normal", d, dtype)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, size=len(X)) if weighted else None
    data = ArraySamples(X, weight)
    together, single = data.memory(), data.memory()
    batch, n_rounds = data.rounds(centers, together, 20, 0.0)
    assert n_rounds > 1
    for r in range(n_rounds):
        one, n_done = data.rounds(batch.centers[r], single, 1, 0.0)
        assert n_done == 1
        for part, whole in zip(one[1:], batch[1:], strict=True):
            assert part[0].tobytes() == whole[r].tobytes()
        assert one.centers[1].tobytes() == batch.centers[r + 1].tobytes()
    np.testing.assert_array_equal(together.labels, single.labels)


def test_a_record_ends_where_somebody_has_to_look() -> None:
    X = np.array([[0.0], [1.0], [2.0], [20.0]])
    data = ArraySamples(X)
    assert data.rounds(np.array([[1.0], [500.0]]), data.memory(), 20, 0.0)[1] == 1  # is empty
    assert data.rounds(np.array([[1.0], [20.0]]), data.memory(), 20, 0.0)[1] == 2  # no change
    assert data.rounds(np.array([[0.0], [20.0]]), data.memory(), 20, 5.0)[1] == 2  # tolerated
    assert data.rounds(np.array([[0.0], [20.0]]), data.memory(), 1, 0.0)[1] == 1  # not wanted


@pytest.mark.parametrize("n_features", [2, 8])
def test_sums_that_have_lost_digits_are_made_anew(n_features: int) -> None:
    X = np.random.default_rng(0).normal(size=(500, n_features))
    X[7] = 1e12
    data = ArraySamples(X)
    batch, n_rounds = data.rounds(X[:2], data.memory(), 20, 0.0)
    memory = data.memory()
    for r in range(n_rounds):
        sums = data.accumulate(batch.centers[r], memory)
        expected = naive.sums(X, np.ones(500), memory.labels, 2)[0]
        np.testing.assert_allclose(sums.coordinates, expected, rtol=1e-9)
        np.testing.assert_array_equal(batch.coordinates[r], sums.coordinates)


@pytest.mark.parametrize("n_samples", [1, 47, 48, 49, 384, 385, 1000])
@pytest.mark.parametrize("d", N_FEATURES)
@pytest.mark.parametrize("worth_a_kernel", [False, True])
def test_lanes_hold_all_samples_and_repeat_the_last(
    monkeypatch: pytest.MonkeyPatch, n_samples: int, d: int, worth_a_kernel: bool
) -> None:
    monkeypatch.setattr(layout, "NUMPY_BELOW", 0 if worth_a_kernel else n_samples * d)
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
