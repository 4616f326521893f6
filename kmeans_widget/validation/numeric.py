"""What counts as a number: one rule for data, weights, initial centres and positions."""

from __future__ import annotations

import warnings
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def as_numbers(values: Any) -> npt.NDArray[Any] | None:
    """Return real numbers as an array; None if some of the values are not numbers.

    Numbers are integers, floats, booleans (0 and 1), numpy scalars, `Decimal` and `Fraction`. None,
    NaN, pandas' NA and NaT, and masked entries are missing values.

    Parameters
    ----------
    values : array-like of any shape

    Returns
    -------
    ndarray of the same shape or None
        Booleans, integers or floats. Python objects become float64: missing values NaN, integers
        beyond the range of floats infinity.

    Examples
    --------
    >>> from decimal import Decimal
    >>> as_numbers([Decimal("1.5"), None, True])
    array([1.5, nan, 1. ])
    >>> as_numbers(np.ma.masked_equal([1, -9], -9))
    array([ 1., nan])
    >>> as_numbers(["1.5"]) is None
    True
    """
    array = masked_as_nan(values)
    if array.dtype.kind in "biuf":
        return array
    if array.dtype.kind != "O" or not all(map(_is_number_or_missing, array.flat)):
        return None
    return np.array([_as_float(value) for value in array.flat]).reshape(array.shape)


def masked_as_nan(values: Any) -> npt.NDArray[Any]:
    """Return values as an unmasked array with NaN for masked entries.

    `numpy.asarray` would return the values under the mask.

    Examples
    --------
    >>> masked_as_nan([np.ma.masked_equal([1, -9], -9), [3, 4]])
    array([[ 1., nan],
           [ 3.,  4.]])
    """
    if not isinstance(values, np.ma.MaskedArray):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*converting a masked element to nan")
            if not has_masked(values):
                return np.asarray(values)
            values = np.ma.array(values)
    if values.dtype.names is not None or not np.ma.is_masked(values):
        return np.asarray(values.data)
    if values.dtype.kind not in "biuf":
        objects = values.data.astype(object)
        objects[np.ma.getmaskarray(values)] = None
        return np.asarray(objects)
    dtype = np.float32 if values.dtype == np.float32 else np.float64
    return np.asarray(values.astype(dtype).filled(np.nan))


def has_masked(values: Any) -> bool:
    """Whether values are a masked array, or a list that contains one."""
    rows = values if isinstance(values, list | tuple) else [values]
    return any(isinstance(row, np.ma.MaskedArray) for row in rows)


def _is_number_or_missing(value: Any) -> bool:
    return isinstance(value, Real | Decimal | np.bool_) or is_missing(value)


def _as_float(value: Any) -> float:
    """Return a number as a float: NaN if missing, infinity if out of range."""
    if is_missing(value):
        return float("nan")
    try:
        return float(value)
    except ValueError:  # a signalling NaN
        return float("nan")
    except OverflowError:
        return float("inf") if value > 0 else -float("inf")


def is_missing(value: Any) -> bool:
    """Whether a value is None, pandas' NA or NaT, or a masked entry; NaN is a float."""
    return value is None or value is np.ma.masked or type(value).__name__ in {"NAType", "NaTType"}
