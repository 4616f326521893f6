"""Missing and infinite values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.validation.messages import quoted_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats


def complete_rows(matrix: Floats, names: Sequence[str]) -> npt.NDArray[np.bool_] | None:
    """Return which rows have no missing value.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_features)
        Missing values are NaN.
    names : sequence of str
        Names of the features, for the message.

    Returns
    -------
    ndarray of shape (n_rows,), bool, or None
        None if all rows are complete.

    Raises
    ------
    ValueError
        If no row is complete.

    Examples
    --------
    >>> complete_rows(np.array([[1.0, 2.0], [np.nan, 4.0]]), ["a", "b"])
    array([ True, False])
    """
    if _is_finite(matrix):
        return None
    missing = np.isnan(matrix)
    complete = np.asarray(~missing.any(axis=1))
    if complete.all():
        return None
    if complete.any():
        return complete
    empty = [name for name, gaps in zip(names, missing.T, strict=True) if gaps.all()]
    fix = "fill them in, or choose columns that have values in the same rows"
    if empty and len(empty) < len(names):
        fix = f"leave out what is empty ({_columns(empty)}), or fill it in"
    raise ValueError(f"Every row of X has a missing value, so no row is left to cluster: {fix}.")


def check_finite(matrix: Floats, names: Sequence[str]) -> None:
    """Raise if there are NaN or infinite values.

    Raises
    ------
    ValueError
        In scikit-learn's wording, with the number of rows and the names of the columns.
    """
    if _is_finite(matrix):
        return
    bad = ~np.isfinite(matrix)
    if not bad.any():
        return
    n_rows = int(bad.any(axis=1).sum())
    where = [name for name, wrong in zip(names, bad.T, strict=True) if wrong.any()]
    large = f"infinity or a value too large for dtype('{matrix.dtype}')"
    raise ValueError(
        f"Input X contains {'NaN' if np.isnan(matrix).any() else large}. {n_rows} of "
        f"{len(matrix)} rows ({_columns(where)}) must be dropped or filled in."
    )


def _is_finite(matrix: Floats) -> bool:
    """Whether a finite sum proves that all values are finite; False may also mean overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(matrix.sum()))


def _columns(names: Sequence[str]) -> str:
    return f"column{'s' * (len(names) > 1)} {quoted_list(names)}"
