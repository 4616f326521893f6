"""Convert user data to samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.datasets import Dataset
from kmeans_widget.validation.finite import check_finite, complete_rows
from kmeans_widget.validation.magnitude import coordinate_limit, too_large_error
from kmeans_widget.validation.sparse_input import as_sparse_samples, is_sparse
from kmeans_widget.validation.tables import (
    NOTHING_LEFT_OUT,
    Encoding,
    LeftOut,
    as_frame,
    as_series,
    column_list,
    read_array,
    read_frame,
)
from kmeans_widget.validation.weights import as_weights, read_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.blocks import BlockSamples
    from kmeans_widget.core.sparse import SparseSamples
    from kmeans_widget.scaling import Scaling


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Validated data.

    Parameters
    ----------
    samples : ArraySamples
        The feature values and the weights.
    feature_names : tuple of str
        Names of the columns in use; "feature 0", "feature 1", ... where the data have none.
    index : pandas.Index or None
        The row labels of a pandas DataFrame.
    frame : narwhals.DataFrame or None
        The original table, with the columns that it had then; None for an array.
    named : bool
        Whether the columns have names and all of them are strings.
    positions : tuple of int or None
        Positions of the columns in use, counted from 0; None if all are used, in their order.
    weight_column : object or None
        Name of the DataFrame column that holds the weights.
    complete : ndarray of shape (n_rows,), bool, or None
        Mask of the rows without missing values, which are the samples; None if no row was left out.
    left_out : LeftOut
        The columns that were left out by default, and used ones that look like identifiers.
    encodings : tuple of Encoding or None, or None
        How each feature was made from its column, None for a number; None if all are numbers.
    origin : object
        Where a session got the data from.
    blocks : BlockSamples or None
        All rows, if the data are read in blocks and the samples are only some of their rows.
    """

    samples: ArraySamples
    feature_names: tuple[str, ...]
    index: Any | None = None
    frame: Any | None = None
    named: bool = False
    positions: tuple[int, ...] | None = None
    weight_column: Any | None = None
    complete: npt.NDArray[np.bool_] | None = None
    left_out: LeftOut = NOTHING_LEFT_OUT
    encodings: tuple[Encoding | None, ...] | None = None
    origin: Any = None
    blocks: BlockSamples | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the data in use; those of the features if all are numbers."""
        if self.encodings is None or self.frame is None or self.positions is None:
            return self.feature_names
        return tuple(dict.fromkeys(str(self.frame.columns[i]) for i in self.positions))

    @property
    def n_rows(self) -> int:
        """Number of rows of the data, those left out included."""
        return self.samples.n_samples if self.complete is None else len(self.complete)

    @property
    def rows(self) -> Indices:
        """Row number in the data of each sample."""
        if self.complete is None:
            return np.arange(self.samples.n_samples)
        return np.flatnonzero(self.complete)

    def series(self, values: Labels, missing: npt.NDArray[np.bool_]) -> Any:
        """Return one integer per row of the data as a Series of its library, see `as_series`."""
        return as_series(values, missing, self.frame, self.index)


def as_table(
    X: Any,
    *,
    columns: Iterable[Any] | str | int | None = None,
    sample_weight: npt.ArrayLike | None = None,
    weight_column: Any = None,
    label_columns: Sequence[str] = (),
    missing: str = "raise",
) -> Table:
    """Convert user data to samples with named features.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame (pandas, polars, ...) or Dataset
        Finite real numbers. A C-contiguous array of float32 or float64 is not copied; anything else
        is copied, to float64 unless all of it is float32.
    columns : str, int or iterable of them, default=None
        The columns to use: by name, or by position if the data have no names. None uses all.
    sample_weight : array-like of shape (n_samples,) or float, default=None
        Weight of each row: not negative, not all zero. None means 1 each.
    weight_column : object, default=None
        Name of the column of X that `sample_weight` comes from.
    label_columns : sequence of str, default=()
        Columns of X that hold labels of an earlier run.
    missing : {"raise", "drop"}
        How to handle rows with a missing value: raise, or leave them out together with their
        weights. Infinity always raises. With "drop" and without `columns`, columns of a table that
        are not numeric, are named like identifiers, or hold the weights or labels are left out,
        too.

    Returns
    -------
    Table

    Raises
    ------
    ValueError, TypeError
        If the data cannot be clustered as they are.

    Examples
    --------
    >>> table = as_table([[1, 2, 3], [4, 5, 6]], columns=[0, 2])
    >>> table.feature_names
    ('feature 0', 'feature 2')
    >>> table.samples.X
    array([[1., 3.],
           [4., 6.]])
    >>> as_table([[1.0, 2.0], [3.0, float("nan")]])
    Traceback (most recent call last):
        ...
    ValueError: Input X contains NaN. 1 of 2 rows (column 'feature 1') must be dropped or filled in.
    >>> as_table([[1.0, 2.0], [3.0, float("nan")]], missing="drop").rows
    array([0])
    """
    data, names = (X.X, X.feature_names) if isinstance(X, Dataset) else (X, None)
    frame, chosen, drop = as_frame(data), column_list(columns), missing == "drop"
    raw = None if sample_weight is None else read_weights(sample_weight)
    if frame is None:
        read = read_array(data, names, chosen)
    else:
        read = read_frame(
            frame, names, chosen, leave_out=drop,
            weights=raw, weight_column=weight_column, label_columns=label_columns,
        )  # fmt: skip
    complete = complete_rows(read.matrix, read.names) if drop else None
    weights = None if raw is None else as_weights(raw, len(read.matrix), complete)
    matrix = read.matrix if complete is None else read.matrix[complete]
    check_finite(matrix, read.names)
    _check_range(matrix, weights)
    samples = ArraySamples(matrix, weights)
    if frame is None:
        positions = None if chosen is None else read.positions
        return Table(samples, read.names, positions=positions, complete=complete)
    uses_all = chosen is None and len(read.positions) == len(frame.columns)
    native = frame.to_native()
    index = getattr(native, "index", None)
    return Table(
        samples,
        read.names,
        index=index,
        frame=frame if index is None else as_frame(native.copy(deep=False)),
        named=all(isinstance(name, str) for name in frame.columns),
        positions=None if uses_all else read.positions,
        weight_column=weight_column,
        complete=complete,
        left_out=read.left_out,
        encodings=read.encodings,
    )


def as_samples(
    X: Any, *, sample_weight: npt.ArrayLike | None = None
) -> ArraySamples | SparseSamples:
    """Convert user data to samples; parameters and errors as in `as_table`.

    A sparse matrix stays sparse.

    Examples
    --------
    >>> as_samples([[1, 2], [3, 4], [5, 6]]).n_samples
    3
    """
    if is_sparse(X):
        return as_sparse_samples(X, sample_weight)
    return as_table(X, sample_weight=sample_weight).samples


def scaled_samples(samples: ArraySamples, scaling: Scaling, names: tuple[str, ...]) -> ArraySamples:
    """Scale the features; the weights stay as they are.

    Raises
    ------
    ValueError
        If squared distances would overflow: most values of a column are nearly the same, and the
        others are far away.
    """
    with np.errstate(over="ignore"):
        X = scaling.transform(samples.X)
    largest = np.abs(X).max(axis=0)
    if not (largest <= coordinate_limit(X.shape, X.dtype, samples.sample_weight)).all():
        column = names[int(largest.argmax())]
        raise ValueError(
            f"Scaled column {column!r} contains {largest.max():.3g}, too large for squared "
            "distances. Choose another scale, or remove the outliers."
        )
    return ArraySamples(X, samples.sample_weight)


def _check_range(matrix: Floats, weights: Float64s | None) -> None:
    """Raise if the weighted sum of squared distances could overflow."""
    n_samples, n_features = matrix.shape
    largest = max(float(matrix.max()), -float(matrix.min()))
    if largest > coordinate_limit((n_samples, n_features), matrix.dtype, weights):
        raise too_large_error(largest, "Input X contains", matrix.dtype)
