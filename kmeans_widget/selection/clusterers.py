"""How a sweep over K clusters: K-means of this package, or a clusterer of scikit-learn's kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kmeans_widget.core.convergence import absolute_tolerance
from kmeans_widget.core.kernels.threads import run
from kmeans_widget.core.samples import ArraySamples, subsample
from kmeans_widget.selection.indices import within_sum
from kmeans_widget.selection.labellings import as_codes, cluster_means
from kmeans_widget.selection.runs import Run, draw_centers, extended, merged, run_from, seed_of
from kmeans_widget.validation.messages import error_summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kmeans_widget.core.arrays import Float64s, Floats

_TOL = 1e-4  # relative, as in `KMeans`
_FINISH_FROM = 100_000  # samples; of more, starts compete on a part of the data
_PART = 50_000  # samples


class ClustererError(Exception):
    """A user's clusterer has raised; the message is one sentence."""


class Clusterer(Protocol):
    """Clusters data into a given number of clusters."""

    samples: ArraySamples
    """All data."""

    sample_size: int
    """Rows to which featureless data and bootstraps are limited."""

    def fit(self, k: int) -> list[int]:
        """Cluster all data; return the K whose entries in `runs` are new."""
        ...

    @property
    def runs(self) -> dict[int, Run]:
        """The best run for each K so far."""
        ...

    def cluster(
        self, X: Floats, weights: Float64s | None, k: int, seed: int, start: Floats | None = None
    ) -> Run:
        """Cluster other data; `start` are centres for a smaller K, to begin with."""
        ...

    def run(self, tasks: Iterable[Callable[[], object]]) -> None:
        """Run tasks that call `cluster`."""
        ...


class Lloyd:
    """K-means; solutions for one K are starts for the next ones.

    Parameters
    ----------
    samples : ArraySamples
    n_init : int
        Number of starts by k-means++ for each K.
    random_state : int
        Seed of the first of them.

    Notes
    -----
    Further starts are the centres for the K before with the farthest samples, so the inertia never
    rises with K, and the centres for K + 1 with one pair merged. Of more than 100,000 samples, all
    of these starts compete on 50,000; the winner is run to its end on all.
    """

    sample_size = 10_000
    run = staticmethod(run)

    def __init__(self, samples: ArraySamples, n_init: int, random_state: int) -> None:
        self.samples = samples
        self.n_init = n_init
        self.random_state = random_state
        self.runs: dict[int, Run] = {}
        self._part = samples
        self._of_part = self.runs
        if samples.n_samples > _FINISH_FROM:
            rows = subsample(samples.n_samples, _PART)
            weights = None if samples.sample_weight is None else samples.weights(rows)
            self._part, self._of_part = ArraySamples(samples.rows(rows), weights), {}

    def fit(self, k: int) -> list[int]:
        """Cluster all samples; K - 1 may gain from it, too."""
        before = max((other for other in self._of_part if other < k), default=None)
        start = None if before is None else self._of_part[before].centers
        new = {k: _best_run(self._part, k, self.n_init, self.random_state, start)}
        if before is not None and before == k - 1:
            fewer_start = merged(new[k], self._part.sample_weight)
            fewer = run_from(self._part, fewer_start, tol=absolute_tolerance(_TOL, self._part))
            if fewer.inertia < self._of_part[before].inertia * (1 - 1e-9):
                new[before] = fewer
        self._of_part.update(new)
        for changed in sorted(new):
            self.runs[changed] = self._finished(changed)
        return sorted(new)

    def _finished(self, k: int) -> Run:
        """Run to the end on all samples; no worse than for the K before."""
        best, tol = self._of_part[k], absolute_tolerance(_TOL, self.samples)
        if self._part is not self.samples:
            found = run_from(self.samples, best.centers, tol=tol)
            best = min(found, self.runs.get(k, found), key=lambda run: run.inertia)
        before = max((other for other in self.runs if other < k), default=None)
        if before is not None and best.inertia > self.runs[before].inertia:
            more = extended(self.samples, self.runs[before].centers, k)
            best = best if more is None else run_from(self.samples, more, tol=tol)
        return best

    def cluster(
        self, X: Floats, weights: Float64s | None, k: int, seed: int, start: Floats | None = None
    ) -> Run:
        """Take the best of `n_init` starts, or of one and the extended `start`."""
        n_init = self.n_init if start is None else 1
        return _best_run(ArraySamples(X, weights), k, n_init, seed, start)


def _best_run(samples: ArraySamples, k: int, n_init: int, seed: int, smaller: Floats | None) -> Run:
    """Run from several starts; return the run with the lowest inertia."""
    starts = [draw_centers(samples, k, "k-means++", seed_of(seed, i)) for i in range(n_init)]
    if smaller is not None and (more := extended(samples, smaller, k)) is not None:
        starts.append(more)
    tol = absolute_tolerance(_TOL, samples)
    return min(
        (run_from(samples, centers, tol=tol) for centers in starts), key=lambda run: run.inertia
    )


class Cloned:
    """A clusterer with scikit-learn's interface and a parameter `n_clusters`: cloned for each K.

    Its inertia is that of the clusters' means.
    """

    sample_size = 2_000  # many clusterers take quadratic time and memory

    def __init__(self, samples: ArraySamples, estimator: Any) -> None:
        if isinstance(estimator, type):
            raise TypeError(f"estimator must be an object: use {estimator.__name__}().")
        if not (hasattr(estimator, "fit_predict") and "n_clusters" in estimator.get_params()):
            raise TypeError(
                f"estimator must have fit_predict and a parameter n_clusters, as scikit-learn's "
                f"AgglomerativeClustering(); {type(estimator).__name__} has not."
            )
        self.samples = samples
        self.estimator = estimator
        self.runs: dict[int, Run] = {}

    def fit(self, k: int) -> list[int]:
        """Cluster all samples."""
        self.runs[k] = self.cluster(self.samples.X, self.samples.sample_weight, k, 0)
        return [k]

    def cluster(
        self, X: Floats, weights: Float64s | None, k: int, seed: int, start: Floats | None = None
    ) -> Run:
        """Fit a clone; rows keep their weights if its `fit` takes any."""
        from sklearn.base import clone
        from sklearn.utils.validation import has_fit_parameter

        del seed, start
        options: dict[str, Any] = {}
        if weights is not None and has_fit_parameter(self.estimator, "sample_weight"):
            options["sample_weight"] = weights
        try:
            fitted = clone(self.estimator).set_params(n_clusters=k).fit(X, **options)
            labels = fitted.labels_ if hasattr(fitted, "labels_") else fitted.predict(X)
        except Exception as error:
            raise ClustererError(f"{error_summary(error)}.") from error
        _, codes = as_codes(labels, len(X))
        means, _ = cluster_means(X, codes, weights)
        return Run(means, np.asarray(labels, np.int32), within_sum(X, codes, weights), 0)

    def run(self, tasks: Iterable[Callable[[], object]]) -> None:
        """Run tasks one after the other: nothing says that a clusterer can do otherwise."""
        for task in tasks:
            task()
