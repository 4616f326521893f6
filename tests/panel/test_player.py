import threading
import time
from contextvars import ContextVar

import pytest

from kmeans_widget.panel.player import Player


@pytest.fixture
def lock():
    return threading.RLock()


@pytest.fixture
def player(lock):
    player = Player(lock, present=lambda: None, on_error=[].append)
    yield player
    player.stop()
    player.join(5)


def counting(into, pause=0.001):
    while True:
        into.append(len(into))
        yield pause


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_script_runs_to_its_end(player):
    frames = []
    player.start(frames.append(i) or 0.0 for i in range(5))
    player.join(5)
    assert frames == [0, 1, 2, 3, 4]
    assert not player.running


def test_after_stop_not_another_frame_is_computed(player, lock):
    frames = []
    player.start(counting(frames))
    wait_for(lambda: len(frames) > 3)
    with lock:
        player.stop()
        then = len(frames)
    player.join(5)
    assert len(frames) == then
    assert not player.running


def test_stop_does_not_wait_for_the_pause_to_pass(player):
    player.start(counting([], pause=60))
    player.stop()
    player.join(5)
    assert not player.running
    assert not [t for t in threading.enumerate() if t.name == "kmeans-player"]


def test_another_script_ends_the_one_before(player):
    first, second = [], []
    player.start(counting(first))
    wait_for(lambda: first)
    player.start(counting(second))
    then = len(first)
    wait_for(lambda: len(second) > 3)
    assert len(first) == then


def test_one_thread_plays_all_scripts_that_follow_each_other(player):
    threads = set()

    def script():
        while True:
            threads.add(threading.current_thread())
            yield 0.001

    for _ in range(20):
        player.start(script())
        time.sleep(0.002)
    assert len(threads) == 1


def test_a_script_that_starts_as_the_last_one_ends_is_played(player):
    for _ in range(200):
        frames = []
        player.start(frames.append(0) or 0.0 for _ in range(1))
        wait_for(lambda: frames)  # noqa: B023  at once
        player.start(frames.append(1) or 0.0 for _ in range(1))
        wait_for(lambda: len(frames) == 2)  # noqa: B023


def test_an_error_while_an_error_is_reported_leaves_a_player_that_plays(lock, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    player = Player(lock, present=lambda: None, on_error=int)  # which takes no error
    player.start(iter(["no pause"]))
    player.join(5)
    frames = []
    player.start(frames.append(i) or 0.0 for i in range(2))
    player.join(5)
    assert frames == [0, 1]


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_whatever_ends_a_script_the_player_goes_on(lock, error):
    presented, errors = [], []
    player = Player(lock, lambda: presented.append(1), errors.append)

    def script():
        raise error
        yield 0.0

    player.start(script())
    player.join(5)
    assert [type(e) for e in errors] == [error]
    player.refresh()
    player.join(5)
    assert presented == [1]


def test_without_a_thread_nothing_is_played_and_the_next_start_tries_again(player, monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    frames = []
    with monkeypatch.context() as system:
        system.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="start new thread"):
            player.start(counting(frames))
    assert not player.running
    player.start(frames.append(i) or 0.0 for i in range(2))
    player.join(5)
    assert frames == [0, 1]


def test_of_scripts_from_many_threads_the_last_one_is_played(lock, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    player = Player(lock, present=lambda: None, on_error=int)  # which fails itself

    def script(number):
        if number % 7 == 0:
            player.start(counting([]))
        yield "no pause" if number % 5 == 0 else 0.0
        if number % 3 == 0:
            raise RuntimeError

    def hammer():
        for number in range(300):
            (player.stop, player.refresh, lambda: player.start(script(number)))[number % 3]()  # noqa: B023  at once

    threads = [threading.Thread(target=hammer) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    frames = []
    player.start(frames.append(i) or 0.0 for i in range(3))
    player.join(5)
    assert frames == [0, 1, 2]


def test_frames_are_computed_with_the_lock_and_presented_without(lock):
    presented = []

    def take_lock():
        with lock:
            presented.append("taken")

    def present():
        other = threading.Thread(target=take_lock)
        other.start()
        other.join()

    player = Player(lock, present, on_error=[].append)
    player.start(iter([0.0]))
    player.join(10)
    assert presented == ["taken"]


def test_a_script_runs_in_the_context_of_whoever_starts_it(player):
    request, seen = ContextVar("request"), []
    request.set("a click")
    player.start(seen.append(request.get()) or 0.0 for _ in range(1))
    player.join(5)
    assert seen == ["a click"]


def test_a_script_may_stop_its_own_player(player):
    def script():
        yield 0.0
        player.stop()
        yield 0.0
        raise AssertionError("goes on after stop")

    player.start(script())
    player.join(5)
    assert not player.running


def test_an_error_ends_the_script_and_is_reported(lock):
    errors = []
    player = Player(lock, present=lambda: None, on_error=errors.append)

    def script():
        yield 0.0
        raise RuntimeError("the picture broke")

    player.start(script())
    player.join(5)
    assert [str(error) for error in errors] == ["the picture broke"]
    assert not player.running


def test_an_error_in_presenting_is_reported_too(lock):
    errors = []

    def present():
        raise RuntimeError("the browser broke")

    player = Player(lock, present, on_error=errors.append)
    player.start(iter([0.0, 0.0]))
    player.join(5)
    assert [str(error) for error in errors] == ["the browser broke"]
    assert not player.running
