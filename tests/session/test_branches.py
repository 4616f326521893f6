"""Branches, undo and colours, without any GUI."""

import itertools
import sys
import threading

import numpy as np
import pytest

from kmeans_widget.session import KMeansSession, history


@pytest.fixture
def session():
    return KMeansSession()


def names(session):
    return [branch.name for branch in session.branches]


def state(session):
    """All that a person sees, comparable."""
    return (
        session.branch, names(session), session.cursor, session.X.tolist(),
        session.cluster_centers.tolist(), session.point_labels.tolist(), session.slots,
        session.n_clusters, np.asarray(session.init).tolist(), session.random_state,
        session.max_iter, session.tol, session.placed.tolist(),
    )  # fmt: skip


def test_another_start_or_k_begins_a_branch_and_the_old_one_stays(session):
    session.run()
    session.new_start()
    session.step()
    session.n_clusters = 3
    assert names(session) == ["K = 2, random, seed 0", "K = 2, random, seed 1",
                              "K = 3, random, seed 1"]  # fmt: skip
    assert session.branch == 2


def test_a_branch_without_a_half_step_gives_way_to_the_next(session):
    for k in (3, 4, 5):
        session.n_clusters = k
    assert names(session) == ["K = 5, random, seed 0"]
    assert session.branch == 0


def test_a_run_that_is_there_already_is_shown_again(session):
    session.run()
    session.n_clusters = 3
    session.run()
    session.n_clusters = 2
    assert (session.branch, session.cursor, len(session.branches)) == (0, 0, 2)
    assert session.trace.finished


def test_names_differ(session):
    for _ in range(3):
        session.branch = 0
        session.cursor = 3
        session.move_center(0, [1.0, 1.0])
        session.step()
    assert names(session)[1:] == [
        "centroid 0 moved at iteration 2",
        "centroid 0 moved at iteration 2 (2)",
        "centroid 0 moved at iteration 2 (3)",
    ]


def test_names_tell_limits_and_edited_points(session):
    session.add_point([1.0, 1.0])
    session.step()
    session.set_trait("max_iter", 5)
    session.step()
    session.init = "farthest"
    assert names(session) == [
        "1 point added at the start",
        "K = 2, given centroids, at most 5 iterations, edited points",
        "K = 2, farthest, seed 0, at most 5 iterations, edited points",
    ]


def test_returning_to_a_branch_shows_where_it_was_left(session):
    session.cursor = 4
    before = state(session)
    session.move_center(0, [1.0, 1.0])
    session.run()
    there = state(session)
    session.branch = 0
    assert state(session)[2:] == before[2:]
    session.branch = 1
    assert state(session) == there


def test_parameters_follow_the_branch(session):
    session.step()
    session.n_clusters = 4
    session.init = "k-means++"
    session.random_state = 5
    session.step()
    session.branch = 0
    assert (session.n_clusters, session.init, session.random_state) == (2, "random", 0)
    session.branch = 1
    assert (session.n_clusters, session.init, session.random_state) == (4, "k-means++", 5)


@pytest.mark.parametrize("wrong", [-1, 2, "first", 0.5, True])
def test_a_branch_that_is_none_is_refused(session, wrong):
    session.step()
    session.new_start()
    with pytest.raises((ValueError, TypeError), match="branch"):
        session.branch = wrong
    assert session.branch == 1


PLACES = itertools.count(4.0)  # no two starting centroids may be at one place

EDITS = {
    "move_center": lambda s: s.move_center(1, [4.0, 4.0]),
    "place_center": lambda s: s.place_center([4.0, next(PLACES)]),
    "place_centers": lambda s: s.place_centers([[1.0, 1.0], [2.0, 2.0], [9.0, 9.0]]),
    "add_point": lambda s: s.add_point([4.0, 4.0]),
    "add_points": lambda s: s.add_points([[4.0, 4.0], [5.0, 5.0]]),
    "move_point": lambda s: s.move_point(3, [4.0, 4.0]),
    "remove_point": lambda s: s.remove_point(3),
    "paint": lambda s: s.paint([4.0, 4.0], 1.0),
    "n_clusters": lambda s: s.set_trait("n_clusters", 4),
    "init": lambda s: s.set_trait("init", "farthest"),
    "random_state": lambda s: s.set_trait("random_state", 3),
    "reset": lambda s: s.reset(6),
    "max_iter": lambda s: s.set_trait("max_iter", 2),
    "tol": lambda s: s.set_trait("tol", 0.1),
    "new_start": lambda s: s.new_start(),
}


@pytest.mark.parametrize("cursor", [0, 3, 4])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_every_edit_can_be_undone_and_done_again(session, edit, cursor):
    session.cursor = cursor
    before = state(session)
    edit(session)
    after = state(session)
    assert after != before
    session.undo()
    assert state(session) == before
    assert not session.can_undo
    session.redo()
    assert state(session) == after
    assert not session.can_redo


@pytest.mark.parametrize("cursor", [0, 3, 4])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_every_edit_changes_the_picture_once_it_is_whole(edit, cursor):
    class Shown(KMeansSession):
        def _changed(self):
            shown.append((self.cursor, self._branch.name, self._points.n_samples))

    session, shown = Shown(), []
    session.cursor = cursor
    shown.clear()
    edit(session)
    session.undo()
    assert len(shown) == 2
    assert shown[-1] == (cursor, "K = 2, random, seed 0", 30)


def test_undo_goes_back_through_all_edits(session):
    seen = []
    for i, edit in enumerate(EDITS.values()):
        session.cursor = i
        seen.append(state(session))
        edit(session)
    for before in reversed(seen):
        session.undo()
        assert state(session) == before
    session.undo()
    assert state(session) == seen[0]


def test_a_new_edit_ends_what_could_be_done_again(session):
    session.add_point([1.0, 1.0])
    session.undo()
    session.add_point([2.0, 2.0])
    session.redo()
    assert session.X[-1].tolist() == [2.0, 2.0]


def test_curves_of_all_branches_stay(session):
    session.run()
    first = session.branches[0].curve
    assert len(first) == session.cursor
    assert first[-1, 1] == session.inertia
    session.cursor = 4
    session.move_center(0, [1.0, 1.0])
    session.run()
    original, fork = session.branches
    assert np.array_equal(original.curve, first)
    assert fork.offset == 2
    assert fork.curve[0].tolist() == [1.0, session.trace[0].inertia]


def test_the_offset_of_a_fork_of_a_fork_adds_up(session):
    session.cursor = 4
    session.move_center(0, [1.0, 1.0])
    session.cursor = 3
    session.remove_point(0)
    assert session.branches[-1].offset == 3
    session.move_center(0, [1.0, 2.0])
    assert session.branches[-1].offset == 3
    assert names(session)[-1] == "centroid 0 moved, 1 point removed at iteration 2"


def test_steps_beyond_the_limit_are_forgotten_and_come_back_with_the_same_bits(monkeypatch):
    monkeypatch.setattr(history, "MAX_BYTES", 100)
    session = KMeansSession(n_clusters=3, init="k-means++")
    session.run()
    before, curve, end = state(session), session.branches[0].curve, session.cursor
    session.new_start()
    session.run()
    session.branch = 0
    assert session.branches[1].n_bytes == 0
    assert session.branches[1].explored
    assert len(session.branches[1].curve) > 0
    assert state(session)[2:6] == before[2:6]
    assert np.array_equal(session.branches[0].curve, curve)
    session.cursor = 2
    session.run()
    assert session.cursor == end


def test_a_branch_left_in_the_middle_goes_on_as_if_it_had_not_been_left(session):
    session.cursor = 3
    session.new_start()
    session.step()
    session.branch = 0
    session.run()
    fresh = KMeansSession()
    fresh.run()
    assert session.trace.inertias.tolist() == fresh.trace.inertias.tolist()
    assert [step.n_changed for step in session.trace] == [s.n_changed for s in fresh.trace]


def test_the_list_of_branches_and_the_undos_have_an_end(monkeypatch):
    monkeypatch.setattr(history, "MAX_BRANCHES", 4)
    monkeypatch.setattr(history, "MAX_UNDO", 3)
    session = KMeansSession()
    for _ in range(8):
        session.step()
        session.new_start()
    assert names(session) == [f"K = 2, random, seed {seed}" for seed in (0, 6, 7, 8)]
    n_undone = 0
    while session.can_undo:
        session.undo()
        n_undone += 1
    assert n_undone == 3
    assert session.random_state == 5


def test_a_parked_branch_holds_no_copy_of_edited_points(session):
    session.add_point([1.0, 1.0])
    session.step()
    edited = session.branches[0]
    session.add_point([2.0, 2.0])
    assert "samples" not in vars(edited.points)
    session.branch = 0
    assert len(session.point_labels) == 31


# -- colours --------------------------------------------------------------------------------


def test_slots_begin_in_order_and_stay_with_a_cluster_through_steps_and_edits(session):
    assert session.slots == (0, 1)
    session.n_clusters = 3
    slots = session.slots
    session.run()
    assert session.slots == slots
    session.move_center(2, [0.0, 0.0])
    assert session.slots == slots
    session.add_point([1.0, 1.0])
    assert session.slots == slots


def test_a_restart_keeps_the_colours_where_they_were(session):
    session.place_centers([[1.0, 1.0], [9.0, 9.0]])
    left = session.slots[0]
    session.init = [[8.0, 9.0], [2.0, 1.0]]
    assert session.slots[1] == left


def test_one_cluster_more_takes_a_new_colour_and_the_others_keep_theirs(session):
    session.place_centers([[1.0, 1.0], [9.0, 9.0]])
    old = dict(zip(map(tuple, session.cluster_centers), session.slots, strict=True))
    session.place_centers([[5.0, 5.0], [9.0, 9.0], [1.0, 1.0]])
    new = dict(zip(map(tuple, session.cluster_centers), session.slots, strict=True))
    assert new.pop((5.0, 5.0)) == 2
    assert new == old


# -- traits ---------------------------------------------------------------------------------


def test_observers_see_every_trait_that_a_branch_changes_once(session):
    session.step()
    session.n_clusters = 4
    session.step()
    seen = []
    session.observe(lambda change: seen.append((change.name, change.new)))
    session.branch = 0
    assert sorted(seen) == [("branch", 0), ("n_clusters", 2)]
    seen.clear()
    session.undo()
    assert sorted(seen) == []


def test_an_observer_may_go_on_editing(session):
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
    assert names(session)[1:] == ["K = 4, random, seed 9"]


def test_a_moved_centroid_does_not_change_how_the_next_start_is_drawn(session):
    session.init = "k-means++"
    session.step()
    session.move_center(0, [1.0, 1.0])
    session.new_start()
    assert (session.init, session.random_state) == ("k-means++", 1)
    session.move_center(0, [1.0, 1.0])
    session.random_state = 4
    assert session.init == "k-means++"


def test_commands_from_several_threads_leave_a_whole_session(session):
    switch, failures = sys.getswitchinterval(), []
    sys.setswitchinterval(1e-5)
    moves = {name: getattr(session, name) for name in ("step", "back", "run", "undo", "redo")}

    def wander(seed):
        random = np.random.default_rng(seed)
        try:
            for name in random.choice([*EDITS, *moves, "read"], 80):
                if name == "read":
                    session.inspect(0)
                    _ = session.code, session.magic_line, session.placed, session.point_labels
                elif name in moves:
                    moves[name]()
                else:
                    EDITS[name](session)
        except Exception as error:  # noqa: BLE001  collected for the main thread
            failures.append(error)

    threads = [threading.Thread(target=wander, args=(seed,)) for seed in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert failures == []
    fresh = KMeansSession(session.X, init=session.branches[session.branch].start)
    fresh.max_iter, fresh.tol, fresh.cursor = session.max_iter, session.tol, session.cursor
    assert np.array_equal(session.point_labels, fresh.point_labels)
    assert np.array_equal(session.cluster_centers, fresh.cluster_centers)
