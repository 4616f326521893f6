"""Choosing the columns that take part: ticks in the panel, `choose_columns`, and what follows."""

import json
from html import unescape

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kmeans_widget import KMeansWidget, datasets
from kmeans_widget.panel.factory import is_visible
from kmeans_widget.panel.layout import TABS
from kmeans_widget.session import KMeansSession


def people(n=60):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({
        "id": np.arange(n),
        "age": random.normal(40, 9, n).round(),
        "income": random.normal(30_000, 9000, n).round(),
        "city": random.choice(["Rom", "Ulm"], n),
        "since": pd.date_range("2020-01-01", periods=n),
        "debt": random.normal(0, 1, n),
        "empty": np.full(n, np.nan),
    })  # fmt: skip
    frame.loc[[3, 5], "age"] = np.nan
    return frame


@pytest.fixture
def panel():
    widget = KMeansWidget(people(), 3)
    widget.panel.tab.value = "data"
    yield widget
    widget.panel.tab.value = "algorithm"
    widget.close()


def tick(panel, *names):
    columns = list(people().columns)
    panel.panel.ticked.value = json.dumps([columns.index(name) for name in names])


def items(panel):
    return panel.panel.columns.value.split("<li>")[1:]


def test_columns_are_listed_with_share_range_and_missing_values(panel):
    listed = items(panel)
    names = [item.split("<bdi>")[1].split("<")[0] for item in listed]
    assert names == ["income", "age", "debt", "id", "city", "since", "empty"]
    assert [" checked" in item for item in listed] == [True] * 3 + [False] * 4
    assert [" disabled" in item for item in listed] == [False] * 6 + [True]
    age = people()["age"]
    assert f"<em>{age.min():g} to {age.max():g}, 2 missing</em>" in listed[1]
    for item, reason in zip(
        listed[-3:], ("text: 2 values", "dates: 2020-01-01 to 2020-02-29", "no values"), strict=True
    ):
        assert f"<em>{reason}" in item


def test_a_column_that_may_be_an_identifier_is_marked_in_the_list():
    frame = people().assign(patient=np.arange(60) * 7).drop(columns="id")
    widget = KMeansWidget(frame, 3)
    widget.panel.tab.value = "data"
    marked = [item for item in items(widget) if "an identifier?" in item]
    assert any("<bdi>patient" in item for item in marked)
    assert not any("<bdi>debt" in item for item in marked)
    widget.panel.tab.value = "algorithm"
    widget.close()


def test_ticks_are_a_new_run_once_the_button_is_pressed(panel):
    panel.run()
    assert not is_visible(panel.panel.choose)
    tick(panel, "age", "debt")
    assert is_visible(panel.panel.choose)
    assert len(panel.branches) == 1
    panel.panel.choose.click()
    assert panel.feature_names == ("age", "debt")
    assert [branch.name for branch in panel.branches][1:] == [
        "K = 3, random, seed 0, columns age, debt"
    ]
    assert panel.cursor == 0
    assert panel.picture.map.get_xlabel() == "age"
    assert " checked" in items(panel)[0]
    assert "<bdi>income" in items(panel)[3]
    assert not is_visible(panel.panel.choose)
    panel.undo()
    assert panel.feature_names == ("age", "income", "debt")
    assert panel.at_end


def test_the_same_ticks_offer_nothing_and_no_tick_is_refused(panel):
    tick(panel, "debt", "income", "age")
    assert not is_visible(panel.panel.choose)
    tick(panel)
    panel.panel.choose.click()
    assert "No column is ticked" in panel.panel.notice.value
    assert len(panel.branches) == 1


def test_a_column_that_is_left_out_by_default_can_take_part(panel):
    tick(panel, "id", "age")
    panel.panel.choose.click()
    assert panel.feature_names == ("id", "age")
    assert panel.left_out.tolist() == [3, 5]
    tick(panel, "id")
    panel.panel.choose.click()
    assert len(panel.left_out) == 0
    panel.run()
    assert len(panel.labels) == 60


def test_axes_view_and_edits_follow_the_columns(panel):
    panel.axes = ("age", "income")
    panel.view = (30, 40, 20_000, 30_000)
    panel.add_point([40, 30_000, 0])
    panel.step()
    panel.choose_columns(["income", "debt"])
    assert panel.view is None
    assert panel.picture.map.get_xlabel() == "age"  # now an axis that takes no part
    assert panel.current_branch.points.n_samples == 60
    panel.choose_columns(["income", "debt", "age"])
    assert panel.picture.map.get_xlabel() == "age"
    panel.undo()
    panel.undo()
    assert panel.picture.map.get_xlabel() == "age"
    assert panel.current_branch.points.n_samples == 59


def test_the_table_that_comes_out_has_the_clusters_of_the_columns_chosen(panel):
    panel.choose_columns(["age"])
    panel.run()
    frame = panel.to_frame()
    assert frame.loc[[3, 5], "cluster"].tolist() == [-1, -1]
    labels, age = panel.labels, people()["age"]
    for cluster in range(3):
        others = age[(labels != cluster) & (labels >= 0)]
        own = age[labels == cluster]
        assert ((others < own.min()) | (others > own.max())).all()


@pytest.mark.parametrize(
    ("columns", "error"),
    [("nope", "has no column 'nope'"), ([], "0 feature"), ("name", "60 different values"),
     ("tags", "cannot be read as numbers"), (["age", "empty"], "NaN|missing|no")],
)  # fmt: skip
def test_columns_that_cannot_be_used_change_nothing(columns, error):
    frame = people().assign(name=[f"n{i}" for i in range(60)], tags=[["a"]] * 60)
    session = KMeansSession(frame, 3)
    session.run()
    with pytest.raises(ValueError, match=error):
        session.choose_columns(columns)
    assert session.feature_names == ("age", "income", "debt")
    assert session.at_end
    assert len(session.branches) == 1


def test_too_few_distinct_points_are_refused():
    frame = pd.DataFrame({"a": [1, 1, 1, 2], "b": [1, 2, 3, 4]})
    session = KMeansSession(frame, 3)
    with pytest.raises(ValueError, match="3 clusters need at least as many distinct points"):
        session.choose_columns("a")
    assert session.feature_names == ("a", "b")


def test_given_centroids_give_way_to_the_start_method():
    session = KMeansSession(people(), init=[[30, 2e4, 0], [50, 4e4, 0]])
    session.choose_columns(["age", "debt"])
    assert session.init == "random"
    assert session.n_clusters == 2


@pytest.mark.parametrize("columns", [None, ["age", "debt"]])
def test_none_chooses_the_columns_used_by_default(columns):
    session = KMeansSession(people(), 3, columns=columns)
    session.choose_columns(None)
    assert session.feature_names == ("age", "income", "debt")


@pytest.mark.parametrize(
    ("data", "columns", "names"),
    [
        (np.arange(24.0).reshape(8, 3) % 7, [0, 2], ("feature 0", "feature 2")),
        (datasets.iris(), ["petal length (cm)"], ("petal length (cm)",)),
        (pl.DataFrame({"a": [1.0, 2.0, 9.0], "b": [3, 1, 2], "c": ["x", "y", "z"]}), "b", ("b",)),
    ],
)
def test_any_kind_of_data_has_columns_to_choose(data, columns, names):
    session = KMeansSession(data, 2)
    session.choose_columns(columns)
    assert session.feature_names == names
    summaries = session.summarize_columns()
    assert {*names} <= {summary.name for summary in summaries}
    session.choose_columns([summary.name for summary in summaries if not summary.obstacle])
    assert len(session.feature_names) >= 2


def test_what_a_summary_says_is_what_numpy_says():
    values = np.array([3.0, np.nan, -1.0, 7.5])
    frame = pd.DataFrame({"x": values})
    for data in (values[:, None], frame, frame.astype("Float64"), pl.DataFrame({"x": values})):
        first = KMeansSession(data, 2).summarize_columns()[0]
        assert (first.low, first.high, first.n_missing, first.obstacle) == (-1.0, 7.5, 1, "")


# -- text and dates -----------------------------------------------------------------------------


def encoded(frame):
    session = KMeansSession(frame, 3, columns=["age", "city", "since"])
    session.source = "frame"
    return session


LIBRARIES = {
    "pandas": lambda frame: frame,
    "categories": lambda frame: frame.astype({"city": "category"}),
    "zoned": lambda frame: frame.assign(since=frame["since"].dt.tz_localize("Europe/Berlin")),
    "polars": pl.from_pandas,
    "pyarrow": pa.Table.from_pandas,
}


@pytest.mark.parametrize("kind", LIBRARIES)
def test_dates_are_days_and_text_is_a_feature_for_each_value(kind):
    frame = people()
    frame.loc[7, "city"] = None
    frame.loc[8, "since"] = None
    session = encoded(LIBRARIES[kind](frame))
    assert session.columns == ("age", "city", "since")
    assert session.feature_names == ("age", "city = Rom", "city = Ulm", "since (days since 1970)")
    assert session.left_out.tolist() == [3, 5, 7, 8]
    kept = frame.drop([3, 5, 7, 8])
    days = (kept["since"] - pd.Timestamp(0)) / pd.Timedelta(days=1)
    wanted = np.column_stack([kept["age"], kept["city"] == "Rom", kept["city"] == "Ulm", days])
    assert np.array_equal(session.X, wanted)


@pytest.mark.parametrize("kind", ["pandas", "categories", "zoned", "polars", "pyarrow"])
def test_the_code_makes_the_same_features(kind):
    frame = people()
    frame.loc[7, "city"] = None
    given = LIBRARIES[kind](frame)
    session = encoded(given)
    session.run()
    space = {"frame": given, "np": np}
    exec(session.code, space)
    labels = session.final_labels()
    labels = labels.to_pylist() if kind == "pyarrow" else labels.to_list()
    assert list(space["labels"]) == [-1 if label is None else label for label in labels]
    assert "--columns age city since" in session.magic_line


def test_shares_are_those_of_columns_and_ticks_too(panel):
    tick(panel, "age", "city", "since")
    panel.panel.choose.click()
    assert panel.columns == ("age", "city", "since")
    assert panel.column_shares.sum() == pytest.approx(1.0)
    assert panel.column_shares[1] == pytest.approx(panel.distance_shares[1:3].sum())
    checked = [item for item in items(panel) if " checked" in item]
    assert len(checked) == 3
    tick(panel, "since", "city", "age")
    assert not is_visible(panel.panel.choose)


def test_a_numeric_category_stays_a_number_when_it_is_asked_for():
    frame = pd.DataFrame({"rating": pd.Categorical([1, 2, 1]), "v": [1.0, 2.0, 3.0]})
    session = KMeansSession(frame, 2)
    session.choose_columns("rating")
    assert session.feature_names == ("rating",)


def test_numbers_as_text_are_not_taken_for_names():
    frame = people().assign(grade=["1", "2.5", "3"] * 20)
    session = KMeansSession(frame, 3)
    with pytest.raises(ValueError, match=r"look like numbers. Convert it, as in X\['grade'\]"):
        session.choose_columns(["age", "grade"])
    obstacle = {summary.name: summary.obstacle for summary in session.summarize_columns()}
    assert obstacle["grade"] == "numbers as text: convert them"
    frame["grade"] = frame["grade"].astype(float)
    assert KMeansSession(frame, 3, columns=["age", "grade"]).feature_names == ("age", "grade")


def test_rows_that_come_later_are_not_read():
    frame = people()
    widget = KMeansWidget(frame, 3)
    widget.color_by = "city"
    frame.loc[60] = frame.loc[0]
    widget.choose_columns(["income"])
    widget.run()
    assert len(widget.labels) == 60
    widget.close()


def test_a_column_of_an_array_that_is_named_twice_is_used_once():
    session = KMeansSession(np.arange(24.0).reshape(8, 3) % 7, 2)
    session.choose_columns([0, 0])
    assert session.feature_names == ("feature 0",)


def test_an_example_is_one_choice_away_and_the_data_one_back(panel):
    panel.color_by = "city"
    panel.axes = ("age", "debt")
    panel.run()
    labels, menu = panel.labels, panel.panel.example
    menu.value = "rings"
    assert (panel.example, panel.n_clusters, len(panel.X)) == ("rings", 2, 300)
    assert panel.color_by is None
    assert panel.picture.map.get_xlabel() == "x"
    assert datasets.rings().lesson in unescape(panel.panel.lesson.value)
    assert [item.split("<bdi>")[1].split("<")[0] for item in items(panel)] == ["x", "y"]
    assert "kmeans_widget.datasets.rings()" in panel.code
    panel.run()
    assert len(panel.labels) == 300
    panel.choose_columns(["x"])
    assert panel.example == "rings"
    assert "rings: K = 2" in panel.branches[-1].name
    panel.undo()
    panel.undo()
    assert menu.value == ""
    assert panel.labels.equals(labels)
    assert panel.picture.map.get_xlabel() == "age"
    menu.value = "unscaled"
    assert "dominates" in panel.panel.warning.value
    menu.value = ""
    assert panel.columns == ("age", "income", "debt")
    assert not is_visible(panel.panel.lesson)
    assert panel.to_frame()["city"].equals(people()["city"])


@pytest.mark.parametrize("tab", TABS)
def test_a_panel_opens_on_any_tab_with_a_column_that_decides_alone(tab, panel):
    panel.panel.tab.value = tab  # where the next panel opens
    other = KMeansWidget(pd.DataFrame({"a": np.arange(60.0) % 7, "b": 1e3 * np.arange(60.0)}), 4)
    assert other.panel.tab.value == tab
    assert "dominates" in other.panel.warning.value
    other.run()
    assert other.panel.notice.value == ""
    other.close()


def test_examples_that_cannot_be_opened_change_nothing(panel):
    with pytest.raises(ValueError, match=r"no example 'ring'; did you mean 'rings'\? Choose from"):
        panel.open_example("ring")
    panel.panel.example.value = "blobs"
    panel.n_clusters = 70
    panel.panel.example.value = ""  # 58 points
    assert panel.panel.example.value == "blobs"
    assert "58" in panel.panel.notice.value
    assert panel.n_clusters == 70


def test_sources_are_those_of_the_data_shown():
    session = KMeansSession(people(), 2)
    session.source = "frame"
    session.open_example("moons")
    assert session.source == "kmeans_widget.datasets.moons()"
    session.undo()
    assert session.source == "frame"
    session.open_example("walkthrough")
    assert session.magic_line.startswith("%kmeans -k 2")


def test_a_panel_that_opens_on_an_example_tells_its_lesson():
    for example in (None, datasets.rings()):
        panel = KMeansWidget(example)
        lesson = (example or datasets.walkthrough()).lesson
        assert lesson in unescape(panel.panel.lesson.value)
        assert is_visible(panel.panel.lesson)
        panel.close()
