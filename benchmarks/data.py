"""The data sets, and the inertia by which results are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Kind = Literal["blobs", "uniform"]

_CHUNK = 2**16  # rows processed at a time, to keep temporary arrays small


@dataclass(frozen=True, slots=True)
class Workload:
    """Size of a data set, and the number of clusters to find."""

    n_samples: int
    n_features: int
    n_clusters: int
    remark: str = ""

    @property
    def name(self) -> str:
        """Name of the row."""
        text = f"{format_count(self.n_samples)} × {self.n_features}, k {self.n_clusters}"
        return f"{text}, {self.remark}" if self.remark else text

    @property
    def shape(self) -> tuple[int, int, int]:
        """Samples, features, clusters."""
        return self.n_samples, self.n_features, self.n_clusters

    def quick(self) -> Workload:
        """Return a small version for a smoke test."""
        n, k = min(self.n_samples, 1000), min(self.n_clusters, 20)
        return Workload(n, min(self.n_features, 32), k, self.remark)

    def data(self, kind: Kind = "blobs") -> tuple[Floats, Floats]:
        """Return float32 samples, and distinct rows of them as starting centres."""
        X = make_samples(self.n_samples, self.n_features, self.n_clusters, kind)
        rows = np.random.default_rng(1).choice(len(X), self.n_clusters, replace=False)
        return X, X[rows].copy()


def make_samples(n_samples: int, n_features: int, n_clusters: int, kind: Kind = "blobs") -> Floats:
    """Make float32 data.

    Parameters
    ----------
    n_samples, n_features, n_clusters : int
    kind : {"blobs", "uniform"}
        "blobs": twice as many normal blobs as clusters, about 3 standard deviations apart in any
        dimension, so that they overlap and Lloyd's algorithm takes many iterations.
        "uniform": a cube, without structure that bounds could exploit.

    Returns
    -------
    ndarray of shape (n_samples, n_features), float32
    """
    rng = np.random.default_rng(0)
    if kind == "uniform":
        return rng.random((n_samples, n_features), dtype=np.float32)
    n_blobs = 2 * n_clusters
    # Side of the cube of blobs. With few features it grows with their number (n_blobs ** (1 / d));
    # with many, points drawn from a cube are sqrt(d / 6) sides apart anyway.
    side = 3 * n_blobs ** (1 / n_features) * min(1.0, (6 / n_features) ** 0.5)
    blobs = (side * rng.random((n_blobs, n_features))).astype(np.float32)
    X = np.empty((n_samples, n_features), np.float32)
    for start in range(0, n_samples, _CHUNK):
        part = X[start : start + _CHUNK]
        part[:] = rng.standard_normal(part.shape, dtype=np.float32)
        part += blobs[rng.integers(n_blobs, size=len(part))]
    return X


def iris() -> Floats:
    """Return 150 flowers, 4 features, float64."""
    from sklearn.datasets import load_iris

    return np.ascontiguousarray(load_iris().data)


def digits() -> Floats:
    """Return 1,797 pictures of 8 × 8 pixels, float64."""
    from sklearn.datasets import load_digits

    return np.ascontiguousarray(load_digits().data)


def china() -> Floats:
    """Return the 273,280 pixels of scikit-learn's photograph, float32 from 0 to 1."""
    from sklearn.datasets import load_sample_image

    pixels = load_sample_image("china.jpg").reshape(-1, 3)
    return np.ascontiguousarray(pixels, np.float32) / np.float32(255)


def inertia(X: Floats, centers: Floats) -> float:
    """Return the sum of squared distances to the nearest centre, computed in float64.

    The contenders' own inertias and labels are not used: some belong to the last centres, some to
    those before.
    """
    origin = centers.mean(axis=0, dtype=np.float64)  # dot products cancel far from the origin
    moved = centers.astype(np.float64) - origin
    squares, total = np.einsum("ij,ij->i", moved, moved), 0.0
    for start in range(0, len(X), _CHUNK // 4):
        part = X[start : start + _CHUNK // 4].astype(np.float64) - origin
        nearest = (squares - 2 * (part @ moved.T)).min(axis=1)
        total += float(np.einsum("ij,ij->", part, part) + nearest.sum())
    return total


def format_count(number: int) -> str:
    """Format 10_000 as 10k and 1_000_000 as 1M.

    >>> format_count(30), format_count(1797), format_count(500_000), format_count(10_000_000)
    ('30', '1797', '500k', '10M')
    """
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size and number % size == 0:
            return f"{number // size}{letter}"
    return str(number)
