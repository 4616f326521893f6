"""KMeans: Lloyd's algorithm on all samples."""

from __future__ import annotations

import warnings
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.utils._param_validation import StrOptions

from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.core.lloyd import iterate, last_step
from kmeans_widget.core.trace import Step, Trace
from kmeans_widget.estimator.base import LEARNED, PARAMETERS, Clusterer, rounded
from kmeans_widget.estimator.inputs import (
    fit_context,
    random_numbers,
    read_init,
    read_new,
    start,
)
from kmeans_widget.estimator.progress import progress
from kmeans_widget.validation import check_n_clusters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats, Labels, Memory
    from kmeans_widget.estimator.inputs import AnySamples


class KMeans(Clusterer):
    r"""Split samples into k clusters, each around the mean of its members.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters, k.
    init : {"k-means++", "random", "farthest"}, callable or array-like, default="k-means++"
        Where to start: drawn far apart from each other; k samples at random, no two of them equal;
        each the farthest from those before; a function of (X, n_clusters, random_state), which gets
        X as it is, not centred; or the centres themselves, of shape (n_clusters, n_features).
    n_init : int or "auto", default="auto"
        Number of starts, of which the result with the smallest inertia is kept. "auto": 10 for
        "random" and a callable, otherwise 1.
    max_iter : int, default=300
        Iterations allowed for each start.
    tol : float, default=1e-4
        A run ends when the squared shift of the centres is no more than `tol` times the mean
        variance of the features.
    verbose : int, default=0
        When not 0, a bar shows start, iteration and inertia.
    random_state : int, RandomState or None, default=None
        Seed of the start; the numbers are drawn in scikit-learn's order, so an int gives the same
        start as there.
    copy_x : bool, default=True
        For scikit-learn's signature; the data are never written.
    algorithm : {"lloyd", "elkan"}, default="lloyd"
        For scikit-learn's signature: both names give the same result.
    keep_trace : bool, default=False
        Whether to keep the steps of the run that won, in `trace_`.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features), dtype of X
        The centres, in the units of X.
    labels_ : ndarray of shape (n_samples,), int32
        The nearest of these centres, for each sample: always what `predict` would say.
    inertia_ : float
        Sum of the squared distances to these centres, weighted if the samples are.
    n_iter_ : int
        Iterations of the run that won.
    trace_ : Trace
        Its steps, if `keep_trace`.
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had names.

    See Also
    --------
    MiniBatchKMeans : Learns from a few samples at a time.

    Notes
    -----
    Minimises, from one start,

    .. math:: \sum_i w_i \min_j \lVert x_i - c_j \rVert^2

    at the cost of O(n_samples * n_clusters * n_features) an iteration; for sparse X the stored
    values count instead of n_samples * n_features. Unlike scikit-learn, the labels belong to the
    centres even when a cluster was empty in the last iteration.

    For float32 data the centres are computed in float64 and rounded at the end. `predict`,
    `transform` and `score` use them as they were before rounding, unless `cluster_centers_` has
    been changed since.

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

    _learned_attributes: ClassVar[tuple[str, ...]] = (*LEARNED, "trace_")

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
        """Find the centres.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples. Float32 and float64 in C order, and CSR, are used as they are; anything
            else is converted, to float64 unless it is float32.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, not negative; None means 1 each.

        Returns
        -------
        KMeans
            Itself.

        Raises
        ------
        ValueError, TypeError
            When a parameter, X or the weights cannot be used; nothing has been computed then.

        Warns
        -----
        ConvergenceWarning
            When fewer than `n_clusters` clusters have samples, for want of distinct ones.
        """
        del y
        samples, matrix, features = read_new(X, sample_weight, self)
        check_n_clusters(self.n_clusters, samples)
        init = read_init(self.init, self.n_clusters, samples)
        n_starts = self._number_of_starts(default=10)
        self._warn_of_elkan()
        with random_numbers(self.random_state, init) as generator:
            starts = (
                start(init, self.n_clusters, samples, matrix, generator) for _ in range(n_starts)
            )
            learned = self._result(samples, *self._best_run(samples, starts, n_starts))
        return self._learn(features | learned)

    def _best_run(
        self, samples: AnySamples, starts: Iterator[Floats], n_starts: int
    ) -> tuple[Trace, Labels]:
        """Run from each start; return the run with the smallest inertia, and its labels."""
        best, labels = Trace(), np.empty(0, np.int32)
        tol = absolute_tolerance(self.tol, samples)
        with progress(type(self).__name__, n_starts * self.max_iter, verbose=self.verbose) as show:
            for i, centers in enumerate(starts):
                memory = samples.memory()
                run = self._run(samples, centers, tol, memory, partial(show, i * self.max_iter))
                # Less by more than rounding: the same clusters, found again, are not better.
                if not best or run[-1].inertia < best[-1].inertia * (1 - 1e-12):
                    best, labels = run, memory.labels
        return best, labels

    def _run(
        self,
        samples: AnySamples,
        centers: Floats,
        tol: float,
        memory: Memory,
        show: Callable[[int, str], object],
    ) -> Trace:
        """Run from one start; keep every step if a trace is wanted, else the last one."""
        where: Any = {"max_iter": self.max_iter, "tol": tol, "memory": memory}
        if not (self.verbose or self.keep_trace):
            return Trace((last_step(samples, centers, **where),))
        steps: deque[Step] = deque(maxlen=None if self.keep_trace else 1)
        for step in iterate(samples, centers, **where):
            steps.append(step)
            done = self.max_iter if step.stop else step.iteration
            show(done, f"iteration {step.iteration}, inertia {step.inertia:.6g}")
        return Trace(tuple(steps))

    def _result(self, samples: AnySamples, run: Trace, labels: Labels) -> dict[str, Any]:
        """Return what the run that won has found; warn if some clusters got no sample."""
        last = run[-1]
        if 0.0 in last.weight.tolist():
            n_found = int(np.count_nonzero(np.bincount(labels)))
            if n_found < self.n_clusters:
                self._warn_of_missing_clusters(n_found)
        return {
            **rounded(last.centers, samples.dtype),
            "labels_": labels,
            "inertia_": last.inertia,
            "n_iter_": last.iteration,
            **({"trace_": run} if self.keep_trace else {}),
        }

    def _has_plain_parameters(self) -> bool:
        """Tell whether all parameters are of the plainest type, and within their range."""
        # As scikit-learn, all may be set to anything.
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

    def _warn_of_elkan(self) -> None:
        if self.algorithm == "elkan" and self.n_clusters == 1:
            warnings.warn(
                "algorithm='elkan' doesn't make sense for a single cluster. Using 'lloyd' instead.",
                RuntimeWarning,
                stacklevel=5,
            )
