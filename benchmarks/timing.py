"""Paired rounds: each round times every contender once, in rotated order, in one process."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks import contention
from benchmarks.peers import NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Threads of the previous contender may still spin (OpenBLAS's for about 20 ms), and threads of the
# next one may sleep. Neither should be measured, so short calls are repeated untimed first, and a
# long call waits for this many seconds.
_PAUSE = 0.02

_LONG = 5.0  # seconds; a longer call needs no second warm-up


@dataclass(frozen=True, slots=True)
class RoundLimits:
    """Limits of the rounds of a row.

    Parameters
    ----------
    min_rounds, max_rounds : int
        `min_rounds` are measured even if they take longer than `max_seconds`.
    kept_rounds : int
        Number of rounds, from the first, whose results are kept.
    max_seconds : float
        Time for all contenders together.
    min_duration : float
        Shorter calls are repeated within a round to take about this many seconds.
    """

    min_rounds: int = 3
    max_rounds: int = 30
    kept_rounds: int = 10
    max_seconds: float = 10.0
    min_duration: float = 0.02


QUICK = RoundLimits(min_rounds=2, max_rounds=2, max_seconds=0.0, min_duration=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Timings:
    """Results of `time_paired`, by contender.

    Parameters
    ----------
    seconds : dict of str to list of float
        One for each round.
    results : dict of str to list
        Return values of the first `RoundLimits.kept_rounds` rounds.
    remarks : dict of str to str
        Why a contender has no times.
    other_cpus : list of float
        CPUs used by other processes in the meantime; empty if unknown.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    results: dict[str, list[Any]] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    other_cpus: list[float] = field(default_factory=list)


def time_paired(calls: Mapping[str, Callable[[int], Any]], limits: RoundLimits) -> Timings:
    """Time calls in paired rounds.

    Parameters
    ----------
    calls : dict of str to callable
        By contender; called with the number of the round.
    limits : RoundLimits

    Returns
    -------
    Timings
        A contender whose call raises gets a remark instead of times; the others continue.
    """
    measured = Timings()
    repeats = {name: n for name in calls if (n := _warm_up(name, calls[name], limits, measured))}
    start, n_rounds = time.perf_counter(), 0
    before = contention.other_processes_seconds()
    while repeats and _continues(n_rounds, time.perf_counter() - start, limits):
        names = list(repeats)
        turn = n_rounds % len(names)
        for name in names[turn:] + names[:turn]:
            try:
                _settle(calls[name], n_rounds, repeats[name])
                seconds, result = _time(calls[name], n_rounds, repeats[name])
            except Exception as error:  # noqa: BLE001  a failing peer must not stop the others
                _record_failure(name, error, measured)
                del repeats[name]
                continue
            measured.seconds[name].append(seconds)
            if n_rounds < limits.kept_rounds:
                measured.results[name].append(result)
        n_rounds += 1
    measured.other_cpus.extend(contention.other_cpus(before, time.perf_counter() - start))
    return measured


def progress(text: str) -> None:
    """Print progress to stderr, separate from the tables."""
    print(text, file=sys.stderr, flush=True)


def _warm_up(name: str, call: Callable[[int], Any], limits: RoundLimits, measured: Timings) -> int:
    """Call once or twice; return how often to repeat the call within a round, 0 if it fails."""
    try:
        seconds, _ = _time(call, 0, 1)
        if limits.min_duration and seconds < _LONG:  # most of it may have been compilation
            seconds, _ = _time(call, 0, 1)
    except Exception as error:  # noqa: BLE001  see above
        _record_failure(name, error, measured)
        return 0
    measured.seconds[name], measured.results[name] = [], []
    return max(1, min(1000, int(limits.min_duration / max(seconds, 1e-9))))


def _time(call: Callable[[int], Any], n_round: int, repeats: int) -> tuple[float, Any]:
    start = time.perf_counter()
    for _ in range(repeats):
        result = call(n_round)
    return (time.perf_counter() - start) / repeats, result


def _settle(call: Callable[[int], Any], n_round: int, repeats: int) -> None:
    if repeats > 1:
        for _ in range(repeats):
            call(n_round)
    else:
        time.sleep(_PAUSE)


def _continues(n_rounds: int, seconds: float, limits: RoundLimits) -> bool:
    return n_rounds < limits.min_rounds or (
        n_rounds < limits.max_rounds and seconds < limits.max_seconds
    )


def _record_failure(name: str, error: Exception, measured: Timings) -> None:
    words = str(error).split("\n")[0][:200]
    measured.remarks[name] = (
        words if isinstance(error, NotSupportedError) else f"{type(error).__name__}: {words}"
    )
    measured.seconds.pop(name, None)
    measured.results.pop(name, None)
