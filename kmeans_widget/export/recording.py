"""A snapshot of a run and of what is shown of it, from which files are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import lay_out_points
from kmeans_widget.plot.narration import narrate
from kmeans_widget.plot.text import shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kmeans_widget.core.trace import Trace
    from kmeans_widget.plot.backdrop import Backdrop
    from kmeans_widget.plot.scene import Options, Scene
    from kmeans_widget.session import KMeansSession
    from kmeans_widget.session.branch import Branch

    Progress = Callable[[int, int], None]  # called with frames done and in total; raises to cancel
    Writer = Callable[["Recording", Path, Progress], None]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A run and its display options. Immutable, so any thread may read it without a lock.

    Attributes
    ----------
    name : str
        Name of the run: K, start method and seed, or the edit that it starts with.
    backdrop : Backdrop
        The data, laid out.
    trace : Trace
        The steps so far.
    options : Options
        What is switched on, and how the run was started.
    cursor : int
        The half-step shown; before the start, `options` have its picks.
    """

    name: str
    backdrop: Backdrop
    trace: Trace
    options: Options
    cursor: int

    @property
    def last(self) -> int:
        """The last half-step known."""
        return max(self.trace.last_cursor, self.cursor)

    def scene(self, cursor: int) -> Scene:
        """Compose the picture at a cursor."""
        return scenes.build(self.backdrop, self.trace, cursor, self.options)

    @property
    def title(self) -> str:
        """Size of the data and name of the run, on one line without a full stop."""
        n_samples, n_features = self.backdrop.n_rows, self.backdrop.sample.n_features
        points = "1 point" if n_samples == 1 else f"{n_samples:,} points"
        features = "1 feature" if n_features == 1 else f"{n_features} features"
        projection = self.backdrop.projection
        if n_features > 2 and projection.columns is not None:
            x, y = (shorten(name, 20, projection.names) for name in projection.names)
            features += f", of which {x} and {y} are shown"
        return f"K-means on {points} of {features}: {self.name}"

    @property
    def summary(self) -> str:
        """The title and the narration of the last half-step."""
        return f"{self.title}. {narrate(self.scene(self.last))}"


def record(session: KMeansSession, *, backdrop: Backdrop | None = None, **view: Any) -> Recording:
    """Record the branch shown, as far as it has been computed.

    Parameters
    ----------
    session : KMeansSession
    backdrop : Backdrop, optional
        The data, laid out; by default this is done here.
    **view
        What is switched on: `lines`, `regions` and `hidden` of `scene.Options`.

    Returns
    -------
    Recording
        Without events such as an undo, and without other branches.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> session = KMeansSession(n_clusters=2)
    >>> session.run()
    >>> record(session).last
    11
    """
    with session.lock:
        branch, cursor = session.current_branch, session.cursor
        return record_branch(branch, branch.trace, cursor, backdrop=backdrop, **view)


def record_branch(
    branch: Branch, trace: Trace, cursor: int = 0, *, backdrop: Backdrop | None = None, **view: Any
) -> Recording:
    """Record a branch, whether it is shown or not, with its steps; the others as for `record`."""
    return Recording(
        branch.name,
        backdrop or lay_out_points(branch.points, branch.parameters.scale),
        trace,
        scenes.options_of_branch(branch, cursor, **view),
        cursor,
    )
