import numpy as np
import pytest

from kmeans_widget.core.arrays import ClusterSums, read_only


def test_sums_of_two_parts_add_up() -> None:
    left = ClusterSums(np.array([[1.0, 2.0]]), np.array([1.0]), 0.5, 1)
    right = ClusterSums(np.array([[10.0, 20.0]]), np.array([3.0]), 0.25, 4)
    both = left + right
    assert both.coordinates.tolist() == [[11.0, 22.0]]
    assert both.weight.tolist() == [4.0]
    assert (both.inertia, both.n_changed) == (0.75, 5)


def test_adding_leaves_the_parts_as_they_are() -> None:
    left = ClusterSums(np.array([[1.0]]), np.array([1.0]), 0.5, 1)
    left + left
    assert left.coordinates.tolist() == [[1.0]]


def test_a_read_only_view_shares_the_data_and_cannot_be_written() -> None:
    array = np.zeros(3)
    view = read_only(array)
    array[0] = 7.0
    assert view[0] == 7.0
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1.0
