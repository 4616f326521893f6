"""The picture as a plain image: it needs no JavaScript but ipywidgets', and has no mouse events."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from ipywidgets import Image
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kmeans_widget.canvas.png import encode_png
from kmeans_widget.plot.blit import Blitter

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    import numpy.typing as npt

    from kmeans_widget.plot.figure import Picture

FRAME_INTERVAL = 1 / 12  # seconds between two frames, at least: half a megabyte per second


class ImageCanvas(Image):
    """A picture as an image in the browser; see `Canvas`.

    Parameters
    ----------
    picture : Picture
        The picture to show; its figure gets an Agg canvas.
    lock : threading.RLock
        The widget's lock.
    on_connected : callable
        Called after the first frame has been sent.
    """

    has_mouse = False

    def __init__(
        self, picture: Picture, lock: threading.RLock, on_connected: Callable[[], None]
    ) -> None:
        self._lock, self._on_connected = lock, on_connected
        self._picture = picture
        FigureCanvasAgg(picture.figure)
        self._blitter = Blitter(picture)
        self._outdated = False  # whether a frame has to be sent
        self._next = 0.0  # time at which the next frame may be sent
        self.connected = True  # an image gives no sign of whether a browser shows it
        # ipywidgets' Image has no alternative text, and does not appear at all if it has a tooltip
        # (8.1); the panel's script sets the alternative text, where scripts are allowed.
        super().__init__(_dom_classes=("kmeans-still",))

    def send_frame(self) -> None:
        """Send the current picture as soon as the next frame is due.

        A browser does not acknowledge an image, so frames are sent slowly enough to be displayed.
        If several threads wait, one of them sends the newest frame for all; so frames do not
        accumulate, and the last one sent is always up to date. Do not call it while holding the
        lock.
        """
        self._outdated = True
        while True:
            with self._lock:
                if not (self.connected and self._outdated):
                    return
                pause = self._next - time.monotonic()
                if pause <= 0:
                    self._send_now()
                    return
            time.sleep(pause)

    def render(self) -> npt.NDArray[np.uint8]:
        """Return the pixels of the current picture, shape (height, width, 4)."""
        with self._lock:
            return self._blitter.render().copy()

    def send_first_frame(self) -> None:
        """Send the first frame."""
        self.send_frame()

    def resize(self, width: int, scale: float) -> None:
        """Show the picture in another size, with the next frame."""
        self._picture.figure.set_dpi(100 * scale)
        self._picture.resize(width)

    def set_pointer(self, shape: str) -> None:
        """Do nothing: the mouse has no function here."""

    def close(self) -> None:
        """Close the widget; no frame is sent any more."""
        self.connected = False
        super().close()

    def _send_now(self) -> None:
        first, self._outdated = not self._next, False
        self.value = encode_png(self._blitter.render())
        self._next = time.monotonic() + FRAME_INTERVAL
        if first:
            self._on_connected()
