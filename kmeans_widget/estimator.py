"""KMeans with scikit-learn's contract, on top of the same loop that the panel shows."""

from __future__ import annotations

import warnings
from collections import deque
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.initialization import INIT_METHODS, initialize_centers
from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.trace import Step, Trace
from kmeans_widget.validation import as_samples, check_init, check_n_clusters

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Labels
    from kmeans_widget.core.samples import ArraySamples


class KMeans(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    r"""Split samples into k clusters, each around the mean of its members.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters, k.
    init : {"k-means++", "random", "farthest"}, callable or array-like, default="k-means++"
        Where to start: drawn far apart from each other; k distinct samples at random; each the
        farthest from those before; a function of (X, n_clusters, random_state); or the centres
        themselves, of shape (n_clusters, n_features).
    n_init : int or "auto", default="auto"
        Number of starts, of which the result with the smallest inertia is kept. "auto": 10 for
        "random" and a callable, otherwise 1.
    max_iter : int, default=300
        Iterations allowed for each start.
    tol : float, default=1e-4
        A run ends when the squared shift of the centres is no more than `tol` times the mean
        variance of the features.
    verbose : int, default=0
        When not 0, one line is printed for each iteration.
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
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
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

    Notes
    -----
    Minimises, from one start,

    .. math:: \sum_i w_i \min_j \lVert x_i - c_j \rVert^2

    at the cost of O(n_samples * n_clusters * n_features) an iteration. Unlike scikit-learn, the
    labels belong to the centres even when a cluster was empty in the last iteration.

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
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "init": [StrOptions(set(INIT_METHODS)), callable, "array-like"],
        "n_init": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
        "copy_x": ["boolean"],
        "algorithm": [StrOptions({"lloyd", "elkan"})],
        "keep_trace": ["boolean"],
    }

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

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Find the centres.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The samples.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample; None means 1 each.

        Returns
        -------
        KMeans
            Itself.
        """
        del y
        samples = as_samples(X, sample_weight=sample_weight)
        validate_data(self, X, skip_check_array=True)  # names and number of features
        check_n_clusters(self.n_clusters, samples)
        best: Trace | None = None
        for start in self._starts(samples):
            run = self._run(samples, start)
            # Less by more than rounding: the same clusters, found again, do not count as better.
            if best is None or run[-1].inertia < best[-1].inertia * (1 - 1e-12):
                best = run
        self._keep(best or Trace(), samples)
        return self

    def fit_predict(
        self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None
    ) -> Labels:
        """Find the centres; return the label of each sample. Parameters as in `fit`."""
        labels: Labels = self.fit(X, y, sample_weight=sample_weight).labels_
        return labels

    def fit_transform(
        self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None
    ) -> Float64s:
        """Find the centres; return the distances to them. Parameters as in `fit`."""
        distances: Float64s = self.fit(X, y, sample_weight=sample_weight).transform(X)
        return distances

    def predict(self, X: Any) -> Labels:
        """Return the nearest centre of each sample, shape (n_samples,), int32.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            With the features seen by `fit`.
        """
        return self._seen(X).assign(self.cluster_centers_)

    def transform(self, X: Any) -> Float64s:
        """Return the distance of each sample to each centre, in the units of X.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            With the features seen by `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_clusters), float64
        """
        distances: Float64s = np.sqrt(self._seen(X).squared_distances(self.cluster_centers_))
        return distances.T

    def score(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return minus the inertia that these samples have with the centres found.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            With the features seen by `fit`.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample; None means 1 each.
        """
        del y
        samples = self._seen(X, sample_weight)
        return -samples.accumulate(self.cluster_centers_, samples.memory()).inertia

    @property
    def _n_features_out(self) -> int:
        """Number of columns of `transform`, for scikit-learn's `get_feature_names_out`."""
        return len(self.cluster_centers_)

    def _seen(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> ArraySamples:
        """Let new data in, if they have the features seen by `fit`."""
        check_is_fitted(self)
        samples = as_samples(X, sample_weight=sample_weight)
        validate_data(self, X, reset=False, skip_check_array=True)
        return samples

    def _starts(self, samples: ArraySamples) -> Iterator[Floats]:
        """Yield the centres of each start, drawn one after the other as scikit-learn draws."""
        random_state = check_random_state(self.random_state)
        for _ in range(self._number_of_starts()):
            init = self.init
            if callable(init):
                init = init(np.array(samples.X), self.n_clusters, random_state=random_state)
            init = check_init(init, self.n_clusters, samples)
            yield initialize_centers(samples, self.n_clusters, init, random_state)

    def _number_of_starts(self) -> int:
        given = not isinstance(self.init, str) and not callable(self.init)
        if self.n_init == "auto":
            return 10 if callable(self.init) or str(self.init) == "random" else 1
        if given and self.n_init != 1:
            warnings.warn(
                "Explicit initial center position passed: performing only one init in "
                f"{type(self).__name__} instead of n_init={self.n_init}.",
                RuntimeWarning,
                stacklevel=4,
            )
            return 1
        return int(self.n_init)

    def _run(self, samples: ArraySamples, start: Floats) -> Trace:
        """Run from one start; keep every step if a trace is wanted, else the last one."""
        steps: deque[Step] = deque(maxlen=None if self.keep_trace else 1)
        tol = absolute_tolerance(self.tol, samples)
        for step in iterate(samples, start, max_iter=self.max_iter, tol=tol):
            if self.verbose:
                print(f"Iteration {step.iteration}, inertia {step.inertia}.")  # noqa: T201  asked for
            steps.append(step)
        return Trace(tuple(steps))

    def _keep(self, run: Trace, samples: ArraySamples) -> None:
        """Write the result down."""
        last = run[-1]
        self.cluster_centers_ = np.array(last.centers)
        self.labels_ = samples.assign(last.centers)
        self.inertia_ = last.inertia
        self.n_iter_ = last.iteration
        if self.keep_trace:
            self.trace_ = run
        elif hasattr(self, "trace_"):
            del self.trace_
        n_found = len(np.unique(self.labels_))
        if n_found < self.n_clusters:
            warnings.warn(
                f"Number of distinct clusters ({n_found}) found smaller than n_clusters "
                f"({self.n_clusters}). Possibly due to duplicate points in X.",
                ConvergenceWarning,
                stacklevel=4,
            )
