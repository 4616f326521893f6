"""The mouse on the picture: messages as a browser sends them, and what becomes of the session."""

import json

import numpy as np
import pytest

from hand import Hand
from kmeans_widget import KMeansWidget, datasets
from kmeans_widget.panel import map_actions
from kmeans_widget.panel.factory import is_visible
from kmeans_widget.panel.tools import TOOLS
from kmeans_widget.plot.limits import clamp_to_box


def near(place):
    """Within a pixel: matplotlib cuts the fractions of pixels off."""
    return pytest.approx(place, abs=0.03)


@pytest.fixture
def widget(widget):
    widget.cursor = 2
    return widget


@pytest.fixture
def hand(widget):
    return Hand(widget)


def shown(widget):
    clusters = widget.picture._clusters
    return [c.center.get_xydata()[0].tolist() for c in clusters if c.center.get_visible()]


def members(widget):
    """The cluster of every point, by the colour in which it is drawn."""
    drawn = [cluster.members for cluster in widget.picture._clusters[: widget.n_clusters]]
    labels = np.full(len(widget.X), -1)
    for k, rows in enumerate(drawn):
        labels[rows] = k
    return labels.tolist()


def test_a_dragged_centroid_is_one_command(widget, hand):
    hand.drag(widget.cluster_centers[1], (3.0, 8.0))
    assert widget.cluster_centers[1] == near([3.0, 8.0])
    assert widget.branches[1].name == "centroid 1 moved at iteration 1"
    widget.undo()
    assert (len(widget.branches), widget.cursor) == (1, 2)
    assert not widget.can_undo


@pytest.mark.parametrize("cursor", [0, 2])
def test_while_it_is_dragged_the_picture_tries_what_dropping_would_do(widget, hand, cursor):
    widget.cursor = cursor
    before, labels = widget.cluster_centers, widget.point_labels
    numbers, sentence = widget.panel.numbers.value, widget.panel.status.value
    hand.press(before[0])
    hand.move((3.0, 8.0), held=True)
    assert shown(widget)[0] == near([3.0, 8.0])
    trial, seen = widget.panel.status.value, members(widget)
    assert np.array_equal(widget.cluster_centers, before)
    assert (len(widget.branches), widget.narration) == (1, sentence)
    hand.move((3.0, 99.0), held=True)
    hand.release((3.0, 99.0))
    assert (widget.panel.numbers.value, widget.panel.status.value) == (numbers, sentence)
    hand.drag(before[0], (3.0, 8.0))
    assert widget.cursor == 1
    assert members(widget) == seen == widget.point_labels.tolist()
    changed = np.count_nonzero(widget.point_labels != labels)
    changes = f"{changed} of 30 points would change cluster, " if cursor else ""
    x, y = (f"{number:.4g}" for number in widget.cluster_centers[0])
    assert trial == f"Trial: centroid 0 at ({x}, {y}): {changes}inertia {widget.inertia:.4g}."
    assert widget.narration.startswith(
        f"New branch: centroid 0 was moved by hand to ({x}, {y}); iteration 1, assign: each of the"
    )


def test_during_a_trial_no_card_tells_the_distances_of_before(widget, hand):
    widget.map_actions.inspect(5)
    told = widget.panel.card.value
    hand.press(widget.cluster_centers[0])
    hand.move((3.0, 8.0), held=True)
    assert "Point 5" not in widget.panel.card.value
    hand.move((3.0, 99.0), held=True)
    hand.release((3.0, 99.0))
    assert widget.panel.card.value == told
    widget.map_actions.inspect(None)


def test_with_many_points_a_trial_says_that_it_is_of_those_drawn(monkeypatch):
    monkeypatch.setattr(map_actions, "TRIAL_WORK", 30_000)
    X = np.random.default_rng(0).normal(size=(12_000, 2))
    widget = KMeansWidget(X, 3)
    widget.run()
    hand, counts = Hand(widget), widget.animation.scene.facts.counts
    hand.press(widget.cluster_centers[0])
    hand.move((0.0, 0.0), held=True)
    assert "; among 10,000 of all points: " in widget.panel.status.value
    assert widget.panel.numbers.value.endswith("Inertia <b>–</b></span></div>")
    assert np.array_equal(widget.picture._scene.facts.counts, counts)
    widget.close()


def test_centroids_dragged_one_after_the_other_are_one_branch(widget, hand):
    for cluster, place in ((0, (3.0, 8.0)), (1, (8.0, 2.0)), (0, (4.0, 8.0))):
        hand.drag(widget.cluster_centers[cluster], place)
    assert [branch.name for branch in widget.branches[1:]] == [
        "centroids 0, 1 moved at iteration 1"
    ]
    widget.undo()
    assert widget.cluster_centers == near(np.array([[3.0, 8.0], [8.0, 2.0]]))
    assert (widget.cursor, widget.inertia) == (1, widget.trace[0].inertia)
    widget.redo()
    assert widget.cursor == 1
    widget.step()
    hand.drag(widget.cluster_centers[0], (5.0, 8.0))
    assert len(widget.branches) == 3


def test_a_drag_too_quick_for_a_move_counts(widget, hand):
    hand.press(widget.cluster_centers[1])
    hand.release((3.0, 8.0))
    assert widget.cluster_centers[1] == near([3.0, 8.0])


@pytest.mark.parametrize("outside", [(3.0, 99.0), (-50.0, 5.0)])
def test_dropped_outside_of_the_map_it_stays_where_it_was(widget, hand, outside):
    before = widget.cluster_centers
    hand.drag(before[0], outside)
    assert "dropped outside the map" in widget.panel.notice.value
    assert shown(widget) == before.tolist()
    assert len(widget.branches) == 1


def test_another_button_does_not_end_a_drag(widget, hand):
    before = widget.cluster_centers
    hand.press(before[0])
    hand.move((3.0, 8.0), held=True)
    hand.send("button_release", hand.spot((3.0, 8.0)), button=2)
    hand.move((4.0, 8.0), held=True)
    assert shown(widget)[0] == near([4.0, 8.0])
    hand.release((4.0, 8.0))
    assert widget.cluster_centers[0] == near([4.0, 8.0])


def test_when_the_mouse_leaves_the_picture_it_lets_go(widget, hand):
    before = widget.cluster_centers
    hand.press(before[0])
    hand.move((3.0, 8.0), held=True)
    hand.send("figure_leave", (0, 0), held=True)
    assert "The pointer has left the picture" in widget.panel.notice.value
    hand.release((3.0, 8.0))
    assert shown(widget) == before.tolist()
    assert len(widget.branches) == 1


def test_a_click_on_a_centroid_moves_nothing(widget, hand):
    hand.click(widget.cluster_centers[0])
    assert len(widget.branches) == 1
    assert widget.panel.notice.value == ""


def test_a_centroid_outside_of_the_map_waits_at_its_edge_and_can_be_fetched(widget, hand):
    limits = widget.animation.scene.backdrop.box
    widget.place_centers([[50.0, 50.0], [3.0, 3.0]])
    assert widget.animation.scene.backdrop.box == limits
    at_edge = shown(widget)[0]
    assert at_edge == clamp_to_box(widget.cluster_centers, limits)[0].tolist()
    assert len(widget.picture._arrows.get_xydata()) == 4
    widget.step()
    assert widget.picture._empty.get_xydata().tolist() == [at_edge]
    hand.drag(at_edge, (8.0, 7.0))
    assert widget.cluster_centers[0] == near([8.0, 7.0])
    assert len(widget.picture._arrows.get_xydata()) == 0


def test_a_hidden_cluster_has_no_arrow(widget):
    widget.move_center(0, [50.0, 50.0])
    widget.panel.legend.box.children[0].value = False
    assert len(widget.picture._arrows.get_xydata()) == 0


def test_grasping_a_centroid_pauses(widget, hand):
    widget.play()
    hand.press(widget.cluster_centers[0])
    assert not widget.playing


def test_what_is_changed_meanwhile_is_let_go(widget, hand):
    hand.press(widget.cluster_centers[1])
    hand.move((3.0, 8.0), held=True)
    widget.n_clusters = 1
    hand.release((3.0, 8.0))
    assert widget.cluster_centers.shape == (1, 2)
    assert widget.panel.notice.value == ""


def test_a_point_is_dragged(widget, hand):
    hand.drag(widget.X[4], (9.5, 2.5))
    assert widget.X[4] == near([9.5, 2.5])
    assert widget.narration.startswith("New branch: point 4 was moved")


def test_in_more_dimensions_what_cannot_be_seen_stays():
    widget = KMeansWidget(datasets.iris().X, 3)
    widget.run()
    hand, plane = Hand(widget), widget.animation.scene.backdrop.projection
    old = widget.cluster_centers[0]
    hand.drag(plane.project(old[None])[0], (0.0, 2.0))
    new = widget.cluster_centers[0]
    assert plane.project(new[None])[0] == near([0.0, 2.0])
    assert plane.distances(new[None]) == near(plane.distances(old[None]))
    widget.close()


def test_points_are_added_and_removed(widget, hand):
    hand.choose("add")
    hand.click((9.5, 2.5))
    assert widget.X[30] == near([9.5, 2.5])
    hand.choose("remove")
    hand.click((0.0, 8.0))  # nothing is there
    assert len(widget.X) == 31
    hand.click(widget.X[3])
    assert len(widget.X) == 30
    assert widget.narration.startswith("New branch: point 3 at")


def test_a_cloud_is_as_wide_as_it_is_drawn(widget, hand):
    hand.choose("paint")
    hand.press((9.0, 3.0))
    hand.move((9.0, 4.0), held=True)
    circle = widget.picture.overlay._cloud.get_xydata() - (9.0, 3.0)
    assert np.hypot(*circle.T) == near(1.0)
    hand.release((9.0, 4.0))
    far = np.linalg.norm(widget.X[30:] - (9.0, 3.0), axis=1)
    assert len(far) == 20
    assert 0.5 < far.max() <= 1.03
    assert len(widget.picture.overlay._cloud.get_xydata()) == 0


def test_a_click_paints_a_small_cloud(widget, hand):
    hand.choose("paint")
    hand.click((9.0, 3.0))
    assert len(widget.X) == 50


def test_centroids_are_placed_one_by_one(widget, hand):
    hand.choose("place")
    hand.click((2.0, 2.0))
    assert widget.picture.overlay._placed.get_xydata() == near(np.array([[2.0, 2.0]]))
    hand.click((9.0, 8.0))
    assert widget.cluster_centers == near(np.array([[2.0, 2.0], [9.0, 8.0]]))
    assert len(widget.picture.overlay._placed.get_xydata()) == 0


@pytest.mark.parametrize("leave", ["key", "button", "another tool"])
def test_placing_can_be_given_up(widget, hand, leave):
    hand.choose("place")
    hand.click((2.0, 2.0))
    if leave == "key":
        message = {"type": "key_press", "key": "kEscape", "guiEvent": {}}
        widget.canvas._handle_message(widget.canvas, message, [])
    elif leave == "button":
        widget.panel.toolbar.leave.click()
    else:
        hand.choose("add")
    assert len(widget.placed) == 0
    assert len(widget.picture.overlay._placed.get_xydata()) == 0
    assert widget.panel.toolbar.mode.value is ("add" if leave == "another tool" else "move")


def test_a_double_click_does_no_more_than_its_two_clicks(widget, hand):
    hand.choose("add")
    hand.double_click((9.5, 2.5))
    assert len(widget.X) == 32
    hand.choose("paint")
    hand.double_click((9.0, 3.0))
    assert len(widget.X) == 72


def test_a_double_click_places_one_centroid(widget, hand):
    hand.choose("place")
    hand.double_click((2.0, 2.0))
    assert len(widget.placed) == 1
    assert "Centroids 0 and 1 would start at the same position" in widget.panel.notice.value
    hand.click((9.0, 8.0))
    assert widget.cluster_centers == near(np.array([[2.0, 2.0], [9.0, 8.0]]))


def test_a_double_click_holds_nothing(widget, hand):
    before = widget.cluster_centers
    hand.double_click(before[0])
    hand.move((3.0, 8.0))
    assert shown(widget) == before.tolist()


def test_what_was_let_go_unheard_is_let_go_when_the_mouse_comes_back(widget, hand):
    before = widget.cluster_centers
    hand.press(before[0])
    hand.move((3.0, 8.0), held=True)
    hand.move((4.0, 8.0))
    assert shown(widget) == before.tolist()
    hand.release((4.0, 8.0))
    assert len(widget.branches) == 1


def test_the_point_under_the_mouse_is_looked_at(widget, hand):
    hand.move(widget.X[5])
    assert "Point 5 at" in widget.panel.card.value
    inspected = widget.inspect(5)
    marks = widget.picture.overlay
    assert marks._point.get_xydata()[0] == near(widget.X[5])
    assert marks._own.get_xydata()[1].tolist() == shown(widget)[inspected.cluster]
    assert marks._rival.get_xydata()[1].tolist() == shown(widget)[inspected.runner_up]
    hand.move((10.3, 1.6))
    assert widget.panel.card.value == ""


def test_a_point_beneath_a_centroid_is_looked_at_and_the_centroid_is_dragged(widget, hand):
    widget.place_centers([widget.X[5], widget.X[20]])
    hand.move(widget.X[5])
    assert "Point 5 at" in widget.panel.card.value
    hand.click(widget.X[5])
    hand.move((10.3, 1.6))
    assert "Point 5 at" in widget.panel.card.value
    hand.drag(widget.X[5], (3.0, 8.0))
    assert widget.cluster_centers[0] == near([3.0, 8.0])


def test_over_one_of_many_centroids_its_number_is_shown(widget, hand):
    widget.n_clusters = 25
    numbers = widget.picture.numbers
    assert numbers.numbers == []
    hand.move(widget.cluster_centers[3])
    assert [number.value for number in numbers.numbers] == [3]
    hand.send("figure_leave", (0, 0))
    assert numbers.numbers == []


def test_a_click_keeps_a_point_in_view(widget, hand):
    hand.click(widget.X[5])
    hand.move((10.3, 1.6))
    widget.step()
    assert "Point 5 at" in widget.panel.card.value
    hand.click((10.3, 1.6))
    assert widget.panel.card.value == ""


def test_a_point_that_is_gone_is_no_longer_looked_at(widget, hand):
    hand.click(widget.X[29])
    widget.remove_point(29)
    assert widget.panel.card.value == ""


def spots(widget):
    return json.loads(widget.panel.toolbar.spots.value)


def test_the_page_knows_where_a_finger_takes_something(widget, hand):
    told, size = spots(widget), widget.picture.figure.bbox.size
    assert told["drags"]
    places = np.concatenate([widget.cluster_centers, widget.X])
    assert np.allclose([spot[:2] for spot in told["spots"]], hand.spot(places) / size, atol=1e-4)
    assert {spot[2] for spot in told["spots"][:2]} == {22.0}
    widget.panel.legend.box.children[0].value = False
    n_hidden = np.count_nonzero(widget.point_labels == 0)
    assert len(spots(widget)["spots"]) == 32 - 1 - n_hidden
    widget.paint([9.0, 3.0], 0.5, 100)
    assert len(spots(widget)["spots"]) == 1  # only of centroids, where points are many


@pytest.mark.parametrize(
    ("mode", "drags", "n_spots"),
    [("move", True, 32), ("add", False, 0), ("remove", False, 30), ("paint", True, 0)],
)
def test_what_a_finger_takes_depends_on_the_tool(widget, hand, mode, drags, n_spots):
    hand.choose(mode)
    assert (spots(widget)["drags"], len(spots(widget)["spots"])) == (drags, n_spots)


def test_a_move_that_comes_after_the_end_of_a_drag_is_not_a_hover(widget, hand):
    hand.drag(widget.X[4], (9.5, 2.5))
    hand.move(widget.X[5], held=True)
    assert widget.panel.card.value == ""


def test_a_curve_under_the_mouse_says_which_branch_it_is(widget, hand):
    widget.move_center(0, [2, 9])
    chart = widget.picture.chart
    hand.send("motion_notify", chart.pixels(widget.branches[0].curve)[0])
    assert chart._highlight_name.get_text() == widget.branches[0].name
    hand.move((5, 5))
    assert chart._highlight_name.get_text() == ""
    hand.send("motion_notify", chart.pixels(widget.branches[0].curve)[0])
    hand.send("figure_leave", (0, 0))
    assert chart._highlight_name.get_text() == ""


def test_a_click_on_a_curve_goes_to_its_branch_and_then_to_its_half_step(widget, hand):
    widget.run()
    widget.cursor = 4
    widget.move_center(0, [2.0, 9.0])
    widget.run()
    chart = widget.picture.chart
    spot = chart.pixels(widget.branches[0].curve)[0]
    hand.send("button_press", spot)
    assert (widget.branch, widget.cursor) == (0, 4)
    hand.send("button_press", spot)
    assert (widget.branch, widget.cursor) == (0, 1)


def test_a_hidden_cluster_cannot_be_touched(widget, hand):
    center = widget.cluster_centers[0]
    widget.panel.legend.box.children[0].value = False
    hand.drag(center, (3.0, 8.0))
    assert len(widget.branches) == 1


def test_keys_and_moves_do_nothing_of_matplotlibs_own(widget, hand):
    sent = []
    widget.canvas.send_json = sent.append
    hand.move((5.0, 5.0))
    for key in ("kk", "kl", "kg"):
        message = {"type": "key_press", "key": key, "guiEvent": {}}
        widget.canvas._handle_message(widget.canvas, message, [])
    assert sent == []
    assert widget.picture.map.get_xscale() == "linear"


@pytest.mark.parametrize("mode", TOOLS)
def test_clicks_beside_the_map_change_nothing(widget, hand, mode):
    hand.choose(mode)
    for spot in ((2.0, 2.0), (300.0, 150.0)):
        hand.send("button_press", spot)
        hand.send("button_release", spot)
        assert is_visible(widget.panel.notice) is (mode != "move")
        assert widget.panel.notice.value == "" or "a place inside" in widget.panel.notice.value
    assert len(widget.branches) == 1
    assert len(widget.X) == 30


@pytest.mark.parametrize(
    ("place", "words"), [((0.0, 8.0), "There is no point here"), (None, "lower K")]
)
def test_removing_what_is_no_point_says_so(widget, hand, place, words):
    hand.choose("remove")
    hand.click(widget.cluster_centers[0] if place is None else place)
    assert words in widget.panel.notice.value
    assert len(widget.X) == 30


@pytest.mark.parametrize("seed", range(2))
def test_whatever_a_hand_does_the_picture_is_that_of_the_session(widget, hand, monkeypatch, seed):
    random, failures = np.random.default_rng(seed), []
    report = widget.errors.report

    def remember(error):
        if not isinstance(error, ValueError | TypeError):
            failures.append(error)
        report(error)

    monkeypatch.setattr(widget.errors, "report", remember)
    controls, tools = widget.panel, widget.panel.toolbar
    buttons = (
        controls.step, controls.back, controls.undo, controls.redo, controls.buttons["new_start"],
        controls.reset, tools.leave, tools.act, tools.inspect,
    )  # fmt: skip

    def spot():
        return random.uniform((-20, -20), (560, 510))

    def any_of(things):
        return things[random.integers(len(things))]

    def press_a_button():
        any_of(buttons).click()

    def click():
        hand.send("button_press", at := spot(), held=True)
        hand.send("button_release", at)

    gestures = (
        click,
        lambda: hand.drag(random.choice(widget.cluster_centers), random.choice(widget.X)),
        lambda: hand.drag(random.choice(widget.X), random.choice(widget.X) + 0.4),
        lambda: hand.send("button_press", spot(), held=True),
        lambda: hand.send("motion_notify", spot()),
        lambda: hand.send("button_release", spot()),
        lambda: hand.send("figure_leave", spot()),
        lambda: hand.choose(any_of(list(TOOLS))),
        press_a_button,
        lambda: setattr(controls.scrub, "value", int(random.integers(14))),
        lambda: setattr(controls.n_clusters, "value", int(random.integers(1, 21))),
        lambda: setattr(controls.branch, "value", any_of(controls.branch.options)[1]),
        lambda: setattr(tools.number, "value", int(random.integers(40))),
    )  # fmt: skip
    for _ in range(100):
        any_of(gestures)()
    widget.mouse.leave_tool()
    assert failures == []
    assert (
        shown(widget)
        == clamp_to_box(widget.cluster_centers, widget.animation.scene.backdrop.box).tolist()
    )
    assert np.array_equal(widget.animation.scene.labels, widget.point_labels)
    for k, cluster in enumerate(widget.picture._clusters[: widget.n_clusters]):
        assert np.array_equal(cluster.points.get_xydata(), widget.X[widget.point_labels == k])
    assert controls.scrub.value == widget.cursor
    assert controls.branch.value == widget.branch
