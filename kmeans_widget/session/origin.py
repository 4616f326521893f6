"""Where the data of a session come from, and how other columns of them are read."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from kmeans_widget import validation
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.datasets import Dataset
from kmeans_widget.session import labels

if TYPE_CHECKING:
    from kmeans_widget.validation import Table


class Origin:
    """Data as they were given.

    Parameters
    ----------
    data : array-like, DataFrame or Dataset
    sample_weight : array-like of shape (n_rows,), str, or None
    source : str or None
        The expression that gives them in the notebook; empty for the walkthrough, None if unknown.
    example : str
        The name of the example, if it was chosen in the panel.

    Attributes
    ----------
    source, weight_source : str or None
        The expressions that give the data and the weights in the notebook, which may be set later.
    """

    def __init__(
        self, data: Any, sample_weight: Any = None, source: str | None = None, example: str = ""
    ) -> None:
        weights, weight_column = validation.resolve_weights(data, sample_weight)
        self.data, self.source, self.example = data, source, example
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
        """The names of the columns, if only the `Dataset` has them."""
        return self.data.feature_names if isinstance(self.data, Dataset) else None

    def read(self, columns: Any = None) -> Table:
        """Read columns into a table of our own.

        Later changes of the user's array must not change this session's past. The columns of a
        frame are copies already.
        """
        table = validation.as_table(self.data, columns=columns, **self._options)
        samples = table.samples
        if table.frame is None:
            samples = ArraySamples(samples.X.copy(), samples.sample_weight)
        elif not self.is_dataset:
            # As it is now: rows that the user adds later are not in the labels either.
            self.data = table.frame.to_native()
        return dataclasses.replace(table, samples=samples, origin=self)
