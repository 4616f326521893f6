"""The words of a `%kmeans` line: its options, how it is read, and how it is completed."""

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
from kmeans_widget.scaling import SCALES
from kmeans_widget.session.branch import DEFAULTS
from kmeans_widget.validation.messages import error_summary, suggestion

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Container, Iterable, Mapping

    from IPython.core.completer import SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell


def whole_number(word: str) -> int:
    """Read the value of an option as a whole number."""
    try:
        return int(word)
    except ValueError:
        raise ArgumentTypeError(f"{word!r} is no whole number, such as 3.") from None


def number(word: str) -> float:
    """Read the value of an option as a number."""
    try:
        return float(word)
    except ValueError:
        raise ArgumentTypeError(f"{word!r} is no number, such as 0.001.") from None


ARGUMENTS = (
    argument(
        "data",
        nargs="*",
        help="What to cluster: any expression that gives a DataFrame, a 2-D array or a list of "
        "rows, with the variables of this notebook and, inside a function, the function's own. "
        "Left out: the thirty points of the walkthrough.",
    ),
    argument(
        "-k",
        "--n-clusters",
        type=whole_number,
        metavar="N",
        help="Number of clusters (default: the data set's own, the "
        "rows of given centroids, else 3).",
    ),
    argument(
        "--init",
        default=DEFAULTS.init,
        metavar="START",
        help="Start: " + ", ".join(INIT_METHODS) + ", or an expression that gives the starting "
        "centroids, one row each (default random).",
    ),
    argument(
        "--seed",
        type=whole_number,
        default=DEFAULTS.random_state,
        metavar="N",
        help=f"Seed of the start (default {DEFAULTS.random_state}).",
    ),
    argument(
        "--columns",
        nargs="+",
        metavar="NAME",
        help="Columns of the data to use. Quote a name with spaces. Default: all columns of "
        "numbers, but none that is named as an identifier or holds the weights, or labels put "
        "there before; the panel names what is left out.",
    ),
    argument(
        "--scale",
        default=DEFAULTS.scale,
        metavar="SCALE",
        help="What the columns are divided by before distances are measured (default none): "
        + ", ".join(f"{name} ({scale.label})" for name, scale in SCALES.items() if scale.phrase)
        + ".",
    ),
    argument(
        "--weights",
        metavar="W",
        help="Weights of the rows: a column of the data, which then is no feature, or an "
        "expression, in brackets if it has spaces.",
    ),
    argument(
        "--max-iter",
        type=whole_number,
        default=DEFAULTS.max_iter,
        metavar="N",
        help=f"Limit of iterations (default {DEFAULTS.max_iter}).",
    ),
    argument(
        "--tol",
        type=number,
        default=DEFAULTS.tol,
        metavar="T",
        help="Stop when the squared movement of the centroids is at most T times the mean variance "
        "of the columns (default 0: only when no point changes cluster).",
    ),
    argument(
        "--canvas",
        default="auto",
        metavar="KIND",
        help="Where the picture is: ipympl, with the mouse; png, an image that any page can show; "
        "auto (default): png in Google Colab and without ipympl, else ipympl.",
    ),
    argument("--run", action="store_true", help="Open the panel at the end of the run."),
    argument("--cursor", type=whole_number, metavar="N", help="Open the panel at this half-step."),
    argument("--play", action="store_true", help="Open the panel playing."),
    argument(
        "-o",
        "--output",
        metavar="VARIABLE",
        help="Put the panel into this variable of the notebook, also from inside a function.",
    ),
    argument(
        "--labels",
        metavar="VARIABLE",
        help="Put the labels of the finished run into this variable of the notebook, also from "
        "inside a function: a Series on the DataFrame's own index, else an array; -1 for rows left "
        "out because a value is missing. Or into a column of a DataFrame, in a function also of "
        'its own: df["cluster"], which then is no feature of the next %%kmeans df.',
    ),
)
"""What a `%kmeans` line can say. Options, their completion and the manual follow from it."""
OPTIONS = tuple(name for a in ARGUMENTS for name in a.args if name.startswith("-"))
VALUES: dict[str, Iterable[str]] = {
    "--init": INIT_METHODS,
    "--scale": SCALES,
    "--canvas": validation.CANVASES,
}


SHORT = {a.args[1]: a.args[0] for a in ARGUMENTS if len(a.args) == 2}
FLAGS = tuple(a.args[0] for a in ARGUMENTS if a.kwds.get("action") == "store_true")
# Names and expressions may hold { and $ themselves; each is expanded where its kind is known.
AS_TYPED = ("--columns", "--init", "--weights", "-o", "--labels")
MISSING = {
    "-k": "a whole number is missing, such as -k 3",
    "--init": "a start is missing, such as --init k-means++",
    "--seed": "a whole number is missing, such as --seed 7",
    "--columns": "the name of a column is missing, such as --columns height",
    "--scale": "a scale is missing, such as --scale standard",
    "--weights": "a column or an expression is missing, such as --weights count",
    "--max-iter": "a whole number is missing, such as --max-iter 10",
    "--tol": "a number is missing, such as --tol 0.001",
    "--canvas": "a kind is missing, such as --canvas png",
    "--cursor": "a whole number is missing, such as --cursor 4",
    "-o": "the name of a variable is missing, such as -o panel",
    "--labels": "the name of a variable is missing, such as --labels y",
}
"""What is said of an option without its value."""
CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Scope:
    """The variables that a line can use.

    Parameters
    ----------
    variables : dict
        Those of the notebook; inside a function, its own ones hide them.
    local : set of str
        The names of the function's own ones.
    """

    variables: dict[str, Any]
    local: frozenset[str] = frozenset()

    @classmethod
    def of(cls, shell: InteractiveShell, local_ns: Mapping[str, Any] | None) -> Scope:
        """Return the scope of a line that stands where `local_ns` are the local variables."""
        notebook = shell.user_ns
        local = {} if local_ns is None or local_ns is notebook else dict(local_ns)
        if not local and shell.user_global_ns is notebook:
            return cls(notebook)  # itself, so that (x := ...) in an expression sets a variable
        return cls({**shell.user_global_ns, **notebook, **local}, frozenset(local))

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression."""
        return eval(expression, self.variables)  # noqa: S307  the user's own

    def expand(self, text: str) -> str:
        """Replace {expression} and $name by their values, as IPython does for other magics."""
        try:
            expanded = self.fill(text)
        except Exception:  # noqa: BLE001  then it is meant as typed, or the error is told later
            return text
        return text if "\n" in expanded else expanded  # an array, say, is no word of a line

    def fill(self, text: str) -> str:
        """Replace them as `expand` does, but raise the error of one that has no value."""
        filled: str = DollarFormatter().vformat(text, (), self.variables)
        return filled

    def expand_unless_expression(self, text: str) -> str:
        """Take an expression as typed; expand anything else."""
        return text if is_expression(unquoted(text)) else self.expand(text)

    def uses_local(self, expression: str) -> bool:
        """Whether an expression uses a variable of the function that the line stands in."""
        nodes = ast.walk(parsed(expression) or ast.Pass())
        return any(isinstance(node, ast.Name) and node.id in self.local for node in nodes)


def is_expression(text: str) -> bool:
    """Whether a text is a Python expression.

    What begins with a set is none: a set is no data, and {name} stands for a value.

    Examples
    --------
    >>> [is_expression(text) for text in ('d.drop(columns={"t"})', "$name", "df_{i}", "{name}[:9]")]
    [True, False, False, False]
    """
    node = parsed(text)
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node is not None and not isinstance(node, ast.Set)


def parsed(text: str) -> ast.expr | None:
    """Return a text as a Python expression; None if it is none."""
    with warnings.catch_warnings(action="ignore"):  # evaluating it warns, too
        try:
            return ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None


def parse(line: str, parser: ArgumentParser, scope: Scope) -> Any:
    """Read a line: the expression of the data, and the options.

    Data, columns, start and weights are taken as typed; in other words, in the names of results and
    in data that are no Python expression, {...} and $... are replaced by the values of variables.

    Raises
    ------
    UsageError
        If an option or its value cannot be used.
    """
    words, unclosed = _scan(line)
    if unclosed:
        raise UsageError(_never_closed(unclosed, line))
    words = _expand(_without_semicolon(words), scope)
    n_data = _count_data(words)
    data, given = _group(words)
    if 0 < n_data < len(data):
        raise UsageError(
            f"%kmeans does not know what {' '.join(data[n_data:])!r} after the options is for: "
            "columns go after --columns, and an expression with spaces into brackets."
        )
    for option, values in given.items():
        if not values and option not in FLAGS:
            raise UsageError(f"{option}: {MISSING.get(option, 'its value is missing')}.")
    columns = given.pop("--columns", None)
    options = [f"{option}={value}" for option in given for value in given[option]]
    options += [option for option in given if not given[option]]
    try:
        args = parser.parse_args(options)
    except UsageError as error:  # argument -k/--n-clusters: ...
        raise UsageError(re.sub(r"^argument ([^/:]+)\S*:", r"\1:", str(error))) from None
    moves = [name for name in FLAGS if getattr(args, name[2:])]
    moves += ["--cursor"] if args.cursor is not None else []
    if len(moves) > 1:
        raise UsageError(f"{' and '.join(moves)} exclude each other: give one of them.")
    _check_quoted(args.labels, scope)
    args.output = _result_name("-o", args.output, scope)
    args.labels = _result_name("--labels", args.labels, scope)
    if args.output and args.output == args.labels:
        raise UsageError(f"-o and --labels both name {args.output}: choose two names.")
    for option, check, value in (
        ("--cursor", validation.check_cursor, args.cursor),
        ("-o", validation.check_variable, args.output),
        ("--labels", validation.check_label_target, args.labels),
    ):
        _check(option, check, value)
    args.data, args.columns = " ".join(data), columns
    return args


def _expand(words: list[str], scope: Scope) -> list[str]:
    """Replace {...} and $... in the words of a line; their values may bring options, too."""
    n_data = _count_data(words)
    expanded = split_words(scope.expand_unless_expression(" ".join(words[:n_data])))
    option = ""
    for word in words[n_data:]:
        value = word
        if is_option(word):
            option, value = _option_and_value(word)
        typed = option in AS_TYPED
        expanded += [word] if typed else split_words(scope.expand_unless_expression(word))
        if value and option != "--columns":
            option = ""  # it has its value
    return expanded


def _result_name(option: str, text: str | None, scope: Scope) -> str | None:
    """Put the values of {...} and $... into the name of a variable or of a column."""
    if text is None:
        return None
    try:
        target = validation.check_label_target(text)
    except ValueError:
        target = None
    try:
        if target is None or target.column is None:
            name = scope.fill(text)
        else:  # whatever quotes the value has
            name = str(validation.LabelTarget(target.variable, scope.fill(target.column)))
    except Exception as error:  # noqa: BLE001  whatever the user's expression raises
        raise UsageError(
            f"{option}: {text} cannot be filled in: {error_summary(error)}. In a name, {{...}} and "
            "$... stand for values of the notebook."
        ) from None
    return name


def _check_quoted(text: str | None, scope: Scope) -> None:
    """Refuse an expression in place of the name of a column, and say how its value gets there."""
    match parsed(text or ""):
        case ast.Subscript(ast.Name(frame), inside) if not isinstance(inside, ast.Constant):
            typed = ast.unparse(inside)
            try:
                value = scope.evaluate(typed)
            except Exception:  # noqa: BLE001  then it is refused as what it is
                return
            if isinstance(value, str) and (isinstance(inside, ast.JoinedStr) or '"' not in typed):
                quoted = typed[1:] if isinstance(inside, ast.JoinedStr) else f'"{{{typed}}}"'
                word = f', or {frame}["{typed}"]' if isinstance(inside, ast.Name) else ""
                raise UsageError(
                    "--labels: The name of a column needs quotes: "
                    f"{frame}[{quoted}] for the value of {typed}{word}."
                )


def _group(words: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Tell the words of the data from the options, which are given with their values."""
    data: list[str] = []
    given: dict[str, list[str]] = {}
    option = ""
    for word in words:
        if is_option(word):
            option, value = _option_and_value(word)
            if option not in OPTIONS:
                raise UsageError(
                    f"%kmeans has no option {option!r}{suggestion(option, OPTIONS)} "
                    f"It knows {' '.join(OPTIONS)}."
                )
            if option in given:
                raise UsageError(f"{option} is given twice: give it once.")
            if value and option in FLAGS:
                raise UsageError(f"{option} takes no value, but {value!r} is given.")
            given[option] = [unquoted(value)] if value else []
        elif option == "--columns" or (option and option not in FLAGS and not given[option]):
            given[option].append(unquoted(word))
        else:
            data.append(word)
    return data, given


def _option_and_value(word: str) -> tuple[str, str]:
    """Take an option apart: --seed=3 and -k3 bring their value with them."""
    name, _, value = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
    return SHORT.get(name, name), value.removeprefix("=")


def _count_data(words: list[str]) -> int:
    """Count the words before the first option."""
    return next((i for i, word in enumerate(words) if is_option(word)), len(words))


def _without_semicolon(words: list[str]) -> list[str]:
    """Take the notebook's sign for silence away."""
    last = words[-1].rstrip(";") if words else ""
    return [*words[:-1], last] if last else words[:-1]


def is_silent(line: str) -> bool:
    """Whether a line ends with the notebook's sign for silence.

    Examples
    --------
    >>> [is_silent(line) for line in ("X -k 3;", "X;  # silent", 'X --columns "a;"', "X  # no;")]
    [True, True, False, False]
    """
    words = split_words(line)
    return bool(words) and words[-1].endswith(";")


def _never_closed(mark: str, line: str) -> str:
    if mark in CLOSING:
        mend = f"Add the missing {CLOSING[mark]}."
    else:
        other = "'" if mark == '"' else '"'
        mend = f"Add the missing {mark}, or put a name that has one between two {other}."
    return f"The {mark} in {line.strip()!r} is never closed. {mend}"


def _check(option: str, check: Callable[[Any], object], value: Any) -> None:
    """Refuse the value of an option, if it is given and cannot be used."""
    if value is None:
        return
    try:
        check(value)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def complete(line: str, namespace: dict[str, Any]) -> SimpleMatcherResult:
    """Complete a `%kmeans` line: options, their values, columns, and variables that hold data.

    Examples
    --------
    >>> [c.text for c in complete("%kmeans X --i", {})["completions"]]
    ['--init']
    """
    begun = re.fullmatch(r"(?:[^%#]*=)?\s*%kmeans\s+(?:(?P<before>.*)\s)?(?P<word>\S*)", line)
    if begun is None:
        return {"completions": []}
    word, before = begun["word"], split_words(begun["before"] or "")
    option = next((given for given in reversed(before) if is_option(given)), "")
    if word.startswith("-"):
        offered: Iterable[str] = OPTIONS
    elif option == "--columns":
        offered = _column_words(before[0], namespace)
    elif before and before[-1] in VALUES:
        offered = VALUES[before[-1]]
    elif before and before[-1] == "--weights":
        offered = [*_column_words(before[0], namespace), *_data_names(namespace)]
    elif option or before:
        offered = ()
    else:
        offered = _data_names(namespace)
    found = [SimpleCompletion(text) for text in offered if text.lstrip('"').startswith(word)]
    return {"completions": found, "matched_fragment": word, "suppress": True}


def _column_words(data: str, namespace: dict[str, Any]) -> list[str]:
    """Names of the columns of a variable, as one writes them on the line; nothing is evaluated."""
    return [column_word(name) for name in validation.column_names(namespace.get(data))]


def column_word(name: str) -> str:
    """Write the name of a column as one word of the line."""
    return name if name.isidentifier() else f'"{name}"'


def _data_names(namespace: dict[str, Any]) -> list[str]:
    return sorted(name for name, value in namespace.items() if _is_data(name, value))


def _is_data(name: str, value: Any) -> bool:
    if name.startswith("_") or name == "In" or isinstance(value, type | ModuleType):
        return False
    return isinstance(value, list) or _attribute(value, "shape", None) is not None


def _attribute(value: Any, name: str, default: Any) -> Any:
    """Return an attribute; the default also where asking for it raises, which must not be seen."""
    try:
        return getattr(value, name, default)
    except Exception:  # noqa: BLE001  a property of somebody's class
        return default


def split_words(line: str) -> list[str]:
    """Split a line at the spaces outside of brackets and quotes.

    Examples
    --------
    >>> split_words('df[["a b", "c"]] -k 3 --columns "a b"')
    ['df[["a b", "c"]]', '-k', '3', '--columns', '"a b"']
    """
    return _scan(line)[0]


def _scan(line: str) -> tuple[list[str], str]:
    """Split a line into words, without its comment; also give the bracket or quote left open."""
    words: list[str] = []
    word, brackets, quote = "", "", ""
    letters = iter(line)
    for letter in letters:
        if quote:
            quote = "" if letter == quote else quote
            if letter == "\\" and brackets:  # of a Python string; a name has it as typed
                word += letter + next(letters, "")
                continue
        elif letter in "\"'":
            quote = letter
        elif letter in CLOSING:
            brackets += letter
        elif letter == CLOSING.get(brackets[-1:]):
            brackets = brackets[:-1]
        elif letter == "#" and not brackets and (not word or _count_data(words) == len(words)):
            break  # a comment; without a space before it only where all is Python
        elif letter.isspace():
            if not brackets:
                words, word = ([*words, word] if word else words), ""
                continue
            letter = " "  # noqa: PLW2901  Python refuses other ones, such as a non-breaking space
        word += letter
    return [*words, word] if word else words, quote or brackets[-1:]


def is_option(word: str) -> bool:
    """Whether a word of the line is an option, and no expression such as `-X[0]`."""
    return re.match(r"--[a-z]|-[ko](?!\w*[(.\[])", word) is not None


def unquoted(word: str) -> str:
    """Take the quotes around a word away.

    Examples
    --------
    >>> [unquoted(word) for word in ('"a b"', "a", "'a' + 'b'")]
    ['a b', 'a', "'a' + 'b'"]
    """
    quoted = re.fullmatch(r"""(["'])((?:(?!\1).)*)\1""", word)
    return quoted[2] if quoted else word


def asks_for_help(line: str) -> bool:
    """Whether a line asks for the manual."""
    return not {"-h", "--help", "?", "??"}.isdisjoint(split_words(line))


def without_insertion(expression: str, variables: Container[str]) -> str:
    """Write names for {name} and $name, whose values gave no expression; empty if there are none.

    Examples
    --------
    >>> without_insertion("{df}[2:] - $mean", {"df", "mean"})
    'df[2:] - mean'
    """
    inserted = re.compile(r"\{(\w+)\}|\$(\w+)")
    names = [name or other for name, other in inserted.findall(expression)]
    if not names or is_expression(expression) or any(name not in variables for name in names):
        return ""
    return inserted.sub(r"\1\2", expression)


def meant(expression: str) -> str:
    """Guess the option that was meant by the end of what is no expression; empty if there is none.

    Examples
    --------
    >>> [meant(slip) for slip in ("df -K 3", "df k=3", "df 3", "df -seed 7", "df scale=robust")]
    ['-k 3', '-k 3', '-k 3', '--seed 7', '--scale robust']
    >>> meant("df +")
    ''
    """
    option = re.search(r"\s-?([a-z_]+)\s*[=\s]\s*(\S+)$", expression, re.IGNORECASE)
    name = "" if option is None else f"--{option[1].replace('_', '-').lower()}"
    if option is not None and name in OPTIONS and name != "--n-clusters":
        return f"{name} {option[2]}"
    count = re.search(r"(?:\s-*(?:k|n|n_clusters)\s*=?\s*|\s)(\d+)$", expression, re.IGNORECASE)
    return "" if count is None else f"-k {count[1]}"
