import numpy as np
import pytest

from kmeans_widget.plot.inertia_axis import FIRST_SPAN, fit_axis, tick_labels


def curve(*inertias):
    """Return iterations and inertias of a run."""
    return np.column_stack([1 + np.arange(len(inertias)) / 2, inertias])


STEADY = curve(360, 210, 180, 140, 110, 95, 92, 91, 90.5, 90.2, 90)
FAST = curve(2735, 1121, 648, 390, 370, 369, 368, 367.5, 367.2, 367.1, 367)


def test_a_run_that_falls_steadily_is_shown_from_zero():
    axis = fit_axis([STEADY], finished=True)
    assert (axis.low, axis.high, axis.is_stretched) == (0.0, 360.0, False)
    assert np.array_equal(axis.heights(STEADY[:, 1]), STEADY[:, 1] / 360.0)


def test_late_steps_can_be_told_apart():
    axis = fit_axis([FAST], finished=True)
    heights = axis.heights(FAST[:, 1])
    assert axis.is_stretched
    assert (heights[0], heights[-1]) == (1.0, 0.0)
    assert (np.diff(heights) < -0.004).all()
    assert np.isfinite(axis.limits).all()
    assert axis.limits[0] < 0.0


def test_runs_that_end_close_to_each_other_can_be_told_apart():
    other = np.add(STEADY[:-1], (0.0, 1.3))
    assert not fit_axis([STEADY, STEADY], finished=True).is_stretched
    axis = fit_axis([STEADY, other], finished=True)
    assert axis.heights(other[-1, 1]) > 0.1
    far = np.add(STEADY, (0.0, 60.0))
    assert not fit_axis([STEADY, far], finished=True).is_stretched


def test_a_run_that_has_ended_fills_the_width():
    assert fit_axis([], finished=False).last == FIRST_SPAN
    assert fit_axis([FAST], finished=True).last == FAST[-1, 0]
    assert fit_axis([FAST], finished=False).last == FIRST_SPAN
    longer = np.vstack([FAST, np.add(FAST, (6.0, 0.0))])
    assert fit_axis([longer], finished=False).last == 2 * FIRST_SPAN
    assert fit_axis([STEADY[:5], FAST], finished=True).last == FAST[-1, 0]


@pytest.mark.parametrize(
    "inertias",
    [(0.0,) * 12, (5.0,) * 12, (1e-300,) * 12, (1e300, *(1e-5,) * 11), (5.0, *(5.0 - 1e-12,) * 11)],
)
def test_extreme_inertias_have_an_axis_too(inertias):
    axis = fit_axis([curve(*inertias)], finished=True)
    with np.errstate(all="raise"):
        heights = axis.heights(inertias)
    assert ((heights >= 0.0) & (heights <= 1.0)).all()
    ticks = axis.ticks()
    assert len(set(tick_labels(ticks))) == len(ticks)


@pytest.mark.parametrize("run", [STEADY, FAST, 1e9 * FAST, 1e-9 * STEADY])
def test_ticks_are_on_the_axis(run):
    axis = fit_axis([run], finished=True)
    ticks = axis.ticks()
    assert 3 <= len(ticks) <= 4
    assert ticks == sorted(ticks)
    assert axis.low <= ticks[0] < ticks[-1] <= axis.high
    assert max(map(len, tick_labels(ticks))) <= 9


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (0, "0"), (300, "300"), (1200, "1200"), (15000, "15k"), (1.2e6, "1.2M"),
        (3.6e19, "3.6×10¹⁹"), (2.5e-7, "2.5×10⁻⁷"),
    ],
)  # fmt: skip
def test_ticks_are_short(value, label):
    assert tick_labels([value]) == [label]
