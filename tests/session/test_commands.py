"""Any sequence of commands: what is shown is that of a fresh session, and undo restores it."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import lay_out
from kmeans_widget.plot.narration import narrate
from kmeans_widget.session import KMeansSession

PLACES = st.tuples(st.integers(-2, 12), st.integers(-2, 12)).map(
    lambda place: [float(x) / 2 for x in place]
)
ROWS = st.integers(0, 40)


class Commands(RuleBasedStateMachine):
    """A user who steps, edits, makes mistakes and changes their mind."""

    def __init__(self):
        super().__init__()
        self.session = KMeansSession()
        self.past = []

    def edit(self, command):
        """Give a command that can be undone, or is refused and changes nothing."""
        before, branches = picture(self.session), self.session.branches
        n_edits, refusal = len(self.session._history._past), None
        try:
            command(self.session)
        except (ValueError, TypeError) as error:
            refusal = str(error)
        if refusal is not None:
            assert "\n" not in refusal
            assert picture(self.session) == before
            assert self.session.branches == branches
        if len(self.session._history._past) > n_edits:
            self.past.append((before, branches))

    # -- moving -----------------------------------------------------------------------------

    @rule(command=st.sampled_from(["step", "step", "step", "back", "run"]))
    def move(self, command):
        getattr(self.session, command)()

    @rule()
    def to_the_start(self):
        self.session.reset()

    @precondition(lambda self: self.session.current_branch.n_picks > 0)
    @rule()
    def watch_the_start(self):
        self.session.watch_start()
        assert self.session.cursor == -self.session.n_clusters

    @rule(cursor=st.integers(0, 20))
    def jump(self, cursor):
        self.session.cursor = cursor

    @precondition(lambda self: self.session.cursor > 0)
    @rule()
    def back_and_forth(self):
        before = picture(self.session)
        self.session.back()
        self.session.step()
        assert picture(self.session) == before

    @rule(data=st.data())
    def return_to_a_branch(self, data):
        number = data.draw(st.integers(0, len(self.session.branches) - 1))
        self.session.branch = number
        assert self.session.branch == number

    # -- edits --------------------------------------------------------------------------------

    @rule(cluster=st.integers(0, 4), place=PLACES, assign=st.booleans())
    def move_center(self, cluster, place, assign):
        self.edit(lambda session: session.move_center(cluster, place, assign=assign))

    @rule(place=PLACES)
    def place_center(self, place):
        self.edit(lambda session: session.place_center(place))

    @rule(places=st.lists(PLACES, max_size=4))
    def place_centers(self, places):
        self.edit(lambda session: session.place_centers(places))

    @rule()
    def cancel_placing(self):
        self.edit(lambda session: session.cancel_placing())

    @rule(place=PLACES)
    def add_point(self, place):
        self.edit(lambda session: session.add_point(place))

    @rule(row=ROWS, place=PLACES)
    def move_point(self, row, place):
        self.edit(lambda session: session.move_point(row, place))

    @rule(row=ROWS)
    def remove_point(self, row):
        self.edit(lambda session: session.remove_point(row))

    @rule(place=PLACES, radius=st.sampled_from([0.0, 0.5, 3.0]), n=st.integers(0, 4))
    def paint(self, place, radius, n):
        self.edit(lambda session: session.paint(place, radius, n))

    @rule()
    def restore_points(self):
        self.edit(lambda session: session.restore_points())
        if not self.session.current_branch.points.edited:
            assert len(self.session.X) == 30

    @rule(k=st.sampled_from([0, 1, 2, 3, 4, 5, 99]))
    def choose_k(self, k):
        self.edit(lambda session: session.set_trait("n_clusters", k))

    @rule(init=st.sampled_from(["random", "k-means++", "farthest", "randon", [[1.0, 1.0]]]))
    def choose_start(self, init):
        self.edit(lambda session: session.set_trait("init", init))

    @rule(seed=st.integers(0, 2))
    def choose_seed(self, seed):
        self.edit(lambda session: session.reset(seed))

    @rule()
    def new_start(self):
        self.edit(lambda session: session.new_start())

    @rule()
    def stop_here(self):
        self.edit(lambda session: session.stop_here())

    @rule(max_iter=st.sampled_from([0, 1, 3, 300]))
    def limit_iterations(self, max_iter):
        self.edit(lambda session: session.set_trait("max_iter", max_iter))

    # -- undo -----------------------------------------------------------------------------------

    @precondition(lambda self: self.session.can_undo)
    @rule()
    def undo(self):
        before, branches = self.past.pop()
        self.session.undo()
        assert picture(self.session) == before
        assert self.session.branches == branches

    @precondition(lambda self: self.session.can_undo)
    @rule()
    def undo_and_redo(self):
        before, branches = picture(self.session), self.session.branches
        self.session.undo()
        self.session.redo()
        assert picture(self.session) == before
        assert self.session.branches == branches

    # -- what always holds ------------------------------------------------------------------------

    @invariant()
    def undo_knows_every_edit(self):
        assert self.session.can_undo == bool(self.past)

    @invariant()
    def the_run_is_that_of_a_fresh_session(self):
        session = self.session
        start = session.current_branch.start
        fresh = KMeansSession(session.X, init=start, max_iter=session.max_iter)
        fresh.cursor = max(session.cursor, 0)  # its start is given
        assert run(session) == run(fresh)

    @invariant()
    def the_start_is_the_one_that_the_parameters_draw(self):
        session = self.session
        if isinstance(session.init, str):
            fresh = KMeansSession(
                session.X, session.n_clusters, init=session.init, random_state=session.random_state
            )
            assert np.array_equal(session.current_branch.start, fresh.current_branch.start)

    @invariant()
    def traits_are_those_of_the_branch(self):
        parameters = self.session.current_branch.parameters
        for name, value in parameters._asdict().items():
            assert np.array_equal(getattr(self.session, name), value)
        assert len(self.session.slots) == len(set(self.session.slots)) == self.session.n_clusters

    @invariant()
    def branches_have_names_and_curves(self):
        branches = self.session.branches
        assert len({branch.name for branch in branches}) == len(branches)
        for branch in branches:
            assert np.isfinite(branch.curve).all()
            assert (np.diff(branch.curve[:, 1]) <= 1e-9 * branch.curve[:1, 1].sum()).all()

    @invariant()
    def the_narration_is_one_sentence(self):
        options = scenes.Options(begun=self.session.current_branch.event, event=self.session.event)
        words = narrate(shot(self.session, options))
        assert "\n" not in words
        assert words.endswith(".")


TestCommands = Commands.TestCase
TestCommands.settings = settings(max_examples=12, stateful_step_count=30)


def shot(session, options):
    samples = session.current_branch.points.samples
    backdrop = lay_out(samples, session.feature_names)
    return scenes.build(backdrop, session.trace, session.cursor, options)


def run(session):
    """The run up to the cursor, comparable."""
    steps = session.trace[: max(session.cursor + 1, 0) // 2]
    return (
        [(step.iteration, step.inertia, step.n_changed, step.relocated) for step in steps],
        [step.centers.tolist() for step in steps],
        session.point_labels.tolist(), session.cluster_centers.tolist(), str(session.inertia),
        session.phase, session.n_iter, session.converged, session.at_end,
    )  # fmt: skip


def picture(session):
    """What the user sees, with the parameters and the branch."""
    return (
        session.branch, session.cursor, session.X.tolist(), session.cluster_centers.tolist(),
        session.point_labels.tolist(), session.slots, session.placed.tolist(), session.n_clusters,
        str(np.asarray(session.init).tolist()), session.random_state,
    )  # fmt: skip


def test_the_machine_finds_a_run_that_is_not_that_of_a_fresh_session():
    machine = Commands()
    machine.session.run()
    branch = machine.session.current_branch
    branch.trace = branch.trace[:2]
    with pytest.raises((AssertionError, IndexError)):
        machine.the_run_is_that_of_a_fresh_session()
