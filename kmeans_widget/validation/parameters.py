"""Parameters, checked one by one against the data they are for."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.core.sparse import SparseSamples
from kmeans_widget.validation.reach import largest_coordinate, too_large
from kmeans_widget.validation.words import described, listed, shown, suggestion

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats, Indices
    from kmeans_widget.core.samples import ArraySamples

MAX_SEED = 2**32 - 1
CANVASES = ("auto", "ipympl", "png")


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
            f"X has {n_distinct} distinct point{'s' * (n_distinct != 1)}, fewer than "
            f"n_clusters={n_clusters}. Ask for at most {_clusters(n_distinct)}."
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


def check_init(init: Any, n_clusters: int, samples: ArraySamples | SparseSamples) -> str | Floats:
    """Return the name of a start method, or given centres as an array of the samples' dtype.

    Parameters
    ----------
    init : str or array-like of shape (n_clusters, n_features)
    n_clusters : int
    samples : ArraySamples

    Returns
    -------
    str or ndarray of shape (n_clusters, n_features)
        The array is a copy.

    Raises
    ------
    ValueError
        If the name is not known, or the centres have the wrong shape or are not finite.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> check_init("kmeans++", 2, ArraySamples(np.array([[1.0], [2.0]])))
    Traceback (most recent call last):
        ...
    ValueError: init='kmeans++' is no start method; did you mean 'k-means++'? Known are 'random',
    'k-means++', 'farthest', or an array of 2 centers.
    """
    if isinstance(init, str):
        if init not in INIT_METHODS:
            raise ValueError(
                f"init={init!r} is no start method{suggestion(init, INIT_METHODS)} Known are "
                f"{listed(INIT_METHODS)}, or an array of {n_clusters} centers."
            )
        return init
    try:
        centers = np.array(init, dtype=samples.dtype, order="C")
    except (TypeError, ValueError):
        raise TypeError(
            f"init must be one of {listed(INIT_METHODS)} or an array of {n_clusters} centers, "
            f"got {described(init)}."
        ) from None
    _check_centers(centers, n_clusters, samples)
    return centers


def check_max_iter(max_iter: Any) -> int:
    """Return the number of iterations allowed, at least 1.

    Examples
    --------
    >>> check_max_iter(0)
    Traceback (most recent call last):
        ...
    ValueError: max_iter=0, but the number of iterations must be at least 1.
    """
    return integer("max_iter", max_iter, "the number of iterations", minimum=1)


def check_cursor(cursor: Any) -> int:
    """Return a position among the half-steps, at least 0."""
    return integer("cursor", cursor, "the number of half-steps since the start", minimum=0)


def check_seed(random_state: Any) -> int:
    """Return the seed of the random numbers, from 0 to 2**32 - 1."""
    seed = integer("random_state", random_state, "the seed", minimum=0)
    if seed > MAX_SEED:
        raise ValueError(f"random_state={seed}, but the seed must be at most {MAX_SEED}.")
    return seed


def check_tol(tol: Any) -> float:
    """Return the relative tolerance, at least 0 and finite.

    Examples
    --------
    >>> check_tol(-1)
    Traceback (most recent call last):
        ...
    ValueError: tol=-1, but the tolerance must be at least 0; 0 stops when no assignment changes.
    """
    if isinstance(tol, bool | np.bool_) or not isinstance(tol, Real):
        raise TypeError(f"tol={shown(tol)}, but the tolerance must be a number, such as 1e-4.")
    if not 0 <= float(tol) < np.inf:
        raise ValueError(
            f"tol={tol}, but the tolerance must be at least 0; 0 stops when no assignment changes."
        )
    return float(tol)


def check_canvas(canvas: Any) -> str:
    """Return the name of a canvas.

    Raises
    ------
    TypeError
        If it is not a str.
    ValueError
        If it is not known.

    Examples
    --------
    >>> check_canvas("pgn")
    Traceback (most recent call last):
        ...
    ValueError: canvas='pgn' is no canvas; did you mean 'png'? Known are 'auto', 'ipympl', 'png'.
    """
    if not isinstance(canvas, str):
        raise TypeError(f"canvas must be one of {listed(CANVASES)}, got {described(canvas)}.")
    if canvas not in CANVASES:
        raise ValueError(
            f"canvas={shown(canvas)} is no canvas{suggestion(canvas, CANVASES)} "
            f"Known are {listed(CANVASES)}."
        )
    return canvas


def integer(name: str, value: Any, meaning: str, *, minimum: int) -> int:
    """Return an integer no less than minimum; a bool is none."""
    if type(value) is int and value >= minimum:
        return value
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
        raise TypeError(f"{name}={shown(value)}, but {meaning} must be an integer.")
    if value < minimum:
        raise ValueError(f"{name}={value}, but {meaning} must be at least {minimum}.")
    return int(value)


def _check_centers(centers: Floats, n_clusters: int, samples: ArraySamples | SparseSamples) -> None:
    """Refuse given centres of another shape, not finite, or out of reach."""
    n_features = samples.n_features
    if centers.ndim != 2 or len(centers) != n_clusters:
        raise ValueError(
            f"The shape of the initial centers {centers.shape} does not match the number of "
            f"clusters {n_clusters}. Give an array of shape ({n_clusters}, {n_features})."
        )
    if centers.shape[1] != n_features:
        raise ValueError(
            f"The shape of the initial centers {centers.shape} does not match the number of "
            f"features of the data {n_features}. Give one coordinate for each feature."
        )
    if not np.isfinite(centers).all():
        raise ValueError("The initial centers contain NaN or infinity. Give finite coordinates.")
    shape = (samples.n_samples, n_features)
    largest = float(np.abs(centers).max())
    if largest > largest_coordinate(shape, samples.dtype, samples.sample_weight):
        raise too_large(largest, "The initial centers contain", samples.dtype)


def _clusters(n: int) -> str:
    return "1 cluster" if n == 1 else f"{n} clusters"
