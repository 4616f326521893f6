"""A half-step that takes long: taken on the thread, with its progress, and cancelled."""

import time

import numpy as np
import pytest

from kmeans_widget import KMeansWidget
from kmeans_widget.panel import animation as animations
from kmeans_widget.panel.factory import is_visible

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(8, 40))[RANDOM.integers(0, 8, 100_000)]
X += RANDOM.normal(size=X.shape)


@pytest.fixture
def panel(monkeypatch):
    for name in ("LONG_WORK", "PATIENCE", "REPORT_INTERVAL"):
        monkeypatch.setattr(animations, name, 0)
    widget = KMeansWidget(X, 8)
    yield widget
    widget.close()


def settle(widget):
    """Wait until the thread has ended its script."""
    end = time.monotonic() + 60
    while widget.animation.player.running and time.monotonic() < end:
        time.sleep(0.01)
    widget.animation.player.join(60)


def record_progress(panel, monkeypatch, then=lambda: None):
    told = []
    show = panel.panel.show_progress

    def tell(share):
        show(share)
        told.append((share, is_visible(panel.panel.buttons["cancel"]), panel.panel.status.value))
        then()

    monkeypatch.setattr(panel.animation, "_on_progress", tell)
    return told


def test_a_long_half_step_shows_its_progress_and_ends_as_any_other(panel, monkeypatch):
    told = record_progress(panel, monkeypatch)
    panel.panel.step.click()
    settle(panel)
    assert panel.cursor == 1
    assert panel.narration.startswith("Iteration 1, assign: each of the 100,000 points joined")
    shares = [share for share, _, _ in told[:-1]]
    assert shares
    assert all(0 < share <= 1 for share in shares)
    assert all(visible and status.startswith("Computing: ") for _, visible, status in told[:-1])
    assert told[-1][:2] == (None, False)
    assert panel.panel.status.value.startswith("Iteration 1, assign")


def test_a_cancelled_half_step_changes_nothing_and_can_be_taken_again(panel, monkeypatch):
    told = record_progress(panel, monkeypatch, panel.panel.buttons["cancel"].click)
    panel.panel.step.click()
    settle(panel)
    assert (panel.cursor, len(panel.trace)) == (0, 0)
    assert "Cancelled: this half-step was not taken." in panel.panel.notice.value
    assert not is_visible(panel.panel.buttons["cancel"])
    assert told
    monkeypatch.undo()
    panel.step()
    panel.run()
    other = KMeansWidget(X, 8)
    other.run()
    assert panel.inertia == other.inertia
    assert np.array_equal(panel.cluster_centers, other.cluster_centers)
    other.close()


def test_a_run_that_is_cancelled_keeps_the_steps_it_has_taken(panel, monkeypatch):
    steps = []

    def cancel_later():
        steps.append(len(panel.trace))
        if len(panel.trace) >= 3:
            panel.panel.buttons["cancel"].click()

    record_progress(panel, monkeypatch, cancel_later)
    panel.panel.run.click()
    settle(panel)
    assert not panel.playing
    assert not panel.at_end
    assert len(panel.trace) >= 3
    monkeypatch.undo()
    panel.run()
    assert panel.converged


def test_an_interrupted_step_does_not_break_the_branch(panel, monkeypatch):
    branch = panel.current_branch
    monkeypatch.setattr(type(branch.samples), "accumulate", interrupt)
    with pytest.raises(KeyboardInterrupt):
        branch.compute(until=2)
    monkeypatch.undo()
    branch.compute(until=2)
    assert len(branch.trace) == 3


def interrupt(*_):
    raise KeyboardInterrupt
