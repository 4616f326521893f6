"""The picture as a file: what stays in a saved notebook."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kmeans_widget.view.canvas import SIZE
from kmeans_widget.view.palette import INK, PAPER

if TYPE_CHECKING:
    import numpy.typing as npt

CAPTION = 0.55  # inches above the picture


def still(picture: npt.NDArray[np.uint8], words: str) -> bytes:
    r"""Put words above a picture, as a PNG.

    Parameters
    ----------
    picture : ndarray of shape (height, width, 4), uint8
        The pixels, as red, green, blue and opacity.
    words : str
        The narration. It becomes the PNG's description, too.

    Returns
    -------
    bytes
        A PNG, as wide as the picture.

    Examples
    --------
    >>> still(np.zeros((490, 540, 4), dtype=np.uint8), "Three centroids were drawn.")[:4]
    b'\x89PNG'
    """
    pixels = np.concatenate((_caption(words, picture.shape[1] / SIZE[0]), picture))
    about = PngInfo()
    about.add_text("Description", words)
    with io.BytesIO() as png:
        # Half the time of the usual level, for a fifth more bytes.
        Image.fromarray(pixels).save(png, "PNG", pnginfo=about, compress_level=3)
        return png.getvalue()


def _caption(words: str, dpi: float) -> npt.NDArray[np.uint8]:
    with mpl.rc_context(mpl.rcParamsDefault):  # not in the style of the user's own plots
        figure = Figure(figsize=(SIZE[0], CAPTION), dpi=dpi, facecolor=PAPER)
        figure.text(
            0.02, 1 - 0.1 / CAPTION, "\n".join(textwrap.wrap(words, 80)), fontsize=9.5, color=INK,
            va="top", parse_math=False,
        )  # fmt: skip
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())
