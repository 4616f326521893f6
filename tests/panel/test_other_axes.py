"""Columns that take no part, and weights, as axes of the picture."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from kmeans_widget import KMeansWidget
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.panel.factory import is_visible
from kmeans_widget.plot.backdrop import MAX_POINTS
from kmeans_widget.plot.scene import Options, build


def trips(n=80):
    random = np.random.default_rng(1)
    frame = pd.DataFrame({
        "length": random.normal(5, 2, n),
        "speed": random.normal(60, 9, n),
        "day": pd.date_range("2024-02-01", periods=n),
        "fare": random.normal(20, 5, n),
        "city": random.choice(["Rom", "Ulm"], n),
    })  # fmt: skip
    frame.loc[[2, 7], "fare"] = np.nan
    return frame


@pytest.fixture
def open_panel():
    opened = []

    def make(*args, **kwargs):
        opened.append(KMeansWidget(*args, **kwargs))
        return opened[-1]

    yield make
    for panel in opened:
        panel.close()


def means_by_hand(panel, values):
    """Return the mean of some values over the points nearest to each centroid."""
    X, centers = panel.X, panel.cluster_centers
    labels = ((X[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
    weights = np.ones(len(X)) if panel.sample_weight is None else panel.sample_weight
    has = ~np.isnan(values)
    return [
        np.average(values[has & (labels == k)], weights=weights[has & (labels == k)])
        for k in range(len(centers))
    ]


def test_a_column_that_takes_no_part_is_an_axis_and_changes_no_run(open_panel):
    frame = trips()
    panel = open_panel(frame, 3, columns=["length", "speed"], axes=("fare", "length"))
    run = open_panel(frame, 3, columns=["length", "speed"])
    for cursor in (0, 1, 2, 5):
        panel.cursor = run.cursor = cursor
        scene = panel.animation.scene
        has = frame["fare"].notna()
        assert np.array_equal(scene.backdrop.rows, np.flatnonzero(has))
        assert np.allclose(scene.backdrop.points, frame.loc[has, ["fare", "length"]])
        assert np.allclose(scene.centers[:, 0], means_by_hand(panel, frame["fare"].to_numpy()))
        assert np.allclose(scene.centers[:, 1], panel.cluster_centers[:, 0])
        assert scene.cells == ()
        assert not scene.deceptive.any()
        assert np.array_equal(panel.labels, run.labels)
        assert np.array_equal(panel.cluster_centers, run.cluster_centers)
    assert "<bdi>fare</bdi> takes no part in the distances" in panel.panel.axes._note.value
    assert panel.picture.map.get_xlabel() == "fare"


def test_weights_dates_and_further_columns_of_arrays_can_be_axes(open_panel):
    frame = trips()
    weights = np.arange(1.0, 81)
    panel = open_panel(frame[["length", "speed", "day"]], 2, sample_weight=weights)
    assert panel.find_other_columns() == ("day", "weight")
    panel.axes = ("day", "weight")
    panel.step()
    scene = panel.animation.scene
    days = (frame["day"] - pd.Timestamp("1970-01-01")).dt.days
    shown = scene.backdrop.points + scene.backdrop.projection.offset
    assert np.allclose(shown, np.column_stack([days, weights]))
    assert np.allclose(scene.centers[:, 1], means_by_hand(panel, weights))
    array = open_panel(frame[["length", "speed", "fare"]].to_numpy(), 2, columns=[0], axes=(0, 2))
    assert array.axes == ("feature 0", "feature 2")
    assert array.X.shape[1] == 1
    assert array.animation.scene.cells == ()


def test_the_menus_list_other_columns_after_those_in_use(open_panel):
    panel = open_panel(trips(), 2, columns=["length", "speed"])
    axes = panel.panel.axes
    assert is_visible(axes.menus)
    assert [name for name, _ in axes.x.options] == ["length", "speed", "day", "fare"]
    axes.y.value = 3
    assert panel.axes == ("length", "fare")
    axes.swap.click()
    assert panel.axes == ("fare", "length")
    single = open_panel(trips(), 2, columns=["length"])
    assert single.panel.axes.y.options[0][0] == "number of points"
    single.panel.axes.y.value = 2
    assert single.axes == ("length", "day")
    single.panel.axes.y.value = -1
    assert single.axes is None
    assert not is_visible(open_panel(trips()[["length", "speed"]], 2).panel.axes.menus)


def test_moves_are_along_the_columns_in_use_and_nothing_can_be_added(open_panel):
    panel = open_panel(trips(), 2, columns=["length", "speed"], axes=("length", "fare"))
    panel.step()
    before = panel.cluster_centers
    panel.map_actions.move_center(0, np.array([9.0, 99.0]))
    assert panel.cluster_centers[0].tolist() == [9.0, before[0, 1]]
    panel.map_actions.move_point(4, np.array([1.0, 99.0]))
    assert panel.X[4].tolist() == [1.0, trips()["speed"][4]]
    assert "fare" not in panel.narration
    n_branches = len(panel.branches)
    for action in (panel.map_actions.add_point, panel.map_actions.place_center,
                   panel.map_actions.paint):  # fmt: skip
        with pytest.raises(
            ValueError, match=r"^Nothing can be added here, because 'fare' takes no"
        ):
            action(np.array([1.0, 2.0]))
    panel.axes = ("day", "fare")
    with pytest.raises(
        ValueError, match=r"^Nothing can be moved here, because 'day .days since 1970.' takes no"
    ):
        panel.map_actions.move_center(0, np.array([9.0, 99.0]))
    assert len(panel.branches) == n_branches


def test_what_has_no_numbers_is_no_axis(open_panel):
    panel = open_panel(trips(), 2, columns=["length", "speed"])
    with pytest.raises(ValueError, match=r"^axes: 'city' has no numbers. Choose from 'length'"):
        panel.axes = ("length", "city")
    frame = trips().assign(a=np.nan, b=1.0)
    frame.loc[:40, "a"], frame.loc[:40, "b"] = 3.0, np.nan
    panel = open_panel(frame, 2, columns=["length"])
    with pytest.raises(ValueError, match=r"^axes: No row has a value in both of"):
        panel.axes = ("a", "b")
    assert panel.axes is None


def test_other_axes_outlive_the_last_point_that_has_a_value(open_panel):
    frame = trips(12).assign(rare=[5.0, *[np.nan] * 11])
    panel = open_panel(frame, 2, columns=["length", "speed"], axes=("rare", "speed"))
    panel.step()
    assert panel.animation.scene.backdrop.rows.tolist() == [0]
    panel.remove_point(0)
    assert panel.picture.map.get_xlabel() == "length"
    panel.undo()
    assert panel.picture.map.get_xlabel() == "rare"


def test_a_density_picture_along_another_column_counts_all_points_that_have_a_value(open_panel):
    random = np.random.default_rng(2)
    n = 3 * MAX_POINTS
    frame = pd.DataFrame(random.normal(size=(n, 6)), columns=list("abcdef"))
    frame.loc[::5, "f"] = np.nan
    panel = open_panel(frame, 3, columns=list("abcde"), axes=("a", "f"))
    panel.cursor = 3
    scene = panel.animation.scene
    assert scene.density.counts[:-1].sum() == frame["f"].notna().sum()
    labels = ArraySamples(panel.X).assign(panel.cluster_centers)
    has = frame["f"].notna().to_numpy()
    assert scene.density.counts[:-1].sum(axis=(1, 2)).tolist() == np.bincount(labels[has]).tolist()
    whole = scene.centers
    panel.view = (-0.5, 0.5, -0.5, 0.5)
    inside = panel.animation.scene
    assert inside.backdrop.cells is None
    assert has[inside.backdrop.rows].all()
    assert np.array_equal(inside.centers, whole)  # a view does not move the centroids
    again = build(inside.backdrop, panel.trace, 3, Options())
    assert np.array_equal(again.centers, whole)


def test_the_form_has_fields_for_axes_along_which_things_move(open_panel):
    panel = open_panel(trips(), 2, columns=["length", "speed"], axes=("fare", "speed"))
    toolbar = panel.panel.toolbar
    toolbar.unfold.value = True
    assert [is_visible(field) for field in (toolbar.x, toolbar.y)] == [False, True]
    panel.axes = None
    assert is_visible(toolbar.x)


def test_a_saved_page_along_another_column_has_no_regions(open_panel, tmp_path):
    panel = open_panel(trips(), 2, columns=["length", "speed"], axes=("fare", "speed"))
    panel.run()
    page = panel.save(tmp_path / "run.html").read_text("utf-8")
    (found,) = re.findall(r"<script[^>]*application/json[^>]*>(.*?)</script>", page, re.DOTALL)
    data = json.loads(found)
    assert data["flat"] is False
    assert len(data["points"]) == 2 * 78


def test_other_axes_follow_the_points_that_were_added_and_removed(open_panel):
    frame = trips(20)
    panel = open_panel(frame, 2, columns=["length", "speed"])
    panel.remove_point(3)
    panel.add_point([5.0, 60.0])
    panel.axes = ("length", "fare")
    rows = panel.animation.scene.backdrop.rows
    fares = np.delete(frame["fare"].to_numpy(), 3)
    assert rows.tolist() == np.flatnonzero(~np.isnan(fares)).tolist()
    assert np.array_equal(panel.animation.scene.backdrop.points[:, 1], fares[rows])
    panel.undo()
    panel.undo()
    assert len(panel.animation.scene.backdrop.rows) == 18
