"""The public door, with whatever people hand over: every answer is right, or a clear refusal.

300 examples in a normal run. More of them, as many as you like:

    KMEANS_FUZZ=10000 pytest tests/estimator/test_fuzz.py
"""

import os
import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

import kmeans_widget as kw

EXAMPLES = int(os.environ.get("KMEANS_FUZZ", "300"))

TAME = [0.0, -0.0, 1.0, -1.0, 2.5, 3.0, 1e-3, 100.0, -7.25]
WILD = [*TAME, 1e-300, 5e-324, 1e7, 1e16, 1e38, 1e150, 1e300, -1e200, np.inf, -np.inf, np.nan]
TYPES = ["f2", "f4", "f8", ">f8", "i1", "u1", "i8", "?", "O", "c16", "U5", "M8[s]", "V4"]


def _unaligned(X: Any) -> Any:
    raw = np.zeros(X.nbytes + 1, dtype=np.uint8)
    moved = raw[1:].view(X.dtype).reshape(X.shape)
    moved[...] = X
    return moved


def _read_only(X: Any) -> Any:
    X.flags.writeable = False
    return X


TABLES: dict[str, Any] = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": lambda X: X[::-1, ::-1],
    "read-only": _read_only,
    "unaligned": _unaligned,
    "list": lambda X: X.tolist(),
    "tuple": lambda X: tuple(map(tuple, X)),
    "frame": lambda X: pd.DataFrame(X, columns=[f"f{i}" for i in range(X.shape[1])]),
    **{
        form: lambda X, form=form: scipy.sparse.csr_array(X).asformat(form)
        for form in ("csr", "csc", "coo", "lil", "bsr")
    },
}
OTHERS: dict[str, Any] = {
    "matrix": np.asmatrix,
    "1-D": np.ravel,
    "3-D": lambda X: X[np.newaxis],
    "scalar": lambda X: float(X.size),
    "nothing": lambda _: None,
}


@dataclass
class Case:
    """What is handed over; `dense` is what it means, None if it means nothing."""

    X: Any
    dense: Any
    plain: bool


@st.composite
def _values(draw: Any, shape: tuple[int, int], wild: bool) -> Any:
    pool = np.array(WILD if wild else TAME)
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    return rng.choice(pool, size=shape) if draw(st.booleans()) else rng.normal(size=shape)


@st.composite
def _cases(draw: Any) -> Case:
    wild = draw(st.booleans())
    n_samples = draw(st.integers(0 if wild else 2, 12))
    n_features = draw(st.integers(0 if wild else 1, 4))
    values = draw(_values((n_samples, n_features), wild))
    layouts = TABLES | OTHERS if wild else TABLES
    layout = draw(st.sampled_from(list(layouts)))
    dtype = draw(st.sampled_from(TYPES if wild else ["f4", "f8", "i8", "?"]))
    note(f"layout {layout}, dtype {dtype}")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            X = layouts[layout](values.astype(dtype))
        except (ValueError, TypeError, MemoryError):  # scipy and pandas refuse some of them
            X = values
        return Case(X, _meaning(X), plain=not wild)


def _meaning(X: Any) -> Any:
    try:
        dense = X.toarray() if scipy.sparse.issparse(X) else np.asarray(X)
        return dense.astype(np.float64) if dense.ndim == 2 else None
    except (ValueError, TypeError):
        return None


@st.composite
def _weights(draw: Any, n_samples: int) -> Any:
    kind = draw(st.sampled_from(["none", "none", "good", "zeros", "wild", "length", "shape"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    match kind:
        case "none":
            return None
        case "good":
            return rng.uniform(0.1, 3.0, size=n_samples)
        case "zeros":
            return rng.integers(0, 2, size=n_samples).tolist()
        case "wild":
            return rng.choice([1.0, 0.0, 1e-320, 1e300, -1.0, np.nan, np.inf, 1e100], n_samples)
        case "length":
            return np.ones(n_samples + 1)
    return np.ones((n_samples, 1))


def _right(estimator: Any, case: Case, weight: Any) -> None:
    """Check an answer against the dullest numpy."""
    X, centers, labels = case.dense, estimator.cluster_centers_, estimator.labels_
    assert centers.shape == (estimator.n_clusters, X.shape[1])
    assert centers.dtype in (np.float32, np.float64)
    assert np.isfinite(centers).all()
    assert labels.shape == (len(X),)
    assert labels.dtype == np.int32
    distances = ((X[:, np.newaxis] - centers.astype(np.float64)) ** 2).sum(axis=2)
    given = distances[np.arange(len(X)), labels]
    scale = max(np.abs(X).max(), np.abs(centers).max()) ** 2 * X.shape[1]
    slack = 64 * np.finfo(centers.dtype).eps * scale
    assert (given <= distances.min(axis=1) + slack).all()
    weights = np.ones(len(X)) if weight is None else np.asarray(weight)
    assert abs(estimator.inertia_ - weights @ given) <= 1e-4 * abs(weights @ given) + (
        slack * weights.sum()
    )
    np.testing.assert_array_equal(estimator.predict(case.X), labels)
    transformed = estimator.transform(case.X)
    assert transformed.shape == distances.shape
    assert transformed.dtype == centers.dtype
    assert (
        np.abs(transformed.astype(np.float64) ** 2 - distances) <= 1e-4 * distances + slack
    ).all()
    assert abs(-estimator.score(case.X, sample_weight=weight) - estimator.inertia_) <= (
        1e-9 * estimator.inertia_ + slack
    )


def _attempt(call: Callable[[], Any]) -> tuple[Any, str]:
    """Return an answer, or the words of a refusal; every other error is one of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "X (does not have|has) .*feature names", UserWarning)
        try:
            return call(), ""
        except (ValueError, TypeError) as error:
            note(repr(error))
            return None, str(error)


def _content(X: Any) -> bytes:
    """What must not change; scipy writes down in a matrix whether its entries are sorted."""
    return pickle.dumps(X.toarray() if scipy.sparse.issparse(X) else X)


@st.composite
def _fits(draw: Any) -> tuple[Any, Case, Any]:
    """An estimator, the data and the weights for its fit."""
    case = draw(_cases())
    n_samples, n_features = (2, 2) if case.dense is None else case.dense.shape
    n_clusters = draw(st.sampled_from([1, 2, 3, 5, n_samples, n_samples + 1, 0, -1, 10**9]))
    init = draw(st.sampled_from(["k-means++", "random", "farthest", 1.0, 1e200]))
    if not isinstance(init, str):
        init = np.full((max(min(n_clusters, 20), 1), n_features), init)
    Estimator = draw(st.sampled_from([kw.KMeans, kw.MiniBatchKMeans]))
    estimator = Estimator(n_clusters, init=init, n_init=1, max_iter=20, random_state=0)
    return estimator, case, draw(_weights(n_samples))


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(_fits())
def test_every_answer_is_right_or_a_clear_refusal(fit: tuple[Any, Case, Any]) -> None:
    estimator, case, weight = fit
    before = _content(case.X)
    fitted, refusal = _attempt(lambda: estimator.fit(case.X, sample_weight=weight))
    assert _content(case.X) == before
    if fitted is not None:
        _right(estimator, case, weight)
    else:
        assert len(refusal) > 10
        assert not hasattr(estimator, "cluster_centers_")
        assert not hasattr(estimator, "n_features_in_")
        n_clusters, init = estimator.n_clusters, estimator.init
        sound = case.plain and weight is None and isinstance(init, str)
        assert not (sound and 1 <= n_clusters <= len(case.dense))


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(_cases(), _cases())
def test_new_data_are_answered_or_refused(seen: Case, new: Case) -> None:
    estimator, _ = _attempt(lambda: kw.KMeans(1, random_state=0).fit(seen.X))
    if estimator is None:
        return
    for method in (estimator.predict, estimator.transform, estimator.score):
        answer, refusal = _attempt(lambda method=method: method(new.X))
        if refusal:
            assert len(refusal) > 10
            assert not (new.plain and new.dense.shape[1] == seen.dense.shape[1] and seen.plain)
        else:
            assert new.dense.shape[1] == seen.dense.shape[1]
            assert np.isfinite(answer).all()


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(_cases(), _cases(), st.data())
def test_a_stream_learns_or_refuses_a_batch(first: Case, second: Case, data: Any) -> None:
    stream = kw.MiniBatchKMeans(2, random_state=0, reassignment_ratio=data.draw(st.floats(0, 5)))
    if _attempt(lambda: stream.partial_fit(first.X))[0] is None:
        assert not hasattr(stream, "n_steps_")
        return
    before, n_steps = stream.cluster_centers_.copy(), stream.n_steps_
    learned, refusal = _attempt(lambda: stream.partial_fit(second.X))
    if learned is None:
        assert len(refusal) > 10
        assert stream.n_steps_ == n_steps == 1
        np.testing.assert_array_equal(stream.cluster_centers_, before)
    else:
        assert stream.n_steps_ == 2
        assert np.isfinite(stream.cluster_centers_).all()
        labels, _ = _attempt(lambda: stream.predict(second.X))
        np.testing.assert_array_equal(labels, stream.labels_)
