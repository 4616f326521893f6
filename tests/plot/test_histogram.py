"""The histogram above the line of a single feature."""

import dataclasses

import numpy as np
import pytest

from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.trace import Trace
from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import MAX_POINTS, lay_out
from kmeans_widget.plot.histogram import MOST_BARS, number_of_bars, stack_bars
from kmeans_widget.plot.limits import LINE
from kmeans_widget.plot.palette import UNASSIGNED, color


def ages(n):
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(20, 3, n // 2), random.normal(45, 6, n - n // 2)])[:, None]


def make(X, n_clusters=3):
    samples = ArraySamples(X)
    trace = Trace(tuple(iterate(samples, X[:: len(X) // n_clusters][:n_clusters].copy())))
    return lay_out(samples, ("age",)), trace


def heights(bars, box):
    """Return the counts of the bars, if the highest stack has height 1."""
    return (bars.boxes[:, 3] - bars.boxes[:, 2]) / (box[3] - box[2])


@pytest.mark.parametrize("n", [40, 3000, 3 * MAX_POINTS])
def test_bars_count_the_points_of_each_colour(n):
    X = ages(n)
    backdrop, trace = make(X)
    box = backdrop.box
    assert -box[2] / (box[3] - box[2]) == pytest.approx(LINE)
    (grey,) = stack_bars(scenes.build(backdrop, trace, 0, scenes.Options()))
    assert grey.color == UNASSIGNED
    scene = scenes.build(backdrop, trace, 3, scenes.Options())
    stacks = stack_bars(scene)
    labels = ArraySamples(X).assign(trace[1].centers)
    assert [bars.color for bars in stacks] == [color(k) for k in range(3)]
    whole = heights(grey, box)
    unit = n / whole.sum()  # points to a height
    for k, bars in enumerate(stacks):
        assert (heights(bars, box) * unit).sum() == pytest.approx(
            np.count_nonzero(labels == k), rel=0.01, abs=2
        )
        for left, right, bottom, top in bars.boxes[[0, -1]]:
            within = np.count_nonzero((X[:, 0] >= left) & (X[:, 0] < right) & (labels == k))
            assert (top - bottom) / (box[3] - box[2]) * unit == pytest.approx(
                within, abs=2 + 0.006 * unit
            )
    tops = {}
    for bars in stacks:  # one on the other
        for left, _, bottom, top in bars.boxes:
            assert tops.get(left, bottom) == pytest.approx(bottom)
            tops[left] = top


def test_hidden_clusters_are_not_counted_and_values_have_their_colours():
    backdrop, trace = make(ages(200))
    hidden = scenes.build(backdrop, trace, 3, scenes.Options(hidden=frozenset({1})))
    assert color(1) not in [bars.color for bars in stack_bars(hidden)]
    scene = scenes.build(backdrop, trace, 3, scenes.Options())
    codes = np.repeat(np.array([0, -1], np.int32), 100)
    coloured = dataclasses.replace(scene, colors=scenes.PointColors("sex", codes, (4,)))
    assert {bars.color for bars in stack_bars(coloured)} == {color(4), UNASSIGNED}


def test_a_view_keeps_the_line_at_its_height_and_counts_what_is_seen():
    backdrop, trace = make(ages(400))
    left, right, _, _ = backdrop.box
    part = backdrop.zoomed((left, (left + right) / 2, 90.0, 91.0))
    assert -part.box[2] / (part.box[3] - part.box[2]) == pytest.approx(LINE)
    assert part.box[:2] == pytest.approx((left, (left + right) / 2))
    (bars,) = stack_bars(scenes.build(part, trace, 0, scenes.Options()))
    assert bars.boxes[0, 0] >= left
    assert bars.boxes[-1, 1] <= (left + right) / 2 + 1e-9
    assert backdrop.fit_view(backdrop.box) == backdrop.home


def test_the_number_of_bars_grows_with_the_points():
    assert number_of_bars(1) == 10
    assert number_of_bars(8000) == 40
    assert number_of_bars(10**9) == MOST_BARS
    backdrop, trace = make(ages(12), 2)
    scene = scenes.build(backdrop, trace, 1, scenes.Options())
    assert sum(len(bars.boxes) for bars in stack_bars(scene)) <= 12


@pytest.mark.parametrize(("n", "most"), [(900, 9), (4700, 65), (4 * MAX_POINTS, 65)])
def test_bars_of_whole_numbers_have_equally_many_of_them(n, most):
    X = np.resize(np.arange(18.0 if most > 9 else 0.0, most + 1.0), n)[:, None]  # all equally often
    backdrop, trace = make(X)
    (bars,) = stack_bars(scenes.build(backdrop, trace, 0, scenes.Options()))
    found = heights(bars, backdrop.box)
    assert len(found) == (10 if most == 9 else len(found))
    assert found[1:-1].min() > 0.95 * found.max()
    assert (bars.boxes[:, 0] % 1 == 0.5).all()


def test_a_single_point_has_a_bar_that_is_seen():
    X = np.append(np.random.default_rng(0).normal(size=2000), 50.0)[:, None]
    backdrop, trace = make(X)
    (bars,) = stack_bars(scenes.build(backdrop, trace, 0, scenes.Options()))
    assert heights(bars, backdrop.box)[-1] >= 0.004


def test_equal_values_are_one_bar():
    (bars,) = stack_bars(scenes.build(*make(np.full((9, 1), 3.0), 1), 0, scenes.Options()))
    ((left, right, _, _),) = bars.boxes
    assert left <= 3.0 <= right
