"""The words of a `%kmeans` line: its options, how it is split, and how it is completed."""

from __future__ import annotations

import re
from types import ModuleType
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion

from kmeans_widget import validation
from kmeans_widget.core.initialization import INIT_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    return [column if column.isidentifier() else f'"{column}"' for column in columns]


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
