"""The clustergram: every row goes somewhere, and dots, lines and colours say where."""

import sys
from itertools import islice, pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.decomposition import PCA

import kmeans_widget as kw
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.selection.clusterers import Lloyd
from kmeans_widget.selection.clustergram import branch_colors, coordinate
from kmeans_widget.selection.sweep import KSelection

BLOBS = kw.datasets.blobs(4, n_features=5).X


@pytest.fixture(scope="module")
def found():
    return kw.choose_k(BLOBS, [1, 2, 3, 6, 14], criteria="inertia")


def drawn(ax):
    """Return the places of the dots, the lines between them, and the widths of these."""
    lines, dots = ax.collections
    return np.asarray(dots.get_offsets()), lines.get_segments(), np.array(lines.get_linewidths())


def test_flows_are_the_crosstabs_of_consecutive_labellings(found):
    table = found.flows.groupby(["from_k", "to_k"])
    assert list(table.groups) == list(pairwise(found.n_clusters))
    for (k, following), part in table:
        expected = pd.crosstab(found.labels[k], found.labels[following]).stack()
        got = part.set_index(["from_cluster", "to_cluster"])["n_rows"]
        assert got.to_dict() == expected[expected > 0].to_dict()


def test_dots_are_at_the_means_of_the_first_principal_component(found):
    along = PCA(1).fit_transform(BLOBS)[:, 0]
    dots, _, _ = drawn(found.clustergram().axes[0])
    expected = [
        (k, along[found.labels[k] == cluster].mean())
        for k in found.n_clusters
        for cluster in range(k)
    ]
    sign = np.sign(dots[1, 1] * expected[1][1])  # of a principal component, it is arbitrary
    np.testing.assert_allclose(dots * [1, sign], expected, atol=1e-9)


def test_more_columns_than_rows_have_a_first_principal_component():
    X = np.random.default_rng(0).normal(size=(20, 300))
    pca = PCA(1)
    expected = pca.fit_transform(X)[:, 0]
    values, name = coordinate(X, None, [])
    np.testing.assert_allclose(np.abs(values), np.abs(expected), rtol=1e-6)
    share = pca.explained_variance_ratio_[0]
    assert name == f"first principal component ({100 * share:.0f} % of variance)"


def test_a_line_for_each_flow_is_as_wide_as_it_has_rows(found):
    _, segments, widths = drawn(found.clustergram().axes[0])
    assert [(a[0], b[0]) for a, b in segments] == [flow[1:4:2] for flow in found.flows.itertuples()]
    n_rows = found.flows["n_rows"].to_numpy()
    wide = widths > widths.min()
    assert np.allclose(widths[wide] / n_rows[wide], widths.max() / n_rows.max())


def test_a_single_column_is_shown_in_its_own_values():
    frame = pd.DataFrame({"age": [30.0, 32, 50, 52]})
    figure = kw.choose_k(frame, [2], criteria="inertia").clustergram()
    dots, segments, _ = drawn(figure.axes[0])
    assert sorted(dots.tolist()) == [[2, 31], [2, 51]]
    assert len(segments) == 0
    assert figure.axes[0].get_ylabel() == "age"


def test_weights_are_those_of_repeated_rows():
    weights = np.random.default_rng(1).integers(0, 3, len(BLOBS))
    values, _ = coordinate(BLOBS[weights > 0], weights[weights > 0], [])
    repeated, _ = coordinate(np.repeat(BLOBS, weights, axis=0), None, [])
    np.testing.assert_allclose(np.repeat(values, weights[weights > 0]), repeated, atol=1e-9)
    assert abs(values @ weights[weights > 0]) < 1e-9
    found = kw.choose_k(BLOBS, [2, 3], criteria="inertia", sample_weight=weights)
    assert found.flows["n_rows"].sum() == (weights > 0).sum()
    found.clustergram()


def test_a_cluster_passes_its_colour_to_the_one_that_gets_most_of_its_rows():
    labels = {
        2: np.array([0, 0, 0, 0, 0, 1, 1, 1]),
        3: np.array([2, 2, 2, 0, 0, 1, 1, 0]),
        5: np.array([4, 4, 3, 2, 2, 0, 1, 2]),
    }
    assert branch_colors(labels) == {
        (2, 0): 0, (2, 1): 1,
        (3, 2): 0, (3, 1): 1, (3, 0): 2,
        (5, 4): 0, (5, 0): 1, (5, 2): 2, (5, 1): 3, (5, 3): 4,
    }  # fmt: skip


def test_two_clusters_that_become_one_leave_it_the_colour_of_the_larger():
    labels = {2: np.array([0, 0, 1, 1, 1]), 3: np.array([0, 0, 0, 0, 2])}
    assert branch_colors(labels)[3, 0] == branch_colors(labels)[2, 0]
    labels[3] = np.array([0, 0, 0, 0, 0])
    assert branch_colors(labels)[3, 0] == branch_colors(labels)[2, 1]


def test_what_is_known_is_drawn(found):
    ks = found.n_clusters
    selection = KSelection(BLOBS, ks, ("inertia",), Lloyd(ArraySamples(BLOBS), 3, 0), 0)
    assert selection.flows.empty
    assert not len(drawn(selection.clustergram().axes[0])[0])
    steps = selection.steps()
    list(islice(steps, 2))
    dots, segments, _ = drawn(selection.clustergram().axes[0])
    assert dots[:, 0].tolist() == [1, 2, 2]
    assert len(segments) == 2


def test_other_clusterers_and_data_without_extent_can_be_drawn():
    selection = kw.choose_k(BLOBS, [2, 3, 4], estimator=AgglomerativeClustering(), criteria=())
    assert all(selection.flows.groupby(["to_k", "to_cluster"]).size() == 1)  # they only split
    selection.clustergram()
    dots, _, _ = drawn(kw.choose_k(np.ones((5, 2)), [1], criteria=()).clustergram().axes[0])
    assert dots.tolist() == [[1, 0]]


def test_axes_are_used_if_given_and_pyplot_never(found):
    before = "matplotlib.pyplot" in sys.modules
    figure = found.clustergram()
    assert ("matplotlib.pyplot" in sys.modules) == before
    (ax,) = figure.axes
    assert ax.get_xticks().tolist() == list(found.n_clusters)
    assert ax.get_xlabel() == "number of clusters"
    assert found.clustergram(ax) is ax
