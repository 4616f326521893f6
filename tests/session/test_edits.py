"""Centroids and points changed by hand, without any GUI."""

import numpy as np
import pandas as pd
import pytest

import naive
from kmeans_widget import datasets
from kmeans_widget.core.trace import Phase
from kmeans_widget.session import KMeansSession


@pytest.fixture
def session():
    return KMeansSession()


@pytest.mark.parametrize("cursor", [0, 3, 4])
def test_a_moved_centroid_starts_a_run_from_the_centroids_at_the_cursor(session, cursor):
    session.cursor = cursor
    expected = session.cluster_centers
    expected[1] = [2.0, 9.0]
    session.move_center(1, [2.0, 9.0])
    assert session.phase is Phase.START
    assert np.array_equal(session.cluster_centers, expected)
    session.step()
    assert np.array_equal(session.point_labels, naive.assign(session.X, expected))


def test_a_moved_centroid_may_lie_outside_of_the_data(session):
    session.move_center(0, [-500.0, 900.0])
    session.run()
    assert session.converged
    assert set(session.point_labels) == {0, 1}


def test_starting_centroids_are_placed_one_by_one(session):
    session.n_clusters = 3
    session.step()
    for i, place in enumerate([[1.0, 1.0], [9.0, 9.0]]):
        session.place_center(place)
        assert session.placed[i].tolist() == place
        assert session.cursor == 1
    session.place_center([5.0, 5.0])
    assert session.cursor == 0
    assert session.cluster_centers.tolist() == [[1.0, 1.0], [9.0, 9.0], [5.0, 5.0]]
    assert len(session.placed) == 0
    assert session.branches[-1].name == "3 centroids placed by hand"


def test_placing_can_be_undone_one_by_one_and_cancelled(session):
    session.n_clusters = 3
    session.place_center([1.0, 1.0])
    session.place_center([2.0, 2.0])
    session.undo()
    assert session.placed.tolist() == [[1.0, 1.0]]
    session.cancel_placing()
    assert session.placed.shape == (0, 2)
    session.undo()
    assert session.placed.tolist() == [[1.0, 1.0]]


def test_cancelling_without_a_placed_centroid_does_nothing(session):
    session.cancel_placing()
    assert not session.can_undo


def test_another_k_gives_up_what_was_placed(session):
    session.place_center([1.0, 1.0])
    session.n_clusters = 4
    assert len(session.placed) == 0


def test_centroids_placed_at_once_decide_on_k(session):
    session.place_centers([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [9.0, 9.0]])
    assert session.n_clusters == 4
    assert session.cluster_centers[3].tolist() == [9.0, 9.0]


def test_points_are_added_moved_and_removed(session):
    X = session.X
    session.cursor = 5
    centers = session.cluster_centers
    session.add_point([9.0, 1.0])
    session.move_point(0, [0.0, 0.0])
    session.remove_point(7)
    X[0] = 0.0
    expected = np.delete(np.concatenate([X, [[9.0, 1.0]]]), 7, axis=0)
    assert np.array_equal(session.X, expected)
    assert np.array_equal(session.cluster_centers, centers)
    session.run()
    assert np.array_equal(session.point_labels, naive.assign(expected, session.cluster_centers))


def test_the_last_points_may_be_edited_too(session):
    session.add_points([[1.0, 1.0], [2.0, 2.0]])
    session.move_point(30, [3.0, 3.0])
    session.remove_point(31)
    assert session.X[-1].tolist() == [3.0, 3.0]
    assert len(session.point_labels) == 31


def test_another_start_after_edits_draws_from_the_edited_points():
    session = KMeansSession([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], 2)
    session.remove_point(0)
    session.new_start()
    assert sorted(session.cluster_centers.tolist()) == [[1.0, 1.0], [2.0, 2.0]]


def test_a_cloud_is_round_and_repeats_with_its_seed(session):
    session.paint([50.0, 50.0], 2.0, 400, random_state=3)
    cloud = session.X[30:]
    distances = np.linalg.norm(cloud - 50.0, axis=1)
    assert len(cloud) == 400
    assert 1.9 < distances.max() <= 2.0
    assert (distances < 1.0).mean() == pytest.approx(0.25, abs=0.07)  # even, not heaped up
    session.undo()
    session.paint([50.0, 50.0], 2.0, 400, random_state=3)
    assert np.array_equal(session.X[30:], cloud)
    session.paint([50.0, 50.0], 2.0, 400)
    assert not np.array_equal(session.X[430:], cloud)


def test_a_cloud_may_be_wider_along_one_feature(session):
    session.paint([0.0, 0.0], [10.0, 0.1], 200)
    spread = np.abs(session.X[30:]).max(axis=0)
    assert 9.0 < spread[0] <= 10.0
    assert 0.09 < spread[1] <= 0.1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edits_keep_the_precision_of_the_data(dtype):
    session = KMeansSession(datasets.walkthrough().X.astype(dtype), 2)
    session.cursor = 4
    session.move_center(0, [1.0, 1.0])
    session.add_point([0.1, 0.2])
    assert session.X.dtype == dtype
    session.run()
    assert session.converged


def test_an_edit_of_a_data_frame_leaves_the_frame_alone():
    frame = datasets.iris().X
    before = frame.copy()
    session = KMeansSession(frame)
    session.move_point(0, [1.0, 1.0, 1.0, 1.0])
    session.remove_point(5)
    session.add_point([1.0, 2.0, 3.0, 4.0])
    pd.testing.assert_frame_equal(frame, before)
    frame["cluster"] = session.final_labels()
    assert np.flatnonzero(frame["cluster"] == -1).tolist() == [5]


REFUSED = [
    ("move_center", (2, [1.0, 1.0]), "There is no cluster 2: they are numbered from 0 to 1"),
    ("move_center", (-1, [1.0, 1.0]), "There is no cluster -1"),
    ("move_center", ("left", [1.0, 1.0]), "must be a whole number, got str 'left'"),
    ("move_center", (True, [1.0, 1.0]), "number of a cluster must be a whole number"),
    ("move_center", (0, [1.0]), "position has 1 number, but every point has 2 \\('x', 'y'\\)"),
    ("move_center", (0, [1.0, np.nan]), "NaN or infinity"),
    ("move_center", (0, [1.0, 1e300]), "too large for squared distances"),
    ("move_center", (0, "here"), "position must be 2 numbers, got str 'here'"),
    ("move_center", (0, [[1.0, 2.0]]), "position must be 2 numbers"),
    ("move_center", (0, [None, 1.0]), "NaN or infinity"),
    ("move_center", (0, [10**400, 1]), "NaN or infinity"),
    ("place_center", (None,), "position must be 2 numbers"),
    ("place_centers", ([[1, 2], [3, 4], [1, 2]],), "Centroids 0 and 2 would start at the same"),
    ("place_centers", ([],), "position must be a row of 2 numbers"),
    ("place_centers", (np.empty((0, 2)),), "There is no position"),
    ("place_centers", (np.ones((31, 2)),), "31 clusters need at least 31 points"),
    ("add_point", ([1.0, 2.0, 3.0],), "position has 3 numbers"),
    ("add_point", ([np.inf, 2.0],), "NaN or infinity"),
    ("add_points", ([[1.0, 2.0], [3.0]],), "position must be a row of 2 numbers"),
    ("add_points", ([1.0, 2.0],), "position must be a row of 2 numbers"),
    ("move_point", (30, [1.0, 1.0]), "There is no point 30: they are numbered from 0 to 29"),
    ("move_point", (0, []), "position has 0 numbers"),
    ("remove_point", (99,), "no point 99"),
    ("remove_point", (1.5,), "number of a point must be a whole number"),
    ("paint", ([1.0, 1.0], 0.0), "radius of a cloud must be above 0 and finite, not 0"),
    ("paint", ([1.0, 1.0], np.nan), "above 0 and finite, not nan"),
    ("paint", ([1.0, 1.0], [1.0, 2.0, 3.0]), "radius must be a number or 2 numbers"),
    ("paint", ([1.0, 1.0], "wide"), "radius must be a number"),
    ("paint", ([1.0, 1.0], 1e300), "too large"),
    ("paint", ([1.0, 1.0], 1.0, 0), "A cloud must have from 1 to 10,000 points, not 0"),
    ("paint", ([1.0, 1.0], 1.0, 10_001), "points, not 10,001"),
    ("inspect", (30,), "no point 30"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "args", "message"), REFUSED)
def test_a_refused_edit_is_one_sentence_and_changes_nothing(session, command, args, message):
    session.cursor = 3
    trace, branches = session.trace, session.branches
    with pytest.raises((ValueError, TypeError), match=message) as refusal:
        getattr(session, command)(*args)
    assert "\n" not in str(refusal.value)
    assert (session.cursor, session.trace, session.branches) == (3, trace, branches)
    assert not session.can_undo
    session.step()
    assert session.cursor == 4


def test_as_many_points_stay_as_there_are_clusters():
    session = KMeansSession([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], 2)
    session.remove_point(0)
    with pytest.raises(ValueError, match="2 clusters need at least 2 points"):
        session.remove_point(0)
    session.n_clusters = 1
    session.remove_point(0)
    with pytest.raises(ValueError, match="This is the last point"):
        session.remove_point(0)
    assert len(session.X) == 1


def test_k_above_the_points_that_are_left_is_refused(session):
    session.remove_point(0)
    with pytest.raises(ValueError, match="30 clusters need at least 30 points, but there are 29"):
        session.n_clusters = 30


# -- the point inspector ----------------------------------------------------------------------


@pytest.mark.parametrize("cursor", [1, 2, 5, 11])
def test_the_inspector_measures_what_is_on_screen(session, cursor):
    session.cursor = cursor
    for row in range(30):
        point = session.inspect(row)
        distances = np.linalg.norm(session.cluster_centers - session.X[row], axis=1)
        assert point.cluster == session.point_labels[row]
        assert np.allclose(point.distances, distances)
        assert point.margin == pytest.approx(
            distances[1 - point.cluster] - distances[point.cluster]
        )
        assert point.runner_up == 1 - point.cluster
        assert point.nearest == distances.argmin()


def test_a_point_with_a_negative_margin_changes_cluster_next(session):
    session.cursor = 4
    margins = [session.inspect(row).margin for row in range(30)]
    before = session.point_labels
    session.step()
    assert np.array_equal(session.point_labels != before, np.array(margins) < 0)


def test_before_any_assignment_a_point_has_no_cluster(session):
    point = session.inspect(0)
    assert point.cluster == -1
    assert point.margin > 0


def test_a_single_cluster_has_no_runner_up():
    point = KMeansSession(n_clusters=1).inspect(4)
    assert point.runner_up is None
    assert np.isinf(point.margin)


def test_the_inspector_knows_a_point_by_the_users_name():
    frame = pd.DataFrame({"x": [1.0, 2.0, 9.0]}, index=["ann", "bob", "cleo"])
    session = KMeansSession(frame, 2)
    session.remove_point(0)
    session.add_point([4.0])
    assert [session.inspect(row).name for row in range(3)] == ["bob", "cleo", "added 0"]
