"""A run as it is shown: every half-step of it can be asked for its scene."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import stage_branch
from kmeans_widget.plot.narration import narrate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kmeans_widget.core.trace import Trace
    from kmeans_widget.plot.backdrop import Backdrop
    from kmeans_widget.plot.scene import Options, Scene
    from kmeans_widget.session import KMeansSession

    Tick = Callable[[int, int], None]  # told what is done, and of how much; raises to give up
    Write = Callable[["Recording", Path, Tick], None]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """All that a file needs to know of a run.

    Nothing in it changes any more, so it is read without a lock, on any thread.

    Attributes
    ----------
    name : str
        What the run is called: K, start method, seed, or the edits that it begins with.
    backdrop : Backdrop
        The data, laid out.
    trace : Trace
        The steps so far.
    options : Options
        What is switched on, and how the run was started.
    cursor : int
        Where the viewer is.
    """

    name: str
    backdrop: Backdrop
    trace: Trace
    options: Options
    cursor: int

    @property
    def last(self) -> int:
        """The last half-step there is."""
        return max(self.trace.last_cursor, self.cursor)

    def scene(self, cursor: int) -> Scene:
        """Compose the picture at a cursor."""
        return scenes.build(self.backdrop, self.trace, cursor, self.options)

    @property
    def title(self) -> str:
        """Points and run, in one line without a full stop."""
        n_samples, n_features = self.backdrop.n_samples, self.backdrop.sample.n_features
        points = "1 point" if n_samples == 1 else f"{n_samples:,} points"
        features = "1 feature" if n_features == 1 else f"{n_features} features"
        return f"K-means on {points} of {features}: {self.name}"

    @property
    def summary(self) -> str:
        """The title, and what the last half-step says."""
        return f"{self.title}. {narrate(self.scene(self.last))}"


def record(session: KMeansSession, *, backdrop: Backdrop | None = None, **view: Any) -> Recording:
    """Gather all there is to write of the branch shown, as far as it has been computed.

    Parameters
    ----------
    session : KMeansSession
    backdrop : Backdrop, optional
        Its points, laid out; left out, that is done here.
    **view
        What is switched on: `lines`, `regions` and `hidden` of `scene.Options`.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> session = KMeansSession(n_clusters=2)
    >>> session.run()
    >>> record(session).last
    11
    """
    with session.lock:
        branch = session.current_branch
        options = dataclasses.replace(scenes.options_of(session, **view), event=None)
        return Recording(
            branch.name, backdrop or stage_branch(branch), branch.trace, options, session.cursor
        )
