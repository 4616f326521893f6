"""The axes of the inertia chart: how many iterations it shows, and how it shows low inertias.

The vertical axis is linear and starts at 0, unless that would hide what happens after the first
iteration, or which of several runs ends lower. Then it is stretched near the lowest inertia.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.plot.limits import MIN_SPAN
from kmeans_widget.plot.text import powers_of_ten

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats

FIRST_SPAN = 6.0  # iterations on the axis at first; then twice as many, until the run has ended
EARLIEST = 5.0  # iterations after which the axis may be stretched
FLAT = 0.25  # of the height: on a stretched axis, less than this is left to the later iterations
CLOSE = 0.04  # of the height: ends of runs are told apart on a stretched axis if they are closer
ROUNDING = 1e-9  # relative difference of two inertias that is rounding error
SMALLEST_POWER = 0.1  # of a stretched axis
LARGEST_POWER, LARGEST_IF_CLOSE = 1 / 2, 1 / 3
KNEE = 0.0001  # share of the way from lowest to highest, below which a stretched axis is linear
HEADROOM = 0.06  # above the highest inertia, as a share of the height
N_TICKS = 4


@dataclass(frozen=True, slots=True)
class InertiaAxis:
    """The axes of the inertia chart.

    Attributes
    ----------
    last : float
        The last iteration on the horizontal axis.
    low, high : float
        Lowest and highest inertia on the vertical axis; 0 if all are 0, or none is known.
    power : float
        1 for a linear axis. Below, the height of an inertia is about this power of its share of
        the way from `low` to `high`.
    """

    last: float
    low: float
    high: float
    power: float = 1.0

    @property
    def is_stretched(self) -> bool:
        """Whether the axis is stretched near the lowest inertia."""
        return self.power < 1.0

    def heights(self, inertias: npt.ArrayLike) -> Floats:
        """Return the heights of inertias: 0 for `low`, 1 for `high`."""
        shares = (np.asarray(inertias) - self.low) / ((self.high - self.low) or 1.0)
        if not self.is_stretched:
            return np.asarray(shares)
        bottom, top = self._ends
        heights = ((np.maximum(shares, 0.0) + KNEE) ** self.power - bottom) / (top - bottom)
        return np.asarray(np.maximum(heights, 0.0))

    @property
    def limits(self) -> tuple[float, float]:
        """Heights of the lower and the upper end of the axis."""
        return (-HEADROOM if self.is_stretched else 0.0), 1.0 + HEADROOM

    def place(self, curve: Floats) -> Floats:
        """Return the places of iterations and inertias, both of shape (n, 2)."""
        return np.column_stack([curve[:, 0], self.heights(curve[:, 1])])

    def ticks(self) -> list[float]:
        """Return the inertias that are marked, rounded where the height allows it.

        Examples
        --------
        >>> InertiaAxis(6, 0.0, 357.5).ticks()
        [0.0, 150.0, 300.0]
        >>> InertiaAxis(22, 366.3, 2735.0, power=1 / 3).ticks()
        [366.3, 500.0, 1200.0, 2735.0]
        """
        span = self.high - self.low
        if not self.is_stretched:
            if span == 0.0:
                return []
            step = _round_step(span / (N_TICKS - 1))
            return [step * i for i in range(int(self.high / step) + 1)]
        bottom, top = self._ends
        shares = ((bottom + (top - bottom) * h) ** (1 / self.power) - KNEE for h in (0.38, 0.7))
        middle = [_rounded(self.low + span * share, span * share) for share in shares]
        return [self.low, *(tick for tick in middle if self.low < tick < self.high), self.high]

    @property
    def _ends(self) -> tuple[float, float]:
        """Powers of the lowest and of the highest inertia."""
        return KNEE**self.power, (1.0 + KNEE) ** self.power


def fit_axis(curves: Sequence[Floats], *, finished: bool) -> InertiaAxis:
    """Choose the axes for some runs.

    Parameters
    ----------
    curves : sequence of ndarray of shape (n, 2)
        Iterations and inertias of each run, as far as they are known.
    finished : bool
        Whether the run shown has ended.

    Returns
    -------
    InertiaAxis

    Examples
    --------
    >>> fit_axis([np.array([[1.0, 9.0], [1.5, 4.0]])], finished=False)
    InertiaAxis(last=6.0, low=0.0, high=9.0, power=1.0)
    """
    known = [curve for curve in curves if len(curve)]
    if not known:
        return InertiaAxis(FIRST_SPAN, 0.0, 0.0)
    iterations, inertias = np.concatenate(known).T
    longest, low, high = float(iterations.max()), float(inertias.min()), float(inertias.max())
    last = longest
    if not finished:
        last = FIRST_SPAN * 2.0 ** max(0, np.ceil(np.log2(longest / FIRST_SPAN)))
    if high <= MIN_SPAN:
        return InertiaAxis(last, 0.0, 0.0)
    later = inertias[iterations >= 2.0]
    is_flat = longest >= EARLIEST and later.max() - low < FLAT * high
    is_close = finished and _are_close([curve[-1, 1] for curve in known], high)
    if high - low <= ROUNDING * high or not (is_flat or is_close):
        return InertiaAxis(last, 0.0, high)
    # The second iteration is at half the height.
    largest = LARGEST_IF_CLOSE if is_close else LARGEST_POWER
    share = np.clip((later.max(initial=low) - low) / (high - low), 1e-300, 0.999)
    return InertiaAxis(
        last, low, high, float(np.clip(np.log(0.5) / np.log(share), SMALLEST_POWER, largest))
    )


def _are_close(ends: Sequence[float], high: float) -> bool:
    """Return whether two runs end at different inertias that a linear axis would not tell apart."""
    gaps = np.diff(np.sort(ends)) / high
    return bool(((gaps > ROUNDING) & (gaps < CLOSE)).any())


def _round_step(step: float) -> float:
    """Return the smallest round number that is at least `step`."""
    unit = 10.0 ** np.floor(np.log10(step))
    rounds = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return float(unit * next(n for n in rounds if n * unit >= step * 0.9999))


def _rounded(value: float, accuracy: float) -> float:
    """Round a value to one significant digit of `accuracy`."""
    unit = 10.0 ** np.floor(np.log10(accuracy))
    return float(np.round(value / unit) * unit)


def tick_labels(inertias: Sequence[float]) -> list[str]:
    """Format inertias, short enough for an axis, with as many digits as tell them apart.

    Examples
    --------
    >>> tick_labels([0.0, 300.0]), tick_labels([9586.2, 9700.0, 14341.0])
    (['0', '300'], ['9586', '9700', '14.3k'])
    >>> tick_labels([30.12e6, 30.14e6]), tick_labels([1.84e12])
    (['30.12M', '30.14M'], ['1.84×10¹²'])
    """
    different = len(set(inertias))
    labels = ([_label(inertia, digits) for inertia in inertias] for digits in range(3, 17))
    return next(texts for texts in labels if len(set(texts)) == different)


def _label(inertia: float, digits: int) -> str:
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if max(unit, 1e4) <= inertia < 1e3 * unit:
            return _positional(inertia / unit, digits) + letter
    if inertia == 0.0 or 1e-3 <= inertia < 1e4:
        return _positional(inertia, digits + 1)
    return powers_of_ten(f"{inertia:.{digits}g}").replace(" ", "")


def _positional(value: float, digits: int) -> str:
    return np.format_float_positional(value, digits, fractional=False, trim="-")
