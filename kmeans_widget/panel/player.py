"""The thread that moves the picture while the kernel stays free.

A plain daemon thread works with every ipykernel, even while a cell computes; an asyncio task and
`ipywidgets.Play` do not.
"""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FRAME = 1 / 30  # seconds between frames
MIN_PAUSE = 0.01  # seconds between the end of a frame and the next, at least


class _Script(NamedTuple):
    """Frames to show, and the context of the code that started them.

    ipykernel 7.0 keeps the parent of every message to the browser in the context, and sends none
    from a thread without it.
    """

    frames: Iterator[float]
    context: contextvars.Context

    def advance(self) -> float | None:
        """Compute the next frame; return the seconds until the one after, None at the end."""
        pause = self.context.run(next, self.frames, None)
        return None if pause is None else float(pause)  # raises for what is no number


class Player:
    """Plays one script at a time on one thread; starting another script ends the one before.

    A script is an iterator of frames. Between two frames the player releases `lock`, presents the
    frame and waits, so other threads see a consistent state; after `stop()` no further frame is
    computed. The thread ends with the last script, and survives every error.

    Parameters
    ----------
    lock : threading.RLock
        Held while a frame is computed.
    present : callable
        Called after each frame, without the lock, to send it to the browser.
    on_error : callable
        Called, with the lock held, with the exception that ended a script; SystemExit included.

    Examples
    --------
    >>> seen = []
    >>> player = Player(threading.RLock(), present=lambda: None, on_error=print)
    >>> player.start(seen.append(i) or 0.0 for i in range(3))
    >>> player.join()
    >>> seen
    [0, 1, 2]
    """

    def __init__(
        self,
        lock: threading.RLock,
        present: Callable[[], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._lock, self._present, self._on_error = lock, present, on_error
        self._script: _Script | None = None
        self._changed = threading.Event()  # set when the script has been replaced or stopped
        self._extra_frame = False  # whether to present a frame after the last of the script
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether a script is being played."""
        return self._script is not None

    def start(self, script: Iterator[float]) -> None:
        """Play `script`; each frame it yields says after how many seconds the next is due."""
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._play, name="kmeans-player", daemon=True)
                thread.start()  # it waits for the lock
                self._thread = thread
            self._script = _Script(script, contextvars.copy_context())
            self._changed.set()

    def stop(self) -> None:
        """End the script, at once and without waiting for the thread."""
        with self._lock:
            self._script = None
            self._changed.set()

    def refresh(self) -> None:
        """Present the current picture soon: with the next frame, or as a script of one frame."""
        with self._lock:
            if self.running:
                self._extra_frame = True
            else:
                self.start(iter((0.0,)))

    def join(self, timeout: float | None = None) -> None:
        """Wait until the script has ended; never call it with the lock held."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def _play(self) -> None:
        """Play scripts until there is none."""
        deadline = time.monotonic()
        while True:
            with self._lock:
                if self._changed.is_set():
                    self._changed.clear()
                    deadline = time.monotonic()
                script = self._script
                if script is None:
                    self._thread = None  # with the lock held: `start` makes another one
                    return
                pause = self._advance(script)
            if pause is not None:
                self._show(script)
                # Paced by deadlines, so that the time a frame took is not added to its pause; but
                # the browser drops the first of two frames in quick succession.
                deadline = max(deadline + pause, time.monotonic() + MIN_PAUSE)
                self._changed.wait(max(deadline - time.monotonic(), 0.0))

    def _advance(self, script: _Script) -> float | None:
        """Compute a frame; return the seconds until the next, None if there is no frame."""
        extra, self._extra_frame = self._extra_frame, False
        try:
            pause = script.advance()
        except BaseException as error:  # noqa: BLE001  reported; the thread must not end
            self._fail(error, script)
            return None
        if pause is None and extra:
            return FRAME
        if pause is None and self._script is script:
            self._script = None
        return pause

    def _show(self, script: _Script) -> None:
        """Present the frame, in the context of its script."""
        try:
            script.context.run(self._present)
        except BaseException as error:  # noqa: BLE001  as above
            self._fail(error, script)

    def _fail(self, error: BaseException, script: _Script) -> None:
        """End a script and report its error, unless another script has replaced it."""
        with self._lock:
            if self._script is not script:
                return
            self.stop()
            try:
                self._on_error(error)
            except Exception:  # noqa: BLE001  printed, as if it had ended the thread
                failure = (*sys.exc_info(), threading.current_thread())
                threading.excepthook(threading.ExceptHookArgs(failure))
