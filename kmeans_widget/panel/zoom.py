"""Zooming and panning the map: buttons, and the gestures that the panel's script recognises."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as widgets

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.panel.factory import WidgetFactory

STEP = 2.0  # factor of a click


class Gesture(NamedTuple):
    """A change of the view.

    Attributes
    ----------
    factor : float
        By how much the map is magnified.
    at : tuple of two float or None
        The place that stays where it is, as shares of the picture from its lower left corner; None
        is the middle of the map.
    shift : tuple of two float
        By how much the map is moved to the right and up, as shares of its size.
    done : bool
        Whether the gesture has ended.
    """

    factor: float = 1.0
    at: tuple[float, float] | None = None
    shift: tuple[float, float] = (0.0, 0.0)
    done: bool = True


class Zoom:
    """Buttons to put above the map, and the messages of the panel's script.

    Parameters
    ----------
    make : WidgetFactory

    Attributes
    ----------
    row : ipywidgets.Box
    """

    def __init__(self, make: WidgetFactory) -> None:
        into = make.button("Zoom in", "Zoom in (+; or turn the wheel with Ctrl)")
        out = make.button("Zoom out", "Zoom out (−)")
        self.whole = make.button("Show all", "Show all points again (0, or a double click)")
        self.gesture = make(widgets.Text, "kmeans-gesture", hidden=True, continuous_update=False)
        self.row = make.row("zoom", into, out, self.whole, self.gesture)
        self._buttons = ((into, Gesture(STEP)), (out, Gesture(1 / STEP)), (self.whole, None))
        self._out = out

    def on_gesture(self, callback: Callable[[Gesture | None], None]) -> None:
        """Set the function called with every gesture; None shows all points."""
        for button, gesture in self._buttons:
            button.on_click(lambda _, gesture=gesture: callback(gesture))
        self.gesture.observe(lambda change: callback(_read(change.new)), "value")

    def show(self, *, zoomed: bool) -> None:
        """Enable the buttons that lead somewhere."""
        self.whole.disabled = self._out.disabled = not zoomed


def _read(message: str) -> Gesture | None:
    """Read a message of the panel's script.

    Examples
    --------
    >>> _read('{"factor": 2, "at": [0.5, 0.25], "shift": [0, 0], "done": false}')
    Gesture(factor=2.0, at=(0.5, 0.25), shift=(0.0, 0.0), done=False)
    """
    told: dict[str, Any] = json.loads(message)
    x, y = told["shift"]
    at = None if told["at"] is None else (float(told["at"][0]), float(told["at"][1]))
    return Gesture(float(told["factor"]), at, (float(x), float(y)), bool(told["done"]))
