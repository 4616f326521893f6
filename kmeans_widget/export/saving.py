"""Writing the picture, or the whole run, to a file."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
import time
from typing import TYPE_CHECKING

from kmeans_widget import validation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kmeans_widget.core.trace import Trace
    from kmeans_widget.export.recording import Recording, Tick, Write
    from kmeans_widget.session.branch import Branch

MOMENT = (".png", ".svg")  # shows the cursor; the others show the whole run
SUFFIXES = (*MOMENT, ".gif", ".mp4", ".html")
REPORT_INTERVAL = 1.0  # seconds from one sentence on the progress to the next


class CancelledError(Exception):
    """Saving was cancelled."""


def save(
    recording: Recording,
    branch: Branch,
    path: str | os.PathLike[str],
    *,
    progress: Callable[[int, int], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write a picture or a run to a file; see `KMeansWidget.save`.

    Parameters
    ----------
    recording : Recording
    branch : Branch
        Its branch, which knows how the run goes on; it is left as it is.
    path : str or path-like
    progress, cancelled : callable, optional
        As in `KMeansWidget.save`.
    report : callable
        Called now and then with a sentence on the progress, and with an empty one at the end.

    Returns
    -------
    Path

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
    ...     save(record(session), session.current_branch, f"{folder}/start.png").name
    'start.png'
    """
    target = validation.check_file(path, SUFFIXES)
    write = _writer(target.suffix.lower())
    tick = _Progress(target.name, report, progress, cancelled)
    try:
        with _replaced(target, os.fspath(path)) as file:
            if target.suffix.lower() not in MOMENT:
                recording = dataclasses.replace(recording, trace=_whole(branch, tick))
            write(recording, file, tick)
    finally:
        tick.end()
    return target


class _Progress:
    """Reports how far a file has come, and stops it when it is cancelled."""

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
        self._due = time.monotonic() + REPORT_INTERVAL

    def __call__(self, done: int, total: int) -> None:
        """Count a frame."""
        if self._cancelled is not None and self._cancelled():
            raise CancelledError(f"Saving {self._name!r} was cancelled: nothing was written.")
        if self._progress is not None:
            self._progress(done, total)
        if time.monotonic() >= self._due:
            self._report(f"Saving {self._name!r}: {done:,} of {total:,} frames.")
            self._has_reported, self._due = True, time.monotonic() + REPORT_INTERVAL

    def end(self) -> None:
        """Withdraw what has been reported."""
        if self._has_reported:
            self._report("")


def _whole(branch: Branch, tick: Tick) -> Trace:
    """Compute a run to its end."""
    trace = branch.trace
    for trace in branch.remaining_steps():
        tick(0, trace.last_cursor + 1)
    return trace


def _writer(suffix: str) -> Write:
    """Return what writes files with this ending."""
    # Each is imported only when it is wanted: the first picture of a panel needs none of them.
    if suffix in MOMENT:
        return _write_moment
    if suffix == ".html":
        from kmeans_widget.export.webpage import write_page

        return write_page
    from kmeans_widget.export import movie

    return movie.write_gif if suffix == ".gif" else movie.mp4_writer()


def _write_moment(recording: Recording, file: Path, tick: Tick) -> None:
    """Write the picture at the cursor."""
    from kmeans_widget.export import image

    draw = image.png if file.suffix == ".png" else image.svg
    file.write_bytes(draw(recording.scene(recording.cursor)))
    tick(1, 1)


@contextlib.contextmanager
def _replaced(target: Path, name: str) -> Iterator[Path]:
    """Give a new file in the same folder, which takes the target's place if all goes well."""
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
