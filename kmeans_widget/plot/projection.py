"""Projection of the features onto the two axes of the picture.

Two features are shown as they are, a single one on a line, more on the plane of their first two
principal components, or on that of two of them. K-means itself always uses all features.

Features are shown in their own units even if K-means runs on scaled features: scaling would only
stretch the picture. Principal components are those of the scaled features. A feature
whose values differ only from the fifth digit on, such as an account number, is shown as the
difference from a round number, because tick labels and pixels could not resolve it otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.plot.limits import axis_spans
from kmeans_widget.plot.text import one_line, shorten
from kmeans_widget.validation.messages import percent

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.core.arrays import Float64s, Floats

OFFSET_RATIO = 1e4  # a feature this many ranges away from 0 is shown as a difference
OFFSET_NAME_WIDTH = 20  # columns of such a feature's name, so that the number after it fits
MOST_CONTENTS = 2  # features that are named beside a principal component
LEAST_CONTENT = 0.5  # of their weight, relative to the largest
CONTENT_WIDTH = 20  # columns of their names
MAX_EXACT = 500  # samples or features up to which a full eigendecomposition is as fast
VARIANCE_RATIO = 1e-6  # below it, the smaller variance is found in a second pass
BLOCK = 2**14  # samples of which products are summed at a time
BLOCK_SIZE = 6
RELATIVE_TOLERANCE = 1e-4  # residual of an eigenvector, relative to its eigenvalue
ABSOLUTE_TOLERANCE = 1e-13  # and relative to the largest eigenvalue
MAX_BASIS = 300  # vectors of the Krylov basis: by then the error is too small to be seen


class OtherColumn(NamedTuple):
    """A column that takes no part in the distances, but is an axis.

    Attributes
    ----------
    name : str
    values : ndarray of shape (n_samples,)
        NaN where there is none.
    """

    name: str
    values: Float64s


Axis = int | OtherColumn  # a feature, by its position, or another column


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """An affine map from the feature space, in the units of `X`, onto a plane.

    Attributes
    ----------
    origin : ndarray of shape (n_features,)
        The point shown at (0, 0), units of `X`.
    axes : ndarray of shape (n_features, 2)
        Directions of the two axes, orthonormal in the scaled space; zero for what is no feature,
        as the second axis of a single one.
    names : tuple of two str
        Names of the axes: features, other columns or principal components.
    unit : ndarray of shape (n_features,)
        Length along each feature that counts as a distance of 1.
    columns : tuple of int or None, or None
        The features that are the axes, None for another column; only None for principal components.
    others : tuple of two float
        What is subtracted from other columns, along each axis.
    contents : tuple of two str
        The features that a principal component is mostly made of, with their signs.
    """

    origin: Floats
    axes: Floats
    names: tuple[str, str]
    unit: Floats
    columns: tuple[int | None, ...] | None = None
    others: tuple[float, float] = (0.0, 0.0)
    contents: tuple[str, str] = ("", "")

    @property
    def features(self) -> dict[int, int]:
        """The feature along each axis that is one; empty for principal components."""
        return {axis: j for axis, j in enumerate(self.columns or ()) if j is not None}

    @property
    def has_others(self) -> bool:
        """Whether an axis is a column that takes no part in the distances."""
        return self.columns is not None and None in self.columns

    @property
    def is_line(self) -> bool:
        """Whether the points are on a line: they have a single feature, and it is the only axis."""
        return self.columns is not None and len(self.columns) == 1

    @property
    def axis_unit(self) -> Floats:
        """Length along each axis of the plane that counts as a distance of 1, shape (2,)."""
        if self.columns is None:
            return np.ones(2)
        return np.resize([1.0 if j is None else self.unit[j] for j in self.columns], 2)

    @property
    def offset(self) -> Floats:
        """Value at the origin of the plane along each axis, shape (2,); 0 for components."""
        offset = np.array(self.others)
        for axis, j in self.features.items():
            offset[axis] = self.origin[j]
        return offset

    @property
    def labels(self) -> tuple[str, str]:
        """Labels of the axes: their names, less the offset if there is one; and their contents."""
        first, second = map(_difference_name, self.names, self.offset.tolist())
        x, y = (f": {words}" if words else "" for words in self.contents)
        return first + x, second + y

    def project(self, points: Floats) -> Floats:
        """Return the coordinates of `points` on the plane, shape (n, 2)."""
        return np.asarray(self._offsets(points) @ self.axes * self.axis_unit)

    def distances(self, points: Floats) -> Floats:
        """Return the distance of each point from the plane, shape (n,), in the scaled space."""
        offsets = self._offsets(points)
        return np.asarray(np.linalg.norm(offsets - offsets @ self.axes @ self.axes.T, axis=1))

    def lift(self, place: Floats, position: Floats | None = None) -> Floats:
        """Return a point of the feature space that is shown at a place of the plane.

        Parameters
        ----------
        place : ndarray of shape (2,)
            Coordinates on the plane.
        position : ndarray of shape (n_features,), default=None
            The point that is moved there, parallel to the plane. None: the result is on the plane.

        Returns
        -------
        ndarray of shape (n_features,)
            Units of `X`.

        Examples
        --------
        >>> plane = Projection(np.zeros(3), np.eye(3, 2), ("a", "b"), np.ones(3))
        >>> plane.lift(np.array([5.0, 6.0]), np.array([1.0, 2.0, 3.0]))
        array([5., 6., 3.])
        """
        base = self.origin if position is None else np.asarray(position, dtype=np.float64)
        move = (place - self.project(base[None])[0]) / self.axis_unit
        return np.asarray(base + self.unit * (self.axes @ move))

    def _offsets(self, points: Floats) -> Floats:
        return np.asarray((np.asarray(points, dtype=np.float64) - self.origin) / self.unit)


def choose_projection(
    X: Floats,
    feature_names: tuple[str, ...],
    unit: Floats | None = None,
    columns: tuple[Axis, Axis] | None = None,
    scatter: Float64s | None = None,
) -> Projection:
    """Choose the plane on which `X` is shown.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The samples that are drawn.
    feature_names : tuple of str
        One name per feature.
    unit : ndarray of shape (n_features,), default=None
        Length along each feature that counts as a distance of 1; None: the units of `X`.
    columns : tuple of two int or OtherColumn, default=None
        The features or other columns that are the axes. None: one or two features as they are, else
        the first two principal components.
    scatter : ndarray of shape (n_features, n_features), default=None
        The scatter matrix of all samples, scaled; `X` may then be a part of them. None: the
        principal components are those of `X`.

    Returns
    -------
    Projection

    Examples
    --------
    >>> points = np.array([[1.0, 1.1, 0.0], [-1.0, -1.1, 0.0], [0.0, 0.0, 0.9], [0.0, 0.0, -0.9]])
    >>> choose_projection(points, ("a", "b", "c")).labels
    ('principal component 1 (73 %): b + a', 'principal component 2 (27 %): c')
    >>> choose_projection(np.array([[2000001.0], [2000003.0]]), ("account",)).labels
    ('account − 2000000', '')
    """
    n_features = X.shape[1]
    unit = np.ones(n_features) if unit is None else unit
    # Subtracting a sample first keeps a constant column exactly constant, however large it is.
    offsets = np.asarray(X, dtype=np.float64) - X[0]
    middle = offsets.mean(axis=0)
    if columns is not None or n_features <= 2:
        shown: tuple[Axis, ...] = tuple(range(n_features)) if columns is None else columns
        values = [j.values if isinstance(j, OtherColumn) else X[:, j] for j in shown]
        units = np.array([1.0 if isinstance(j, OtherColumn) else unit[j] for j in shown])
        zeros = _round_origin(values, units)
        origin, directions = X[0] + middle, np.zeros((n_features, 2))
        names, others = ["", ""], [0.0, 0.0]
        for axis, (j, zero) in enumerate(zip(shown, zeros, strict=True)):
            if isinstance(j, OtherColumn):
                names[axis], others[axis] = one_line(j.name), zero
            else:
                names[axis], origin[j] = one_line(feature_names[j]), zero
                directions[j, axis] = 1.0
        used = tuple(j if isinstance(j, int) else None for j in shown)
        return Projection(
            origin, directions, (names[0], names[1]), unit, used, (others[0], others[1])
        )
    offsets -= middle
    if (unit != 1.0).any():
        offsets /= unit
    axes, shares = principal_axes(offsets, scatter)
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    first, second = (
        f"principal component {i + 1} ({percent(round(share, 12))})"
        for i, share in enumerate(shares.tolist())
    )
    x, y = (
        _contents(axis, feature_names) if share else ""
        for axis, share in zip(axes.T, shares, strict=True)
    )
    return Projection(X[0] + middle, axes, (first, second), unit, contents=(x, y))


def _contents(axis: Floats, feature_names: tuple[str, ...]) -> str:
    """Name the features that an axis is mostly made of, the most important first.

    Examples
    --------
    >>> _contents(np.array([0.6, -0.7, 0.1, 0.4]), ("age", "income", "visits", "debt"))
    '−income + age'
    """
    order = (-np.abs(axis)).argsort(kind="stable")[:MOST_CONTENTS]
    parts = [
        f" {'+' if axis[j] > 0 else '−'} {shorten(one_line(feature_names[j]), CONTENT_WIDTH)}"
        for j in order
        if abs(axis[j]) >= LEAST_CONTENT * abs(axis[order[0]])
    ]
    words = "".join(parts)
    return words.removeprefix(" + ") if words.startswith(" +") else words.replace(" − ", "−", 1)


def scatter_matrix(X: Floats) -> Float64s:
    """Return the sums of products of the features' offsets from their means, in blocks of samples.

    Examples
    --------
    >>> scatter_matrix(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist()
    [[2.0, 0.0], [0.0, 0.0]]
    """
    mean, scatter = X.mean(axis=0, dtype=np.float64), np.zeros((X.shape[1], X.shape[1]))
    for first in range(0, len(X), BLOCK):
        offsets = X[first : first + BLOCK] - mean
        scatter += offsets.T @ offsets
    return scatter


def principal_axes(offsets: Floats, scatter: Float64s | None = None) -> tuple[Floats, Floats]:
    """Return the first two principal directions.

    Parameters
    ----------
    offsets : ndarray of shape (n_samples, n_features), float64
        Offsets of the points from their mean; at least two features.
    scatter : ndarray of shape (n_features, n_features), default=None
        The scatter matrix of more points, of which these are a part. It is not used where its
        second eigenvalue would be rounding error.

    Returns
    -------
    axes : ndarray of shape (n_features, 2)
        Orthonormal; directions without variance are arbitrary.
    shares : ndarray of shape (2,)
        Their shares of the total variance.

    Notes
    -----
    The directions are the right singular vectors of the two largest singular values. The cost is
    `O(n_samples * n_features * min(n_samples, n_features))` up to `MAX_EXACT` samples or features,
    and about `O(n_samples * n_features)` beyond.

    Examples
    --------
    >>> axes, shares = principal_axes(np.array([[0.0, 3.0, 0.0], [0.0, -3.0, 0.0]]))
    >>> np.abs(axes[:, 0]).tolist(), shares.tolist()
    ([0.0, 1.0, 0.0], [1.0, 0.0])
    """
    largest = max(offsets.max(), -offsets.min())
    if largest == 0.0:
        return np.eye(offsets.shape[1], 2), np.zeros(2)
    if not 1e-100 < largest < 1e100:  # squares would underflow or overflow
        offsets = offsets / largest
    if scatter is not None:
        values, vectors = np.linalg.eigh(scatter)
        if values[-2] > VARIANCE_RATIO * values[-1]:
            return vectors[:, [-1, -2]], values[[-1, -2]] / values.sum()
    axes, variances = _leading(offsets)
    if variances[1] < VARIANCE_RATIO * variances[0]:
        # The smaller variances were lost in rounding beside the first; search without it.
        first = axes[:, :1]
        rest, variances_left = _leading(offsets - offsets @ first * first.T)
        axes = np.linalg.qr(np.column_stack([first, rest[:, 0]]))[0]
        variances = np.array([variances[0], variances_left[0]])
    return axes, variances / np.vdot(offsets, offsets)


def _leading(offsets: Floats) -> tuple[Floats, Floats]:
    """Return two leading principal directions, and n_samples times the variances along them."""
    wide = offsets.shape[0] < offsets.shape[1]
    tall = offsets.T if wide else offsets
    width = tall.shape[1]
    if width <= MAX_EXACT:
        variances, vectors = np.linalg.eigh(tall.T @ tall)
        vectors, variances = vectors[:, [-1, -2]], variances[[-1, -2]]
    else:
        vectors, variances = _block_lanczos(lambda block: tall.T @ (tall @ block), width)
    if wide:  # left singular vectors; multiplying gives the right ones
        vectors = np.linalg.qr(tall @ vectors)[0]
    return vectors, np.maximum(variances, 0.0)


def _block_lanczos(multiply: Callable[[Floats], Floats], width: int) -> tuple[Floats, Floats]:
    """Return the eigenvectors of the two largest eigenvalues of a symmetric matrix, and these.

    Blocks find multiple eigenvalues too; a fixed seed makes the picture reproducible. Golub and
    Underwood (1977), The block Lanczos method for computing eigenvalues.
    """
    block = np.linalg.qr(multiply(np.random.default_rng(0).normal(size=(width, BLOCK_SIZE))))[0]
    basis, images = block, multiply(block)
    while True:
        # The basis grows by half between two eigendecompositions, which keeps these cheap.
        for _ in range(max(1, basis.shape[1] // (2 * BLOCK_SIZE))):
            block = images[:, -BLOCK_SIZE:]
            for _ in range(2):  # orthogonalize twice: once is not enough in floating point
                block = block - basis @ (basis.T @ block)
            block = np.linalg.qr(block)[0]
            basis = np.column_stack([basis, block])
            images = np.column_stack([images, multiply(block)])
        values, vectors = np.linalg.eigh(basis.T @ images)
        values, vectors = values[[-1, -2]], vectors[:, [-1, -2]]
        residual = np.linalg.norm(images @ vectors - basis @ vectors * values, axis=0)
        tolerance = RELATIVE_TOLERANCE * values + ABSOLUTE_TOLERANCE * values[0]
        if (residual <= tolerance).all() or len(basis.T) > MAX_BASIS:
            return basis @ vectors, values


def _round_origin(values: list[Floats], unit: Floats) -> list[float]:
    """Return a round number within each axis that is nearly constant for its size, else 0."""
    low = np.array([np.nanmin(x) for x in values], dtype=np.float64)
    high = np.array([np.nanmax(x) for x in values], dtype=np.float64)
    span = axis_spans(low, high, unit)
    is_far = np.maximum(np.abs(low), np.abs(high)) > OFFSET_RATIO * span
    return [
        round(float(middle), -math.ceil(math.log10(length))) if far else 0.0
        for middle, length, far in zip(low + (high - low) / 2, span, is_far, strict=True)
    ]


def _difference_name(name: str, origin: float) -> str:
    """Return the name of a feature from which a number is subtracted.

    Examples
    --------
    >>> _difference_name("id", 1.5e18), _difference_name("age", 0.0)
    ('id − 1.5e+18', 'age')
    >>> _difference_name("distance from the harbour", -37.5)
    'distance f…e harbour + 37.5'
    """
    if origin == 0.0:
        return name
    size = abs(origin)
    number = f"{size:.0f}" if size < 1e16 and size.is_integer() else repr(size)
    short = shorten(name, OFFSET_NAME_WIDTH)
    return f"{short} {'−' if origin > 0 else '+'} {number}"
