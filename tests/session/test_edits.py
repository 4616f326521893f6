"""Edits as functions of a branch and a cursor, without a session."""

import numpy as np
import pytest

from kmeans_widget import datasets
from kmeans_widget.session import edits
from kmeans_widget.session.branch import Branch, Parameters
from kmeans_widget.session.events import Event, Kind
from kmeans_widget.session.points import Points
from kmeans_widget.validation import MAX_SEED, as_table

X = datasets.walkthrough().X


def make_branch(data=X, *, weights=None, cursor=0, **parameters):
    points = Points(as_table(data, sample_weight=weights))
    given = {"n_clusters": 2} | parameters
    branch = Branch(Parameters(**given).checked(points), points)
    branch.slots = tuple(reversed(branch.slots))  # as after a match with an earlier run
    branch.compute(until=cursor // 2 if cursor else -1)
    return branch


@pytest.fixture
def branch():
    return make_branch(cursor=8)


# -- what every edit keeps ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cursor", "where"),
    [(0, "at the start"), (1, "at iteration 1"), (2, "at iteration 1"), (5, "at iteration 3")],
)
def test_a_fork_starts_from_the_centroids_at_the_cursor(branch, cursor, where):
    new = edits.fork(branch, cursor, Event(Kind.POINT_REMOVED), points=branch.points.remove(0))
    assert np.array_equal(new.start, branch.centers(cursor))
    assert (new.fork, new.name) == (where, f"1 point removed {where}")
    assert (new.slots, new.method) == ((1, 0), "random")
    assert not new.explored


def test_edits_without_a_half_step_between_them_are_collected(branch):
    first = edits.move_center(branch, 4, 0, [1.0, 1.0])
    second = edits.remove_point(first, 0, 7)
    assert second.name == "centroid 0 moved, 1 point removed at iteration 2"
    second.compute(until=1)
    third = edits.add_point(second, 3, [9.0, 9.0])
    assert third.name == "1 point added at iteration 2"
    assert third.event.kind is Kind.POINTS_ADDED


def test_the_original_data_take_the_edits_of_points_back_and_no_other(branch):
    edited = edits.add_point(edits.move_center(branch, 4, 0, [1.0, 1.0]), 0, [9.0, 9.0])
    restored = edits.restore_points(edited, 0)
    assert restored.name == "centroid 0 moved, back to the original data at iteration 2"
    assert np.array_equal(restored.samples.X, X)
    assert np.array_equal(restored.start, edited.start)
    again = edits.remove_point(restored, 0, 3)
    assert again.name.endswith("back to the original data, 1 point removed at iteration 2")


def test_an_edit_keeps_the_branch_as_it_is(branch):
    before = branch.centers(4), branch.trace, branch.points.samples.X.copy(), branch.parameters
    for edit, *args in (
        (edits.move_center, 0, [1.0, 1.0]), (edits.place_centers, [[1, 1], [2, 2]]),
        (edits.add_points, [[1, 1]]), (edits.move_point, 0, [1, 1]), (edits.remove_point, 0),
        (edits.paint, [1, 1], 1.0), (edits.new_start,), (edits.stop_here,),
    ):  # fmt: skip
        assert edit(branch, 4, *args) is not branch
    assert np.array_equal(branch.centers(4), before[0])
    assert (branch.trace, branch.parameters) == (before[1], before[3])
    assert np.array_equal(branch.points.samples.X, before[2])


def test_the_start_method_outlives_given_centroids():
    branch = make_branch(init="k-means++")
    moved = edits.move_center(branch, 0, 0, [1.0, 1.0])
    placed = edits.place_centers(moved, 0, [[1.0, 1.0], [2.0, 2.0]])
    again = edits.new_start(placed, 0)
    assert (again.parameters.init, again.parameters.random_state) == ("k-means++", 1)


# -- centroids ------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [[2.0, 9.0], [-500.0, 900.0]])
def test_one_centroid_is_moved(branch, position):
    new = edits.move_center(branch, 4, 1, position)
    assert new.start.tolist() == [branch.centers(4)[0].tolist(), position]
    assert new.event == Event(Kind.CENTER_MOVED, 1, position=tuple(position))


def test_placed_centroids_decide_on_k(branch):
    new = edits.place_centers(branch, 4, [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    assert new.parameters.n_clusters == 3
    assert new.start.tolist() == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
    assert (new.name, new.fork) == ("3 centroids placed by hand", "")


def test_a_new_run_gives_each_cluster_the_colour_of_the_one_it_continues():
    branch = make_branch(init=[[1.0, 1.0], [9.0, 9.0]])
    new = edits.place_centers(branch, 0, [[5.0, 5.0], [9.0, 9.0], [1.0, 1.0]])
    assert new.slots == (2, 0, 1)
    given = edits.change_parameters(branch, 0, init=[[8.0, 9.0], [2.0, 1.0]])
    assert given.slots == (0, 1)


@pytest.mark.parametrize("n_clusters", [6, 5, 7])
def test_a_cluster_that_ends_where_one_was_has_its_colour(n_clusters):
    data = datasets.blobs(6, 600, random_state=1).X
    old, n_matched = make_branch(data, n_clusters=6, init="k-means++"), 0
    old.compute(until=None)
    end = old.centers(old.trace.last_cursor)
    for seed in range(1, 9):
        new = edits.change_parameters(old, 0, n_clusters=n_clusters, random_state=seed)
        new.compute(until=None)
        for center, slot in zip(new.centers(new.trace.last_cursor), new.slots, strict=True):
            distances = np.linalg.norm(end - center, axis=1)
            if distances.min() < 0.05:
                assert slot == old.slots[distances.argmin()]
                n_matched += 1
    assert n_matched > 8


def test_where_a_long_run_ends_is_not_computed_for_its_colours(monkeypatch):
    monkeypatch.setattr(edits, "MAX_WORK", 1000)
    branch = make_branch(init=[[1.0, 1.0], [9.0, 9.0]])
    new = edits.change_parameters(branch, 0, init=[[8.9, 9.0], [2.0, 1.0]])
    assert new.slots == (0, 1)
    assert not new.explored


def test_limits_keep_the_colours(branch):
    assert edits.change_parameters(branch, 4, max_iter=1).slots == branch.slots


def test_colours_are_matched_on_the_scale_of_the_new_run():
    data = [[0.0, 0.0], [1.0, 0.0], [0.0, 1000.0], [1.0, 1000.0]]
    branch = make_branch(data, init=[[0.0, 500.0], [1.0, 510.0]], scale="minmax")
    new = edits.place_centers(branch, 0, [[0.0, 510.0], [1.0, 500.0]])
    assert new.slots == branch.slots  # in the units of the data the others are closer


# -- points ---------------------------------------------------------------------------------


def test_points_are_added_moved_and_removed(branch):
    new = edits.add_points(branch, 4, [[9.0, 1.0], [8.0, 1.0]])
    new = edits.move_point(new, 0, 0, [0.0, 0.0])
    new = edits.remove_point(new, 0, 7)
    expected = np.concatenate([X, [[9.0, 1.0], [8.0, 1.0]]])
    expected[0] = 0.0
    assert np.array_equal(new.points.samples.X, np.delete(expected, 7, axis=0))
    assert np.array_equal(new.start, branch.centers(4))
    added, moved, removed = new.edits
    assert (added.count, added.position) == (2, (8.5, 1.0))
    assert (moved.about, moved.position) == ("0", (0.0, 0.0))
    assert (removed.about, removed.position) == ("7", tuple(expected[7]))


def test_a_cloud_is_round_and_depends_on_its_seed(branch):
    def cloud(of=branch, **options):
        return edits.paint(of, 0, [50.0, 50.0], 2.0, 400, **options).points.samples.X[-400:]

    distances = np.linalg.norm(cloud(random_state=3) - 50.0, axis=1)
    assert 1.9 < distances.max() <= 2.0
    assert (distances < 1.0).mean() == pytest.approx(0.25, abs=0.07)  # uniform
    assert np.array_equal(cloud(random_state=3), cloud(random_state=3))
    assert np.array_equal(cloud(), cloud())
    assert not np.array_equal(cloud(), cloud(edits.add_point(branch, 0, [1.0, 1.0])))


def test_a_cloud_may_be_wider_along_one_feature(branch):
    new = edits.paint(branch, 0, [0.0, 0.0], [10.0, 0.1], 200)
    extent = np.abs(new.points.samples.X[30:]).max(axis=0)
    assert 9.0 < extent[0] <= 10.0
    assert 0.09 < extent[1] <= 0.1


@pytest.mark.parametrize(
    ("weights", "words"), [(None, "points"), ([1.0, 2.0, 0.0], "points with a weight above 0")]
)
def test_at_least_as_many_points_stay_as_there_are_clusters(weights, words):
    branch = make_branch([[0.0], [1.0], [5.0]], weights=weights)
    branch = edits.remove_point(branch, 0, 2)  # of weight 0
    with pytest.raises(ValueError, match=f"2 clusters need at least 2 {words}"):
        edits.remove_point(branch, 0, 0)
    branch = edits.remove_point(edits.change_parameters(branch, 0, n_clusters=1), 0, 0)
    with pytest.raises(ValueError, match="This is the last point"):
        edits.remove_point(branch, 0, 0)


# -- parameters -----------------------------------------------------------------------------


def test_the_largest_seed_is_followed_by_the_smallest():
    assert edits.new_start(make_branch(random_state=MAX_SEED), 0).parameters.random_state == 0


def test_another_k_or_seed_replaces_given_centroids_by_the_start_method():
    branch = edits.move_center(make_branch(init="farthest"), 0, 0, [1.0, 1.0])
    for changes in ({"n_clusters": 3}, {"random_state": 4}):
        assert edits.change_parameters(branch, 0, **changes).parameters.init == "farthest"
    given = [[1.0, 1.0], [2.0, 2.0], [9.0, 9.0]]
    new = edits.change_parameters(branch, 0, n_clusters=3, init=given)
    assert new.start.tolist() == given
    assert np.array_equal(edits.change_parameters(branch, 0, max_iter=4).start, branch.start)


def test_another_start_is_drawn_from_the_edited_points():
    branch = make_branch([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    new = edits.new_start(edits.remove_point(branch, 0, 0), 0)
    assert sorted(new.start.tolist()) == [[1.0, 1.0], [2.0, 2.0]]


def test_a_run_stops_at_the_cursor_with_the_steps_it_has(branch):
    for cursor in (4, 5):
        new = edits.stop_here(branch, cursor)
        assert (new.parameters.max_iter, new.trace.n_iter, new.slots) == (2, 2, (1, 0))
        assert new.trace.steps[:2] == branch.trace.steps[:2]
        assert new.trace.finished
    assert edits.stop_here(branch, 2).parameters.max_iter == 1
    for cursor in (0, 1):
        with pytest.raises(ValueError, match="No iteration is complete yet"):
            edits.stop_here(branch, cursor)


# -- what cannot be done --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "args", "message"),
    [
        ("move_center", (2, [1.0, 1.0]), "There is no cluster 2: they are numbered from 0 to 1"),
        ("move_center", (-1, [1.0, 1.0]), "There is no cluster -1"),
        ("move_center", ("left", [1.0, 1.0]), "must be a whole number, got str 'left'"),
        ("move_center", (True, [1.0, 1.0]), "number of a cluster must be a whole number"),
        ("move_center", (0, [1.0]), "position has 1 number, but every point has 2"),
        ("move_center", (0, [1.0, np.nan]), "NaN or infinity"),
        ("move_center", (0, [1.0, 1e300]), "too large for squared distances"),
        ("move_center", (0, "here"), "position must be 2 numbers, got str 'here'"),
        ("move_center", (0, [[1.0, 2.0]]), "position must be 2 numbers"),
        ("move_center", (0, [10**400, 1]), "NaN or infinity"),
        ("place_centers", ([[1, 2], [3, 4], [1, 2]],), "Centroids 0 and 2 would start at the same"),
        ("place_centers", (np.empty((0, 2)),), "There is no position"),
        ("place_centers", (np.ones((31, 2)),), "31 clusters need at least 31 points"),
        ("add_point", ([1.0, 2.0, 3.0],), "position has 3 numbers"),
        ("add_point", (None,), "position must be 2 numbers"),
        ("add_points", ([[1.0, 2.0], [3.0]],), "position must be a row of 2 numbers"),
        ("move_point", (30, [1.0, 1.0]), "There is no point 30: they are numbered from 0 to 29"),
        ("move_point", (0, []), "position has 0 numbers"),
        ("remove_point", (30,), "no point 30"),
        ("remove_point", (1.5,), "number of a point must be a whole number"),
        ("paint", ([1.0, 1.0], 0.0), "radius of a cloud must be above 0 and finite, not 0"),
        ("paint", ([1.0, 1.0], [1.0, 2.0, 3.0]), "radius must be a number or 2 numbers"),
        ("paint", ([1.0, 1.0], 1e300), "too large"),
        ("paint", ([1.0, 1.0], 1.0, 0), "A cloud must have from 1 to 10,000 points, not 0"),
        ("paint", ([1.0, 1.0], 1.0, 10_001), "points, not 10,001"),
    ],
)
def test_a_refused_edit_is_one_sentence(branch, edit, args, message):
    with pytest.raises((ValueError, TypeError), match=message) as refusal:
        getattr(edits, edit)(branch, 3, *args)
    assert "\n" not in str(refusal.value)


def test_a_centroid_cannot_be_moved_too_far_for_its_scale():
    data = np.random.default_rng(3).normal(size=(60, 3)) * [1e-10, 1e-7, 1e-12]
    branch = make_branch(data, scale="standard")
    with pytest.raises(ValueError, match="too large for squared distances"):
        edits.move_center(branch, 0, 0, [1e150, 0.0, 0.0])
