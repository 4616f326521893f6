"""The controls and read-outs around the canvas: ipywidgets, not yet connected to a session."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.core.trace import Phase
from kmeans_widget.datasets import DATASETS
from kmeans_widget.panel import legend, readout
from kmeans_widget.panel.axes import Axes
from kmeans_widget.panel.buttons import BUTTONS, PAUSE, PLAY, PLAY_AGAIN, UNWATCHABLE, WATCH
from kmeans_widget.panel.clusters import SORTS
from kmeans_widget.panel.factory import WidgetFactory, set_tooltip, set_visible
from kmeans_widget.panel.fields import NumberField
from kmeans_widget.panel.selection_tabs import ChooseK, Starts
from kmeans_widget.panel.toolbar import Toolbar
from kmeans_widget.panel.zoom import Zoom
from kmeans_widget.plot.narration import hardly_changes
from kmeans_widget.plot.text import shorten
from kmeans_widget.scaling import SCALES
from kmeans_widget.session.session import OUTPUTS
from kmeans_widget.validation.messages import percent

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.density import Patch
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.session.branch import Branch
    from kmeans_widget.session.inspection import Inspection
    from kmeans_widget.validation import ColumnSummary, LeftOut, Values

SPEEDS = (("0.25 ×", 0.25), ("0.5 ×", 0.5), ("1 ×", 1.0), ("2 ×", 2.0), ("4 ×", 4.0), ("8 ×", 8.0))
TABS = {
    "algorithm": ("Algorithm", "The algorithm: its current line, and its formulas"),
    "clusters": ("Clusters", "The clusters: their sizes; click one to hide it"),
    "choose": ("Choose K", "How many clusters: several K side by side, by seven criteria"),
    "starts": ("Starts", "Whether another start ends better: many starts, and where they end"),
    "data": ("Data", "Which columns take part, what they are divided by; limits"),
    "branches": (
        "Branches",
        "A change of start, K or data begins a branch, a run of its own; choose one to return to",
    ),
}
CHECK_SCALE = "Data: scale?"  # the name of its tab if one column alone decides
SAVE = "Save the picture, the whole run or the table in this file"
LINES = "Join every point to its centroid"
NO_LINES = "So many points are shown as density, without lines: zoom in to see single points"
REGIONS = "Tint the region of each centroid"
NO_REGIONS = (
    "Regions are true only where the picture shows all distances; "
    "here K-means measures them in other columns than those that are shown"
)
GIVEN = ("given centroids", "given")
EXAMPLES = [(name, name) for name in DATASETS]
SEED = "Seed of the start: a whole number"
SEEDLESS = "Given centroids have no seed: choose a start that is drawn, or press New start"
SLIDER_CLUSTERS = 20  # usual maximum of the slider; the field beside it accepts any K
FIRST_SPAN = 12  # half-steps on the scrub bar while the length of the run is unknown


class Panel:
    """All controls of a panel.

    Parameters
    ----------
    lock : threading.RLock
        Taken by every message from the browser.
    mouse : bool
        Whether the canvas supports the mouse.
    """

    _last_tab = "algorithm"

    def __init__(self, lock: threading.RLock, *, mouse: bool = True) -> None:
        self._make = make = WidgetFactory(lock)
        self.buttons = {
            name: make.button(
                button.label, button.tooltip, hidden=button.hidden, waits=name != "cancel"
            )
            for name, button in BUTTONS.items()
        }
        self._make_setup(make)
        self._make_transport(make)
        self.lines = make.switch("Lines", LINES)
        self.regions = make.switch("Regions", REGIONS)
        self.is_predicting = False  # whether half-steps are predicted,
        self.is_asking = False  # and a question is open, which the picture must not answer
        self.zoom = Zoom(make)
        self.toolbar = Toolbar(make, self.zoom.row, mouse=mouse)
        self.axes = Axes(make)
        self.legend = legend.Legend(make)
        self._make_tabs(make)
        self._make_results(make)
        self.status = make(widgets.HTML, "kmeans-status")
        self.notice = make(widgets.HTML, "kmeans-notice", hidden=True)
        self.numbers = make(widgets.HTML, "kmeans-readings")
        self.card = make(widgets.HTML, "kmeans-card", *["kmeans-hover"] * mouse)
        self.room = make(widgets.Text, "kmeans-room", hidden=True, continuous_update=False)

    def show(self, scene: Scene, *, playing: bool) -> None:
        """Update labels, read-outs and texts for `scene`."""
        facts = scene.facts
        at_end = facts.stop is not None
        following = "Recalculate" if facts.phase is Phase.ASSIGN else "Assign"
        if facts.picks:
            following = "Pick" if len(facts.picks) < len(facts.counts) else "Start"
        self.step.description = "Step: done" if at_end else f"Step: {following}"
        self.step.disabled = self.run.disabled = at_end
        is_start = facts.phase is Phase.START
        self.reset.disabled = is_start and not facts.picks
        self.back.disabled = is_start and len(facts.picks) <= 1
        self.play.description = "Pause" if playing else "Play"
        (self.play.add_class if playing else self.play.remove_class)("kmeans-pause")
        self.play.tooltip = PAUSE if playing else PLAY_AGAIN if at_end else PLAY
        set_visible(self.stop, visible=hardly_changes(facts))
        is_flat = scene.backdrop.is_flat
        self.regions.disabled = not is_flat
        set_tooltip(self.regions, "Regions", REGIONS if is_flat else NO_REGIONS)
        self.lines.disabled = scene.density is not None
        set_tooltip(self.lines, "Lines", NO_LINES if self.lines.disabled else LINES)
        self.zoom.show(zoomed=scene.backdrop.box != scene.backdrop.home)
        self.explanation.value = readout.algorithm(facts)
        self.show_words(scene)  # last: when the status is read out, the rest is there

    def show_progress(self, share: float | None) -> None:
        """Show how much of a pass over the points is done; None at its end."""
        set_visible(self.buttons["cancel"], visible=share is not None)
        if share is not None:
            self.status.value = f"Computing: {percent(share)} of a pass over all points."

    def show_words(self, scene: Scene) -> None:
        """Update the numbers, the legend and the status for `scene`."""
        self.numbers.value = readout.numbers(scene.facts)
        self.squares.value = readout.squares(scene.facts)
        self.legend.show(scene)
        self.axes.show(scene)
        self.status.value = readout.status(scene)

    def show_k(self, n_clusters: int, n_samples: int) -> None:
        """Show K in slider and field."""
        self.n_clusters.max = max(min(SLIDER_CLUSTERS, n_samples), n_clusters)
        self.n_clusters.value = self.k.value = n_clusters

    def show_time(self, cursor: int, known: int, *, finished: bool, n_picks: int) -> None:
        """Show a half-step on the scrub bar; `known` is the last one that has been computed.

        The picks are on it only while they are watched.
        """
        span = FIRST_SPAN
        while span <= known:
            span *= 2
        first = -n_picks if cursor < 0 else 0
        self.scrub.min = min(first, self.scrub.min)  # the present value must stay within
        self.scrub.max = max(known, 1) if finished else span
        self.scrub.value = cursor
        self.scrub.min = first
        self.watch.disabled, self.watch.tooltip = n_picks == 0, WATCH if n_picks else UNWATCHABLE

    def show_branches(self, branches: Sequence[Branch], shown: int) -> None:
        """List the branches with their inertias so far."""
        options = tuple((readout.branch(branch), i) for i, branch in enumerate(branches))
        if self.branch.options != options:
            self.branch.options = options
            self._name_tab("branches", f"Branches ({len(options)})" if len(options) > 1 else "")
        self.branch.value = shown

    def show_point(
        self, point: Inspection | None, patch: Patch | None, slots: tuple[int, ...]
    ) -> None:
        """Show the card of a point, or of cells, or none."""
        card = "" if patch is None else readout.patch_card(patch, slots)
        self.card.value = card if point is None else readout.point_card(point, slots)

    def show_numbers(self, words: str | None) -> None:
        """Show the numbers behind the half-step instead of the formulas; None for these."""
        set_visible(self.explanation, visible=words is None)
        for part in (self.written, self.written_point):
            set_visible(part, visible=words is not None)
        self.written.value = words or ""

    def show_columns(
        self,
        names: Sequence[str],
        shares: Floats,
        summaries: Sequence[ColumnSummary],
        unique: Sequence[str],
    ) -> None:
        """List the columns, with boxes to tick, as `readout.columns` does."""
        self.columns.value = readout.columns(names, shares, summaries, unique)
        self.ticked.value = ""
        set_visible(self.choose, visible=False)

    def show_data(
        self, names: Sequence[str], others: Sequence[str], shares: Floats, scale: str
    ) -> None:
        """Warn if one column dominates the distances; list the columns for the axes."""
        self.axes.list_columns(names, others)
        self.warning.value = readout.warning(names, shares, scale)
        is_warned = bool(self.warning.value)
        self._name_tab("data", CHECK_SCALE if is_warned else "")
        (self.tab.add_class if is_warned else self.tab.remove_class)("kmeans-warned")
        for control in (self.warning, self.standardize):
            set_visible(control, visible=is_warned)

    def show_example(self, name: str, lesson: str) -> None:
        """Show which example was chosen, and what to look at in the data."""
        self.example.value = name
        self.lesson.value = f"<p>{escape(lesson)}</p>" if lesson else ""
        set_visible(self.lesson, visible=bool(lesson))

    def show_comparison(
        self, candidates: Sequence[str], values: Values | None, comparison: str
    ) -> None:
        """Show what the points are coloured by, and how that compares with the clusters."""
        names = [*candidates]
        if values is not None and values.name not in names:
            names.append(values.name)
        options = (("cluster", ""), *((shorten(name, 40, names), name) for name in names))
        if self.color_by.options != options:
            self.color_by.options = options
        self.color_by.value = "" if values is None else values.name
        set_visible(self.color_by, visible=len(options) > 1)
        self.comparison.value = comparison
        set_visible(self.comparison, visible=bool(comparison))

    def show_clusters(self, words: str) -> None:
        """Show what each cluster is, as HTML."""
        set_visible(self.sort, visible=self.cluster_view.value == "map")
        self.traits.value = words

    def show_left_out(self, columns: LeftOut, n_left_out: int, n_rows: int) -> None:
        """Show which columns and how many rows of the data are left out, if any."""
        self.left_out.value = readout.left_out(columns, n_left_out, n_rows)
        set_visible(self.left_out, visible=bool(self.left_out.value))

    def show_code(self, code: str, magic_line: str) -> None:
        """Show the code that reproduces what is on screen."""
        self.code.value = readout.copyable(
            "This panel again, in a notebook", magic_line
        ) + readout.copyable("The same labels, with scikit-learn alone", code)

    def say(self, message: str, *, good: bool = False, near: str = "") -> None:
        """Show a message; an empty one clears it.

        It appears beside the control used last, or beside the one that the selector `near` finds.
        """
        look = f"class='kmeans-{'good' if good else 'bad'}'" + f" data-near='{near}'" * bool(near)
        self.notice.value = f"<div {look}>{escape(message)}</div>" if message else ""
        set_visible(self.notice, visible=bool(message))
        set_visible(self.replace, visible=False)

    def ask_to_replace(self, message: str) -> None:
        """Show a message with the button *Replace it*."""
        self.say(message)
        set_visible(self.replace, visible=True)

    def offer_downloads_only(self) -> None:
        """Hide what needs a notebook, or the folder of the server."""
        for control in (self.variable, self.send, self.file, self.save):
            set_visible(control, visible=False)
        self.output.description = "Download"

    def show_saving(self, *, under_way: bool) -> None:
        """Let the Save button cancel the file while it is being written."""
        self.save.description = "Cancel" if under_way else "Save"
        self.save.tooltip = "Cancel: do not write this file" if under_way else SAVE

    def _make_setup(self, make: WidgetFactory) -> None:
        # A drag sets K once, at its end; until then only the field follows, in the browser.
        self.n_clusters = make(
            widgets.IntSlider, value=3, min=1, max=SLIDER_CLUSTERS, description="Clusters K",
            tooltip="Number of clusters", readout=False, continuous_update=False,
        )  # fmt: skip
        self.k = make(NumberField, "kmeans-k", tooltip="Number of clusters, any number")
        self.init = make(
            widgets.Dropdown, options=starts(), description="Start",
            tooltip="How the first centroids are found",
        )  # fmt: skip
        self.seed = make(NumberField, description="Seed", tooltip=SEED)
        self.scale = make(
            widgets.Dropdown, "kmeans-scale", description="Scale columns by",
            options=[(scale.label, name) for name, scale in SCALES.items()],
            tooltip="What the columns are divided by before distances are measured",
        )  # fmt: skip
        self.max_iter = make(
            NumberField, description="Iterations at most",
            tooltip="Limit of iterations (max_iter): the run stops there, converged or not",
        )  # fmt: skip
        self.tol = make(
            NumberField, description="Tolerance",
            tooltip="Tolerance (tol): the run stops when the squared movement of the centroids is "
            "at most tol times the mean variance of the columns; 0: when no point changes",
        )  # fmt: skip
        self.example = make(
            widgets.Dropdown, description="Data set", options=[("your data", ""), *EXAMPLES],
            tooltip="An example instead of your data, on a branch of its own",
        )  # fmt: skip
        self.lesson = make(widgets.HTML, "kmeans-verdict", hidden=True)
        self.columns = make(widgets.HTML, "kmeans-shares")
        self.ticked = make(widgets.Text, "kmeans-ticked", hidden=True, continuous_update=False)
        self.choose = make.button(
            "Use these columns", "Start a new run on the columns that are ticked", hidden=True
        )
        self.warning = make(widgets.HTML, "kmeans-warning", hidden=True)
        self.standardize = make.button(
            "Use standard deviations", "Divide each column by its standard deviation", hidden=True
        )
        self.left_out = make(widgets.HTML, "kmeans-left-out", hidden=True)

    def _make_transport(self, make: WidgetFactory) -> None:
        buttons = self.buttons
        self.reset, self.back, self.step = buttons["reset"], buttons["back"], buttons["step"]
        self.play, self.run, self.stop = buttons["play"], buttons["run"], buttons["stop"]
        self.undo, self.redo = buttons["undo"], buttons["redo"]
        self.watch = buttons["watch_start"]
        self.speed = make(
            widgets.SelectionSlider, "kmeans-speed", options=SPEEDS, value=1.0, description="Speed",
            tooltip="How fast Play goes",
        )  # fmt: skip
        self.scrub = make(
            widgets.IntSlider, "kmeans-scrub", value=0, min=0, max=FIRST_SPAN,
            description="Half-step", tooltip="Go to any half-step of the run",
        )  # fmt: skip
        self.full_screen = make.button(
            "Full screen", "Full screen: picture, sentence and these buttons, in large type"
        )

    def _make_tabs(self, make: WidgetFactory) -> None:
        self.explanation = make(widgets.HTML, "kmeans-explanation")
        self.written = make(widgets.HTML, "kmeans-traits", "kmeans-written", hidden=True)
        self.written_point = make(widgets.HTML, "kmeans-traits", "kmeans-written", hidden=True)
        self.algorithm_view = make(
            widgets.ToggleButtons, "kmeans-cluster-view", value="formulas",
            options=[("Formulas", "formulas"), ("Numbers", "numbers")],
            tooltips=["The algorithm and its formulas", "This half-step, to be checked by hand"],
        )  # fmt: skip
        self.squares = make(widgets.HTML, "kmeans-sums")
        self.traits = make(widgets.HTML, "kmeans-traits")
        self.cluster_view = make(
            widgets.ToggleButtons, "kmeans-cluster-view", value="list",
            options=[("One by one", "list"), ("Heat map", "map"), ("Silhouettes", "bars")],
            tooltips=[
                "Each cluster by the columns in which it differs most", "All centroids, as a table",
                "How much closer each point is to its own cluster than to another one",
            ],
        )  # fmt: skip
        self.sort = make(
            widgets.Dropdown, description="Sort by", tooltip="Order of the columns", hidden=True,
            options=[(label, name) for name, label in SORTS.items()],
        )  # fmt: skip
        self.color_by = make(
            widgets.Dropdown, description="Colour by", options=[("cluster", "")],
            tooltip="Colour the points by another column, and compare it with the clusters",
        )  # fmt: skip
        self.comparison = make(widgets.HTML, "kmeans-traits", "kmeans-comparison", hidden=True)
        self.asked = make(widgets.Text, "kmeans-asked", hidden=True, continuous_update=False)
        self.branch = make(
            widgets.RadioButtons, "kmeans-branch", options=[("", 0)],
            tooltip="Return to another run; the chart shows those on the same points and scale",
        )  # fmt: skip
        self.tab = make(
            widgets.ToggleButtons, "kmeans-tabs",
            options=[(name, tab) for tab, (name, _) in TABS.items()],
            tooltips=[tooltip for _, tooltip in TABS.values()],
        )  # fmt: skip
        self.rival = make(
            widgets.Dropdown, "kmeans-rival", description="Compare with", hidden=True,
            tooltip="Another run, beside this one",
        )  # fmt: skip
        self.compare = make.button(
            "Compare runs", "Show both runs side by side, on one clock", hidden=True
        )
        self.duel = make.row("duel-place", hidden=True)
        self.question = make.row("question", hidden=True)
        self.choose_k, self.starts = ChooseK(make), Starts(make)
        limits = make.row("limits", self.max_iter, self.tol)
        self._panes = {
            "algorithm": make.row(
                "pane",
                make.row("views", self.algorithm_view),
                self.explanation,
                self.written,
                self.written_point,
            ),
            "clusters": make.row(
                "pane",
                self.squares,
                self.legend.box,
                self.legend.note,
                make.row("views", self.color_by),
                self.comparison,
                make.row("views", self.cluster_view, self.sort, self.asked),
                self.traits,
                hidden=True,
            ),
            "choose": self.choose_k.box,
            "starts": self.starts.box,
            "data": make.row(
                "pane",
                self.example,
                self.lesson,
                self.scale,
                self.warning,
                self.standardize,
                limits,
                self.columns,
                self.choose,
                self.ticked,
                hidden=True,
            ),
            "branches": make.row(
                "pane", self.branch, make.row("views", self.rival, self.compare), hidden=True
            ),
        }
        self.tab.observe(self._show_tab, "value")
        self.tab.value = Panel._last_tab

    def _show_tab(self, change: Any) -> None:
        """Show a pane, here and in panels that are opened later."""
        Panel._last_tab = change.new
        for tab, pane in self._panes.items():
            set_visible(pane, visible=tab == change.new)

    def _name_tab(self, tab: str, name: str) -> None:
        """Name a tab; by its usual name if it is empty."""
        names = {value: name for name, value in self.tab.options}
        if names[tab] != (name := name or TABS[tab][0]):
            names[tab], shown = name, self.tab.value
            self.tab.options = [(name, tab) for tab, name in names.items()]
            self.tab.value = shown

    def _make_results(self, make: WidgetFactory) -> None:
        self.output = make(
            widgets.Dropdown, "kmeans-output", description="Send", value="labels",
            options=[(output.label, kind) for kind, output in OUTPUTS.items()],
            tooltip="What to put into a variable, or to download",
        )  # fmt: skip
        self.variable = make(
            widgets.Text, value="labels", description="into",
            placeholder='labels or df["cluster"]',
            tooltip="A variable; for labels also a column of a DataFrame, such as df[\"cluster\"]",
        )  # fmt: skip
        self.send = make.button("Send to notebook", "Put it into this variable or column")
        self.download = make.button("Download CSV", "Download it with the browser, as a CSV file")
        self.download_link = make(widgets.HTML, "kmeans-download", hidden=True)
        self.downloaded = make(
            widgets.Text, "kmeans-downloaded", hidden=True, continuous_update=False
        )
        self.file = make(
            widgets.Text, value="kmeans.html", description="File",
            tooltip="Name of the file: .png, .svg for the picture; .gif, .mp4, .html for the run; "
            ".csv for the table with its clusters",
        )  # fmt: skip
        self.save = make.button("Save", SAVE)
        self.replace = make.button("Replace it", "Replace what is there", hidden=True)
        self.code = make(widgets.HTML, "kmeans-reproduction")
        self.unfold, self._results = make.fold(
            "Labels, file and code",
            "Labels, table, centroids or profile into a variable or a download, picture or run "
            "into a file, and code that "
            "reproduces what is on screen",
            make.row(
                "send", self.output, self.variable, self.send, self.download, self.download_link,
                self.downloaded,
            ),
            make.row("send", self.file, self.save),
            self.replace, self.code,
        )  # fmt: skip

    def _buttons_of(self, row: str) -> list[widgets.Button]:
        return [self.buttons[name] for name, button in BUTTONS.items() if button.row == row]

    def rows(self, surface: widgets.DOMWidget, name: str) -> tuple[widgets.Widget, ...]:
        """Arrange the controls around a canvas.

        Parameters
        ----------
        surface : ipywidgets.DOMWidget
        name : str
            Name of the panel for screen readers.

        Returns
        -------
        tuple of ipywidgets.Widget
            The rows of the panel, top to bottom.
        """
        make = self._make
        history = make.row("history", *self._buttons_of("history"))
        switches = make.row("switches", self.lines, self.regions)
        layers = make.row("layers", self.numbers, switches, self.axes.seen)
        return (
            make(widgets.HTML, value=_style_and_script(name), hidden=True),
            self.room,
            make.row(
                "setup", self.n_clusters, self.k, self.init, self.seed, *self._buttons_of("setup"),
                history, self.left_out,
            ),
            make.row(
                "transport", *self._buttons_of("transport"), self.speed, self.scrub,
                self.full_screen,
            ),
            make.row("words", self.status, self.notice),
            self.toolbar.row,
            self.question,
            make.row(
                "main",
                make.row("canvas", surface),
                make.row(
                    "side", self.toolbar.form, layers, self.tab, *self._panes.values(), self.card
                ),
                self.axes.menus,
            ),
            self.duel,
            make.row("results", self.unfold, self._results),
        )  # fmt: skip


def starts(*, given: bool = False) -> list[tuple[str, str]]:
    """List the start methods with their labels, and given centroids if the run has them."""
    methods = [(method.label, name) for name, method in INIT_METHODS.items()]
    return [*methods, GIVEN] if given else methods


def _style_and_script(name: str) -> str:
    """Return the style sheet as HTML; it starts the panel's script when it is loaded."""
    folder = files("kmeans_widget.panel")
    style = folder.joinpath("panel.css").read_text("utf-8") + legend.style()
    script = "\n".join(folder.joinpath(js).read_text("utf-8") for js in ("panel.js", "tour.js"))
    return f'<style data-name="{escape(name)}" onload="{escape(script)}">{style}</style>'
