"""Data of dask on two worker processes: against dask-ml, and against one array in memory."""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import kmeans_widget as kw
from benchmarks.data import Floats, Workload
from benchmarks.rows import OURS, Row
from benchmarks.timing import progress, time_paired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.setting import Setting

TITLE = "Dask, two worker processes: 10 iterations (float32)"

WORKLOAD = Workload(4_000_000, 8, 8)
N_BLOCKS, N_WORKERS = 8, 2
IN_MEMORY, DASK_ML = "in memory", "dask-ml"


def rows(setting: Setting) -> Iterator[Row]:
    """Measure from given centres, and with k-means||."""
    import dask.array as da
    from dask.delayed import delayed
    from dask.distributed import Client, LocalCluster, wait

    (workload,) = setting.sized([WORKLOAD])
    n = workload.n_samples // N_BLOCKS
    options = {"n_workers": N_WORKERS, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        make = delayed(make_block)  # on the workers: inside a graph, arrays begin anywhere
        shape = n, workload.n_features
        blocks = [da.from_delayed(make(*shape, i), shape, np.float32) for i in range(N_BLOCKS)]
        X = client.persist(da.concatenate(blocks))
        wait(X)
        whole = np.concatenate([make_block(*shape, i) for i in range(N_BLOCKS)])
        for init in (whole[: workload.n_clusters], "k-means||"):
            start = init if isinstance(init, str) else "given centres"
            name = f"{workload.name}, {start}"
            progress(name)
            calls: dict[str, Callable[[int], Any]] = {
                OURS: partial(_fit, kw.KMeans, X, workload.n_clusters, init)
            }
            if not isinstance(init, str):  # there is no k-means|| for one array
                calls[IN_MEMORY] = partial(_fit, kw.KMeans, whole, workload.n_clusters, init)
            if importlib.util.find_spec("dask_ml"):
                from dask_ml.cluster import KMeans

                calls[DASK_ML] = partial(_fit, KMeans, X, workload.n_clusters, init)
            found = time_paired(calls, setting.limits)
            yield Row(
                name, found.seconds, found.remarks, workload.shape, other_cpus=found.other_cpus
            )


def remarks(rows: Sequence[Row]) -> list[str]:
    """Compare with dask-ml, and with one array in memory."""
    lines = []
    for row in rows:
        for other in (DASK_ML, IN_MEMORY):
            ratio, best = row.ratio(other), row.best(other)
            if ratio is not None:
                lines.append(f"{row.name}: {other} {best:.3g} s, {ratio:.2f} times ours")
            elif other in row.remarks:
                lines.append(f"{row.name}: {other}: {row.remarks[other]}")
    return lines


def make_block(n_rows: int, n_features: int, seed: int) -> Floats:
    """Make a block of eight groups that overlap."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)) + rng.integers(0, 8, (n_rows, 1))
    return X.astype(np.float32)


def _fit(estimator: Any, X: Any, k: int, init: Any, n_round: int) -> Any:
    return estimator(k, init=init, max_iter=10, tol=0, random_state=n_round).fit(X)
