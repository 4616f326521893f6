import numpy as np

from kmeans_widget.core.kernels.intrinsics.llvm import DOT
from kmeans_widget.core.kernels.layout import pack_centers


def test_a_target_counts_from_the_origin() -> None:
    centers, origin = np.array([[1.0, 5.0], [2.0, 2.0]]), np.array([1.0, 1.0], np.float32)
    packed = pack_centers(centers, origin, DOT)
    assert packed.rounded.dtype == np.float32
    assert packed.rounded.tolist() == [[0.0, 4.0], [1.0, 1.0]]
    assert packed.max_squared_norm == 16.0
    np.testing.assert_array_equal(packed.exact, centers)
