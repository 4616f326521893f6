"""Two runs side by side on one clock: `duel`."""

from __future__ import annotations

import base64
import dataclasses
import threading
import time
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
from IPython.display import publish_display_data
from PIL import Image

from kmeans_widget import validation
from kmeans_widget.canvas import open_canvas
from kmeans_widget.core.initialization import initialize_centers
from kmeans_widget.core.minibatch import iterate_batches
from kmeans_widget.core.trace import Trace
from kmeans_widget.export.image import FrameRenderer, png_bytes
from kmeans_widget.export.recording import Recording, record_branch
from kmeans_widget.notebook.cells import in_notebook
from kmeans_widget.notebook.lookahead import look_ahead
from kmeans_widget.panel.animation import GLIDE, HALF_STEP
from kmeans_widget.panel.errors import ErrorGuard
from kmeans_widget.panel.factory import WidgetFactory, close_all, set_visible
from kmeans_widget.panel.player import FRAME, Player
from kmeans_widget.plot.figure import Picture
from kmeans_widget.plot.narration import format_number, narrate
from kmeans_widget.plot.scene import interpolate
from kmeans_widget.plot.text import shorten
from kmeans_widget.selection.indices import adjusted_rand
from kmeans_widget.session import KMeansSession
from kmeans_widget.session.matching import match_clusters
from kmeans_widget.validation.messages import percent, typed_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kmeans_widget.estimator import MiniBatchKMeans
    from kmeans_widget.panel.layout import Panel
    from kmeans_widget.plot.backdrop import Backdrop
    from kmeans_widget.plot.scene import Scene

WIDTH = 560  # of each picture, in pixels of 1/100 inch
SHARPNESS = 1.5  # pixels of the picture for one of these, along each side
MOST_BATCHES = 100
BUTTONS = {
    "Reset": "Back to both starts",
    "Back": "Back by one half-step",
    "Step": "The next half-step of both runs",
    "Play": "Play both runs",
    "Run": "Go to both ends",
}


def duel(left: KMeansSession, right: KMeansSession | MiniBatchKMeans) -> Duel:
    """Show two runs of K-means side by side, on one clock.

    Parameters
    ----------
    left, right : KMeansWidget or KMeansSession
        The branch that each shows is compared, from its start to its end, or as far as it can be
        computed within two seconds. Later changes of the panels do not change the duel.
        On the right also a `MiniBatchKMeans`, which runs on the points of the left: from the same
        centroids if it has as many clusters, with its `batch_size`, `max_no_improvement` and
        `random_state`, for at most 100 batches.

    Returns
    -------
    Duel
        A widget. Clusters on the right have the colours of those on the left that end nearest to
        them, if both have the same features. The charts have both curves, if inertias can be
        compared: on the same points, weights and scale.

    Raises
    ------
    TypeError
        If one of them is neither.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> compared = duel(KMeansSession(n_clusters=3), KMeansSession(n_clusters=3, random_state=1))
    >>> compared.run()
    >>> print(compared.summary)
    Left ends after 6 iterations with inertia 63.89, right ends after 2 iterations with inertia
    70.17: left is 9 % lower. Adjusted Rand index of both: 0.60.
    >>> compared.close()
    """
    from kmeans_widget.estimator import MiniBatchKMeans  # loads scikit-learn, which takes a second

    if isinstance(right, MiniBatchKMeans) and isinstance(left, KMeansSession):
        return Duel(_recorded(left), _mini_batches(left, right))
    for side in (left, right):
        if not isinstance(side, KMeansSession):
            raise TypeError(
                f"duel compares two panels or sessions, or one with a MiniBatchKMeans, got "
                f"{typed_repr(side)}. Use kw.KMeansWidget(X, ...)."
            )
    return Duel(*map(_recorded, (left, right)))


def _recorded(session: KMeansSession) -> Recording:
    with session.lock:
        branch, backdrop = session.current_branch, getattr(session, "backdrop", None)
    return record_branch(branch, look_ahead(branch), backdrop=backdrop)


def _mini_batches(session: KMeansSession, estimator: MiniBatchKMeans) -> Recording:
    """Record mini-batch K-means on the points of a session."""
    if session.current_branch.points.table.blocks is not None:
        raise ValueError(
            "The data of the panel are read in blocks, so mini-batches cannot be drawn from them. "
            "Open a panel on some rows in memory to compare them."
        )
    with session.lock:
        branch, backdrop = session.current_branch, getattr(session, "backdrop", None)
    samples, k = branch.samples, validation.check_n_clusters(estimator.n_clusters, branch.samples)
    seed: Any = estimator.random_state
    random = seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)
    start = branch.scaling.transform(branch.start)
    if k != len(start):
        start = initialize_centers(samples, k, "k-means++", random)
    size = min(estimator.batch_size, samples.n_samples)
    steps = iterate_batches(
        samples,
        start,
        size,
        random,
        patience=estimator.max_no_improvement,
        max_batches=MOST_BATCHES,
    )
    recording = record_branch(branch, Trace(tuple(steps), start), backdrop=backdrop)
    return dataclasses.replace(
        recording,
        name=f"K = {k}, mini-batches of {size:,} points",
        options=dataclasses.replace(recording.options, slots=tuple(range(k)), batch_size=size),
    )


class Duel(widgets.VBox):
    """Two recorded runs side by side; made by `duel`.

    Parameters
    ----------
    left, right : Recording
    on_close : callable, optional
        Called when it is closed by its button; without, there is no such button.

    Attributes
    ----------
    cursor : int
        Half-steps since both starts; a run that has ended stays at its end.
    last : int
        The last half-step of the longer run.
    playing : bool
    """

    def __init__(
        self, left: Recording, right: Recording, *, on_close: Callable[[], None] | None = None
    ) -> None:
        self._lock = lock = threading.RLock()
        self._recordings = (left, _like(right, left))
        self._comparable = _are_comparable(left, right)
        if self._comparable:
            curves = tuple(_curve(one) for one in self._recordings)
            self._recordings = (
                _with_rival(self._recordings[0], curves[1]),
                _with_rival(self._recordings[1], curves[0]),
            )
        self.cursor, self.last = 0, max(one.last for one in self._recordings)
        self.playing = False
        self._pictures = (Picture(), Picture())
        self._canvases = tuple(open_canvas("png", one, lock, _nothing) for one in self._pictures)
        make = WidgetFactory(lock)
        guard = ErrorGuard(lock, self._report)
        self._buttons = {name: make.button(name, tooltip) for name, tooltip in BUTTONS.items()}
        for name, command in (
            ("Reset", self.reset), ("Back", self.back), ("Step", self.step),
            ("Play", self._toggle), ("Run", self.run),
        ):  # fmt: skip
            self._buttons[name].on_click(guard(lambda _, command=command: command()))
        self._scrub = make(
            widgets.IntSlider, "kmeans-scrub", value=0, min=0, max=max(self.last, 1),
            description="Half-step", tooltip="Go to any half-step of both runs",
        )  # fmt: skip
        self._scrub.observe(guard(self._scrubbed), "value")
        self._words = [make(widgets.HTML, "kmeans-status") for _ in self._pictures]
        self._summary = make(widgets.HTML, "kmeans-verdict")
        self._player = Player(lock, self._send, self._report)
        self._scenes = [one.scene(0) for one in self._recordings]
        buttons = [*self._buttons.values()]
        if on_close is not None:
            buttons.append(make.button("Close", "Close this comparison"))
            buttons[-1].on_click(guard(lambda _: on_close()))
        for picture, canvas in zip(self._pictures, self._canvases, strict=True):
            canvas.resize(WIDTH, SHARPNESS)
            picture.prepare()
        self._show()
        for canvas in self._canvases:
            canvas.send_first_frame()
        columns = [
            make.row(
                "duel-side",
                make(widgets.HTML, value=f"<h4>{escape(shorten(one.name, 60))}</h4>"),
                make.row("canvas", canvas),
                make.row("words", words),
            )
            for one, canvas, words in zip(
                self._recordings, self._canvases, self._words, strict=True
            )
        ]
        style = files("kmeans_widget.panel").joinpath("panel.css").read_text("utf-8")
        super().__init__(
            (
                make(widgets.HTML, value=f"<style>{style}</style>", hidden=True),
                make.row("transport", *buttons, self._scrub),
                self._summary,
                make.row("duel-sides", *columns),
            ),
            # In a panel, it has the style of that.
            _dom_classes=("kmeans-duel", *(["kmeans-widget"] if on_close is None else [])),
        )

    # -- commands ------------------------------------------------------------------------------

    def step(self) -> None:
        """Take the next half-step of both runs; at the end, do nothing."""
        with self._lock:
            self._pause()
            before = self._scenes
            self._go(self.cursor + 1)
            self._player.start(self._glide(before, GLIDE))

    def back(self) -> None:
        """Go back by one half-step; at the start, do nothing."""
        self.go(self.cursor - 1)

    def reset(self) -> None:
        """Go back to both starts."""
        self.go(0)

    def run(self) -> None:
        """Go to both ends."""
        self.go(self.last)

    def go(self, cursor: int) -> None:
        """Go to a half-step of both runs."""
        with self._lock:
            self._pause()
            self._go(cursor)
            self._show()
            self._player.refresh()

    def play(self) -> None:
        """Play both runs, without blocking the kernel; at the end, start over."""
        with self._lock:
            if self.cursor == self.last:
                self._go(0)
            self.playing = True
            self._player.start(self._half_steps())
            self._show_controls()

    def pause(self) -> None:
        """Stop playing."""
        with self._lock:
            self._pause()
            self._show()
            self._player.refresh()

    def close(self) -> None:
        """Remove it from the page and free its memory."""
        with self._lock:
            self._player.stop()
            self.playing = False
            for canvas in self._canvases:
                canvas.connected = False
            close_all(self.children)
            self.layout.close()
            super().close()

    # -- what is shown -------------------------------------------------------------------------

    @property
    def scenes(self) -> tuple[Scene, Scene]:
        """The pictures of both runs."""
        left, right = self._scenes
        return left, right

    @property
    def summary(self) -> str:
        """How both runs compare: at the half-step shown, or at their ends."""
        left, right = (scene.facts for scene in self._scenes)
        if self.cursor < self.last:
            if not self._comparable or np.isnan([left.inertia, right.inertia]).any():
                return f"Half-step {self.cursor} of {self.last}."
            return (
                f"Half-step {self.cursor} of {self.last}: inertia {format_number(left.inertia)} on "
                f"the left, {format_number(right.inertia)} on the right."
            )
        words = ", ".join(
            f"{side} {'ends' if scene.facts.stop else 'is known so far,'} after "
            f"{_iterations(scene.facts.n_iter)} with inertia {format_number(scene.facts.inertia)}"
            for side, scene in zip(("left", "right"), self._scenes, strict=True)
        ).capitalize()
        if not self._comparable:
            return (
                f"{words}: on other points or another scale, inertias cannot be compared."
                f"{self._agreement()}"
            )
        low, high = sorted((left.inertia, right.inertia))
        if high - low <= 1e-9 * high:
            return f"{words}: the same.{self._agreement()}"
        lower = "left" if left.inertia < right.inertia else "right"
        return f"{words}: {lower} is {percent(1 - low / high)} lower.{self._agreement()}"

    def _agreement(self) -> str:
        """Say how far both assign the same points to the same clusters; nothing if they differ."""
        one, other = (
            recording.backdrop.scaling.inverse_transform(recording.backdrop.samples.X)
            for recording in self._recordings
        )
        if one.shape != other.shape or not np.allclose(one, other, rtol=1e-6):
            return ""
        labels = [
            recording.backdrop.samples.assign(recording.trace.centers_until(recording.last)[-1])
            for recording in self._recordings
        ]
        return f" Adjusted Rand index of both: {adjusted_rand(*labels):.2f}."

    def __repr__(self) -> str:
        left, right = self._recordings
        return f"Duel({left.name!r}, {right.name!r})"

    def _ipython_display_(self) -> None:
        """Display the live view and then, as a second output, both ends: that needs no kernel."""
        if not in_notebook():
            raise NotImplementedError
        publish_display_data({**self._repr_mimebundle_(), "text/plain": repr(self)})
        scenes = [one.scene(one.last) for one in self._recordings]
        frames = [FrameRenderer(100).render(scene).copy() for scene in scenes]
        words = " ".join(f"{side}: {narrate(scene)}" for side, scene in
                         zip(("Left", "Right"), scenes, strict=True))  # fmt: skip
        picture = png_bytes(Image.fromarray(np.concatenate(frames, axis=1)), words, level=6)
        data = {"image/png": base64.b64encode(picture).decode("ascii"), "text/plain": repr(self)}
        publish_display_data(data, {"image/png": {"alt": words}})

    def _go(self, cursor: int) -> None:
        self.cursor = min(max(int(cursor), 0), self.last)
        self._scenes = [one.scene(min(self.cursor, one.last)) for one in self._recordings]
        self._show_controls()

    def _show(self) -> None:
        for picture, scene in zip(self._pictures, self._scenes, strict=True):
            picture.show(scene)
        self._show_controls()

    def _show_controls(self) -> None:
        for words, scene in zip(self._words, self._scenes, strict=True):
            words.value = escape(narrate(scene))
        self._summary.value = f"<p>{escape(self.summary)}</p>"
        at_end = self.cursor == self.last
        for name, disabled in (
            ("Reset", self.cursor == 0), ("Back", self.cursor == 0), ("Step", at_end),
            ("Run", at_end),
        ):  # fmt: skip
            self._buttons[name].disabled = disabled
        self._buttons["Play"].description = "Pause" if self.playing else "Play"
        self._scrub.value = self.cursor

    def _pause(self) -> None:
        self._player.stop()
        self.playing = False

    def _toggle(self) -> None:
        (self.pause if self.playing else self.play)()

    def _scrubbed(self, change: Any) -> None:
        if change.new != self.cursor:
            self.go(change.new)

    def _half_steps(self) -> Iterator[float]:
        while self.cursor < self.last:
            before = self._scenes
            self._go(self.cursor + 1)
            yield from self._glide(before, HALF_STEP)
        self.playing = False
        self._show_controls()

    def _glide(self, before: Sequence[Scene], seconds: float) -> Iterator[float]:
        """Move both pictures to the scenes that are shown now."""
        start, moves = (
            time.monotonic(),
            list(zip(self._pictures, before, self._scenes, strict=True)),
        )
        while (share := (time.monotonic() - start) / seconds) < 1.0:
            for picture, old, new in moves:
                picture.show(interpolate(old, new, share))
            yield FRAME
        for picture, _, new in moves:
            picture.show(new)
        yield FRAME

    def _send(self) -> None:
        for canvas in self._canvases:
            canvas.send_frame()

    def _report(self, error: BaseException) -> None:
        self._pause()
        self._summary.value = f"<p>{escape(str(error) or type(error).__name__)}</p>"


class Comparing:
    """Wires the button *Compare* to the session: another branch beside the one shown.

    Parameters
    ----------
    session : KMeansSession
    panel : Panel
    guard : ErrorGuard
    """

    def __init__(self, session: KMeansSession, panel: Panel, guard: ErrorGuard) -> None:
        self._session, self._panel = session, panel
        self._duel: Duel | None = None
        panel.compare.on_click(guard(lambda _: self._open()))
        self._close = guard(self.close)

    def show(self) -> None:
        """List the other branches."""
        session, panel = self._session, self._panel
        shown = session.current_branch
        others = [(b.name, i) for i, b in enumerate(session.branches) if b is not shown]
        if panel.rival.options != tuple(others):
            panel.rival.options = others
            if others:
                panel.rival.value = others[-1][1]
        for control in (panel.rival, panel.compare):
            set_visible(control, visible=bool(others))

    def close(self) -> None:
        """Close the comparison."""
        if self._duel is not None:
            self._panel.duel.children = ()
            set_visible(self._panel.duel, visible=False)
            self._duel.close()
            self._duel = None

    def _open(self) -> None:
        session = self._session
        self._panel.say("")
        self.close()
        left, right = session.current_branch, session.branches[self._panel.rival.value]
        backdrop: Backdrop | None = getattr(session, "backdrop", None)
        sides = [
            record_branch(
                branch, look_ahead(branch),
                backdrop=backdrop if branch.samples is left.samples else None,
            )
            for branch in (left, right)
        ]  # fmt: skip
        self._duel = Duel(*sides, on_close=self._close)
        self._duel.go(session.cursor)
        self._panel.duel.children = (self._duel,)
        set_visible(self._panel.duel, visible=True)
        self._panel.say("Both runs are side by side below the picture.", good=True)


def _like(right: Recording, left: Recording) -> Recording:
    """Give the clusters of a run the colours of those of another one, where both end."""
    ends = [
        one.backdrop.scaling.inverse_transform(one.trace.centers_until(one.last)[-1])
        for one in (left, right)
    ]
    if ends[0].shape[1] != ends[1].shape[1]:
        return right
    unit = left.backdrop.scaling.unit
    slots = match_clusters(ends[1] / unit, ends[0] / unit, left.options.slots)
    return dataclasses.replace(right, options=dataclasses.replace(right.options, slots=slots))


def _are_comparable(left: Recording, right: Recording) -> bool:
    """Whether inertias can be compared: the same points, weights and scale."""
    one, other = left.backdrop.samples, right.backdrop.samples
    return (
        np.array_equal(one.X, other.X)
        and np.array_equal(one.weights(), other.weights())
        and left.options.scale == right.options.scale
    )


def _curve(recording: Recording) -> Any:
    return recording.trace.curve(recording.last)


def _with_rival(recording: Recording, curve: Any) -> Recording:
    """Add the curve of the other run to the chart."""
    options = dataclasses.replace(recording.options, curves=(_curve(recording), curve))
    return dataclasses.replace(recording, options=options)


def _iterations(n: int) -> str:
    return f"{n} iteration{'s' * (n != 1)}"


def _nothing() -> None:
    """Do nothing when the first frame has been sent."""
