"""The live canvas: ipympl's, made thread-safe and fast to redraw.

Widget messages may arrive on a second kernel thread while a cell runs, so every message and every
draw takes the widget's lock. A frame draws animated artists only, on a stored background.
"""

from __future__ import annotations

import functools
import warnings
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from traitlets import Bool, default

from kmeans_widget.canvas.pacing import FramePacing
from kmeans_widget.canvas.png import encode_png
from kmeans_widget.plot.blit import Blitter
from kmeans_widget.session.locking import Inbox, separate_from_cells

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    import numpy.typing as npt

    from kmeans_widget.plot.figure import Picture


def _import_ipympl() -> Any:
    """Import ipympl's canvas without changing the user's matplotlib backend.

    Importing ipympl after matplotlib selects its backend for all plots of the notebook, and going
    back would leave the inline backend half installed.
    """
    use, mpl.use = mpl.use, lambda *_, **__: None
    try:
        from ipympl import backend_nbagg
    finally:
        mpl.use = use
    return backend_nbagg


_ipympl = _import_ipympl()


class IpymplCanvas(_ipympl.Canvas):  # type: ignore[name-defined]  # imported in a function
    """A picture on ipympl's canvas; see `Canvas`.

    Parameters
    ----------
    picture : Picture
        The picture to show; its figure gets this canvas.
    lock : threading.RLock
        The widget's lock.
    on_connected : callable
        Called after the first frame has been sent to a browser.
    """

    has_mouse = True

    # The panel has its own controls.
    header_visible = Bool(False).tag(sync=True)
    footer_visible = Bool(False).tag(sync=True)
    resizable = Bool(False).tag(sync=True)

    @default("toolbar_visible")
    def _hide_toolbar(self) -> str:
        return "hidden"

    def __init__(
        self, picture: Picture, lock: threading.RLock, on_connected: Callable[[], None]
    ) -> None:
        self._lock, self._inbox, self._picture = lock, Inbox(lock), picture
        self._blitter = Blitter(picture)
        self._on_connected = on_connected
        self.pacing = FramePacing()
        self._awaited = False  # whether the browser is ready for a frame that was not sent yet
        self._has_told_ratio = False  # whether the page that is opening has told its pixel ratio
        self.connected = False
        super().__init__(picture.figure)
        with warnings.catch_warnings():
            # ipympl's toolbar passes its canvas to traitlets as an unknown argument.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._manager = _ipympl.FigureManager(self, 0)  # the figure has a weak reference only
        # Disconnect matplotlib's own handlers: the key `k` would make the axes logarithmic, and
        # every mouse move would send a message.
        for name in ("key_press", "button_press", "button_release", "motion_notify", "scroll"):
            for handler in tuple(self.callbacks.callbacks.get(f"{name}_event", ())):
                self.mpl_disconnect(handler)

    def open(self) -> None:
        """Open the comm, but not before there is a picture; see `send_first_frame`."""
        if self._data_url is not None:
            super().open()
            separate_from_cells(self.comm)

    def send_first_frame(self) -> None:
        """Open the canvas with its first picture, which is displayed without a round trip.

        On screens with another pixel ratio, the style sheet hides it until the second frame.
        """
        pixels = self.render()
        height, width, _ = pixels.shape
        self._size = (width, height)
        self._data_url = "data:image/png;base64," + b64encode(encode_png(pixels)).decode("ascii")
        self.open()

    def resize(self, width: int, scale: float) -> None:
        """Show the picture in another size; the browser then asks for a frame."""
        self.figure.set_dpi(100 * scale)
        self._picture.resize(width)
        self.manager.resize(*self.figure.bbox.size)

    def set_pointer(self, shape: str) -> None:
        """Set the shape of the mouse pointer, by its name in CSS."""
        self._cursor = shape

    def send_frame(self) -> None:
        """Send the current picture as soon as the browser is ready for another frame.

        The last frame sent is always up to date. Do not call it while holding the lock.
        """
        if not self.connected:
            return
        ask = self.pacing.wait_for_turn()
        self.draw()
        if ask:
            self.draw_idle()

    def render(self) -> npt.NDArray[np.uint8]:
        """Return the pixels of the current picture, shape (height, width, 4).

        The background stays stored for the next frame.
        """
        with self._lock:
            return self._blitter.render().copy()

    def close(self) -> None:
        """Close the canvas and its toolbar."""
        self.connected = False
        if self.toolbar is not None:
            self.toolbar.layout.close()
            self.toolbar.close()
        super().close()

    def draw_idle(self) -> None:
        """Ask the browser to request a frame; if it is already waiting for one, send it."""
        if self._awaited:
            self.draw()
        else:
            super().draw_idle()

    def draw(self) -> None:
        """Draw the picture and send it to the browser."""
        with self._lock:
            self._png_is_old, self._awaited = True, False
            self._blitter.render()
            self.manager.refresh_all()

    def handle_draw(self, event: Any) -> None:
        """Handle the browser's answer to a frame, or its request for one."""
        del event
        answered = self._awaited = self.pacing.answer()
        if not answered:
            self.draw()
        if not self.connected:
            self.connected = True
            self._on_connected()

    def get_diff_image(self) -> bytes | None:
        """Encode the whole frame, not a difference: the frame before it may have been lost."""
        if not self._png_is_old:
            return None
        self.set_image_mode("full")
        pixels = np.asarray(self.get_renderer().buffer_rgba())
        self._last_buff = pixels.view(np.uint32).squeeze(2)
        self._force_full = self._png_is_old = False
        return encode_png(pixels)

    def _handle_message(self, sender: Any, content: Any, buffers: Any) -> None:
        self._inbox.handle(functools.partial(self._receive, sender, content, buffers))

    def _receive(self, sender: Any, content: Any, buffers: Any) -> None:
        if content["type"] == "closing":
            self.connected = False
        elif content["type"] == "refresh":  # a new or reloaded page
            self.pacing.reset()
            self._awaited = False
        elif content["type"] == "set_device_pixel_ratio":
            self._has_told_ratio = True
        elif content["type"] == "initialized":
            if not self._has_told_ratio:  # it is 1, perhaps not on the page before
                self._set_device_pixel_ratio(1)
            self._has_told_ratio = False
        super()._handle_message(sender, content, buffers)
        if content["type"] == "initialized":
            self.send_state("resizable")  # the front end has just switched it on
