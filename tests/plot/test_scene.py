import dataclasses

import numpy as np
import pytest
from matplotlib.path import Path

from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.trace import Phase, Trace
from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import MAX_POINTS, lay_out
from kmeans_widget.plot.limits import ASPECT
from kmeans_widget.scaling import fit_scaling


def labels_by_hand(X, centers):
    return ((X[:, None] - centers) ** 2).sum(-1).argmin(1)


def same(one, other):
    """Whether two scenes show the same thing."""
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name == "facts":
            facts_a, facts_b = vars_of(a), vars_of(b)
            assert str(facts_a) == str(facts_b)
        elif field.name == "cells":
            assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
        elif isinstance(a, np.ndarray):
            assert np.array_equal(a, b, equal_nan=True)
        else:
            assert a is b or a == b
    return True


def vars_of(facts):
    return {field.name: getattr(facts, field.name) for field in dataclasses.fields(facts)}


def test_at_the_start_no_point_has_a_cluster(run):
    scene = run.scene(0)
    assert (scene.labels == -1).all()
    assert not scene.changed.any()
    assert not scene.lines
    assert np.array_equal(scene.centers, run.trace[0].centers)
    assert len(scene.curve) == 0


def test_an_assignment_gives_every_point_its_nearest_centroid(run):
    for cursor in range(1, run.trace.last_cursor + 1, 2):
        scene = run.scene(cursor)
        assert np.array_equal(scene.labels, labels_by_hand(run.samples.X, scene.centers))
        assert scene.changed.sum() == scene.facts.n_changed


def test_a_recalculation_puts_every_centroid_on_the_mean_of_its_points(run):
    for cursor in range(2, run.trace.last_cursor, 2):
        scene = run.scene(cursor)
        means = [scene.backdrop.points[scene.labels == k].mean(axis=0) for k in range(3)]
        assert np.allclose(scene.centers, means)
        assert np.array_equal(scene.labels, run.scene(cursor - 1).labels)


def test_the_curve_tells_the_inertia_of_what_is_drawn(run):
    for cursor in range(1, run.trace.last_cursor + 1):
        scene = run.scene(cursor)
        own = ((scene.backdrop.points - scene.centers[scene.labels]) ** 2).sum()
        assert scene.curve[-1, 1] == pytest.approx(own)
        assert scene.curve[-1, 0] == (cursor + 1) / 2
        assert len(scene.curve) == cursor


def test_the_same_cursor_gives_the_same_scene(run):
    assert all(same(run.scene(c), run.scene(c)) for c in range(run.trace.last_cursor + 1))


def test_trails_tell_where_the_centroids_have_been(run):
    trails = run.scene(run.trace.last_cursor).trails
    assert np.array_equal(trails, [step.centers for step in run.trace])


def test_switches_take_lines_and_regions_away(run):
    scene = run.scene(3, lines=False, regions=False)
    assert not scene.lines
    assert scene.cells == ()


def test_a_recalculation_glides_from_the_old_place_to_the_new(run):
    before, after = run.scene(1), run.scene(2)
    first, middle = scenes.interpolate(before, after, 0.0), scenes.interpolate(before, after, 0.5)
    assert np.array_equal(first.centers, before.centers)
    assert np.allclose(middle.centers, (before.centers + after.centers) / 2)
    assert np.array_equal(middle.trails[-1], middle.centers)
    assert scenes.interpolate(before, after, 1.0) is after


def test_an_assignment_leaves_the_centroids_in_place_while_it_is_shown(run):
    before, after = run.scene(2), run.scene(3)
    middle = scenes.interpolate(before, after, 0.5)
    assert middle.centers is after.centers
    assert 0 < middle.progress < 1


def test_a_large_data_set_is_drawn_in_part_and_says_so(make_run):
    X = np.random.default_rng(0).normal(size=(MAX_POINTS + 500, 2))
    large = make_run(X, X[:2], max_iter=2)
    scene = large.scene(1)
    assert len(scene.labels) == scene.facts.n_drawn == MAX_POINTS
    assert scene.facts.n_samples == scene.facts.n_changed == len(X)
    assert np.array_equal(scene.backdrop.points, large.scene(0).backdrop.points)


def test_edited_points_are_laid_out_like_the_unedited_ones(make_run):
    X = np.random.default_rng(3).normal(size=(60, 4))
    before = make_run(X, X[:2]).backdrop
    within = np.concatenate([X[1:], X[:1] * 0.9])
    after = lay_out(ArraySamples(within), ("a", "b", "c", "d"), like=before)
    assert after.projection.axes is before.projection.axes
    assert after.box == before.box
    assert np.array_equal(after.points[:-1], before.points[1:])
    beyond = np.concatenate([X, 9 * X[:1]])
    wider = lay_out(ArraySamples(beyond), ("a", "b", "c", "d"), like=before)
    left, right, bottom, top = wider.box
    x, y = wider.points.T
    assert left < x.min() <= x.max() < right
    assert bottom < y.min() <= y.max() < top


def test_a_backdrop_knows_which_samples_it_draws(make_run):
    X = np.random.default_rng(0).normal(size=(200, 2))
    backdrop = lay_out(ArraySamples(X), ("x", "y"), rows=np.array([3, 7, 150]))
    assert np.array_equal(backdrop.points, X[backdrop.rows])
    assert np.array_equal(make_run(X, X[:2]).backdrop.rows, np.arange(200))


@pytest.mark.parametrize(
    ("X", "equal_units"),
    [
        ([[0, 0], [10, 8], [4, 4]], True),
        ([[0, 0], [1000, 1], [500, 0.5]], False),
        ([[0, 5], [10, 5], [4, 5]], True),
        ([[3, 5], [3, 5], [3, 5]], True),
    ],
)
def test_the_axes_hold_all_points_and_keep_units_equal_where_they_can(make_run, X, equal_units):
    run = make_run(X, X[:1])
    left, right, bottom, top = run.backdrop.box
    x, y = run.backdrop.points.T
    assert left < x.min() <= x.max() < right
    assert bottom < y.min() <= y.max() < top
    ratio = (right - left) / (top - bottom)
    assert (ratio == pytest.approx(ASPECT)) is equal_units


def test_facts_count_iterations_and_sizes(run):
    facts = run.scene(run.trace.last_cursor).facts
    assert facts.phase is Phase.ASSIGN
    assert facts.n_iter == run.trace.n_iter
    assert facts.counts.sum() == 30
    assert facts.stop is run.trace.stop


def test_markers_follow_the_weights(make_run):
    random = np.random.default_rng(0)
    X, weights = random.normal(size=(80, 2)), random.choice([0.0, 1.0, 2.0, 4.0, 9.0, 1e6], 80)
    sizes = make_run(X, X[:2], weights=weights).backdrop.sizes
    order = np.argsort(weights, kind="stable")
    assert (np.diff(sizes[order]) >= 0).all()
    assert len(np.unique(sizes)) > 3
    assert (sizes.min(), sizes.max()) == (0.5, 2.0)
    assert make_run(X, X[:2]).backdrop.sizes is None
    few = np.repeat([0.0, 4.0], [60, 20])  # usual is what has a weight
    assert make_run(X, X[60:62], weights=few).backdrop.sizes[-1] == 1.0
    assert (make_run(X, X[:2], weights=np.full(80, 7.0)).backdrop.sizes == 1.0).all()


def on_scale(X, scale):
    scaling = fit_scaling(X, scale)
    return lay_out(ArraySamples(scaling.transform(X)), tuple("abcd"[: X.shape[1]]), scaling=scaling)


@pytest.mark.parametrize("n_features", [2, 4])
@pytest.mark.parametrize("scale", ["standard", "minmax", "robust"])
def test_regions_are_true_on_any_scale(n_features, scale):
    random = np.random.default_rng(1)
    X = random.normal(size=(300, 2)) * [1.0, 900.0] + 40.0
    if n_features == 4:  # all points are on a plane
        X = np.column_stack([X, 0.1 * X @ [1.0, 0.01], np.full(300, 7.0)])
    backdrop = on_scale(X, scale)
    start = backdrop.sample.X[:4].copy()
    trace = Trace(tuple(iterate(backdrop.sample, start, max_iter=3)))
    scene = scenes.build(backdrop, trace, 3, scenes.Options())
    left, right, bottom, top = backdrop.box
    places = random.uniform([left, bottom], [right, top], (200, 2))
    lifted = np.array([backdrop.projection.lift(place) for place in places])
    owners = ArraySamples(backdrop.scaling.transform(lifted)).assign(trace[1].centers)
    for k, corners in enumerate(scene.cells):
        inside = Path(corners).contains_points(places)
        assert np.array_equal(inside, owners == k)


@pytest.mark.parametrize("axes", [None, (2, 0)])
def test_points_that_deceive_look_nearer_to_another_centroid_than_they_are(axes):
    X = np.random.default_rng(3).normal(size=(200, 4)) * [1, 9, 2, 4]
    scaling = fit_scaling(X, "standard")
    samples = ArraySamples(scaling.transform(X))
    backdrop = lay_out(samples, tuple("abcd"), scaling=scaling, axes=axes)
    trace = Trace(tuple(iterate(samples, samples.X[:5].copy(), max_iter=4)))

    def nearest(points, centers):
        return ((points[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)

    plane = backdrop.points / backdrop.projection.axis_unit
    share = plane.var(axis=0).sum() / samples.X.var(axis=0).sum()  # of all points: all are drawn
    assert backdrop.shown_share == pytest.approx(share)
    for cursor in (1, 2, 5, 6):
        scene = scenes.build(backdrop, trace, cursor, scenes.Options(marks=True))
        centers = trace.centers_until(cursor)[-1]
        places = scene.centers / backdrop.projection.axis_unit
        expected = nearest(samples.X, centers) != nearest(plane, places)
        assert expected.any()
        assert np.array_equal(scene.deceptive, expected)
    assert not scenes.build(backdrop, trace, 0, scenes.Options()).deceptive.any()


def test_on_all_of_the_data_no_point_deceives(make_run):
    run = make_run(np.random.default_rng(3).normal(size=(50, 2)), np.eye(2))
    assert run.backdrop.shown_share == 1.0
    assert not run.scene(2).deceptive.any()


def test_where_regions_would_contradict_the_points_there_are_none(make_run):
    random = np.random.default_rng(1)
    X = random.normal(size=(60, 40))
    assert make_run(X, X[:3]).scene(1).cells == ()
    flat = np.column_stack([random.normal(size=(60, 2)), np.zeros(60)])
    assert len(make_run(flat, flat[:3]).scene(1).cells) == 3
    above = np.add(flat[:3], (0.0, 0.0, 1.0))  # given centroids need not be where the points are
    run = make_run(flat, above)
    assert run.scene(1).cells == ()
    assert len(run.scene(2).cells) == 3


@pytest.mark.parametrize("scale", ["standard", "minmax", "robust"])
def test_two_columns_stay_in_their_own_units_with_equal_lengths_on_the_scale(scale):
    X = np.random.default_rng(1).normal(size=(90, 2)) * [1.0, 900.0] + [3.0, -1e5]
    backdrop = on_scale(X, scale)
    assert np.allclose(backdrop.points, X)
    left, right, bottom, top = backdrop.box
    width, height = backdrop.projection.axis_unit
    assert (right - left) / width == pytest.approx(ASPECT * (top - bottom) / height)
