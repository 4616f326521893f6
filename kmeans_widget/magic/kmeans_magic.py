"""The `%kmeans` line magic."""

from __future__ import annotations

import ast
import builtins
import inspect
import keyword
import re
from contextlib import contextmanager
from itertools import takewhile
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, cast
from weakref import WeakValueDictionary

import numpy as np
from IPython.core.completer import context_matcher
from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)
from IPython.core.magic_arguments import magic_arguments

from kmeans_widget import validation
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.datasets import Dataset
from kmeans_widget.magic.arguments import (
    ARGUMENTS,
    Scope,
    asks_for_help,
    column_word,
    complete,
    is_silent,
    meant,
    parse,
    parsed,
    split_words,
    unquoted,
    without_insertion,
)
from kmeans_widget.session import labels
from kmeans_widget.validation.messages import error_message, error_summary, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from kmeans_widget.widget import KMeansWidget


MATCHER = "kmeans_widget"


def _declared(function: Any) -> Any:
    """Declare the arguments of `%kmeans`, and make its manual."""
    for declaration in reversed(ARGUMENTS):
        function = declaration(function)
    return magic_arguments()(function)


@magics_class
class KMeansMagics(Magics):
    """Holds `%kmeans`."""

    # Labels by the variable that they were put into, as long as they are there. On the class, so
    # that reloading the extension, which makes another object, keeps them.
    _given: ClassVar[WeakValueDictionary[str | None, Any]] = WeakValueDictionary()

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.line_calls = LineCalls()

    @_declared
    @no_var_expand
    @needs_local_scope
    @line_magic
    def kmeans(self, line: str, local_ns: Mapping[str, Any] | None = None) -> KMeansWidget | None:
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
            %kmeans X -o panel;                      the same, and nothing is shown
            %kmeans X -k {n + 1} --seed $s           values of variables  # and a comment
        """
        if asks_for_help(line):
            self._shell.run_line_magic("pinfo", "%kmeans")
            return None
        scope = Scope.of(self._shell, local_ns)
        args = parse(line, self.kmeans.parser, scope)
        from kmeans_widget.widget import KMeansWidget  # matplotlib: now it is needed

        with _one_sentence(line):
            data = self._data(args.data, scope)
            for option, name in (("-o", args.output), ("--labels", args.labels)):
                self._check_target(option, name, data, scope)
            columns = _columns(args.columns, data, scope)
            weights, weight_source = self._weights(args.weights, data, columns, scope)
            widget = KMeansWidget(
                data, args.n_clusters, init=self._init(args.init, scope), random_state=args.seed,
                sample_weight=weights, columns=columns, scale=args.scale,
                max_iter=args.max_iter, tol=args.tol, canvas=args.canvas,
            )  # fmt: skip
        widget.source = None if scope.uses_local(args.data) else args.data
        widget.weight_source = weight_source
        self._deliver(widget, args, scope)
        return widget

    @property
    def _shell(self) -> InteractiveShell:
        return cast("InteractiveShell", self.shell)  # it made us

    def _data(self, expression: str, scope: Scope) -> Any:
        """Give the data that an expression stands for; the walkthrough, if it is empty."""
        if not expression:
            return None
        data = self._evaluate(expression, scope, meant=meant(expression))
        if data is None:
            raise UsageError(
                f"{expression} is None, so there is nothing to cluster. What changes data in place "
                "gives None: not df = df.dropna(inplace=True), but df = df.dropna()."
            )
        _check_is_data(expression, data)
        return data

    def _check_target(self, option: str, name: str | None, data: Any, scope: Scope) -> None:
        """Refuse the name of a result that cannot be put there, or would replace something."""
        if name is None:
            return
        target = validation.check_label_target(name)
        if target.column is not None:
            self._check_column_free(option, target, scope)
            return
        _check_not_local(option, name, scope)
        self._check_free(option, name, data)

    def _check_free(self, option: str, name: str, data: Any) -> None:
        """Refuse a name whose value would be lost: all but a panel, or labels given before."""
        from kmeans_widget.widget import KMeansWidget

        if name not in self._shell.user_ns and hasattr(builtins, name):
            raise UsageError(f"{option}: {name} is one of Python's own names. Choose another name.")
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

    def _check_column_free(self, option: str, target: validation.LabelTarget, scope: Scope) -> None:
        """Refuse a column that cannot take labels, or whose values would be lost."""
        name, column = target
        is_pandas = hasattr(scope.variables.get(name), "index")
        try:
            labels.check_free(target, scope.variables)
        except validation.NameTakenError:
            delete = f"del {target}" if is_pandas else f"{name} = {name}.drop({column!r})"
            raise UsageError(
                f"{option}: {name} has a column {column!r} already, which would be lost. Choose "
                f"another name, or delete it first: {delete}."
            ) from None
        except ValueError as error:
            raise UsageError(f"{option}: {error}") from None
        if name in scope.local and not is_pandas:
            raise UsageError(
                f"{option}: {name} is a variable of this function and a DataFrame of polars, which "
                "cannot be changed: put the labels into a variable, such as labels."
            )

    def _evaluate(
        self, expression: str, scope: Scope, columns: Iterable[str] = (), *, meant: str = ""
    ) -> Any:
        """Give the value of `expression` where the line stands; a slip may also be one in a column.

        `meant` is what it may have been meant for, if it has no value.
        """
        _check_no_comma(expression)
        try:
            return scope.evaluate(expression)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  whatever the user's expression raises
            plain = without_insertion(expression, scope.variables)
            meant = plain or (meant if isinstance(error, SyntaxError | NameError) else "")
            if meant:
                raise UsageError(
                    f"%kmeans cannot read {expression!r}; did you mean {meant}?"
                ) from None
            names = [name for name in scope.variables if not name.startswith("_")]
            names += columns
            hint = suggestion(expression, names) if isinstance(error, NameError) else "."
            raise UsageError(
                f"%kmeans cannot evaluate {expression!r}: {error_summary(error)}{hint}"
            ) from None

    def _init(self, typed: str, scope: Scope) -> Any:
        if typed in INIT_METHODS:  # even where the notebook has a variable `random`
            return typed
        init = scope.expand_unless_expression(typed)
        is_name = re.fullmatch(r"[\w+-]+", init) and init not in scope.variables
        return init if is_name else self._evaluate(init, scope)

    def _weights(
        self, typed: str | None, data: Any, columns: list[Any] | None, scope: Scope
    ) -> tuple[Any, str | None]:
        """Give the weights, or the name of their column; and how code of the notebook names them.

        The latter is None where only a function knows them.
        """
        if typed is None:
            return None, None
        names = validation.column_names(data.X if isinstance(data, Dataset) else data)
        for name in (typed, scope.expand(typed)):
            if name in names:
                return name, name
        expression = scope.expand_unless_expression(typed)
        source = None if scope.uses_local(expression) else expression
        try:
            return self._evaluate(expression, scope, names), source
        except UsageError:  # perhaps it would be a column, if the data could be read
            validation.as_table(data, columns=columns, missing="drop")
            raise

    def _deliver(self, widget: KMeansWidget, args: Any, scope: Scope) -> None:
        variables = self._shell.user_ns
        if args.labels:
            target = validation.check_label_target(args.labels)
            frames = scope.variables if target.variable in scope.local else variables
            try:
                widget.send_labels(args.labels, frames, replace=True, at_end=True)
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

    @context_matcher(identifier=MATCHER)
    def complete(self, context: CompletionContext) -> SimpleMatcherResult:
        """Complete the line at the cursor, which may have begun on lines above."""
        above = context.full_text.split("\n")[: context.cursor_line]
        begun = list(takewhile(lambda line: line.endswith("\\"), reversed(above)))[::-1]
        line = " ".join([*(part[:-1] for part in begun), context.text_until_cursor])
        return complete(line, self._shell.user_ns)


class LineCalls(ast.NodeTransformer):
    """Changes the calls that IPython makes of the `%kmeans` and `%load_ext` lines of a cell."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Show nothing for a line that ends with a semicolon; IPython looks for one in Python."""
        line = _line(node.value)
        self.generic_visit(node)
        if line is not None and is_silent(line):
            node.value = _first(ast.Constant(None), node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Mention the names of the line beside the call, in a function that nobody calls.

        Python keeps a variable of an outer function for an inner one only if that mentions it.
        """
        self.generic_visit(node)
        line = _line(node)
        if line is None:
            return _loaded_again(node)
        node.args = [ast.Constant("kmeans"), ast.Constant(line)]
        words = dict.fromkeys(re.findall(r"[^\W\d]\w*", line))
        names: list[ast.expr] = [
            ast.Name(word, ast.Load()) for word in words if not keyword.iskeyword(word)
        ]
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        return _first(node, ast.Lambda(nothing, ast.Tuple(names, ast.Load())))


def _loaded_again(node: ast.Call) -> ast.Call:
    """Let a cell that is run again reload the extension, instead of being warned."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="run_line_magic"),
            args=[ast.Constant("load_ext"), ast.Constant("kmeans_widget")],
        ):
            node.args[0] = ast.Constant("reload_ext")
    return node


def _line(node: ast.AST) -> str | None:
    """Return the line of a call of `%kmeans`, as IPython writes it; None for other code.

    IPython takes all up to the first space for the name, as with `%kmeans;`.
    """
    match node:
        case ast.Call(
            func=ast.Attribute(attr="run_line_magic"),
            args=[ast.Constant(str(name)), ast.Constant(str(line))],
        ) if re.match(r"kmeans(?![\w.])", name):
            return f"{name.removeprefix('kmeans')} {line}"
    return None


def _first(*values: ast.expr) -> ast.expr:
    """Write code that evaluates some expressions and gives the value of the first."""
    return ast.Subscript(ast.Tuple(list(values), ast.Load()), ast.Constant(0), ast.Load())


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Register `%kmeans` and its completion; once, however often it is loaded."""
    unload_ipython_extension(ipython)
    magics = KMeansMagics(ipython)
    ipython.register_magics(magics)
    ipython.Completer.custom_matchers.append(magics.complete)
    ipython.ast_transformers.append(magics.line_calls)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Take everything away again."""
    magics = ipython.magics_manager.registry.pop(KMeansMagics.__name__, None)
    if magics is None:
        return
    ipython.magics_manager.magics["line"].pop("kmeans", None)
    for registered, ours in (
        (ipython.Completer.custom_matchers, magics.complete),
        (ipython.ast_transformers, magics.line_calls),
    ):
        registered[:] = [other for other in registered if other != ours]


@contextmanager
def _one_sentence(line: str) -> Iterator[None]:
    """Turn whatever the data of a line raise, when they are read, into one sentence."""
    try:
        yield
    except (UsageError, KeyboardInterrupt, SystemExit):
        raise
    except validation.NonNumericError as error:
        choice = f"--columns {' '.join(map(column_word, error.numeric))}"
        raise UsageError(error.message_with(choice)) from None
    except (ValueError, TypeError, ImportError) as error:
        raise UsageError(error_message(error) or error_summary(error)) from None
    except BaseException as error:
        raise UsageError(f"%kmeans {line.strip()} failed: {error_summary(error)}.") from error


def _check_is_data(expression: str, data: Any) -> None:
    """Refuse what only resembles data: a function in place of its result, or (X, y)."""
    if isinstance(data, tuple) and data and _is_table(data[0]):
        raise UsageError(
            f"{expression} is a tuple that begins with a table; did you mean "
            f"{_first_element(expression)}?"
        )
    if isinstance(data, ModuleType):
        kind = "module"
    elif isinstance(data, type):
        kind = "class"
    elif callable(data) and not hasattr(data, "__array__"):
        kind = "function"
    else:
        return
    if _needs_only_call(expression, data):
        hint = f"; did you mean {expression}()?"
    else:
        hint = ". Give a DataFrame, a 2-D array or a list of rows."
    raise UsageError(f"{expression} is a {kind}, not data{hint}")


def _is_table(value: Any) -> bool:
    """Whether something has rows and columns."""
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], list | tuple | np.ndarray)
    return len(getattr(value, "shape", ())) == 2


def _first_element(expression: str) -> str:
    """Write the first element of a tuple."""
    match parsed(expression):
        case ast.Tuple(elts=[ast.expr() as first, *_]):
            return ast.unparse(first)
        case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript():
            return f"{expression}[0]"
    return f"({expression})[0]"


def _needs_only_call(expression: str, value: Any) -> bool:
    """Whether a named function can be called without arguments."""
    if not (inspect.isfunction(value) or inspect.ismethod(value)):
        return False
    try:
        inspect.signature(value).bind()
    except (TypeError, ValueError):
        return False
    return re.fullmatch(r"[\w.]+", expression) is not None


def _check_no_comma(expression: str) -> None:
    """Refuse the comma of a call, which on the line makes a tuple of one value."""
    match parsed(expression):
        case ast.Tuple(elts=[_]) if expression.endswith(","):
            raise UsageError(
                f"The comma at the end of {expression!r} makes a tuple of it: leave it out."
            )


def _check_not_local(option: str, name: str, scope: Scope) -> None:
    """Refuse a name that inside this function is a variable of its own."""
    if name in scope.local:
        raise UsageError(
            f"{option}: {name} is a variable of this function, which would not see the notebook's "
            f"variable {name}, where {option} puts its value. Choose another name."
        )


def _columns(typed: list[str] | None, data: Any, scope: Scope) -> list[Any] | None:
    """Find the columns meant: by name where they have names, else by position.

    A name is taken as typed if there is such a column; else {...} and $... in it are expanded.
    """
    if typed is None:
        return None
    known = validation.column_names(data)
    names: list[str] = []
    for name in typed:
        expanded = scope.expand(name)
        if name in known or expanded == name:
            names.append(name)
        else:
            several = [] if expanded in known else split_words(expanded)
            names += [unquoted(word) for word in several] or [expanded]
    if known:
        return names
    return [int(name) if re.fullmatch(r"-?\d+", name) else name for name in names]
