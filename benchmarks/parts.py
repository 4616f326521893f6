"""Single calls: k-means++, predict, mini-batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.data import Workload
from benchmarks.peers import NotSupportedError
from benchmarks.rows import Row
from benchmarks.timing import Timings, progress, time_paired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.data import Floats
    from benchmarks.peers import Contender
    from benchmarks.setting import Setting

    Call = Callable[[int], Any]

TITLE = "k-means++, predict, mini-batches"

WORKLOADS = (
    Workload(1_000_000, 2, 8),
    Workload(100_000, 64, 100),
    Workload(200_000, 16, 1000),
)


def rows(setting: Setting) -> Iterator[Row]:
    """Measure every call on every workload."""
    kinds = {"k-means++": _seeding, "predict": _predict, "mini-batches": _mini_batch}
    for what, prepare in kinds.items():
        for workload in setting.sized(WORKLOADS):
            progress(f"{what}, {workload.name}")
            X, centers = workload.data(setting.kind)
            failures: dict[str, str] = {}
            calls: dict[str, Call] = {}
            for one in setting.contenders:
                try:
                    calls[one.name] = prepare(one, X, centers)
                except Exception as error:  # noqa: BLE001  becomes a remark of the peer
                    failures[one.name] = _reason(error)
            measured = time_paired(calls, setting.limits)
            yield _row(f"{what}, {workload.name}", measured, failures, workload)


def _row(name: str, measured: Timings, failures: dict[str, str], workload: Workload) -> Row:
    return Row(
        name,
        measured.seconds,
        measured.remarks | failures,
        workload.shape,
        other_cpus=measured.other_cpus,
    )


def _reason(error: Exception) -> str:
    return (
        str(error) if isinstance(error, NotSupportedError) else f"{type(error).__name__}: {error}"
    )


def _seeding(one: Contender, X: Floats, centers: Floats) -> Call:
    return lambda seed: one.seeding(X, len(centers), seed)


def _predict(one: Contender, X: Floats, centers: Floats) -> Call:
    call = one.predictor(X, centers)
    # Do not keep the labels; the tests check that they are correct.
    return lambda _: len(call())


def _mini_batch(one: Contender, X: Floats, centers: Floats) -> Call:
    return lambda seed: one.mini_batch(X, len(centers), seed)
