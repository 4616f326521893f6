"""The tabs *Choose K* and *Starts*: computed beside the run; what they find becomes a branch."""

from __future__ import annotations

import functools
from html import escape
from typing import TYPE_CHECKING, Any

from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.panel.job import Job
from kmeans_widget.panel.selection_views import choices, runs, splits, strips
from kmeans_widget.selection.clusterers import Lloyd
from kmeans_widget.selection.criteria import CRITERIA
from kmeans_widget.selection.restarts import Restarts
from kmeans_widget.selection.sweep import KSelection
from kmeans_widget.session.branch import same
from kmeans_widget.session.matching import match_clusters
from kmeans_widget.validation import MAX_SEED, check_distinct_points
from kmeans_widget.validation.parameters import check_integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kmeans_widget.panel.errors import ErrorGuard
    from kmeans_widget.panel.layout import Panel
    from kmeans_widget.session import KMeansSession

N_INIT = 3  # starts for each K, besides those that its neighbours give
BEST_OF = 10  # starts of *Best of 10 starts*
HOW_MANY = "Compare runs K-means with every K, and says what seven criteria make of the clusters."
WHICH_START = "Try them runs K-means from many starts, and shows at how many different ends."
MOST_K = 100  # numbers of clusters that are compared at once


class Selection:
    """Wires the two tabs to the session.

    Parameters
    ----------
    session : KMeansSession
    panel : Panel
    guard : ErrorGuard
    """

    def __init__(self, session: KMeansSession, panel: Panel, guard: ErrorGuard) -> None:
        self._session, self._panel = session, panel
        self._choices: KSelection | None = None
        self._restarts: Restarts | None = None
        self._samples = session.current_branch.samples  # what both are computed for
        self._asked: tuple[Any, ...] = ()  # what the starts were tried for
        self._n_clusters = 0
        self._load_best = False  # whether the best start is shown when all are known
        self.choosing = Job(session.lock, self._show_choices, guard.handle)
        self.trying = Job(session.lock, self._show_starts, guard.handle)
        choose, starts = panel.choose_k, panel.starts
        choose.start.on_click(guard(functools.partial(self._clicked, self._compare)))
        starts.start.on_click(guard(functools.partial(self._clicked, self._try)))
        starts.best.on_click(guard(functools.partial(self._clicked, self._best_of)))
        for control in (panel.tab, choose.view):
            control.observe(guard(lambda _: self.show()), "value")
        choose.cancel.on_click(lambda _: self.choosing.cancel())  # waits for nothing
        starts.cancel.on_click(lambda _: self.trying.cancel())

    def show(self) -> None:
        """Update the tab that is open."""
        if self._session.current_branch.samples is not self._samples:
            self.close()
            self._samples = self._session.current_branch.samples
            self._choices, self._restarts, self._load_best = None, None, False
        if self._panel.tab.value == "choose":
            self._show_choices()
        elif self._panel.tab.value == "starts":
            self._show_starts()

    def show_k(self, n_clusters: int) -> None:
        """Show the clusters found for a K, on a branch, unless they are shown already."""
        if self._choices is None or n_clusters not in self._choices.centers:
            return
        session, scaling = self._session, self._session.current_branch.scaling
        centers = scaling.inverse_transform(self._choices.centers[n_clusters])
        if not (session.at_end and same(session.current_branch.start, centers)):
            session.show_solution(centers)

    def show_start(self, init: str, seed: int) -> None:
        """Show the run from a start, on a branch, with the K that was tried."""
        self._session.show_start(init, seed, self._n_clusters or None)

    def close(self) -> None:
        """Give up what is being computed."""
        self.choosing.cancel()
        self.trying.cancel()

    def _of_sample(self) -> str:
        """Say so if only a sample of the rows is in memory."""
        branch = self._session.current_branch
        n, n_rows = branch.samples.n_samples, branch.run_samples.n_samples
        return f" Of a sample: {n:,} of the {n_rows:,} rows." if n < n_rows else ""

    def _clicked(self, command: Callable[[], None], button: Any) -> None:
        del button
        self._panel.say("")
        command()

    # -- K -----------------------------------------------------------------------------------------

    def _compare(self) -> None:
        """Begin to compare all K of the range, or go on."""
        if self.choosing.running:
            return
        least, most = (
            check_integer("K", field.value, f"the {which} number of clusters", minimum=1)
            for field, which in (
                (self._panel.choose_k.least, "smallest"), (self._panel.choose_k.most, "largest"),
            )
        )  # fmt: skip
        if most < least or most - least >= MOST_K:
            raise ValueError(
                f"K from {least} to {most}: give a smallest and a largest number of clusters, at "
                f"most {MOST_K} in all."
            )
        ks = tuple(range(least, most + 1))
        if self._choices is None or self._choices.n_clusters != ks:
            branch = self._session.current_branch
            clusterer = Lloyd(branch.samples, N_INIT, branch.parameters.random_state)
            seed = branch.parameters.random_state
            names = self._session.feature_names
            self._choices = KSelection(None, ks, tuple(CRITERIA), clusterer, seed, names)
        self.choosing.start(self._choices.steps())
        self._show_choices()

    def _show_choices(self) -> None:
        found, tab = self._choices, self._panel.choose_k
        running = self.choosing.running
        tab.show(running=running, resumes=found is not None and not found.complete)
        if found is None:
            tab.words.value = f"<p>{HOW_MANY}{self._of_sample()}</p>"
            tab.curves.value = ""
            return
        verdict = found.verdict
        if running:
            verdict = f"Computing: {found.n_known} of {found.n_values} values are known."
        tab.words.value = f"<p>{escape(verdict)}{self._of_sample()}</p>"
        shown = self._session.current_branch.parameters.n_clusters
        if tab.view.value == "criteria":
            tab.curves.value = choices(found, shown)
        else:
            tab.curves.value = splits(found, shown, self._slots(found, shown))

    def _slots(self, found: KSelection, k: int) -> dict[int, int]:
        """Return the place in the palette of each cluster found for a K, if it is the one shown."""
        branch = self._session.current_branch
        if k not in found.centers or not branch.trace.steps:
            return {}
        centers = branch.trace.centers_until(self._session.cursor)[-1]
        slots = match_clusters(found.centers[k], centers, branch.slots)
        return dict(enumerate(slots))

    # -- starts ------------------------------------------------------------------------------------

    def _try(self) -> None:
        """Run from many starts of every method, or go on."""
        n = check_integer(
            "starts", self._panel.starts.n.value, "the number of each method", minimum=1
        )
        self._start(list(INIT_METHODS), n)

    def _best_of(self) -> None:
        """Take the best of some starts by the present method."""
        self._load_best = True
        self._start([self._session.current_branch.method], BEST_OF)

    def _start(self, methods: list[str], n: int) -> None:
        if self.trying.running:
            return
        branch = self._session.current_branch
        parameters = branch.parameters
        first, k = parameters.random_state, parameters.n_clusters
        tol = absolute_tolerance(parameters.tol, branch.samples)
        # One by one of each method, so that they can be compared before all is done.
        plan = [(name, (first + i) % (MAX_SEED + 1)) for i in range(n) for name in methods]
        asked = (plan, k, tol, parameters.max_iter)
        if self._restarts is None or self._asked != asked:
            check_distinct_points(branch.samples, k)
            self._restarts = Restarts(
                branch.samples, k, plan, tol=tol, max_iter=parameters.max_iter
            )
            self._asked, self._n_clusters = asked, k
        self.trying.start(self._computed(self._restarts))
        self._show_starts()

    def _computed(self, found: Restarts) -> Iterator[None]:
        found.compute()
        yield

    def _show_starts(self) -> None:
        found, tab, running = self._restarts, self._panel.starts, self.trying.running
        is_partial = found is not None and found.n_done < found.n_starts
        if found is not None and not running and self._load_best:
            self._load_best = False
            if not is_partial:
                best = found.groups[0][0]
                self.show_start(best.init, best.seed)
        tab.show(running=running, resumes=is_partial and not running)
        tab.runs.value = runs(self._session.branches, self._session.current_branch)
        if found is None or found.n_done == 0:
            tab.words.value = f"<p>{WHICH_START}{self._of_sample()}</p>"
            tab.dots.value = ""
            return
        words = f"K = {self._n_clusters}: {found.summary}"
        if running:
            words = f"Computing: {found.n_done:,} of {found.n_starts:,} starts. {words}"
        tab.words.value = f"<p>{words}{self._of_sample()}</p>"
        tab.dots.value = strips(found)
