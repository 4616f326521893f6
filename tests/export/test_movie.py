import os
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from kmeans_widget.export import movie
from kmeans_widget.export.movie import GIF, frame_durations, mp4_writer, write_gif


@pytest.fixture
def ffmpeg(tmp_path_factory, monkeypatch):
    """Put an ffmpeg on PATH that is the same everywhere."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def ignore(*_):
    pass


@pytest.mark.parametrize("frame", [40, 80])
@pytest.mark.parametrize("last", [0, 1, 5, 37, 38, 200, 599])
def test_a_film_shows_every_half_step_in_about_a_minute_at_most(last, frame):
    times = frame_durations(last, frame)
    assert len(times) == last + 1
    assert all(own and min(own) >= frame for own in times)
    assert sum(map(sum, times)) <= 65_000
    assert last == 0 or times[-1][-1] == movie.END_PAUSE


def test_a_gif_has_the_frames_of_the_run_and_tells_it(recording, tmp_path):
    seen = []
    write_gif(recording(0), tmp_path / "run.gif", lambda done, total: seen.append((done, total)))
    total = sum(map(len, frame_durations(recording(0).last, GIF.frame)))
    assert seen == [(done, total) for done in range(1, total + 1)]
    with Image.open(tmp_path / "run.gif") as gif:
        # Equal neighbours become one frame, which is seen as long as both.
        assert recording(0).last < gif.n_frames <= total
        assert gif.info["comment"].decode() == recording(0).summary
        assert gif.info["loop"] == 0
        lasted = 0
        for frame in range(gif.n_frames):
            gif.seek(frame)
            lasted += gif.info["duration"]
    assert lasted == sum(map(sum, frame_durations(recording(0).last, GIF.frame)))


def test_the_frames_begin_with_the_start_and_end_with_the_end(recording, tmp_path):
    write_gif(recording(0), tmp_path / "run.gif", ignore)
    with Image.open(tmp_path / "run.gif") as gif:
        first = np.asarray(gif.convert("RGB"), dtype=int)
        gif.seek(gif.n_frames - 1)
        last = np.asarray(gif.convert("RGB"), dtype=int)
    for shown, cursor in ((first, 0), (last, recording(0).last)):
        true = movie.FrameRenderer(GIF.dpi).render(recording(0).scene(cursor)).astype(int)
        assert np.abs(shown - true).mean() < 2  # of 255: the palette has 255 colours


def test_every_half_step_of_a_film_begins_with_a_move_and_ends_where_it_leads(
    recording, monkeypatch
):
    shown = []

    def interpolate(_, after, progress):
        shown.append(progress)
        return after

    monkeypatch.setattr(movie.scenes, "interpolate", interpolate)
    monkeypatch.setattr(movie.FrameRenderer, "render", lambda _, scene: scene)
    assert len(list(movie._frames(recording(0), GIF, ignore))) == len(shown)
    per_half_step = [len(frames) for frames in frame_durations(recording(0).last, GIF.frame)]
    assert shown == [frame / n for n in per_half_step for frame in range(1, n + 1)]


def test_giving_up_ends_it_at_once(recording, tmp_path):
    def give_up(done, _):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_gif(recording(0), tmp_path / "run.gif", give_up)


def test_without_ffmpeg_one_sentence_says_so(monkeypatch):
    monkeypatch.setattr(movie.shutil, "which", lambda _: None)
    with pytest.raises(RuntimeError, match=r"^An MP4 needs ffmpeg, which is not on PATH: "):
        mp4_writer()


def test_an_ffmpeg_that_fails_is_quoted(recording, tmp_path, monkeypatch):
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\necho 'no such codec' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(RuntimeError, match=r"^ffmpeg could not write the MP4: no such codec$"):
        mp4_writer()(recording(0), tmp_path / "run.mp4", ignore)


@pytest.mark.usefixtures("ffmpeg")
def test_an_mp4_lasts_as_long_as_its_frames(recording, tmp_path):
    path = tmp_path / "run.mp4"
    mp4_writer()(recording(0), path, ignore)
    assert path.read_bytes()[4:8] == b"ftyp"
    told = subprocess.run(["ffmpeg", "-i", path], capture_output=True, text=True, check=False)
    seconds = sum(map(sum, frame_durations(recording(0).last, movie.MP4.frame))) / 1000
    assert f"Duration: 00:00:{seconds:05.2f}" in told.stderr
    assert recording(0).title in told.stderr


@pytest.mark.usefixtures("ffmpeg")
def test_giving_up_ends_ffmpeg_too(recording, tmp_path):
    def give_up(done, _):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mp4_writer()(recording(0), tmp_path / "run.mp4", give_up)
