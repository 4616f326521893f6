"""A hand on the mouse: messages to a panel as a browser sends them."""

import numpy as np


class Hand:
    """A hand on the mouse over a panel's picture."""

    def __init__(self, widget):
        self.widget = widget
        self.height = widget.canvas.get_renderer().height

    def send(self, kind, spot, held=False, button=0):
        x, y = spot
        message = {"type": kind, "x": x, "y": self.height - y, "button": button, "modifiers": []}
        message |= {"buttons": int(held), "step": 0, "guiEvent": {}}
        self.widget.canvas._handle_message(self.widget.canvas, message, [])

    def spot(self, place, axes=None):
        axes = axes or self.widget.picture.map
        return axes.transData.transform(np.asarray(place, dtype=float))

    def move(self, place, held=False):
        self.send("motion_notify", self.spot(place), held)

    def press(self, place):
        self.send("button_press", self.spot(place), held=True)

    def release(self, place):
        self.send("button_release", self.spot(place))

    def click(self, place):
        self.press(place)
        self.release(place)

    def double_click(self, place):
        """As browsers do: a third press, without release, comes after the two clicks."""
        self.click(place)
        self.click(place)
        self.send("dblclick", self.spot(place))

    def drag(self, start, end):
        self.press(start)
        self.move(np.add(start, end) / 2, held=True)
        self.move(end, held=True)
        self.release(end)

    def choose(self, mode):
        self.widget.panel.toolbar.mode.value = mode
