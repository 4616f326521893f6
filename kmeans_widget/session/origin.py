"""Where the data of a session come from, and how other columns of them are read."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget import validation
from kmeans_widget.core.blocks import BlockSamples
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.datasets import Dataset
from kmeans_widget.distributed.sources import open_blocks
from kmeans_widget.distributed.views import View, ViewEngine
from kmeans_widget.session import labels

if TYPE_CHECKING:
    from kmeans_widget.validation import Table

N_SAMPLED = 100_000  # rows of data in blocks that are in memory, to be drawn


class Origin:
    """Data as they were given.

    Parameters
    ----------
    data : array-like, DataFrame, Dataset, or data that are read in blocks
        Of the last, a sample is in memory: at most `N_SAMPLED` rows, the same ones every time.
    sample_weight : array-like of shape (n_rows,), str, or None
    source : str or None
        The expression that gives them in the notebook; empty for the walkthrough, None if unknown.
    example : str
        The name of the example, if it was chosen in the panel.

    Attributes
    ----------
    source, weight_source : str or None
        The expressions that give the data and the weights in the notebook, which may be set later.
    given : object
        The data as they were given.
    blocks : BlockSamples or None
        All rows of data that are read in blocks.
    drawn : ndarray of int, shape (n_drawn,), or None
        The numbers of the rows of these that are in memory.
    """

    def __init__(
        self, data: Any, sample_weight: Any = None, source: str | None = None, example: str = ""
    ) -> None:
        self.given, self.blocks, self.drawn, names = data, None, None, None
        if type(data) is not np.ndarray and (opened := open_blocks(data, sample_weight)):
            self.blocks, names = opened[0], opened[1].names
            weight_column = sample_weight if isinstance(sample_weight, str) else None
            data, weights = self._draw()
        else:
            weights, weight_column = validation.resolve_weights(data, sample_weight)
        self.data, self.source, self.example = data, source, example
        self._names = names
        self.weight_source: str | None = None
        self._options: dict[str, Any] = {
            "sample_weight": weights, "weight_column": weight_column,
            "label_columns": labels.columns_of_labels(data), "missing": "drop",
        }  # fmt: skip

    @property
    def is_dataset(self) -> bool:
        """Whether the data are a `Dataset`."""
        return isinstance(self.data, Dataset)

    @property
    def rows(self) -> Any:
        """The array or table itself, also of a `Dataset`."""
        return self.data.X if isinstance(self.data, Dataset) else self.data

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the columns, if `rows` do not have them."""
        return self.data.feature_names if isinstance(self.data, Dataset) else self._names

    def read(self, columns: Any = None) -> Table:
        """Read columns into a table of our own.

        Later changes of the user's array must not change this session's past. The columns of a
        frame are copies already.
        """
        data = self.data
        if self._names is not None:
            data = Dataset(data, "", self._names, 0, "")
        try:
            table = validation.as_table(data, columns=columns, **self._options)
        except ValueError as error:
            if self.blocks is None or columns is None:
                raise
            raise ValueError(
                f"{error} Text is not read in blocks; identifiers are if kw.scan(X, columns=[...]) "
                "names them."
            ) from None
        samples, blocks = table.samples, self.blocks
        if blocks is not None and table.positions is not None:
            blocks = BlockSamples(ViewEngine(blocks.engine, View(columns=table.positions)))
        if table.frame is None:
            samples = ArraySamples(samples.X.copy(), samples.sample_weight)
        elif not self.is_dataset:
            # As it is now: rows that the user adds later are not in the labels either.
            self.data = table.frame.to_native()
        weight_column = self._options["weight_column"]
        return dataclasses.replace(
            table,
            samples=samples,
            named=table.named or self._names is not None,
            weight_column=weight_column,
            origin=self,
            blocks=blocks,
        )

    def _draw(self) -> tuple[Any, Any]:
        """Draw rows from all blocks, and their weights."""
        blocks: Any = self.blocks
        self.drawn = blocks.preview(N_SAMPLED)
        rows, weights = blocks.take(self.drawn)
        return rows, weights if blocks.is_weighted else None
