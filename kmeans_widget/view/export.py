"""The picture as a file: what stays in a saved notebook."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kmeans_widget.view.canvas import SIZE, Picture
from kmeans_widget.view.narration import narrate
from kmeans_widget.view.palette import INK

if TYPE_CHECKING:
    from kmeans_widget.view.scene import Scene

CAPTION = 0.55  # inches above the picture


def still(scene: Scene) -> bytes:
    """Draw a scene, with its narration above it, as a PNG on light background.

    Parameters
    ----------
    scene : Scene
        The picture.

    Returns
    -------
    bytes
        A PNG of 540 by 545 pixels.
    """
    with mpl.rc_context(mpl.rcParamsDefault):  # not in the style of the user's own plots
        return _still(scene)


def _still(scene: Scene) -> bytes:
    picture = Picture()
    figure = picture.figure
    picture.show(scene)
    width, height = SIZE[0], SIZE[1] + CAPTION
    figure.set_size_inches(width, height)
    for axes in figure.axes:
        place = axes.get_position()
        axes.set_position(
            (place.x0, place.y0 * SIZE[1] / height, place.width, place.height * SIZE[1] / height)
        )
    caption = "\n".join(textwrap.wrap(narrate(scene), 80))
    figure.text(
        0.02, 1 - 0.1 / height, caption, fontsize=9.5, color=INK, va="top", parse_math=False,
    )  # fmt: skip
    for artist in picture.moving:
        artist.set_animated(False)
    with io.BytesIO() as png:
        FigureCanvasAgg(figure).print_png(png, metadata={"Description": narrate(scene)})
        return png.getvalue()
