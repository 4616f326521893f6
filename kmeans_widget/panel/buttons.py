"""The buttons of the run: one table."""

from __future__ import annotations

from typing import NamedTuple


class Button(NamedTuple):
    """A button, and what a click on it does.

    Parameters
    ----------
    row : {"setup", "transport", "history"}
        Which row of the panel it is in; there, buttons stand in the order of the table.
    label : str
        The style sheet finds its icon by the label: `.kmeans-new-start` for "New start".
    tooltip : str
    command : str
        The method that a click calls, without arguments.
    of : {"session", "animation"}
        Whose method that is.
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
PAUSE = "Pause: wait here"
HARDLY_CHANGES = "Stop here: almost nothing changes any more, so let the run end here"
BUTTONS = {
    "new_start": Button(
        "setup", "New start", "New start: draw another one (next seed)", "new_start"
    ),
    "reset": Button("transport", "Reset", "Reset: back to the start", "reset"),
    "back": Button("transport", "Back", "Back: undo one half-step", "back"),
    "step": Button("transport", "Step", "Step: do the next half-step", "step"),
    "play": Button("transport", "Play", PLAY, "toggle", of="animation"),
    "run": Button("transport", "Run", "Run: go to the end at once", "run", of="animation"),
    "stop": Button("transport", "Stop here", HARDLY_CHANGES, "stop_here", hidden=True),
    "undo": Button("history", "Undo", "Undo: take the last change back", "undo"),
    "redo": Button("history", "Redo", "Redo: do again what was undone", "redo"),
}
