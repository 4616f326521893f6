"""Assign: every sample goes to its nearest centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.distances import LANES
from kmeans_widget.core.jit import kernel

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Labels


@kernel
def assign_and_sum(  # noqa: C901  one pass over the cache, deliberately in one piece
    X: Floats,
    sample_weight: Float64s,
    centers: Floats,
    labels: Labels,  # OUT
    distances: Floats,  # OUT
    totals: Float64s,  # OUT
    lanes: Floats,  # OUT
    nearest: Labels,  # OUT
) -> tuple[float, int]:
    r"""Find the nearest centre of every sample of a chunk, and add the sample to its cluster.

    One kernel does both, because the samples are in the cache already, and because compiling a
    second one would be felt before the first picture.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
        The samples.
    sample_weight : ndarray of shape (n_samples,) or (0,), float64, read-only
        Their weights; of size 0 when each weighs 1.
    centers : ndarray of shape (n_clusters, n_features), dtype of X, read-only
        The centres, in the units of X.
    labels : ndarray of shape (n_samples,), int32
        Holds the labels to compare with; takes the new ones.
    distances : ndarray of shape (n_samples,) or (0,), dtype of X
        Takes the squared distances to the nearest centres, in squared units of X; of size 0 when
        nobody asks for them.
    totals : ndarray of shape (n_clusters, n_features + 1), float64
        The weighted sum of each cluster's samples, and in the last column its weight; is added to.
    lanes : ndarray of shape (n_features + 3, PITCH), dtype of X
        Room to work in, and so is `nearest`. Allocating it here would double the compile time.
    nearest : ndarray of shape (PITCH,), int32
        As `lanes`.

    Returns
    -------
    inertia : float
        Weighted sum of the squared distances.
    n_changed : int
        Samples whose label is another than before.

    Notes
    -----
    .. math:: l_i = \arg\min_j \lVert x_i - c_j \rVert^2

    in the form written, with differences before squares, which does not cancel far from the origin.
    The lowest index wins a tie. Costs O(n_samples * n_clusters * n_features).

    References
    ----------
    Lloyd, S. P. (1982), Least squares quantization in PCM. doi:10.1109/TIT.1982.1056489
    """
    n_clusters, n_features = centers.shape
    best, first, second = lanes[n_features], lanes[n_features + 1], lanes[n_features + 2]
    inertia, n_changed = 0.0, 0
    for start in range(0, X.shape[0], LANES):
        size = min(LANES, X.shape[0] - start)
        for i in range(LANES):
            best[i] = np.inf
            nearest[i] = 0
            for feature in range(n_features):
                lanes[feature, i] = X[start + min(i, size - 1), feature]
        # Two centres at a time: a sample is loaded once for both. And the stored choice is then
        # never "keep what is there", which compilers turn into masked stores, ten times slower on
        # some processors: 21 ms instead of 73 for 1M x 2, k 64 (Zen 3, float32).
        for a in range(0, n_clusters, 2):
            b = min(a + 1, n_clusters - 1)
            for i in range(LANES):
                first[i] = 0
                second[i] = 0
            for feature in range(n_features):
                of_a, of_b = centers[a, feature], centers[b, feature]
                for i in range(LANES):
                    to_a = lanes[feature, i] - of_a
                    to_b = lanes[feature, i] - of_b
                    first[i] += to_a * to_a
                    second[i] += to_b * to_b
            for i in range(LANES):
                closer = first[i] < best[i]
                distance = first[i] if closer else best[i]
                label = a if closer else nearest[i]
                closer = second[i] < distance
                best[i] = second[i] if closer else distance
                nearest[i] = b if closer else label
        for i in range(size):
            label = nearest[i]
            n_changed += labels[start + i] != label
            labels[start + i] = label
            if distances.size > 0:
                distances[start + i] = best[i]
            w = sample_weight[start + i] if sample_weight.size > 0 else 1.0
            inertia += w * best[i]
            totals[label, n_features] += w
            for feature in range(n_features):
                totals[label, feature] += w * X[start + i, feature]
    return inertia, n_changed
