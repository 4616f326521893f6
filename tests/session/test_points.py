import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmeans_widget.session.points import Points
from kmeans_widget.validation import as_table

ROWS = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]


@pytest.fixture
def points():
    return Points(as_table(ROWS))


@pytest.mark.parametrize(
    ("index", "name", "row"),
    [
        (None, 2, 2),
        ([7, 8, 9, 0], 0, 3),  # a number is a name before it is a row
        (["b", "a", "b", "c"], "a", 1),
        (["b", "a", "b", "c"], "b", 0),
        ([0.5, 1.5, 2.0, 9.0], 2, 2),
        (pd.date_range("2026-01-01", periods=4), "2026-01-03", 2),
    ],
)
def test_points_are_found_by_their_names(index, name, row):
    data = ROWS if index is None else pd.DataFrame(ROWS, index=index)
    points = Points(as_table(data))
    assert points.find(name) == row
    assert points.remove(0 if row else 1).find(name) == max(row - 1, 0)


PAIRS = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1), ("b", 2)])


@pytest.mark.parametrize(
    ("index", "row_of_number", "label"),
    [
        (["b", "a", "d", "c"], {1: 1, 3: 3}, "a"),
        (PAIRS, {1: 1, 3: 3}, ("a", 2)),
        (PAIRS, {}, "('a', 2)"),
        (["b", "a", None, "c"], {1: 1, 2: 2, 3: 3}, "a"),
        ([0.5, 1.5, np.nan, 3.5], {1: 1, 2: 2, 3: 3}, "1.5"),
        (pd.array([10, 11, None, 13], dtype="Int64"), {10: 0, 2: 2, 13: 3}, 11),
        (pd.DatetimeIndex(["2026-01-01", "2026-01-02", None, None]), {1: 1, 3: 3}, "2026-01-02"),
        (pd.CategoricalIndex(["b", "a", "d", "c"]), {1: 1, 3: 3}, "a"),
    ],
    ids=repr,
)
def test_row_5_is_row_5_unless_the_index_counts_otherwise(index, row_of_number, label):
    X = np.array([*ROWS[:2], [2.0, 2.0], ROWS[3]])
    points = Points(as_table(pd.DataFrame(X, index=index), missing="drop"))
    assert points.find(label) == 1
    for number, row in row_of_number.items():
        assert points.find(number) == row
    for row in range(4):
        assert points.find(points.name(row)) == row
    if 3 in row_of_number:
        assert points.remove(0).find(3) == 2  # still the row of the data


def test_a_row_that_was_left_out_or_removed_is_not_found():
    X = np.array([[0.0], [np.nan], [2.0], [3.0]])
    points = Points(as_table(pd.DataFrame(X, index=list("abcd")), missing="drop")).remove(0)
    assert points.find(3) == 1
    for name in (0, 1, "a", "b"):
        with pytest.raises(ValueError, match=f"no point {name!r}: the points are called 'c' to"):
            points.find(name)


@pytest.mark.parametrize(
    ("index", "name"), [(None, 4), (None, -1), ([5, 6, 7, 8], 0), (["a", "b", "c", "d"], "e")]
)
def test_a_name_that_no_point_has_is_refused(index, name):
    points = Points(as_table(ROWS if index is None else pd.DataFrame(ROWS, index=index)))
    with pytest.raises(ValueError, match=f"There is no point {name!r}: the points are called"):
        points.find(name)


def test_untouched_points_are_the_users_rows(points):
    assert points.samples is points.table.samples
    assert not points.edited
    points.drop_arrays()
    assert points.samples.X.tolist() == ROWS


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["add", "move", "remove"]), st.integers(0, 9))))
def test_edits_are_those_of_a_list(edits):
    points, expected = Points(as_table(ROWS)), [list(row) for row in ROWS]
    names = list(range(4))
    for number, (edit, row) in enumerate(edits):
        place = [10.0 + number, -float(number)]
        if edit == "add":
            points = points.add(np.array([place]))
            expected.append(place)
            names.append("added")
        elif row < len(expected) - 1:
            if edit == "move":
                points = points.move(row, np.array(place))
                expected[row] = place
            else:
                points = points.remove(row)
                del expected[row], names[row]
    assert points.samples.X.tolist() == expected
    assert points.n_samples == len(expected)
    points.drop_arrays()
    assert points.samples.X.tolist() == expected
    found = [points.name(row) for row in range(len(expected))]
    assert ["added" if isinstance(name, str) else name for name in found] == names


def test_the_users_rows_are_never_written():
    X = np.array(ROWS)
    points = Points(as_table(X)).move(1, np.array([9.0, 9.0])).remove(0)
    assert points.samples.X.tolist() == [[9.0, 9.0], [2.0, 2.0], [3.0, 3.0]]
    assert X.tolist() == ROWS


def test_single_precision_stays():
    points = Points(as_table(np.array(ROWS, np.float32))).add(np.ones((1, 2), np.float32))
    assert points.samples.dtype == np.float32
    assert points.remove(4).remove(0).samples.dtype == np.float32


def test_labels_come_back_on_the_index_of_the_data():
    frame = pd.DataFrame(ROWS, index=["a", "b", "c", "d"])
    points = Points(as_table(frame)).remove(1).add(np.array([[5.0, 5.0]]))
    labels = points.on_index(np.array([0, 1, 0, 1], dtype=np.int32))
    assert labels.to_dict() == {"a": 0, "b": -1, "c": 1, "d": 0}
    assert [points.name(row) for row in range(4)] == ["a", "c", "d", "added 0"]


def test_the_points_drawn_stay_the_same_ones_through_edits():
    X = np.random.default_rng(0).normal(size=(1000, 2))
    points = Points(as_table(X))
    drawn = X[points.preview(50)]
    assert len(drawn) == 50
    edited = points.add(np.array([[7.0, 7.0]])).remove(999).remove(0).move(4, np.array([8.0, 8.0]))
    shown = {tuple(row) for row in edited.samples.X[edited.preview(50)]}
    lost = {tuple(X[row]) for row in (0, 999, 5)}
    assert shown == {tuple(row) for row in drawn} - lost | {(7.0, 7.0), (8.0, 8.0)}
