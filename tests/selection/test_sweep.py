"""choose_k: known numbers are found, none is invented, and what is known is kept."""

import sys
from itertools import islice, pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import AgglomerativeClustering
from sklearn.datasets import load_iris, make_blobs

import kmeans_widget as kw
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.selection import clusterers, sweep
from kmeans_widget.selection.clusterers import Lloyd
from kmeans_widget.selection.criteria import CAUTION, CRITERIA, Criterion, gap

COLUMNS = [
    "inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "gap", "gap_se", "bic",
    "stability",
]  # fmt: skip
BLOBS = kw.datasets.blobs(3).X


@pytest.fixture(scope="module")
def three():
    return kw.choose_k(BLOBS, range(1, 7))


# -- how many --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "k"),
    [
        (BLOBS, 3),
        (make_blobs(600, centers=5, n_features=4, random_state=1)[0], 5),
        (make_blobs([200, 100, 40, 20], random_state=8)[0], 4),
        (make_blobs(300, centers=3, n_features=30, cluster_std=3, random_state=0)[0], 3),
    ],
)
def test_known_numbers_of_clusters_are_found(X, k):
    selection = kw.choose_k(X, range(2, 11))
    assert selection.verdict.startswith(f"{k} clusters, by ")
    assert selection.best["gap"] == k
    assert selection.best["bic"] == k


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("kind", ["square", "normal"])
def test_no_number_is_invented_for_featureless_data(kind, first, seed):
    rng = np.random.default_rng(seed)
    X = rng.random((200, 2)) if kind == "square" else rng.normal(size=(200, 2))
    selection = kw.choose_k(X, range(first, 10), random_state=seed)
    assert set(selection.best.values()) <= {None, 1}
    assert selection.verdict.startswith(("No clear number of clusters", "1 cluster, "))


def test_a_single_cluster_may_be_named_if_it_is_in_the_range():
    X = np.random.default_rng(0).normal(size=(300, 2))
    selection = kw.choose_k(X, range(1, 8), criteria=["gap", "bic"])
    assert selection.best == {"gap": 1, "bic": 1}
    assert selection.verdict == "1 cluster, by inertia and BIC."


def test_disagreement_is_reported():
    selection = kw.choose_k(load_iris().data)
    assert {selection.best["silhouette"], selection.best["calinski_harabasz"]} == {2, 3}
    assert "says" in selection.verdict


def test_without_the_gap_statistic_no_number_is_called_clear():
    selection = kw.choose_k(BLOBS, range(2, 6), criteria="silhouette")
    assert selection.best == {"silhouette": 3}
    assert selection.verdict == (
        "Not compared with featureless data, for lack of the gap statistic: separation says 3."
    )


def test_the_end_of_the_range_is_not_named():
    votes = kw.choose_k(BLOBS, range(2, 4)).votes
    assert "a larger one may be better" in votes["silhouette"]
    assert kw.choose_k(BLOBS, [3]).votes["silhouette"] == "only one K"


# -- values ----------------------------------------------------------------------------------------


def test_values_are_those_of_the_labellings(three):
    frame = three.to_frame()
    assert frame.index.name == "n_clusters"
    assert frame.columns.tolist() == COLUMNS
    for k in range(2, 7):
        labels = three.labels[k]
        found = kw.silhouette(BLOBS, labels).score
        assert frame.loc[k, "silhouette"] == pytest.approx(found, abs=1e-12)
        centers = np.array([BLOBS[labels == j].mean(axis=0) for j in range(k)])
        assert np.allclose(three.centers[k], centers, atol=0.1)
        inertia = np.square(BLOBS - three.centers[k][labels]).sum()
        assert frame.loc[k, "inertia"] == pytest.approx(inertia)
        assert inertia <= kw.KMeans(k, n_init=3, random_state=0).fit(BLOBS).inertia_ * (1 + 1e-9)


def test_what_one_cluster_cannot_have_is_nan_and_says_why(three):
    missing = three.to_frame().loc[1].isna()
    assert missing.index[missing].tolist() == [
        "silhouette", "calinski_harabasz", "davies_bouldin", "stability"
    ]  # fmt: skip
    assert three.notes[1, "silhouette"].startswith("silhouette needs at least 2 clusters")
    assert {k for k, _ in three.notes} == {1}


def test_gap_is_the_difference_of_logarithms():
    rng = np.random.default_rng(0)
    within, references = 3.0, rng.uniform(4, 5, 10)
    value, error = gap(np.log([within, *references]))
    assert value == pytest.approx(np.mean([np.log(w / within) for w in references]))
    assert error == pytest.approx(np.std(np.log(references)) * np.sqrt(1.1))


@settings(max_examples=30)
@given(n=st.integers(12, 80), d=st.integers(1, 6), seed=st.integers(0, 999), whole=st.booleans())
def test_inertia_never_rises_with_k(n, d, seed, whole):
    X = np.random.default_rng(seed).normal(size=(n, d))
    X = X.round() + np.arange(n)[:, np.newaxis] % 12 if whole else X
    values = kw.choose_k(X, range(1, 12), criteria="inertia", n_init=1).values["inertia"]
    assert all(values[b] <= values[a] * (1 + 1e-9) + 1e-9 for a, b in pairwise(sorted(values)))


def test_starts_of_large_data_compete_on_a_part(monkeypatch):
    monkeypatch.setattr(clusterers, "_FINISH_FROM", 100)
    monkeypatch.setattr(clusterers, "_PART", 60)
    X = make_blobs(500, centers=5, random_state=3, cluster_std=2)[0]
    lloyd = Lloyd(ArraySamples(X), 1, 0)
    for k in range(2, 9):
        assert k in lloyd.fit(k)
    inertias = [lloyd.runs[k].inertia for k in range(2, 9)]
    assert all(after <= before for before, after in pairwise(inertias))
    assert len(lloyd.runs[8].labels) == 500


def test_weights_count_as_repeated_rows():
    weights = np.random.default_rng(0).integers(0, 4, len(BLOBS))
    rows = np.repeat(BLOBS, weights, axis=0)
    names = ["inertia", "calinski_harabasz", "davies_bouldin", "bic"]
    weighted = kw.choose_k(BLOBS, [2, 3], criteria=names, sample_weight=weights)
    repeated = kw.choose_k(rows, [2, 3], criteria=names)
    assert np.allclose(weighted.to_frame()[names], repeated.to_frame()[names], rtol=1e-6)
    assert kw.choose_k(BLOBS, sample_weight=weights).verdict.startswith("3 clusters")


def test_tables_of_any_library_and_the_same_seed_give_the_same(three):
    frame = three.to_frame()
    for X in (pd.DataFrame(BLOBS, columns=["a", "b"]), pl.DataFrame(BLOBS, schema=["a", "b"])):
        assert kw.choose_k(X, range(1, 7)).to_frame().equals(frame)


# -- progress --------------------------------------------------------------------------------------


def test_work_comes_in_pieces_and_goes_on_where_it_was_left(three):
    lloyd = Lloyd(ArraySamples(BLOBS), 3, 0)
    selection = sweep.KSelection(BLOBS, tuple(range(1, 7)), tuple(CRITERIA), lloyd, 0)
    assert [name for _, name in islice(selection.steps(), 4)] == ["inertia"] * 4
    assert not selection.complete
    assert selection.verdict.startswith("Not complete: ")
    assert selection.to_frame()["gap"].isna().all()
    while list(islice(selection.steps(), 9)):
        assert "known" in selection.verdict or selection.complete
    assert selection.plot().axes
    assert selection.complete
    assert selection.to_frame().equals(three.to_frame())


def test_an_interrupt_keeps_what_is_known(three, monkeypatch):
    measure, left = sweep.measure, [1, 2]

    def interrupted(*arguments, **options):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return measure(*arguments, **options)

    monkeypatch.setattr(sweep, "measure", interrupted)
    with pytest.warns(RuntimeWarning, match="interrupted; what is known is kept"):
        selection = kw.choose_k(BLOBS, range(1, 7))
    assert list(selection.values["silhouette"]) == [2, 3]
    monkeypatch.undo()
    for _ in selection.steps():
        pass
    assert selection.to_frame().equals(three.to_frame())


# -- other clusterers ------------------------------------------------------------------------------


def test_any_clusterer_of_scikit_learns_kind():
    clusterer = AgglomerativeClustering()
    selection = kw.choose_k(BLOBS, range(2, 7), estimator=clusterer)
    assert clusterer.n_clusters == 2
    labels = AgglomerativeClustering(3).fit_predict(BLOBS)
    assert np.array_equal(selection.labels[3], labels)
    centers = np.array([BLOBS[labels == j].mean(axis=0) for j in range(3)])
    assert selection.values["inertia"][3] == pytest.approx(np.square(BLOBS - centers[labels]).sum())
    assert selection.verdict.startswith("3 clusters, by ")
    assert not selection.notes


class Picky(ClusterMixin, BaseEstimator):
    """Refuses an odd number of clusters."""

    def __init__(self, n_clusters=2):
        self.n_clusters = n_clusters

    def fit(self, X, y=None):  # noqa: ARG002  scikit-learn's signature
        if self.n_clusters % 2:
            raise ValueError("odd")
        self.labels_ = np.arange(len(X)) % self.n_clusters
        return self


def test_what_a_clusterer_raises_is_noted_and_the_rest_goes_on():
    selection = kw.choose_k(BLOBS, [2, 3, 4], estimator=Picky(), criteria="silhouette")
    assert selection.notes[3, "silhouette"] == "ValueError: odd."
    assert list(selection.labels) == [2, 4]
    assert selection.complete


# -- input that cannot be used ---------------------------------------------------------------------


def test_more_clusters_than_distinct_points_are_noted():
    selection = kw.choose_k(np.repeat(np.eye(4), 5, axis=0), range(2, 8))
    assert list(selection.labels) == [2, 3, 4]
    assert selection.notes[5, "inertia"] == "There are only 4 distinct points."
    assert selection.notes[4, "gap"] == "All rows lie on the centres of their clusters."
    assert selection.complete


@settings(max_examples=15)
@given(n=st.integers(2, 24), d=st.integers(1, 3), seed=st.integers(0, 999))
def test_few_rows_have_a_value_or_a_note_for_everything(n, d, seed):
    X = np.random.default_rng(seed).integers(0, 4, (n, d)).astype(float)
    selection = kw.choose_k(X, range(1, 7))
    frame = selection.to_frame()
    for name in CRITERIA:
        for k in range(1, 7):
            assert np.isnan(frame.loc[k, name]) == ((k, name) in selection.notes)


@pytest.mark.parametrize(
    ("X", "options", "kind", "message"),
    [
        (np.ones((9, 2)), {}, ValueError, "2 clusters need .* distinct points, but there is 1"),
        (BLOBS, {"n_clusters": []}, ValueError, "n_clusters is empty. Give some"),
        (BLOBS, {"n_clusters": 5}, TypeError, "several numbers, such as range.2, 13., got 5"),
        (BLOBS, {"n_clusters": [0]}, ValueError, "n_clusters=0, but .* at least 1"),
        (BLOBS, {"n_clusters": [2.5]}, TypeError, "n_clusters=2.5, but .* an integer"),
        (BLOBS, {"criteria": "silhoutte"}, ValueError, "did you mean 'silhouette'. Choose from"),
        (BLOBS, {"n_init": 0}, ValueError, "n_init=0"),
        (BLOBS, {"estimator": object()}, TypeError, "parameter n_clusters"),
        ([[1.0], [np.nan]], {}, ValueError, "Input X contains NaN"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(X, options, kind, message):
    with pytest.raises(kind, match=message):
        kw.choose_k(X, **options)


def test_a_new_entry_in_the_table_is_enough(monkeypatch):
    def smallest(_X, codes, _weights):
        return float(np.bincount(codes).min())

    entry = Criterion("smallest cluster", "size", "high", 1, CRITERIA["silhouette"].rule, smallest)
    monkeypatch.setitem(CRITERIA, "smallest", entry)
    selection = kw.choose_k(BLOBS, [2, 3, 4], criteria=["gap", "smallest"])
    assert selection.best["smallest"] == 2
    assert selection.to_frame()["smallest"].tolist() == [
        np.bincount(selection.labels[k]).min() for k in (2, 3, 4)
    ]
    assert "size says 2" in selection.verdict
    assert selection.plot().axes[2].get_ylabel() == "smallest cluster"


# -- plots and words -------------------------------------------------------------------------------


def test_the_plot_has_a_curve_for_each_criterion_and_a_ring_around_its_best(three):
    before = "matplotlib.pyplot" in sys.modules
    figure = three.plot()
    assert ("matplotlib.pyplot" in sys.modules) == before
    assert len(figure.axes) == len(CRITERIA)
    for ax, name in zip(figure.axes, CRITERIA, strict=True):
        ring = [line for line in ax.lines if line.get_markerfacecolor() == "none"]
        assert [line.get_xdata().tolist() for line in ring] == [[three.best[name]]]
    assert three.plot(figure.axes[0]) is figure.axes[0]


def test_repr_is_the_verdict_and_the_caution(three):
    assert repr(three) == f"KSelection: {three.verdict} {CAUTION}"
    assert three.verdict == "3 clusters, by inertia, separation, BIC and stability."


def test_a_panel_starts_from_the_clustering_of_a_k():
    frame = pd.DataFrame(kw.datasets.blobs(3).X, columns=["id", "y"]).round()  # ids are used here
    weights = np.arange(1.0, len(frame) + 1)
    selection = kw.choose_k(frame, [2, 4], criteria=["silhouette"], sample_weight=weights)
    panel = selection.panel(4)
    panel.run()
    assert np.array_equal(panel.labels, selection.labels[4])
    panel.close()
    with pytest.raises(ValueError, match=r"no clustering for K = 3\. Choose from 2, 4\."):
        selection.panel(3)


def test_the_verdict_says_if_one_column_alone_decides():
    hue = np.random.default_rng(0).normal(size=300)
    frame = pd.DataFrame({"proline": kw.datasets.blobs(3).X[:, 0] * 100, "hue": hue})
    verdict = kw.choose_k(frame, [2, 3, 4], criteria="silhouette").verdict
    assert verdict.endswith("; column 'proline' alone makes up > 99 % of the squared distances.")
    assert "squared distances" not in kw.choose_k(frame[["hue"]], [2, 3], criteria="bic").verdict


@pytest.mark.parametrize("ks", [range(4, 10), range(20, 24), [5, 6, 10]])
def test_the_lower_end_of_the_range_is_not_named(ks):
    selection = kw.choose_k(kw.datasets.blobs(3).X, ks)
    assert min(ks) not in selection.best.values()
    assert selection.verdict.startswith("No clear number of clusters: ")
    assert "best at the smallest K" in str(selection.votes)


def test_what_was_not_compared_or_not_clustered_is_said():
    blobs = kw.datasets.blobs(3).X
    assert kw.choose_k(blobs, [3]).verdict.startswith("Nothing to compare")
    assert kw.choose_k(np.repeat(np.eye(3), 9, axis=0), range(3, 7)).verdict.startswith("Nothing")

    class Noise(BaseEstimator, ClusterMixin):
        def __init__(self, n_clusters=2):
            self.n_clusters = n_clusters

        def fit(self, X):
            if self.n_clusters == 3:
                raise ValueError("no luck")
            self.labels_ = kw.KMeans(self.n_clusters, random_state=0).fit_predict(X) - 1
            return self

    found = kw.choose_k(blobs, [2, 3, 4], estimator=Noise())
    assert -1 in found.labels[2]
    assert found.verdict.endswith("; there are no clusters for K = 3.")
    with pytest.raises(TypeError, match=r"^estimator must be an object: use Noise\(\)\."):
        kw.choose_k(blobs, estimator=Noise)
    with pytest.raises(TypeError, match=r"^criteria must be one or several of"):
        kw.choose_k(blobs, criteria=5)


def test_silhouettes_of_a_k_are_drawn():
    selection = kw.choose_k(kw.datasets.blobs(3).X, [1, 3], criteria="inertia")
    (ax,) = selection.silhouette_plot(3).axes
    mean = kw.silhouette(selection.X, selection.labels[3]).score
    assert ax.lines[0].get_xdata()[0] == pytest.approx(mean)
    assert selection.silhouette_plot(3, ax) is ax
    with pytest.raises(ValueError, match=r"no clustering for K = 2\. Choose from 1, 3\."):
        selection.silhouette_plot(2)
    with pytest.raises(ValueError, match="Number of labels is 1"):
        selection.silhouette_plot(1)
