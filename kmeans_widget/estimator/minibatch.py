"""MiniBatchKMeans: k-means on mini-batches."""

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
from kmeans_widget.estimator.base import FITTED, PARAMETERS, Clusterer, center_attributes
from kmeans_widget.estimator.batches import (
    Batches,
    centers_from_subset,
    resolve_init_size,
    take,
)
from kmeans_widget.estimator.inputs import (
    fit_context,
    random_generator,
    refuse_blocks,
    validate_fit_data,
    validate_init,
    validate_new_data,
)
from kmeans_widget.estimator.progress import progress
from kmeans_widget.validation import check_n_clusters, count_distinct

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.estimator.inputs import AnySamples


class MiniBatchKMeans(Clusterer):
    r"""Mini-batch k-means clustering.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters to form.
    init : {"k-means++", "random", "farthest"}, callable or array-like, default="k-means++"
        Method of initialisation, as in `KMeans`; applied to `init_size` samples.
    max_iter : int, default=100
        Maximum number of passes: at most ``max_iter * n_samples`` samples are drawn.
    batch_size : int, default=1024
        Number of samples in a mini-batch.
    verbose : int, default=0
        If not 0, a progress bar shows the number of batches and the mean squared distance.
    compute_labels : bool, default=True
        Whether to compute the labels of all samples at the end.
    random_state : int, RandomState or None, default=None
        Seed; random numbers are drawn in the order of scikit-learn 1.9.
    tol : float, default=0.0
        If above 0, the fit also stops when the squared shift of the centres in a step is at most
        `tol` times the mean variance of the features.
    max_no_improvement : int or None, default=10
        The fit stops when the moving average of the inertia has not improved for this many
        batches; None disables this criterion.
    init_size : int, default=None
        Number of samples for the initialisation; None means ``3 * batch_size``, or
        ``3 * n_clusters`` if that is less than `n_clusters`.
    n_init : int or "auto", default="auto"
        Number of initialisations; the one with the smallest inertia on `init_size` samples is used.
        "auto": 3 for "random" and a callable, else 1.
    reassignment_ratio : float, default=0.01
        Centres of clusters with less than this fraction of the largest cluster's weight are
        periodically replaced by samples of the batch.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features), dtype of X
        The centres, in the units of X.
    labels_ : ndarray of shape (n_samples,), int32
        Index of the nearest of these centres for each sample (after `partial_fit`: of the last
        batch); only if `compute_labels`.
    inertia_ : float
        Weighted sum of the squared distances to the nearest centre, in squared units of X; without
        `compute_labels`, an estimate by `fit` from the last batches.
    n_iter_ : int
        Number of passes: samples drawn divided by n_samples, rounded up.
    n_steps_ : int
        Number of mini-batches processed.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if X has names that are all strings.

    See Also
    --------
    KMeans : Uses all samples in every iteration, and reaches a smaller inertia.

    Notes
    -----
    Each step moves the centre of a cluster to the mean of all samples assigned to it so far. A step
    costs O(batch_size * n_clusters * n_features).

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

    _fitted_attributes: ClassVar[tuple[str, ...]] = (
        *FITTED,
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
        """Compute the centres from mini-batches drawn at random.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, not negative; None means 1 each. Samples are drawn with
            probability proportional to their weight.

        Returns
        -------
        MiniBatchKMeans
            The fitted estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X or the weights are invalid; the estimator is not changed then.

        Warns
        -----
        ConvergenceWarning
            If X has fewer distinct points than `n_clusters`; scikit-learn does not warn here.
        """
        del y
        refuse_blocks(X)
        samples, matrix, features = validate_fit_data(X, sample_weight, self)
        init, n_starts, batch_size, init_size = self._prepare(samples)
        with random_generator(self.random_state) as generator:
            validation_set = take(samples, generator.randint(0, samples.n_samples, init_size))
            starts = [
                centers_from_subset(samples, matrix, init_size, init, self.n_clusters, generator)
                for _ in range(n_starts)
            ]
            memory = validation_set.memory
            centers = min(starts, key=lambda c: validation_set.accumulate(c, memory()).inertia)
            result = self._run(samples, centers, batch_size, generator)
        return self._set_fitted(features | result)

    @fit_context
    def partial_fit(
        self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Update the centres with one mini-batch; the first call also initialises them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples of the mini-batch.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, not negative; None means 1 each.

        Returns
        -------
        MiniBatchKMeans
            The updated estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X or the weights are invalid; the estimator is not changed then.
        """
        del y
        refuse_blocks(X)
        is_fitted = hasattr(self, "cluster_centers_")
        samples, matrix, features = (
            (validate_new_data(X, sample_weight, self), None, {})
            if is_fitted
            else validate_fit_data(X, sample_weight, self)
        )
        random_state = getattr(self, "_random_state", self.random_state)
        with random_generator(random_state) as generator:
            state, batch_size = self._fitted_state(samples) if is_fitted else self._initial_state(
                samples, matrix, generator
            )  # fmt: skip
            reassignment = Reassignment(self.reassignment_ratio, batch_size)
            state, _ = mini_batch_step(samples, state, reassignment, generator)
            result = self._result(samples, state, batch_size)
        n_steps = getattr(self, "n_steps_", 0) + 1
        # All at once, as in `fit`; other attributes of an earlier fit are kept.
        self.__dict__ = (
            vars(self) | features | result | {"n_steps_": n_steps, "_random_state": generator}
        )
        return self

    def _prepare(self, samples: AnySamples) -> tuple[Any, int, int, int]:
        """Validate the parameters; return init, n_init, batch_size and init_size as resolved."""
        check_n_clusters(self.n_clusters, samples)
        init = validate_init(self.init, self.n_clusters, samples)
        n_starts = self._n_starts(default=3)
        n_samples = samples.n_samples
        batch_size = min(self.batch_size, n_samples)
        init_size = resolve_init_size(self.init_size, batch_size, self.n_clusters, n_samples)
        return init, n_starts, batch_size, init_size

    def _run(
        self, samples: AnySamples, centers: Floats, batch_size: int, generator: Any
    ) -> dict[str, Any]:
        """Run mini-batch steps until early stopping; return the fitted attributes."""
        state = MiniBatchState(centers.astype(np.float64), np.zeros(self.n_clusters))
        n_steps = self.max_iter * samples.n_samples // batch_size
        batches = Batches(samples, batch_size, generator)
        reassignment = Reassignment(self.reassignment_ratio, batch_size)
        tol = absolute_tolerance(self.tol, samples)
        stopping = EarlyStopping(batch_size, samples.n_samples, tol, self.max_no_improvement)
        with progress(type(self).__name__, n_steps, verbose=self.verbose) as show:
            state, step, mean = batches.run(state, reassignment, stopping, n_steps, show)
        n_distinct = count_distinct(samples, self.n_clusters)
        if n_distinct < self.n_clusters:
            self._warn_missing_clusters(n_distinct)
        return {
            "inertia_": mean * float(samples.weights().sum()),
            "n_steps_": step,
            "n_iter_": -(-step * batch_size // samples.n_samples),
            **self._result(samples, state, batch_size),
        }

    def _initial_state(
        self, samples: AnySamples, matrix: Any, generator: Any
    ) -> tuple[MiniBatchState, int]:
        """Return the state before the first `partial_fit`, and the batch size."""
        init, _, batch_size, init_size = self._prepare(samples)
        centers = centers_from_subset(samples, matrix, init_size, init, self.n_clusters, generator)
        return MiniBatchState(centers.astype(np.float64), np.zeros(self.n_clusters)), batch_size

    def _fitted_state(self, samples: AnySamples) -> tuple[MiniBatchState, int]:
        """Return the state after the previous fit, and the batch size."""
        centers = np.asarray(self._centers(samples), dtype=np.float64)
        return MiniBatchState(centers, self._counts, self._n_since_last_reassign), self._batch_size

    def _result(
        self, samples: AnySamples, state: MiniBatchState, batch_size: int
    ) -> dict[str, Any]:
        """Return the fitted attributes, with the labels of these samples if `compute_labels`."""
        result: dict[str, Any] = {
            **center_attributes(state.centers, samples.dtype),
            "_counts": state.weight,
            "_n_since_last_reassign": state.since_reassignment,
            "_batch_size": batch_size,
        }
        if self.compute_labels:
            memory = samples.memory()
            result["inertia_"] = samples.accumulate(state.centers, memory).inertia
            result["labels_"] = memory.labels
        return result
