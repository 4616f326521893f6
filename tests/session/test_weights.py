"""A session with weighted rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from kmeans_widget.session import KMeansSession

X = np.random.default_rng(5).normal(size=(40, 2)).round(2)
W = np.random.default_rng(6).integers(0, 5, 40).astype(float)
STARTS = ["random", "k-means++", "farthest"]


@pytest.mark.parametrize(
    ("init", "seed"), [("random", 0), ("random", 1), ("k-means++", 2), ("farthest", 3)]
)
def test_every_half_step_is_that_of_the_naive_weighted_algorithm(init, seed):
    session = KMeansSession(X, 4, init=init, random_state=seed, sample_weight=W)
    expected = naive.lloyd(X, session.cluster_centers, W)
    for at, inertia in enumerate(expected.inertias):
        session.cursor = 2 * at + 1
        assert session.inertia == pytest.approx(inertia)
    session.run()
    assert session.n_iter == expected.n_iter
    assert np.array_equal(session.point_labels, expected.labels)
    assert np.allclose(session.cluster_centers, expected.centers)


@settings(max_examples=40)
@given(
    weights=st.lists(st.integers(0, 4), min_size=12, max_size=12).filter(
        lambda w: sum(map(bool, w)) >= 3
    ),
    scale=st.sampled_from(["none", "minmax"]),
)
def test_whole_weights_are_repeated_points(weights, scale):
    points = X[:12]
    start = points[np.flatnonzero(weights)[:3]]
    kept = {"init": start, "scale": scale}
    if scale != "none":  # both are scaled alike where the extremes have weight
        weights = np.maximum(weights, 1)
    weighted = KMeansSession(points, sample_weight=weights, **kept)
    repeated = KMeansSession(np.repeat(points, weights, axis=0), **kept)
    weighted.run()
    repeated.run()
    assert weighted.inertia == pytest.approx(repeated.inertia)
    assert np.allclose(weighted.cluster_centers, repeated.cluster_centers)
    assert np.array_equal(np.repeat(weighted.point_labels, weights), repeated.point_labels)


@pytest.mark.parametrize("init", STARTS)
def test_points_without_weight_are_never_a_start(init):
    weights = np.where(np.arange(40) < 3, 1.0, 0.0)
    for seed in range(5):
        session = KMeansSession(X, 3, init=init, random_state=seed, sample_weight=weights)
        assert {tuple(x) for x in session.cluster_centers} == {tuple(x) for x in X[:3]}


def test_a_cluster_without_weight_is_empty_and_relocated():
    session = KMeansSession(
        [[0.0], [1.0], [5.0], [20.0]], init=[[0.5], [21.0]], sample_weight=[1, 1, 1, 0]
    )
    session.cursor = 2
    assert session.trace[0].weight.tolist() == [3.0, 0.0]
    assert session.cluster_centers[1].tolist() == [5.0]


def test_added_points_weigh_one_and_removed_ones_take_their_weight_along():
    session = KMeansSession(X, 3, sample_weight=W)
    session.cursor = 3
    session.add_points([[9.0, 9.0], [8.0, 9.0]])
    session.remove_point(1)
    session.move_point(0, [1.0, 1.0])
    expected = np.concatenate([np.delete(W, 1), [1.0, 1.0]])
    assert np.array_equal(session.sample_weight, expected)
    start = session.cluster_centers
    session.run()
    run = naive.lloyd(session.X, start, expected)
    assert np.array_equal(session.point_labels, run.labels)
    assert session.inertia == pytest.approx(run.inertia)
    for _ in range(3):
        session.undo()
    assert np.array_equal(session.sample_weight, W)
    session.redo()
    assert len(session.sample_weight) == 42
    session.branch = 0
    assert np.array_equal(session.sample_weight, W)


def test_the_session_keeps_weights_of_its_own():
    weights = W.copy()
    session = KMeansSession(X, 3, sample_weight=weights)
    weights[:] = 1.0
    session.sample_weight[:] = 7.0
    assert np.array_equal(session.sample_weight, W)
    assert KMeansSession(X, 3).sample_weight is None


def test_the_estimator_has_the_weighted_inertia():
    session = KMeansSession(X, 3, sample_weight=W)
    session.run()
    model = session.estimator
    again = model.__class__(**model.get_params()).fit(X, sample_weight=W)
    assert np.array_equal(model.labels_, again.labels_)
    assert model.inertia_ == pytest.approx(again.inertia_)
    assert model.score(X, sample_weight=W) == pytest.approx(-session.inertia)


def frame():
    return pd.DataFrame(X, columns=["a", "b"], index=range(40, 0, -1)).assign(size=W)


@pytest.mark.parametrize("columns", [None, ["b"]])
def test_the_column_of_the_weights_is_not_a_feature(columns):
    session = KMeansSession(frame(), 3, columns=columns, sample_weight="size")
    assert session.feature_names == tuple(columns or ["a", "b"])
    assert np.array_equal(session.sample_weight, W)
    assert session.final_labels().index.equals(frame().index)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (W[:-1], "expected \\(40,\\)! Give one weight for each row"),
        (-W, "Negative values.*Use 0"),
        (W * 0, "at least one non-zero"),
        (np.where(W > 3, np.nan, W), "contains NaN"),
        (np.ones((40, 1)), "np.ravel"),
        (3.0, "one number for each row of X, or the name of a column, got float 3.0"),
        (["heavy"] * 40, "must be numbers"),
        ("sizes", "no column 'sizes' for the weights; did you mean 'size'"),
        ("a b", "no column 'a b' for the weights. Choose from 'a', 'b', 'size'"),
        (np.where(np.arange(40) < 2, 1.0, 0.0), "3 points with a weight above 0, but there are 2"),
    ],
)  # fmt: skip
def test_unusable_weights_are_refused_in_one_sentence(given, message):
    with pytest.raises((ValueError, TypeError), match=message) as refusal:
        KMeansSession(frame(), 3, sample_weight=given)
    assert "\n" not in str(refusal.value)


def test_an_array_has_no_column_of_weights():
    with pytest.raises(
        ValueError, match=r"no column 'size' for the weights, as its columns have no"
    ):
        KMeansSession(X, 3, sample_weight="size")
