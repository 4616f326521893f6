"""Silhouettes: scikit-learn's numbers, at any origin, and an honest error of a sample's."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_blobs
from sklearn.metrics import silhouette_samples, silhouette_score

import kmeans_widget as kw
from kmeans_widget.core.kernels.threads import limit_threads
from kmeans_widget.selection import silhouettes

X, LABELS = make_blobs(500, centers=4, n_features=3, cluster_std=3.0, random_state=0)


def naive_silhouettes(X, labels):
    """Of all pairs at once, differences before squares."""
    distances = np.sqrt(np.square(X[:, np.newaxis] - X).sum(axis=2))
    return silhouette_samples(distances, labels, metric="precomputed")


@given(
    n=st.integers(4, 120), d=st.integers(1, 9), k=st.integers(2, 5), seed=st.integers(0, 99),
    origin=st.sampled_from([0.0, 1e6]), dtype=st.sampled_from([np.float64, np.float32]),
)  # fmt: skip
def test_values_are_those_of_the_definition(n, d, k, seed, origin, dtype):
    rng = np.random.default_rng(seed)
    X = (origin + rng.normal(size=(n, d)).round(1)).astype(dtype)  # with repeats
    labels = np.append(np.arange(min(k, n - 1)), rng.integers(0, min(k, n - 1), n - min(k, n - 1)))
    found = kw.silhouette(X, labels)
    assert np.allclose(
        found.values, naive_silhouettes(X.astype(np.float64), labels), rtol=0, atol=1e-12
    )
    assert found.exact
    assert found.std_error == 0


def test_values_are_scikit_learns():
    assert np.abs(kw.silhouette(X, LABELS).values - silhouette_samples(X, LABELS)).max() < 1e-12
    assert abs(kw.silhouette(X, LABELS).score - silhouette_score(X, LABELS)) < 1e-12


def test_a_cluster_of_one_row_has_0_and_equal_rows_are_no_error():
    assert kw.silhouette([[0.0], [1.0], [9.0]], [0, 0, 1]).values[2] == 0
    assert kw.silhouette(np.ones((6, 2)), [0, 0, 1, 1, 2, 2]).values.tolist() == [0] * 6


def test_names_are_labels_and_the_nearest_other_cluster_is_named():
    found = kw.silhouette([[0.0], [1.0], [5.0], [6.0], [50.0], [51.0]], list("aabbcc"))
    frame = found.to_frame()
    assert frame.columns.tolist() == ["row", "cluster", "neighbor", "silhouette"]
    assert "".join(frame["neighbor"]) == "bbaabb"


def test_bits_do_not_depend_on_the_number_of_threads():
    big = np.random.default_rng(0).normal(size=(5000, 2))
    labels = (big[:, 0] > 0).astype(int)
    with limit_threads(1):
        alone = kw.silhouette(big, labels).values
    assert np.array_equal(alone, kw.silhouette(big, labels).values)


def test_no_matrix_of_all_pairs_is_made():
    big = np.random.default_rng(0).normal(size=(6000, 2))
    labels = (big[:, 0] > 0).astype(int)
    kw.silhouette(big, labels)
    tracemalloc.start()
    kw.silhouette(big, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000  # of all pairs: 288 MB


def test_the_standard_error_of_a_sample_is_honest(monkeypatch):
    monkeypatch.setattr(silhouettes, "SAMPLE_SIZE", 300)
    X, labels = make_blobs([2500, 1500, 900, 80, 20], cluster_std=3.0, random_state=1)
    exact = kw.silhouette(X, labels).score
    found = [kw.silhouette(X, labels, exact=False, random_state=seed) for seed in range(60)]
    errors = np.array([(one.score - exact) / one.std_error for one in found])
    assert 0.7 < np.sqrt(np.mean(errors**2)) < 1.5
    assert abs(errors.mean()) < 0.6
    assert not found[0].exact
    assert np.isin([3, 4], found[0].labels).all()  # no cluster is missed
    assert np.array_equal(found[0].labels, labels[found[0].rows])


def test_samples_begin_at_20_000_rows(monkeypatch):
    monkeypatch.setattr(silhouettes, "SAMPLE_SIZE", 100)
    X = np.random.default_rng(0).normal(size=(20_000, 1))
    labels = (X[:, 0] > 0).astype(int)
    assert kw.silhouette(X[:-1], labels[:-1]).exact
    assert not kw.silhouette(X, labels).exact


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(500), "Number of labels is 1. Valid values are 2 to n_samples - 1"),
        (np.arange(500), "Number of labels is 500"),
        (LABELS[:9], "labels has shape .9,., but X has 500 rows"),
        (np.where(LABELS > 2, np.nan, LABELS), "labels contains NaN"),
    ],
)
def test_labels_that_cannot_be_measured(labels, message):
    with pytest.raises(ValueError, match=message):
        kw.silhouette(X, labels)


def test_labels_of_another_table_are_refused():
    frame = pd.DataFrame(X, index=np.arange(500) + 7)
    assert kw.silhouette(frame, pd.Series(LABELS, frame.index)).score > 0
    with pytest.raises(ValueError, match="index"):
        kw.silhouette(frame, pd.Series(LABELS))


def test_the_plot_has_a_bar_for_each_row_and_a_line_at_the_mean():
    found = kw.silhouette(X, LABELS)
    (ax,) = found.plot().axes
    assert len(ax.collections) == 4
    assert ax.lines[0].get_xdata()[0] == found.score
    assert found.plot(ax) is ax
