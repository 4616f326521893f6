import numpy as np

import naive
from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.kernels.intrinsics.llvm import DIFFERENCE
from kmeans_widget.core.kernels.layout import room, target
from kmeans_widget.core.kernels.narrow import assign_narrow


def test_without_sums_a_kernel_fills_in_labels_only() -> None:
    random = np.random.default_rng(0)
    X, centers = random.normal(size=(100, 2)), random.normal(size=(3, 2))
    labels, space = np.full(100, -1, np.int32), room(2, X.dtype)
    weight = read_only(np.empty(0))
    to = target(centers, read_only(np.zeros(2)), DIFFERENCE)
    nothing = np.empty((0, 0))
    n_changed, _ = assign_narrow(read_only(X), weight, to, labels, nothing, space)
    assert n_changed == 100
    np.testing.assert_array_equal(labels, naive.assign(X, centers))
