"""Labels from any method, as positions 0, 1, ... among their distinct values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels

_BLOCK = 512  # rows


def as_codes(labels: npt.ArrayLike, n_rows: int) -> tuple[npt.NDArray[Any], Indices]:
    """Return the distinct labels, sorted, and the position of each row's label among them.

    Raises
    ------
    ValueError
        If there is not one label for each row, or one is missing.

    Examples
    --------
    >>> as_codes(["b", "a", "b"], 3)
    (array(['a', 'b'], dtype='<U1'), array([1, 0, 1]))
    """
    values = np.asarray(labels)
    if values.shape != (n_rows,):
        raise ValueError(
            f"labels has shape {values.shape}, but X has {n_rows:,} rows. Give one label for each."
        )
    if values.dtype.kind == "O":
        values = np.array([str(value) for value in values])
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise ValueError("labels contains NaN. Leave out the rows without a cluster.")
    if values.dtype.kind in "iu" and values.min() >= 0 and values.max() < n_rows:
        values = values.astype(np.intp)
        names = np.flatnonzero(np.bincount(values))  # without sorting: a tenth of the time
        positions = np.zeros(n_rows, np.intp)
        positions[names] = np.arange(len(names))
        return names, positions[values]
    names, codes = np.unique(values, return_inverse=True)
    return names, np.asarray(codes, np.intp)


def cluster_means(
    X: Floats, codes: Indices, weights: Float64s | None = None
) -> tuple[Float64s, Float64s]:
    """Return the mean of each cluster, shape (n_clusters, n_features), and its weight.

    Coordinates are summed relative to one of the rows, so they keep their digits.
    """
    origin = X[0].astype(np.float64)
    weight = np.bincount(codes, weights).astype(np.float64)
    sums = np.empty((len(weight), X.shape[1]))
    for feature in range(X.shape[1]):
        offsets = np.subtract(X[:, feature], origin[feature], dtype=np.float64)
        sums[:, feature] = np.bincount(codes, offsets if weights is None else offsets * weights)
    return origin + sums / weight[:, np.newaxis], weight


def canonical(labels: Labels, n_clusters: int) -> npt.NDArray[Any]:
    """Renumber clusters in the order of their first rows, in the smallest dtype.

    Equal clusters have equal canonical labels, whatever their numbers were.

    Examples
    --------
    >>> canonical(np.array([2, 2, 0, 1], np.int32), 3)
    array([0, 0, 1, 2], dtype=uint8)
    """
    order: list[int] = []
    for start in range(0, len(labels), _BLOCK):  # most often, the first block has all clusters
        names, first = np.unique(labels[start : start + _BLOCK], return_index=True)
        order += [name for name in names[np.argsort(first)].tolist() if name not in order]
        if len(order) == n_clusters:
            break
    number = np.zeros(n_clusters, np.min_scalar_type(n_clusters - 1))
    number[order] = np.arange(len(order))
    return number[labels]
