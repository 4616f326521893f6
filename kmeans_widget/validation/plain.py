"""The short way in, for arrays that need no reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.validation.reach import largest_coordinate
from kmeans_widget.validation.weights import as_weights

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats

_FEW = 4096  # numbers; of many more a product would start the threads of BLAS
_PART = 2**17  # numbers that stay in the cache from one look to the next
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
    X = np.ascontiguousarray(X)
    if not is_moderate(X, X.shape):
        return None
    if sample_weight is None:
        return ArraySamples(X)
    weights = as_weights(sample_weight, len(X))
    return ArraySamples(X, weights) if is_moderate(X, X.shape, weights) else None


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
    """Tell whether X is finite, and far from too large beside samples of this shape.

    For few numbers one product proves it, as the sum of the squares is no less than the largest.
    Where it proves nothing, X may still be within reach.
    """
    limit = largest_coordinate(shape, X.dtype, weights)
    # What is not a number is not less than anything.
    flat = X.reshape(-1)
    if X.size > _FEW:
        parts = (flat[i : i + _PART] for i in range(0, X.size, _PART))
        return all(part.max() <= limit and part.min() >= -limit for part in parts)
    return bool(np.vdot(flat, flat) <= limit**2)  # the other products warn of an overflow
