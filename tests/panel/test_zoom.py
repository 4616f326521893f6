"""The view of the map: zoomed and moved by buttons, gestures and the mouse, or from Python."""

import json

import numpy as np
import pytest

from hand import Hand
from kmeans_widget import KMeansWidget
from kmeans_widget.plot.backdrop import MAX_POINTS

MANY = np.random.default_rng(0).normal(size=(MAX_POINTS + 2000, 2)) * (3, 2)


@pytest.fixture(scope="module")
def large():
    widget = KMeansWidget(MANY, 4)
    widget.step()
    yield widget
    widget.close()


@pytest.fixture(params=["few", "many"])
def panel(request, widget):
    """A panel that draws single points, and one that draws density."""
    chosen = widget if request.param == "few" else request.getfixturevalue("large")
    chosen.view = None
    return chosen


def gesture(panel, factor=1.0, at=None, shift=(0.0, 0.0), done=True):
    told = {"factor": factor, "at": at, "shift": shift, "done": done}
    panel.panel.zoom.gesture.value = json.dumps(told)


def click(panel, name):
    next(each for each in panel.panel.zoom.row.children if each.description == name).click()


def limits(panel):
    return (*panel.picture.map.get_xlim(), *panel.picture.map.get_ylim())


def test_buttons_zoom_around_the_middle_and_show_all_points_again(panel):
    zoom_in, zoom_out, show_all = panel.panel.zoom.row.children[:3]
    home = panel._backdrop.home
    assert (zoom_in.disabled, zoom_out.disabled, show_all.disabled) == (False, True, True)
    click(panel, "Zoom in")
    left, right, bottom, top = panel.view
    assert right - left == pytest.approx((home[1] - home[0]) / 2)
    assert (left + right, bottom + top) == pytest.approx((home[0] + home[1], home[2] + home[3]))
    assert limits(panel) == panel.view
    assert not zoom_out.disabled
    click(panel, "Zoom in")
    click(panel, "Zoom out")
    assert panel.view == pytest.approx((left, right, bottom, top))
    click(panel, "Show all")
    assert panel.view is None
    assert limits(panel) == home


def test_a_gesture_keeps_the_place_under_the_pointer_and_asks_for_the_points_at_its_end(panel):
    cursor, branches = panel.cursor, len(panel.branches)
    axes = panel.picture.map
    place = axes.transData.inverted().transform((200.0, 300.0))
    at = tuple(np.array((200.0, 300.0)) / panel.picture.figure.bbox.size)
    density = panel.animation.scene.density
    gesture(panel, 1.5, at, done=False)
    assert panel.view is None  # the picture is only stretched
    assert panel.picture._scene.density is density
    assert axes.transData.transform(place) == pytest.approx((200, 300))
    gesture(panel, 2.0, at)
    assert axes.transData.transform(place) == pytest.approx((200, 300))
    home = panel._backdrop.home
    assert panel.view[1] - panel.view[0] == pytest.approx((home[1] - home[0]) / 3)
    assert (panel.cursor, len(panel.branches)) == (cursor, branches)


def test_the_view_stays_among_the_points(panel):
    click(panel, "Zoom in")
    gesture(panel, shift=(9.0, 9.0))
    home = panel._backdrop.home
    assert panel.view[0] == pytest.approx(home[0])
    assert panel.view[2] == pytest.approx(home[2])
    gesture(panel, 1e-9)
    assert panel.view is None
    gesture(panel, 1e12)
    assert panel.view[1] - panel.view[0] == pytest.approx(1e-9 * (home[1] - home[0]))


def test_empty_ground_is_dragged_and_a_double_click_shows_all(panel):
    click(panel, "Zoom in")
    hand, before = Hand(panel), panel.view
    corner = np.array([before[0], before[3]])  # without points or centroids
    start = corner + (before[1] - before[0], before[2] - before[3]) * np.array((0.02, 0.02))
    end = start + (before[1] - before[0]) * np.array((0.05, -0.05))
    target = Hand(panel).spot(start)
    moved = Hand(panel).spot(end) - target
    hand.send("button_press", target, held=True)
    hand.send("motion_notify", target + moved / 2, held=True)
    hand.send("motion_notify", target + moved, held=True)
    hand.send("button_release", target + moved)
    assert panel.view == pytest.approx(
        np.subtract(before, [*(end - start)[[0, 0, 1, 1]]]), abs=0.05
    )
    hand.send("dblclick", target)
    assert panel.view is None


def test_the_view_is_kept_while_stepping_and_while_points_are_edited(panel):
    panel.view = (*np.percentile(MANY[:, 0], [40, 60]), -1.0, 1.0) if len(panel.X) > 99 else (
        2.0, 6.0, 2.0, 4.0
    )  # fmt: skip
    view = panel.view
    panel.step()
    panel.add_point([panel.view[0] + 0.1, panel.view[2] + 0.1])
    panel.n_clusters = 3
    panel.step()
    assert panel.view == view
    assert limits(panel) == pytest.approx(view)
    for _ in range(3):
        panel.undo()


def test_other_axes_show_all_points():
    widget = KMeansWidget(np.random.default_rng(0).normal(size=(60, 3)), 3)
    click(widget, "Zoom in")
    widget.axes = (0, 2)
    assert widget.view is None
    widget.close()


@pytest.mark.parametrize(
    ("view", "error"),
    [("all", TypeError), ((1, 2, 3), TypeError), ((2, 1, 0, 1), ValueError),
     ((0, np.inf, 0, 1), ValueError), ((0, 0, 1, 1), ValueError)],
)  # fmt: skip
def test_a_view_that_is_none_is_refused(widget, view, error):
    widget.view = (2.0, 6.0, 2.0, 4.0)
    before = widget.view
    with pytest.raises(error, match=r"^view.*None"):
        widget.view = view
    assert widget.view == before
    widget.view = None


def test_an_axis_that_shows_a_difference_has_a_view_in_its_own_units():
    X = np.add(np.random.default_rng(0).normal(size=(50, 2)), (2_000_000, 0))
    widget = KMeansWidget(X, 2)
    widget.view = (2_000_000, 2_000_001, 0, 0.5)
    assert widget.view[:2] == pytest.approx((2_000_000, 2_000_001), abs=0.1)
    assert limits(widget)[1] < 100
    widget.close()


# -- many points --------------------------------------------------------------------------------


def test_many_points_are_density_until_few_are_in_view(large):
    large.view = None
    assert "The picture shows all 12,000 points, as density." in large.panel.status.value
    assert large.panel.lines.disabled
    assert not large.picture._rings.get_xydata().size
    large.view = (-1.0, 1.0, -0.5, 0.5)
    inside = [c.points.get_xydata() for c in large.picture._clusters if c.points.get_visible()]
    x, y = MANY.T
    left, right, bottom, top = large.view
    n_inside = np.count_nonzero((x >= left) & (x < right) & (y >= bottom) & (y < top))
    assert sum(map(len, inside)) == n_inside
    assert f"The picture shows {n_inside:,} of the 12,000 points.<" in large.panel.status.value
    assert not large.panel.lines.disabled
    assert large.picture._cells.images == ()
    large.view = None


def test_a_view_without_points_is_empty_and_can_be_left(large):
    large.view = (
        MANY[:, 0].max() - 1e-3,
        MANY[:, 0].max(),
        MANY[:, 1].min(),
        MANY[:, 1].min() + 1e-3,
    )
    assert "The picture shows none of the 12,000 points." in large.panel.status.value
    large.step()
    large.back()
    assert not large.animation.scene.density.counts.any()
    large.view = None
    assert "all 12,000 points" in large.panel.status.value


def test_the_pointer_reads_the_cells(large):
    large.view = None
    hand, labels = Hand(large), large.point_labels
    place = np.array([0.5, 0.5])
    while (np.hypot(*(large.cluster_centers - place).T) < 1.2).any():
        place += 0.3
    hand.move(place)
    outline = large.picture.overlay._patch.get_xydata()
    (left, bottom), (right, top) = outline.min(axis=0), outline.max(axis=0)
    x, y = MANY.T
    inside = (x >= left) & (x < right) & (y >= bottom) & (y < top)
    card = large.panel.card.value
    assert inside.sum() > 3
    assert f"<h4>{inside.sum():,} points under the pointer</h4>" in card
    for cluster, count in zip(*np.unique(labels[inside], return_counts=True), strict=True):
        assert f">{cluster}</b> {count}</li>" in card
    hand.move((large._backdrop.home[0] + 0.01, large._backdrop.home[3] - 0.01))
    assert large.panel.card.value == ""
    assert not large.picture.overlay._patch.get_xydata().size


def test_what_the_pointer_reads_follows_the_run_and_goes_with_the_view(large):
    large.cursor = 1
    hand = Hand(large)
    place = np.array([0.5, 0.5])
    while (np.hypot(*(large.cluster_centers - place).T) < 1.2).any():
        place += 0.3
    hand.move(place)
    large.cursor = 0
    assert "under the pointer" in large.panel.card.value
    assert "<li>" not in large.panel.card.value  # no point has a cluster
    click(large, "Zoom in")
    assert large.panel.card.value == ""
    large.view, large.cursor = None, 1


def test_a_dragged_centroid_recolours_all_points(large, monkeypatch):
    hand, before = Hand(large), large.animation.scene.density
    start = large.cluster_centers[0]
    hand.press(start)
    hand.move(np.add(start, (2.0, 1.0)), held=True)
    exact = large.picture._scene.density
    assert (exact.counts[:-1].sum(0) == before.counts[:-1].sum(0)).all()
    assert (exact.counts[:-1] != before.counts[:-1]).any()
    monkeypatch.setattr("kmeans_widget.panel.map_actions.TRIAL_WORK", 30_000)
    hand.move(np.add(start, (2.0, 1.01)), held=True)
    estimate = large.picture._scene.density
    assert np.abs(estimate.counts[:-1] - exact.counts[:-1]).sum() < 0.05 * len(MANY)
    hand.send("figure_leave", (0, 0))
    large.mouse._cancel_drag()


def test_files_show_density_too(large, tmp_path):
    large.save(tmp_path / "picture.png")
    large.save(tmp_path / "picture.svg")
    assert "<image" in (tmp_path / "picture.svg").read_text()
