"""The profile of clusters, against one computed row by row."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kmeans_widget as kw
from kmeans_widget import KMeansWidget

NUMBERS = ["mean", "median", "std", "minimum", "maximum", "deviation"]
random = np.random.default_rng(0)


def of(found, cluster, column):
    """Return the one row of a cluster and a column."""
    (row,) = found[(found["cluster"] == cluster) & (found["column"] == column)].to_dict("records")
    return row


def spread(x, w):
    return np.sqrt(w @ (x - w @ x / w.sum()) ** 2 / w.sum())


def naive_eta2(x, labels, w):
    """The share of the variance that is left when each value is replaced by its cluster's mean."""
    means = np.array([w[labels == c] @ x[labels == c] / w[labels == c].sum() for c in labels])
    return (spread(means, w) / spread(x, w)) ** 2


def naive_median(x, w):
    """The median of each value repeated as often as it weighs."""
    return np.median(np.repeat(x, w.astype(int)))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("origin", "unit"), [(0, 1), (1e9, 1), (0, 1e300), (0, 1e-300), (-7, 1e5)])
def test_the_numbers_of_a_column(weighted, origin, unit):
    labels = random.integers(-1, 3, 200)
    x = origin + unit * (random.normal(size=200) + labels)
    x[:9] = [np.nan, np.inf, -np.inf] * 3
    w = random.integers(1, 5, 200) if weighted else np.ones(200)
    found = kw.profile(x[:, None], labels, sample_weight=w if weighted else None)
    known = (labels >= 0) & np.isfinite(x)
    z = (x - origin) / unit
    for cluster in range(3):
        own = known & (labels == cluster)
        row = of(found, cluster, "feature 0")
        assert row["size"] == (labels == cluster).sum()
        assert row["share"] == pytest.approx(w[labels == cluster].sum() / w[labels >= 0].sum())
        mean = w[own] @ z[own] / w[own].sum()
        overall = w[known] @ z[known] / w[known].sum()
        assert row["mean"] == pytest.approx(origin + unit * mean)
        assert row["median"] == pytest.approx(origin + unit * naive_median(z[own], w[own]))
        assert row["std"] == pytest.approx(unit * spread(z[own], w[own]), rel=1e-6)
        assert (row["minimum"], row["maximum"]) == (x[own].min(), x[own].max())
        deviation = (mean - overall) / spread(z[known], w[known])
        assert row["deviation"] == pytest.approx(deviation, rel=1e-6)
        assert row["eta2"] == pytest.approx(naive_eta2(z[known], labels[known], w[known]), rel=1e-6)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(1, 4)), min_size=2))
def test_the_share_of_text_is_that_of_its_indicator_columns(rows):
    texts, labels, w = map(np.array, zip(*rows, strict=True))
    table = pd.DataFrame({"text": pd.Categorical([f"t{text}" for text in texts])})
    found = kw.profile(table, labels, sample_weight=w)
    indicators = [(texts == text).astype(float) for text in np.unique(texts)]
    total = sum(spread(x, w) ** 2 for x in indicators)
    between = sum(naive_eta2(x, labels, w) * spread(x, w) ** 2 for x in indicators) if total else 0
    for cluster in np.unique(labels):
        row = of(found, cluster, "text")
        assert row["eta2"] == pytest.approx(between / total if total else 0.0, abs=1e-12)
        counts = {f"t{t}": w[(labels == cluster) & (texts == t)].sum() for t in np.unique(texts)}
        best = sorted((-n, text) for text, n in counts.items() if n)[:3]
        assert [value.split()[0] for value in row["values"].split(", ")] == [t for _, t in best]


TABLE = pd.DataFrame(
    {
        "spent": [1.0, None, 3.0, 10.0, 12.0, 14.0],
        "visits": [1, 1, 1, 1, 1, 1],
        "regular": [True, True, False, False, False, False],
        "city": ["Rome", "Rome", None, "Oslo", "Rome", "Oslo"],
        "since": pd.to_datetime(["2020-01-05", None, "2020-03-01"] + ["2021-01-01"] * 3),
        "seen": pd.to_datetime([f"2022-05-0{i} 23:30" for i in range(1, 7)]).tz_localize(
            "Europe/Rome"
        ),
        "nothing": pd.Series([None] * 6, dtype="object"),
    }
)
LABELS = [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pd", "pl", "pa"])
def test_every_kind_of_column_of_every_library(kind):
    found = kw.profile(kind(TABLE), LABELS)
    assert isinstance(found, type(kind(TABLE)))
    found = found if kind is pd.DataFrame else found.to_pandas()
    assert found["cluster"].tolist() == [0] * 7 + [1] * 7
    assert found["column"][:7].tolist()[-2:] == ["city", "nothing"]  # those without numbers
    distances = found["deviation"][:5].abs()
    assert distances.is_monotonic_decreasing
    assert distances.iloc[-1] == 0.0
    assert of(found, 0, "spent")["mean"] == 2.0
    assert of(found, 0, "regular")["mean"] == pytest.approx(2 / 3)
    assert of(found, 0, "visits")["eta2"] == 0.0
    assert of(found, 0, "city")["values"] == "Rome 100 %"
    assert of(found, 1, "city")["values"] == "Oslo 67 %, Rome 33 %"
    assert of(found, 0, "since")["values"] == "2020-01-05 to 2020-03-01"
    assert of(found, 0, "since")["deviation"] < 0
    assert of(found, 1, "seen")["values"] == "2022-05-04T23:30:00 to 2022-05-06T23:30:00"
    assert of(found, 1, "nothing")["values"] == ""
    for column in ("city", "since", "seen", "nothing"):
        assert found.loc[found["column"] == column, NUMBERS[:-1]].isna().all(axis=None)


def test_objects_that_read_alike_are_one_value():
    table = pd.DataFrame({"code": pd.Series([1, "1", 2, "b", None], dtype="object")})
    found = kw.profile(table, [0, 0, 0, 1, 1])
    assert found["values"].tolist() == ["1 67 %, 2 33 %", "b 100 %"]
    assert found["eta2"][0] == pytest.approx(1 - (3 / 4 * (1 - 5 / 9)) / (1 - (4 + 1 + 1) / 16))


def test_values_as_large_as_floats_are_do_not_overflow():
    x = np.array([1.0, -1.0, 1.7, -1.7]) * 1e308
    found = kw.profile(x[:, None], [0, 0, 1, 1])
    assert found["mean"].tolist() == found["median"].tolist() == [0.0, 0.0]
    assert found["std"].to_numpy() == pytest.approx([1e308, 1.7e308])


def test_the_median_of_fractional_weights_lies_between_two_values():
    x, w = [[0.0], [5.0], [0.0], [4.0], [5.0], [4.0]], [0.2, 0.1, 0.2, 0.1, 0.1, 0.1]
    assert kw.profile(x, [0] * 6, sample_weight=w)["median"].tolist() == [2.0]


def test_rows_of_weight_zero_do_not_count():
    table = pd.DataFrame({"x": [1.0, 2.0, 90.0, 91.0], "s": list("abcd")})
    found = kw.profile(table, [0, 0, 0, 1], sample_weight=[0, 1, 0, 0])
    assert of(found, 0, "x")["maximum"] == 2.0
    assert of(found, 0, "s")["values"] == "b 100 %"
    assert of(found, 1, "s")["values"] == ""
    with pytest.raises(ValueError, match=r"^All rows of X that belong to a cluster have weight 0"):
        kw.profile(table, [0, 0, 0, -1], sample_weight=[0, 0, 0, 1])


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("l", [[1], [2]]), pl.Series("l", [b"\xff", b"\xfe"]),
        pl.Series("l", [1, 2], pl.Duration), pa.array([[1], [2]]), pa.array([{"a": 1}, {"a": 2}]),
        pd.Series([[1], [2]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    ],
    ids=["pl list", "pl bytes", "pl duration", "pa list", "pa struct", "pd arrow list"],
)  # fmt: skip
def test_a_column_of_anything_else_costs_no_other(column):
    kind = {"polars": pl.DataFrame, "pyarrow": pa.table, "pandas": pd.DataFrame}
    table = kind[type(column).__module__.split(".")[0]]({"x": [1.0, 2.0], "l": column})
    found = kw.profile(table, [0, 1])
    assert "x" in list(map(str, found["column"]))


def test_what_cannot_be_counted_is_left_out():
    lists = pd.DataFrame({"x": [1.0, 2.0], "lists": [[1], [2]]})
    assert kw.profile(lists, [0, 1])["column"].tolist() == ["x", "x"]


@pytest.mark.parametrize(
    "labels",
    [
        ["b", "b", None, "a", "a", "a"],
        pd.Series(["b", "b", pd.NA, "a", "a", "a"], dtype="category"),
        pl.Series(["b", "b", None, "a", "a", "a"]),
    ],
)
def test_clusters_may_have_names(labels):
    found = kw.profile(TABLE, labels)
    assert found["cluster"].unique().tolist() == ["a", "b"]
    assert of(found, "b", "visits")["size"] == 2


@pytest.mark.parametrize(
    "labels", [[0, 1, -1], np.array([0.0, 1.0, np.nan]), pd.array([0, 1, pd.NA])]
)
def test_rows_without_a_cluster_do_not_count(labels):
    found = kw.profile([[1.0], [2.0], [90.0]], labels)
    assert found["cluster"].tolist() == [0, 1]
    assert found["maximum"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], r"^labels has shape \(2,\), but X has 6 rows\. Give one label for each, in one"),
        ([[0]] * 6, r"^labels has shape \(6, 1\), but X has 6 rows"),
        ([[0, 1], [1], 0, 0, 0, 0], r"^labels has entries of different lengths\. Give one label"),
        (pd.Series([0] * 6, index=range(5, -1, -1)), r"^The index of labels is not that of X\."),
        ([-1] * 6, r"^No row of X belongs to a cluster: all labels are -1 or missing\.$"),
    ],
)
def test_bad_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        kw.profile(TABLE, labels)


def test_the_profile_of_a_panel_has_the_centroids_as_means():
    """With rows left out, points added, moved and removed, weights, and a cursor in between."""
    table = pd.DataFrame(random.normal(size=(40, 3)), columns=["a", "b", "c"])
    table.loc[[4, 9], "b"] = None
    table["kind"] = ["x", "y"] * 20
    panel = KMeansWidget(table, 3, sample_weight=1 + np.arange(40) % 3, canvas="png")
    assert len(panel.profile) == 0
    panel.remove_point(7)
    panel.move_point(0, [2.0, 2.0, 2.0])
    panel.add_point([1.0, -1.0, 0.0])
    table["late"] = table["a"] = 0.0  # after the panel was opened
    panel.cursor = 4
    found = panel.profile
    assert set(found["column"]) == {"a", "b", "c", "kind"}
    for cluster, center in enumerate(panel.cluster_centers):
        for name, mean in zip("abc", center, strict=True):
            assert of(found, cluster, name)["mean"] == pytest.approx(mean)
        assert of(found, cluster, "a")["size"] == (panel.point_labels == cluster).sum()
        rows = panel.labels == cluster
        x = np.average(table["kind"][rows] == "x", weights=(1 + np.arange(40) % 3)[rows])
        assert f"x {100 * x:.0f} %" in of(found, cluster, "kind")["values"]
    panel.close()


def test_an_empty_cluster_of_a_panel_has_no_numbers():
    panel = KMeansWidget([[0.0], [1.0], [5.0]], init=[[0.0], [1.0], [99.0]], canvas="png")
    panel.step()
    assert of(panel.profile, 2, "feature 0")["size"] == 0
    assert panel.profile.loc[2, NUMBERS].isna().all()
    panel.close()
