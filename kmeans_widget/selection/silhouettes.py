"""Silhouettes: how much closer each row is to its own cluster than to the nearest other one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core.kernels.intrinsics.llvm import BLOCK
from kmeans_widget.core.kernels.silhouette import as_tiles, distance_sums
from kmeans_widget.core.kernels.threads import run
from kmeans_widget.datasets import Dataset
from kmeans_widget.distributed.sources import check_in_memory
from kmeans_widget.selection.charts import draw
from kmeans_widget.selection.labellings import as_codes
from kmeans_widget.validation import as_table, check_seed
from kmeans_widget.validation.tables import check_same_index, new_frame

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices

EXACT_BELOW = 20_000
"""Below this number of rows, all pairs are measured: under half a second for 10 features."""

SAMPLE_SIZE = 10_000
"""Rows of a sample; all pairs of them take a tenth of a second."""

_LEAST = 50  # rows of a cluster in a sample, if it has as many
_N_GROUPS = 10  # of the jackknife
_MOST_BARS = 2_000  # of a plot; more are not seen
_TASK_PAIRS = 4_000_000  # pairs of a task: about 5 ms


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """Silhouettes of rows, and their mean.

    Parameters
    ----------
    score : float
        Mean silhouette of all rows, or an estimate of it; in [-1, 1].
    std_error : float
        Standard error of `score`; 0 if it is exact.
    values : ndarray of shape (n_measured,), float64
        The silhouettes of the rows that were measured.
    rows : ndarray of shape (n_measured,), int
        Their positions in X, in ascending order; all rows if exact.
    labels : ndarray of shape (n_measured,)
        Their clusters.
    neighbors : ndarray of shape (n_measured,)
        The nearest other cluster of each.
    n_rows : int
        Number of rows of X.
    """

    score: float
    std_error: float
    values: Float64s
    rows: Indices
    labels: npt.NDArray[Any]
    neighbors: npt.NDArray[Any]
    n_rows: int

    @property
    def exact(self) -> bool:
        """Whether all rows were measured against all rows."""
        return len(self.rows) == self.n_rows

    def to_frame(self) -> Any:
        """Return a pandas DataFrame of `row`, `cluster`, `neighbor` and `silhouette`."""
        columns = {
            "row": self.rows,
            "cluster": self.labels,
            "neighbor": self.neighbors,
            "silhouette": self.values,
        }
        return new_frame(columns, None).to_native()

    def plot(self, ax: Any = None) -> Any:
        """Draw a sorted bar for each row, cluster by cluster, and a line at the mean.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.axes.Axes or matplotlib.figure.Figure
            `ax`, or the new figure.
        """
        return draw(ax, _draw_bars, self)

    def __repr__(self) -> str:
        if self.exact:
            return f"Silhouette({self.score:.4g}, of all {self.n_rows:,} rows)"
        return (
            f"Silhouette({self.score:.4g} ± {self.std_error:.2g}, "
            f"from {len(self.rows):,} of {self.n_rows:,} rows)"
        )


def silhouette(
    X: Any, labels: npt.ArrayLike, *, exact: bool | None = None, random_state: int = 0
) -> Silhouette:
    r"""Measure how much closer rows are to their own cluster than to the nearest other one.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame or Dataset
        Finite numbers.
    labels : array-like of shape (n_samples,)
        The cluster of each row, from any method: numbers or names. As in scikit-learn, -1 is a
        cluster like any other.
    exact : bool, default=None
        Whether all pairs of rows are measured. False estimates the mean from a sample of 10,000
        rows; None does so from 20,000 rows on.
    random_state : int, default=0
        Seed of the sample.

    Returns
    -------
    Silhouette
        With the attributes `score`, `std_error`, `values`, `rows`, `labels`, `neighbors`.

    Raises
    ------
    ValueError, TypeError
        If X or the labels are invalid, or there are fewer than 2 clusters, or as many as rows.

    See Also
    --------
    choose_k : Compare numbers of clusters by this and other criteria.

    Notes
    -----
    With the mean distance :math:`a_i` to the other rows of its cluster and the smallest mean
    distance :math:`b_i` to the rows of another cluster,

    .. math:: s_i = \frac{b_i - a_i}{\max(a_i, b_i)}

    and 0 for the only row of a cluster. These are scikit-learn's `silhouette_samples`. Costs
    O(n_samples² * n_features) time in blocks, and O(n_samples * n_clusters) memory.

    The sample has the same share of every cluster, but at least 50 rows of each that has as many.
    Its rows are compared with each other, each cluster counts by its true size, and the standard
    error is that of a delete-a-group jackknife: it allows for both, that not all rows are
    averaged, and that mean distances are those to sampled rows. Costs O(10,000² * n_features).

    References
    ----------
    Rousseeuw, P. J. (1987), Silhouettes: a graphical aid to the interpretation and validation of
    cluster analysis. doi:10.1016/0377-0427(87)90125-7

    Examples
    --------
    >>> found = silhouette([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1])
    >>> found
    Silhouette(0.8885, of all 4 rows)
    >>> found.values.round(4)
    array([0.8947, 0.8824, 0.8824, 0.8947])
    """
    check_in_memory(X)
    matrix = as_table(X).samples.X
    check_same_index(labels, X.X if isinstance(X, Dataset) else X, "labels")
    names, codes = as_codes(labels, len(matrix))
    _check_number_of_clusters(len(names), len(matrix))
    if exact is None:
        exact = len(matrix) < EXACT_BELOW
    seed = check_seed(random_state)
    from kmeans_widget.estimator.inputs import allowed_threads  # scikit-learn: not in a session

    with allowed_threads():
        return measure(matrix, codes, names, exact=exact, random_state=seed)


def measure(
    X: Floats, codes: Indices, names: npt.NDArray[Any], *, exact: bool, random_state: int = 0
) -> Silhouette:
    """Measure silhouettes of valid data; see `silhouette`.

    `codes` are the positions in `names` of the clusters of the rows; none of them is empty.
    """
    sizes = np.bincount(codes)
    rows, groups = np.arange(len(codes)), np.zeros(len(codes), np.intp)
    if not exact:
        rows, groups = _draw(codes, sizes, np.random.default_rng(random_state))
    n_groups = int(groups.max()) + 1
    sample, own = np.ascontiguousarray(X[rows], np.float64), codes[rows]
    counts = np.zeros((len(sizes), n_groups))
    np.add.at(counts, (own, groups), 1)
    values, neighbors = np.empty((n_groups, len(rows))), np.empty(len(rows), np.intp)
    tiles, targets = as_tiles(sample), own * n_groups + groups
    size = BLOCK * max(_TASK_PAIRS // (BLOCK * len(rows)), 1)

    def work(part: slice) -> None:
        sums = distance_sums(sample[part], tiles, targets, counts.size)
        sums = sums.reshape(-1, *counts.shape)
        values[0, part], neighbors[part] = _silhouettes(sums.sum(2), counts.sum(1), own[part])
        for group in range(1, n_groups):  # without it
            of_others = np.delete(sums, group, axis=2).sum(2)
            left = np.delete(counts, group, axis=1).sum(1)
            values[group, part], _ = _silhouettes(of_others, left, own[part])

    parts = [slice(i, i + size) for i in range(0, len(rows), size)]
    run([lambda part=part: work(part) for part in parts])  # type: ignore[misc]
    left_out = [
        _stratified_mean(values[group, groups != group], own[groups != group], sizes)
        for group in range(1, n_groups)
    ]
    return Silhouette(
        _stratified_mean(values[0], own, sizes),
        _jackknife_error(left_out) * float(np.sqrt(1 - len(rows) / len(codes))),
        values[0],
        rows,
        names[own],
        names[neighbors],
        len(codes),
    )


def _jackknife_error(left_out: list[float]) -> float:
    """Return the standard error of a mean, given the means without each of the groups."""
    n = len(left_out)
    return float(np.sqrt((n - 1) * np.var(left_out))) if n else 0.0


def _silhouettes(sums: Float64s, counts: Float64s, own: Indices) -> tuple[Float64s, Indices]:
    """Return silhouettes and nearest other clusters.

    Parameters
    ----------
    sums : ndarray of shape (n_points, n_clusters)
        Of the distances to the rows of each cluster.
    counts : ndarray of shape (n_clusters,)
        Numbers of these rows, the point itself included.
    own : ndarray of shape (n_points,)
    """
    points = np.arange(len(own))
    inner = sums[points, own] / np.maximum(counts[own] - 1, 1)
    means = sums / counts
    means[points, own] = np.inf
    neighbors = means.argmin(axis=1)
    outer = means[points, neighbors]
    largest = np.maximum(inner, outer)
    largest[largest == 0] = 1  # all of these rows are equal
    values = (outer - inner) / largest
    values[counts[own] <= 1] = 0
    return values, neighbors


def _draw(codes: Indices, sizes: Indices, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Draw rows of every cluster; divide them into groups 1, 2, ...; group 0 is never left out.

    Clusters of which all rows are drawn belong to group 0: they cause no sampling error.
    """
    drawn: list[Indices] = []
    groups: list[Indices] = []
    for cluster, size in enumerate(sizes):
        n = min(size, max(round(SAMPLE_SIZE * size / len(codes)), _LEAST))
        members = np.flatnonzero(codes == cluster)
        drawn.append(members if n == size else rng.choice(members, n, replace=False))
        groups.append(np.zeros(n, np.intp) if n == size else 1 + np.arange(n) % _N_GROUPS)
    rows = np.concatenate(drawn)
    order = np.argsort(rows)
    return rows[order], np.concatenate(groups)[order]


def _stratified_mean(values: Float64s, own: Indices, sizes: Indices) -> float:
    """Average over the clusters' means, each weighted by the true size of its cluster."""
    means = np.bincount(own, values, minlength=len(sizes)) / np.bincount(own, minlength=len(sizes))
    return float(means @ sizes / sizes.sum())


def _draw_bars(ax: Any, found: Silhouette) -> None:
    """Draw the silhouettes of every cluster as bars, the longest on top, and a line at the mean."""
    step = -(-len(found.values) // _MOST_BARS)
    names, codes = np.unique(found.labels, return_inverse=True)
    top = 0
    ticks = []
    for cluster in range(len(names)):
        bars = np.sort(found.values[codes == cluster])[::step]
        ax.fill_betweenx(
            np.arange(top, top + len(bars) + 1), 0, np.append(bars, bars[-1:]), step="post",
            color=f"C{cluster % 10}", linewidth=0,
        )  # fmt: skip
        ticks.append(top + len(bars) / 2)
        top += len(bars) + max(len(found.values) // step // 50, 1)
    ax.set_yticks(ticks, [str(name) for name in names])
    ax.axvline(found.score, color="0.3", linestyle="--", linewidth=1)
    ax.set(ylabel="cluster", xlabel="silhouette")
    error = "" if found.exact else f" ± {found.std_error:.2g}"
    ax.set_title(f"mean silhouette {found.score:.3f}" + error)


def _check_number_of_clusters(n_clusters: int, n_rows: int) -> None:
    if not 2 <= n_clusters < n_rows:
        raise ValueError(
            f"Number of labels is {n_clusters}. Valid values are 2 to n_samples - 1 (inclusive): "
            f"silhouettes compare a row with the others of its cluster and with another cluster."
        )
