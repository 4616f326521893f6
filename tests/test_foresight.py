"""The run to come, for the picture that stays."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from kmeans_widget import foresight
from kmeans_widget.branch import Branch
from kmeans_widget.foresight import foresee
from kmeans_widget.session import KMeansSession


def ask(monkeypatch, *, allow_stdin):
    """Let a front end ask that takes input, or a program that takes none."""
    parent = {"content": {"allow_stdin": allow_stdin}}
    kernel = SimpleNamespace(get_parent={"shell": parent}.get)
    monkeypatch.setattr(foresight, "get_ipython", lambda: SimpleNamespace(kernel=kernel))


@pytest.fixture
def branch():
    return KMeansSession().branches[0]


def test_it_is_the_run_that_will_be(branch):
    trace = foresee(branch)
    assert len(branch.trace) == 0
    assert not branch.explored
    branch.compute(until=None)
    assert trace.finished
    for foreseen, taken in zip(trace, branch.trace, strict=True):
        assert np.array_equal(foreseen.centers, taken.centers)
        assert foreseen.inertia == taken.inertia


def test_the_steps_there_are_stay_the_same_ones(branch):
    branch.compute(until=2)
    assert foresee(branch)[:3].steps == branch.trace.steps
    branch.compute(until=None)
    assert foresee(branch) is branch.trace


def test_a_person_does_not_wait_for_the_run(branch, monkeypatch):
    ask(monkeypatch, allow_stdin=True)
    assert foresee(branch) is branch.trace
    ask(monkeypatch, allow_stdin=False)
    assert foresee(branch).finished


def test_a_program_does_not_wait_for_ever(branch, monkeypatch):
    def slowly(self):
        yield self.trace
        time.sleep(5)

    monkeypatch.setattr(foresight, "PATIENCE", 0.05)
    monkeypatch.setattr(Branch, "ahead", slowly)
    begin = time.monotonic()
    assert foresee(branch) is branch.trace
    assert time.monotonic() - begin < 4


def test_data_that_one_pass_would_take_too_long_for_are_left_alone(branch, monkeypatch):
    monkeypatch.setattr(foresight, "MAX_SIZE", 59)
    assert foresee(branch) is branch.trace
