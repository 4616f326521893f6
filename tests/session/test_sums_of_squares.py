"""The total sum of squares and its parts, against sums over the points."""

import re

import numpy as np
import pytest

from kmeans_widget import KMeansWidget
from kmeans_widget.session import KMeansSession

random = np.random.default_rng(0)
X = random.normal(size=(60, 3)) * [1.0, 20.0, 300.0] + 1e4


def naive(X, labels, w):
    """Return the total sum of squares, and that within the clusters."""

    def squares(rows):
        return w[rows] @ ((X[rows] - np.average(X[rows], axis=0, weights=w[rows])) ** 2).sum(axis=1)

    return squares(labels >= 0), sum(squares(labels == cluster) for cluster in np.unique(labels))


@pytest.mark.parametrize("scale", ["none", "standard"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_explained_share_is_that_of_the_clusters_at_the_cursor(scale, weighted, dtype):
    data = X.astype(dtype)
    w = random.integers(1, 4, 60).astype(float) if weighted else np.ones(60)
    session = KMeansSession(data, 4, scale=scale, sample_weight=w if weighted else None)
    assert np.isnan(session.explained_share)
    scaled = data.astype(float) / (data.astype(float).std(axis=0) if scale == "standard" else 1)
    for cursor in range(1, 7):
        session.cursor = cursor
        total, within = naive(scaled, session.point_labels, w)
        assert session.explained_share == pytest.approx(1 - within / total, rel=1e-5)


def test_a_cluster_without_points_changes_no_sum():
    session = KMeansSession(X, init=np.concatenate([X[:2], X[:2] + 9e3]))
    for cursor in (1, 2):
        session.cursor = cursor
        total, within = naive(X, session.point_labels, np.ones(60))
        assert session.trace[0].relocated
        assert session.explained_share == pytest.approx(1 - within / total)


@pytest.mark.parametrize("data", [X, X[:, :1] * 1e140, [[2.0]] * 5])
def test_what_the_panel_shows_adds_up(data):
    panel = KMeansWidget(data, 2 if np.ptp(data) else 1, canvas="png")
    for _ in range(4):
        text = re.sub("<[^>]*>", " ", panel.panel.squares.value)
        shares = [int(number) for number in re.findall(r"\((\d+) %\)", text)]
        assert shares == [] if np.isnan(panel.explained_share) else sum(shares) == 100
        panel.step()
    panel.close()


def test_a_trial_has_no_parts():
    panel = KMeansWidget(canvas="png")
    panel.run()
    shown = panel.panel.squares.value
    panel.map_actions.preview_center(0, (2.0, 8.0))
    assert "between the clusters –" in re.sub("<[^>]*>", "", panel.panel.squares.value)
    panel.map_actions.end_preview()
    assert panel.panel.squares.value == shown
    panel.close()
