"""Work on a thread, beside the messages of the kernel: watched, cancelled at once."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from kmeans_widget.core.kernels.threads import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

INTERVAL = 0.2  # seconds between two updates of what is shown


class CancelledError(Exception):
    """Work was cancelled."""


class Job:
    """One piece of work after the other, on a thread; what is known is shown meanwhile.

    Parameters
    ----------
    lock : threading.RLock
        The session's, held while something is shown, but not while it is computed.
    show : callable
        Called with the lock held, several times a second and at the end.
    on_error : callable
        Called, with the lock held, with an exception that the work raised.

    Attributes
    ----------
    running : bool

    Examples
    --------
    >>> job, found = Job(threading.RLock(), lambda: None, print), []
    >>> job.start(map(found.append, range(3)))
    >>> job.wait()
    >>> found
    [0, 1, 2]
    """

    def __init__(
        self,
        lock: threading.RLock,
        show: Callable[[], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._lock, self._show, self._on_error = lock, show, on_error
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown_at = 0.0
        self.running = False

    def start(self, pieces: Iterable[object]) -> None:
        """Take all pieces, on a thread; if work is under way, do nothing."""
        if self.running:
            return
        self.running = True
        self._cancelled.clear()
        self._thread = threading.Thread(
            target=self._work, args=(pieces,), name="kmeans-job", daemon=True
        )
        self._thread.start()

    def cancel(self) -> None:
        """Give up; what is known stays. Needs no lock."""
        self._cancelled.set()

    def wait(self) -> None:
        """Wait until the work has ended."""
        if self._thread is not None:
            self._thread.join()

    def _work(self, pieces: Iterable[object]) -> None:
        try:
            with watch(self._look):
                for _ in pieces:
                    self._look()
        except CancelledError:
            pass
        except Exception as error:  # noqa: BLE001  shown to the user, not swallowed
            with self._lock:
                self._on_error(error)
        finally:
            with self._lock:
                self.running = False
                self._show()

    def _look(self, share: float = 0.0) -> None:
        """Show what is known, if that was long ago; end the work if it is cancelled."""
        del share
        if self._cancelled.is_set():
            raise CancelledError
        if time.monotonic() - self._shown_at > INTERVAL:
            with self._lock:
                self._show()
            self._shown_at = time.monotonic()
