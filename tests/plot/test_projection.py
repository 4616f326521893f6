import numpy as np
import pytest

from kmeans_widget.plot import projection as projections
from kmeans_widget.plot.projection import choose_projection, principal_axes
from kmeans_widget.validation.messages import percent


@pytest.mark.parametrize("n_features", [1, 2])
def test_one_and_two_features_are_shown_as_they_are(n_features):
    X = np.random.default_rng(0).normal(size=(20, n_features))
    projection = choose_projection(X, ("width", "height")[:n_features])
    assert np.array_equal(projection.project(X)[:, :n_features], X)
    assert projection.names[0] == "width"
    assert np.array_equal(projection.distances(X), np.zeros(20))


def test_a_single_feature_lies_on_a_line():
    projection = choose_projection(np.arange(4.0)[:, None], ("width",))
    assert np.array_equal(projection.project(np.arange(4.0)[:, None])[:, 1], np.zeros(4))
    assert projection.names == ("width", "")


def test_more_features_are_shown_on_their_principal_plane():
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 5)) * [1, 9, 1, 4, 1]
    projection = choose_projection(X, tuple("abcde"))
    assert np.allclose(projection.axes.T @ projection.axes, np.eye(2))
    assert abs(projection.axes[1, 0]) > 0.99
    assert abs(projection.axes[3, 1]) > 0.99
    shares = projection.project(X).var(0) / X.var(0).sum()
    assert projection.names[0] == f"principal component 1 ({100 * shares[0]:.0f} %)"
    assert projection.names[1] == f"principal component 2 ({100 * shares[1]:.0f} %)"


def test_distances_are_those_from_the_plane():
    X = np.random.default_rng(0).normal(size=(50, 4))
    projection = choose_projection(X, tuple("abcd"))
    on_plane = projection.project(X) @ projection.axes.T + projection.origin
    assert np.allclose(projection.distances(X), np.linalg.norm(X - on_plane, axis=1))


def test_constant_data_have_a_plane_too():
    projection = choose_projection(np.ones((5, 3)), tuple("abc"))
    assert np.array_equal(projection.project(np.ones((5, 3))), np.zeros((5, 2)))
    assert projection.labels[0] == "principal component 1 (0 %)"


@pytest.mark.parametrize("n_features", [1, 2, 3, 5])
def test_a_dragged_point_is_shown_where_it_is_dragged_and_keeps_what_is_not_seen(n_features):
    random = np.random.default_rng(0)
    X = random.normal(size=(50, n_features))
    projection = choose_projection(X, tuple("abcde"[:n_features]))
    place = np.array([0.5, 0.0 if n_features == 1 else -0.25])
    lifted = projection.lift(place, X[3])
    assert np.allclose(projection.project(lifted[None])[0], place)
    assert np.allclose(projection.distances(lifted[None]), projection.distances(X[3:4]))
    assert projection.distances(projection.lift(place)[None])[0] == pytest.approx(0.0)


@pytest.mark.parametrize("columns", [(0, 1), (3, 1)])
def test_two_columns_are_shown_in_their_own_units(columns):
    X = np.random.default_rng(0).normal(size=(50, 4)) * [1, 9, 1, 4]
    X[:, 1] += 2e7
    unit = np.array([1.0, 9.0, 2.0, 4.0])
    projection = choose_projection(X, tuple("abcd"), unit, columns)
    shown = projection.project(X) + projection.offset
    assert np.allclose(shown, X[:, columns], rtol=1e-15)
    assert projection.labels[columns.index(1)] == "b − 20000000"
    moved = projection.lift(np.array([0.5, -0.25]), X[7])
    hidden = [j for j in range(4) if j not in columns]
    assert np.array_equal(moved[hidden], X[7, hidden])  # a drag moves what is seen
    assert np.allclose(projection.project(moved[None])[0], [0.5, -0.25])
    assert np.allclose(projection.lift(np.zeros(2))[hidden], X.mean(axis=0)[hidden])
    offsets = (X - X.mean(axis=0))[:, hidden] / unit[hidden]
    assert np.allclose(projection.distances(X), np.linalg.norm(offsets, axis=1))


@pytest.mark.parametrize("n_features", [1, 2, 3, 5])
def test_on_a_scale_places_and_distances_are_those_of_the_scaled_data(n_features):
    random = np.random.default_rng(0)
    unit = np.array([0.1, 700.0, 3.0, 20.0, 1e-4])[:n_features]
    X = random.normal(size=(50, n_features)) * unit + 5.0
    names = tuple("abcde"[:n_features])
    projection, scaled = choose_projection(X, names, unit), choose_projection(X / unit, names)
    assert projection.names == scaled.names
    assert np.allclose(projection.project(X), scaled.project(X / unit) * projection.axis_unit)
    assert np.allclose(projection.distances(X), scaled.distances(X / unit))
    if n_features <= 2:  # in the user's own units
        assert np.allclose(projection.project(X)[:, :n_features], X)
    place = projection.project(X[:1])[0] + projection.axis_unit * [1.0, n_features > 1]
    lifted = projection.lift(place, X[3])
    assert np.allclose(projection.project(lifted[None])[0], place)
    assert np.allclose(projection.distances(lifted[None]), projection.distances(X[3:4]))


random = np.random.default_rng(0)
WIDE = 200  # where an iteration takes over


@pytest.fixture(autouse=True)
def _iteration_from(monkeypatch):
    """Let an iteration take over earlier: the exact answer to compare with takes long."""
    monkeypatch.setattr(projections, "MAX_EXACT", WIDE - 40)


def blobs(n, d, width=6.0):
    return random.normal(size=(n, d)) + width * random.normal(size=(5, d))[np.arange(n) % 5]


SHAPES = {
    "few columns": blobs(300, 4),
    "more columns than rows": blobs(40, 300),
    "many of both": blobs(WIDE, WIDE + 20),
    "many of both, more rows": blobs(WIDE + 200, WIDE),
    "one column rules by far": random.normal(size=(60, 5)) * [1e12, 3.0, 1.0, 1e-3, 1e-9],
    "one row rules by far": np.concatenate([random.normal(size=(30, 200)), [np.full(200, 1e10)]]),
    "huge": 1e150 * blobs(30, 5),
    "tiny": 1e-170 * blobs(30, 5),
    "next to nothing": 1e-310 * np.round(blobs(30, 5, 1e3)),
    "float32": blobs(50, 6).astype(np.float32),
    "duplicates": np.repeat(blobs(4, 7), 20, axis=0),
    "two rows": random.normal(size=(2, 50)),
    "many of both, of rank 3": random.normal(size=(WIDE, 3)) * [9, 4, 1] @ random.normal(
        size=(3, WIDE)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_the_plane_is_that_of_the_largest_singular_values(name):
    X = SHAPES[name]
    size = float(np.abs(X).max())
    offsets = X.astype(float) / size - (X.astype(float) / size).mean(axis=0)
    _, singular, directions = np.linalg.svd(offsets, full_matrices=False)
    projection = choose_projection(X, tuple(map(str, range(X.shape[1]))))
    assert np.allclose(projection.axes.T @ projection.axes, np.eye(2), atol=1e-9)
    for i in range(2):
        if singular[i] > 1e-14 * singular[0] and singular[i] > (1 + 1e-4) * singular[i + 1 :].max(
            initial=0.0
        ):
            assert abs(directions[i] @ projection.axes[:, i]) == pytest.approx(1.0, abs=1e-5)
        share = float(singular[i] ** 2 / (singular**2).sum())
        assert projection.names[i] == f"principal component {i + 1} ({percent(round(share, 12))})"


@pytest.mark.parametrize("n", [3, 40, WIDE])
def test_of_equal_variances_any_two_directions_do(n):
    X = np.eye(n)
    axes, shares = principal_axes(X - X.mean(axis=0))
    assert np.allclose(axes.T @ axes, np.eye(2))
    assert np.allclose(shares, 1 / (n - 1))
    assert np.allclose(((X - X.mean(axis=0)) @ axes).var(axis=0) * n, 1.0)


@pytest.mark.parametrize("X", [np.ones((1, 3)), np.full((4, 5), 1e18), np.full((WIDE, WIDE), 0.1)])
def test_points_that_are_all_the_same_are_in_the_middle_of_a_plane(X):
    projection = choose_projection(X, tuple(map(str, range(X.shape[1]))))
    assert np.allclose(projection.axes.T @ projection.axes, np.eye(2))
    assert not projection.project(X).any()
    assert not projection.distances(X).any()
    assert projection.names == ("principal component 1 (0 %)", "principal component 2 (0 %)")


def test_points_on_a_line_have_one_component():
    X = np.add(np.outer(np.arange(20.0), [3.0, 0.1, -2.0, 7.0]), [1e9, 0.0, 5.0, 1e3])
    projection = choose_projection(X, tuple("abcd"))
    assert np.allclose(projection.axes.T @ projection.axes, np.eye(2))
    along, across = np.ptp(projection.project(X), axis=0)
    assert along == pytest.approx(19 * np.linalg.norm([3.0, 0.1, -2.0, 7.0]))
    assert across < 1e-6 * along
    assert projection.names[0] == "principal component 1 (100 %)"


@pytest.mark.parametrize("name", ["many of both", "more columns than rows", "few columns"])
def test_the_same_data_have_the_same_plane(name):
    names = tuple(map(str, range(SHAPES[name].shape[1])))
    first, second = (
        choose_projection(SHAPES[name], names),
        choose_projection(SHAPES[name].copy(), names),
    )
    assert np.array_equal(first.axes, second.axes)


@pytest.mark.parametrize(
    ("column", "other", "name"),
    [
        ([0.0, 2.0, 9.0], [0, 5, 1], "x"),
        ([1990.0, 2024.0, 2001.0], [0, 5, 1], "x"),
        ([5.0, 5.0, 5.0], [0, 5, 1], "x"),
        ([7e7, 7e7, 7e7], [0, 1e6, 1], "x"),
        ([20_000_123.0, 20_000_140.0, 20_000_190.0], [0, 5, 1], "x − 20000200"),
        ([-20_000_123.0, -20_000_140.0, -20_000_190.0], [0, 5, 1], "x + 20000200"),
        ([37.5, 37.5, 37.5], [0, 1e-15, 2e-15], "x − 37.5"),
        ([1e-5 + 1e-12, 1e-5, 1e-5 + 2e-12], [0, 5, 1], "x − 1e-05"),
        ([1420070400000000001, 1420070400000005001, 1420070400000009001], [0, 5, 1],
         "x − 1.4200704e+18"),
    ],
)  # fmt: skip
def test_what_is_nearly_constant_is_shown_as_a_difference(column, other, name):
    X = np.column_stack([np.asarray(column, dtype=float), np.asarray(other, dtype=float)])
    projection = choose_projection(X, ("x", "y"))
    assert projection.labels == (name, "y")
    assert projection.names == ("x", "y")
    places = projection.project(X)
    assert np.array_equal(np.diff(places, axis=0), np.diff(X, axis=0))
    assert np.array_equal(projection.lift(places[1]), X[1])
    assert np.array_equal(places + projection.offset, X)
    single = choose_projection(X[:, :1], ("x",))
    assert np.array_equal(single.lift(single.project(X[:1, :1])[0]), X[0, :1])
