"""Fast path for float arrays: cheap checks that prove them valid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.validation.magnitude import coordinate_limit
from kmeans_widget.validation.weights import as_weights

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats

_SMALL_SIZE = 4096  # elements; a product of many more would start the threads of BLAS
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def as_samples_fast(X: Any, sample_weight: npt.ArrayLike | None = None) -> ArraySamples | None:
    """Convert a float array to samples, or return None if X needs the full validation.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    sample_weight : array-like of shape (n_samples,) or float, default=None

    Returns
    -------
    ArraySamples or None
        None unless X is a 2-D array of float32 or float64 that is proved to be finite and small
        enough; `as_samples` then has to check it, and may raise.

    Raises
    ------
    ValueError, TypeError
        If X is valid, but the weights are not: see `as_weights`.

    Examples
    --------
    >>> as_samples_fast(np.array([[1.0], [2.0]])).n_samples
    2
    >>> as_samples_fast([[1.0], [2.0]]) is as_samples_fast(np.array([[np.nan]])) is None
    True
    """
    if not is_float_matrix(X):
        return None
    samples = ArraySamples(np.ascontiguousarray(X))
    bound = _magnitude_bound(samples)
    # False for NaN.
    if not bound <= coordinate_limit(X.shape, X.dtype):
        return None
    if sample_weight is None:
        return samples
    weights = as_weights(sample_weight, len(X))
    is_within = bound <= coordinate_limit(X.shape, X.dtype, weights)
    return ArraySamples(samples.X, weights) if is_within else None


def _magnitude_bound(samples: ArraySamples) -> float:
    """Return an upper bound of the absolute coordinates: the root of a sum of squares.

    It may be far above the largest one. Its sums are needed by the run anyway.
    """
    if samples.X.size <= _SMALL_SIZE:
        return _norm(samples.X)
    _, squares = samples.moments
    return float(np.abs(samples.reference_point).max()) + math.sqrt(sum(squares.tolist()))


def _norm(X: Floats) -> float:
    flat = X.reshape(-1)
    return math.sqrt(np.vdot(flat, flat))  # other products warn about overflow


def is_float_matrix(X: Any, dtype: np.dtype[Any] | None = None) -> TypeGuard[Floats]:
    """Whether X is a non-empty 2-D numpy array of `dtype`; None: of float32 or float64."""
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.size > 0
        and (X.dtype in _FLOATS if dtype is None else X.dtype == dtype)
        and X.flags.aligned
    )


def is_within_limit(X: Floats, shape: tuple[int, int], weights: Float64s | None = None) -> bool:
    """Whether X is finite and within the coordinate limit for samples of this shape."""
    limit = coordinate_limit(shape, X.dtype, weights)
    if X.size <= _SMALL_SIZE:
        return _norm(X) <= limit
    return bool(X.max() <= limit and X.min() >= -limit)
