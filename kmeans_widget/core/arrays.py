"""The words for arrays, and the sums that a pass over the data leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
"""Samples or centres: float32 or float64, whichever the data have."""

Float64s: TypeAlias = npt.NDArray[np.float64]
"""Sums, weights and distances that are added up: always float64."""

Labels: TypeAlias = npt.NDArray[np.int32]
"""The cluster of each sample; -1 where there is none yet."""

Pairs: TypeAlias = npt.NDArray[np.int32]
"""Two whole numbers of 16 bits in each of 32: the first in the lower half."""

Indices: TypeAlias = npt.NDArray[np.intp]
"""Positions in another array."""

_A = TypeVar("_A", bound=npt.NDArray[Any])


def read_only(array: _A) -> _A:
    """Return a view of an array through which it cannot be written.

    What kernels only read is passed to them like this. It guards the user's data, and it spares
    compiling each kernel a second time for data that were read-only to begin with.

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    ndarray
        A view with the same data; the array itself stays as writeable as it was.

    Examples
    --------
    >>> read_only(np.zeros(3)).flags.writeable
    False
    """
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True, eq=False)
class ClusterSums:
    """What one pass over some samples leaves: everything the update needs to know about them.

    Sums of two parts of the data add up to the sums of the whole. So a chunk of an array, a block
    on another machine and all of the data at once are the same thing.

    Parameters
    ----------
    coordinates : ndarray of shape (n_clusters, n_features), float64
        Weighted sum of the samples assigned to each cluster, in the units of X.
    weight : ndarray of shape (n_clusters,), float64
        Sum of their weights.
    inertia : float
        Weighted sum of the squared distances to the nearest centres, in squared units of X.
    n_changed : int
        Samples that are assigned to another cluster than in the pass before.

    Examples
    --------
    >>> left = ClusterSums(np.array([[1.0, 2.0]]), np.array([1.0]), inertia=0.5, n_changed=1)
    >>> right = ClusterSums(np.array([[3.0, 2.0]]), np.array([1.0]), inertia=0.5, n_changed=0)
    >>> (left + right).coordinates, (left + right).inertia
    (array([[4., 4.]]), 1.0)
    """

    coordinates: Float64s
    weight: Float64s
    inertia: float
    n_changed: int

    def __add__(self, other: ClusterSums) -> ClusterSums:
        """Merge the sums of two disjoint parts of the data."""
        return ClusterSums(
            self.coordinates + other.coordinates,
            self.weight + other.weight,
            self.inertia + other.inertia,
            self.n_changed + other.n_changed,
        )


@dataclass(slots=True, eq=False)
class Memory:
    """What one run remembers between its passes. It belongs to one run at a time.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), int32
        Labels of the last pass; -1 before the first.
    centers : ndarray of shape (n_clusters, n_features), float64, or None
        Centres of the last pass.
    totals : ndarray of shape (n_clusters, n_features + 3), float64, or None
        Sums of the last pass, see `sums.update_labels`.
    upper, lower : ndarray of shape (n_samples,) or None
        Bounds of the last pass, see `bounds.may_have_changed`.
    desk : Desk or None
        Room for kernels to work in, see `small`.
    """

    labels: Labels
    centers: Float64s | None = None
    totals: Float64s | None = None
    upper: Floats | None = None
    lower: Floats | None = None
    desk: Any = None


N_CHANGED, SHIFT = 1, 2
"""The columns of `IterationBatch.numbers` where these stand."""


class IterationBatch(NamedTuple):
    """What rounds of assigning and recalculating leave, one row each.

    Parameters
    ----------
    centers : ndarray of shape (n_rounds + 1, n_clusters, n_features), float64
        Those that the samples of each round were assigned to. Behind the last are the means that
        the last round has led to.
    coordinates : ndarray of shape (n_rounds, n_clusters, n_features), float64
    weight : ndarray of shape (n_rounds, n_clusters), float64
        The sums of the clusters, as in `ClusterSums`.
    numbers : ndarray of shape (n_rounds, 4), float64
        Inertia; how many samples have changed; the centres' shift to the next ones, see
        `center_shift`; the inertia after that, see `updated_inertia`.
    """

    centers: Float64s
    coordinates: Float64s
    weight: Float64s
    numbers: Float64s


Rounds: TypeAlias = tuple[IterationBatch, int]
"""A record, and how many rounds of it have been done.

There are fewer than were asked for when nothing changed, when a cluster was left empty, when the
centres had moved by no more than the tolerance before the last round, or so that others get a turn.
"""


def new_batch(n_rounds: int, centers: Float64s) -> IterationBatch:
    """Allocate room for some rounds from given centres."""
    n_clusters, n_features = centers.shape
    trajectory = np.empty((n_rounds + 1, n_clusters, n_features))
    trajectory[0] = centers
    return IterationBatch(
        trajectory,
        np.empty((n_rounds, n_clusters, n_features)),
        np.empty((n_rounds, n_clusters)),
        np.empty((n_rounds, 4)),
    )


def sums_of(batch: IterationBatch, r: int) -> ClusterSums:
    """Return what the assignment of round r has left."""
    inertia, n_changed = batch.numbers[r, :2].tolist()
    return ClusterSums(batch.coordinates[r], batch.weight[r], inertia, int(n_changed))
