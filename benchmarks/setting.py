"""What a section is told: who takes part, on what data, how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.timing import QUICK, Pace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.data import Kind, Workload
    from benchmarks.peers import Contender


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """How to measure."""

    contenders: list[Contender]
    kind: Kind = "blobs"
    quick: bool = False

    @property
    def pace(self) -> Pace:
        """How long a row may take."""
        return QUICK if self.quick else Pace()

    def sized(self, workloads: Iterable[Workload]) -> list[Workload]:
        """Return the workloads, or what is left of them if it is to be quick."""
        return [load.quick() if self.quick else load for load in workloads]
