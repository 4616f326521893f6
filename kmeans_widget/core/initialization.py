"""Initialization: choose the first centres among the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.core.kernels.chunks import PART
from kmeans_widget.core.kernels.seeding import greedy_kmeans_plusplus

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices
    from kmeans_widget.core.samples import Samples

# Bytes. Where the distances to all candidates of a draw take more, those to the best one are
# measured again.
_MAX_CANDIDATE_MEMORY = 64_000_000


def initialize_centers(
    samples: Samples,
    n_clusters: int,
    init: str | npt.ArrayLike,
    random_state: np.random.RandomState,
) -> Floats:
    """Choose the initial centres.

    Parameters
    ----------
    samples : Samples
        With at least `n_clusters` samples of positive weight.
    n_clusters : int
        Number of centres.
    init : {"random", "k-means++", "farthest"} or array-like of shape (n_clusters, n_features)
        How to choose them, or the centres themselves.
    random_state : numpy.random.RandomState
        Source of random numbers. Given the same state, "random" and "k-means++" choose the same
        samples as scikit-learn.

    Returns
    -------
    ndarray of shape (n_clusters, n_features), dtype of the samples
        A copy.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> samples = ArraySamples(np.array([[0.0], [1.0], [10.0], [11.0]]))
    >>> initialize_centers(samples, 2, "random", np.random.RandomState(0))
    array([[10.],
           [ 1.]])
    >>> initialize_centers(samples, 2, [[0.0], [5.0]], np.random.RandomState(0))
    array([[0.],
           [5.]])
    """
    if isinstance(init, str):
        return samples.rows(choose(samples, n_clusters, init, random_state))
    return np.array(init, dtype=samples.dtype, order="C")


def choose(
    samples: Samples, n_clusters: int, init: str, random_state: np.random.RandomState
) -> Indices:
    """Choose the samples that become the initial centres, by the name of a method.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> samples = ArraySamples(np.array([[0.0], [1.0], [10.0], [11.0]]))
    >>> choose(samples, 2, "random", np.random.RandomState(0))
    array([2, 1])
    """
    return INIT_METHODS[init].choose(samples, n_clusters, random_state)


class Pick(NamedTuple):
    """How one of the initial centres was chosen.

    Attributes
    ----------
    row : int
        The sample that was taken.
    distance : float
        Its distance to the nearest centre chosen before; infinite for the first.
    candidates : tuple of int
        The different samples that it was taken from, in the order in which they were drawn.
    potentials : tuple of float
        The inertia if each of them became a centre.
    """

    row: int
    distance: float
    candidates: tuple[int, ...]
    potentials: tuple[float, ...]


def explain_picks(
    samples: Samples, n_clusters: int, init: str, random_state: np.random.RandomState
) -> list[Pick]:
    """Explain what `choose` chooses given the same random state, one centre after the other.

    Parameters
    ----------
    samples : Samples
    n_clusters : int
    init : str
        A key of `INIT_METHODS`.
    random_state : numpy.random.RandomState

    Returns
    -------
    list of Pick

    Notes
    -----
    Costs O(n_samples * n_clusters * n_trials * n_features), where `n_trials` is the number of
    candidates.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> samples = ArraySamples(np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]]))
    >>> explain_picks(samples, 2, "k-means++", np.random.RandomState(3))[1]
    Pick(row=1, distance=9.0, candidates=(1, 0), potentials=(7.0, 10.0))
    """
    method = INIT_METHODS[init]
    if method.draw is None:
        chosen = method.choose(samples, n_clusters, random_state)
        drawn = chosen[:, np.newaxis]
    else:
        chosen, drawn = method.draw(samples, n_clusters, random_state)
    closest, picks = np.full(samples.n_samples, np.inf, samples.distance_dtype), []
    for row, rows in zip(chosen.tolist(), drawn.tolist(), strict=True):
        candidates = tuple(dict.fromkeys(rows))
        points = samples.rows(np.array(candidates))
        potentials = samples.candidate_potentials(points, closest).sum(axis=1)
        distance = float(np.sqrt(closest[row]))
        picks.append(Pick(row, distance, candidates, tuple(potentials.tolist())))
        samples.update_min_distances(points[candidates.index(row)], closest)
    return picks


def preferences(samples: Samples, points: Floats, init: str) -> Float64s | None:
    """Return what decides about the next pick: the larger for a sample, the more it is preferred.

    Parameters
    ----------
    samples : Samples
    points : ndarray of shape (n_points, n_features)
        The centres chosen so far, at least one.
    init : str
        A key of `INIT_METHODS`.

    Returns
    -------
    ndarray of shape (n_samples,) or None
        For k-means++ proportional to the probability, for the farthest samples the squared
        distance; None where it is only the weight.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> samples = ArraySamples(np.array([[0.0], [1.0], [3.0]]), np.array([1.0, 2.0, 1.0]))
    >>> preferences(samples, np.array([[0.0]]), "k-means++")
    array([0., 2., 9.])
    """
    preference = INIT_METHODS[init].preference
    if preference is None:
        return None
    return np.asarray(preference(samples.weights(), _closest(samples, points)), np.float64)


def draw_distinct(
    samples: Samples, n_clusters: int, random_state: np.random.RandomState
) -> Indices:
    """Draw samples at random, no two of equal value.

    Parameters
    ----------
    samples : Samples
    n_clusters : int
    random_state : numpy.random.RandomState

    Returns
    -------
    ndarray of int, shape (n_clusters,)
        Drawn with probabilities proportional to the weights. Of several samples of equal value the
        first one stays; the others are drawn again from the samples with other values. If there
        are not enough of these, repeats remain.

    Notes
    -----
    Costs O(n_samples), and O(n_samples * n_clusters * n_features) only if there are repeats.
    """
    chosen = _draw(samples, n_clusters, random_state)
    # Drawn again from a copy, so that the next start gets the same numbers as in scikit-learn.
    spare = np.random.RandomState()
    spare.set_state(random_state.get_state())
    while repeats := _repeats(samples.rows(chosen)):
        kept = np.delete(chosen, repeats)
        others = samples.weights() * (_closest(samples, samples.rows(kept)) > 0)
        n_drawn = min(len(repeats), int(np.count_nonzero(others)))
        if n_drawn == 0:
            break
        drawn = spare.choice(samples.n_samples, n_drawn, replace=False, p=others / others.sum())
        chosen[repeats[:n_drawn]] = drawn
    return np.asarray(chosen, dtype=np.intp)


def _draw(samples: Samples, n: int, random_state: np.random.RandomState) -> Indices:
    """Draw n samples, with probabilities proportional to their weights.

    As ``random_state.choice(n_samples, n, replace=False, p=weights / weights.sum())``, bit for bit,
    which needs four arrays of this size at once instead of one.
    """
    chosen = np.empty(0, dtype=np.intp)
    while len(chosen) < n:
        wanted = random_state.random_sample(n - len(chosen))
        if samples.sample_weight is None:
            shares = np.full(samples.n_samples, 1 / samples.n_samples)
        else:
            shares = samples.sample_weight / samples.sample_weight.sum()
        shares[chosen] = 0
        np.cumsum(shares, out=shares)
        shares /= shares[-1]
        found = shares.searchsorted(wanted, side="right")
        _, first = np.unique(found, return_index=True)
        chosen = np.concatenate([chosen, found[np.sort(first)]])
    return chosen


def draw_plus_plus(
    samples: Samples,
    n_clusters: int,
    random_state: np.random.RandomState,
    n_trials: int | None = None,
) -> Indices:
    r"""Draw samples far from each other: greedy k-means++.

    Parameters
    ----------
    samples : Samples
    n_clusters : int
    random_state : numpy.random.RandomState
    n_trials : int, default=None
        Candidates for each sample after the first; None means ``2 + int(log(n_clusters))``, 1 is
        k-means++ that is not greedy.

    Returns
    -------
    ndarray of int, shape (n_clusters,)

    Notes
    -----
    The first sample is drawn by weight. Each further one is drawn with probability

    .. math:: p_i = w_i D_i^2 / \sum_m w_m D_m^2

    where :math:`D_i` is the distance to the closest sample chosen so far. Of `n_trials` such
    candidates, the one with the smallest remaining inertia is taken. Costs
    O(n_samples * n_clusters * n_trials * n_features).

    References
    ----------
    Arthur, D. & Vassilvitskii, S. (2007), k-means++: the advantages of careful seeding. SODA,
    1027-1035.

    Examples
    --------
    >>> from kmeans_widget.core.samples import ArraySamples
    >>> samples = ArraySamples(np.array([[1.0, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]]))
    >>> draw_plus_plus(samples, 2, np.random.RandomState(0))
    array([3, 2])
    """
    return _draw_greedily(samples, n_clusters, random_state, n_trials)[0]


def _draw_greedily(
    samples: Samples,
    n_clusters: int,
    random_state: np.random.RandomState,
    n_trials: int | None = None,
) -> tuple[Indices, Indices]:
    """Draw as `draw_plus_plus`; return also the candidates, shape (n_clusters, n_trials)."""
    n_trials = n_trials or 2 + int(np.log(n_clusters))
    first = _draw_by_weight(samples, random_state)
    numbers = random_state.random_sample((n_clusters - 1, n_trials))
    # Few samples: the loop below in one kernel call, which draws the same ones in a fifth of the
    # time or less. Medians of paired rounds: 28 instead of 159 µs for 30 x 2, k 2; 38 and 286 for
    # 150 x 4, k 3; 144 and 1079 for 1000 x 2, k 8; 745 and 10876 for 1797 x 64, k 10 (Xeon).
    transposed = samples.transposed_copy(n_clusters)
    if transposed is not None:
        return greedy_kmeans_plusplus(transposed, first, numbers)
    chosen = np.full(n_clusters, first, dtype=np.intp)
    candidates = np.full((n_clusters, n_trials), first, dtype=np.intp)
    # `closest` holds every D², `part_sums` the sums of w D² over the parts of the samples: what
    # `update_min_distances` and `candidate_potentials` return.
    closest = np.full(samples.n_samples, np.inf, samples.distance_dtype)
    part_sums = samples.update_min_distances(samples.rows(chosen[:1])[0], closest)
    candidate_min_distances = None
    if n_trials * closest.nbytes <= _MAX_CANDIDATE_MEMORY:
        candidate_min_distances = np.empty((n_trials, samples.n_samples), closest.dtype)
    for i in range(1, n_clusters):
        candidates[i] = _search_cumulated(samples, part_sums, closest, numbers[i - 1])
        points = samples.rows(candidates[i])
        potentials = samples.candidate_potentials(points, closest, candidate_min_distances)
        best = int(potentials.sum(axis=1).argmin())
        chosen[i] = candidates[i, best]
        if candidate_min_distances is None:
            part_sums = samples.update_min_distances(points[best], closest)
        else:
            # Those of the best candidate are the new ones.
            closest[:], part_sums = candidate_min_distances[best], potentials[best]
    return chosen, candidates


def pick_farthest(
    samples: Samples, n_clusters: int, random_state: np.random.RandomState
) -> Indices:
    """Pick a random sample, then repeatedly the one farthest from all picked so far.

    Parameters
    ----------
    samples : Samples
    n_clusters : int
    random_state : numpy.random.RandomState

    Returns
    -------
    ndarray of int, shape (n_clusters,)
        The lowest index wins ties; samples without weight are not picked.

    Notes
    -----
    Costs O(n_samples * n_clusters * n_features). It finds well separated groups, but also outliers
    first.

    References
    ----------
    Gonzalez, T. F. (1985), Clustering to minimize the maximum intercluster distance.
    doi:10.1016/0304-3975(85)90224-5
    """
    chosen = np.empty(n_clusters, dtype=np.intp)
    chosen[0] = _draw_by_weight(samples, random_state)
    closest = np.where(samples.weights() > 0, np.inf, 0.0).astype(samples.distance_dtype)
    for i in range(1, n_clusters):
        samples.update_min_distances(samples.rows(chosen[i - 1 : i])[0], closest)
        chosen[i] = np.argmax(closest)
    return chosen


class InitMethod(NamedTuple):
    """One way to choose the initial centres.

    Parameters
    ----------
    label : str
        What the panel calls it.
    phrase : str
        How the points are chosen, as in "3 points are the first centroids, drawn at random".
    choose : callable
        From samples, n_clusters and a RandomState to the indices of the samples chosen.
    draw : callable, optional
        From the same to these indices and those of the candidates that each was chosen from, shape
        (n_clusters, n_trials). None: there is one candidate each.
    preference : callable, optional
        From the weights and the squared distances to the nearest centre so far to what decides
        about the next one, see `preferences`. None: only the weight, or nothing.
    is_certain : bool
        Whether the sample that is preferred most is the next centre.
    further : str
        What a centre after the first is, in a sentence: `{likely}` says how likely the points are
        by their weights, `{distance}` is that to the nearest centre before, `{inertia}` what is
        left of the inertia.
    larger : str
        What it means that a point is drawn larger than another one, in a sentence.
    reason : str
        Why that is so, said once; `{weight}` is "weight times its " if points have weights, else
        empty.
    """

    label: str
    phrase: str
    choose: Callable[[Samples, int, np.random.RandomState], Indices]
    draw: Callable[[Samples, int, np.random.RandomState], tuple[Indices, Indices]] | None = None
    preference: Callable[[Float64s, Floats], Floats] | None = None
    is_certain: bool = False
    further: str = "another point"
    larger: str = ""
    reason: str = ""


INIT_METHODS: dict[str, InitMethod] = {
    "random": InitMethod(
        "random points", "drawn at random", draw_distinct,
        further="another point, drawn at random, {likely}",
    ),
    "k-means++": InitMethod(
        "k-means++", "drawn far apart by k-means++", draw_plus_plus,
        draw=_draw_greedily,
        preference=np.multiply,
        further="another point, drawn by chance, which leaves an inertia of {inertia}",
        larger="the larger a point, the likelier it is next",
        reason=", by its {weight}squared distance to the nearest centroid",
    ),
    "farthest": InitMethod(
        "farthest points", "each the farthest from those before it", pick_farthest,
        preference=lambda weights, closest: np.where(weights > 0, closest, 0.0),
        is_certain=True,
        further="the point farthest from all centroids before, at a distance of {distance}",
        larger="the larger a point, the farther it is from its nearest centroid",
    ),
}  # fmt: skip
"""All start methods by name. Estimators, panel, sentences, `%kmeans` and messages read this."""


def _draw_by_weight(samples: Samples, random_state: np.random.RandomState) -> int:
    """Draw one sample with probability proportional to its weight, as `RandomState.choice` does."""
    if samples.sample_weight is None:
        return int(random_state.random_sample() * samples.n_samples)
    cumulated = np.cumsum(samples.sample_weight / samples.sample_weight.sum())
    drawn = np.searchsorted(cumulated / cumulated[-1], random_state.random_sample(), side="right")
    return int(drawn)


def _search_cumulated(
    samples: Samples, part_sums: Float64s, closest: Floats, numbers: Float64s
) -> Indices:
    """Find the samples at which the cumulated sum reaches these shares, as scikit-learn does.

    `part_sums` tell in which part each of them is, so only that part is cumulated.
    """
    ends = np.cumsum(part_sums)
    drawn = numbers * ends[-1]
    parts = np.minimum(np.searchsorted(ends, drawn), len(ends) - 1)
    chosen = np.empty(len(numbers), dtype=np.intp)
    for i, part in enumerate(parts):
        rows = slice(part * PART, (part + 1) * PART)
        within = closest[rows].astype(np.float64)
        if samples.sample_weight is not None:
            within *= samples.sample_weight[rows]
        np.cumsum(within, out=within)
        position = within.searchsorted(drawn[i] - (ends[part] - part_sums[part]))
        chosen[i] = rows.start + min(position, len(within) - 1)  # rounding may lead beyond the last
    return chosen


def _closest(samples: Samples, points: Floats) -> Floats:
    """Return squared distances to the closest of the points, shape (n_samples,)."""
    closest = np.full(samples.n_samples, np.inf, samples.distance_dtype)
    for point in points:
        samples.update_min_distances(point, closest)
    return closest


def _repeats(rows: Floats) -> list[int]:
    """List the rows that equal an earlier row."""
    _, first = np.unique(rows, axis=0, return_index=True)
    return sorted(set(range(len(rows))) - set(first.tolist()))
