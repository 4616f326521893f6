"""`App`: a table from a file of the visitor, in the panel."""

from __future__ import annotations

import threading
from html import escape
from typing import Any

import ipywidgets as widgets
from IPython.display import publish_display_data

from kmeans_widget.app.delimited import read_delimited
from kmeans_widget.app.upload import Upload
from kmeans_widget.datasets import DATASETS
from kmeans_widget.notebook.cells import in_notebook, in_voila, register_panel
from kmeans_widget.panel.errors import ErrorGuard
from kmeans_widget.panel.factory import WidgetFactory, close_all
from kmeans_widget.validation import as_table, count_distinct
from kmeans_widget.widget import KMeansWidget

N_CLUSTERS = 3  # for a file with at least as many different rows


class App(widgets.VBox):
    r"""Explore a table from a CSV file, without writing code.

    At the top, a visitor chooses a file or an example; a sentence says how the file was read. Below
    is the panel, whose *Labels, file and code* downloads the labels. Encoding, separator, decimal
    comma and names are found out. Nothing is written to disk.

    Attributes
    ----------
    panel : KMeansWidget
        The panel that is shown. A file that cannot be read leaves it as it is; another file or
        example replaces it.
    words : str
        How the file was read, or why it cannot be.

    Examples
    --------
    >>> app = App()
    >>> app.panel
    KMeansWidget(30 points, 2 features, n_clusters=2, init='random', random_state=0)
    >>> app.open_file(b"a;b\n1,5;2\n2,5;3\n", "two rows.csv")
    >>> app.words
    'two rows.csv: 2 rows, 2 columns, separated by semicolons, decimal commas, UTF-8.'
    >>> app.close()
    """

    panel: KMeansWidget

    def __init__(self) -> None:
        lock = threading.RLock()
        make = WidgetFactory(lock)
        guard = ErrorGuard(lock, self._report)
        self.upload = Upload(make, guard, self.open_file, self._say)
        self.example = make(
            widgets.Dropdown, "kmeans-example", description="or an example",
            options=[("–", ""), *((name, name) for name in DATASETS)], value="walkthrough",
            tooltip="Open example data instead of a file",
        )  # fmt: skip
        self._sentence = make(widgets.HTML, "kmeans-understood")
        self._place = make.row("place")
        super().__init__(
            (
                make.row("source", self.upload.box, self.example),
                self._sentence,
                self._place,
            ),
            _dom_classes=("kmeans-app",),
        )
        self.open_example("walkthrough")
        self.example.observe(guard(self._chose_example), "value")

    def open_file(self, content: bytes, name: str) -> None:
        """Show the table of a file in a new panel.

        Parameters
        ----------
        content : bytes
            Delimited text, possibly compressed by gzip.
        name : str
            The name of the file.

        Raises
        ------
        ValueError
            If it cannot be used. The panel stays as it is; the message says what to do.
        """
        self._say(f"Reading {name} …")
        table = read_delimited(content, name)
        try:
            samples = as_table(table.frame, missing="drop").samples
            k = min(N_CLUSTERS, count_distinct(samples, N_CLUSTERS))
            panel = KMeansWidget(table.frame, k)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        self._show(panel, table.words)
        self.example.value = ""

    def open_example(self, name: str) -> None:
        """Show one of `kmeans_widget.datasets.DATASETS` in a new panel."""
        data = DATASETS[name]()
        rows, columns = data.X.shape
        self._show(KMeansWidget(data), f"{name}: {rows} rows, {columns} columns. {data.lesson}")
        self.example.value = name

    def close(self) -> None:
        """Remove the app from the page and free its memory."""
        self.panel.close()
        close_all(self.children)
        self.layout.close()
        super().close()

    def __repr__(self) -> str:
        """Return the panel, on one line."""
        return f"App({self.panel!r})"

    def _ipython_display_(self) -> None:
        """Display the live app and then, as a second output, the picture of its panel."""
        if not in_notebook():
            raise NotImplementedError  # IPython then prints the text
        publish_display_data(self._repr_mimebundle_())
        if not in_voila():
            publish_display_data(*self.panel.still())

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        for replaced in register_panel(self):
            replaced.close()
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs) or {}
        return {**bundle, "text/plain": f"{self!r}: {self.panel.narration}"}

    def _chose_example(self, change: Any) -> None:
        if change.new:
            self.open_example(change.new)

    def _show(self, panel: KMeansWidget, words: str) -> None:
        """Put a panel in the place of the one that is shown."""
        old = self._place.children
        self.panel = panel
        self._place.children = (panel,)
        for replaced in old:
            replaced.close()
        self._say(words)

    def _say(self, words: str, *, bad: bool = False) -> None:
        self.words = words
        look = " class='kmeans-refused' role='alert'" * bad
        self._sentence.value = f"<p{look}>{escape(words)}</p>"

    def _report(self, error: BaseException) -> None:
        self._say(str(error) or type(error).__name__, bad=True)
