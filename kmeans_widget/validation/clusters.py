"""How many clusters some data can have."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.sparse import SparseSamples
from kmeans_widget.validation.messages import shown
from kmeans_widget.validation.parameters import integer

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Indices
    from kmeans_widget.core.samples import ArraySamples


def check_n_clusters(n_clusters: Any, samples: ArraySamples | SparseSamples) -> int:
    """Return the number of clusters, at least 1 and at most as many as samples with weight.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is out of range.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> check_n_clusters(5, ArraySamples(np.array([[1.0], [2.0], [3.0]])))
    Traceback (most recent call last):
        ...
    ValueError: n_samples=3 should be >= n_clusters=5. Ask for at most 3 clusters.
    """
    count = integer("n_clusters", n_clusters, "the number of clusters", minimum=1)
    if count > samples.n_samples:
        raise ValueError(
            f"n_samples={samples.n_samples} should be >= n_clusters={count}. "
            f"Ask for at most {_clusters(samples.n_samples)}."
        )
    n_weighty = samples.n_samples
    if samples.sample_weight is not None:
        n_weighty = int(np.count_nonzero(samples.sample_weight))
    if count > n_weighty:
        raise ValueError(
            f"n_clusters={count}, but only {n_weighty} of {samples.n_samples} samples have a "
            f"weight above 0. Ask for at most {_clusters(n_weighty)}."
        )
    return count


def check_k(n_clusters: Any, samples: ArraySamples) -> int:
    """Return the number of clusters, as `check_n_clusters` does, or refuse it in plain words.

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
            f"The number of clusters must be a whole number of at least 1, not {shown(n_clusters)}."
        )
    weights, having = samples.sample_weight, ""
    n_points = samples.n_samples
    if weights is not None:
        n_points, having = int(np.count_nonzero(weights)), " with a weight above 0"
    if n_clusters > n_points:
        raise ValueError(
            f"{n_clusters} clusters need at least {n_clusters} points{having}, but there "
            f"{_are(n_points)} {n_points}. Ask for at most {_clusters(n_points)}."
        )
    return int(n_clusters)


def check_distinct(samples: ArraySamples, n_clusters: int) -> None:
    """Refuse data that hold fewer distinct points than clusters are asked for.

    Parameters
    ----------
    samples : ArraySamples
    n_clusters : int

    Raises
    ------
    ValueError
        With the number of distinct points.
    """
    n_distinct = count_distinct(samples, n_clusters)
    if n_distinct < n_clusters:
        raise ValueError(
            f"{n_clusters} clusters need at least as many distinct points, but there "
            f"{_are(n_distinct)} {n_distinct}. Ask for at most {_clusters(n_distinct)}."
        )


def count_distinct(samples: ArraySamples | SparseSamples, enough: int) -> int:
    """Count the distinct points that have a weight.

    Parameters
    ----------
    samples : ArraySamples or SparseSamples
    enough : int
        The count may stop here.

    Returns
    -------
    int
        Exact if it is less than `enough`.

    Notes
    -----
    Looks at ever longer beginnings of the data, until they hold enough: O(enough) as a rule.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> count_distinct(ArraySamples(np.array([[1.0], [1.0], [2.0]])), 3)
    2
    """
    weighty = np.flatnonzero(samples.weights())
    n_rows, n_distinct = 0, 0
    while n_distinct < enough and n_rows < len(weighty):
        n_rows = max(4 * enough, 8 * n_rows)
        n_distinct = _distinct_rows(samples, weighty[:n_rows])
    return n_distinct


def _distinct_rows(samples: ArraySamples | SparseSamples, rows: Indices) -> int:
    """Count the distinct points among some samples; of sparse ones, what is stored counts."""
    if isinstance(samples, SparseSamples):
        bounds = [(samples.indptr[row], samples.indptr[row + 1]) for row in rows]
        stored = ((samples.indices[a:b].tobytes(), samples.data[a:b].tobytes()) for a, b in bounds)
        return len(set(stored))
    return len(np.unique(samples.X[rows], axis=0))


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _clusters(n: int) -> str:
    return "1 cluster" if n == 1 else f"{n} clusters"
