"""What stays: the picture, or the whole run, in a file."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
import time
from typing import TYPE_CHECKING

from kmeans_widget import validation
from kmeans_widget.export.recording import Recording
from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import MAX_POINTS, stage
from kmeans_widget.session import KMeansSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kmeans_widget.core.trace import Trace
    from kmeans_widget.export.recording import Tick, Write
    from kmeans_widget.plot.backdrop import Backdrop
    from kmeans_widget.plot.scene import Options
    from kmeans_widget.session.branch import Branch

MOMENT = (".png", ".svg")  # shows the cursor; the others show the whole run
SUFFIXES = (*MOMENT, ".gif", ".mp4", ".html")
SILENCE = 1.0  # seconds from one word on how far a file has come to the next


class CancelledError(Exception):
    """The file was not wanted any more."""


class Saving(KMeansSession):
    """A session that can be written to a file; see `KMeansSession`.

    Examples
    --------
    >>> import tempfile
    >>> session = Saving()
    >>> session.step()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     session.save(f"{folder}/step.png").name
    'step.png'
    """

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        progress: Callable[[int, int], object] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Path:
        """Write what is shown to a file; its ending says what.

        ``.png`` and ``.svg`` are the picture at the cursor. ``.gif``, ``.mp4`` and ``.html`` are
        the whole run on the branch shown, from its start to its end, wherever the cursor is; the
        half-steps that nobody has taken yet are computed for it, and the session stays where it is.
        The HTML is one file that needs no network: a slider, buttons and keys go through the run.
        The MP4 needs ffmpeg. What is switched off in the panel is left out - lines, regions,
        clusters hidden by the legend - but words and numbers are those of all points.

        Parameters
        ----------
        path : str or path-like
            A file there is replaced, but only once the new one is complete: if anything fails, or
            Ctrl-C is pressed, it stays as it was.
        progress : callable, optional
            Called with how many frames are done, and of how many.
        cancelled : callable, optional
            Asked before every frame; True ends it.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ValueError, TypeError
            If the name cannot be used, or has another ending.
        OSError
            If the file cannot be written there.
        RuntimeError
            If there is no ffmpeg for an MP4.
        CancelledError
            If `cancelled` said so.
        """
        target = validation.check_file(path, SUFFIXES)
        write = _writer(target.suffix.lower())
        with self.lock:
            branch, recording = self.current_branch, self._recording()
        report = _Report(target.name, self._tell, progress, cancelled)
        # From here on without the lock: nothing of what is read changes any more.
        try:
            with _replaced(target, os.fspath(path)) as file:
                if target.suffix.lower() not in MOMENT:
                    recording = dataclasses.replace(recording, trace=_whole(branch, report))
                write(recording, file, report)
        finally:
            report.end()
        return target

    def _recording(self) -> Recording:
        """Gather all that there is to write of the branch shown, as far as it has come."""
        backdrop, options = self._staging(), self._options()
        # What has just happened beside the half-steps, and other branches, are nothing for a file.
        options = dataclasses.replace(options, event=None, offset=0, curves=())
        return Recording(self.current_branch.name, backdrop, self.trace, options, self.cursor)

    def _staging(self) -> Backdrop:
        """Lay out the points."""
        branch = self.current_branch
        rows = branch.points.preview(MAX_POINTS)
        return stage(branch.samples, self.feature_names, scaling=branch.scaling, rows=rows)

    def _options(self) -> Options:
        """Tell what is switched on, and how the run on the branch shown was started."""
        parameters = self.current_branch.parameters
        return scenes.Options(
            init=parameters.init if isinstance(parameters.init, str) else "given",
            random_state=parameters.random_state,
            scale=parameters.scale,
            begun=self.current_branch.event,
            event=self.event,
            slots=self.slots,
        )

    def _tell(self, message: str) -> None:
        """Show how far a file has come, or with an empty message that there is nothing to tell."""


class _Report:
    """Tells how far a file has come, and hears that it is not wanted any more."""

    def __init__(
        self,
        name: str,
        tell: Callable[[str], None],
        progress: Callable[[int, int], object] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._name, self._tell = name, tell
        self._progress, self._cancelled = progress, cancelled
        self._told = False
        self._due = time.monotonic() + SILENCE

    def __call__(self, done: int, total: int) -> None:
        """Take note of a frame."""
        if self._cancelled is not None and self._cancelled():
            raise CancelledError(f"Saving {self._name!r} was cancelled: nothing was written.")
        if self._progress is not None:
            self._progress(done, total)
        if time.monotonic() >= self._due:
            self._tell(f"Saving {self._name!r}: {done:,} of {total:,} frames.")
            self._told, self._due = True, time.monotonic() + SILENCE

    def end(self) -> None:
        """Take back what has been told."""
        if self._told:
            self._tell("")


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
        raise validation.unwritable(name, error) from None
    finally:
        file.unlink(missing_ok=True)
