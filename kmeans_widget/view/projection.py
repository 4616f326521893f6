"""From n_features to the two axes of the picture.

Two features are shown as they are, one lies on a line, more are shown on the plane of their two
largest principal components. K-means itself always runs on all features.

One or two features are shown in their own units whatever scale K-means measures them on: on a
scale the picture is stretched, no more. Principal components are those of the scaled features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.view.text import one_line

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """An affine map of the feature space, in the units of `X`, onto a plane.

    Attributes
    ----------
    origin : ndarray of shape (n_features,)
        The point shown at (0, 0), units of `X`.
    axes : ndarray of shape (n_features, 2)
        Directions of the two axes, orthonormal where distances are measured; the second is zero
        for a single feature.
    names : tuple of two str
        What to write on the axes.
    unit : ndarray of shape (n_features,)
        What counts as a distance of 1 along each feature.
    """

    origin: Floats
    axes: Floats
    names: tuple[str, str]
    unit: Floats

    @property
    def spread(self) -> Floats:
        """What counts as a distance of 1 along each axis of the plane, shape (2,)."""
        return np.ones(2) if len(self.unit) > 2 else np.resize(self.unit, 2)

    def plane(self, points: Floats) -> Floats:
        """Coordinates of `points` on the plane, shape (n, 2)."""
        return np.asarray(self._offsets(points) @ self.axes * self.spread)

    def height(self, points: Floats) -> Floats:
        """Squared distance of each point from the plane, shape (n,)."""
        offsets = self._offsets(points)
        squared = np.einsum("ij,ij->i", offsets, offsets)
        on_plane = offsets @ self.axes
        return np.asarray(np.maximum(squared - np.einsum("ij,ij->i", on_plane, on_plane), 0.0))

    def lift(self, place: Floats, position: Floats | None = None) -> Floats:
        """Find the point of the feature space that is shown at a place of the plane.

        Parameters
        ----------
        place : ndarray of shape (2,)
            Coordinates on the plane.
        position : ndarray of shape (n_features,), default=None
            A point that is dragged there: what cannot be seen of it stays. None: a point on the
            plane itself.

        Returns
        -------
        ndarray of shape (n_features,)

        Examples
        --------
        >>> plane = Projection(np.zeros(3), np.eye(3, 2), ("a", "b"), np.ones(3))
        >>> plane.lift(np.array([5.0, 6.0]), np.array([1.0, 2.0, 3.0]))
        array([5., 6., 3.])
        """
        base = self.origin if position is None else np.asarray(position, dtype=np.float64)
        way = (place - self.plane(base[None])[0]) / self.spread
        return np.asarray(base + self.unit * (self.axes @ way))

    def _offsets(self, points: Floats) -> Floats:
        return np.asarray((np.asarray(points, dtype=np.float64) - self.origin) / self.unit)


def project(X: Floats, feature_names: tuple[str, ...], unit: Floats | None = None) -> Projection:
    """Choose the plane on which `X` is shown.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The samples that are drawn.
    feature_names : tuple of str
        One name per feature.
    unit : ndarray of shape (n_features,), default=None
        What counts as a distance of 1 along each feature; None: the unit of `X`.

    Returns
    -------
    Projection
        The features themselves for one or two of them, else the principal plane.

    Notes
    -----
    The principal directions are the eigenvectors of the covariance matrix with the two largest
    eigenvalues; their signs are fixed by making the largest component positive. Cost
    `O(n_samples * n_features**2 + n_features**3)`.

    Examples
    --------
    >>> project(np.eye(3), ("a", "b", "c")).names
    ('principal component 1 (50 %)', 'principal component 2 (50 %)')
    """
    n_features = X.shape[1]
    unit = np.ones(n_features) if unit is None else unit
    if n_features <= 2:
        names = (*map(one_line, feature_names), "")[:2]
        return Projection(np.zeros(n_features), np.eye(n_features, 2), (names[0], names[1]), unit)
    origin = X.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(np.cov((X - origin) / unit, rowvar=False))
    axes = directions[:, [-1, -2]]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    total = variances.sum()
    shares = variances[[-1, -2]] / total if total > 0 else np.zeros(2)
    first, second = (
        f"principal component {i + 1} ({100 * share:.0f} %)" for i, share in enumerate(shares)
    )
    return Projection(origin, axes, (first, second), unit)
