from typing import Any

import numpy as np
import pytest
import sklearn.cluster

from kmeans_widget import KMeans, MiniBatchKMeans, datasets


@pytest.fixture(name="X")
def _data() -> Any:
    return datasets.blobs(4, 3000, n_features=3, random_state=1).X


def test_it_comes_close_to_the_full_algorithm(X: Any) -> None:
    mini = MiniBatchKMeans(4, random_state=0, batch_size=200).fit(X)
    assert mini.inertia_ < 1.05 * KMeans(4, random_state=0).fit(X).inertia_


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_are_what_predict_says(X: Any, dtype: Any) -> None:
    X = X.astype(dtype)
    mini = MiniBatchKMeans(5, random_state=0).fit(X)
    assert mini.cluster_centers_.dtype == dtype
    np.testing.assert_array_equal(mini.labels_, mini.predict(X))
    assert mini.score(X) == pytest.approx(-mini.inertia_, rel=1e-12)


def test_without_labels_the_inertia_is_estimated(X: Any) -> None:
    ours, theirs = (
        Estimator(4, random_state=0, batch_size=100, compute_labels=False)
        for Estimator in (MiniBatchKMeans, sklearn.cluster.MiniBatchKMeans)
    )
    assert not hasattr(ours.fit(X), "labels_")
    assert ours.inertia_ == pytest.approx(theirs.fit(X).inertia_, rel=1e-9)
    np.testing.assert_array_equal(ours.fit_predict(X), ours.predict(X))


def test_a_single_batch_has_an_inertia_too() -> None:
    mini = MiniBatchKMeans(1, max_iter=1, compute_labels=False).fit([[0.0], [2.0]])
    assert mini.n_steps_ == 1
    assert np.isfinite(mini.inertia_)


def test_every_way_to_start_is_open(X: Any) -> None:
    def first(X: Any, n_clusters: int, random_state: Any) -> Any:
        assert len(X) == 600
        assert isinstance(random_state, np.random.RandomState)
        X[:] += 1.0  # a copy: this does no harm
        return X[:n_clusters]

    for init in ("random", "farthest", X[:4], first):
        mini = MiniBatchKMeans(4, init=init, batch_size=200, random_state=0).fit(X)
        assert mini.cluster_centers_.shape == (4, 3)


@pytest.mark.parametrize("init", ["random", "k-means++"])
def test_a_few_samples_with_weight_among_many_without_are_found(X: Any, init: str) -> None:
    weight = np.zeros(len(X))
    weight[[7, 1000, 2000]] = 1.0
    mini = MiniBatchKMeans(3, init=init, batch_size=20, random_state=0).fit(X, sample_weight=weight)
    assert sorted(mini.labels_[[7, 1000, 2000]]) == [0, 1, 2]
    assert mini.inertia_ == pytest.approx(0.0, abs=1e-20)


def test_verbose_shows_a_bar(X: Any, capsys: pytest.CaptureFixture[str]) -> None:
    mini = MiniBatchKMeans(4, random_state=0, verbose=1).fit(X)
    out, err = capsys.readouterr()
    assert not out
    assert "MiniBatchKMeans: 100%" in err
    assert f"{mini.n_steps_} batches, mean distance²" in err


def test_a_fit_begins_anew_after_a_stream(X: Any) -> None:
    expected = MiniBatchKMeans(4, random_state=0).fit(X)
    again = MiniBatchKMeans(4, random_state=0).partial_fit(X[:50]).fit(X)
    np.testing.assert_array_equal(again.cluster_centers_, expected.cluster_centers_)
    assert again.n_steps_ == expected.n_steps_


def test_the_first_batch_must_hold_enough_samples(X: Any) -> None:
    with pytest.raises(ValueError, match="n_samples=3 should be >= n_clusters=4"):
        MiniBatchKMeans(4).partial_fit(X[:3])


def test_batches_may_differ_in_type(X: Any) -> None:
    mini = MiniBatchKMeans(4, random_state=0)
    for dtype in (np.float32, np.float64, np.float32):
        mini.partial_fit(X[:100].astype(dtype))
        assert mini.cluster_centers_.dtype == dtype
        np.testing.assert_array_equal(mini.predict(X[:100].astype(dtype)), mini.labels_)
