"""How the picture moves: from one scene to the next, by itself, or through a run."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from kmeans_widget.panel.player import FRAME, Player
from kmeans_widget.plot.scene import interpolate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kmeans_widget.canvas import Canvas
    from kmeans_widget.plot.figure import Picture
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.session import KMeansSession

HALF_STEP = 0.8  # seconds that a half-step takes at speed 1
GLIDE = 0.45  # seconds that the picture takes to follow a click on Step
SLICE = 0.1  # seconds of computing between two frames of a run in the background


class Animation:
    """Shows scenes on the canvas, and plays the run on one thread.

    Parameters
    ----------
    session : KMeansSession
        The run that is played; every half-step taken comes back through `show`.
    picture : Picture
    canvas : Canvas
        Where the picture is.
    scene : Scene
        The first one.
    speed : callable
        Returns how many times as fast as usual half-steps are played.
    on_playing : callable
        Called when playing has begun or ended.
    on_error : callable
        Called, with the lock held, with an exception of the thread.

    Attributes
    ----------
    scene : Scene
        The present one, to which the picture is or goes.
    playing : bool
        Whether half-steps are taken without further clicks.
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
        on_error: Callable[[Exception], None],
    ) -> None:
        self._session, self._picture, self._canvas = session, picture, canvas
        self._speed, self._on_playing = speed, on_playing
        self._is_gliding = False  # whether the next scene is reached by gliding
        self.scene = scene
        self.playing = False
        self.player = Player(session.lock, canvas.send_frame, on_error)

    # -- one scene ---------------------------------------------------------------------------

    def show(self, scene: Scene) -> None:
        """Go to a scene: at once, or within `gliding` by a movement; playing just goes on."""
        previous, self.scene = self.scene, scene
        if self.playing:
            return
        if self._is_gliding and self._canvas.connected:
            self.player.start(self._glide(previous, GLIDE))
        else:
            self.jump()

    @contextlib.contextmanager
    def gliding(self) -> Iterator[None]:
        """Make the picture glide to scenes that are shown in this context."""
        self._is_gliding = True
        try:
            yield
        finally:
            self._is_gliding = False

    def jump(self) -> None:
        """Show the present scene at once, and end any movement."""
        self.player.stop()
        self._picture.show(self.scene)
        self.refresh()

    def preview(self, scene: Scene) -> None:
        """Show another scene for a moment, until `jump` or the next `show`."""
        self._picture.show(scene)
        self.refresh()

    def refresh(self) -> None:
        """Bring changed artists to the browser."""
        if self._canvas.connected:
            self.player.refresh()

    # -- many scenes ---------------------------------------------------------------------------

    def play(self) -> None:
        """Take one half-step after the other until the end, without blocking the kernel."""
        self._begin(self._half_steps())

    def run(self) -> None:
        """Compute the run to its end on the thread, so that it can be watched and paused."""
        self.pause()
        self._begin(self._run_in_background())

    def pause(self) -> None:
        """Stop playing, at once; the picture goes to the present scene."""
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
            self.playing = True
            self.player.start(script)
            self._on_playing()

    # Scripts of the player. They read the scene anew in every frame, so that they follow whatever
    # a user does meanwhile.

    def _half_steps(self) -> Iterator[float]:
        """Take half-steps at the speed chosen."""
        while not self._session.at_end:
            previous = self.scene
            self._session.cursor += 1
            yield from self._glide(previous, HALF_STEP / self._speed())
        self.pause()

    def _run_in_background(self) -> Iterator[float]:
        """Take all half-steps as fast as they can be computed, and show each position reached."""
        while not self._session.at_end:
            branch, pause_at = self._session.current_branch, time.monotonic() + SLICE
            while not branch.trace.finished and time.monotonic() < pause_at:
                branch.compute(until=len(branch.trace))
            self._session.cursor = branch.trace.last_cursor
            self._picture.show(self.scene)
            yield FRAME
        self.pause()

    def _glide(self, previous: Scene, seconds: float) -> Iterator[float]:
        """Move the picture from the previous scene to the present one."""
        scene, start = self.scene, time.monotonic()
        while self.scene is scene and (passed := time.monotonic() - start) < seconds:
            self._picture.show(interpolate(previous, scene, passed / seconds))
            yield FRAME
        self._picture.show(self.scene)
        yield FRAME
