"""scikit-learn's contract: its own checks, its results, its messages."""

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import sklearn.cluster
import sklearn.datasets
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

import kmeans_widget as kw

# scikit-learn expects these of its own two as well: the draws differ.
EXPECTED = {
    f"check_sample_weight_equivalence_on_{kind}_data": "other random numbers, other clusters"
    for kind in ("dense", "sparse")
}
PAIRS = [(kw.KMeans, sklearn.cluster.KMeans), (kw.MiniBatchKMeans, sklearn.cluster.MiniBatchKMeans)]


@pytest.mark.filterwarnings("default")
@parametrize_with_checks(
    [
        kw.KMeans(n_clusters=2, n_init=2, max_iter=5),
        kw.MiniBatchKMeans(n_clusters=2, n_init=2, max_iter=5, batch_size=10),
    ],
    expected_failed_checks=lambda _: EXPECTED,
    xfail_strict=True,
)
def test_every_check_of_scikit_learn_passes(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Other programs may be at work, and scikit-learn's threads would spin while they wait."""
    with threadpool_limits(limits=1):
        yield


def _data(name: str) -> Any:
    """Return samples in general position.

    The values of iris and digits lie on a grid, where many samples are exactly as far from one
    centre as from another; which one gets them is then a matter of the last bit. So they are moved
    by a millionth.
    """
    X = _original(name)
    return X * (1 + 1e-6 * np.random.default_rng(0).normal(size=X.shape))


def _original(name: str) -> Any:
    if name == "blobs":
        return sklearn.datasets.make_blobs(600, 3, centers=5, random_state=3)[0]
    load = {"iris": sklearn.datasets.load_iris, "digits": sklearn.datasets.load_digits}[name]
    return load(return_X_y=True)[0]


# Every pair of values is there.
WAYS = pytest.mark.parametrize(
    ("data", "init", "sparse", "weighted", "seed"),
    [
        ("blobs", "k-means++", False, False, 0),
        ("blobs", "random", True, True, 1),
        ("iris", "k-means++", True, True, 2),
        ("iris", "random", False, False, 0),
        ("digits", "k-means++", False, True, 1),
        ("digits", "random", True, False, 2),
    ],
)


def _weights(X: Any, weighted: bool) -> Any:
    return np.random.default_rng(5).uniform(0.1, 2.0, size=X.shape[0]) if weighted else None


def _same(ours: Any, theirs: Any, dtype: Any = np.float64) -> None:
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    scale = np.abs(theirs.cluster_centers_).max()
    digits = 1e-11 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(
        ours.cluster_centers_, theirs.cluster_centers_, rtol=0, atol=digits * scale
    )
    assert ours.cluster_centers_.dtype == dtype
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=10 * digits)
    assert ours.n_iter_ == theirs.n_iter_


@WAYS
def test_kmeans_finds_what_scikit_learn_finds(
    data: str, init: str, sparse: bool, weighted: bool, seed: int
) -> None:
    X = _data(data)
    weight = _weights(X, weighted)
    X = scipy.sparse.csr_matrix(X) if sparse else X
    parameters = {"n_clusters": 10 if data == "digits" else 4, "init": init, "n_init": 2}
    ours, theirs = (
        Estimator(**parameters, random_state=seed).fit(X, sample_weight=weight)
        for Estimator in PAIRS[0]
    )
    _same(ours, theirs)


@pytest.mark.parametrize("data", ["iris", "digits"])
def test_kmeans_finds_it_on_the_original_values_too(data: str) -> None:
    X = _original(data)
    _same(*(Estimator(10, random_state=0).fit(X) for Estimator in PAIRS[0]))


@WAYS
def test_mini_batches_find_what_scikit_learn_finds(
    data: str, init: str, sparse: bool, weighted: bool, seed: int
) -> None:
    X = _data(data)
    weight = _weights(X, weighted)
    X = scipy.sparse.csr_matrix(X) if sparse else X
    parameters = {"n_clusters": 12, "init": init, "batch_size": 50, "tol": 1e-6 * seed}
    ours, theirs = (
        Estimator(**parameters, random_state=seed).fit(X, sample_weight=weight)
        for Estimator in PAIRS[1]
    )
    _same(ours, theirs)
    assert ours.n_steps_ == theirs.n_steps_
    np.testing.assert_allclose(ours._counts, theirs._counts, rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_stream_of_batches_is_learned_as_scikit_learn_learns_it(weighted: bool) -> None:
    X = _data("digits")
    weight = _weights(X, weighted)
    ours, theirs = (Estimator(12, random_state=1, batch_size=64) for Estimator in PAIRS[1])
    for i in range(0, len(X), 100):
        some = None if weight is None else weight[i : i + 100]
        for estimator in (ours, theirs):
            estimator.partial_fit(X[i : i + 100], sample_weight=some)
        np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=1e-9)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    assert ours.n_steps_ == theirs.n_steps_ == 18
    np.testing.assert_allclose(ours._counts, theirs._counts)


def test_a_stream_goes_on_after_a_fit() -> None:
    X = _data("blobs")
    for Estimator in PAIRS[1]:
        estimator = Estimator(4, random_state=0, batch_size=100).fit(X[:300])
        steps = estimator.n_steps_
        estimator.partial_fit(X[300:])
        assert estimator.n_steps_ == steps + 1
        if Estimator is kw.MiniBatchKMeans:
            ours = estimator
    np.testing.assert_allclose(ours.cluster_centers_, estimator.cluster_centers_, atol=1e-9)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(("data", "sparse"), [("blobs", False), ("iris", True)])
def test_float32_stays_float32(pair: Any, data: str, sparse: bool) -> None:
    X = _data(data).astype(np.float32)
    X = scipy.sparse.csr_matrix(X) if sparse else X
    ours, theirs = (Estimator(3, random_state=0, n_init=2).fit(X) for Estimator in pair)
    _same(ours, theirs, np.float32)
    assert ours.transform(X).dtype == np.float32
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X), atol=1e-3)


@pytest.mark.parametrize(
    ("data", "sparse", "weighted"),
    [("blobs", False, False), ("iris", True, True), ("digits", True, False), ("iris", False, True)],
)
def test_plus_plus_draws_what_scikit_learn_draws(data: str, sparse: bool, weighted: bool) -> None:
    X = _data(data)
    weight = _weights(X, weighted)
    X = scipy.sparse.csr_matrix(X) if sparse else X
    for seed in range(3):
        parameters = {"sample_weight": weight, "random_state": seed}
        centers, indices = kw.kmeans_plusplus(X, 10, **parameters)
        expected_centers, expected = sklearn.cluster.kmeans_plusplus(X, 10, **parameters)
        np.testing.assert_array_equal(indices, expected)
        np.testing.assert_array_equal(centers, expected_centers)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.uint8])
def test_plus_plus_returns_rows_in_the_type_of_the_data(dtype: Any) -> None:
    X = np.arange(20).reshape(10, 2).astype(dtype)
    centers, indices = kw.kmeans_plusplus(X, 3, random_state=0, n_local_trials=2)
    assert centers.dtype == dtype
    np.testing.assert_array_equal(centers, X[indices])
    listed, _ = kw.kmeans_plusplus(X.tolist(), 3, random_state=0, n_local_trials=2)
    np.testing.assert_array_equal(listed, centers)


@pytest.mark.parametrize("return_n_iter", [False, True])
def test_k_means_is_the_estimator_as_a_function(return_n_iter: bool) -> None:
    X = _data("blobs")
    ours, theirs = (
        function(X, 4, random_state=0, sample_weight=_weights(X, True), return_n_iter=return_n_iter)
        for function in (kw.k_means, sklearn.cluster.k_means)
    )
    assert len(ours) == len(theirs) == 3 + return_n_iter
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-11)
    np.testing.assert_array_equal(ours[1], theirs[1])
    assert ours[2] == pytest.approx(theirs[2])
    assert ours[3:] == theirs[3:]


@pytest.mark.parametrize("name", ["KMeans", "MiniBatchKMeans", "k_means", "kmeans_plusplus"])
def test_signatures_are_scikit_learns(name: str) -> None:
    ours, theirs = (
        inspect.signature(getattr(module, name)).parameters for module in (kw, sklearn.cluster)
    )
    ours = {key: value for key, value in ours.items() if key != "keep_trace"}
    assert list(ours) == list(theirs)
    for key, parameter in theirs.items():
        assert ours[key].default == parameter.default
        assert ours[key].kind == parameter.kind


@pytest.mark.parametrize("pair", PAIRS)
def test_methods_and_their_parameters_are_scikit_learns(pair: Any) -> None:
    ours, theirs = pair
    for name in filter(lambda name: not name.startswith("_"), dir(theirs)):
        assert hasattr(ours, name), name
        if inspect.isfunction(vars(theirs).get(name)):
            signatures = (inspect.signature(getattr(cls, name)).parameters for cls in pair)
            assert len({tuple(parameters) for parameters in signatures}) == 1, name


@pytest.mark.parametrize("pair", PAIRS)
def test_fitted_attributes_are_scikit_learns(pair: Any) -> None:
    X = _data("blobs")
    ours, theirs = (
        {name for name in vars(Estimator(3, n_init=1).fit(X)) if name[-1] == "_" != name[0]}
        for Estimator in pair
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("parameters", "X"),
    [
        ({"n_clusters": 0}, [[1.0], [2.0]]),
        ({"n_clusters": 3}, [[1.0], [2.0]]),
        ({"n_clusters": 2.5}, [[1.0], [2.0]]),
        ({"n_clusters": 10**18}, [[1.0], [2.0]]),
        ({"init": [[1.0]]}, [[1.0], [2.0]]),
        ({"init": [[1.0, 2.0], [2.0, 1.0]]}, [[1.0], [2.0]]),
        ({"init": [[1.0], [np.nan]]}, [[1.0], [2.0]]),
        ({"init": lambda *_, **__: [[1.0]]}, [[1.0], [2.0]]),
        ({"max_iter": 0}, [[1.0], [2.0]]),
        ({"tol": -1.0}, [[1.0], [2.0]]),
        ({"n_init": "many"}, [[1.0], [2.0]]),
        ({"random_state": -1}, [[1.0], [2.0]]),
        ({"random_state": "a"}, [[1.0], [2.0]]),
        ({}, [1.0, 2.0]),
        ({}, 3.0),
        ({}, [[[1.0]]]),
        ({}, [[1.0], [np.nan]]),
        ({}, [[1.0], [-np.inf]]),
        ({}, [[1.0], ["a"]]),
        ({}, [[1.0], [None]]),
        ({}, np.empty((0, 2))),
        ({}, np.empty((2, 0))),
        ({}, np.array([[1j], [2]])),
        ({}, scipy.sparse.csr_matrix([[1.0], [np.nan]])),
    ],
)
def test_messages_are_scikit_learns(parameters: Any, X: Any) -> None:
    for pair in PAIRS:
        messages = []
        for Estimator in pair:
            with pytest.raises((ValueError, TypeError)) as caught:
                Estimator(**({"n_clusters": 2} | parameters)).fit(X)
            messages.append((caught.type, str(caught.value)))
        (kind, ours), (their_kind, theirs) = messages
        assert kind is their_kind
        if isinstance(parameters.get("init"), list | type(None)):  # ours has "farthest" besides
            assert ours.startswith(theirs.splitlines()[0])


@pytest.mark.parametrize(
    "weight", [[1.0], [[1.0], [1.0]], [1.0, np.nan], [1.0, np.inf], [0.0, 0.0]]
)
def test_messages_on_weights_are_scikit_learns(weight: Any) -> None:
    for pair in PAIRS:
        messages = []
        for Estimator in pair:
            with pytest.raises(ValueError, match="weight") as caught:
                Estimator(1).fit([[1.0], [2.0]], sample_weight=weight)
            messages.append(str(caught.value))
        assert messages[0].startswith(messages[1].splitlines()[0].rstrip("."))


@pytest.mark.parametrize("name", ["KMeans", "MiniBatchKMeans"])
def test_negative_weights_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
        getattr(kw, name)(1).fit([[1.0], [2.0]], sample_weight=[2.0, -1.0])


def test_the_norms_must_be_as_many_as_samples_although_nobody_needs_them() -> None:
    X = _data("blobs")
    _, expected = kw.kmeans_plusplus(X, 3, random_state=0)
    _, found = kw.kmeans_plusplus(X, 3, random_state=0, x_squared_norms=(X**2).sum(axis=1))
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="The length of x_squared_norms 3 should be equal to"):
        kw.kmeans_plusplus(X, 3, x_squared_norms=[1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"algorithm": "elkan", "n_clusters": 1}, "algorithm='elkan' doesn't make sense"),
        ({"init": [[0.0], [1.0]], "n_init": 3}, "performing only one init in KMeans instead of"),
    ],
)
def test_warnings_are_scikit_learns(parameters: Any, words: str) -> None:
    for Estimator in PAIRS[0]:
        with pytest.warns(RuntimeWarning, match=words):
            Estimator(**({"n_clusters": 2} | parameters)).fit([[0.0], [1.0], [5.0]])


def test_a_small_init_size_is_raised_with_a_warning() -> None:
    X = _data("blobs")
    for Estimator in PAIRS[1]:
        with pytest.warns(RuntimeWarning, match="init_size=2 should be larger than n_clusters=5"):
            Estimator(5, init_size=2, random_state=0).fit(X)


@pytest.mark.parametrize(
    ("name", "sparse"),
    [("KMeans", False), ("KMeans", True), ("MiniBatchKMeans", True), ("k_means", False)],
)
def test_all_warn_of_fewer_distinct_points_than_clusters(name: str, sparse: bool) -> None:
    X = np.repeat([[0.0, 1.0], [2.0, 0.0], [7.0, 7.0]], 5, axis=0)
    X = scipy.sparse.csr_array(X) if sparse else X

    def fit(X: Any, k: int, **seed: int) -> Any:
        return (
            kw.k_means(X, k, **seed) if name == "k_means" else getattr(kw, name)(k, **seed).fit(X)
        )

    with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(2\) found smaller than"):
        fit(X[:10], 3, random_state=0)


def test_mini_batches_count_only_points_with_weight() -> None:
    X, weight = np.repeat([[0.0], [2.0], [7.0]], 5, axis=0), np.repeat([1.0, 1.0, 0.0], 5)
    with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(2\)"):
        kw.MiniBatchKMeans(3, random_state=0).fit(X, sample_weight=weight)


def test_sample_weights_are_routed_where_they_are_asked_for() -> None:
    X, weight = _data("iris"), _weights(_data("iris"), True)
    with config_context(enable_metadata_routing=True):
        for Estimator in (kw.KMeans, kw.MiniBatchKMeans):
            estimator = Estimator(3, random_state=0).set_fit_request(sample_weight=True)
            estimator.set_score_request(sample_weight=True)
            scaler = StandardScaler().set_fit_request(sample_weight=False)
            pipeline = make_pipeline(scaler, estimator)
            routed = pipeline.fit(X, sample_weight=weight)[-1]
            scaled = StandardScaler().fit_transform(X)
            direct = clone(estimator).fit(scaled, sample_weight=weight)
            np.testing.assert_array_equal(routed.cluster_centers_, direct.cluster_centers_)
            asked = pipeline.score(X, sample_weight=weight)
            assert asked == direct.score(scaled, sample_weight=weight)
        assert kw.MiniBatchKMeans().set_partial_fit_request(sample_weight=True)


def test_sparse_data_with_large_indices_are_welcome() -> None:
    X = scipy.sparse.csr_array(_data("blobs"))
    expected = kw.KMeans(3, random_state=0).fit(X)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    found = kw.KMeans(3, random_state=0).fit(X)
    np.testing.assert_array_equal(found.cluster_centers_, expected.cluster_centers_)


def test_an_unknown_start_is_refused_even_if_nobody_validates_parameters() -> None:
    with (
        config_context(skip_parameter_validation=True),
        pytest.raises(ValueError, match="Unknown init 'nearest'"),
    ):
        kw.KMeans(2, init="nearest").fit(_data("blobs"))


def test_a_grid_search_scores_it() -> None:
    search = GridSearchCV(kw.KMeans(random_state=0), {"n_clusters": [1, 2, 3]}, cv=3)
    assert search.fit(_data("iris")).best_params_ == {"n_clusters": 3}


@pytest.mark.parametrize("Estimator", [kw.KMeans, kw.MiniBatchKMeans])
def test_output_can_be_a_frame(Estimator: Any) -> None:
    X = _data("iris")
    estimator = Estimator(2, random_state=0).set_output(transform="pandas")
    name = Estimator.__name__.lower()
    assert list(estimator.fit_transform(X).columns) == [f"{name}0", f"{name}1"]
    assert list(estimator.transform(X).columns) == [f"{name}0", f"{name}1"]
    assert not isinstance(estimator.fit(X).predict(X), type(estimator.transform(X)))


def test_no_warning_on_plain_data() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for Estimator in (kw.KMeans, kw.MiniBatchKMeans):
            Estimator(3, random_state=0).fit(_data("iris")).predict(_data("iris"))
