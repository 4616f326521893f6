"""The results as tables: every row of the data with its cluster, and the centroids."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kmeans_widget.session import KMeansSession

random = np.random.default_rng(0)
ROWS = random.normal(size=(30, 2)) * [1.0, 50.0]
GAPS = (4, 20)
TABLE = pd.DataFrame({"a": ROWS[:, 0], "b": ROWS[:, 1], "city": ["Rome", "Oslo"] * 15})
TABLE.loc[list(GAPS), "b"] = None


def session_on(data, **options):
    session = KMeansSession(data, 3, **options)
    session.cursor = 4
    return session


@pytest.mark.parametrize("scale", ["none", "standard"])
@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pd", "pl", "pa"])
def test_every_row_has_its_cluster_distance_and_margin(kind, scale):
    data = kind(TABLE)
    session = session_on(data, scale=scale)
    session.remove_point(7)
    session.move_point(0, [9.0, 9.0])
    session.add_point([0.0, 0.0])
    session.cursor = 3
    found = session.to_frame()
    assert type(found) is type(data)
    found = found if kind is pd.DataFrame else found.to_pandas()
    assert list(found.columns) == ["a", "b", "city", "cluster", "distance", "margin"]
    pd.testing.assert_frame_equal(found[["a", "b", "city"]], TABLE)
    removed = np.delete(np.arange(30), GAPS)[7]
    left = np.delete(np.arange(30), [*GAPS, removed])
    gone = found.loc[[*GAPS, removed]]
    assert gone[["distance", "margin"]].isna().all(axis=None)
    assert (gone["cluster"].isna() | (gone["cluster"] == -1)).all()
    for row, of_data in enumerate(left):
        point = session.inspect(row)
        assert found["cluster"][of_data] == point.cluster
        assert found["distance"][of_data] == pytest.approx(point.distances[point.cluster])
        assert found["margin"][of_data] == pytest.approx(point.margin)


def test_it_is_on_the_index_of_the_data_and_leaves_them_as_they_are():
    data = TABLE.set_index(pd.Index([f"row {i % 29}" for i in range(30)], name="who"))
    before = data.copy()
    found = session_on(data).to_frame()
    pd.testing.assert_frame_equal(found[["a", "b", "city"]], before)
    pd.testing.assert_frame_equal(data, before)
    assert KMeansSession(found[["a", "b", "cluster"]], 3).feature_names == ("a", "b")


def test_of_an_array_it_is_a_dataframe_of_pandas():
    found = session_on(TABLE[["a", "b"]].to_numpy()).to_frame()
    assert list(found.columns) == ["feature 0", "feature 1", "cluster", "distance", "margin"]
    assert found["feature 1"].isna().sum() == len(GAPS)


def test_columns_of_these_names_are_kept():
    data = TABLE.rename(columns={"a": "cluster", "city": "margin"})
    session = session_on(data)
    names = ["cluster", "b", "margin", "kmeans_cluster", "distance", "kmeans_margin"]
    assert list(session.to_frame().columns) == names
    assert list(session.centers_frame().columns) == ["kmeans_cluster", "cluster", "b"]


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pd", "pl", "pa"])
@pytest.mark.parametrize("n_clusters", [1, 3])  # with one cluster, margins are infinite
def test_results_are_no_features_of_the_next_panel(kind, n_clusters):
    first = KMeansSession(kind(TABLE), n_clusters)
    first.run()
    again = KMeansSession(first.to_frame(), 3, random_state=1)
    assert again.feature_names == ("a", "b")
    again.run()
    names = [*TABLE.columns, "cluster", "distance", "margin"]
    frame = again.to_frame()
    assert list(getattr(frame, "column_names", frame.columns)) == names


def test_labels_of_an_earlier_panel_are_replaced():
    data = TABLE.copy()
    data["cluster"] = session_on(data).labels
    found = session_on(data, random_state=5).to_frame()
    assert list(found.columns) == ["a", "b", "city", "cluster", "distance", "margin"]
    assert not np.array_equal(found["cluster"], data["cluster"])


def test_before_any_assignment_there_are_no_distances():
    found = KMeansSession(TABLE, 3).to_frame()
    assert (found["cluster"] == -1).all()
    assert found[["distance", "margin"]].isna().all(axis=None)


def test_with_one_cluster_no_other_is_near():
    assert np.isinf(session_on(ROWS, max_iter=9).to_frame()["margin"]).sum() == 0
    session = KMeansSession(ROWS, 1)
    session.run()
    assert np.isinf(session.to_frame()["margin"]).all()


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pd", "pl", "pa"])
def test_the_centroids_are_a_table(kind):
    session = session_on(kind(TABLE), scale="standard")
    found = session.centers_frame()
    assert type(found) is type(kind(TABLE))
    found = found if kind is pd.DataFrame else found.to_pandas()
    assert found["cluster"].tolist() == [0, 1, 2]
    assert np.array_equal(found[["a", "b"]], session.cluster_centers)
