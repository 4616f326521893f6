"""A row of a table: what every contender needed in every round."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

OURS = "kmeans-widget"
SKLEARN = "scikit-learn"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One workload, measured.

    Parameters
    ----------
    name : str
        What was measured.
    values : dict of str to list of float
        One value above 0 a round for each contender, in the order of the rounds. Less is better.
    remarks : dict of str to str
        By contender: why it has no values, or what to know about them.
    shape : tuple of int or None
        (n_samples, n_features, n_clusters).
    unit : str
        "s", or what the values are multiples of.
    group : str
        What the row belongs to within its section.
    facts : dict of str to dict of str to float
        Other figures, by their name and by contender: iterations, inertia.
    apart : set of str
        Contenders that did other work (see their remark): shown, but no opponents.
    others : list of float
        CPUs that other processes kept busy meanwhile, if known.
    """

    name: str
    values: dict[str, list[float]]
    remarks: dict[str, str] = field(default_factory=dict)
    shape: tuple[int, int, int] | None = None
    unit: str = "s"
    group: str = ""
    facts: dict[str, dict[str, float]] = field(default_factory=dict)
    apart: set[str] = field(default_factory=set)
    others: list[float] = field(default_factory=list)

    def best(self, contender: str) -> float | None:
        """Return the least value of a contender, if it has one."""
        return min(self.values.get(contender, []), default=None)

    def ratios(self, peer: str) -> list[float]:
        """Return what a peer needed in each round, as a multiple of what we needed in it."""
        pairs = zip(self.values.get(peer, []), self.values.get(OURS, []), strict=False)
        return [theirs / ours for theirs, ours in pairs]

    def ratio(self, peer: str) -> float | None:
        """Return the median of `ratios`: above 1, we need less."""
        ratios = self.ratios(peer)
        return statistics.median(ratios) if ratios else None

    def fastest(self) -> tuple[str, float] | None:
        """Return the peer that comes nearest to us, or leads, and its ratio."""
        ratios = {
            peer: ratio
            for peer in self.values
            if peer != OURS and peer not in self.apart and (ratio := self.ratio(peer)) is not None
        }
        return min(ratios.items(), key=lambda pair: pair[1]) if ratios else None
