from typing import Any

import numpy as np
import pytest

from kmeans_widget.core.kernels.buffers import new_points, pack_centers


def test_packed_centers_are_relative_to_the_origin() -> None:
    centers, origin = np.array([[1.0, 5.0], [2.0, 2.0]]), np.array([1.0, 1.0], np.float32)
    packed = pack_centers(centers, origin)
    assert packed.rounded.dtype == np.float32
    assert packed.rounded.tolist() == [[0.0, 4.0], [1.0, 1.0]]
    assert packed.max_squared_norm == 16.0
    np.testing.assert_array_equal(packed.exact, centers)


@pytest.mark.parametrize(
    ("n_features", "dtype"), [(1, np.float32), (3, np.float64), (64, np.int32)]
)
def test_points_start_at_a_cache_line(n_features: int, dtype: Any) -> None:
    points = new_points(n_features, np.dtype(dtype), 2)
    assert points.shape == (n_features, 96)
    assert points.dtype == dtype
    assert points.flags.c_contiguous
    assert points.ctypes.data % 64 == 0
