"""The picture of one half-step as a file: PNG or SVG, with its words."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kmeans_widget.plot.blit import Painter
from kmeans_widget.plot.figure import SIZE, Picture
from kmeans_widget.plot.fonts import lettering
from kmeans_widget.plot.narration import name_axes, narrate
from kmeans_widget.plot.palette import INK, PAPER
from kmeans_widget.plot.text import wrapped

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.plot.scene import Scene

    Pixels = npt.NDArray[np.uint8]

CAPTION = 0.55  # inches above the picture
DPI = 200  # of a PNG file: twice as many as in the panel, for print and projectors


class Sheet:
    """Paints scenes with their words above them, one after the other.

    Parameters
    ----------
    dpi : int
        Pixels per inch; a sheet is 5.4 inches wide and 5.45 high.
    """

    def __init__(self, dpi: int) -> None:
        with mpl.rc_context(mpl.rcParamsDefault):  # not in the style of the user's own plots
            canvas = FigureCanvasAgg(Figure(figsize=SIZE, dpi=dpi))
        self._picture = Picture(canvas.figure)
        self._picture.prepare()
        self._painter = Painter(self._picture)
        self._caption = functools.lru_cache(maxsize=1)(functools.partial(_caption, dpi=dpi))

    def paint(self, scene: Scene) -> Pixels:
        """Return the pixels of a scene, shape (height, width, 3)."""
        pixels = np.concatenate((self._caption(narrate(scene)), self._paint(scene)))
        return np.ascontiguousarray(pixels[:, :, :3])

    def _paint(self, scene: Scene) -> Pixels:
        self._picture.show(scene)
        if not self._picture.stale:
            return self._painter.paint()
        with mpl.rc_context(mpl.rcParamsDefault):
            return self._painter.paint()


def png(scene: Scene) -> bytes:
    """Draw the picture of a scene as a PNG file, described by its words and the axes' names."""
    image = Image.fromarray(Sheet(DPI).paint(scene))
    return encoded(image, f"{narrate(scene)} {name_axes(scene)}", level=6, dpi=DPI)


def svg(scene: Scene) -> bytes:
    """Draw the picture of a scene as an SVG file, with a title, described by its words and axes.

    The words are not drawn: who takes an SVG will give it a caption of their own.
    """
    picture = Picture()
    picture.show(scene)
    # The same names for the same shapes and no date: the same picture is the same file.
    style = {**mpl.rcParamsDefault, "svg.hashsalt": "kmeans-widget"}
    with io.StringIO() as text, mpl.rc_context(style):
        about = {"Title": "K-means", "Date": None}
        picture.figure.savefig(text, format="svg", metadata=about)
        head, title, rest = text.getvalue().partition("</title>")
    words = escape(f"{narrate(scene)} {name_axes(scene)}")
    return f"{head}{title}<desc>{words}</desc>{rest}".encode()


def still(picture: Pixels, words: str, axes: str = "") -> bytes:
    r"""Put words above a picture, as a PNG.

    Parameters
    ----------
    picture : ndarray of shape (height, width, 4), uint8
        The pixels, as red, green, blue and opacity.
    words : str
        The narration. It becomes the PNG's description, too,
    axes : str
        with what the axes are.

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
    # Half the time of the usual level, for a fifth more bytes.
    return encoded(Image.fromarray(pixels), f"{words} {axes}".strip(), level=3)


def encoded(image: Image.Image, words: str, *, level: int, dpi: int = 100) -> bytes:
    """Encode an image as a PNG with words as its description."""
    about = PngInfo()
    about.add_text("Description", words)
    with io.BytesIO() as file:
        image.save(file, "PNG", pnginfo=about, compress_level=level, dpi=(dpi, dpi))
        return file.getvalue()


def _caption(words: str, dpi: float) -> Pixels:
    lines = lettering(wrapped(words, 80))  # in the user's fonts where ours will not do
    with mpl.rc_context(mpl.rcParamsDefault):  # not in the style of the user's own plots
        figure = Figure(figsize=(SIZE[0], CAPTION), dpi=dpi, facecolor=PAPER)
        figure.text(
            0.02, 1 - 0.1 / CAPTION, "", fontsize=9.5, color=INK, va="top", parse_math=False
        ).set(**lines)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())
