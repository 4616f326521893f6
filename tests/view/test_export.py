import io

from PIL import Image

from kmeans_widget.view.export import still
from kmeans_widget.view.narration import narrate


def test_a_still_is_a_png_with_the_narration_as_its_description(run):
    image = Image.open(io.BytesIO(still(run.scene(3))))
    assert image.format == "PNG"
    assert image.size == (540, 545)
    assert image.info["Description"] == narrate(run.scene(3))


def test_a_still_shows_points_on_light_ground(run):
    image = Image.open(io.BytesIO(still(run.scene(3)))).convert("RGB")
    assert image.getpixel((2, 2)) == (255, 255, 255)
    assert len(image.getcolors(1 << 20)) > 50


def test_the_same_scene_gives_the_same_still(run):
    assert still(run.scene(3)) == still(run.scene(3))
