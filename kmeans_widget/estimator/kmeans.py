"""KMeans: Lloyd's algorithm."""

from __future__ import annotations

import warnings
from collections import deque
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.utils._param_validation import StrOptions

from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.core.lloyd import iterate, last_step
from kmeans_widget.core.trace import Step, Trace
from kmeans_widget.estimator.base import FITTED, PARAMETERS, Clusterer, center_attributes
from kmeans_widget.estimator.batches import draw
from kmeans_widget.estimator.inputs import (
    choose_centers,
    fit_context,
    fit_data_in_blocks,
    random_generator,
    validate_fit_data,
    validate_init,
    validate_init_of_blocks,
)
from kmeans_widget.estimator.progress import progress
from kmeans_widget.validation import check_n_clusters
from kmeans_widget.validation.parameters import check_integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats, Labels, Memory
    from kmeans_widget.core.blocks import BlockSamples


class KMeans(Clusterer):
    r"""K-means clustering by Lloyd's algorithm.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters to form.
    init : {"k-means++", "random", "farthest"}, callable or array-like, default="k-means++"
        Method of initialisation. "k-means++": samples that are far apart, drawn with probability
        proportional to the squared distance; "random": samples drawn at random, no two of them
        equal; "farthest": each centre is the sample farthest from the previous ones. A callable
        takes (X, n_clusters, random_state) and returns centres; X is not centred. An array of shape
        (n_clusters, n_features) gives the centres themselves.
    n_init : int or "auto", default="auto"
        Number of runs from different initial centres; the one with the smallest inertia is kept.
        "auto": 10 for "random" and a callable, else 1.
    max_iter : int, default=300
        Maximum number of iterations of a run.
    tol : float, default=1e-4
        A run stops when the squared shift of the centres is at most `tol` times the mean variance
        of the features.
    verbose : int, default=0
        If not 0, a progress bar shows iteration and inertia.
    random_state : int, RandomState or None, default=None
        Seed of the initialisation. Random numbers are drawn in scikit-learn's order, so an int
        gives the same initial centres.
    copy_x : bool, default=True
        Accepted for compatibility with scikit-learn; the data are never modified.
    algorithm : {"lloyd", "elkan"}, default="lloyd"
        Accepted for compatibility with scikit-learn; both give the same result.
    keep_trace : bool, default=False
        Whether to keep the steps of the best run in `trace_`.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features), dtype of X
        The centres, in the units of X.
    labels_ : ndarray of shape (n_samples,), int32
        Index of the nearest of these centres for each sample; always equal to `predict(X)`.
    inertia_ : float
        Weighted sum of the squared distances to the nearest centre, in squared units of X.
    n_iter_ : int
        Number of iterations of the best run.
    trace_ : Trace
        The steps of the best run, if `keep_trace`.
    sample_inertia_ : float
        After `fit_sample` only: the inertia of the sample, scaled to the weight of all samples.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if X has names that are all strings.

    See Also
    --------
    MiniBatchKMeans : Updates the centres from one mini-batch at a time.

    Notes
    -----
    Finds a local minimum of the inertia

    .. math:: \sum_i w_i \min_j \lVert x_i - c_j \rVert^2

    at a cost of O(n_samples * n_clusters * n_features) per iteration; for sparse X, the number of
    stored values replaces n_samples * n_features. Unlike in scikit-learn, the labels belong to the
    returned centres even if a cluster was empty in the last iteration.

    For float32 data, the centres are computed in float64 and rounded at the end. `predict`,
    `transform` and `score` use the unrounded centres, unless `cluster_centers_` has been changed.

    References
    ----------
    Lloyd, S. P. (1982), Least squares quantization in PCM. doi:10.1109/TIT.1982.1056489

    Examples
    --------
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> kmeans = KMeans(n_clusters=2, random_state=0).fit(X)
    >>> kmeans.labels_
    array([1, 1, 1, 0, 0, 0], dtype=int32)
    >>> kmeans.predict([[0, 0], [12, 3]])
    array([1, 0], dtype=int32)
    >>> kmeans.cluster_centers_
    array([[10.,  2.],
           [ 1.,  2.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **PARAMETERS,
        "copy_x": ["boolean"],
        "algorithm": [StrOptions({"lloyd", "elkan"})],
        "keep_trace": ["boolean"],
    }

    _fitted_attributes: ClassVar[tuple[str, ...]] = (*FITTED, "trace_", "sample_inertia_")

    def __init__(  # noqa: PLR0913  scikit-learn's signature
        self,
        n_clusters: int = 8,
        *,
        init: Any = "k-means++",
        n_init: int | str = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
        copy_x: bool = True,
        algorithm: str = "lloyd",
        keep_trace: bool = False,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.copy_x = copy_x
        self.algorithm = algorithm
        self.keep_trace = keep_trace

    @fit_context
    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Compute the centres.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), or data in blocks
            The samples. C-contiguous arrays and CSR matrices of float32 or float64 are not copied;
            anything else is converted, to float64 unless it is float32.

            Data in blocks may be larger than memory, and are read in every iteration: the names of
            .parquet, .feather, .arrow, .npy or .zarr files, a folder of them, a pattern such as
            "events/*.parquet" or a list; a pyarrow Dataset, a polars LazyFrame, a DuckDB relation
            or a Zarr array; or what `kmeans_widget.scan` returns. Of tables, the numeric columns
            are used, but for identifiers. "k-means++" chooses from a sample of 50,000 rows, or
            100 for each cluster, and `init` may be "k-means||", too.

            Of a dask array, a dask DataFrame or a list of delayed blocks, the blocks are computed
            on the workers of the client, or else on threads; `labels_` is a lazy dask array.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or str, default=None
            Weight of each sample, not negative; None means 1 each. A str is the name of a column of
            tables in blocks; with dask, they may be its array or Series.

        Returns
        -------
        KMeans
            The fitted estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X or the weights are invalid; the estimator is not changed then.

        Warns
        -----
        ConvergenceWarning
            If fewer than `n_clusters` clusters have samples, as X has too few distinct ones.
        """
        del y
        if (found := fit_data_in_blocks(X, sample_weight)) is not None:
            with closing(found[0]):
                return self._fit_blocks(*found)
        samples, matrix, features = validate_fit_data(X, sample_weight, self)
        check_n_clusters(self.n_clusters, samples)
        init = validate_init(self.init, self.n_clusters, samples)
        n_starts = self._n_starts(default=10)
        self._warn_elkan()
        with random_generator(self.random_state, init) as generator:
            starts = (
                choose_centers(init, self.n_clusters, samples, matrix, generator)
                for _ in range(n_starts)
            )
            result = self._result(samples, *self._best_run(samples, starts, n_starts))
        return self._set_fitted(features | result)

    @fit_context
    def fit_sample(
        self,
        X: Any,
        y: Any = None,
        sample_weight: npt.ArrayLike | None = None,
        *,
        n_samples: int = 100_000,
    ) -> Self:
        """Compute the centres from a random sample, then the labels of all samples.

        Reads data in blocks three times, however many iterations the sample needs.

        Parameters
        ----------
        X, y, sample_weight
            As of `fit`.
        n_samples : int, default=100_000
            Size of the sample.

        Returns
        -------
        KMeans
            The fitted estimator itself. Its `labels_` and `inertia_` are those of all samples, and
            `sample_inertia_` is the inertia of the sample, times the total weight of all samples
            over its own: it is lower the more the centres fit only the sample.

        Raises
        ------
        ValueError, TypeError
            As `fit`; or if `n_samples` is less than `n_clusters`.

        Examples
        --------
        >>> X = np.random.default_rng(0).normal(size=(5000, 2))
        >>> kmeans = KMeans(3, random_state=0).fit_sample(X, n_samples=500)
        >>> print(f"{kmeans.sample_inertia_:.0f}, on all samples {kmeans.inertia_:.0f}")
        4161, on all samples 4539
        """
        del y
        blocks = fit_data_in_blocks(X, sample_weight)
        samples, matrix, features = (
            validate_fit_data(X, sample_weight, self)
            if blocks is None
            else (blocks[0], None, blocks[1])
        )
        check_n_clusters(self.n_clusters, samples)
        n = check_integer("n_samples", n_samples, "the size of the sample", minimum=1)
        with random_generator(self.random_state) as generator:
            sample, matrix = draw(samples, matrix, n, generator)
            check_n_clusters(self.n_clusters, sample)
            init = validate_init(self.init, self.n_clusters, sample)
            n_starts = self._n_starts(default=10)
            starts = (
                choose_centers(init, self.n_clusters, sample, matrix, generator)
                for _ in range(n_starts)
            )
            run, _ = self._best_run(sample, starts, n_starts)
        memory = samples.memory()
        sums = samples.accumulate(run[-1].centers, memory)
        share = float(sums.weight.sum()) / float(sample.weights().sum())
        exact = {"inertia_": sums.inertia, "sample_inertia_": run[-1].inertia * share}
        result = self._result(samples, run, samples.final_labels(memory))
        return self._set_fitted(features | result | exact)

    def _fit_blocks(self, samples: BlockSamples, features: dict[str, Any]) -> Self:
        """Compute the centres of data that are read in blocks."""
        check_n_clusters(self.n_clusters, samples)
        init = validate_init_of_blocks(self.init, self.n_clusters, samples)
        n_starts = self._n_starts(default=1)  # each reads all data many times
        with random_generator(self.random_state) as generator:
            starts = (
                samples.choose_centers(self.n_clusters, init, generator)
                if isinstance(init, str)
                else init
                for _ in range(n_starts)
            )
            result = self._result(samples, *self._best_run(samples, starts, n_starts))
        return self._set_fitted(features | result)

    def _best_run(
        self, samples: Any, starts: Iterator[Floats], n_starts: int
    ) -> tuple[Trace, Labels]:
        """Run from each of the initial centres; return the best run and its labels."""
        best, labels = Trace(), np.empty(0, np.int32)
        tol = absolute_tolerance(self.tol, samples)
        with progress(type(self).__name__, n_starts * self.max_iter, verbose=self.verbose) as show:
            for i, centers in enumerate(starts):
                memory = samples.memory()
                run = self._run(samples, centers, tol, memory, partial(show, i * self.max_iter))
                # Ignore rounding: finding the same clusters again is not an improvement.
                if not best or run[-1].inertia < best[-1].inertia * (1 - 1e-12):
                    best, labels = run, samples.final_labels(memory)
        return best, labels

    def _run(
        self,
        samples: Any,
        centers: Floats,
        tol: float,
        memory: Memory,
        show: Callable[[int, str], object],
    ) -> Trace:
        """Run once; the trace has every step if `keep_trace`, else only the last one."""
        options: Any = {"max_iter": self.max_iter, "tol": tol, "memory": memory}
        if not (self.verbose or self.keep_trace):
            return Trace((last_step(samples, centers, **options),))
        steps: deque[Step] = deque(maxlen=None if self.keep_trace else 1)
        for step in iterate(samples, centers, **options):
            steps.append(step)
            done = self.max_iter if step.stop else step.iteration
            show(done, f"iteration {step.iteration}, inertia {step.inertia:.6g}")
        return Trace(tuple(steps))

    def _result(self, samples: Any, run: Trace, labels: Labels) -> dict[str, Any]:
        """Return the fitted attributes of the best run; warn if some clusters are empty."""
        last = run[-1]
        if 0.0 in last.weight.tolist():
            n_found = len(np.asarray(np.unique(labels)))  # those of dask are computed now
            if n_found < self.n_clusters:
                self._warn_missing_clusters(n_found)
        return {
            **center_attributes(last.centers, samples.dtype),
            "labels_": labels,
            "inertia_": last.inertia,
            "n_iter_": last.iteration,
            **({"trace_": run} if self.keep_trace else {}),
        }

    def _skips_parameter_validation(self) -> bool:
        """Whether all parameters have their usual type and are within range."""
        # They may have been set to anything, as in scikit-learn.
        init, n_init, seed, algorithm = (
            getattr(self, name) for name in ("init", "n_init", "random_state", "algorithm")
        )
        return (
            type(self)._parameter_constraints is KMeans._parameter_constraints  # noqa: SLF001
            and type(self.n_clusters) is type(self.max_iter) is type(self.verbose) is int
            and self.n_clusters >= 1
            and self.max_iter >= 1
            and self.verbose == 0
            and (type(init) is np.ndarray or (type(init) is str and init in INIT_METHODS))
            and ((type(n_init) is str and n_init == "auto") or (type(n_init) is int and n_init > 0))
            and type(self.tol) in (int, float)
            and 0 <= self.tol < np.inf
            and (seed is None or (type(seed) is int and 0 <= seed < 2**32))
            and {type(self.copy_x), type(self.keep_trace)} == {bool}
            and type(algorithm) is str
            and algorithm in ("lloyd", "elkan")
        )

    def _warn_elkan(self) -> None:
        if self.algorithm == "elkan" and self.n_clusters == 1:
            warnings.warn(
                "algorithm='elkan' doesn't make sense for a single cluster. Using 'lloyd' instead.",
                RuntimeWarning,
                stacklevel=5,
            )
