"""The contenders: ourselves, scikit-learn, scikit-learn-intelex, faiss; one adaptor each."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from benchmarks.rows import OURS, SKLEARN

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.floating[Any]]

SKLEARNEX = "scikit-learn-intelex"
FAISS = "faiss"


class NotOfferedError(Exception):
    """A contender has nothing of the kind; the message says what."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What a run found: centres of shape (n_clusters, n_features), and its iterations."""

    centers: Floats
    n_iter: int


class Contender(Protocol):
    """Somebody who can do K-means. What is not offered raises `NotOfferedError`."""

    @property
    def name(self) -> str:
        """Name of the column."""
        ...

    def lloyd(self, X: Floats, centers: Floats, max_iter: int) -> Fit:
        """Run Lloyd's algorithm from these centres until nothing changes, or `max_iter`."""
        ...

    def fit(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Fit with the defaults: k-means++ and to convergence, one start."""
        ...

    def seeding(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Run k-means++ alone."""
        ...

    def mini_batch(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Fit on mini-batches, with the defaults."""
        ...

    def predictor(self, X: Floats, centers: Floats) -> Callable[[], Any]:
        """Return a call that labels X with (about) these centres."""
        ...


@dataclass(frozen=True, slots=True)
class Estimators:
    """Whoever has the interface of `sklearn.cluster`: a module with estimators and functions."""

    name: str
    module: Any

    def lloyd(self, X: Floats, centers: Floats, max_iter: int) -> Fit:
        """Run from these centres; tol=0 means until no label changes."""
        estimator = self._offered("KMeans")
        model = estimator(len(centers), init=centers, n_init=1, tol=0, max_iter=max_iter)
        return self._result(model.fit(X))

    def fit(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Fit with the defaults and a seed."""
        model = self._offered("KMeans")(n_clusters, n_init=1, random_state=seed)
        return self._result(model.fit(X))

    def seeding(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Run the function `kmeans_plusplus`."""
        centers, _ = self._offered("kmeans_plusplus")(X, n_clusters, random_state=seed)
        return Fit(centers, 0)

    def mini_batch(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Fit `MiniBatchKMeans`."""
        model = self._offered("MiniBatchKMeans")(n_clusters, n_init=1, random_state=seed)
        return self._result(model.fit(X))

    def predictor(self, X: Floats, centers: Floats) -> Callable[[], Any]:
        """Make a model with one iteration from these centres, whose `predict` will be timed."""
        model = self._offered("KMeans")(len(centers), init=centers, n_init=1, max_iter=1)
        self._result(model.fit(X))
        return lambda: model.predict(X)

    def _offered(self, name: str) -> Any:
        found = getattr(self.module, name, None)
        if found is None:
            raise NotOfferedError(f"has no {name}")
        return found

    def _result(self, model: Any) -> Fit:
        return Fit(model.cluster_centers_, int(model.n_iter_))


@dataclass(frozen=True, slots=True)
class Intelex(Estimators):
    """scikit-learn-intelex, unpatched: what it hands back to scikit-learn is not its own time."""

    def _result(self, model: Any) -> Fit:
        # Only oneDAL's own fit leaves this behind; the fallback to scikit-learn is silent.
        if not hasattr(model, "_onedal_estimator"):
            raise NotOfferedError("fell back to scikit-learn")
        return Fit(model.cluster_centers_, int(model.n_iter_))


@dataclass(frozen=True, slots=True)
class Faiss:
    """faiss's `Kmeans` on all points (it would take a sample by default), float32 only."""

    name: str
    module: Any

    def lloyd(self, X: Floats, centers: Floats, max_iter: int) -> Fit:
        """Run from these centres; it stops early only when the objective is exactly unchanged."""
        model = self._model(X, len(centers), niter=max_iter)
        model.train(X, init_centroids=centers)
        return Fit(model.centroids, len(model.obj))

    def fit(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Run its k-means++ and at most 300 iterations, until the objective falls by under 1e-6.

        Its own defaults (a random start, 25 iterations) would be other work. With 1e-4 it ends
        after a tenth of scikit-learn's iterations on the wide data here, with an inertia that is
        0.2 to 0.3 % higher; with 1e-6 after a third of them or more, 0.1 % higher or less.
        """
        model = self._model(
            X,
            n_clusters,
            niter=300,
            seed=seed + 1,
            init_method=self.module.ClusteringInitMethod_KMEANS_PLUS_PLUS,
            early_stop_threshold=1e-6,
        )
        model.train(X)
        return Fit(model.centroids, len(model.obj))

    def seeding(self, *_: Any) -> Fit:
        """Not to be had without an iteration."""
        raise NotOfferedError("has k-means++ only inside of its fit")

    def mini_batch(self, *_: Any) -> Fit:
        """Not offered."""
        raise NotOfferedError("has no mini-batches")

    def predictor(self, X: Floats, centers: Floats) -> Callable[[], Any]:
        """Make an index of these centres, whose search is timed."""
        index = self.module.IndexFlatL2(X.shape[1])
        index.add(_single(centers))
        return partial(index.search, _single(X), 1)

    def _model(self, X: Floats, n_clusters: int, **parameters: Any) -> Any:
        _single(X)
        return self.module.Kmeans(
            X.shape[1],
            n_clusters,
            nredo=1,
            max_points_per_centroid=len(X),
            min_points_per_centroid=1,
            **parameters,
        )


@dataclass(frozen=True, slots=True)
class Absent:
    """A peer that could not be imported; it says why, whatever it is asked."""

    name: str
    reason: str

    def lloyd(self, *_: Any) -> Fit:
        """Say why not."""
        raise NotOfferedError(self.reason)

    fit = seeding = mini_batch = lloyd

    def predictor(self, *_: Any) -> Callable[[], Any]:
        """Say why not."""
        raise NotOfferedError(self.reason)


_MODULES: dict[str, tuple[type[Estimators | Faiss], str]] = {
    OURS: (Estimators, "kmeans_widget"),
    SKLEARN: (Estimators, "sklearn.cluster"),
    SKLEARNEX: (Intelex, "sklearnex.cluster"),  # its own module: nothing is patched
    FAISS: (Faiss, "faiss"),
}
NAMES = tuple(_MODULES)


def contender(name: str) -> Contender:
    """Import a contender; one that cannot be imported is `Absent`."""
    adaptor, module = _MODULES[name]
    try:
        return adaptor(name, importlib.import_module(module))
    except Exception as error:  # noqa: BLE001  a library that fails to load raises anything
        return Absent(name, f"not imported: {error}")


def contenders() -> list[Contender]:
    """Import all contenders, ourselves first."""
    return [contender(name) for name in NAMES]


def _single(X: Floats) -> Floats:
    if X.dtype != np.float32:
        raise NotOfferedError(f"takes float32 only, not {X.dtype}")
    return X
