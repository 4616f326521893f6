"""The start is watched in the panel: its button, those of the run, slider, mouse, files."""

import json
import re

import numpy as np
import pytest

from hand import Hand
from kmeans_widget import KMeansWidget
from kmeans_widget.export.image import png


@pytest.fixture
def widget():
    widget = KMeansWidget(n_clusters=4, init="k-means++", random_state=3)
    yield widget
    widget.close()


def test_a_button_begins_and_the_buttons_of_the_run_go_on(widget):
    panel = widget.panel
    panel.watch.click()
    seen = []
    while widget.cursor < 1:
        state = panel.step.description, panel.back.disabled, panel.reset.disabled, panel.scrub.min
        seen.append((widget.cursor, panel.scrub.value, *state))
        panel.step.click()
    assert seen == [
        (-4, -4, "Step: Pick", True, False, -4),
        (-3, -3, "Step: Pick", False, False, -4),
        (-2, -2, "Step: Pick", False, False, -4),
        (-1, -1, "Step: Start", False, False, -4),
        (0, 0, "Step: Assign", True, True, 0),
    ]
    panel.watch.click()
    panel.reset.click()
    assert (widget.cursor, panel.scrub.min, panel.scrub.value) == (0, 0, 0)


def test_the_slider_goes_through_the_picks(widget):
    scrub = widget.panel.scrub
    widget.watch_start()
    scrub.value = -2
    assert widget.cursor == -2
    assert widget.narration in widget.panel.status.value
    scrub.value = 5
    assert (widget.cursor, scrub.min) == (5, 0)
    widget.run()
    widget.watch_start()
    assert (scrub.min, scrub.value, scrub.max) == (-4, -4, widget.trace.last_cursor)


def test_play_goes_from_the_first_pick_to_the_end(widget):
    widget.panel.speed.value = 8.0
    widget.watch_start()
    cursors = []
    widget.observe(lambda change: cursors.append(change.new), "cursor")
    widget.play()
    widget.animation.player._thread.join(30)
    assert widget.at_end
    assert cursors == [*range(-3, widget.cursor + 1)]


def test_a_start_that_was_given_cannot_be_watched(widget):
    watch = widget.panel.watch
    assert not watch.disabled
    widget.move_center(0, [3.0, 3.0])
    assert watch.disabled
    assert "the centroids of this start were given" in watch.tooltip
    widget.new_start()
    assert not watch.disabled
    assert "how its centroids are picked" in watch.tooltip


def test_a_centroid_that_is_dragged_brings_the_others(widget):
    widget.cursor = -3
    hand, picture = Hand(widget), widget.picture
    start = widget.cluster_centers[1]
    unpicked = widget.cluster_centers[3]
    hand.move(unpicked)  # a point: its centroid is not there yet
    assert "Point" in widget.panel.card.value
    assert widget.panel.card.value.count("<li>") == 2  # distances to the centroids so far
    hand.press(start)
    hand.move(start + 1.0, held=True)
    assert sum(c.center.get_visible() for c in picture._clusters) == 4
    assert widget.panel.status.value.startswith("Trial: centroid 1")
    hand.move(start, held=True)
    hand.release(start + 1.0)
    assert widget.branches[-1].name == "centroid 1 moved at the start"
    assert widget.cursor == 1


def test_a_picture_is_that_of_the_pick_and_a_run_begins_at_the_start(widget, tmp_path):
    start = widget.narration
    widget.cursor = -2
    scene = widget.animation.scene
    assert widget.save(tmp_path / "pick.png").read_bytes() == png(scene)
    page = widget.save(tmp_path / "run.html").read_text("utf-8")
    data = json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page)[1])
    assert data["cursor"] == 0
    assert data["hidden"] == []
    assert data["frames"][0]["words"] == start
    assert start in widget._static_picture().words
    with pytest.raises(ValueError, match="No point is assigned yet"):
        widget.save(tmp_path / "run.csv")


def test_the_picture_of_an_exercise_stops_at_the_pick():
    widget = KMeansWidget(init="farthest", saved="cursor")
    widget.cursor = -2
    assert widget._static_picture().words.startswith("Start, pick 1 of 2 (farthest points): ")
    widget.close()


def test_the_clusters_are_not_there_yet(widget):
    widget.panel.tab.value = "clusters"
    widget.watch_start()
    listed = [button.description for button in widget.panel.legend.box.children]
    assert listed == [f"{k}: no points" for k in range(4)]
    widget.color_by = np.arange(30) % 3
    assert widget.animation.scene.sizes.max() == 2.0
    widget.panel.tab.value = "algorithm"
