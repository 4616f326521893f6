import itertools
import math
import threading

import pytest

from kmeans_widget.canvas import pacing as module
from kmeans_widget.canvas.pacing import ASK_EVERY, FramePacing


@pytest.fixture
def brisk(monkeypatch):
    """Whatever this machine does meanwhile, the browser counts as brisk and never rests."""
    monkeypatch.setattr(module, "FAST_ROUNDTRIP", math.inf)
    monkeypatch.setattr(module, "IDLE_GAP", math.inf)


@pytest.mark.usefixtures("brisk")
def test_a_brisk_browser_is_asked_seldom():
    pacing, asked = FramePacing(), []
    for _ in range(3 * ASK_EVERY + 3):
        asked.append(pacing.wait_for_turn())
        if asked[-1]:
            pacing.answer()
    frames = [i for i, ask in enumerate(asked) if ask]
    assert frames[0] == 0
    assert {b - a for a, b in itertools.pairwise(frames)} == {ASK_EVERY + 1}


def test_after_a_question_one_more_frame_may_go_and_the_next_waits_for_the_answer():
    pacing, went = FramePacing(), threading.Event()
    assert pacing.wait_for_turn()
    assert not pacing.wait_for_turn()

    def go_on():
        pacing.wait_for_turn()
        went.set()

    threading.Thread(target=go_on, daemon=True).start()
    assert not went.is_set()
    pacing.answer()
    assert went.wait(10)


def test_a_browser_that_never_answers_is_asked_again():
    pacing = FramePacing()
    assert [pacing.wait_for_turn() for _ in range(5)] == [True, False, True, False, True]


@pytest.mark.usefixtures("brisk")
def test_a_frame_after_a_rest_is_followed_by_a_question(monkeypatch):
    pacing = FramePacing()
    pacing.wait_for_turn()
    pacing.answer()
    assert not pacing.wait_for_turn()
    monkeypatch.setattr(module, "IDLE_GAP", -math.inf)
    assert pacing.wait_for_turn()


@pytest.mark.usefixtures("brisk")
def test_a_new_page_is_asked_at_its_first_frame():
    pacing = FramePacing()
    pacing.wait_for_turn()
    pacing.answer()
    assert not pacing.wait_for_turn()
    pacing.reset()
    assert pacing.wait_for_turn()
    assert pacing.awaiting_answer
