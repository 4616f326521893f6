"""Example datasets: data that K-means likes, data that it fails on, and iris; one table of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

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
    target : ndarray of shape (n_samples,), int, or None
        The group of each sample; None if there are no groups.
    """

    X: Any
    name: str
    feature_names: tuple[str, ...]
    n_clusters: int
    lesson: str
    target: npt.NDArray[np.intp] | None = None


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
        target=np.repeat([0, 1], 15),
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
        target=group,
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

    data = load_iris(as_frame=True)
    frame = data.data
    return Dataset(
        X=frame,
        name="iris",
        feature_names=tuple(frame.columns),
        n_clusters=3,
        lesson="One species is well separated; there is no gap between the other two.",
        target=data.target.to_numpy(),
    )


def uneven(*, random_state: int = 0) -> Dataset:
    """Draw a large, wide group and two small, narrow ones beside it.

    K-means moves the border into the large group, as that lowers the sum of squares most.

    Returns
    -------
    Dataset
        `X` is an array of shape (400, 2).

    Examples
    --------
    >>> np.bincount(uneven().target).tolist()
    [320, 40, 40]
    """
    random = np.random.default_rng(random_state)
    sizes, spreads = (320, 40, 40), (1.6, 0.3, 0.3)
    centers = np.array([[4.0, 5.0], [9.6, 7.2], [9.6, 2.8]])
    target = np.repeat(range(3), sizes)
    X = centers[target] + random.normal(size=(400, 2)) * np.array(spreads)[target, None]
    return _planar(
        X, "uneven", 3, target,
        "The large group is cut: a border half-way between centroids ignores sizes and spreads.",
    )  # fmt: skip


def elongated(*, random_state: int = 0) -> Dataset:
    """Draw three long, parallel groups.

    K-means cuts across them, because it measures distances alike in all directions.

    Returns
    -------
    Dataset
        `X` is an array of shape (300, 2).

    Examples
    --------
    >>> elongated().X.shape
    (300, 2)
    """
    random = np.random.default_rng(random_state)
    target = np.repeat(range(3), 100)
    along = random.normal(scale=3.0, size=300)
    across = random.normal(scale=0.35, size=300) + 2.4 * (target - 1)
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]])
    X = np.column_stack([along, across]) @ turn + 10.0
    return _planar(
        X, "elongated", 3, target, "Long groups are cut across: K-means looks for round ones."
    )


def rings(*, random_state: int = 0) -> Dataset:
    """Draw two rings with the same middle.

    Their means are the same point, so no two centroids can tell them apart.

    Returns
    -------
    Dataset
        `X` is an array of shape (300, 2).

    Examples
    --------
    >>> rings().X.shape
    (300, 2)
    """
    random = np.random.default_rng(random_state)
    target = np.repeat([0, 1], [100, 200])
    angle = random.uniform(0.0, 2 * np.pi, 300)
    radius = np.array([1.5, 4.0])[target] + random.normal(scale=0.15, size=300)
    X = 5.0 + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return _planar(
        X, "rings", 2, target, "A ring around a ring has the same mean: K-means halves both."
    )


def moons(*, random_state: int = 0) -> Dataset:
    """Draw two half-moons that reach into each other.

    Returns
    -------
    Dataset
        `X` is an array of shape (300, 2).

    Examples
    --------
    >>> moons().X.shape
    (300, 2)
    """
    random = np.random.default_rng(random_state)
    target = np.repeat([0, 1], 150)
    angle = random.uniform(0.0, np.pi, 300) + np.pi * target
    X = 3.0 * np.column_stack([np.cos(angle), np.sin(angle)]) + [2.0, 4.0]
    X += target[:, None] * [3.0, 1.5] + random.normal(scale=0.25, size=(300, 2))
    return _planar(
        X, "moons", 2, target, "The tip of each moon is nearer to the other one's centroid."
    )


def outlier(*, random_state: int = 0) -> Dataset:
    """Draw two groups, and a single point far away.

    With K = 2 the point is a cluster of its own, because its square counts more than all others.

    Returns
    -------
    Dataset
        `X` is an array of shape (81, 2); the last point is the outlier, a group of its own.

    Examples
    --------
    >>> outlier().X[-1]
    array([60., 60.])
    """
    random = np.random.default_rng(random_state)
    target = np.repeat([0, 1, 2], [40, 40, 1])
    centers = np.array([[3.0, 3.0], [7.0, 6.0], [60.0, 60.0]])
    X = centers[target] + random.normal(scale=0.8, size=(81, 2)) * (target < 2)[:, None]
    return _planar(
        X,
        "outlier",
        2,
        target,
        "One far point takes a centroid for itself; remove it, and run again.",
    )


def duplicates(*, random_state: int = 0) -> Dataset:
    """Draw points with whole numbers only, so that many of them are equal.

    Returns
    -------
    Dataset
        `X` is an array of shape (200, 2) of at most 25 different points.

    Examples
    --------
    >>> len(np.unique(duplicates().X, axis=0)) <= 25
    True
    """
    random = np.random.default_rng(random_state)
    X = np.clip(random.normal(3.0, 1.0, size=(200, 2)).round(), 1.0, 5.0)
    return _planar(
        X, "duplicates", 4, None,
        "Ratings from 1 to 5: most points lie on each other, and K counts distinct points at most.",
    )  # fmt: skip


def unscaled(*, random_state: int = 0) -> Dataset:
    """Draw two groups that differ in a column of small numbers, beside a column of large ones.

    Returns
    -------
    Dataset
        `X` is an array of shape (200, 2): income in euros, and number of children.

    Examples
    --------
    >>> unscaled().feature_names
    ('income', 'children')
    """
    random = np.random.default_rng(random_state)
    target = np.repeat([0, 1], 100)
    income = random.normal(40_000.0, 9_000.0, 200).round(-2)
    children = np.clip(random.normal([0.4], 0.5, 200).round() + 3 * target, 0, 5)
    return Dataset(
        X=np.column_stack([income, children]),
        name="unscaled",
        feature_names=("income", "children"),
        n_clusters=2,
        lesson="Only the income counts, in euros; divide the columns by their standard deviations.",
        target=target,
    )


def uniform(*, random_state: int = 0) -> Dataset:
    """Draw points evenly from a square: there are no groups.

    Returns
    -------
    Dataset
        `X` is an array of shape (400, 2).

    Examples
    --------
    >>> uniform().target is None
    True
    """
    X = np.random.default_rng(random_state).uniform(0.0, 10.0, size=(400, 2))
    return _planar(
        X, "uniform", 4, None, "There are no groups, and K-means finds as many as you ask for."
    )


def _planar(
    X: npt.NDArray[np.float64],
    name: str,
    n_clusters: int,
    target: npt.NDArray[np.intp] | None,
    lesson: str,
) -> Dataset:
    """Return points in the plane as a dataset."""
    return Dataset(X, name, ("x", "y"), n_clusters, lesson, target)


DATASETS: dict[str, Callable[..., Dataset]] = {
    function.__name__: function
    for function in (
        walkthrough, blobs, uneven, elongated, rings, moons, outlier, duplicates, unscaled, uniform,
        iris,
    )
}  # fmt: skip
"""All of them by name, in the order of menus: a new one is a function and an entry here."""
