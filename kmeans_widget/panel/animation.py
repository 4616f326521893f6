"""How the picture moves: the scripts that the player runs, frame by frame."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from traitlets import Bool, observe, validate

from kmeans_widget.panel.player import FRAME
from kmeans_widget.plot import scene as scenes
from kmeans_widget.session import KMeansSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kmeans_widget.canvas import Canvas
    from kmeans_widget.panel.layout import Panel
    from kmeans_widget.panel.player import Player
    from kmeans_widget.plot.figure import Picture
    from kmeans_widget.plot.scene import Scene

HALF_STEP = 0.8  # seconds that a half-step takes at speed 1
GLIDE = 0.45  # seconds that the picture takes to follow a click on Step
SLICE = 0.1  # seconds of computing between two looks at the clock, in a run


class Motion(KMeansSession):
    """A session whose picture moves; what moves it is the widget's player.

    Each script yields after how many seconds its next frame is due. It reads the scene of the
    moment anew in every frame, so it follows whatever a person does meanwhile.
    """

    playing = Bool(False, help="Whether the run is playing by itself.")

    _picture: Picture
    _panel: Panel
    _player: Player
    _surface: Canvas
    _scene: Scene
    _script: Callable[[], Iterator[float]] | None = None  # what is played; None: half-steps

    # -- commands: the session's, with the picture following ---------------------------------

    def step(self) -> None:
        """Do the next half-step: assign, then recalculate; at the end, nothing."""
        with self.lock:
            self.pause()
            previous = self._scene
            super().step()
            if self._surface.live and self._scene is not previous:
                self._player.start(self._glide(previous, GLIDE))

    def back(self) -> None:
        """Undo one half-step; at the start, nothing."""
        with self.lock:
            self.pause()
            super().back()

    def run(self) -> None:
        """Go to the end of the run at once."""
        with self.lock:
            self.pause()
            super().run()

    def reset(self, random_state: int | None = None) -> None:
        """Go back to the start; given a seed, to the start that it draws.

        Parameters
        ----------
        random_state : int, optional
            A new seed.
        """
        with self.lock:
            self.pause()
            super().reset(random_state)

    def stop_here(self) -> None:
        """End the run at the cursor; see `KMeansSession.stop_here`."""
        with self.lock:
            self.pause()
            super().stop_here()

    def play(self) -> None:
        """Do one half-step after the other until the end, without blocking the kernel."""
        self.playing = True

    def pause(self) -> None:
        """Stop playing, at once; the picture goes to where the cursor is."""
        self.playing = False

    def _toggle(self) -> None:
        self.playing = not self.playing

    def _race(self) -> None:
        """Run to the end in the background, so that a long run shows and can be paused."""
        self.pause()
        self._script = self._sprint
        self.playing = True

    # -- the scripts -------------------------------------------------------------------------

    def _performance(self) -> Iterator[float]:
        """Do one half-step after the other, at the speed of the panel."""
        while not self.at_end:
            previous = self._scene
            self.cursor += 1
            yield from self._glide(previous, HALF_STEP / self._panel.speed.value)
        self.playing = False

    def _sprint(self) -> Iterator[float]:
        """Go to the end as fast as it can be computed, and show where one is."""
        while not self.at_end:
            pause_at = time.monotonic() + SLICE
            while not self.trace.finished and time.monotonic() < pause_at:
                self.current_branch.compute(until=len(self.trace))
            self.cursor = self.trace.last_cursor
            self._picture.show(self._scene)
            yield FRAME
        self.playing = False

    def _glide(self, previous: Scene, seconds: float) -> Iterator[float]:
        """Lead the picture from the previous scene to the present one."""
        scene, start = self._scene, time.monotonic()
        while self._scene is scene and (passed := time.monotonic() - start) < seconds:
            self._picture.show(scenes.blend(previous, scene, passed / seconds))
            yield FRAME
        self._picture.show(self._scene)
        yield FRAME

    # -- playing -----------------------------------------------------------------------------

    @validate("playing")
    def _check_playing(self, proposal: Any) -> bool:
        return bool(proposal.value) and not self.at_end

    @observe("playing")
    def _on_playing(self, change: Any) -> None:
        with self.lock:
            if change.new:
                self._player.start((self._script or self._performance)())
            else:
                self._script = None
                self._show_picture()
            self._show_controls()

    def _show_picture(self) -> None:
        """Show the present scene, at once; the player brings it to the browser."""
        self._player.stop()
        self._picture.show(self._scene)
        if self._surface.live:
            self._player.start(iter((0.0,)))

    def _show_controls(self) -> None:
        """Bring the controls to what is on screen."""
        raise NotImplementedError
