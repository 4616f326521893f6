"""The base class of both estimators: everything that uses the fitted centres."""

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

from kmeans_widget.core.blocks import BLOCK_INITS
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.estimator.inputs import allowed_threads, is_center_array, validate_new_data

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import ClusterSums, Floats, Labels


PARAMETERS: dict[str, list[Any]] = {
    "n_clusters": [Interval(Integral, 1, None, closed="left")],
    "init": [StrOptions({*INIT_METHODS, *BLOCK_INITS}), callable, "array-like"],
    "n_init": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "random_state": ["random_state"],
}
"""Constraints of the parameters that both estimators have."""

FITTED = (
    "n_features_in_", "feature_names_in_", "cluster_centers_", "_exact_centers", "labels_",
    "inertia_", "n_iter_",
)  # fmt: skip
"""Fitted attributes that both estimators have."""


class Clusterer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """Base class: assigns samples to the fitted centres, and computes distances to them.

    `fit` of a subclass sets all of its attributes at once, after everything has been computed, so
    an error or an interrupt leaves the estimator as it was.
    """

    # Names of all attributes that `fit` may set; earlier values are deleted.
    _fitted_attributes: ClassVar[tuple[str, ...]]

    def _skips_parameter_validation(self) -> bool:
        """Whether the parameters are known to be valid without scikit-learn's validation."""
        return False

    def fit_predict(
        self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None
    ) -> Labels:
        """Compute the centres and return the label of each sample.

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
            Index of the cluster of each sample.
        """
        del y
        fitted = self.fit(X, sample_weight=sample_weight)
        labels: Labels = fitted.labels_ if hasattr(fitted, "labels_") else fitted.predict(X)
        return labels

    def predict(self, X: Any) -> Labels:
        """Return the index of the nearest centre of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), or data in blocks
            Samples with the features seen during `fit`. Of tables in blocks, its columns are used.

        Returns
        -------
        ndarray or dask array of shape (n_samples,), int32
            Of equally near centres, the lowest index. For dask arrays and DataFrames, a lazy dask
            array in the same chunks.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        ValueError
            If X has other features, or values that are not finite numbers.
        """
        with allowed_threads():
            samples = self._validate_new_data(X)
            labels: Labels = samples.assign(self._centers(samples))
            return labels

    def fit_transform(
        self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None
    ) -> Floats:
        """Compute the centres and return the distance of each sample to each of them.

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
        X : {array-like, sparse matrix} of shape (n_samples, n_features), or data in blocks
            Samples with the features seen during `fit`. Of tables in blocks, its columns are used.

        Returns
        -------
        ndarray or dask array of shape (n_samples, n_clusters), dtype of X
            In the units of X; dense even if X is sparse.

        Notes
        -----
        Costs O(n_samples * n_clusters * n_features) time, and twice the memory of the result.
        """
        return self._distances(X)

    def score(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return the negative inertia of samples with the fitted centres.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), or data in blocks
            Samples with the features seen during `fit`. Of tables in blocks, its columns are used.
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
            samples = self._validate_new_data(X, sample_weight)
            sums: ClusterSums = samples.accumulate(self._centers(samples), samples.memory())
            return -sums.inertia

    @property
    def _n_features_out(self) -> int:
        """Number of columns of `transform`, for scikit-learn's `get_feature_names_out`."""
        return len(self.cluster_centers_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _validate_new_data(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> Any:
        """Validate X, which must have the features seen during `fit`."""
        check_is_fitted(self)
        return validate_new_data(X, sample_weight, self)

    def _distances(self, X: Any) -> Floats:
        with allowed_threads():
            samples = self._validate_new_data(X)
            distances: Floats = samples.distances(self._centers(samples))
            return distances

    def _centers(self, samples: Any) -> Floats:
        """Return the unrounded centres, unless `cluster_centers_` has been changed."""
        centers = np.asarray(self.cluster_centers_)
        exact = getattr(self, "_exact_centers", None)
        if exact is not None and np.array_equal(exact.astype(centers.dtype), centers):
            return np.asarray(exact)
        # The user may have set them, and a kernel would read out of bounds.
        if centers.ndim != 2 or len(centers) == 0 or centers.shape[1] != samples.n_features:
            raise ValueError(
                f"cluster_centers_ has shape {centers.shape}, but the number of features of X is "
                f"{samples.n_features}. Set one row for each cluster, one column for each feature."
            )
        return centers

    def _n_starts(self, default: int) -> int:
        """Return the number of initialisations; "auto" means `default` for random and callable."""
        if self.n_init == "auto":
            if callable(self.init) or (isinstance(self.init, str) and self.init == "random"):
                return default
            return 1
        if is_center_array(self.init) and self.n_init != 1:
            warnings.warn(
                "Explicit initial center position passed: performing only one init in "
                f"{type(self).__name__} instead of n_init={self.n_init}.",
                RuntimeWarning,
                stacklevel=5,
            )
            return 1
        return int(self.n_init)

    def _warn_missing_clusters(self, n_found: int) -> None:
        warnings.warn(
            f"Number of distinct clusters ({n_found}) found smaller than n_clusters "
            f"({self.n_clusters}). Possibly due to duplicate points in X.",
            ConvergenceWarning,
            stacklevel=6,
        )

    def _set_fitted(self, fitted: dict[str, Any]) -> Self:
        """Replace all fitted attributes at once."""
        attributes = self.__dict__
        if any(name in attributes and name not in fitted for name in self._fitted_attributes):
            kept = attributes.keys() - set(self._fitted_attributes)
            attributes = {name: value for name, value in attributes.items() if name in kept}
            self.__dict__ = attributes | fitted
        else:
            attributes.update(fitted)
        return self


def center_attributes(centers: Floats, dtype: np.dtype[Any]) -> dict[str, Floats | None]:
    """Return the attributes for the centres: in the dtype of X, and unrounded if that is float32.

    The labels belong to the unrounded centres: far from the origin, rounding to float32 may move a
    centre by more than the distance between samples.
    """
    return {
        "cluster_centers_": np.array(centers, dtype=dtype),
        "_exact_centers": None if dtype == np.float64 else np.array(centers, dtype=np.float64),
    }
