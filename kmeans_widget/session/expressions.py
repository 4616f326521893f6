"""Evaluate an expression of the notebook again, provided that it has no side effects."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from types import MemberDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

# Packages whose attributes, items and operators may be used, and the functions and methods named
# below. None of those draws random numbers, reads a file, or changes its arguments.
PACKAGES = frozenset(
    {"kmeans_widget", "narwhals", "numpy", "pandas", "polars", "pyarrow", "sklearn"}
)
CALLS = frozenset({
    # Python
    "abs", "all", "any", "dict", "enumerate", "float", "get", "int", "items", "join", "keys",
    "len", "list", "lower", "map", "max", "min", "range", "reversed", "round", "set", "slice",
    "sorted", "split", "str", "strip", "sum", "tuple", "upper", "values", "zip",
    # numpy; ufunc is the type of log, sqrt, ...
    "arange", "array", "asarray", "asanyarray", "ascontiguousarray", "atleast_2d",
    "column_stack", "concatenate", "delete", "eye", "flatten", "flatnonzero", "float32",
    "float64", "full", "full_like", "hstack", "int64", "isin", "linspace", "nanmax", "nanmean",
    "nanmin", "nanstd", "ones", "ones_like", "ravel", "repeat", "reshape", "squeeze", "stack",
    "swapaxes", "tile", "tolist", "transpose", "ufunc", "vstack", "where", "zeros",
    "zeros_like",
    # pandas
    "DataFrame", "Index", "Series", "assign", "astype", "bfill", "between", "clip", "concat",
    "contains", "convert_dtypes", "copy", "count", "cumsum", "diff", "difference", "drop",
    "drop_duplicates", "dropna", "endswith", "ffill", "fillna", "filled", "filter", "first",
    "get_dummies", "groupby", "head", "intersection", "isna", "isnull", "last", "mask", "mean",
    "median", "melt", "merge", "nlargest", "notna", "notnull", "nsmallest", "pivot",
    "pivot_table", "quantile", "query", "rank", "rename", "replace", "reset_index",
    "select_dtypes", "set_index", "shift", "size", "sort_index", "sort_values", "startswith",
    "std", "tail", "to_frame", "to_list", "to_numpy", "to_numeric", "union",
    "unstack", "var", "xs",
    # polars and pyarrow; Col is the type of pl.col
    "Col", "alias", "cast", "col", "column", "combine_chunks", "drop_nans", "drop_null",
    "drop_nulls", "exclude", "fill_nan", "fill_null", "is_between", "is_in", "is_nan",
    "is_not_nan", "is_not_null", "is_null", "limit", "lit", "numeric", "select", "take",
    "to_pandas", "unique", "with_columns",
    # scikit-learn
    "load_breast_cancer", "load_diabetes", "load_iris", "load_wine",
})  # fmt: skip
IN_PLACE = frozenset({"in_place", "inplace", "out"})  # keywords that make a call change something
LAST_RESULTS = frozenset({"_", "__", "___"})  # IPython assigns them after each cell
MANY = 99  # arguments, if their number is not known
NODES = (
    ast.Expression, ast.Constant, ast.Name, ast.expr_context, ast.Attribute, ast.Subscript,
    ast.Slice, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.BoolOp, ast.boolop, ast.BinOp,
    ast.operator, ast.UnaryOp, ast.unaryop, ast.Compare, ast.cmpop, ast.IfExp, ast.Call,
    ast.keyword, ast.Starred, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    ast.comprehension, ast.Lambda, ast.arguments, ast.arg, ast.JoinedStr, ast.FormattedValue,
)  # fmt: skip
# Descriptors that only hold an attribute: of __slots__ and named tuples.
FIELDS = (MemberDescriptorType, type(inspect.FullArgSpec.args))


class NotRepeatableError(ValueError):
    """Evaluating the expression again may have side effects, take long, or give another value."""


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """Return the value of an expression, provided that evaluating it has no side effects.

    Parameters
    ----------
    expression : str
    variables : mapping
        Of the notebook.

    Returns
    -------
    object
        Of Python itself or of one of the `PACKAGES`; not a lazy frame.

    Raises
    ------
    NotRepeatableError
        If the expression may have side effects, be random or be slow.
    Exception
        Whatever the expression raises.

    Notes
    -----
    Allowed are names, constants, operators, displays, comprehensions, attributes, items, and calls
    of the functions in `CALLS`. Which object is called, or has an attribute or item, is only known
    during evaluation, so each of these places is wrapped in a check: `df.head()` is allowed for a
    pandas DataFrame, but not for a class of the user's, of which only plain attributes are read.
    Iterators are refused, as evaluation would exhaust them.

    Examples
    --------
    >>> evaluate("rows[1:]", {"rows": [[1, 2], [3, 4]]})
    [[3, 4]]
    >>> evaluate("rows.pop()", {"rows": [[1, 2], [3, 4]]})
    Traceback (most recent call last):
        ...
    kmeans_widget.session.expressions.NotRepeatableError: pop
    """
    tree = _Checks().visit(ast.parse(expression.strip(), mode="eval"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the user has seen them
        code = compile(ast.fix_missing_locations(tree), "<data>", "eval")
        value = eval(code, {**variables, **_CHECKS})  # noqa: S307  the user's own, and checked
    if not _is_known(value) or hasattr(type(value), "collect"):
        raise NotRepeatableError(type(value).__name__)
    return value


def names(expression: str) -> set[str]:
    """Return the names that an expression uses, also those in the text of a query.

    Examples
    --------
    >>> sorted(names("X[w > 0].copy()")), sorted(names("df.query('a > @limit')"))
    (['X', 'w'], ['df', 'limit'])
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the user has seen them
        tree = ast.parse(expression.strip(), mode="eval")
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found | set(re.findall(r"@(\w+)", expression))


def one_line(expression: str) -> str:
    """Return an expression on one line, and so that it can be an argument.

    Examples
    --------
    >>> one_line("df[1:]  # the rest"), one_line("[1, 2], [3, 4]")
    ('df[1:]', '([1, 2], [3, 4])')
    """
    tree = ast.parse(expression.strip(), mode="eval")
    if isinstance(tree.body, ast.Tuple) or re.search(r"[#\n]", expression):
        return ast.unparse(tree)
    return expression


class _Checks(ast.NodeTransformer):
    """Wraps every place that can only be checked by its value into a call of `_CHECKS`."""

    def visit(self, node: ast.AST) -> Any:
        if not isinstance(node, NODES):
            raise NotRepeatableError(type(node).__name__)
        return super().visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if isinstance(node.ctx, ast.Store):  # of a comprehension
            return node
        if node.id in LAST_RESULTS:
            raise NotRepeatableError(node.id)
        return _wrapped("value", node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return _wrapped("attribute", self.visit(node.value), ast.Constant(node.attr))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        node.value = _wrapped("container", self.visit(node.value))
        node.slice = self.visit(node.slice)
        return _wrapped("value", node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg in IN_PLACE:
                raise NotRepeatableError(ast.unparse(keyword))
        for text in node.args:
            if isinstance(text, ast.Constant) and re.search(r"@\w+\s*[.(\[]", str(text.value)):
                raise NotRepeatableError(str(text.value))  # df.query("a > @unchecked()")
        starred = any(isinstance(arg, ast.Starred) for arg in node.args)
        n_args = MANY if starred else len(node.args)
        node = self.generic_visit(node)  # type: ignore[assignment]  # it is the same node
        # Called from the expression, not from here: df.query("a > @b") looks for b where it is
        # called.
        node.func = _wrapped("function", node.func, ast.Constant(n_args))
        return node


def _wrapped(check: str, *args: Any) -> ast.Call:
    return ast.Call(ast.Name(f"<{check}>", ast.Load()), list(args), [])


def _value(value: Any) -> Any:
    """Return a value, unless it is an iterator, or an unsafe function that might be called."""
    if hasattr(type(value), "__next__") or (inspect.isroutine(value) and not _is_pure(value)):
        raise NotRepeatableError(str(getattr(value, "__name__", type(value).__name__)))
    return value


def _attribute(value: Any, name: str) -> Any:
    """Return an attribute, unless that may run code of an unknown class."""
    if not _is_known(value):
        found = inspect.getattr_static(value, name)
        if hasattr(type(found), "__get__") and not isinstance(found, FIELDS):
            raise NotRepeatableError(name)
    return _value(getattr(value, name))


def _container(value: Any) -> Any:
    """Return the object of a subscript, unless its class is unknown."""
    if not _is_known(value):
        raise NotRepeatableError(type(value).__name__)
    return value


def _function(function: Any, n_args: int) -> Any:
    """Return a function that is safe to call; a ufunc takes outputs after its inputs."""
    changes = isinstance(function, np.ufunc) and n_args > function.nargs - function.nout
    if changes or not _is_pure(function):
        raise NotRepeatableError(str(getattr(function, "__name__", type(function).__name__)))
    return function


_CHECKS = {
    "<value>": _value,
    "<attribute>": _attribute,
    "<container>": _container,
    "<function>": _function,
}


def _is_pure(function: Any) -> bool:
    """Whether a call is quick, repeatable and without side effects."""
    if not (inspect.isroutine(function) or isinstance(function, type)):
        function = type(function)  # the ufunc np.log, the object pl.col
    owner = getattr(function, "__self__", None)
    if owner is None or isinstance(owner, ModuleType):
        module = str(function.__module__)
        if module == "kmeans_widget.datasets":
            return True
        known = _package(module) in PACKAGES | {"builtins"}
    else:
        known = _is_known(owner)
    return known and function.__name__ in CALLS


def _is_known(value: Any) -> bool:
    """Whether a value, class or module belongs to Python itself or derives from a known package."""
    if isinstance(value, ModuleType):
        return _package(value.__name__) in PACKAGES
    kind = value if isinstance(value, type) else type(value)
    modules = [str(base.__module__) for base in kind.__mro__]
    return modules[0] == "builtins" or any(_package(module) in PACKAGES for module in modules)


def _package(module: str) -> str:
    return module.partition(".")[0]
