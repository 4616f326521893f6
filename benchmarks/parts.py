"""The other calls: k-means++ alone, predict, mini-batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.data import Workload
from benchmarks.peers import NotOfferedError
from benchmarks.rows import Row
from benchmarks.timing import Measured, paired, progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.data import Floats
    from benchmarks.peers import Contender
    from benchmarks.setting import Setting

    Call = Callable[[int], Any]

TITLE = "k-means++ alone, predict, mini-batches"

WORKLOADS = (
    Workload(1_000_000, 2, 8),
    Workload(100_000, 64, 100),
    Workload(200_000, 16, 1000),
)


def rows(setting: Setting) -> Iterator[Row]:
    """Measure every call on every workload."""
    kinds = {"k-means++": _seeding, "predict": _predict, "mini-batches": _mini_batch}
    for what, prepare in kinds.items():
        for load in setting.sized(WORKLOADS):
            progress(f"{what}, {load.name}")
            X, centers = load.data(setting.kind)
            refusals: dict[str, str] = {}
            calls: dict[str, Call] = {}
            for one in setting.contenders:
                try:
                    calls[one.name] = prepare(one, X, centers)
                except Exception as error:  # noqa: BLE001  reported in the column of the peer
                    refusals[one.name] = _reason(error)
            measured = paired(calls, setting.pace)
            yield _row(f"{what}, {load.name}", measured, refusals, load)


def _row(name: str, measured: Measured, refusals: dict[str, str], load: Workload) -> Row:
    return Row(
        name, measured.seconds, measured.remarks | refusals, load.shape, others=measured.others
    )


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, NotOfferedError) else f"{type(error).__name__}: {error}"


def _seeding(one: Contender, X: Floats, centers: Floats) -> Call:
    return lambda seed: one.seeding(X, len(centers), seed)


def _predict(one: Contender, X: Floats, centers: Floats) -> Call:
    call = one.predictor(X, centers)
    # 1M labels need not be kept: whether they are right is a matter of the tests
    return lambda _: len(call())


def _mini_batch(one: Contender, X: Floats, centers: Floats) -> Call:
    return lambda seed: one.mini_batch(X, len(centers), seed)
