"""Checks of single parameters."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.scaling import SCALES
from kmeans_widget.validation.magnitude import coordinate_limit, too_large_error
from kmeans_widget.validation.messages import quoted_list, short_repr, suggestion, typed_repr
from kmeans_widget.validation.numeric import as_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.core.samples import ArraySamples
    from kmeans_widget.core.sparse import SparseSamples

MAX_SEED = 2**32 - 1
CANVASES = ("auto", "ipympl", "png")
SAVED = ("run", "cursor")
NO_PICKS = (
    "the centroids of this start were given, so no picks can be watched: choose a start method, or "
    "draw a new start."
)


def check_init(init: Any, n_clusters: int, samples: ArraySamples | SparseSamples) -> str | Floats:
    """Return the name of an initialisation method, or centres as an array of the samples' dtype.

    Parameters
    ----------
    init : str or array-like of shape (n_clusters, n_features)
    n_clusters : int
    samples : ArraySamples or SparseSamples

    Returns
    -------
    str or ndarray of shape (n_clusters, n_features)
        The array is a copy.

    Raises
    ------
    TypeError
        If `init` is neither a str nor an array of numbers.
    ValueError
        If the name is unknown, or the centres have the wrong shape, are not finite or too large.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> check_init("kmeans++", 2, ArraySamples(np.array([[1.0], [2.0]])))
    Traceback (most recent call last):
        ...
    ValueError: Unknown init 'kmeans++'; did you mean 'k-means++'? Choose from 'random',
    'k-means++', 'farthest', or give an array of 2 centers.
    """
    known = list(INIT_METHODS)
    if isinstance(init, str):
        if init not in known:
            raise ValueError(
                f"Unknown init {short_repr(init)}{suggestion(init, known)} Choose from "
                f"{quoted_list(known)}, or give an array of {_centers(n_clusters)}."
            )
        return init
    try:
        numbers = as_numbers(init)
    except ValueError:  # rows of different lengths
        numbers = None
    if numbers is None:
        raise TypeError(
            f"init must be one of {quoted_list(known)} or an array of {_centers(n_clusters)}, "
            f"got {typed_repr(init)}."
        )
    centers = np.array(numbers, dtype=samples.dtype, order="C")
    _check_centers(centers, n_clusters, samples)
    return centers


def check_max_iter(max_iter: Any) -> int:
    """Return the maximum number of iterations, at least 1.

    Examples
    --------
    >>> check_max_iter(0)
    Traceback (most recent call last):
        ...
    ValueError: max_iter=0, but the number of iterations must be at least 1.
    """
    return check_integer("max_iter", max_iter, "the number of iterations", minimum=1)


def check_cursor(cursor: Any, n_picks: int = 0) -> int:
    """Return the number of half-steps since the start, at least `-n_picks`.

    Examples
    --------
    >>> check_cursor(-9, 3)
    -3
    >>> check_cursor(-1, 0)
    Traceback (most recent call last):
        ...
    ValueError: cursor=-1, but the centroids of this start were given, so no picks can be watched: \
    choose a start method, or draw a new start.
    """
    meaning = "the number of half-steps since the start"
    number = check_integer("cursor", cursor, meaning, minimum=-math.inf)
    if number < 0 and n_picks == 0:
        raise ValueError(f"cursor={number}, but {NO_PICKS}")
    return max(number, -n_picks)


def check_seed(random_state: Any) -> int:
    """Return the seed of the random numbers, from 0 to 2**32 - 1.

    Examples
    --------
    >>> check_seed(-1)
    Traceback (most recent call last):
        ...
    ValueError: The seed must be a whole number from 0 to 4294967295, not -1.
    """
    whole = isinstance(random_state, Integral) and not isinstance(random_state, bool | np.bool_)
    if not whole or not 0 <= random_state <= MAX_SEED:
        kind = ValueError if whole else TypeError
        raise kind(
            f"The seed must be a whole number from 0 to {MAX_SEED}, not {short_repr(random_state)}."
        )
    return int(random_state)


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
        raise TypeError(f"tol={short_repr(tol)}, but the tolerance must be a number, such as 1e-4.")
    if not 0 <= float(tol) < np.inf:
        raise ValueError(
            f"tol={tol}, but the tolerance must be at least 0; 0 stops when no assignment changes."
        )
    return float(tol)


def check_scale(scale: Any) -> str:
    """Return the name of a scale.

    Examples
    --------
    >>> check_scale("standrd")
    Traceback (most recent call last):
        ...
    ValueError: Unknown scale 'standrd'; did you mean 'standard'? Choose from 'none', 'standard',
    'minmax', 'robust'.
    """
    return _check_choice("scale", scale, list(SCALES))


def check_canvas(canvas: Any) -> str:
    """Return the name of a canvas.

    Raises
    ------
    TypeError
        If it is not a str.
    ValueError
        If it is unknown.

    Examples
    --------
    >>> check_canvas("pgn")
    Traceback (most recent call last):
        ...
    ValueError: Unknown canvas 'pgn'; did you mean 'png'? Choose from 'auto', 'ipympl', 'png'.
    """
    return _check_choice("canvas", canvas, CANVASES)


def check_saved(saved: Any) -> str:
    """Return how much of a run the picture in a saved notebook shows.

    Examples
    --------
    >>> check_saved("rum")
    Traceback (most recent call last):
        ...
    ValueError: Unknown value of saved 'rum'; did you mean 'run'? Choose from 'run', 'cursor'.
    """
    return _check_choice("saved", saved, SAVED, called="value of saved")


def _check_choice(name: str, value: Any, choices: Sequence[str], *, called: str = "") -> str:
    """Return a value that is one of the choices of a parameter."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {quoted_list(choices)}, got {typed_repr(value)}.")
    if value not in choices:
        raise ValueError(
            f"Unknown {called or name} {short_repr(value)}{suggestion(value, choices)} "
            f"Choose from {quoted_list(choices)}."
        )
    return value


def check_integer(name: str, value: Any, meaning: str, *, minimum: float) -> int:
    """Return an integer of at least `minimum` as an int; a bool is not an integer."""
    if type(value) is int and value >= minimum:
        return value
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
        raise TypeError(f"{name}={short_repr(value)}, but {meaning} must be an integer.")
    if value < minimum:
        raise ValueError(f"{name}={value}, but {meaning} must be at least {minimum}.")
    return int(value)


def _check_centers(centers: Floats, n_clusters: int, samples: ArraySamples | SparseSamples) -> None:
    """Raise if initial centres have another shape, are not finite or too large."""
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
    if largest > coordinate_limit(shape, samples.dtype, samples.sample_weight):
        raise too_large_error(largest, "The initial centers contain", samples.dtype)


def _centers(n: int) -> str:
    return "1 center" if n == 1 else f"{n} centers"
