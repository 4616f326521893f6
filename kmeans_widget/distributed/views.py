"""Some columns of blocks, on a scale: what a run computes on while the blocks stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kmeans_widget.core.arrays import Float64s, Floats
    from kmeans_widget.core.blocks import Block, Engine
    from kmeans_widget.scaling import Scaling


@dataclass(frozen=True, eq=False)
class View:
    """What is seen of blocks.

    Parameters
    ----------
    columns : tuple of int or None
        Positions of the columns; None are all.
    scaling : Scaling or None
        What is applied to them.
    """

    columns: tuple[int, ...] | None = None
    scaling: Scaling | None = None

    def of(self, X: Floats) -> Floats:
        """Return the rows as they are seen."""
        if self.columns is not None:
            X = X[:, self.columns]
        return X if self.scaling is None else self.scaling.transform(np.ascontiguousarray(X))


@dataclass(frozen=True, eq=False)
class SeenBlock:
    """A `Block` through a view."""

    block: Block
    view: View

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.block.name

    def read(self) -> tuple[Floats, Float64s | None]:
        """Return the rows as they are seen, and their weights."""
        X, weights = self.block.read()
        return self.view.of(X), weights


class ViewEngine:
    """An `Engine` whose functions see the blocks of another one through a view.

    Examples
    --------
    >>> from kmeans_widget.core.blocks import BlockSamples
    >>> from kmeans_widget.distributed.arrays import ArrayBlock
    >>> from kmeans_widget.distributed.threads import ThreadEngine
    >>> engine = ThreadEngine([ArrayBlock(np.arange(8.0).reshape(4, 2))])
    >>> BlockSamples(ViewEngine(engine, View(columns=(1,)))).take(np.array([0, 3]))[0]
    array([[1.],
           [7.]])
    """

    def __init__(self, engine: Engine, view: View) -> None:
        self.engine, self.view = engine, view

    def map(
        self, function: Callable[..., Any], *arguments: Any, only: Sequence[int] | None = None
    ) -> list[Any]:
        """Call a function for all blocks as they are seen."""
        return self.engine.map(through, function, self.view, *arguments, only=only)

    def join(self, function: Callable[..., Any], *arguments: Any, only: Sequence[int]) -> Any:
        """Return the results for all rows as one."""
        return self.engine.join(through, function, self.view, *arguments, only=only)

    def forget(self, run: str) -> None:
        """Remove what the passes of a run remember of the blocks."""
        self.engine.forget(run)

    def close(self) -> None:
        """Do nothing: the blocks are those of the other engine."""


def through(
    block: Block, number: int, function: Callable[..., Any], view: View, *arguments: Any
) -> Any:
    """Call a function for a block as it is seen."""
    return function(SeenBlock(block, view), number, *arguments)
