"""Parameters, checked one by one against the data they are for."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.scaling import SCALES
from kmeans_widget.validation.messages import described, listed, shown, suggestion
from kmeans_widget.validation.numeric import as_numbers
from kmeans_widget.validation.reach import largest_coordinate, too_large

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.core.samples import ArraySamples
    from kmeans_widget.core.sparse import SparseSamples

MAX_SEED = 2**32 - 1
CANVASES = ("auto", "ipympl", "png")


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
    known = list(INIT_METHODS)
    if isinstance(init, str):
        if init not in known:
            raise ValueError(
                f"init={init!r} is no start method{suggestion(init, known)} Known are "
                f"{listed(known)}, or an array of {n_clusters} centers."
            )
        return init
    try:
        numbers = as_numbers(init)
    except ValueError:  # rows of different lengths
        numbers = None
    if numbers is None:
        raise TypeError(
            f"init must be one of {listed(known)} or an array of {n_clusters} centers, "
            f"got {described(init)}."
        )
    centers = np.array(numbers, dtype=samples.dtype, order="C")
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
            f"The seed must be a whole number from 0 to {MAX_SEED}, not {shown(random_state)}."
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
        raise TypeError(f"tol={shown(tol)}, but the tolerance must be a number, such as 1e-4.")
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
    if not isinstance(scale, str):
        raise TypeError(f"scale must be one of {listed(list(SCALES))}, got {described(scale)}.")
    if scale not in SCALES:
        raise ValueError(
            f"Unknown scale {scale!r}{suggestion(scale, list(SCALES))} "
            f"Choose from {listed(list(SCALES))}."
        )
    return scale


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
