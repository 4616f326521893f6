"""Every control of the panel, wired to one command, and brought to what is on screen."""

from __future__ import annotations

import contextlib
import functools
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget import validation
from kmeans_widget.export.saving import SUFFIXES, Saving
from kmeans_widget.notebook import variables
from kmeans_widget.panel.errors import guarded
from kmeans_widget.panel.layout import GIVEN, starts
from kmeans_widget.panel.mouse import Gestures
from kmeans_widget.panel.tools import Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.session.sources import Sources


class Controls(Gestures, Saving):
    """A session with buttons, sliders and fields."""

    _following = False  # whether the controls are being set, which is no wish of the user
    _filled: tuple[Any, ...] = ()  # what the form by numbers was last filled for
    _go_on: Callable[[], None]  # what the user has been asked about
    _unwanted: threading.Event | None = None  # set it to give up the file that is being written

    def _connect(self) -> None:
        panel, tools = self._panel, self._panel.tools
        for button, command in (
            (panel.step, self.step),
            (panel.back, self.back),
            (panel.reset, self.reset),
            (panel.new_start, self.new_start),
            (panel.run, self._race),
            (panel.stop, self.stop_here),
            (panel.play, self._toggle),
            (panel.undo, self.undo),
            (panel.redo, self.redo),
            (panel.send, self._offer_labels),
            (panel.save, self._offer_file),
            (panel.replace, self._replace),
            (tools.leave, self._leave_tool),
            (tools.act, functools.partial(self._by_numbers, self._act)),
            (tools.inspect, functools.partial(self._by_numbers, self._inspect_number)),
        ):
            button.on_click(functools.partial(self._clicked, command))
        for control, name in (
            (panel.n_clusters, "n_clusters"),
            (panel.k, "n_clusters"),
            (panel.init, "init"),
            (panel.seed, "random_state"),
            (panel.scale, "scale"),
            (panel.max_iter, "max_iter"),
            (panel.tol, "tol"),
            (panel.branch, "branch"),
        ):
            control.observe(functools.partial(self._entered, name), "value")
        for control in (panel.lines, panel.regions):
            control.observe(self._switched, "value")
        panel.legend.on_switch(self._switched)
        panel.scrub.observe(self._scrubbed, "value")
        panel.unfold.observe(self._switched, "value")
        for control in (panel.variable, panel.file):
            control.observe(self._renamed, "value")
        self._show_form()
        tools.mode.observe(self._chose_tool, "value")
        for control in (tools.what, tools.number, tools.unfold):
            control.observe(self._chose_number, "value")

    # -- from the session to the controls ----------------------------------------------------

    def _show_controls(self) -> None:
        panel, parameters = self._panel, self.current_branch.parameters
        self._following = True
        try:
            panel.show_clusters(parameters.n_clusters, self.current_branch.points.n_samples)
            panel.seed.value = parameters.random_state
            given = not isinstance(parameters.init, str)
            panel.init.options = starts(given=given)
            panel.init.value = GIVEN[1] if given else parameters.init
            panel.scale.value = parameters.scale
            panel.max_iter.value, panel.tol.value = parameters.max_iter, parameters.tol or 0
            trace = self.trace
            panel.show_time(self.cursor, trace.last_cursor, finished=trace.finished)
            panel.show_branches(
                [b.name for b in self.branches], self.branches.index(self.current_branch)
            )
        finally:
            self._following = False
        panel.undo.disabled, panel.redo.disabled = not self.can_undo, not self.can_redo
        panel.show(self._scene, playing=self.playing)
        if panel.tools.unfold.value:
            self._show_form()
        if panel.unfold.value and not self.playing:
            panel.show_code(self.code, self.magic_line)

    def _show_data(self) -> None:
        """Tell what the columns contribute to the distances, and what of the data is left out."""
        scale = self.current_branch.parameters.scale
        self._panel.show_data(self.feature_names, self.distance_shares, scale)
        n_left_out = len(self.left_out)
        n_rows = n_left_out + self.current_branch.points.table.samples.n_samples
        self._panel.show_left_out(self.left_out_columns, n_left_out, n_rows)

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
        if self._following or (name == "init" and change.new == GIVEN[1]):
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
        self._let_go()
        if change.new is not Mode.PLACE:
            self.cancel_placing()
        self._show_form()

    @guarded
    def _chose_number(self, change: Any) -> None:
        del change
        self._show_form()

    def _show_form(self) -> None:
        """Bring hint and form to the tool chosen, and to the axes of the map."""
        tools = self._panel.tools
        tools.show_axes(self._scene.backdrop.projection)
        tools.show(self._mode)
        self._fill_form()

    def _fill_form(self) -> None:
        """Fill the form with where the thing to be moved is now, else with the middle of the map.

        What is typed there stays until the thing is elsewhere, or another tool is chosen.
        """
        tools, backdrop = self._panel.tools, self._scene.backdrop
        place = np.reshape(backdrop.box, (2, 2)).mean(axis=1)
        meant: tuple[Any, ...] = (self._mode,)
        if self._mode is Mode.MOVE:
            thing = self._thing_meant()
            if thing is None:
                return
            place = backdrop.projection.plane(thing[None])[0]
            meant = (self._mode, tools.what.value, tools.number.value, *place)
        if meant != self._filled:
            self._filled = meant
            tools.fill(place + backdrop.projection.offset, backdrop.box)

    def _thing_meant(self) -> Floats | None:
        """Find where the centroid or the point of the form is; None if there is none."""
        a_centroid, thing = self._panel.tools.what.value == "centroid", None
        with contextlib.suppress(TypeError, ValueError):  # which is told when it is to be moved
            thing = (
                self.cluster_centers[self._cluster_meant()]
                if a_centroid
                else self.current_branch.points.samples.X[self._row_meant()]
            )
        return thing

    def _cluster_meant(self) -> int:
        number = self._panel.tools.number.value
        return validation.check_number("cluster", number, self.n_clusters)

    def _row_meant(self) -> int:
        return self.current_branch.points.find(self._panel.tools.number.value)

    def _by_numbers(self, command: Callable[[], None]) -> None:
        """Do what the form says; numbers that cannot be used go back to those before."""
        try:
            command()
        except (TypeError, ValueError):
            self._panel.tools.take_back()
            raise
        self._panel.tools.keep()

    def _act(self) -> None:
        """Do by numbers what the mouse does with the tool chosen."""
        tools = self._panel.tools
        if self._mode is Mode.REMOVE:
            self.remove_point(self._row_meant())
            return
        offset = self._scene.backdrop.projection.offset
        place = validation.check_place(tools.x.value, tools.y.value) - offset
        if self._mode is Mode.MOVE and tools.what.value == "centroid":
            self._move_center_to(self._cluster_meant(), place)
        elif self._mode is Mode.MOVE:
            self._move_point_to(self._row_meant(), place)
        elif self._mode is Mode.ADD:
            self.add_point(self._lift(place))
        elif self._mode is Mode.PAINT:
            radius = validation.check_radius(tools.radius.value, self.current_branch.points.table)
            self._paint_at(place, np.resize(radius, 2), tools.count.value)
        else:
            self.place_center(self._lift(place))

    def _inspect_number(self) -> None:
        self._look_at(self._row_meant())

    @guarded
    def _renamed(self, change: Any) -> None:
        del change
        self._panel.say("")  # what was asked was asked about another name

    @property
    def _sources(self) -> Sources:
        """What gives the data and the weights in the notebook as it is now."""
        return variables.sources(
            self.current_branch.points.table,
            self.source,
            self.weight_source,
            of_dataset=self._of_dataset,
        )

    def _offer_labels(self) -> None:
        """Put the labels on screen into a variable or a column; ask before one is lost."""
        name = self._panel.variable.value.strip()
        try:
            self._send_labels(name)
        except validation.NameTakenError as error:
            self._ask(str(error), functools.partial(self._send_labels, name, replace=True))

    def _send_labels(self, name: str, *, replace: bool = False) -> None:
        self.send_labels(name, variables.namespace(), replace=replace)
        self._show_controls()  # the data may have a column more, which the code leaves out
        where = name if "[" in name else f"the variable {name}"
        self._panel.say(f"The labels on screen are in {where}.", good=True)

    def _offer_file(self) -> None:
        """Write a file, or give up the one being written; ask before one is lost."""
        if self._unwanted is not None:
            self._give_up_saving()
            return
        name = self._panel.file.value.strip()
        if validation.check_file(name, SUFFIXES).exists():
            self._ask(
                f"There is a file {name!r} already: choose another name, or confirm that it may be "
                "replaced.",
                functools.partial(self._start_saving, name),
            )
        else:
            self._start_saving(name)

    def _start_saving(self, name: str) -> None:
        """Write a file while the panel goes on."""
        self._unwanted = threading.Event()
        self._panel.show_saving(under_way=True)
        threading.Thread(
            target=self._write, args=(name, self._unwanted), name="kmeans-saving", daemon=True
        ).start()

    def _write(self, name: str, unwanted: threading.Event) -> None:
        good = False
        try:
            message = f"Saved: {self.save(name, cancelled=unwanted.is_set)}"
            good = True
        except Exception as error:  # noqa: BLE001  shown to the user, not swallowed
            message = str(error) or type(error).__name__
        with self.lock:
            self._unwanted = None
            self._panel.show_saving(under_way=False)
            self._panel.say(message, good=good)

    def _give_up_saving(self) -> None:
        if self._unwanted is not None:
            self._unwanted.set()

    def _ask(self, message: str, go_on: Callable[[], None]) -> None:
        """Show a message, with a button for going on all the same."""
        self._go_on = go_on
        self._panel.ask_to_replace(message)

    def _replace(self) -> None:
        self._go_on()
