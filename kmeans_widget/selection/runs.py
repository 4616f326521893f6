"""Runs of K-means from given or drawn centres, and starts that a solution gives its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.core.initialization import initialize_centers
from kmeans_widget.core.lloyd import last_step
from kmeans_widget.distributed.sources import check_in_memory
from kmeans_widget.validation import MAX_SEED, NonNumericError, as_table

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Labels
    from kmeans_widget.core.samples import ArraySamples
    from kmeans_widget.validation import Table


def read_table(X: Any, sample_weight: npt.ArrayLike | None = None) -> Table:
    """Read data as `as_table`; an error about columns names a way that these functions have."""
    check_in_memory(X)
    try:
        return as_table(X, sample_weight=sample_weight)
    except NonNumericError as error:
        raise ValueError(error.message_with(f"X[{error.numeric}]")) from None


class Run(NamedTuple):
    """The end of a run.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features), float64
    labels : ndarray of shape (n_samples,), int32
    inertia : float
    n_iter : int
    """

    centers: Floats
    labels: Labels
    inertia: float
    n_iter: int


def run_from(samples: ArraySamples, centers: Floats, *, tol: float, max_iter: int = 300) -> Run:
    """Run Lloyd's algorithm from given centres; `tol` is in squared units of X."""
    memory = samples.memory()
    step = last_step(samples, centers, max_iter=max_iter, tol=tol, memory=memory)
    return Run(step.centers, memory.labels, step.inertia, step.iteration)


def draw_centers(samples: ArraySamples, n_clusters: int, init: str, seed: int) -> Floats:
    """Draw the initial centres that `KMeans` draws with this `random_state`."""
    from kmeans_widget.estimator.inputs import random_generator  # scikit-learn: not in a session

    with random_generator(seed, init) as generator:
        return initialize_centers(samples, n_clusters, init, generator)


def seed_of(random_state: int, i: int) -> int:
    """Return the seed of start i: the seeds of the starts follow each other."""
    return (random_state + i) % (MAX_SEED + 1)


def extended(samples: ArraySamples, centers: Floats, n_clusters: int) -> Floats | None:
    """Add the sample farthest from its centre until there are so many centres.

    Every added centre lowers the inertia. None if all samples lie on centres before.
    """
    while len(centers) < n_clusters:
        memory = samples.memory()
        samples.accumulate(centers, memory)
        farthest = samples.farthest(memory, 1)
        if len(farthest) == 0:
            return None
        centers = np.vstack([centers, samples.rows(farthest)])
    return centers


def merged(run: Run, weights: Float64s | None) -> Floats:
    r"""Replace two centres by their common mean: the pair that raises the inertia least.

    By :math:`\frac{w_i w_j}{w_i + w_j} \lVert c_i - c_j \rVert^2`, as in Ward's method.
    """
    n_clusters = len(run.centers)
    weight = np.bincount(run.labels, weights, n_clusters)
    squares = np.square(run.centers[:, np.newaxis] - run.centers).sum(axis=2)
    both = np.maximum(weight[:, np.newaxis] + weight, np.finfo(float).tiny)
    rise = squares * (weight[:, np.newaxis] * weight / both)
    rise[np.tril_indices(n_clusters)] = np.inf
    i, j = np.unravel_index(rise.argmin(), rise.shape)
    mean = (weight[i] * run.centers[i] + weight[j] * run.centers[j]) / both[i, j]
    return np.vstack([np.delete(run.centers, (i, j), axis=0), mean])
