import io

import numpy as np
from PIL import Image

from kmeans_widget.canvas.png import encode_png


def test_a_frame_is_a_png_of_the_same_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=np.uint8)
    image = Image.open(io.BytesIO(encode_png(pixels)))
    assert np.array_equal(np.asarray(image), pixels)
