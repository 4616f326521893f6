"""The points of a session: the rows of the data, with points added, moved and removed by hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from kmeans_widget import validation
from kmeans_widget.core.blocks import BlockSamples
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.distributed.views import View, ViewEngine
from kmeans_widget.scaling import fit_scaling
from kmeans_widget.selection.profile import Groups, as_profile_frame, profile_columns
from kmeans_widget.validation.messages import short_repr
from kmeans_widget.validation.numeric import is_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.scaling import Scaling
    from kmeans_widget.selection.profile import ColumnProfile
    from kmeans_widget.validation import Table, Values

T = TypeVar("T", bound=np.generic)


class OnScale(NamedTuple):
    """Points on a scale.

    Parameters
    ----------
    scaling : Scaling
        What put them there.
    samples : ArraySamples
        The points.
    total_squares : float
        Of `run_samples`: the sum of squared distances to their mean.
    run_samples : ArraySamples or BlockSamples
        What a run computes on: the points, or all rows of data that are read in blocks.
    """

    scaling: Scaling
    samples: ArraySamples
    total_squares: float
    run_samples: ArraySamples | BlockSamples


@dataclass(frozen=True, eq=False)
class Points:
    """Rows of a table, with changes on top.

    Only the changes are stored. The array of all points is computed when it is needed and may be
    dropped, so that a long history of edits of a million rows takes little memory.

    Parameters
    ----------
    table : Table
        The user's rows; never written.
    moved : mapping of int to ndarray of shape (n_features,)
        New positions of rows of the table.
    removed : tuple of int
        Removed rows of the table, in ascending order.
    added : tuple of ndarray of shape (n_features,)
        Points after the rows of the table; each weighs 1.
    chosen : bool
        Whether the columns were chosen after the session began.

    Examples
    --------
    >>> from kmeans_widget.validation import as_table
    >>> points = Points(as_table([[1.0], [2.0], [3.0]]))
    >>> edited = points.remove(0).add(np.array([[9.0]])).move(1, np.array([3.5]))
    >>> edited.samples.X.ravel()
    array([2. , 3.5, 9. ])
    >>> points.n_samples, edited.name(2)
    (3, 'added 0')
    """

    table: Table
    moved: Mapping[int, Floats] = field(default_factory=dict)
    removed: tuple[int, ...] = ()
    added: tuple[Floats, ...] = ()
    chosen: bool = False

    @property
    def n_features(self) -> int:
        """Number of coordinates of a point."""
        return self.table.samples.n_features

    @property
    def n_samples(self) -> int:
        """Number of current points."""
        return self._n_kept + len(self.added)

    @property
    def edited(self) -> bool:
        """Whether anything differs from the table."""
        return bool(self.moved or self.removed or self.added)

    @cached_property
    def samples(self) -> ArraySamples:
        """The current points with their weights, in the units of the table."""
        if not self.edited:
            return self.table.samples
        X = self.table.samples.X.copy()
        for row, position in self.moved.items():
            X[row] = position
        kept = np.delete(X, self.removed, axis=0)
        added = np.array(self.added, X.dtype).reshape(-1, self.n_features)
        return ArraySamples(np.concatenate([kept, added]), self._weights())

    def on_scale(self, scale: str) -> OnScale:
        """Return the current points on a scale, given its name.

        Of data in blocks, the scale is computed from the rows that are in memory.

        Examples
        --------
        >>> from kmeans_widget.validation import as_table
        >>> points = Points(as_table([[1.0], [2.0], [3.0]])).add(np.array([[5.0]]))
        >>> points.on_scale("minmax").samples.X.ravel()
        array([0.  , 0.25, 0.5 , 1.  ])
        """
        if scale not in self._on_scale:
            scaling, samples = fit_scaling(self.samples.X, scale), self.samples
            if scale != "none":
                names = self.table.feature_names
                samples = validation.scaled_samples(samples, scaling, names)
            found: ArraySamples | BlockSamples = samples
            if (blocks := self.table.blocks) is not None:
                found = blocks
                if scale != "none":
                    found = BlockSamples(ViewEngine(blocks.engine, View(scaling=scaling)))
            total = _total_squares(found, weighted=samples.sample_weight is not None)
            self._on_scale[scale] = OnScale(scaling, samples, total, found)
        return self._on_scale[scale]

    def drop_arrays(self) -> None:
        """Free the arrays of all points; they are computed again when needed."""
        self.__dict__.pop("samples", None)
        self.__dict__.pop("_on_scale", None)
        self.__dict__.pop("spread", None)

    def add(self, positions: Floats) -> Points:
        """Return these points and new ones, shape (n, n_features), after them."""
        return replace(self, added=(*self.added, *positions))

    def move(self, row: int, position: Floats) -> Points:
        """Return these points with one of them moved."""
        of_table = self._row_of_table(row)
        if of_table is not None:
            return replace(self, moved={**self.moved, of_table: position})
        at = row - self._n_kept
        return replace(self, added=(*self.added[:at], position, *self.added[at + 1 :]))

    def remove(self, row: int) -> Points:
        """Return these points without one of them."""
        of_table = self._row_of_table(row)
        if of_table is None:
            at = row - self._n_kept
            return replace(self, added=self.added[:at] + self.added[at + 1 :])
        moved = {other: position for other, position in self.moved.items() if other != of_table}
        return replace(self, moved=moved, removed=tuple(sorted({*self.removed, of_table})))

    def name(self, row: int) -> Any:
        """Return the name of a point: its label in the table's index, or else its row there."""
        of_table = self._row_of_table(row)
        if of_table is None:
            return f"added {row - self._n_kept}"
        is_row = self.table.complete is None and self.table.blocks is None
        given = of_table if is_row else int(self._row_numbers[of_table])
        label = given if self.table.index is None else self.table.index[given]
        if isinstance(label, tuple):  # of a MultiIndex: its numbers are numpy's
            return tuple(getattr(part, "item", lambda part=part: part)() for part in label)
        return given if _is_missing(label) else label

    def called(self, row: int) -> str:
        """Return the name of a point for a sentence: a number as it is, anything else in quotes.

        Examples
        --------
        >>> from kmeans_widget.validation import as_table
        >>> points = Points(as_table([[1.0], [2.0]])).add(np.array([[9.0]]))
        >>> points.called(1), points.called(2)
        ('1', "'added 0'")
        """
        name = self.name(row)
        return str(name) if isinstance(name, int | np.integer) else f"{str(name)!r}"

    def find(self, name: Any) -> int:
        """Return the row of the first point with this name.

        An integer is a label if the index consists of integers. Otherwise, and for a row without a
        label, it is the row of the data, counted from 0.

        Raises
        ------
        ValueError
            If no point has this name.

        Examples
        --------
        >>> from kmeans_widget.validation import as_table
        >>> points = Points(as_table([[1.0], [2.0], [3.0]])).remove(0).add(np.array([[9.0]]))
        >>> points.find(1), points.find("added 0")
        (0, 2)
        >>> points.find(0)
        Traceback (most recent call last):
            ...
        ValueError: There is no point 0: the points are called 1 to 'added 0'.
        """
        kept = [row for row in self._rows_of_table(name) if row not in self.removed]
        if kept:
            return int(kept[0] - np.searchsorted(self.removed, kept[0]))
        added = [f"added {i}" for i in range(len(self.added))]
        if name in added:
            return self._n_kept + added.index(name)
        last = self.called(self.n_samples - 1)
        raise ValueError(
            f"There is no point {short_repr(name)}: the points are called {self.called(0)} to "
            f"{last}."
        )

    def preview(self, n: int) -> Indices:
        """List the rows to draw: about n of the table, always the same ones, and all edited ones.

        Examples
        --------
        >>> from kmeans_widget.validation import as_table
        >>> points = Points(as_table([[float(row)] for row in range(100)]))
        >>> points.preview(3), points.add(np.array([[7.0]])).remove(0).preview(3)
        (array([51, 63, 83]), array([50, 62, 82, 99]))
        """
        of_table = np.setdiff1d(self.table.samples.preview(n), self.removed)
        of_table = np.union1d(of_table, np.array(list(self.moved), dtype=np.intp))
        present = of_table - np.searchsorted(self.removed, of_table)
        return np.concatenate([present, np.arange(self._n_kept, self.n_samples)])

    def on_index(self, labels: Labels) -> Any:
        """Return a label for every row of the data, as a column of the data's own library.

        Rows that are not points - left out because a value is missing, or removed by hand - have
        -1, or a missing value if the table supports missing integers. Points added by hand are not
        rows of the data, and not included.

        Parameters
        ----------
        labels : ndarray of shape (n_samples,)
            Of the current points.

        Returns
        -------
        ndarray of shape (n_rows,), int32, or a Series of the table's library
            For pandas, on the index of the DataFrame.

        Examples
        --------
        >>> from kmeans_widget.validation import as_table
        >>> points = Points(as_table([[1.0], [np.nan], [3.0]], missing="drop"))
        >>> points.on_index(np.array([1, 0], dtype=np.int32))
        array([ 1, -1,  0], dtype=int32)
        """
        return self.table.series(*self.on_rows_of_data(labels))

    def on_rows_of_data(self, labels: Labels) -> tuple[Labels, npt.NDArray[np.bool_]]:
        """Return a label for every row of the data, and a mask of those that are not points: -1."""
        table = self.table
        rows = np.delete(table.rows, self.removed)
        values = np.full(table.n_rows, -1, dtype=np.int32)
        values[rows] = labels[: self._n_kept]
        missing = np.ones(table.n_rows, dtype=bool)
        missing[rows] = False
        return values, missing

    def values_of(self, values: Values) -> Labels:
        """Return the value of every point, as a code; -1 for points added by hand."""
        return self.of_rows(values.codes, np.int32(-1))

    def of_rows(self, values: npt.NDArray[T], missing: T) -> npt.NDArray[T]:
        """Return a value for every point from those of the rows of the data.

        Points added by hand are `missing`.
        """
        kept = values[np.delete(self.table.rows, self.removed)]
        return np.concatenate([kept, np.full(len(self.added), missing, values.dtype)])

    def on_rows(self, values: npt.NDArray[T]) -> npt.NDArray[T]:
        """Return a value for every point, with 0 in between for rows that were left out.

        Examples
        --------
        >>> from kmeans_widget.validation import as_table
        >>> points = Points(as_table([[1.0], [np.nan], [3.0]], missing="drop"))
        >>> points.on_rows(np.array([0.5, 2.0]))
        array([0.5, 0. , 2. ])
        """
        table, n_kept = self.table, self._n_kept
        if table.complete is None:
            return values
        of_table = np.zeros(len(table.complete), dtype=values.dtype)
        of_table[np.delete(table.rows, self.removed)] = values[:n_kept]
        kept = np.delete(of_table, table.rows[list(self.removed)])
        return np.concatenate([kept, values[n_kept:]])

    def profile(self, labels: Labels, n_clusters: int, cluster_weights: Float64s) -> Any:
        """Describe each cluster by the columns of the data, as `kmeans_widget.profile` does.

        The columns in use have the values of the current points, the others those of their rows.

        Parameters
        ----------
        labels : ndarray of shape (n_samples,)
            Of the current points, or -1.
        n_clusters : int
        cluster_weights : ndarray of shape (n_clusters,)
            Of all rows, for data in blocks.

        Returns
        -------
        DataFrame of the data's library, or of pandas for an array
        """
        names, table = tuple(range(n_clusters)), self.table
        of_all: dict[str, Any] = {}
        if table.blocks is not None:
            is_weighted = self.samples.sample_weight is not None
            of_all = {"sizes": None if is_weighted else cluster_weights, "weights": cluster_weights}
        weights = self.samples.sample_weight
        weights = np.ones(self.n_samples) if weights is None else weights
        rows = np.flatnonzero(labels >= 0)
        points = Groups(names, rows, labels[rows], weights[rows])
        features = zip(table.feature_names, self.samples.X.T, strict=True)
        described = [*profile_columns(features, points), *self.describe_others(labels, n_clusters)]
        return as_profile_frame(points, described, table.frame, **of_all)

    def describe_others(self, labels: Labels, n_clusters: int) -> list[ColumnProfile]:
        """Describe the columns of the data that take no part by cluster; as for `profile`."""
        table = self.table
        if table.frame is None or table.positions is None:
            return []
        rows = np.flatnonzero(labels[: self._n_kept] >= 0)
        weights = self.samples.sample_weight
        weights = np.ones(len(rows)) if weights is None else weights[rows]
        of_data = np.delete(table.rows, self.removed)[rows]
        groups = Groups(tuple(range(n_clusters)), of_data, labels[rows], weights)
        names = [str(name) for name in table.frame.columns]
        used = {*table.positions, *map(names.index, table.left_out.labels)}
        columns = zip(names, table.frame.iter_columns(), strict=True)
        return [*profile_columns((c for i, c in enumerate(columns) if i not in used), groups)]

    def on_all_rows(self, values: Float64s) -> Float64s:
        """Return a value for every row of the data, NaN for rows that are not points."""
        of_rows = np.full(self.table.n_rows, np.nan)
        of_rows[np.delete(self.table.rows, self.removed)] = values[: self._n_kept]
        return of_rows

    def to_frame(self, columns: Mapping[str, Any]) -> Any:
        """Return the data with further columns, instead of those of an earlier panel.

        Parameters
        ----------
        columns : mapping of str to ndarray of shape (n_rows,) or Series

        Returns
        -------
        DataFrame of the data's library, or of pandas for an array
        """
        table, frame = self.table, self.table.frame
        if frame is None:
            X = np.full((table.n_rows, self.n_features), np.nan)
            X[table.rows] = table.samples.X
            frame = validation.new_frame(dict(zip(table.feature_names, X.T, strict=True)), None)
        taken = {*map(str, frame.columns)} - {*table.left_out.labels}
        named = {f"kmeans_{name}" if name in taken else name: v for name, v in columns.items()}
        return validation.with_columns(frame, named)

    @cached_property
    def spread(self) -> tuple[Float64s, Float64s]:
        """Weighted mean and standard deviation of each feature, in the units of the table.

        Examples
        --------
        >>> from kmeans_widget.validation import as_table
        >>> Points(as_table([[1.0, 7.0], [3.0, 7.0]])).spread
        (array([2., 7.]), array([1., 0.]))
        """
        weights, found = self.samples.sample_weight, []
        with np.errstate(over="ignore", invalid="ignore"):
            for column in self.samples.X.T:  # one by one: they are copied
                x = column.astype(np.float64) - float(column[0])  # exactly 0 if it is constant
                mean = np.average(x, weights=weights)
                deviation = np.sqrt(np.average((x - mean) ** 2, weights=weights))
                found.append((float(column[0]) + mean, deviation))
        means, deviations = np.array(found).T
        return means, deviations

    @cached_property
    def _on_scale(self) -> dict[str, OnScale]:
        return {}

    def _weights(self) -> Float64s | None:
        given = self.table.samples.sample_weight
        if given is None:
            return None
        return np.concatenate([np.delete(given, self.removed), np.ones(len(self.added))])

    @property
    def _row_numbers(self) -> Indices:
        """Row number in the data of each row of the table: of data in blocks, those drawn."""
        rows: Indices = self.table.rows if self.table.blocks is None else self.table.origin.drawn
        return rows

    @property
    def _n_kept(self) -> int:
        return self.table.samples.n_samples - len(self.removed)

    def _rows_of_table(self, name: Any) -> Indices:
        """Find the rows of the table with a name."""
        number = name if isinstance(name, int) and not isinstance(name, bool) else -1
        of_number = np.flatnonzero(self._row_numbers == number)
        if self.table.index is None:
            return of_number
        index = self.table.index[self.table.rows]
        same = _labelled(index, name)
        if len(same) or len(of_number) == 0:
            return same
        is_counted = self.table.index.inferred_type == "integer"
        return of_number if not is_counted or _is_missing(index[of_number[0]]) else same

    def _row_of_table(self, row: int) -> int | None:
        """Return the row of the table of a point; None for a point that was added."""
        if row >= self._n_kept:
            return None
        for removed in self.removed:
            row += removed <= row
        return row


def _total_squares(samples: ArraySamples | BlockSamples, *, weighted: bool) -> float:
    """Return the weighted sum of squared distances of all points to their mean."""
    if not weighted:  # one pass instead of two
        return samples.n_samples * float(samples.feature_variances().sum())
    memory = samples.memory()
    sums = samples.accumulate(samples.rows(np.array([0])), memory)
    return samples.accumulate(sums.coordinates / sums.weight, memory).inertia


def _labelled(index: Any, name: Any) -> Indices:
    """Find a label in a pandas index: by value, or else by its text."""
    is_multiple = index.nlevels > 1
    same = np.flatnonzero(index.isin([name])) if isinstance(name, tuple) == is_multiple else ()
    written = index.map(str) if is_multiple else index.astype(str)
    return np.asarray(same if len(same) else np.flatnonzero(written.isin([str(name)])))


def _is_missing(label: Any) -> bool:
    """Whether a label of an index is missing."""
    return is_missing(label) or (isinstance(label, float) and np.isnan(label))
