"""The `%kmeans` line magic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary

from IPython.core.completer import context_matcher
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments

from kmeans_widget import validation
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.datasets import Dataset
from kmeans_widget.line import (
    asks_for_help,
    column_word,
    complete,
    meant,
    number,
    parse,
    whole_number,
)
from kmeans_widget.session import labels
from kmeans_widget.validation.words import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from kmeans_widget.widget import KMeansWidget


@magics_class
class KMeansMagics(Magics):
    """Holds `%kmeans`."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        # Labels by the variable that they were put into, as long as they are there.
        self._given: WeakValueDictionary[str | None, Any] = WeakValueDictionary()

    @magic_arguments()
    @argument(
        "data",
        nargs="*",
        help="What to cluster: any expression of this notebook that gives a DataFrame, a 2-D array "
        "or a list of rows. Left out: the thirty points of the walkthrough.",
    )
    @argument(
        "-k",
        "--n-clusters",
        type=whole_number,
        metavar="N",
        help="Number of clusters (default: the data set's own, the "
        "rows of given centroids, else 3).",
    )
    @argument(
        "--init",
        default="random",
        metavar="START",
        help="Start: " + ", ".join(INIT_METHODS) + ", or an expression that gives the starting "
        "centroids, one row each (default random).",
    )
    @argument(
        "--seed", type=whole_number, default=0, metavar="N", help="Seed of the start (default 0)."
    )
    @argument(
        "--columns",
        nargs="+",
        metavar="NAME",
        help="Columns of the data to use (default: all). Quote a name with spaces.",
    )
    @argument(
        "--scale",
        default="none",
        metavar="SCALE",
        help="What the columns are divided by before distances are measured: none, standard "
        "(standard deviation), minmax (range) or robust (interquartile range) (default none).",
    )
    @argument(
        "--weights",
        metavar="W",
        help="Weights of the rows: a column of the data, which then is no feature, or an "
        "expression, in brackets if it has spaces.",
    )
    @argument(
        "--max-iter",
        type=whole_number,
        default=300,
        metavar="N",
        help="Limit of iterations (default 300).",
    )
    @argument(
        "--tol",
        type=number,
        default=0.0,
        metavar="T",
        help="Stop when the squared movement of the centroids is at most T times the mean variance "
        "of the columns (default 0: only when no point changes cluster).",
    )
    @argument(
        "--canvas",
        default="auto",
        metavar="KIND",
        help="Where the picture is: ipympl, with the mouse; png, an image that any page can show; "
        "auto (default): png in Google Colab and without ipympl, else ipympl.",
    )
    @argument("--run", action="store_true", help="Open the panel at the end of the run.")
    @argument("--cursor", type=whole_number, metavar="N", help="Open the panel at this half-step.")
    @argument("--play", action="store_true", help="Open the panel playing.")
    @argument("-o", "--output", metavar="VARIABLE", help="Put the panel into this variable.")
    @argument(
        "--labels",
        metavar="VARIABLE",
        help="Put the labels of the finished run into this variable: a Series on the DataFrame's "
        "own index, else an array; -1 for rows left out because a value is missing. Or into a "
        'column of a DataFrame: df["cluster"], which then is no feature of the next %%kmeans df.',
    )
    @line_magic
    def kmeans(self, line: str) -> KMeansWidget | None:
        r"""Watch K-means cluster your data, one half-step at a time.

        Opens a panel on the data and returns it. The data are split into K clusters by repeating
        two half-steps: *assign* every point to its nearest centroid, *recalculate* every centroid
        as the mean of its points - until no point changes. That lowers the sum of squared
        distances of the points to their centroids, the in-cluster variance.

        Examples::

            %kmeans                                  the walkthrough: 30 points, 2 clusters
            %kmeans df -k 4                          a DataFrame, all columns
            %kmeans df[["height", "weight"]] -k 3    two of its columns
            %kmeans df --columns height weight       the same two
            %kmeans X --init k-means++ --seed 7      another start
            %kmeans df --scale standard              columns in units of their own
            %kmeans df --weights count               rows that count for several
            %kmeans X -k 5 --run --labels y          run it; the labels are in y
            %kmeans df -k 3 --labels df["cluster"]   a new column for the labels
            %kmeans X -o panel                       panel.step(), panel.labels, ...
        """
        if asks_for_help(line):
            self._shell.run_line_magic("pinfo", "%kmeans")
            return None
        args = parse(line, self.kmeans.parser)
        from kmeans_widget.widget import KMeansWidget  # matplotlib: now it is needed

        data = self._data(args.data)
        for option, name in (("-o", args.output), ("--labels", args.labels)):
            self._check_free(option, name, data)
        try:
            widget = KMeansWidget(
                data, args.n_clusters, init=self._init(args.init), random_state=args.seed,
                sample_weight=self._weights(args.weights, data),
                columns=_columns(args.columns, data), scale=args.scale,
                max_iter=args.max_iter, tol=args.tol, canvas=args.canvas,
            )  # fmt: skip
        except validation.NotNumbersError as error:
            choice = f"--columns {' '.join(map(column_word, error.good))}"
            raise UsageError(error.told(choice)) from None
        except (ValueError, TypeError, ImportError) as error:
            raise UsageError(str(error)) from None
        widget.source = f"({args.data}).X" if isinstance(data, Dataset) else args.data
        widget.weight_source = args.weights
        self._deliver(widget, args)
        return widget

    @property
    def _shell(self) -> InteractiveShell:
        return cast("InteractiveShell", self.shell)  # it made us

    def _data(self, expression: str) -> Any:
        """Give the data that an expression stands for; the walkthrough, if it is empty."""
        if not expression:
            return None
        data = self._evaluate(expression, meant=meant(expression))
        if data is None:
            raise UsageError(
                f"{expression} is None, so there is nothing to cluster. What changes data in place "
                "gives None: not df = df.dropna(inplace=True), but df = df.dropna()."
            )
        return data

    def _check_free(self, option: str, name: str | None, data: Any) -> None:
        """Refuse a name whose value would be lost: all but a panel, or labels given before."""
        from kmeans_widget.widget import KMeansWidget

        if name is not None and (target := validation.check_label_target(name)).column is not None:
            self._check_column_free(option, target)
            return
        value = self._shell.user_ns.get(name)
        if value is None or isinstance(value, KMeansWidget):
            return
        if value is data:
            raise UsageError(f"{option}: {name} is the data itself. Choose another name.")
        if value is not self._given.get(name):
            raise UsageError(
                f"{option}: {name} has a value already, which would be lost. Choose another name, "
                f"or delete it first: del {name}."
            )

    def _check_column_free(self, option: str, target: validation.LabelTarget) -> None:
        """Refuse a column that cannot take labels, or whose values would be lost."""
        try:
            labels.check_free(target, self._shell.user_ns)
        except validation.NameTakenError:
            name, column = target
            is_pandas = hasattr(self._shell.user_ns[name], "index")
            delete = f"del {target}" if is_pandas else f"{name} = {name}.drop({column!r})"
            raise UsageError(
                f"{option}: {name} has a column {column!r} already, which would be lost. Choose "
                f"another name, or delete it first: {delete}."
            ) from None
        except ValueError as error:
            raise UsageError(f"{option}: {error}") from None

    def _evaluate(self, expression: str, columns: Iterable[str] = (), *, meant: str = "") -> Any:
        """Give the value of `expression` in the notebook; a slip may also be one in a column.

        `meant` is what it may have been meant for, if it has no value.
        """
        try:
            return self._shell.ev(expression)
        except Exception as error:  # noqa: BLE001  whatever the user's expression raises
            if meant and isinstance(error, SyntaxError | NameError):
                raise UsageError(
                    f"%kmeans cannot read {expression!r}; did you mean {meant}?"
                ) from None
            names = [name for name in self._shell.user_ns if not name.startswith("_")]
            names += columns
            hint = suggestion(expression, names) if isinstance(error, NameError) else "."
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise UsageError(f"%kmeans cannot evaluate {expression!r}: {reason}{hint}") from None

    def _init(self, init: str) -> Any:
        if init in INIT_METHODS:  # even where the notebook has a variable `random`
            return init
        is_name = re.fullmatch(r"[\w+-]+", init) and init not in self._shell.user_ns
        return init if is_name else self._evaluate(init)

    def _weights(self, weights: str | None, data: Any) -> Any:
        """Give the weights, or the name of their column."""
        frame = data.X if isinstance(data, Dataset) else data
        columns = [str(column) for column in getattr(frame, "columns", ())]
        if weights is None or weights in columns:
            return weights
        return self._evaluate(weights, columns)

    def _deliver(self, widget: KMeansWidget, args: Any) -> None:
        variables = self._shell.user_ns
        if args.labels:
            try:
                widget.send_labels(args.labels, variables, replace=True, at_end=True)
            except ValueError as error:
                widget.close()
                raise UsageError(f"--labels: {error}") from None
            if args.labels in variables:  # and not in a column
                self._given[args.labels] = variables[args.labels]
        if args.output:
            variables[args.output] = widget
        if args.run:
            widget.run()
        if args.cursor:
            widget.cursor = args.cursor
        if args.play:
            widget.play()


MATCHER = "kmeans_widget"


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Register `%kmeans` and its completion."""
    ipython.register_magics(KMeansMagics(ipython))
    _forget_completion(ipython)

    @context_matcher(identifier=MATCHER)
    def complete_kmeans(context: CompletionContext) -> SimpleMatcherResult:
        return complete(context.text_until_cursor, ipython.user_ns)

    ipython.Completer.custom_matchers.append(complete_kmeans)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Take everything away again."""
    ipython.magics_manager.magics["line"].pop("kmeans", None)
    ipython.magics_manager.registry.pop(KMeansMagics.__name__, None)
    _forget_completion(ipython)


def _forget_completion(ipython: InteractiveShell) -> None:
    matchers = ipython.Completer.custom_matchers
    matchers[:] = [m for m in matchers if getattr(m, "matcher_identifier", "") != MATCHER]


def _columns(names: list[str] | None, data: Any) -> list[Any] | None:
    """Find the columns meant: by name where they have names, else by position."""
    if names is None:
        return None
    known = {str(column): column for column in getattr(data, "columns", ())}
    if known:
        return [known.get(name, name) for name in names]
    return [int(name) if re.fullmatch(r"-?\d+", name) else name for name in names]
