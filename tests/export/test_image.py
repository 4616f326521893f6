import io
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from kmeans_widget.export.image import FrameRenderer, captioned_png, png, svg
from kmeans_widget.plot.narration import narrate
from kmeans_widget.plot.palette import color

WORDS = "Iteration 1, assign: each of the 30 points joined its nearest centroid; costs $5."
AXES = "Horizontal axis: feature 0; vertical axis: feature 1."


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (490, 540, 4), dtype=np.uint8)


def opened(png):
    return Image.open(io.BytesIO(png))


def test_a_still_is_a_png_with_the_words_as_its_description(pixels):
    image = opened(captioned_png(pixels, WORDS))
    assert image.format == "PNG"
    assert image.size == (540, 545)
    assert image.info["Description"] == WORDS


def test_below_the_words_stands_the_picture_itself(pixels):
    image = np.asarray(opened(captioned_png(pixels, WORDS)))
    assert np.array_equal(image[-490:], pixels)


def test_the_words_are_dark_on_light_ground(pixels):
    caption = np.asarray(opened(captioned_png(pixels, WORDS)).convert("L"))[:-490]
    assert caption[0, 0] == 255
    assert caption.min() < 80
    blank = np.asarray(opened(captioned_png(pixels, "")).convert("L"))[:-490]
    assert blank.min() == 255


def test_a_picture_of_twice_the_resolution_gets_words_twice_as_large(pixels):
    twice = pixels.repeat(2, axis=0).repeat(2, axis=1)
    assert opened(captioned_png(twice, WORDS)).size == (1080, 1090)


def test_a_png_is_the_picture_below_its_words(run):
    image = opened(png(run.scene(3)))
    assert image.size == (1080, 1090)
    assert image.info["Description"] == f"{narrate(run.scene(3))} {AXES}"
    assert image.info["dpi"] == pytest.approx((200, 200), abs=0.1)
    assert image.mode == "RGB"


def test_a_png_does_not_depend_on_what_was_painted_before(run):
    sheet = FrameRenderer(100)
    for cursor in (0, 5, 2):
        sheet.render(run.scene(cursor))
    assert np.array_equal(sheet.render(run.scene(3)), FrameRenderer(100).render(run.scene(3)))


def test_an_svg_has_a_title_and_its_words(run):
    root = ET.fromstring(svg(run.scene(3)))
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert root.find(f"{space}title").text == "K-means"
    assert root.find(f"{space}desc").text == f"{narrate(run.scene(3))} {AXES}"
    shades = {shade.lower() for shade in re.findall("#[0-9a-f]{6}", svg(run.scene(3)).decode())}
    assert {color(k) for k in range(3)} <= shades


def test_the_same_picture_is_the_same_svg(run):
    assert svg(run.scene(3)) == svg(run.scene(3))
    assert svg(run.scene(3)) != svg(run.scene(4))
