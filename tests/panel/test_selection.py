"""The tabs *Choose K* and *Starts*: what they compute, show, and make of a click."""

import re
import time
from html import unescape

import numpy as np
import pandas as pd
import pytest

import kmeans_widget as kw
from kmeans_widget import KMeansWidget, datasets
from kmeans_widget.panel import selection as selection_module
from kmeans_widget.panel.factory import is_visible
from kmeans_widget.panel.job import CancelledError
from kmeans_widget.selection.clusterers import Lloyd
from kmeans_widget.selection.criteria import CRITERIA

X = datasets.blobs(3).X


@pytest.fixture
def panel():
    widget = KMeansWidget(X, 2, random_state=5)
    yield widget
    widget.panel.tab.value = "algorithm"
    widget.close()


def compare(panel, least=2, most=5):
    panel.panel.tab.value = "choose"
    tab = panel.panel.choose_k
    tab.least.value, tab.most.value = least, most
    tab.start.click()
    panel.selection.choosing.wait()
    return tab


def ask(panel, words):
    panel.panel.asked.value = f"{words} {np.random.default_rng().integers(10**9)}"


def test_all_criteria_are_shown_over_k(panel):
    tab = compare(panel)
    expected = kw.choose_k(X, range(2, 6), random_state=5)
    assert tab.words.value == f"<p>{expected.verdict}</p>"
    rows = tab.curves.value.split("kmeans-criterion'>")[1:]
    assert [row.split(">")[1].split("<")[0] for row in rows] == [c.label for c in CRITERIA.values()]
    named = [re.search(r"<b title='[^']*'>([^<]*)</b>", row)[1] for row in rows]
    assert named == ["–" if k is None else str(k) for k in expected.best.values()]
    for name, row in zip(CRITERIA, rows, strict=True):
        points = re.search(r"points='([^']*)'", row)[1].split()
        heights = [-float(point.split(",")[1]) for point in points]  # downwards
        assert (
            np.argsort(heights).tolist() == np.argsort([*expected.values[name].values()]).tolist()
        )
    assert "aria-current=true>2<" in tab.curves.value
    panel.n_clusters = 4
    assert "aria-current=true>4<" in tab.curves.value


def test_names_of_columns_are_escaped():
    frame = pd.DataFrame({"<b>": X[:, 0] * 1e4, "y": X[:, 1]})
    widget = KMeansWidget(frame, 2)
    tab = compare(widget, 2, 3)
    assert "column '<b>' alone makes up" in unescape(tab.words.value)
    assert "<b>" not in tab.words.value
    widget.panel.tab.value = "algorithm"
    widget.close()


def test_how_clusters_split_is_drawn_over_k(panel):
    tab = compare(panel)
    tab.view.value = "splits"
    graph = panel.selection._choices.graph
    shown = tab.curves.value
    assert "first principal component (91 % of variance)" in shown
    dots = re.findall(
        r"class='kmeans-dots' style='stroke:([^;]*);[^>]*d='M([\d.]+),([\d.]+)h0'", shown
    )
    assert len(dots) == len(graph.nodes) == 2 + 3 + 4 + 5
    nodes = sorted(graph.nodes.items(), key=lambda item: item[1].height)
    by_height = sorted(dots, key=lambda dot: -float(dot[2]))  # downwards
    assert [int(float(x) / 100) + 2 for _, x, _ in by_height[:3]] == [k for (k, _), _ in nodes[:3]]
    assert len(re.findall(r"d='M[^']*L", shown)) == len(graph.flows)
    assert shown.count("data-ask='k ") == 4
    tab.view.value = "criteria"


def test_a_click_on_a_k_shows_its_clusters_on_a_branch(panel):
    compare(panel)
    panel.run()
    before = panel.labels
    ask(panel, "k 3")
    expected = kw.choose_k(X, range(2, 6), random_state=5)
    assert (panel.n_clusters, panel.converged) == (3, True)
    assert panel.inertia == pytest.approx(expected.values["inertia"][3])
    assert len(panel.branches) == 2
    panel.undo()
    assert np.array_equal(panel.labels, before)
    ask(panel, "k 9")  # not compared
    assert panel.n_clusters == 2


def test_a_comparison_can_be_cancelled_and_goes_on(panel, monkeypatch):
    calls = []
    fit = Lloyd.fit

    def cancelled(self, k):
        calls.append(k)
        if len(calls) == 3:
            panel.panel.choose_k.cancel.click()
            raise CancelledError  # as the kernels do, where they look
        return fit(self, k)

    monkeypatch.setattr(Lloyd, "fit", cancelled)
    tab = compare(panel)
    assert tab.words.value.startswith("<p>Not complete: 2 of 28 values are known")
    assert tab.start.description == "Go on"
    assert tab.curves.value.count(" disabled>") == 2
    ask(panel, "k 3")
    assert panel.n_clusters == 3
    tab = compare(panel)
    assert tab.start.description == "Compare"
    assert "Not complete" not in tab.words.value
    assert calls == [2, 3, 4, 4, 5]


def test_other_points_or_another_scale_need_another_comparison(panel):
    tab = compare(panel)
    panel.scale = "standard"
    assert tab.curves.value == ""
    assert tab.words.value == f"<p>{selection_module.HOW_MANY}</p>"
    compare(panel, most=3)
    assert "kmeans-criterion" in tab.curves.value
    panel.add_point([0.0, 0.0])
    assert tab.curves.value == ""


def test_solutions_of_scaled_columns_are_in_the_units_of_the_data(panel):
    panel.scale = "standard"
    compare(panel, most=4)
    ask(panel, "k 4")
    assert panel.n_iter <= 2
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    expected = kw.choose_k(scaled, range(2, 5), random_state=5, criteria=["inertia"])
    assert panel.inertia == pytest.approx(expected.values["inertia"][4])


@pytest.mark.parametrize(
    ("least", "most", "words"),
    [(5, 2, "K from 5 to 2: give a smallest and a largest"),
     ("x", 4, "the smallest number of clusters must be an integer"),
     (0, 4, "K=0, but the smallest number of clusters must be at least 1"),
     (2, 500, "at most 100 in all"), (400, 410, "Ask for at most 300 clusters")],
)  # fmt: skip
def test_a_range_that_cannot_be_used_is_one_sentence(panel, least, most, words):
    tab = compare(panel, least, most)
    assert words in panel.panel.notice.value
    assert is_visible(tab.start)
    assert tab.curves.value == ""


def test_starts_of_every_method_are_compared_and_a_click_shows_a_run(panel):
    panel.panel.tab.value = "starts"
    panel.n_clusters = 6
    tab = panel.panel.starts
    tab.n.value = 12
    tab.start.click()
    panel.selection.trying.wait()
    expected = kw.restarts(X, 6, 12, init=["random", "k-means++", "farthest"], random_state=5)
    best = expected.optima.iloc[0]
    assert tab.words.value.startswith(f"<p>K = 6: the lowest inertia, {best['inertia']:.4g}, was")
    assert f"{len(expected.optima)} different optima" in tab.words.value
    shares = re.findall(r"<b title=[^>]*>([^<]*)</b>", tab.dots.value)
    assert len(shares) == 3
    asked = re.findall(r"data-ask='(start [^']*)'", tab.dots.value)
    assert len(asked) == min(len(expected.optima), 8)
    ask(panel, asked[-1])
    _, init, seed = asked[-1].split()
    assert (panel.init, panel.random_state, panel.at_end) == (init, int(seed), True)
    assert panel.inertia == pytest.approx(expected.optima["inertia"][len(asked) - 1])
    assert panel.cursor > 1  # the whole run is there
    panel.reset()
    assert panel.phase == "start"


def test_the_runs_of_the_panel_are_listed_beside_each_other(panel):
    panel.panel.tab.value = "starts"
    runs = panel.panel.starts.runs
    assert runs.value == ""  # nothing has run
    for seed in (0, 3):
        panel.reset(random_state=seed)
        panel.run()
    panel.init = "k-means++"
    panel.step()
    panel.scale = "standard"  # its inertias mean something else
    panel.step()
    panel.branch = 2
    table = runs.value.split("</table>")[0]
    cells = [re.sub("<[^>]*>", " ", row).split() for row in table.split("<tr")[2:]]
    ends = [branch.curve[-1].tolist() for branch in panel.branches[:3]]
    assert [cell[1:-1] for cell in cells] == [
        ["2", "random", "points", "0", str(int(ends[0][0]))],
        ["2", "random", "points", "3", str(int(ends[1][0]))],
        ["2", "k-means++", "3", "1", "so", "far"],
    ]
    inertias = [float(cell[-1].replace(",", "")) for cell in cells]
    assert inertias == pytest.approx([inertia for _, inertia in ends], rel=1e-3)
    bold = {float(x.replace(",", "")) for x in re.findall(r"<b>([^<]*)</b>", runs.value)}
    assert bold == {min(inertias)}
    assert "1 on other points or another scale" in runs.value
    assert runs.value.count("kmeans-current") == 1
    ask(panel, "branch 0")
    assert panel.branch == 0


def test_the_best_of_ten_starts_is_shown(panel):
    panel.init, panel.n_clusters = "k-means++", 7
    panel.panel.tab.value = "starts"
    panel.panel.starts.best.click()
    panel.selection.trying.wait()
    expected = kw.restarts(X, 7, 10, init="k-means++", random_state=5)
    assert panel.inertia == pytest.approx(expected.best_inertia)
    assert (panel.init, panel.at_end) == ("k-means++", True)
    assert panel.random_state == expected.optima["seed"][0]


def test_starts_that_were_cancelled_go_on(panel, monkeypatch):
    panel.panel.tab.value = "starts"
    tab, done = panel.panel.starts, []
    run = selection_module.Restarts._run

    def cancelled(self, i):
        if len(done) == 5 and i >= 0:
            done.append(None)
            raise CancelledError
        done.append(i)
        run(self, i)

    monkeypatch.setattr(selection_module.Restarts, "_run", cancelled)
    tab.n.value = 9
    tab.start.click()
    panel.selection.trying.wait()
    assert tab.start.description == "Go on"
    assert " starts (" in tab.words.value
    monkeypatch.undo()
    tab.start.click()
    panel.selection.trying.wait()
    assert "of 27 starts" in tab.words.value
    assert tab.start.description == "Try them"


def test_closing_the_panel_ends_the_work():
    widget = KMeansWidget(X, 2)
    widget.panel.choose_k.start.click()
    widget.close()
    widget.selection.choosing.wait()
    assert not widget.selection.choosing.running


def test_a_panel_that_opens_on_the_tab_keeps_what_it_found(panel):
    panel.panel.tab.value = "choose"  # where the next panel opens
    widget = KMeansWidget(X, 2, random_state=5)
    assert widget.panel.tab.value == "choose"
    widget.panel.choose_k.least.value, widget.panel.choose_k.most.value = 2, 4
    widget.panel.choose_k.start.click()
    widget.step()
    widget.selection.choosing.wait()
    ask(widget, "k 3")
    assert widget.n_clusters == 3
    assert "aria-current=true>3<" in widget.panel.choose_k.curves.value
    n_branches = len(widget.branches)
    ask(widget, "k 3")  # it is shown already
    assert len(widget.branches) == n_branches
    widget.close()


def test_starts_have_the_limits_and_the_k_that_they_were_tried_with(panel):
    panel.max_iter, panel.n_clusters = 1, 6
    panel.panel.tab.value = "starts"
    panel.panel.starts.best.click()
    panel.selection.trying.wait()
    expected = kw.restarts(X, 6, 10, init="random", max_iter=1, random_state=5)
    assert panel.inertia == pytest.approx(expected.best_inertia)
    (asked, *_) = re.findall(r"data-ask='(start [^']*)'", panel.panel.starts.dots.value)
    panel.n_clusters = 3
    assert panel.panel.starts.words.value.startswith("<p>K = 6: ")
    ask(panel, asked)
    assert panel.n_clusters == 6
    assert panel.inertia == pytest.approx(expected.best_inertia)


def test_the_best_of_ten_is_forgotten_with_the_data(panel, monkeypatch):
    monkeypatch.setattr(selection_module.Restarts, "compute", lambda _: time.sleep(0.2))
    panel.panel.tab.value = "starts"
    panel.panel.starts.best.click()
    assert not is_visible(panel.panel.starts.best)
    panel.scale = "standard"
    panel.selection.trying.wait()
    monkeypatch.undo()
    panel.panel.starts.n.value = 2
    panel.panel.starts.start.click()
    panel.selection.trying.wait()
    assert panel.cursor == 0
