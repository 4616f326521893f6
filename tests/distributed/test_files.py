"""Data in files: fits are those of the same data in memory, and what cannot be used is named."""

import os
import pickle
import re
import subprocess
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import kmeans_widget as kw
from kmeans_widget.core.blocks import BlockSamples
from kmeans_widget.distributed import arrow, sources
from kmeans_widget.distributed.sources import Options, Scan, open_source
from kmeans_widget.estimator import progress
from kmeans_widget.validation import as_table

RNG = np.random.default_rng(0)
N = 3000
X = RNG.normal(size=(N, 3)) + RNG.integers(0, 4, (N, 1)) * 5
WEIGHTS = RNG.integers(0, 3, N).astype(float)
NAMES = ["x", "y", "z"]
SMALL = Options(block_bytes=24 * 350)  # blocks of 350 rows
COLUMNS = {"x": X[:, 0], "city": ["Ulm"] * N, "y": X[:, 1], "z": X[:, 2], "w": WEIGHTS}
TABLE = pa.table({"id": np.arange(N)} | COLUMNS)
LISTS = pa.table({"e": pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 3)})
THIRDS = [slice(0, 900), slice(900, 900), slice(900, N)]  # one of them is empty


def parquet(folder, **options):
    for i, rows in enumerate(THIRDS):
        part = TABLE.slice(rows.start, rows.stop - rows.start)
        pq.write_table(part, folder / f"{i}.parquet", **options)
    return folder


def feather(folder, **options):
    for i, rows in enumerate(THIRDS):
        (folder / f"year={i}").mkdir()
        part = TABLE.slice(rows.start, rows.stop - rows.start)
        pa.feather.write_feather(part, folder / f"year={i}" / "a.feather", **options)
    return folder


def npy(folder):
    for i, rows in enumerate(THIRDS):
        np.save(folder / f"{i}.npy", np.asfortranarray(X[rows]))
    return folder / "*.npy"


def lists(folder):
    pq.write_table(LISTS, folder / "e.parquet", row_group_size=700)
    return folder / "e.parquet"


KINDS = {
    "folder": lambda f: parquet(f, row_group_size=100),
    "pattern": lambda f: str(parquet(f, row_group_size=800) / "*.parquet"),
    "list": lambda f: [parquet(f) / f"{i}.parquet" for i in range(3)],
    "data set": lambda f: ds.dataset(parquet(f)),
    "partitions": lambda f: feather(f, chunksize=100),
    "one batch": lambda f: feather(f, chunksize=N, compression="uncompressed"),
    "npy": npy,
    "polars": lambda f: pl.scan_parquet(parquet(f) / "*.parquet"),
    "duckdb": lambda f: duckdb.sql(f"select * from '{parquet(f)}/*.parquet'"),
    "lists": lists,
}


def fit(data, weights=None, **options):
    options = {"random_state": 0, "n_init": 1} | options
    return kw.KMeans(4, **options).fit(data, sample_weight=weights)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sliced", [False, True])
def test_a_fit_is_that_of_the_data_in_memory(kind, sliced, tmp_path):
    given = KINDS[kind](tmp_path)
    has_names = kind not in {"npy", "lists"}
    data = Scan(given, SMALL._replace(most_bytes=24 * 100) if sliced else SMALL)
    by_memory = fit(X, WEIGHTS if kind != "lists" else None)
    ours = fit(data, None if kind == "lists" else "w" if has_names else WEIGHTS)
    assert ours.inertia_ == pytest.approx(by_memory.inertia_)
    np.testing.assert_array_equal(ours.labels_, by_memory.labels_)
    np.testing.assert_array_equal(ours.predict(given), ours.labels_)
    np.testing.assert_allclose(ours.transform(given), by_memory.transform(X))
    assert ours.score(given) == pytest.approx(by_memory.score(X))
    names = list(getattr(ours, "feature_names_in_", []))
    assert names == (NAMES if has_names else ["e[0]", "e[1]", "e[2]"] if kind == "lists" else [])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (".", [0, 1, 2]),
        (b"year=1", [1]),
        ("**", [0, 1, 2]),
        ("**/*", [0, 1, 2]),
        ("*/*.parquet", [0, 2]),
        (["year=2", "."], [2, 0, 1]),
    ],
)
def test_each_file_is_read_once(given, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i, name in enumerate(["year=0/a.parquet", "year=1/b.PARQUET", "year=2/spark.parquet/c.pq"]):
        (tmp_path / name).parent.mkdir(parents=True)
        pq.write_table(pa.table({"x": [float(i)]}), tmp_path / name)
    (tmp_path / "year=2" / "z.parquet").symlink_to("spark.parquet/c.pq")
    (tmp_path / "empty").mkdir()
    assert np.concatenate(list(kw.scan(given))).ravel().tolist() == expected


def test_folders_that_are_links_are_read(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data").mkdir()
    parquet(tmp_path / "elsewhere")
    (tmp_path / "data" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "circle").symlink_to(tmp_path / "data")
    assert len(fit(tmp_path / "data").labels_) == N


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", folder)

    parquet(tmp_path)
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ValueError, match="cannot be read: Permission denied"):
        kw.KMeans(4).fit(tmp_path)


@pytest.mark.parametrize("kind", ["folder", "partitions", "npy", "lists"])
def test_blocks_are_of_their_size_and_can_be_pickled(kind, tmp_path):
    engine = open_source(Scan(KINDS[kind](tmp_path), SMALL)).engine
    copies = pickle.loads(pickle.dumps(engine.blocks))
    rows = [block.read()[0] for block in copies]
    assert np.array_equal(np.concatenate(rows)[:, :3], X)
    assert 5 <= len(rows) <= 35


def test_conditions_of_a_data_set_choose_rows(tmp_path):
    KINDS["partitions"](tmp_path)
    data = ds.dataset(tmp_path, format="feather", partitioning="hive")
    data = data.filter(ds.field("x") > 4).filter(ds.field("year") < 2)
    rows = X[:900][X[:900, 0] > 4]
    ours = fit(kw.scan(data, columns=NAMES))
    assert ours.inertia_ == pytest.approx(fit(rows).inertia_)
    KINDS["folder"](tmp_path)
    ours = fit(kw.scan(ds.dataset(tmp_path / "0.parquet").filter(ds.field("x") > 4), columns=NAMES))
    assert np.array_equal(ours.labels_, fit(rows).labels_)


def test_lists_are_not_copied(tmp_path):
    path = tmp_path / "e.feather"
    pa.feather.write_feather(LISTS, path, compression="uncompressed")
    rows, _ = open_source(path).engine.blocks[0].read()
    assert np.array_equal(rows, X)
    assert not rows.flags.owndata


TYPES = {
    "int8": np.int8, "uint16": np.uint16, "int64": np.int64, "float": np.float32,
    "double": np.float64, "halffloat": np.float16, "bool": bool,
}  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([*TYPES]), min_size=1, max_size=4), st.integers(1, 50))
def test_types_of_columns_are_those_of_tables_in_memory(kinds, size):
    numbers = np.random.default_rng(size).integers(0, 2, (size, len(kinds)))
    columns = [numbers[:, j].astype(TYPES[kind]) for j, kind in enumerate(kinds)]
    table = pa.table({f"c{j}": pa.array(column) for j, column in enumerate(columns)})
    layout = arrow.find_layout(table.schema, sources.DEFAULT, None)
    rows, _ = layout.rows([("a", table.slice(0, 1)), ("b", table.slice(1))])
    np.testing.assert_array_equal(rows, numbers)
    assert rows.dtype == as_table(table).samples.dtype


def test_types_may_differ_between_files_if_they_have_a_common_one(tmp_path):
    pq.write_table(pa.table({"x": [1, 2, 3]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [0.5, 9.5]}), tmp_path / "b.parquet")
    model = kw.KMeans(2, random_state=0).fit(tmp_path)
    assert sorted(model.cluster_centers_.ravel()) == [1.625, 9.5]


def test_arrays_mapped_from_a_file_are_read_by_slices(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BLOCK_BYTES", 1000)
    mapped = np.memmap(tmp_path / "a.bin", np.int16, "w+", shape=(N, 3))
    mapped[:] = X * 100
    assert isinstance(open_source(mapped).engine.blocks[0].array, np.memmap)
    expected = fit(np.array(mapped))
    assert np.array_equal(fit(mapped).labels_, expected.labels_)
    assert open_source(np.memmap(tmp_path / "b.bin", np.float64, "w+", shape=(N, 3))) is None


def test_arrays_of_zarr_are_read_by_chunks():
    class Array:
        shape, dtype, chunks = X.shape, X.dtype, (100, 3)

        def __len__(self):
            return N

        def __getitem__(self, rows):
            assert rows.start % 100 == 0
            return X[rows]

    Array.__module__ = "zarr.core.array"
    assert len(open_source(Scan(Array(), SMALL)).engine.blocks) == 10
    assert np.array_equal(fit(Scan(Array(), SMALL)).labels_, fit(X).labels_)


def test_rows_in_another_order_in_the_next_pass_are_an_error():
    frame = pl.LazyFrame(dict(zip(NAMES, X.T, strict=True)))
    shuffled = frame.map_batches(lambda f: f.sample(fraction=1, shuffle=True))
    with pytest.raises(ValueError, match="LazyFrame has other rows than in the pass before"):
        fit(shuffled)


@pytest.mark.parametrize("n", [0, N - 350, N - 1, N + 1, N + 350])
def test_other_numbers_of_rows_in_the_next_pass_are_an_error(n):
    rows = [X, np.resize(X, (n, 3))]
    frame = pl.LazyFrame(dict(zip(NAMES, X.T, strict=True)))
    changing = frame.map_batches(
        lambda _: pl.DataFrame(rows.pop(0), NAMES), schema=frame.collect_schema()
    )
    with pytest.raises(ValueError, match="LazyFrame has other rows than in the pass before"):
        fit(Scan(changing, SMALL._replace(block_bytes=24 * 300)))  # the last block is full


@pytest.mark.parametrize("kind", ["npy", "parquet", "feather"])
@pytest.mark.parametrize("change", ["grow", "touch", "delete"])
def test_a_file_that_changes_in_the_meantime_is_an_error(kind, change, tmp_path):
    path = tmp_path / f"a.{kind}"
    write = {
        "npy": lambda rows: np.save(path, rows),
        "parquet": lambda rows: pq.write_table(pa.table({"x": rows[:, 0]}), path),
        "feather": lambda rows: pa.feather.write_feather(pa.table({"x": rows[:, 0]}), path),
    }[kind]
    write(X[1:])
    samples = BlockSamples(open_source(path).engine)
    if change == "delete":
        path.unlink()
    else:
        write(X if change == "grow" else X[:-1])
        os.utime(path, ns=(0, 0))
    with pytest.raises(ValueError, match=rf"a\.{kind} has changed since .* Open it again"):
        samples.assign(samples.rows(np.array([0])))


def failing(_):
    raise RuntimeError("Boom\nand more")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: f.map_batches(failing, schema=f.collect_schema()), "Frame cannot .*: Boom"),
        (lambda f: f.select("z"), "LazyFrame cannot be read: .*column"),
        (
            lambda _: duckdb.sql("select error('Boom')::double as x"),
            "Relation cannot be read: .*Boom",
        ),
        (
            lambda f: ds.InMemoryDataset(f.collect().to_arrow()).filter(ds.field("q") > 1),
            "this filter cannot be read: .*q",
        ),
    ],
)
def test_what_cannot_be_computed_is_said_in_one_sentence(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        kw.KMeans(1).fit(make(pl.LazyFrame({"x": [1.0, 2.0]})))
    assert "\n" not in str(caught.value)


def repeated(path):
    pq.write_table(pa.table([[1.0], [2.0]], names=["x", "x"]), path)


def write(folder, **columns):
    pq.write_table(pa.table(columns), folder / "a.parquet")


@pytest.mark.parametrize(
    ("make", "weights", "words"),
    [
        (lambda f: write(f, x=[1.0, None]), None, "a.parquet, row group 0: .* row 1 of column 'x'"),
        (lambda f: write(f, x=[1.0, np.nan]), None, "group 0: .* row 1 of column 'x' is missing"),
        (lambda f: write(f, x=[1.0], w=[0]), "w", "must contain at least one non-zero number"),
        (lambda f: write(f, x=[1.0] * 3), None, "n_samples=3 should be >= n_clusters=4"),
        (lambda f: write(f, x=["a"]), None, "Column 'x' of X cannot be read as numbers"),
        (lambda f: write(f, x=[1.0], size=[1]), "sizes", "no column 'sizes' .* mean 'size'"),
        (lambda f: write(f, x=[1.0], size=[-1]), "size", "row group 0: a weight is needed"),
        (lambda f: write(f, x=[1.0], size=[1]), [1], "must be the name of one of its columns"),
        (lambda _: None, None, "The folder .* has no data file"),
        (lambda f: f / "*.parquet", None, r"No file matches '.*/\*.parquet'"),
        (lambda _: "", None, "X is an empty text"),
        (lambda f: f / "gone", None, "There is no file or folder '.*gone'"),
        (lambda f: (f / "a.parquet").write_text("PAR1 no"), None, "a.parquet cannot be read: .*"),
        (lambda f: (f / "a.npy").write_text("no"), None, "a.npy cannot be read: .* np.save"),
        (lambda f: np.save(f / "a.npy", X.astype(object)), None, "object; .* X.astype"),
        (lambda f: np.save(f / "a.npy", np.zeros(9, "f8,f8")), None, "a.npy has named fields"),
        (lambda f: np.save(f / "a.npy", X[:, :0]), None, "a.npy has no columns"),
        (lambda f: repeated(f / "a.parquet"), None, "a.parquet has several columns of the same"),
        (lambda _: "x" * 5000, None, "There is no file or folder 'x{300}...'"),
        (lambda _: [], None, "X is an empty list"),
        (lambda f: (f / "a.npy").symlink_to("gone"), None, "a.npy cannot be read: .*No such file"),
        (lambda f: (f / "a.npy").touch(), None, "a.npy cannot be read: it is empty"),
        (lambda f: (f / "a.feather").write_text("no"), None, "a.feather cannot be read: .*"),
        (lambda f: np.save(f / "a.npy", X[:, 0]), None, r"a\.npy has 1 dimension; .* X.reshape"),
        (lambda f: np.save(f / "a.npy", [["a"]]), None, "a.npy has values of type <U1"),
        (lambda f: np.save(f / "a.npy", np.zeros((0, 2))), None, "There is no row in the data"),
        (lambda f: parquet(f) and np.save(f / "a.npy", X), None, "Files of several kinds"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_in_one_sentence(make, weights, words, tmp_path):
    made = make(tmp_path)
    with pytest.raises((ValueError, TypeError, OSError), match=words) as caught:
        fit(made if isinstance(made, str | os.PathLike | list) else tmp_path, weights)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"x": [1.0]}, "b.parquet has no column 'y', but a.parquet has"),
        ({"x": [1.0], "y": ["a"]}, "'y' is string in b.parquet, but double in a.parquet"),
    ],
)
def test_files_need_the_same_columns(other, words, tmp_path):
    write(tmp_path, x=[1.0], y=[2.0])
    pq.write_table(pa.table(other), tmp_path / "b.parquet")
    with pytest.raises(ValueError, match=words):
        fit(tmp_path)


def test_files_of_the_same_name_are_told_apart(tmp_path):
    for name, n_columns in (("a", 2), ("b", 1)):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "0.npy", X[:, :n_columns])
    with pytest.raises(ValueError, match=r"b.0\.npy has 1 column, but a.0\.npy has 2"):
        fit(tmp_path)


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_a_column_may_be_in_the_name_of_the_folder_too(kind, tmp_path):
    (tmp_path / "x=7").mkdir()
    write = {"parquet": pq.write_table, "feather": pa.feather.write_feather}[kind]
    write(pa.table({"x": [1.0, 3.0]}), tmp_path / "x=7" / f"a.{kind}")
    assert kw.KMeans(1).fit(tmp_path).cluster_centers_.tolist() == [[2.0]]


@pytest.mark.parametrize("kind", ["folder", "partitions", "npy"])
def test_a_number_that_cannot_be_used_has_its_row_in_the_file(kind, tmp_path, monkeypatch):
    bad = X.copy()
    bad[2500, 1] = np.inf  # row 1,600 of the last file
    monkeypatch.setitem(globals(), "X", bad)
    monkeypatch.setitem(globals(), "TABLE", TABLE.set_column(3, "y", pa.array(bad[:, 1])))
    column = ", column 1" if kind == "npy" else " of column 'y'"
    with pytest.raises(ValueError, match=rf"2.*: the value in row 1,600{column} is infinite"):
        fit(Scan(KINDS[kind](tmp_path), SMALL._replace(most_bytes=24 * 100)))


def test_lists_of_any_length_are_no_columns(tmp_path):
    write(tmp_path, e=[[1.0, 2.0], [3.0, 4.0]], x=[5.0, 6.0])
    assert next(iter(kw.scan(tmp_path))).tolist() == [[5.0], [6.0]]
    with pytest.raises(ValueError, match=r"Column 'e' has lists of any length. .* fixed-size"):
        fit(kw.scan(tmp_path, columns="e"))


def test_a_damaged_row_group_is_named(tmp_path):
    path = parquet(tmp_path, row_group_size=800, compression="snappy") / "2.parquet"
    content = bytearray(path.read_bytes())
    content[200:9000] = bytes(8800)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"2\.parquet, row groups? .* cannot be read"):
        fit(tmp_path)


def test_other_kinds_of_data_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1")
    with pytest.raises(ValueError, match=r"'a\.csv' is not a data file .* polars.scan_csv"):
        fit(tmp_path / "a.csv")
    reader = pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches())
    with pytest.raises(TypeError, match=r"can be read only once, .* X.read_all\(\)"):
        fit(reader)
    assert fit(reader.read_all().select(NAMES)).n_features_in_ == 3
    with pytest.raises(TypeError, match="X must be data that are read in blocks"):
        kw.scan(X)
    with pytest.raises(TypeError, match=r"Give scan the data themselves: X\.data"):
        kw.scan(kw.scan(tmp_path))
    for memory in (8, np.inf, "2GB"):
        with pytest.raises(ValueError, match=f"at least 1e6, .* got {memory!r}"):
            kw.scan(tmp_path, memory=memory)
    np.save(tmp_path / "a.npy", X)
    with pytest.raises(ValueError, match="X is an array: use its slices"):
        fit(kw.scan(tmp_path / "a.npy", columns=["x"]))


def test_the_extra_is_named_where_arrow_is_missing(tmp_path, monkeypatch):
    parquet(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=re.escape('pip install "kmeans-widget[arrow]"')):
        fit(tmp_path)


def test_new_data_may_have_more_columns_in_any_order(tmp_path):
    parquet(tmp_path)
    model = fit(pd.DataFrame(X, columns=NAMES)[["z", "x"]])
    expected = model.predict(pd.DataFrame(X, columns=NAMES)[["z", "x"]])
    assert np.array_equal(model.predict(tmp_path), expected)
    write(tmp_path / "..", z=[1.0])
    with pytest.raises(ValueError, match="no column 'x'"):
        model.predict(tmp_path / ".." / "a.parquet")


def test_mini_batches_are_the_blocks_of_a_scan(tmp_path):
    parquet(tmp_path)
    model = kw.MiniBatchKMeans(4, random_state=0)
    for call in (model.fit, model.partial_fit):
        with pytest.raises(
            TypeError, match=r"partial_fit\(rows\) for each of `for rows in kw.scan"
        ):
            call(str(tmp_path))
    for rows in kw.scan(str(tmp_path), columns=NAMES, memory=1e6):
        model.partial_fit(rows)
    assert -model.score(X) < 1.5 * fit(X).inertia_


def test_a_fit_on_a_sample_has_the_labels_and_the_inertia_of_all(tmp_path):
    parquet(tmp_path)
    model = kw.KMeans(4, random_state=0)
    model.fit_sample(kw.scan(tmp_path, columns=NAMES), sample_weight="w", n_samples=300)
    assert np.array_equal(model.labels_, model.predict(tmp_path))
    assert model.inertia_ == pytest.approx(-model.score(tmp_path, sample_weight="w"))
    assert model.inertia_ == pytest.approx(fit(X, WEIGHTS).inertia_, rel=0.1)
    assert model.sample_inertia_ == pytest.approx(model.inertia_, rel=0.2)
    again = kw.KMeans(4, random_state=0).fit_sample(X, sample_weight=WEIGHTS, n_samples=300)
    np.testing.assert_allclose(again.cluster_centers_, model.cluster_centers_)
    assert not hasattr(model.fit(X), "sample_inertia_")
    with pytest.raises(ValueError, match="n_samples=3 should be >= n_clusters=4"):
        model.fit_sample(X, n_samples=3)
    assert kw.KMeans(90).fit_sample(X, n_samples=90).n_iter_ == 1  # none is drawn twice


@pytest.mark.parametrize("form", ["text", "list", "scan"])
@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (kw.choose_k, ()), (kw.restarts, (2,)), (kw.kmeans_plusplus, (2,)),
        (kw.silhouette, ([0] * N,)), (kw.profile, ([0] * N,)),
    ],
)  # fmt: skip
def test_functions_that_need_memory_say_how_to_read_files(function, arguments, form, tmp_path):
    np.save(tmp_path / "a.npy", X)
    path = str(tmp_path / "a.npy")
    given = {"text": path, "list": [path], "scan": kw.scan(path)}[form]
    with pytest.raises(TypeError, match="Samples in memory are needed") as caught:
        function(given, *arguments)
    fix = re.search(r"np\.concatenate.*\)\)", str(caught.value)).group()
    assert np.array_equal(eval(fix, {"np": np, "kw": kw, "X": given}), X)
    assert len(kw.k_means(given, 2)[1]) == N


def test_distances_to_centers_far_away_do_not_overflow(tmp_path):
    np.save(tmp_path / "a.npy", X.astype(np.float32))
    model = fit(np.r_[X, [[1e25] * 3]])
    np.testing.assert_array_equal(
        model.transform(tmp_path / "a.npy"), model.transform(X.astype(np.float32))
    )


def test_labels_are_written_beside_the_data(tmp_path):
    data, folder = tmp_path / "data", tmp_path / "labels"
    data.mkdir()
    feather(data, chunksize=100)
    model = fit(Scan(data, SMALL), "w")
    written = kw.write_labels(model, data / "*" / "*.feather", folder)
    assert [str(path.relative_to(folder)) for path in written] == [
        f"year={i}/a.parquet" for i in range(3)
    ]
    for path, rows in zip(written, THIRDS, strict=True):
        labels = pq.read_table(path)
        assert labels.schema == pa.schema([("cluster", pa.int32())])
        assert labels["cluster"].to_pylist() == model.labels_[rows].tolist()
    with pytest.raises(FileExistsError, match=r"already exists. .* overwrite=True"):
        kw.write_labels(model, data, folder)
    other = kw.KMeans(1).fit(Scan(data, SMALL), sample_weight="w")
    kw.write_labels(other, data, folder, overwrite=True)
    assert set(pq.read_table(written[0])["cluster"].to_pylist()) == {0}
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 3  # nothing is left over
    parquet(data)
    with pytest.raises(ValueError, match="would replace the data"):
        kw.write_labels(model, data / "*.parquet", data, overwrite=True)
    (folder / "0.parquet").write_text("precious")
    for other, source, where, error, words in [
        (model, X, folder, TypeError, "X must be the names of files"),
        (model, data, None, TypeError, "folder must be the name of a folder, got NoneType"),
        (model, data, data / "labels", ValueError, "among the data in .* Choose a folder outside"),
        (model, data / "**" / "*.feather", data / "labels", ValueError, "among the data"),
        (model, data / "0.parquet", folder, FileExistsError, "is not a file of labels"),
        (KMeans(2), data, folder, TypeError, "model must be a KMeans .* of kmeans_widget"),
        ("model", data, folder, TypeError, "model must be .* got str 'model'"),
        (kw.KMeans(2), data, folder, NotFittedError, "not fitted"),
        (make_pipeline(StandardScaler(), kw.KMeans(2)), data, folder, NotFittedError, "not fitted"),
    ]:
        with pytest.raises(error, match=words):
            kw.write_labels(other, source, where, overwrite=True)
    assert (folder / "0.parquet").read_text() == "precious"


def test_labels_have_the_names_of_links(tmp_path):
    np.save(tmp_path / "a.npy", X)
    (tmp_path / "b.npy").symlink_to("a.npy")
    (path,) = kw.write_labels(fit(X), tmp_path / "b.npy", tmp_path / "labels")
    assert path.name == "b.parquet"


@pytest.mark.parametrize("names", [NAMES[::-1], None])
def test_labels_of_a_model_behind_a_scaler_are_written(names, tmp_path):
    columns = X if names is None else pd.DataFrame(X, columns=NAMES)[names]
    model = make_pipeline(StandardScaler(), kw.KMeans(4, random_state=0)).fit(columns)
    if names is None:
        np.save(tmp_path / "a.npy", X)
    else:
        pq.write_table(TABLE, tmp_path / "a.parquet")
    (path,) = kw.write_labels(model, tmp_path, tmp_path.with_name("labels") / str(names))
    assert pq.read_table(path)["cluster"].to_pylist() == model.predict(columns).tolist()


def test_the_bar_moves_within_an_iteration(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    fit(Scan(parquet(tmp_path, row_group_size=100), SMALL), verbose=1)
    assert re.search(r"iteration 1, inertia [\d.e+]+, \d+% of the next", capsys.readouterr().err)


INTERRUPTED = """
import signal, sys, threading, os
import numpy as np
import kmeans_widget as kw
from kmeans_widget.distributed import files
model = kw.KMeans(2, random_state=0, max_iter=10**6, tol=0).fit(np.eye(3))
before = dict(vars(model))
reads = []
class Slow(files.NpyBlock):
    __slots__ = ()
    def read(self):
        reads.append(1)
        if len(reads) == 40:
            os.kill(os.getpid(), signal.SIGINT)
        return super().read()
files.NpyBlock = Slow
scan = kw.scan(sys.argv[1], memory=1e6)
try:
    model.fit(scan)
except KeyboardInterrupt:
    threads = [t.name for t in threading.enumerate() if t.name.startswith("kmeans-blocks")]
    print(vars(model) == before, threads)
"""


def test_ctrl_c_stops_after_the_blocks_in_flight(tmp_path):
    np.save(tmp_path / "a.npy", RNG.normal(size=(400_000, 2)))
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, tmp_path / "a.npy"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stdout == "True []\n", done.stderr


PEAK = """
import pathlib, sys
import numpy as np
import kmeans_widget as kw
def status(field):
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(lines[field].split()[0]) * 1024
folder, memory, warm = sys.argv[1], float(sys.argv[2]), sys.argv[3]
def fit(path):
    return kw.KMeans(4, random_state=0, max_iter=3).fit(kw.scan(path, memory=memory))
fit(warm)
pathlib.Path("/proc/self/clear_refs").write_text("5")
before = status("VmRSS")
model = fit(folder)
print(status("VmHWM") - before - model.labels_.nbytes, len(model.labels_))
"""


def test_memory_is_that_of_the_blocks_in_flight(tmp_path):
    data, warm = tmp_path / "data", tmp_path / "warm"
    for folder, n_files, n in ((warm, 1, 1000), (data, 8, 750_000)):
        folder.mkdir()
        for i in range(n_files):
            part = RNG.normal(size=(8, n)) + RNG.integers(0, 4, n) * 4
            table = pa.table({f"x{j}": column for j, column in enumerate(part)})
            pq.write_table(table, folder / f"{i}.parquet", row_group_size=20_000)
    memory = 96e6  # a quarter of the data
    done = subprocess.run(
        [sys.executable, "-c", PEAK, data, str(memory), warm],
        capture_output=True, text=True, timeout=170, check=True,
    )  # fmt: skip
    peak, n = map(int, done.stdout.split())
    assert n * 64 == 4 * memory
    assert 0 < peak < 1.5 * memory  # what the allocator keeps differs from run to run
