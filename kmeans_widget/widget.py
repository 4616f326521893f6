"""`KMeansWidget`: a session of K-means as an interactive panel."""

from __future__ import annotations

import base64
import dataclasses
import inspect
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from IPython.display import publish_display_data
from ipywidgets import VBox
from traitlets import observe, validate

from kmeans_widget import canvas as canvases
from kmeans_widget import validation
from kmeans_widget.core.trace import Phase
from kmeans_widget.export import saving
from kmeans_widget.export.filmstrip import Filmstrip, filmstrip
from kmeans_widget.export.image import png
from kmeans_widget.export.recording import record
from kmeans_widget.notebook import variables
from kmeans_widget.notebook.cells import announce, in_notebook, in_voila, register_panel
from kmeans_widget.notebook.lookahead import look_ahead
from kmeans_widget.panel.animation import Animation
from kmeans_widget.panel.controls import Controls
from kmeans_widget.panel.duel import Comparing
from kmeans_widget.panel.errors import ErrorGuard
from kmeans_widget.panel.factory import close_all
from kmeans_widget.panel.form import NumberForm
from kmeans_widget.panel.layout import Panel
from kmeans_widget.panel.map_actions import MapActions
from kmeans_widget.panel.mouse import Mouse
from kmeans_widget.panel.predicting import Predicting
from kmeans_widget.panel.results import Results
from kmeans_widget.panel.selection import Selection
from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import lay_out_points
from kmeans_widget.plot.density import PointValues
from kmeans_widget.plot.figure import Picture
from kmeans_widget.plot.narration import describe_axes, narrate
from kmeans_widget.plot.projection import OtherColumn
from kmeans_widget.plot.text import list_names, shorten
from kmeans_widget.session import KMeansSession
from kmeans_widget.session.branch import DEFAULTS
from kmeans_widget.session.locking import Locked
from kmeans_widget.session.matching import match_clusters
from kmeans_widget.session.points import Points
from kmeans_widget.session.sources import axis_words
from kmeans_widget.validation import Values
from kmeans_widget.validation.messages import suggestion

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats, Labels
    from kmeans_widget.core.trace import Trace
    from kmeans_widget.export.recording import Recording
    from kmeans_widget.panel.questions import Quiz
    from kmeans_widget.plot.backdrop import Backdrop
    from kmeans_widget.plot.projection import Axis
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.plot.voronoi import Box
    from kmeans_widget.session.branch import Branch
    from kmeans_widget.session.sources import Sources

MAX_LINES = 2000  # with more points, lines are off at first


class KMeansWidget(KMeansSession, VBox):
    """Watch K-means think, on your own data.

    The panel shows the points and centroids at the cursor, the inertia so far, one sentence about
    what has just happened, and the algorithm with its current line. The widget is a
    `KMeansSession`: all parameters and commands work from Python too, with or without a browser.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame, Dataset or None
        The data: an array or list of rows, or a table of pandas, polars, pyarrow or another
        library that narwhals knows; no number infinite. Rows with a missing value are left out (see
        `left_out`). None: the thirty points of the walkthrough. Files and other data that
        `KMeans.fit` reads in blocks: of these, a sample is drawn, and no point can be edited.
    n_clusters : int, optional
        Number of clusters K. By default it follows `init` if that is an array, else the `Dataset`
        (the walkthrough has 2), else it is 3.
    init : {"random", "k-means++", "farthest"} or array of shape (n_clusters, n_features)
        How the starting centroids are found, or the centroids themselves, in the units of `X`.
    random_state : int
        Seed of the start.
    sample_weight : array-like of shape (n_samples,) or str, optional
        Weight of each row, not negative, not all 0; or the name of the column of a DataFrame that
        holds them, which then is not a feature. By default each row weighs 1.
    columns : str, int or list of them, optional
        The columns of `X` to use. By default all of an array; of a table the numeric ones, except
        those that are named as identifiers or hold the weights, or labels of an earlier run (see
        `left_out_columns`). Dates that are named here become days since 1970, and text of at most
        20 different values a feature for each of them.
    scale : {"none", "standard", "minmax", "robust"}
        What the columns are divided by before distances are measured: nothing, their standard
        deviation, range or interquartile range, as in scikit-learn's scalers. Points, centroids
        and edits stay in the units of `X`, and so do the axes of one or two features; inertia,
        distances and principal components are those of the scaled columns.
    max_iter : int
        Iterations after which the run stops, converged or not.
    tol : float
        The run also stops when the squared movement of the centroids is at most `tol` times the
        mean variance of the features. 0: only when no assignment changes.
    canvas : {"auto", "ipympl", "png"}
        What displays the picture: ipympl's canvas, which supports the mouse, or a plain image that
        needs no JavaScript besides ipywidgets'; there, *By numbers* replaces the mouse. "auto"
        chooses the image in Google Colab and where ipympl is not installed. VS Code asks whether it
        may load ipympl's JavaScript from the network; if it may not, choose "png".
    axes : tuple of two str or int, optional
        The columns that are the axes of the picture: columns in use, of which K-means always uses
        all, or others with numbers or dates, or "weight". By default one or two columns as they
        are, else the first two principal components.
    saved : {"run", "cursor"}
        What the picture shows that stays in a saved notebook: the whole run, or the run up to the
        half-step on screen when the panel is displayed, so that an exercise does not contain its
        answer.

    Attributes
    ----------
    n_clusters, init, random_state, scale, max_iter, tol : traits
        The parameters; setting one begins a branch. A refused value changes nothing.
    cursor : trait, int
        Half-steps since the start; set it to go anywhere in the run. From -K to -1, the centroids
        are picked: see `watch_start`.
    branch : trait, int
        Index into `branches` of the one shown; set it to return to one.
    labels : ndarray or Series
        The cluster of every row of the data at the cursor; -1, or missing if the table supports
        that, for rows that are not points.
    point_labels : ndarray of shape (n_points,), int32
        The cluster of every current point: without rows left out, with points added by hand.
    left_out, left_out_columns : ndarray of int, LeftOut
        The rows and the columns of the data that are not used.
    axes : trait, tuple of two str or None
        Setting it changes the picture and no run.
    color_by : trait, str, array-like of shape (n_rows,), or None
        What the points are coloured by instead of their clusters: a column of the data with at most
        20 different values, or a value for each row. Each value has the colour of the cluster that
        it mostly belongs to, and *Clusters* shows how many points of each are in which cluster.
    view : trait, (left, right, bottom, top) or None
        The limits of the map, in the units of its axes; None shows all points. A box of other
        proportions, or smaller than a billionth of all, is widened, so that nothing is distorted.
    playing : trait, bool
        Whether the run is playing. Setting it at the end plays the run again from its start.

    Raises
    ------
    ValueError, TypeError
        If a parameter or the data cannot be used; the message says how to fix it.
    ImportError
        If `canvas` is "ipympl" and that is not installed.

    Examples
    --------
    >>> widget = KMeansWidget(n_clusters=2)
    >>> widget.step()
    >>> widget.narration[:72]
    'Iteration 1, assign: each of the 30 points joined its nearest centroid; '
    >>> widget.run()
    >>> widget.converged
    True
    >>> widget.close()
    """

    playing = Locked(default_value=False, help="Whether the run is playing.")
    axes = Locked(None, help="The columns that are the axes of the picture.")
    color_by = Locked(None, help="What the points are coloured by; None is their cluster.")
    view = Locked(None, help="The limits of the map; None if it shows all points.")

    def __init__(  # noqa: PLR0913  the face of the package: data, parameters, limits
        self,
        X: Any = None,
        n_clusters: int | None = None,
        *,
        init: str | npt.ArrayLike = DEFAULTS.init,
        random_state: int = DEFAULTS.random_state,
        sample_weight: npt.ArrayLike | str | None = None,
        columns: Iterable[Any] | str | int | None = None,
        scale: str = DEFAULTS.scale,
        max_iter: int = DEFAULTS.max_iter,
        tol: float = DEFAULTS.tol,
        axes: Iterable[Any] | None = None,
        canvas: str = "auto",
        saved: str = "run",
        **unknown: Any,
    ) -> None:
        _reject_unknown(unknown)
        kind = canvases.choose(canvas)
        self._saved = validation.check_saved(saved)
        announce(X)
        super().__init__(
            X, n_clusters, init=init, random_state=random_state, sample_weight=sample_weight,
            columns=columns, scale=scale, max_iter=max_iter, tol=tol, axes=axes,
        )  # fmt: skip
        self.source = "" if X is None else variables.variable_name(X)
        self.weight_source = (
            None if sample_weight is None else variables.variable_name(sample_weight)
        )
        self._canvas_parameter = canvas
        self._unedited: dict[str, Backdrop] = {}  # by scale
        self._table = self.current_branch.points.table
        self._codes: tuple[Points, Values, Labels] | None = None  # of `color_by`, for these points
        self._backdrop = self._whole = self._lay_out()
        self.picture = Picture()
        self.picture.prepare()
        self.canvas = canvases.open_canvas(kind, self.picture, self.lock, self._warm_up)
        self.panel = panel = Panel(self.lock, mouse=self.canvas.has_mouse)
        panel.lines.value = len(self._backdrop.points) <= MAX_LINES
        panel.regions.value = self._backdrop.is_flat
        self.errors = guard = ErrorGuard(self.lock, self._report)
        scene = self._build_scene()
        self.picture.show(scene)
        self.canvas.send_first_frame()
        self.animation = Animation(
            self, self.picture, self.canvas, scene, speed=lambda: panel.speed.value,
            on_playing=self._follow_playing, on_progress=panel.show_progress,
            on_error=guard.handle,
        )  # fmt: skip
        actions = MapActions(
            self, self.animation, self.picture, self._show_point,
            panel.show_words, self._look_at,
        )  # fmt: skip
        self.mouse = Mouse(
            self, self.animation, self.picture, self.canvas,
            panel=panel, actions=actions, guard=guard,
        )  # fmt: skip
        self.map_actions = actions
        self.form = NumberForm(self, self.animation, panel, actions, guard)
        self.results = Results(self, panel, self.save, guard)
        self.selection = Selection(self, panel, guard)
        self.comparing = Comparing(self, panel, guard)
        self.predicting = Predicting(
            self, self.animation, panel, actions, self._render, guard
        )  # fmt: skip
        self.controls = Controls(self, self.animation, panel, self._render, guard)
        panel.axes.on_choose(guard(self._choose_axes))
        panel.zoom.on_gesture(guard(actions.zoom))
        panel.asked.observe(guard(self._show_asked), "value")
        self.controls.show_data()
        self.controls.show()
        self.mouse.show_spots()
        panel.room.observe(guard(self._resized), "value")
        self.children = panel.rows(self.canvas, self._spoken_name())
        self.add_class("kmeans-widget")

    # -- commands ------------------------------------------------------------------------------

    def step(self) -> None:
        """Take the next half-step: assign, then recalculate; at the end, do nothing."""
        with self.lock, self.animation.gliding():
            super().step()

    def play(self) -> None:
        """Take one half-step after the other until the end, without blocking the kernel.

        At the end of the run, start over.
        """
        self.playing = True

    def pause(self) -> None:
        """Stop playing at once; the picture shows the half-step at the cursor."""
        self.playing = False

    @validate("playing")
    def _check_playing(self, proposal: Any) -> bool:
        return bool(proposal.value)

    @observe("playing")
    def _play_or_pause(self, change: Any) -> None:
        (self.animation.play if change.new else self.animation.pause)()

    @validate("axes")
    def _check_axes(self, proposal: Any) -> tuple[str, str] | None:
        others, named = self.find_other_columns(), validation.column_names(self._origin.rows)
        axes = validation.check_axes(proposal.value, self.feature_names, others, named)
        shown = [self.values_of_points(name) for name in axes or () if name in others]
        if shown and np.isnan(shown).any(axis=0).all():
            raise ValueError(f"axes: No row has a value in both of {list(axes or ())}.")
        return axes

    @observe("axes")
    def _change_axes(self, change: Any) -> None:
        del change
        if not hasattr(self, "controls"):  # given when the panel is made
            return
        self._unedited.clear()
        self._backdrop = self._whole = self._lay_out()
        self.view = None
        self._render()

    @validate("color_by")
    def _check_color_by(self, proposal: Any) -> Values | None:
        if isinstance(proposal.value, Values):
            return proposal.value
        return self.check_values(proposal.value)

    @observe("color_by")
    def _change_color_by(self, change: Any) -> None:
        del change
        self._render()

    @validate("view")
    def _check_view(self, proposal: Any) -> Box | None:
        box = validation.check_box(proposal.value)
        if box is None:
            return None
        whole, offset = self._whole, self._whole.projection.offset
        seen = whole.fit_view(_shifted(box, -offset))
        return None if seen == whole.home else _shifted(seen, offset)

    @observe("view")
    def _change_view(self, change: Any) -> None:
        del change
        self._backdrop = self._zoomed()
        self._render()

    def _show_asked(self, change: Any) -> None:
        """Show what was pressed in a list: a point, a run, the clusters of a K, or a start."""
        kind, *words, _ = change.new.split()  # the last one counts the presses
        self.panel.say("")
        if kind == "row":
            self.map_actions.inspect(int(words[0]))
        elif kind == "branch":
            self.branch = int(words[0])
        elif kind == "k":
            self.selection.show_k(int(words[0]))
        else:
            self.selection.show_start(words[0], int(words[1]))

    def _show_point(self, *shown: Any) -> None:
        """Show what is under the pointer, or was clicked."""
        self.controls.show_point(*shown)

    def _look_at(self, box: Box) -> None:
        """Set the view, given as limits of the axes in the picture."""
        self.view = _shifted(box, self._whole.projection.offset)
        if self.view is None:
            self.animation.jump()  # the picture may still be stretched

    def show_quiz(self, quiz: Quiz) -> None:
        """Show the questions of a quiz instead of the controls; see `kmeans_widget.quiz`."""
        self.predicting.begin(quiz)
        self.add_class("kmeans-quiz")

    def _choose_axes(self, axes: tuple[str, str] | None) -> None:
        """Show the columns chosen in the panel."""
        self.panel.say("")
        self.axes = axes

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        progress: Callable[[int, int], object] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Path:
        """Save what is shown to a file; the extension decides the format.

        ``.png`` and ``.svg`` save the picture at the cursor, ``.csv`` saves the table of `to_frame`
        there, with its index unless that only numbers the rows. ``.gif``, ``.mp4`` and ``.html``
        save the whole run of the branch shown, from its start to its end, wherever the cursor is;
        half-steps that have not been taken yet are computed for the file, and the cursor stays.
        The HTML is one file that needs no network: a slider, buttons and keys go through the run.
        The MP4 needs ffmpeg. What is switched off in the panel is left out (lines, regions,
        clusters hidden by the legend), but texts and numbers are those of all points.

        Parameters
        ----------
        path : str or path-like
            An existing file is replaced, but only when the new one is complete: after an error or
            Ctrl-C it is unchanged.
        progress : callable, optional
            Called with the number of frames done and their total number.
        cancelled : callable, optional
            Called before every frame; returning True cancels.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ValueError, TypeError
            If the name cannot be used, or has another extension.
        OSError
            If the file cannot be written there.
        RuntimeError
            If there is no ffmpeg for an MP4.
        CancelledError
            If `cancelled` returned True.
        """
        with self.lock:
            recording, branch = self._record(), self.current_branch
        # Without the lock: what is read from here on is immutable.
        return saving.save(
            recording, branch, path, table=self._assigned_table, progress=progress,
            cancelled=cancelled, report=self._tell,
        )  # fmt: skip

    def _assigned_table(self) -> Any:
        with self.lock:
            if self.cursor <= 0:
                raise ValueError(
                    "No point is assigned yet, so the table has no clusters: step or run first."
                )
            return self.to_frame()

    def close(self) -> None:
        """Remove the panel from the page and free its memory."""
        if not hasattr(self, "controls"):  # an invalid argument: there is nothing to free
            super().close()
            return
        with self.lock:
            self.pause()
            self.animation.player.stop()
            self.results.cancel()
            self.selection.close()
            self.comparing.close()
            self.panel.legend.close()
            close_all(self.children)
            self.layout.close()
            super().close()

    # -- what is on screen ----------------------------------------------------------------

    @property
    def backdrop(self) -> Backdrop:
        """The points as they are laid out on the map, whatever the view."""
        return self._whole

    @property
    def narration(self) -> str:
        """What the half-step at the cursor did, in one sentence."""
        return narrate(self.animation.scene)

    @property
    def magic_line(self) -> str:
        """The `%kmeans` line that opens this panel: with these points, at this half-step."""
        words = [super().magic_line]
        if self._axes_in_use is not None:
            words += axis_words(self.current_branch.points, self._sources, self._axes_in_use)
        if self._canvas_parameter != "auto":
            words.append(f"--canvas {self._canvas_parameter}")
        if self._saved != "run":
            words.append(f"--saved {self._saved}")
        return " ".join(words)

    def __repr__(self) -> str:
        """Return data and parameters, on one line."""
        points, n = self.current_branch.points, self.current_branch.run_samples.n_samples
        init = f"{self.init!r}" if isinstance(self.init, str) else "given centroids"
        left_out = f", {_counted(len(self.left_out), 'row')} left out"
        return (
            f"KMeansWidget({_counted(n, 'point')}, "
            f"{_counted(points.n_features, 'feature')}, "
            f"n_clusters={self.n_clusters}, init={init}, random_state={self.random_state}"
            f"{f', scale={self.scale!r}' * (self.scale != 'none')}"
            f"{', weighted' * (points.samples.sample_weight is not None)}"
            f"{left_out * (len(self.left_out) > 0)})"
        )

    def _ipython_display_(self) -> None:
        """Display the live panel and then, as a second output, the picture that stays.

        In one output, JupyterLab would prefer the panel even where its kernel is gone. While the
        panel is on the page, its style sheet hides the picture.
        """
        if not in_notebook():
            raise NotImplementedError  # IPython then prints the text of `_repr_mimebundle_`
        publish_display_data(self._repr_mimebundle_())
        if not in_voila():
            publish_display_data(*self.still())

    def still(self) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Return the output that needs no kernel: a filmstrip of the run, and its description.

        Returns
        -------
        data, metadata : dict
            By media type, as `IPython.display.publish_display_data` takes them.
        """
        picture, words = self._static_picture()
        encoded = base64.b64encode(picture).decode("ascii")
        data = {"image/png": encoded, "text/plain": self._caption()}
        return data, {"image/png": {"alt": words}}

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Return the live view, and the sentence that is on screen."""
        for replaced in register_panel(self):
            replaced.close()
        with self.lock:
            bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs) or {}
            bundle["text/plain"] = f"{self!r}: {self.narration}"
        return bundle

    def _caption(self) -> str:
        """Return alternative text for VS Code; nbval compares it, so no time limit matters here."""
        with self.lock:
            return f"{self._record().title}. {self.narration}"

    def _static_picture(self) -> Filmstrip:
        """Draw the run, or only the half-step on screen if no other is known."""
        with self.lock:
            recording, branch, last = self._record(), self.current_branch, self.cursor
        if self._saved == "run":
            recording = dataclasses.replace(recording, trace=look_ahead(branch))
            last = recording.last
        with self.lock:  # matplotlib's settings are global
            if last > 0:
                return filmstrip(recording, last)
            scene = self.animation.scene
            words = f"{narrate(scene)} {describe_axes(scene)}"
            return Filmstrip(png(scene, dpi=100), words)

    # -- from the session to the picture -----------------------------------------------------

    def _before_move(self) -> None:
        self.pause()

    def _changed(self) -> None:
        self._render()

    def _render(self) -> None:
        """Build the scene at the cursor, and show it in the picture and in all controls."""
        with self.lock:
            if self._samples is not self.current_branch.samples:
                table = self.current_branch.points.table
                if table is not self._table:  # other columns
                    self._unedited.clear()
                if table.origin is not self._table.origin:  # other data
                    self.set_trait("color_by", None)
                    self.controls.forget_data()
                self._whole = self._lay_out()
                self._backdrop = self._whole
                self.map_actions.forget()
                self.controls.show_data()
                if table is self._table:
                    self._backdrop = self._zoomed()
                else:
                    self._table, self.view = table, None
            self.predicting.follow()
            self.animation.show(self._build_scene())
            self.mouse.forget_drag()
            self.mouse.show_spots()
            self.map_actions.update()
            self._show_controls()

    def _resized(self, change: Any) -> None:
        """Draw the picture as wide as the page has room for it."""
        width, scale = change.new.split()[:2]  # a third one counts attempts
        self.canvas.resize(int(width), float(scale))
        self.mouse.show_spots()
        self.animation.refresh()

    def _show_controls(self) -> None:
        self.controls.show()
        self.form.show()
        self.selection.show()
        self.comparing.show()
        self.predicting.show()
        if not self.playing:
            self.results.show()

    def _follow_playing(self) -> None:
        self.playing = self.animation.playing
        self._show_controls()

    def _begun(self, branch: Branch) -> None:
        if not (branch.fork or branch.explored):  # another start: show all of its clusters
            self.panel.legend.hidden = frozenset()

    def _lay_out(self) -> Backdrop:
        """Lay out the points, which an edit may have changed."""
        branch, scale = self.current_branch, self.current_branch.parameters.scale
        self._samples = branch.samples
        if scale not in self._unedited:  # what edits are drawn on
            points = Points(branch.points.table) if branch.points.edited else branch.points
            self._unedited[scale] = lay_out_points(points, scale, axes=self._axes_of(points))
        if not branch.points.edited:
            return self._unedited[scale]
        return lay_out_points(
            branch.points, scale, axes=self._axes_of(branch.points), like=self._unedited[scale]
        )

    def _axes_of(self, points: Points) -> tuple[Axis, Axis] | None:
        """Return the axes that were chosen: positions of features, or values of other columns."""
        if self._axes_in_use is None:
            return None
        x, y = (
            self.feature_names.index(name)
            if name in self.feature_names
            else OtherColumn(
                validation.axis_label(self._origin.rows, name), self.values_of_points(name, points)
            )
            for name in self._axes_in_use
        )
        return x, y

    @property
    def _axes_in_use(self) -> tuple[str, str] | None:
        """The axes that were chosen, if the present columns have both."""
        axes: tuple[str, str] | None = self.axes
        if axes is None or {*axes} <= {*self.feature_names, *self.find_other_columns()}:
            return axes
        return None

    def _zoomed(self) -> Backdrop:
        """Return the backdrop of the view."""
        whole = self._whole
        if self.view is None:
            return whole
        return whole.zoomed(_shifted(self.view, -whole.projection.offset))

    def _build_scene(self) -> Scene:
        branch, nothing = self.current_branch, np.empty((0, 2))
        comparable = [branch.is_comparable(other) for other in self.branches]
        panel = self.panel
        # While half-steps are predicted, those that are known already are not shown; the regions of
        # new centroids would tell which points are about to change cluster.
        curve = branch.trace.curve(self.cursor) if panel.is_predicting else branch.curve
        is_given_away = panel.is_asking and self.phase is not Phase.ASSIGN
        options = dataclasses.replace(
            scenes.options_of(self, **self._view()),
            curves=tuple(
                (curve if other is branch else other.curve) if shown else nothing
                for other, shown in zip(self.branches, comparable, strict=True)
            ),
            n_incomparable=comparable.count(False),
            regions=panel.regions.value and not is_given_away,
        )
        return scenes.build(self._backdrop, branch.trace, self.cursor, options)

    def _record(self) -> Recording:
        return record(self, backdrop=self._backdrop, **self._view())

    def _view(self) -> dict[str, Any]:
        """Return the options that are set in the panel."""
        panel = self.panel
        return {
            "lines": panel.lines.value,
            "regions": panel.regions.value,
            "marks": panel.axes.marks.value,
            "hidden": panel.legend.hidden,
            "values": self._values(),
        }

    def _values(self) -> PointValues | None:
        """Return what the points are coloured by, if not by their clusters."""
        values, points = self.color_by, self.current_branch.points
        if values is None:
            return None
        if self._codes is None or self._codes[0] is not points or self._codes[1] is not values:
            self._codes = points, values, points.values_of(values)
        return PointValues(self._codes[2], values.names, values.name)

    @property
    def _sources(self) -> Sources:
        """The expressions that give the data and the weights in the notebook, checked now."""
        return variables.verified_sources(
            self.current_branch.points.table, self.source, self.weight_source,
            of_dataset=self._is_of_dataset,
        )  # fmt: skip

    def _spoken_name(self) -> str:
        data = self.source or ("the walkthrough" if self.source == "" else "data")
        return f"K-means on {shorten(data, 40)}: {list_names(self.feature_names, 80)}"

    def _tell(self, message: str) -> None:
        with self.lock:
            self.panel.say(message, good=True)

    def _report(self, error: BaseException) -> None:
        """Show an error in the panel."""
        self.panel.say(str(error) or type(error).__name__)
        self.animation.pause()
        self.controls.show()

    def _warm_up(self) -> None:
        """Prepare the first clicks while the user looks at the first picture."""
        threading.Thread(
            target=_warm_up, args=(self._backdrop, self.current_branch.trace), daemon=True
        ).start()


def _warm_up(backdrop: Backdrop, trace: Trace) -> None:
    """Compile the kernels of a step, and load what matches the colours of the next start."""
    start = trace.centers_until(0)[0]
    backdrop.sample.assign(start)
    match_clusters(start, start, range(len(start)))


def _reject_unknown(unknown: dict[str, Any]) -> None:
    """Raise a TypeError for an unknown keyword, with a suggestion."""
    if not unknown:
        return
    name = next(iter(unknown))
    known = [p for p in inspect.signature(KMeansWidget.__init__).parameters if p != "unknown"][1:]
    raise TypeError(
        f"KMeansWidget has no parameter {name!r}{suggestion(name, known)} "
        f"It knows {', '.join(known)}."
    )


def _shifted(box: Box, offset: Floats) -> Box:
    """Move a box by an offset, shape (2,)."""
    left, right, bottom, top = box
    x, y = offset.tolist()
    return left + x, right + x, bottom + y, top + y


def _counted(n: int, thing: str) -> str:
    return f"1 {thing}" if n == 1 else f"{n} {thing}s"
