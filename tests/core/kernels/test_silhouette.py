"""Sums of distances to every cluster, against numpy."""

import numpy as np
import pytest

from kmeans_widget.core.kernels.silhouette import as_tiles, distance_sums


@pytest.mark.parametrize("n_features", [1, 2, 5, 17])
@pytest.mark.parametrize(("n_points", "n_samples"), [(1, 1), (47, 65), (49, 200), (100, 64)])
@pytest.mark.parametrize("origin", [0.0, 1e9])
def test_sums_are_those_of_numpy(n_features, n_points, n_samples, origin):
    rng = np.random.default_rng(0)
    X = origin + rng.integers(0, 9, (n_samples, n_features)).astype(float)
    points = origin + rng.integers(0, 9, (n_points, n_features)).astype(float)
    labels = rng.integers(0, 3, n_samples)
    distances = np.sqrt(np.square(points[:, np.newaxis] - X).sum(axis=2))
    expected = np.stack([distances[:, labels == j].sum(axis=1) for j in range(4)], axis=1)
    sums = distance_sums(points, as_tiles(X), labels, 4)
    assert np.allclose(sums, expected, rtol=1e-14, atol=0)


def test_the_distance_of_a_point_to_itself_is_0():
    X = np.random.default_rng(0).normal(size=(100, 7)) * 1e6
    sums = distance_sums(X, as_tiles(X), np.arange(100), 100)
    assert (np.diag(sums) == 0).all()
