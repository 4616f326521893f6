"""The picture of one half-step as a PNG or SVG, with its narration."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kmeans_widget.plot.artists import default_style
from kmeans_widget.plot.blit import Blitter
from kmeans_widget.plot.figure import WIDTH, Picture
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
        Pixels per inch; a frame is 5.4 inches wide and 5.01 inches high.
    """

    def __init__(self, dpi: int) -> None:
        with default_style():
            canvas = FigureCanvasAgg(Figure(dpi=dpi))
        self._picture = Picture(canvas.figure)
        self._picture.prepare()
        self._blitter = Blitter(self._picture)
        self._caption = functools.lru_cache(maxsize=1)(functools.partial(caption, dpi=dpi))

    def render(self, scene: Scene) -> Pixels:
        """Return the pixels of a scene, shape (height, width, 3)."""
        pixels = np.concatenate((self._caption(narrate(scene)), self._render_picture(scene)))
        return np.ascontiguousarray(pixels[:, :, :3])

    def _render_picture(self, scene: Scene) -> Pixels:
        self._picture.show(scene)
        return self._blitter.render()


def png(scene: Scene, *, dpi: int = DPI) -> bytes:
    """Return the picture of a scene as a PNG; its description is the narration and the axes."""
    image = Image.fromarray(FrameRenderer(dpi).render(scene))
    return png_bytes(image, f"{narrate(scene)} {describe_axes(scene)}", level=6, dpi=dpi)


def svg(scene: Scene) -> bytes:
    """Return the picture of a scene as an SVG; its description is the narration and the axes.

    The narration is not drawn, since an SVG is usually placed in a document with its own caption.
    """
    picture = Picture()
    picture.show(scene)
    # Stable identifiers and no date make the file reproducible.
    with io.StringIO() as text, default_style(**{"svg.hashsalt": "kmeans-widget"}):
        metadata = {"Title": "K-means", "Date": None}
        picture.figure.savefig(text, format="svg", metadata=metadata)
        head, title, rest = text.getvalue().partition("</title>")
    words = escape(f"{narrate(scene)} {describe_axes(scene)}")
    return f"{head}{title}<desc>{words}</desc>{rest}".encode()


def png_bytes(image: Image.Image, words: str, *, level: int, dpi: int = 100) -> bytes:
    """Encode an image as a PNG whose description is `words`."""
    info = PngInfo()
    info.add_text("Description", words)
    with io.BytesIO() as file:
        image.save(file, "PNG", pnginfo=info, compress_level=level, dpi=(dpi, dpi))
        return file.getvalue()


def caption(words: str, dpi: float) -> Pixels:
    """Return the pixels of a caption as wide as a picture, RGBA."""
    lines = text_properties(wrap(words, 80))
    with default_style():
        figure = Figure(figsize=(WIDTH / 100, CAPTION_HEIGHT), dpi=dpi, facecolor=PAPER)
        figure.text(
            0.02, 1 - 0.1 / CAPTION_HEIGHT, "", fontsize=9.5, color=INK, va="top", parse_math=False
        ).set(**lines)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())
