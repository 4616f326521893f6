"""The widget without a browser: its traits, its controls, its static result."""

import base64
import gc
import html
import io
import threading
import time
import weakref

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter
from ipywidgets.widgets.widget import _instances
from PIL import Image

from kmeans_widget import KMeansWidget, datasets
from kmeans_widget.panel import animation
from kmeans_widget.panel.buttons import PAUSE, PLAY_AGAIN
from kmeans_widget.plot.limits import clamp_to_box
from kmeans_widget.plot.narration import narrate
from opened import opened, widget

__all__ = ["opened", "widget"]


def shown(widget):
    """Positions of the centroids in the picture."""
    clusters = widget.picture._clusters
    return [c.center.get_xydata()[0].tolist() for c in clusters if c.center.get_visible()]


def wait_for(condition, timeout=20):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_picture_follows_every_command(widget):
    for command in (
        widget.step,
        widget.step,
        widget.back,
        widget.run,
        widget.reset,
        widget.new_start,
    ):
        command()
        assert shown(widget) == widget.cluster_centers.tolist()
        assert widget.panel.status.value.count(widget.narration) == 1
    widget.cursor = 4
    assert shown(widget) == widget.cluster_centers.tolist()


def test_the_narration_is_the_scenes(widget):
    widget.step()
    assert widget.narration == narrate(widget.animation.scene)


def test_the_step_button_says_what_comes_next(widget):
    step = widget.panel.step
    assert step.description == "Step: Assign"
    step.click()
    assert widget.cursor == 1
    assert step.description == "Step: Recalculate"
    step.click()
    assert step.description == "Step: Assign"
    widget.run()
    assert step.disabled
    widget.panel.back.click()
    assert not step.disabled


def test_buttons_do_what_they_say(widget):
    controls = widget.panel
    controls.step.click()
    controls.step.click()
    controls.back.click()
    assert widget.cursor == 1
    controls.reset.click()
    assert widget.cursor == 0
    controls.buttons["new_start"].click()
    assert widget.random_state == controls.seed.value == 1
    controls.run.click()
    wait_for(lambda: widget.converged)


def test_buttons_that_would_do_nothing_are_off(widget):
    controls = widget.panel
    assert controls.back.disabled
    assert controls.reset.disabled
    widget.run()
    assert controls.step.disabled
    assert controls.run.disabled
    assert not controls.back.disabled


def test_controls_set_the_parameters_and_follow_them(widget):
    controls = widget.panel
    controls.n_clusters.value = 4
    controls.init.value = "k-means++"
    controls.seed.value = 11
    assert (widget.n_clusters, widget.init, widget.random_state) == (4, "k-means++", 11)
    widget.n_clusters, widget.init, widget.random_state = 24, "farthest", 3
    assert (controls.n_clusters.value, controls.n_clusters.max) == (24, 24)
    assert (controls.init.value, controls.seed.value) == ("farthest", 3)


def test_given_centroids_are_a_start_of_their_own():
    widget = KMeansWidget(init=[[1.0, 1.0], [9.0, 9.0]])
    assert widget.panel.init.value == "given"
    widget.panel.init.value = "random"
    assert widget.init == "random"
    assert "given" not in [value for _, value in widget.panel.init.options]
    widget.close()


@pytest.mark.parametrize("before", ["k-means++", "farthest"])
def test_given_centroids_may_come_and_go(before):
    widget = KMeansWidget(datasets.walkthrough(), init=before)
    widget.init = [[1.0, 1.0], [9.0, 9.0]]
    assert widget.panel.init.value == "given"
    assert widget.cluster_centers.tolist() == [[1.0, 1.0], [9.0, 9.0]]
    widget.panel.init.value = "farthest"
    assert widget.init == "farthest"
    widget.init = [[1.0, 1.0], [9.0, 9.0]]
    widget.init = "k-means++"
    assert widget.init == widget.panel.init.value == "k-means++"
    widget.close()


def test_the_chart_shows_only_branches_whose_inertia_can_be_compared(widget):
    def shown():
        return [len(curve) > 0 for curve in widget.animation.scene.curves]

    widget.run()
    widget.new_start()
    widget.run()
    assert shown() == [True, True]
    assert widget.animation.scene.n_incomparable == 0
    widget.scale = "standard"
    widget.run()
    assert shown() == [False, False, True]
    assert widget.animation.scene.n_incomparable == 2
    widget.branch = 0
    widget.move_center(0, [2.0, 9.0])
    widget.run()
    assert shown() == [True, True, False, True]
    assert widget.animation.scene.curve[0, 0] == 1.0  # as the header says
    widget.add_point([1.0, 1.0])
    widget.run()
    assert shown() == [False] * 4 + [True]


def test_switches_change_the_picture_and_nothing_else(widget):
    widget.step()
    widget.panel.regions.value = False
    widget.panel.lines.value = False
    widget.panel.legend.box.children[1].value = False
    assert widget.cursor == 1
    assert not any(c.region.get_visible() for c in widget.picture._clusters)
    assert not any(c.lines.get_visible() for c in widget.picture._clusters)
    assert [c.points.get_visible() for c in widget.picture._clusters[:2]] == [True, False]


def test_what_is_refused_in_the_panel_is_said_there_and_loses_nothing():
    widget = KMeansWidget([[0.0, 0.0]] * 5 + [[1.0, 1.0]] * 5 + [[2.0, 0.0]] * 5, 3)
    widget.cursor = 2
    before = widget.cluster_centers
    widget.panel.n_clusters.value = 5
    assert "distinct points, but there are 3." in widget.panel.notice.value
    assert widget.panel.n_clusters.value == widget.n_clusters == 3
    assert widget.cursor == 2
    assert np.array_equal(widget.cluster_centers, before)
    widget.panel.step.click()
    assert widget.panel.notice.value == ""
    widget.close()


def test_an_error_in_a_callback_is_shown(widget, monkeypatch):
    monkeypatch.setattr(widget.animation, "_half_steps", lambda: iter(int, None))  # no iterator
    monkeypatch.setattr(widget.animation.player, "start", int)  # which takes none
    widget.panel.play.click()
    assert "int()" in widget.panel.notice.value
    assert not widget.playing
    assert widget.panel.play.description == "Play"


def test_play_goes_to_the_end_and_stops(widget, monkeypatch):
    monkeypatch.setattr(animation, "HALF_STEP", 0.08)
    widget.panel.speed.value = 8.0
    widget.play()
    assert widget.panel.play.description == "Pause"
    wait_for(lambda: not widget.playing)
    assert widget.converged
    assert widget.panel.play.description == "Play"
    assert shown(widget) == widget.cluster_centers.tolist()


def test_pause_stops_at_once(widget):
    widget.panel.speed.value = 0.25
    widget.play()
    wait_for(lambda: widget.cursor == 1)
    widget.pause()
    assert not widget.playing
    assert shown(widget) == widget.cluster_centers.tolist()
    time.sleep(0.1)
    assert widget.cursor == 1


@pytest.mark.parametrize("command", ["step", "back", "reset", "run"])
def test_a_command_ends_playing(widget, command):
    widget.cursor = 2
    widget.play()
    getattr(widget, command)()
    assert not widget.playing


def test_another_k_during_play_plays_on(widget):
    widget.panel.speed.value = 8.0
    widget.play()
    wait_for(lambda: widget.cursor >= 2)
    widget.panel.n_clusters.value = 3
    assert widget.playing
    wait_for(lambda: not widget.playing)
    assert widget.converged
    assert widget.n_clusters == 3


def test_playing_is_a_trait_like_any_other(widget):
    widget.playing = True
    wait_for(lambda: widget.cursor > 0)
    widget.playing = False
    assert not widget.animation.playing


def test_play_at_the_end_starts_over(widget):
    widget.panel.speed.value = 0.25
    widget.run()
    assert not widget.panel.play.disabled
    assert widget.panel.play.tooltip == PLAY_AGAIN
    with widget.lock:
        widget.play()
        assert (widget.playing, widget.cursor, widget.panel.play.tooltip) == (True, 0, PAUSE)
    widget.run()
    with widget.lock:
        widget.panel.play.click()
        assert (widget.playing, widget.cursor) == (True, 0)


def test_an_unknown_keyword_is_a_type_error_with_a_hint():
    with pytest.raises(TypeError, match="did you mean 'n_clusters'"):
        KMeansWidget(n_cluster=3)
    with pytest.raises(TypeError, match="It knows X, n_clusters"):
        KMeansWidget(bananas=3)


def test_refused_data_leave_no_widget_behind():
    before = set(_instances)
    with pytest.raises(ValueError, match="infinity"):
        KMeansWidget([[np.inf, 1.0], [1.0, 2.0]])
    assert set(_instances) == before


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_clusters": 99}, "99 clusters"),
        ({"tol": -1.0}, "tol"),
        ({"init": "randon"}, "init"),
    ],
)
def test_refused_parameters_leave_no_widget_behind(wrong, words):
    before = set(_instances)
    with pytest.raises(ValueError, match=words):
        KMeansWidget(**wrong)
    assert set(_instances) == before


def test_a_closed_panel_leaves_no_model_behind():
    before = set(_instances)
    widget = KMeansWidget()
    widget.step()
    widget.close()
    assert set(_instances) == before


def test_a_panel_may_be_closed_while_it_plays(monkeypatch):
    failures = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    widget = KMeansWidget()
    widget.canvas.connected = True
    widget.panel.speed.value = 8.0
    widget.play()
    wait_for(lambda: widget.cursor > 0)
    widget.close()
    widget.animation.player.join(10)
    assert failures == []


def test_a_closed_panel_does_not_play():
    widget = KMeansWidget()
    widget.play()
    widget.close()
    assert not widget.playing


def test_playing_set_while_the_lock_is_held_waits_until_it_is_free(widget):
    widget.play()
    pause = threading.Thread(target=widget.pause)
    with widget.lock:
        pause.start()
        pause.join(0.1)
        assert widget.playing
    pause.join(10)
    assert not widget.playing


def test_observers_of_playing_see_only_what_happens(widget):
    seen = []
    widget.observe(lambda change: seen.append(change.new), "playing")
    widget.run()
    widget.play()
    widget.run()
    assert seen == [True, False]


@pytest.mark.parametrize(("x", "y"), [("$\\foo$", "a_b^c"), ("100%", "$"), ("{}", "y")])
def test_any_column_name_can_be_an_axis(x, y):
    widget = KMeansWidget(pd.DataFrame({x: [1.0, 2.0, 9.0], y: [1.0, 5.0, 2.0]}), 2)
    widget.run()
    widget.canvas.draw()
    assert widget._static_picture().png
    widget.close()


@pytest.fixture
def outputs(monkeypatch):
    """The outputs of a cell that displays panels: data and metadata of each."""
    published = []
    monkeypatch.setattr("kmeans_widget.widget.in_notebook", lambda: True)
    monkeypatch.setattr(
        "kmeans_widget.widget.publish_display_data", lambda *output: published.append(output)
    )
    return published


def test_a_panel_is_displayed_alive_and_then_as_a_picture(widget, outputs):
    widget.step()
    widget._ipython_display_()
    (live,), (picture, metadata) = outputs
    assert set(live) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert live["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id
    assert live["text/plain"] == (
        "KMeansWidget(30 points, 2 features, n_clusters=2, init='random', random_state=0): "
        f"{widget.narration}"
    )
    assert set(picture) == {"image/png", "text/plain"}
    image = Image.open(io.BytesIO(base64.b64decode(picture["image/png"])))
    assert image.info["Description"] == metadata["image/png"]["alt"]
    assert widget.narration in metadata["image/png"]["alt"]
    assert picture["text/plain"] == (
        f"K-means on 30 points of 2 features: K = 2, random, seed 0. {widget.narration}"
    )


def test_in_a_terminal_a_panel_is_its_text(widget):
    data, _ = DisplayFormatter().format(widget)
    assert data["text/plain"].endswith(widget.narration)


def test_the_picture_is_of_the_whole_run_before_a_step_is_taken(widget):
    assert "K-means has converged after 6 iterations" in widget._static_picture().words
    assert (widget.cursor, len(widget.trace), widget.current_branch.explored) == (0, 0, False)


def test_the_picture_is_of_the_moment_if_the_run_is_not_known(widget, monkeypatch):
    monkeypatch.setattr("kmeans_widget.widget.look_ahead", lambda branch: branch.trace)
    png, words = widget._static_picture()
    assert words == f"{widget.narration} Horizontal axis: x; vertical axis: y."
    assert Image.open(io.BytesIO(png)).info["Description"] == words


def test_the_picture_of_an_exercise_ends_at_the_cursor():
    widget = KMeansWidget(saved="cursor")
    widget.run()
    for cursor in (0, 3):
        widget.cursor = cursor
        words = widget._static_picture().words
        assert widget.narration in words
        assert "Iteration 2, recalculate" not in words
        assert "converged" not in words
    widget.close()


def test_a_saved_file_is_as_the_panel_is_switched(widget, tmp_path):
    widget.step()
    with_lines = widget.save(tmp_path / "run.svg").read_text()
    widget.panel.lines.value = widget.panel.regions.value = False
    assert len(widget.save(tmp_path / "run.svg").read_text()) < len(with_lines)
    assert '"lines":false,"regions":false' in widget.save(tmp_path / "run.html").read_text()


def test_a_long_export_is_told_in_the_panel(widget, tmp_path, monkeypatch):
    monkeypatch.setattr("kmeans_widget.export.saving.REPORT_INTERVAL", 0.0)
    seen = []
    widget.panel.notice.observe(lambda change: seen.append(change.new), "value")
    widget.save(tmp_path / "run.html")
    assert "Saving &#x27;run.html&#x27;: 12 of 12 frames." in seen[-2]
    assert seen[-1] == ""


def test_the_static_result_shows_the_cursor(widget):
    pictures = set()
    for _ in range(3):
        pictures.add(widget._static_picture().png)
        widget.step()
    assert len(pictures) == 3


def test_the_users_matplotlib_stays_as_it_was():
    import subprocess
    import sys

    code = (
        "import matplotlib as mpl; mpl.use('svg'); import matplotlib.pyplot as plt\n"
        "from kmeans_widget import KMeansWidget; panel = KMeansWidget()\n"
        "panel._static_picture(); panel.close()\n"
        "print(mpl.get_backend(), plt.get_fignums(), plt.get_backend())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["svg", "[]", "svg"]
    assert mpl.rcParams["figure.facecolor"] == mpl.rcParamsDefault["figure.facecolor"]


def test_the_picture_follows_edits_branches_and_undo(widget):
    widget.cursor = 4
    sentences = []

    def check(n_points, lead):
        assert (
            shown(widget)
            == clamp_to_box(widget.cluster_centers, widget.animation.scene.backdrop.box).tolist()
        )
        assert len(widget.animation.scene.backdrop.points) == len(widget.point_labels) == n_points
        assert np.array_equal(widget.animation.scene.labels, widget.point_labels)
        assert widget.narration.startswith(lead)
        assert widget.panel.status.value.count(html.escape(widget.narration)) == 1
        sentences.append(widget.narration)

    widget.move_center(0, [2.0, 9.0])
    check(30, "New branch: centroid 0 was moved by hand to (2, 9);")
    widget.step()
    widget.add_point([12.0, 1.0])
    check(31, "New branch: a point was added at (12, 1);")
    widget.run()
    widget.branch = 0
    check(30, "Back on the branch “K = 2, random, seed 0”; iteration 2, recalculate:")
    widget.branch = 2
    check(31, "Back on the branch “1 point added at iteration 1”; ")
    widget.undo()
    check(30, "Undone: 1 point added; iteration 1, assign:")
    widget.redo()
    check(31, "Done again: 1 point added; ")
    widget.cursor = 1
    check(31, "Iteration 1, assign:")
    widget.place_center([1.0, 1.0])
    check(31, "Centroid 0 is placed at (1, 1): place 1 more,")
    widget.place_center([9.0, 9.0])
    check(31, "New branch: 2 centroids placed by hand;")
    assert all("\n" not in sentence and sentence.endswith(".") for sentence in sentences)


def test_an_edit_during_play_plays_on(widget):
    widget.panel.speed.value = 8.0
    widget.play()
    wait_for(lambda: widget.cursor >= 2)
    widget.move_center(0, [1.0, 9.0])
    assert widget.playing
    wait_for(lambda: not widget.playing)
    assert widget.converged
    assert widget.branch == 1


def test_controls_follow_a_branch(widget):
    widget.step()
    widget.n_clusters, widget.init, widget.random_state = 4, "k-means++", 6
    widget.step()
    widget.branch = 0
    controls = widget.panel
    assert (controls.n_clusters.value, controls.init.value, controls.seed.value) == (2, "random", 0)
    assert controls.step.description == "Step: Recalculate"
    assert widget.branch == 0


def test_one_canvas_serves_for_life(widget):
    canvas = widget.canvas
    widget.run()
    widget.n_clusters = 5
    widget.new_start()
    assert widget.canvas is canvas
    assert widget.picture.figure.canvas is canvas


def test_a_closed_panel_is_freed():
    widget = KMeansWidget()
    widget.run()
    figure, gone = weakref.ref(widget.picture.figure), weakref.ref(widget)
    widget.close()
    widget.animation.player.join(10)
    del widget
    gc.collect()
    assert gone() is None
    assert figure() is None


def test_more_features_are_shown_on_their_principal_plane():
    widget = KMeansWidget(datasets.iris().X)
    widget.run()
    assert "principal component 1" in widget.picture.map.get_xlabel()
    assert widget.cluster_centers.shape == (3, 4)
    widget.close()


def test_colours_stay_with_the_clusters_over_branches(widget):
    widget.run()
    widget.new_start()
    widget.n_clusters = 4
    assert widget.animation.scene.slots == widget.slots
    widget.branch = 0
    assert widget.animation.scene.slots == widget.slots == (0, 1)


def test_the_chart_keeps_every_branch(widget):
    widget.run()
    first = widget.trace.curve(widget.cursor)
    widget.cursor = 4
    widget.move_center(0, [2.0, 9.0])
    widget.step()
    assert np.array_equal(widget.animation.scene.curves[0], first)
    assert widget.animation.scene.curve[:, 0].tolist() == [1.0]
