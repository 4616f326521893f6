"""What keeps the code easy to enter: few files at the root, a widget of parts, one thread."""

import threading
from pathlib import Path

import kmeans_widget
from kmeans_widget import KMeansWidget

PACKAGE = Path(kmeans_widget.__file__).parent


def test_root_and_core_hold_few_files():
    assert len(list(PACKAGE.glob("*.py"))) <= 6
    assert len(list((PACKAGE / "core").glob("*.py"))) <= 12


def test_the_widget_is_a_session_and_a_box():
    ours = [c.__name__ for c in KMeansWidget.__mro__ if c.__module__.startswith("kmeans_widget")]
    assert ours == ["KMeansWidget", "KMeansSession"]


def test_a_click_on_step_starts_one_thread(monkeypatch):
    widget = KMeansWidget()
    widget.canvas.connected = True
    widget.animation.player.join(10)
    started, start = [], threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda t: (started.append(t.name), start(t)))
    widget.panel.step.click()
    widget.play()  # one thread takes over what is moving
    widget.panel.step.click()
    widget.animation.player.join(10)
    assert started == ["kmeans-player"]
    widget.close()
