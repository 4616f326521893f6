"""Example datasets: the 30 points of the walkthrough, random blobs, and iris."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# Placed by hand with one decimal: 15 points on the lower left, then 15 on the upper right, which
# overlap a little in the middle. Seed 0 draws both initial centroids from the right group, so the
# run is long enough to watch: 7 and 6 points change cluster in iterations 2 and 3.
_WALKTHROUGH = (
    (0.3, 6.2), (1.3, 3.0), (1.7, 1.9), (2.7, 3.5), (3.0, 4.0), (3.1, 5.2), (3.1, 7.3), (3.3, 4.4),
    (3.7, 4.2), (3.8, 4.9), (3.9, 2.1), (4.3, 4.7), (4.4, 3.8), (4.8, 6.7), (5.1, 3.7),
    (4.7, 6.0), (8.1, 8.3), (4.8, 8.5), (5.5, 7.8), (5.8, 6.0), (6.2, 7.6), (6.5, 7.0), (6.7, 5.8),
    (7.0, 5.5), (7.1, 6.8), (7.3, 6.1), (7.4, 7.0), (7.6, 5.2), (8.5, 5.8), (8.8, 5.8),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A dataset, and what it shows.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float64, or DataFrame
        The samples.
    name : str
        Short name.
    feature_names : tuple of str
        Names of the columns.
    n_clusters : int
        Number of groups that the data were generated with, or are known to have.
    lesson : str
        What to look at, in one sentence.
    """

    X: Any
    name: str
    feature_names: tuple[str, ...]
    n_clusters: int
    lesson: str


def walkthrough() -> Dataset:
    """Return the 30 points of the walkthrough: two groups that touch.

    Returns
    -------
    Dataset
        `X` is a new array of shape (30, 2), float64, with values between 0 and 10, without a unit.

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
        lesson="Both centroids start in the same group; watch the points change cluster.",
    )


def blobs(
    n_clusters: int = 3, n_samples: int = 300, *, n_features: int = 2, random_state: int = 0
) -> Dataset:
    """Draw isotropic Gaussian groups of equal size around random centres.

    Parameters
    ----------
    n_clusters : int, default=3
        Number of groups.
    n_samples : int, default=300
        Total number of points, divided among the groups as evenly as possible.
    n_features : int, default=2
        Number of coordinates of a point.
    random_state : int, default=0
        Seed; the same seed gives the same points.

    Returns
    -------
    Dataset
        `X` is an array of shape (n_samples, n_features), float64, its rows shuffled. The centres
        are uniform between 0 and 10; the standard deviation of each coordinate is 0.8.

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
        lesson="K-means works best on round groups of equal size; try K one too large.",
    )


def iris() -> Dataset:
    """Return Fisher's iris data: four measurements of 150 flowers of three species.

    Returns
    -------
    Dataset
        `X` is a pandas DataFrame with 150 rows and four columns: lengths and widths in cm.

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
        lesson="One species is well separated; there is no gap between the other two.",
    )
