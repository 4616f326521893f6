"""One lock for each session, and comms apart from cells: no command sees another half done."""

from __future__ import annotations

import contextvars
import functools
import threading
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from traitlets import Any as AnyTrait

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 0.3  # seconds that a message waits for the lock before it lets others pass

S = TypeVar("S")
T = TypeVar("T")
P = ParamSpec("P")


class Locked(AnyTrait):
    """A trait that is validated, set and announced under the lock of its session."""

    allow_none = False  # None would pass without validation

    def set(self, obj: Any, value: Any) -> None:
        """Validate and set the value, and notify observers, with the lock held."""
        with obj.lock:
            super().set(obj, value)


def synchronized(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Hold the `lock` of the object while the method runs."""

    @functools.wraps(method)
    def locked(self: S, *args: P.args, **kwargs: P.kwargs) -> T:
        with cast("Any", self).lock:
            return method(self, *args, **kwargs)

    return cast("Callable[Concatenate[S, P], T]", locked)


if TYPE_CHECKING:
    locked_property = property  # type checkers know what it returns
else:

    def locked_property(method: Callable[[Any], T]) -> property:
        """Make a property that is computed with the `lock` of the object held."""
        return property(synchronized(method))


class Inbox:
    """Handles messages in their order, each with a lock held.

    While the lock is taken for long, as by a half-step that is being computed, messages wait on a
    thread of their own. The kernel can then handle one that needs no lock, such as Cancel.

    Parameters
    ----------
    lock : threading.RLock

    Examples
    --------
    >>> Inbox(threading.RLock()).handle(lambda: print("handled"))
    handled
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._waiting: deque[Callable[[], object]] = deque()
        self._guard = threading.Lock()  # of the queue, and of whether there is a thread
        self._has_thread = False

    def handle(self, work: Callable[[], object]) -> None:
        """Handle a message now, or after those that are waiting."""
        with self._guard:
            is_free = not self._has_thread
        if is_free and self._lock.acquire(timeout=PATIENCE):
            try:
                work()
            finally:
                self._lock.release()
            return
        context = contextvars.copy_context()  # ipykernel keeps the parent of a message there
        with self._guard:
            self._waiting.append(lambda: context.run(work))
            if not self._has_thread:
                self._has_thread = True
                threading.Thread(target=self._work_off, name="kmeans-inbox", daemon=True).start()

    def _work_off(self) -> None:
        """Handle the messages that are waiting."""
        while True:
            with self._lock:
                with self._guard:
                    if not self._waiting:
                        self._has_thread = False
                        return
                    work = self._waiting.popleft()
                try:
                    work()
                except Exception:  # noqa: BLE001  the others must not be lost
                    traceback.print_exc()


def separate_from_cells(comm: Any) -> None:
    """Have the kernel handle the messages of a comm in order, and apart from the cell that runs.

    ipykernel handles them on a thread of their own, also while a cell runs, with two side effects:

    * Since 7.4, a message goes to the thread that has last sent one on the same comm. If that is
      the main thread, a click waits until the cell ends; and if another thread sends something
      between press and release, the release overtakes the press.
    * After every message, IPython's callbacks for the end of a cell are called. That of matplotlib
      displays and closes all figures, even those that the cell is still drawing.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda data, default: default  # noqa: ARG005, SLF001
    handle_as_cell = comm.handle_msg

    def handle(message: dict[str, Any]) -> None:
        if threading.current_thread() is threading.main_thread():
            handle_as_cell(message)
        elif comm._msg_callback:  # noqa: SLF001
            comm._msg_callback(message)  # noqa: SLF001

    comm.handle_msg = handle
