"""The name of an output file, and the errors of writing it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kmeans_widget.validation.messages import suggestion, typed_repr

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_file(path: Any, suffixes: Sequence[str]) -> Path:
    """Return the path to write to, with `~` and links resolved.

    Parameters
    ----------
    path : str or path-like
        May begin with ``~``, the home directory.
    suffixes : sequence of str
        Supported extensions, with dot, in lower case.

    Returns
    -------
    Path

    Raises
    ------
    TypeError
        If `path` is not a path.
    ValueError
        If the extension is not supported, or the name is invalid.
    OSError
        If the folder does not exist, or the path is a folder or not writable.

    Examples
    --------
    >>> check_file("run.pgn", [".png", ".svg"])
    Traceback (most recent call last):
        ...
    ValueError: 'run.pgn' must end in .png or .svg, which selects the format; did you mean '.png'?
    """
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise TypeError(
            f"path must be the name of a file, such as 'run.png', got {typed_repr(path)}."
        )
    name = os.fspath(path)
    if not name or "\0" in name:
        raise ValueError(f"{_quoted(name)} cannot be the name of a file.")
    try:
        return _checked(name, suffixes)
    except OSError as error:
        raise write_error(name, error) from None


def write_error(name: str, error: OSError) -> OSError:
    """Return an error of the same class whose message is one sentence about the file.

    Examples
    --------
    >>> write_error("run.png", PermissionError(13, "Permission denied"))
    PermissionError("'run.png' cannot be written: permission denied.")
    """
    if not error.strerror:  # raised by `check_file`: it is one sentence already
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
            f"{_quoted(name)} must end in {known}, which selects the format"
            f"{suggestion(suffix, suffixes)}"
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"There is no folder {_quoted(str(target.parent))}: create it first."
        )
    if target.exists() and not (target.is_file() and os.access(target, os.W_OK)):
        raise PermissionError(f"{_quoted(name)} already exists and is not a writable file.")
    return target


def _quoted(name: str) -> str:
    """Quote a path on one line; a long one is cut at its beginning."""
    return repr(name if len(name) <= 100 else f"…{name[-99:]}")
