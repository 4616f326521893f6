"""Samples on a plane: their limits, how many are in each cell of a grid, which in some cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kmeans_widget.core.kernels.jit import inlined, kernel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels

    Mask = npt.NDArray[np.bool_]


class Places(NamedTuple):
    """Where samples lie in a grid on a plane.

    Attributes
    ----------
    columns : ndarray of shape (n_columns,), intp
        The features that determine the place: at least two; the second may be the first again.
    origin : ndarray of shape (n_columns,), float64
        The values of these features at the origin of the plane.
    axes : ndarray of shape (n_columns, 2), float64
        By how many columns and rows of the grid a sample moves with each feature.
    corner : ndarray of shape (2,), float64
        The column and the row of the grid at the origin of the plane.
    """

    columns: Indices
    origin: Float64s
    axes: Float64s
    corner: Float64s


@kernel
def add_to_cells(
    X: Floats,
    places: Places,
    labels: Labels,
    before: Labels,
    layers: Indices,
    counts: Labels,  # OUT
) -> None:
    """Count samples in the cells of a grid, in a layer for each colour.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
    places : Places
    labels, before : ndarray of shape (n_samples,) or (0,), int32
        The cluster of each sample, now and before; of size 0 if not known. A label may be -1.
    layers : ndarray of shape (n_clusters + 1,), intp
        The layer of each cluster, and last that of samples without one; -1: not to be counted.
    counts : ndarray of shape (n_layers + 1, height, width), int32
        The number of samples in each cell; in the last layer, of those whose cluster has changed.

    Notes
    -----
    Costs O(n_samples * n_columns).
    """
    height, width = counts.shape[1], counts.shape[2]
    known, compared = labels.size > 0, before.size > 0
    # What is in variables is not read again after each count: a third of the time.
    x, y, corner = places.columns[0], places.columns[1], (places.corner[0], places.corner[1])
    x0, x_across, x_up = places.origin[0], places.axes[0, 0], places.axes[0, 1]
    y0, y_across, y_up = places.origin[1], places.axes[1, 0], places.axes[1, 1]
    for i in range(X.shape[0]):
        x_offset, y_offset = X[i, x] - x0, X[i, y] - y0
        across = corner[0] + x_offset * x_across + y_offset * y_across
        up = corner[1] + x_offset * x_up + y_offset * y_up
        for j in range(2, places.columns.size):
            offset = X[i, places.columns[j]] - places.origin[j]
            across += offset * places.axes[j, 0]
            up += offset * places.axes[j, 1]
        if not (0.0 <= across < width and 0.0 <= up < height):
            continue
        layer = layers[labels[i] if known else -1]
        if layer < 0:
            continue
        row, column = int(up), int(across)
        counts[layer, row, column] += 1
        if compared and labels[i] != before[i]:
            counts[-1, row, column] += 1


@kernel
def rows_inside(
    X: Floats,
    places: Places,
    wanted: Mask,
    first: int,
    rows: Indices,  # OUT
) -> int:
    """List the samples in some cells of a grid; return their number, even if not all are listed.

    Parameters
    ----------
    wanted : ndarray of shape (height, width), bool
        The cells.
    first : int
        The row of the first sample of X.
    rows : ndarray of shape (at least 1,), intp
        Takes the rows of as many of them as it can hold.

    For the others see `add_to_cells`.
    """
    height, width, n_inside = wanted.shape[0], wanted.shape[1], 0
    for i in range(X.shape[0]):
        across, up = _place(X, i, places)
        if 0.0 <= across < width and 0.0 <= up < height and wanted[int(up), int(across)]:
            if n_inside < rows.size:
                rows[n_inside] = first + i
            n_inside += 1
    return n_inside


@inlined
def _place(X: Floats, i: int, places: Places) -> tuple[float, float]:
    """Return the column and the row of a sample in the grid, with their fractions."""
    across, up = places.corner[0], places.corner[1]
    for j in range(places.columns.size):
        offset = X[i, places.columns[j]] - places.origin[j]
        across += offset * places.axes[j, 0]
        up += offset * places.axes[j, 1]
    return across, up


@kernel
def add_to_limits(
    X: Floats,
    places: Places,
    limits: Float64s,  # OUT
) -> None:
    """Widen limits so that they contain all samples.

    Parameters
    ----------
    limits : ndarray of shape (2, 2), float64
        The lower and the upper limits, along both axes.

    For the others see `add_to_cells`.
    """
    for i in range(X.shape[0]):
        across, up = _place(X, i, places)
        limits[0, 0], limits[1, 0] = min(limits[0, 0], across), max(limits[1, 0], across)
        limits[0, 1], limits[1, 1] = min(limits[0, 1], up), max(limits[1, 1], up)
