"""All branches of a session, with undo and redo."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kmeans_widget.session.events import Event, Kind, phrase

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.session.branch import Branch

MAX_UNDO = 200
MAX_BRANCHES = 50
MAX_BYTES = 64_000_000  # of steps; beyond, those of the oldest branches are dropped


class Snapshot(NamedTuple):
    """What undo restores: the branches, the cursor on each, which is shown, and what is placed."""

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
        """The cursor on that branch."""
        return self.cursors[self.shown]


class _Edit(NamedTuple):
    """The snapshot on the other side of an edit, and the name of that edit."""

    snapshot: Snapshot
    name: str


class History:
    """The present snapshot, and those that undo and redo lead to.

    Parameters
    ----------
    branch : Branch
        The first one.

    Attributes
    ----------
    now : Snapshot
        What is shown.

    Notes
    -----
    Snapshots are immutable and share their branches, so each costs a few bytes. A branch stores its
    points as changes to the first table and its steps as centres. Beyond `MAX_BYTES` the steps of
    the oldest branches are dropped; as a run is deterministic, they are computed again on return.
    """

    def __init__(self, branch: Branch) -> None:
        self.now = Snapshot((branch,), (0,), 0)
        self._past: list[_Edit] = []
        self._future: list[_Edit] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to redo."""
        return bool(self._future)

    def go(self, cursor: int) -> None:
        """Move along the branch shown."""
        cursors = list(self.now.cursors)
        cursors[self.now.shown] = cursor
        self.now = self.now._replace(cursors=tuple(cursors))

    def show(self, number: int) -> None:
        """Show another branch, at the cursor where it was left."""
        self._move(self.now._replace(shown=number, placed=()))

    def begin(self, branch: Branch) -> Branch | None:
        """Add a branch and show its start.

        It replaces the branch shown if no half-step of that has been taken. If the list already has
        the same run, that is shown again instead.

        Returns
        -------
        Branch or None
            The branch removed to stay within `MAX_BRANCHES`: the oldest except for the first.
        """
        now = self.now
        kept = [
            (other, cursor)
            for other, cursor in zip(now.branches, now.cursors, strict=True)
            if other.explored or other is not now.branch
        ]
        removed = None
        again = [i for i, (other, _) in enumerate(kept) if other.repeats(branch)]
        if again:
            shown = again[0]
            kept[shown] = (kept[shown][0], 0)
        else:
            if len(kept) >= MAX_BRANCHES:
                removed, _ = kept.pop(1)
            kept.append((branch, 0))
            shown = len(kept) - 1
            branch.name = _unique(branch.name, [other.name for other, _ in kept[:-1]])
        branches, cursors = zip(*kept, strict=True)
        self._edit(Snapshot(branches, cursors, shown), phrase(branch.edits[-1:]) or branch.name)
        return removed

    def place(self, placed: tuple[Floats, ...]) -> None:
        """Set the starting centroids placed by hand so far."""
        self._edit(self.now._replace(placed=placed), phrase([Event(Kind.CENTER_PLACED)]))

    def undo(self) -> str:
        """Undo the last edit; return its name."""
        return self._swap(self._past, self._future)

    def redo(self) -> str:
        """Redo the edit undone last; return its name."""
        return self._swap(self._future, self._past)

    def _edit(self, snapshot: Snapshot, name: str) -> None:
        self._past = [*self._past[-MAX_UNDO + 1 :], _Edit(self.now, name)]
        self._future = []
        self._move(snapshot)

    def _swap(self, source: list[_Edit], target: list[_Edit]) -> str:
        edit = source.pop()
        target.append(_Edit(self.now, edit.name))
        self._move(edit.snapshot)
        return edit.name

    def _move(self, snapshot: Snapshot) -> None:
        """Show another snapshot; free what only the branch left behind needed."""
        left, self.now = self.now.branch, snapshot
        if left is snapshot.branch:
            return
        left.drop_iterator()
        if left.points is not snapshot.branch.points:
            left.points.drop_arrays()
        total = sum(branch.n_bytes for branch in self._known())
        for branch in self._known():
            if total <= MAX_BYTES:
                break
            if branch is not snapshot.branch:
                total -= branch.n_bytes
                branch.drop_steps()

    def _known(self) -> list[Branch]:
        """List all branches that can be shown again, the oldest first."""
        snapshots = [*(edit.snapshot for edit in (*self._past, *self._future)), self.now]
        return list(dict.fromkeys(branch for snapshot in snapshots for branch in snapshot.branches))


def _unique(name: str, taken: list[str]) -> str:
    names = (name, *(f"{name} ({i})" for i in range(2, len(taken) + 2)))
    return next(name for name in names if name not in taken)
