"""What a session gives back: code, magic line, estimator, labels in a variable."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kmeans_widget import datasets
from kmeans_widget.session import KMeansSession, codegen
from kmeans_widget.validation import NameTakenError
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


@pytest.mark.parametrize("init", ["random", "k-means++", "farthest", [[1.0, 1.0], [5.0, 9.0]]])
def test_the_code_gives_every_half_step(init):
    session = KMeansSession(n_clusters=2, init=init)
    session.run()
    for cursor in range(session.cursor + 1):
        session.cursor = cursor
        check(session)


@pytest.mark.parametrize("k", [1, 2, 5, 12, 30])
def test_the_code_gives_any_k(k):
    for seed in range(5):
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


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
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
    ("data", "columns"),
    [
        (frame_with_text(), ["sepal length", "d"]),
        (pd.DataFrame(frame_with_text().to_numpy()), [2, 3]),
        (datasets.iris().X.to_numpy(), [3, 1]),
        (datasets.iris().X.to_numpy().astype(np.float32), None),
        (datasets.iris().X.to_numpy().tolist(), None),
        (datasets.iris().X, None),
    ],
    ids=["frame", "frame without names", "array", "float32", "list", "whole frame"],
)
@pytest.mark.parametrize("edited", [False, True])
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


@pytest.mark.parametrize("scale", ["none", "standard", "minmax", "robust"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("edited", [False, True])
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
    for seed in range(8):
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


@pytest.mark.parametrize("source", ["mine", "X", None])
@pytest.mark.parametrize("edited", [False, True])
def test_the_code_takes_weights_from_their_column(source, edited):
    frame = pd.DataFrame(UNEVEN, columns=["a", "b"]).assign(size=WEIGHTS)
    session = KMeansSession(frame, 3, sample_weight="size")
    session.source = source
    if edited:
        edit(session)
    session.run()
    found = check(session, **{source or "your_data": frame})
    assert np.array_equal(found["sample_weight"], session.sample_weight)


# -- variables --------------------------------------------------------------------------------


def test_labels_at_the_cursor_become_a_variable():
    session, variables = KMeansSession(), {}
    session.cursor = 3
    session.send_labels("cluster", variables)
    assert np.array_equal(variables["cluster"], session.point_labels)


def test_labels_of_a_data_frame_come_on_its_index():
    frame = frame_with_text()
    session, variables = KMeansSession(frame, columns=["b", "c"]), {}
    session.run()
    session.send_labels("cluster", variables)
    assert variables["cluster"].index.equals(frame.index)
    assert frame.assign(cluster=variables["cluster"])["cluster"].notna().all()


@pytest.mark.parametrize("name", ["", "2nd", "a b", "class", "None", "a.b", "x-1", 3])
def test_what_is_no_name_is_refused(name):
    session, variables = KMeansSession(), {}
    session.run()
    with pytest.raises(ValueError, match="cannot be the name of a variable"):
        session.send_labels(name, variables)
    assert variables == {}


@pytest.mark.parametrize("name", ["mine", "list"])
def test_a_name_that_is_taken_wants_a_confirmation(name):
    session, variables = KMeansSession(), {"mine": 7}
    session.run()
    with pytest.raises(NameTakenError, match=f"'{name}'.*replace it .in Python: replace=True."):
        session.send_labels(name, variables)
    assert variables == {"mine": 7}
    session.send_labels(name, variables, replace=True)
    assert np.array_equal(variables[name], session.point_labels)


def test_there_are_no_labels_at_the_start():
    variables = {}
    with pytest.raises(ValueError, match="step or run first"):
        KMeansSession().send_labels("cluster", variables)
    assert variables == {}


def test_the_estimator_after_an_edit_is_what_is_on_screen():
    session = KMeansSession()
    session.cursor = 3
    session.move_center(0, [1.0, 9.0])
    session.add_point([5.0, 5.0])
    session.run()
    model = session.estimator
    assert np.array_equal(model.labels_, session.point_labels)
    assert np.array_equal(model.predict(session.X), session.point_labels)
    again = model.__class__(**model.get_params()).fit(session.X)
    assert np.array_equal(again.labels_, session.point_labels)
