"""What stays the same while a run is watched: which points are drawn, where, and how large."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.plot.limits import around, within
from kmeans_widget.plot.projection import Projection, project
from kmeans_widget.scaling import Scaling

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats, Indices
    from kmeans_widget.plot.voronoi import Box
    from kmeans_widget.session.branch import Branch

ROUNDING = 1e-12  # share of the first principal component up to which the second is rounding
MAX_POINTS = 10_000  # drawn; K-means itself runs on all samples


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """What stays the same in every scene of a data set.

    Attributes
    ----------
    sample : ArraySamples
        The samples that are drawn, all features, as K-means measures them.
    scaling : Scaling
        How they came from the units of `X`.
    points : ndarray of shape (n_drawn, 2)
        Their place on the plane.
    sizes : ndarray of shape (n_drawn,) or None
        Diameters of their markers, 1 for those of usual weight; None where all weigh the same.
    projection : Projection
        The map from features to the plane.
    box : (left, right, bottom, top)
        Limits of the axes.
    n_samples : int
        Size of the whole data set.
    rows : ndarray of int, shape (n_drawn,)
        Which samples they are, in rising order.
    """

    sample: ArraySamples
    scaling: Scaling
    points: Floats
    sizes: Floats | None
    projection: Projection
    box: Box
    n_samples: int
    rows: Indices


def stage(
    samples: ArraySamples,
    feature_names: tuple[str, ...],
    *,
    scaling: Scaling | None = None,
    rows: Indices | None = None,
    like: Backdrop | None = None,
) -> Backdrop:
    """Lay out a data set: which points are drawn, on which plane, within which limits.

    Parameters
    ----------
    samples : ArraySamples
        All points, as K-means measures them.
    feature_names : tuple of str
        One name per feature.
    scaling : Scaling, default=None
        How they came from the units of `X`, which are those of the picture. None: not at all.
    rows : ndarray of int, default=None
        Which samples are drawn. None: at most `MAX_POINTS`, always the same ones.
    like : Backdrop, default=None
        Of the same data on the same scale before they were edited: its plane is kept, and its
        limits as long as all points are within them, so that the picture stays where it is.

    Returns
    -------
    Backdrop
    """
    rows = samples.preview(MAX_POINTS) if rows is None else rows
    weights = None if samples.sample_weight is None else samples.weights(rows)
    sample = ArraySamples(samples.rows(rows), weights)
    if scaling is None:
        scaling = Scaling(np.zeros(samples.n_features), np.ones(samples.n_features))
    drawn = scaling.inverse_transform(sample.X)
    if like is None:
        projection = project(drawn, feature_names, scaling.unit)
    else:
        projection = replace(like.projection, unit=scaling.unit)
    points = projection.plane(drawn)
    keeps = like is not None and within(points, like.box)
    noise = ROUNDING if samples.n_features > 2 else 0.0
    return Backdrop(
        sample=sample,
        scaling=scaling,
        points=points,
        sizes=None if weights is None else marker_sizes(weights),
        projection=projection,
        box=like.box if like is not None and keeps else around(points, projection.spread, noise),
        n_samples=samples.n_samples,
        rows=rows,
    )


def stage_branch(branch: Branch, *, like: Backdrop | None = None) -> Backdrop:
    """Lay out the points of a branch; `like` as in `stage`."""
    points = branch.points
    return stage(
        branch.samples, points.table.feature_names, scaling=branch.scaling,
        rows=points.preview(MAX_POINTS), like=like,
    )  # fmt: skip


def marker_sizes(weights: Floats) -> Floats:
    """Find diameters of markers whose areas follow the weights, shape (n,).

    The median of the weights above 0 has diameter 1. Areas are rounded to powers of two, from a
    quarter to four times as large, so that the lightest point is still seen, the heaviest hides
    little, and few sizes are drawn.

    Examples
    --------
    >>> marker_sizes(np.array([1.0, 1.0, 1.0, 4.0, 400.0, 0.0]))
    array([1. , 1. , 1. , 2. , 2. , 0.5])
    """
    usual = np.median(weights[weights > 0]) if weights.any() else 1.0
    areas = np.clip(weights / usual, 0.25, 4.0)
    return np.asarray(np.sqrt(2.0 ** np.rint(np.log2(areas))))
