"""The short way in, for arrays that need no reading."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.validation.reach import largest_coordinate
from kmeans_widget.validation.weights import as_weights

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats

_FEW = 4096  # numbers; of many more a product would start the threads of BLAS
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def plain_samples(X: Any, sample_weight: npt.ArrayLike | None = None) -> ArraySamples | None:
    """Turn an array into samples if that needs no more than C order; else return None.

    None means that the data have to be read and checked at length, and perhaps refused.

    Raises
    ------
    ValueError, TypeError
        When the data are fine, but the weights are not: those of `as_weights`.

    Examples
    --------
    >>> plain_samples(np.array([[1.0], [2.0]])).n_samples
    2
    >>> plain_samples([[1.0], [2.0]]) is plain_samples(np.array([[np.nan]])) is None
    True
    """
    if not is_plain(X):
        return None
    samples = ArraySamples(np.ascontiguousarray(X))
    reach = _reach(samples)
    # What is not a number is not less than anything.
    if not reach <= largest_coordinate(X.shape, X.dtype):
        return None
    if sample_weight is None:
        return samples
    weights = as_weights(sample_weight, len(X))
    within = reach <= largest_coordinate(X.shape, X.dtype, weights)
    return ArraySamples(samples.X, weights) if within else None


def _reach(samples: ArraySamples) -> float:
    """Return what no coordinate is beyond, since a sum of squares is no less than the largest.

    That sum is one that a run may need. Where it proves nothing, the samples may be fine still.
    """
    if samples.X.size <= _FEW:
        return _norm(samples.X)
    _, squares = samples.moments
    return float(np.abs(samples.reference_point).max()) + math.sqrt(sum(squares.tolist()))


def _norm(X: Floats) -> float:
    flat = X.reshape(-1)
    return math.sqrt(np.vdot(flat, flat))  # the other products warn of an overflow


def is_plain(X: Any, dtype: np.dtype[Any] | None = None) -> TypeGuard[Floats]:
    """Tell whether X is a numpy array that is a table of floats, of this type or of either."""
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.size > 0
        and (X.dtype in _FLOATS if dtype is None else X.dtype == dtype)
        and X.flags.aligned
    )


def is_moderate(X: Floats, shape: tuple[int, int], weights: Float64s | None = None) -> bool:
    """Tell whether X is finite, and not too large beside samples of this shape."""
    limit = largest_coordinate(shape, X.dtype, weights)
    if X.size <= _FEW:
        return _norm(X) <= limit
    return bool(X.max() <= limit and X.min() >= -limit)
