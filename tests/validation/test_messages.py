from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from kmeans_widget import datasets, validation
from kmeans_widget.validation import as_samples, as_table


class Sparse:
    def toarray(self) -> Any:
        raise AssertionError("made dense without being asked")


FRAME = pd.DataFrame(
    {"petal length": [1.0, 2.0, 3.0], "petal width": [4, 5, 6], "species": ["a", "b", "c"]},
    index=[7, 8, 9],
)
NAN, INF = float("nan"), float("inf")


def _error(call: Any) -> str:
    """Return the message of the error that a call raises; it must be one line."""
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", ")"))
    return message


# -- what is let in ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_float_array_in_c_order_is_not_copied(dtype: Any) -> None:
    X = np.ones((3, 2), dtype=dtype)
    table = as_table(X)
    assert np.shares_memory(table.samples.X, X)
    assert table.samples.dtype == dtype


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2], [3, 4]],
        ((1.0, 2.0), (3.0, 4.0)),
        np.array([[1, 2], [3, 4]], dtype=np.int8),
        np.array([[1, 2], [3, 4]], dtype=np.float16),
        np.asfortranarray([[1.0, 2.0], [3.0, 4.0]]),
        np.array([[1, 2.0], [3, 4]], dtype=object),
        np.arange(8.0).reshape(2, 4)[:, ::2] * 0 + [[1, 2], [3, 4]],
    ],
)
def test_array_likes_become_float64_in_c_order(X: Any) -> None:
    samples = as_samples(X)
    assert samples.dtype == np.float64
    assert samples.X.flags.c_contiguous
    assert samples.X.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_booleans_count_as_zero_and_one() -> None:
    assert as_samples([[True], [False]]).X.tolist() == [[1.0], [0.0]]


def test_features_without_names_are_numbered() -> None:
    assert as_table([[1, 2], [3, 4]]).feature_names == ("feature 0", "feature 1")


def test_a_frame_keeps_names_and_index() -> None:
    table = as_table(FRAME, columns=["petal width", "petal length"])
    assert table.feature_names == ("petal width", "petal length")
    assert table.samples.X.tolist() == [[4.0, 1.0], [5.0, 2.0], [6.0, 3.0]]
    assert table.index.tolist() == [7, 8, 9]  # type: ignore[union-attr]


def test_a_column_asked_for_twice_is_taken_once() -> None:
    columns = ["petal width", "petal length", "petal width"]
    assert as_table(FRAME, columns=columns).feature_names == ("petal width", "petal length")


def test_one_column_need_not_be_in_a_list() -> None:
    assert as_table(FRAME, columns="petal width").feature_names == ("petal width",)
    assert as_table([[1, 2], [3, 4]], columns=1).samples.X.tolist() == [[2.0], [4.0]]


@pytest.mark.parametrize("column", [1, "1", "feature 1"], ids=repr)
def test_columns_of_an_array_go_by_number(column: Any) -> None:
    assert as_table([[1, 2], [3, 4]], columns=[column]).samples.X.tolist() == [[2.0], [4.0]]


def test_frames_whose_columns_are_numbers_are_fine() -> None:
    table = as_table(pd.DataFrame(np.eye(2)), columns=[1])
    assert table.feature_names == ("1",)
    assert table.samples.X.tolist() == [[0.0], [1.0]]


def test_a_frame_of_float32_stays_float32() -> None:
    assert as_samples(FRAME[["petal length"]].astype(np.float32)).dtype == np.float32


def test_nullable_integers_are_numbers() -> None:
    frame = pd.DataFrame({"a": pd.array([1, 2], dtype="Int64")})
    assert as_samples(frame).X.tolist() == [[1.0], [2.0]]


def test_a_dataset_brings_its_names() -> None:
    assert as_table(datasets.walkthrough()).feature_names == ("x", "y")
    assert as_table(datasets.walkthrough(), columns="y").samples.X.shape == (30, 1)
    assert len(as_table(datasets.iris()).feature_names) == 4


def test_weights_become_float64() -> None:
    assert as_samples([[1], [2]], sample_weight=[1, 3]).weights().tolist() == [1.0, 3.0]
    assert as_samples([[1], [2]], sample_weight=2).weights().tolist() == [2.0, 2.0]


def test_changing_the_weights_afterwards_changes_nothing() -> None:
    weight = np.ones(2)
    samples = as_samples([[1], [2]], sample_weight=weight)
    weight[:] = 5.0
    assert samples.weights().tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("dtype", "large"), [(np.float64, 1e200), (np.float32, 1e20)])
def test_numbers_whose_squares_are_infinite_are_refused(dtype: Any, large: float) -> None:
    with pytest.raises(ValueError, match="too large for squared distances"):
        as_samples(np.array([[large], [0.0]], dtype=dtype))


def test_large_numbers_may_not_be_heavy_too() -> None:
    X = np.array([[1e100], [0.0]])
    as_samples(X)
    with pytest.raises(ValueError, match="too large for squared distances"):
        as_samples(X, sample_weight=1e130)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_largest_numbers_that_pass_have_finite_distances(dtype: Any) -> None:
    limit = np.sqrt(float(np.finfo(dtype).max) / 16) * 0.99
    samples = as_samples(np.array([[limit, -limit], [-limit, limit]], dtype=dtype))
    assert np.isfinite(samples.squared_distances(samples.X)).all()


@pytest.mark.parametrize(
    ("form", "dtype"),
    [
        ("bsr", np.float64), ("coo", np.float32), ("csc", np.int64), ("csr", np.float32),
        ("csr", bool), ("dia", np.float64), ("dok", np.int64), ("lil", bool),
    ],
)  # fmt: skip
def test_every_sparse_format_becomes_rows(form: str, dtype: Any) -> None:
    X = np.array([[0, 2, 0], [1, 0, 0], [0, 0, 0]]).astype(dtype)
    samples = as_samples(scipy.sparse.csr_array(X).asformat(form), sample_weight=[1, 2, 3])
    assert samples.dtype == (np.float32 if dtype == np.float32 else np.float64)
    np.testing.assert_array_equal(samples.rows(np.arange(3)), X)
    assert samples.weights().tolist() == [1.0, 2.0, 3.0]


def test_sparse_rows_in_order_are_not_copied() -> None:
    X = scipy.sparse.csr_array(np.eye(3))
    assert np.shares_memory(as_samples(X).data, X.data)


def test_sparse_entries_given_twice_are_added_in_a_copy() -> None:
    X = scipy.sparse.csr_array((np.ones(3), np.array([1, 0, 1]), np.array([0, 3])), shape=(1, 2))
    assert as_samples(X).rows(np.arange(1)).tolist() == [[1.0, 2.0]]
    assert X.indices.tolist() == [1, 0, 1]


def _broken(indices: list[int], indptr: list[int]) -> Any:
    X = scipy.sparse.csr_array(np.eye(2))
    X.indices, X.indptr = np.array(indices, dtype=np.int32), np.array(indptr, dtype=np.int32)
    return X


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (scipy.sparse.csr_array([[1.0, NAN]]), "Input X contains NaN"),
        (scipy.sparse.csr_array([[1.0, -INF]]), "Input X contains infinity"),
        (scipy.sparse.csr_array([[1e200, 0.0]]), "too large for squared distances"),
        (scipy.sparse.csr_array([[1j, 0.0]]), "Complex data not supported"),
        (scipy.sparse.csr_array((0, 2)), "Found array with 0 sample(s)"),
        (scipy.sparse.csr_array((2, 0)), "Found array with 0 feature(s)"),
        (_broken([0, 2], [0, 1, 2]), "contradict its shape"),
        (_broken([0, -1], [0, 1, 2]), "contradict its shape"),
        (_broken([0, 1], [0, 2, 1]), "contradict its shape"),
        (_broken([0, 1], [0, 1, 3]), "contradict its shape"),
        (_broken([0, 1], [0, 1]), "contradict its shape"),
    ],
)
def test_sparse_data_that_cannot_be_clustered_are_refused(X: Any, words: str) -> None:
    assert words in _error(lambda: as_samples(X))


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([1, 2, 3], ["Expected 2D array, got 1D array instead", "np.reshape(X, (-1, 1))"]),
        (pd.Series([1.0, 2.0]), ["Expected 2D array", "X.to_frame()"]),
        (3.0, ["Expected 2D array, got float 3.0", "[[1, 2], [3, 4]]"]),
        ("iris", ["Expected 2D array, got str 'iris'"]),
        (None, ["Expected 2D array, got NoneType None"]),
        ({"a": [1]}, ["Expected 2D array, got records (dict)", "pd.DataFrame(X)"]),
        (np.zeros((2, 2, 2)), ["Found array with dim 3", "X.reshape(len(X), -1)"]),
        ([[1, 2], [3]], ["different lengths", "same number of features"]),
        (np.empty((0, 2)), ["Found array with 0 sample(s) (shape=(0, 2))"]),
        (np.empty((2, 0)), ["Found array with 0 feature(s) (shape=(2, 0))"]),
        (FRAME.iloc[:0, :2], ["Found array with 0 sample(s)"]),
        ([[1j, 2]], ["Complex data not supported", "np.real(X)"]),
        (Sparse(), ["Sparse data", "X.toarray()"]),
        ([["1", "2"], ["3", "4"]], ["Columns 0, 1 of X", "cannot be read as numbers"]),
        ([[1.0, "x"], [2.0, "y"]], ["Column 1 of X", "encode it"]),
        (FRAME, ["Column 'species' of X", "columns=['petal length', 'petal width']"]),
        (FRAME[["species"]], ["Column 'species'", "Numbers are needed"]),
        (
            pd.DataFrame({"t": pd.to_datetime(["2020-01-01"]), "n": [1]}),
            ["Column 't'", "columns=['n']"],
        ),
        ([[1.0, NAN], [2.0, 3.0]], ["Input X contains NaN.", "1 of 2 rows", "'feature 1'"]),
        ([[1.0, INF]], ["Input X contains infinity or a value too large for dtype('float64')"]),
        ([[None, 1.0], [2.0, 3.0]], ["Input X contains NaN.", "'feature 0'"]),
        (pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), ["contains NaN", "column 'a'"]),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ["several columns named 'a'", "Rename"]),
    ],
)
def test_data_that_cannot_be_clustered_are_refused(X: Any, words: list[str]) -> None:
    message = _error(lambda: as_table(X))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    "X",
    [
        [[1.0, 5.0], [2.0, NAN], [3.0, 7.0], [NAN, NAN]],
        [[1.0, 5.0], [2.0, None], [3.0, 7.0], [None, None]],
        np.array([[1.0, 5.0], [NAN, 6.0], [3.0, 7.0], [4.0, NAN]], dtype=np.float32),
        pd.DataFrame({"a": pd.array([1, None, 3, 4]), "b": [5.0, 6.0, 7.0, NAN]}),
    ],
    ids=["list", "None", "float32", "DataFrame"],
)
def test_rows_with_missing_values_can_be_left_out(X: Any) -> None:
    table = as_table(X, sample_weight=[2.0, NAN, 4.0, 0.0], missing="drop")
    assert table.rows.tolist() == [0, 2]
    assert table.samples.X.tolist() == [[1.0, 5.0], [3.0, 7.0]]
    assert table.samples.weights().tolist() == [2.0, 4.0]


def test_only_columns_in_use_can_miss_a_value() -> None:
    assert as_table([[1.0, NAN], [2.0, 3.0]], columns=[0], missing="drop").complete is None


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([[NAN, 1.0], [2.0, NAN]], ["no row is left", "choose columns that have values"]),
        ([[NAN, 1.0], [NAN, 2.0]], ["no row is left", "leave out what is empty", "'feature 0'"]),
        ([[NAN], [NAN]], ["no row is left", "fill them in"]),
        ([[NAN, 1.0], [INF, 2.0], [3.0, 4.0]], ["infinity", "1 of 2 rows", "'feature 0'"]),
        ([[-INF, INF], [3.0, 4.0]], ["infinity", "1 of 2 rows"]),
    ],
)
def test_infinity_and_data_without_a_complete_row_are_refused(X: Any, words: list[str]) -> None:
    message = _error(lambda: as_table(X, missing="drop"))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("X", "columns", "words"),
    [
        (FRAME, ["petal lenght"], ["no column 'petal lenght'", "did you mean 'petal length'?"]),
        (FRAME, ["xyzzy"], ["no column 'xyzzy'.", "Choose from 'petal length', 'petal width'"]),
        ([[1, 2]], [2], ["no column 2", "'feature 0', 'feature 1'"]),
        ([[1, 2]], [-1], ["no column -1"]),
        ([[1, 2]], [], ["Found array with 0 feature(s)", "Choose at least one column"]),
        (FRAME, [], ["Found array with 0 feature(s)"]),
    ],
)
def test_unknown_columns_are_refused(X: Any, columns: list[Any], words: list[str]) -> None:
    message = _error(lambda: as_table(X, columns=columns))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ([1.0], ["sample_weight.shape == (1,), expected (2,)!"]),
        ([[1.0], [1.0]], ["Sample weights must be 1D array or scalar"]),
        ([1.0, NAN], ["Input sample_weight contains NaN"]),
        ([1.0, -1.0], ["Negative values in data passed to `sample_weight`"]),
        ([0.0, 0.0], ["Sample weights must contain at least one non-zero number"]),
        (["a", "b"], ["sample_weight must be numbers"]),
        (np.array([1j, 2]), ["sample_weight must be numbers"]),
        ([10**400, 1], ["Input sample_weight contains infinity"]),
        (scipy.sparse.csr_array([[1.0, 1.0]]), ["sample_weight must be numbers"]),
        ([1e-300, 0.0], ["out of the range", "np.max(sample_weight)"]),
        ([1e300, 1.0], ["out of the range"]),
    ],
)
def test_bad_weights_are_refused(weight: Any, words: list[str]) -> None:
    message = _error(lambda: as_samples([[1], [2]], sample_weight=weight))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("n_clusters", "kind", "words"),
    [
        (0, ValueError, "n_clusters=0, but the number of clusters must be at least 1."),
        (-2, ValueError, "at least 1"),
        (4, ValueError, "n_samples=3 should be >= n_clusters=4. Ask for at most 3 clusters."),
        (2.0, TypeError, "n_clusters=2.0, but the number of clusters must be an integer."),
        ("2", TypeError, "must be an integer"),
        (True, TypeError, "must be an integer"),
        (None, TypeError, "must be an integer"),
    ],
)
def test_bad_numbers_of_clusters_are_refused(
    n_clusters: Any, kind: type[Exception], words: str
) -> None:
    samples = as_samples([[1], [2], [3]])
    with pytest.raises(kind):
        validation.check_n_clusters(n_clusters, samples)
    assert words in _error(lambda: validation.check_n_clusters(n_clusters, samples))


@pytest.mark.parametrize("n_clusters", [1, 3, np.int64(2)])
def test_good_numbers_of_clusters_are_ints(n_clusters: Any) -> None:
    found = validation.check_n_clusters(n_clusters, as_samples([[1], [2], [3]]))
    assert type(found) is int


def test_clusters_need_samples_with_weight() -> None:
    samples = as_samples([[1], [2], [3]], sample_weight=[1, 0, 0])
    message = _error(lambda: validation.check_n_clusters(2, samples))
    assert "only 1 of 3 samples has a weight above 0. Ask for at most 1 cluster." in message


def test_clusters_need_distinct_points() -> None:
    samples = as_samples(np.repeat([[0.0], [1.0]], 1000, axis=0))
    validation.check_distinct_points(samples, 2)
    message = _error(lambda: validation.check_distinct_points(samples, 3))
    assert message == (
        "3 clusters need at least as many distinct points, but there are 2. "
        "Ask for at most 2 clusters."
    )


def test_points_without_weight_do_not_count_as_distinct() -> None:
    samples = as_samples([[0], [1], [2]], sample_weight=[1, 1, 0])
    assert "but there are 2" in _error(lambda: validation.check_distinct_points(samples, 3))


@pytest.mark.parametrize(
    ("init", "words"),
    [
        (
            "kmeans++",
            ["did you mean 'k-means++'?", "Choose from 'random'", "array of 2 centers"],
        ),
        ("Random", ["did you mean 'random'?"]),
        ("zzz", ["Unknown init 'zzz'."]),
        (np.zeros((3, 1)), ["(3, 1) does not match the number of clusters 2", "shape (2, 1)"]),
        (np.zeros((2, 4)), ["(2, 4) does not match the number of features of the data 1"]),
        (np.zeros(2), ["(2,) does not match the number of clusters 2"]),
        ([[0.0], [NAN]], ["initial centers contain NaN or infinity"]),
        ([[0.0], [1e200]], ["initial centers contain 1e+200, too large for squared distances"]),
        ([["a"], ["b"]], ["init must be one of 'random'", "got list [['a'], ['b']]"]),
        (object(), ["init must be one of"]),
    ],
)
def test_bad_starts_are_refused(init: Any, words: list[str]) -> None:
    samples = as_samples([[1], [2], [3]])
    message = _error(lambda: validation.check_init(init, 2, samples))
    for word in words:
        assert word in message


def test_given_centers_are_copied_in_the_precision_of_the_data() -> None:
    samples = as_samples(np.ones((3, 2), dtype=np.float32))
    given = np.zeros((2, 2))
    centers = validation.check_init(given, 2, samples)
    assert isinstance(centers, np.ndarray)
    assert centers.dtype == np.float32
    assert not np.shares_memory(centers, given)


@pytest.mark.parametrize(
    ("check", "value", "words"),
    [
        (validation.check_max_iter, 0, "max_iter=0, but the number of iterations must be at least"),
        (validation.check_max_iter, 1.5, "must be an integer"),
        (validation.check_cursor, -1, "cursor=-1"),
        (validation.check_cursor, "2", "must be an integer"),
        (validation.check_seed, -1, "from 0 to 4294967295, not -1."),
        (validation.check_seed, 2**32, "not 4294967296."),
        (validation.check_seed, None, "must be a whole number"),
        (validation.check_tol, -0.1, "tol=-0.1, but the tolerance must be at least 0"),
        (validation.check_tol, NAN, "at least 0"),
        (validation.check_tol, INF, "at least 0"),
        (validation.check_tol, "x", "must be a number"),
        (validation.check_tol, True, "must be a number"),
    ],
)
def test_bad_parameters_are_refused(check: Any, value: Any, words: str) -> None:
    assert words in _error(lambda: check(value))


@pytest.mark.parametrize(
    ("check", "value", "found"),
    [
        (validation.check_max_iter, np.int32(3), 3),
        (validation.check_cursor, 0, 0),
        (validation.check_seed, 2**32 - 1, 2**32 - 1),
        (validation.check_tol, 0, 0.0),
        (validation.check_tol, np.float32(0.5), 0.5),
    ],
)
def test_good_parameters_are_plain_numbers(check: Any, value: Any, found: float) -> None:
    assert check(value) == found
    assert type(check(value)) is type(found)
