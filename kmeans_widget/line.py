"""The words of a `%kmeans` line: its options, how it is read, and how it is completed."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from types import ModuleType
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion
from IPython.core.error import UsageError

from kmeans_widget import validation
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.validation.words import suggestion

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Iterable

    from IPython.core.completer import SimpleMatcherResult

OPTIONS = (
    "-k", "--n-clusters", "--init", "--seed", "--columns", "--scale", "--weights", "--max-iter",
    "--tol", "--canvas", "--run", "--cursor", "--play", "-o", "--output", "--labels",
)  # fmt: skip
VALUES = {
    "--init": INIT_METHODS,
    "--scale": validation.SCALES,
    "--canvas": validation.CANVASES,
}


def parse(line: str, parser: ArgumentParser) -> Any:
    """Read a line: the expression of the data, and the options.

    Raises
    ------
    UsageError
        If an option or its value cannot be used.
    """
    words = split_words(line.rstrip().rstrip(";"))  # the notebook's sign for silence
    n_data = next((i for i, word in enumerate(words) if is_option(word)), len(words))
    options = [word if is_option(word) else unquoted(word) for word in words[n_data:]]
    for word in options:
        if word.startswith("--") and word.partition("=")[0] not in OPTIONS:
            raise UsageError(
                f"%kmeans has no option {word!r}{suggestion(word, OPTIONS)} "
                f"It knows {' '.join(OPTIONS)}."
            )
    try:
        args = parser.parse_args(options)
    except UsageError as error:  # argument -k/--n-clusters: ...
        raise UsageError(re.sub(r"^argument ([^/:]+)\S*:", r"\1:", str(error))) from None
    moves = [name for name in ("--run", "--play") if getattr(args, name[2:])]
    moves += ["--cursor"] if args.cursor is not None else []
    if len(moves) > 1:
        raise UsageError(f"{' and '.join(moves)} exclude each other: give one of them.")
    if args.output and args.output == args.labels:
        raise UsageError(f"-o and --labels both name {args.output}: choose two names.")
    for option, check, value in (
        ("--cursor", validation.check_cursor, args.cursor),
        ("-o", validation.check_variable, args.output),
        ("--labels", validation.check_label_target, args.labels),
    ):
        _check(option, check, value)
    if n_data and args.data:
        raise UsageError(
            f"%kmeans does not know what {' '.join(args.data)!r} after the options is for: "
            "columns go after --columns, and an expression with spaces into brackets."
        )
    args.data = " ".join(words[:n_data] or args.data)
    return args


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
    begun = re.fullmatch(r"(?:\s*\w+\s*=)?\s*%kmeans\s+(?:(?P<before>.*)\s)?(?P<word>\S*)", line)
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
    columns = [str(column) for column in getattr(namespace.get(data), "columns", ())]
    return [column_word(column) for column in columns]


def column_word(name: str) -> str:
    """Write the name of a column as one word of the line."""
    return name if name.isidentifier() else f'"{name}"'


def _data_names(namespace: dict[str, Any]) -> list[str]:
    return sorted(name for name, value in namespace.items() if _is_data(name, value))


def _is_data(name: str, value: Any) -> bool:
    if name.startswith("_") or isinstance(value, type | ModuleType):
        return False
    return hasattr(value, "shape") or isinstance(value, list)


def split_words(line: str) -> list[str]:
    """Split a line at the spaces outside of brackets and quotes.

    Examples
    --------
    >>> split_words('df[["a b", "c"]] -k 3 --columns "a b"')
    ['df[["a b", "c"]]', '-k', '3', '--columns', '"a b"']
    """
    words: list[str] = []
    word, depth, quote = "", 0, ""
    for letter in line:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter.isspace() and depth <= 0:
            words, word = ([*words, word] if word else words), ""
            continue
        word += letter
    return [*words, word] if word else words


def is_option(word: str) -> bool:
    """Whether a word of the line is an option, and no expression such as `-X[0]`."""
    return re.match(r"--[a-z]|-[ko](?!\w*[(.\[])", word) is not None


def unquoted(word: str) -> str:
    """Take the quotes around a word away."""
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word


def asks_for_help(line: str) -> bool:
    """Whether a line asks for the manual."""
    return not {"-h", "--help"}.isdisjoint(split_words(line))


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
