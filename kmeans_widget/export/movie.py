"""A run as a moving picture: GIF, and MP4 where there is an ffmpeg."""

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

from kmeans_widget.export.image import Sheet
from kmeans_widget.plot import scene as scenes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kmeans_widget.export.image import Pixels
    from kmeans_widget.export.recording import Recording, Tick, Write

HALF_STEP = 1600  # milliseconds from one half-step to the next
LONGEST = 60_000  # milliseconds: a longer run goes by faster,
SHORTEST = 100  # but not faster than this from one half-step to the next
GLIDE = 480  # milliseconds at most that centroids take to their new place
END = 3000  # milliseconds that the end stays


class Format(NamedTuple):
    """How finely a film is drawn: milliseconds of a frame of a glide, and pixels per inch."""

    frame: int
    dpi: int


GIF, MP4 = Format(80, 110), Format(40, 120)


def timing(last: int, frame: int) -> list[list[int]]:
    """List for every half-step, the start included, the milliseconds of each of its frames.

    Parameters
    ----------
    last : int
        The last half-step.
    frame : int
        Milliseconds of a frame in which something moves.

    Examples
    --------
    >>> timing(1, frame=240)
    [[1600], [240, 3000]]
    >>> long = timing(100, frame=80)
    >>> long[7], sum(map(sum, long))
    ([80, 80, 440], 64160)
    """
    each = max(min(HALF_STEP, LONGEST // max(last, 1)), SHORTEST)
    n_gliding = max(min(GLIDE, each // 2) // frame - 1, 0)
    rest = each - n_gliding * frame
    middle = [[frame] * n_gliding + [rest] for _ in range(1, last)]
    return [[HALF_STEP], *middle, *[[frame] * n_gliding + [END]] * (last > 0)]


def write_gif(recording: Recording, path: Path, tick: Tick) -> None:
    """Write a GIF that plays again and again; its comment are the title and the last words.

    Parameters
    ----------
    recording : Recording
    path : Path
    tick : callable
        Called after each frame.
    """
    palette = _palette(recording)
    images = (
        Image.fromarray(pixels).quantize(palette=palette, dither=Image.Dither.NONE)
        for pixels in _frames(recording, GIF, tick)
    )
    with path.open("wb") as file:
        next(images).save(
            file, "GIF", save_all=True, append_images=images, loop=0,
            duration=list(itertools.chain(*timing(recording.last, GIF.frame))),
            comment=recording.summary.encode(),
        )  # fmt: skip


def mp4_writer() -> Write:
    """Find ffmpeg, and return what writes an MP4 with it.

    Raises
    ------
    RuntimeError
        If there is no ffmpeg.
    """
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise RuntimeError(
            "An MP4 needs ffmpeg, and there is none on PATH: install it, or save as .gif or .html."
        )
    return functools.partial(_write_mp4, ffmpeg)


def _write_mp4(ffmpeg: str, recording: Recording, path: Path, tick: Tick) -> None:
    frames = _frames(recording, MP4, tick)
    first = next(frames)
    repeats = (ms // MP4.frame for ms in itertools.chain(*timing(recording.last, MP4.frame)))
    command = [
        ffmpeg, "-y", "-loglevel", "error", "-f", "rawvideo", "-pixel_format", "rgb24",
        "-video_size", f"{first.shape[1]}x{first.shape[0]}", "-framerate", f"{1000 // MP4.frame}",
        "-i", "-", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p",
        "-movflags", "+faststart",
        "-metadata", f"title={recording.title}", "-metadata", f"comment={recording.summary}",
        "-f", "mp4", str(path),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=complaints) as process:  # noqa: S603  our own words
            try:
                _feed(process, itertools.chain([first], frames), repeats)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            complaints.seek(0)
            lines = complaints.read().decode(errors="replace").split("\n")
            why = next((line for line in reversed(lines) if line.strip()), "no reason given")
            raise RuntimeError(f"ffmpeg could not write the MP4: {why.strip()}")


def _feed(
    process: subprocess.Popen[bytes], frames: Iterator[Pixels], repeats: Iterator[int]
) -> None:
    """Hand frames to ffmpeg, each as often as it is seen; when that has died, its code tells."""
    with contextlib.suppress(BrokenPipeError), cast("IO[bytes]", process.stdin) as pipe:
        for frame, repeat in zip(frames, repeats, strict=True):
            for _ in range(repeat):
                pipe.write(frame.tobytes())


def _frames(recording: Recording, form: Format, tick: Tick) -> Iterator[Pixels]:
    """Paint all frames, in order."""
    sheet, times = Sheet(form.dpi), timing(recording.last, form.frame)
    total = sum(map(len, times))
    done = itertools.count(1)
    previous = recording.scene(0)
    for cursor, own in enumerate(times):
        scene = recording.scene(cursor)
        for frame in range(1, len(own) + 1):
            yield sheet.paint(scenes.blend(previous, scene, frame / len(own)))
            tick(next(done), total)
        previous = scene


def _palette(recording: Recording) -> Image.Image:
    """Choose 255 colours for all frames, so that none flickers."""
    sheet, last = Sheet(50), recording.last
    cursors = sorted({0, min(1, last), last // 2, last})
    strip = Image.fromarray(np.concatenate([sheet.paint(recording.scene(at)) for at in cursors]))
    return strip.quantize(255, method=Image.Quantize.MAXCOVERAGE)
