"""Many points as a density picture: how many of each cluster lie in each cell of a grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.colors import to_rgb

from kmeans_widget.core.arrays import read_only
from kmeans_widget.core.kernels.intrinsics.llvm import NARROW
from kmeans_widget.core.kernels.raster import (
    Places,
    add_to_cells,
    add_to_limits,
    rows_inside,
)
from kmeans_widget.core.kernels.threads import limit_threads, run, thread_count
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.plot.limits import ASPECT, corners
from kmeans_widget.plot.palette import INK, color

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.plot.projection import Axis, Projection
    from kmeans_widget.plot.voronoi import Box
    from kmeans_widget.scaling import Scaling

BLOCK = 2**16  # samples that a thread assigns and counts at a time
PLANE_WORK = 20_000_000  # distances from which it pays to assign only where clusters meet
PROJECTED = 2**14  # samples that are projected at a time
COLUMNS = (160, 600)  # of the grid, at least and at most
PER_CELL = 8.0  # points in a cell, at least, on average
FAINTEST = 0.3  # opacity of a cell with one point
CHANGED_OPACITY = 0.6  # of the mark on a cell all of whose points have changed
NOTHING = np.empty(0, np.int32)


def grid_shape(n_points: int) -> tuple[int, int]:
    """Return the numbers of rows and columns of the grid for `n_points` in view.

    Examples
    --------
    >>> grid_shape(20_000), grid_shape(10_000_000)
    ((103, 160), (385, 600))
    """
    least, most = COLUMNS
    width = min(max(round((n_points / PER_CELL * ASPECT) ** 0.5), least), most)
    return round(width / ASPECT), width


class Plane(NamedTuple):
    """Where all samples lie on the map, in its units.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_columns)
        Their features, or their places computed beforehand.
    columns, origin, axes : ndarray
        As those of `Places`.
    """

    X: Floats
    columns: Indices
    origin: Float64s
    axes: Float64s

    def in_grid(self, box: Box, shape: tuple[int, int] = (1, 1)) -> Places:
        """Return where the samples lie in a grid of this shape, (height, width), over a box."""
        low, high = corners(box)
        per_unit = np.array(shape[::-1]) / (high - low)
        return Places(self.columns, self.origin, self.axes * per_unit, -low * per_unit)


def lay_plane(
    samples: ArraySamples, projection: Projection, scaling: Scaling, axes: Sequence[Axis] | None
) -> Plane:
    """Return where scaled samples lie on the map; `axes` as in `choose_projection`.

    Places are computed where each depends on many features, or not only on features.
    """
    n_features = samples.n_features
    if projection.has_others or (n_features > NARROW and projection.columns is None):
        places = _project(samples, projection, scaling)
        for axis, column in enumerate(axes or ()):
            if not isinstance(column, int):
                places[:, axis] = column.values - projection.others[axis]
        return Plane(read_only(places), np.arange(2), np.zeros(2), np.eye(2))
    used = projection.features.values() or range(n_features)
    columns = np.array([*used], dtype=np.intp)
    directions = projection.axes[columns] * projection.axis_unit
    if len(columns) == 1:  # kernels take two
        columns, directions = np.repeat(columns, 2), np.concatenate([directions, np.zeros((1, 2))])
    origin = scaling.transform(projection.origin)[columns].astype(np.float64)
    return Plane(samples.X, columns, origin, directions)


def find_extent(plane: Plane) -> Floats:
    """Return the least and the largest coordinates of the samples, shape (2, 2)."""
    found: list[Floats] = []
    places = plane.in_grid((0.0, 1.0, 0.0, 1.0))

    def work(first: int) -> None:
        limits = np.array([[np.inf, np.inf], [-np.inf, -np.inf]])
        add_to_limits(plane.X[first : first + BLOCK], places, limits)
        found.append(limits)

    run(partial(work, first) for first in range(0, len(plane.X), BLOCK))
    lows, highs = np.stack(found, axis=1)
    return np.stack([lows.min(axis=0), highs.max(axis=0)])


def find_inside(plane: Plane, box: Box, n: int) -> tuple[int, Indices]:
    """Count the samples in a box, and list them if there are at most n."""
    found: dict[int, tuple[int, Indices]] = {}
    places = plane.in_grid(box)

    def work(first: int) -> None:
        rows = np.empty(n + 1, np.intp)
        X = plane.X[first : first + BLOCK]
        n_inside = rows_inside(X, places, np.ones((1, 1), dtype=bool), first, rows)
        found[first] = n_inside, rows[: min(n_inside, n + 1)].copy()

    run(partial(work, first) for first in range(0, len(plane.X), BLOCK))
    counts, listed = zip(*(found[first] for first in sorted(found)), strict=True)
    return sum(counts), np.concatenate(listed)[: n + 1]


class PointValues(NamedTuple):
    """Values that points are coloured by.

    Attributes
    ----------
    codes : ndarray of shape (n_samples,), int32
        The value of each point; -1 for none.
    names : tuple of str
        Of the values.
    name : str
        Of the column.
    """

    codes: Labels
    names: tuple[str, ...]
    name: str


class Patch(NamedTuple):
    """Some adjacent cells.

    Attributes
    ----------
    box : (left, right, bottom, top)
        Their limits.
    groups : tuple of tuple of int
        The clusters that share a colour; empty for points without a cluster.
    names : tuple of str
        The names of the groups, if they are not clusters.
    counts : tuple of int
        The number of points in each group.
    """

    box: Box
    groups: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """The points in the cells of a grid over the map.

    Attributes
    ----------
    box : (left, right, bottom, top)
        Limits of the grid.
    counts : ndarray of shape (n_colors + 1, height, width), int32
        Number of points in each cell by the colour of their cluster, the lowest row first; and
        last, of those that the assignment at the cursor moved to another cluster.
    colors : tuple of str
        The colours.
    groups : tuple of tuple of int
        The clusters of each colour.
    names : tuple of str
        The names of the colours, if they are not those of clusters.
    shows_changes : bool
        Whether the cells of points that have changed are marked.
    """

    box: Box
    counts: Labels
    colors: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    names: tuple[str, ...] = ()
    shows_changes: bool = True

    def within(self, box: Box) -> Patch:
        """Return the cells that a box touches."""
        (low, high), (corner, end) = corners(box), corners(self.box)
        shape = np.array(self.counts.shape[:0:-1])
        size = (end - corner) / shape
        first = np.clip(np.floor((low - corner) / size), 0, shape - 1).astype(int)
        last = np.clip(np.ceil((high - corner) / size), first + 1, shape).astype(int)
        (left, bottom), (right, top) = corner + first * size, corner + last * size
        cells = self.counts[:-1, first[1] : last[1], first[0] : last[0]]
        limits = float(left), float(right), float(bottom), float(top)
        return Patch(limits, self.groups, self.names, tuple(cells.sum(axis=(1, 2)).tolist()))

    def pixels(self) -> npt.NDArray[np.uint8]:
        """Return the cells in colour, shape (height, width, 4), the lowest row first.

        The colour is the mean of those of the points, in linear light; the opacity grows with the
        logarithm of their number.
        """
        n_layers, height, width = self.counts[:-1].shape
        layers = self.counts[:-1].reshape(n_layers, -1)
        totals = layers.sum(axis=0, dtype=np.int32)
        filled = np.flatnonzero(totals)
        pixels = np.zeros((height * width, 4), np.uint8)
        if len(filled):
            n_points = totals[filled].astype(np.float32)
            # Light is about the square of a colour's number.
            light = np.square([to_rgb(shade) for shade in self.colors], dtype=np.float32)
            mixed = layers[:, filled].T.astype(np.float32) @ light / n_points[:, None]
            strength = np.log(n_points) / np.log(max(float(n_points.max()), 2.0))
            pixels[filled, :3] = np.rint(255 * np.sqrt(mixed))
            pixels[filled, 3] = np.rint(255 * (FAINTEST + (1 - FAINTEST) * strength))
        return pixels.reshape(height, width, 4)

    def marks(self) -> npt.NDArray[np.uint8] | None:
        """Return marks on the cells of points that have changed, as `pixels`; None if none has."""
        changed = self.counts[-1]
        if not (self.shows_changes and changed.any()):
            return None
        marks = np.zeros((*changed.shape, 4), np.uint8)
        rows, columns = np.nonzero(changed)
        shares = changed[rows, columns] / self.counts[:-1, rows, columns].sum(axis=0)
        marks[rows, columns, :3] = np.rint(255 * np.array(to_rgb(INK)))
        marks[rows, columns, 3] = np.rint(255 * CHANGED_OPACITY * np.sqrt(shares))
        return marks


class Cells:
    """The cells of a grid over the map: counts the samples in them.

    Parameters
    ----------
    samples : ArraySamples
        All samples, scaled.
    plane : Plane
        Where they lie.
    axis_unit : ndarray of shape (2,)
        Length along each axis that counts as a distance of 1.
    box : (left, right, bottom, top)
    n_inside : int
        Number of samples in the box; the more there are, the finer is the grid.
    """

    def __init__(
        self, samples: ArraySamples, plane: Plane, axis_unit: Floats, box: Box, n_inside: int
    ) -> None:
        self._samples, self._box, self.n_inside = samples, box, n_inside
        self._shape = grid_shape(n_inside)
        self._plane, self._places = plane, plane.in_grid(box, self._shape)
        self._axis_unit = axis_unit
        self._last: tuple[tuple[object, ...], Density] | None = None
        self._codes: Labels | None = None  # of the last count of values
        self._totals: Labels | None = None  # number of samples in each cell, once it is known
        self._shows_all = samples.n_features == 2 and plane.X is samples.X

    def count(
        self,
        slots: Sequence[int],
        hidden: frozenset[int] = frozenset(),
        centers: Floats | None = None,
        before: Floats | None = None,
    ) -> Density:
        """Count the points of each colour.

        Parameters
        ----------
        slots : sequence of n_clusters int
            Places of the clusters in the palette.
        hidden : frozenset of int
            Places of those whose points are not counted.
        centers : ndarray of shape (n_clusters, n_features), default=None
            Scaled. None: no point has a cluster.
        before : ndarray of shape (n_clusters, n_features), default=None
            The centroids of the assignment before. None: no point has changed.

        Notes
        -----
        One pass over the samples, which assigns and counts, unless the last count was the same:
        O(n_samples * n_clusters * n_features).
        """
        colors, layers = _layers(slots, hidden, known=centers is not None)
        key = tuple(None if array is None else array.tobytes() for array in (centers, before))
        if self._last is not None:
            (*known, compared), density = self._last
            if known == [layers.tobytes(), key[0]]:
                if compared == key[1]:
                    return density
                if before is None:
                    return replace(density, shows_changes=False)
        is_large = self._samples.n_samples * len(slots) > PLANE_WORK
        if centers is not None and self._shows_all and is_large:
            counts = self._count_on_plane(layers, len(colors), centers, before)
        else:
            counts = self._count(layers, len(colors), centers, before)
        density = Density(self._box, counts, colors, _groups(layers, len(colors)))
        self._last = (layers.tobytes(), *key), density
        return density

    def count_values(
        self,
        values: PointValues,
        slots: Sequence[int],
        centers: Floats | None = None,
        hidden: tuple[int, ...] = (),
    ) -> Density:
        """Count the points of each value instead of each cluster; without a value they are grey.

        Parameters
        ----------
        values : PointValues
        slots : sequence of n_values int
            Places of the values in the palette.
        centers : ndarray of shape (n_clusters, n_features), default=None
            Scaled. Needed if clusters are hidden.
        hidden : tuple of int
            The clusters whose points are not counted.
        """
        colors, layers = _layers(slots, frozenset(), known=True)
        # Then the code of points that are not counted, and last that of points without a value.
        layers, colors = np.append(layers, len(colors)), (*colors, color(-1))
        codes = values.codes
        if centers is not None and hidden:
            labels = self._samples.assign(centers)
            codes = np.where(np.isin(labels, hidden), np.int32(len(slots)), codes)
        key = (layers.tobytes(), id(codes), colors)
        if self._last is not None and self._last[0] == key and self._codes is codes:
            return self._last[1]
        counts = self._count(layers, len(colors), None, None, codes=codes)
        self._codes = codes
        groups, names = ((),) * len(colors), (*values.names, "no value")
        density = Density(self._box, counts, colors, groups, names)
        self._last = key, density
        return density

    def by_middle(self, density: Density, slots: Sequence[int], places: Floats) -> Density:
        """Give each cell to the centroid nearest to its middle: an estimate, without a pass.

        `places`, shape (n_clusters, 2), are those of the centroids on the map.
        """
        height, width = self._shape
        low, high = corners(self._box)
        steps = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        middles = low + np.stack(steps, axis=-1).reshape(-1, 2) * (high - low) / (width, height)
        nearest = ArraySamples(middles / self._axis_unit).assign(places / self._axis_unit)
        colors, layers = _layers(slots, frozenset(), known=True)
        counts: Labels = np.zeros((len(colors) + 1, height * width), np.int32)
        totals = density.counts[:-1].sum(axis=0).ravel()
        counts[layers[nearest], np.arange(len(nearest))] = totals
        shaped = counts.reshape(-1, height, width)
        return Density(self._box, shaped, colors, _groups(layers, len(colors)))

    def _count_on_plane(
        self, layers: Indices, n_layers: int, centers: Floats, before: Floats | None
    ) -> Labels:
        """Count samples of two features: assign only those in cells where clusters meet.

        The points that are nearest to a centre are a convex set, so if the corners of a cell are
        among them, all of its points are. Takes 0.4 of the time for 10M points and 8 clusters.
        """
        if self._totals is None:
            self._totals = self._count(np.zeros(1, np.intp), 1, None, None)[0]
        owner = self._owners(centers)
        old = owner if before is None else self._owners(before)
        mixed = (owner < 0) | (old < 0)
        layer = np.where(mixed | (owner < 0), -1, layers[owner])
        counts = np.zeros((n_layers + 1, *self._shape), np.int32)
        rows, columns = np.nonzero(layer >= 0)
        counts[layer[rows, columns], rows, columns] = self._totals[rows, columns]
        changed = (owner != old) & (layer >= 0)
        counts[-1][changed] = self._totals[changed]
        mixed &= self._totals > 0
        return self._count(layers, n_layers, centers, before, only=mixed, counts=counts)

    def _owners(self, centers: Floats) -> Labels:
        """Return the centre that is nearest to all corners of each cell, or -1."""
        height, width = self._shape
        steps = np.meshgrid(np.arange(width + 1.0), np.arange(height + 1.0))
        offsets = np.stack(steps, axis=-1).reshape(-1, 2) - self._places.corner
        corner = self._places.origin + offsets @ np.linalg.inv(self._places.axes)
        columns = self._places.columns
        points = np.empty_like(corner)
        points[:, columns] = corner
        nearest = ArraySamples(points).assign(np.asarray(centers, np.float64))
        nearest = nearest.reshape(height + 1, width + 1)
        first = nearest[:-1, :-1]
        same = (
            (first == nearest[1:, :-1]) & (first == nearest[:-1, 1:]) & (first == nearest[1:, 1:])
        )
        return np.where(same, first, np.int32(-1))

    def _count(
        self,
        layers: Indices,
        n_layers: int,
        centers: Floats | None,
        before: Floats | None,
        *,
        codes: Labels | None = None,
        only: npt.NDArray[np.bool_] | None = None,
        counts: Labels | None = None,
    ) -> Labels:
        """Count the samples in all cells or only in some, in layers by their label or code.

        They are added to `counts` if it is given.
        """
        # Allocated by this thread: glibc keeps what is freed for the thread that asked for it, and
        # each thread of the pool would keep ten megabytes.
        starts = range(0, self._samples.n_samples, BLOCK)
        if counts is None:
            counts = np.zeros((n_layers + 1, *self._shape), np.int32)
        unused = [_new_buffers(counts)]
        while len(unused) < min(thread_count(), len(starts)):
            unused.append(_new_buffers(np.zeros_like(counts)))

        def work(first: int) -> None:
            buffers = unused.pop()
            rows: slice | Indices = slice(first, first + BLOCK)
            if only is not None:
                n_rows = rows_inside(self._plane.X[rows], self._places, only, first, buffers.rows)
                rows = buffers.rows[:n_rows]
            part = self._samples.part(rows)
            labels = NOTHING if codes is None else codes[rows]
            old = NOTHING
            with limit_threads(1):
                if centers is not None and part.n_samples:
                    labels = part.assign(centers, buffers.labels[: part.n_samples])
                if before is not None and part.n_samples:
                    old = part.assign(before, buffers.before[: part.n_samples])
            X = part.X if self._plane.X is self._samples.X else read_only(self._plane.X[rows])
            add_to_cells(X, self._places, labels, old, layers, buffers.counts)
            unused.append(buffers)

        run(partial(work, first) for first in starts)
        for buffers in unused:
            if buffers.counts is not counts:
                counts += buffers.counts
        return counts


class _Buffers(NamedTuple):
    """What a thread writes: counts as in `Density`, and labels and rows of a block."""

    counts: Labels
    labels: Labels
    before: Labels
    rows: Indices


def _new_buffers(counts: Labels) -> _Buffers:
    labels, before = np.full((2, BLOCK), -1, np.int32)
    return _Buffers(counts, labels, before, np.empty(BLOCK, np.intp))


def _project(samples: ArraySamples, projection: Projection, scaling: Scaling) -> Floats:
    """Return the places of all samples, shape (n_samples, 2)."""
    origin = scaling.transform(projection.origin)
    dtype = np.float64 if projection.has_others else samples.dtype
    places = np.empty((samples.n_samples, 2), dtype)
    for first in range(0, samples.n_samples, PROJECTED):
        rows = slice(first, first + PROJECTED)
        places[rows] = (samples.X[rows] - origin) @ projection.axes * projection.axis_unit
    return places


def _layers(
    slots: Sequence[int], hidden: frozenset[int], *, known: bool
) -> tuple[tuple[str, ...], Indices]:
    """Return the colours, and the layer of each cluster and of points without one."""
    shades = [None if slot in hidden else color(slot) for slot in slots] if known else []
    colors = tuple(dict.fromkeys(shade for shade in shades if shade is not None)) or (color(-1),)
    layers = [-1 if shade is None else colors.index(shade) for shade in shades]
    return colors, np.array([*layers, -1 if known else 0], dtype=np.intp)


def _groups(layers: Indices, n_layers: int) -> tuple[tuple[int, ...], ...]:
    """Return the clusters of each layer."""
    return tuple(tuple(np.flatnonzero(layers[:-1] == layer).tolist()) for layer in range(n_layers))
