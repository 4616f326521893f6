"""How the picture moves: the scripts that the player runs, frame by frame."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from traitlets import Bool

from kmeans_widget.player import FRAME
from kmeans_widget.session import KMeansSession
from kmeans_widget.view import scene as scenes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kmeans_widget.view.canvas import Picture
    from kmeans_widget.view.panel import Panel
    from kmeans_widget.view.scene import Scene

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
    _scene: Scene

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
            while not self._trace.finished and time.monotonic() < pause_at:
                self._branch.compute(until=len(self._trace))
            self.cursor = self._trace.last_cursor
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
