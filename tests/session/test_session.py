"""The session without any GUI: cursor, parameters, edits, hooks."""

import subprocess
import sys

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


def test_a_session_without_data_walks_the_walkthrough(session):
    assert session.n_clusters == 2
    assert len(session.point_labels) == 30
    assert np.isin(session.cluster_centers, datasets.walkthrough().X).all()


def test_data_without_a_k_get_three_clusters():
    assert KMeansSession(datasets.walkthrough().X).n_clusters == 3


def test_half_steps_alternate_and_end_with_an_assignment(session):
    phases = [session.phase]
    while not session.at_end:
        session.step()
        phases.append(session.phase)
    assert phases[0] is Phase.START
    assert set(phases[1::2]) == {Phase.ASSIGN}
    assert set(phases[2::2]) == {Phase.UPDATE}
    assert phases[-1] is Phase.ASSIGN
    assert session.cursor == 2 * session.n_iter - 1


def test_a_step_at_the_end_and_a_back_at_the_start_do_nothing(session):
    session.back()
    assert session.cursor == 0
    session.run()
    end = session.cursor
    session.step()
    assert session.cursor == end


def test_stepping_through_is_the_plain_algorithm(session):
    X = datasets.walkthrough().X
    labels = None
    while not session.at_end:
        centers = session.cluster_centers
        session.step()
        distances = ((X[:, None] - centers) ** 2).sum(axis=-1)
        assert np.array_equal(session.point_labels, distances.argmin(axis=1))
        assert session.inertia == pytest.approx(distances.min(axis=1).sum())
        if labels is not None and np.array_equal(labels, session.point_labels):
            break
        labels = session.point_labels
        session.step()
        means = [X[labels == k].mean(axis=0) for k in range(2)]
        assert np.allclose(session.cluster_centers, means, atol=1e-12)
    assert session.converged
    assert session.at_end


def test_back_shows_exactly_what_was_there(session):
    seen = []
    while not session.at_end:
        seen.append(state(session))
        session.step()
    for before in reversed(seen):
        session.back()
        assert state(session) == before


def test_the_cursor_can_be_set_and_stays_within_the_run(session):
    session.cursor = 5
    assert session.cursor == 5
    assert session.phase is Phase.ASSIGN
    session.cursor = 10_000
    assert session.at_end


def test_the_start_has_no_labels_and_no_inertia(session):
    assert (session.point_labels == -1).all()
    assert np.isnan(session.inertia)
    assert session.n_iter == 0
    with pytest.raises(ValueError, match="step\\(\\) or run\\(\\)"):
        _ = session.estimator


@pytest.mark.parametrize("cursor", [1, 2, 7])
def test_the_estimator_is_what_is_on_screen(session, cursor):
    session.cursor = cursor
    model = session.estimator
    assert np.array_equal(model.cluster_centers_, session.cluster_centers)
    assert np.array_equal(model.labels_, session.point_labels)
    assert model.inertia_ == session.inertia
    assert model.n_iter_ == session.n_iter
    X = datasets.walkthrough().X
    assert model.predict(X).shape == (30,)


def test_the_estimator_after_an_edit_is_what_is_on_screen():
    session = KMeansSession()
    session.cursor = 3
    session.move_center(0, [1.0, 9.0])
    session.add_point([5.0, 5.0])
    session.run()
    model = session.estimator
    assert np.array_equal(model.labels_, session.point_labels)
    assert np.array_equal(model.predict(session.X), session.point_labels)
    again = model.__class__(**model.get_params()).fit(session.X)
    assert np.array_equal(again.labels_, session.point_labels)


def test_the_estimator_of_a_data_frame_knows_its_columns():
    frame = datasets.iris().X
    session = KMeansSession(frame, columns=list(frame.columns[:2]))
    session.run()
    assert list(session.estimator.feature_names_in_) == list(frame.columns[:2])


def test_the_end_is_scikit_learns():
    from sklearn.cluster import KMeans

    X = datasets.iris().X
    session = KMeansSession(X, 3, random_state=4)
    start = session.cluster_centers
    session.run()
    theirs = KMeans(3, init=start, n_init=1, tol=0).fit(X.to_numpy())
    assert np.array_equal(session.point_labels, theirs.labels_)
    assert np.allclose(session.cluster_centers, theirs.cluster_centers_, atol=1e-12, rtol=0)
    assert session.n_iter == theirs.n_iter_


def test_the_same_parameters_give_the_same_start(session):
    start = session.cluster_centers
    session.reset(5)
    assert not np.array_equal(start, session.cluster_centers)
    session.reset(0)
    assert np.array_equal(start, session.cluster_centers)


def test_reset_keeps_the_run(session):
    session.run()
    trace = session.trace
    session.reset()
    assert session.cursor == 0
    assert session.trace is trace


def test_a_new_start_takes_the_next_seed(session):
    session.new_start()
    assert session.random_state == 1
    assert session.cursor == 0


def test_given_centroids_are_the_start():
    start = [[0.0, 0.0], [10.0, 10.0], [5.0, 5.0]]
    session = KMeansSession(init=start)
    assert session.n_clusters == 3
    assert np.array_equal(session.cluster_centers, start)


def test_another_k_leaves_given_centroids_for_random_ones():
    session = KMeansSession(init=[[0.0, 0.0], [10.0, 10.0]])
    session.n_clusters = 3
    assert session.init == "random"
    assert session.cluster_centers.shape == (3, 2)


def test_a_limit_of_iterations_ends_with_labels_of_the_last_centroids():
    session = KMeansSession(max_iter=2)
    session.run()
    X = datasets.walkthrough().X
    assert not session.converged
    assert session.at_end
    assert session.n_iter == 2
    assert np.array_equal(session.point_labels, naive.assign(X, session.cluster_centers))


def test_a_tolerance_ends_the_run_sooner(session):
    loose = KMeansSession(tol=0.5)
    loose.run()
    session.run()
    assert loose.converged
    assert loose.n_iter < session.n_iter


def test_final_labels_leave_the_cursor_alone(session):
    labels = session.final_labels()
    assert session.cursor == 0
    session.run()
    assert np.array_equal(labels, session.point_labels)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_clusters", 0, "number of clusters must be a whole number of at least 1, not 0"),
        ("n_clusters", 31, "31 clusters need at least 31 points, but there are 30"),
        ("n_clusters", "two", "number of clusters must be a whole number"),
        ("init", "randon", "random"),
        ("init", [[1.0, 2.0, 3.0]], "init"),
        ("random_state", -1, "seed"),
        ("max_iter", 0, "max_iter"),
        ("tol", -1.0, "tol"),
        ("cursor", 0.5, "cursor"),
        ("cursor", "end", "cursor"),
    ],
)
def test_a_refused_value_changes_nothing(session, name, value, message):
    session.cursor = 3
    before, trace = state(session), session.trace
    with pytest.raises((ValueError, TypeError), match=message) as refusal:
        setattr(session, name, value)
    assert "\n" not in str(refusal.value)
    assert session.trace is trace
    assert state(session) == before
    session.step()
    assert session.cursor == 4


def test_fewer_distinct_points_than_clusters_are_refused():
    with pytest.raises(ValueError, match="distinct"):
        KMeansSession([[1.0, 1.0]] * 10 + [[2.0, 2.0]] * 10, 3)


def test_the_past_does_not_change_with_the_users_array():
    X = np.array(datasets.walkthrough().X)
    session = KMeansSession(X, 2)
    session.run()
    before = state(session)
    X += 100.0
    assert state(session) == before


def test_labels_of_a_list_are_an_array():
    labels = KMeansSession([[1, 2], [3, 4], [5, 6]], 2).final_labels()
    assert isinstance(labels, np.ndarray)


def test_a_session_needs_neither_matplotlib_nor_scikit_learn():
    code = (
        "import sys; from kmeans_widget.session import KMeansSession; s = KMeansSession(); s.run();"
        "print([m for m in ('matplotlib', 'sklearn', 'ipympl', 'ipywidgets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- parameters and branches as traits --------------------------------------------------------


def test_parameters_follow_the_branch(session):
    session.step()
    session.n_clusters = 4
    session.init = "k-means++"
    session.random_state = 5
    session.step()
    session.branch = 0
    assert (session.n_clusters, session.init, session.random_state) == (2, "random", 0)
    assert session.current_branch is session.branches[0]
    session.branch = 1
    assert (session.n_clusters, session.init, session.random_state) == (4, "k-means++", 5)


@pytest.mark.parametrize("wrong", [-1, 2, "first", True])
def test_a_branch_that_does_not_exist_is_refused(session, wrong):
    session.step()
    session.new_start()
    with pytest.raises((ValueError, TypeError), match="branch"):
        session.branch = wrong
    assert session.branch == 1


def test_observers_see_every_change_once(session):
    session.step()
    session.n_clusters = 4
    seen = []
    session.observe(lambda change: seen.append((change.name, change.new)))
    session.step()
    assert seen == [("cursor", 1)]
    seen.clear()
    session.branch = 0
    assert sorted(seen) == [("branch", 0), ("n_clusters", 2)]
    seen.clear()
    session.undo()
    assert seen == []


def test_an_observer_may_edit(session):
    def react(change):
        if change.new == 3:
            session.random_state = 7

    session.observe(react, "n_clusters")
    session.step()
    session.n_clusters = 3
    assert (session.n_clusters, session.random_state) == (3, 7)
    fresh = KMeansSession(n_clusters=3, random_state=7)
    assert np.array_equal(session.cluster_centers, fresh.cluster_centers)


def test_traits_set_together_begin_one_run(session):
    session.step()
    with session.hold_trait_notifications():
        session.n_clusters = 4
        session.random_state = 9
    fresh = KMeansSession(n_clusters=4, random_state=9)
    assert np.array_equal(session.cluster_centers, fresh.cluster_centers)
    assert [branch.name for branch in session.branches[1:]] == ["K = 4, random, seed 9"]


# -- edits ------------------------------------------------------------------------------------


def test_a_run_continues_with_edited_points_from_the_centroids_at_the_cursor(session):
    X = session.X
    session.cursor = 5
    centers = session.cluster_centers
    session.add_point([9.0, 1.0])
    session.move_point(0, [0.0, 0.0])
    session.remove_point(7)
    X[0] = 0.0
    expected = np.delete(np.concatenate([X, [[9.0, 1.0]]]), 7, axis=0)
    assert session.phase is Phase.START
    assert np.array_equal(session.X, expected)
    assert np.array_equal(session.cluster_centers, centers)
    session.run()
    assert np.array_equal(session.point_labels, naive.assign(expected, session.cluster_centers))


def test_a_cluster_keeps_its_colour_through_steps_and_edits(session):
    session.place_centers([[9.0, 9.0], [1.0, 1.0], [5.0, 5.0]])
    session.place_centers([[1.0, 1.0], [5.0, 5.0], [9.0, 9.0]])
    slots = session.slots
    assert slots != (0, 1, 2)
    session.run()
    session.move_center(2, [0.0, 0.0])
    session.add_point([1.0, 1.0])
    session.cursor = 4
    session.stop_here()
    assert session.slots == slots


def test_starting_centroids_are_placed_one_by_one(session):
    session.n_clusters = 3
    session.step()
    for i, place in enumerate([[1.0, 1.0], [9.0, 9.0]]):
        session.place_center(place)
        assert session.placed[i].tolist() == place
        assert (session.cursor, session.event.number, session.event.count) == (1, i, i + 1)
    with pytest.raises(TypeError, match="position"):
        session.place_center("here")
    session.place_center([5.0, 5.0])
    assert session.cursor == 0
    assert session.cluster_centers.tolist() == [[1.0, 1.0], [9.0, 9.0], [5.0, 5.0]]
    assert len(session.placed) == 0
    assert session.branches[-1].name == "3 centroids placed by hand"


def test_centroids_placed_at_the_same_place_are_refused_at_once(session):
    session.n_clusters = 3
    session.place_center([1.0, 1.0])
    with pytest.raises(ValueError, match="Centroids 0 and 1 would start at the same position"):
        session.place_center([1.0, 1.0])
    assert session.placed.tolist() == [[1.0, 1.0]]


def test_placing_can_be_undone_one_by_one_and_cancelled(session):
    session.cancel_placing()
    assert not session.can_undo
    session.n_clusters = 3
    session.place_center([1.0, 1.0])
    session.place_center([2.0, 2.0])
    session.undo()
    assert session.placed.tolist() == [[1.0, 1.0]]
    session.cancel_placing()
    assert session.placed.shape == (0, 2)
    session.undo()
    assert session.placed.tolist() == [[1.0, 1.0]]
    session.n_clusters = 4
    assert len(session.placed) == 0


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("move_center", (2, [1.0, 1.0])), ("place_center", (None,)), ("place_centers", ([],)),
        ("add_point", ([np.inf, 2.0],)), ("add_points", ([1.0, 2.0],)),
        ("move_point", (0, [])), ("remove_point", (99,)), ("paint", ([1.0, 1.0], "wide")),
    ],
)  # fmt: skip
def test_a_refused_edit_changes_nothing(session, command, args):
    session.cursor = 3
    trace, branches = session.trace, session.branches
    with pytest.raises((ValueError, TypeError), match=r"point|position|cluster|radius"):
        getattr(session, command)(*args)
    assert (session.cursor, session.trace, session.branches) == (3, trace, branches)
    assert not session.can_undo
    session.step()
    assert session.cursor == 4


def test_edits_keep_single_precision():
    session = KMeansSession(datasets.walkthrough().X.astype(np.float32), 2)
    session.cursor = 4
    session.move_center(0, [1.0, 1.0])
    session.add_point([0.1, 0.2])
    assert session.X.dtype == session.cluster_centers.dtype == np.float32
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
    labels = session.final_labels()
    assert labels.index.equals(frame.index)
    assert np.flatnonzero(labels == -1).tolist() == [5]


LONG = np.random.default_rng(2).random((400, 2))


@pytest.mark.parametrize(("cursor", "scale"), [(2, "none"), (9, "none"), (8, "standard")])
def test_a_run_stopped_at_the_cursor_is_the_run_with_that_limit(cursor, scale):
    session = KMeansSession(LONG, 6, scale=scale)
    session.cursor = cursor
    labels = session.labels
    session.stop_here()
    fresh = KMeansSession(LONG, 6, scale=scale, max_iter=cursor // 2)
    fresh.run()
    assert state(session) == state(fresh)
    assert (session.max_iter, session.at_end) == (cursor // 2, True)
    assert (session.magic_line, session.code) == (fresh.magic_line, fresh.code)
    assert cursor % 2 == 0 or np.array_equal(session.labels, labels)
    session.stop_here()  # at the end: nothing
    session.undo()
    assert (session.max_iter, session.cursor, len(session.branches)) == (300, cursor, 1)
    session.run()
    assert session.converged


# -- hooks ------------------------------------------------------------------------------------


def test_a_subclass_is_told_of_a_branch_before_it_is_shown():
    class Shown(KMeansSession):
        def _begun(self, branch):
            calls.append(("begun", branch.name, branch.explored))

        def _changed(self):
            calls.append(("changed", self.current_branch.name, self.cursor))

    session, calls = Shown(), []
    session.cursor = 4
    session.add_point([1.0, 1.0])
    session.undo()
    session.stop_here()
    edited, limited = "1 point added at iteration 2", "K = 2, random, seed 0, at most 2 iterations"
    assert calls == [
        ("changed", "K = 2, random, seed 0", 4),
        ("begun", edited, False),
        ("changed", edited, 0),
        ("changed", "K = 2, random, seed 0", 4),
        ("begun", limited, True),
        ("changed", limited, 5),
    ]


def test_an_event_is_over_with_the_next_half_step(session):
    session.add_point([1.0, 1.0])
    assert session.event is None
    session.undo()
    assert (session.event.kind, session.event.about) == ("undone", "1 point added")
    session.step()
    assert session.event is None


def state(session):
    """All that is on screen, comparable."""
    return (
        session.cursor,
        session.phase,
        session.cluster_centers.tolist(),
        session.point_labels.tolist(),
        str(session.inertia),
        session.n_iter,
        session.converged,
    )
