"""The number of clusters, checked against the data."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.sparse import SparseSamples
from kmeans_widget.validation.messages import short_repr
from kmeans_widget.validation.parameters import check_integer

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Indices
    from kmeans_widget.core.blocks import BlockSamples
    from kmeans_widget.core.samples import ArraySamples


def check_n_clusters(n_clusters: Any, samples: ArraySamples | SparseSamples | BlockSamples) -> int:
    """Return `n_clusters` as an int, for the estimators.

    Parameters
    ----------
    n_clusters : int
        At least 1, at most the number of samples with a weight above 0.
    samples : ArraySamples, SparseSamples or BlockSamples

    Returns
    -------
    int

    Raises
    ------
    TypeError
        If `n_clusters` is not an integer.
    ValueError
        If `n_clusters` is out of range.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> check_n_clusters(5, ArraySamples(np.array([[1.0], [2.0], [3.0]])))
    Traceback (most recent call last):
        ...
    ValueError: n_samples=3 should be >= n_clusters=5. Ask for at most 3 clusters.
    """
    count = check_integer("n_clusters", n_clusters, "the number of clusters", minimum=1)
    if count > samples.n_samples:
        raise ValueError(
            f"n_samples={samples.n_samples} should be >= n_clusters={count}. "
            f"Ask for at most {_clusters(samples.n_samples)}."
        )
    n_weighted = samples.n_weighted
    if count > n_weighted:
        have = "has" if n_weighted == 1 else "have"
        raise ValueError(
            f"n_clusters={count}, but only {n_weighted} of {samples.n_samples} samples {have} a "
            f"weight above 0. Ask for at most {_clusters(n_weighted)}."
        )
    return count


def check_k(n_clusters: Any, samples: ArraySamples) -> int:
    """Return `n_clusters` as an int, for the panel: like `check_n_clusters`, in everyday words.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> check_k(5, ArraySamples(np.array([[1.0], [2.0], [3.0]])))
    Traceback (most recent call last):
        ...
    ValueError: 5 clusters need at least 5 points, but there are 3. Ask for at most 3 clusters.
    """
    whole = isinstance(n_clusters, Integral) and not isinstance(n_clusters, bool | np.bool_)
    if not whole or n_clusters < 1:
        kind = ValueError if whole else TypeError
        raise kind(
            "The number of clusters must be a whole number of at least 1, "
            f"not {short_repr(n_clusters)}."
        )
    weights, condition = samples.sample_weight, ""
    n_points = samples.n_samples
    if weights is not None:
        n_points, condition = int(np.count_nonzero(weights)), " with a weight above 0"
    if n_clusters > n_points:
        raise ValueError(
            f"{n_clusters} clusters need at least {n_clusters} points{condition}, but there "
            f"{_are(n_points)} {n_points}. Ask for at most {_clusters(n_points)}."
        )
    return int(n_clusters)


def check_distinct_points(samples: ArraySamples, n_clusters: int) -> None:
    """Raise if the data have fewer distinct points than `n_clusters`.

    Parameters
    ----------
    samples : ArraySamples
    n_clusters : int

    Raises
    ------
    ValueError
        If there are fewer distinct points; the message says how many.
    """
    n_distinct = count_distinct(samples, n_clusters)
    if n_distinct < n_clusters:
        raise ValueError(
            f"{n_clusters} clusters need at least as many distinct points, but there "
            f"{_are(n_distinct)} {n_distinct}. Ask for at most {_clusters(n_distinct)}."
        )


def count_distinct(samples: ArraySamples | SparseSamples, enough: int) -> int:
    """Count the distinct points with a weight above 0.

    Parameters
    ----------
    samples : ArraySamples or SparseSamples
    enough : int
        Counting stops once this many have been found.

    Returns
    -------
    int
        Exact if less than `enough`.

    Notes
    -----
    Looks at growing prefixes of the data until one has enough distinct points, so it usually costs
    O(enough).

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> count_distinct(ArraySamples(np.array([[1.0], [1.0], [2.0]])), 3)
    2
    """
    weighted = None if samples.sample_weight is None else np.flatnonzero(samples.sample_weight)
    n_weighted = samples.n_samples if weighted is None else len(weighted)
    n_rows, n_distinct = 0, 0
    while n_distinct < enough and n_rows < n_weighted:
        n_rows = min(max(4 * enough, 8 * n_rows), n_weighted)
        rows = np.arange(n_rows) if weighted is None else weighted[:n_rows]
        n_distinct = _distinct_rows(samples, rows)
    return n_distinct


def _distinct_rows(samples: ArraySamples | SparseSamples, rows: Indices) -> int:
    """Count the distinct rows; sparse rows are compared by their stored entries."""
    if isinstance(samples, SparseSamples):
        bounds = [(samples.indptr[row], samples.indptr[row + 1]) for row in rows]
        stored = ((samples.indices[a:b].tobytes(), samples.data[a:b].tobytes()) for a, b in bounds)
        return len(set(stored))
    return len(np.unique(samples.X[rows], axis=0))


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _clusters(n: int) -> str:
    return "1 cluster" if n == 1 else f"{n} clusters"
