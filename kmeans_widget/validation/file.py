"""The name of a file to be written, and what stands in the way of writing it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kmeans_widget.validation.messages import described, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_file(path: Any, suffixes: Sequence[str]) -> Path:
    """Return where a file is to be written, with links followed.

    Parameters
    ----------
    path : str or path-like
        As the user gave it; ``~`` is the home directory.
    suffixes : sequence of str
        The endings that are known, each with its dot, in lower case.

    Raises
    ------
    TypeError
        If it is no path.
    ValueError
        If its ending is not known, or no file can have this name.
    OSError
        If there is no such folder, or something in the way.

    Examples
    --------
    >>> check_file("run.pgn", [".png", ".svg"])
    Traceback (most recent call last):
        ...
    ValueError: 'run.pgn' must end in .png or .svg, which says what to write; did you mean '.png'?
    """
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise TypeError(
            f"path must be the name of a file, such as 'run.png', got {described(path)}."
        )
    name = os.fspath(path)
    if not name or "\0" in name:
        raise ValueError(f"{_quoted(name)} cannot be the name of a file.")
    try:
        return _checked(name, suffixes)
    except OSError as error:
        raise unwritable(name, error) from None


def unwritable(name: str, error: OSError) -> OSError:
    """Say in one sentence why a file cannot be written.

    Examples
    --------
    >>> unwritable("run.png", PermissionError(13, "Permission denied"))
    PermissionError("'run.png' cannot be written: permission denied.")
    """
    if not error.strerror:  # in our own words already
        return error
    return type(error)(f"{_quoted(name)} cannot be written: {error.strerror.lower()}.")


def _checked(name: str, suffixes: Sequence[str]) -> Path:
    target = Path(os.path.realpath(os.path.expanduser(name)))  # noqa: PTH111  Path's raises
    if name.endswith(("/", os.sep)) or target.is_dir():
        raise IsADirectoryError(f"{_quoted(name)} is a folder: add a file name, such as 'run.png'.")
    suffix = Path(name).suffix.lower()
    if suffix not in suffixes:
        known = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
        raise ValueError(
            f"{_quoted(name)} must end in {known}, which says what to write"
            f"{suggestion(suffix, suffixes)}"
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {_quoted(str(target.parent))}: make it first.")
    if target.exists() and not (target.is_file() and os.access(target, os.W_OK)):
        raise PermissionError(f"{_quoted(name)} is there already and must not be replaced.")
    return target


def _quoted(name: str) -> str:
    """Write a path on one line; of a long one, the end."""
    return repr(name if len(name) <= 100 else f"…{name[-99:]}")
