"""Parsing of a `%kmeans` line: options, expansion of variables, completion."""

from __future__ import annotations

import ast
import re
import warnings
from argparse import ArgumentTypeError
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion
from IPython.core.error import UsageError
from IPython.core.magic_arguments import argument
from IPython.utils.text import DollarFormatter

from kmeans_widget import validation
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.datasets import DATASETS
from kmeans_widget.scaling import SCALES
from kmeans_widget.session.branch import DEFAULTS
from kmeans_widget.validation.messages import error_summary, suggestion

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Collection, Container, Iterable, Mapping

    from IPython.core.completer import SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from kmeans_widget.widget import KMeansWidget


def integer(word: str) -> int:
    """Convert the value of an option to an int."""
    try:
        return int(word)
    except ValueError:
        raise ArgumentTypeError(f"{word!r} is not a whole number, such as 3.") from None


def number(word: str) -> float:
    """Convert the value of an option to a float."""
    try:
        return float(word)
    except ValueError:
        raise ArgumentTypeError(f"{word!r} is not a number, such as 0.001.") from None


@dataclass(frozen=True)
class Option:
    """One option of `%kmeans`.

    Parameters
    ----------
    name : str
        As it is written on the line; a short one has a long `alias`.
    help : str
        For the manual.
    missing : str
        What is said to be missing if there is no value, such as "a number"; empty for a flag.
    example : str
        A value, for that message.
    alias : str, optional
    metavar : str, optional
        The value in the manual.
    convert : callable, optional
        From the word on the line to the value; raises ArgumentTypeError.
    default : optional
    choices : collection of str, optional
        Values that completion offers.
    is_list : bool, default=False
        Whether it takes several values, names of columns.
    is_expanded : bool, default=True
        Whether {...} and $... are replaced in any value. Names and expressions may contain both,
        so theirs are replaced where it is known what they are.
    parameter : str, optional
        The parameter of `KMeansWidget` that takes the value as it is.
    then : callable, optional
        What is done with the open panel and the value. Such options exclude each other.
    """

    name: str
    help: str
    missing: str = ""
    example: str = ""
    alias: str = ""
    metavar: str | None = None
    convert: Callable[[str], Any] = str
    default: Any = None
    choices: Collection[str] = ()
    is_list: bool = False
    is_expanded: bool = True
    parameter: str = ""
    then: Callable[[KMeansWidget, Any], None] | None = None

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return not self.missing

    @property
    def key(self) -> str:
        """The attribute of the parsed arguments that holds its value."""
        return (self.alias or self.name).removeprefix("--").replace("-", "_")

    def argument(self) -> Any:
        """Return its declaration for IPython."""
        names = (self.name, self.alias) if self.alias else (self.name,)
        if self.is_flag:
            return argument(*names, action="store_true", help=self.help)
        return argument(
            *names, type=self.convert, default=self.default, metavar=self.metavar, help=self.help
        )


def _run(panel: KMeansWidget, _: bool) -> None:  # noqa: FBT001  the value of the flag
    panel.run()


def _set_cursor(panel: KMeansWidget, cursor: int) -> None:
    panel.cursor = cursor


def _play(panel: KMeansWidget, _: bool) -> None:  # noqa: FBT001
    panel.play()


_ALL = (
    Option(
        "-k",
        "Number of clusters (default: that of the dataset or of the centroids in --init, else 3).",
        "a whole number", "3", alias="--n-clusters", metavar="N", convert=integer,
        parameter="n_clusters",
    ),
    Option(
        "--init",
        "Method of initialisation: " + ", ".join(INIT_METHODS) + "; or an expression for the "
        f"initial centroids, one row each (default {DEFAULTS.init}).",
        "a method of initialisation", "k-means++", metavar="START", default=DEFAULTS.init,
        choices=INIT_METHODS, is_expanded=False,
    ),
    Option(
        "--seed",
        f"Seed of the initialisation (default {DEFAULTS.random_state}).",
        "a whole number", "7", metavar="N", convert=integer, default=DEFAULTS.random_state,
        parameter="random_state",
    ),
    Option(
        "--columns",
        "Columns of the data to use. Quote names that contain spaces. Default: all numeric "
        "columns, except those named like identifiers and those that hold the weights or earlier "
        "labels; the panel lists what is left out.",
        "the name of a column", "height", metavar="NAME ...", is_list=True, is_expanded=False,
    ),
    Option(
        "--axes",
        "The two columns that are the axes of the picture, also ones that take no part, or weight. "
        "Default: one or two columns as they are, else the first two principal components.",
        "a pair of columns", "height weight", metavar="NAME NAME", is_list=True, is_expanded=False,
    ),
    Option(
        "--scale",
        "What the columns are divided by before distances are computed (default none): "
        + ", ".join(f"{name} ({scale.label})" for name, scale in SCALES.items() if scale.phrase)
        + ".",
        "a scale", "standard", metavar="SCALE", default=DEFAULTS.scale, choices=SCALES,
        parameter="scale",
    ),
    Option(
        "--weights",
        "Weights of the rows: a column of the data, which is then not used as a feature, or "
        "an expression, in brackets if it contains spaces.",
        "a column or an expression", "count", metavar="W", is_expanded=False,
    ),
    Option(
        "--max-iter",
        f"Maximum number of iterations (default {DEFAULTS.max_iter}).",
        "a whole number", "10", metavar="N", convert=integer, default=DEFAULTS.max_iter,
        parameter="max_iter",
    ),
    Option(
        "--tol",
        "Stop when the squared shift of the centroids is at most T times the mean variance of "
        "the columns (default 0: stop only when no point changes cluster).",
        "a number", "0.001", metavar="T", convert=number, default=DEFAULTS.tol, parameter="tol",
    ),
    Option(
        "--canvas",
        "Type of the plot: ipympl (interactive); png (a plain image that works everywhere); "
        "auto (default): png in Google Colab or if ipympl is not available, else ipympl.",
        "a type", "png", metavar="KIND", default="auto", choices=validation.CANVASES,
        parameter="canvas",
    ),
    Option(
        "--saved",
        "What the picture in the saved notebook shows: run (default), the whole run; cursor, the "
        "run up to the half-step on screen when the panel is displayed, so that an exercise does "
        "not contain its answer.",
        "what is saved", "cursor", metavar="WHAT", default="run", choices=validation.SAVED,
        parameter="saved",
    ),
    Option(
        "--run", "Open the panel at the end of the run.", then=_run
    ),
    Option(
        "--cursor",
        "Open the panel at this half-step of the run; from -K to -1, at a pick of its start.",
        "a whole number", "4",
        metavar="N", convert=integer, then=_set_cursor,
    ),
    Option("--play", "Open the panel and play the run.", then=_play),
    Option(
        "-o",
        "Assign the panel to this variable of the notebook, also from inside a function.",
        "the name of a variable", "panel", alias="--output", metavar="VARIABLE", is_expanded=False,
    ),
    Option(
        "--labels",
        "Assign the labels of the finished run to this variable of the notebook, also from "
        "inside a function: a Series with the index of the DataFrame, else an array; -1 for rows "
        'with a missing value. Or assign them to a column of a DataFrame, such as df["cluster"]; '
        "inside a function, a local DataFrame works, too. The next %%kmeans df will not use that "
        "column as a feature.",
        "the name of a variable", "y", metavar="VARIABLE", is_expanded=False,
    ),
)  # fmt: skip
OPTIONS = {option.name: option for option in _ALL}
"""The options of `%kmeans`: parsing, completion, messages and manual are derived from them."""
NAMES = tuple(name for o in _ALL for name in (o.name, o.alias) if name)
DATA = argument(
    "data",
    nargs="*",
    help="The data: any expression whose value is a DataFrame, a 2-D array or a list of rows, or "
    "the name of files that are read in blocks. It may use the variables of this notebook and, "
    "inside a function, its local variables. Also the name of an example: "
    + ", ".join(DATASETS)
    + ". Default: the 30 points of the walkthrough.",
)
ARGUMENTS = (DATA, *(option.argument() for option in _ALL))
CLOSING_BRACKETS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Scope:
    """The variables that a line can use.

    Parameters
    ----------
    variables : dict
        Variables of the notebook; inside a function, its local variables shadow them.
    local : set of str
        Names of the local variables.
    """

    variables: dict[str, Any]
    local: frozenset[str] = frozenset()

    @classmethod
    def of(cls, shell: InteractiveShell, local_ns: Mapping[str, Any] | None) -> Scope:
        """Return the scope of a line where `local_ns` are the local variables."""
        notebook = shell.user_ns
        local = {} if local_ns is None or local_ns is notebook else dict(local_ns)
        if not local and shell.user_global_ns is notebook:
            return cls(notebook)  # not a copy, so that (x := ...) assigns a variable
        return cls({**shell.user_global_ns, **notebook, **local}, frozenset(local))

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression."""
        return eval(expression, self.variables)  # noqa: S307  the user's own

    def expand(self, text: str) -> str:
        """Replace {expression} and $name by their values, as IPython does for other magics.

        Text that cannot be expanded is returned as it is.
        """
        try:
            expanded = self.expand_or_raise(text)
        except Exception:  # noqa: BLE001  literal text, or raises again when evaluated
            return text
        return text if "\n" in expanded else expanded  # e.g. the repr of an array

    def expand_or_raise(self, text: str) -> str:
        """Like `expand`, but raise the error if an expression cannot be evaluated."""
        filled: str = DollarFormatter().vformat(text, (), self.variables)
        return filled

    def expand_unless_expression(self, text: str) -> str:
        """Return a Python expression as it is; expand anything else."""
        return text if is_expression(unquoted(text)) else self.expand(text)

    def uses_local(self, expression: str) -> bool:
        """Whether an expression uses a local variable of the function that contains the line."""
        nodes = ast.walk(parse_expression(expression) or ast.Pass())
        return any(isinstance(node, ast.Name) and node.id in self.local for node in nodes)


def is_expression(text: str) -> bool:
    """Whether a text is a Python expression.

    One that begins with a set does not count: sets are not data, and {name} is to be expanded.

    Examples
    --------
    >>> [is_expression(text) for text in ('d.drop(columns={"t"})', "$name", "df_{i}", "{name}[:9]")]
    [True, False, False, False]
    """
    node = parse_expression(text)
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node is not None and not isinstance(node, ast.Set)


def parse_expression(text: str) -> ast.expr | None:
    """Parse a Python expression; None if the text is not one."""
    with warnings.catch_warnings(action="ignore"):  # evaluating it warns again
        try:
            return ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None


def parse(line: str, parser: ArgumentParser, scope: Scope) -> Any:
    """Parse a line: the expression for the data, and the options.

    Expressions (data, initial centroids, weights) and column names are used as typed. Elsewhere,
    {...} and $... are replaced by the values of variables.

    Returns
    -------
    argparse.Namespace
        The values of all options; `data` is an expression, `columns` and `axes` are lists of names,
        or None.

    Raises
    ------
    UsageError
        If an option or its value is invalid.
    """
    words, unclosed = _tokenize(line)
    if unclosed:
        raise UsageError(_unclosed_message(unclosed, line))
    words = _expand(_strip_semicolon(words), scope)
    n_data = _count_data(words)
    data, given = _group_by_option(words)
    if 0 < n_data < len(data):
        raise UsageError(
            f"%kmeans cannot interpret {' '.join(data[n_data:])!r} after the options: columns go "
            "after --columns, and an expression that contains spaces needs brackets."
        )
    for option, values in given.items():
        known = OPTIONS[option]
        if not values and not known.is_flag:
            raise UsageError(
                f"{option}: {known.missing} is missing, such as {option} {known.example}."
            )
    lists = {o.key: given.pop(o.name, None) for o in OPTIONS.values() if o.is_list}
    options = [f"{option}={value}" for option in given for value in given[option]]
    options += [option for option in given if not given[option]]
    try:
        args = parser.parse_args(options)
    except UsageError as error:  # argument -k/--n-clusters: ...
        raise UsageError(re.sub(r"^argument ([^/:]+)\S*:", r"\1:", str(error))) from None
    exclusive = [name for name, option in OPTIONS.items() if option.then and name in given]
    if len(exclusive) > 1:
        raise UsageError(f"{' and '.join(exclusive)} cannot be combined: give only one of them.")
    _check_column_quoted(args.labels, scope)
    args.output = _expand_result_name("-o", args.output, scope)
    args.labels = _expand_result_name("--labels", args.labels, scope)
    if args.output and args.output == args.labels:
        raise UsageError(f"-o and --labels both name {args.output}: choose two names.")
    for option, check, value in (
        ("-o", validation.check_variable, args.output),
        ("--labels", validation.check_label_target, args.labels),
    ):
        _check_value(option, check, value)
    args.data = " ".join(data)
    for key, names in lists.items():
        setattr(args, key, names)
    return args


def _expand(words: list[str], scope: Scope) -> list[str]:
    """Replace {...} and $... in the words of a line; their values may contain options, too."""
    n_data = _count_data(words)
    expanded = split_words(scope.expand_unless_expression(" ".join(words[:n_data])))
    option = ""
    for word in words[n_data:]:
        value = word
        if is_option(word):
            option, value = _option_and_value(word)
        typed = option in OPTIONS and not OPTIONS[option].is_expanded
        expanded += [word] if typed else split_words(scope.expand_unless_expression(word))
        if value and not (option in OPTIONS and OPTIONS[option].is_list):
            option = ""  # its value is complete
    return expanded


def _expand_result_name(option: str, text: str | None, scope: Scope) -> str | None:
    """Replace {...} and $... in the name of a variable or of a column."""
    if text is None:
        return None
    try:
        target = validation.check_label_target(text)
    except ValueError:
        target = None
    try:
        if target is None or target.column is None:
            name = scope.expand_or_raise(text)
        else:  # the value may contain quotes
            name = str(
                validation.LabelTarget(target.variable, scope.expand_or_raise(target.column))
            )
    except Exception as error:  # noqa: BLE001  a user's expression may raise anything
        raise UsageError(
            f"{option}: {text} cannot be expanded: {error_summary(error)}. In a name, {{...}} and "
            "$... are replaced by values of the notebook."
        ) from None
    return name


def _check_column_quoted(text: str | None, scope: Scope) -> None:
    """Raise if a column is given by an expression, with the f-string-like form that works."""
    match parse_expression(text or ""):
        case ast.Subscript(ast.Name(frame), inside) if not isinstance(inside, ast.Constant):
            typed = ast.unparse(inside)
            try:
                value = scope.evaluate(typed)
            except Exception:  # noqa: BLE001  it is rejected later
                return
            if isinstance(value, str) and (isinstance(inside, ast.JoinedStr) or '"' not in typed):
                quoted = typed[1:] if isinstance(inside, ast.JoinedStr) else f'"{{{typed}}}"'
                word = f', or {frame}["{typed}"]' if isinstance(inside, ast.Name) else ""
                raise UsageError(
                    "--labels: The column name needs quotes: "
                    f"{frame}[{quoted}] for the value of {typed}{word}."
                )


def _group_by_option(words: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Separate the words of the data from the options, which are returned with their values."""
    data: list[str] = []
    given: dict[str, list[str]] = {}
    option = ""
    for word in words:
        if is_option(word):
            option, value = _option_and_value(word)
            if option not in OPTIONS:
                raise UsageError(
                    f"%kmeans has no option {option!r}{suggestion(option, NAMES)} "
                    f"Choose from {' '.join(NAMES)}."
                )
            if option in given:
                raise UsageError(f"{option} is given twice: give it only once.")
            if value and OPTIONS[option].is_flag:
                raise UsageError(f"{option} takes no value, got {value!r}.")
            given[option] = [unquoted(value)] if value else []
        elif option and (OPTIONS[option].is_list or not (OPTIONS[option].is_flag or given[option])):
            given[option].append(unquoted(word))
        else:
            data.append(word)
    return data, given


def _option_and_value(word: str) -> tuple[str, str]:
    """Split --seed=3 and -k3 into the option and its value, which may be empty."""
    name, _, value = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
    short = {option.alias: option.name for option in OPTIONS.values()}
    return short.get(name, name), value.removeprefix("=")


def _count_data(words: list[str]) -> int:
    """Count the words before the first option."""
    return next((i for i, word in enumerate(words) if is_option(word)), len(words))


def _strip_semicolon(words: list[str]) -> list[str]:
    """Remove the semicolon at the end, which suppresses output in a notebook."""
    last = words[-1].rstrip(";") if words else ""
    return [*words[:-1], last] if last else words[:-1]


def ends_with_semicolon(line: str) -> bool:
    """Whether a line ends with a semicolon, which suppresses output in a notebook.

    Examples
    --------
    >>> [ends_with_semicolon(line) for line in ("X -k 3;", "X;  # a comment", 'X --columns "a;"')]
    [True, True, False]
    """
    words = split_words(line)
    return bool(words) and words[-1].endswith(";")


def _unclosed_message(mark: str, line: str) -> str:
    if mark in CLOSING_BRACKETS:
        fix = f"Add the missing {CLOSING_BRACKETS[mark]}."
    else:
        other = "'" if mark == '"' else '"'
        fix = f"Add the missing {mark}, or put a name that contains it between two {other}."
    return f"The {mark} in {line.strip()!r} is never closed. {fix}"


def _check_value(option: str, check: Callable[[Any], object], value: Any) -> None:
    """Raise if the value of an option is given and invalid."""
    if value is None:
        return
    try:
        check(value)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def complete(line: str, namespace: dict[str, Any]) -> SimpleMatcherResult:
    """Complete a `%kmeans` line: options, their values, columns, and names of data.

    Examples
    --------
    >>> [c.text for c in complete("%kmeans X --i", {})["completions"]]
    ['--init']
    """
    typed = re.fullmatch(r"(?:[^%#]*=)?\s*%kmeans\s+(?:(?P<before>.*)\s)?(?P<word>\S*)", line)
    if typed is None:
        return {"completions": []}
    word, before = typed["word"], split_words(typed["before"] or "")
    option = next((given for given in reversed(before) if is_option(given)), "")
    if word.startswith("-"):
        candidates: Iterable[str] = NAMES
    elif option in OPTIONS and OPTIONS[option].is_list:
        candidates = _quoted_columns(before[0], namespace)
    elif before and before[-1] in OPTIONS and OPTIONS[before[-1]].choices:
        candidates = OPTIONS[before[-1]].choices
    elif before and before[-1] == "--weights":
        candidates = [*_quoted_columns(before[0], namespace), *_data_variables(namespace)]
    elif option or before:
        candidates = ()
    else:
        candidates = [*_data_variables(namespace), *DATASETS]
    found = [SimpleCompletion(text) for text in candidates if text.lstrip('"').startswith(word)]
    return {"completions": found, "matched_fragment": word, "suppress": True}


def _quoted_columns(data: str, namespace: dict[str, Any]) -> list[str]:
    """Names of the columns of a variable, quoted as needed on a line; nothing is evaluated."""
    return [quote_column(name) for name in validation.column_names(namespace.get(data))]


def quote_column(name: str) -> str:
    """Quote the name of a column so that it is one word of a line."""
    return name if name.isidentifier() else f'"{name}"'


def _data_variables(namespace: dict[str, Any]) -> list[str]:
    return sorted(name for name, value in namespace.items() if _may_be_data(name, value))


def _may_be_data(name: str, value: Any) -> bool:
    if name.startswith("_") or name == "In" or isinstance(value, type | ModuleType):
        return False
    return isinstance(value, list) or _getattr(value, "shape", None) is not None


def _getattr(value: Any, name: str, default: Any) -> Any:
    """Like `getattr` with a default, which is also returned if a property raises any error."""
    try:
        return getattr(value, name, default)
    except Exception:  # noqa: BLE001  a property of a user's class
        return default


def split_words(line: str) -> list[str]:
    """Split a line at spaces that are not inside brackets or quotes.

    Examples
    --------
    >>> split_words('df[["a b", "c"]] -k 3 --columns "a b"')
    ['df[["a b", "c"]]', '-k', '3', '--columns', '"a b"']
    """
    return _tokenize(line)[0]


def _tokenize(line: str) -> tuple[list[str], str]:
    """Split a line into words, without its comment; also return an unclosed bracket or quote."""
    words: list[str] = []
    word, brackets, quote = "", "", ""
    letters = iter(line)
    for letter in letters:
        if quote:
            quote = "" if letter == quote else quote
            if letter == "\\" and brackets:  # an escape in a Python string
                word += letter + next(letters, "")
                continue
        elif letter in "\"'":
            quote = letter
        elif letter in CLOSING_BRACKETS:
            brackets += letter
        elif letter == CLOSING_BRACKETS.get(brackets[-1:]):
            brackets = brackets[:-1]
        elif letter == "#" and not brackets and (not word or _count_data(words) == len(words)):
            break  # a comment; only after data it needs no space before it
        elif letter.isspace():
            if not brackets:
                words, word = ([*words, word] if word else words), ""
                continue
            letter = " "  # noqa: PLW2901  others, e.g. non-breaking, are invalid in Python
        word += letter
    return [*words, word] if word else words, quote or brackets[-1:]


def is_option(word: str) -> bool:
    """Whether a word of the line is an option, not an expression such as `-X[0]`."""
    return re.match(r"--[a-z]|-[ko](?!\w*[(.\[])", word) is not None


def unquoted(word: str) -> str:
    """Remove the quotes around a word.

    Examples
    --------
    >>> [unquoted(word) for word in ('"a b"', "a", "'a' + 'b'")]
    ['a b', 'a', "'a' + 'b'"]
    """
    quoted = re.fullmatch(r"""(["'])((?:(?!\1).)*)\1""", word)
    return quoted[2] if quoted else word


def asks_for_help(line: str) -> bool:
    """Whether a line asks for the documentation."""
    return not {"-h", "--help", "?", "??"}.isdisjoint(split_words(line))


def without_interpolation(expression: str, variables: Container[str]) -> str:
    """Replace {name} and $name by the bare name, to suggest it; "" if there is nothing to replace.

    Examples
    --------
    >>> without_interpolation("{df}[2:] - $mean", {"df", "mean"})
    'df[2:] - mean'
    """
    inserted = re.compile(r"\{(\w+)\}|\$(\w+)")
    names = [name or other for name, other in inserted.findall(expression)]
    if not names or is_expression(expression) or any(name not in variables for name in names):
        return ""
    return inserted.sub(r"\1\2", expression)


def guess_option(expression: str) -> str:
    """Guess the intended option from the end of an invalid expression; "" if there is none.

    Examples
    --------
    >>> [guess_option(line) for line in ("df -K 3", "df k=3", "df 3", "df -seed 7")]
    ['-k 3', '-k 3', '-k 3', '--seed 7']
    >>> guess_option("df +")
    ''
    """
    option = re.search(r"\s-?([a-z_]+)\s*[=\s]\s*(\S+)$", expression, re.IGNORECASE)
    name = "" if option is None else f"--{option[1].replace('_', '-').lower()}"
    if option is not None and name in NAMES and name != "--n-clusters":
        return f"{name} {option[2]}"
    count = re.search(r"(?:\s-*(?:k|n|n_clusters)\s*=?\s*|\s)(\d+)$", expression, re.IGNORECASE)
    return "" if count is None else f"-k {count[1]}"
