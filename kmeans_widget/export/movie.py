"""A run as an animation: GIF, or MP4 if ffmpeg is installed."""

from __future__ import annotations

import contextlib
import functools
import itertools
import shutil
import subprocess
import tempfile
from typing import IO, TYPE_CHECKING, NamedTuple, cast

import numpy as np
from PIL import Image

from kmeans_widget.export.image import FrameRenderer
from kmeans_widget.plot import scene as scenes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kmeans_widget.export.image import Pixels
    from kmeans_widget.export.recording import Progress, Recording, Writer

# All times are in milliseconds.
HALF_STEP_TIME = 1600  # per half-step
MAX_RUN_TIME = 60_000  # a longer run is played faster,
MIN_HALF_STEP_TIME = 100  # but not below this per half-step
GLIDE_TIME = 480  # at most, for the animated part of a half-step
END_PAUSE = 3000  # for the last frame


class Format(NamedTuple):
    """Resolution of an animation: milliseconds per animated frame, and pixels per inch."""

    frame: int
    dpi: int


GIF, MP4 = Format(80, 110), Format(40, 120)


def frame_durations(last: int, frame: int) -> list[list[int]]:
    """Return the durations of the frames of every half-step, the start included.

    Parameters
    ----------
    last : int
        The last half-step.
    frame : int
        Milliseconds of an animated frame.

    Returns
    -------
    list of list of int
        Milliseconds, for each of `last + 1` half-steps.

    Examples
    --------
    >>> frame_durations(1, frame=240)
    [[1600], [240, 3000]]
    >>> long = frame_durations(100, frame=80)
    >>> long[7], sum(map(sum, long))
    ([80, 80, 440], 64160)
    """
    each = max(min(HALF_STEP_TIME, MAX_RUN_TIME // max(last, 1)), MIN_HALF_STEP_TIME)
    n_gliding = max(min(GLIDE_TIME, each // 2) // frame - 1, 0)
    rest = each - n_gliding * frame
    middle = [[frame] * n_gliding + [rest] for _ in range(1, last)]
    return [[HALF_STEP_TIME], *middle, *[[frame] * n_gliding + [END_PAUSE]] * (last > 0)]


def write_gif(recording: Recording, path: Path, progress: Progress) -> None:
    """Write a GIF that loops; its comment is the recording's summary.

    Parameters
    ----------
    recording : Recording
    path : Path
    progress : callable
        Called after each frame with the number of frames done and their total.
    """
    palette = _palette(recording)
    images = (
        Image.fromarray(pixels).quantize(palette=palette, dither=Image.Dither.NONE)
        for pixels in _frames(recording, GIF, progress)
    )
    with path.open("wb") as file:
        next(images).save(
            file, "GIF", save_all=True, append_images=images, loop=0,
            duration=list(itertools.chain(*frame_durations(recording.last, GIF.frame))),
            comment=recording.summary.encode(),
        )  # fmt: skip


def mp4_writer() -> Writer:
    """Find ffmpeg, and return a function that writes an MP4 with it.

    Returns
    -------
    callable
        With the parameters of `write_gif`.

    Raises
    ------
    RuntimeError
        If ffmpeg is not installed.
    """
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise RuntimeError(
            "An MP4 needs ffmpeg, which is not on PATH: install it, or save as .gif or .html."
        )
    return functools.partial(_write_mp4, ffmpeg)


def _write_mp4(ffmpeg: str, recording: Recording, path: Path, progress: Progress) -> None:
    frames = _frames(recording, MP4, progress)
    first = next(frames)
    repeats = (
        ms // MP4.frame for ms in itertools.chain(*frame_durations(recording.last, MP4.frame))
    )
    command = [
        ffmpeg, "-y", "-loglevel", "error", "-f", "rawvideo", "-pixel_format", "rgb24",
        "-video_size", f"{first.shape[1]}x{first.shape[0]}", "-framerate", f"{1000 // MP4.frame}",
        "-i", "-", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p",
        "-movflags", "+faststart",
        "-metadata", f"title={recording.title}", "-metadata", f"comment={recording.summary}",
        "-f", "mp4", str(path),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as log:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log) as process:  # noqa: S603  no shell, our own arguments
            try:
                _write_frames(process, itertools.chain([first], frames), repeats)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            log.seek(0)
            lines = log.read().decode(errors="replace").split("\n")
            reason = next((line for line in reversed(lines) if line.strip()), "no reason given")
            raise RuntimeError(f"ffmpeg could not write the MP4: {reason.strip()}")


def _write_frames(
    process: subprocess.Popen[bytes], frames: Iterator[Pixels], repeats: Iterator[int]
) -> None:
    """Send frames to ffmpeg, repeated to fill their durations; its exit code reports failures."""
    with contextlib.suppress(BrokenPipeError), cast("IO[bytes]", process.stdin) as pipe:
        for frame, repeat in zip(frames, repeats, strict=True):
            for _ in range(repeat):
                pipe.write(frame.tobytes())


def _frames(recording: Recording, form: Format, progress: Progress) -> Iterator[Pixels]:
    """Render all frames, in order."""
    renderer, durations = FrameRenderer(form.dpi), frame_durations(recording.last, form.frame)
    total = sum(map(len, durations))
    done = itertools.count(1)
    previous = recording.scene(0)
    for cursor, frames in enumerate(durations):
        scene = recording.scene(cursor)
        for frame in range(1, len(frames) + 1):
            yield renderer.render(scenes.interpolate(previous, scene, frame / len(frames)))
            progress(next(done), total)
        previous = scene


def _palette(recording: Recording) -> Image.Image:
    """Choose 255 colours for all frames together, so that colours do not flicker."""
    renderer, last = FrameRenderer(50), recording.last
    cursors = sorted({0, min(1, last), last // 2, last})
    samples = np.concatenate([renderer.render(recording.scene(cursor)) for cursor in cursors])
    return Image.fromarray(samples).quantize(255, method=Image.Quantize.MAXCOVERAGE)
