"""A row of a table: the values of all contenders in all rounds."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

OURS = "kmeans-widget"
SKLEARN = "scikit-learn"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """The measurements of one workload.

    Parameters
    ----------
    name : str
        Name of the workload.
    values : dict of str to list of float
        By contender, one positive value per round. Lower is better.
    remarks : dict of str to str
        By contender, the reason for missing values or a note on them.
    shape : tuple of int or None
        (n_samples, n_features, n_clusters).
    unit : str
        "s", or the quantity that the values are multiples of.
    group : str
        Group of the row within its section.
    facts : dict of str to dict of str to float
        Further results (iterations, inertia), by name and contender.
    not_comparable : set of str
        Contenders that did other work (see their remark); shown, but not compared.
    other_cpus : list of float
        CPUs used by other processes in the meantime, if known.
    """

    name: str
    values: dict[str, list[float]]
    remarks: dict[str, str] = field(default_factory=dict)
    shape: tuple[int, int, int] | None = None
    unit: str = "s"
    group: str = ""
    facts: dict[str, dict[str, float]] = field(default_factory=dict)
    not_comparable: set[str] = field(default_factory=set)
    other_cpus: list[float] = field(default_factory=list)

    def best(self, contender: str) -> float | None:
        """Return the minimum of a contender, or None."""
        return min(self.values.get(contender, []), default=None)

    def ratios(self, peer: str) -> list[float]:
        """Return the value of a peer relative to ours, for each round."""
        pairs = zip(self.values.get(peer, []), self.values.get(OURS, []), strict=False)
        return [theirs / ours for theirs, ours in pairs]

    def ratio(self, peer: str) -> float | None:
        """Return the median of `ratios`; above 1, kmeans-widget is better."""
        ratios = self.ratios(peer)
        return statistics.median(ratios) if ratios else None

    def fastest(self) -> tuple[str, float] | None:
        """Return the best comparable peer and its ratio."""
        ratios = {
            peer: ratio
            for peer in self.values
            if peer != OURS
            and peer not in self.not_comparable
            and (ratio := self.ratio(peer)) is not None
        }
        return min(ratios.items(), key=lambda pair: pair[1]) if ratios else None
