"""Blocks of arrays in memory, or mapped from a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats


@dataclass(frozen=True, slots=True, eq=False)
class ArrayBlock:
    """A block that is an array.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_rows,), default=None
    name : str
    """

    X: Floats
    weights: Float64s | None = None
    name: str = "this block"

    def read(self) -> tuple[Floats, Float64s | None]:
        """Return rows and weights."""
        return self.X, self.weights
