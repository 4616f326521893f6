"""Which data are read in blocks: one table of sources."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from kmeans_widget.core.blocks import BlockSamples

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.core.blocks import Engine


class Source(NamedTuple):
    """Data in blocks.

    Parameters
    ----------
    engine : Engine
        Has the blocks.
    names : tuple of str, or None
        Names of the columns.
    new_samples : object, or None
        The same rows for `predict`, if these need not be read before they are assigned.
    """

    engine: Engine
    names: tuple[str, ...] | None = None
    new_samples: Any = None


class Opener(NamedTuple):
    """A kind of data, and what opens it.

    Parameters
    ----------
    recognizes : callable
        Whether data are of this kind; imports nothing.
    module : str
        Imported when it is needed. Its function `open_source` takes the data and the weights.
    """

    recognizes: Callable[[Any], bool]
    module: str


def _is_path(X: Any) -> bool:
    """Whether X is the name of a file or folder, or a list of them."""
    paths = X if isinstance(X, list | tuple) and X else [X]
    return all(isinstance(path, str | os.PathLike) for path in paths)


def _is_dask(X: Any) -> bool:
    """Whether X is a collection of dask, or a list of its delayed objects."""
    parts = X if isinstance(X, list | tuple) and X else [X]
    return all(type(part).__module__.startswith(("dask.", "distributed.")) for part in parts)


OPENERS = (Opener(_is_path, "files"), Opener(_is_dask, "dask"))


def open_source(X: Any, sample_weight: Any = None) -> Source | None:
    """Open data that are read in blocks; return None for other data.

    Parameters
    ----------
    X : object
        As of `KMeans.fit`.
    sample_weight : object, default=None

    Returns
    -------
    Source or None

    Raises
    ------
    ValueError, TypeError, OSError
        If the data or their weights cannot be used.
    """
    for opener in OPENERS:
        if opener.recognizes(X):
            module = importlib.import_module(f"kmeans_widget.distributed.{opener.module}")
            source: Source = module.open_source(X, sample_weight)
            return source
    return None


def open_blocks(X: Any, sample_weight: Any = None) -> tuple[BlockSamples, Source] | None:
    """Open data like `open_source`, and read them once.

    Returns
    -------
    tuple of BlockSamples and Source, or None

    Raises
    ------
    ValueError, TypeError, OSError
        If the data or their weights cannot be used; the message names the block.
    """
    source = open_source(X, sample_weight)
    return None if source is None else (BlockSamples(source.engine), source)
