"""Labels sent to a column or variable: on the right rows, never lost data, never a feature."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kmeans_widget.session import KMeansSession
from kmeans_widget.validation import NameTakenError

X = np.random.default_rng(5).normal(size=(90, 2)) + np.repeat([[0], [5], [9]], 30, axis=0)
FRAME = pd.DataFrame(X, columns=["a", "b"])
NAMED = FRAME.set_axis([f"row {i}" for i in range(90)])
HOLED = FRAME.mask(FRAME.index.isin([3, 50])[:, None] & (FRAME.columns == "b"))
SCALED = (FRAME - FRAME.mean()) / FRAME.std()
POLARS = pl.DataFrame(X, schema=["a", "b"])
LABELS = KMeansSession(X, 3).final_labels()


def run_on(data, *, source=None, **options):
    session = KMeansSession(data, 3, **options)
    session.source = source
    session.run()
    return session


@pytest.mark.parametrize("text", ['df["cluster"]', "df['cluster']", ' df [ "cluster" ] '])
def test_a_new_column_is_added(text):
    variables = {"df": FRAME.copy()}
    frame = variables["df"]
    run_on(frame).send_labels(text, variables)
    assert variables["df"] is frame
    assert list(frame.columns) == ["a", "b", "cluster"]
    assert frame["cluster"].dtype == np.int32
    assert np.array_equal(frame["cluster"], LABELS)


def rows(*numbers):
    """Labels where the DataFrame has these rows of the data; -1 has no label."""
    return [LABELS[i] if i >= 0 else -1 for i in numbers]


ALL = range(90)


@pytest.mark.parametrize(
    ("data", "frame", "expected"),
    [
        (FRAME, FRAME[::-1], rows(*ALL[::-1])),
        (FRAME, FRAME[::3], rows(*ALL[::3])),
        (FRAME, FRAME[:40], rows(*ALL[:40])),
        (FRAME, FRAME[50:], rows(*ALL[50:])),
        (FRAME[10:], FRAME, None),
        (FRAME, pd.concat([FRAME[80:], FRAME[:2].set_axis([200, 201])]),
         rows(*ALL[80:], -1, -1)),
        (FRAME, NAMED[["a"]].reset_index(), rows(*ALL)),
        (NAMED, NAMED.sort_values("a"), rows(*FRAME.sort_values("a").index)),
        (NAMED.set_axis(["twin"] * 90), NAMED.set_axis(["twin"] * 90), rows(*ALL)),
        (SCALED, FRAME, None),
        (X, FRAME, rows(*ALL)),
        (X, NAMED, rows(*ALL)),
        (X.tolist(), POLARS, rows(*ALL)),
        (FRAME, POLARS, rows(*ALL)),
        (POLARS, FRAME, rows(*ALL)),
        (POLARS, POLARS, rows(*ALL)),
    ],
)  # fmt: skip
def test_the_labels_find_their_rows(data, frame, expected):
    session, variables = run_on(data), {"df": frame.clone() if frame is POLARS else frame.copy()}
    if expected is None:
        own = session.final_labels().reindex(frame.index, fill_value=-1)
        expected = own.tolist()
    session.send_labels('df["cluster"]', variables)
    assert variables["df"]["cluster"].to_list() == expected


@pytest.mark.parametrize("data", [HOLED, HOLED.set_index(NAMED.index), pl.from_pandas(HOLED)])
def test_rows_that_are_not_points_have_no_cluster(data):
    variables = {"df": data.copy() if isinstance(data, pd.DataFrame) else data}
    session = run_on(data, source="df")
    session.remove_point(0)
    session.move_point(5, [9.0, 9.0])
    session.add_point([1.0, 1.0])
    session.run()
    labels = KMeansSession(session.X, 3, init=session.cluster_centers).final_labels()
    session.send_labels('df["cluster"]', variables)
    found = variables["df"]["cluster"].to_numpy()
    found = np.where(np.isnan(found), -1, found)  # polars has missing values
    assert np.flatnonzero(found == -1).tolist() == [0, 3, 50]
    assert np.array_equal(found[found >= 0], labels[:-1])


@pytest.mark.parametrize("at_end", [False, True])
def test_they_are_those_at_the_cursor_or_at_the_end(at_end):
    session, variables = KMeansSession(FRAME, 3), {"df": FRAME.copy()}
    session.cursor = 1
    session.send_labels('df["cluster"]', variables, at_end=at_end)
    assert session.cursor == 1
    session.cursor = 99 if at_end else 1
    assert np.array_equal(variables["df"]["cluster"], session.labels)
    assert np.array_equal(session.labels, LABELS) is at_end


LEVELS = pd.DataFrame(X, columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))


@pytest.mark.parametrize(
    ("target", "value", "words"),
    [
        ('df["c"]', FRAME.sort_values("a").reset_index(drop=True), "are not the 90 of"),
        ('df["c"]', FRAME[FRAME["a"] > 0].reset_index(drop=True), "are not the 90 of"),
        ('df["c"]', FRAME[["a"]][:50], "The 50 rows of df are not the 90 of"),
        ('df["c"]', NAMED, "are not the 90 of"),
        ('df["c"]', POLARS[:40], "are not the 90 of"),
        ('df["c"]', POLARS.sort("b"), "are not the 90 of"),
        ('df["c"]', LEVELS, "'c' does not name one column of df"),
        ('df["a"]', LEVELS, "'a' does not name one column of df"),
        ('df["0"]', pd.DataFrame(X), "'0' does not name one column of df"),
        ('df["a"]', FRAME.set_axis(["a", "a"], axis=1), "'a' does not name one column of df"),
        ('df["c"]', {"c": 1}, "df is of type dict, but only a DataFrame of pandas or polars can"),
        ('df["c"]', FRAME["a"], "df is of type Series"),
        ('df["c"]', pl.LazyFrame(), "df is of type LazyFrame"),
        ('df["c"]', None, "df is of type NoneType"),
        ('dfs["c"]', FRAME, "There is no DataFrame 'dfs'; did you mean 'df'?"),
        ('other["c"]', FRAME, "There is no DataFrame 'other'. Labels can also go into a variable"),
        ("df.c", FRAME, 'did you mean df["c"]?'),
        ("df[c]", FRAME, 'did you mean df["c"]?'),
        ('df["c"]["d"]', FRAME, "a column of a DataFrame, such as df"),
        ('df[["c"]]', FRAME, "give a variable, such as labels"),
        ('df.pop("a")["c"]', FRAME, "Labels cannot be assigned to"),
    ],
)  # fmt: skip
def test_an_unusable_column_is_refused_in_one_sentence_and_nothing_is_lost(target, value, words):
    before = value.copy() if isinstance(value, pd.DataFrame) else value
    variables = {"df": value}
    session = run_on(FRAME, source="df")
    for replace in (False, True):
        with pytest.raises(ValueError, match=re.escape(words)) as refusal:
            session.send_labels(target, variables, replace=replace)
        assert "\n" not in str(refusal.value)
    assert variables == {"df": value}
    assert variables["df"] is value
    if isinstance(value, pd.DataFrame):
        pd.testing.assert_frame_equal(value, before)


@pytest.mark.parametrize("frame", [FRAME, POLARS])
def test_a_taken_column_needs_a_confirmation_unless_it_holds_our_labels(frame):
    variables = {"df": frame.copy() if frame is FRAME else frame}
    session = run_on(variables["df"], source="df")
    with pytest.raises(NameTakenError, match="df has a column 'a' already"):
        session.send_labels('df["a"]', variables)
    session.send_labels('df["cluster"]', variables)
    session.n_clusters = 2
    session.run()
    session.send_labels('df["cluster"]', variables)
    assert variables["df"]["cluster"].to_list() == list(session.labels)
    mine = [7] * 90
    if frame is FRAME:
        variables["df"]["cluster"] = mine
    else:
        variables["df"] = frame.with_columns(pl.Series("cluster", mine))
    with pytest.raises(NameTakenError, match="df has a column 'cluster' already"):
        session.send_labels('df["cluster"]', variables)
    assert variables["df"]["cluster"].to_list() == mine
    session.send_labels('df["cluster"]', variables, replace=True)
    assert variables["df"]["cluster"].to_list() == list(session.labels)


class Stubborn(pd.DataFrame):
    """A DataFrame that takes no column, and says nothing."""

    def __setitem__(self, key, value):
        pass


def test_labels_that_a_frame_does_not_take_are_reported():
    variables = {"df": Stubborn(FRAME)}
    with pytest.raises(ValueError, match="did not take the labels: put them into a variable"):
        run_on(FRAME).send_labels('df["cluster"]', variables)


LATER = {
    "the same": lambda frame: frame,
    "some rows": lambda frame: frame[::2],
    "sorted": lambda frame: frame.sort_values("a"),
    "more rows": lambda frame: pd.concat([frame, FRAME[:3].set_axis([91, 92, 93])]),
    "other order of columns": lambda frame: frame[["cluster", "b", "a"]],
    "weighted": lambda frame: frame.assign(w=1.0),
}


@pytest.mark.parametrize("later", LATER)
def test_labels_are_not_a_feature_of_the_next_session(later):
    variables = {"df": FRAME.copy()}
    run_on(FRAME).send_labels('df["cluster"]', variables)
    frame = LATER[later](variables["df"])
    weight = "w" if later == "weighted" else None
    session = KMeansSession(frame, 3, sample_weight=weight)
    assert sorted(session.feature_names) == ["a", "b"]
    assert KMeansSession(frame, 3, columns=["a", "cluster"]).feature_names == ("a", "cluster")
    assert KMeansSession(frame[["cluster"]], 1).feature_names == ("cluster",)


def test_labels_are_not_a_feature_in_polars_either():
    variables = {"df": POLARS}
    session = run_on(POLARS)
    session.send_labels('df["cluster"]', variables)
    assert POLARS.columns == ["a", "b"]
    assert KMeansSession(variables["df"], 3).feature_names == ("a", "b")


def test_a_column_of_another_frame_is_not_taken_for_labels():
    variables = {"df": FRAME.copy()}
    run_on(FRAME).send_labels('df["grp"]', variables)
    other = pd.DataFrame({"a": X[:20, 0], "b": X[:20, 1] + 1, "grp": [0, 1] * 10})
    assert KMeansSession(other, 2).feature_names == ("a", "b", "grp")
    with pytest.raises(NameTakenError):
        run_on(other).send_labels('df["grp"]', {"df": other})


def test_numbers_near_the_labels_are_no_labels():
    frame = FRAME.copy()
    session = run_on(frame)
    frame["jitter"] = session.labels + np.linspace(0.05, 0.4, 90)
    assert KMeansSession(frame, 3).feature_names == ("a", "b", "jitter")


@pytest.mark.parametrize("ours", ["frame", "polars", "twins"])
def test_labels_are_not_put_beside_rows_in_another_order(ours):
    data = {"frame": FRAME, "polars": POLARS, "twins": FRAME.set_axis([0] * 90)}[ours]
    if ours == "polars":
        other = data.sort("a")
    else:
        other = data.sort_values("a")
        other = other.reset_index(drop=True) if ours == "frame" else other
    with pytest.raises(ValueError, match="are not the 90 of"):
        run_on(data).send_labels('df["c"]', {"df": other})


@pytest.mark.parametrize("attribute", ["labels", "final_labels"])
def test_labels_that_the_user_puts_into_a_column_are_not_a_feature(attribute):
    frame = HOLED.copy()
    session = run_on(frame)
    frame["mine"] = session.labels if attribute == "labels" else session.final_labels()
    again = KMeansSession(frame, 3)
    assert again.feature_names == ("a", "b")
    assert again.left_out_columns.labels == ("mine",)


def test_a_feature_that_is_exactly_the_clusters_stays_a_feature():
    frame = pd.DataFrame({"member": [0, 0, 1, 1], "age": [20.0, 21.0, 60.0, 61.0]})
    session = KMeansSession(frame, 2, init=[[0.0, 20.0], [1.0, 60.0]])
    session.run()
    assert session.labels.tolist() == frame["member"].tolist()
    assert KMeansSession(frame, 2).feature_names == ("member", "age")


def test_a_column_that_was_changed_since_is_a_feature_again():
    variables = {"df": FRAME.copy()}
    run_on(FRAME).send_labels('df["cluster"]', variables)
    variables["df"].loc[4, "cluster"] = 8
    assert KMeansSession(variables["df"], 3).feature_names == ("a", "b", "cluster")


# -- in a variable ------------------------------------------------------------------------


def test_labels_at_the_cursor_become_a_variable():
    session, variables = KMeansSession(), {}
    session.cursor = 3
    session.send_labels("cluster", variables)
    assert np.array_equal(variables["cluster"], session.point_labels)


@pytest.mark.parametrize("name", ["", "2nd", "class", "a.b", 3])
def test_an_invalid_name_is_refused(name):
    session, variables = KMeansSession(), {}
    session.run()
    with pytest.raises(ValueError, match="cannot be the name of a variable"):
        session.send_labels(name, variables)
    assert variables == {}


@pytest.mark.parametrize("name", ["mine", "list"])
def test_a_taken_name_needs_a_confirmation(name):
    session, variables = KMeansSession(), {"mine": 7}
    session.run()
    with pytest.raises(NameTakenError, match=f"'{name}'.*replace it .in Python: replace=True."):
        session.send_labels(name, variables)
    assert variables == {"mine": 7}
    session.send_labels(name, variables, replace=True)
    assert np.array_equal(variables[name], session.point_labels)


def test_there_are_no_labels_at_the_start():
    variables = {}
    with pytest.raises(ValueError, match="step or run first"):
        KMeansSession().send_labels("cluster", variables)
    assert variables == {}
