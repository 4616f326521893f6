"""The indices of a labelling, against scikit-learn and against repeated rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from kmeans_widget.selection.indices import (
    adjusted_rand,
    bic,
    calinski_harabasz,
    davies_bouldin,
    within_sum,
)
from kmeans_widget.selection.labellings import as_codes


def labelled(seed, n=60, d=3, k=4):
    rng = np.random.default_rng(seed)
    codes = np.append(np.arange(k), rng.integers(0, k, n - k))
    return rng.normal(size=(n, d)) + codes[:, np.newaxis], codes


@settings(max_examples=30)
@given(seed=st.integers(0, 999), d=st.integers(1, 8), k=st.integers(2, 6))
def test_indices_are_scikit_learns(seed, d, k):
    X, codes = labelled(seed, d=d, k=k)
    for ours, theirs in (
        (calinski_harabasz, metrics.calinski_harabasz_score),
        (davies_bouldin, metrics.davies_bouldin_score),
    ):
        assert ours(X, codes) == pytest.approx(theirs(X, codes), rel=1e-10)
        rounded = X.astype(np.float32)
        exact = theirs(rounded.astype(np.float64), codes)
        assert ours(rounded, codes) == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("index", [within_sum, calinski_harabasz, davies_bouldin, bic])
@settings(max_examples=20)
@given(seed=st.integers(0, 999))
def test_weights_count_as_repeated_rows(index, seed):
    X, codes = labelled(seed)
    weights = np.random.default_rng(seed).integers(1, 5, len(X))
    repeated = index(np.repeat(X, weights, axis=0), np.repeat(codes, weights))
    assert index(X, codes, weights.astype(float)) == pytest.approx(repeated, rel=1e-9)


def test_rows_on_their_centres_are_as_in_scikit_learn():
    X, codes = np.repeat([[0.0], [1.0]], 3, axis=0), np.repeat([0, 1], 3)
    assert calinski_harabasz(X, codes) == metrics.calinski_harabasz_score(X, codes) == 1
    assert davies_bouldin(X, codes) == metrics.davies_bouldin_score(X, codes) == 0
    assert np.isnan(bic(X, codes))


def test_bic_is_that_of_the_density_at_every_row():
    X, codes = labelled(0, n=40, d=2, k=3)
    means = np.array([X[codes == j].mean(axis=0) for j in range(3)])
    variance = np.square(X - means[codes]).sum() / X.size
    log_density = -np.square(X - means[codes]).sum(axis=1) / (2 * variance)
    log_density += np.log(np.bincount(codes)[codes] / 40) - np.log(2 * np.pi * variance)
    assert bic(X, codes) == pytest.approx(-2 * log_density.sum() + 9 * np.log(40))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=2, max_size=40))
def test_adjusted_rand_is_scikit_learns(pairs):
    a, b = np.array(pairs).T
    assert adjusted_rand(a, b) == pytest.approx(metrics.adjusted_rand_score(a, b), abs=1e-12)


@given(st.lists(st.integers(-2, 50), min_size=1, max_size=30))
def test_codes_are_positions_among_the_distinct_labels(labels):
    names, codes = as_codes(np.array(labels), len(labels))
    assert names.tolist() == sorted(set(labels))
    assert names[codes].tolist() == labels
