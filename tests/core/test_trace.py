import dataclasses

import numpy as np
import pytest

from kmeans_widget.core.trace import Phase, Step, StopReason, Trace


def _step(iteration: int, stop: StopReason | None = None) -> Step:
    return Step(
        iteration=iteration,
        centers=np.full((1, 1), float(iteration)),
        weight=np.ones(1),
        inertia=10.0 - iteration,
        n_changed=1,
        center_shift=0.5,
        updated_inertia=9.5 - iteration,
        means=np.full((1, 1), float(iteration + 1)),
        stop=stop,
    )


@pytest.fixture
def trace() -> Trace:
    return Trace((_step(1), _step(2), _step(3, StopReason.UNCHANGED)))


def test_appending_leaves_the_trace_as_it_was() -> None:
    short = Trace((_step(1),))
    long = short.append(_step(2))
    assert (len(short), len(long)) == (1, 2)
    assert long[0] is short[0]


def test_a_step_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _step(1).inertia = 0.0  # type: ignore[misc]


def test_a_slice_of_a_trace_is_a_trace(trace: Trace) -> None:
    assert isinstance(trace[:2], Trace)
    assert [step.iteration for step in trace[:2]] == [1, 2]
    assert trace[-1].iteration == 3


def test_an_empty_trace_has_not_begun() -> None:
    empty = Trace()
    assert (len(empty), empty.n_iter, empty.finished, empty.converged) == (0, 0, False, False)
    assert empty.inertias.shape == (0,)


@pytest.mark.parametrize(
    ("stop", "finished", "converged"),
    [
        (None, False, False),
        (StopReason.UNCHANGED, True, True),
        (StopReason.TOLERANCE, True, True),
        (StopReason.MAX_ITER, True, False),
    ],
)
def test_only_settled_centers_are_convergence(
    stop: StopReason | None, finished: bool, converged: bool
) -> None:
    trace = Trace((_step(1), _step(2, stop)))
    assert (trace.finished, trace.converged, trace.n_iter) == (finished, converged, 2)


def test_inertias_are_those_of_the_steps(trace: Trace) -> None:
    assert trace.inertias.tolist() == [9.0, 8.0, 7.0]


def test_half_steps_are_start_then_assign_and_update_in_turn(trace: Trace) -> None:
    phases = [trace.phase(cursor) for cursor in range(trace.last_cursor + 1)]
    assert phases == [Phase.START, *[Phase.ASSIGN, Phase.UPDATE] * 2, Phase.ASSIGN]


def test_an_update_shows_the_next_centers_with_the_assignment_before(trace: Trace) -> None:
    assert [trace.assigned(cursor) for cursor in range(6)] == [None, 0, 0, 1, 1, 2]
    shown = [float(trace.centers_until(cursor)[-1][0, 0]) for cursor in range(6)]
    assert shown == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]


@pytest.mark.parametrize("cursor", [-1, -2, -7])
def test_before_the_start_all_is_as_at_the_start(trace: Trace, cursor: int) -> None:
    for found in (trace, Trace(trace.steps, np.ones((1, 1)))):
        assert found.phase(cursor) is Phase.START
        assert found.assigned(cursor) is None
        assert np.array_equal(found.centers_until(cursor), found.centers_until(0))
        assert np.isnan(found.inertia(cursor))
        assert found.curve(cursor).shape == (0, 2)


def test_the_curve_falls_with_both_half_steps(trace: Trace) -> None:
    assert np.isnan(trace.inertia(0))
    assert trace.curve(0).shape == (0, 2)
    assert trace.curve(4).tolist() == [[1.0, 9.0], [1.5, 8.5], [2.0, 8.0], [2.5, 7.5]]
