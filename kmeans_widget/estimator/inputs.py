"""What comes in, by scikit-learn's rules: data, starting centres, threads, random numbers."""

from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import check_array, check_random_state
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from sklearn.utils.validation import _get_feature_names

from kmeans_widget.core.initialization import initialize_centers
from kmeans_widget.core.kernels.threads import limit_threads
from kmeans_widget.validation import (
    as_samples,
    as_samples_fast,
    check_init,
    is_float_matrix,
    is_within_limit,
)
from kmeans_widget.validation.magnitude import coordinate_limit
from kmeans_widget.validation.numeric import has_masked, masked_as_nan
from kmeans_widget.validation.sparse_input import is_sparse
from kmeans_widget.validation.tables import as_frame

try:
    from sklearn.utils.validation import _check_feature_names, _check_n_features
except ImportError:  # scikit-learn 1.5 has them as methods
    _check_feature_names = BaseEstimator._check_feature_names  # noqa: SLF001  there is no other
    _check_n_features = BaseEstimator._check_n_features  # noqa: SLF001  way in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.core.samples import ArraySamples
    from kmeans_widget.core.sparse import SparseSamples

    AnySamples = ArraySamples | SparseSamples

P = ParamSpec("P")
R = TypeVar("R")


def fit_context(fit: Callable[P, R]) -> Callable[P, R]:
    """Let scikit-learn check the parameters of an estimator before it learns, on allowed threads.

    Decorates `fit` as scikit-learn's own decorator does. Where `_has_plain_parameters` says that
    there is nothing to find, it is left out: it takes 0.3 ms.
    """
    checked: Callable[P, R] = _fit_context(prefer_skip_nested_validation=True)(fit)

    def unchecked(*args: P.args, **kwargs: P.kwargs) -> R:  # as deep as the other, for warnings
        return fit(*args, **kwargs)

    @wraps(fit)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        plain = args[0]._has_plain_parameters()  # type: ignore[attr-defined]  # noqa: SLF001
        with allowed_threads():
            return (unchecked if plain else checked)(*args, **kwargs)

    return wrapper


def read_new(
    X: Any, sample_weight: npt.ArrayLike | None, estimator: Any
) -> tuple[AnySamples, Any, dict[str, Any]]:
    """Read data to learn from.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
    sample_weight : array-like of shape (n_samples,) or None
    estimator : BaseEstimator
        Named in the messages; left as it is.

    Returns
    -------
    samples : ArraySamples or SparseSamples
    matrix : ndarray or scipy CSR matrix of shape (n_samples, n_features), float32 or float64
        The same data, as a user's function wants them.
    features : dict
        What the estimator will know of the features: `n_features_in_` and, if X has names, all of
        them text, `feature_names_in_`.
    """
    if (plain := as_samples_fast(X, sample_weight)) is not None:
        return plain, plain.X, {"n_features_in_": plain.n_features}
    names = _get_feature_names(X)
    matrix = _read(X, estimator)
    features: dict[str, Any] = {"n_features_in_": matrix.shape[1]}
    if names is not None:
        features["feature_names_in_"] = names
    return as_samples(matrix, sample_weight=sample_weight), matrix, features


def read_seen(X: Any, sample_weight: npt.ArrayLike | None, estimator: Any) -> AnySamples:
    """Read data that must have the features that the estimator has learned from.

    They are float64 if the centres are farther out than float32 can square.
    """
    plain = as_samples_fast(X, sample_weight)
    if (
        plain is not None
        and plain.n_features == getattr(estimator, "n_features_in_", None)
        and not hasattr(estimator, "feature_names_in_")
        and _reaches(plain.dtype, plain.X.shape, estimator)
    ):
        return plain
    _check_feature_names(estimator, X, reset=False)
    matrix = _read(X, estimator)
    _check_n_features(estimator, matrix, reset=False)
    if not _reaches(matrix.dtype, matrix.shape, estimator):
        matrix = matrix.astype(np.float64)
    return as_samples(matrix, sample_weight=sample_weight)


def _reaches(dtype: np.dtype[Any], shape: tuple[int, int], estimator: Any) -> bool:
    """Tell whether squared distances to the centres can be computed in this precision."""
    if dtype == np.float64:
        return True
    centers = np.abs(estimator.cluster_centers_).max(initial=0.0)
    return bool(centers <= coordinate_limit(shape, dtype))


def _read(X: Any, estimator: Any) -> Any:
    """Return an array or a CSR matrix of finite numbers; refuse the rest as scikit-learn does."""
    if not hasattr(X, "__array__") and not is_sparse(X):
        as_frame(X)  # a table that is not in memory is refused with the call that computes it
    X = masked_as_nan(X) if has_masked(X) else X
    with np.errstate(over="ignore", invalid="ignore"):  # it tells of NaN and infinity by an error
        return check_array(
            X, accept_sparse="csr", dtype=[np.float64, np.float32], order="C",
            estimator=estimator, input_name="X",
        )  # fmt: skip


def is_given(init: Any) -> bool:
    """Tell whether these are the starting centres themselves, not a way to find them."""
    return not isinstance(init, str) and not callable(init)


def read_init(init: Any, n_clusters: int, samples: AnySamples) -> Any:
    """Check the way to start; return centres that are given in the samples' type."""
    if callable(init) or isinstance(init, str):
        return init if callable(init) else check_init(init, n_clusters, samples)
    shape = (samples.n_samples, samples.n_features)
    if (
        is_float_matrix(init, samples.dtype)
        and init.shape == (n_clusters, samples.n_features)
        and is_within_limit(init, shape, samples.sample_weight)
    ):
        return init
    with np.errstate(over="ignore", invalid="ignore"):
        given = masked_as_nan(init) if has_masked(init) else init
        centers = check_array(given, dtype=samples.dtype, copy=True, order="C")
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


def random_numbers(
    random_state: Any, init: Any = None
) -> AbstractContextManager[np.random.RandomState]:
    """Lend the generator that random_state stands for.

    If the work fails, a generator that belongs to somebody else will be as it was before. For an
    `init` by name a number stands for the generator of this thread, begun anew: to make one takes
    0.1 ms, as much as a small fit. Nobody may keep that; where `init` is None somebody does.
    """
    if isinstance(init, np.ndarray):  # nothing will be drawn
        return nullcontext(_own.generator)
    if type(random_state) is int and isinstance(init, str):
        _own.generator.seed(random_state)
        return nullcontext(_own.generator)
    return _lent(random_state)


@contextmanager
def _lent(random_state: Any) -> Iterator[np.random.RandomState]:
    generator: np.random.RandomState = check_random_state(random_state)
    before = generator.get_state()
    try:
        yield generator
    except BaseException:
        generator.set_state(before)
        raise


class _Own(threading.local):
    """The generator of each thread."""

    def __init__(self) -> None:
        self.generator = np.random.RandomState()


_own = _Own()
