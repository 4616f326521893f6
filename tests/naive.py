"""The oracle: k-means in the dullest numpy, for checking the fast one against."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Run:
    """What a run of Lloyd's algorithm ends with."""

    centers: Array
    labels: Array
    inertia: float
    n_iter: int
    inertias: list[float]
    changed: list[int]


def squared_distances(X: Array, centers: Array) -> Array:
    """Squared distances, shape (n_samples, n_clusters), features added in their order."""
    total = np.zeros((len(X), len(centers)), dtype=X.dtype)
    for feature in range(X.shape[1]):
        total += (X[:, feature, np.newaxis] - centers[np.newaxis, :, feature]) ** 2
    return total


def assign(X: Array, centers: Array) -> Array:
    """Labels; `argmin` returns the lowest index among equals."""
    return np.asarray(squared_distances(X, centers).argmin(axis=1), dtype=np.int32)


def inertia(X: Array, weight: Array, centers: Array, labels: Array) -> float:
    """Weighted sum of the squared distances to the centres of the labels."""
    distances = squared_distances(X, centers)[np.arange(len(X)), labels]
    return float(np.sum(weight * distances))


def sums(X: Array, weight: Array, labels: Array, n_clusters: int) -> tuple[Array, Array]:
    """Weighted sum and weight of each cluster."""
    coordinates = np.zeros((n_clusters, X.shape[1]))
    total = np.zeros(n_clusters)
    for x, w, label in zip(X, weight, labels, strict=True):
        coordinates[label] += w * x.astype(np.float64)
        total[label] += w
    return coordinates, total


def update(X: Array, weight: Array, centers: Array, labels: Array) -> tuple[Array, int]:
    """Means of the clusters; an empty cluster jumps to the farthest sample. Count the jumps."""
    empty = np.flatnonzero(sums(X, weight, labels, len(centers))[1] == 0)
    distances = squared_distances(X, centers)[np.arange(len(X)), labels]
    noise = max(8 * np.finfo(X.dtype).eps, 1e-12) ** 2 * (X**2).sum(axis=1)
    apart = (distances > noise) & (weight > 0)
    far = [i for i in np.argsort(-distances, kind="stable") if apart[i]]
    jumps = list(zip(empty, far, strict=False))
    owner = labels.copy()
    for cluster, sample in jumps:
        owner[sample] = cluster
    moved = centers.astype(np.float64)
    for j in range(len(centers)):
        members = (owner == j) & (weight > 0)
        if members.any():
            pull = weight[members, np.newaxis]
            moved[j] = (pull * X[members]).sum(axis=0) / pull.sum()
    return moved.astype(X.dtype), len(jumps)


def lloyd(
    X: Array, centers: Array, weight: Array | None = None, max_iter: int = 300, tol: float = 0.0
) -> Run:
    """Lloyd's algorithm with relocation; `tol` is absolute."""
    weight = np.ones(len(X)) if weight is None else weight
    old = np.full(len(X), -1)
    inertias, changed = [], []
    for iteration in range(1, max_iter + 1):  # noqa: B007  the last number is a result
        labels = assign(X, centers)
        inertias.append(inertia(X, weight, centers, labels))
        changed.append(int((labels != old).sum()))
        moved, n_jumps = update(X, weight, centers, labels)
        if changed[-1] == 0 and n_jumps == 0:
            break
        shift = float(((moved.astype(np.float64) - centers) ** 2).sum())
        old, centers = labels, moved
        if shift <= tol:
            break
    labels = assign(X, centers)
    return Run(centers, labels, inertia(X, weight, centers, labels), iteration, inertias, changed)
