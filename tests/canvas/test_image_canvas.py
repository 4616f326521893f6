"""The picture in a plain image, without a browser: what is sent, how often, and what it shows."""

import io
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from kmeans_widget import KMeansWidget
from kmeans_widget.canvas import image_canvas
from kmeans_widget.export.recording import record
from kmeans_widget.panel.factory import is_visible
from kmeans_widget.panel.tools import TOOLS
from kmeans_widget.plot.blit import Blitter
from kmeans_widget.plot.figure import Picture
from kmeans_widget.session import KMeansSession


@pytest.fixture
def panel():
    panel = KMeansWidget(canvas="png")
    yield panel
    panel.close()


def shown(panel):
    """Pixels of the image, once nothing is under way."""
    panel.animation.player.join(10)
    return np.asarray(Image.open(io.BytesIO(panel.canvas.value)))


def expected(panel):
    """Pixels of the session's scene, painted anew."""
    picture = Picture()
    picture.prepare()
    FigureCanvasAgg(picture.figure)
    picture.figure.set_dpi(panel.picture.figure.dpi)
    picture.resize(100 * panel.picture.figure.get_figwidth())
    picture.show(panel.animation.scene)
    return Blitter(picture).render()


def test_the_first_picture_is_there_without_a_command(panel):
    assert np.array_equal(shown(panel), expected(panel))


@pytest.mark.parametrize("room", ["260 1", "800 1.5"])
def test_the_image_is_drawn_for_its_room_and_the_dots_of_the_screen(panel, room):
    panel.step()
    panel.panel.room.value = room
    width, scale = map(float, room.split())
    assert np.array_equal(shown(panel), expected(panel))
    assert shown(panel).shape[1] == width * scale


def test_the_image_is_the_sessions_picture_after_every_command(panel):
    for command in (panel.step, panel.step, panel.back, panel.run, panel.reset, panel.new_start):
        command()
        assert np.array_equal(shown(panel), expected(panel))
    panel.panel.speed.value = 8.0
    panel.play()
    while panel.playing:
        time.sleep(0.01)
    assert panel.converged
    assert np.array_equal(shown(panel), expected(panel))


def test_frames_keep_their_distance_and_the_last_one_is_true(monkeypatch):
    session, picture, clock, sent = KMeansSession(), Picture(), [100.0], []
    session.run()
    surface = image_canvas.ImageCanvas(picture, threading.RLock(), lambda: None)
    surface.observe(lambda _: sent.append(clock[0]), "value")

    def sleep(pause):
        clock[0] += pause

    monkeypatch.setattr(
        image_canvas, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep)
    )
    for cursor in range(session.cursor + 1):
        picture.show(record(session).scene(cursor))
        surface.send_frame()
    assert len(sent) == session.cursor + 1
    assert np.diff(sent).min() >= image_canvas.FRAME_INTERVAL - 1e-9
    last = np.asarray(Image.open(io.BytesIO(surface.value)))
    assert np.array_equal(last, Blitter(picture).render())
    surface.close()


def test_of_many_who_wait_few_send(panel):
    shown(panel)
    sent = []
    panel.canvas.observe(sent.append, "value")
    begun = time.monotonic()
    threads = [threading.Thread(target=panel.canvas.send_frame) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) <= 1 + (time.monotonic() - begun) / image_canvas.FRAME_INTERVAL
    assert not panel.canvas._outdated


def test_a_closed_panel_sends_nothing_and_leaves_no_model_behind():
    before = set(_instances)
    panel = KMeansWidget(canvas="png")
    panel.step()
    panel.close()
    sent = []
    panel.canvas.observe(sent.append, "value")
    panel.canvas.send_frame()
    panel.animation.player.join(10)
    assert sent == []
    assert set(_instances) == before


def test_it_warms_up_once_the_first_frame_is_sent(monkeypatch):
    calls = []
    monkeypatch.setattr(KMeansWidget, "_warm_up", lambda _: calls.append(1))
    panel = KMeansWidget(canvas="png")
    shown(panel)
    panel.step()
    shown(panel)
    panel.close()
    assert len(calls) == 1


@pytest.mark.parametrize("mode", TOOLS)
def test_no_hint_speaks_of_a_mouse_that_is_not_heard(panel, mode):
    tools = panel.panel.toolbar
    tools.mode.value = mode
    words = [tools.hint.value, *tools.mode.tooltips, tools.unfold.tooltip]
    assert not any(
        word in text.lower() for text in words for word in ("click", "drag", "hover", "mouse")
    )
    assert tools.hint.value != f"<span>{TOOLS[mode].hint}</span>"


def test_a_tool_without_a_mouse_opens_its_form_by_numbers(panel):
    tools = panel.panel.toolbar
    assert not is_visible(tools.form)
    tools.mode.value = "add"
    assert is_visible(tools.form)
    tools.x.value, tools.y.value = 1.0, 2.0
    tools.act.click()
    assert panel.X[30].tolist() == [1.0, 2.0]
    assert np.array_equal(shown(panel), expected(panel))
