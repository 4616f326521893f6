"""Adaptors of the contenders: kmeans-widget, scikit-learn, scikit-learn-intelex, faiss."""

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


class NotSupportedError(Exception):
    """A contender has no such function; the message says which."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Result of a run: centres of shape (n_clusters, n_features), and number of iterations."""

    centers: Floats
    n_iter: int


class Contender(Protocol):
    """A K-means implementation. What it does not support raises `NotSupportedError`."""

    @property
    def name(self) -> str:
        """Name of the column."""
        ...

    def lloyd(self, X: Floats, centers: Floats, max_iter: int) -> Fit:
        """Run Lloyd's algorithm from `centers` until no label changes, at most `max_iter` times."""
        ...

    def fit(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Fit with default parameters: k-means++, to convergence, one start."""
        ...

    def seeding(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Run k-means++ alone."""
        ...

    def mini_batch(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Fit on mini-batches with default parameters."""
        ...

    def predictor(self, X: Floats, centers: Floats) -> Callable[[], Any]:
        """Return a function that predicts the labels of X, with centres close to `centers`."""
        ...


@dataclass(frozen=True, slots=True)
class SklearnApi:
    """A module with the interface of `sklearn.cluster`."""

    name: str
    module: Any

    def lloyd(self, X: Floats, centers: Floats, max_iter: int) -> Fit:
        """Run from `centers`; tol=0 means until no label changes."""
        estimator = self._attribute("KMeans")
        model = estimator(len(centers), init=centers, n_init=1, tol=0, max_iter=max_iter)
        return self._result(model.fit(X))

    def fit(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Fit with default parameters and a seed."""
        model = self._attribute("KMeans")(n_clusters, n_init=1, random_state=seed)
        return self._result(model.fit(X))

    def seeding(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Call `kmeans_plusplus`."""
        centers, _ = self._attribute("kmeans_plusplus")(X, n_clusters, random_state=seed)
        return Fit(centers, 0)

    def mini_batch(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Fit `MiniBatchKMeans`."""
        model = self._attribute("MiniBatchKMeans")(n_clusters, n_init=1, random_state=seed)
        return self._result(model.fit(X))

    def predictor(self, X: Floats, centers: Floats) -> Callable[[], Any]:
        """Fit a model with one iteration from `centers`; return its `predict`."""
        model = self._attribute("KMeans")(len(centers), init=centers, n_init=1, max_iter=1)
        self._result(model.fit(X))
        return lambda: model.predict(X)

    def _attribute(self, name: str) -> Any:
        found = getattr(self.module, name, None)
        if found is None:
            raise NotSupportedError(f"has no {name}")
        return found

    def _result(self, model: Any) -> Fit:
        return Fit(model.cluster_centers_, int(model.n_iter_))


@dataclass(frozen=True, slots=True)
class Intelex(SklearnApi):
    """scikit-learn-intelex without patching; fits that fall back to scikit-learn do not count."""

    def _result(self, model: Any) -> Fit:
        # Only a fit by oneDAL sets this attribute; the fallback to scikit-learn is silent.
        if not hasattr(model, "_onedal_estimator"):
            raise NotSupportedError("fell back to scikit-learn")
        return Fit(model.cluster_centers_, int(model.n_iter_))


@dataclass(frozen=True, slots=True)
class Faiss:
    """faiss's `Kmeans` on all points (by default it takes a sample), float32 only."""

    name: str
    module: Any

    def lloyd(self, X: Floats, centers: Floats, max_iter: int) -> Fit:
        """Run from `centers`; it stops early only if the objective is exactly unchanged."""
        model = self._model(X, len(centers), niter=max_iter)
        model.train(X, init_centroids=centers)
        return Fit(model.centroids, len(model.obj))

    def fit(self, X: Floats, n_clusters: int, seed: int) -> Fit:
        """Run its k-means++ and at most 300 iterations, until the objective falls by under 1e-6.

        The defaults (a random start, 25 iterations) would not be comparable. With a threshold of
        1e-4 it stops after a tenth of scikit-learn's iterations on the wide data here, with an
        inertia 0.2 to 0.3 % higher; with 1e-6 after at least a third, at most 0.1 % higher.
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
        """Not supported without an iteration."""
        raise NotSupportedError("has k-means++ only as part of a fit")

    def mini_batch(self, *_: Any) -> Fit:
        """Not supported."""
        raise NotSupportedError("has no mini-batches")

    def predictor(self, X: Floats, centers: Floats) -> Callable[[], Any]:
        """Create an index of `centers`; return its search."""
        index = self.module.IndexFlatL2(X.shape[1])
        index.add(_require_float32(centers))
        return partial(index.search, _require_float32(X), 1)

    def _model(self, X: Floats, n_clusters: int, **parameters: Any) -> Any:
        _require_float32(X)
        return self.module.Kmeans(
            X.shape[1],
            n_clusters,
            nredo=1,
            max_points_per_centroid=len(X),
            min_points_per_centroid=1,
            **parameters,
        )


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A peer that could not be imported; every call raises the reason."""

    name: str
    reason: str

    def lloyd(self, *_: Any) -> Fit:
        """Raise the reason."""
        raise NotSupportedError(self.reason)

    fit = seeding = mini_batch = lloyd

    def predictor(self, *_: Any) -> Callable[[], Any]:
        """Raise the reason."""
        raise NotSupportedError(self.reason)


_MODULES: dict[str, tuple[type[SklearnApi | Faiss], str]] = {
    OURS: (SklearnApi, "kmeans_widget"),
    SKLEARN: (SklearnApi, "sklearn.cluster"),
    SKLEARNEX: (Intelex, "sklearnex.cluster"),  # imported directly, without patching
    FAISS: (Faiss, "faiss"),
}
NAMES = tuple(_MODULES)


def contender(name: str) -> Contender:
    """Import a contender; one that cannot be imported is `Unavailable`."""
    adaptor, module = _MODULES[name]
    try:
        return adaptor(name, importlib.import_module(module))
    except Exception as error:  # noqa: BLE001  a library that fails to load raises anything
        return Unavailable(name, f"not imported: {error}")


def contenders() -> list[Contender]:
    """Import all contenders, kmeans-widget first."""
    return [contender(name) for name in NAMES]


def _require_float32(X: Floats) -> Floats:
    if X.dtype != np.float32:
        raise NotSupportedError(f"supports float32 only, not {X.dtype}")
    return X
