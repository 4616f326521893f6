"""Data to learn with: the walkthrough's thirty points, blobs of any number, and the irises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# Set by hand: on a grid of one decimal, fifteen points on the lower left, then fifteen on the upper
# right, with a little overlap in the middle. The start that seed 0 draws, two points of the right
# group, has a long way to go: 7 and 6 points change sides in the iterations 2 and 3.
_WALKTHROUGH = (
    (0.3, 6.2), (1.3, 3.0), (1.7, 1.9), (2.7, 3.5), (3.0, 4.0), (3.1, 5.2), (3.1, 7.3), (3.3, 4.4),
    (3.7, 4.2), (3.8, 4.9), (3.9, 2.1), (4.3, 4.7), (4.4, 3.8), (4.8, 6.7), (5.1, 3.7),
    (4.7, 6.0), (8.1, 8.3), (4.8, 8.5), (5.5, 7.8), (5.8, 6.0), (6.2, 7.6), (6.5, 7.0), (6.7, 5.8),
    (7.0, 5.5), (7.1, 6.8), (7.3, 6.1), (7.4, 7.0), (7.6, 5.2), (8.5, 5.8), (8.8, 5.8),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Data, and what they teach.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float64, or DataFrame
        The samples.
    name : str
        Short name.
    feature_names : tuple of str
        Names of the columns.
    n_clusters : int
        Groups that the data were made with, or are known to have.
    lesson : str
        One sentence: what to look at.
    """

    X: Any
    name: str
    feature_names: tuple[str, ...]
    n_clusters: int
    lesson: str


def walkthrough() -> Dataset:
    """Return the thirty points of the walkthrough: two groups that touch.

    Returns
    -------
    Dataset
        `X` has shape (30, 2), without unit, about 0 to 10 on both axes; a fresh copy.

    Examples
    --------
    >>> walkthrough().X[:2]
    array([[0.3, 6.2],
           [1.3, 3. ]])
    """
    return Dataset(
        X=np.array(_WALKTHROUGH),
        name="walkthrough",
        feature_names=("x", "y"),
        n_clusters=2,
        lesson="Both centroids start in the same group; watch the points change sides one by one.",
    )


def blobs(
    n_clusters: int = 3, n_samples: int = 300, *, n_features: int = 2, random_state: int = 0
) -> Dataset:
    """Draw round groups of equal size and spread around random centres.

    Parameters
    ----------
    n_clusters : int, default=3
        Number of groups.
    n_samples : int, default=300
        Points in all, shared out as evenly as possible.
    n_features : int, default=2
        Coordinates of a point.
    random_state : int, default=0
        Seed; the same seed gives the same points.

    Returns
    -------
    Dataset
        Centres uniform in 0 to 10, standard deviation 0.8 in each coordinate; the rows shuffled.

    Examples
    --------
    >>> blobs(4, 1000).X.shape
    (1000, 2)
    """
    random = np.random.default_rng(random_state)
    centers = random.uniform(0.0, 10.0, size=(n_clusters, n_features))
    group = random.permutation(np.arange(n_samples) % n_clusters)
    return Dataset(
        X=centers[group] + random.normal(scale=0.8, size=(n_samples, n_features)),
        name="blobs",
        feature_names=tuple(f"feature {i}" for i in range(n_features)),
        n_clusters=n_clusters,
        lesson="Round groups of equal size are what K-means is made for; try one K too many.",
    )


def iris() -> Dataset:
    """Return Fisher's irises: 150 flowers of three species, four lengths in cm.

    Returns
    -------
    Dataset
        `X` is a pandas DataFrame with one column for each length.

    References
    ----------
    Fisher, R. A. (1936), The use of multiple measurements in taxonomic problems.
    doi:10.1111/j.1469-1809.1936.tb02137.x

    Examples
    --------
    >>> iris().X.columns.to_list()[:2]
    ['sepal length (cm)', 'sepal width (cm)']
    """
    from sklearn.datasets import load_iris

    frame = load_iris(as_frame=True).data
    return Dataset(
        X=frame,
        name="iris",
        feature_names=tuple(frame.columns),
        n_clusters=3,
        lesson="One species stands apart; the border between the other two is no gap.",
    )
