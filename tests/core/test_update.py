from typing import Any

import numpy as np
import pytest

import naive
from kmeans_widget.core.arrays import ClusterSums
from kmeans_widget.core.update import center_shift, empty_clusters, means, relocate, updated_inertia


def _sums(coordinates: list[list[float]], weight: list[float]) -> ClusterSums:
    return ClusterSums(np.array(coordinates), np.array(weight), 4.0, 2)


def test_means_are_sums_over_weights() -> None:
    moved = means(_sums([[6.0, 3.0], [1.0, 1.0]], [3.0, 0.5]), np.zeros((2, 2)))
    assert moved.tolist() == [[2.0, 1.0], [2.0, 2.0]]


def test_a_cluster_without_weight_keeps_its_center() -> None:
    moved = means(_sums([[6.0], [0.0]], [3.0, 0.0]), np.array([[5.0], [9.0]]))
    assert moved.tolist() == [[2.0], [9.0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_means_are_float64_whatever_the_centers(dtype: Any) -> None:
    moved = means(_sums([[1.0]], [3.0]), np.zeros((1, 1), dtype=dtype))
    assert moved.tolist() == [[1 / 3]]


def test_means_leave_their_arguments_alone() -> None:
    centers = np.array([[5.0], [9.0]])
    means(_sums([[6.0], [0.0]], [3.0, 0.0]), centers)
    assert centers.tolist() == [[5.0], [9.0]]


def test_center_shift_adds_the_squared_distances() -> None:
    assert center_shift(np.zeros((2, 2)), np.array([[3.0, 4.0], [0.0, 1.0]])) == 26.0


def test_center_shift_of_float32_does_not_overflow() -> None:
    centers = np.full((1, 1), 1e30, dtype=np.float32)
    assert center_shift(np.zeros_like(centers), centers) == pytest.approx(1e60)


def test_empty_clusters_are_listed_in_order() -> None:
    assert empty_clusters(_sums([[0.0]] * 4, [0.0, 1.0, 0.0, 2.0])).tolist() == [0, 2]


def test_relocation_moves_a_sample_from_its_cluster_to_the_empty_one() -> None:
    sums = _sums([[12.0], [0.0]], [4.0, 0.0])
    moved = relocate(
        sums, np.array([1]), np.array([[9.0]]), np.ones(1), np.zeros(1, dtype=np.int32)
    )
    assert moved.coordinates.tolist() == [[3.0], [9.0]]
    assert moved.weight.tolist() == [3.0, 1.0]
    assert sums.coordinates.tolist() == [[12.0], [0.0]]


def test_two_samples_can_leave_the_same_cluster() -> None:
    moved = relocate(
        _sums([[15.0], [0.0], [0.0]], [3.0, 0.0, 0.0]),
        np.array([1, 2]),
        np.array([[9.0], [5.0]]),
        np.ones(2),
        np.zeros(2, dtype=np.int32),
    )
    assert moved.coordinates.tolist() == [[1.0], [9.0], [5.0]]
    assert moved.weight.tolist() == [1.0, 1.0, 1.0]


def test_a_cluster_that_gives_all_its_samples_away_has_no_weight_left() -> None:
    weight = np.array([0.1, 0.2])
    sums = _sums([[0.1 * 3 + 0.2 * 7], [0.0], [0.0]], [0.1 + 0.2, 0.0, 0.0])
    moved = relocate(
        sums, np.array([1, 2]), np.array([[3.0], [7.0]]), weight, np.zeros(2, dtype=np.int32)
    )
    assert moved.weight[0] == 0.0
    assert means(moved, np.array([[5.0], [0.0], [0.0]])).ravel() == pytest.approx([5.0, 3.0, 7.0])


@pytest.mark.parametrize("seed", range(5))
def test_updated_inertia_is_that_of_the_old_labels_and_the_new_centers(seed: int) -> None:
    random = np.random.default_rng(seed)
    X, weight = random.normal(size=(60, 3)), random.uniform(size=60)
    centers, moved = X[:4], random.normal(size=(4, 3))
    labels = naive.assign(X, centers)
    sums = ClusterSums(
        *naive.sums(X, weight, labels, 4), naive.inertia(X, weight, centers, labels), 0
    )
    expected = naive.inertia(X, weight, moved, labels)
    assert updated_inertia(sums, centers, moved) == pytest.approx(expected, rel=1e-12)
