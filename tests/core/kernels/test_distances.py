from typing import Any

import numpy as np
import pytest

import naive
from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.kernels.distances import own_distances
from kmeans_widget.core.samples import ArraySamples

EDGES = [1, 47, 48, 49, 383, 384, 385, 3 * 384 + 17]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n_samples", "n_features"), [*zip(EDGES, [1, 2, 3, 4, 5, 17, 2, 5], strict=True)]
)
def test_distances_to_points_are_the_oracles(n_samples: int, n_features: int, dtype: Any) -> None:
    random = np.random.default_rng(n_samples)
    X = random.normal(size=(n_samples, n_features)).astype(dtype)
    points = random.normal(size=(5, n_features)).astype(dtype)
    distances = ArraySamples(X).squared_distances(points)
    expected = naive.squared_distances(X.astype(np.float64), points.astype(np.float64)).T
    unit = np.finfo(dtype).eps  # of a coordinate, which a small difference inherits
    np.testing.assert_allclose(distances, expected, rtol=64 * unit, atol=64 * unit)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_features", [2, 7])
def test_the_distance_of_a_point_to_itself_is_zero(n_features: int, dtype: Any) -> None:
    X = np.random.default_rng(0).normal(loc=1e8, size=(50, n_features)).astype(dtype)
    assert not np.diagonal(ArraySamples(X).squared_distances(X)).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_own_distances_are_float64(dtype: Any) -> None:
    random = np.random.default_rng(0)
    X, centers = random.normal(size=(100, 7)).astype(dtype), random.normal(size=(3, 7))
    X64 = X.astype(np.float64)
    labels, distances = naive.assign(X64, centers), np.empty(100)
    own_distances(read_only(X), read_only(centers), labels, distances)
    expected = naive.squared_distances(X64, centers)[np.arange(100), labels]
    np.testing.assert_allclose(distances, expected, rtol=1e-14)
