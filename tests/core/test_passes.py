from typing import Any

import numpy as np
import pytest

import naive
from kmeans_widget.core.samples import ArraySamples

pytestmark = pytest.mark.usefixtures("few_and_many")


def _tight(d: int, sep: int, shift: float, dtype: Any) -> tuple[naive.Array, naive.Array]:
    """Four tight groups, and their means."""
    random = np.random.default_rng(0)
    places = random.normal(size=(4, d)) * sep
    own = random.integers(0, 4, 3001)
    X = (places[own] + random.normal(size=(3001, d)) + shift * sep).astype(dtype)
    means = [X[own == j].astype(np.float64).mean(axis=0) for j in range(4)]
    return X, np.array(means)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("d", [5, 16, 40])
@pytest.mark.parametrize("sep", [100, 400])
@pytest.mark.parametrize(
    ("dtype", "shift", "rel"),
    [(np.float32, 0, 1e-6), (np.float64, 0, 1e-9), (np.float64, 1e4, 1e-9)],
)
def test_inertia_of_tight_groups(
    d: int, sep: int, dtype: Any, shift: float, rel: float, weighted: bool
) -> None:
    X, centers = _tight(d, sep, shift, dtype)
    weight = np.ones(len(X)) if weighted else None
    data = ArraySamples(X, weight)
    expected = naive.squared_distances(X.astype(np.float64), centers).min(axis=1).sum()
    assert data.accumulate(centers, data.memory()).inertia == pytest.approx(expected, rel=rel)


@pytest.mark.parametrize("n_features", [2, 8])
@pytest.mark.parametrize("far", [1e9, 1e12])
def test_an_outlier_that_leaves_takes_its_rounding_along(n_features: int, far: float) -> None:
    X = np.random.default_rng(0).normal(size=(500, n_features))
    X[7] = far
    data = ArraySamples(X)
    memory = data.memory()
    data.accumulate(X[:2], memory)
    sums = data.accumulate(np.array([X[0], X[7]]), memory)
    np.testing.assert_allclose(
        sums.coordinates, naive.sums(X, np.ones(500), memory.labels, 2)[0], rtol=1e-9
    )


@pytest.mark.parametrize("n_features", [2, 8])
@pytest.mark.parametrize("heavy", [1e9, 1e12, 1e17])
def test_a_heavy_sample_that_leaves_takes_its_rounding_along(n_features: int, heavy: float) -> None:
    X = np.random.default_rng(0).normal(size=(50, n_features))
    X[7] = 30.0
    weight = np.random.default_rng(1).uniform(0.5, 1.5, size=50)
    weight[7] = heavy
    data = ArraySamples(X, weight)
    memory = data.memory()
    data.accumulate(np.array([X[0], X[0] - 1000]), memory)
    sums = data.accumulate(np.array([X[0], X[7]]), memory)
    assert np.bincount(memory.labels).tolist() == [49, 1]
    np.testing.assert_allclose(sums.weight, naive.sums(X, weight, memory.labels, 2)[1], rtol=1e-9)
