import base64
import io

import numpy as np
import pytest
from PIL import Image

from kmeans_widget import KMeansWidget


@pytest.fixture
def panel():
    made = KMeansWidget(n_clusters=2, canvas="ipympl")
    yield made
    made.close()


def test_the_canvas_brings_its_first_picture_along(panel):
    canvas = panel.canvas
    kind, _, data = canvas.get_state()["_data_url"].partition(",")
    assert kind == "data:image/png;base64"
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    np.testing.assert_array_equal(shown, canvas.render())
    assert tuple(canvas._size) == shown.shape[1::-1]


def test_it_is_a_child_of_the_panel_from_the_start(panel):
    def models(widget):
        yield widget.model_id
        for child in getattr(widget, "children", ()):
            yield from models(child)

    assert panel.canvas.model_id in set(models(panel))
