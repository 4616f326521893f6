"""Convergence: when the loop stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s


class HasVariances(Protocol):
    """Samples that know the variances of their features."""

    def feature_variances(self) -> Float64s:
        """Return the variance of each feature, shape (n_features,)."""
        ...


def absolute_tolerance(tol: float, samples: HasVariances) -> float:
    """Scale a relative tolerance to the data.

    Parameters
    ----------
    tol : float
        Relative tolerance, without unit; 0 means that no centre may move at all.
    samples : Samples
        The data; not read if `tol` is 0.

    Returns
    -------
    float
        ``tol * mean(feature variances)``, in squared units of X, to be compared with
        `Step.center_shift`.

    Notes
    -----
    This is scikit-learn's definition. As it is relative, the unit of measurement does not matter.
    """
    return tol * float(np.mean(samples.feature_variances())) if tol > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Criterion:
    """When to stop.

    Parameters
    ----------
    max_iter : int
        Maximum number of iterations, at least 1.
    tol : float
        Absolute tolerance of the squared shift of the centres, in squared units of X.

    Examples
    --------
    >>> criterion = Criterion(max_iter=3, tol=0.01)
    >>> criterion.is_over(2, center_shift=0.02), criterion.is_over(3, center_shift=0.02)
    (False, True)
    >>> criterion.n_passes_left(2, center_shift=0.02), criterion.n_passes_left(3, 0.02)
    (2, 1)
    >>> criterion.is_fixed_point(n_changed=0, n_relocated=0), criterion.tolerates(0.02)
    (True, False)
    """

    max_iter: int
    tol: float

    def is_fixed_point(self, n_changed: float, n_relocated: int) -> bool:
        """Tell whether an update would give the same centres: no label changed, none relocated."""
        return n_changed == 0 and n_relocated == 0

    def tolerates(self, center_shift: float) -> bool:
        """Tell whether the centres moved by no more than the tolerance."""
        return center_shift <= self.tol

    def is_over(self, iteration: int, center_shift: float) -> bool:
        """Tell whether no update follows this iteration, which moved the centres so far."""
        return iteration == self.max_iter or self.tolerates(center_shift)

    def n_passes_left(self, iteration: int, center_shift: float) -> int:
        """Count the assignments that may follow at most, the closing one included."""
        return 1 if self.is_over(iteration, center_shift) else self.max_iter - iteration + 1
