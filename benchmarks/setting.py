"""Settings shared by all sections: contenders, kind of data, number of rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.timing import QUICK, RoundLimits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.data import Kind, Workload
    from benchmarks.peers import Contender


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Contenders, kind of data, and whether to run a smoke test only."""

    contenders: list[Contender]
    kind: Kind = "blobs"
    quick: bool = False

    @property
    def limits(self) -> RoundLimits:
        """Limits of the rounds of a row."""
        return QUICK if self.quick else RoundLimits()

    def sized(self, workloads: Iterable[Workload]) -> list[Workload]:
        """Return the workloads, or small versions of them for a smoke test."""
        return [workload.quick() if self.quick else workload for workload in workloads]
