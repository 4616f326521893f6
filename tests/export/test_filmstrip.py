import io
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from kmeans_widget.export import filmstrip as strips
from kmeans_widget.export.filmstrip import choose_cursors, filmstrip
from kmeans_widget.plot.narration import narrate
from kmeans_widget.plot.palette import UNASSIGNED, color


def opened(strip):
    return Image.open(io.BytesIO(strip.png))


def shades(strip, slot):
    """Count the pixels in the colour of a place in the palette, as far as an eye can tell."""
    pixels = np.asarray(opened(strip).convert("RGB")).astype(int)
    own = 255 * np.array(to_rgb(color(slot)))
    return np.count_nonzero(np.abs(pixels - own).max(axis=2) < 5)


def test_it_shows_start_first_steps_and_end():
    assert choose_cursors(0, 0) == [0]
    assert choose_cursors(0, 1) == [0, 1]
    assert choose_cursors(11, 11) == [0, 1, 2, 3, 11]
    assert all(cursor in choose_cursors(cursor, 41) for cursor in range(42))
    assert all(len(choose_cursors(cursor, 41)) <= 5 for cursor in range(42))


def test_its_words_tell_every_picture_in_it(recording):
    strip = filmstrip(recording(0))
    assert opened(strip).info["Description"] == strip.words
    assert strip.words.startswith("K-means on 30 points of 2 features: K = 3, given centroids. ")
    for cursor in choose_cursors(0, recording(0).last):
        assert narrate(recording(0).scene(cursor)) in strip.words


def test_it_is_on_light_ground_and_fits_a_notebook(recording):
    image = opened(filmstrip(recording(0))).convert("RGB")
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert image.width == 980


def test_it_shows_where_the_viewer_is(recording):
    strips = {filmstrip(recording(cursor)).png for cursor in range(recording(0).last + 1)}
    assert len(strips) == recording(0).last + 1


def test_centroids_and_points_are_in_their_colours(recording):
    for slot in range(3):
        assert shades(filmstrip(recording(0)), slot) > 500


def test_a_cluster_that_is_hidden_is_not_drawn(recording):
    hidden = recording(0, hidden=frozenset({1}))
    strip = filmstrip(hidden)
    assert shades(strip, 1) < 20 < shades(strip, 0)
    assert strip.words == filmstrip(recording(0)).words


def test_few_colours_look_like_all_of_them(make_run, recording, monkeypatch):
    X = np.random.default_rng(0).normal(size=(300, 2))
    many = recording(4, of=make_run(X, X[:12]))
    few = np.asarray(opened(filmstrip(many)).convert("RGB")).astype(int)
    monkeypatch.setattr(strips, "_reduced", lambda pixels: Image.fromarray(pixels).convert("RGB"))
    full = filmstrip(many)
    distance = np.abs(np.asarray(opened(full)) - few).max(axis=2)
    assert distance.mean() < 1.0
    assert np.quantile(distance, 0.95) < 5  # but for a few pixels at edges
    monkeypatch.undo()
    assert 2.5 * len(filmstrip(many).png) < len(full.png)


@pytest.mark.parametrize("half_steps", [1, 2, 3, 4])
def test_the_ticks_of_the_chart_have_different_labels(recording, half_steps, monkeypatch):
    written, number = [], strips._MiniAxes.text

    def note(*args, **style):
        written.append(args)
        number(*args, **style)

    monkeypatch.setattr(strips._MiniAxes, "text", note)
    filmstrip(recording(half_steps, steps=1 + half_steps // 2))
    ticks = [(text, x) for _, text, x, y in written if y < 0 and text != "iteration"]
    assert [float(text) for text, _ in ticks] == [x for _, x in ticks]
    assert len({text for text, _ in ticks}) == len(ticks) > 0
    levels = [text for _, text, _, y in written if y >= 0]
    assert len(set(levels)) == len(levels) > 1


@pytest.mark.parametrize(("half_steps", "reading"), [(1, r"[\d.]+"), (2, r"[\d.]+ to [\d.]+")])
def test_the_inertia_is_told_once_where_there_is_but_one(
    recording, half_steps, reading, monkeypatch
):
    told = {}
    monkeypatch.setattr(strips._MiniAxes, "title", lambda _, name, text: told.update({name: text}))
    filmstrip(recording(half_steps, steps=1 + half_steps // 2))
    assert re.fullmatch(reading, told["Inertia"])


def test_a_run_that_is_not_finished_is_shown_as_far_as_it_has_come(recording):
    strip = filmstrip(recording(1, steps=1))
    assert "converged" not in strip.words
    assert opened(strip).width == 980
    assert opened(strip).height < 0.6 * opened(filmstrip(recording(1))).height


def test_the_users_style_stays_out_of_it(recording):
    import matplotlib as mpl

    plain = filmstrip(recording(2)).png
    with mpl.rc_context({"text.color": "red", "lines.linewidth": 9, "font.size": 20}):
        assert filmstrip(recording(2)).png == plain


@pytest.mark.parametrize("name", ["$\\foo$", "a_b^c", "<b>", "100%", "x" * 300])
def test_any_name_can_be_its_title(recording, name):
    assert name in filmstrip(recording(0, name=name)).words


def test_it_draws_heavy_points_larger(recording, make_run):
    X = np.array([[float(x), float(y)] for x in range(6) for y in range(4)])
    weights = np.where(X[:, 0] < 3, 1.0, 9.0)
    made = recording(0, of=make_run(X, [[2.5, 1.5]], weights=weights))
    start = np.asarray(opened(filmstrip(made)).convert("RGB")).astype(int)[:, 12:320]
    grey = np.multiply(to_rgb(UNASSIGNED), 255)
    light, heavy = np.split((np.abs(start - grey) < 5).all(axis=2), 2, axis=1)
    assert 0 < 2 * light.sum() < heavy.sum()
