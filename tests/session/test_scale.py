"""A session on scaled columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import preprocessing
from sklearn.pipeline import Pipeline

from kmeans_widget import datasets
from kmeans_widget.scaling import SCALES, distance_shares, fit_scaling
from kmeans_widget.session import KMeansSession

SCALED = [scale for scale in SCALES if scale != "none"]
random = np.random.default_rng(3)
UNEVEN = random.normal(size=(60, 3)) * [1.0, 1000.0, 0.01] + [5.0, -2e4, 1e3]


def prescaled(X, scale):
    return fit_scaling(X, scale).transform(X)


@pytest.mark.parametrize(
    ("scale", "dtype"), [*((scale, np.float64) for scale in SCALED), ("standard", np.float32)]
)
def test_the_formulas_are_scikit_learns(scale, dtype):
    X = np.column_stack([UNEVEN, np.full(60, 7.25)]).astype(dtype)
    scaler = getattr(preprocessing, SCALES[scale].scaler)().fit(X.astype(float))
    expected = scaler.transform(X.astype(float))
    assert np.allclose(prescaled(X, scale), expected, rtol=0, atol=1e-5 if dtype == np.float32
                       else 1e-9)  # fmt: skip
    assert prescaled(X, scale).dtype == dtype


@settings(max_examples=40)
@given(
    X=st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 2), min_size=1, max_size=20).map(np.array),
    scale=st.sampled_from(list(SCALES)),
    constant=st.floats(-1e6, 1e6),
)
def test_a_constant_column_stays_finite_and_counts_for_nothing(X, scale, constant):
    X = np.column_stack([X, np.full(len(X), constant)])
    scaling = fit_scaling(X, scale)
    assert np.isfinite(scaling.transform(X)).all()
    assert (scaling.unit > 0).all()
    assert np.ptp(scaling.transform(X)[:, 2]) == 0
    assert np.allclose(scaling.inverse_transform(scaling.transform(X)), X, atol=1e-6)


WEIGHTS = random.integers(0, 4, 60)


@pytest.mark.parametrize(
    ("init", "scale", "weights"),
    [
        ("random", "none", WEIGHTS),
        ("random", "standard", WEIGHTS),
        ("k-means++", "minmax", WEIGHTS),
        ("k-means++", "robust", None),
        ("farthest", "standard", None),
    ],
)
def test_it_is_the_run_on_columns_scaled_beforehand(init, scale, weights):
    given = {"init": init, "sample_weight": weights, "tol": 1e-3}
    session = KMeansSession(UNEVEN, 4, scale=scale, **given)
    other = KMeansSession(prescaled(UNEVEN, scale), 4, **given)
    scaling = fit_scaling(UNEVEN, scale)
    assert np.allclose(session.cluster_centers, scaling.inverse_transform(other.cluster_centers))
    session.run()
    other.run()
    assert np.array_equal(session.point_labels, other.labels)
    assert (session.inertia, session.n_iter) == (other.inertia, other.n_iter)
    assert np.allclose(session.cluster_centers, scaling.inverse_transform(other.cluster_centers))


def test_centroids_are_means_in_the_units_of_the_data():
    session = KMeansSession(UNEVEN, 3, scale="standard")
    session.run()
    means = [UNEVEN[session.point_labels == k].mean(axis=0) for k in range(3)]
    assert np.allclose(session.cluster_centers, means)


def test_another_scale_begins_a_branch_from_the_same_points_of_the_data():
    session = KMeansSession(UNEVEN, 3)
    start = session.cluster_centers
    session.run()
    labels = session.point_labels
    session.scale = "standard"
    assert (session.cursor, session.branch) == (0, 1)
    assert np.array_equal(session.cluster_centers, start)
    assert session.branches[1].name == "K = 3, random, seed 0, standardised"
    session.run()
    assert not np.array_equal(session.point_labels, labels)
    session.undo()
    assert session.scale == "none"
    assert np.array_equal(session.point_labels, labels)
    session.redo()
    session.scale = "none"
    assert len(session.branches) == 2
    assert session.branch == 0
    session.branch = 1
    assert session.scale == "standard"


def test_given_centroids_keep_their_place_on_another_scale():
    session = KMeansSession(UNEVEN, init=UNEVEN[:3])
    session.scale = "robust"
    assert np.allclose(session.cluster_centers, UNEVEN[:3])
    assert np.array_equal(session.init, UNEVEN[:3])


@pytest.mark.parametrize("scale", ["standard", "robust"])
def test_edits_are_in_the_units_of_the_data(scale):
    session = KMeansSession(UNEVEN, 3, scale=scale)
    session.cursor = 4
    centers = session.cluster_centers
    session.move_center(0, [5.0, -2e4, 1e3])
    assert np.allclose(session.cluster_centers, [[5.0, -2e4, 1e3], *centers[1:]])
    session.add_point([9.0, -1e4, 1e3])
    session.remove_point(3)
    session.move_point(0, [5.0, -3e4, 1e3])
    X = np.concatenate([np.delete(UNEVEN, 3, axis=0), [[9.0, -1e4, 1e3]]])
    X[0] = [5.0, -3e4, 1e3]
    assert np.array_equal(session.X, X)
    start = session.cluster_centers
    session.run()
    expected = KMeansSession(X, init=start, scale=scale)
    expected.run()
    assert np.array_equal(session.point_labels, expected.point_labels)
    assert session.inertia == pytest.approx(expected.inertia)
    while session.can_undo:
        session.undo()
    assert np.array_equal(session.X, UNEVEN)


@pytest.mark.parametrize("scale", SCALED)
def test_the_estimator_predicts_from_the_data_as_they_are(scale):
    session = KMeansSession(UNEVEN, 3, scale=scale)
    session.run()
    model = session.estimator
    assert isinstance(model, Pipeline)
    assert np.array_equal(model[-1].labels_, session.point_labels)
    assert np.array_equal(model.predict(UNEVEN), session.point_labels)
    assert model[-1].inertia_ == session.inertia
    centers = model[0].inverse_transform(model[-1].cluster_centers_)
    assert np.allclose(centers, session.cluster_centers)
    assert np.array_equal(model.fit(UNEVEN)[-1].labels_, session.point_labels)


def test_the_estimator_knows_the_names_of_a_data_frame():
    frame = datasets.iris().X
    session = KMeansSession(frame, 3, scale="standard")
    session.run()
    model = session.estimator
    assert list(model.feature_names_in_) == list(frame.columns)
    assert np.array_equal(model.predict(frame), session.point_labels)


def test_shares_of_distance_are_those_of_the_squared_distances_between_points():
    weights = random.integers(0, 4, 60).astype(float)
    for pull, scale in ((None, "none"), (weights, "none"), (weights, "robust")):
        session = KMeansSession(UNEVEN, 3, sample_weight=pull, scale=scale)
        X, w = prescaled(UNEVEN, scale), np.ones(60) if pull is None else pull
        squares = (X[:, None] - X[None]) ** 2
        total = np.einsum("i,j,ijf->f", w, w, squares)
        assert np.allclose(session.distance_shares, total / total.sum())
    assert KMeansSession(UNEVEN, 3, scale="standard").distance_shares == pytest.approx(1 / 3)


def test_points_that_are_all_the_same_share_nothing():
    assert KMeansSession([[1.0, 2.0]] * 3, 1).distance_shares.tolist() == [0.0, 0.0]
    assert distance_shares(KMeansSession([[3.0]], 1).current_branch.samples).tolist() == [0.0]


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        ("standrd", "did you mean 'standard'"),
        ("", "Choose from 'none', 'standard', 'minmax', 'robust'"),
        (True, "got bool True"),
        (None, "got NoneType None"),
    ],
)
def test_what_is_no_scale_is_refused_and_changes_nothing(scale, message):
    with pytest.raises((ValueError, TypeError), match=message):
        KMeansSession(scale=scale)
    session = KMeansSession()
    session.cursor = 3
    with pytest.raises((ValueError, TypeError), match=message):
        session.scale = scale
    assert (session.scale, session.cursor, len(session.branches)) == ("none", 3, 1)


def test_an_outlier_beyond_all_units_is_refused_and_changes_nothing():
    X = np.column_stack([np.arange(20) * 1e-14, np.arange(20.0)])
    X[-1, 0] = 1e150
    session = KMeansSession(X, 2)
    with pytest.raises(ValueError, match=r"Scaled column 'feature 0' contains .*, too large for"):
        session.scale = "robust"
    assert session.scale == "none"
    session.scale = "minmax"
    session.run()
    assert session.converged
