"""Branches, undo and redo, as a session keeps them."""

import itertools

import numpy as np
import pytest

from kmeans_widget.session import KMeansSession, history
from kmeans_widget.session.history import History


@pytest.fixture
def session():
    return KMeansSession()


def names(session):
    return [branch.name for branch in session.branches]


def state(session):
    """All that the user sees, comparable."""
    return (
        session.branch, names(session), session.cursor, session.X.tolist(),
        session.cluster_centers.tolist(), session.point_labels.tolist(), session.slots,
        session.n_clusters, np.asarray(session.init).tolist(), session.random_state,
        session.max_iter, session.tol, session.placed.tolist(),
    )  # fmt: skip


# -- the list of branches -------------------------------------------------------------------


def test_another_start_or_k_begins_a_branch_and_the_old_one_stays(session):
    session.run()
    session.new_start()
    session.step()
    session.n_clusters = 3
    assert names(session) == ["K = 2, random, seed 0", "K = 2, random, seed 1",
                              "K = 3, random, seed 1"]  # fmt: skip
    assert session.branch == 2


def test_a_branch_without_a_half_step_is_replaced_by_the_next(session):
    for k in (3, 4, 5):
        session.n_clusters = k
    assert names(session) == ["K = 5, random, seed 0"]
    assert session.branch == 0


def test_the_same_run_is_shown_again_instead_of_listed_twice(session):
    session.run()
    session.n_clusters = 3
    session.run()
    session.n_clusters = 2
    assert (session.branch, session.cursor, len(session.branches)) == (0, 0, 2)
    assert session.trace.finished


def test_the_same_edit_twice_is_two_branches_with_different_names(session):
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


def test_returning_to_a_branch_shows_it_as_it_was_left(session):
    session.cursor = 4
    before = state(session)
    session.move_center(0, [1.0, 1.0])
    session.run()
    after = state(session)
    session.branch = 0
    assert state(session)[2:] == before[2:]
    session.branch = 1
    assert state(session) == after


def test_returning_to_a_branch_discards_what_was_placed(session):
    session.step()
    session.n_clusters = 3
    session.step()
    session.place_center([1.0, 1.0])
    session.branch = 0
    assert len(session.placed) == 0


def test_a_branch_left_midway_continues_as_if_it_had_not_been_left(session):
    session.cursor = 3
    session.new_start()
    session.step()
    session.branch = 0
    session.run()
    fresh = KMeansSession()
    fresh.run()
    assert session.trace.inertias.tolist() == fresh.trace.inertias.tolist()
    assert [step.n_changed for step in session.trace] == [s.n_changed for s in fresh.trace]


# -- undo and redo --------------------------------------------------------------------------

Y = itertools.count(4.0)  # no two starting centroids may be the same

EDITS = {
    "move_center": lambda s: s.move_center(1, [4.0, 4.0]),
    "drag_center": lambda s: s.move_center(1, [4.0, 4.0], assign=True),
    "place_center": lambda s: s.place_center([4.0, next(Y)]),
    "place_centers": lambda s: s.place_centers([[1.0, 1.0], [2.0, 2.0], [9.0, 9.0]]),
    "add_point": lambda s: s.add_point([4.0, 4.0]),
    "add_points": lambda s: s.add_points([[4.0, 4.0], [5.0, 5.0]]),
    "move_point": lambda s: s.move_point(3, [4.0, 4.0]),
    "remove_point": lambda s: s.remove_point(3),
    "paint": lambda s: s.paint([4.0, 4.0], 1.0),
    "n_clusters": lambda s: s.set_trait("n_clusters", 4),
    "init": lambda s: s.set_trait("init", "farthest"),
    "random_state": lambda s: s.set_trait("random_state", 3),
    "scale": lambda s: s.set_trait("scale", "minmax"),
    "max_iter": lambda s: s.set_trait("max_iter", 2),
    "tol": lambda s: s.set_trait("tol", 0.1),
    "reset": lambda s: s.reset(6),
    "new_start": lambda s: s.new_start(),
    "stop_here": lambda s: s.stop_here(),
}


@pytest.mark.parametrize(
    ("edit", "cursor"),
    [*((edit, 3) for edit in EDITS), ("move_center", 0), ("place_center", 0), ("remove_point", 4)],
)
def test_an_edit_is_shown_once_and_can_be_undone_and_redone(edit, cursor):
    class Shown(KMeansSession):
        def _changed(self):
            shown.append((self.cursor, self.current_branch.name, len(self.X)))

    session, shown = Shown(), []
    session.cursor = cursor
    before = state(session)
    shown.clear()
    EDITS[edit](session)
    assert len(shown) == 1
    after = state(session)
    assert after != before
    session.undo()
    assert shown[1:] == [(cursor, "K = 2, random, seed 0", 30)]
    assert state(session) == before
    assert not session.can_undo
    session.redo()
    assert state(session) == after
    assert not session.can_redo


def test_undo_reverts_all_edits_one_by_one(session):
    seen = []
    for i, edit in enumerate(EDITS.values()):
        session.cursor = i
        seen.append((state(session), session.can_undo))
        edit(session)
        if state(session) == seen[-1][0]:  # stop_here at the end of the run
            seen.pop()
    for before, could_undo in reversed(seen):
        session.undo()
        assert state(session) == before
        assert session.can_undo == could_undo
    session.undo()
    assert state(session) == seen[0][0]


def test_a_new_edit_clears_what_could_be_redone(session):
    session.add_point([1.0, 1.0])
    session.undo()
    session.add_point([2.0, 2.0])
    assert not session.can_redo
    session.redo()
    assert session.X[-1].tolist() == [2.0, 2.0]


# -- limits ---------------------------------------------------------------------------------


def test_dropped_steps_are_computed_again_with_the_same_bits(monkeypatch):
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


def test_branches_and_undo_are_limited_and_a_removed_branch_is_announced(monkeypatch):
    class Told(KMeansSession):
        def _tell(self, message):
            told.append(message)

    monkeypatch.setattr(history, "MAX_BRANCHES", 4)
    monkeypatch.setattr(history, "MAX_UNDO", 3)
    session, told = Told(), []
    for _ in range(8):
        session.step()
        session.new_start()
    assert names(session) == [f"K = 2, random, seed {seed}" for seed in (0, 6, 7, 8)]
    assert len(told) == 5
    assert "“K = 2, random, seed 5” has left the list; Undo brings it back" in told[-1]
    n_undone = 0
    while session.can_undo:
        session.undo()
        n_undone += 1
    assert n_undone == 3
    assert session.random_state == 5


def test_a_branch_left_behind_holds_no_copy_of_edited_points(session):
    session.add_point([1.0, 1.0])
    session.step()
    edited = session.branches[0]
    session.add_point([2.0, 2.0])
    assert "samples" not in vars(edited.points)
    session.branch = 0
    assert len(session.point_labels) == 31


def test_history_needs_no_session(session):
    first, second = session.current_branch, KMeansSession(n_clusters=3).current_branch
    past = History(first)
    first.compute(until=2)
    past.go(4)
    assert past.begin(second) is None
    assert (past.now.branches, past.now.cursor) == ((first, second), 0)
    assert past.undo() == "K = 3, random, seed 0"
    assert (past.now.branches, past.now.cursor) == ((first,), 4)
