"""The live picture: on ipympl's canvas, which supports the mouse, or as a plain image."""

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
    """A widget that shows the picture in the browser.

    Attributes
    ----------
    connected : bool
        Whether a browser may be showing the picture.
    has_mouse : bool
        Whether it sends mouse events.
    """

    connected: bool
    has_mouse: bool

    def send_first_frame(self) -> None:
        """Open the widget with its first frame; before that it cannot be a child of another."""

    def send_frame(self) -> None:
        """Send the current picture to the browser. Do not call it while holding the lock."""

    def render(self) -> npt.NDArray[np.uint8]:
        """Return the pixels of the current picture, shape (height, width, 4)."""

    def resize(self, width: int, scale: float) -> None:
        """Show the picture in another size.

        Parameters
        ----------
        width : int
            Room for the picture on the page, in pixels of 1/100 inch: texts keep their size.
        scale : float
            Pixels of the screen for one of these, along each side.
        """

    def set_pointer(self, shape: str) -> None:
        """Set the shape of the mouse pointer, by its name in CSS."""


def choose(canvas: str) -> str:
    """Choose the kind of canvas.

    Parameters
    ----------
    canvas : {"auto", "ipympl", "png"}
        "auto" is "png" if ipympl is not installed, and in Google Colab, where third-party widgets
        are disabled by default; otherwise "ipympl".

    Returns
    -------
    {"ipympl", "png"}

    Raises
    ------
    ValueError, TypeError
        If `canvas` has another value.
    ImportError
        If `canvas` is "ipympl", which is not installed.

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
            "canvas='ipympl' needs ipympl, which is not installed: pip install ipympl, or use "
            "canvas='png'."
        )
    return canvas


def open_canvas(
    canvas: str, picture: Picture, lock: threading.RLock, on_connected: Callable[[], None]
) -> Canvas:
    """Create the canvas of a picture.

    Parameters
    ----------
    canvas : {"ipympl", "png"}
        As returned by `choose`.
    picture : Picture
        The picture to show; its figure gets this canvas.
    lock : threading.RLock
        The widget's lock.
    on_connected : callable
        Called after the first frame has been sent to a browser.

    Returns
    -------
    Canvas
    """
    # Imported here, because ipympl takes a quarter of a second.
    if canvas == "ipympl":
        from kmeans_widget.canvas.ipympl_canvas import IpymplCanvas

        return IpymplCanvas(picture, lock, on_connected)
    from kmeans_widget.canvas.image_canvas import ImageCanvas

    return ImageCanvas(picture, lock, on_connected)
