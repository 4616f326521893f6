"""MiniBatchKMeans: a few samples at a time."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.utils._param_validation import Interval

from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.minibatch import (
    EarlyStopping,
    MiniBatchState,
    Reassignment,
    mini_batch_step,
)
from kmeans_widget.estimator.base import LEARNED, PARAMETERS, Clusterer, rounded
from kmeans_widget.estimator.batches import Batches, start_among, start_size, take
from kmeans_widget.estimator.inputs import (
    fit_context,
    random_numbers,
    read_init,
    read_new,
    read_seen,
)
from kmeans_widget.estimator.progress import progress
from kmeans_widget.validation import check_n_clusters, count_distinct

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.estimator.inputs import AnySamples


class MiniBatchKMeans(Clusterer):
    r"""Split samples into k clusters, learning from a few of them at a time.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters, k.
    init : {"k-means++", "random", "farthest"}, callable or array-like, default="k-means++"
        Where to start, as in `KMeans`; found among `init_size` samples.
    max_iter : int, default=100
        At most so many times n_samples samples are looked at.
    batch_size : int, default=1024
        Samples in a batch.
    verbose : int, default=0
        When not 0, a bar shows the batch and its inertia.
    compute_labels : bool, default=True
        Whether to assign all samples to the centres at the end.
    random_state : int, RandomState or None, default=None
        Seed; the numbers are drawn in the order of scikit-learn 1.9.
    tol : float, default=0.0
        When above 0, the fit also ends when the squared shift of the centres in a step is no more
        than `tol` times the mean variance of the features.
    max_no_improvement : int or None, default=10
        The fit ends when the moving average of the inertia has not improved for so many batches;
        None: not for that reason.
    init_size : int, default=None
        Samples among which the start is found; None means ``3 * batch_size``, or
        ``3 * n_clusters`` if that many are not enough.
    n_init : int or "auto", default="auto"
        Number of starts, of which the one with the smallest inertia, on `init_size` samples, is
        used. "auto": 3 for "random" and a callable, otherwise 1.
    reassignment_ratio : float, default=0.01
        Clusters with less than this share of the largest cluster's weight start again, now and
        then, from samples of the batch.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features), dtype of X
        The centres, in the units of X.
    labels_ : ndarray of shape (n_samples,), int32
        The nearest of these centres, for each sample (of the last batch, after `partial_fit`); only
        if `compute_labels`.
    inertia_ : float
        Sum of the squared distances to these centres, weighted if the samples are; without
        `compute_labels`, estimated by `fit` from the last batches.
    n_iter_ : int
        How many times n_samples samples were looked at, rounded up.
    n_steps_ : int
        Number of batches.
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had names.

    See Also
    --------
    KMeans : Looks at all samples in every iteration, and ends with a smaller inertia.

    Notes
    -----
    A batch moves the centre of each cluster to the mean of all samples that it has been given so
    far. A step costs O(batch_size * n_clusters * n_features).

    References
    ----------
    Sculley, D. (2010), Web-scale k-means clustering. WWW, 1177-1178. doi:10.1145/1772690.1772862

    Examples
    --------
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> kmeans = MiniBatchKMeans(n_clusters=2, random_state=0, batch_size=6).fit(X)
    >>> kmeans.predict([[0, 0], [12, 3]])
    array([1, 0], dtype=int32)
    >>> stream = MiniBatchKMeans(n_clusters=2, random_state=0)
    >>> stream.partial_fit(X[:3]).partial_fit(X[3:]).n_steps_
    2
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **PARAMETERS,
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "compute_labels": ["boolean"],
        "max_no_improvement": [Interval(Integral, 0, None, closed="left"), None],
        "init_size": [Interval(Integral, 1, None, closed="left"), None],
        "reassignment_ratio": [Interval(Real, 0, None, closed="left")],
    }

    _learned_attributes: ClassVar[tuple[str, ...]] = (
        *LEARNED,
        "n_steps_", "_counts", "_n_since_last_reassign", "_batch_size", "_random_state",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913  scikit-learn's signature
        self,
        n_clusters: int = 8,
        *,
        init: Any = "k-means++",
        max_iter: int = 100,
        batch_size: int = 1024,
        verbose: int = 0,
        compute_labels: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 0.0,
        max_no_improvement: int | None = 10,
        init_size: int | None = None,
        n_init: int | str = "auto",
        reassignment_ratio: float = 0.01,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.verbose = verbose
        self.compute_labels = compute_labels
        self.random_state = random_state
        self.tol = tol
        self.max_no_improvement = max_no_improvement
        self.init_size = init_size
        self.n_init = n_init
        self.reassignment_ratio = reassignment_ratio

    @fit_context
    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Find the centres from batches drawn at random.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, not negative; None means 1 each. Samples are drawn in proportion.

        Returns
        -------
        MiniBatchKMeans
            Itself.

        Raises
        ------
        ValueError, TypeError
            When a parameter, X or the weights cannot be used; nothing has been computed then.

        Warns
        -----
        ConvergenceWarning
            When X has fewer distinct points than `n_clusters`; scikit-learn says nothing here.
        """
        del y
        samples, matrix, features = read_new(X, sample_weight, self)
        init, n_starts, batch_size, init_size = self._prepare(samples)
        with random_numbers(self.random_state) as generator:
            judges = take(samples, generator.randint(0, samples.n_samples, init_size))
            starts = [
                start_among(samples, matrix, init_size, init, self.n_clusters, generator)
                for _ in range(n_starts)
            ]
            centers = min(starts, key=lambda c: judges.accumulate(c, judges.memory()).inertia)
            learned = self._run(samples, centers, batch_size, generator)
        return self._learn(features | learned)

    @fit_context
    def partial_fit(
        self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Learn from one batch; the first one also gives the start.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The batch.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, not negative; None means 1 each.

        Returns
        -------
        MiniBatchKMeans
            Itself.

        Raises
        ------
        ValueError, TypeError
            When a parameter, X or the weights cannot be used; nothing has been learned then.
        """
        del y
        begun = hasattr(self, "cluster_centers_")
        samples, matrix, features = (
            (read_seen(X, sample_weight, self), None, {})
            if begun
            else read_new(X, sample_weight, self)
        )
        random_state = getattr(self, "_random_state", self.random_state)
        with random_numbers(random_state) as generator:
            before, batch_size = self._begun(samples) if begun else self._begin(
                samples, matrix, generator
            )  # fmt: skip
            reassignment = Reassignment(self.reassignment_ratio, batch_size)
            learned, _ = mini_batch_step(samples, before, reassignment, generator)
            result = self._result(samples, learned, batch_size)
        n_steps = getattr(self, "n_steps_", 0) + 1
        # In one go, as `fit` does; what an earlier fit has found and this does not change stays.
        self.__dict__ = (
            vars(self) | features | result | {"n_steps_": n_steps, "_random_state": generator}
        )
        return self

    def _prepare(self, samples: AnySamples) -> tuple[Any, int, int, int]:
        """Check the parameters against the data; return start, number, and sizes of samples."""
        check_n_clusters(self.n_clusters, samples)
        init = read_init(self.init, self.n_clusters, samples)
        n_starts = self._number_of_starts(default=3)
        batch_size = min(self.batch_size, samples.n_samples)
        init_size = start_size(self.init_size, batch_size, self.n_clusters, samples.n_samples)
        return init, n_starts, batch_size, init_size

    def _run(
        self, samples: AnySamples, centers: Floats, batch_size: int, generator: Any
    ) -> dict[str, Any]:
        """Learn from batch after batch until that brings no more; return what was found."""
        begun = MiniBatchState(centers.astype(np.float64), np.zeros(self.n_clusters))
        n_steps = self.max_iter * samples.n_samples // batch_size
        batches = Batches(samples, batch_size, generator)
        reassignment = Reassignment(self.reassignment_ratio, batch_size)
        tol = absolute_tolerance(self.tol, samples)
        settling = EarlyStopping(batch_size, samples.n_samples, tol, self.max_no_improvement)
        with progress(type(self).__name__, n_steps, verbose=self.verbose) as show:
            learned, step, mean = batches.learn(begun, reassignment, settling, n_steps, show)
        n_points = count_distinct(samples, self.n_clusters)
        if n_points < self.n_clusters:
            self._warn_of_missing_clusters(n_points)
        return {
            "inertia_": mean * float(samples.weights().sum()),
            "n_steps_": step,
            "n_iter_": -(-step * batch_size // samples.n_samples),
            **self._result(samples, learned, batch_size),
        }

    def _begin(
        self, samples: AnySamples, matrix: Any, generator: Any
    ) -> tuple[MiniBatchState, int]:
        """Start from the first batch of a stream."""
        init, _, batch_size, init_size = self._prepare(samples)
        centers = start_among(samples, matrix, init_size, init, self.n_clusters, generator)
        return MiniBatchState(centers.astype(np.float64), np.zeros(self.n_clusters)), batch_size

    def _begun(self, samples: AnySamples) -> tuple[MiniBatchState, int]:
        """Go on from what was learned before."""
        centers = np.asarray(self._centers(samples), dtype=np.float64)
        return MiniBatchState(centers, self._counts, self._n_since_last_reassign), self._batch_size

    def _result(
        self, samples: AnySamples, learned: MiniBatchState, batch_size: int
    ) -> dict[str, Any]:
        """Return what to write down, with the labels of these samples if they are wanted."""
        result: dict[str, Any] = {
            **rounded(learned.centers, samples.dtype),
            "_counts": learned.weight,
            "_n_since_last_reassign": learned.since_reassignment,
            "_batch_size": batch_size,
        }
        if self.compute_labels:
            memory = samples.memory()
            result["inertia_"] = samples.accumulate(learned.centers, memory).inertia
            result["labels_"] = memory.labels
        return result
