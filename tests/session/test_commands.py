"""Any sequence of commands: the picture is that of a fresh run, and undo restores exactly."""

import dataclasses

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
    """A person who clicks, drags, types, refuses nothing and changes their mind."""

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

    @rule(cluster=st.integers(0, 4), place=PLACES)
    def move_center(self, cluster, place):
        self.edit(lambda session: session.move_center(cluster, place))

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
    def the_picture_is_that_of_a_fresh_run(self):
        session = self.session
        start = session.branches[session.branch].start
        fresh = KMeansSession(session.X, init=start, max_iter=session.max_iter)
        fresh.cursor = session.cursor
        assert scene(session) == scene(fresh)

    @invariant()
    def traits_are_those_of_the_branch(self):
        parameters = self.session.branches[self.session.branch].parameters
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
    def it_is_told_in_one_sentence(self):
        options = scenes.Options(
            begun=self.session.branches[self.session.branch].event, event=self.session.event
        )
        words = narrate(shot(self.session, options))
        assert "\n" not in words
        assert words.endswith(".")


TestCommands = Commands.TestCase
TestCommands.settings = settings(max_examples=60, stateful_step_count=30)


def shot(session, options):
    samples = session._points.samples
    backdrop = lay_out(samples, session.feature_names)
    return scenes.build(backdrop, session.trace, session.cursor, options)


def scene(session):
    """Everything in the picture, comparable."""
    picture = shot(session, scenes.Options())
    facts = dataclasses.asdict(picture.facts)
    return (
        picture.backdrop.points.tolist(), picture.backdrop.box, picture.labels.tolist(),
        picture.changed.tolist(), picture.centers.tolist(), picture.trails.tolist(),
        [cell.tolist() for cell in picture.cells], str(picture.curve.tolist()), str(facts),
        session.point_labels.tolist(), session.cluster_centers.tolist(), str(session.inertia),
        session.n_iter, session.converged, session.at_end,
    )  # fmt: skip


def picture(session):
    """What a person sees, with the parameters and the place among the branches."""
    return (
        session.branch, session.cursor, session.X.tolist(), session.cluster_centers.tolist(),
        session.point_labels.tolist(), session.slots, session.placed.tolist(), session.n_clusters,
        str(np.asarray(session.init).tolist()), session.random_state,
    )  # fmt: skip


def test_the_machine_is_no_fool():
    """A picture that is not that of a fresh run is found out."""
    machine = Commands()
    machine.session.run()
    machine.session._branch.trace = machine.session._branch.trace[:2]
    with pytest.raises((AssertionError, IndexError)):
        machine.the_picture_is_that_of_a_fresh_run()


# -- stop here --------------------------------------------------------------------------------

LONG = np.random.default_rng(2).random((400, 2))


@pytest.mark.parametrize("cursor", [2, 3, 8, 9, 14])
@pytest.mark.parametrize("scale", ["none", "standard"])
def test_stop_here_is_the_run_with_that_limit(cursor, scale):
    session = KMeansSession(LONG, 6, scale=scale)
    session.cursor = cursor
    labels, n_branches = session.labels, len(session.branches)
    session.stop_here()
    fresh = KMeansSession(LONG, 6, scale=scale, max_iter=cursor // 2)
    fresh.run()
    for now in (session, fresh):
        assert (now.max_iter, now.at_end, now.converged) == (cursor // 2, True, False)
        assert now.cursor == 2 * (cursor // 2) + 1
    for step, other in zip(session.trace, fresh.trace, strict=True):
        assert (step.iteration, step.inertia, step.updated_inertia, step.center_shift) == (
            other.iteration, other.inertia, other.updated_inertia, other.center_shift
        )  # fmt: skip
        assert (step.n_changed, step.stop) == (other.n_changed, other.stop)
        assert np.array_equal(step.centers, other.centers)
    assert np.array_equal(session.labels, fresh.labels)
    assert np.array_equal(session.labels, labels) or cursor % 2 == 0
    assert (session.magic_line, session.code) == (fresh.magic_line, fresh.code)
    assert session.slots == session.branches[0].slots
    session.undo()
    assert (session.max_iter, session.cursor, len(session.branches)) == (300, cursor, n_branches)
    session.run()
    assert session.converged


def test_stop_here_on_a_branch_of_the_hand_keeps_its_centroids():
    session = KMeansSession(LONG, 6)
    session.cursor = 4
    session.move_center(0, [0.2, 0.9])
    session.cursor = 5
    labels = session.labels
    session.stop_here()
    assert (session.max_iter, session.at_end) == (2, True)
    assert np.array_equal(session.labels, labels)
    session.stop_here()
    assert session.max_iter == 2


@pytest.mark.parametrize("cursor", [0, 1])
def test_a_run_cannot_end_before_its_first_iteration(cursor):
    session = KMeansSession(LONG, 6)
    session.cursor = cursor
    with pytest.raises(ValueError, match="No iteration is complete yet"):
        session.stop_here()
    assert (session.max_iter, session.cursor, len(session.branches)) == (300, cursor, 1)
