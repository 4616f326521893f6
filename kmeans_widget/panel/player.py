"""The thread that keeps the picture moving while the kernel stays free.

A plain daemon thread: it works the same on every ipykernel, also while a cell computes, which
neither an asyncio task nor `ipywidgets.Play` does.
"""

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FRAME = 1 / 30  # seconds between frames
BREATH = 0.01  # seconds at least from the end of a frame to the next


class Player:
    """Runs one script at a time; starting another, or stopping, ends the one before.

    A script is an iterator of frames. Between two of them the player lets go of `lock`, presents
    the frame and waits, so whoever holds the lock finds the state whole; after `stop()` not
    another frame is asked for.

    Parameters
    ----------
    lock : threading.RLock
        Held while a frame is computed.
    present : callable
        Called after each frame, without the lock, to bring it before the user.
    on_error : callable
        Called, with the lock held, with the exception that ended a script.

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
        on_error: Callable[[Exception], None],
    ) -> None:
        self._lock = lock
        self._present = present
        self._on_error = on_error
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._wanted = False  # whether there is to be a frame beside those of the script

    @property
    def running(self) -> bool:
        """Whether a script is under way."""
        return self._thread is not None and self._thread.is_alive() and not self._stop.is_set()

    def start(self, script: Iterator[float]) -> None:
        """Run `script`; every frame it yields says after how many seconds the next is due."""
        with self._lock:
            self.stop()
            self._stop = threading.Event()
            # In the context of whoever starts it: ipykernel 7.0 keeps there what belongs to every
            # message to the browser, and sends none from a thread without.
            self._thread = threading.Thread(
                target=contextvars.copy_context().run,
                args=(self._run, script, self._stop),
                name="kmeans-player",
                daemon=True,
            )
            self._thread.start()

    def stop(self) -> None:
        """End the running script, at once and without waiting for its thread."""
        with self._lock:
            self._stop.set()

    def nudge(self) -> None:
        """Have the picture as it is now presented soon, beside or within a running script."""
        with self._lock:
            if self.running:
                self._wanted = True
            else:
                self.start(iter((0.0,)))

    def join(self, timeout: float | None = None) -> None:
        """Wait until the script has ended; never call it with the lock held."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self, script: Iterator[float], stop: threading.Event) -> None:
        deadline = time.monotonic()
        while True:
            with self._lock:
                if stop.is_set():
                    return
                wanted, self._wanted = self._wanted, False
                try:
                    pause = next(script, FRAME if wanted else None)
                except Exception as error:  # noqa: BLE001 - shown to the user, not swallowed
                    self._fail(error, stop)
                    return
                if pause is None:
                    stop.set()
                    return
            try:
                self._present()
            except Exception as error:  # noqa: BLE001 - as above
                self._fail(error, stop)
                return
            # Paced by deadlines, so that the time a frame took is not added to its pause; but
            # two frames in quick succession are one too many: the browser drops the first.
            deadline = max(deadline + pause, time.monotonic() + BREATH)
            stop.wait(max(deadline - time.monotonic(), 0.0))

    def _fail(self, error: Exception, stop: threading.Event) -> None:
        with self._lock:
            if not stop.is_set():
                stop.set()
                self._on_error(error)
