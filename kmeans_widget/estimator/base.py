"""What the two estimators share: everything that is done with centres once they are found."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.estimator.inputs import allowed_threads, is_given, read_seen

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats, Labels
    from kmeans_widget.estimator.inputs import AnySamples


PARAMETERS: dict[str, list[Any]] = {
    "n_clusters": [Interval(Integral, 1, None, closed="left")],
    "init": [StrOptions(set(INIT_METHODS)), callable, "array-like"],
    "n_init": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "random_state": ["random_state"],
}
"""What the parameters of both may be."""

LEARNED = (
    "n_features_in_", "feature_names_in_", "cluster_centers_", "_exact_centers", "labels_",
    "inertia_", "n_iter_",
)  # fmt: skip
"""The attributes that `fit` of both writes."""


class Clusterer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """Whatever has centres: assigns new samples to them, and measures distances to them.

    `fit` of a subclass computes first and writes all of its attributes in one go at the end. So an
    interrupt, or an error, leaves the estimator as it was.
    """

    # Names of the attributes that `fit` writes, and forgets before.
    _learned_attributes: ClassVar[tuple[str, ...]]

    def _has_plain_parameters(self) -> bool:
        """Tell whether there is nothing for scikit-learn to find; if in doubt, there is."""
        return False

    def fit_predict(
        self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None
    ) -> Labels:
        """Find the centres, and return the label of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample; None means 1 each.

        Returns
        -------
        ndarray of shape (n_samples,), int32
        """
        del y
        fitted = self.fit(X, sample_weight=sample_weight)
        labels: Labels = fitted.labels_ if hasattr(fitted, "labels_") else fitted.predict(X)
        return labels

    def predict(self, X: Any) -> Labels:
        """Return the nearest centre of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            With the features seen by `fit`.

        Returns
        -------
        ndarray of shape (n_samples,), int32
            The lowest index wins a tie.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When X has other features, or cannot be read as finite numbers.
        """
        with allowed_threads():
            samples = self._seen(X)
            return samples.assign(self._centers(samples))

    def fit_transform(
        self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None
    ) -> Floats:
        """Find the centres, and return the distance of each sample to each of them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample; None means 1 each.

        Returns
        -------
        ndarray of shape (n_samples, n_clusters), dtype of X
            In the units of X.
        """
        del y
        distances: Floats = self.fit(X, sample_weight=sample_weight)._distances(X)  # noqa: SLF001
        return distances

    def transform(self, X: Any) -> Floats:
        """Return the distance of each sample to each centre.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            With the features seen by `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_clusters), dtype of X
            In the units of X; dense even if X is sparse.

        Notes
        -----
        Costs O(n_samples * n_clusters * n_features), and twice the memory of the result.
        """
        return self._distances(X)

    def score(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return minus the inertia that these samples have with the centres found.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            With the features seen by `fit`.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample; None means 1 each.

        Returns
        -------
        float
            In squared units of X.
        """
        del y
        with allowed_threads():
            samples = self._seen(X, sample_weight)
            return -samples.accumulate(self._centers(samples), samples.memory()).inertia

    @property
    def _n_features_out(self) -> int:
        """Number of columns of `transform`, for scikit-learn's `get_feature_names_out`."""
        return len(self.cluster_centers_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _seen(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> AnySamples:
        """Let new data in, if they have the features seen by `fit`."""
        check_is_fitted(self)
        return read_seen(X, sample_weight, self)

    def _distances(self, X: Any) -> Floats:
        with allowed_threads():
            samples = self._seen(X)
            distances = samples.squared_distances(self._centers(samples))
        np.sqrt(distances, out=distances)
        return np.ascontiguousarray(distances.T, dtype=samples.dtype)

    def _centers(self, samples: AnySamples) -> Floats:
        """Return the centres as they were before rounding to the type of X, if still the same."""
        centers = np.asarray(self.cluster_centers_)
        exact = getattr(self, "_exact_centers", None)
        if exact is not None and np.array_equal(exact.astype(centers.dtype), centers):
            return np.asarray(exact)
        # They may have been set by hand, and a kernel would read beyond their end.
        if centers.ndim != 2 or len(centers) == 0 or centers.shape[1] != samples.n_features:
            raise ValueError(
                f"cluster_centers_ has shape {centers.shape}, but X has {samples.n_features} "
                "features. Give one row for each cluster and one column for each feature."
            )
        return centers

    def _number_of_starts(self, default: int) -> int:
        """Count the starts to try; default is for those that are drawn without care."""
        if self.n_init == "auto":
            careless = callable(self.init) or (isinstance(self.init, str) and self.init == "random")
            return default if careless else 1
        if is_given(self.init) and self.n_init != 1:
            warnings.warn(
                "Explicit initial center position passed: performing only one init in "
                f"{type(self).__name__} instead of n_init={self.n_init}.",
                RuntimeWarning,
                stacklevel=5,
            )
            return 1
        return int(self.n_init)

    def _warn_of_missing_clusters(self, n_found: int) -> None:
        warnings.warn(
            f"Number of distinct clusters ({n_found}) found smaller than n_clusters "
            f"({self.n_clusters}). Possibly due to duplicate points in X.",
            ConvergenceWarning,
            stacklevel=6,
        )

    def _learn(self, learned: dict[str, Any]) -> Self:
        """Forget what was learned before and write this down instead, in one go."""
        known = self.__dict__
        if any(name in known and name not in learned for name in self._learned_attributes):
            known = {
                name: value for name, value in known.items() if name not in self._learned_attributes
            }
            self.__dict__ = known | learned
        else:
            known.update(learned)
        return self


def rounded(centers: Floats, dtype: np.dtype[Any]) -> dict[str, Floats | None]:
    """Return the attributes that hold centres: in the type of X, and as they were if that rounds.

    Labels belong to the unrounded ones: far from the origin, rounding to float32 moves a centre by
    more than the samples are apart.
    """
    return {
        "cluster_centers_": np.array(centers, dtype=dtype),
        "_exact_centers": None if dtype == np.float64 else np.array(centers, dtype=np.float64),
    }
