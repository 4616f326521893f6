"""The start is watched, pick by pick: cursors from -K to -1. All else is as at the start."""

import numpy as np
import pytest

from kmeans_widget import datasets
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.session import KMeansSession


@pytest.fixture(params=INIT_METHODS)
def session(request):
    return KMeansSession(n_clusters=4, init=request.param, random_state=1)


def numbers(session):
    """Everything that is read from a session, comparable."""
    return (
        session.labels.tolist(), session.point_labels.tolist(), session.cluster_centers.tolist(),
        str(session.inertia), str(session.explained_share), session.phase, session.n_iter,
        session.converged, session.at_end, session.code, session.to_frame().to_csv(),
        session.centers_frame().to_csv(), len(session.profile), session.examples(),
    )  # fmt: skip


def test_picks_are_half_steps_before_the_start(session):
    session.watch_start()
    seen = []
    while session.cursor <= 0:
        seen.append(session.cursor)
        session.step()
    assert seen == [-4, -3, -2, -1, 0]
    session.cursor = -1
    for cursor in (-2, -3, -4, -4):
        session.back()
        assert session.cursor == cursor
    session.reset()
    session.back()
    assert session.cursor == 0
    session.cursor = -99
    assert session.cursor == -4


def test_all_numbers_are_those_of_the_start(session):
    at_start = numbers(session)
    for cursor in range(-4, 0):
        session.cursor = cursor
        assert numbers(session) == at_start
        with pytest.raises(ValueError, match="nothing is assigned yet"):
            _ = session.estimator
        with pytest.raises(ValueError, match="No iteration is complete"):
            session.stop_here()
        assert session.magic_line.endswith(f"--cursor {cursor}")


def test_picks_are_the_starting_centroids(session):
    branch = session.current_branch
    rows = [pick.row for pick in branch.picks]
    assert np.array_equal(branch.points.samples.X[rows], session.cluster_centers)
    session.cursor = -3
    assert branch.picks_until(session.cursor) == branch.picks[:2]
    assert branch.picks_until(0) == ()


def test_a_scaled_start_is_picked_on_its_scale():
    X = datasets.walkthrough().X * [1, 1000]
    session = KMeansSession(X, 4, init="farthest", scale="standard", random_state=2)
    picks = session.current_branch.picks
    assert np.allclose(X[[pick.row for pick in picks]], session.cluster_centers)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    first, second = (scaled[pick.row] for pick in picks[:2])
    assert picks[1].distance == pytest.approx(np.linalg.norm(second - first))


def test_a_point_is_compared_with_the_centroids_picked_so_far(session):
    centers = session.cluster_centers
    session.cursor = -2
    point = session.inspect(5)
    expected = np.linalg.norm(centers[:3] - session.X[5], axis=1)
    assert point.distances.tolist() == pytest.approx(expected.tolist())
    session.watch_start()
    assert session.inspect(5).runner_up is None


def test_a_start_that_was_given_or_edited_has_no_picks():
    given = KMeansSession(init=[[1.0, 1.0], [9.0, 9.0]])
    edited = KMeansSession()
    edited.move_center(0, [2.0, 2.0])
    for session in (given, edited):
        cursor = session.cursor
        with pytest.raises(ValueError, match="no picks can be watched: choose a start method"):
            session.watch_start()
        with pytest.raises(ValueError, match="cursor=-1, but the centroids of this start"):
            session.cursor = -1
        assert session.cursor == cursor


def test_an_edit_while_the_start_is_watched_is_one_at_the_start(session):
    session.run()
    session.cursor = -3
    centers = session.cluster_centers
    centers[1] = 5.0
    session.move_center(1, [5.0, 5.0])
    assert session.cursor == 0
    assert np.array_equal(session.cluster_centers, centers)
    assert session.current_branch.name == "centroid 1 moved at the start"
    session.undo()
    assert session.cursor == -3
    session.redo()
    assert session.cursor == 0
    session.branch = 0
    assert session.cursor == -3


def test_points_added_by_hand_can_be_picked():
    session = KMeansSession(n_clusters=3, init="farthest")
    session.add_point([99.0, 99.0])
    session.new_start()
    assert 30 in {pick.row for pick in session.current_branch.picks}
    session.watch_start()
    assert session.cursor == -3
