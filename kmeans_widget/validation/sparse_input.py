"""Convert sparse matrices to samples, without densifying them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.sparse import SparseSamples
from kmeans_widget.validation.magnitude import coordinate_limit, too_large_error
from kmeans_widget.validation.weights import as_weights

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s


def is_sparse(X: Any) -> bool:
    """Whether X is a scipy sparse matrix or array; scipy is not imported."""
    return hasattr(X, "tocsr") and hasattr(X, "nnz")


def as_sparse_samples(X: Any, sample_weight: npt.ArrayLike | None = None) -> SparseSamples:
    """Convert a sparse matrix of any format to samples.

    Parameters
    ----------
    X : scipy.sparse matrix or array of shape (n_samples, n_features)
        Finite real numbers. CSR with sorted indices and of float32 or float64 is not copied;
        anything else is converted, to float64 unless all of it is float32. Duplicate entries are
        summed.
    sample_weight : array-like of shape (n_samples,) or float, default=None
        Weight of each row: not negative, not all zero. None means 1 each.

    Returns
    -------
    SparseSamples

    Raises
    ------
    ValueError
        If the data cannot be clustered as they are.

    Examples
    --------
    >>> import scipy.sparse
    >>> X = scipy.sparse.coo_array(([1.0, 2.0], ([0, 1], [2, 0])), shape=(2, 3))
    >>> as_sparse_samples(X).rows(np.arange(2))
    array([[0., 0., 1.],
           [2., 0., 0.]])
    """
    rows = X.tocsr()
    _check_shape(rows)
    _check_structure(rows)
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    data = np.require(rows.data, _float_type(rows.dtype), ["C", "ALIGNED"])
    weights = None if sample_weight is None else as_weights(sample_weight, rows.shape[0])
    _check_values(data, rows.shape, weights)
    indices, indptr = (np.require(a, None, ["C", "ALIGNED"]) for a in (rows.indices, rows.indptr))
    return SparseSamples(data, indices, indptr, rows.shape[1], weights)


def _check_shape(rows: Any) -> None:
    """Raise if X is not 2-D, or empty."""
    if rows.ndim != 2:
        raise ValueError(f"Expected 2D input, got input with shape {rows.shape}.")
    for count, what in zip(rows.shape, ("sample(s)", "feature(s)"), strict=True):
        if count == 0:
            raise ValueError(
                f"Found array with 0 {what} (shape={rows.shape}) while a minimum of 1 is required."
            )


def _check_structure(rows: Any) -> None:
    """Raise if the index arrays contradict the shape: kernels would read out of bounds."""
    indptr, indices, (n_samples, n_features) = rows.indptr, rows.indices, rows.shape
    broken = (
        len(indptr) != n_samples + 1
        or indptr[0] != 0
        or (np.diff(indptr) < 0).any()
        or not indptr[-1] <= min(len(indices), len(rows.data))
    )
    stored = indices[: indptr[-1]]
    if broken or (len(stored) and (stored.min() < 0 or stored.max() >= n_features)):
        raise ValueError(
            "The index arrays of sparse X contradict its shape. Build it again, for instance with "
            "scipy.sparse.csr_array((values, (rows, columns)))."
        )


def _float_type(dtype: np.dtype[Any]) -> type[np.float32 | np.float64]:
    """Return the precision to compute in; raise if the dtype is not one of real numbers."""
    if dtype.kind == "c":
        raise ValueError("Complex data not supported. Use X.real, or real and imaginary columns.")
    if dtype.kind not in "biuf":
        raise ValueError(f"Sparse X of dtype {dtype} does not hold numbers. Use X.astype(float).")
    return np.float32 if dtype == np.float32 else np.float64


def _check_values(data: npt.NDArray[Any], shape: tuple[int, int], weights: Float64s | None) -> None:
    """Raise if there are NaN, infinite or too large values."""
    if not np.isfinite(data).all():
        large = f"infinity or a value too large for dtype('{data.dtype}')"
        raise ValueError(f"Input X contains {'NaN' if np.isnan(data).any() else large}.")
    largest = float(np.abs(data).max(initial=0.0))
    # Squared distances are float64, but distances have the dtype of X.
    distance = float(np.finfo(data.dtype).max) / (2.0 * math.sqrt(shape[1]))
    if largest > min(coordinate_limit(shape, np.float64, weights), distance):
        raise too_large_error(largest, "Input X contains", data.dtype)
