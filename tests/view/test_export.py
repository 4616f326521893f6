import io

import numpy as np
import pytest
from PIL import Image

from kmeans_widget.view.export import still

WORDS = "Iteration 1, assign: each of the 30 points joined its nearest centroid; costs $5."


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (490, 540, 4), dtype=np.uint8)


def opened(png):
    return Image.open(io.BytesIO(png))


def test_a_still_is_a_png_with_the_words_as_its_description(pixels):
    image = opened(still(pixels, WORDS))
    assert image.format == "PNG"
    assert image.size == (540, 545)
    assert image.info["Description"] == WORDS


def test_below_the_words_stands_the_picture_itself(pixels):
    image = np.asarray(opened(still(pixels, WORDS)))
    assert np.array_equal(image[-490:], pixels)


def test_the_words_are_dark_on_light_ground(pixels):
    caption = np.asarray(opened(still(pixels, WORDS)).convert("L"))[:-490]
    assert caption[0, 0] == 255
    assert caption.min() < 80
    blank = np.asarray(opened(still(pixels, "")).convert("L"))[:-490]
    assert blank.min() == 255


def test_a_picture_of_twice_the_resolution_gets_words_twice_as_large(pixels):
    twice = pixels.repeat(2, axis=0).repeat(2, axis=1)
    assert opened(still(twice, WORDS)).size == (1080, 1090)
