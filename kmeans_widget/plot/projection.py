"""From n_features to the two axes of the picture.

Two features are shown as they are, one lies on a line, more are shown on the plane of their two
largest principal components. K-means itself always runs on all features.

One or two features are shown in their own units whatever scale K-means measures them on: on a
scale the picture is stretched, no more. Principal components are those of the scaled features.
A feature whose values differ only from the fifth digit on, such as an account number, is shown as
the difference from a round number: else neither ticks nor pixels could tell its values apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.plot.limits import spans
from kmeans_widget.plot.text import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.core.arrays import Floats

FAR = 1e4  # ranges from 0, beyond which a feature is shown as a difference
LONGEST_NAME = 20  # letters of such a feature's name: the number behind it must be seen
MOST_EXACT = 500  # samples or features up to which all eigenvectors are computed: as fast
GRADED = 1e-6  # ratio of two variances whose squares lose too many digits in one matrix
BLOCK = 6
TOLERANCE = 1e-4  # of an eigenvector's misfit, relative to its eigenvalue,
ROUNDING = 1e-13  # and to the largest
LONGEST = 300  # vectors of a basis: beyond, directions differ in nothing that could be seen


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
        What the axes are: features or components.
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

    @property
    def offset(self) -> Floats:
        """What a place of the plane is counted from along each axis, shape (2,).

        Features have their own zero, wherever the plane has its; components are relative.
        """
        return np.zeros(2) if len(self.origin) > 2 else np.append(self.origin, 0.0)[:2]

    @property
    def labels(self) -> tuple[str, str]:
        """What to write on the axes."""
        first, second = map(_less, self.names, self.offset.tolist())
        return first, second

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

    Examples
    --------
    >>> project(np.eye(3), ("a", "b", "c")).names
    ('principal component 1 (50 %)', 'principal component 2 (50 %)')
    >>> project(np.array([[2000001.0], [2000003.0]]), ("account",)).labels
    ('account − 2000000', '')
    """
    n_features = X.shape[1]
    unit = np.ones(n_features) if unit is None else unit
    if n_features <= 2:
        names = (*map(one_line, feature_names), "")[:2]
        origin = _round_origin(X, unit)
        return Projection(origin, np.eye(n_features, 2), (names[0], names[1]), unit)
    # Measured from a sample: a column that is constant stays exactly so, however large it is.
    offsets = np.asarray(X, dtype=np.float64) - X[0]
    middle = offsets.mean(axis=0)
    offsets -= middle
    if (unit != 1.0).any():
        offsets /= unit
    axes, shares = principal_axes(offsets)
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    first, second = (
        f"principal component {i + 1} ({100 * share:.0f} %)" for i, share in enumerate(shares)
    )
    return Projection(X[0] + middle, axes, (first, second), unit)


def principal_axes(offsets: Floats) -> tuple[Floats, Floats]:
    """Find the two directions in which points differ most.

    Parameters
    ----------
    offsets : ndarray of shape (n_samples, n_features), float64
        Offsets of the points from their mean; at least two features.

    Returns
    -------
    axes : ndarray of shape (n_features, 2)
        Orthonormal; where the points differ in no direction, or in one, any that fit.
    shares : ndarray of shape (2,)
        Their shares of the total variance.

    Notes
    -----
    The directions are the singular vectors of the two largest singular values. Cost
    `O(n_samples * n_features * min(n_samples, n_features))` up to `MOST_EXACT` samples or features,
    beyond it about `O(n_samples * n_features)`.

    Examples
    --------
    >>> axes, shares = principal_axes(np.array([[0.0, 3.0, 0.0], [0.0, -3.0, 0.0]]))
    >>> np.abs(axes[:, 0]).tolist(), shares.tolist()
    ([0.0, 1.0, 0.0], [1.0, 0.0])
    """
    largest = max(offsets.max(), -offsets.min())
    if largest == 0.0:
        return np.eye(offsets.shape[1], 2), np.zeros(2)
    if not 1e-100 < largest < 1e100:  # squares would vanish, or overflow
        offsets = offsets / largest
    axes, variances = _leading(offsets)
    if variances[1] < GRADED * variances[0]:
        # Next to a variance so large the smaller ones were lost in the rounding of squares.
        first = axes[:, :1]
        rest, variances_left = _leading(offsets - offsets @ first * first.T)
        axes = np.linalg.qr(np.column_stack([first, rest[:, 0]]))[0]
        variances = np.array([variances[0], variances_left[0]])
    return axes, variances / np.vdot(offsets, offsets)


def _leading(offsets: Floats) -> tuple[Floats, Floats]:
    """Find the two leading principal directions and n_samples times the variances along them."""
    wide = offsets.shape[0] < offsets.shape[1]
    tall = offsets.T if wide else offsets
    width = tall.shape[1]
    if width <= MOST_EXACT:
        variances, vectors = np.linalg.eigh(tall.T @ tall)
        vectors, variances = vectors[:, [-1, -2]], variances[[-1, -2]]
    else:
        vectors, variances = _block_lanczos(lambda block: tall.T @ (tall @ block), width)
    if wide:  # of the samples; those of the features follow
        vectors = np.linalg.qr(tall @ vectors)[0]
    return vectors, np.maximum(variances, 0.0)


def _block_lanczos(multiply: Callable[[Floats], Floats], width: int) -> tuple[Floats, Floats]:
    """Find the two largest eigenvalues, and their eigenvectors, of a large symmetric matrix.

    In blocks, so that equal eigenvalues are found as well; from the same random block every time,
    so that the picture is the same. Golub & Underwood (1977), The block Lanczos method for
    computing eigenvalues.
    """
    block = np.linalg.qr(multiply(np.random.default_rng(0).normal(size=(width, BLOCK))))[0]
    basis, images = block, multiply(block)
    while True:
        # The basis grows by half from one look at it to the next, so that looking stays cheap.
        for _ in range(max(1, basis.shape[1] // (2 * BLOCK))):
            block = images[:, -BLOCK:]
            for _ in range(2):  # once leaves some of the basis in it, by rounding
                block = block - basis @ (basis.T @ block)
            block = np.linalg.qr(block)[0]
            basis = np.column_stack([basis, block])
            images = np.column_stack([images, multiply(block)])
        values, vectors = np.linalg.eigh(basis.T @ images)
        values, vectors = values[[-1, -2]], vectors[:, [-1, -2]]
        misfit = np.linalg.norm(images @ vectors - basis @ vectors * values, axis=0)
        if (misfit <= TOLERANCE * values + ROUNDING * values[0]).all() or len(basis.T) > LONGEST:
            return basis @ vectors, values


def _round_origin(X: Floats, unit: Floats) -> Floats:
    """Find a round number amid each feature that is nearly constant beside its size; else 0."""
    low, high = X.min(axis=0).astype(np.float64), X.max(axis=0).astype(np.float64)
    span = spans(low, high, unit)
    size = np.maximum(np.abs(low), np.abs(high))
    return np.array(
        [
            round(float(middle), -math.ceil(math.log10(length))) if far > FAR * length else 0.0
            for middle, length, far in zip(low + (high - low) / 2, span, size, strict=True)
        ]
    )


def _less(name: str, origin: float) -> str:
    """Name the difference of a feature from a number.

    Examples
    --------
    >>> _less("id", 1.5e18), _less("age", 0.0), _less("distance from the harbour", -37.5)
    ('id − 1.5e+18', 'age', 'distance f…e harbour + 37.5')
    """
    if origin == 0.0:
        return name
    size = abs(origin)
    number = f"{size:.0f}" if size < 1e16 and size.is_integer() else repr(size)
    short = shortened(name, LONGEST_NAME)
    return f"{short} {'−' if origin > 0 else '+'} {number}"
