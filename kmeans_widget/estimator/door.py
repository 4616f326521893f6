"""What comes in, by scikit-learn's rules: data, starting centres, threads, random numbers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_random_state
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from sklearn.utils.validation import _get_feature_names

from kmeans_widget.core.initialization import initialize_centers
from kmeans_widget.core.jit import limit_threads
from kmeans_widget.validation import check_init

try:
    from sklearn.utils.validation import _check_feature_names, _check_n_features
except ImportError:  # scikit-learn 1.5 has them as methods
    _check_feature_names = BaseEstimator._check_feature_names  # noqa: SLF001  there is no other
    _check_n_features = BaseEstimator._check_n_features  # noqa: SLF001  way in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.core.samples import ArraySamples
    from kmeans_widget.core.sparse import SparseSamples

    AnySamples = ArraySamples | SparseSamples


def read_new(X: Any, estimator: Any) -> tuple[Any, dict[str, Any]]:
    """Read data to learn from.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
    estimator : BaseEstimator
        Named in the messages; left as it is.

    Returns
    -------
    matrix : ndarray or scipy CSR matrix of shape (n_samples, n_features), float32 or float64
    features : dict
        What the estimator will know of the features: `n_features_in_` and, if X has names, all of
        them text, `feature_names_in_`.
    """
    names = _get_feature_names(X)
    matrix = _read(X, estimator)
    features: dict[str, Any] = {"n_features_in_": matrix.shape[1]}
    return matrix, features if names is None else features | {"feature_names_in_": names}


def read_seen(X: Any, estimator: Any) -> Any:
    """Read data that must have the features that the estimator has learned from."""
    _check_feature_names(estimator, X, reset=False)
    matrix = _read(X, estimator)
    _check_n_features(estimator, matrix, reset=False)
    return matrix


def _read(X: Any, estimator: Any) -> Any:
    """Return an array or a CSR matrix of finite numbers; refuse the rest as scikit-learn does."""
    with np.errstate(over="ignore", invalid="ignore"):  # it tells of NaN and infinity by an error
        return check_array(
            X, accept_sparse="csr", dtype=[np.float64, np.float32], order="C",
            estimator=estimator, input_name="X",
        )  # fmt: skip


def is_given(init: Any) -> bool:
    """Tell whether these are the starting centres themselves, not a way to find them."""
    return not isinstance(init, str) and not callable(init)


def read_init(init: Any, n_clusters: int, samples: AnySamples) -> Any:
    """Check the way to start; of centres that are given, return a copy in the samples' type."""
    if callable(init) or isinstance(init, str):
        return init if callable(init) else check_init(init, n_clusters, samples)
    with np.errstate(over="ignore", invalid="ignore"):
        centers = check_array(init, dtype=samples.dtype, copy=True, order="C")
    return check_init(centers, n_clusters, samples)


def start(
    init: Any, n_clusters: int, samples: AnySamples, matrix: Any, random_state: Any
) -> Floats:
    """Choose the centres that a run starts from.

    Parameters
    ----------
    init : str, callable or ndarray
        As `read_init` returns it. A callable gets a copy of `matrix`, which it may write.
    n_clusters : int
    samples : ArraySamples or SparseSamples
    matrix : ndarray or CSR matrix
        The same data, as the user's function wants them.
    random_state : RandomState

    Returns
    -------
    ndarray of shape (n_clusters, n_features), dtype of the samples
    """
    if callable(init):
        found = init(matrix.copy(), n_clusters, random_state=random_state)
        init = read_init(check_array(found, dtype=samples.dtype), n_clusters, samples)
    return initialize_centers(samples, n_clusters, init, random_state)


def allowed_threads() -> AbstractContextManager[None]:
    """Limit our threads to those that OpenMP may use: threadpoolctl, joblib, OMP_NUM_THREADS."""
    return limit_threads(int(_openmp_effective_n_threads(only_physical_cores=False)))


@contextmanager
def random_numbers(random_state: Any) -> Iterator[np.random.RandomState]:
    """Lend the generator that random_state stands for; if the work fails, as it was before."""
    generator: np.random.RandomState = check_random_state(random_state)
    before = generator.get_state()
    try:
        yield generator
    except BaseException:
        generator.set_state(before)
        raise
