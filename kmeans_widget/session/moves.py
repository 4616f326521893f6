"""Moving: along the half-steps of a run, to another start, and back through the edits."""

from __future__ import annotations

from kmeans_widget import validation
from kmeans_widget.session.branch import Event, Kind
from kmeans_widget.session.locking import whole
from kmeans_widget.session.walk import Walk


class Moves(Walk):
    """The commands of the buttons; see `KMeansSession`."""

    @whole
    def step(self) -> None:
        """Do the next half-step: assign, then recalculate; at the end, nothing."""
        self.cursor = self._reachable(self.cursor + 1)

    @whole
    def back(self) -> None:
        """Undo one half-step; at the start, nothing."""
        self.cursor = max(self.cursor - 1, 0)

    @whole
    def run(self) -> None:
        """Go to the end of the run at once."""
        self._branch.compute(until=None)
        self.cursor = self._trace.last_cursor

    @whole
    def reset(self, random_state: int | None = None) -> None:
        """Go back to the start; given a seed, to the start that it draws.

        Parameters
        ----------
        random_state : int, optional
            A new seed.
        """
        if random_state is not None:
            self.random_state = random_state
        self.cursor = 0

    @whole
    def new_start(self) -> None:
        """Begin again from the start that the next seed draws."""
        seed = (self.random_state + 1) % (validation.MAX_SEED + 1)
        self._begin(self._drawn(random_state=seed, init=self._branch.method))

    @whole
    def stop_here(self) -> None:
        """End the run at the cursor: `max_iter` becomes the number of iterations completed there.

        That begins a branch, which `undo` takes back. Nothing is computed anew: centroids and
        labels are those at the cursor; right after a recalculation the assignment to its centroids
        follows. At the end of a run, nothing.

        Raises
        ------
        ValueError
            If no iteration is complete at the cursor.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session = KMeansSession()
        >>> session.cursor = 7
        >>> session.stop_here()
        >>> session.max_iter, session.at_end, session.cursor
        (3, True, 7)
        """
        if self.at_end:
            return
        present, n_iter = self._branch, self.cursor // 2
        if n_iter == 0:
            raise ValueError(
                "No iteration is complete yet, so the run cannot end here: step or run first."
            )
        present.compute(until=n_iter)
        branch = self._drawn(max_iter=n_iter)
        branch.trace, branch.slots = present.ended_after(n_iter), present.slots
        self._begin(branch, branch.trace.last_cursor)

    @whole
    def undo(self) -> None:
        """Take back the last edit, a new start or another K included; without one, nothing.

        Everything is as it was: points, centroids, branches and cursor.
        """
        if self._history.can_undo:
            name = self._history.undo()
            self._follow(Event(Kind.UNDONE, about=name))

    @whole
    def redo(self) -> None:
        """Do again what was undone last; if nothing was, nothing."""
        if self._history.can_redo:
            name = self._history.redo()
            self._follow(Event(Kind.REDONE, about=name))
