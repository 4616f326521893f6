"""The part of the picture that is constant during a run: the points drawn, their place and size.

Up to `MAX_POINTS` points are drawn one by one, and more as a density picture of all of them. The
numbers that need single points are then those of a sample of `MAX_POINTS`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.plot.density import Cells, Plane, find_extent, find_inside, lay_plane
from kmeans_widget.plot.limits import all_within, around_line, limits_around, zoom_box
from kmeans_widget.plot.projection import (
    OtherColumn,
    Projection,
    choose_projection,
    scatter_matrix,
)
from kmeans_widget.scaling import Scaling, distance_shares

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.plot.projection import Axis
    from kmeans_widget.plot.voronoi import Box
    from kmeans_widget.session.points import Points

ROUNDING = 1e-12  # range of a principal component, relative to the first's, that is rounding error
FLAT = 1e-5  # distance from the plane, relative to the extent of the points, that is rounding error
MAX_POINTS = 10_000  # drawn one by one
SCATTER_WORK = 10_000_000_000  # products up to which principal components are those of all samples


class Guides(NamedTuple):
    """What places the centroids along columns that take no part: samples, and where they lie.

    The samples are those drawn, or a sample if these are too many.
    """

    samples: ArraySamples
    places: Floats

    def means(self, centers: Floats, axis: int) -> Floats:
        """Return the mean place of the samples nearest to each scaled centre, shape (k,).

        A centre without samples has the mean of all.
        """
        labels, values = self.samples.assign(centers), self.places[:, axis]
        weights = self.samples.weights()
        totals = np.bincount(labels, weights, len(centers))
        sums = np.bincount(labels, weights * values, len(centers))
        overall = sums.sum() / totals.sum() if totals.any() else values.mean()
        return np.where(totals > 0, sums / np.where(totals > 0, totals, 1.0), overall)


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """What all scenes of a data set share.

    Attributes
    ----------
    samples : ArraySamples
        All samples, scaled as K-means sees them.
    sample : ArraySamples
        Those that are drawn, or a sample of those in the density picture.
    scaling : Scaling
        The scaling that was applied to `X`.
    points : ndarray of shape (n_drawn, 2)
        Coordinates of the drawn samples on the plane.
    sizes : ndarray of shape (n_drawn,) or None
        Diameters of their markers, relative to that of the median weight; None without weights.
    projection : Projection
        The map from features to the plane.
    plane : Plane
        Where all samples lie.
    guides : Guides or None
        What places the centroids along columns that take no part; None if no axis is one.
    box : (left, right, bottom, top)
        Limits of the axes.
    home : (left, right, bottom, top)
        The limits that show all points.
    cells : Cells or None
        The density picture; None if the points are drawn one by one.
    is_flat : bool
        Whether the plane contains all points, so that distances in the picture are those that
        K-means measures.
    rows : ndarray of int, shape (n_drawn,)
        Row numbers of the drawn samples, increasing.
    shown_share : float
        Share of the variance, on the scale of K-means, along the axes: of all samples, unless
        `is_of_sample`.
    is_of_sample : bool
        Whether there are so many samples and features that the axes are the principal components of
        a sample.
    n_rows : int
        Number of rows of the data that K-means sees: more than there are samples, if the data are
        read in blocks.
    """

    samples: ArraySamples
    sample: ArraySamples
    scaling: Scaling
    points: Floats
    sizes: Floats | None
    projection: Projection
    plane: Plane
    guides: Guides | None
    box: Box
    home: Box
    cells: Cells | None
    is_flat: bool
    rows: Indices
    shown_share: float
    is_of_sample: bool
    n_rows: int

    @property
    def n_samples(self) -> int:
        """Number of samples in memory."""
        return self.samples.n_samples

    def fit_view(self, box: Box) -> Box:
        """Return limits as `zoom_box` does; a line stays at its height."""
        seen = zoom_box(box, self.home)
        return around_line(seen) if self.projection.is_line and seen != self.home else seen

    def zoomed(self, box: Box) -> Backdrop:
        """Return the backdrop with other limits, as `fit_view` makes them.

        If at most `MAX_POINTS` points are within the limits, they are drawn one by one.

        Notes
        -----
        One pass over the samples if they are more than that.
        """
        box = self.fit_view(box)
        if self.n_samples <= MAX_POINTS:
            return replace(self, box=box)
        n_inside, rows = find_inside(self.plane, box, MAX_POINTS)
        cells = None
        if n_inside > MAX_POINTS or n_inside == 0:  # with none, the sample stays as it was
            rows = self.samples.preview(MAX_POINTS)
            cells = Cells(self.samples, self.plane, self.projection.axis_unit, box, n_inside)
        return replace(self.with_rows(rows), box=box, cells=cells)

    def with_rows(self, rows: Indices) -> Backdrop:
        """Return the backdrop with other samples that are drawn."""
        weights = None if self.samples.sample_weight is None else self.samples.weights(rows)
        sample = ArraySamples(self.samples.rows(rows), weights)
        sizes = self.sizes if weights is None else marker_sizes(weights)
        points = self.place_rows(rows)
        return replace(self, sample=sample, points=points, sizes=sizes, rows=rows)

    def place(self, centers: Floats) -> Floats:
        """Return where scaled centroids are drawn, shape (n_clusters, 2).

        Along a column that takes no part, that is the mean of the samples nearest to each.
        """
        places = self.projection.project(self.scaling.inverse_transform(centers))
        if self.guides is not None:
            for axis in {0, 1}.difference(self.projection.features):
                places[:, axis] = self.guides.means(centers, axis)
        return places

    def place_rows(self, rows: Indices) -> Floats:
        """Return where samples are drawn, shape (n_rows, 2)."""
        if self.guides is not None:
            return np.asarray(self.plane.X[rows])
        return self.place(self.samples.rows(rows))

    def place_point(self, row: int, position: Floats) -> Floats:
        """Return where a sample is drawn, given its position in units of `X`, shape (2,)."""
        if self.guides is not None:
            return np.asarray(self.plane.X[row])
        return np.asarray(self.projection.project(position[None])[0])

    def nearest(self, places: Floats) -> Labels:
        """Return the cluster that each drawn sample seems to be nearest to, shape (n_drawn,).

        Parameters
        ----------
        places : ndarray of shape (n_clusters, 2)
            Of the centroids, on the plane.
        """
        unit = self.projection.axis_unit
        return ArraySamples(np.ascontiguousarray(self.points / unit)).assign(places / unit)

    def shows_distances(self, centers: Floats) -> bool:
        """Return whether all points and these scaled centroids are on the plane."""
        centers = self.scaling.inverse_transform(centers)
        return self.is_flat and _is_flat(self.projection, self.points, centers)


def lay_out(
    samples: ArraySamples,
    feature_names: tuple[str, ...],
    *,
    scaling: Scaling | None = None,
    rows: Indices | None = None,
    axes: tuple[Axis, Axis] | None = None,
    like: Backdrop | None = None,
) -> Backdrop:
    """Lay out a data set: choose the points to draw, the plane and the limits of the axes.

    Parameters
    ----------
    samples : ArraySamples
        All samples, scaled as K-means sees them.
    feature_names : tuple of str
        One name per feature.
    scaling : Scaling, default=None
        The scaling that was applied; the picture is in the units of `X`. None: no scaling.
    rows : ndarray of int, default=None
        Row numbers of the samples to draw. None: at most `MAX_POINTS`, a deterministic choice.
    axes : tuple of two int or OtherColumn, default=None
        The features or other columns that are the axes; samples without a value are not drawn.
        None: see `choose_projection`.
    like : Backdrop, default=None
        The backdrop of the same data, axes and scale before an edit. Its plane is reused, and so
        are its limits if they contain all points, so that an edit does not move the picture.

    Returns
    -------
    Backdrop
    """
    rows = samples.preview(MAX_POINTS) if rows is None else rows
    if scaling is None:
        scaling = Scaling(np.zeros(samples.n_features), np.ones(samples.n_features))
    others = [axis.values for axis in axes or () if isinstance(axis, OtherColumn)]
    if others:
        seen = np.asarray(np.isfinite(others).all(axis=0))
        rows = rows[seen[rows]] if seen[rows].any() else np.flatnonzero(seen)[:MAX_POINTS]
        if len(rows) == 0:  # the last point that had a value is gone
            return lay_out(samples, feature_names, scaling=scaling)
    drawn = scaling.inverse_transform(samples.rows(rows))
    many = samples.n_samples > MAX_POINTS
    work = samples.n_samples * samples.n_features**2
    is_component = axes is None and samples.n_features > 2
    of_all = many and is_component and work <= SCATTER_WORK
    scatter = scatter_matrix(samples.X) if of_all else None
    if like is None:
        projection = choose_projection(drawn, feature_names, scaling.unit, axes, scatter)
    else:
        projection = replace(like.projection, unit=scaling.unit)
    plane = lay_plane(samples, projection, scaling, axes)
    weights = None if samples.sample_weight is None else samples.weights(rows)
    sample = ArraySamples(samples.rows(rows), weights)
    points = plane.X[rows] if projection.has_others else projection.project(drawn)
    extent = find_extent(plane) if many else points
    keep_box = like is not None and all_within(extent, like.box)
    # Distances between two of many columns are no distances to K-means.
    shows_distances = projection.columns is None or (
        samples.n_features <= 2 and not projection.has_others
    )
    noise = ROUNDING if projection.columns is None else 0.0
    box = (
        like.box
        if like is not None and keep_box
        else limits_around(extent, projection.axis_unit, noise, equal=shows_distances)
    )
    if projection.is_line:
        box = around_line(box)
    return Backdrop(
        samples=samples,
        sample=sample,
        scaling=scaling,
        points=points,
        sizes=None if weights is None else marker_sizes(weights),
        projection=projection,
        plane=plane,
        guides=Guides(sample, points) if projection.has_others else None,
        box=box,
        home=box,
        cells=Cells(samples, plane, projection.axis_unit, box, samples.n_samples) if many else None,
        is_flat=_is_flat(projection, points, drawn),
        rows=rows,
        shown_share=_shown_share(samples, sample, projection, points, scatter),
        is_of_sample=many and is_component and not of_all,
        n_rows=samples.n_samples,
    )


def lay_out_points(
    points: Points,
    scale: str,
    *,
    axes: tuple[Axis, Axis] | None = None,
    like: Backdrop | None = None,
) -> Backdrop:
    """Lay out the points of a session on a scale; `axes` and `like` as in `lay_out`."""
    scaling, samples, _, run_samples = points.on_scale(scale)
    backdrop = lay_out(
        samples, points.table.feature_names, scaling=scaling, rows=points.preview(MAX_POINTS),
        axes=axes, like=like,
    )  # fmt: skip
    return replace(backdrop, n_rows=run_samples.n_samples)


def _shown_share(
    samples: ArraySamples,
    sample: ArraySamples,
    projection: Projection,
    points: Floats,
    scatter: Float64s | None,
) -> float:
    """Return the share of the variance along the axes."""
    if projection.columns is not None:
        shares, used = distance_shares(samples), [*projection.features.values()]
        return round(float(shares[used].sum()), 12) if shares.any() else float(bool(used))
    if scatter is not None:
        shown, total = (
            float(np.trace(projection.axes.T @ scatter @ projection.axes)),
            scatter.trace(),
        )
    else:
        shown = float(points.var(axis=0).sum())
        total = float(sample.X.var(axis=0, dtype=np.float64).sum())
    return round(shown / total, 12) if total > 0 else 1.0


def _is_flat(projection: Projection, points: Floats, X: Floats) -> bool:
    """Return whether all of `X` is on the plane, but for rounding; `points` give the extent."""
    if projection.has_others:
        return False
    extent = float(np.ptp(points, axis=0).max())
    return bool((projection.distances(X) <= FLAT * extent).all())


def marker_sizes(weights: Floats) -> Floats:
    """Return marker diameters, shape (n,), such that areas are about proportional to weights.

    The median of the positive weights gets diameter 1. Areas are rounded to powers of two between
    1/4 and 4, so that light points stay visible, heavy points hide little, and only five sizes
    are drawn.

    Examples
    --------
    >>> marker_sizes(np.array([1.0, 1.0, 1.0, 4.0, 400.0, 0.0]))
    array([1. , 1. , 1. , 2. , 2. , 0.5])
    """
    median = np.median(weights[weights > 0]) if weights.any() else 1.0
    areas = np.clip(weights / median, 0.25, 4.0)
    return np.asarray(np.sqrt(2.0 ** np.rint(np.log2(areas))))
