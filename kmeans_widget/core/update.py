"""Update (M-step): every centre moves to the mean of its samples.

For dense samples, the kernel that sums them does the same (`kernels.rounds.record_update`): its
result is `ClusterSums.update`. The functions here run where a cluster is empty, and for sparse
samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.arrays import ClusterSums, Update

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels

# When all samples of a cluster have been subtracted one by one, what is left of its weight is
# rounding error.
_NOISE = 1e-10


def update_centers(
    sums: ClusterSums, centers: Floats, relocated: ClusterSums | None = None
) -> Update:
    """Move every centre to the mean of its samples.

    Parameters
    ----------
    sums : ClusterSums
        Of the assignment.
    centers : ndarray of shape (n_clusters, n_features)
        The centres that the samples were assigned to.
    relocated : ClusterSums, default=None
        The same sums after `relocate`, where clusters were empty.

    Returns
    -------
    Update

    Examples
    --------
    >>> sums = ClusterSums(np.array([[4.0]]), np.array([2.0]), inertia=10.0, n_changed=2)
    >>> update_centers(sums, np.array([[4.0]]))
    Update(centers=array([[2.]]), center_shift=4.0, inertia=2.0)
    """
    moved = means(sums if relocated is None else relocated, centers)
    # The inertia is that of the assignment, in which the relocated samples still belong to their
    # old clusters: it needs the sums before `relocate`.
    return Update(moved, center_shift(centers, moved), updated_inertia(sums, centers, moved))


def means(sums: ClusterSums, centers: Floats) -> Float64s:
    r"""Divide the sums of the clusters by their weights.

    Parameters
    ----------
    sums : ClusterSums
        Of all samples.
    centers : ndarray of shape (n_clusters, n_features)
        The centres that the samples were assigned to.

    Returns
    -------
    ndarray of shape (n_clusters, n_features), float64
        The new centres. A cluster without weight keeps its centre.

    Notes
    -----
    .. math:: c_j = \frac{\sum_{i: l_i = j} w_i x_i}{\sum_{i: l_i = j} w_i}

    The mean minimises the sum of squared distances to the samples of the cluster, so the inertia
    does not rise. Costs O(n_clusters * n_features).

    References
    ----------
    Lloyd, S. P. (1982), Least squares quantization in PCM. doi:10.1109/TIT.1982.1056489

    Examples
    --------
    >>> coordinates, weight = np.array([[6.0, 3.0], [0.0, 0.0]]), np.array([3.0, 0.0])
    >>> sums = ClusterSums(coordinates, weight, inertia=1.0, n_changed=1)
    >>> means(sums, np.array([[5.0, 5.0], [9.0, 9.0]]))
    array([[2., 1.],
           [9., 9.]])
    """
    held = sums.weight > 0
    if held.all():
        return sums.coordinates / sums.weight[:, np.newaxis]
    moved = centers.astype(np.float64)
    moved[held] = sums.coordinates[held] / sums.weight[held, np.newaxis]
    return moved


def center_shift(centers: Floats, moved: Floats) -> float:
    """Measure how far the centres have moved.

    Parameters
    ----------
    centers, moved : ndarray of shape (n_clusters, n_features)
        Before and after.

    Returns
    -------
    float
        Sum of the squared distances (squared Frobenius norm of the difference), in squared units of
        X.

    Examples
    --------
    >>> center_shift(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]))
    25.0
    """
    difference = np.subtract(moved, centers, dtype=np.float64).ravel()
    return float(difference @ difference)


def updated_inertia(sums: ClusterSums, centers: Floats, moved: Floats) -> float:
    r"""Compute the inertia of an assignment with new centres, from its sums alone.

    Parameters
    ----------
    sums : ClusterSums
        Of all samples.
    centers, moved : ndarray of shape (n_clusters, n_features)
        The centres that the samples were assigned to, and the new ones.

    Returns
    -------
    float
        In squared units of X.

    Notes
    -----
    With the mean :math:`m_j` and the weight :math:`w_j` of each cluster (Huygens' theorem),

    .. math:: J' = J + \sum_j w_j (\lVert c'_j - m_j \rVert^2 - \lVert c_j - m_j \rVert^2)

    Costs O(n_clusters * n_features).

    Examples
    --------
    >>> of_1_and_3 = ClusterSums(np.array([[4.0]]), np.array([2.0]), inertia=10.0, n_changed=2)
    >>> updated_inertia(of_1_and_3, np.array([[4.0]]), np.array([[2.0]]))
    2.0
    """
    mean = means(sums, centers)
    after, before = moved - mean, centers - mean
    gain = np.einsum("ij,ij->i", after, after) - np.einsum("ij,ij->i", before, before)
    return max(sums.inertia + float(sums.weight @ gain), 0.0)


def empty_clusters(sums: ClusterSums) -> Indices:
    """List the clusters that no weight was assigned to.

    Returns
    -------
    ndarray of int, in rising order

    Examples
    --------
    >>> sums = ClusterSums(np.zeros((3, 1)), np.array([2.0, 0.0, 1.0]), inertia=0.0, n_changed=0)
    >>> empty_clusters(sums)
    array([1])
    """
    return np.flatnonzero(sums.weight == 0)


def relocate(
    sums: ClusterSums, clusters: Indices, rows: Floats, weight: Float64s, labels: Labels
) -> ClusterSums:
    """Give each empty cluster one sample, taken from the cluster it was assigned to.

    Parameters
    ----------
    sums : ClusterSums
        Of all samples; not changed.
    clusters : ndarray of shape (n,)
        Empty clusters.
    rows : ndarray of shape (n, n_features)
        One sample for each.
    weight : ndarray of shape (n,), float64
        The weights of these samples.
    labels : ndarray of shape (n,), int32
        The clusters that these samples were assigned to.

    Returns
    -------
    ClusterSums
        The sums as if the samples had been assigned to the empty clusters. Inertia and changes are
        those of the assignment.

    Notes
    -----
    As in scikit-learn. A cluster that loses its last sample has no weight left and keeps its
    centre.
    """
    coordinates, held = sums.coordinates.copy(), sums.weight.copy()
    moments = weight[:, np.newaxis] * rows.astype(np.float64)
    np.subtract.at(coordinates, labels, moments)
    np.subtract.at(held, labels, weight)
    held[held <= _NOISE * sums.weight] = 0.0
    coordinates[clusters], held[clusters] = moments, weight
    return ClusterSums(coordinates, held, sums.inertia, sums.n_changed)
