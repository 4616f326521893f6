from typing import Any

import numpy as np
import pytest

import naive
from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.distances import LANES, PITCH, distances_to_points

EDGES = [1, LANES - 1, LANES, LANES + 1, 3 * LANES + 17]


def test_a_block_fits_its_rows() -> None:
    assert PITCH >= LANES


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_samples", EDGES)
def test_distances_to_points_are_the_oracles_bits(n_samples: int, dtype: Any) -> None:
    random = np.random.default_rng(n_samples)
    X = random.normal(size=(n_samples, 3)).astype(dtype)
    points = random.normal(size=(5, 3)).astype(dtype)
    distances = np.full((5, n_samples + 2), -1.0)
    distances_to_points(read_only(X), read_only(points), distances, 1)
    np.testing.assert_array_equal(distances[:, 1:-1], naive.squared_distances(X, points).T)
    assert (distances[:, [0, -1]] == -1.0).all()


def test_the_distance_of_a_point_to_itself_is_zero() -> None:
    X = np.random.default_rng(0).normal(loc=1e8, size=(50, 7))
    distances = np.empty((50, 50))
    distances_to_points(read_only(X), read_only(X), distances, 0)
    assert not np.diagonal(distances).any()
