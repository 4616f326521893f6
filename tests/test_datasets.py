import dataclasses
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from kmeans_widget import KMeans, choose_k, datasets
from kmeans_widget.core.initialization import initialize_centers
from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.trace import StopReason, Trace


@pytest.fixture
def default_run() -> Trace:
    samples = ArraySamples(datasets.walkthrough().X)
    start = initialize_centers(samples, 2, "random", np.random.RandomState(0))
    return Trace(tuple(iterate(samples, start)))


def test_the_walkthrough_has_thirty_points_on_a_grid_of_one_decimal() -> None:
    X = datasets.walkthrough().X
    assert X.shape == (30, 2)
    assert X.dtype == np.float64
    assert X.min() >= 0
    assert X.max() <= 10
    np.testing.assert_array_equal(X, np.round(X, 1))
    assert len(np.unique(X, axis=0)) == 30


def test_the_walkthrough_takes_enough_iterations_to_watch(default_run: Trace) -> None:
    assert 5 <= default_run.n_iter <= 8
    assert default_run.stop is StopReason.UNCHANGED


def test_points_visibly_change_sides_in_the_walkthrough(default_run: Trace) -> None:
    assert default_run[1].n_changed >= 4
    assert default_run[2].n_changed >= 4


def test_the_inertia_of_the_walkthrough_visibly_falls(default_run: Trace) -> None:
    inertias = default_run.inertias
    assert inertias[1] < 0.7 * inertias[0]
    assert inertias[2] < 0.7 * inertias[1]
    assert (np.diff(inertias) < 0).sum() == len(inertias) - 1


def test_the_walkthrough_ends_with_its_two_groups(default_run: Trace) -> None:
    data = datasets.walkthrough()
    labels = ArraySamples(data.X).assign(default_run[-1].centers)
    strays = np.count_nonzero(labels != np.repeat([0, 1], 15))
    assert min(strays, 30 - strays) <= 2


def test_each_walkthrough_is_a_fresh_copy() -> None:
    datasets.walkthrough().X[:] = 0.0
    assert datasets.walkthrough().X.any()


@pytest.mark.parametrize("n_clusters", [1, 3, 7])
@pytest.mark.parametrize("n_features", [1, 2, 5])
def test_blobs_have_the_shape_asked_for(n_clusters: int, n_features: int) -> None:
    data = datasets.blobs(n_clusters, 100, n_features=n_features)
    assert data.X.shape == (100, n_features)
    assert data.n_clusters == n_clusters
    assert len(data.feature_names) == n_features


def test_the_seed_decides_the_blobs() -> None:
    first, same, other = (datasets.blobs(random_state=seed).X for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_blobs_keep_together() -> None:
    data = datasets.blobs(4, 1000, random_state=3)
    samples = ArraySamples(data.X)
    start = initialize_centers(samples, 4, "farthest", np.random.RandomState(0))
    *_, last = iterate(samples, start)
    assert last.inertia < 0.25 * len(data.X) * data.X.var(axis=0).sum()


def test_iris_is_a_frame_with_named_columns() -> None:
    data = datasets.iris()
    assert tuple(data.X.columns) == data.feature_names
    assert data.X.shape == (150, 4)
    assert all(name.endswith("(cm)") for name in data.feature_names)


@pytest.mark.parametrize("make", [datasets.walkthrough, datasets.blobs, datasets.iris])
def test_a_dataset_says_what_it_teaches(make: object) -> None:
    data = make()  # type: ignore[operator]
    assert data.name
    assert data.lesson.endswith(".")
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.name = "other"


@pytest.mark.parametrize("name", datasets.DATASETS)
def test_each_entry_of_the_table_is_a_dataset_of_its_name(name: str) -> None:
    data = datasets.DATASETS[name]()
    X = np.asarray(data.X)
    assert data.name == name
    assert X.shape[1] == len(data.feature_names)
    assert data.lesson.endswith(".")
    assert np.array_equal(X, np.asarray(datasets.DATASETS[name]().X))
    if data.target is not None:
        assert len(data.target) == len(X)


def agreement(data: datasets.Dataset, labels: np.ndarray) -> float:
    return float(adjusted_rand_score(data.target, labels))


def by_kmeans(data: datasets.Dataset, X: np.ndarray) -> float:
    return agreement(data, KMeans(data.n_clusters, n_init=10, random_state=0).fit_predict(X))


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("rings", AgglomerativeClustering(2, linkage="single")),
        ("moons", AgglomerativeClustering(2, linkage="single")),
        ("elongated", GaussianMixture(3, n_init=10, random_state=0)),
        ("uneven", GaussianMixture(3, n_init=10, random_state=0)),
    ],
)
def test_where_k_means_fails_another_method_does_not(name: str, instead: Any) -> None:
    data = datasets.DATASETS[name]()
    assert by_kmeans(data, data.X) < 0.4
    assert agreement(data, instead.fit_predict(data.X)) > 0.95


def test_what_is_put_right_before_k_means_puts_it_right() -> None:
    data = datasets.unscaled()
    assert by_kmeans(data, data.X) < 0.1
    assert by_kmeans(data, (data.X - data.X.mean(axis=0)) / data.X.std(axis=0)) > 0.9
    data = datasets.outlier()
    labels = KMeans(2, n_init=10, random_state=0).fit_predict(data.X)
    assert np.count_nonzero(labels == labels[-1]) == 1
    labels = KMeans(2, n_init=10, random_state=0).fit_predict(data.X[:-1])
    assert adjusted_rand_score(data.target[:-1], labels) > 0.95


def test_duplicates_are_few_distinct_points_and_uniform_data_have_no_number_of_clusters() -> None:
    assert len(np.unique(datasets.duplicates().X, axis=0)) <= 25
    assert "No clear number" in choose_k(datasets.uniform().X, range(2, 8)).verdict
