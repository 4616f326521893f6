import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.cluster
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kmeans_widget import datasets
from kmeans_widget.estimator import KMeans
from kmeans_widget.validation import as_samples


@pytest.fixture(name="X")
def _data() -> Any:
    return datasets.blobs(4, 500, n_features=3, random_state=1).X


@pytest.mark.parametrize(
    ("init", "n_clusters", "weighted"),
    [
        ("k-means++", 1, True),
        ("k-means++", 6, False),
        ("random", 2, True),
        ("random", 6, False),  # of which a single start finds other clusters than ten
    ],
)
def test_a_fit_is_that_of_scikit_learn(X: Any, init: str, n_clusters: int, weighted: bool) -> None:
    weight = np.random.default_rng(0).uniform(size=len(X)) if weighted else None
    ours = KMeans(n_clusters, init=init, random_state=0).fit(X, sample_weight=weight)
    theirs = sklearn.cluster.KMeans(n_clusters, init=init, random_state=0)
    theirs.fit(X, sample_weight=weight)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=0, atol=1e-12)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-10)
    assert ours.n_iter_ == theirs.n_iter_


def test_given_centers_start_the_run_and_stay_as_they_are(X: Any) -> None:
    init = X[:4].copy()
    ours = KMeans(4, init=init).fit(X)
    theirs = sklearn.cluster.KMeans(4, init=init, n_init=1).fit(X)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_array_equal(init, X[:4])


def test_a_callable_chooses_the_start(X: Any) -> None:
    def first_rows(X: Any, n_clusters: int, random_state: np.random.RandomState) -> Any:
        assert isinstance(random_state, np.random.RandomState)
        return X[:n_clusters]

    ours = KMeans(4, init=first_rows, n_init=1).fit(X)
    np.testing.assert_array_equal(ours.labels_, KMeans(4, init=X[:4]).fit(X).labels_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_are_what_predict_says(X: Any, dtype: Any) -> None:
    X = X.astype(dtype)
    kmeans = KMeans(5, random_state=0, max_iter=2).fit(X)
    assert kmeans.labels_.dtype == np.int32
    assert kmeans.cluster_centers_.dtype == dtype
    np.testing.assert_array_equal(kmeans.labels_, kmeans.predict(X))
    assert kmeans.score(X) == pytest.approx(-kmeans.inertia_, rel=1e-12)


def test_transform_gives_distances(X: Any) -> None:
    kmeans = KMeans(4, random_state=0).fit(X)
    distances = kmeans.transform(X[:7])
    expected = np.linalg.norm(X[:7, np.newaxis] - kmeans.cluster_centers_, axis=2)
    np.testing.assert_allclose(distances, expected, atol=1e-12)
    np.testing.assert_array_equal(KMeans(4, random_state=0).fit_transform(X)[:7], distances)


def test_fit_predict_is_fit_then_labels(X: Any) -> None:
    labels = KMeans(4, random_state=0).fit_predict(X)
    np.testing.assert_array_equal(labels, KMeans(4, random_state=0).fit(X).labels_)


def test_weights_count_in_fit_and_score(X: Any) -> None:
    times = np.random.default_rng(0).integers(0, 3, size=len(X))
    init = X[:4]
    weighted = KMeans(4, init=init).fit(X, sample_weight=times)
    repeated = KMeans(4, init=init).fit(np.repeat(X, times, axis=0))
    np.testing.assert_allclose(weighted.cluster_centers_, repeated.cluster_centers_, atol=1e-10)
    assert weighted.score(X, sample_weight=times) == pytest.approx(-weighted.inertia_)


def test_more_starts_are_no_worse(X: Any) -> None:
    one = KMeans(8, init="random", n_init=1, random_state=0).fit(X)
    ten = KMeans(8, init="random", n_init=10, random_state=0).fit(X)
    assert ten.inertia_ <= one.inertia_


def test_the_trace_is_that_of_the_run_that_won_and_kept_only_on_demand(X: Any) -> None:
    assert not hasattr(KMeans(4, random_state=0).fit(X), "trace_")
    kmeans = KMeans(8, init="random", random_state=0, keep_trace=True).fit(X)
    assert kmeans.trace_.n_iter == kmeans.n_iter_
    assert kmeans.trace_[-1].inertia == kmeans.inertia_
    assert kmeans.trace_[0].iteration == 1
    assert kmeans.set_params(keep_trace=False).fit(X)
    assert not hasattr(kmeans, "trace_")


def test_the_data_are_never_written(X: Any) -> None:
    copy = X.copy()
    KMeans(4, copy_x=False, random_state=0).fit(X)
    np.testing.assert_array_equal(X, copy)


def test_the_fitted_centers_can_be_written(X: Any) -> None:
    KMeans(2, random_state=0).fit(X).cluster_centers_[0] = 0.0


def test_names_of_features_are_remembered(X: Any) -> None:
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    kmeans = KMeans(2, random_state=0).fit(frame)
    assert kmeans.feature_names_in_.tolist() == ["a", "b", "c"]
    assert kmeans.n_features_in_ == 3
    assert kmeans.get_feature_names_out().tolist() == ["kmeans0", "kmeans1"]
    with pytest.raises(ValueError, match="feature names should match"):
        kmeans.predict(frame.rename(columns={"a": "z"}))


def test_it_works_in_a_pipeline_and_survives_clone_and_pickle(X: Any) -> None:
    pipeline = make_pipeline(StandardScaler(), KMeans(3, random_state=0, keep_trace=True))
    pipeline.fit(X)
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again.predict(X), pipeline.predict(X))
    assert clone(pipeline)[-1].get_params()["n_clusters"] == 3


def test_verbose_shows_a_bar_with_iteration_and_inertia(
    X: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    kmeans = KMeans(3, random_state=0, verbose=1).fit(X)
    out, err = capsys.readouterr()
    assert not out
    assert err.count("KMeans: 100%") == 1
    assert f"iteration {kmeans.n_iter_}, inertia {kmeans.inertia_:.6g}" in err


def test_nothing_is_said_unless_asked(X: Any, capsys: pytest.CaptureFixture[str]) -> None:
    KMeans(3, random_state=0).fit(X)
    assert capsys.readouterr() == ("", "")


def test_duplicates_are_warned_of() -> None:
    X = np.repeat([[0.0], [1.0]], 5, axis=0)
    with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(2\) found smaller than"):
        KMeans(3, random_state=0).fit(X)


def test_given_centers_are_run_once_with_a_warning(X: Any) -> None:
    with pytest.warns(RuntimeWarning, match="performing only one init in KMeans"):
        KMeans(4, init=X[:4], n_init=5).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        KMeans(4, init=X[:4].tolist()).fit(X)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_clusters": 0}, "n_clusters"),
        ({"n_clusters": 1000}, "n_samples=500 should be >= n_clusters=1000"),
        ({"init": "nearest"}, "init"),
        ({"init": [[0.0]]}, "does not match the number of clusters"),
        ({"tol": -1.0}, "tol"),
        ({"max_iter": 0}, "max_iter"),
        ({"n_init": 0}, "n_init"),
        ({"algorithm": "full"}, "algorithm"),
    ],
)
def test_bad_parameters_are_refused(X: Any, parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        KMeans(**{"n_clusters": 2, **parameters}).fit(X)


def test_data_with_gaps_are_refused(X: Any) -> None:
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        KMeans(2).fit(X)


def test_other_numbers_of_features_are_refused(X: Any) -> None:
    kmeans = KMeans(2, random_state=0).fit(X)
    with pytest.raises(ValueError, match="X has 2 features, but KMeans is expecting 3"):
        kmeans.predict(X[:, :2])


def test_predict_needs_fit(X: Any) -> None:
    with pytest.raises(NotFittedError):
        KMeans(2).predict(X)


class TestExactCenters:
    """Centres of float32 data are known to more digits than `cluster_centers_` can hold."""

    def _fitted(self) -> tuple[KMeans, Any]:
        X = np.array([[0.0], [1.0], [10.0], [11.0]], dtype=np.float32)
        kmeans = KMeans(2, init=X[[0, 2]]).fit(X)
        return kmeans, X

    def test_they_answer_while_they_round_to_the_public_ones(self) -> None:
        kmeans, X = self._fitted()
        kmeans._exact_centers = kmeans.cluster_centers_.astype(np.float64) * (1 + 1e-12)
        assert kmeans._centers(as_samples(X)) is kmeans._exact_centers
        kmeans._exact_centers = kmeans._exact_centers + 1.0
        assert kmeans._centers(as_samples(X)) is kmeans.cluster_centers_

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_centers_set_by_hand_count(self, dtype: Any) -> None:
        kmeans, X = self._fitted()
        kmeans.fit(X.astype(dtype))
        kmeans.cluster_centers_[:] = [[100.0], [10.0]]
        assert kmeans.predict(X).tolist() == [1, 1, 1, 1]
        kmeans.cluster_centers_ = [[100.0], [10.0], [0.0]]
        assert kmeans.predict(X).tolist() == [2, 2, 1, 1]

    @pytest.mark.parametrize("centers", [[[1.0, 2.0]], [1.0], np.empty((0, 1))])
    def test_centers_set_by_hand_must_fit_the_data(self, centers: Any) -> None:
        kmeans, X = self._fitted()
        kmeans.cluster_centers_ = np.array(centers)
        with pytest.raises(ValueError, match="cluster_centers_ has shape"):
            kmeans.predict(X)

    def test_they_survive_pickling(self) -> None:
        kmeans, X = self._fitted()
        again = pickle.loads(pickle.dumps(kmeans))
        np.testing.assert_array_equal(again.predict(X), kmeans.labels_)


@pytest.mark.parametrize(
    ("layout", "dtype"),
    [
        ("F", np.float32), ("F", np.float64), ("strided", np.float32), ("strided", np.float64),
        ("read-only", np.float64), ("memmap", np.float32),
    ],
)  # fmt: skip
def test_layout_makes_no_difference(X: Any, dtype: Any, layout: str, tmp_path: Any) -> None:
    X = X.astype(dtype)
    expected = KMeans(4, random_state=0).fit(X).cluster_centers_
    if layout == "F":
        other = np.asfortranarray(X)
    elif layout == "strided":
        other = np.repeat(X, 2, axis=1)[:, ::2]
    elif layout == "read-only":
        other = X.copy()
        other.flags.writeable = False
    else:
        np.save(tmp_path / "X.npy", X)
        other = np.load(tmp_path / "X.npy", mmap_mode="r")
    found = KMeans(4, random_state=0).fit(other).cluster_centers_
    assert found.tobytes() == expected.tobytes()
