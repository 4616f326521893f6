"""Paired rounds: every contender once a round, in rotated order, on the same warm machine."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks import load
from benchmarks.peers import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Threads of the contender before may still spin for more work (OpenBLAS's for some 20 ms), and its
# own may sleep: neither is to be charged. Short calls are made untimed first; long ones just wait.
_PAUSE = 0.02

_LONG = 5.0  # seconds of a call that is warm after one


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a row may take.

    Parameters
    ----------
    least, most : int
        Rounds; `least` even if that takes longer than `seconds`.
    kept : int
        First rounds whose results are kept.
    seconds : float
        For all contenders together.
    shortest : float
        Calls that take fewer seconds are repeated within a round until they fill them.
    """

    least: int = 3
    most: int = 30
    kept: int = 10
    seconds: float = 10.0
    shortest: float = 0.02


QUICK = Pace(least=2, most=2, seconds=0.0, shortest=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What `paired` found out, by contender.

    Parameters
    ----------
    seconds : dict of str to list of float
        One for each round.
    results : dict of str to list
        What the calls of the first `Pace.kept` rounds returned.
    remarks : dict of str to str
        Why a contender has no seconds.
    others : list of float
        CPUs that other processes kept busy meanwhile; empty where the system does not tell.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    results: dict[str, list[Any]] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    others: list[float] = field(default_factory=list)


def paired(calls: Mapping[str, Callable[[int], Any]], pace: Pace) -> Measured:
    """Time calls side by side.

    Parameters
    ----------
    calls : dict of str to callable
        By contender; called with the number of the round.
    pace : Pace

    Returns
    -------
    Measured
        A contender whose call raises has a remark in place of times, and the others go on.
    """
    measured = Measured()
    repeats = {name: n for name in calls if (n := _warm_up(name, calls[name], pace, measured))}
    start, n_rounds = time.perf_counter(), 0
    others_before = load.others_seconds()
    while repeats and _goes_on(n_rounds, time.perf_counter() - start, pace):
        names = list(repeats)
        turn = n_rounds % len(names)
        for name in names[turn:] + names[:turn]:
            try:
                _settle(calls[name], n_rounds, repeats[name])
                seconds, result = _time(calls[name], n_rounds, repeats[name])
            except Exception as error:  # noqa: BLE001  whatever happens to a peer, the others go on
                _give_up(name, error, measured)
                del repeats[name]
                continue
            measured.seconds[name].append(seconds)
            if n_rounds < pace.kept:
                measured.results[name].append(result)
        n_rounds += 1
    measured.others.extend(load.busy_others(others_before, time.perf_counter() - start))
    return measured


def progress(text: str) -> None:
    """Say on the terminal what is going on, apart from the tables."""
    print(text, file=sys.stderr, flush=True)


def _warm_up(name: str, call: Callable[[int], Any], pace: Pace, measured: Measured) -> int:
    """Call it; return how often to repeat the call within a round, 0 if it does not work."""
    try:
        seconds, _ = _time(call, 0, 1)
        if pace.shortest and seconds < _LONG:  # much of that may have been compilation
            seconds, _ = _time(call, 0, 1)
    except Exception as error:  # noqa: BLE001  see above
        _give_up(name, error, measured)
        return 0
    measured.seconds[name], measured.results[name] = [], []
    return max(1, min(1000, int(pace.shortest / max(seconds, 1e-9))))


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


def _goes_on(n_rounds: int, seconds: float, pace: Pace) -> bool:
    return n_rounds < pace.least or (n_rounds < pace.most and seconds < pace.seconds)


def _give_up(name: str, error: Exception, measured: Measured) -> None:
    words = str(error).split("\n")[0][:200]
    measured.remarks[name] = (
        words if isinstance(error, NotOfferedError) else f"{type(error).__name__}: {words}"
    )
    measured.seconds.pop(name, None)
    measured.results.pop(name, None)
