"""Saving a session: every format, and everything that can be in the way of a file."""

import os
import stat
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image

from kmeans_widget import datasets
from kmeans_widget.export import movie
from kmeans_widget.export.saving import CancelledError
from kmeans_widget.session import KMeansSession
from saved import save

FORMATS = [".png", ".svg", ".gif", ".html", ".csv"]


@pytest.fixture
def session():
    session = KMeansSession()
    session.cursor = 3
    return session


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def state(session):
    return session.cursor, session.branch, len(session.branches), len(session.trace)


@pytest.mark.parametrize("suffix", [*FORMATS, ".PNG"])
def test_the_ending_says_what_is_written(session, tmp_path, suffix):
    path = save(session, tmp_path / f"run{suffix}")
    begin = {".png": b"\x89PNG", ".svg": b"<?xml", ".gif": b"GIF89a", ".html": b"<!DOCTYPE html>"}
    begin[".csv"] = b"x,y,cluster,distance,margin"
    assert path == tmp_path / f"run{suffix}"
    assert path.read_bytes().startswith(begin[suffix.lower()])
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", FORMATS)
def test_saving_changes_nothing_in_the_session(session, tmp_path, suffix):
    before = state(session)
    save(session, tmp_path / f"run{suffix}")
    assert state(session) == before


@pytest.mark.parametrize("index", [None, [*"fedcba"]])
def test_a_table_is_the_data_with_the_clusters_at_the_cursor(tmp_path, index):
    table = pd.DataFrame({"a": [0.0, 1, 9, 8, np.nan, 4], "city": [*"uvwxyz"]}, index=index)
    session = KMeansSession(table, 2)
    session.cursor = 1
    back = pd.read_csv(save(session, tmp_path / "t.csv"), index_col=None if index is None else 0)
    expected = session.to_frame()
    assert back.index.tolist() == expected.index.tolist()
    assert np.allclose(back["distance"], expected["distance"], equal_nan=True)
    assert back["city"].tolist() == [*"uvwxyz"]
    assert back["cluster"].tolist() == expected["cluster"].tolist()


def test_a_table_of_polars_is_written_too(tmp_path):
    session = KMeansSession(pl.DataFrame({"a": [0.0, 1.0, 9.0]}), 2)
    session.run()
    assert pl.read_csv(save(session, tmp_path / "t.csv")).columns == session.to_frame().columns


def test_a_picture_is_that_of_the_cursor(session, tmp_path):
    words = []
    for session.cursor in (0, 3, 4):
        with Image.open(save(session, tmp_path / "now.png")) as image:
            words.append(image.info["Description"])
    assert [word.split(":")[0] for word in words] == [
        "Start", "Iteration 2, assign", "Iteration 2, recalculate",
    ]  # fmt: skip


def test_a_film_is_the_whole_run_wherever_the_cursor_is(tmp_path):
    session = KMeansSession()
    with Image.open(save(session, tmp_path / "run.gif")) as gif:
        assert "K-means has converged after 6 iterations" in gif.info["comment"].decode()
    session.run()
    first = (tmp_path / "run.gif").read_bytes()
    assert save(session, tmp_path / "run.gif").read_bytes() == first


def test_a_branch_is_saved_from_where_it_was_forked(session, tmp_path):
    session.move_center(0, [2.0, 9.0])
    page = save(session, tmp_path / "run.html").read_text("utf-8")
    assert "centroid 0 moved at iteration 2" in page
    assert "New branch: centroid 0 was moved by hand to (2, 9);" in page


def test_what_happened_beside_the_half_steps_is_nothing_for_a_file(session, tmp_path):
    session.new_start()
    session.undo()
    with Image.open(save(session, tmp_path / "now.png")) as image:
        assert image.info["Description"].startswith("Iteration 2, assign")


def test_data_of_any_shape_can_be_saved(tmp_path):
    still = (".png", ".html")
    for X, k, suffixes in (
        ([[1.0], [2.0], [9.0]], 2, FORMATS),
        ([[1.0, 1.0]], 1, FORMATS),
        (np.zeros((4, 2)), 1, still),
        (datasets.iris().X, 12, still),
        (np.random.default_rng(0).normal(size=(50, 30)), 3, still),
        ([[1e12, 1.0], [2e12, 1.0], [9e12, 2.0]], 3, still),
    ):
        session = KMeansSession(X, k, max_iter=2)
        session.step()
        for suffix in suffixes:
            assert save(session, tmp_path / f"run{suffix}").stat().st_size > 60


# -- progress, and giving up --------------------------------------------------------------------


def test_progress_counts_the_frames_to_the_end(session, tmp_path):
    for suffix in FORMATS:
        seen = []
        save(session, tmp_path / f"run{suffix}", progress=lambda *now: seen.append(now))  # noqa: B023
        done, total = seen[-1]
        assert done == total > 0
        assert [now for now, _ in seen] == sorted(now for now, _ in seen)


@pytest.mark.parametrize(
    ("suffix", "there"),
    [(".png", None), (".svg", b"was there"), (".gif", None), (".gif", b"was there"),
     (".html", b"was there")],
)  # fmt: skip
def test_giving_up_leaves_everything_as_it_was(session, tmp_path, suffix, there):
    path = tmp_path / f"run{suffix}"
    if there is not None:
        path.write_bytes(there)

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save(session, path, progress=interrupt)
    with pytest.raises(CancelledError, match=r"^Saving 'run\.\w+' was cancelled: nothing was"):
        save(session, path, cancelled=lambda: True)
    assert names(tmp_path) == ([] if there is None else [path.name])
    assert there is None or path.read_bytes() == there


def test_a_long_run_can_be_given_up_while_it_is_computed(tmp_path):
    X = np.random.default_rng(0).uniform(size=(20_000, 2))
    session, asked = KMeansSession(X, 30), []

    def cancelled():
        asked.append(1)
        return len(asked) == 4

    with pytest.raises(CancelledError):
        save(session, tmp_path / "run.html", cancelled=cancelled)
    assert len(session.trace) == 0
    assert names(tmp_path) == []


def test_the_session_stays_usable_while_a_file_is_written(session, tmp_path):
    done = []

    def progress(*_):
        if not done:
            thread = threading.Thread(target=lambda: (session.step(), done.append(session.cursor)))
            thread.start()
            thread.join(10)

    save(session, tmp_path / "run.gif", progress=progress)
    assert done == [4]


# -- what is in the way -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("run.jpg", ValueError, "must end in .png, .svg, .gif, .mp4, .html or .csv"),
        ("run.htm", ValueError, "did you mean '.html'?"),
        ("run", ValueError, "must end in"),
        (".png", ValueError, "must end in"),
        ("", ValueError, "cannot be the name of a file"),
        ("a\0b.png", ValueError, "cannot be the name of a file"),
        ("nowhere/run.png", FileNotFoundError, "There is no folder"),
        ("folder", IsADirectoryError, "is a folder: add a file name"),
        ("folder.png", IsADirectoryError, "is a folder: add a file name"),
        ("file.txt/run.png", FileNotFoundError, "There is no folder"),
        ("new/", IsADirectoryError, "is a folder: add a file name"),
        ("x" * 300 + ".png", OSError, "cannot be written: file name too long"),
        ("~nobody-of-this-name/run.png", FileNotFoundError, "There is no folder"),
        (7, TypeError, "path must be the name of a file, such as 'run.png', got int 7."),
        (None, TypeError, "path must be the name of a file"),
        (b"run.png", TypeError, "path must be the name of a file"),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_one_sentence(
    session, tmp_path, monkeypatch, name, error, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file.txt").touch()
    before, there = state(session), names(tmp_path)
    with pytest.raises(error) as caught:
        save(session, name)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith((".", "?"))
    assert (state(session), names(tmp_path)) == (before, there)


def test_a_disk_that_is_full_is_one_sentence(session, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"cannot be written: no space left on device\.$"):
        save(session, tmp_path / "run.png")
    assert names(tmp_path) == []


def test_what_is_write_protected_stays(session, tmp_path, monkeypatch):
    path = tmp_path / "run.png"
    path.write_bytes(b"precious")
    # Root may write to any file, so no permission of a real one would do.
    monkeypatch.setattr(os, "access", lambda file, mode: (file, mode) != (path, os.W_OK))
    with pytest.raises(PermissionError, match=r"run\.png' already exists and is not"):
        save(session, path)
    assert path.read_bytes() == b"precious"
    assert names(tmp_path) == ["run.png"]


def test_a_folder_that_is_write_protected_is_one_sentence(session, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(PermissionError, match=r"run\.png' cannot be written: permission denied\.$"):
        save(session, tmp_path / "run.png")
    assert names(tmp_path) == []


def test_what_is_no_file_is_not_replaced(session, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PermissionError, match=r"pipe\.png' already exists and is not"):
        save(session, tmp_path / "pipe.png")


def test_without_ffmpeg_nothing_is_computed_and_nothing_written(session, tmp_path, monkeypatch):
    monkeypatch.setattr(movie.shutil, "which", lambda _: None)
    with pytest.raises(RuntimeError, match="needs ffmpeg"):
        save(session, tmp_path / "run.mp4")
    assert names(tmp_path) == []


def test_a_file_keeps_its_permissions_and_a_link_its_target(session, tmp_path):
    (tmp_path / "real.png").touch()
    (tmp_path / "real.png").chmod(0o640)
    (tmp_path / "link.png").symlink_to("real.png")
    assert save(session, tmp_path / "link.png") == tmp_path / "real.png"
    assert (tmp_path / "link.png").is_symlink()
    assert stat.S_IMODE((tmp_path / "real.png").stat().st_mode) == 0o640


def test_home_is_known(session, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert save(session, "~/run.svg") == tmp_path / "run.svg"
