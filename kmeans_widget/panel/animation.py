"""Animation: the picture glides to the next scene, or plays the run."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from kmeans_widget.core.kernels.threads import watch
from kmeans_widget.panel.job import CancelledError
from kmeans_widget.panel.player import FRAME, Player
from kmeans_widget.plot.scene import interpolate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kmeans_widget.canvas import Canvas
    from kmeans_widget.plot.figure import Picture
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.session import KMeansSession

HALF_STEP = 0.8  # seconds per half-step at speed 1
GLIDE = 0.45  # seconds of the movement after a click on Step
SLICE = 0.1  # seconds of computing between two frames of Run
LONG_WORK = 1_000_000_000  # distances x features of a half-step that is taken on the thread
PATIENCE = 0.5  # seconds of computing before its progress is shown
REPORT_INTERVAL = 0.2  # seconds between two reports


class Animation:
    """Shows scenes on the canvas, and plays the run on one thread.

    Parameters
    ----------
    session : KMeansSession
        The run that is played; the widget passes the scene of every half-step to `show`.
    picture : Picture
    canvas : Canvas
        Where the picture is.
    scene : Scene
        The first one.
    speed : callable
        Returns the factor by which playing is faster than at speed 1.
    on_playing : callable
        Called when playing has begun or ended.
    on_progress : callable
        Called with the share of a pass over the points that is done, if that takes long, and with
        None at its end.
    on_error : callable
        Called, with the lock held, with an exception raised on the thread.

    Attributes
    ----------
    scene : Scene
        The current one; the picture shows it or moves towards it.
    playing : bool
        Whether the run is playing.
    player : Player
    """

    def __init__(
        self,
        session: KMeansSession,
        picture: Picture,
        canvas: Canvas,
        scene: Scene,
        *,
        speed: Callable[[], float],
        on_playing: Callable[[], None],
        on_progress: Callable[[float | None], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._session, self._picture, self._canvas = session, picture, canvas
        self._speed, self._on_playing, self._on_progress = speed, on_playing, on_progress
        self._cancelled = threading.Event()
        self._is_gliding = False  # whether the next scene is reached by gliding
        self.scene = scene
        self.playing = False
        self.player = Player(session.lock, canvas.send_frame, on_error)

    # -- one scene ---------------------------------------------------------------------------

    def show(self, scene: Scene) -> None:
        """Show a scene: at once, or within `gliding` by a movement. Playing continues with it."""
        previous, self.scene = self.scene, scene
        if self.playing:
            return
        if self._is_gliding and self._canvas.connected:
            self.player.start(self._glide(previous, GLIDE))
        else:
            self.jump()

    @contextlib.contextmanager
    def gliding(self) -> Iterator[None]:
        """Let the picture glide to the scenes shown in this context."""
        self._is_gliding = True
        try:
            yield
        finally:
            self._is_gliding = False

    def jump(self) -> None:
        """Show the current scene at once; end any movement."""
        self.player.stop()
        self._picture.show(self.scene)
        self.refresh()

    def preview(self, scene: Scene) -> None:
        """Show another scene until `jump` or the next `show`."""
        self._picture.show(scene)
        self.refresh()

    def refresh(self) -> None:
        """Send changed artists to the browser."""
        if self._canvas.connected:
            self.player.refresh()

    # -- many scenes ---------------------------------------------------------------------------

    def play(self) -> None:
        """Take one half-step after the other, without blocking the kernel.

        At the end, start over.
        """
        with self._session.lock:
            if self._session.at_end and not self.playing:
                self._session.cursor = 0
            self._begin(self._half_steps())

    def step(self) -> None:
        """Take the next half-step; on the thread, if that takes long."""
        session = self._session
        work = session.current_branch.size * session.n_clusters
        if work < LONG_WORK or session.at_end or session.cursor < 0:
            session.step()
            return
        self.pause()
        self.player.start(self._long_step())

    def cancel(self) -> None:
        """Give up what is being computed. Needs no lock: whoever computes holds it."""
        self._cancelled.set()

    def run(self) -> None:
        """Compute the run to its end on the thread, where it can be watched and paused."""
        self.pause()
        self._begin(self._run_in_background())

    def pause(self) -> None:
        """Stop playing at once; the picture shows the current scene."""
        with self._session.lock:
            if self.playing:
                self.playing = False
                self.jump()
                self._on_playing()

    def toggle(self) -> None:
        """Play, or pause."""
        (self.pause if self.playing else self.play)()

    def _begin(self, script: Iterator[float]) -> None:
        with self._session.lock:
            if self.playing or self._session.at_end:
                return
            self.player.start(script)
            self.playing = True
            self._on_playing()

    # Scripts of the player. They read the scene again in every frame, so that they follow edits.

    def _half_steps(self) -> Iterator[float]:
        """Take half-steps at the chosen speed."""
        while not self._session.at_end:
            previous = self.scene
            self._compute_next()
            self._session.cursor += 1
            yield from self._glide(previous, HALF_STEP / self._speed())
        self.pause()

    def _long_step(self) -> Iterator[float]:
        """Take a half-step whose computation is watched and can be cancelled."""
        self._compute_next()
        previous = self.scene
        self._session.cursor += 1
        yield from self._glide(previous, GLIDE)

    def _compute_next(self) -> None:
        """Compute what the next half-step needs."""
        session = self._session
        if session.cursor < 0:  # the picks are known
            return
        with self._watched():
            session.current_branch.compute(until=(session.cursor + 1) // 2)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Report the progress of a long computation, and end it if it is cancelled."""
        self._cancelled.clear()
        started = told = time.monotonic()

        def watcher(share: float) -> None:
            nonlocal told
            if self._cancelled.is_set():
                raise CancelledError("Cancelled: this half-step was not taken.")
            now = time.monotonic()
            if now - started > PATIENCE and now - told > REPORT_INTERVAL:
                told = now
                self._on_progress(share)

        try:
            with watch(watcher):
                yield
        finally:
            if told > started:
                self._on_progress(None)

    def _run_in_background(self) -> Iterator[float]:
        """Take half-steps as fast as they can be computed, and show how far the run has come."""
        while not self._session.at_end:
            branch, pause_at = self._session.current_branch, time.monotonic() + SLICE
            with self._watched():
                while not branch.trace.finished and time.monotonic() < pause_at:
                    branch.compute(until=len(branch.trace))
            self._session.cursor = branch.trace.last_cursor
            self._picture.show(self.scene)
            yield FRAME
        self.pause()

    def _glide(self, previous: Scene, seconds: float) -> Iterator[float]:
        """Move the picture from the previous scene to the current one."""
        scene, start = self.scene, time.monotonic()
        while self.scene is scene and (passed := time.monotonic() - start) < seconds:
            self._picture.show(interpolate(previous, scene, passed / seconds))
            yield FRAME
        self._picture.show(self.scene)
        yield FRAME
