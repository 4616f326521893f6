"""The run to come, for the picture that stays."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from kmeans_widget.notebook import lookahead
from kmeans_widget.notebook.lookahead import Budget, look_ahead
from kmeans_widget.session import KMeansSession
from kmeans_widget.session.branch import Branch


def ask(monkeypatch, *, allow_stdin):
    """Let a front end ask that takes input, or a program that takes none."""
    parent = {"content": {"allow_stdin": allow_stdin}}
    kernel = SimpleNamespace(get_parent={"shell": parent}.get)
    monkeypatch.setattr(lookahead, "get_ipython", lambda: SimpleNamespace(kernel=kernel))


@pytest.fixture
def branch():
    return KMeansSession().branches[0]


def test_it_is_the_run_that_will_be(branch):
    trace = look_ahead(branch)
    assert len(branch.trace) == 0
    assert not branch.explored
    branch.compute(until=None)
    assert trace.finished
    for foreseen, taken in zip(trace, branch.trace, strict=True):
        assert np.array_equal(foreseen.centers, taken.centers)
        assert foreseen.inertia == taken.inertia


def test_the_steps_there_are_stay_the_same_ones(branch):
    branch.compute(until=2)
    assert look_ahead(branch)[:3].steps == branch.trace.steps
    branch.compute(until=None)
    assert look_ahead(branch) is branch.trace


@pytest.mark.parametrize("allow_stdin", [True, False])
def test_a_person_and_a_program_see_the_whole_of_a_short_run(branch, monkeypatch, allow_stdin):
    look_ahead(branch)  # the kernels are there
    ask(monkeypatch, allow_stdin=allow_stdin)
    assert look_ahead(branch).finished


@pytest.mark.parametrize(("name", "allow_stdin"), [("UNATTENDED", False), ("INTERACTIVE", True)])
def test_nobody_waits_for_ever(branch, monkeypatch, name, allow_stdin):
    ended = threading.Event()

    def slowly(self):
        yield self.trace
        ended.wait(60)

    ask(monkeypatch, allow_stdin=allow_stdin)
    monkeypatch.setattr(lookahead, name, Budget(0.05, 60))
    monkeypatch.setattr(Branch, "remaining_steps", slowly)
    assert look_ahead(branch) is branch.trace
    assert not ended.is_set()
    ended.set()


@pytest.mark.parametrize(("name", "allow_stdin"), [("UNATTENDED", False), ("INTERACTIVE", True)])
def test_nobody_waits_for_many_data(branch, monkeypatch, name, allow_stdin):
    ask(monkeypatch, allow_stdin=allow_stdin)
    monkeypatch.setattr(lookahead, name, Budget(60.0, 59))
    assert look_ahead(branch) is branch.trace
