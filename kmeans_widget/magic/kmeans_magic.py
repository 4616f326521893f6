"""The `%kmeans` line magic, which is a cell magic, too."""

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
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)
from IPython.core.magic_arguments import magic_arguments

from kmeans_widget import validation
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.datasets import DATASETS, Dataset
from kmeans_widget.distributed.sources import is_in_blocks
from kmeans_widget.magic.arguments import (
    ARGUMENTS,
    OPTIONS,
    Scope,
    asks_for_help,
    complete,
    ends_with_semicolon,
    guess_option,
    parse,
    parse_expression,
    quote_column,
    split_words,
    unquoted,
    without_interpolation,
)
from kmeans_widget.session import labels
from kmeans_widget.validation.messages import error_message, error_summary, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from kmeans_widget.widget import KMeansWidget


MATCHER = "kmeans_widget"
_DATASETS = "kmeans_widget.datasets"  # where the examples are, as generated code writes it


def _with_arguments(function: Any) -> Any:
    """Add the arguments of `%kmeans`, and their documentation, to a function."""
    for declaration in reversed(ARGUMENTS):
        function = declaration(function)
    return magic_arguments()(function)


@magics_class
class KMeansMagics(Magics):
    """The class that IPython registers for `%kmeans`."""

    # Labels by the name of the variable that they were assigned to, as long as they exist. A class
    # attribute, as reloading the extension creates a new instance.
    _labels_by_variable: ClassVar[WeakValueDictionary[str | None, Any]] = WeakValueDictionary()

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.transformer = LineTransformer()

    @_with_arguments
    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def kmeans(
        self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None
    ) -> KMeansWidget | None:
        r"""Run K-means on your data, one half-step at a time.

        Opens an interactive panel and returns it. K-means repeats two half-steps until no point
        changes cluster: *assign* every point to its nearest centroid, and *recalculate* every
        centroid as the mean of its points. Neither increases the inertia, the sum of squared
        distances of the points to their centroids.

        Examples::

            %kmeans                                  the walkthrough: 30 points, 2 clusters
            %kmeans df -k 4                          a DataFrame, all columns
            %kmeans df[["height", "weight"]] -k 3    two of its columns
            %kmeans df --columns height weight       the same two
            %kmeans X --init k-means++ --seed 7      another initialisation
            %kmeans df --scale standard              columns divided by standard deviations
            %kmeans df --weights count               weighted rows
            %kmeans X -k 5 --run --labels y          run to the end; labels in variable y
            %kmeans df -k 3 --labels df["cluster"]   labels in a new column
            %kmeans "events/*.parquet" -k 8          files, read in blocks
            %kmeans X -o panel                       panel.step(), panel.labels, ...
            %kmeans X -o panel;                      the same without displaying the panel
            %kmeans X -k {n + 1} --seed $s           values of variables  # and a comment
            %%kmeans -k 4                            the last expression of the cell
        """
        if asks_for_help(line):
            self._shell.run_line_magic("pinfo", "%kmeans")
            return None
        scope = Scope.of(self._shell, local_ns)
        args = parse(line, self.kmeans.parser, scope)
        if cell is not None:
            args.data = self._run_cell(cell, args.data)
        from kmeans_widget.widget import KMeansWidget  # imports matplotlib

        given = {o.parameter: getattr(args, o.key) for o in OPTIONS.values() if o.parameter}
        with _as_usage_error(line):
            data = self._read_data(args.data, scope)
            for option, name in (("-o", args.output), ("--labels", args.labels)):
                self._check_target(option, name, data, scope)
            columns = _find_columns(args.columns, data, scope)
            given["axes"] = _find_columns(args.axes, data, scope)
            weights, weight_source = self._read_weights(args.weights, data, columns, scope)
            init = self._read_init(args.init, scope)
            widget = KMeansWidget(data, init=init, sample_weight=weights, columns=columns, **given)
        widget.source = None if scope.uses_local(args.data) else args.data
        if (name := _dataset_name(args.data, scope)) is not None:
            widget.source = f"{_DATASETS}.{name}()"
        widget.weight_source = weight_source
        self._assign_results(widget, args, scope)
        # IPython looks for a semicolon in Python code only.
        is_silent = cell is not None and (ends_with_semicolon(line) or cell.rstrip().endswith(";"))
        return None if is_silent else widget

    @property
    def _shell(self) -> InteractiveShell:
        return cast("InteractiveShell", self.shell)  # not None in a registered magic

    def _run_cell(self, cell: str, data: str) -> str:
        """Run all of a cell but its last expression, the data, which is returned."""
        if data:
            raise UsageError(
                f"%%kmeans clusters the last expression of its cell, so {data!r} is one too many. "
                f"Leave it out, or use %kmeans {data} in a line."
            )
        shell = self._shell
        code = shell.transform_cell(cell)
        name = shell.compile.cache(code)
        try:
            tree = shell.transform_ast(shell.compile.ast_parse(code, name))
            *before, last = tree.body or [None]
            body = compile(ast.Module(before, []), name, "exec", shell.compile.flags)
        except SyntaxError as error:
            raise UsageError(
                f"%%kmeans cannot run line {error.lineno} of its cell: {error.msg}. Correct it, or "
                "put it into a cell before this one."
            ) from None
        if not isinstance(last, ast.Expr):
            raise UsageError(
                "%%kmeans clusters the last expression of its cell, but the cell does not end with "
                "one. Add a line with the data, for example df."
            )
        exec(body, shell.user_ns)  # noqa: S102  the user's own
        return ast.unparse(last.value)

    def _read_data(self, expression: str, scope: Scope) -> Any:
        """Evaluate the expression for the data; None, for the walkthrough, if it is empty."""
        if not expression:
            return None
        if (name := _dataset_name(expression, scope)) is not None:
            return DATASETS[name]()
        guess = guess_option(expression)
        data = self._evaluate(expression, scope, DATASETS, guess=guess)
        if data is None:
            raise UsageError(
                f"{expression} is None, so there is nothing to cluster. Methods that change data "
                "in place return None: use df = df.dropna(), not df = df.dropna(inplace=True)."
            )
        _check_is_data(expression, data)
        return data

    def _check_target(self, option: str, name: str | None, data: Any, scope: Scope) -> None:
        """Raise if a result cannot be assigned to a name, or would overwrite something."""
        if name is None:
            return
        target = validation.check_label_target(name)
        if target.column is not None:
            self._check_column_free(option, target, scope)
            return
        _check_not_local(option, name, scope)
        self._check_free(option, name, data)

    def _check_free(self, option: str, name: str, data: Any) -> None:
        """Raise if a name has a value other than a panel or labels assigned before."""
        from kmeans_widget.widget import KMeansWidget

        if name not in self._shell.user_ns and hasattr(builtins, name):
            raise UsageError(f"{option}: {name} is a Python builtin. Choose another name.")
        value = self._shell.user_ns.get(name)
        if value is None or isinstance(value, KMeansWidget):
            return
        if value is data:
            raise UsageError(f"{option}: {name} is the data itself. Choose another name.")
        if value is not self._labels_by_variable.get(name):
            raise UsageError(
                f"{option}: {name} already has a value, which would be lost. Choose another name, "
                f"or delete it first: del {name}."
            )

    def _check_column_free(self, option: str, target: validation.LabelTarget, scope: Scope) -> None:
        """Raise if labels cannot be assigned to a column, or would overwrite it."""
        name, column = target
        is_pandas = hasattr(scope.variables.get(name), "index")
        try:
            labels.check_free(target, scope.variables)
        except validation.NameTakenError:
            delete = f"del {target}" if is_pandas else f"{name} = {name}.drop({column!r})"
            raise UsageError(
                f"{option}: {name} already has a column {column!r}, which would be lost. Choose "
                f"another name, or delete it first: {delete}."
            ) from None
        except ValueError as error:
            raise UsageError(f"{option}: {error}") from None
        if name in scope.local and not is_pandas:
            raise UsageError(
                f"{option}: {name} is a local variable and a polars DataFrame, which cannot be "
                "changed in place: assign the labels to a variable, such as labels."
            )

    def _evaluate(
        self, expression: str, scope: Scope, columns: Iterable[str] = (), *, guess: str = ""
    ) -> Any:
        """Return the value of `expression`; raise a `UsageError` with a suggestion if it fails.

        `columns` are further names to suggest, `guess` is what may have been intended instead.
        """
        _check_no_comma(expression)
        try:
            return scope.evaluate(expression)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  a user's expression may raise anything
            bare = without_interpolation(expression, scope.variables)
            guess = bare or (guess if isinstance(error, SyntaxError | NameError) else "")
            if guess:
                raise UsageError(
                    f"%kmeans cannot read {expression!r}; did you mean {guess}?"
                ) from None
            names = [name for name in scope.variables if not name.startswith("_")]
            names += columns
            hint = suggestion(expression, names) if isinstance(error, NameError) else "."
            raise UsageError(
                f"%kmeans cannot evaluate {expression!r}: {error_summary(error)}{hint}"
            ) from None

    def _read_init(self, typed: str, scope: Scope) -> Any:
        if typed in INIT_METHODS:  # even where the notebook has a variable `random`
            return typed
        init = scope.expand_unless_expression(typed)
        is_name = re.fullmatch(r"[\w+|-]+", init) and init not in scope.variables
        return init if is_name else self._evaluate(init, scope)

    def _read_weights(
        self, typed: str | None, data: Any, columns: list[Any] | None, scope: Scope
    ) -> tuple[Any, str | None]:
        """Return the weights or the name of their column, and the expression for them.

        The expression is None if it uses local variables, which the notebook does not have.
        """
        if typed is None:
            return None, None
        names = validation.column_names(data.X if isinstance(data, Dataset) else data)
        is_name = re.fullmatch(r"[\w ]+", typed) and typed not in scope.variables
        if is_name and is_in_blocks(data):  # of a column, looked for when the data are opened
            names = [typed]
        for name in (typed, scope.expand(typed)):
            if name in names:
                return name, name
        expression = scope.expand_unless_expression(typed)
        source = None if scope.uses_local(expression) else expression
        try:
            return self._evaluate(expression, scope, names), source
        except UsageError:  # if the data are invalid, too, raise that error instead
            validation.as_table(data, columns=columns, missing="drop")
            raise

    def _assign_results(self, widget: KMeansWidget, args: Any, scope: Scope) -> None:
        variables = self._shell.user_ns
        for option in OPTIONS.values():
            if option.then and (value := getattr(args, option.key)):
                try:
                    option.then(widget, value)
                except ValueError as error:
                    widget.close()
                    raise UsageError(f"{option.name}: {error}") from None
        if args.labels:
            target = validation.check_label_target(args.labels)
            frames = scope.variables if target.variable in scope.local else variables
            try:
                widget.send_labels(args.labels, frames, replace=True, at_end=True)
            except ValueError as error:
                widget.close()
                raise UsageError(f"--labels: {error}") from None
            if args.labels in variables:  # not a column
                self._labels_by_variable[args.labels] = variables[args.labels]
        if args.output:
            variables[args.output] = widget

    @context_matcher(identifier=MATCHER)
    def complete(self, context: CompletionContext) -> SimpleMatcherResult:
        """Complete the line at the cursor; it may be continued from lines above."""
        above = context.full_text.split("\n")[: context.cursor_line]
        continued = list(takewhile(lambda line: line.endswith("\\"), reversed(above)))[::-1]
        line = " ".join([*(part[:-1] for part in continued), context.text_until_cursor])
        return complete(line, self._shell.user_ns)


class LineTransformer(ast.NodeTransformer):
    """Rewrites the Python calls that IPython generates for `%kmeans` and `%load_ext` lines."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Suppress the output of a line that ends with a semicolon.

        IPython looks for a semicolon in Python code only.
        """
        line = _magic_line(node.value)
        self.generic_visit(node)
        if line is not None and ends_with_semicolon(line):
            node.value = _first_after_all(ast.Constant(None), node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Add a lambda that references the names in the line, and is never called.

        Python makes a variable of an outer function available in an inner one only if the inner one
        references it.
        """
        self.generic_visit(node)
        line = _magic_line(node)
        if line is None:
            return _as_reload(node)
        node.args = [ast.Constant("kmeans"), ast.Constant(line)]
        words = dict.fromkeys(re.findall(r"[^\W\d]\w*", line))
        names: list[ast.expr] = [
            ast.Name(word, ast.Load()) for word in words if not keyword.iskeyword(word)
        ]
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        return _first_after_all(node, ast.Lambda(nothing, ast.Tuple(names, ast.Load())))


def _as_reload(node: ast.Call) -> ast.Call:
    """Replace `%load_ext` by `%reload_ext`: running a cell again should not warn."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="run_line_magic"),
            args=[ast.Constant("load_ext"), ast.Constant("kmeans_widget")],
        ):
            node.args[0] = ast.Constant("reload_ext")
    return node


def _magic_line(node: ast.AST) -> str | None:
    """Return the line of a `%kmeans` call generated by IPython; None for other code.

    IPython treats everything up to the first space as the name, e.g. in `%kmeans;`.
    """
    match node:
        case ast.Call(
            func=ast.Attribute(attr="run_line_magic"),
            args=[ast.Constant(str(name)), ast.Constant(str(line))],
        ) if re.match(r"kmeans(?![\w.])", name):
            return f"{name.removeprefix('kmeans')} {line}"
    return None


def _first_after_all(*values: ast.expr) -> ast.expr:
    """Return code that evaluates all expressions and has the value of the first."""
    return ast.Subscript(ast.Tuple(list(values), ast.Load()), ast.Constant(0), ast.Load())


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Register `%kmeans` and its completion; loading it again replaces them."""
    unload_ipython_extension(ipython)
    magics = KMeansMagics(ipython)
    ipython.register_magics(magics)
    ipython.Completer.custom_matchers.append(magics.complete)
    ipython.ast_transformers.append(magics.transformer)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Remove `%kmeans` and its completion."""
    magics = ipython.magics_manager.registry.pop(KMeansMagics.__name__, None)
    if magics is None:
        return
    ipython.magics_manager.magics["line"].pop("kmeans", None)
    for registered, ours in (
        (ipython.Completer.custom_matchers, magics.complete),
        (ipython.ast_transformers, magics.transformer),
    ):
        registered[:] = [other for other in registered if other != ours]


@contextmanager
def _as_usage_error(line: str) -> Iterator[None]:
    """Turn any error raised by the data of a line into a `UsageError` of one sentence."""
    try:
        yield
    except (UsageError, KeyboardInterrupt, SystemExit):
        raise
    except validation.NonNumericError as error:
        choice = f"--columns {' '.join(map(quote_column, error.numeric))}"
        raise UsageError(error.message_with(choice)) from None
    except (ValueError, TypeError, ImportError) as error:
        raise UsageError(error_message(error) or error_summary(error)) from None
    except BaseException as error:
        raise UsageError(f"%kmeans {line.strip()} failed: {error_summary(error)}.") from error


def _check_is_data(expression: str, data: Any) -> None:
    """Raise if the value is not data: a function instead of its result, or (X, y)."""
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
    """Whether a value has rows and columns."""
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], list | tuple | np.ndarray)
    return len(getattr(value, "shape", ())) == 2


def _first_element(expression: str) -> str:
    """Return an expression for the first element of a tuple."""
    match parse_expression(expression):
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
    """Raise if an expression ends with a comma, which makes it a tuple."""
    match parse_expression(expression):
        case ast.Tuple(elts=[_]) if expression.endswith(","):
            raise UsageError(
                f"The comma at the end of {expression!r} makes it a tuple: leave it out."
            )


def _check_not_local(option: str, name: str, scope: Scope) -> None:
    """Raise if a name is a local variable of the function that contains the line."""
    if name in scope.local:
        raise UsageError(
            f"{option}: {name} is a local variable of this function, which hides the notebook's "
            f"variable {name} that {option} assigns. Choose another name."
        )


def _dataset_name(expression: str, scope: Scope) -> str | None:
    """Return the name of an example dataset if that is what is typed, and no variable has it."""
    name = expression.removeprefix(f"{_DATASETS}.").removesuffix("()")
    meant = f"{_DATASETS}.{name}()" if expression != name else name
    is_free = meant.partition(".")[0] not in scope.variables
    return name if name in DATASETS and expression == meant and is_free else None


def _find_columns(typed: list[str] | None, data: Any, scope: Scope) -> list[Any] | None:
    """Return the columns to use, by name if the data have names, else by position.

    A word is used as typed if there is such a column; else {...} and $... in it are expanded.
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
