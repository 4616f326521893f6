"""Data with missing values: the rows that are complete are clustered, and labels find their row."""

import numpy as np
import pandas as pd
import pytest

from kmeans_widget.session import KMeansSession
from reproduced import assert_same_labels

NUMBERS = np.random.default_rng(3).normal(size=(120, 3)) + np.repeat([[0], [4], [8]], 40, axis=0)
NUMBERS[[4, 50, 51], [0, 1, 2]] = np.nan
FRAME = pd.DataFrame(NUMBERS, columns=["a", "b c", "d"], index=[f"row {i}" for i in range(120)])
GAPS = [4, 50, 51]
WEIGHTS = np.arange(120) % 4 + 0.5

DATA = {
    "array": NUMBERS,
    "float32": NUMBERS.astype(np.float32),
    "list": [[None if np.isnan(x) else x for x in row] for row in NUMBERS.tolist()],
    "frame": FRAME,
    "nullable frame": FRAME.convert_dtypes(),
    "frame without names": pd.DataFrame(NUMBERS),
}
kinds = pytest.mark.parametrize("kind", DATA)


def edit(session):
    session.cursor = 3
    session.remove_point(4)
    session.move_point(60, session.X[0] + 0.25)
    session.add_point(session.X[3] + 1)


@kinds
def test_complete_rows_are_clustered_and_labels_belong_to_every_row(kind):
    session, variables = KMeansSession(DATA[kind], 3), {}
    assert session.left_out.tolist() == GAPS
    assert np.allclose(session.X, np.delete(NUMBERS, GAPS, axis=0), rtol=1e-6)
    session.run()
    session.send_labels("labels", variables)
    for labels in (session.final_labels(), variables["labels"]):
        assert len(labels) == 120
        assert labels.dtype == ("Int32" if kind == "nullable frame" else np.int32)
        missing = pd.isna(labels) if kind == "nullable frame" else np.asarray(labels) == -1
        assert np.flatnonzero(missing).tolist() == GAPS
        assert np.array_equal(np.delete(np.asarray(labels), GAPS), session.point_labels)
        if isinstance(DATA[kind], pd.DataFrame):
            assert labels.index.equals(DATA[kind].index)


@pytest.mark.parametrize("kind", ["array", "list", "frame", "nullable frame"])
def test_labels_of_edited_points_come_back_on_their_rows(kind):
    session = KMeansSession(DATA[kind], 3)
    edit(session)  # the point 4 is row 5
    labels = pd.Series(session.final_labels()).fillna(-1)
    session.run()
    present = np.delete(np.asarray(labels, dtype=int), [4, 5, 50, 51])
    assert np.array_equal(present, session.point_labels[:-1])  # the last one was added
    assert labels.iloc[[4, 5, 50, 51]].tolist() == [-1] * 4


def test_points_are_called_after_their_row():
    assert KMeansSession(FRAME).inspect(49).name == "row 52"
    assert KMeansSession(NUMBERS).inspect(49).name == 52
    assert KMeansSession(NUMBERS).inspect(3).name == 3


@pytest.mark.parametrize("kind", ["frame", "array"])
def test_points_are_found_by_their_name(kind):
    session = KMeansSession(DATA[kind], 3)
    edit(session)
    points = session.current_branch.points
    for row in (0, 3, 4, 50, 116):
        assert points.find(points.name(row)) == row
    gone = "row 4" if kind == "frame" else 4
    with pytest.raises(ValueError, match="There is no point"):
        points.find(gone)


@pytest.mark.parametrize(
    ("kind", "columns", "weights", "edited"),
    [
        ("array", None, WEIGHTS, True),
        ("array", [2, 0], None, False),
        ("float32", [2, 0], WEIGHTS, True),
        ("list", None, WEIGHTS, False),
        ("list", [2, 0], None, True),
        ("frame", None, WEIGHTS, False),
        ("frame", [2, 0], WEIGHTS, True),
        ("nullable frame", None, None, True),
        ("nullable frame", [2, 0], WEIGHTS, False),
        ("frame without names", [2, 0], WEIGHTS, True),
        ("frame without names", None, None, False),
    ],
)
def test_the_code_leaves_out_the_same_rows(kind, columns, weights, edited):
    data = DATA[kind]
    if columns is not None and "frame" in kind:
        columns = [data.columns[i] for i in columns]
    session = KMeansSession(data, 3, columns=columns, sample_weight=weights)
    session.source, session.weight_source = "mine", "pull"
    if edited:
        edit(session)
    session.run()
    found = {"mine": data, "pull": weights}
    exec(session.code, found)
    assert_same_labels(found, session)


@pytest.mark.parametrize("edited", [False, True])
def test_the_code_leaves_out_the_weights_of_these_rows_in_their_column(edited):
    frame = FRAME.assign(size=np.where(FRAME["a"].isna(), np.nan, WEIGHTS))
    session = KMeansSession(frame, 3, sample_weight="size")
    session.source = "mine"
    if edited:
        edit(session)
    session.run()
    found = {"mine": frame}
    exec(session.code, found)
    assert_same_labels(found, session)
    assert np.array_equal(found["sample_weight"], session.sample_weight)


def test_weights_of_known_origin_are_written_out_with_data_that_are():
    few = NUMBERS[:8]
    session = KMeansSession(few, 2, sample_weight=WEIGHTS[:8])
    session.weight_source = "pull"
    session.run()
    found = {}
    exec(session.code, found)
    assert_same_labels(found, session)


def test_without_gaps_nothing_is_left_out():
    session = KMeansSession(FRAME, columns=["a"])
    assert session.left_out.tolist() == [4]
    session = KMeansSession(FRAME.dropna())
    assert session.left_out.shape == (0,)
    assert "dropna" not in session.code
