"""Array types, and what the steps of the algorithm pass on to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
"""Samples or centres: float32 or float64, as the data."""

Float64s: TypeAlias = npt.NDArray[np.float64]
"""Sums, weights and distances that are added up: always float64."""

Labels: TypeAlias = npt.NDArray[np.int32]
"""The cluster of each sample; -1 where there is none yet."""

Pairs: TypeAlias = npt.NDArray[np.int32]
"""Pairs of 16-bit integers, each stored in an int32: the first in the lower half."""

Indices: TypeAlias = npt.NDArray[np.intp]
"""Positions in another array."""

_A = TypeVar("_A", bound=npt.NDArray[Any])


def read_only(array: _A) -> _A:
    """Return a read-only view of an array.

    Arrays that a kernel only reads are passed to it like this. It protects the user's data, and it
    avoids compiling each kernel a second time for data that were read-only to begin with.

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


class Update(NamedTuple):
    """Result of the update (M-step).

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features), float64
        The new centres, in the units of X.
    center_shift : float
        Squared distance from the old centres to the new ones, summed over the centres, in squared
        units of X.
    inertia : float
        Inertia of the same assignment with the new centres, in squared units of X.
    """

    centers: Float64s
    center_shift: float
    inertia: float


@dataclass(frozen=True, slots=True, eq=False)
class ClusterSums:
    """Result of an assignment (E-step): everything that the update needs to know of the samples.

    The sums of two parts of the data add up to the sums of the whole, so a chunk of an array, a
    block on another machine and all of the data are the same thing.

    Parameters
    ----------
    coordinates : ndarray of shape (n_clusters, n_features), float64
        Weighted sum of the samples assigned to each cluster, in the units of X.
    weight : ndarray of shape (n_clusters,), float64
        Sum of their weights.
    inertia : float
        Weighted sum of the squared distances to the nearest centres, in squared units of X.
    n_changed : int
        Number of samples whose cluster differs from the previous pass.
    update : Update or None, default=None
        The M-step, if the kernel that computed the sums has done it too.

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
    update: Update | None = None

    def __add__(self, other: ClusterSums) -> ClusterSums:
        """Merge the sums of two disjoint parts of the data."""
        return ClusterSums(
            self.coordinates + other.coordinates,
            self.weight + other.weight,
            self.inertia + other.inertia,
            self.n_changed + other.n_changed,
        )


class Ahead(Protocol):
    """Iterations that the engine has computed ahead, see `kernels.rounds.IterationsAhead`."""

    @property
    def centers(self) -> Float64s | None:
        """The centres of the next iteration; None if there is none."""
        ...

    def take(self) -> ClusterSums:
        """Return the next iteration."""
        ...

    def skip(self, centers: Float64s, center_shift: float) -> tuple[int, Float64s, float]:
        """Skip all but the last; return how many, its centres, and the shift that led to them."""
        ...


@dataclass(slots=True, weakref_slot=True, eq=False)
class Memory:
    """What one run keeps between its passes. It belongs to one run at a time.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), int32
        Labels of the last pass; -1 before the first.
    centers : ndarray of shape (n_clusters, n_features), float64, or None
        Centres of the last pass.
    totals : ndarray of shape (n_clusters, n_features + 3), float64, or None
        Cluster sums of the last pass, see `kernels.sums.update_labels`.
    upper, lower : ndarray of shape (n_samples,) or None
        Distance bounds of the last pass, see `kernels.bounds.may_have_changed`.
    workspace : tuple of Tiles and Workspace, or None
        Scratch buffers for few samples, see `kernels.buffers`.
    ahead : Ahead or None
        Iterations computed ahead. `labels` and the others then belong to the last of them.
    run : str
        Of samples in blocks, whose labels stay with the blocks: the name of the run there.
    """

    labels: Labels
    centers: Float64s | None = None
    totals: Float64s | None = None
    upper: Floats | None = None
    lower: Floats | None = None
    workspace: tuple[Any, Any] | None = None
    ahead: Ahead | None = None
    run: str = ""
