"""Where the live picture is: on ipympl's canvas, with the mouse, or in a plain image without."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Protocol

from kmeans_widget import validation

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from kmeans_widget.plot.figure import Picture


class Canvas(Protocol):
    """A picture on a page of the browser; each is a widget, too.

    Attributes
    ----------
    live : bool
        Whether a browser may show the picture.
    has_mouse : bool
        Whether the mouse on it is heard.
    """

    live: bool
    has_mouse: bool

    def unveil(self) -> None:
        """Open the widget with its first picture; before, it cannot be the child of another."""

    def present(self) -> None:
        """Bring the picture as it is now before the user; never call it with the lock held."""

    def snapshot(self) -> npt.NDArray[np.uint8]:
        """Paint the picture and return its pixels, shape (height, width, 4)."""

    def shape_pointer(self, shape: str) -> None:
        """Give the mouse pointer one of CSS's shapes."""


def choose(canvas: str) -> str:
    """Decide on a canvas.

    Parameters
    ----------
    canvas : {"auto", "ipympl", "png"}
        "auto": "png" where ipympl is not installed, and in Google Colab, which does not load
        widgets of others unless it is told to; else "ipympl".

    Returns
    -------
    {"ipympl", "png"}

    Raises
    ------
    ValueError, TypeError
        If there is no such canvas.
    ImportError
        If it needs ipympl and that is not installed.

    Examples
    --------
    >>> choose("png")
    'png'
    """
    canvas = validation.check_canvas(canvas)
    installed = importlib.util.find_spec("ipympl") is not None
    if canvas == "auto":
        return "ipympl" if installed and "google.colab" not in sys.modules else "png"
    if canvas == "ipympl" and not installed:
        raise ImportError(
            "canvas='ipympl' needs ipympl, which is not installed: pip install ipympl, or take "
            "canvas='png'."
        )
    return canvas


def open_canvas(
    canvas: str, picture: Picture, lock: threading.RLock, on_live: Callable[[], None]
) -> Canvas:
    """Put a picture on a canvas.

    Parameters
    ----------
    canvas : {"ipympl", "png"}
        From `choose`.
    picture : Picture
        What to show. Its figure is taken over.
    lock : threading.RLock
        The widget's lock.
    on_live : callable
        Called when a browser has been sent its first frame.
    """
    # Each is imported only when it is wanted: ipympl takes a quarter of a second.
    if canvas == "ipympl":
        from kmeans_widget.canvas.ipympl_canvas import IpymplCanvas

        return IpymplCanvas(picture, lock, on_live)
    from kmeans_widget.canvas.image_canvas import ImageCanvas

    return ImageCanvas(picture, lock, on_live)
