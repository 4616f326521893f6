import io
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from kmeans_widget.export.image import FrameRenderer, png, svg
from kmeans_widget.plot.narration import narrate
from kmeans_widget.plot.palette import color

AXES = "Horizontal axis: feature 0; vertical axis: feature 1."


def opened(png):
    return Image.open(io.BytesIO(png))


def test_a_png_is_the_picture_below_its_words(run):
    image = opened(png(run.scene(3)))
    assert image.size == (1080, 1002)
    assert image.info["Description"] == f"{narrate(run.scene(3))} {AXES}"
    assert image.info["dpi"] == pytest.approx((200, 200), abs=0.1)
    assert image.mode == "RGB"
    caption = np.asarray(image.convert("L"))[:110]
    assert caption[0, 0] == 255
    assert caption.min() < 80


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
