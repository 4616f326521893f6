"""The numbers behind a half-step: what is written is true, and adds up."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmeans_widget import KMeansWidget
from kmeans_widget.panel.factory import is_visible
from kmeans_widget.panel.numbers import write_mean, write_squares
from kmeans_widget.plot.narration import format_number


def evaluate(written):
    """Compute what stands before the equals sign, and return it with what stands after."""
    left, right = re.sub(r"</?b>", "", written).split(" = ")
    left = re.sub(r" \(\d+ more\)", "", left).replace("²", "**2").replace("−", "-")
    left = left.replace("·", "*").replace(",", "")
    return eval(left), right


coordinates = st.floats(-1e4, 1e4).map(lambda x: round(x, 3))


@given(
    pairs=st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=7),
    scale=st.sampled_from([1.0, 0.5, 12.25]),
)
def test_written_squares_add_up_to_the_true_distance(pairs, scale):
    position, center = np.array(pairs).T
    unit = np.full(len(pairs), scale)
    true = float((((position - center) / unit) ** 2).sum())
    computed, said = evaluate(write_squares(position, center, unit))
    assert computed == pytest.approx(true, rel=6e-4)  # to four digits
    if "×" not in said:
        assert float(said.replace(",", "")) == pytest.approx(computed, rel=6e-4)


@given(
    values=st.lists(st.integers(-99, 999).map(float), min_size=1, max_size=4),
    weights=st.none() | st.lists(st.integers(1, 9).map(float), min_size=4, max_size=4),
)
def test_a_written_mean_is_the_mean(values, weights):
    values = np.array(values)
    weights = None if weights is None else np.array(weights[: len(values)])
    computed, said = evaluate(write_mean(values, weights))
    assert computed == pytest.approx(float(said.replace(",", "").replace("−", "-")), abs=0.006)
    assert computed == pytest.approx(np.average(values, weights=weights))


@pytest.mark.parametrize(
    "values",
    [[19727.0, 19728.0], [1234.56, 1234.56, 500.0, 503.0], [1234.56, 1234.56, -1234.9],
     [10000.4, -10000.1], [1e9 + 1, 1e9 + 4], [2000001.5, 2000000.25], [0.0012, 0.0034]],
)  # fmt: skip
def test_what_is_written_of_large_and_small_numbers_is_true(values):
    values = np.array(values)
    computed, said = evaluate(write_mean(values, None))
    spread = np.ptp(values)
    assert computed == pytest.approx(values.mean(), abs=1e-3 * spread)
    assert float(said.replace(",", "").replace("−", "-")) == pytest.approx(
        computed, abs=6e-4 * spread
    )
    computed, _ = evaluate(write_squares(values[:1], values[1:2], np.ones(1)))
    assert computed == pytest.approx((values[0] - values[1]) ** 2, rel=1e-3)


@pytest.mark.parametrize("size", [1e-10, 1e-200])
def test_numbers_too_small_to_be_written_out_are_not(size):
    position, center = np.array([3.0, 4.0]) * size, np.zeros(2)
    assert write_squares(position, center, np.ones(2)).startswith("<b>")
    assert write_mean(position, None).startswith("<b>")
    assert write_squares(np.array([3.0]), np.zeros(1), np.array([size])).startswith("<b>")


@pytest.fixture
def panel():
    widget = KMeansWidget(n_clusters=2)
    widget.panel.tab.value = "algorithm"
    widget.panel.algorithm_view.value = "numbers"
    yield widget
    widget.close()


def cells(panel):
    rows = panel.panel.written.value.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
    return [re.findall(r"<td>([^<]*)</td>", row) for row in rows]


def test_the_table_is_that_of_the_cursor(panel):
    assert [row[2:] for row in cells(panel)] == [["–", "–"], ["–", "–"]]
    for cursor in (1, 2, 5):
        panel.cursor = cursor
        labels, centers, X = panel.point_labels, panel.cluster_centers, panel.X
        squares = ((X - centers[labels]) ** 2).sum(axis=1)
        for k, row in enumerate(cells(panel)):
            assert row[:2] == [format_number(c) for c in centers[k]]
            assert row[2] == str(np.count_nonzero(labels == k))
            share = squares[labels == k].sum() / squares.sum()
            assert abs(float(row[3].removesuffix(" %")) / 100 - share) < 0.006
    assert not is_visible(panel.panel.explanation)
    panel.panel.algorithm_view.value = "formulas"
    assert is_visible(panel.panel.explanation)
    assert not is_visible(panel.panel.written)


def test_while_the_start_is_watched_only_what_is_picked_is_shown(panel):
    panel.watch_start()
    assert len(cells(panel)) == 1
    panel.map_actions.inspect(3)
    assert panel.panel.written_point.value.count("<p>") == 1
    panel.step()
    assert len(cells(panel)) == 2


def test_means_are_announced_after_an_assignment_and_written_after_a_recalculation(panel):
    assert "<h4>" not in panel.panel.written.value
    panel.step()
    assert "<h4>Next, each centroid moves to the mean" in panel.panel.written.value
    panel.step()
    shown = panel.panel.written.value
    assert "<h4>Each centroid has moved to the mean" in shown
    said = [m.split("<b>")[1] for m in re.findall(r"\) / \d+ = <b>[^<]*", shown)]
    assert np.allclose([float(x) for x in said], panel.cluster_centers.ravel(), atol=0.006)


def test_the_distances_of_a_point_are_written_out_on_the_scale_of_the_run(panel):
    assert "Point at a point" in panel.panel.written_point.value
    panel.step()
    panel.map_actions.inspect(7)
    for scale in ("none", "standard"):
        panel.scale = scale
        panel.map_actions.inspect(7)
        point = panel.inspect(7)
        lines = panel.panel.written_point.value.split("<p>")[1:]
        assert len(lines) == 2
        for line, k in zip(lines, point.distances.argsort(), strict=True):
            said = re.search(r"= <b>([^<]*)</b>", line)[1]
            assert said == format_number(point.distances[k] ** 2)
    assert "divided by the scale" in panel.panel.written_point.value


def test_many_columns_clusters_and_names_are_cut_and_escaped():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 7)), columns=[*"abcdef", "<i>"])
    frame = frame[["<i>", *"abcdef"]]
    widget = KMeansWidget(frame, 12)
    widget.panel.tab.value, widget.panel.algorithm_view.value = "algorithm", "numbers"
    widget.step()
    shown = widget.panel.written.value
    assert "&lt;i&gt;" in shown
    assert "<i>" not in shown
    assert "3 more" in shown
    assert "<p>and 2 more</p>" in shown
    widget.map_actions.inspect(0)
    assert "(3 more)" in widget.panel.written_point.value
    widget.panel.algorithm_view.value = "formulas"
    widget.close()
