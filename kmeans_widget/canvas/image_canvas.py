"""The picture in a plain image: no JavaScript but ipywidgets' own, and no mouse."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from ipywidgets import Image
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kmeans_widget.canvas.png import encode_png
from kmeans_widget.plot.blit import Painter

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    import numpy.typing as npt

    from kmeans_widget.plot.figure import Picture

PACE = 1 / 12  # seconds from one frame to the next, at least: half a megabyte a second


class ImageCanvas(Image):
    """A picture as an image on a page of the browser; see `Canvas`.

    Parameters
    ----------
    picture : Picture
        What to show. Its figure is taken over.
    lock : threading.RLock
        The widget's lock.
    on_live : callable
        Called when the first frame has been sent.
    """

    has_mouse = False

    def __init__(
        self, picture: Picture, lock: threading.RLock, on_live: Callable[[], None]
    ) -> None:
        self._lock, self._on_live = lock, on_live
        FigureCanvasAgg(picture.figure)
        self._painter = Painter(picture)
        self._outdated = False  # whether somebody waits for a frame
        self._due = 0.0  # when the next frame may be sent
        self.live = True  # nobody tells whether there is a browser
        # ipywidgets knows no alternative text, and with a tooltip its image does not appear at all
        # (8.1); the panel's script adds the sentence of the moment, wherever scripts may run.
        super().__init__(_dom_classes=("kmeans-still",))

    def present(self) -> None:
        """Send the picture as it is now, once the next frame is due.

        No browser answers that it has taken a frame in, so they are sent slowly enough to be
        displayed before the next. Of several who wait one sends a frame, which is the newest for
        all of them; so frames never pile up, and the last one is always the true one.
        Never call it with the lock held.
        """
        self._outdated = True
        while True:
            with self._lock:
                if not (self.live and self._outdated):
                    return
                pause = self._due - time.monotonic()
                if pause <= 0:
                    self._send_frame()
                    return
            time.sleep(pause)

    def snapshot(self) -> npt.NDArray[np.uint8]:
        """Paint the picture and return its pixels, shape (height, width, 4)."""
        with self._lock, mpl.rc_context(mpl.rcParamsDefault):  # not in the style of the user
            return self._painter.paint().copy()

    def unveil(self) -> None:
        """Send the first frame."""
        self.present()

    def shape_pointer(self, shape: str) -> None:
        """Leave the mouse pointer as it is: here it does nothing."""

    def close(self) -> None:
        """Take the image off the page."""
        self.live = False
        super().close()

    def _send_frame(self) -> None:
        first, self._outdated = not self._due, False
        self.value = encode_png(self._painter.paint())
        self._due = time.monotonic() + PACE
        if first:
            self._on_live()
