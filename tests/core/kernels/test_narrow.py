import numpy as np

import naive
from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.kernels.buffers import new_workspace, pack_centers
from kmeans_widget.core.kernels.narrow import assign_narrow


def test_without_sums_a_kernel_fills_in_labels_only() -> None:
    random = np.random.default_rng(0)
    X, centers = random.normal(size=(100, 2)), random.normal(size=(3, 2))
    labels, workspace = np.full(100, -1, np.int32), new_workspace(2, X.dtype)
    weight = read_only(np.empty(0))
    packed = pack_centers(centers, read_only(np.zeros(2)))
    nothing = np.empty((0, 0))
    n_changed, _ = assign_narrow(read_only(X), weight, packed, labels, nothing, workspace)
    assert n_changed == 100
    np.testing.assert_array_equal(labels, naive.assign(X, centers))
