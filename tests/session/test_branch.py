"""A branch alone: its start, its steps, its name."""

import numpy as np
import pytest

import naive
from kmeans_widget import datasets
from kmeans_widget.core.trace import StopReason
from kmeans_widget.session.branch import Branch, Parameters, same
from kmeans_widget.session.events import Event, Kind
from kmeans_widget.session.points import Points
from kmeans_widget.validation import as_table

X = datasets.walkthrough().X
POINTS = Points(as_table(X))


def branch(points=POINTS, **parameters):
    given = {"n_clusters": 2} | parameters
    return Branch(Parameters(**given).checked(points), points)


def test_steps_are_computed_when_they_are_needed_and_kept():
    one = branch()
    assert not one.explored
    one.compute(until=2)
    assert len(one.trace) == 3
    steps = one.trace.steps
    one.compute(until=1)
    one.compute(until=3)
    assert one.trace.steps[:3] == steps
    assert one.explored
    one.compute(until=None)
    assert one.trace.finished


def test_the_run_is_the_naive_algorithm_from_its_start():
    one = branch(n_clusters=4)
    one.compute(until=None)
    expected = naive.lloyd(X, one.start)
    assert one.trace.inertias == pytest.approx(expected.inertias)
    assert np.allclose(one.centers(one.trace.last_cursor), expected.centers)
    assert one.n_iter(one.trace.last_cursor) == expected.n_iter


def test_centers_and_iterations_are_those_at_the_cursor():
    one = branch(scale="standard")
    one.compute(until=2)
    assert np.allclose(one.centers(0), one.start)
    assert np.allclose(one.centers(1), one.start)
    labels = one.samples.assign(one.trace[0].centers)
    assert np.allclose(one.centers(2), [X[labels == k].mean(axis=0) for k in range(2)])
    assert [one.n_iter(cursor) for cursor in range(5)] == [0, 1, 1, 2, 2]
    one.centers(4)[:] = 0.0  # a copy
    assert one.centers(4).all()


@pytest.mark.parametrize("drop", [Branch.drop_iterator, Branch.drop_steps])
def test_a_branch_continues_with_the_same_bits_after_it_was_freed(drop):
    one, other = branch(n_clusters=3), branch(n_clusters=3)
    one.compute(until=2)
    curve = one.curve
    drop(one)
    assert np.array_equal(one.curve, curve)
    assert one.explored
    one.compute(until=None)
    other.compute(until=None)
    assert np.array_equal(one.curve, other.curve)
    assert [step.n_changed for step in one.trace] == [step.n_changed for step in other.trace]


def test_the_remaining_steps_leave_the_branch_as_it_is():
    one, other = branch(), branch()
    one.compute(until=1)
    other.compute(until=None)
    traces = list(one.remaining_steps())
    assert [len(trace) for trace in traces] == list(range(2, len(other.trace) + 1))
    assert traces[-1].finished
    assert traces[-1].inertias.tolist() == other.trace.inertias.tolist()
    assert len(one.trace) == 2
    assert list(other.remaining_steps()) == [other.trace]


def test_the_curve_has_every_half_step():
    one = branch()
    one.compute(until=None)
    assert one.curve.shape == (one.trace.last_cursor, 2)
    assert one.curve[:, 0].tolist() == [(at + 1) / 2 for at in range(1, len(one.curve) + 1)]
    assert one.curve[-1, 1] == one.trace.inertias[-1]


@pytest.mark.parametrize(
    ("n_clusters", "n_iter", "scale"), [(6, 1, "none"), (6, 2, "standard"), (5, 3, "none")]
)
def test_a_trace_ended_early_is_that_of_a_run_with_this_limit(n_clusters, n_iter, scale):
    full = branch(n_clusters=n_clusters, scale=scale)
    full.compute(until=None)
    limited = branch(n_clusters=n_clusters, scale=scale, max_iter=n_iter)
    limited.compute(until=None)
    ended = full.ended_after(n_iter)
    assert ended.stop is StopReason.MAX_ITER
    for step, other in zip(ended, limited.trace, strict=True):
        assert (step.iteration, step.inertia, step.updated_inertia, step.center_shift) == (
            other.iteration, other.inertia, other.updated_inertia, other.center_shift
        )  # fmt: skip
        assert (step.n_changed, step.stop) == (other.n_changed, other.stop)
        assert np.array_equal(step.centers, other.centers)


@pytest.mark.parametrize(
    ("parameters", "edited", "name"),
    [
        ({}, False, "K = 2, random, seed 0"),
        ({"init": "farthest", "random_state": 3}, True, "K = 2, farthest, seed 3, edited points"),
        ({"max_iter": 5, "tol": 0.01}, False,
         "K = 2, random, seed 0, at most 5 iterations, tolerance 0.01"),
        ({"init": [[1.0, 1.0], [9.0, 9.0]], "scale": "standard"}, False,
         "K = 2, given centroids, standardised"),
    ],
)  # fmt: skip
def test_a_run_is_named_by_its_parameters(parameters, edited, name):
    assert branch(POINTS.remove(0) if edited else POINTS, **parameters).name == name


def test_only_the_same_parameters_and_points_repeat_a_run():
    one = branch()
    assert one.repeats(branch())
    assert not one.repeats(branch(random_state=1))
    assert not one.repeats(branch(Points(as_table(X))))
    edited = Branch(one.parameters, POINTS, edits=(Event(Kind.CENTER_MOVED, 0),))
    assert not one.repeats(edited)
    assert not edited.repeats(one)


def test_values_of_another_type_are_not_the_same():
    assert same(1.0, 1.0)
    assert same(X, X.copy())
    assert not same(1, 1.0)
    assert not same(X, X.tolist())
    assert not same(1, True)
