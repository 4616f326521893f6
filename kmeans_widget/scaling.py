"""How the columns are made comparable before distances are measured.

Distances add up squares, so a column in large numbers decides them alone. A scaling gives each
column an origin and a unit; K-means then runs on ``(X - origin) / unit``.
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
    """An origin and a unit for every column.

    Parameters
    ----------
    origin : ndarray of shape (n_features,), float64
        What becomes 0, units of `X`.
    unit : ndarray of shape (n_features,), float64
        What becomes a distance of 1, units of `X`; above 0.

    Examples
    --------
    >>> scaling = Scaling(np.array([10.0, 0.0]), np.array([2.0, 1.0]))
    >>> scaling.scaled(np.array([[14.0, 3.0]]))
    array([[2., 3.]])
    >>> scaling.original(np.array([[2.0, 3.0]]))
    array([[14.,  3.]])
    """

    origin: Float64s
    unit: Float64s

    def scaled(self, points: Floats) -> Floats:
        """Express points, shape (n, n_features), in the units of the scaling; same dtype."""
        scaled = np.subtract(points, self.origin, dtype=np.float64)
        scaled /= self.unit
        return np.ascontiguousarray(scaled, dtype=points.dtype)

    def original(self, points: Floats) -> Floats:
        """Express scaled points in the units of `X`; same dtype."""
        return np.asarray(points * self.unit + self.origin, dtype=points.dtype)


def scaling_of(X: Floats, scale: str) -> Scaling:
    """Find origin and unit of every column.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    scale : str
        One of `SCALES`. "standard": mean and standard deviation; "minmax": minimum and range;
        "robust": median and interquartile range. As in scikit-learn they are those of the rows,
        whatever these weigh, and a constant column keeps its unit.

    Returns
    -------
    Scaling

    Examples
    --------
    >>> X = np.array([[1.0, 7.0], [3.0, 7.0]])
    >>> scaling_of(X, "minmax").scaled(X)
    array([[0., 0.],
           [1., 0.]])
    """
    origin, unit = SCALES[scale].formula(np.asarray(X, dtype=np.float64))
    return Scaling(origin, unit)


def distance_shares(samples: ArraySamples) -> Float64s:
    """Measure how much each feature contributes to the squared distances between samples.

    Parameters
    ----------
    samples : ArraySamples

    Returns
    -------
    ndarray of shape (n_features,), float64
        The weighted variance of each feature as a share of their sum; 0 where all are constant.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> distance_shares(ArraySamples(np.array([[0.0, 0.0], [1.0, 3.0]])))
    array([0.1, 0.9])
    """
    if samples.sample_weight is None:
        variances = samples.feature_variances()
    else:
        middle = np.average(samples.X, axis=0, weights=samples.sample_weight)
        squares = np.square(samples.X - middle)
        variances = np.average(squares, axis=0, weights=samples.sample_weight)
    total = float(variances.sum())
    return np.asarray(variances / total if total > 0 else np.zeros_like(variances))


def _none(X: Float64s) -> tuple[Float64s, Float64s]:
    return np.zeros(X.shape[1]), np.ones(X.shape[1])


def _standard(X: Float64s) -> tuple[Float64s, Float64s]:
    mean, variance = X.mean(axis=0), X.var(axis=0)
    # Rounding gives a constant column some variance; scikit-learn's bound for it.
    noise = len(X) * _EPS * variance + np.square(len(X) * mean * _EPS)
    return mean, np.where(variance <= noise, 1.0, np.sqrt(variance))


def _minmax(X: Float64s) -> tuple[Float64s, Float64s]:
    low = X.min(axis=0)
    return low, _unit(X.max(axis=0) - low)


def _robust(X: Float64s) -> tuple[Float64s, Float64s]:
    low, middle, high = np.percentile(X, [25.0, 50.0, 75.0], axis=0)
    return middle, _unit(high - low)


def _unit(span: Float64s) -> Float64s:
    """Keep the unit of a column whose span counts as none, by scikit-learn's bound."""
    return np.where(span < 10 * _EPS, 1.0, span)


class Scale(NamedTuple):
    """One way to make columns comparable.

    Parameters
    ----------
    label : str
        What the panel calls it.
    phrase : str
        What it makes of the columns, as in "on columns standardised"; empty where they stay.
    scaler : str
        The class of `sklearn.preprocessing` that does the same; empty where none is needed.
    formula : callable
        From X of shape (n_samples, n_features), float64, to origin and unit of every column.
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
"""All scales by name. Panel, sentences, `%kmeans`, code and messages read this table only."""
