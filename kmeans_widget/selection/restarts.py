"""Many starts of K-means, and the different clusterings at which they end: `restarts`."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import partial
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.core.kernels.threads import run
from kmeans_widget.selection.charts import draw
from kmeans_widget.selection.labellings import canonical
from kmeans_widget.selection.runs import draw_centers, read_table, run_from, seed_of
from kmeans_widget.validation import (
    check_distinct_points,
    check_max_iter,
    check_n_clusters,
    check_seed,
    check_tol,
)
from kmeans_widget.validation.messages import percent, quoted_list, short_repr, suggestion
from kmeans_widget.validation.parameters import check_integer
from kmeans_widget.validation.tables import new_frame

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Labels
    from kmeans_widget.core.samples import ArraySamples

_CLOSE = 0.01  # relative: inertias that are called close to the best


class Start(NamedTuple):
    """A start, and where it ended.

    Attributes
    ----------
    init : str
        The method of initialisation.
    seed : int
    inertia : float
    n_iter : int
    hash : bytes
        Of the labels, whatever the numbers of the clusters.
    """

    init: str
    seed: int
    inertia: float
    n_iter: int
    hash: bytes


def restarts(
    X: Any,
    n_clusters: int,
    n: int = 200,
    *,
    init: str | Iterable[str] = "k-means++",
    tol: float = 0.0,
    max_iter: int = 300,
    sample_weight: npt.ArrayLike | None = None,
    random_state: int = 0,
) -> Restarts:
    """Run K-means from many starts, and tell the different results apart.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame or Dataset
        Finite numbers.
    n_clusters : int
        Number of clusters.
    n : int, default=200
        Number of starts, by each method.
    init : {"random", "k-means++", "farthest"} or several of them, default="k-means++"
        Method of initialisation; several are compared.
    tol : float, default=0.0
        As in `KMeans`. With more than 0, runs end shortly before their optimum, so that the same
        one may be counted many times.
    max_iter : int, default=300
        Maximum number of iterations of a run.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.
    random_state : int, default=0
        Seed of the first start by each method; start i has the seed `random_state` + i.

    Returns
    -------
    Restarts
        The optima, how often each was found, and from which seeds.

    Raises
    ------
    ValueError, TypeError
        If the data or a parameter are invalid, or there are fewer distinct points than clusters.

    Notes
    -----
    Two runs have found the same optimum if their clusters are the same, whatever their numbers;
    an equal inertia is not enough. Any start can be repeated alone: ``KMeans(n_clusters, init=init,
    n_init=1, tol=tol, max_iter=max_iter, random_state=seed)`` ends at the same labels. Starts run
    in parallel, one per thread. Labels are not kept, only the centres of each optimum: memory does
    not grow with the number of starts times rows. Costs O(n_samples * n_features * n_clusters) per
    start and iteration.

    References
    ----------
    Steinley, D. (2003), Local optima in K-means clustering: what you don't know may hurt you.
    doi:10.1037/1082-989X.8.3.294

    Examples
    --------
    >>> from kmeans_widget import datasets
    >>> found = restarts(datasets.walkthrough().X, 3, 50)
    >>> found
    Restarts: the lowest inertia, 63.47, was found in 20 % of 50 starts, and 46 % ended within 1 %
    of it; 16 different optima.
    >>> found.labels(0)[:3], found.optima["count"][0]
    (array([2, 2, 2], dtype=int32), np.int64(10))
    """
    table = read_table(X, sample_weight)
    samples, methods, seed = table.samples, _check_methods(init), check_seed(random_state)
    k = check_n_clusters(n_clusters, samples)
    n_starts = check_integer("n", n, "the number of starts", minimum=1)
    check_distinct_points(samples, k)
    shift = absolute_tolerance(check_tol(tol), samples)
    plan = [(name, seed_of(seed, i)) for name in methods for i in range(n_starts)]
    found = Restarts(samples, k, plan, tol=shift, max_iter=check_max_iter(max_iter))
    try:
        found.compute()
    except KeyboardInterrupt:
        if found.n_done == 0:
            raise
        warnings.warn(
            f"restarts was interrupted after {_count(found.n_done, 'start')}, which are kept; "
            "compute() goes on.",
            RuntimeWarning,
            stacklevel=2,
        )
    return found


class Restarts:
    """The different results of many starts.

    Nothing is computed before `compute`, as `restarts` does.

    Parameters
    ----------
    samples : ArraySamples
    n_clusters : int
    plan : list of (str, int)
        Method of initialisation and seed of each start.
    tol : float
        In squared units of X.
    max_iter : int

    Attributes
    ----------
    methods : tuple of str
        The methods of initialisation.
    plan : list of (str, int)
    """

    def __init__(
        self,
        samples: ArraySamples,
        n_clusters: int,
        plan: list[tuple[str, int]],
        *,
        tol: float = 0.0,
        max_iter: int = 300,
    ) -> None:
        self.methods = tuple(dict.fromkeys(name for name, _ in plan))
        self._samples, self._n_clusters, self.plan = samples, n_clusters, plan
        self._tol, self._max_iter = tol, max_iter
        self._results: dict[int, Start] = {}  # by their position in the plan
        self._centers: dict[bytes, tuple[int, Floats]] = {}  # those of the first start, by optimum
        self._lock = Lock()

    def compute(self) -> None:
        """Run from all starts that are missing; if interrupted, those done by then are kept."""
        from kmeans_widget.estimator.inputs import allowed_threads  # scikit-learn: not in a session

        missing = [i for i in range(len(self.plan)) if i not in self._results]
        with allowed_threads():
            self._samples.transposed_copy(self._n_clusters)  # once, before the threads share it
            run([partial(self._run, i) for i in missing])

    def _run(self, i: int) -> None:
        """Run from one start, and remember where it ended."""
        (name, seed), k = self.plan[i], self._n_clusters
        start = draw_centers(self._samples, k, name, seed)
        found = run_from(self._samples, start, tol=self._tol, max_iter=self._max_iter)
        key = blake2b(canonical(found.labels, k).data, digest_size=16).digest()
        with self._lock:
            self._results[i] = Start(name, seed, found.inertia, found.n_iter, key)
            if key not in self._centers or i < self._centers[key][0]:
                self._centers[key] = i, found.centers

    @property
    def n_done(self) -> int:
        """Number of starts from which K-means has been run."""
        return len(self._results)

    @property
    def n_starts(self) -> int:
        """Number of starts that were asked for."""
        return len(self.plan)

    @property
    def inertias(self) -> Float64s:
        """The inertia of every start: by method, then by seed."""
        return np.array([start.inertia for start in self._starts])

    @property
    def centers(self) -> list[Floats]:
        """The centres of each optimum, in the order of their inertia, the lowest first."""
        return [self._centers[key][1] for key in self._by_optimum]

    @property
    def groups(self) -> list[list[Start]]:
        """The starts that have ended at each optimum, the lowest inertia first."""
        return list(self._by_optimum.values())

    @property
    def _starts(self) -> list[Start]:
        """The starts done so far, in the order of the plan."""
        with self._lock:
            return [start for _, start in sorted(self._results.items())]

    @property
    def _by_optimum(self) -> dict[bytes, list[Start]]:
        """The starts of each optimum, the lowest inertia first."""
        groups: dict[bytes, list[Start]] = {}
        for start in self._starts:
            groups.setdefault(start.hash, []).append(start)
        return dict(sorted(groups.items(), key=lambda group: _lowest(group[1])))

    @property
    def best_inertia(self) -> float:
        """The lowest inertia."""
        return float(self.inertias.min())

    def labels(self, optimum: int = 0) -> Labels:
        """Return the clusters of an optimum; 0 is the best one.

        Computed from its centres, in O(n_samples * n_clusters * n_features).
        """
        from kmeans_widget.estimator.inputs import allowed_threads

        with allowed_threads():
            return self._samples.assign(self.centers[optimum])

    @property
    def optima(self) -> Any:
        """A pandas DataFrame with a row for each optimum, the lowest inertia first.

        Columns: `inertia`; `count` and `share`, of the starts that ended there; `init` and `seed`,
        of the first of them; `seeds`, a list of those of all of them.
        """
        groups = self.groups
        columns = {
            "inertia": [_lowest(group) for group in groups],
            "count": [len(group) for group in groups],
            "share": [len(group) / len(self._starts) for group in groups],
            "init": [group[0].init for group in groups],
            "seed": [group[0].seed for group in groups],
            "seeds": [[start.seed for start in group] for group in groups],
        }
        return new_frame(columns, None).to_native()

    @property
    def runs(self) -> Any:
        """A pandas DataFrame with a row for each start: `init`, `seed`, `inertia`, and so on.

        `optimum` is the row of `optima`, and `n_iter` the number of iterations.
        """
        position = {key: i for i, key in enumerate(self._by_optimum)}
        columns = {
            "init": [start.init for start in self._starts],
            "seed": [start.seed for start in self._starts],
            "inertia": self.inertias,
            "optimum": [position[start.hash] for start in self._starts],
            "n_iter": [start.n_iter for start in self._starts],
        }
        return new_frame(columns, None).to_native()

    @property
    def comparison(self) -> Any:
        """A pandas DataFrame with a row for each method of initialisation.

        `best` and `median` inertia, `found_best`, the share of its starts that ended at the best
        optimum of all, `close`, the share within 1 % of it, `n_optima`, and the mean of `n_iter`.
        """
        methods = [name for name in self.methods if self._of(name)]
        rows = [self._of(name) for name in methods]
        inertias = [np.array([start.inertia for start in row]) for row in rows]
        columns = {
            "init": methods,
            "best": [float(found.min()) for found in inertias],
            "median": [float(np.median(found)) for found in inertias],
            "found_best": [self._found_best(row) for row in rows],
            "close": [self._close(row) for row in rows],
            "n_optima": [len({start.hash for start in row}) for row in rows],
            "n_iter": [float(np.mean([start.n_iter for start in row])) for row in rows],
        }
        return new_frame(columns, None).to_native().set_index("init")

    def plot(self, ax: Any = None) -> Any:
        """Draw the inertia of every start, as a strip for each method.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.axes.Axes or matplotlib.figure.Figure
            `ax`, or the new figure.
        """
        return draw(ax, _draw_strips, self)

    def _of(self, method: str) -> list[Start]:
        return [start for start in self._starts if start.init == method]

    def _found_best(self, starts: list[Start]) -> float:
        """Return the share of starts that found the best optimum."""
        best = next(iter(self._by_optimum))
        return sum(start.hash == best for start in starts) / len(starts)

    def _close(self, starts: list[Start]) -> float:
        """Return the share of starts whose inertia is within 1 % of the best."""
        limit = self.best_inertia * (1 + _CLOSE)
        return sum(start.inertia <= limit for start in starts) / len(starts)

    def __repr__(self) -> str:
        return f"Restarts: {self.summary}"

    @property
    def summary(self) -> str:
        """How often the best optimum was found, in one sentence."""
        starts, n_optima = self._starts, len(self._by_optimum)
        if not starts:
            return "Nothing is computed yet."
        text = (
            f"the lowest inertia, {self.best_inertia:,.4g}, was found in "
            f"{percent(self._found_best(starts))} of {_count(len(starts), 'start')}"
        )
        if len(self.methods) > 1:
            found = [(m, of) for m in self.methods if (of := self._of(m))]
            shares = [f"{m} {percent(self._found_best(of))}" for m, of in found]
            text += f" ({', '.join(shares)})"
        if n_optima == 1:
            return f"{text}; there is no other optimum among them."
        return (
            f"{text}, and {percent(self._close(starts))} ended within 1 % of it; "
            f"{n_optima} different optima."
        )


def _lowest(starts: list[Start]) -> float:
    return min(start.inertia for start in starts)


def _draw_strips(ax: Any, found: Restarts) -> None:
    """Draw a dot for each start, at random heights in the strip of its method."""
    rng = np.random.default_rng(0)
    runs = found.runs
    for i, method in enumerate(found.methods):
        inertias = runs["inertia"][runs["init"] == method]
        heights = i + rng.uniform(-0.3, 0.3, len(inertias))
        ax.plot(inertias, heights, ".", alpha=0.5, color=f"C{i}")
    ax.axvline(found.best_inertia, color="0.3", linestyle="--", linewidth=1)
    labels = [INIT_METHODS[method].label for method in found.methods]
    ax.set_yticks(range(len(found.methods)), labels)
    ax.set(xlabel="inertia", ylim=(-0.5, len(found.methods) - 0.5))
    ax.set_title(f"{_count(len(found.inertias), 'start')}, {len(found.centers)} different optima")


def _check_methods(init: Any) -> tuple[str, ...]:
    """Return the names of methods of initialisation, each once."""
    if not isinstance(init, str | Iterable) or isinstance(init, np.ndarray):
        raise TypeError(f"init must be one or several of {quoted_list(list(INIT_METHODS))}.")
    names = (init,) if isinstance(init, str) else tuple(dict.fromkeys(init))
    if not names:
        raise ValueError(f"init is empty. Choose from {quoted_list(list(INIT_METHODS))}.")
    for name in names:
        if name not in INIT_METHODS:
            raise ValueError(
                f"Unknown init {short_repr(name)}{suggestion(str(name), list(INIT_METHODS))} "
                f"Choose from {quoted_list(list(INIT_METHODS))}."
            )
    return names


def _count(n: int, word: str) -> str:
    return f"1 {word}" if n == 1 else f"{n:,} {word}s"
