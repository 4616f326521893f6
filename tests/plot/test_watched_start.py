"""While the start is watched: the picks so far, and what decides about the next."""

import numpy as np
import pytest

from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import MAX_POINTS, lay_out_points
from kmeans_widget.plot.figure import Picture
from kmeans_widget.plot.narration import format_number, narrate
from kmeans_widget.plot.projection import OtherColumn
from kmeans_widget.plot.voronoi import voronoi_cells
from kmeans_widget.session import KMeansSession
from kmeans_widget.session.events import Event, Kind


def groups(n=90, d=2):
    random = np.random.default_rng(5)
    return np.concatenate([random.normal(mean, 1.0, (n // 3, d)) for mean in (0.0, 6.0, 14.0)])


def watch(X, k=4, cursor=None, *, axes=None, **parameters):
    """A session at a cursor, by default that of the first pick, and its scene."""
    options = {name: parameters.pop(name) for name in ("hidden", "values") if name in parameters}
    session = KMeansSession(X, k, **({"init": "k-means++", "random_state": 1} | parameters))
    session.watch_start()
    session.cursor = session.cursor if cursor is None else cursor
    return session, shot(session, axes=axes, **options)


def shot(session, *, axes=None, **options):
    branch = session.current_branch
    backdrop = lay_out_points(branch.points, branch.parameters.scale, axes=axes)
    return scenes.build(
        backdrop, session.trace, session.cursor, scenes.options_of(session, **options)
    )


def closest(X, centers):
    return ((X[:, None] - centers) ** 2).sum(axis=2).min(axis=1)


@pytest.mark.parametrize("init", INIT_METHODS)
def test_only_the_centroids_picked_so_far_are_drawn(init):
    picture = Picture()
    for cursor in range(-4, 0):
        session, scene = watch(groups(), cursor=cursor, init=init)
        n_picks, centers = 5 + cursor, session.cluster_centers
        picture.show(scene)
        drawn = [c.center.get_xydata() for c in picture._clusters if c.center.get_visible()]
        assert np.array_equal(np.concatenate(drawn), centers[:n_picks])
        assert [number.value for number in picture.numbers.numbers] == [*range(n_picks)]
        box, unit = scene.backdrop.box, scene.backdrop.projection.axis_unit
        expected = voronoi_cells(centers[:n_picks], box, unit)
        regions = [c.region for c in picture._clusters[:4]]
        assert [r.get_visible() for r in regions] == [k < n_picks for k in range(4)]
        for region, cell in zip(regions, expected, strict=False):
            assert {*map(tuple, cell)} <= {*map(tuple, region.get_path().vertices)}
        assert (scene.labels == -1).all()
        assert not any(c.points.get_visible() for c in picture._clusters[n_picks:])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("init", ["k-means++", "farthest"])
def test_areas_of_points_are_what_decides_about_the_next_pick(init, weighted):
    X = groups()
    weight = np.random.default_rng(0).uniform(0.0, 3.0, len(X)) if weighted else np.ones(len(X))
    for cursor in (-4, -3, -2):
        session, scene = watch(
            X, cursor=cursor, init=init, sample_weight=weight if weighted else None
        )
        decides = closest(X, session.cluster_centers[: 5 + cursor])
        if init == "k-means++":
            decides *= weight
        expected = 2.0 * np.sqrt(decides / decides.max())
        assert np.abs(scene.sizes - np.maximum(expected, 0.45)).max() <= 0.05 + 1e-9
        assert scene.sizes.max() == 2.0
        assert scene.sizes[session.current_branch.picks[4 + cursor].row] == 0.45


def test_points_have_their_usual_sizes_where_nothing_but_the_weight_decides():
    X, weight = groups(), np.random.default_rng(0).uniform(0.5, 3.0, 90)
    for init, cursor in (("random", -3), ("k-means++", -1), ("farthest", -1)):
        assert watch(X, cursor=cursor, init=init)[1].sizes is None
        _, scene = watch(X, cursor=cursor, init=init, sample_weight=weight)
        assert scene.sizes is scene.backdrop.sizes


def test_the_other_candidates_are_ringed_or_the_farthest_point_that_is_next():
    X, picture = groups(), Picture()
    for cursor in range(-4, 0):
        session, scene = watch(X, cursor=cursor, random_state=2)
        picture.show(scene)
        pick = session.current_branch.picks[4 + cursor]
        others = [row for row in pick.candidates if row != pick.row]
        assert np.array_equal(picture._candidates.get_xydata(), X[others])
        session, scene = watch(X, cursor=cursor, init="farthest")
        picture.show(scene)
        following = [pick.row for pick in session.current_branch.picks[5 + cursor :][:1]]
        assert np.array_equal(picture._candidates.get_xydata(), X[following])
        assert watch(X, cursor=cursor, init="random")[1].watched.ringed.shape == (0, 2)


def test_after_the_picks_the_picture_is_the_usual_one():
    picture, usual = Picture(), Picture()
    session, scene = watch(groups(), cursor=-2)
    picture.show(scene)
    assert picture._unassigned.sizes is not None
    session.cursor = 0
    for shown in (picture, usual):
        shown.show(shot(session))
    assert picture._unassigned.sizes is None
    assert picture._unassigned.get_markeredgecolor() == usual._unassigned.get_markeredgecolor()
    assert len(picture._candidates.get_xydata()) == 0
    assert sum(c.center.get_visible() for c in picture._clusters) == 4


def test_clusters_that_are_hidden_stay_hidden_also_while_a_centroid_is_tried():
    session, scene = watch(groups(), cursor=-3, hidden=frozenset({1, 3}))
    assert scene.hidden == {1, 2, 3}
    centers = session.cluster_centers
    event = Event(Kind.CENTER_TRIED, 0, 90, (0.0, 0.0))
    tried = scenes.with_centers(scene, centers, event, session.current_branch.samples, None)
    assert tried.hidden == {1, 3}
    assert (tried.watched, tried.sizes, tried.facts.picks) == (None, None, ())
    assert narrate(tried).startswith("Trial: centroid 0 at (0, 0): inertia ")
    assert all(len(cell) > 2 for cell in tried.cells)


def test_sizes_follow_a_pick_that_is_hidden():
    picture = Picture()
    for cursor in (-4, -3):  # the same clusters are hidden at both
        _, scene = watch(groups(), cursor=cursor, hidden=frozenset({1}))
        picture.show(scene)
    assert scene.hidden == {1, 2, 3}
    assert np.array_equal(picture._unassigned.sizes, scene.sizes)


def test_the_limits_of_the_map_can_change_meanwhile():
    _, scene = watch(groups(), cursor=-3)
    seen = scenes.seen_in(scene, (0.0, 7.8, 0.0, 5.0))
    assert [len(cell) > 2 for cell in seen.cells[2:]] == [False, False]
    assert seen.watched is scene.watched


def test_a_density_picture_shows_picks_and_candidates_only():
    X = np.random.default_rng(3).normal(size=(MAX_POINTS + 1, 2))
    session, scene = watch(X, cursor=-2, random_state=2)
    pick = session.current_branch.picks[2]
    assert scene.sizes is None
    others = [row for row in pick.candidates if row != pick.row]
    assert np.allclose(scene.watched.ringed, X[others])
    assert narrate(scene).endswith("; so many points are all drawn alike.")


def test_a_line_and_axes_that_take_no_part_have_picks_too():
    X = groups(d=1)
    session, scene = watch(X, 3, cursor=-2)
    pick = session.current_branch.picks[1]
    Picture().show(scene)
    assert scene.sizes.max() == 2.0
    assert sorted(scene.watched.ringed[:, 0]) == sorted(
        X[row, 0] for row in pick.candidates if row != pick.row
    )
    other = np.arange(90.0)
    session, scene = watch(groups(), cursor=-2, axes=(0, OtherColumn("other", other)))
    Picture().show(scene)
    assert np.isin(scene.watched.ringed[:, 1], session.current_branch.picks[2].candidates).all()
    labels = ((session.X[:, None] - session.cluster_centers[:3]) ** 2).sum(axis=2).argmin(axis=1)
    means = [other[labels == k].mean() for k in range(3)]
    assert np.allclose(scene.centers[:3, 1], means)


def test_each_pick_is_a_sentence():
    session, scene = watch(groups())
    assert narrate(scene) == (
        "Start, pick 1 of 4 (k-means++): a point drawn at random, all equally likely; the larger a "
        "point, the likelier it is next, by its squared distance to the nearest centroid."
    )
    session.cursor = -3
    best, *others = sorted(session.current_branch.picks[1].potentials)
    ringed = " and ".join(map(format_number, others))
    assert narrate(shot(session)) == (
        f"Start, pick 2 of 4 (k-means++): of {1 + len(others)} candidates drawn, the one that "
        f"leaves the lowest inertia, {format_number(best)}, was taken (ringed: {ringed}); the "
        "larger a point, the likelier it is next."
    )
    session.cursor = -1
    assert narrate(shot(session)).endswith(").")


def test_the_sentences_of_the_other_methods():
    session, scene = watch(groups(), cursor=-2, init="random")
    assert narrate(scene) == (
        "Start, pick 3 of 4 (random points): another point, drawn at random, all equally likely."
    )
    session, scene = watch(groups(), cursor=-3, init="farthest")
    first, second = session.cluster_centers[:2]
    distance = format_number(np.linalg.norm(second - first))
    assert narrate(scene) == (
        "Start, pick 2 of 4 (farthest points): the point farthest from all centroids before, at a "
        f"distance of {distance}; the larger a point, the farther it is from its nearest centroid; "
        "the ringed one is next."
    )
    _, scene = watch(groups(), cursor=-1, init="farthest")
    assert "next" not in narrate(scene)


def test_with_weights_the_sentences_say_so():
    weight = np.linspace(1.0, 2.0, 90)
    _, scene = watch(groups(), sample_weight=weight)
    assert "a point drawn at random, the heavier the likelier;" in narrate(scene)
    assert "by its weight times its squared distance" in narrate(scene)


def test_a_single_candidate_is_named_with_its_inertia():
    session, scene = watch([[0.0], [1.0], [9.0]], 3, cursor=-1)  # one point is left
    (potential,) = session.current_branch.picks[2].potentials
    assert potential == 0.0
    assert narrate(scene) == (
        "Start, pick 3 of 3 (k-means++): another point, drawn by chance, which leaves an inertia "
        "of 0."
    )


def test_what_else_happens_is_said_before():
    session, _ = watch(groups(), cursor=-2)
    session.new_start()
    session.undo()
    assert session.cursor == -2
    assert narrate(shot(session)).startswith("Undone: ")
    assert "; start, pick 3 of 4" in narrate(shot(session))
