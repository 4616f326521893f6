"""Some of the samples: those that matter most, or a few of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Indices


def largest(distances: Float64s, n: int) -> Indices:
    """List the n largest distances above 0, the largest first; of equals, the lowest index first.

    Examples
    --------
    >>> largest(np.array([1.0, 0.0, 4.0, 4.0]), 2)
    array([2, 3])
    """
    n = min(n, len(distances))
    # Everything at least as large as the n-th, then a stable sort, so that ties go to the lowest.
    threshold = np.partition(distances, -n)[-n]
    far = np.flatnonzero((distances >= threshold) & (distances > 0))
    return far[np.argsort(-distances[far], kind="stable")][:n]


def some_of(n_samples: int, n: int) -> Indices:
    """Draw at most n of the samples, always the same ones, in rising order.

    Examples
    --------
    >>> some_of(3, 5), len(some_of(1000, 5))
    (array([0, 1, 2]), 5)
    """
    if n_samples <= n:
        return np.arange(n_samples)
    return np.sort(np.random.default_rng(0).choice(n_samples, n, replace=False))
