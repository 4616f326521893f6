"""Tables and array-likes as people have them: the right numbers, or one sentence that helps."""

import dataclasses
import re
import warnings
from decimal import Decimal
from fractions import Fraction

import dask.array
import dask.dataframe
import duckdb
import narwhals
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse

import kmeans_widget as kw
from kmeans_widget.session import KMeansSession
from kmeans_widget.validation import LeftOut, as_table, check_init, column_names
from kmeans_widget.validation.tables import is_identifier

NAN = float("nan")
VALUES = [[0.0, 1.0], [1.0, 0.0], [8.0, 9.0], [9.0, 8.0]]
COLUMNS = {"a": [0.0, 1.0, 8.0, 9.0], "b": [1.0, 0.0, 9.0, 8.0]}
GAPS = {"a": [0.0, None, 8.0, 9.0], "b": [1.0, 0.0, 9.0, 8.0]}


def refusal(call):
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


# -- tables of every library ---------------------------------------------------------------------

TABLES = {
    "pandas": lambda columns: pd.DataFrame(columns, index=list("wxyz")),
    "nullable": lambda columns: pd.DataFrame(columns).convert_dtypes(),
    "arrow-backed": lambda columns: pd.DataFrame(columns).convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
}
tables = pytest.mark.parametrize("library", TABLES)


@tables
def test_a_table_is_read_by_its_columns(library):
    X = TABLES[library](COLUMNS)
    table = as_table(X)
    assert table.feature_names == ("a", "b")
    assert table.samples.X.tolist() == VALUES
    assert as_table(X, columns=["b"]).samples.X.ravel().tolist() == COLUMNS["b"]
    assert kw.KMeans(2, random_state=0).fit(X).cluster_centers_.shape == (2, 2)
    assert column_names(X) == ["a", "b"]


@tables
def test_labels_become_a_column_of_the_same_table(library):
    X = TABLES[library](GAPS)
    session = KMeansSession(X, 2, init=[[0.0, 0.0], [9.0, 9.0]])
    session.run()
    assert session.left_out.tolist() == [1]
    for labels in (session.labels, session.final_labels()):
        if library == "polars":
            found = X.with_columns(cluster=labels)["cluster"].to_list()
        elif library == "pyarrow":
            found = X.append_column("cluster", labels)["cluster"].to_pylist()
        else:
            found = X.assign(cluster=labels)["cluster"].tolist()
        left_out = [-1] if library == "pandas" else [None]
        found = [None if value is pd.NA else value for value in found]
        assert found == [0, *left_out, 1, 1]


def test_labels_of_an_index_with_repeated_labels_become_a_column():
    frame = pd.DataFrame(GAPS, index=["x", "x", "y", "x"])
    session = KMeansSession(frame, 2, init=[[0.0, 0.0], [9.0, 9.0]])
    session.step()
    frame["cluster"] = session.labels
    assert frame["cluster"].tolist() == [0, -1, 1, 1]


def test_labels_after_edits_by_hand_are_those_of_the_rows():
    frame = pd.DataFrame(COLUMNS)
    session = KMeansSession(frame, 2, init=[[0.0, 0.0], [9.0, 9.0]])
    session.remove_point(1)
    session.add_point([9.0, 9.0])
    session.run()
    assert session.labels.tolist() == [0, -1, 1, 1]
    assert session.point_labels.tolist() == [0, 1, 1, 1]


LAZY = {
    "collect": lambda: pl.LazyFrame(COLUMNS),
    "df": lambda: duckdb.from_arrow(pa.table(COLUMNS)),
    "compute": lambda: dask.dataframe.from_pandas(pd.DataFrame(COLUMNS), npartitions=2),
}


@pytest.mark.parametrize("call", LAZY)
def test_a_table_that_is_not_in_memory_names_the_call_that_computes_it(call):
    X = LAZY[call]()
    message = refusal(lambda: as_table(X))
    assert f"Use X.{call}()." in message
    assert as_table(eval(_code_in(message), {"X": X})).samples.X.tolist() == VALUES
    assert column_names(X) == []
    labels = np.asarray(kw.KMeans(2, random_state=0).fit(X).labels_)  # read in blocks
    expected = kw.KMeans(2, random_state=0).fit(VALUES).labels_
    assert np.equal.outer(labels, labels).tolist() == np.equal.outer(expected, expected).tolist()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_narwhals_frame_is_a_table_of_its_library(library):
    native = TABLES[library](GAPS)
    session = KMeansSession(narwhals.from_native(native), 2)
    assert session.feature_names == ("a", "b")
    assert type(session.labels) is type(native["a"])


def test_a_column_with_several_numbers_in_a_row_is_not_a_feature():
    several = pl.Series([[0.0, 1.0], [2.0, 3.0]], dtype=pl.Array(pl.Float64, 2))
    frame = pl.DataFrame({"e": several, "n": [1.0, 2.0]})
    assert KMeansSession(frame, 2).left_out_columns.not_numbers == ("e",)


@pytest.mark.parametrize("X", [[[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0], [NAN, 1.0, 1.0]]])
def test_a_single_complete_row_is_clustered(X):
    panel = kw.KMeansWidget(X, 1)
    panel.run()
    assert panel.inertia == 0.0
    panel.close()


def test_a_dask_array_is_computed():
    X = dask.array.from_array(np.array(VALUES), chunks=2)
    assert as_table(X).samples.X.tolist() == VALUES


def test_several_columns_of_one_name_are_refused_in_every_library():
    for X in (
        pd.DataFrame(VALUES, columns=["a", "a"]),
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
        pd.DataFrame(VALUES, columns=[1, "1"]),
    ):
        assert "several columns named" in refusal(lambda X=X: as_table(X))


# -- what is a number ----------------------------------------------------------------------------

NUMBERS = {
    "int": [1, 2, 4],
    "bool": [True, False, True],
    "Decimal": [Decimal("1.5"), Decimal(2), Decimal("-0.25")],
    "Fraction": [Fraction(1, 2), Fraction(2), Fraction(-1, 4)],
    "numpy scalars": [np.float32(1.5), np.int8(2), np.float64(4.0)],
    "mixed": [1, Decimal("2.5"), Fraction(1, 4)],
    "Int64": pd.array([1, 2, 4], dtype="Int64"),
    "boolean": pd.array([True, False, True], dtype="boolean"),
    "Float32": pd.array([1.0, 2.0, 4.0], dtype="Float32"),
    "Arrow int": pd.array([1, 2, 4], dtype=pd.ArrowDtype(pa.int32())),
    "Arrow decimal": pd.array(
        [Decimal("1.5"), Decimal(2), Decimal("0.25")], dtype=pd.ArrowDtype(pa.decimal128(5, 2))
    ),
    "Arrow bool": pd.array([True, False, True], dtype=pd.ArrowDtype(pa.bool_())),
    "pyarrow decimal": pa.array([Decimal("1.5"), Decimal(2), Decimal("0.25")]),
    "polars Decimal": pl.Series([Decimal("1.5"), Decimal(2), Decimal("0.25")]),
    "polars bool": pl.Series([True, False, True]),
}
OTHERS = {
    "text": ["1", "2", "4"],
    "complex": [1j, 2j, 4j],
    "dates": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"]),
    "objects": [object(), object(), object()],
}


def table_with(values):
    """Make a table of the values' own library that has them as a column."""
    others = [1.0, 5.0, 2.0]
    if isinstance(values, pl.Series):
        return pl.DataFrame({"v": values, "w": others})
    if isinstance(values, pa.Array):
        return pa.table({"v": values, "w": others})
    return pd.DataFrame({"v": values, "w": others})


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_of_every_kind_are_numbers_everywhere(kind):
    values, X = NUMBERS[kind], [[1.0], [5.0], [2.0]]
    rows = [[value] for value in (getattr(values, "to_pylist", values.__iter__)())]
    expected = [float(row[0]) for row in rows]

    def same(found, expected=expected):
        assert np.ravel(found).tolist() == pytest.approx(expected)

    panel = KMeansSession(table_with(values), 1)
    assert panel.feature_names == ("v", "w")
    same(panel.X[:, 0])
    same(KMeansSession(rows, 1).X)
    model = kw.KMeans(1, n_init=1).fit(table_with(values))
    assert model.cluster_centers_[0, 0] == pytest.approx(np.mean(expected))
    made = type(values[0]) if type(values[0]) in {Decimal, Fraction} else float
    weights = [made(abs(value) + 1) for value in expected]
    same(KMeansSession(X, 1, sample_weight=weights).sample_weight, [float(w) for w in weights])
    same(check_init(rows, 3, as_table(X).samples))
    panel = KMeansSession([[0.0, 0.0, 0.0], [9.0, 9.0, 9.0]], 1)
    panel.add_point([row[0] for row in rows])
    same(panel.X[-1])


@pytest.mark.parametrize("kind", OTHERS)
def test_other_things_are_numbers_nowhere(kind):
    values = list(OTHERS[kind])
    X = [[1.0], [5.0], [2.0]]
    assert KMeansSession(table_with(OTHERS[kind]), 1).feature_names == ("w",)
    refusal(lambda: KMeansSession([[value, 1.0] for value in values], 1))
    if kind == "dates":  # on request, they are encoded
        session = KMeansSession(table_with(OTHERS[kind]), 1, columns=["v"])
        assert all(name.startswith("v ") for name in session.feature_names)
    else:
        refusal(lambda: KMeansSession(table_with(OTHERS[kind]), 1, columns=["v"]))
    refusal(lambda: KMeansSession(X, 1, sample_weight=values))
    refusal(lambda: KMeansSession(X, 3, init=[[value] for value in values]))
    refusal(lambda: KMeansSession(X, 1).add_point([values[0]]))


# -- masked values -------------------------------------------------------------------------------

MASKED = np.ma.masked_equal([[1.0, 2.0], [2.0, 1.0], [-9999.0, 3.0], [8.0, 9.0]], -9999)
MASKS = {
    "floats": MASKED,
    "float32": MASKED.astype(np.float32),
    "integers": MASKED.astype(int),
    "objects": MASKED.astype(object),
    "rows": list(MASKED),
    "constant": [[1.0, 2.0], [2.0, 1.0], [np.ma.masked, 3.0], [8.0, 9.0]],
    "table": pd.DataFrame({"a": MASKED[:, 0], "b": MASKED[:, 1]}),
}


@pytest.mark.parametrize("kind", MASKS)
def test_masked_entries_are_missing(kind):
    session = KMeansSession(MASKS[kind], 2)
    assert session.left_out.tolist() == [2]
    assert session.X.tolist() == [[1.0, 2.0], [2.0, 1.0], [8.0, 9.0]]
    assert np.asarray(session.final_labels())[2] == -1
    for fit in (
        kw.KMeans(2).fit,
        kw.MiniBatchKMeans(2).fit,
        lambda X: kw.k_means(X, 2),
        lambda X: kw.kmeans_plusplus(X, 2),
        kw.KMeans(2, n_init=1).fit(np.array(VALUES)).predict,
    ):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "X has feature names|.*converting a masked")
            assert "contains NaN" in refusal_of_estimator(lambda fit=fit: fit(MASKS[kind]))


def refusal_of_estimator(call):
    with pytest.raises(ValueError, match="NaN") as caught:  # scikit-learn's own has several lines
        call()
    return str(caught.value)


def test_a_mask_that_hides_nothing_changes_nothing():
    X = np.ma.array(VALUES)
    assert KMeansSession(X, 2).X.tolist() == VALUES
    assert kw.KMeans(2, random_state=0).fit(X).inertia_ == 2.0


def test_masked_weights_centroids_and_positions_are_refused():
    hidden = np.ma.masked_equal([1.0, -1.0, 1.0, 1.0], -1)
    assert "contains NaN" in refusal(lambda: KMeansSession(VALUES, 2, sample_weight=hidden))
    assert "contains NaN" in refusal_of_estimator(
        lambda: kw.KMeans(2).fit(VALUES, sample_weight=hidden)
    )
    assert "NaN" in refusal(lambda: KMeansSession(VALUES, 2, init=MASKED[1:3]))
    assert "NaN" in refusal_of_estimator(
        lambda: kw.KMeans(2, init=MASKED[1:3], n_init=1).fit(VALUES)
    )
    assert "NaN" in refusal(lambda: KMeansSession(VALUES, 2).add_point(MASKED[2]))


# -- which columns are features ------------------------------------------------------------------

N = 30
PEOPLE = {
    "customer_id": list(range(1000, 1000 + N)),
    "city": ["x", "y", "z"] * 10,
    "since": pd.date_range("2026-01-01", periods=N).to_list(),
    "age": [20 + i % 7 for i in range(N)],
    "account": [10**7 + 37 * i for i in range(N)],
    "income": [1.5 * i for i in range(N)],
    "count": [0.5 + i % 3 for i in range(N)],
}


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_columns_that_are_no_features_are_named(library):
    session = KMeansSession(TABLES_OF[library](PEOPLE), 2)
    assert session.feature_names == ("age", "account", "income", "count")
    assert session.left_out_columns == LeftOut(
        not_numbers=("city", "since"), identifiers=("customer_id",), unique=("account",)
    )
    session.source = "df"
    assert session.magic_line.endswith("--columns age account income count -k 2 --seed 0")


TABLES_OF = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


def test_columns_that_were_asked_for_are_taken():
    frame = pd.DataFrame(PEOPLE)
    session = KMeansSession(frame, 2, columns=["customer_id", "age"])
    assert session.feature_names == ("customer_id", "age")
    assert session.left_out_columns == LeftOut()
    frame["tags"] = [["a"]] * len(frame)
    assert "Leave out what is not a number: columns=['age']" in refusal(
        lambda: KMeansSession(frame, 2, columns=["age", "tags"])
    )


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_weights_are_no_feature_however_they_are_given(library):
    table = TABLES_OF[library](PEOPLE)
    for weights in ("count", table["count"], np.array(PEOPLE["count"])):
        session = KMeansSession(table, 2, sample_weight=weights)
        assert session.feature_names == ("age", "account", "income")
        assert session.left_out_columns.weights == ("count",)
        assert session.sample_weight.tolist() == PEOPLE["count"]


def test_weights_in_another_order_are_refused_instead_of_taken_by_position():
    frame = pd.DataFrame({"a": [1.0, 2.0, 9.0]}, index=["x", "y", "z"])
    weights = pd.Series([1.0, 2.0, 3.0], index=["z", "y", "x"])
    message = refusal(lambda: KMeansSession(frame, 2, sample_weight=weights))
    assert "Use sample_weight.reindex(X.index)" in message
    followed = KMeansSession(frame, 2, sample_weight=weights.reindex(frame.index))
    assert followed.sample_weight.tolist() == [3.0, 2.0, 1.0]
    by_row = KMeansSession(frame, 2, sample_weight=weights.to_numpy())
    assert by_row.sample_weight.tolist() == [1.0, 2.0, 3.0]


def test_only_the_column_of_the_weights_is_left_out():
    frame = pd.DataFrame({"a": [1.5, 2.5, 9.0], "twin": [1.0, 2.0, 3.0], "w": [1.0, 2.0, 3.0]})
    assert KMeansSession(frame, 2, sample_weight="w").feature_names == ("a", "twin")
    assert KMeansSession(frame[["w"]], 2, sample_weight=frame["w"]).feature_names == ("w",)


def test_weights_alone_are_no_data():
    frame = pd.DataFrame({"w": [1.0, 2.0], "city": ["x", "y"]})
    assert "'city' of X cannot be read" in refusal(lambda: KMeansSession(frame, sample_weight="w"))
    frame = frame[["w"]]
    assert "no column besides the weights" in refusal(
        lambda: KMeansSession(frame, sample_weight="w")
    )


def test_a_column_without_any_value_is_left_out():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [NAN, NAN], "c": [None, None]})
    session = KMeansSession(frame, 2)
    assert session.feature_names == ("a",)
    assert session.left_out_columns.not_numbers == ("b", "c")
    assert "leave out what is empty" in refusal(lambda: KMeansSession(frame, columns=["a", "b"]))


def test_identifiers_are_whole_words_of_a_name_in_any_script():
    values = np.arange(9)
    assert [is_identifier(name, values) for name in ("IDs", "customerIDs", "kunden_id")] == [
        True
    ] * 3
    assert not any(is_identifier(name, values) for name in ("poids_idéal", "idée", "bid"))


def test_identifiers_are_taken_where_there_is_no_other_column():
    frame = pd.DataFrame({"id": [1, 2, 3], "v": [1.5, 2.0, 9.0]})
    assert KMeansSession(frame, 2).feature_names == ("v",)
    assert KMeansSession(frame[["id"]], 2).feature_names == ("id",)


def test_categories_are_no_numbers_even_where_they_are_called_by_numbers():
    frame = pd.DataFrame({"rating": pd.Categorical([1, 2, 1]), "v": [1.0, 2.0, 3.0]})
    assert KMeansSession(frame, 2).feature_names == ("v",)
    assert KMeansSession(frame, 2, columns=["rating"]).X.ravel().tolist() == [1.0, 2.0, 1.0]


def test_the_estimators_are_as_strict_as_scikit_learn():
    with pytest.raises(ValueError, match="could not convert string to float"):
        kw.KMeans(2).fit(pd.DataFrame(PEOPLE)[["age", "city"]])
    assert kw.KMeans(2).fit(pd.DataFrame(PEOPLE)[["customer_id", "age"]]).n_features_in_ == 2


# -- suggestions work when they are followed -------------------------------------------------------


@dataclasses.dataclass
class Row:
    a: float
    b: float


RECORDS = np.array([(0.0, 1.0), (1.0, 0.0)], dtype=[("a", float), ("b", float)])
EMBEDDINGS = [np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.array([8.0, 9.0])]
SUGGESTIONS = {
    "image": (np.zeros((4, 5, 3)), "X.reshape(-1, X.shape[-1])", (20, 3)),
    "image with alpha": (np.zeros((4, 5, 4), np.uint8), "X.reshape(-1, X.shape[-1])", (20, 4)),
    "image as a list": (np.zeros((4, 5, 3)).tolist(), "np.reshape(X, (-1, 3))", (20, 3)),
    "stack of images": (np.zeros((4, 8, 8)), "X.reshape(len(X), -1)", (4, 64)),
    "stack of colour images": (np.zeros((4, 8, 8, 3)), "X.reshape(len(X), -1)", (4, 192)),
    "stack as a list": (np.zeros((4, 8, 8)).tolist(), "np.reshape(X, (4, -1))", (4, 64)),
    "records": (RECORDS, "pd.DataFrame(X)", (2, 2)),
    "recarray": (RECORDS.view(np.recarray), "pd.DataFrame(X)", (2, 2)),
    "list of dicts": ([{"a": 1, "b": 2}, {"a": 3, "b": 4}], "pd.DataFrame(X)", (2, 2)),
    "list of dataclasses": ([Row(1.0, 2.0), Row(3.0, 4.0)], "pd.DataFrame(X)", (2, 2)),
    "dict of columns": ({"a": [1, 2], "b": [3, 4]}, "pd.DataFrame(X)", (2, 2)),
    "dict of numbers": ({"a": 1, "b": 2}, "pd.DataFrame([X])", (1, 2)),
    "Series of arrays": (pd.Series(EMBEDDINGS), "np.stack(X)", (3, 2)),
    "Series of lists": (pd.Series([[0.0, 1.0], [1.0, 0.0]]), "np.stack(X)", (2, 2)),
    "array of arrays": (pd.Series(EMBEDDINGS).to_numpy(), "np.stack(X)", (3, 2)),
    "polars Series of lists": (pl.Series([[0.0, 1.0], [1.0, 0.0]]), "np.stack(X)", (2, 2)),
    "Series of dicts": (pd.Series([{"a": 1}, {"a": 2}]), "pd.DataFrame(list(X))", (2, 1)),
    "array of dicts": (np.array([{"a": 1}, {"a": 2}]), "pd.DataFrame(list(X))", (2, 1)),
    "arrays with gaps": (pd.Series([EMBEDDINGS[0], None]), "np.stack(X.dropna())", (1, 2)),
    "pyarrow table of lists": (
        pa.table({"e": [[0.0, 1.0], [1.0, 0.0]]}), "np.stack(X['e'].to_pylist())", (2, 2),
    ),
    "polars arrays": (
        pl.DataFrame({"e": pl.Series([[0.0, 1.0]], dtype=pl.Array(pl.Float64, 2))}),
        "np.stack(X['e'])", (1, 2),
    ),
    "pyarrow lists": (
        pa.chunked_array([[[0.0, 1.0], [1.0, 0.0]]]), "np.stack(X.to_pylist())", (2, 2),
    ),
    "table of arrays": (pd.DataFrame({"e": EMBEDDINGS}), "np.stack(X['e'])", (3, 2)),
    "Series": (pd.Series([1.0, 2.0]), "X.to_frame()", (2, 1)),
    "polars Series": (pl.Series([1.0, 2.0]), "X.to_frame()", (2, 1)),
    "one dimension": ([1.0, 2.0], "np.reshape(X, (-1, 1))", (2, 1)),
    "pyarrow column": (pa.chunked_array([[1.0, 2.0]]), "np.reshape(X, (-1, 1))", (2, 1)),
    "sparse": (scipy.sparse.csr_array(np.eye(3)), "X.toarray()", (3, 3)),
    "complex": ([[1j, 2], [3, 4]], "np.real(X)", (2, 2)),
    "set of rows": ({(0.0, 1.0), (1.0, 0.0)}, "list(X)", (2, 2)),
    "large": ([[1e200, 0.0], [0.0, 1.0]], "np.divide(X, 1e+200)", (2, 2)),
    "large table": (pd.DataFrame({"a": [1e200, 0.0], "b": 0.0}), "np.divide(X, 1e+200)", (2, 2)),
}  # fmt: skip


def _code_in(message):
    """Find the code that a message suggests."""
    call = re.search(
        r"(?:[A-Za-z.]+\.)?[a-z_A-Z]+\((?:[^()]|\([^()]*\))*\)(?=[. ,:]|$)",
        message.split(". ", 1)[1],
    )
    return call[0]


@pytest.mark.parametrize("kind", SUGGESTIONS)
def test_what_a_message_suggests_satisfies_it(kind):
    X, code, shape = SUGGESTIONS[kind]
    assert code in refusal(lambda: KMeansSession(X, 1))
    table = as_table(eval(code, {"X": X, "np": np, "pd": pd}))
    assert table.samples.X.shape == shape
    if shape[0] == 20:  # one row for each pixel
        pixels = np.arange(4 * 5 * shape[1], dtype=float).reshape(4, 5, shape[1])
        rows = eval(code, {"X": pixels, "np": np})
        assert rows[7].tolist() == pixels[1, 2].tolist()


def test_masked_records_keep_their_mask_when_they_become_a_table():
    X = np.ma.array(RECORDS, mask=[(True, False), (False, False)])
    code = "pd.DataFrame({name: X[name] for name in X.dtype.names})"
    assert code in refusal(lambda: KMeansSession(X, 1))
    assert KMeansSession(eval(code, {"X": X, "pd": pd}), 1).left_out.tolist() == [0]


def test_sums_of_weights_that_are_too_small_can_be_rescaled():
    message = refusal(lambda: KMeansSession(VALUES, 2, sample_weight=[1e-300] * 4))
    assert "sample_weight / np.max(sample_weight)" in message
    scaled = eval("w / np.max(w)", {"w": [1e-300] * 4, "np": np})
    assert KMeansSession(VALUES, 2, sample_weight=scaled).sample_weight.tolist() == [1.0] * 4


def test_whatever_goes_wrong_in_a_conversion_is_one_sentence():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.\nUse detach().")

    assert "RuntimeError: Can't call numpy() on Tensor that requires grad. Use detach()" in refusal(
        lambda: KMeansSession(Tensor())
    )
