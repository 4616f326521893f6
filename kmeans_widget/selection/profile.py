"""What each cluster is: its values in every column, beside those of all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.datasets import Dataset
from kmeans_widget.distributed.sources import check_in_memory
from kmeans_widget.validation.messages import percent
from kmeans_widget.validation.numeric import as_numbers, is_missing
from kmeans_widget.validation.tables import (
    as_frame,
    check_same_index,
    column_numbers,
    is_category,
    new_frame,
    read_array,
)
from kmeans_widget.validation.weights import as_weights, read_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Indices

N_VALUES = 3  # most frequent values of a category that are named
STATISTICS = ("mean", "median", "std", "minimum", "maximum", "deviation")


class ColumnProfile(NamedTuple):
    """What a column has in each cluster.

    Parameters
    ----------
    name : str
    eta2 : float
    statistics : dict of str to ndarray of shape (n_clusters,)
        By the names in `STATISTICS`; NaN where there is none.
    values : list of str
        In words, for what is not a number.
    """

    name: str
    eta2: float
    statistics: dict[str, Float64s]
    values: list[str]


class Groups(NamedTuple):
    """Which rows belong to which cluster."""

    names: tuple[Any, ...]
    rows: Indices  # that belong to one
    codes: npt.NDArray[np.signedinteger[Any]]  # the position of its name, for each of these rows
    weights: Float64s


def profile(X: Any, labels: npt.ArrayLike, *, sample_weight: npt.ArrayLike | None = None) -> Any:
    """Describe each cluster by its values in every column.

    Columns that took no part in the clustering are described too: dates by their range, text and
    categories by their most frequent values.

    Parameters
    ----------
    X : DataFrame (pandas, polars, pyarrow, ...), array-like of shape (n_rows, n_columns) or Dataset
    labels : array-like of shape (n_rows,)
        The cluster of each row, a whole number or a name, from any method. Rows with -1 or a
        missing value belong to none.
    sample_weight : array-like of shape (n_rows,), default=None
        Weight of each row in all but `size`; rows of weight 0 do not count.

    Returns
    -------
    DataFrame of the library of `X`, or of pandas for an array
        One row per cluster and column. In each cluster, the columns in which it differs most from
        all rows come first.

        ========= =====================================================================
        cluster   the label
        column    the name of the column
        size      number of rows in the cluster
        share     of the total weight
        mean, median, std, minimum, maximum
                  of the column in the cluster, in its own unit; missing for dates and text.
                  `std` is the root of the mean squared difference from the mean
        deviation of the cluster's mean from that of all rows, in standard deviations of the column
        eta2      η², the share of the column's variance that lies between the clusters, in [0, 1];
                  for text and categories the same of their indicator columns together
        values    range of a date, most frequent values of text; empty for numbers
        ========= =====================================================================

        Missing and infinite values of a column do not count. Columns of anything else, such as
        lists or bytes, are left out.

    Raises
    ------
    ValueError, TypeError
        If there is not one label for each row, or no row belongs to a cluster.
    ImportError
        If `X` is an array and pandas is not installed.

    Notes
    -----
    For indicator columns, η² is Goodman and Kruskal's tau [1]_. Cost ``O(n_rows * n_columns)``.

    References
    ----------
    .. [1] L. A. Goodman, W. H. Kruskal, "Measures of Association for Cross Classifications",
       JASA 49 (1954).

    Examples
    --------
    >>> import pandas as pd
    >>> shop = pd.DataFrame({"city": ["Rome", "Rome", "Oslo", "Oslo"], "spent": [1, 3, 9, 9]})
    >>> found = profile(shop, [0, 0, 1, 1])
    >>> found[["cluster", "column", "mean", "deviation", "values"]].round(2)
       cluster column  mean  deviation      values
    0        0  spent   2.0      -0.98
    1        0   city   NaN        NaN  Rome 100 %
    2        1  spent   9.0       0.98
    3        1   city   NaN        NaN  Oslo 100 %
    """
    data, names = (X.X, X.feature_names) if isinstance(X, Dataset) else (X, None)
    check_in_memory(data)
    frame = as_frame(data)
    columns: Iterable[tuple[str, Any]]
    if frame is None:
        read = read_array(data, names, None)
        n_rows, columns = len(read.matrix), zip(read.names, read.matrix.T, strict=True)
    else:
        n_rows = len(frame)
        columns = zip(names or map(str, frame.columns), frame.iter_columns(), strict=True)
    weights = None if sample_weight is None else as_weights(read_weights(sample_weight), n_rows)
    check_same_index(labels, data, "labels")
    groups = group_rows(labels, n_rows, weights)
    return as_profile_frame(groups, profile_columns(columns, groups), frame)


def group_rows(labels: npt.ArrayLike, n_rows: int, weights: Float64s | None) -> Groups:
    """Find the rows of each cluster."""
    try:
        values = as_numbers(labels)
    except ValueError:
        raise ValueError(
            f"labels has entries of different lengths. Give one label for each of the {n_rows:,} "
            "rows of X."
        ) from None
    if values is None:  # names
        values = np.asarray(labels, dtype=object)
        belongs = np.array(
            [not (is_missing(v) or v != v or str(v) == "-1") for v in values.flat],  # noqa: PLR0124
            dtype=bool,
        )
        values = np.array([str(v) for v in values.flat]).reshape(values.shape)
    else:
        belongs = np.ravel((values >= 0) & np.isfinite(values))
    if values.shape != (n_rows,):
        raise ValueError(
            f"labels has shape {values.shape}, but X has {n_rows:,} rows. Give one label for each, "
            "in one dimension: np.ravel(labels) makes one of a column."
        )
    rows = np.flatnonzero(belongs)
    if len(rows) == 0:
        raise ValueError("No row of X belongs to a cluster: all labels are -1 or missing.")
    found, codes = np.unique(values[rows], return_inverse=True)
    if found.dtype.kind == "f" and not np.any(found % 1) and found[-1] < 2**53:
        found = found.astype(np.int64)
    weights = np.ones(len(rows)) if weights is None else weights[rows]
    if not weights.any():
        raise ValueError("All rows of X that belong to a cluster have weight 0.")
    return Groups(tuple(found.tolist()), rows, codes, weights)


def profile_columns(columns: Iterable[tuple[str, Any]], groups: Groups) -> Iterator[ColumnProfile]:
    """Describe columns, given their names and values: arrays, or Series of narwhals."""
    for name, values in columns:
        if isinstance(values, np.ndarray):
            yield _of_numbers(name, values, groups)
        elif not is_category(values) and (numbers := column_numbers(values)) is not None:
            yield _of_numbers(name, numbers, groups)
        elif (times := _times(values)) is not None:
            yield _of_times(name, times, groups)
        elif (counts := _count_texts(values, groups)) is not None:
            yield _of_text(name, counts, groups)


def as_profile_frame(
    groups: Groups,
    columns: Iterable[ColumnProfile],
    like: Any,
    *,
    sizes: Any = None,
    weights: Any = None,
) -> Any:
    """Return the profile as a DataFrame of the library of a narwhals DataFrame; None: pandas.

    Sizes and weights of the clusters, shape (k,), are given if the rows are only a sample.
    """
    import narwhals.stable.v2 as nw

    columns = tuple(columns)
    k = len(groups.names)
    if weights is None:
        sizes = np.bincount(groups.codes, minlength=k)
        weights = np.bincount(groups.codes, groups.weights, minlength=k)
    rows = [
        (cluster, column)
        for cluster in range(k)
        for column in sorted(columns, key=lambda column: _distinction(column, cluster))
    ]
    found: dict[str, list[Any]] = {
        "cluster": [groups.names[cluster] for cluster, _ in rows],
        "column": [column.name for _, column in rows],
        "size": [None if sizes is None else int(sizes[cluster]) for cluster, _ in rows],
        "share": [float(weights[cluster] / weights.sum()) for cluster, _ in rows],
        **{
            name: [_or_none(column.statistics[name][cluster]) for cluster, column in rows]
            for name in STATISTICS
        },
        "eta2": [column.eta2 for _, column in rows],
        "values": [column.values[cluster] for cluster, column in rows],
    }
    made = new_frame(found, like)
    return made.with_columns(nw.col(*STATISTICS).cast(nw.Float64)).to_native()


def _of_numbers(name: str, values: npt.NDArray[Any], groups: Groups) -> ColumnProfile:
    x = values[groups.rows].astype(np.float64)
    known = np.isfinite(x) & (groups.weights > 0)
    x, codes, weights = x[known], groups.codes[known], groups.weights[known]
    k = len(groups.names)
    # Differences, divided by the largest: neither large nor tiny numbers lose digits or overflow.
    origin = x[0] if len(x) else 0.0
    offsets = x / 2 - origin / 2
    unit = np.abs(offsets).max(initial=0.0) or 1.0
    offsets = offsets / unit
    weight = np.bincount(codes, weights, minlength=k)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = weights @ offsets / weight.sum()
        mean = np.bincount(codes, weights * offsets, minlength=k) / weight
        inner = np.bincount(codes, weights * (offsets - mean[codes]) ** 2, minlength=k)
        between = float(np.nansum(weight * (mean - middle) ** 2))
        spread = np.sqrt((inner.sum() + between) / weight.sum())
        deviation = np.where(spread > 0, (mean - middle) / spread, 0.0 * mean)
        std = 2 * (unit * np.sqrt(inner / weight))
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(codes, minlength=k))[:-1])
    statistics = {
        "mean": 2 * (origin / 2 + unit * mean),
        "median": np.array([_median(x[part], weights[part]) for part in parts]),
        "std": std,
        "minimum": np.array([x[part].min(initial=np.inf) for part in parts]),
        "maximum": np.array([x[part].max(initial=-np.inf) for part in parts]),
        "deviation": deviation,
    }
    for ends in ("minimum", "maximum"):
        statistics[ends][~np.isfinite(statistics[ends])] = np.nan  # no value in the cluster
    eta2 = between / (between + inner.sum()) if between > 0 else 0.0
    return ColumnProfile(name, float(eta2), statistics, [""] * k)


def _median(values: Float64s, weights: Float64s) -> float:
    """Return the value with half of the weight on each side."""
    if weights.sum() == 0:
        return np.nan
    if (weights == weights[0]).all():
        return 2 * float(np.median(values / 2))
    order = np.argsort(values)
    below = np.cumsum(weights[order]) / weights.sum()
    at, beyond = np.searchsorted(below, (0.5 - 1e-9, 0.5 + 1e-9))  # two if one ends at the half
    return float(values[order[at]] / 2 + values[order[beyond]] / 2)


def _times(values: Any) -> npt.NDArray[Any] | None:
    """Return dates as microseconds since 1970, NaN where missing; None if they are no dates."""
    import narwhals.stable.v2 as nw

    if not isinstance(values.dtype, nw.Datetime | nw.Date):
        return None
    local = values.dt.replace_time_zone(None) if isinstance(values.dtype, nw.Datetime) else values
    return as_numbers(local.dt.timestamp("us").to_numpy())


def _of_times(name: str, times: npt.NDArray[Any], groups: Groups) -> ColumnProfile:
    name, eta2, statistics, _ = _of_numbers(name, times, groups)
    ends = np.column_stack([statistics["minimum"], statistics["maximum"]])
    is_date = not np.any(ends[np.isfinite(ends)] % 86_400_000_000)  # microseconds in a day
    ranges = [
        "" if np.isnan(pair).any() else " to ".join(
            np.datetime_as_string(pair.astype("datetime64[us]"), unit="D" if is_date else "s")
        )
        for pair in ends
    ]  # fmt: skip
    only = {"deviation": statistics["deviation"]}
    return ColumnProfile(name, eta2, _no_statistics(len(ends)) | only, ranges)


def _no_statistics(n_clusters: int) -> dict[str, Float64s]:
    return {name: np.full(n_clusters, np.nan) for name in STATISTICS}


def _count_texts(values: Any, groups: Groups) -> Any:
    """Return the weight of each value in each cluster, the most frequent ones of each first.

    A narwhals DataFrame of `value`, `code` and `weight`; None if the values cannot be counted.
    """
    import narwhals.stable.v2 as nw

    codes, weights = np.zeros(len(values), dtype=np.int64), np.zeros(len(values))
    codes[groups.rows], weights[groups.rows] = groups.codes, groups.weights
    backend, weight = values.implementation, nw.col("weight")
    table = nw.from_dict(
        {
            "value": values.alias("value"),
            "code": nw.new_series("code", codes, nw.Int64, backend=backend),
            "weight": nw.new_series("weight", weights, nw.Float64, backend=backend),
        }
    ).filter((weight > 0) & ~nw.col("value").is_null())
    try:
        counts = table.group_by("value", "code").agg(weight.sum())
        counts = counts.with_columns(nw.col("value").cast(nw.String))
        if isinstance(values.dtype, nw.Object):  # different objects may read alike
            counts = counts.group_by("value", "code").agg(weight.sum())
        return counts.sort("code", "weight", "value", descending=[False, True, False])
    except Exception:  # noqa: BLE001  each library has errors of its own for lists, bytes and the like
        return None


def _of_text(name: str, counts: Any, groups: Groups) -> ColumnProfile:
    """Describe text, categories and the like, given the weight of each value in each cluster."""
    import narwhals.stable.v2 as nw

    k = len(groups.names)
    if len(counts) == 0:
        return ColumnProfile(name, 0.0, _no_statistics(k), [""] * k)
    n, cluster = counts["weight"].to_numpy(), counts["code"].to_numpy()
    of_all = counts.group_by("value").agg(nw.col("weight").sum())["weight"].to_numpy() / n.sum()
    in_all, in_cluster = float((of_all**2).sum()), np.bincount(cluster, n, minlength=k)
    within = float((n**2 / in_cluster[cluster]).sum() / n.sum())
    first = np.searchsorted(cluster, np.arange(k + 1))
    best = [
        [
            f"{counts['value'][i]} {percent(float(n[i] / in_cluster[c]))}"
            for i in range(first[c], min(first[c] + N_VALUES, first[c + 1]))
        ]
        for c in range(k)
    ]
    eta2 = min(max((within - in_all) / (1 - in_all), 0.0), 1.0) if in_all < 1 else 0.0
    return ColumnProfile(name, eta2, _no_statistics(k), [", ".join(values) for values in best])


def _distinction(column: ColumnProfile, cluster: int) -> tuple[bool, float]:
    """Sort columns: by how far the cluster is from all rows; then those without numbers, by η²."""
    deviation = abs(column.statistics["deviation"][cluster])
    return (True, -column.eta2) if np.isnan(deviation) else (False, -deviation)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
