import itertools
import math
import threading

import pytest

from kmeans_widget.canvas import pacing as module
from kmeans_widget.canvas.pacing import SELDOM, Handshake


@pytest.fixture
def brisk(monkeypatch):
    """Whatever this machine does meanwhile, the browser counts as brisk and never rests."""
    monkeypatch.setattr(module, "BRISK", math.inf)
    monkeypatch.setattr(module, "REST", math.inf)


@pytest.mark.usefixtures("brisk")
def test_a_brisk_browser_is_asked_seldom():
    handshake, asked = Handshake(), []
    for _ in range(3 * SELDOM + 3):
        asked.append(handshake.wait())
        if asked[-1]:
            handshake.answer()
    frames = [i for i, ask in enumerate(asked) if ask]
    assert frames[0] == 0
    assert {b - a for a, b in itertools.pairwise(frames)} == {SELDOM + 1}


def test_after_a_question_one_more_frame_may_go_and_the_next_waits_for_the_answer():
    handshake, went = Handshake(), threading.Event()
    assert handshake.wait()
    assert not handshake.wait()

    def go_on():
        handshake.wait()
        went.set()

    threading.Thread(target=go_on, daemon=True).start()
    assert not went.is_set()
    handshake.answer()
    assert went.wait(10)


def test_a_browser_that_never_answers_is_asked_again():
    handshake = Handshake()
    assert [handshake.wait() for _ in range(5)] == [True, False, True, False, True]


@pytest.mark.usefixtures("brisk")
def test_a_frame_after_a_rest_is_followed_by_a_question(monkeypatch):
    handshake = Handshake()
    handshake.wait()
    handshake.answer()
    assert not handshake.wait()
    monkeypatch.setattr(module, "REST", -math.inf)
    assert handshake.wait()


@pytest.mark.usefixtures("brisk")
def test_a_new_page_is_asked_at_its_first_frame():
    handshake = Handshake()
    handshake.wait()
    handshake.answer()
    assert not handshake.wait()
    handshake.forget()
    assert handshake.wait()
    assert handshake.open
