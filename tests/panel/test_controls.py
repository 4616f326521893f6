"""The controls that came with time, hand and notebook: each does its command and follows it."""

import base64
import html
import io
import os
import pathlib
import re
import threading
import time
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pandas as pd
import pytest

from kmeans_widget import KMeansWidget, datasets
from kmeans_widget.notebook import variables as notebook
from kmeans_widget.panel.factory import is_visible
from kmeans_widget.panel.layout import SEED
from kmeans_widget.panel.tools import TOOLS
from kmeans_widget.plot.narration import format_number
from kmeans_widget.session import history

pytestmark = pytest.mark.usefixtures("no_picture")


@pytest.fixture
def variables(monkeypatch):
    """The variables of a notebook."""
    space = {}
    monkeypatch.setattr(notebook, "namespace", lambda: space)
    return space


def test_the_scrub_bar_goes_anywhere_and_follows(widget):
    scrub = widget.panel.scrub
    scrub.value = 5
    assert widget.cursor == 5
    widget.back()
    assert scrub.value == 4
    widget.run()
    assert scrub.value == scrub.max == widget.cursor
    scrub.value = 0
    assert widget.phase.value == "start"


def test_scrubbing_past_the_end_goes_to_the_end(widget):
    scrub = widget.panel.scrub
    assert scrub.max == 12
    scrub.value = 12
    assert widget.at_end
    assert scrub.value == scrub.max == widget.cursor == 11


def test_scrubbing_pauses(widget):
    widget.play()
    widget.panel.scrub.value = 6
    assert not widget.playing
    assert widget.cursor == 6


def test_regions_that_would_contradict_the_points_cannot_be_switched_on():
    X = np.random.default_rng(0).normal(size=(40, 3))
    for data, flat in ((X, False), (X[:, :2], True)):
        panel = KMeansWidget(data, 3)
        panel.cursor = 2
        regions = panel.panel.regions
        assert (regions.value, regions.disabled) == (flat, not flat)
        assert ("in other columns than" in regions.description) is not flat
        assert (len(panel.animation.scene.cells) == 3) is flat
        panel.close()


def test_a_message_to_a_control_waits_for_the_lock(widget):
    scrub = widget.panel.scrub
    message = {"content": {"data": {"method": "update", "state": {"value": 5}}}}
    browser = threading.Thread(target=scrub.comm.handle_msg, args=(message,))
    with widget.lock:
        browser.start()
        browser.join(0.2)
        assert scrub.value == widget.cursor == 0
    browser.join(10)
    assert scrub.value == widget.cursor == 5


def test_a_choice_that_is_no_longer_offered_is_taken_back(widget, monkeypatch):
    """The browser may choose it before it hears that the list has become shorter."""
    told = []
    monkeypatch.setattr(ipywidgets.Widget, "send_state", lambda _, key=None: told.append(key))
    for control in (widget.panel.init, widget.panel.branch, widget.panel.toolbar.mode):
        before, n = control.value, len(control.options)
        for index in (n, n + 3):
            state = {"content": {"data": {"method": "update", "state": {"index": index}}}}
            control.comm.handle_msg(state)
            assert told.pop() == "index"
        assert control.value == before
    state["content"]["data"]["state"]["index"] = 1
    widget.panel.init.comm.handle_msg(state)
    assert widget.panel.init.index == 1


def test_the_scrub_bar_grows_with_the_run():
    random = np.random.default_rng(0)
    widget = KMeansWidget(random.normal(size=(400, 2)), 9)
    widget.cursor = 12
    assert widget.panel.scrub.max == 24
    widget.close()


def test_undo_and_redo_are_on_when_there_is_something(widget):
    controls = widget.panel
    assert controls.undo.disabled
    assert controls.redo.disabled
    widget.add_point([9.0, 2.0])
    assert not controls.undo.disabled
    controls.undo.click()
    assert len(widget.X) == 30
    assert controls.undo.disabled
    controls.redo.click()
    assert len(widget.X) == 31


def test_the_original_data_are_one_click_away(widget):
    original, X = widget.panel.buttons["original"], widget.X
    assert not is_visible(original)
    widget.step()
    widget.remove_point(3)
    widget.paint([9.0, 2.0], 0.5)
    assert is_visible(original)
    original.click()
    assert np.array_equal(widget.X, X)
    assert not is_visible(original)
    assert widget.narration.startswith("New branch: the points are those of the original data")
    widget.panel.undo.click()
    assert len(widget.X) == 49
    assert is_visible(original)


def test_given_centroids_have_no_seed(widget):
    seed = widget.panel.seed
    assert not seed.disabled
    widget.move_center(0, [2.0, 9.0])
    assert seed.disabled
    assert "Given centroids have no seed" in seed.tooltip
    widget.new_start()
    assert not seed.disabled
    assert seed.tooltip == SEED


def test_branches_are_listed_and_returned_to(widget):
    branch = widget.panel.branch
    assert branch.options == (("K = 2, random, seed 0", 0),)
    widget.cursor = 3
    widget.add_point([9.0, 2.0])
    first, second = (name for name, _ in branch.options)
    inertia = format_number(widget.branches[0].curve[-1, 1])
    assert first == f"K = 2, random, seed 0: inertia {inertia} after 2 iterations"
    assert second == widget.branches[1].name
    assert _tab_name(widget, "branches") == "Branches (2)"
    assert branch.value == 1
    branch.value = 0
    assert (widget.branch, widget.cursor) == (0, 3)
    widget.undo()
    assert len(branch.options) == 1
    assert _tab_name(widget, "branches") == "Branches"


def _tab_name(widget, tab):
    return next(name for name, value in widget.panel.tab.options if value == tab)


def test_one_tab_is_shown_and_remembered(widget):
    panel = widget.panel
    contents = {
        "algorithm": panel.explanation,
        "clusters": panel.legend.box,
        "data": panel.columns,
        "branches": panel.branch,
    }
    for tab in contents:
        panel.tab.value = tab
        shown = [
            name
            for name, content in contents.items()
            if all(is_visible(box) for box in _boxes(widget) if content in box.children)
        ]
        assert shown == [tab]
    other = KMeansWidget()
    assert other.panel.tab.value == "branches"
    other.close()


def test_a_change_of_the_data_keeps_the_tab(widget):
    widget.panel.tab.value = "clusters"
    widget.add_point([9.0, 2.0])  # the tab of the branches gets another name
    assert widget.panel.tab.value == "clusters"


def test_every_gesture_has_a_twin_by_numbers(widget):
    tools = widget.panel.toolbar
    widget.cursor = 2
    tools.unfold.value = True
    assert is_visible(tools.form)
    assert (tools.x.value, tools.y.value) == pytest.approx(widget.cluster_centers[0], rel=1e-3)
    tools.x.value, tools.y.value = 3.0, 8.0
    tools.act.click()
    assert widget.cluster_centers[0].tolist() == [3.0, 8.0]
    tools.what.value, tools.number.value = "point", 7
    assert (tools.x.value, tools.y.value) == pytest.approx(widget.X[7])
    tools.inspect.click()
    assert "Point 7 at" in widget.panel.card.value
    tools.x.value, tools.y.value = 1.0, 2.0
    tools.act.click()
    assert widget.X[7].tolist() == [1.0, 2.0]
    tools.mode.value = "add"
    tools.x.value, tools.y.value = 1.0, 2.0
    tools.act.click()
    assert widget.X[30].tolist() == [1.0, 2.0]
    tools.mode.value, tools.number.value = "remove", 0
    tools.act.click()
    assert len(widget.X) == 30
    tools.mode.value = "paint"
    tools.x.value, tools.y.value, tools.radius.value, tools.count.value = 1.0, 2.0, 0.5, 11
    tools.act.click()
    assert np.linalg.norm(widget.X[30:] - (1.0, 2.0), axis=1).max() <= 0.5
    assert len(widget.X) == 41
    tools.mode.value = "place"
    tools.x.value, tools.y.value = 1.0, 2.0
    tools.act.click()
    tools.x.value = 8.0
    tools.act.click()
    assert widget.cluster_centers.tolist() == [[1.0, 2.0], [8.0, 2.0]]


@pytest.mark.parametrize("mode", TOOLS)
def test_only_the_fields_of_the_tool_are_seen(widget, mode):
    tools = widget.panel.toolbar
    tools.mode.value = mode
    seen = {
        name
        for name in ("what", "number", "x", "y", "radius", "count", "inspect")
        if is_visible(getattr(tools, name))
    }
    assert ("x" in seen) is (mode not in {"remove", "predict"})
    assert ("radius" in seen) is (mode == "paint")
    assert ("number" in seen) is (mode in {"move", "remove"})
    assert is_visible(tools.leave) is not (mode == "move")
    assert is_visible(tools.unfold) is not (mode == "predict")  # has a form of its own


@pytest.mark.parametrize(
    ("mode", "fields", "words"),
    [
        ("move", {"number": 9}, "There is no cluster 9: they are numbered from 0 to 1."),
        (
            "move",
            {"what": "point", "number": 99},
            "There is no point 99: the points are called 0 to 29",
        ),
        ("move", {"number": -5}, "There is no cluster -5"),
        ("move", {"y": ""}, "and ''"),
        ("move", {"x": float("nan")}, "NaN"),
        ("add", {"x": 1e300}, "too large for squared distances. Give coordinates below"),
        ("remove", {"number": 30}, "There is no point 30"),
        ("paint", {"radius": -1.0}, "The radius of a cloud must be above 0 and finite, not -1."),
        ("remove", {"number": -5}, "There is no point -5"),
        ("remove", {"number": 2.7}, "There is no point 2.7"),
        ("remove", {"number": ""}, "There is no point ''"),
        ("paint", {"count": 0}, "A cloud must have from 1 to 10,000 points, not 0."),
        ("paint", {"count": 99999}, "A cloud must have from 1 to 10,000 points, not 99,999."),
        ("paint", {"radius": "wide"}, "radius must be a number"),
    ],
)
def test_numbers_that_cannot_be_used_are_told_and_change_nothing(widget, mode, fields, words):
    tools, before = widget.panel.toolbar, widget.X
    tools.mode.value = mode
    if "what" in fields:
        tools.what.value = fields["what"]
    typed = {name: value for name, value in fields.items() if name != "what"}
    usable = {name: getattr(tools, name).value for name in typed}
    for name, value in typed.items():
        getattr(tools, name).set_state({"value": str(value)})
    tools.act.click()
    assert words in html.unescape(widget.panel.notice.value)
    assert np.array_equal(widget.X, before)
    assert len(widget.branches) == 1
    assert {name: getattr(tools, name).value for name in typed} == usable


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("k", "0", "at least 1, not 0."),
        ("k", "-3", "at least 1, not -3."),
        ("k", "2.5", "whole number of at least 1, not 2.5."),
        ("k", "50", "Ask for at most 30 clusters"),
        ("k", "1e9", "Ask for at most 30 clusters"),
        ("k", "", "of at least 1, not ''."),
        ("k", "given", "at least 1, not 'given'."),
        ("seed", "1.5", "The seed must be a whole number from 0 to 4294967295, not 1.5."),
        ("seed", "-1", "not -1."),
        ("seed", "99999999999", "not 99999999999."),
        ("max_iter", "0", "max_iter=0, but the number of iterations must be at least 1."),
        ("max_iter", "2.5", "max_iter=2.5, but the number of iterations must be an integer."),
        ("max_iter", "1e400", "max_iter=inf, but the number of iterations must be an integer."),
        ("max_iter", "", "max_iter='', but the number of iterations must be an integer."),
        ("tol", "-1e-4", "tol=-0.0001, but the tolerance must be at least 0"),
        ("tol", "nan", "tol=nan, but the tolerance must be at least 0"),
        ("tol", "small", "tol='small', but the tolerance must be a number, such as 1e-4."),
        ("tol", "", "tol='', but the tolerance must be a number"),
    ],
)
def test_a_parameter_that_cannot_be_is_told_and_the_field_shows_the_true_one(
    widget, field, typed, words
):
    control = getattr(widget.panel, field)
    true = control.value
    control.set_state({"value": typed})
    assert words in html.unescape(widget.panel.notice.value)
    assert control.value == true
    assert (widget.n_clusters, widget.random_state, len(widget.branches)) == (2, 0, 1)
    assert (widget.max_iter, widget.tol) == (300, 0)


@pytest.mark.parametrize(
    ("field", "typed", "value", "words"),
    [
        ("max_iter", "3", 3, "the limit of iterations is reached"),
        ("max_iter", "1e1", 10, "K-means has converged"),
        ("tol", "0.3", 0.3, "moved no more than the tolerance"),
        ("tol", "1", 1.0, "moved no more than the tolerance"),
        ("tol", "1e-9", 1e-9, "K-means has converged"),
    ],
)
def test_the_limits_of_a_run_are_typed_and_followed(widget, field, typed, value, words):
    control = getattr(widget.panel, field)
    default = control.get_state("value")
    assert default == {"value": "300" if field == "max_iter" else "0"}
    widget.run()
    control.set_state({"value": typed})
    assert (getattr(widget, field), widget.cursor) == (value, 0)
    assert (widget.branch, len(widget.branches)) == (1, 2)
    widget.run()
    assert words in widget.narration
    widget.panel.undo.click()
    assert control.get_state("value") == default
    widget.panel.redo.click()
    assert control.value == value
    widget.reset()
    setattr(widget, field, 7)
    assert control.value == 7


def test_a_long_run_can_be_ended_where_it_hardly_changes(widget):
    assert not is_visible(widget.panel.stop)
    widget.run()
    assert not is_visible(widget.panel.stop)
    long = KMeansWidget(np.random.default_rng(0).random((30_000, 2)), 10, canvas="png")
    controls = long.panel
    long.run()
    settled = next(step for step in long.trace if step.n_changed < 3)
    assert not is_visible(controls.stop)
    long.cursor = 2 * settled.iteration - 1
    assert is_visible(controls.stop)
    assert f"{settled.n_changed} of 30,000 points changed cluster, fewer than" in long.narration
    labels = long.labels
    with long.lock:  # it does not go on before the click
        long.play()
        controls.stop.click()
    assert (long.playing, long.at_end, long.max_iter) == (False, True, settled.iteration - 1)
    assert controls.max_iter.value == settled.iteration - 1
    assert "the limit of iterations is reached, before convergence" in long.narration
    assert not is_visible(controls.stop)
    assert np.array_equal(long.labels, labels)
    controls.undo.click()
    assert is_visible(controls.stop)
    assert (long.max_iter, long.cursor) == (300, 2 * settled.iteration - 1)
    long.close()


def test_k_can_be_typed_beyond_the_slider():
    widget = KMeansWidget(np.random.default_rng(0).normal(size=(99, 2)), 3)
    controls = widget.panel
    assert controls.n_clusters.max == 20
    controls.k.set_state({"value": "27"})
    assert widget.n_clusters == controls.n_clusters.value == controls.n_clusters.max == 27
    controls.n_clusters.value = 4
    assert (widget.n_clusters, controls.k.value, controls.n_clusters.max) == (4, 4, 20)
    widget.close()


def test_the_slider_ends_where_the_points_end():
    widget = KMeansWidget([[1.0, 2.0], [3.0, 4.0], [9.0, 1.0]], 2)
    assert widget.panel.n_clusters.max == 3
    widget.paint([5.0, 5.0], radius=2.0)
    assert widget.panel.n_clusters.max == 20
    widget.undo()
    assert widget.panel.n_clusters.max == 3
    widget.close()


def test_a_drag_of_the_slider_is_one_choice(widget):
    assert not widget.panel.n_clusters.continuous_update


def test_points_are_called_as_in_the_index_of_the_table():
    table = pd.DataFrame(datasets.walkthrough().X, index=range(7, 37))
    widget = KMeansWidget(table, 2)
    tools = widget.panel.toolbar
    tools.what.value, tools.number.value = "point", 20
    tools.inspect.click()
    assert "Point <bdi>20</bdi>:" in widget.panel.card.value
    assert (tools.x.value, tools.y.value) == tuple(table.loc[20])
    tools.x.value = 5.5
    tools.act.click()
    assert widget.narration.startswith("New branch: point 20 was moved")
    assert widget.X[13, 0] == 5.5
    tools.mode.value = "remove"
    tools.act.click()
    assert widget.narration.startswith("New branch: point 20 at (5.5, ")
    tools.act.click()
    assert "There is no point 20: the points are called 7 to 36" in widget.panel.notice.value
    assert len(widget.X) == 29
    widget.add_point([1.0, 1.0])
    tools.number.set_state({"value": "added 0"})
    tools.act.click()
    assert widget.narration.startswith("New branch: point 'added 0' at (1, 1) was removed")
    widget.close()


def test_the_form_follows_what_it_moves(widget):
    tools = widget.panel.toolbar
    tools.unfold.value = True

    def there():
        return pytest.approx(widget.cluster_centers[0], rel=1e-2)

    for command in (widget.run, widget.new_start, lambda: setattr(widget, "cursor", 2)):
        command()
        assert (tools.x.value, tools.y.value) == there()
    tools.x.value = 3.25
    widget.panel.lines.value = False  # moves nothing
    assert tools.x.value == 3.25
    widget.step()  # nor does an assignment
    assert tools.x.value == 3.25
    widget.step()
    assert (tools.x.value, tools.y.value) == there()


def test_a_form_for_a_cluster_that_an_undo_removes_changes_nothing(widget):
    tools = widget.panel.toolbar
    widget.n_clusters = 5
    tools.unfold.value, tools.number.value = True, 4
    widget.panel.undo.click()
    assert widget.panel.notice.value == ""
    assert widget.n_clusters == widget.panel.k.value == 2


@pytest.mark.parametrize("mode", ["add", "paint", "place"])
def test_the_form_begins_amid_the_map(mode):
    X = np.random.default_rng(0).normal((1e6, 2e6), 3.0, size=(60, 2))
    widget = KMeansWidget(X, 2)
    tools = widget.panel.toolbar
    tools.mode.value = mode
    low, high = X.min(axis=0), X.max(axis=0)
    assert (low < [tools.x.value, tools.y.value]).all()
    assert ([tools.x.value, tools.y.value] < high).all()
    widget.close()


def test_the_form_says_what_its_places_are_along():
    line = KMeansWidget([[1.0], [2.0], [9.0], [8.0]], 2)
    assert is_visible(line.panel.toolbar.x)
    assert not is_visible(line.panel.toolbar.y)
    planes = KMeansWidget(LARGE, 3)
    tools = planes.panel.toolbar
    assert (tools.x.description, tools.y.description) == ("PC 1", "PC 2")
    assert "principal component 2" in tools.y.tooltip
    for widget in (line, planes):
        widget.close()


def test_rows_left_out_are_told_beside_the_data(widget):
    assert not is_visible(widget.panel.left_out)
    holed = np.random.default_rng(0).normal(size=(1060, 2))
    holed[[3, 9], [0, 1]] = np.nan
    other = KMeansWidget(holed, 3)
    assert is_visible(other.panel.left_out)
    assert other.panel.left_out.value == "<span>Left out: 2 of 1,060 rows (missing values).</span>"
    assert "1058 points" in repr(other)
    assert "2 rows left out" in repr(other)
    other.remove_point(0)
    assert other.panel.left_out.value == "<span>Left out: 2 of 1,060 rows (missing values).</span>"
    other.close()


def test_the_legend_hides_a_cluster_and_shows_it_again(widget):
    widget.run()
    buttons = widget.panel.legend.box.children
    sizes = np.bincount(widget.labels)
    assert [b.description for b in buttons] == [f"{k}: {n} points" for k, n in enumerate(sizes)]
    buttons[1].value = False
    assert widget.animation.scene.hidden == {widget.slots[1]}
    assert [button.tooltip for button in buttons] == ["Hide cluster 0", "Show cluster 1"]
    widget.back()
    assert widget.animation.scene.hidden == {widget.slots[1]}
    buttons[1].value = True
    assert widget.animation.scene.hidden == frozenset()


def test_the_legend_has_a_button_for_every_cluster_and_follows_their_colours(widget):
    legend = widget.panel.legend
    widget.n_clusters = 5
    assert len(legend.box.children) == 5
    widget.n_clusters = 2
    assert len(legend.box.children) == 2
    for button, slot in zip(legend.box.children, widget.slots, strict=True):
        assert f"kmeans-c{slot}" in button._dom_classes


TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 4)), columns=[*"abcd"])


@pytest.fixture
def wide():
    """A panel on a table of four columns."""
    panel = KMeansWidget(TABLE, 3)
    yield panel
    panel.close()


def test_the_menus_choose_the_axes_and_no_run_changes(wide):
    axes = wide.panel.axes
    assert is_visible(axes.menus)
    assert (axes.x.value, axes.y.value, axes.swap.disabled) == (-1, -1, True)
    wide.run()
    for menu, column, expected in (
        (axes.x, 2, ("c", "a")),  # the other is the first one that is left
        (axes.y, 3, ("c", "d")),
        (axes.y, 2, ("d", "c")),  # they change places
    ):
        menu.value = column
        assert wide.axes == expected
        assert (axes.x.value, axes.y.value) == tuple(map("abcd".index, expected))
        backdrop = wide.animation.scene.backdrop
        assert np.allclose(backdrop.points, TABLE[[*expected]])
    axes.swap.click()
    assert wide.axes == ("c", "d")
    axes.y.value = -1
    assert wide.axes is None
    assert (axes.x.value, axes.y.value) == (-1, -1)
    assert wide.at_end
    assert len(wide.branches) == 1


def test_without_clusters_there_is_no_table_to_save(wide, tmp_path):
    with pytest.raises(ValueError, match=r"^No point is assigned yet, so the table has no clust"):
        wide.save(tmp_path / "t.csv")
    wide.step()
    assert wide.save(tmp_path / "t.csv").read_text().startswith("a,b,c,d,cluster,distance,margin")


def test_the_share_of_chosen_columns_is_that_of_all_points_and_their_weights():
    X = np.random.default_rng(0).normal(size=(20_001, 3))  # half of them are drawn
    X[-1, 2], weights = 1e3, np.ones(len(X))
    weights[:5000] = 0.0
    panel = KMeansWidget(X, 2, axes=(0, 1), sample_weight=weights)
    share = panel.distance_shares[:2].sum()
    assert panel.animation.scene.backdrop.shown_share == pytest.approx(share)
    assert f"show {share:.0%} of the variance.".replace("%", " %") in panel.panel.axes._note.value
    panel.close()


def test_where_the_other_columns_are_constant_no_scale_would_help():
    X = np.column_stack([np.arange(9.0), np.full(9, 5.0), np.zeros(9)])
    panel = KMeansWidget(X, 2)
    assert panel.distance_shares.tolist() == [1.0, 0.0, 0.0]
    assert not is_visible(panel.panel.standardize)
    panel.close()


def test_a_saved_picture_names_the_axes(wide):
    wide.axes = ("d", "b")
    wide.run()
    assert "of 4 features, of which d and b are shown: K = 3" in wide._static_picture().words


def test_what_edits_are_drawn_on_is_the_data_without_them(wide):
    wide.axes = ("a", "b")
    box = wide.animation.scene.backdrop.box
    wide.add_point([1000.0] * 4)
    wide.axes = ("c", "d")
    wide.scale = "standard"
    wide.axes = ("a", "b")
    wide.scale = "none"
    wide.restore_points()
    assert wide.animation.scene.backdrop.box == box


def test_other_axes_end_a_trial_and_fill_the_form(wide):
    wide.axes = ("a", "b")
    wide.run()
    wide.map_actions.preview_center(0, np.array([0.5, -0.5]))
    wide.axes = ("b", "a")
    wide.map_actions.inspect(3)
    assert "Point" in wide.panel.card.value
    toolbar = wide.panel.toolbar
    toolbar.unfold.value, toolbar.mode.value = True, "paint"
    toolbar.x.value = 7.0
    wide.axes = ("a", "b")
    assert toolbar.x.value != 7.0
    assert (toolbar.x.description, toolbar.y.description) == ("a", "b")


def test_names_that_differ_in_the_middle_differ_in_the_menus():
    names = [f"average of the measurement of sensor number {i} in the laboratory" for i in range(3)]
    panel = KMeansWidget(pd.DataFrame(np.eye(3), columns=names), 2)
    assert len({name for name, _ in panel.panel.axes.x.options}) == 4
    panel.close()


def test_axes_survive_edits_and_another_scale(wide):
    wide.axes = ("d", "b")
    wide.step()
    position = wide.cluster_centers[1]
    wide.map_actions.move_center(1, np.array([0.5, -0.5]))
    assert np.allclose(wide.cluster_centers[1], [position[0], -0.5, position[2], 0.5])
    assert "moved by hand to b = -0.5, d = 0.5, all else as it was;" in wide.narration
    wide.move_point(3, [*wide.X[3, :2], 7.0, wide.X[3, 3]])
    assert "point 3 was moved to c = 7, all else as it was;" in wide.narration
    wide.scale = "standard"
    assert wide.animation.scene.backdrop.projection.columns == (3, 1)
    wide.undo()
    assert wide.animation.scene.backdrop.projection.columns == (3, 1)


def test_a_trial_says_along_which_axes_it_moves(wide, widget):
    wide.axes = ("d", "b")
    for panel, words in ((wide, "at d = 0.5, b = -0.5, all else as it was: "), (widget, "): ")):
        panel.run()
        panel.map_actions.preview_center(0, np.array([0.5, -0.5]))
        assert words in panel.panel.status.value
        panel.map_actions.end_preview()


@pytest.mark.parametrize("bad", ["a", ("a",), ("a", "a"), ("a", "e"), 3, ("a", "b", "c"), {*"ab"}])
def test_axes_that_cannot_be_used_change_nothing(wide, bad):
    wide.axes = ("d", "b")
    with pytest.raises((ValueError, TypeError), match=r"^axes"):
        wide.axes = bad
    assert wide.axes == ("d", "b")
    with pytest.raises((ValueError, TypeError), match=r"^axes"):
        KMeansWidget(TABLE, 3, axes=bad)


def test_a_panel_says_how_much_its_axes_show(wide):
    note = wide.panel.axes._note
    share = TABLE[["d", "b"]].var().sum() / TABLE.var().sum()
    wide.axes = ("d", "b")
    assert f"These two axes show {share:.0%} of the variance.".replace("%", " %") in note.value
    wide.step()
    deceptive = wide.animation.scene.deceptive.mean()
    assert f"{deceptive:.0%}".replace("%", " %") + " of the points appear closest" in note.value


def test_two_columns_have_no_menus_but_can_change_places(widget):
    assert not is_visible(widget.panel.axes.menus)
    widget.axes = widget.feature_names[::-1]
    assert np.array_equal(widget.animation.scene.backdrop.points, widget.X[:, ::-1])
    assert widget.animation.scene.backdrop.is_flat  # regions stay true


def test_a_single_column_has_no_axes_to_choose():
    with pytest.raises(ValueError, match="is the only one with numbers: leave axes out"):
        KMeansWidget([[1.0], [2.0], [3.0]], 2, axes=("x", "y"))


def test_a_click_on_a_cluster_that_has_just_gone_does_nothing(widget):
    widget.n_clusters = 5
    late = widget.panel.legend.box.children[4]
    widget.n_clusters = 2
    late.value = False
    assert widget.panel.legend.hidden == frozenset()


def test_another_start_shows_every_cluster(widget):
    legend = widget.panel.legend
    widget.run()
    legend.box.children[1].value = False
    widget.cursor = 4
    widget.move_center(0, [2.0, 9.0])  # the same clusters go on
    assert legend.hidden == {widget.slots[1]}
    widget.new_start()
    assert legend.hidden == frozenset()
    assert all(button.value for button in legend.box.children)


def test_a_colour_of_another_number_is_explained(widget):
    note = widget.panel.legend.note
    assert not is_visible(note)
    widget.step()
    while widget.slots == (0, 1):
        widget.new_start()
    assert is_visible(note)
    widget.branch = 0
    assert not is_visible(note)


def test_a_branch_that_leaves_the_list_is_named(widget, monkeypatch):
    monkeypatch.setattr(history, "MAX_BRANCHES", 3)
    for _ in range(3):
        widget.step()
        widget.panel.buttons["new_start"].click()
    assert "“K = 2, random, seed 1” has left the list" in widget.panel.notice.value
    assert [branch.parameters.random_state for branch in widget.branches] == [0, 2, 3]
    widget.panel.undo.click()
    assert [branch.parameters.random_state for branch in widget.branches] == [0, 1, 2]


def test_labels_are_sent_to_the_notebook(widget, variables):
    widget.run()
    widget.panel.send.click()
    assert np.array_equal(variables["labels"], widget.labels)
    assert "in the variable labels" in widget.panel.notice.value
    assert "kmeans-good" in widget.panel.notice.value


def test_a_variable_is_replaced_only_when_confirmed(widget, variables):
    widget.run()
    variables["labels"] = "precious"
    widget.panel.send.click()
    assert variables["labels"] == "precious"
    assert "already" in widget.panel.notice.value
    assert is_visible(widget.panel.replace)
    widget.panel.replace.click()
    assert np.array_equal(variables["labels"], widget.labels)
    assert not is_visible(widget.panel.replace)


def test_a_confirmation_counts_only_for_the_name_that_was_asked_about(widget, variables):
    widget.run()
    variables |= {"labels": "precious", "df": "treasure"}
    widget.panel.send.click()
    widget.panel.variable.value = "df"
    assert not is_visible(widget.panel.replace)
    assert widget.panel.notice.value == ""
    widget.panel.replace.click()  # which was on its way when the name was changed
    assert variables["df"] == "treasure"
    widget.panel.send.click()
    assert "already a variable 'df'" in html.unescape(widget.panel.notice.value)
    widget.panel.replace.click()
    assert np.array_equal(variables["df"], widget.labels)


def test_labels_are_sent_to_a_column(variables, monkeypatch):
    monkeypatch.setattr(notebook, "get_ipython", lambda: SimpleNamespace(user_ns=variables))
    variables["df"] = FRAME.copy()
    widget = KMeansWidget(variables["df"], 3)
    widget.panel.unfold.value = True
    widget.panel.variable.value = ' df["cluster"] '
    widget.panel.send.click()
    assert "No point is assigned yet" in widget.panel.notice.value
    for k in (3, 4):  # labels that were put there before are replaced
        widget.n_clusters = k
        widget.run()
        widget.panel.send.click()
        said = "The labels on screen are in df[&quot;cluster&quot;]."
        assert widget.panel.notice.value == f"<div class='kmeans-good'>{said}</div>"
        assert variables["df"]["cluster"].tolist() == widget.labels.tolist()
        assert html.escape("df[['a', 'b', 'c', 'd']]") in widget.panel.code.value
    widget.panel.variable.value = "df['a']"
    widget.panel.send.click()
    assert "df has a column 'a' already" in html.unescape(widget.panel.notice.value)
    assert np.array_equal(variables["df"]["a"], FRAME["a"])
    assert is_visible(widget.panel.replace)
    widget.panel.replace.click()
    assert variables["df"]["a"].tolist() == widget.labels.tolist()
    widget.close()


@pytest.mark.parametrize(
    ("kind", "variable", "of"),
    [
        ("table", "clustered", lambda widget: widget.to_frame()),
        ("centroids", "centroids", lambda widget: widget.centers_frame()),
        ("profile", "profile", lambda widget: widget.profile),
    ],
)
def test_tables_are_sent_to_the_notebook(widget, variables, kind, variable, of):
    controls = widget.panel
    widget.run()
    controls.output.value = kind
    assert controls.variable.value == variable
    controls.send.click()
    assert variables[variable].equals(of(widget))
    assert f"in the variable {variable}" in controls.notice.value
    controls.send.click()
    assert is_visible(controls.replace)
    controls.replace.click()
    controls.variable.value = "mine"
    controls.output.value = "labels"
    assert controls.variable.value == "mine"
    controls.output.value, controls.variable.value = kind, 'df["a"]'
    controls.send.click()
    assert "cannot be the name of a variable" in controls.notice.value
    widget.reset()
    controls.variable.value = "other"
    controls.send.click()
    assert ("other" in variables) == (kind == "centroids")
    controls.output.value, controls.variable.value = "labels", "labels"


def test_a_download_is_the_table_and_is_forgotten_once_it_is_saved(widget):
    controls = widget.panel
    widget.run()
    for kind in ("labels", "table", "centroids", "profile"):
        controls.output.value = kind
        controls.download.click()
        link = controls.download_link.value
        assert f"download='kmeans-{kind}.csv'" in link
        text = base64.b64decode(link.split("base64,")[1].split("'")[0]).decode("utf-8")
        found = pd.read_csv(io.StringIO(text))
        wanted = widget.output(kind)
        wanted = pd.DataFrame({"cluster": wanted}) if kind == "labels" else wanted
        assert found.shape == wanted.shape
        assert found["cluster"].tolist() == wanted["cluster"].tolist()
        controls.downloaded.value = "yes"
        assert controls.download_link.value == ""
        assert not is_visible(controls.download_link)
    controls.output.value = "labels"


def test_a_download_that_is_too_large_is_refused(widget, monkeypatch):
    monkeypatch.setattr("kmeans_widget.panel.results.MAX_DOWNLOAD", 20)
    widget.run()
    widget.panel.download.click()
    assert "30 values, too many for the browser" in widget.panel.notice.value
    assert widget.panel.download_link.value == ""
    widget.reset()
    widget.panel.download.click()
    assert "No point is assigned yet" in widget.panel.notice.value


@pytest.mark.parametrize("name", ["2nd", "", "class"])
def test_a_name_that_no_variable_can_have_is_refused(widget, variables, name):
    widget.run()
    widget.panel.variable.value = name
    widget.panel.send.click()
    assert "cannot be the name of a variable" in widget.panel.notice.value
    assert variables == {}


def test_without_a_notebook_sending_says_so(widget, monkeypatch):
    monkeypatch.setattr(notebook, "get_ipython", lambda: None)
    widget.run()
    widget.panel.send.click()
    assert "There is no notebook" in widget.panel.notice.value


def saved(widget, name):
    """Press Save for a file, and wait until it is written or refused; return what is said."""
    widget.panel.file.value = str(name)
    widget.panel.save.click()
    return settled(widget)


def settled(widget):
    deadline = time.monotonic() + 60
    while widget.panel.save.description != "Save":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return html.unescape(widget.panel.notice.value)


@pytest.mark.parametrize("name", ["now.png", "run.html"])
def test_a_file_is_saved_from_the_panel(widget, tmp_path, name):
    widget.cursor = 3
    said = saved(widget, tmp_path / name)
    assert f"Saved: {tmp_path / name}" in said
    assert "kmeans-good" in said
    assert (tmp_path / name).stat().st_size > 1000
    assert widget.cursor == 3


def test_a_file_is_replaced_only_when_confirmed(widget, tmp_path):
    path = tmp_path / "now.png"
    path.write_bytes(b"precious")
    assert f"There is already a file {str(path)!r}" in saved(widget, path)
    assert path.read_bytes() == b"precious"
    assert is_visible(widget.panel.replace)
    widget.panel.file.value = "another.png"  # the question was about the first
    widget.panel.replace.click()
    assert f"Saved: {path}" in settled(widget)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert not is_visible(widget.panel.replace)


def test_a_double_click_replaces_once(widget, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(widget.results, "_save", lambda name, **_: written.append(name))
    path = tmp_path / "now.png"
    path.write_bytes(b"precious")
    saved(widget, path)
    with widget.lock:
        widget.panel.replace.click()
        widget.panel.replace.click()
    settled(widget)
    for thread in threading.enumerate():
        if thread.name == "kmeans-saving":
            thread.join(10)
    assert written == [str(path)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run.htm", "did you mean '.html'?"),
        ("", "cannot be the name of a file"),
        ("nowhere/run.png", "There is no folder"),
        ("/dev/null/run.png", "There is no folder"),
        ("run.mp4", "needs ffmpeg"),
    ],
)
def test_a_file_that_cannot_be_written_is_one_sentence(widget, tmp_path, monkeypatch, name, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: None)
    widget.cursor = 3
    said = saved(widget, name)
    assert words in said
    assert "kmeans-bad" in said
    assert widget.panel.file.value == name
    assert (widget.cursor, list(tmp_path.iterdir())) == (3, [])


# Root may write anywhere, so what the system would say to others is said here in its place.
@pytest.mark.parametrize(
    ("refused", "error", "words", "there"),
    [
        ("touch", PermissionError(13, "Permission denied"), "permission denied.", False),
        ("touch", OSError(30, "Read-only file system"), "read-only file system.", True),
        ("write_bytes", OSError(28, "No space left on device"), "no space left on device.", True),
    ],
    ids=["folder of another", "read-only", "full"],
)
def test_a_place_that_takes_no_file_is_one_sentence(
    widget, tmp_path, monkeypatch, refused, error, words, there
):
    monkeypatch.chdir(tmp_path)
    if there:
        pathlib.Path("now.png").write_bytes(b"precious")

    def refuse(*_, **__):
        raise error

    with monkeypatch.context() as system:
        system.setattr(pathlib.Path, refused, refuse)
        said = saved(widget, "now.png")
        if there:
            widget.panel.replace.click()
            said = settled(widget)
    assert said.startswith("<div class='kmeans-bad'")
    assert said.endswith(f">'now.png' cannot be written: {words}</div>")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"precious"] * there


def test_a_write_protected_file_is_not_even_asked_about(widget, tmp_path, monkeypatch):
    path = tmp_path / "now.png"
    path.write_bytes(b"precious")
    monkeypatch.setattr(os, "access", lambda file, mode: (file, mode) != (path, os.W_OK))
    assert "already exists and is not a writable file." in saved(widget, path)
    assert not is_visible(widget.panel.replace)
    assert path.read_bytes() == b"precious"


def test_a_file_can_be_given_up_and_the_panel_goes_on_meanwhile(widget, tmp_path, monkeypatch):
    written, go_on = threading.Event(), threading.Event()

    def write(_recording, _file, tick):
        for _ in range(2):
            tick(1, 2)
            written.set()
            assert go_on.wait(30)

    monkeypatch.setattr("kmeans_widget.export.saving._writer", lambda *_: write)
    widget.panel.file.value = str(tmp_path / "run.gif")
    widget.panel.save.click()
    assert written.wait(30)
    widget.panel.step.click()
    assert widget.cursor == 1
    assert widget.panel.save.description == "Cancel"
    widget.panel.save.click()
    go_on.set()
    assert "was cancelled: nothing was written." in settled(widget)
    assert list(tmp_path.iterdir()) == []


def test_closing_the_panel_gives_up_its_file(tmp_path, monkeypatch):
    asked, closed = [], threading.Event()

    def write(_recording, _file, tick):
        assert closed.wait(30)
        tick(1, 2)
        asked.append("not reached")

    monkeypatch.setattr("kmeans_widget.export.saving._writer", lambda *_: write)
    widget = KMeansWidget()
    widget.panel.file.value = str(tmp_path / "run.gif")
    widget.panel.save.click()
    widget.close()
    closed.set()
    settled(widget)
    assert asked == list(tmp_path.iterdir()) == []


def test_code_is_shown_when_its_box_is_open_and_follows(widget):
    widget.run()
    assert widget.panel.code.value == ""
    widget.panel.unfold.value = True
    assert html.escape(widget.magic_line) in widget.panel.code.value
    assert html.escape(widget.code) in widget.panel.code.value
    widget.cursor = 3
    assert html.escape(widget.magic_line) in widget.panel.code.value


def test_the_variable_that_the_data_come_from_is_found(monkeypatch):
    data = [[1.0, 2.0], [3.0, 4.0], [9.0, 9.0]]
    shell = SimpleNamespace(user_ns={"_1": data, "heights": data})
    monkeypatch.setattr(notebook, "get_ipython", lambda: shell)
    widget = KMeansWidget(data, 2)
    assert widget.source == "heights"
    assert widget.magic_line.startswith("%kmeans heights")
    widget.close()
    shell.user_ns = {"flowers": datasets.iris()}
    assert notebook.variable_name(shell.user_ns["flowers"]) == "flowers"


LARGE = np.random.default_rng(1).normal(size=(150, 4))
FRAME = pd.DataFrame(LARGE, columns=["a", "b", "c", "d"])


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        (LARGE, None),
        (LARGE, [2, 0]),
        (FRAME, None),
        (FRAME, ["c", "a"]),
        (pd.DataFrame(LARGE), [3, 1]),
        (FRAME.mask(FRAME > 2), ["a", "b"]),
    ],
)
def test_a_variable_that_gives_the_data_is_named(monkeypatch, data, columns):
    shell = SimpleNamespace(user_ns={"mine": data})
    monkeypatch.setattr(notebook, "get_ipython", lambda: shell)
    widget = KMeansWidget(data, 3, columns=columns)
    widget.run()
    assert "mine" in widget.code
    assert widget.magic_line.startswith("%kmeans mine")
    widget.close()


@pytest.mark.parametrize(
    ("data", "value", "before"),
    [
        (LARGE[:, :2], LARGE, False),
        (FRAME[["a", "c"]], FRAME.drop(columns="c"), True),
        (LARGE, LARGE[:, :2], True),
        (LARGE, LARGE + 1.0, False),
        (FRAME, FRAME.iloc[:90], True),
        (FRAME, None, False),
        (FRAME, "text", True),
        (FRAME[["a", "b"]], FRAME[["b", "a"]].rename(columns={"a": "b", "b": "a"}), False),
    ],
)
def test_a_variable_that_does_not_give_the_data_is_not_named(monkeypatch, data, value, before):
    shell = SimpleNamespace(user_ns={"X": data if before else value})
    monkeypatch.setattr(notebook, "get_ipython", lambda: shell)
    widget = KMeansWidget(data, 3)
    shell.user_ns["X"] = value
    widget.run()
    assert widget.magic_line.startswith("%kmeans your_data ")
    found = {"your_data": data}  # and nothing that is called X
    exec(widget.code, found)
    assert np.array_equal(found["labels"], widget.labels)
    widget.close()


def test_columns_that_came_later_are_no_part_of_the_data(monkeypatch):
    frame = FRAME.copy()
    shell = SimpleNamespace(user_ns={"mine": frame})
    monkeypatch.setattr(notebook, "get_ipython", lambda: shell)
    widget = KMeansWidget(frame, 3)
    frame["cluster"] = widget.final_labels()
    widget.run()
    assert widget.magic_line.startswith("%kmeans mine[['a', 'b', 'c', 'd']] ")
    found = {"mine": frame}
    exec(widget.code, found)
    assert np.array_equal(found["labels"], widget.labels)
    widget.close()


# -- the data fold ----------------------------------------------------------------------------

UNEVEN = np.random.default_rng(0).normal(size=(40, 2)) * [1.0, 300.0]


def test_the_scale_is_chosen_in_the_panel_and_followed():
    widget = KMeansWidget(UNEVEN)
    widget.run()
    widget.panel.scale.value = "standard"
    assert (widget.scale, widget.branch, widget.cursor) == ("standard", 1, 0)
    widget.undo()
    assert widget.panel.scale.value == widget.scale == "none"
    widget.scale = "robust"
    assert widget.panel.scale.value == "robust"
    assert widget.animation.scene.facts.scale == "robust"
    widget.close()


def test_a_column_that_decides_alone_is_told_until_it_is_scaled():
    widget = KMeansWidget(UNEVEN)
    controls = widget.panel
    assert _tab_name(widget, "data") == "Data: scale?"
    assert "“<bdi>feature 1</bdi>” dominates the distances" in controls.warning.value
    assert is_visible(controls.standardize)
    assert "&gt; 99 %" in controls.columns.value
    controls.standardize.click()
    assert widget.scale == "standard"
    assert _tab_name(widget, "data") == "Data"
    assert not is_visible(controls.warning)
    assert not is_visible(controls.standardize)
    assert controls.columns.value.count("50 %") == 2
    widget.add_point([1e5, 0.0])
    assert controls.columns.value.count("50 %") == 2
    widget.undo()
    widget.undo()
    assert _tab_name(widget, "data") == "Data: scale?"
    widget.close()


def test_the_clusters_tab_says_in_which_columns_each_cluster_differs():
    random = np.random.default_rng(0)
    X = random.normal(size=(90, 6)) + np.repeat(np.eye(3, 6) * 9, 30, axis=0)
    weights = random.integers(1, 5, 90).astype(float)
    widget = KMeansWidget(pd.DataFrame(X, columns=[*"abcdef"]), 3, sample_weight=weights)
    assert widget.panel.traits.value == ""  # nobody sees it
    widget.run()
    widget.panel.tab.value = "clusters"
    mean = np.average(X, axis=0, weights=weights)
    std = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weights))
    sections = widget.panel.traits.value.split("<h4>")[1:]
    for section, center in zip(sections, widget.cluster_centers, strict=True):
        score = (center - mean) / std
        order = np.argsort(-abs(score))[:4]
        order = order[abs(score[order]) >= 0.3]
        found = re.findall(r"<bdi>(\w)</bdi>.*?<b>(.*?)</b><em>(.*?)</em>", section)
        assert [name for name, _, _ in found] == ["abcdef"[j] for j in order]
        assert [value for _, value, _ in found] == [format_number(center[j]) for j in order]
        assert [float(z.replace("−", "-")) for _, _, z in found] == score[order].round(1).tolist()
        assert f"{'abcdef'[order[0]]}" in section.partition("</h4>")[0]
    before = widget.panel.traits.value
    widget.reset()
    assert widget.panel.traits.value != before  # it follows the cursor
    widget.panel.tab.value = "algorithm"
    widget.close()


@pytest.mark.parametrize("factor", [0.0, 1e148])
def test_clusters_of_constant_or_huge_columns_are_described_too(factor):
    widget = KMeansWidget(np.arange(2002.0).reshape(1001, 2) * factor + 0.1, 1)
    widget.run()
    widget.panel.tab.value = "clusters"
    assert "close to the mean" in widget.panel.traits.value
    widget.panel.tab.value = "algorithm"
    widget.close()


def test_a_single_column_decides_of_course():
    widget = KMeansWidget(UNEVEN[:, :1])
    assert _tab_name(widget, "data") == "Data"
    assert "100 %" in widget.panel.columns.value
    widget.close()


def test_of_many_columns_the_largest_shares_are_shown():
    X = np.random.default_rng(0).normal(size=(400, 130)) * np.arange(1, 131)
    widget = KMeansWidget(X)
    assert widget.panel.columns.value.count("<i ") == 100
    assert "30 more columns together: " in widget.panel.columns.value
    widget.close()


def test_each_fold_opens_and_closes_what_comes_right_behind_its_title(widget):
    controls, order = widget.panel, list(_leaves(widget))
    order.remove(widget.canvas)  # no key reaches it
    for control in _leaves(controls.question):  # seen only where the first title is not
        order.remove(control)
    for title, first in (
        (controls.toolbar.unfold, controls.toolbar.what),
        (controls.unfold, controls.output),
    ):
        assert order.index(first) == order.index(title) + 1
        (content,) = (
            box for box in _boxes(widget) if first in _leaves(box) and not is_visible(box)
        )
        title.value = True
        assert is_visible(content)
        title.value = False
        assert not is_visible(content)


def _boxes(box):
    """Give the boxes in a box, at any depth."""
    for child in getattr(box, "children", ()):
        if hasattr(child, "children"):
            yield child
            yield from _boxes(child)


def _leaves(box):
    """Give the controls in a box, at any depth, in the order of the page."""
    for child in box.children:
        yield from _leaves(child) if hasattr(child, "children") else (child,)


@pytest.mark.parametrize("n_features", [1, 2, 4])
def test_the_hand_works_in_the_units_of_the_axes_on_any_scale(n_features):
    X = (
        np.random.default_rng(0).normal(size=(60, 4))[:, :n_features]
        * [1.0, 900.0, 5.0, 0.1][:n_features]
    )
    widget = KMeansWidget(X, scale="standard")
    widget.cursor = 3
    left, right, bottom, top = widget.animation.scene.backdrop.box
    place = np.array([left + 0.3 * (right - left), bottom + 0.5 * (top - bottom)])
    widget.map_actions.move_center(0, place)
    expected = place if n_features > 1 else [place[0], 0.0]
    assert widget.animation.scene.centers[0] == pytest.approx(expected)
    before = widget.animation.scene.backdrop.points.copy()
    widget.map_actions.paint(place)
    spread = widget.animation.scene.backdrop.projection.axis_unit
    cloud = (
        widget.animation.scene.backdrop.points[60:] - widget.animation.scene.centers[0]
    ) / spread
    assert 0.01 < np.abs(cloud).max() < 0.5 * (right - left) / spread[0]
    assert len(widget.X) == len(before) + 20
    widget.close()


def test_weights_are_seen_in_the_legend_and_in_the_card():
    widget = KMeansWidget(UNEVEN, 2, sample_weight=np.full(40, 0.5))
    widget.run()
    sizes = [button.description for button in widget.panel.legend.box.children]
    n_points = np.bincount(widget.point_labels)
    assert sizes == [f"{k}: {n} points, weight {n / 2:g}" for k, n in enumerate(n_points)]
    widget.map_actions.inspect(3)
    assert "of weight 0.5, is in cluster" in widget.panel.card.value
    assert "weighted" in repr(widget)
    assert widget.panel.explanation.value.count("w<sub>i</sub>") == 2
    widget.close()


def test_without_weights_the_formula_has_none(widget):
    assert "w<sub>i</sub>" not in widget.panel.explanation.value
