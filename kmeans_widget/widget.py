"""`KMeansWidget`: a session of K-means that can be seen and touched."""

from __future__ import annotations

import base64
import dataclasses
import inspect
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from ipywidgets import VBox

from kmeans_widget.canvas import choose, open_canvas
from kmeans_widget.export.filmstrip import filmstrip
from kmeans_widget.export.image import still
from kmeans_widget.notebook.cells import take_place
from kmeans_widget.notebook.lookahead import foresee
from kmeans_widget.notebook.variables import expression
from kmeans_widget.panel.controls import Controls
from kmeans_widget.panel.factory import clear_away
from kmeans_widget.panel.layout import Panel
from kmeans_widget.panel.player import Player
from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import MAX_POINTS, stage
from kmeans_widget.plot.figure import Picture
from kmeans_widget.plot.narration import name_axes, narrate
from kmeans_widget.plot.text import listed, shortened
from kmeans_widget.session.branch import DEFAULTS
from kmeans_widget.session.matching import match_clusters
from kmeans_widget.validation.messages import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from kmeans_widget.core.trace import Trace
    from kmeans_widget.plot.backdrop import Backdrop
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.session.branch import Branch

MAX_LINES = 2000  # points up to which lines are on at first


class KMeansWidget(Controls, VBox):
    """Watch K-means think, on your own data.

    The panel shows the points and centroids at the cursor, the inertia so far, one sentence on
    what has just happened, and the algorithm with its current line. It is a `KMeansSession`: all
    its parameters and commands work from Python too, with or without a browser.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame, Dataset or None
        The data: an array or list of rows, or a table of pandas, polars, pyarrow or another
        library that narwhals knows; no number infinite. Rows with a missing value are left out (see
        `left_out`). None: the thirty points of the walkthrough.
    n_clusters : int, optional
        Number of clusters K. Left out, it follows `init` if that is an array, else the `Dataset`
        (the walkthrough has 2), else it is 3.
    init : {"random", "k-means++", "farthest"} or array of shape (n_clusters, n_features)
        How the starting centroids are found, or the centroids themselves, in the units of `X`.
    random_state : int
        Seed of the start.
    sample_weight : array-like of shape (n_samples,) or str, optional
        Weight of each row, not negative, not all 0; or the name of the column of a DataFrame that
        holds them, which then is no feature. Left out, each weighs 1.
    columns : str, int or list of them, optional
        The columns of `X` to use. Left out: of an array all of them; of a table those of numbers,
        but none that is named as an identifier or holds the weights, or labels of an earlier run
        (see `left_out_columns`).
    scale : {"none", "standard", "minmax", "robust"}
        What the columns are divided by before distances are measured: nothing, their standard
        deviation, range or interquartile range, as scikit-learn's scalers do. Points, centroids
        and edits stay in the units of `X`, and so do the axes of one or two features; inertia,
        distances and principal components are those of the scaled columns.
    max_iter : int
        Iterations after which the run stops, converged or not.
    tol : float
        The run also stops when the squared movement of the centroids is at most `tol` times the
        mean variance of the features. 0: only when no assignment changes.
    canvas : {"auto", "ipympl", "png"}
        Where the picture is: on ipympl's canvas, which hears the mouse, or in a plain image, which
        needs no JavaScript but ipywidgets' own; there *By numbers* does what the mouse would.
        "auto" takes the image in Google Colab and where ipympl is not installed. VS Code asks
        whether it may load ipympl's JavaScript from the network; without it, take "png".

    Attributes
    ----------
    n_clusters, init, random_state, scale, max_iter, tol : traits
        The parameters; setting one begins a branch. A refused value changes nothing.
    cursor : trait, int
        Half-steps since the start; set it to go anywhere in the run.
    branch : trait, int
        Which of `branches` is shown; set it to return to one.
    labels : ndarray or Series
        The cluster of every row of the data at the cursor; -1, or missing where the table can say
        so, for rows that are no points.
    point_labels : ndarray of shape (n_points,), int32
        The cluster of every point there is now: without rows left out, with points added by hand.
    left_out, left_out_columns : ndarray of int, LeftOut
        The rows and the columns of the data that are not clustered.
    playing : trait, bool
        Whether the run is playing by itself.

    Raises
    ------
    ValueError, TypeError
        If a parameter or the data cannot be used; the message says how to mend it.
    ImportError
        If `canvas` is "ipympl" and that is not installed.

    Examples
    --------
    >>> panel = KMeansWidget(n_clusters=2)
    >>> panel.step()
    >>> panel.narration[:72]
    'Iteration 1, assign: each of the 30 points joined its nearest centroid; '
    >>> panel.run()
    >>> panel.converged
    True
    >>> panel.close()
    """

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
        canvas: str = "auto",
        **unknown: Any,
    ) -> None:
        _refuse(unknown)
        kind = choose(canvas)
        super().__init__(
            X, n_clusters, init=init, random_state=random_state, sample_weight=sample_weight,
            columns=columns, scale=scale, max_iter=max_iter, tol=tol,
        )  # fmt: skip
        self.source = "" if X is None else expression(X)
        self.weight_source = None if sample_weight is None else expression(sample_weight)
        self.canvas = canvas
        self._unedited: dict[str, Backdrop] = {}  # by scale
        self._stage()
        self._picture = Picture()
        self._picture.prepare()
        self._surface = open_canvas(kind, self._picture, self.lock, self._anticipate)
        self._panel = Panel(self.lock, mouse=self._surface.has_mouse)
        self._panel.lines.value = len(self._backdrop.points) <= MAX_LINES
        self._show_data()
        self._player = Player(self.lock, self._surface.present, self._report)
        self._scene = self._build()
        self._picture.show(self._scene)
        self._surface.unveil()
        self._show_controls()
        self._connect()
        self._listen()
        self.children = self._panel.rows(
            self._surface, self._spoken_name(), self._backdrop.projection.names
        )
        self.add_class("kmeans-widget")

    # -- what is on screen ----------------------------------------------------------------

    @property
    def narration(self) -> str:
        """What the half-step at the cursor did, in one sentence."""
        return narrate(self._scene)

    @property
    def magic_line(self) -> str:
        """The `%kmeans` line that opens this panel: with these points, at this half-step."""
        line: str = super().magic_line
        return line if self.canvas == "auto" else f"{line} --canvas {self.canvas}"

    def __repr__(self) -> str:
        """Name the data and the parameters, on one line."""
        init = f"{self.init!r}" if isinstance(self.init, str) else "given centroids"
        points = _counted(self.current_branch.points.n_samples, "point")
        features = _counted(self.current_branch.points.n_features, "feature")
        left_out = f", {_counted(len(self.left_out), 'row')} left out"
        return (
            f"KMeansWidget({points}, {features}, "
            f"n_clusters={self.n_clusters}, init={init}, random_state={self.random_state}"
            f"{f', scale={self.scale!r}' * (self.scale != 'none')}"
            f"{', weighted' * (self.current_branch.points.samples.sample_weight is not None)}"
            f"{left_out * (len(self.left_out) > 0)})"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Add a picture of this moment, which stays where no kernel runs, to the live view."""
        for replaced in take_place(self):
            replaced.close()
        with self.lock:
            bundle = super()._repr_mimebundle_(**kwargs) or {}
            bundle["text/plain"] = f"{self!r}: {self.narration}"
            png, words = self._keepsake()
        bundle["image/png"] = base64.b64encode(png).decode("ascii")
        return bundle, {"image/png": {"alt": words}}

    def _keepsake(self) -> tuple[bytes, str]:
        """Draw what stays where no kernel runs, and say it in words: the run, as far as known."""
        recording = dataclasses.replace(self._recording(), trace=foresee(self.current_branch))
        if recording.last > 0:
            return filmstrip(recording)
        words, axes = self.narration, name_axes(self._scene)
        self._picture.show(self._scene)  # which may be gliding there
        return still(self._surface.snapshot(), words, axes), f"{words} {axes}"

    def close(self) -> None:
        """Take the panel off the page and free all it holds."""
        if not hasattr(self, "_player"):  # refused in the constructor: there is nothing to free
            super().close()
            return
        with self.lock:
            self._player.stop()
            self._give_up_saving()
            self._panel.legend.close()
            clear_away(self.children)
            self.layout.close()
            super().close()

    # -- from the session to the picture -----------------------------------------------------

    def _changed(self) -> None:
        with self.lock:
            if self._staged is not self.current_branch.samples:
                self._stage()
                self._show_data()
                self._kept = self._hovered = None
            self._scene, self._grip = self._build(), None
            self._show_controls()
            if not self.playing:
                self._show_picture()
            self._show_hand()

    def _begun(self, branch: Branch) -> None:
        if not branch.fork and not branch.explored:  # another start: no cluster was hidden yet
            self._panel.legend.hidden = frozenset()

    def _stage(self) -> None:
        """Lay out the points, which an edit may have changed."""
        branch, scale = self.current_branch, self.current_branch.parameters.scale
        samples = self._staged = branch.samples
        self._backdrop = stage(
            samples, self.feature_names, scaling=branch.scaling,
            rows=branch.points.preview(MAX_POINTS), like=self._unedited.get(scale),
        )  # fmt: skip
        self._unedited.setdefault(scale, self._backdrop)

    def _build(self) -> Scene:
        return scenes.build(self._backdrop, self.trace, self.cursor, self._options())

    def _options(self) -> scenes.Options:
        return dataclasses.replace(
            super()._options(),
            lines=self._panel.lines.value,
            regions=self._panel.regions.value,
            hidden=self._panel.legend.hidden,
            offset=self.current_branch.offset,
            curves=tuple(np.add(b.curve, (b.offset, 0.0)) for b in self.branches),
        )

    def _staging(self) -> Backdrop:
        return self._backdrop

    def _spoken_name(self) -> str:
        data = self.source or ("the walkthrough" if self.source == "" else "data")
        return f"K-means on {shortened(data, 40)}: {listed(self.feature_names, 80)}"

    def _tell(self, message: str) -> None:
        with self.lock:
            self._panel.say(message, good=True)

    def _anticipate(self) -> None:
        """Make ready what the first clicks need while the user looks at the first picture."""
        threading.Thread(target=_warm_up, args=(self._backdrop, self.trace), daemon=True).start()


def _warm_up(backdrop: Backdrop, trace: Trace) -> None:
    """Have the kernels of a step compiled, and the colours of the next start matched."""
    start = trace.centers_until(0)[0]
    backdrop.sample.assign(start)
    match_clusters(start, start, range(len(start)))


def _refuse(unknown: dict[str, Any]) -> None:
    """Raise a TypeError for an unknown keyword, with the name that may have been meant."""
    if not unknown:
        return
    name = next(iter(unknown))
    known = [p for p in inspect.signature(KMeansWidget.__init__).parameters if p != "unknown"][1:]
    raise TypeError(
        f"KMeansWidget has no parameter {name!r}{suggestion(name, known)} "
        f"It knows {', '.join(known)}."
    )


def _counted(n: int, thing: str) -> str:
    return f"1 {thing}" if n == 1 else f"{n} {thing}s"
