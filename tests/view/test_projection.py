import numpy as np
import pytest

from kmeans_widget.view.projection import project


@pytest.mark.parametrize("n_features", [1, 2])
def test_one_and_two_features_are_shown_as_they_are(n_features):
    X = np.random.default_rng(0).normal(size=(20, n_features))
    projection = project(X, ("width", "height")[:n_features])
    assert np.array_equal(projection.plane(X)[:, :n_features], X)
    assert projection.names[0] == "width"
    assert np.array_equal(projection.height(X), np.zeros(20))


def test_a_single_feature_lies_on_a_line():
    projection = project(np.arange(4.0)[:, None], ("width",))
    assert np.array_equal(projection.plane(np.arange(4.0)[:, None])[:, 1], np.zeros(4))
    assert projection.names == ("width", "")


def test_more_features_are_shown_on_their_principal_plane():
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 5)) * [1, 9, 1, 4, 1]
    projection = project(X, tuple("abcde"))
    assert np.allclose(projection.axes.T @ projection.axes, np.eye(2))
    assert abs(projection.axes[1, 0]) > 0.99
    assert abs(projection.axes[3, 1]) > 0.99
    shares = projection.plane(X).var(0) / X.var(0).sum()
    assert projection.names[0] == f"principal component 1 ({100 * shares[0]:.0f} %)"
    assert projection.names[1] == f"principal component 2 ({100 * shares[1]:.0f} %)"


def test_height_is_the_squared_distance_from_the_plane():
    X = np.random.default_rng(0).normal(size=(50, 4))
    projection = project(X, tuple("abcd"))
    on_plane = projection.plane(X) @ projection.axes.T + projection.origin
    assert np.allclose(projection.height(X), ((X - on_plane) ** 2).sum(axis=1))


def test_constant_data_have_a_plane_too():
    projection = project(np.ones((5, 3)), tuple("abc"))
    assert np.array_equal(projection.plane(np.ones((5, 3))), np.zeros((5, 2)))
    assert "0 %" in projection.names[0]


@pytest.mark.parametrize("n_features", [1, 2, 3, 5])
def test_a_dragged_point_is_shown_where_it_is_dragged_and_keeps_what_is_not_seen(n_features):
    random = np.random.default_rng(0)
    X = random.normal(size=(50, n_features))
    projection = project(X, tuple("abcde"[:n_features]))
    place = np.array([0.5, 0.0 if n_features == 1 else -0.25])
    lifted = projection.lift(place, X[3])
    assert np.allclose(projection.plane(lifted[None])[0], place)
    assert np.allclose(projection.height(lifted[None]), projection.height(X[3:4]))
    assert projection.height(projection.lift(place)[None])[0] == pytest.approx(0.0)


@pytest.mark.parametrize("n_features", [1, 2, 3, 5])
def test_on_a_scale_places_and_heights_are_those_of_the_scaled_data(n_features):
    random = np.random.default_rng(0)
    unit = np.array([0.1, 700.0, 3.0, 20.0, 1e-4])[:n_features]
    X = random.normal(size=(50, n_features)) * unit + 5.0
    names = tuple("abcde"[:n_features])
    projection, scaled = project(X, names, unit), project(X / unit, names)
    assert projection.names == scaled.names
    assert np.allclose(projection.plane(X), scaled.plane(X / unit) * projection.spread)
    assert np.allclose(projection.height(X), scaled.height(X / unit))
    if n_features <= 2:  # in the user's own units
        assert np.allclose(projection.plane(X)[:, :n_features], X)
    place = projection.plane(X[:1])[0] + projection.spread * [1.0, n_features > 1]
    lifted = projection.lift(place, X[3])
    assert np.allclose(projection.plane(lifted[None])[0], place)
    assert np.allclose(projection.height(lifted[None]), projection.height(X[3:4]))
