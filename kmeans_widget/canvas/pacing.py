"""Frame pacing: how fast frames are sent, so that the browser keeps up."""

from __future__ import annotations

import threading
import time

ANSWER_TIMEOUT = 0.5  # seconds to wait for an answer
FAST_ROUNDTRIP = 0.06  # seconds: a browser that answers within it easily keeps up
IDLE_GAP = 0.2  # seconds without a frame, after which the round trip is measured again
ASK_EVERY = 6  # frames between two requests to a fast browser


class FramePacing:
    """Paces frames with requests that the browser answers once it has processed a frame.

    A browser is asked at the first frame after a pause. A fast one is then asked rarely, because
    the request, the answer, and the kernel's status messages around it cost as much as a frame. A
    slow one is asked at every other frame. After a request one more frame may be sent, halfway to
    the expected answer; the next one waits for the answer. So one frame is drawn while another is
    transferred, and a slow browser gets fewer frames.

    Attributes
    ----------
    awaiting_answer : bool
        Whether the browser has been asked and has not answered yet.

    Examples
    --------
    >>> pacing = FramePacing()
    >>> pacing.wait_for_turn()  # a request has to follow the first frame
    True
    >>> pacing.awaiting_answer, pacing.answer(), pacing.awaiting_answer
    (True, True, False)
    >>> pacing.answer()  # without a request
    False
    """

    def __init__(self) -> None:
        self._answered = threading.Condition()
        self._timeout = ANSWER_TIMEOUT
        self._roundtrip = ANSWER_TIMEOUT  # seconds that the last answer took
        self._asked_at = self._sent_at = 0.0  # times of the last request and the last frame
        self._frames_since = ASK_EVERY  # frames since the last request
        self.awaiting_answer = False

    def wait_for_turn(self) -> bool:
        """Wait until another frame may be sent; return whether a request has to follow it."""
        with self._answered:
            blocked = self.awaiting_answer and self._frames_since
            if blocked and not self._answered.wait(self._timeout):
                # The page is gone, or the kernel is too busy with a cell to receive the answer.
                self.awaiting_answer, self._timeout = False, ANSWER_TIMEOUT / 2
            now = time.monotonic()
            was_idle, self._sent_at = now > self._sent_at + IDLE_GAP, now
            is_slow = self._roundtrip > FAST_ROUNDTRIP
            if not self.awaiting_answer and (
                was_idle or is_slow or self._frames_since >= ASK_EVERY
            ):
                self.awaiting_answer, self._frames_since, self._asked_at = True, 0, now
                return True
            self._frames_since += 1
            halfway = self._asked_at + self._roundtrip / 2 if self.awaiting_answer else 0.0
        time.sleep(max(halfway - time.monotonic(), 0.0))
        return False

    def answer(self) -> bool:
        """Record an answer; return whether there was a request."""
        with self._answered:
            was_awaited, self.awaiting_answer = self.awaiting_answer, False
            self._timeout = ANSWER_TIMEOUT
            if was_awaited:
                self._roundtrip = min(time.monotonic() - self._asked_at, ANSWER_TIMEOUT)
            self._answered.notify_all()
            return was_awaited

    def reset(self) -> None:
        """Start again with a new page, which has not received any request."""
        with self._answered:
            self.awaiting_answer, self._frames_since = False, ASK_EVERY
            self._answered.notify_all()
