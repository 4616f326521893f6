import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from kmeans_widget.view.filmstrip import filmstrip, moments
from kmeans_widget.view.narration import narrate
from kmeans_widget.view.palette import UNASSIGNED


def opened(strip):
    return Image.open(io.BytesIO(strip.png))


def test_it_shows_start_first_steps_and_end():
    assert moments(0, 0) == [0]
    assert moments(0, 1) == [0, 1]
    assert moments(11, 11) == [0, 1, 2, 3, 11]
    assert all(cursor in moments(cursor, 41) for cursor in range(42))
    assert all(len(moments(cursor, 41)) <= 5 for cursor in range(42))


def test_its_words_tell_every_picture_in_it(recording):
    strip = filmstrip(recording(0))
    assert opened(strip).info["Description"] == strip.words
    assert strip.words.startswith("K-means on 30 points of 2 features: K = 3, given centroids. ")
    for cursor in moments(0, recording(0).last):
        assert narrate(recording(0).scene(cursor)) in strip.words


def test_it_is_on_light_ground_and_fits_a_notebook(recording):
    image = opened(filmstrip(recording(0)))
    assert image.mode == "RGB"
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert image.width == 980


def test_it_shows_where_the_viewer_is(recording):
    strips = {filmstrip(recording(cursor)).png for cursor in range(recording(0).last + 1)}
    assert len(strips) == recording(0).last + 1


def test_centroids_and_points_are_in_their_colours(recording):
    pixels = np.asarray(opened(filmstrip(recording(0)))).reshape(-1, 3)
    for shade in ((0, 114, 178), (190, 80, 0), (110, 20, 60)):
        assert (pixels == shade).all(axis=1).sum() > 500


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
    start = np.asarray(opened(filmstrip(made)))[:, 12:320]
    grey = np.round(np.multiply(to_rgb(UNASSIGNED), 255))
    light, heavy = np.split((start == grey).all(axis=2), 2, axis=1)
    assert 0 < 2 * light.sum() < heavy.sum()
