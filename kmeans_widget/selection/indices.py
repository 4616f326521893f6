"""Indices of a labelling: samples, the position of each one's cluster, and weights or None.

Weights count as repeated rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.selection.labellings import cluster_means

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices


def within_sum(X: Floats, codes: Indices, weights: Float64s | None = None) -> float:
    """Return the weighted sum of the squared distances to the cluster means."""
    means, _ = cluster_means(X, codes, weights)
    return _total(_own_squares(X, codes, means), weights)


def calinski_harabasz(X: Floats, codes: Indices, weights: Float64s | None = None) -> float:
    r"""Return the ratio of variance between clusters to that within: higher is better.

    .. math:: \frac{B / (K - 1)}{W / (n - K)}

    as scikit-learn's `calinski_harabasz_score`: 1 if W is 0.

    References
    ----------
    Caliński, T. & Harabasz, J. (1974), A dendrite method for cluster analysis.
    doi:10.1080/03610927408827101

    Examples
    --------
    >>> calinski_harabasz(np.array([[0.0], [1.0], [9.0], [10.0]]), np.array([0, 0, 1, 1]))
    162.0
    """
    means, weight = cluster_means(X, codes, weights)
    within = _total(_own_squares(X, codes, means), weights)
    if within == 0:
        return 1.0
    offsets = means - weight @ means / weight.sum()
    between = float(weight @ np.einsum("ij,ij->i", offsets, offsets))
    n_clusters = len(means)
    return float(between * (weight.sum() - n_clusters) / (within * (n_clusters - 1)))


def davies_bouldin(X: Floats, codes: Indices, weights: Float64s | None = None) -> float:
    r"""Return the mean similarity of each cluster to the most similar other: lower is better.

    .. math:: \frac{1}{K} \sum_i \max_{j \ne i} \frac{s_i + s_j}{\lVert m_i - m_j \rVert}

    with the mean distance :math:`s_i` of the rows of a cluster to its mean :math:`m_i`, as
    scikit-learn's `davies_bouldin_score`: 0 if all of one or the other are 0.

    References
    ----------
    Davies, D. L. & Bouldin, D. W. (1979), A cluster separation measure.
    doi:10.1109/TPAMI.1979.4766909

    Examples
    --------
    >>> davies_bouldin(np.array([[0.0], [1.0], [9.0], [10.0]]), np.array([0, 0, 1, 1]))
    0.1111111111111111
    """
    means, weight = cluster_means(X, codes, weights)
    distances = np.sqrt(_own_squares(X, codes, means))
    spread = np.bincount(codes, distances if weights is None else distances * weights) / weight
    apart = np.sqrt(np.square(means[:, np.newaxis] - means).sum(axis=2))
    if np.allclose(spread, 0) or np.allclose(apart, 0):
        return 0.0
    apart[apart == 0] = np.inf
    similarity = (spread[:, np.newaxis] + spread) / apart
    return float(similarity.max(axis=1).mean())


def bic(X: Floats, codes: Indices, weights: Float64s | None = None) -> float:
    r"""Return the Bayesian information criterion of a spherical mixture: lower is better.

    .. math:: -2 \ell + (K d + K) \log n, \qquad
        \ell = \sum_j n_j \log \frac{n_j}{n}
        - \frac{n d}{2} \left(\log \frac{2 \pi W}{n d} + 1\right)

    the log-likelihood of Gaussian clusters with one common variance, each row in its own cluster,
    with K means, K - 1 shares and the variance as parameters.

    References
    ----------
    Pelleg, D. & Moore, A. (2000), X-means: extending K-means with efficient estimation of the
    number of clusters. ICML, 727-734. Theirs is -1/2 of this up to two corrections: the variance
    is divided by d, and is the maximum-likelihood one, W / (n d) instead of W / (n - K).

    Examples
    --------
    >>> round(bic(np.array([[0.0], [1.0], [9.0], [10.0]]), np.array([0, 0, 1, 1])), 4)
    16.8967
    """
    means, weight = cluster_means(X, codes, weights)
    n, (n_clusters, n_features) = float(weight.sum()), means.shape
    within = _total(_own_squares(X, codes, means), weights)
    if within == 0:
        return np.nan
    shares = float(weight @ np.log(weight / n))
    likelihood = shares - n * n_features / 2 * (np.log(2 * np.pi * within / (n * n_features)) + 1)
    return float(-2 * likelihood + n_clusters * (n_features + 1) * np.log(n))


def adjusted_rand(a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]) -> float:
    r"""Return the share of pairs on which two labellings agree, adjusted for chance.

    1 for equal clusters, whatever their numbers; 0 on average for labels at random.

    References
    ----------
    Hubert, L. & Arabie, P. (1985), Comparing partitions. doi:10.1007/BF01908075

    Examples
    --------
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    width = int(b.max()) + 1
    counts = np.bincount(a.astype(np.intp) * width + b, minlength=(int(a.max()) + 1) * width)
    table = counts.reshape(-1, width).astype(np.float64)
    both, of_a, of_b = (
        float((sizes * (sizes - 1)).sum() / 2) for sizes in (table, table.sum(1), table.sum(0))
    )
    expected = of_a * of_b / max(len(a) * (len(a) - 1) / 2, 1)
    largest = (of_a + of_b) / 2
    return 1.0 if largest == expected else (both - expected) / (largest - expected)


def _own_squares(X: Floats, codes: Indices, means: Float64s) -> Float64s:
    """Return the squared distance of each row to the mean of its cluster."""
    return ArraySamples(X).own_distances(means, codes.astype(np.int32))


def _total(squares: Float64s, weights: Float64s | None) -> float:
    return float(squares.sum() if weights is None else weights @ squares)
