"""Feature scaling, applied before distances are computed.

Squared distances are sums over the features, so a feature with large values dominates them. A
scaling has an origin and a unit for each feature; K-means then runs on ``(X - origin) / unit``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.core.samples import ArraySamples

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """An origin and a unit for each feature.

    Parameters
    ----------
    origin : ndarray of shape (n_features,), float64
        The value that is mapped to 0, in the units of `X`.
    unit : ndarray of shape (n_features,), float64
        The difference that is mapped to 1, in the units of `X`; above 0.

    Examples
    --------
    >>> scaling = Scaling(np.array([10.0, 0.0]), np.array([2.0, 1.0]))
    >>> scaling.transform(np.array([[14.0, 3.0]]))
    array([[2., 3.]])
    >>> scaling.inverse_transform(np.array([[2.0, 3.0]]))
    array([[14.,  3.]])
    """

    origin: Float64s
    unit: Float64s

    def transform(self, points: Floats) -> Floats:
        """Scale points, shape (n_points, n_features); the dtype stays the same."""
        scaled = np.subtract(points, self.origin, dtype=np.float64)
        scaled /= self.unit
        return np.ascontiguousarray(scaled, dtype=points.dtype)

    def inverse_transform(self, points: Floats) -> Floats:
        """Convert scaled points back to the units of `X`; the dtype stays the same."""
        return np.asarray(points * self.unit + self.origin, dtype=points.dtype)


def fit_scaling(X: Floats, scale: str) -> Scaling:
    """Compute the origin and the unit of each feature.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    scale : str
        A key of `SCALES`. "none": 0 and 1; "standard": mean and standard deviation; "minmax":
        minimum and range; "robust": median and interquartile range. As in scikit-learn, sample
        weights are not taken into account, and the unit of a constant feature is 1.

    Returns
    -------
    Scaling

    Examples
    --------
    >>> X = np.array([[1.0, 7.0], [3.0, 7.0]])
    >>> fit_scaling(X, "minmax").transform(X)
    array([[0., 0.],
           [1., 0.]])
    """
    origin, unit = SCALES[scale].formula(np.asarray(X, dtype=np.float64))
    return Scaling(origin, unit)


DOMINANT = 0.9
"""Share of the squared distances above which a column dominates."""


def distance_shares(samples: ArraySamples) -> Float64s:
    """Return the share of each feature in the squared distances between samples.

    Parameters
    ----------
    samples : ArraySamples

    Returns
    -------
    ndarray of shape (n_features,), float64
        The weighted variance of each feature divided by their sum; 0 if all are constant.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> distance_shares(ArraySamples(np.array([[0.0, 0.0], [1.0, 3.0]])))
    array([0.1, 0.9])
    """
    if samples.sample_weight is None:
        variances = samples.feature_variances()
    else:
        mean = np.average(samples.X, axis=0, weights=samples.sample_weight)
        squares = np.square(samples.X - mean)
        variances = np.average(squares, axis=0, weights=samples.sample_weight)
    total = float(variances.sum())
    return np.asarray(variances / total if total > 0 else np.zeros_like(variances))


def _none(X: Float64s) -> tuple[Float64s, Float64s]:
    return np.zeros(X.shape[1]), np.ones(X.shape[1])


def _standard(X: Float64s) -> tuple[Float64s, Float64s]:
    mean, variance = X.mean(axis=0), X.var(axis=0)
    # Rounding gives a constant feature some variance; this is scikit-learn's bound for it.
    noise = len(X) * _EPS * variance + np.square(len(X) * mean * _EPS)
    return mean, np.where(variance <= noise, 1.0, np.sqrt(variance))


def _minmax(X: Float64s) -> tuple[Float64s, Float64s]:
    low = X.min(axis=0)
    return low, _unit(X.max(axis=0) - low)


def _robust(X: Float64s) -> tuple[Float64s, Float64s]:
    low, median, high = np.percentile(X, [25.0, 50.0, 75.0], axis=0)
    return median, _unit(high - low)


def _unit(span: Float64s) -> Float64s:
    """Return 1 for constant features, by scikit-learn's bound; the span for others."""
    return np.where(span < 10 * _EPS, 1.0, span)


class Scale(NamedTuple):
    """A method of feature scaling.

    Parameters
    ----------
    label : str
        Its name on the panel.
    phrase : str
        What it does to the columns, as in "on columns standardised"; empty if nothing.
    scaler : str
        The class of `sklearn.preprocessing` that does the same; empty if none is needed.
    formula : callable
        Maps X of shape (n_samples, n_features), float64, to the origin and the unit of each
        feature.
    """

    label: str
    phrase: str
    scaler: str
    formula: Callable[[Float64s], tuple[Float64s, Float64s]]


SCALES: dict[str, Scale] = {
    "none": Scale("none: as they are", "", "", _none),
    "standard": Scale("standard deviation", "standardised", "StandardScaler", _standard),
    "minmax": Scale("range (min–max)", "scaled to 0–1", "MinMaxScaler", _minmax),
    "robust": Scale("quartiles (robust)", "robustly scaled", "RobustScaler", _robust),
}
"""All scales by name: the only source for panel, narration, `%kmeans`, generated code, messages."""
