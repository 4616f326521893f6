"""Every control of the panel, wired to one command, and brought to what is on screen."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget import notebook
from kmeans_widget.gestures import BRUSH, Gestures
from kmeans_widget.guard import guarded
from kmeans_widget.validation import NameTakenError
from kmeans_widget.view.panel import GIVEN, STARTS
from kmeans_widget.view.tools import Mode

if TYPE_CHECKING:
    from collections.abc import Callable


class Controls(Gestures):
    """A session with buttons, sliders and fields."""

    _following = False  # whether the controls are being set, which is no wish of the user
    _go_on: Callable[[], None]  # what the user has been asked about

    def _connect(self) -> None:
        panel, tools = self._panel, self._panel.tools
        for button, command in (
            (panel.step, self.step),
            (panel.back, self.back),
            (panel.reset, self.reset),
            (panel.new_start, self.new_start),
            (panel.run, self._race),
            (panel.play, self._toggle),
            (panel.undo, self.undo),
            (panel.redo, self.redo),
            (panel.send, self._offer_labels),
            (panel.replace, self._replace),
            (tools.leave, self._leave_tool),
            (tools.act, self._act),
            (tools.inspect, self._inspect_number),
        ):
            button.on_click(functools.partial(self._clicked, command))
        for control, name in (
            (panel.n_clusters, "n_clusters"),
            (panel.init, "init"),
            (panel.seed, "random_state"),
            (panel.branch, "branch"),
        ):
            control.observe(functools.partial(self._entered, name), "value")
        for control in (panel.lines, panel.regions):
            control.observe(self._switched, "value")
        panel.legend.on_switch(self._switched)
        panel.scrub.observe(self._scrubbed, "value")
        panel.unfold.observe(self._switched, "value")
        panel.variable.observe(self._renamed, "value")
        tools.mode.observe(self._chose_tool, "value")
        for control in (tools.what, tools.number, tools.unfold):
            control.observe(self._chose_number, "value")

    # -- from the session to the controls ----------------------------------------------------

    def _show_controls(self) -> None:
        panel, parameters = self._panel, self._branch.parameters
        self._following = True
        try:
            panel.n_clusters.max = max(panel.n_clusters.max, parameters.n_clusters)
            panel.n_clusters.value = parameters.n_clusters
            panel.seed.value = parameters.random_state
            given = not isinstance(parameters.init, str)
            panel.init.options = (*STARTS, GIVEN) if given else STARTS
            panel.init.value = GIVEN[1] if given else parameters.init
            trace = self._trace
            panel.show_time(self.cursor, trace.last_cursor, finished=trace.finished)
            panel.show_branches([b.name for b in self.branches], self._history.now.shown)
        finally:
            self._following = False
        panel.undo.disabled, panel.redo.disabled = not self.can_undo, not self.can_redo
        panel.show(self._scene, playing=self.playing)
        if panel.unfold.value and not self.playing:
            panel.show_code(self.code, self.magic_line)

    def _report(self, error: Exception) -> None:
        self._panel.say(str(error) or type(error).__name__)
        self.playing = False
        self._show_controls()

    # -- from the controls to the session ----------------------------------------------------

    @guarded
    def _clicked(self, command: Callable[[], None], button: Any) -> None:
        del button
        self._panel.say("")
        command()

    @guarded
    def _entered(self, name: str, change: Any) -> None:
        if self._following or change.new == GIVEN[1]:
            return
        self._panel.say("")
        self.set_trait(name, change.new)

    @guarded
    def _scrubbed(self, change: Any) -> None:
        if self._following:
            return
        self._panel.say("")
        self.pause()
        self.cursor = change.new
        self._show_controls()  # the run may have ended before

    @guarded
    def _switched(self, change: Any = None) -> None:
        del change
        self._changed()

    @guarded
    def _chose_tool(self, change: Any) -> None:
        self._panel.say("")
        self._panel.tools.show(change.new)
        self._let_go()
        if change.new is not Mode.PLACE:
            self.cancel_placing()
        self._fill_form()

    @guarded
    def _chose_number(self, change: Any) -> None:
        del change
        self._fill_form()

    def _fill_form(self) -> None:
        """Begin the form by numbers with where the thing to be moved is now."""
        tools = self._panel.tools
        points, projection = self._points, self._scene.backdrop.projection
        left, right, _, _ = self._scene.backdrop.box
        tools.radius.value = tools.radius.value or float(f"{BRUSH * (right - left):.2g}")
        if self._mode is not Mode.MOVE:
            return
        places = self.cluster_centers if tools.what.value == "centroid" else points.samples.X
        if tools.number.value < len(places):
            place = projection.plane(places[tools.number.value][None])[0]
            tools.x.value, tools.y.value = (float(f"{value:.4g}") for value in place)

    def _act(self) -> None:
        """Do by numbers what the mouse does with the tool chosen."""
        tools = self._panel.tools
        number, place = tools.number.value, np.array([tools.x.value, tools.y.value])
        if self._mode is Mode.MOVE and tools.what.value == "centroid":
            self._move_center_to(number, place)
        elif self._mode is Mode.MOVE:
            self._move_point_to(number, place)
        elif self._mode is Mode.ADD:
            self.add_point(self._lift(place))
        elif self._mode is Mode.REMOVE:
            self.remove_point(number)
        elif self._mode is Mode.PAINT:
            self._paint_at(place, np.full(2, tools.radius.value), tools.count.value)
        else:
            self.place_center(self._lift(place))

    def _inspect_number(self) -> None:
        self._look_at(self._panel.tools.number.value)

    @guarded
    def _renamed(self, change: Any) -> None:
        del change
        self._panel.say("")  # what was asked was asked about another name

    def _offer_labels(self) -> None:
        """Put the labels on screen into a variable of the notebook; ask before one is lost."""
        name = self._panel.variable.value.strip()
        try:
            self._send_labels(name)
        except NameTakenError as error:
            self._ask(str(error), functools.partial(self._send_labels, name, replace=True))

    def _send_labels(self, name: str, *, replace: bool = False) -> None:
        self.send_labels(name, notebook.variables(), replace=replace)
        self._panel.say(f"The labels on screen are in the variable {name}.", good=True)

    def _ask(self, message: str, go_on: Callable[[], None]) -> None:
        """Show a message, with a button for going on all the same."""
        self._go_on = go_on
        self._panel.ask_to_replace(message)

    def _replace(self) -> None:
        self._go_on()
