"""Clusterings for several numbers of clusters, side by side: `choose_k`."""

from __future__ import annotations

import importlib
import textwrap
import warnings
from collections.abc import Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.samples import subsample
from kmeans_widget.scaling import DOMINANT, distance_shares
from kmeans_widget.selection.charts import draw, new_figure
from kmeans_widget.selection.clusterers import Cloned, ClustererError, Lloyd
from kmeans_widget.selection.clustergram import (
    Clustergram,
    Flow,
    build_clustergram,
    coordinate,
    draw_clustergram,
    flows,
)
from kmeans_widget.selection.criteria import (
    CAUTION,
    CRITERIA,
    Curves,
    gap,
    verdict,
    vote,
)
from kmeans_widget.selection.featureless import box_around
from kmeans_widget.selection.indices import adjusted_rand, bic, within_sum
from kmeans_widget.selection.labellings import as_codes
from kmeans_widget.selection.runs import read_table, seed_of
from kmeans_widget.selection.silhouettes import EXACT_BELOW, measure, silhouette
from kmeans_widget.validation import (
    check_distinct_points,
    check_seed,
    column_names,
    count_distinct,
)
from kmeans_widget.validation.messages import percent, quoted_list, short_repr, suggestion
from kmeans_widget.validation.parameters import check_integer
from kmeans_widget.validation.tables import new_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.selection.clusterers import Clusterer
    from kmeans_widget.selection.featureless import Box

N_REFERENCES = 10
"""Sets of featureless data of the gap statistic."""

N_PAIRS = 10
"""Pairs of bootstrap samples whose clusters are compared."""

_MOST_VALUES = 2**20  # of a set of featureless data, or of a bootstrap sample
_FEWEST_ROWS = 20  # two bootstrap samples of fewer rows may have none in common
_LEAST_ROWS = 200  # of them, however many columns there are


def choose_k(
    X: Any,
    n_clusters: Iterable[int] = range(2, 13),
    *,
    criteria: Iterable[str] | str | None = None,
    estimator: Any = None,
    n_init: int = 3,
    sample_weight: npt.ArrayLike | None = None,
    random_state: int = 0,
) -> KSelection:
    r"""Cluster with several numbers of clusters, and compare them by several criteria.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame (pandas, polars, ...) or Dataset
        Finite numbers.
    n_clusters : iterable of int, default=range(2, 13)
        The numbers of clusters, K.
    criteria : iterable of str, default=None
        Some of "inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "gap", "bic",
        "stability"; None means all. The inertia is always known.
    estimator : clusterer, default=None
        Any with scikit-learn's interface and a parameter `n_clusters`; it is cloned for each K.
        None means K-means.
    n_init : int, default=3
        Number of starts by k-means++ for each K. The solutions for the neighbouring K are starts,
        too, so the inertia never rises with K. Of more than 100,000 rows, starts compete on 50,000
        of them, and the best one is run to its end on all.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row. Inertia, Calinski-Harabasz, Davies-Bouldin and BIC count it as repeated
        rows. The gap statistic weights the data and not the featureless ones, stability the
        bootstrap samples. Silhouettes have no weights; rows of weight 0 are left out.
    random_state : int, default=0
        Seed of everything that is random.

    Returns
    -------
    KSelection
        All labellings, all values, and what each criterion names. If interrupted by Ctrl-C, with
        what is known by then; iterating over its `steps()` goes on.

    Raises
    ------
    ValueError, TypeError
        If the data or a parameter are invalid, or no K is possible.

    Warns
    -----
    RuntimeWarning
        If it was interrupted.

    See Also
    --------
    silhouette : Silhouettes of every row.
    restarts : Whether one K has one best clustering.

    Notes
    -----
    What each criterion names, from the curve of its values:

    inertia
        the elbow, if there is one: the K up to which the inertia falls faster than that of
        featureless data (by five standard errors), and after which it does not
    silhouette, Calinski-Harabasz
        the highest value, see `silhouette` (from 20,000 rows on, of a sample)
    Davies-Bouldin, BIC
        the lowest value; BIC of spherical Gaussian clusters (Pelleg and Moore 2000)
    gap
        the smallest K with Gap(K) >= Gap(K') - s(K') for the next K', starting from 1; of at most
        10,000 rows and 10 sets of points drawn uniformly from the box along their principal axes
    stability
        the largest K that is as stable as the most stable one, if that has at least 0.8: the mean
        adjusted Rand index of the clusters of two bootstrap samples on the rows in both, over 10
        pairs

    A K at an end of the range is not named where a larger or a smaller one may be better. Nor is
    any K with
    which the inertia of featureless data falls as much as that of the data: of
    :math:`\log(W_1 / W_K)`, the difference must be five standard errors. Criteria of one family
    (inertia and gap; silhouette, Calinski-Harabasz and Davies-Bouldin; BIC; stability) have one
    vote. The verdict is a K only if more than half of the families that name one name this one, and
    two at least.

    Costs O(n_samples * n_features * K) per iteration and start, and much less than that for each
    criterion on large data; memory O(n_samples) for each K.

    Featureless is what fills a box or is a single cloud. Data without clusters of another shape,
    such as points that fill a triangle, lie on a ring, or have very heavy tails, may get a number.

    References
    ----------
    Tibshirani, R., Walther, G. & Hastie, T. (2001), Estimating the number of clusters in a data set
    via the gap statistic. doi:10.1111/1467-9868.00293

    Fang, Y. & Wang, J. (2012), Selection of the number of clusters via the bootstrap method.
    doi:10.1016/j.csda.2011.09.003

    Schubert, E. (2023), Stop using the elbow criterion for k-means and how to choose the number of
    clusters instead. SIGKDD Explorations 25(1), 36-42. arXiv:2212.12189

    Examples
    --------
    >>> from kmeans_widget import datasets
    >>> selection = choose_k(datasets.blobs(3).X, range(2, 7))
    >>> print(selection.verdict)
    3 clusters, by inertia, separation, BIC and stability.
    >>> selection.best["silhouette"], selection.labels[3][:3]
    (3, array([0, 0, 1], dtype=int32))
    """
    table = read_table(X, sample_weight)
    samples, seed = table.samples, check_seed(random_state)
    n_starts = check_integer("n_init", n_init, "the number of starts", minimum=1)
    ks, names = _check_range(n_clusters), _check_criteria(criteria)
    cloned = None if estimator is None else Cloned(samples, estimator)
    selection = KSelection(
        X, ks, names, cloned or Lloyd(samples, n_starts, seed), seed, table.feature_names
    )
    try:
        for _ in selection.steps():
            pass
    except KeyboardInterrupt:
        warnings.warn(
            "choose_k was interrupted; what is known is kept, and iterating over steps() goes on.",
            RuntimeWarning,
            stacklevel=2,
        )
    return selection


class KSelection:
    """Clusterings for several numbers of clusters, and what the criteria say of them.

    Nothing is computed before `steps` is iterated over, as `choose_k` does.

    Parameters
    ----------
    X : object
        The data as they were given.
    n_clusters : tuple of int
        The numbers of clusters, in ascending order.
    criteria : tuple of str
        Names from `criteria.CRITERIA`, in their order.
    clusterer : Clusterer
        With the samples.
    random_state : int
    feature_names : sequence of str

    Attributes
    ----------
    labels : dict of int to ndarray of shape (n_samples,), int32
        The clusters of the rows, by number of clusters.
    centers : dict of int to ndarray of shape (n_clusters, n_features)
        Their centres.
    values : dict of str to dict of int to float
        By criterion and number of clusters; undefined ones are missing.
    errors : dict of str to dict of int to float
        Standard errors, of those that have some.
    notes : dict of (int, str) to str
        Why a value is missing, by number of clusters and criterion.
    """

    def __init__(
        self,
        X: Any,
        n_clusters: tuple[int, ...],
        criteria: tuple[str, ...],
        clusterer: Clusterer,
        random_state: int,
        feature_names: Sequence[str] = (),
    ) -> None:
        self.X = X
        self.feature_names = feature_names
        self.n_clusters = n_clusters
        self.criteria = criteria
        self.labels: dict[int, Labels] = {}
        self.centers: dict[int, Floats] = {}
        self.values: dict[str, dict[int, float]] = {name: {} for name in self._columns}
        self.errors: dict[str, dict[int, float]] = {name: {} for name in self._columns}
        self.notes: dict[tuple[int, str], str] = {}
        self._samples = samples = clusterer.samples
        self._clusterer = clusterer
        self._random_state = random_state
        self._log_within: dict[int, Float64s] = {}
        self._reference_centers: list[Floats] = []  # for the K before
        self._bic_of_one = np.nan
        self._graph: tuple[list[int], Clustergram] | None = None  # for these labels
        self._done: set[tuple[int, str]] = set()
        n_distinct = count_distinct(samples, n_clusters[-1])
        if n_distinct < n_clusters[0]:
            check_distinct_points(samples, n_clusters[0])
        for k in n_clusters:
            if k > n_distinct:
                points = "point" if n_distinct == 1 else "points"
                self._skip(k, f"There are only {n_distinct} distinct {points}.")

    # -- computing ---------------------------------------------------------------------------------

    def steps(self) -> Iterator[tuple[int, str]]:
        """Compute what is missing, a piece at a time.

        The inertia of all K comes first, then one criterion after the other. Stopping is to stop
        iterating, or an exception; a new iterator goes on where the last one ended.

        Yields
        ------
        (int, str)
            Number of clusters and criterion whose value, or note, is new. The inertia of a K may
            come twice, if the next K has led to a better clustering.
        """
        for k in self.n_clusters:
            if (k, "inertia") not in self._done:
                yield from self._compute(k, self._fit, "inertia")
        for name in self.criteria:
            if name == "inertia":
                continue
            work = {"gap": self._measure_gap, "stability": self._measure_stability}.get(
                name, partial(self._measure_index, name)
            )
            for k in self.n_clusters:
                if (k, name) not in self._done:
                    yield from self._compute(k, work, name)

    @property
    def complete(self) -> bool:
        """Whether everything is known, or known to be undefined."""
        return self.n_known == self.n_values

    @property
    def n_known(self) -> int:
        """How many of the `n_values` values are known, or known to be undefined."""
        return sum((k, name) in self._done for k in self.n_clusters for name in self._columns)

    @property
    def n_values(self) -> int:
        """Number of values: one for each K and criterion."""
        return len(self.n_clusters) * len(self._columns)

    @property
    def _columns(self) -> tuple[str, ...]:
        """The criteria, and the inertia, which is always known."""
        return tuple(dict.fromkeys(("inertia", *self.criteria)))

    def _compute(
        self, k: int, work: Callable[[int], Iterable[int]], name: str
    ) -> Iterator[tuple[int, str]]:
        """Do a piece of work; yield what has become known."""
        from kmeans_widget.estimator.inputs import allowed_threads  # scikit-learn: not in a session

        changed: Iterable[int] = (k,)
        try:
            with allowed_threads():
                changed = work(k)
        except ClustererError as error:
            self._skip(k, str(error), self._columns if name == "inertia" else (name,))
        for other in changed:
            self._done.add((other, name))
            yield other, name

    def _skip(self, k: int, why: str, names: Sequence[str] | None = None) -> None:
        """Note why values of one K are missing."""
        for name in self._columns if names is None else names:
            self.notes[k, name] = why
            self._done.add((k, name))

    def _set(self, k: int, name: str, value: float, error: float | None = None) -> None:
        self.values[name][k] = float(value)
        if error is not None:
            self.errors[name][k] = float(error)

    def _fit(self, k: int) -> list[int]:
        changed = self._clusterer.fit(k)
        for other in changed:
            found = self._clusterer.runs[other]
            self.labels[other], self.centers[other] = found.labels, found.centers
            self._set(other, "inertia", found.inertia)
        return changed

    def _measure_index(self, name: str, k: int) -> list[int]:
        """Compute a criterion from a labelling."""
        samples, criterion = self._samples, CRITERIA[name]
        rows = slice(None) if samples.sample_weight is None else samples.sample_weight > 0
        weights = None if samples.sample_weight is None else samples.sample_weight[rows]
        X, labels = samples.X[rows], self.labels[k][rows]
        names, codes = as_codes(labels, len(X))
        if name == "bic" and np.isnan(self._bic_of_one):
            self._bic_of_one = bic(X, np.zeros(len(X), np.intp), weights)
        if len(names) < criterion.least or (criterion.least > 1 and len(names) == len(X)):
            self.notes[k, name] = (
                f"{criterion.label} needs at least 2 clusters, and fewer than there are rows."
            )
        elif criterion.compute is None:
            found = measure(
                X, codes, names, exact=len(X) < EXACT_BELOW, random_state=self._random_state
            )
            self._set(k, name, found.score, found.std_error)
        elif np.isnan(value := criterion.compute(X, codes, weights)):
            self.notes[k, name] = "All rows lie on the centres of their clusters."
        else:
            self._set(k, name, value)
        return [k]

    def _measure_gap(self, k: int) -> list[int]:
        """Cluster a sample of the data, and featureless data of the same size and extent."""
        X, weights = self._sample
        box, n_sets = self._box, 1 + N_REFERENCES
        if len(box.low) == 0:
            self.notes[k, "gap"] = "All rows are equal."
            return [k]
        total = float(len(X) if weights is None else weights.sum())
        sizes = np.array([total] + [len(X)] * N_REFERENCES)
        within, within_one = np.empty(n_sets), np.empty(n_sets)
        centers: list[Any] = [None] * n_sets

        def work(i: int) -> None:
            data = X if i == 0 else box.draw(len(X), (self._random_state, i))
            own_weights = weights if i == 0 else None
            start = self._reference_centers[i] if self._reference_centers else None
            found = self._clusterer.cluster(
                data, own_weights, k, seed_of(self._random_state, i), start
            )
            within[i], centers[i] = found.inertia, found.centers
            within_one[i] = within_sum(data, np.zeros(len(data), np.intp), own_weights)

        self._clusterer.run([partial(work, i) for i in range(n_sets)])
        self._reference_centers = centers
        if not within.all():
            self.notes[k, "gap"] = "All rows lie on the centres of their clusters."
            return [k]
        self._log_within[1] = np.log(within_one / sizes)
        self._log_within[k] = np.log(within / sizes)
        self._set(k, "gap", *gap(self._log_within[k]))
        return [k]

    def _measure_stability(self, k: int) -> list[int]:
        """Compare the clusters of pairs of bootstrap samples, on the rows that both have."""
        X, weights = self._sample
        if k < CRITERIA["stability"].least or len(X) < max(_FEWEST_ROWS, k + 1):
            self.notes[k, "stability"] = (
                f"stability needs at least 2 clusters, fewer than there are rows, and "
                f"{_FEWEST_ROWS} rows."
            )
            return [k]
        found = np.empty(N_PAIRS)

        def label(rng: np.random.Generator, seed: int) -> tuple[Indices, Indices]:
            rows = np.sort(rng.integers(0, len(X), len(X)))
            own_weights = None if weights is None else weights[rows]
            found = self._clusterer.cluster(X[rows], own_weights, k, seed).labels
            _, labels = as_codes(found, len(rows))  # a clusterer may call one -1
            drawn, first = np.unique(rows, return_index=True)
            return drawn, labels[first]

        def work(pair: int) -> None:
            rng = np.random.default_rng((self._random_state, pair))
            (rows, labels), (its_rows, its_labels) = (
                label(rng, seed_of(self._random_state, 2 * pair + i)) for i in range(2)
            )
            _, here, there = np.intersect1d(rows, its_rows, assume_unique=True, return_indices=True)
            found[pair] = adjusted_rand(labels[here], its_labels[there])

        self._clusterer.run([partial(work, pair) for pair in range(N_PAIRS)])
        self._set(k, "stability", found.mean(), found.std(ddof=1) / np.sqrt(N_PAIRS))
        return [k]

    @cached_property
    def _sample(self) -> tuple[Floats, Float64s | None]:
        """Rows of positive weight, not too many, and their weights."""
        samples = self._samples
        rows = np.flatnonzero(samples.weights() > 0)
        n = min(self._clusterer.sample_size, max(_MOST_VALUES // samples.n_features, _LEAST_ROWS))
        rows = rows[subsample(len(rows), n)]
        return samples.rows(rows), None if samples.sample_weight is None else samples.weights(rows)

    @cached_property
    def _box(self) -> Box:
        return box_around(self._sample[0])

    # -- what was found ----------------------------------------------------------------------------

    @property
    def votes(self) -> dict[str, int | str]:
        """The number of clusters that each criterion names, or why it names none."""
        return {name: vote(name, self._curves) for name in self.criteria}

    @property
    def best(self) -> dict[str, int | None]:
        """The number of clusters that each criterion names, or None; `votes` says why."""
        return {name: k if isinstance(k, int) else None for name, k in self.votes.items()}

    @property
    def verdict(self) -> str:
        """What all criteria say, in one sentence."""
        if not self.complete:
            return f"Not complete: {self.n_known} of {self.n_values} values are known."
        said, shares = verdict(self.votes, self._curves), distance_shares(self._samples)
        if missing := [str(k) for k in self.n_clusters if k not in self.labels]:
            said = f"{said[:-1]}; there are no clusters for K = {', '.join(missing)}."
        if len(self.feature_names) < 2 or shares.max() <= DOMINANT:
            return said
        return (
            f"{said[:-1]}; column {self.feature_names[int(shares.argmax())]!r} alone makes up "
            f"{percent(float(shares.max()))} of the squared distances."
        )

    @property
    def _curves(self) -> Curves:
        return Curves(self.values, self.errors, self._log_within, self._bic_of_one)

    def panel(self, n_clusters: int) -> Any:
        """Open a panel on the data that starts from the centres found for this K.

        Raises
        ------
        ValueError
            If there is no clustering for this K.

        Returns
        -------
        KMeansWidget
        """
        package = importlib.import_module("kmeans_widget")  # the rest works without a notebook

        self._check_known(n_clusters)
        return package.KMeansWidget(
            self.X, init=self.centers[n_clusters], columns=column_names(self.X) or None,
            sample_weight=self._samples.sample_weight,
        )  # fmt: skip

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: a row for each number of clusters, NaN where undefined.

        Its columns are the criteria, and `gap_se`, the standard error of the gap statistic.
        """
        columns: dict[str, Any] = {"n_clusters": list(self.n_clusters)}
        for name in CRITERIA:
            columns[name] = self._column(self.values.get(name, {}))
            if name == "gap":
                columns["gap_se"] = self._column(self.errors.get(name, {}))
        return new_frame(columns, None).to_native().set_index("n_clusters")

    def _column(self, values: dict[int, float]) -> list[float]:
        return [values.get(k, np.nan) for k in self.n_clusters]

    def plot(self, ax: Any = None) -> Any:
        """Draw the criteria over the number of clusters, with a ring around the K that each names.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw all of them, each on a scale from its worst to its best value. None makes
            a figure with axes for each.

        Returns
        -------
        matplotlib.axes.Axes or matplotlib.figure.Figure
            `ax`, or the new figure.
        """
        names = [name for name in self._columns if self.values[name]]
        if ax is not None:
            for i, name in enumerate(names):
                self._draw_curve(ax, name, f"C{i}", relative=True)
            ax.set(xlabel="number of clusters", yticks=[])
            ax.legend()
            return ax
        figure = new_figure(6.0, 1.0 + 1.2 * len(names))
        for i, name in enumerate(names):
            panel = figure.add_subplot(
                len(names), 1, i + 1, sharex=figure.axes[0] if figure.axes else None
            )
            self._draw_curve(panel, name, f"C{i}", relative=False)
            panel.set_ylabel(CRITERIA[name].label, rotation=0, ha="right", va="center")
            panel.tick_params(labelbottom=name == names[-1])
        if names:
            figure.axes[-1].set(xlabel="number of clusters", xticks=self.n_clusters)
            figure.align_ylabels()
        figure.suptitle("\n".join(textwrap.wrap(self.verdict, 70)), fontsize="medium")
        return figure

    def silhouette_plot(self, n_clusters: int, ax: Any = None) -> Any:
        """Draw the silhouettes of one K: sorted bars for each cluster, and a line at the mean.

        Parameters
        ----------
        n_clusters : int
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.axes.Axes or matplotlib.figure.Figure
            `ax`, or the new figure.

        Raises
        ------
        ValueError
            If there is no clustering for this K, or it has a single cluster.
        """
        self._check_known(n_clusters)
        X, labels = self._samples.X, self.labels[n_clusters]
        return silhouette(X, labels, random_state=self._random_state).plot(ax)

    def _check_known(self, n_clusters: int) -> None:
        """Raise if there is no clustering for this K."""
        if n_clusters not in self.centers:
            raise ValueError(
                f"There is no clustering for K = {short_repr(n_clusters)}. Choose from "
                f"{', '.join(map(str, self.centers)) or 'none: nothing is computed yet'}."
            )

    @property
    def flows(self) -> Any:
        """A pandas DataFrame of the rows that go from a cluster to one for the next K.

        Columns: `from_k`, `from_cluster`, `to_k`, `to_cluster`, `n_rows`. Rows of weight 0 are left
        out; the next K is the next one whose labels are known.

        Examples
        --------
        >>> choose_k([[0.0], [1.0], [1.2], [9.0]], [2, 3], criteria="inertia").flows
           from_k  from_cluster  to_k  to_cluster  n_rows
        0       2             0     3           0       2
        1       2             0     3           2       1
        2       2             1     3           1       1
        """
        found = flows(self._weighted_labels)
        columns = {name: [flow[i] for flow in found] for i, name in enumerate(Flow._fields)}
        return new_frame(columns, None).to_native()

    def clustergram(self, ax: Any = None) -> Any:
        """Draw how the clusters for one K split into those for the next.

        Each cluster is a dot, whose area grows with its number of rows; a line between two clusters
        is the wider, the more rows they share (`flows`). A cluster passes its colour on to the one
        that gets most of its rows. A separate cluster keeps its rows when K grows: its lines run
        level, or split. Where there are no clusters, lines cross.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.axes.Axes or matplotlib.figure.Figure
            `ax`, or the new figure.

        Notes
        -----
        The height of a dot is the weighted mean of its rows: of a single column the mean of its
        values, of more columns that of their first principal component, for which the weighted mean
        of all rows is 0. Clusters that differ in other directions only lie on each other; the label
        says how much of the variance is seen.

        References
        ----------
        Schonlau, M. (2002), The clustergram: a graph for visualizing hierarchical and
        nonhierarchical cluster analyses. The Stata Journal 2(4), 391-402.
        doi:10.1177/1536867X0200200405

        Examples
        --------
        >>> from kmeans_widget import datasets
        >>> figure = choose_k(datasets.blobs(3).X, range(1, 6), criteria="inertia").clustergram()
        >>> figure.axes[0].get_ylabel()
        'first principal component (91 % of variance)'
        """
        return draw(ax, draw_clustergram, self.graph)

    @property
    def graph(self) -> Clustergram:
        """The dots and lines of the clustergram of all K that are known."""
        labels = self._weighted_labels
        if self._graph is None or self._graph[0] != [*map(id, self.labels.values())]:
            samples = self._samples
            X, weights = samples.X, samples.sample_weight
            if weights is not None:
                X, weights = X[weights > 0], weights[weights > 0]
            values, name = coordinate(X, weights, self.feature_names)
            graph = build_clustergram(labels, values, weights, name)
            self._graph = [*map(id, self.labels.values())], graph
        return self._graph[1]

    @property
    def _weighted_labels(self) -> dict[int, Labels]:
        """The labels of the rows of positive weight."""
        weights = self._samples.sample_weight
        rows = slice(None) if weights is None else weights > 0
        return {k: labels[rows] for k, labels in self.labels.items()}

    def _draw_curve(self, ax: Any, name: str, color: str, *, relative: bool) -> None:
        values, errors = self.values[name], self.errors[name]
        ks = sorted(values)
        heights = np.array([values[k] for k in ks])
        bars = np.array([errors.get(k, np.nan) for k in ks]) if errors else None
        if relative:
            extent = float(np.ptp(heights)) or 1.0
            heights, bars = (heights - heights.min()) / extent, None
            heights = 1 - heights if CRITERIA[name].best_is == "low" else heights
        ax.errorbar(ks, heights, bars, marker=".", color=color, label=CRITERIA[name].label)
        best = self.best.get(name)
        if best in ks:
            ax.plot(
                best, heights[ks.index(best)], "o", ms=11, mfc="none", color=color, clip_on=False
            )

    def __repr__(self) -> str:
        return f"KSelection: {self.verdict} {CAUTION}"


def _check_range(n_clusters: Any) -> tuple[int, ...]:
    """Return the numbers of clusters in ascending order, each once."""
    if isinstance(n_clusters, str) or not isinstance(n_clusters, Iterable):
        raise TypeError(
            f"n_clusters must be several numbers, such as range(2, 13), got "
            f"{short_repr(n_clusters)}."
        )
    ks = {check_integer("n_clusters", k, "the number of clusters", minimum=1) for k in n_clusters}
    if not ks:
        raise ValueError(
            "n_clusters is empty. Give some numbers of clusters, such as range(2, 13)."
        )
    return tuple(sorted(ks))


def _check_criteria(criteria: Any) -> tuple[str, ...]:
    """Return names of criteria in the order of the table."""
    if criteria is None:
        return tuple(CRITERIA)
    given = CRITERIA if criteria is None else criteria
    if not isinstance(given, Iterable):
        raise TypeError(
            f"criteria must be one or several of {quoted_list(list(CRITERIA))}, got "
            f"{short_repr(criteria)}."
        )
    asked = (given,) if isinstance(given, str) else tuple(given)
    for name in asked:
        if name not in CRITERIA:
            raise ValueError(
                f"Unknown criterion {short_repr(name)}{suggestion(str(name), list(CRITERIA))} "
                f"Choose from {quoted_list(list(CRITERIA))}."
            )
    return tuple(name for name in CRITERIA if name in asked)
