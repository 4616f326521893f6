"""One point in detail."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kmeans_widget.session import KMeansSession

UNEVEN = np.random.default_rng(3).normal(size=(60, 3)) * [1.0, 1000.0, 0.01] + [5.0, -2e4, 1e3]


@settings(max_examples=25)
@given(
    X=arrays.arrays(float, st.tuples(st.integers(4, 12), st.integers(1, 6)),
                    elements=st.integers(0, 3).map(float)),
    dtype=st.sampled_from([np.float32, np.float64]),
    n_clusters=st.integers(1, 4),
    scale=st.sampled_from(["none", "standard"]),
    cursor=st.integers(0, 5),
)  # fmt: skip
def test_the_cluster_is_the_label_of_the_point(X, dtype, n_clusters, scale, cursor):
    n_clusters = min(n_clusters, len(np.unique(X, axis=0)))
    session = KMeansSession((X / 3).astype(dtype), n_clusters, scale=scale)
    session.cursor = cursor
    clusters = [session.inspect(row).cluster for row in range(len(X))]
    assert clusters == session.point_labels.tolist()


@pytest.mark.parametrize(("seed", "n_features"), [(0, 4), (5, 4), (10, 4), (4, 3), (0, 9)])
def test_the_cluster_is_the_label_where_rounding_decides(seed, n_features):
    """Many points are equally near to two centroids, up to the rounding of single precision."""
    random = np.random.default_rng(seed)
    X = (random.integers(0, 3, (200, n_features)) / 3).astype(np.float32)
    init = np.unique([X[random.integers(0, 200, 3)].mean(axis=0) for _ in range(30)], axis=0)
    session = KMeansSession(X, init=init)
    session.cursor = 1
    clusters = [session.inspect(row).cluster for row in range(200)]
    assert clusters == session.point_labels.tolist()


@pytest.mark.parametrize("cursor", [1, 4, 11])
def test_distances_are_those_to_the_centroids_at_the_cursor(cursor):
    session = KMeansSession()
    session.cursor = cursor
    before = session.point_labels
    for row in range(30):
        point = session.inspect(row)
        distances = np.linalg.norm(session.cluster_centers - session.X[row], axis=1)
        other = 1 - point.cluster
        assert np.array_equal(point.position, session.X[row])
        assert np.allclose(point.distances, distances)
        assert point.margin == pytest.approx(distances[other] - distances[point.cluster])
        assert (point.runner_up, point.nearest) == (other, distances.argmin())
    margins = [session.inspect(row).margin for row in range(30)]
    session.step()
    if cursor % 2 == 0:  # then a point with a negative margin changes its cluster next
        assert np.array_equal(session.point_labels != before, np.array(margins) < 0)
        assert min(margins) < 0


def test_distances_are_measured_on_the_scale_and_positions_in_the_units_of_the_data():
    session = KMeansSession(UNEVEN, 3, scale="standard")
    session.cursor = 3
    for row in range(0, 60, 7):
        point = session.inspect(row)
        assert np.array_equal(point.position, UNEVEN[row])
        assert point.nearest == point.cluster
        offsets = (session.cluster_centers - UNEVEN[row]) / UNEVEN.std(axis=0)
        assert np.allclose(point.distances, np.linalg.norm(offsets, axis=1))


def test_before_any_assignment_a_point_has_no_cluster():
    point = KMeansSession().inspect(0)
    assert point.cluster == -1
    assert point.margin > 0


def test_a_single_cluster_has_no_runner_up():
    point = KMeansSession(n_clusters=1).inspect(4)
    assert point.runner_up is None
    assert np.isinf(point.margin)


def test_name_and_weight_are_the_users():
    frame = pd.DataFrame({"x": [1.0, 2.0, 9.0]}, index=["ann", "bob", "cleo"])
    session = KMeansSession(frame, 2, sample_weight=[3.0, 0.5, 1.0])
    session.remove_point(0)
    session.add_point([4.0])
    points = [session.inspect(row) for row in range(3)]
    assert [point.name for point in points] == ["bob", "cleo", "added 0"]
    assert [point.weight for point in points] == [0.5, 1.0, 1.0]
    assert KMeansSession(frame, 2).inspect(0).weight is None


@pytest.mark.parametrize("row", [-1, 30, 1.5, True])
def test_a_point_that_does_not_exist_is_refused(row):
    with pytest.raises((ValueError, TypeError), match="point"):
        KMeansSession().inspect(row)
