"""The picture of one half-step as a PNG or SVG, with its narration."""

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

from kmeans_widget.plot.blit import Blitter
from kmeans_widget.plot.figure import SIZE, Picture
from kmeans_widget.plot.fonts import text_properties
from kmeans_widget.plot.narration import describe_axes, narrate
from kmeans_widget.plot.palette import INK, PAPER
from kmeans_widget.plot.text import wrap

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.plot.scene import Scene

    Pixels = npt.NDArray[np.uint8]

CAPTION_HEIGHT = 0.55  # inches, above the picture
DPI = 200  # of a PNG file: twice that of the panel, for print and projectors


class FrameRenderer:
    """Renders scenes with their narration above the picture, reusing one figure.

    Parameters
    ----------
    dpi : int
        Pixels per inch; a frame is 5.4 inches wide and 5.45 inches high.
    """

    def __init__(self, dpi: int) -> None:
        with mpl.rc_context(mpl.rcParamsDefault):  # the user's rcParams do not apply
            canvas = FigureCanvasAgg(Figure(figsize=SIZE, dpi=dpi))
        self._picture = Picture(canvas.figure)
        self._picture.prepare()
        self._blitter = Blitter(self._picture)
        self._caption = functools.lru_cache(maxsize=1)(functools.partial(_caption, dpi=dpi))

    def render(self, scene: Scene) -> Pixels:
        """Return the pixels of a scene, shape (height, width, 3)."""
        pixels = np.concatenate((self._caption(narrate(scene)), self._render_picture(scene)))
        return np.ascontiguousarray(pixels[:, :, :3])

    def _render_picture(self, scene: Scene) -> Pixels:
        self._picture.show(scene)
        if not self._picture.stale:
            return self._blitter.render()
        with mpl.rc_context(mpl.rcParamsDefault):
            return self._blitter.render()


def png(scene: Scene) -> bytes:
    """Return the picture of a scene as a PNG; its description is the narration and the axes."""
    image = Image.fromarray(FrameRenderer(DPI).render(scene))
    return png_bytes(image, f"{narrate(scene)} {describe_axes(scene)}", level=6, dpi=DPI)


def svg(scene: Scene) -> bytes:
    """Return the picture of a scene as an SVG; its description is the narration and the axes.

    The narration is not drawn, since an SVG is usually placed in a document with its own caption.
    """
    picture = Picture()
    picture.show(scene)
    # Stable identifiers and no date make the file reproducible.
    style = {**mpl.rcParamsDefault, "svg.hashsalt": "kmeans-widget"}
    with io.StringIO() as text, mpl.rc_context(style):
        metadata = {"Title": "K-means", "Date": None}
        picture.figure.savefig(text, format="svg", metadata=metadata)
        head, title, rest = text.getvalue().partition("</title>")
    words = escape(f"{narrate(scene)} {describe_axes(scene)}")
    return f"{head}{title}<desc>{words}</desc>{rest}".encode()


def captioned_png(picture: Pixels, words: str, axes: str = "") -> bytes:
    r"""Return a PNG of a picture with a caption above it.

    Parameters
    ----------
    picture : ndarray of shape (height, width, 4), uint8
        RGBA pixels.
    words : str
        The caption. It is also the first part of the PNG's description.
    axes : str
        The second part of the description, not drawn.

    Returns
    -------
    bytes
        As wide as the picture.

    Examples
    --------
    >>> captioned_png(np.zeros((490, 540, 4), dtype=np.uint8), "Three centroids were drawn.")[:4]
    b'\x89PNG'
    """
    pixels = np.concatenate((_caption(words, picture.shape[1] / SIZE[0]), picture))
    # Level 3 takes half the time of the usual level 6, for a fifth more bytes.
    return png_bytes(Image.fromarray(pixels), f"{words} {axes}".strip(), level=3)


def png_bytes(image: Image.Image, words: str, *, level: int, dpi: int = 100) -> bytes:
    """Encode an image as a PNG whose description is `words`."""
    info = PngInfo()
    info.add_text("Description", words)
    with io.BytesIO() as file:
        image.save(file, "PNG", pnginfo=info, compress_level=level, dpi=(dpi, dpi))
        return file.getvalue()


def _caption(words: str, dpi: float) -> Pixels:
    """Render the caption, RGBA."""
    lines = text_properties(wrap(words, 80))
    with mpl.rc_context(mpl.rcParamsDefault):  # the user's rcParams do not apply
        figure = Figure(figsize=(SIZE[0], CAPTION_HEIGHT), dpi=dpi, facecolor=PAPER)
        figure.text(
            0.02, 1 - 0.1 / CAPTION_HEIGHT, "", fontsize=9.5, color=INK, va="top", parse_math=False
        ).set(**lines)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())
