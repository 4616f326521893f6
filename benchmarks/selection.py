"""Choosing K: choose_k, restarts and silhouettes, against loops over scikit-learn."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import kmeans_widget as kw
from benchmarks.data import Floats, Workload, format_count
from benchmarks.rows import OURS, SKLEARN, Row
from benchmarks.timing import progress, time_paired
from kmeans_widget.selection.silhouettes import SAMPLE_SIZE
from kmeans_widget.selection.sweep import N_PAIRS, N_REFERENCES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.setting import Setting

    Calls = dict[str, Callable[[int], Any]]

TITLE = "Choosing K, against loops over scikit-learn (float64)"

SWEEPS = (Workload(100_000, 10, 6), Workload(1_000_000, 2, 6))
RESTARTS = ((Workload(10_000, 2, 8), 200), (Workload(1_000_000, 2, 8), 10))
SILHOUETTE = Workload(20_000, 10, 8)
N_INIT = 3
_SAMPLE = 10_000  # rows of featureless data and of bootstrap samples, as in choose_k


def rows(setting: Setting) -> Iterator[Row]:
    """Measure every workload."""
    calls: Calls
    for workload in setting.sized(SWEEPS):
        X = _data(workload, setting)
        ks = range(2, 5 if setting.quick else 13)
        name = f"choose_k {ks[0]}..{ks[-1]}, {_shape(workload)}"
        calls = {
            OURS: partial(_choose_k, X, ks),
            SKLEARN: partial(choose_k_by_sklearn, X, ks),
        }
        yield _row(name, calls, workload, setting)
    for workload, n in RESTARTS:
        sized = workload.quick() if setting.quick else workload
        n_starts = 5 if setting.quick else n
        X = _data(sized, setting)
        calls = {
            OURS: partial(_restarts, X, sized.n_clusters, n_starts),
            SKLEARN: partial(_restarts_by_sklearn, X, sized.n_clusters, n_starts),
        }
        yield _row(f"{n_starts} restarts, {sized.name}", calls, sized, setting)
    (workload,) = setting.sized([SILHOUETTE])
    X = _data(workload, setting)
    labels = kw.KMeans(workload.n_clusters, random_state=0).fit(X).labels_
    calls = {
        OURS: lambda _: kw.silhouette(X, labels, exact=True).score,
        SKLEARN: lambda _: _metrics().silhouette_score(X, labels),
    }
    yield _row(f"silhouette of all pairs, {workload.name}", calls, workload, setting)


def remarks(rows: Sequence[Row]) -> list[str]:
    """Say what the loops do."""
    del rows
    return [
        "choose_k: all seven criteria; the loop fits KMeans from as many starts for each K",
        f"in both, {format_count(SAMPLE_SIZE)} rows for silhouettes, gap and bootstrap samples",
        "restarts: until no label changes (tol=0), in both",
    ]


def choose_k_by_sklearn(X: Floats, ks: Sequence[int], n_round: int) -> dict[int, list[float]]:
    """Do what choose_k does, as a user of scikit-learn would write it."""
    from sklearn.cluster import KMeans

    metrics, rng, found = _metrics(), np.random.default_rng(n_round), {}
    sample = X[rng.choice(len(X), min(len(X), _SAMPLE), replace=False)]
    low, high = sample.min(axis=0), sample.max(axis=0)
    references = [rng.uniform(low, high, sample.shape) for _ in range(N_REFERENCES)]
    for k in ks:
        fitted = KMeans(k, n_init=N_INIT, random_state=n_round).fit(X)
        size = min(len(X), SAMPLE_SIZE)
        values = [
            fitted.inertia_,
            metrics.silhouette_score(X, fitted.labels_, sample_size=size, random_state=0),
            metrics.calinski_harabasz_score(X, fitted.labels_),
            metrics.davies_bouldin_score(X, fitted.labels_),
        ]
        within = [
            KMeans(k, n_init=2, random_state=0).fit(data).inertia_ for data in [sample, *references]
        ]
        values.append(float(np.log(within[1:]).mean() - np.log(within[0])))
        shares = np.bincount(fitted.labels_) / len(X)
        values.append(X.size * np.log(fitted.inertia_) - 2 * len(X) * (shares @ np.log(shares)))
        agreement = []
        for _ in range(N_PAIRS):
            labels = [
                KMeans(k, n_init=N_INIT, random_state=0)
                .fit(sample[rng.integers(len(sample), size=len(sample))])
                .predict(sample)
                for _ in range(2)
            ]
            agreement.append(metrics.adjusted_rand_score(*labels))
        found[k] = [*values, float(np.mean(agreement))]
    return found


def _choose_k(X: Floats, ks: range, n_round: int) -> Any:
    return kw.choose_k(X, ks, n_init=N_INIT, random_state=n_round)


def _restarts(X: Floats, k: int, n: int, n_round: int) -> Any:
    return kw.restarts(X, k, n, random_state=n_round)


def _restarts_by_sklearn(X: Floats, k: int, n: int, n_round: int) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=n, tol=0, random_state=n_round).fit(X)


def _metrics() -> Any:
    from sklearn import metrics

    return metrics


def _data(workload: Workload, setting: Setting) -> Floats:
    return workload.data(setting.kind)[0].astype(np.float64)


def _shape(workload: Workload) -> str:
    return f"{format_count(workload.n_samples)} × {workload.n_features}"


def _row(name: str, calls: Calls, workload: Workload, setting: Setting) -> Row:
    """Measure a row; a loop over scikit-learn takes minutes, so two rounds are enough."""
    progress(name)
    limits = setting.limits
    if not setting.quick:
        limits = replace(limits, min_rounds=2, kept_rounds=0)
    measured = time_paired(calls, limits)
    return Row(
        name, measured.seconds, measured.remarks, workload.shape, other_cpus=measured.other_cpus
    )
