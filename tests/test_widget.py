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
from ipywidgets.widgets.widget import _instances
from PIL import Image

from kmeans_widget import KMeansWidget, datasets
from kmeans_widget.plot.limits import clamp_to_box
from kmeans_widget.plot.narration import narrate


@pytest.fixture
def panel():
    panel = KMeansWidget()
    yield panel
    panel.close()


def shown(panel):
    """Positions of the centroids in the picture."""
    clusters = panel.picture._clusters
    return [c.center.get_xydata()[0].tolist() for c in clusters if c.center.get_visible()]


def wait_for(condition, timeout=20):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_picture_follows_every_command(panel):
    for command in (panel.step, panel.step, panel.back, panel.run, panel.reset, panel.new_start):
        command()
        assert shown(panel) == panel.cluster_centers.tolist()
        assert panel.panel.status.value.count(panel.narration) == 1
    panel.cursor = 4
    assert shown(panel) == panel.cluster_centers.tolist()


def test_the_narration_is_the_scenes(panel):
    panel.step()
    assert panel.narration == narrate(panel.animation.scene)


def test_the_step_button_says_what_comes_next(panel):
    step = panel.panel.step
    assert step.description == "Step: Assign"
    step.click()
    assert panel.cursor == 1
    assert step.description == "Step: Recalculate"
    step.click()
    assert step.description == "Step: Assign"
    panel.run()
    assert step.disabled
    panel.panel.back.click()
    assert not step.disabled


def test_buttons_do_what_they_say(panel):
    controls = panel.panel
    controls.step.click()
    controls.step.click()
    controls.back.click()
    assert panel.cursor == 1
    controls.reset.click()
    assert panel.cursor == 0
    controls.buttons["new_start"].click()
    assert panel.random_state == controls.seed.value == 1
    controls.run.click()
    wait_for(lambda: panel.converged)


def test_buttons_that_would_do_nothing_are_off(panel):
    controls = panel.panel
    assert controls.back.disabled
    assert controls.reset.disabled
    panel.run()
    assert controls.step.disabled
    assert controls.run.disabled
    assert not controls.back.disabled


def test_controls_set_the_parameters_and_follow_them(panel):
    controls = panel.panel
    controls.n_clusters.value = 4
    controls.init.value = "k-means++"
    controls.seed.value = 11
    assert (panel.n_clusters, panel.init, panel.random_state) == (4, "k-means++", 11)
    panel.n_clusters, panel.init, panel.random_state = 24, "farthest", 3
    assert (controls.n_clusters.value, controls.n_clusters.max) == (24, 24)
    assert (controls.init.value, controls.seed.value) == ("farthest", 3)


def test_given_centroids_are_a_start_of_their_own():
    panel = KMeansWidget(init=[[1.0, 1.0], [9.0, 9.0]])
    assert panel.panel.init.value == "given"
    panel.panel.init.value = "random"
    assert panel.init == "random"
    assert "given" not in [value for _, value in panel.panel.init.options]
    panel.close()


@pytest.mark.parametrize("before", ["k-means++", "farthest"])
def test_given_centroids_may_come_and_go(before):
    panel = KMeansWidget(datasets.walkthrough(), init=before)
    panel.init = [[1.0, 1.0], [9.0, 9.0]]
    assert panel.panel.init.value == "given"
    assert panel.cluster_centers.tolist() == [[1.0, 1.0], [9.0, 9.0]]
    panel.panel.init.value = "farthest"
    assert panel.init == "farthest"
    panel.init = [[1.0, 1.0], [9.0, 9.0]]
    panel.init = "k-means++"
    assert panel.init == panel.panel.init.value == "k-means++"
    panel.close()


def test_switches_change_the_picture_and_nothing_else(panel):
    panel.step()
    panel.panel.regions.value = False
    panel.panel.lines.value = False
    assert panel.cursor == 1
    assert not any(c.region.get_visible() for c in panel.picture._clusters)
    assert not any(c.lines.get_visible() for c in panel.picture._clusters)


def test_what_is_refused_in_the_panel_is_said_there_and_loses_nothing():
    panel = KMeansWidget([[0.0, 0.0]] * 5 + [[1.0, 1.0]] * 5 + [[2.0, 0.0]] * 5, 3)
    panel.cursor = 2
    before = panel.cluster_centers
    panel.panel.n_clusters.value = 5
    assert "distinct points, but there are 3." in panel.panel.notice.value
    assert panel.panel.n_clusters.value == panel.n_clusters == 3
    assert panel.cursor == 2
    assert np.array_equal(panel.cluster_centers, before)
    panel.panel.step.click()
    assert panel.panel.notice.value == ""
    panel.close()


def test_an_error_in_a_callback_is_shown(panel, monkeypatch):
    monkeypatch.setattr(panel.animation, "_half_steps", lambda: iter(int, None))  # no iterator
    monkeypatch.setattr(panel.animation.player, "start", int)  # which takes none
    panel.panel.play.click()
    assert "int()" in panel.panel.notice.value
    assert not panel.playing


def test_play_goes_to_the_end_and_stops(panel):
    panel.panel.speed.value = 8.0
    panel.play()
    assert panel.panel.play.description == "Pause"
    wait_for(lambda: not panel.playing)
    assert panel.converged
    assert panel.panel.play.description == "Play"
    assert shown(panel) == panel.cluster_centers.tolist()


def test_pause_stops_at_once(panel):
    panel.panel.speed.value = 0.25
    panel.play()
    wait_for(lambda: panel.cursor == 1)
    panel.pause()
    assert not panel.playing
    assert shown(panel) == panel.cluster_centers.tolist()
    time.sleep(0.1)
    assert panel.cursor == 1


@pytest.mark.parametrize("command", ["step", "back", "reset", "run"])
def test_a_command_ends_playing(panel, command):
    panel.cursor = 2
    panel.play()
    getattr(panel, command)()
    assert not panel.playing


def test_another_k_during_play_plays_on(panel):
    panel.panel.speed.value = 8.0
    panel.play()
    wait_for(lambda: panel.cursor >= 2)
    panel.panel.n_clusters.value = 3
    assert panel.playing
    wait_for(lambda: not panel.playing)
    assert panel.converged
    assert panel.n_clusters == 3


def test_playing_is_a_trait_like_any_other(panel):
    panel.playing = True
    wait_for(lambda: panel.cursor > 0)
    panel.playing = False
    panel.run()
    panel.playing = True
    assert not panel.playing


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
    panel = KMeansWidget()
    panel.step()
    panel.close()
    assert set(_instances) == before


def test_a_panel_may_be_closed_while_it_plays(monkeypatch):
    failures = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    panel = KMeansWidget()
    panel.canvas.connected = True
    panel.panel.speed.value = 8.0
    panel.play()
    wait_for(lambda: panel.cursor > 0)
    panel.close()
    panel.animation.player.join(10)
    assert failures == []


def test_observers_of_playing_see_only_what_happens(panel):
    seen = []
    panel.run()
    panel.observe(lambda change: seen.append(change.new), "playing")
    panel.play()
    assert seen == []
    assert not panel.playing


@pytest.mark.parametrize("name", ["$\\foo$", "a_b^c", "100%", "$", "{}"])
def test_any_column_name_can_be_an_axis(name):
    panel = KMeansWidget(pd.DataFrame({name: [1.0, 2.0, 9.0], "y": [1.0, 5.0, 2.0]}), 2)
    panel.run()
    panel.canvas.draw()
    assert panel._repr_mimebundle_()[0]["image/png"]
    panel.close()


def test_the_static_result_is_a_picture_and_one_line(panel):
    panel.step()
    data, metadata = panel._repr_mimebundle_()
    assert data["text/plain"] == (
        "KMeansWidget(30 points, 2 features, n_clusters=2, init='random', random_state=0): "
        f"{panel.narration}"
    )
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert image.info["Description"] == metadata["image/png"]["alt"]
    assert panel.narration in metadata["image/png"]["alt"]
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.model_id


def test_the_static_result_is_the_whole_run_before_a_step_is_taken(panel):
    data, metadata = panel._repr_mimebundle_()
    assert "K-means has converged after 6 iterations" in metadata["image/png"]["alt"]
    assert data["text/plain"].endswith(panel.narration)
    assert (panel.cursor, len(panel.trace), panel.current_branch.explored) == (0, 0, False)


def test_the_static_result_is_the_moment_if_the_run_is_not_known(panel, monkeypatch):
    monkeypatch.setattr("kmeans_widget.widget.look_ahead", lambda branch: branch.trace)
    data, metadata = panel._repr_mimebundle_()
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    words = f"{panel.narration} Horizontal axis: x; vertical axis: y."
    assert image.info["Description"] == metadata["image/png"]["alt"] == words


def test_a_saved_file_is_as_the_panel_is_switched(panel, tmp_path):
    panel.step()
    with_lines = panel.save(tmp_path / "run.svg").read_text()
    panel.panel.lines.value = panel.panel.regions.value = False
    assert len(panel.save(tmp_path / "run.svg").read_text()) < len(with_lines)
    assert '"lines":false,"regions":false' in panel.save(tmp_path / "run.html").read_text()


def test_a_long_export_is_told_in_the_panel(panel, tmp_path, monkeypatch):
    monkeypatch.setattr("kmeans_widget.export.saving.REPORT_INTERVAL", 0.0)
    seen = []
    panel.panel.notice.observe(lambda change: seen.append(change.new), "value")
    panel.save(tmp_path / "run.html")
    assert "Saving &#x27;run.html&#x27;: 12 of 12 frames." in seen[-2]
    assert seen[-1] == ""


def test_the_static_result_shows_the_cursor(panel):
    pictures = set()
    for _ in range(3):
        pictures.add(panel._repr_mimebundle_()[0]["image/png"])
        panel.step()
    assert len(pictures) == 3


def test_the_users_matplotlib_stays_as_it_was():
    import subprocess
    import sys

    code = (
        "import matplotlib as mpl; mpl.use('svg'); import matplotlib.pyplot as plt\n"
        "from kmeans_widget import KMeansWidget; panel = KMeansWidget(); panel.run()\n"
        "panel._repr_mimebundle_(); panel.close()\n"
        "print(mpl.get_backend(), plt.get_fignums(), plt.get_backend())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["svg", "[]", "svg"]
    assert mpl.rcParams["figure.facecolor"] == mpl.rcParamsDefault["figure.facecolor"]


def test_the_picture_follows_edits_branches_and_undo(panel):
    panel.cursor = 4
    sentences = []

    def check(n_points, lead):
        assert (
            shown(panel)
            == clamp_to_box(panel.cluster_centers, panel.animation.scene.backdrop.box).tolist()
        )
        assert len(panel.animation.scene.backdrop.points) == len(panel.point_labels) == n_points
        assert np.array_equal(panel.animation.scene.labels, panel.point_labels)
        assert panel.narration.startswith(lead)
        assert panel.panel.status.value.count(html.escape(panel.narration)) == 1
        sentences.append(panel.narration)

    panel.move_center(0, [2.0, 9.0])
    check(30, "New branch: centroid 0 was moved by hand to (2, 9);")
    panel.step()
    panel.add_point([12.0, 1.0])
    check(31, "New branch: a point was added at (12, 1);")
    panel.run()
    panel.branch = 0
    check(30, "Back on the branch “K = 2, random, seed 0”; iteration 2, recalculate:")
    panel.branch = 2
    check(31, "Back on the branch “1 point added at iteration 1”; ")
    panel.undo()
    check(30, "Undone: 1 point added; iteration 1, assign:")
    panel.redo()
    check(31, "Done again: 1 point added; ")
    panel.cursor = 1
    check(31, "Iteration 1, assign:")
    panel.place_center([1.0, 1.0])
    check(31, "Centroid 0 is placed at (1, 1): place 1 more,")
    panel.place_center([9.0, 9.0])
    check(31, "New branch: 2 centroids placed by hand;")
    assert all("\n" not in sentence and sentence.endswith(".") for sentence in sentences)


def test_an_edit_during_play_plays_on(panel):
    panel.panel.speed.value = 8.0
    panel.play()
    wait_for(lambda: panel.cursor >= 2)
    panel.move_center(0, [1.0, 9.0])
    assert panel.playing
    wait_for(lambda: not panel.playing)
    assert panel.converged
    assert panel.branch == 1


def test_controls_follow_a_branch(panel):
    panel.step()
    panel.n_clusters, panel.init, panel.random_state = 4, "k-means++", 6
    panel.step()
    panel.branch = 0
    controls = panel.panel
    assert (controls.n_clusters.value, controls.init.value, controls.seed.value) == (2, "random", 0)
    assert controls.step.description == "Step: Recalculate"
    assert panel.branch == 0


def test_one_canvas_serves_for_life(panel):
    canvas = panel.canvas
    panel.run()
    panel.n_clusters = 5
    panel.new_start()
    assert panel.canvas is canvas
    assert panel.picture.figure.canvas is canvas


def test_a_closed_panel_is_freed():
    panel = KMeansWidget()
    panel.run()
    figure, gone = weakref.ref(panel.picture.figure), weakref.ref(panel)
    panel.close()
    panel.animation.player.join(10)
    del panel
    gc.collect()
    assert gone() is None
    assert figure() is None


def test_more_features_are_shown_on_their_principal_plane():
    panel = KMeansWidget(datasets.iris().X)
    panel.run()
    assert "principal component 1" in panel.picture.map.get_xlabel()
    assert panel.cluster_centers.shape == (3, 4)
    panel.close()


def test_colours_stay_with_the_clusters_over_branches(panel):
    panel.run()
    panel.new_start()
    panel.n_clusters = 4
    assert panel.animation.scene.slots == panel.slots
    panel.branch = 0
    assert panel.animation.scene.slots == panel.slots == (0, 1)


def test_the_chart_keeps_every_branch(panel):
    panel.run()
    first = panel.trace.curve(panel.cursor)
    panel.cursor = 4
    panel.move_center(0, [2.0, 9.0])
    panel.step()
    assert np.array_equal(panel.animation.scene.curves[0], first)
    assert panel.animation.scene.curve[:, 0].tolist() == [3.0]
