"""The buttons of the run: one table."""

from __future__ import annotations

from typing import NamedTuple

from kmeans_widget.validation import NO_PICKS


class Button(NamedTuple):
    """A button and the command it calls.

    Parameters
    ----------
    row : {"setup", "transport", "history"}
        The row of the panel; within it, buttons are in the order of the table.
    label : str
        Also selects the icon in the style sheet: `.kmeans-new-start` for "New start".
    tooltip : str
    command : str
        The method called by a click, without arguments.
    of : {"session", "animation"}
        The object whose method that is.
    hidden : bool
        Whether it is hidden at first.
    """

    row: str
    label: str
    tooltip: str
    command: str
    of: str = "session"
    hidden: bool = False


PLAY = "Play: one half-step after the other"
PLAY_AGAIN = "Play: once more, from the start of the run"
PAUSE = "Pause: wait here"
HARDLY_CHANGES = "Stop here: almost nothing changes any more, so let the run end here"
CANCEL = "Cancel: give this half-step up"
ORIGINAL = "Original data: take back all points added, moved and removed"
WATCH = "Watch the start: how its centroids are picked, one after the other"
UNWATCHABLE = f"Watch the start: {NO_PICKS}"
BUTTONS = {
    "new_start": Button(
        "setup", "New start", "New start: draw another one (next seed)", "new_start"
    ),
    "watch_start": Button("setup", "Watch the start", WATCH, "watch_start"),
    "reset": Button("transport", "Reset", "Reset: back to the start", "reset"),
    "back": Button("transport", "Back", "Back: undo one half-step", "back"),
    "step": Button("transport", "Step", "Step: do the next half-step", "step", of="animation"),
    "play": Button("transport", "Play", PLAY, "toggle", of="animation"),
    "run": Button("transport", "Run", "Run: go to the end at once", "run", of="animation"),
    "cancel": Button("transport", "Cancel", CANCEL, "cancel", of="animation", hidden=True),
    "stop": Button("transport", "Stop here", HARDLY_CHANGES, "stop_here", hidden=True),
    "undo": Button("history", "Undo", "Undo: take the last change back", "undo"),
    "redo": Button("history", "Redo", "Redo: do again what was undone", "redo"),
    "original": Button("history", "Original data", ORIGINAL, "restore_points", hidden=True),
}
