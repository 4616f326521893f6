"""Raw input becomes samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.datasets import Dataset
from kmeans_widget.validation.finite import check_finite, complete_rows
from kmeans_widget.validation.reach import largest_coordinate, too_large
from kmeans_widget.validation.sparse import as_sparse_samples, is_sparse
from kmeans_widget.validation.tables import (
    NOTHING,
    LeftOut,
    as_frame,
    as_list,
    as_series,
    read_array,
    read_frame,
)
from kmeans_widget.validation.weights import as_weights, weight_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.sparse import SparseSamples
    from kmeans_widget.scaling import Scaling


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Data that passed the door.

    Parameters
    ----------
    samples : ArraySamples
        The numbers and the weights.
    feature_names : tuple of str
        Names of the columns in use; "feature 0", "feature 1", ... where the data have none.
    index : pandas.Index or None
        The row labels of a pandas DataFrame.
    head : object or None
        The first row of the data's own table, for its library and types; None for an array.
    complete : ndarray of shape (n_rows,), bool, or None
        Which rows of the data the samples are, where some were left out; else None.
    left_out : LeftOut
        The columns that were not taken by default, and those that perhaps should not have been.
    named : bool
        Whether the columns have names of their own, all of them text.
    positions : tuple of int or None
        Which columns are in use, counted from 0; None where all are, in their order.
    weight_column : object or None
        The column of a DataFrame that the weights are.
    """

    samples: ArraySamples
    feature_names: tuple[str, ...]
    index: Any | None = None
    head: Any | None = None
    named: bool = False
    positions: tuple[int, ...] | None = None
    weight_column: Any | None = None
    complete: npt.NDArray[np.bool_] | None = None
    left_out: LeftOut = NOTHING

    @property
    def rows(self) -> Indices:
        """The row of the data that each sample is."""
        if self.complete is None:
            return np.arange(self.samples.n_samples)
        return np.flatnonzero(self.complete)

    def series(self, values: Labels, missing: npt.NDArray[np.bool_]) -> Any:
        """Return a whole number for every row of the data, as `as_series` does for its table."""
        return as_series(values, missing, self.head, self.index)


def as_table(
    X: Any,
    *,
    columns: Iterable[Any] | str | int | None = None,
    sample_weight: npt.ArrayLike | None = None,
    weight_column: Any = None,
    label_columns: Sequence[str] = (),
    missing: str = "raise",
) -> Table:
    """Turn a user's data into samples with named features.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame (pandas, polars, ...) or Dataset
        Finite real numbers. An array of float32 or float64 in C order is used as it is, not
        copied; anything else is copied, to float64 unless all of it is float32.
    columns : str, int or iterable of them, default=None
        The columns to use, by name, or by position where the data have no names. None takes all.
    sample_weight : array-like of shape (n_samples,) or float, default=None
        Weight of each row: not negative, not all zero. None means 1 each.
    weight_column : object, default=None
        The column of the table that these weights are.
    label_columns : sequence of str, default=()
        Columns of the table that hold labels of an earlier run.
    missing : {"raise", "drop"}
        What is done with rows that have a missing value: they are refused, or left out together
        with their weights. Infinity is always refused. With "drop", columns of a table that
        nobody has chosen are left out, too, where they are not numbers, are named as identifiers,
        or hold the weights or labels.

    Returns
    -------
    Table

    Raises
    ------
    ValueError, TypeError
        When the data cannot be clustered as they are.

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
    frame, asked, lenient = as_frame(data), as_list(columns), missing == "drop"
    raw = None if sample_weight is None else weight_numbers(sample_weight)
    if frame is None:
        read = read_array(data, names, asked)
    else:
        read = read_frame(
            frame, names, asked, leave_out=lenient,
            weights=raw, weight_column=weight_column, label_columns=label_columns,
        )  # fmt: skip
    complete = complete_rows(read.matrix, read.names) if lenient else None
    weights = None if raw is None else as_weights(raw, len(read.matrix), complete)
    matrix = read.matrix if complete is None else read.matrix[complete]
    check_finite(matrix, read.names)
    _check_range(matrix, weights)
    samples = ArraySamples(matrix, weights)
    if frame is None:
        positions = None if asked is None else read.positions
        return Table(samples, read.names, positions=positions, complete=complete)
    everything = asked is None and len(read.positions) == len(frame.columns)
    return Table(
        samples,
        read.names,
        index=getattr(frame.to_native(), "index", None),
        head=frame[:1],
        named=all(isinstance(name, str) for name in frame.columns),
        positions=None if everything else read.positions,
        weight_column=weight_column,
        complete=complete,
        left_out=read.left_out,
    )


def as_samples(
    X: Any, *, sample_weight: npt.ArrayLike | None = None
) -> ArraySamples | SparseSamples:
    """Turn a user's data into samples; parameters and errors as in `as_table`.

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
    """Apply a scaling to samples; the weights stay.

    Raises
    ------
    ValueError
        If squared distances would be infinite then: where most of a column is nearly the same, and
        the rest is far away.
    """
    with np.errstate(over="ignore"):
        X = scaling.scaled(samples.X)
    largest = np.abs(X).max(axis=0)
    if not (largest <= largest_coordinate(X.shape, X.dtype, samples.sample_weight)).all():
        column = names[int(largest.argmax())]
        raise ValueError(
            f"Column {column!r} reaches {largest.max():.3g} of its units when it is scaled, too "
            "large for squared distances. Choose another scale, or take its outliers away."
        )
    return ArraySamples(X, samples.sample_weight)


def _check_range(matrix: Floats, weights: Float64s | None) -> None:
    """Refuse numbers whose squared distances, added up with their weights, would be infinite."""
    n_samples, n_features = matrix.shape
    largest = max(float(matrix.max()), -float(matrix.min()))
    if largest > largest_coordinate((n_samples, n_features), matrix.dtype, weights):
        raise too_large(largest, "Input X contains", matrix.dtype)
