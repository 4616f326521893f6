"""The time machine: all branches of a session, and the way back through every edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kmeans_widget.session.branch import Event, Kind, phrase

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.session.branch import Branch

MAX_UNDO = 200
MAX_BRANCHES = 50
MAX_BYTES = 64_000_000  # of steps; beyond, those of the oldest branches are forgotten


class Moment(NamedTuple):
    """All that an undo brings back: the branches, where one is on each, and which is shown."""

    branches: tuple[Branch, ...]
    cursors: tuple[int, ...]
    shown: int
    placed: tuple[Floats, ...] = ()

    @property
    def branch(self) -> Branch:
        """The branch shown."""
        return self.branches[self.shown]

    @property
    def cursor(self) -> int:
        """Where one is on it."""
        return self.cursors[self.shown]


class _Edit(NamedTuple):
    """A moment with an edit beside it, and the name of that edit."""

    moment: Moment
    name: str


class History:
    """Where one is, and where one has been.

    Parameters
    ----------
    branch : Branch
        The first one.

    Attributes
    ----------
    now : Moment
        What is shown.

    Notes
    -----
    Moments are immutable and share their branches, so each costs a few bytes. A branch keeps its
    points as changes of the first table and its steps as centres; beyond `MAX_BYTES` the steps of
    the oldest branches are forgotten and, as a run is deterministic, taken again on return.
    """

    def __init__(self, branch: Branch) -> None:
        self.now = Moment((branch,), (0,), 0)
        self._past: list[_Edit] = []
        self._future: list[_Edit] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to do again."""
        return bool(self._future)

    def go(self, cursor: int) -> None:
        """Move along the branch shown."""
        cursors = list(self.now.cursors)
        cursors[self.now.shown] = cursor
        self.now = self.now._replace(cursors=tuple(cursors))

    def show(self, number: int) -> None:
        """Go to another branch, to where it was left."""
        self._move(self.now._replace(shown=number, placed=()))

    def begin(self, branch: Branch) -> Branch | None:
        """Add a branch and show its start.

        It takes the place of the one shown if no half-step of that has been taken; a run that is
        there already is shown again instead.

        Returns
        -------
        Branch or None
            The one that had to go, as there are `MAX_BRANCHES`: the oldest but the first.
        """
        now = self.now
        kept = [
            (other, cursor)
            for other, cursor in zip(now.branches, now.cursors, strict=True)
            if other.explored or other is not now.branch
        ]
        gone = None
        again = [i for i, (other, _) in enumerate(kept) if other.repeats(branch)]
        if again:
            shown = again[0]
            kept[shown] = (kept[shown][0], 0)
        else:
            if len(kept) >= MAX_BRANCHES:
                gone, _ = kept.pop(1)
            kept.append((branch, 0))
            shown = len(kept) - 1
            branch.name = _unique(branch.name, [other.name for other, _ in kept[:-1]])
        branches, cursors = zip(*kept, strict=True)
        self._edit(Moment(branches, cursors, shown), phrase(branch.edits[-1:]) or branch.name)
        return gone

    def place(self, placed: tuple[Floats, ...]) -> None:
        """Set the starting centroids that have been chosen by hand so far."""
        self._edit(self.now._replace(placed=placed), phrase([Event(Kind.CENTER_PLACED)]))

    def undo(self) -> str:
        """Go back before the last edit; return the name of that."""
        return self._swap(self._past, self._future)

    def redo(self) -> str:
        """Do again what was undone last; return its name."""
        return self._swap(self._future, self._past)

    def _edit(self, moment: Moment, name: str) -> None:
        self._past = [*self._past[-MAX_UNDO + 1 :], _Edit(self.now, name)]
        self._future = []
        self._move(moment)

    def _swap(self, source: list[_Edit], target: list[_Edit]) -> str:
        edit = source.pop()
        target.append(_Edit(self.now, edit.name))
        self._move(edit.moment)
        return edit.name

    def _move(self, moment: Moment) -> None:
        """Show another moment; free what only the branch left behind needed."""
        left, self.now = self.now.branch, moment
        if left is moment.branch:
            return
        left.park()
        if left.points is not moment.branch.points:
            left.points.forget()
        total = sum(branch.n_bytes for branch in self._known())
        for branch in self._known():
            if total <= MAX_BYTES:
                break
            if branch is not moment.branch:
                total -= branch.n_bytes
                branch.forget()

    def _known(self) -> list[Branch]:
        """List all branches that one can get back to, the oldest first."""
        moments = [*(edit.moment for edit in (*self._past, *self._future)), self.now]
        return list(dict.fromkeys(branch for moment in moments for branch in moment.branches))


def _unique(name: str, taken: list[str]) -> str:
    names = (name, *(f"{name} ({i})" for i in range(2, len(taken) + 2)))
    return next(name for name in names if name not in taken)
