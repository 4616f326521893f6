"""The live canvas: ipympl's, made safe for several threads and cheap to repaint.

Widget messages may arrive on a second kernel thread while a cell runs, so every message and
every draw takes the widget's one lock. A frame repaints only what moves, on a stored background.
"""

from __future__ import annotations

import sys
import warnings
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from traitlets import Bool, default

from kmeans_widget.canvas.pacing import Handshake
from kmeans_widget.canvas.png import encode_png
from kmeans_widget.plot.blit import Painter

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    import numpy.typing as npt

    from kmeans_widget.plot.figure import Picture


def _import_ipympl() -> Any:
    """Import ipympl's canvas and leave the user's matplotlib backend as it was.

    Importing ipympl after matplotlib selects its backend for every plot of the notebook.
    """
    before = dict.__getitem__(mpl.rcParams, "backend")
    from ipympl import backend_nbagg

    if isinstance(before, str) and "matplotlib.pyplot" in sys.modules:
        mpl.use(before)
    dict.__setitem__(mpl.rcParams, "backend", before)
    return backend_nbagg


_ipympl = _import_ipympl()


class IpymplCanvas(_ipympl.Canvas):  # type: ignore[name-defined]  # imported by hand
    """A picture on ipympl's canvas; see `Canvas`.

    Parameters
    ----------
    picture : Picture
        What to show. Its figure is taken over.
    lock : threading.RLock
        The widget's lock.
    on_live : callable
        Called when a browser has been sent its first frame.
    """

    has_mouse = True

    # The picture alone: the panel around it has its own controls.
    header_visible = Bool(False).tag(sync=True)
    footer_visible = Bool(False).tag(sync=True)
    resizable = Bool(False).tag(sync=True)

    @default("toolbar_visible")
    def _hide_toolbar(self) -> str:
        return "hidden"

    def __init__(
        self, picture: Picture, lock: threading.RLock, on_live: Callable[[], None]
    ) -> None:
        self._lock = lock
        self._painter = Painter(picture)
        self._on_live = on_live
        self.handshake = Handshake()
        self._awaited = False  # whether the browser has asked for a frame that it did not get
        self.live = False
        super().__init__(picture.figure)
        with warnings.catch_warnings():
            # ipympl's toolbar hands its canvas on to traitlets, which does not know it.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._manager = _ipympl.FigureManager(self, 0)  # the figure holds it only weakly
        # What matplotlib's own tools would do with keys, clicks and moves: a `k` made the axes
        # logarithmic, every move was a message.
        for name in ("key_press", "button_press", "button_release", "motion_notify", "scroll"):
            for handler in tuple(self.callbacks.callbacks.get(f"{name}_event", ())):
                self.mpl_disconnect(handler)

    def open(self) -> None:
        """Take up with the browser, once there is a picture: see `unveil`."""
        if self._data_url is not None:
            super().open()

    def unveil(self) -> None:
        """Open the canvas with its first picture, which is seen without a question and an answer.

        Where a pixel of the page is not one of the screen, the style sheet waits for the next.
        """
        pixels = self.snapshot()
        height, width, _ = pixels.shape
        self._size = (width, height)
        self._data_url = "data:image/png;base64," + b64encode(encode_png(pixels)).decode("ascii")
        self.open()

    def shape_pointer(self, shape: str) -> None:
        """Give the mouse pointer one of CSS's shapes."""
        self._cursor = shape

    def present(self) -> None:
        """Send the picture as it is now, once the browser has room for another frame.

        The last one is always the true one. Never call it with the lock held.
        """
        if not self.live:
            return
        ask = self.handshake.wait()
        self.draw()
        if ask:
            self.draw_idle()

    def snapshot(self) -> npt.NDArray[np.uint8]:
        """Paint the picture and return its pixels, shape (height, width, 4).

        What it paints of the background, the first frame in a browser finds ready.
        """
        with self._lock, mpl.rc_context(mpl.rcParamsDefault):  # not in the style of the user
            return self._painter.paint().copy()

    def close(self) -> None:
        """Take the canvas off the page."""
        self.live = False
        if self.toolbar is not None:
            self.toolbar.layout.close()
            self.toolbar.close()
        super().close()

    def draw_idle(self) -> None:
        """Ask the browser to fetch the picture; if it has asked already, send it."""
        if self._awaited:
            self.draw()
        else:
            super().draw_idle()

    def draw(self) -> None:
        """Paint the picture and send it to the browser."""
        with self._lock:
            self._png_is_old, self._awaited = True, False
            self._painter.paint()
            self.manager.refresh_all()

    def handle_draw(self, event: Any) -> None:
        """Take the browser's answer to a frame, or its request for one."""
        del event
        answered = self._awaited = self.handshake.answer()
        if not answered:
            self.draw()
        if not self.live:
            self.live = True
            self._on_live()

    def get_diff_image(self) -> bytes | None:
        """Encode the frame: always all of it, never the difference to one that may be lost."""
        if not self._png_is_old:
            return None
        self.set_image_mode("full")
        pixels = np.asarray(self.get_renderer().buffer_rgba())
        self._last_buff = pixels.view(np.uint32).squeeze(2)
        self._force_full = self._png_is_old = False
        return encode_png(pixels)

    def _handle_message(self, sender: Any, content: Any, buffers: Any) -> None:
        with self._lock:
            if content["type"] == "closing":
                self.live = False
            elif content["type"] == "refresh":  # a page that is new, or new again
                self.handshake.forget()
                self._awaited = False
            super()._handle_message(sender, content, buffers)
            if content["type"] == "initialized":
                self.send_state("resizable")  # a page that goes live switches it on
