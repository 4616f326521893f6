"""Inputs of the estimators, by scikit-learn's rules: data, initial centres, threads, generators."""

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

from kmeans_widget.core.blocks import BLOCK_INITS, BlockSamples
from kmeans_widget.core.initialization import INIT_METHODS, initialize_centers
from kmeans_widget.core.kernels.threads import limit_threads
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.distributed.sources import Scan, is_scannable, open_blocks, open_source
from kmeans_widget.validation import (
    as_samples,
    as_samples_fast,
    check_init,
    is_float_matrix,
    is_within_limit,
)
from kmeans_widget.validation.magnitude import coordinate_limit
from kmeans_widget.validation.messages import quoted_list
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
    from kmeans_widget.core.sparse import SparseSamples
    from kmeans_widget.distributed.sources import Source

    AnySamples = ArraySamples | SparseSamples

P = ParamSpec("P")
R = TypeVar("R")


def fit_context(fit: Callable[P, R]) -> Callable[P, R]:
    """Decorate `fit`: validate the parameters as scikit-learn does, and limit the threads.

    scikit-learn's validation takes 0.3 ms, so it is skipped where `_skips_parameter_validation`.
    """
    checked: Callable[P, R] = _fit_context(prefer_skip_nested_validation=True)(fit)

    def unchecked(*args: P.args, **kwargs: P.kwargs) -> R:  # same stack depth, for warnings
        return fit(*args, **kwargs)

    @wraps(fit)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        skip = args[0]._skips_parameter_validation()  # type: ignore[attr-defined]  # noqa: SLF001
        with allowed_threads():
            return (unchecked if skip else checked)(*args, **kwargs)

    return wrapper


def validate_fit_data(
    X: Any, sample_weight: npt.ArrayLike | None, estimator: Any
) -> tuple[AnySamples, Any, dict[str, Any]]:
    """Validate the data of `fit`.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
    sample_weight : array-like of shape (n_samples,) or None
    estimator : BaseEstimator
        Its name is used in messages; it is not modified.

    Returns
    -------
    samples : ArraySamples or SparseSamples
    matrix : ndarray or scipy CSR matrix of shape (n_samples, n_features), float32 or float64
        The same data, to pass to a callable `init`.
    features : dict
        The attributes `n_features_in_` and, if all names of the features are strings,
        `feature_names_in_`.
    """
    if (samples := as_samples_fast(X, sample_weight)) is not None:
        return samples, samples.X, {"n_features_in_": samples.n_features}
    names = _get_feature_names(X)
    matrix = _read(X, estimator)
    features: dict[str, Any] = {"n_features_in_": matrix.shape[1]}
    if names is not None:
        features["feature_names_in_"] = names
    return as_samples(matrix, sample_weight=sample_weight), matrix, features


def validate_new_data(X: Any, sample_weight: npt.ArrayLike | None, estimator: Any) -> Any:
    """Validate data that must have the features seen during `fit`.

    They are converted to float64 if squared distances to the centres could overflow in float32.
    """
    samples = as_samples_fast(X, sample_weight)
    if (
        samples is not None
        and samples.n_features == getattr(estimator, "n_features_in_", None)
        and not hasattr(estimator, "feature_names_in_")
        and _precision_suffices(samples.dtype, samples.X.shape, estimator)
    ):
        return samples
    seen = getattr(estimator, "feature_names_in_", None)
    if (source := open_source(X, sample_weight, seen)) is not None:
        blocks = check_new_blocks(
            source.new_samples or BlockSamples(source.engine), source, estimator
        )
        if isinstance(blocks, BlockSamples):
            shape = (blocks.n_samples, blocks.n_features)
            if not _precision_suffices(blocks.dtype, shape, estimator):
                blocks.reference_point = blocks.reference_point.astype(np.float64)
        return blocks
    _check_feature_names(estimator, X, reset=False)
    matrix = _read(X, estimator)
    _check_n_features(estimator, matrix, reset=False)
    if not _precision_suffices(matrix.dtype, matrix.shape, estimator, sparse=is_sparse(matrix)):
        matrix = matrix.astype(np.float64)
    return as_samples(matrix, sample_weight=sample_weight)


def fit_data_in_blocks(
    X: Any, sample_weight: npt.ArrayLike | None
) -> tuple[BlockSamples, dict[str, Any]] | None:
    """Open the data of `fit` if they are read in blocks; return samples and features.

    Returns
    -------
    samples : BlockSamples
    features : dict
        As of `validate_fit_data`.
    """
    if type(X) is np.ndarray or (opened := open_blocks(X, sample_weight)) is None:
        return None
    samples, source = opened
    features: dict[str, Any] = {"n_features_in_": samples.n_features}
    if source.names is not None:
        features["feature_names_in_"] = np.array(source.names, dtype=object)
    return samples, features


def refuse_blocks(X: Any) -> None:
    """Raise if data are read in blocks and an estimator needs them in memory."""
    if not isinstance(X, np.ndarray) and (isinstance(X, Scan) or is_scannable(X)):
        raise TypeError(
            "MiniBatchKMeans needs its samples in memory. Call partial_fit(rows) for each of "
            "`for rows in kw.scan(X)`, or use KMeans, which reads X in blocks."
        )


def check_new_blocks(samples: Any, source: Source, estimator: Any) -> Any:
    """Return new data in blocks if they have the features seen during `fit`."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None and source.names is not None and source.names != tuple(names):
        raise ValueError(
            f"The columns are {quoted_list(source.names)}, but `fit` has seen "
            f"{quoted_list(names.tolist())}. Give the same ones, in the same order."
        )
    if samples.n_features != estimator.n_features_in_:
        raise ValueError(
            f"X has {samples.n_features} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    return samples


def _precision_suffices(
    dtype: np.dtype[Any], shape: tuple[int, int], estimator: Any, *, sparse: bool = False
) -> bool:
    """Whether distances to the centres do not overflow in this dtype.

    Their squares must not either, except those of sparse data, which are always float64.
    """
    if dtype == np.float64:
        return True
    limit = coordinate_limit(shape, dtype)
    if sparse:
        limit = float(np.finfo(dtype).max) / (2 * np.sqrt(shape[1]))
    return bool(np.abs(estimator.cluster_centers_).max(initial=0.0) <= limit)


def _read(X: Any, estimator: Any) -> Any:
    """Return an array or a CSR matrix of finite numbers; raise scikit-learn's errors."""
    if isinstance(X, list | tuple) and not X:
        raise ValueError("X is an empty list. Give rows of numbers, or the names of files.")
    if not hasattr(X, "__array__") and not is_sparse(X):
        as_frame(X)  # raises for a lazy table, with the method that computes it
    X = masked_as_nan(X) if has_masked(X) else X
    with np.errstate(over="ignore", invalid="ignore"):  # NaN and infinity raise
        return check_array(
            X, accept_sparse="csr", dtype=[np.float64, np.float32], order="C",
            estimator=estimator, input_name="X",
        )  # fmt: skip


def is_center_array(init: Any) -> bool:
    """Whether `init` is an array of centres, not a method or a callable."""
    return not isinstance(init, str) and not callable(init)


def validate_init(init: Any, n_clusters: int, samples: AnySamples) -> Any:
    """Validate `init`; an array of centres is converted to the samples' dtype."""
    if isinstance(init, str) and init in BLOCK_INITS.keys() - INIT_METHODS.keys():
        raise ValueError(
            f"init={init!r} is for data in blocks; for samples in memory, also those that "
            "fit_sample draws, use init='k-means++', which chooses from all of them."
        )
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


def validate_init_of_blocks(init: Any, n_clusters: int, samples: BlockSamples) -> Any:
    """Validate `init` for data in blocks."""
    known = [*BLOCK_INITS]
    if callable(init) or (isinstance(init, str) and init not in known):
        what = "A callable init" if callable(init) else f"init={init!r}"
        raise ValueError(
            f"{what} needs all samples in memory; for data in blocks choose from "
            f"{quoted_list(known)}, or give an array of centers."
        )
    if isinstance(init, str):
        return init
    return check_init(init, n_clusters, ArraySamples(samples.reference_point[np.newaxis]))


def choose_centers(
    init: Any, n_clusters: int, samples: AnySamples, matrix: Any, random_state: Any
) -> Floats:
    """Choose the initial centres of a run.

    Parameters
    ----------
    init : str, callable or ndarray
        As returned by `validate_init`. A callable gets a copy of `matrix`, which it may modify.
    n_clusters : int
    samples : ArraySamples or SparseSamples
    matrix : ndarray or CSR matrix of shape (n_samples, n_features)
        The same data.
    random_state : RandomState

    Returns
    -------
    ndarray of shape (n_clusters, n_features), dtype of the samples
    """
    if callable(init):
        found = init(matrix.copy(), n_clusters, random_state=random_state)
        init = validate_init(check_array(found, dtype=samples.dtype), n_clusters, samples)
    return initialize_centers(samples, n_clusters, init, random_state)


def allowed_threads() -> AbstractContextManager[None]:
    """Limit our threads to OpenMP's limit, set by threadpoolctl, joblib or OMP_NUM_THREADS."""
    return limit_threads(int(_openmp_effective_n_threads(only_physical_cores=False)))


def random_generator(
    random_state: Any, init: Any = None
) -> AbstractContextManager[np.random.RandomState]:
    """Provide the generator for `random_state`; restore the state of the user's own on an error.

    Creating a RandomState takes 0.1 ms, as long as a small fit, so if both `random_state` is an int
    and `init` is a str, the generator of this thread is reseeded instead. The caller must not keep
    that one; pass ``init=None`` to get one that may be kept.
    """
    if isinstance(init, np.ndarray):  # no random numbers are needed
        return nullcontext(_thread_local.generator)
    if type(random_state) is int and isinstance(init, str):
        _thread_local.generator.seed(random_state)
        return nullcontext(_thread_local.generator)
    return _restored_on_error(random_state)


@contextmanager
def _restored_on_error(random_state: Any) -> Iterator[np.random.RandomState]:
    generator: np.random.RandomState = check_random_state(random_state)
    before = generator.get_state()
    try:
        yield generator
    except BaseException:
        generator.set_state(before)
        raise


class _ThreadLocal(threading.local):
    """A generator for each thread."""

    def __init__(self) -> None:
        self.generator = np.random.RandomState()


_thread_local = _ThreadLocal()
