"""The session without any GUI: parameters, cursor, commands."""

import sys
import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

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


def test_parameters_begin_a_new_run(session):
    session.run()
    session.n_clusters = 4
    assert session.cursor == 0
    assert session.cluster_centers.shape == (4, 2)
    session.step()
    session.random_state = 9
    assert session.cursor == 0


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


def test_final_labels_come_back_on_the_index_of_the_data_frame():
    frame = datasets.iris().X.sample(frac=1, random_state=0)
    labels = KMeansSession(frame).final_labels()
    assert isinstance(labels, pd.Series)
    assert labels.index.equals(frame.index)


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
        ("cursor", -1, "cursor"),
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


def test_observers_see_each_change_once(session):
    seen = []
    session.observe(lambda change: seen.append((change.name, change.new)), ["cursor", "n_clusters"])
    session.step()
    session.n_clusters = 3
    assert seen.count(("cursor", 1)) == 1
    assert seen.count(("n_clusters", 3)) == 1
    assert seen.count(("cursor", 0)) == 1


def test_commands_from_several_threads_leave_a_whole_run(session):
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)

    def wander(seed):
        random = np.random.default_rng(seed)
        for command in random.choice(["step", "back", "run", "reset", "new_start"], 60):
            getattr(session, command)()

    try:
        threads = [threading.Thread(target=wander, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    fresh = KMeansSession(random_state=session.random_state)
    fresh.cursor = session.cursor
    assert state(session) == state(fresh)


def test_traits_and_readings_of_several_threads_see_whole_runs():
    session = KMeansSession()
    failures = []
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)

    def change(name, values):
        for value in values:
            setattr(session, name, value)

    def read():
        try:
            for _ in range(300):
                _ = session.point_labels, session.inertia, session.n_iter, session.cluster_centers
        except Exception as error:  # noqa: BLE001  collected for the main thread
            failures.append(error)

    threads = [
        threading.Thread(target=change, args=("n_clusters", [2, 3, 4, 5] * 15)),
        threading.Thread(target=change, args=("random_state", range(60))),
        threading.Thread(target=change, args=("cursor", [0, 5, 3, 9] * 30)),
        threading.Thread(target=read),
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert failures == []
    fresh = KMeansSession(n_clusters=session.n_clusters, random_state=session.random_state)
    fresh.cursor = session.cursor
    assert state(session) == state(fresh)


def test_the_past_does_not_change_with_the_users_array():
    X = np.array(datasets.walkthrough().X)
    session = KMeansSession(X, 2)
    session.run()
    before = state(session)
    X += 100.0
    assert state(session) == before


def test_the_largest_seed_is_followed_by_the_smallest():
    session = KMeansSession(random_state=2**32 - 1)
    session.new_start()
    assert session.random_state == 0


def test_labels_of_a_list_are_an_array():
    labels = KMeansSession([[1, 2], [3, 4], [5, 6]], 2).final_labels()
    assert isinstance(labels, np.ndarray)


def test_a_session_needs_neither_matplotlib_nor_scikit_learn():
    import subprocess

    code = (
        "import sys; from kmeans_widget.session import KMeansSession; s = KMeansSession(); s.run();"
        "print([m for m in ('matplotlib', 'sklearn', 'ipympl', 'ipywidgets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Commands(RuleBasedStateMachine):
    """Any sequence of commands shows what a fresh session shows at the same cursor."""

    def __init__(self):
        super().__init__()
        self.session = KMeansSession()

    @rule(command=st.sampled_from(["step", "back", "run", "reset"]))
    def move(self, command):
        getattr(self.session, command)()

    @rule(cursor=st.integers(0, 20))
    def jump(self, cursor):
        self.session.cursor = cursor

    @rule(k=st.integers(1, 5))
    def choose_k(self, k):
        self.session.n_clusters = k

    @rule(init=st.sampled_from(["random", "k-means++", "farthest"]))
    def choose_start(self, init):
        self.session.init = init

    @rule()
    def new_start(self):
        self.session.new_start()

    @rule(k=st.sampled_from([0, 31, 99]))
    def choose_impossible_k(self, k):
        with pytest.raises(ValueError, match="clusters"):
            self.session.n_clusters = k

    @precondition(lambda self: self.session.cursor > 0)
    @rule()
    def back_and_forth(self):
        before = state(self.session)
        self.session.back()
        self.session.step()
        assert state(self.session) == before

    @invariant()
    def a_fresh_session_shows_the_same(self):
        fresh = KMeansSession(
            None, self.session.n_clusters, init=self.session.init,
            random_state=self.session.random_state,
        )  # fmt: skip
        fresh.cursor = self.session.cursor
        assert state(fresh) == state(self.session)


TestCommands = Commands.TestCase
TestCommands.settings = settings(max_examples=30, stateful_step_count=30)


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
