"""Errors in callbacks are shown in the panel instead of being lost."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ParamSpec

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

P = ParamSpec("P")


class ErrorGuard:
    """Wraps callbacks of controls and of the mouse, which may run on any thread.

    Parameters
    ----------
    lock : threading.RLock
        The session's lock, held while a callback runs.
    report : callable
        Called with the exception that a callback raised.

    Examples
    --------
    >>> import threading
    >>> guard = ErrorGuard(threading.RLock(), report=print)
    >>> guard(int)("three")
    invalid literal for int() with base 10: 'three'
    """

    def __init__(self, lock: threading.RLock, report: Callable[[BaseException], None]) -> None:
        self._lock, self.report = lock, report

    def handle(self, error: BaseException) -> None:
        """Report an error."""
        self.report(error)

    def __call__(self, callback: Callable[P, object]) -> Callable[P, None]:
        """Return a callback that holds the lock and reports its errors."""

        @functools.wraps(callback)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            with self._lock:
                try:
                    callback(*args, **kwargs)
                except Exception as error:  # noqa: BLE001  shown to the user, not swallowed
                    self.handle(error)

        return guarded
