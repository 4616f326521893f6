"""The code of a session gives what is on screen."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kmeans_widget import datasets
from kmeans_widget.session import KMeansSession, codegen
from reproduced import assert_same_labels


def run(code, **variables):
    exec(code, variables)
    return variables


def check(session, **variables):
    """Run the code in a fresh namespace: it must give what is on screen."""
    found = run(session.code, **variables)
    assert_same_labels(found, session)
    scale = np.abs(session.cluster_centers).max()
    assert np.allclose(found["centers"], session.cluster_centers, atol=1e-12 * scale, rtol=1e-9)
    return found


@pytest.mark.parametrize("init", ["random", [[1.0, 1.0], [5.0, 9.0]]])
def test_the_code_gives_every_half_step(init):
    session = KMeansSession(n_clusters=2, init=init)
    session.run()
    for cursor in range(session.cursor + 1):
        session.cursor = cursor
        check(session)


@pytest.mark.parametrize("k", [1, 2, 5, 12, 30])
def test_the_code_gives_any_k(k):
    for seed in range(3):
        session = KMeansSession(n_clusters=k, random_state=seed)
        session.run()
        check(session)


def test_a_finished_run_is_scikit_learns_kmeans_with_the_same_limits():
    session = KMeansSession(tol=0.01, max_iter=50)
    session.run()
    model = check(session)["model"]
    assert type(model).__module__.startswith("sklearn.")
    assert (model.n_iter_, model.max_iter, model.tol) == (session.n_iter, 50, 0.01)
    assert model.inertia_ == pytest.approx(session.inertia)


@pytest.mark.parametrize("limits", [{"max_iter": 1}, {"max_iter": 3}, {"tol": 0.5}])
def test_the_code_gives_runs_that_stop_early(limits):
    session = KMeansSession(**limits)
    session.run()
    check(session)


def test_the_code_gives_edited_points_and_centroids():
    session = KMeansSession()
    session.cursor = 4
    session.move_center(0, [2.0, 9.0])
    session.add_point([9.0, 1.0])
    session.remove_point(3)
    session.move_point(0, [1.0, 1.0])
    session.paint([5.0, 5.0], 2.0, 10)
    for cursor in range(8):
        session.cursor = cursor
        check(session)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(
    X=arrays.arrays(float, st.tuples(st.integers(4, 30), st.integers(1, 3)),
                    elements=st.integers(0, 6).map(float)),
    k=st.integers(1, 4),
    seed=st.integers(0, 99),
    cursor=st.integers(0, 12),
    offset=st.sampled_from([0.0, 1e6]),
)  # fmt: skip
def test_the_code_gives_grids_full_of_ties_and_duplicates(X, k, seed, cursor, offset):
    k = min(k, len(np.unique(X, axis=0)))
    session = KMeansSession(X + offset, k, random_state=seed)
    session.cursor = cursor
    check(session, X=X + offset)


def test_the_code_gives_a_run_in_which_a_cluster_is_empty():
    session = KMeansSession([[0.0, 0], [1, 0], [2, 0], [9, 0]], init=[[0.0, 0], [1, 0], [50, 50]])
    for cursor in range(6):
        session.cursor = cursor
        check(session)


def test_large_data_are_taken_from_a_variable_and_the_labels_settled_without_proof(
    monkeypatch,
):
    X = np.random.default_rng(0).normal(size=(500, 2))
    session = KMeansSession(X, 3)
    session.run()
    assert "KMeans(" in session.code
    monkeypatch.setattr(codegen, "BUDGET", 10)
    assert "KMeans(" not in session.code
    check(session, your_data=X)
    session.remove_point(3)
    session.move_point(7, [1.0, 1.0])
    session.move_point(0, [2.0, 1.0])
    session.add_point([0.0, 0.0])
    session.run()
    check(session, your_data=X)


def frame_with_text():
    frame = datasets.iris().X.sample(frac=1, random_state=1)
    frame.columns = ["sepal length", "b", "c", "d"]
    return frame.assign(text="flower").iloc[:, [4, 0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("data", "columns", "edited"),
    [
        (frame_with_text(), ["sepal length", "d"], True),
        (pd.DataFrame(frame_with_text().to_numpy()), [2, 3], True),
        (datasets.iris().X.to_numpy(), [3, 1], True),
        (datasets.iris().X.to_numpy(), [3, 1], False),
        (datasets.iris().X.to_numpy().astype(np.float32), None, True),
        (datasets.iris().X.to_numpy().tolist(), None, True),
        (datasets.iris().X, None, False),
    ],
    ids=["frame", "frame without names", "edited array", "array", "float32", "list", "whole frame"],
)
def test_code_and_line_name_the_data_and_their_columns(data, columns, edited):
    session = KMeansSession(data, 3, columns=columns)
    session.source = "mine"
    if edited:
        session.remove_point(100)
        session.move_point(50, session.X[0])
        session.add_point(session.X[1])
    session.run()
    found = run(session.code, mine=data)
    assert_same_labels(found, session)


# -- weights and scales -----------------------------------------------------------------------

UNEVEN = np.random.default_rng(2).normal(size=(90, 2)) * [1.0, 500.0] + [0.0, 3e4]
WEIGHTS = np.random.default_rng(4).choice([0.0, 0.5, 1.0, 3.0], 90)


def edit(session):
    session.cursor = 3
    session.remove_point(4)
    session.move_point(6, session.X[0] + 0.25)
    session.add_point(session.X[3] + 1)
    session.cursor = 2
    session.move_center(0, session.X[8])


@pytest.mark.parametrize(
    ("scale", "weights", "edited"),
    [
        ("none", WEIGHTS, True),
        ("none", None, False),
        ("standard", None, True),
        ("minmax", WEIGHTS, False),
        ("robust", WEIGHTS, True),
    ],
)
def test_the_code_gives_every_half_step_on_any_scale_with_any_weights(scale, weights, edited):
    session = KMeansSession(UNEVEN, 3, scale=scale, sample_weight=weights)
    session.source, session.weight_source = "mine", "pull"
    if edited:
        edit(session)
    session.run()
    for cursor in range(session.cursor + 1):
        session.cursor = cursor
        check(session, mine=UNEVEN, pull=weights)
    assert "KMeans(" in session.code
    assert ("sample_weight=" in session.code) == (weights is not None)
    assert ("scaler" in session.code) == (scale != "none")


@pytest.mark.parametrize("scale", ["standard", "minmax", "robust"])
def test_the_code_settles_ties_on_a_scale(scale):
    grid = np.array([[x, 100.0 * y] for x in range(5) for y in range(5)] + [[9.0, 50.0]])
    for seed in range(3):
        session = KMeansSession(grid, 4, scale=scale, random_state=seed)
        session.run()
        check(session)


def test_weights_of_unknown_origin_are_written_out_or_expected_in_a_variable():
    session = KMeansSession(UNEVEN, 3, sample_weight=WEIGHTS)
    session.run()
    check(session)
    many = np.random.default_rng(0).normal(size=(300, 2))
    session = KMeansSession(many, 3, sample_weight=np.arange(300.0))
    session.run()
    check(session, your_data=many, your_weights=np.arange(300.0))


@pytest.mark.parametrize(
    ("source", "edited"), [("mine", False), ("X", True), (None, False), (None, True)]
)
def test_the_code_takes_weights_from_their_column(source, edited):
    frame = pd.DataFrame(UNEVEN, columns=["a", "b"]).assign(size=WEIGHTS)
    session = KMeansSession(frame, 3, sample_weight="size")
    session.source = source
    if edited:
        edit(session)
    session.run()
    found = check(session, **{source or "your_data": frame})
    assert np.array_equal(found["sample_weight"], session.sample_weight)
