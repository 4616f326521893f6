"""What the Clusters tab says, and the points that it names."""

import re
from html import unescape

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import silhouette_samples

from kmeans_widget import KMeansWidget, profile
from kmeans_widget.panel.clusters import MAX_OTHER_ROWS, look
from kmeans_widget.panel.factory import is_visible
from kmeans_widget.session import KMeansSession
from kmeans_widget.session import session as session_module


def shop(n=90):
    random = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], n // 3)
    return pd.DataFrame(
        {
            "income": random.normal(30_000, 900, n) + 9000 * group,
            "age": random.normal(40, 9, n),
            "city": np.array(["Rom", "Ulm", "Bern"])[group],
            "<b>": random.normal(0, 1, n),
            "since": pd.date_range("2020-01-01", periods=n),
        },
        index=[f"c{i}" for i in range(n)],
    )


@pytest.fixture
def panel():
    widget = KMeansWidget(shop(), 3)
    widget.panel.tab.value = "clusters"
    yield widget
    widget.panel.tab.value = "algorithm"
    widget.close()


def examples_by_hand(session, n):
    X, labels, centers = session.X, session.point_labels, session.cluster_centers
    distances = np.linalg.norm(X[:, None] - centers, axis=2)
    found = []
    for k in range(len(centers)):
        rows = np.flatnonzero(labels == k)
        others = np.delete(distances, k, axis=1).min(axis=1)
        near = sorted(rows, key=lambda row: distances[row, k])
        unsure = sorted(rows, key=lambda row: others[row] - distances[row, k])
        found.append((tuple(near[:n]), tuple(unsure[:n])))
    return found


@pytest.mark.parametrize("cursor", [1, 2, 5])
def test_examples_are_the_nearest_points_and_those_with_the_smallest_margin(cursor):
    session = KMeansSession(shop(), 3)
    session.cursor = cursor
    assert session.examples(4) == examples_by_hand(session, 4)


def test_before_any_assignment_there_are_no_examples():
    assert KMeansSession(shop(), 3).examples() == []


def test_examples_of_large_data_are_points_of_their_clusters(monkeypatch):
    monkeypatch.setattr(session_module, "MAX_EXAMPLE_WORK", 100)
    monkeypatch.setattr(session_module, "N_SEARCHED", 40)
    session = KMeansSession(shop(), 3)
    session.run()
    labels = session.point_labels
    for cluster, (typical, doubtful) in enumerate(session.examples()):
        assert (labels[[*typical, *doubtful]] == cluster).all()


def test_each_cluster_names_its_typical_and_doubtful_rows(panel):
    panel.run()
    for section, (typical, doubtful) in zip(
        panel.panel.traits.value.split("<h4>")[1:], panel.examples(), strict=True
    ):
        named = re.findall(r"data-ask='row (\d+)'[^>]*>([^<]*)<", section)
        assert [int(row) for row, _ in named] == [*typical, *doubtful]
        assert [name for _, name in named] == [f"c{row}" for row in (*typical, *doubtful)]


def test_a_click_on_a_row_inspects_it(panel):
    panel.run()
    panel.panel.asked.value = "row 7 1"
    assert "Point <bdi>c7</bdi>" in panel.panel.card.value
    panel.panel.asked.value = "row 8 2"
    assert "Point <bdi>c8</bdi>" in panel.panel.card.value


def test_columns_that_take_no_part_describe_the_clusters_too(panel):
    panel.run()
    sections = panel.panel.traits.value.split("<h4>")[1:]
    labels = panel.point_labels
    for cluster, section in enumerate(sections):
        city = shop()["city"][labels == cluster].mode()[0]
        assert f"<bdi>city</bdi>: {city} 100 %" in section
    panel.reset()
    assert "city" not in panel.panel.traits.value


def test_rows_without_end_are_not_counted_at_every_half_step():
    frame = pd.DataFrame({"x": np.arange(MAX_OTHER_ROWS + 1.0), "kind": "a"})
    session = KMeansSession(frame, 2)
    session.step()
    assert look(session, (0, 1), np.ones(2)).others == []
    assert session.describe_others()[0].values == ["a 100 %"] * 2


def test_the_heat_map_has_every_centroid_and_follows_the_run(panel):
    controls = panel.panel
    assert not is_visible(controls.sort)
    controls.cluster_view.value = "map"
    assert is_visible(controls.sort)
    panel.run()
    table = controls.traits.value
    rows = re.findall(r"<tr><th scope='row'>.*?</tr>", table)
    assert len(rows) == 3
    assert table.count("<td style=") == 9
    assert "&lt;b&gt;" in table
    assert "<b>&" not in table
    panel.back()
    panel.back()
    assert controls.traits.value != table
    controls.cluster_view.value = "list"


def test_the_heat_map_is_sorted_as_asked(panel):
    controls = panel.panel
    panel.run()
    controls.cluster_view.value = "map"

    def order():
        return re.findall(r"<th scope='row'><bdi>(.*?)</bdi>", controls.traits.value)

    assert order()[0] == "income"
    controls.sort.value = "name"
    assert order() == ["&lt;b&gt;", "age", "income"]
    controls.sort.value = "table"
    assert order() == ["income", "age", "&lt;b&gt;"]
    controls.sort.value, controls.cluster_view.value = "difference", "list"


@pytest.mark.parametrize("cursor", [1, 2, 3, 99])
def test_eta2_of_the_heat_map_is_that_of_the_profile(panel, cursor):
    panel.cursor = cursor
    found = look(panel, panel.slots, panel.animation.scene.facts.counts).eta2
    by_column = profile(shop(), panel.labels).drop_duplicates("column").set_index("column")
    assert found == pytest.approx(by_column.loc[["income", "age", "<b>"], "eta2"].to_numpy())


def test_before_any_assignment_no_share_is_told(panel):
    panel.panel.cluster_view.value = "map"
    assert panel.panel.traits.value.count("<td>–</td>") == 3
    panel.panel.cluster_view.value = "list"


def test_rounding_errors_of_centroids_are_zero():
    frame = pd.DataFrame({"x": [-0.1, -0.2, 0.3, 5, 6, 7]}) - 1e-17
    widget = KMeansWidget(frame, 2)
    widget.run()
    about = look(widget, widget.slots, widget.animation.scene.facts.counts)
    smallest = np.abs(about.centers).argmin()
    assert abs(about.centers[smallest, 0]) < 1e-15
    assert about.value(smallest, 0) == "0"
    widget.close()


def test_large_numbers_that_hardly_differ_are_told_apart():
    frame = pd.DataFrame({"account": 1e12 + np.array([0, 1, 2, 500, 501, 502.0])})
    widget = KMeansWidget(frame, 2)
    widget.run()
    about = look(widget, widget.slots, widget.animation.scene.facts.counts)
    assert {about.value(0, 0), about.value(1, 0)} == {"1,000,000,000,001.0", "1,000,000,000,501.0"}
    widget.close()


@pytest.mark.parametrize(("n_features", "n_clusters"), [(40, 20), (200, 30), (1, 1)])
def test_many_columns_and_clusters_are_cut_and_the_rest_counted(n_features, n_clusters):
    X = np.random.default_rng(0).normal(size=(300, n_features))
    widget = KMeansWidget(X, n_clusters)
    widget.step()
    widget.panel.tab.value = "clusters"
    widget.panel.cluster_view.value = "map"
    table = widget.panel.traits.value
    assert table.count("<tr><th scope='row'>") == min(n_features, 60)
    assert ("columns.</p>" in table) == (n_features > 60)
    assert ("of 30 clusters" in table) == (n_clusters == 30)
    widget.panel.tab.value = "algorithm"
    widget.close()


def test_silhouettes_are_those_of_the_points_on_the_scale_of_the_run(panel):
    panel.scale = "standard"
    panel.panel.cluster_view.value = "bars"
    assert "of assigned points" in panel.panel.traits.value
    panel.run()
    samples = panel.current_branch.samples.X
    expected = silhouette_samples(samples, panel.point_labels)
    shown = panel.panel.traits.value
    assert f"Mean silhouette {expected.mean():.3f} (dashed)" in shown
    for k, section in enumerate(shown.split("<h4>")[1:]):
        own = np.sort(expected[panel.point_labels == k])[::-1]
        assert f"mean {own.mean():.2f}, {(own < 0).sum()} of {len(own)} below 0" in section
        rows = [int(row) for row in re.findall(r"data-ask='row (\d+)'", section)]
        assert expected[rows].tolist() == pytest.approx(own.tolist())
        steps = [float(y) for y in re.findall(r"V([\d.]+)h1", section)]
        zero = 100 / (1 - min(expected.min(), 0))
        assert steps == pytest.approx((zero * (1 - own)).tolist(), abs=0.06)
    assert f"Point {panel.current_branch.points.called(rows[0])}: " in unescape(shown)


def test_silhouettes_of_many_points_are_of_a_sample_and_few_bars():
    X = np.random.default_rng(0).normal(size=(12_000, 2))
    panel = KMeansWidget(X, 2)
    panel.panel.tab.value, panel.panel.cluster_view.value = "clusters", "bars"
    panel.run()
    shown = panel.panel.traits.value
    assert "from a sample of 10,000" in shown
    assert shown.count("<rect") == 2 * 80
    panel.panel.tab.value = "algorithm"
    panel.close()
