from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import kmeans_plusplus

from kmeans_widget.core.initialization import (
    INIT_METHODS,
    choose,
    draw_distinct,
    draw_plus_plus,
    explain_picks,
    initialize_centers,
    pick_farthest,
    preferences,
)
from kmeans_widget.core.samples import ArraySamples

SEEDS = st.integers(0, 2**32 - 1)
FEW_OR_MANY = pytest.mark.parametrize("way", ["few", "many"])


def _random(seed: int) -> np.random.RandomState:
    return np.random.RandomState(seed)


def _samples(n: int = 200, d: int = 3, *, weighted: bool = False) -> ArraySamples:
    random = np.random.default_rng(n)
    return ArraySamples(random.normal(size=(n, d)), random.uniform(size=n) if weighted else None)


@pytest.mark.usefixtures("any_way")
@pytest.mark.parametrize("method", INIT_METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_centers_are_distinct_samples_of_the_precision_of_the_data(method: str, dtype: Any) -> None:
    samples = ArraySamples(_samples().X.astype(dtype))
    centers = initialize_centers(samples, 9, method, _random(0))
    assert centers.dtype == dtype
    assert len(np.unique(centers, axis=0)) == 9
    assert {*map(tuple, centers)} <= {*map(tuple, samples.X)}


@pytest.mark.parametrize("method", INIT_METHODS)
def test_the_same_seed_gives_the_same_start(method: str) -> None:
    first, second = (initialize_centers(_samples(), 5, method, _random(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("method", INIT_METHODS)
def test_global_random_state_is_left_alone(method: str) -> None:
    before = repr(np.random.get_state())  # noqa: NPY002  the state that must not change
    initialize_centers(_samples(), 5, method, _random(0))
    assert repr(np.random.get_state()) == before  # noqa: NPY002


@pytest.mark.usefixtures("any_way")
@pytest.mark.parametrize("method", INIT_METHODS)
def test_samples_without_weight_are_not_chosen(method: str) -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    weight = np.r_[np.zeros(50), np.ones(10)]
    centers = initialize_centers(ArraySamples(X, weight), 10, method, _random(0))
    assert {*map(tuple, centers)} == {*map(tuple, X[50:])}


@pytest.mark.usefixtures("any_way")
@pytest.mark.parametrize("method", INIT_METHODS)
@pytest.mark.parametrize("n_clusters", [1, 20])
def test_one_center_and_all_samples_are_possible(method: str, n_clusters: int) -> None:
    samples = _samples(20)
    centers = initialize_centers(samples, n_clusters, method, _random(0))
    assert len(np.unique(centers, axis=0)) == n_clusters


def test_given_centers_are_copied() -> None:
    given_centers = np.zeros((2, 3))
    centers = initialize_centers(_samples(), 2, given_centers, _random(0))
    centers[:] = 1.0
    assert not given_centers.any()


@pytest.mark.parametrize(("seed", "weighted"), [(0, False), (1, True), (2, False), (3, True)])
def test_random_is_the_draw_of_scikit_learn(seed: int, weighted: bool) -> None:
    samples = _samples(weighted=weighted)
    weight = samples.weights()
    expected = _random(seed).choice(200, 7, replace=False, p=weight / weight.sum())
    np.testing.assert_array_equal(draw_distinct(samples, 7, _random(seed)), expected)


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_equal_samples_are_drawn_again(seed: int) -> None:
    X = np.repeat(np.arange(5.0), [40, 1, 1, 1, 1])[:, np.newaxis]
    chosen = draw_distinct(ArraySamples(X), 5, _random(seed))
    assert sorted(X[chosen, 0].tolist()) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_drawing_again_takes_no_numbers_from_the_next_start() -> None:
    X = np.repeat(np.arange(5.0), [40, 1, 1, 1, 1])[:, np.newaxis]
    state, expected = _random(0), _random(0)
    draw_distinct(ArraySamples(X), 5, state)
    expected.choice(44, 5, replace=False, p=np.full(44, 1 / 44))
    assert state.randint(1000) == expected.randint(1000)


def test_too_few_distinct_samples_leave_repeats() -> None:
    X = np.repeat([[0.0], [1.0]], 5, axis=0)
    chosen = draw_distinct(ArraySamples(X), 4, _random(0))
    assert {*X[chosen, 0].tolist()} == {0.0, 1.0}


@FEW_OR_MANY
@pytest.mark.parametrize(
    ("n_clusters", "weighted"), [(1, True), (2, False), (2, True), (10, False), (10, True)]
)
def test_plus_plus_chooses_what_scikit_learn_chooses(
    counted_as: Any, way: str, n_clusters: int, weighted: bool
) -> None:
    samples = _samples(weighted=weighted)
    for seed in range(8):
        _, expected = kmeans_plusplus(
            samples.X, n_clusters, sample_weight=samples.sample_weight, random_state=seed
        )
        with counted_as(way):
            chosen = draw_plus_plus(samples, n_clusters, _random(seed))
        np.testing.assert_array_equal(chosen, expected)


@FEW_OR_MANY
def test_of_equally_good_candidates_the_first_is_taken(counted_as: Any, way: str) -> None:
    samples = ArraySamples(np.arange(20.0)[:, np.newaxis])  # symmetric, and nothing is rounded
    for seed in range(40):
        _, expected = kmeans_plusplus(samples.X, 4, random_state=seed)
        with counted_as(way):
            chosen = draw_plus_plus(samples, 4, _random(seed))
        np.testing.assert_array_equal(chosen, expected)


@pytest.mark.usefixtures("any_way")
@pytest.mark.parametrize("n_trials", [1, 5])
def test_plus_plus_takes_as_many_candidates_as_asked(n_trials: int) -> None:
    samples = _samples()
    _, expected = kmeans_plusplus(samples.X, 6, random_state=0, n_local_trials=n_trials)
    np.testing.assert_array_equal(draw_plus_plus(samples, 6, _random(0), n_trials), expected)


@pytest.mark.usefixtures("any_way")
def test_plus_plus_on_equal_samples_returns() -> None:
    assert draw_plus_plus(ArraySamples(np.ones((10, 2))), 3, _random(0)).shape == (3,)


def test_farthest_takes_the_sample_farthest_from_all_chosen() -> None:
    X = np.array([[0.0], [1.0], [4.0], [10.0]])
    for seed in range(8):
        first, second, third = pick_farthest(ArraySamples(X), 3, _random(seed)).tolist()
        assert second == (3 if first < 3 else 0)
        closest = np.minimum(abs(X - X[first]), abs(X - X[second]))
        assert third == int(closest.argmax())


def test_farthest_gives_ties_to_the_lowest_index() -> None:
    X = np.array([[0.0], [5.0], [-5.0], [5.0]])
    weight = np.array([1.0, 1e-12, 1e-12, 1e-12])
    assert pick_farthest(ArraySamples(X, weight), 2, _random(0)).tolist() == [0, 1]


@FEW_OR_MANY
@pytest.mark.parametrize(
    ("n_features", "dtype", "weighted"),
    [
        (1, np.float32, True),
        (2, np.float64, False),
        (4, np.float32, False),
        (5, np.float64, True),
        (17, np.float32, True),
        (64, np.float64, False),
    ],
)
def test_plus_plus_chooses_what_scikit_learn_chooses_of_any_width(
    counted_as: Any, way: str, n_features: int, dtype: Any, weighted: bool
) -> None:
    samples = _samples(1000, n_features, weighted=weighted)
    samples = ArraySamples(samples.X.astype(dtype), samples.sample_weight)
    _, expected = kmeans_plusplus(
        samples.X.astype(np.float64), 30, sample_weight=samples.sample_weight, random_state=0
    )
    with counted_as(way):
        np.testing.assert_array_equal(draw_plus_plus(samples, 30, _random(0)), expected)


@pytest.mark.usefixtures("any_way")
@pytest.mark.parametrize("n_clusters", [1, 7])
def test_plus_plus_leaves_the_numbers_that_scikit_learn_leaves(n_clusters: int) -> None:
    ours, theirs, samples = _random(0), _random(0), _samples()
    draw_plus_plus(samples, n_clusters, ours)
    kmeans_plusplus(samples.X, n_clusters, random_state=theirs)
    assert ours.randint(1000) == theirs.randint(1000)


# Coordinates and weights are small whole numbers, so that nothing is rounded.
@st.composite
def _starts(draw: st.DrawFn) -> tuple[ArraySamples, int]:
    n, d = draw(st.integers(1, 40)), draw(st.integers(1, 6))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    X = random.integers(0, draw(st.integers(1, 20)), size=(n, d)).astype(dtype)
    weight = None
    if draw(st.booleans()):
        weight = random.integers(0, 4, size=n).astype(np.float64)
        weight[random.integers(n)] = 1.0
    n_weighted = n if weight is None else int(np.count_nonzero(weight))
    return ArraySamples(X, weight), draw(st.integers(1, n_weighted))


@FEW_OR_MANY
@pytest.mark.parametrize("method", INIT_METHODS)
@settings(max_examples=60, deadline=None)
@given(start=_starts(), seed=SEEDS)
def test_picks_explain_the_start(
    counted_as: Any, way: str, method: str, start: tuple[ArraySamples, int], seed: int
) -> None:
    samples, n_clusters = start
    X, weight = samples.X.astype(np.float64), samples.weights()
    ours, theirs = _random(seed), _random(seed)
    with counted_as(way):
        picks = explain_picks(samples, n_clusters, method, ours)
        rows = choose(samples, n_clusters, method, theirs).tolist()
    assert [pick.row for pick in picks] == rows
    assert ours.randint(1000) == theirs.randint(1000)
    distances = ((X[:, np.newaxis] - X) ** 2).sum(axis=2)
    closest = np.full(len(X), np.inf)
    for pick in picks:
        candidates = list(pick.candidates)
        assert pick.row in candidates
        assert len({*candidates}) == len(candidates)
        assert pick.distance == pytest.approx(np.sqrt(closest[pick.row]), rel=1e-6)
        potentials = np.minimum(closest, distances[candidates]) @ weight
        assert list(pick.potentials) == potentials.tolist()
        assert pick.potentials[candidates.index(pick.row)] == min(potentials)
        closest = np.minimum(closest, distances[pick.row])


@FEW_OR_MANY
@settings(max_examples=100, deadline=None)
@given(start=_starts(), seed=SEEDS)
def test_candidates_are_drawn_by_weighted_squared_distance(
    counted_as: Any, way: str, start: tuple[ArraySamples, int], seed: int
) -> None:
    samples, n_clusters = start
    with counted_as(way):
        picks = explain_picks(samples, n_clusters, "k-means++", _random(seed))
    random, chosen = _random(seed), samples.rows(np.array([pick.row for pick in picks]))
    random.random_sample()  # for the first
    for i, pick in enumerate(picks[1:], start=1):
        numbers = random.random_sample(2 + int(np.log(n_clusters)))
        squares = ((samples.X[:, np.newaxis] - chosen[:i]) ** 2).sum(axis=2).min(axis=1)
        expected = samples.weights() * squares
        preferred = preferences(samples, chosen[:i], "k-means++")
        assert preferred is not None
        assert preferred.tolist() == expected.tolist()
        if not expected.any():  # only copies of the chosen samples are left
            break
        cumulated = np.cumsum(expected)
        drawn = np.searchsorted(cumulated, numbers * cumulated[-1])
        assert pick.candidates == tuple(dict.fromkeys(drawn.tolist()))


def test_the_farthest_sample_is_preferred_most_unless_it_has_no_weight() -> None:
    samples = ArraySamples(np.array([[0.0], [1.0], [3.0], [9.0]]), np.array([1.0, 9.0, 1.0, 0.0]))
    found = preferences(samples, np.array([[0.0]]), "farthest")
    assert found is not None
    assert found.tolist() == [0.0, 1.0, 9.0, 0.0]
    assert preferences(samples, np.array([[0.0]]), "random") is None
