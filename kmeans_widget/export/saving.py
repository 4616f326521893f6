"""Saving the picture, the whole run or the table to a file."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import secrets
import shutil
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget import validation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kmeans_widget.core.trace import Trace
    from kmeans_widget.export.recording import Progress, Recording, Writer
    from kmeans_widget.session.branch import Branch

CURSOR_SUFFIXES = (".png", ".svg", ".csv")  # what is at the cursor; the others are the whole run
SUFFIXES = (".png", ".svg", ".gif", ".mp4", ".html", ".csv")
REPORT_INTERVAL = 1.0  # seconds between two messages about the progress


class CancelledError(Exception):
    """Saving was cancelled."""


def save(
    recording: Recording,
    branch: Branch,
    path: str | os.PathLike[str],
    *,
    table: Callable[[], Any],
    progress: Callable[[int, int], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Path:
    """Save the picture, the whole run or the table to a file, as its suffix says.

    Parameters
    ----------
    recording : Recording
    branch : Branch
        The branch that was recorded. Its remaining steps are computed for the file; it does not
        change.
    path : str or path-like
    table : callable
        Returns the DataFrame for a CSV.
    progress, cancelled : callable, optional
        As in `KMeansWidget.save`.
    report : callable
        Called about once per second with a message about the progress, at the end with "".

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError, TypeError, OSError, RuntimeError, CancelledError
        As `KMeansWidget.save` does.

    Examples
    --------
    >>> import tempfile
    >>> from kmeans_widget.export.recording import record
    >>> from kmeans_widget.session import KMeansSession
    >>> session = KMeansSession()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/start.png"
    ...     save(record(session), session.current_branch, path, table=session.to_frame).name
    'start.png'
    """
    target = validation.check_file(path, SUFFIXES)
    write = _writer(target.suffix.lower(), table)
    reporter = _ProgressReporter(target.name, report, progress, cancelled)
    try:
        with _atomic_file(target, os.fspath(path)) as file:
            if target.suffix.lower() not in CURSOR_SUFFIXES:
                recording = dataclasses.replace(recording, trace=_complete(branch, reporter))
            write(recording, file, reporter)
    finally:
        reporter.end()
    return target


class _ProgressReporter:
    """Reports the progress of a file, and raises if saving is cancelled."""

    def __init__(
        self,
        name: str,
        report: Callable[[str], None],
        progress: Callable[[int, int], object] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._name, self._report = name, report
        self._progress, self._cancelled = progress, cancelled
        self._has_reported = False
        self._next = time.monotonic() + REPORT_INTERVAL

    def __call__(self, done: int, total: int) -> None:
        """Report that `done` of `total` frames are done."""
        if self._cancelled is not None and self._cancelled():
            raise CancelledError(f"Saving {self._name!r} was cancelled: nothing was written.")
        if self._progress is not None:
            self._progress(done, total)
        if time.monotonic() >= self._next:
            self._report(f"Saving {self._name!r}: {done:,} of {total:,} frames.")
            self._has_reported, self._next = True, time.monotonic() + REPORT_INTERVAL

    def end(self) -> None:
        """Remove the last message."""
        if self._has_reported:
            self._report("")


def _complete(branch: Branch, progress: Progress) -> Trace:
    """Compute a run to its end, and return its trace."""
    trace = branch.trace
    for trace in branch.remaining_steps():
        progress(0, trace.last_cursor + 1)
    return trace


def _writer(suffix: str, table: Callable[[], Any]) -> Writer:
    """Return the function that writes files with this suffix."""
    # Imported here, because a panel needs none of them for its first picture.
    if suffix == ".csv":
        return functools.partial(_write_table, table)
    if suffix in CURSOR_SUFFIXES:
        return _write_image
    if suffix == ".html":
        from kmeans_widget.export.webpage import write_page

        return write_page
    from kmeans_widget.export import movie

    return movie.write_gif if suffix == ".gif" else movie.mp4_writer()


def _write_image(recording: Recording, file: Path, progress: Progress) -> None:
    """Write the picture at the cursor."""
    from kmeans_widget.export import image

    draw = image.png if file.suffix == ".png" else image.svg
    file.write_bytes(draw(recording.scene(recording.cursor)))
    progress(1, 1)


def _write_table(
    table: Callable[[], Any], recording: Recording, file: Path, progress: Progress
) -> None:
    """Write a DataFrame."""
    del recording
    write_csv(table(), file)
    progress(1, 1)


def write_csv(table: Any, file: Path | None = None) -> str | None:
    r"""Write a table as CSV, with its index unless that only numbers the rows.

    Parameters
    ----------
    table : DataFrame, Series or ndarray of shape (n,)
    file : Path, default=None
        None returns the text.

    Examples
    --------
    >>> import numpy as np
    >>> write_csv(np.array([1, 0]))
    'cluster\n1\n0\n'
    """
    import narwhals.stable.v2 as nw

    if isinstance(table, np.ndarray):
        text = "\n".join(["cluster", *map(str, table.tolist()), ""])
        if file is None:
            return text
        file.write_text(text, "utf-8")
        return None
    if hasattr(table, "to_csv"):
        index = table.index
        is_count = getattr(index, "step", 0) == 1 and index.start == 0 and index.name is None
        written: str | None = table.to_csv(file, index=not is_count, lineterminator="\n")
        return written
    frame = nw.from_native(table, allow_series=True)
    frame = frame if isinstance(frame, nw.DataFrame) else frame.alias("cluster").to_frame()
    return frame.write_csv(file)


@contextlib.contextmanager
def _atomic_file(target: Path, name: str) -> Iterator[Path]:
    """Yield a temporary file in the same folder, which replaces the target if nothing fails."""
    file = target.with_name(f".{secrets.token_hex(6)}{target.suffix.lower()}")
    try:
        file.touch(exist_ok=False)
        if target.exists():
            shutil.copymode(target, file)
        yield file
        file.replace(target)
    except OSError as error:
        raise validation.write_error(name, error) from None
    finally:
        file.unlink(missing_ok=True)
