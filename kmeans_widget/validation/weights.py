"""Sample weights: found in a table or given on their own, and converted to an array."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.datasets import Dataset
from kmeans_widget.validation.messages import quoted_list, suggestion, typed_repr
from kmeans_widget.validation.numeric import as_numbers
from kmeans_widget.validation.tables import check_same_index, column, column_names

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s

# The largest weight must be between these, so that weighted squared distances neither overflow nor
# underflow.
_SMALLEST, _LARGEST = 1e-150, 1e140


def as_weights(
    sample_weight: npt.ArrayLike,
    n_samples: int,
    complete: npt.NDArray[np.bool_] | None = None,
) -> Float64s:
    """Return weights as an array of float64, one per sample.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,) or float
        Not negative, not all zero; a scalar is the weight of every sample.
    n_samples : int
    complete : ndarray of shape (n_samples,), bool, default=None
        Mask of the samples to keep; None keeps all.

    Returns
    -------
    ndarray of shape (n_kept,), float64
        A copy.

    Raises
    ------
    ValueError, TypeError
        If the weights are invalid: in scikit-learn's wording, with a fix.

    Examples
    --------
    >>> as_weights([1, 0, 2], 3)
    array([1., 0., 2.])
    """
    weights = read_weights(sample_weight)
    if weights.ndim == 0:
        weights = np.full(n_samples, weights)
    if weights.ndim > 1:
        raise ValueError(
            f"Sample weights must be 1D array or scalar, got {weights.ndim}D array. Expected "
            f"either a scalar value or a 1D array of length {n_samples}. "
            "Use np.ravel(sample_weight)."
        )
    if weights.shape != (n_samples,):
        raise ValueError(
            f"sample_weight.shape == {weights.shape}, expected {(n_samples,)}! "
            "Give one weight for each row of X."
        )
    weights = weights if complete is None else weights[complete]
    _check_values(weights)
    return weights


def resolve_weights(X: Any, sample_weight: Any) -> tuple[Any, Any]:
    """Return the weights, which may be given as the name of a column of X.

    Parameters
    ----------
    X : array-like, DataFrame or Dataset
    sample_weight : array-like of shape (n_samples,), str or None
        A str is the name of a column of X.

    Returns
    -------
    sample_weight : array-like or None
    column : object or None
        The name of the column in X; None if the weights are not a column.

    Raises
    ------
    ValueError, TypeError
        If there is no such column, or `sample_weight` is a single number.

    Examples
    --------
    >>> resolve_weights([[1.0, 2.0]], "size")
    Traceback (most recent call last):
        ...
    ValueError: X has no column 'size' for the weights, as its columns have no names. Give one
    number for each row.
    """
    if not isinstance(sample_weight, str):
        if sample_weight is not None and np.ndim(sample_weight) == 0:
            raise TypeError(
                "sample_weight must be one number for each row of X, or the name of a column, got "
                f"{typed_repr(sample_weight)}. Leave it out if all rows count the same."
            )
        check_same_index(sample_weight, X.X if isinstance(X, Dataset) else X, "sample_weight")
        return sample_weight, None
    data = X.X if isinstance(X, Dataset) else X
    known = column_names(data)
    if not known:
        raise ValueError(
            f"X has no column {sample_weight!r} for the weights, as its columns have no names. "
            "Give one number for each row."
        )
    if sample_weight not in known:
        raise ValueError(
            f"X has no column {sample_weight!r} for the weights"
            f"{suggestion(sample_weight, known)} Choose from {quoted_list(known, 8)}."
        )
    return column(data, known.index(sample_weight))


def read_weights(sample_weight: npt.ArrayLike) -> Float64s:
    """Return the weights as a float64 copy, NaN for missing ones."""
    numbers = None
    with contextlib.suppress(TypeError, ValueError):
        numbers = as_numbers(sample_weight)
    if numbers is None:
        raise TypeError("sample_weight must be numbers, one for each row of X.")
    return np.array(numbers, dtype=np.float64)


def _check_values(weights: Float64s) -> None:
    """Raise if weights are not finite, negative, all zero or out of range."""
    if not np.isfinite(weights).all():
        what = (
            "NaN"
            if np.isnan(weights).any()
            else "infinity or a value too large for dtype('float64')"
        )
        raise ValueError(f"Input sample_weight contains {what}. Use 0 to ignore a row.")
    if (weights < 0).any():
        raise ValueError(
            "Negative values in data passed to `sample_weight`. Use 0 to ignore a row."
        )
    largest = float(weights.max())
    if largest == 0:
        raise ValueError(
            "Sample weights must contain at least one non-zero number. "
            "Give at least one row a weight above 0."
        )
    if not _SMALLEST <= largest <= _LARGEST:
        raise ValueError(
            f"The largest value of sample_weight is {largest:.3g}, out of the range in which "
            "weighted sums are exact. Rescale: sample_weight / np.max(sample_weight)."
        )
