"""Functions: K-means, k-means++, and labels in files."""

from __future__ import annotations

import os
import uuid
from copy import deepcopy
from itertools import groupby
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import check_is_fitted

from kmeans_widget.core.blocks import BlockSamples, label
from kmeans_widget.core.initialization import draw_plus_plus
from kmeans_widget.distributed.arrays import ArrayBlock
from kmeans_widget.distributed.files import find_files
from kmeans_widget.distributed.sources import check_in_memory, import_optional, is_path, open_source
from kmeans_widget.estimator.base import Clusterer
from kmeans_widget.estimator.inputs import allowed_threads, check_new_blocks, random_generator
from kmeans_widget.estimator.kmeans import KMeans
from kmeans_widget.validation import as_samples, check_n_clusters, write_error
from kmeans_widget.validation.messages import typed_repr
from kmeans_widget.validation.numeric import has_masked, masked_as_nan

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Float64s, Floats, Indices, Labels
    from kmeans_widget.core.blocks import Block


@validate_params(  # type: ignore[untyped-decorator]
    {
        "sample_weight": ["array-like", str, None],
        "return_n_iter": [bool],
    },
    prefer_skip_nested_validation=False,  # KMeans validates the others
)
def k_means(  # noqa: PLR0913  scikit-learn's signature
    X: Any,
    n_clusters: int,
    *,
    sample_weight: npt.ArrayLike | None = None,
    init: Any = "k-means++",
    n_init: int | str = "auto",
    max_iter: int = 300,
    verbose: bool | int = False,
    tol: float = 1e-4,
    random_state: int | np.random.RandomState | None = None,
    copy_x: bool = True,
    algorithm: str = "lloyd",
    return_n_iter: bool = False,
) -> tuple[Floats, Labels, float] | tuple[Floats, Labels, float, int]:
    """K-means clustering; `KMeans` as a function.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features), or data in blocks
        The samples, as of `KMeans.fit`.
    n_clusters : int
        Number of clusters to form.
    sample_weight : array-like of shape (n_samples,) or str, default=None
        Weight of each sample, as of `KMeans.fit`; None means 1 each.
    init, n_init, max_iter, verbose, tol, random_state, copy_x, algorithm
        As in `KMeans`.
    return_n_iter : bool, default=False
        Whether to return the number of iterations, too.

    Returns
    -------
    centroid : ndarray of shape (n_clusters, n_features), dtype of X
        The centres, in the units of X.
    label : ndarray of shape (n_samples,), int32
        Index of the nearest of these centres for each sample.
    inertia : float
        Weighted sum of the squared distances to the nearest centre, in squared units of X.
    best_n_iter : int
        Number of iterations of the best run; only if `return_n_iter`.

    Raises
    ------
    ValueError, TypeError
        If a parameter, X or the weights are invalid.

    Notes
    -----
    Costs O(n_samples * n_clusters * n_features) per iteration.

    Examples
    --------
    >>> centroid, label, inertia = k_means([[1.0], [2.0], [9.0]], 2, random_state=0)
    >>> centroid.ravel(), label, inertia
    (array([1.5, 9. ]), array([0, 0, 1], dtype=int32), 0.5)
    """
    fitted = KMeans(
        n_clusters, init=init, n_init=n_init, max_iter=max_iter, verbose=int(verbose), tol=tol,
        random_state=random_state, copy_x=copy_x, algorithm=algorithm,
    ).fit(X, sample_weight=sample_weight)  # fmt: skip
    if return_n_iter:
        return fitted.cluster_centers_, fitted.labels_, fitted.inertia_, fitted.n_iter_
    return fitted.cluster_centers_, fitted.labels_, fitted.inertia_


@validate_params(  # type: ignore[untyped-decorator]
    {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "sample_weight": ["array-like", None],
        "x_squared_norms": ["array-like", None],
        "random_state": ["random_state"],
        "n_local_trials": [Interval(Integral, 1, None, closed="left"), None],
    },
    prefer_skip_nested_validation=True,
)
def kmeans_plusplus(
    X: Any,
    n_clusters: int,
    *,
    sample_weight: npt.ArrayLike | None = None,
    x_squared_norms: npt.ArrayLike | None = None,
    random_state: int | np.random.RandomState | None = None,
    n_local_trials: int | None = None,
) -> tuple[npt.NDArray[Any], Indices]:
    r"""Choose initial centres that are far apart, by greedy k-means++.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The samples to draw from.
    n_clusters : int
        Number of centres to draw.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample; None means 1 each.
    x_squared_norms : array-like of shape (n_samples,), default=None
        Accepted for compatibility with scikit-learn; not used.
    random_state : int, RandomState or None, default=None
        Seed; an int gives the samples that scikit-learn draws.
    n_local_trials : int, default=None
        Number of candidates for each centre after the first. The one with the smallest resulting
        inertia is chosen. None means ``2 + int(log(n_clusters))``.

    Returns
    -------
    centers : ndarray of shape (n_clusters, n_features), dtype of X
        The chosen samples.
    indices : ndarray of shape (n_clusters,), int
        Their row numbers in X.

    Raises
    ------
    ValueError, TypeError
        If a parameter, X or the weights are invalid.

    Notes
    -----
    With the centres :math:`c_j` chosen so far, sample i is drawn with probability proportional to

    .. math:: w_i \min_j \lVert x_i - c_j \rVert^2

    Costs O(n_samples * n_clusters * n_local_trials * n_features).

    References
    ----------
    Arthur, D. & Vassilvitskii, S. (2007), k-means++: the advantages of careful seeding. SODA,
    1027-1035.

    Examples
    --------
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> centers, indices = kmeans_plusplus(X, n_clusters=2, random_state=0)
    >>> centers
    array([[10,  2],
           [ 1,  0]])
    >>> indices
    array([3, 2])
    """
    check_in_memory(X)
    given = masked_as_nan(X) if has_masked(X) else X
    matrix = check_array(given, accept_sparse="csr", dtype=[np.float64, np.float32], order="C")
    samples = as_samples(matrix, sample_weight=sample_weight)
    check_n_clusters(n_clusters, samples)
    if x_squared_norms is not None:
        _check_norms(x_squared_norms, samples.n_samples)
    with allowed_threads(), random_generator(random_state, "k-means++") as generator:
        indices = draw_plus_plus(samples, n_clusters, generator, n_local_trials)
    return samples.rows(indices).astype(_number_type(X, samples.dtype), copy=False), indices


def write_labels(model: Any, X: Any, folder: Any, *, overwrite: bool = False) -> list[Path]:
    """Write the labels of the rows of files to Parquet files: one for each of them.

    Parameters
    ----------
    model : KMeans, MiniBatchKMeans or Pipeline
        Fitted. A Pipeline has a scaler before one of them, as `estimator` of the panel may have.
    X : path, or list of paths
        Files, folders or patterns, as of `KMeans.fit`.
    folder : path
        Where the labels go, outside of the data; it is created if it does not exist. Files from
        several folders keep these folders.
    overwrite : bool, default=False
        Whether to replace files of labels that exist.

    Returns
    -------
    list of Path
        A file for each one of X, in their order. Its only column, `cluster` (int32), has the rows
        of that file in their order.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    FileExistsError
        If a file exists and `overwrite` is False, or the file is not one of labels.
    ValueError, TypeError, OSError
        If X cannot be read or has other columns than the model, or the labels cannot be written. A
        file is complete or not there.

    Notes
    -----
    Reads X twice, the first time to check all numbers. Labels take no more memory than the blocks.

    Examples
    --------
    >>> import tempfile
    >>> data, labels = tempfile.mkdtemp(), tempfile.mkdtemp()
    >>> np.save(data + "/a.npy", np.array([[1.0], [2.0], [9.0]]))
    >>> model = KMeans(2, random_state=0).fit(data + "/a.npy")
    >>> [path.name for path in write_labels(model, data + "/a.npy", labels)]
    ['a.parquet']
    """
    import_optional("pyarrow", "Parquet files")
    if not is_path(X):
        raise TypeError(f"X must be the names of files, got {type(X).__name__}. Use predict(X).")
    if not isinstance(folder, str | os.PathLike):
        raise TypeError(f"folder must be the name of a folder, got {typed_repr(folder)}.")
    scaler, model = _scaler_and_model(model)
    files = find_files(X)
    targets = _label_files([*map(Path, files)], Path(folder).expanduser(), X)
    _check_existing(targets, overwrite=overwrite)
    call: tuple[Any, ...] = (label,)
    with allowed_threads():
        if scaler is None:
            samples = model._validate_new_data(files)  # noqa: SLF001
            reference = samples.reference_point
        else:
            source: Any = open_source(files, None, getattr(scaler, "feature_names_in_", None))
            samples = check_new_blocks(BlockSamples(source.engine), source, scaler)
            call = _label_scaled, _without_names(scaler)
            reference = np.median(model.cluster_centers_, axis=0).astype(samples.dtype)
        centers = np.array(model._centers(samples), np.float64, order="C")  # noqa: SLF001
        numbers = _blocks_of_files(samples)
        for target, own in zip(targets, numbers, strict=True):
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                _write_file(target, samples.engine, own, *call, centers, reference)
            except OSError as error:
                raise write_error(str(target), error) from None
    return targets


def _scaler_and_model(model: Any) -> tuple[Any, Any]:
    """Divide a fitted pipeline of a scaler and a model; a model alone has no scaler."""
    last = model[-1] if isinstance(model, Pipeline) else model
    if isinstance(last, Clusterer):
        check_is_fitted(model)
        if last is model:
            return None, model
        if model.n_features_in_ == last.n_features_in_:
            return model[:-1], last
    raise TypeError(
        "model must be a KMeans or MiniBatchKMeans of kmeans_widget, or a Pipeline of a scaler and "
        f"one of them, got {typed_repr(model)}."
    )


def _without_names(scaler: Any) -> Any:
    """Return a copy that does not warn of rows without names, which are in the right order."""
    scaler = deepcopy(scaler)
    for step in scaler:
        vars(step).pop("feature_names_in_", None)
    return scaler


def _label_scaled(
    block: Block, number: int, scaler: Any, centers: Float64s, reference: Floats
) -> Labels:
    """Return the nearest centre of every row of a block, which is scaled before."""
    X, _ = block.read()
    return label(ArrayBlock(scaler.transform(X)), number, centers, reference)


def _label_files(files: Sequence[Path], folder: Path, X: Any) -> list[Path]:
    """Return the file for the labels of each file."""
    for given in X if isinstance(X, list | tuple) else [X]:
        # The files of "data/**/*.npy" may be anywhere in that folder.
        data = Path(os.fsdecode(given).partition("**")[0]).expanduser().resolve()
        if data.is_dir() and folder.resolve().is_relative_to(data):
            raise ValueError(
                f"The labels would be among the data in {str(given)!r}. Choose a folder outside."
            )
    above = Path(os.path.commonpath([file.parent for file in files]))
    targets = [(folder / file.relative_to(above)).with_suffix(".parquet") for file in files]
    if len(set(targets)) < len(targets):
        raise ValueError(
            "Two of the files have the same name, but for its end. Give one at a time."
        )
    if {target.resolve() for target in targets} & {file.resolve() for file in files}:
        raise ValueError("The labels would replace the data. Choose another folder.")
    return targets


def _check_existing(targets: Sequence[Path], *, overwrite: bool) -> None:
    """Raise if labels would replace a file, unless that may be and it has labels, too."""
    import pyarrow as pa
    from pyarrow.parquet import read_schema

    for target in targets:
        if not target.exists():
            continue
        try:
            has_labels = read_schema(target).names == ["cluster"]
        except (pa.ArrowException, OSError):
            has_labels = False
        if not has_labels:
            raise FileExistsError(
                f"{str(target)!r} already exists, and is not a file of labels. Choose another "
                "folder."
            )
        if not overwrite:
            raise FileExistsError(
                f"{str(target)!r} already exists. Choose another folder, or use overwrite=True."
            )


def _blocks_of_files(samples: Any) -> list[list[int]]:
    """List the numbers of the blocks of each file that have rows."""
    blocks = samples.engine.blocks
    by_file = groupby(range(len(blocks)), lambda i: getattr(blocks[i], "file", ""))
    filled = set(samples.filled)
    return [[i for i in numbers if i in filled] for _, numbers in by_file]


def _write_file(
    target: Path, engine: Any, numbers: Sequence[int], function: Any, *arguments: Any
) -> None:
    """Write the labels of some blocks, a few at a time."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    step = 4 * engine.in_flight
    try:
        with ParquetWriter(part, pa.schema([("cluster", pa.int32())])) as writer:
            for i in range(0, len(numbers), step):
                for labels in engine.map(function, *arguments, only=numbers[i : i + step]):
                    writer.write_table(pa.table({"cluster": labels}))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _number_type(X: Any, otherwise: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of X if it has a numeric one, else `otherwise`."""
    dtype = getattr(X, "dtype", None)
    return dtype if isinstance(dtype, np.dtype) and dtype.kind in "biuf" else otherwise


def _check_norms(x_squared_norms: npt.ArrayLike, n_samples: int) -> None:
    """Raise if these cannot be the norms of the samples, as scikit-learn does."""
    norms = check_array(x_squared_norms, ensure_2d=False, input_name="x_squared_norms")
    if norms.shape[0] != n_samples:
        raise ValueError(
            f"The length of x_squared_norms {norms.shape[0]} should be equal to the length of "
            f"n_samples {n_samples}."
        )
