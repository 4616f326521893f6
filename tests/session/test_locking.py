"""One lock for a session: no thread sees a command, or a trait change, half done."""

import itertools
import sys
import threading
import time

import numpy as np
import pytest
from comm.base_comm import BaseComm
from IPython.core.interactiveshell import InteractiveShell

from kmeans_widget.session import KMeansSession, locking
from kmeans_widget.session.locking import locked_property, separate_from_cells, synchronized


@pytest.fixture(autouse=True)
def _eager_threads():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def run_together(*functions):
    """Run functions in threads; return the errors they raise."""
    errors = []

    def run(function):
        try:
            function()
        except Exception as error:  # noqa: BLE001  collected for the main thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


class Account:
    """Sums up what it is given, in two steps that another thread could come between."""

    def __init__(self):
        self.lock = threading.RLock()
        self.sum = self.copy = 0

    @synchronized
    def add(self, n):
        """Add a number."""
        before = self.sum
        for _ in range(50):
            pass
        self.sum = before + n
        self.copy = self.sum

    @locked_property
    def difference(self):
        """The difference of two equal numbers."""
        return self.sum - self.copy


def test_synchronized_methods_run_one_at_a_time_and_keep_name_and_docstring():
    account = Account()

    def add():
        for _ in range(300):
            account.add(1)

    def read():
        assert not any(account.difference for _ in range(300))

    assert run_together(add, add, add, read) == []
    assert account.sum == 900
    assert (Account.add.__name__, Account.add.__doc__) == ("add", "Add a number.")
    assert Account.difference.__doc__ == "The difference of two equal numbers."


Y = itertools.count()  # no two starting centroids may be the same

COMMANDS = {
    "step": lambda s: s.step(),
    "back": lambda s: s.back(),
    "run": lambda s: s.run(),
    "reset": lambda s: s.reset(3),
    "new_start": lambda s: s.new_start(),
    "move_center": lambda s: s.move_center(0, [1.0, 1.0]),
    "place_center": lambda s: s.place_center([1.0, next(Y)]),
    "add_point": lambda s: s.add_point([1.0, 1.0]),
    "remove_point": lambda s: s.remove_point(0),
    "undo": lambda s: s.undo(),
    "redo": lambda s: s.redo(),
    "inspect": lambda s: s.inspect(0),
    "final_labels": lambda s: s.final_labels(),
    "send_labels": lambda s: s.send_labels("y", {}, at_end=True),
    "n_clusters": lambda s: s.set_trait("n_clusters", 3),
    "cursor": lambda s: s.set_trait("cursor", 3),
    "branch": lambda s: s.set_trait("branch", 0),
    "point_labels": lambda s: s.point_labels,
    "current_branch": lambda s: s.current_branch,
}


def shown(session):
    return session.branches, session.branch, session.cursor, session.n_clusters


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_waits_for_the_lock(command):
    session, done = KMeansSession(), threading.Event()

    def act():
        COMMANDS[command](session)
        done.set()

    thread, before = threading.Thread(target=act), shown(session)
    with session.lock:
        thread.start()
        assert not done.wait(0.03)
        assert shown(session) == before
    thread.join()
    assert done.is_set()


def test_commands_from_several_threads_leave_a_consistent_session():
    session = KMeansSession()
    commands = list(COMMANDS.values())

    def act_at_random(seed):
        for number in np.random.default_rng(seed).integers(0, len(commands), 60):
            commands[number](session)

    assert run_together(*(lambda s=seed: act_at_random(s) for seed in range(4))) == []
    fresh = KMeansSession(session.X, init=session.current_branch.start)
    assert fresh.n_clusters == session.n_clusters
    fresh.cursor = session.cursor
    assert np.array_equal(session.point_labels, fresh.point_labels)
    assert np.array_equal(session.cluster_centers, fresh.cluster_centers)


def test_traits_set_by_several_threads_are_set_one_at_a_time():
    session = KMeansSession()

    def change(name, values):
        for value in values:
            setattr(session, name, value)

    def read():
        for _ in range(200):
            _ = session.point_labels, session.inertia, session.n_iter, session.cluster_centers

    errors = run_together(
        lambda: change("n_clusters", [2, 3, 4, 5] * 10),
        lambda: change("random_state", range(40)),
        lambda: change("cursor", [0, 5, 3, 9] * 20),
        read,
    )
    assert errors == []
    fresh = KMeansSession(n_clusters=session.n_clusters, random_state=session.random_state)
    fresh.cursor = session.cursor
    assert np.array_equal(session.point_labels, fresh.point_labels)
    assert np.array_equal(session.cluster_centers, fresh.cluster_centers)


def test_a_message_on_another_thread_does_not_end_the_cell(monkeypatch):
    """At the end of a cell, matplotlib displays and closes the figures that it has drawn so far."""
    ended, handled = [], []
    shell = InteractiveShell()
    shell.events.register("post_execute", lambda: ended.append(len(handled)))
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    comm = BaseComm.__new__(BaseComm)
    comm._msg_callback, comm.comm_id = handled.append, ""
    separate_from_cells(comm)
    assert run_together(lambda: comm.handle_msg({"content": 1})) == []
    assert (handled, ended) == ([{"content": 1}], [])
    comm.handle_msg({"content": 2})
    assert (handled[1:], ended) == ([{"content": 2}], [2])


def test_messages_wait_in_order_while_the_lock_is_taken_and_let_the_kernel_go_on(monkeypatch):
    monkeypatch.setattr(locking, "PATIENCE", 0.01)
    lock, handled, release = threading.RLock(), [], threading.Event()

    def hold():
        with lock:
            taken.set()
            release.wait(30)

    taken = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait(30)
    inbox = locking.Inbox(lock)

    def fail():
        handled.append("fails")
        raise ValueError("shown on stderr")

    for work in (lambda: handled.append(1), fail, lambda: handled.append(2)):
        inbox.handle(work)
    assert handled == []  # and we are here
    release.set()
    holder.join(30)
    end = time.monotonic() + 30
    while len(handled) < 3 and time.monotonic() < end:
        time.sleep(0.005)
    assert handled == [1, "fails", 2]
    while inbox._has_thread and time.monotonic() < end:
        time.sleep(0.005)
    inbox.handle(lambda: handled.append(threading.current_thread()))
    assert handled[-1] is threading.current_thread()
