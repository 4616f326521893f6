import numpy as np
import pytest

import naive
from kmeans_widget.core.minibatch import (
    EarlyStopping,
    MiniBatchState,
    Reassignment,
    mini_batch_step,
)
from kmeans_widget.core.samples import ArraySamples

NEVER = Reassignment(ratio=0.0, batch_size=1)


def _random() -> np.random.RandomState:
    return np.random.RandomState(0)


def test_centers_are_the_means_of_all_they_were_given() -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    weight = np.random.default_rng(1).uniform(size=60)
    state = MiniBatchState(X[:3].copy(), np.zeros(3))
    moments, total = np.zeros((3, 2)), np.zeros(3)
    for rows in np.split(np.arange(60), 4):
        labels = naive.assign(X[rows], state.centers)
        more_moments, more = naive.sums(X[rows], weight[rows], labels, 3)
        moments, total = moments + more_moments, total + more
        expected = naive.inertia(X[rows], weight[rows], state.centers, labels)
        batch = ArraySamples(X[rows], weight[rows])
        state, inertia = mini_batch_step(batch, state, NEVER, _random())
        assert inertia == pytest.approx(expected)
        np.testing.assert_allclose(state.weight, total)
        held = total > 0
        np.testing.assert_allclose(state.centers[held], moments[held] / total[held, np.newaxis])


def test_a_step_leaves_what_was_learned_before() -> None:
    before = MiniBatchState(np.array([[0.0], [9.0]]), np.array([1.0, 0.0]))
    mini_batch_step(ArraySamples(np.array([[1.0], [8.0]])), before, Reassignment(0.5, 2), _random())
    assert before.centers.ravel().tolist() == [0.0, 9.0]
    assert before.weight.tolist() == [1.0, 0.0]


def test_a_cluster_without_samples_stays() -> None:
    before = MiniBatchState(np.array([[0.0], [90.0]]), np.array([1.0, 1.0]))
    after, _ = mini_batch_step(ArraySamples(np.array([[1.0], [2.0]])), before, NEVER, _random())
    assert after.centers[1] == 90.0


def test_an_empty_cluster_starts_again_from_a_sample() -> None:
    X = np.array([[1.0], [2.0], [3.0], [4.0]])
    before = MiniBatchState(np.array([[0.0], [90.0]]), np.array([5.0, 0.0]))
    after, _ = mini_batch_step(ArraySamples(X), before, Reassignment(0.01, 4), _random())
    assert after.centers[1] in X
    assert after.weight.tolist() == [9.0, 9.0]  # the least of those that stayed
    assert after.since_reassignment == 0


def test_at_most_half_of_a_batch_become_centers() -> None:
    X = np.arange(4.0)[:, np.newaxis]
    before = MiniBatchState(np.full((6, 1), 50.0), np.array([9.0, 0, 0, 0, 0, 0]))
    after, _ = mini_batch_step(ArraySamples(X), before, Reassignment(0.5, 4), _random())
    assert np.count_nonzero(after.centers[1:] != 50.0) == 2


def test_reassignment_waits_for_ten_samples_a_cluster() -> None:
    state = MiniBatchState(np.array([[0.0], [9.0]]), np.array([1.0, 1.0]))
    reassignment = Reassignment(0.01, 8)
    due, state = reassignment.due(state)
    assert (due, state.since_reassignment) == (False, 8)
    due, state = reassignment.due(state)
    assert not due
    due, state = reassignment.due(state)
    assert (due, state.since_reassignment) == (True, 0)


def test_a_ratio_above_one_leaves_the_heaviest() -> None:
    before = MiniBatchState(np.array([[0.0], [3.0]]), np.array([0.0, 0.0]))
    X = np.array([[0.0], [3.0], [0.0], [3.0]])
    after, _ = mini_batch_step(ArraySamples(X), before, Reassignment(5.0, 4), _random())
    assert after.centers[0] == 0.0


def test_it_settles_when_the_average_stops_improving() -> None:
    stopping = EarlyStopping(batch_size=10, n_samples=100, tol=0.0, patience=2)
    assert not stopping.should_stop(100.0, 1.0)
    assert stopping.average == 10.0
    assert not stopping.should_stop(90.0, 1.0)
    assert not stopping.should_stop(200.0, 1.0)
    assert stopping.should_stop(200.0, 1.0)


def test_it_settles_when_the_centers_rest_if_asked() -> None:
    assert EarlyStopping(10, 100, tol=0.5, patience=None).should_stop(1.0, 0.5)
    assert not EarlyStopping(10, 100, tol=0.0, patience=None).should_stop(1.0, 0.0)
