"""When the next frame may go: as often as the browser takes them in."""

from __future__ import annotations

import threading
import time

PATIENCE = 0.5  # seconds for the browser to answer
BRISK = 0.06  # seconds in which a browser answers that easily keeps up
REST = 0.2  # seconds without a frame, after which nobody knows how brisk it is
SELDOM = 6  # frames between two questions to such a browser


class Handshake:
    """Spaces frames out by questions that the browser answers when it has taken a frame in.

    A browser is asked at the first frame after a rest, and a brisk one seldom from then on: the
    question, its answer, and the kernel's state, told to the page before and after, are as much
    work as a frame. A slow one is asked at every other frame. After a question one more frame may
    go, halfway to the answer; the next waits for it. So one frame is painted while another
    travels, and a slow browser gets fewer of them.

    Attributes
    ----------
    open : bool
        Whether the browser has been asked and has not answered.

    Examples
    --------
    >>> handshake = Handshake()
    >>> handshake.wait()  # a question is to follow the first frame
    True
    >>> handshake.open, handshake.answer(), handshake.open
    (True, True, False)
    >>> handshake.answer()  # nobody has asked
    False
    """

    def __init__(self) -> None:
        self._answered = threading.Condition()
        self._patience = PATIENCE
        self._trip = PATIENCE  # seconds that the last answer took
        self._asked_at = self._gone_at = 0.0  # when the last question, the last frame went
        self._since = SELDOM  # frames since the last question
        self.open = False

    def wait(self) -> bool:
        """Wait until another frame may go; tell whether a question is to follow it."""
        with self._answered:
            if self.open and self._since and not self._answered.wait(self._patience):
                # Whoever should answer is gone, or the kernel is too busy with a cell to hear it.
                self.open, self._patience = False, PATIENCE / 2
            now = time.monotonic()
            rested, self._gone_at = now > self._gone_at + REST, now
            if not self.open and (rested or self._trip > BRISK or self._since >= SELDOM):
                self.open, self._since, self._asked_at = True, 0, now
                return True
            self._since += 1
            halfway = self._asked_at + self._trip / 2 if self.open else 0.0
        time.sleep(max(halfway - time.monotonic(), 0.0))
        return False

    def answer(self) -> bool:
        """Take an answer; tell whether there was a question."""
        with self._answered:
            was_open, self.open, self._patience = self.open, False, PATIENCE
            if was_open:
                self._trip = min(time.monotonic() - self._asked_at, PATIENCE)
            self._answered.notify_all()
            return was_open

    def forget(self) -> None:
        """Begin anew, with a page that knows of no question."""
        with self._answered:
            self.open, self._since = False, SELDOM
            self._answered.notify_all()
