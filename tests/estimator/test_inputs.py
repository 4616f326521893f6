"""The short way in leads where the long one leads, and lets nothing else through."""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import config_context

import kmeans_widget as kw
from kmeans_widget.estimator import inputs
from kmeans_widget.validation import as_samples_fast

X = np.random.default_rng(0).normal(size=(60, 3))


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send everything the long way."""
    monkeypatch.setattr(kw.KMeans, "_skips_parameter_validation", lambda _: False)
    monkeypatch.setattr(inputs, "as_samples_fast", lambda *_: None)
    monkeypatch.setattr(inputs, "is_float_matrix", lambda *_: False)


PLAIN: list[dict[str, Any]] = [
    {},
    {"n_clusters": 3, "init": "random", "random_state": 5},
    {"n_clusters": 3, "init": X[:3], "n_init": 1, "tol": 0},
    {"n_clusters": 3, "n_init": 4, "random_state": 2**32 - 1, "algorithm": "elkan"},
    {"n_clusters": 3, "max_iter": 1, "random_state": 0, "keep_trace": True, "copy_x": False},
]


# Each of the parameters meets both values of everything else, and so do these among each other.
@pytest.mark.parametrize(
    ("parameters", "dtype", "order", "weighted"),
    [
        (PLAIN[0], np.float32, "C", True), (PLAIN[0], np.float64, "F", False),
        (PLAIN[1], np.float32, "F", False), (PLAIN[1], np.float64, "C", True),
        (PLAIN[2], np.float32, "C", False), (PLAIN[2], np.float64, "F", True),
        (PLAIN[3], np.float32, "F", True), (PLAIN[3], np.float64, "C", False),
        (PLAIN[4], np.float32, "C", True), (PLAIN[4], np.float64, "F", False),
    ],
)  # fmt: skip
def test_both_ways_lead_to_the_same_fit(
    request: pytest.FixtureRequest, parameters: Any, dtype: Any, order: Any, weighted: bool
) -> None:
    data = np.asarray(X, dtype, order=order)
    weight = np.arange(1, 61) if weighted else None
    parameters = {"random_state": 0} | parameters
    if "tol" in parameters:
        parameters = parameters | {"init": data[:3]}
    short = kw.KMeans(**parameters)
    assert short._skips_parameter_validation()
    short.fit(data, sample_weight=weight)
    labels, score = short.predict(data), short.score(data)
    request.getfixturevalue("long")
    other = kw.KMeans(**parameters).fit(data, sample_weight=weight)
    assert vars(short).keys() == vars(other).keys()
    np.testing.assert_array_equal(short.cluster_centers_, other.cluster_centers_)
    np.testing.assert_array_equal(short.labels_, other.labels_)
    np.testing.assert_array_equal(labels, other.predict(data))
    assert (short.inertia_, short.n_iter_, score) == (
        other.inertia_,
        other.n_iter_,
        other.score(data),
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_clusters": True},
        {"n_clusters": 0},
        {"n_clusters": np.int64(3)},
        {"n_clusters": 3.0},
        {"max_iter": 0},
        {"n_init": 0},
        {"n_init": "many"},
        {"n_init": True},
        {"init": "kmeans"},
        {"init": [[0.0]]},
        {"init": lambda *_, **__: X[:3]},
        {"tol": -1.0},
        {"tol": np.nan},
        {"tol": np.inf},
        {"tol": "0"},
        {"verbose": 1},
        {"random_state": -1},
        {"random_state": 2**32},
        {"random_state": np.random.RandomState(0)},
        {"copy_x": 1},
        {"keep_trace": None},
        {"algorithm": "full"},
        {"algorithm": np.array(["lloyd"])},
    ],
)
def test_what_is_not_plain_is_left_to_scikit_learn(parameters: Any) -> None:
    assert not kw.KMeans(**parameters)._skips_parameter_validation()


def test_a_subclass_with_constraints_of_its_own_is_left_to_scikit_learn() -> None:
    class Own(kw.KMeans):
        _parameter_constraints = kw.KMeans._parameter_constraints | {"n_clusters": [str]}

    with pytest.raises(ValueError, match="n_clusters"):
        Own(3).fit(X)


@pytest.mark.parametrize(
    "data",
    [
        X.tolist(),
        X[:, 0],
        X[:0],
        X.astype(np.float16),
        X.astype(int),
        X.astype(">f8"),
        np.where(X[3, 1] == X, np.nan, X),
        np.where(X[3, 1] == X, -np.inf, X),
        np.where(X[3, 1] == X, 1e200, X),
        np.where(X[3, 1] == X, 3e38, X).astype(np.float32),
        np.ma.masked_array(X),
    ],
)
def test_data_that_are_not_plain_take_the_long_way(data: Any) -> None:
    assert as_samples_fast(data) is None


def test_large_data_may_not_be_heavy_too() -> None:
    data = np.array([[1e100], [0.0]])
    assert as_samples_fast(data, [1.0, 1.0]) is not None
    assert as_samples_fast(data, [1e130, 1.0]) is None


def test_a_given_start_that_is_not_finite_is_refused() -> None:
    start = X[:2].copy()
    start[1, 1] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        kw.KMeans(2, init=start, n_init=1).fit(X)


@pytest.mark.parametrize(("skip", "plain"), [(False, False), (True, False), (False, True)])
def test_warnings_point_at_the_call(skip: bool, plain: bool) -> None:
    n_clusters: Any = 3 if plain else np.int64(3)
    with (
        warnings.catch_warnings(record=True) as caught,
        config_context(skip_parameter_validation=skip),
    ):
        warnings.simplefilter("always")
        kw.KMeans(n_clusters, init=np.zeros((3, 1)), n_init=2).fit(np.ones((5, 1)))
    assert len(caught) == 2
    assert {warning.filename for warning in caught} == {__file__}


def test_fits_do_not_share_the_generator_that_somebody_keeps() -> None:
    kept: list[np.random.RandomState] = []

    def init(data: Any, n_clusters: int, random_state: Any) -> Any:
        kept.append(random_state)
        return data[:n_clusters]

    for _ in range(2):
        kw.KMeans(2, init=init, n_init=1, random_state=0).fit(X)
    assert kept[0] is not kept[1]
    stream = kw.MiniBatchKMeans(2, random_state=0).partial_fit(X)
    before = stream._random_state.get_state()[2]
    kw.KMeans(2, random_state=3).fit(X)
    assert stream._random_state.get_state()[2] == before


def test_stale_attributes_are_forgotten_by_the_next_fit() -> None:
    kmeans = kw.KMeans(2, random_state=0, keep_trace=True).fit(X)
    kmeans.keep_trace = False
    assert not hasattr(kmeans.fit(X), "trace_")


@pytest.mark.parametrize("Estimator", [kw.KMeans, kw.MiniBatchKMeans])
def test_a_start_for_blocks_is_refused_in_memory_with_the_one_to_use(Estimator):
    X = np.arange(10.0).reshape(5, 2)
    with pytest.raises(ValueError, match=r"is for data in blocks; .* init='k-means\+\+'"):
        Estimator(2, init="k-means||").fit(X)
    Estimator(2, init="k-means++", random_state=0).fit(X)
