import numpy as np
import pytest

from kmeans_widget.core.convergence import Criterion, absolute_tolerance
from kmeans_widget.core.samples import ArraySamples


def test_tolerance_scales_with_the_mean_variance() -> None:
    X = np.random.default_rng(0).normal(scale=[1.0, 5.0], size=(100, 2))
    expected = 1e-3 * np.var(X, axis=0).mean()
    assert absolute_tolerance(1e-3, ArraySamples(X)) == pytest.approx(expected, rel=1e-12)


def test_no_tolerance_does_not_look_at_the_data() -> None:
    class Unread:
        def feature_variances(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
            raise AssertionError("was looked at")

    assert absolute_tolerance(0.0, Unread()) == 0.0


@pytest.mark.parametrize(
    ("n_changed", "n_relocated", "fixed"),
    [(0, 0, True), (1, 0, False), (0, 1, False), (3, 2, False)],
)
def test_a_fixed_point_changes_nothing(n_changed: int, n_relocated: int, fixed: bool) -> None:
    assert Criterion(10, 0.0).is_fixed_point(n_changed, n_relocated) is fixed


@pytest.mark.parametrize(
    ("shift", "tol", "tolerated"),
    [(0.0, 0.0, True), (1e-30, 0.0, False), (0.5, 0.5, True), (0.6, 0.5, False)],
)
def test_a_shift_up_to_the_tolerance_is_tolerated(
    shift: float, tol: float, tolerated: bool
) -> None:
    assert Criterion(10, tol).tolerates(shift) is tolerated


@pytest.mark.parametrize(
    ("iteration", "shift", "over"),
    [(0, np.inf, False), (3, 0.6, False), (4, 0.6, True), (1, 0.5, True)],
)
def test_no_update_follows_the_last_iteration_and_a_tolerated_shift(
    iteration: int, shift: float, over: bool
) -> None:
    assert Criterion(4, 0.5).is_over(iteration, shift) is over
