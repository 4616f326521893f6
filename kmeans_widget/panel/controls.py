"""The controls of the run: each one is connected to a command and follows the session."""

from __future__ import annotations

import contextlib
import functools
import json
from typing import TYPE_CHECKING, Any

from kmeans_widget.panel.buttons import BUTTONS
from kmeans_widget.panel.clusters import compare, heat_map, look, portraits, silhouettes
from kmeans_widget.panel.factory import set_visible
from kmeans_widget.panel.layout import GIVEN, SEED, SEEDLESS, starts
from kmeans_widget.panel.numbers import distances_of, numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kmeans_widget.panel.animation import Animation
    from kmeans_widget.panel.errors import ErrorGuard
    from kmeans_widget.panel.layout import Panel
    from kmeans_widget.plot.density import Patch
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.session import KMeansSession
    from kmeans_widget.session.inspection import Inspection
    from kmeans_widget.validation import ColumnSummary, Values

EXACT_BELOW = 5_000  # points whose silhouettes take less than 0.05 s


class Controls:
    """Connects buttons, sliders and fields to the session, and shows its state in them.

    Parameters
    ----------
    session : KMeansSession
    animation : Animation
        Plays and pauses the run; has the scene on screen.
    panel : Panel
    render : callable
        Builds and shows the scene again; called when lines, regions or clusters are switched.
    guard : ErrorGuard
    """

    def __init__(
        self,
        session: KMeansSession,
        animation: Animation,
        panel: Panel,
        render: Callable[[], None],
        guard: ErrorGuard,
    ) -> None:
        self._session, self._animation, self._panel = session, animation, panel
        self._render = render
        self._summaries: list[ColumnSummary] = []  # of all columns; empty until they are seen
        self._candidates: list[str] | None = None  # columns to colour by, once they are asked for
        self._is_following = False  # whether `show` is setting the controls
        for name, (*_, command, of, _) in BUTTONS.items():
            owner = animation if of == "animation" else session
            if name == "cancel":  # waits for nothing
                panel.buttons[name].on_click(lambda _: animation.cancel())
                continue
            clicked = functools.partial(self._clicked, getattr(owner, command))
            panel.buttons[name].on_click(guard(clicked))
        for control, name in (
            (panel.n_clusters, "n_clusters"),
            (panel.k, "n_clusters"),
            (panel.init, "init"),
            (panel.seed, "random_state"),
            (panel.scale, "scale"),
            (panel.max_iter, "max_iter"),
            (panel.tol, "tol"),
            (panel.branch, "branch"),
            (panel.color_by, "color_by"),
        ):
            control.observe(guard(functools.partial(self._entered, name)), "value")
        panel.scrub.observe(guard(self._scrubbed), "value")
        panel.example.observe(guard(self._chose_example), "value")
        for switch in (panel.lines, panel.regions, panel.axes.marks, panel.algorithm_view):
            switch.observe(guard(self._switched), "value")
        panel.legend.on_switch(guard(render))
        panel.tab.observe(guard(self._changed_tab), "value")
        for control in (panel.cluster_view, panel.sort):
            control.observe(guard(self._changed_view), "value")
        panel.ticked.observe(guard(self._ticked), "value")
        panel.choose.on_click(guard(functools.partial(self._clicked, self._choose_columns)))
        scaled = functools.partial(session.set_trait, "scale", "standard")
        panel.standardize.on_click(guard(functools.partial(self._clicked, scaled)))

    def show(self) -> None:
        """Update all controls from the session and the scene on screen."""
        session, panel = self._session, self._panel
        branch = session.current_branch
        parameters, trace = branch.parameters, branch.trace
        with self._following():
            panel.show_k(parameters.n_clusters, branch.points.n_samples)
            panel.seed.value = parameters.random_state
            is_given = not isinstance(parameters.init, str)
            panel.init.options = starts(given=is_given)
            panel.init.value = GIVEN[1] if is_given else parameters.init
            panel.seed.disabled, panel.seed.tooltip = is_given, SEEDLESS if is_given else SEED
            panel.scale.value = parameters.scale
            panel.max_iter.value, panel.tol.value = parameters.max_iter, parameters.tol or 0
            panel.show_time(
                session.cursor, trace.last_cursor, finished=trace.finished, n_picks=branch.n_picks
            )
            branches = session.branches
            panel.show_branches(branches, branches.index(branch))
        set_visible(panel.buttons["original"], visible=branch.points.edited)
        panel.undo.disabled, panel.redo.disabled = not session.can_undo, not session.can_redo
        scene = self._animation.scene
        panel.show(scene, playing=self._animation.playing)
        self._show_numbers(scene)
        if panel.tab.value == "clusters":  # many words, which nobody sees in another tab
            self._show_comparison(scene)
            panel.show_clusters(self._about_clusters(scene))

    def show_point(
        self, point: Inspection | None, patch: Patch | None, slots: tuple[int, ...]
    ) -> None:
        """Show the card of a point, or of cells; with *Numbers*, its distances written out."""
        self._panel.show_point(point, patch, slots)
        if self._panel.algorithm_view.value == "numbers":
            words = distances_of(point, self._session, slots)
            self._panel.written_point.value = words

    def _show_numbers(self, scene: Scene) -> None:
        panel, is_open = self._panel, self._panel.algorithm_view.value == "numbers"
        if panel.tab.value == "algorithm":
            panel.show_numbers(self._numbers(scene) if is_open else None)

    def _numbers(self, scene: Scene) -> str:
        """Show the numbers behind the half-step, without those that answer an open question."""
        return numbers_of(self._session, scene.slots, tells=not self._panel.is_asking)

    def _about_clusters(self, scene: Scene) -> str:
        """Say what each cluster is, in the form that is chosen."""
        session, panel = self._session, self._panel
        if panel.cluster_view.value == "bars":
            if self._animation.playing:
                return "<p>Silhouettes are measured when the run is paused.</p>"
            points = session.current_branch.points
            found = session.silhouette(exact=points.n_samples < EXACT_BELOW)
            return silhouettes(found, points, scene.slots)
        about = look(session, scene.slots, scene.facts.counts)
        is_map = panel.cluster_view.value == "map"
        return heat_map(about, panel.sort.value) if is_map else portraits(about)

    def show_data(self) -> None:
        """Show what the columns contribute to the distances, and which data are left out."""
        session, panel, branch = self._session, self._panel, self._session.current_branch
        scale = branch.parameters.scale
        others, shares = session.find_other_columns(), session.distance_shares
        with self._following():  # a tab gets another name
            panel.show_data(session.feature_names, others, shares, scale)
            panel.toolbar.offer(edits=branch.points.table.blocks is None)
            panel.show_example(session.example, session.lesson)
        self._show_columns()
        n_left_out = len(session.left_out)
        n_rows = n_left_out + branch.points.table.samples.n_samples
        panel.show_left_out(session.left_out_columns, n_left_out, n_rows)

    def forget_data(self) -> None:
        """Forget what was known of the columns: the data are other ones."""
        self._summaries, self._candidates = [], None

    def _chose_example(self, change: Any) -> None:
        if self._is_following:
            return
        self._panel.say("")
        try:
            self._session.open_example(change.new)
        except ValueError:
            with self._following():
                self._panel.show_example(self._session.example, self._session.lesson)
            raise

    @contextlib.contextmanager
    def _following(self) -> Iterator[None]:
        """Ignore changes of the controls in this context: they do not come from the user."""
        self._is_following = True
        try:
            yield
        finally:
            self._is_following = False

    def _clicked(self, command: Callable[[], None], button: Any) -> None:
        del button
        self._panel.say("")
        command()

    def _entered(self, name: str, change: Any) -> None:
        if self._is_following or (name == "init" and change.new == GIVEN[1]):
            return
        self._panel.say("")
        value = None if name == "color_by" and not change.new else change.new
        self._session.set_trait(name, value)

    def _scrubbed(self, change: Any) -> None:
        if self._is_following:
            return
        self._panel.say("")
        self._animation.pause()
        self._session.cursor = change.new
        self.show()  # the run may end before that half-step

    def _changed_tab(self, change: Any) -> None:
        if self._is_following:
            return
        if change.new in {"clusters", "algorithm"}:
            self.show()
        elif change.new == "data":
            self._show_columns()

    def _show_comparison(self, scene: Scene) -> None:
        """Show how the values that points are coloured by compare with the clusters."""
        session = self._session
        if self._candidates is None:
            self._candidates = session.candidate_columns()
        values: Values | None = getattr(session, "color_by", None)
        comparison = ""
        if values is not None and scene.colors is not None:
            codes, labels = session.current_branch.points.values_of(values), session.point_labels
            comparison = compare(values, codes, labels, scene.colors.slots, scene.slots)
        with self._following():
            self._panel.show_comparison(self._candidates, values, comparison)

    def _changed_view(self, change: Any) -> None:
        del change
        self.show()

    def _show_columns(self) -> None:
        """List the columns; their contents only if they are seen, as that reads all of the data."""
        session, panel = self._session, self._panel
        if panel.tab.value == "data" and not self._summaries:
            self._summaries = session.summarize_columns()
        panel.show_columns(
            session.columns, session.column_shares, self._summaries,
            session.left_out_columns.unique,
        )  # fmt: skip

    def _ticked_names(self) -> list[str]:
        """Return the columns that are ticked, in the order of the data."""
        return [self._summaries[i].name for i in json.loads(self._panel.ticked.value)]

    def _ticked(self, change: Any) -> None:
        if change.new:
            is_new = {*self._ticked_names()} != {*self._session.columns}
            set_visible(self._panel.choose, visible=is_new)

    def _choose_columns(self) -> None:
        names = self._ticked_names()
        if not names:
            raise ValueError("No column is ticked: tick those that are to take part.")
        self._session.choose_columns(names)

    def _switched(self, change: Any) -> None:
        del change
        self._render()
