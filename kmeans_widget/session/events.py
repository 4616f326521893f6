"""Events: what was done beside the half-steps of a run, for branch names and narration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Kind(StrEnum):
    """What can happen beside the half-steps of a run."""

    CENTER_TRIED = "center tried"
    CENTER_MOVED = "center moved"
    CENTER_PLACED = "center placed"
    CENTERS_PLACED = "centers placed"
    POINTS_ADDED = "points added"
    POINT_MOVED = "point moved"
    POINT_REMOVED = "point removed"
    POINTS_RESTORED = "points restored"
    RETURNED = "returned to a branch"
    UNDONE = "undone"
    REDONE = "redone"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that the user did.

    Parameters
    ----------
    kind : Kind
    number : int
        The centroid concerned.
    count : int
        Number of points or centroids; in a trial, of the points that its numbers are those of.
    position : tuple of float
        The new position, in the units of `X`.
    about : str
        The branch returned to, the edit undone or redone, or the point concerned.
    changed : tuple of (str, float)
        Columns, or axes of the map, whose values are new, if they are few of many.
    """

    kind: Kind
    number: int = -1
    count: int = 1
    position: tuple[float, ...] = ()
    about: str = ""
    changed: tuple[tuple[str, float], ...] = ()


def phrase(edits: Sequence[Event]) -> str:
    """Sum up edits in a few words; other events are ignored.

    Examples
    --------
    >>> moves = [Event(Kind.CENTER_MOVED, 1), Event(Kind.CENTER_MOVED, 0)]
    >>> phrase([*moves, Event(Kind.POINTS_ADDED, count=20)])
    'centroids 0, 1 moved, 20 points added'
    >>> phrase([Event(Kind.POINTS_ADDED), Event(Kind.POINTS_RESTORED), Event(Kind.POINT_MOVED)])
    'back to the original data, 1 point moved'
    """
    kinds, parts = [edit.kind for edit in edits], []
    moved = sorted({edit.number for edit in edits if edit.kind is Kind.CENTER_MOVED})
    if moved:
        parts.append(f"centroid{'s' * (len(moved) > 1)} {', '.join(map(str, moved))} moved")
    if Kind.POINTS_RESTORED in kinds:  # which takes back the edits of points before it
        parts.append("back to the original data")
        edits = edits[len(kinds) - kinds[::-1].index(Kind.POINTS_RESTORED) :]
    for kind, thing, done in (
        (Kind.CENTER_PLACED, "centroid", "placed"),
        (Kind.CENTERS_PLACED, "centroid", "placed by hand"),
        (Kind.POINTS_ADDED, "point", "added"),
        (Kind.POINT_MOVED, "point", "moved"),
        (Kind.POINT_REMOVED, "point", "removed"),
    ):
        count = sum(edit.count for edit in edits if edit.kind is kind)
        if count:
            parts.append(f"{count} {thing}{'s' * (count > 1)} {done}")
    return ", ".join(parts)
