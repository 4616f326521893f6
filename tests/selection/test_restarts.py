"""Restarts: every start can be repeated, and equal clusters are one optimum."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

import kmeans_widget as kw
from kmeans_widget.core.initialization import INIT_METHODS
from kmeans_widget.core.kernels.threads import limit_threads
from kmeans_widget.selection import restarts as restarts_module
from kmeans_widget.selection.labellings import canonical
from kmeans_widget.selection.runs import run_from

X = make_blobs(400, centers=6, cluster_std=1.5, random_state=2)[0]


@pytest.mark.parametrize("init", list(INIT_METHODS))
@pytest.mark.parametrize("weighted", [False, True])
def test_every_start_can_be_repeated_alone(init, weighted):
    weights = np.random.default_rng(0).random(len(X)) if weighted else None
    found = kw.restarts(X, 6, 8, init=init, random_state=5, sample_weight=weights)
    for run in found.runs.itertuples():
        alone = kw.KMeans(6, init=init, n_init=1, tol=0, random_state=run.seed)
        alone.fit(X, sample_weight=weights)
        assert alone.inertia_ == run.inertia
        assert alone.n_iter_ == run.n_iter
        ours, theirs = (canonical(z, 6) for z in (found.labels(run.optimum), alone.labels_))
        assert np.array_equal(ours, theirs)
    assert found.runs["seed"].tolist() == list(range(5, 13))


def test_wide_and_large_data_can_be_repeated_too():
    rng = np.random.default_rng(0)
    for shape in ((60_000, 2), (5_000, 64)):
        big = rng.random(shape, dtype=np.float32)
        found = kw.restarts(big, 12, 3, max_iter=5)
        for run in found.runs.itertuples():
            alone = kw.KMeans(12, n_init=1, tol=0, max_iter=5, random_state=run.seed).fit(big)
            assert alone.inertia_ == run.inertia
            assert np.array_equal(
                canonical(found.labels(run.optimum), 12), canonical(alone.labels_, 12)
            )


def test_optima_are_different_clusterings_and_all_starts_belong_to_one():
    found = kw.restarts(X, 6, 20, init="random")
    optima = found.optima
    assert optima["count"].sum() == 20
    assert optima["share"].sum() == pytest.approx(1)
    assert optima["inertia"].is_monotonic_increasing
    assert optima["inertia"][0] == found.best_inertia == found.inertias.min()
    labels = [found.labels(i) for i in range(len(optima))]
    for i, a in enumerate(labels):
        for b in labels[:i]:
            assert adjusted_rand_score(a, b) < 1
    inertia = np.square(X - found.centers[0][labels[0]]).sum()
    assert found.best_inertia == pytest.approx(inertia)


def test_an_equal_inertia_alone_is_not_the_same_optimum():
    square = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    found = kw.restarts(square, 2, 40, init="random")
    assert len(set(found.inertias.round(9))) < len(found.optima)


def test_methods_are_compared_in_a_row_each():
    found = kw.restarts(X, 6, 40, init=["random", "k-means++", "farthest"])
    table = found.comparison
    assert table.index.tolist() == ["random", "k-means++", "farthest"]
    runs = found.runs
    for init in table.index:
        own = runs[runs["init"] == init]
        assert len(own) == 40
        assert table.loc[init, "best"] == own["inertia"].min()
        assert table.loc[init, "found_best"] == pytest.approx((own["optimum"] == 0).mean())
    assert "(random " in repr(found)


def test_the_sentence():
    blobs = kw.datasets.blobs(3).X
    alone = kw.restarts(blobs, 1, 5)
    assert repr(alone).endswith("in 100 % of 5 starts; there is no other optimum among them.")
    found = kw.restarts(blobs, 3, 50, init="random")
    share = f"{found.optima['share'][0]:.0%}".replace("%", " %")
    assert repr(found).startswith(
        f"Restarts: the lowest inertia, 379.2, was found in {share} of 50"
    )
    assert repr(found).endswith(f"{len(found.optima)} different optima.")


def test_results_do_not_depend_on_the_number_of_threads():
    with limit_threads(1):
        alone = kw.restarts(X, 6, 20, init="random")
    assert kw.restarts(X, 6, 20, init="random").runs.equals(alone.runs)
    assert kw.restarts(X, 6, 20, init="random").optima.equals(alone.optima)


def test_an_interrupt_keeps_the_starts_that_are_done(monkeypatch):
    calls = []

    def interrupted(*args, **kwargs):
        calls.append(args)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return run_from(*args, **kwargs)

    monkeypatch.setattr(restarts_module, "run_from", interrupted)
    with limit_threads(1), pytest.warns(RuntimeWarning, match="interrupted after 7 starts"):
        found = kw.restarts(X, 6, 5, init=["random", "k-means++"])
    assert found.n_done == len(found.runs) == 7
    assert found.comparison.index.tolist() == ["random", "k-means++"]
    found.compute()
    monkeypatch.undo()
    assert found.runs.equals(kw.restarts(X, 6, 5, init=["random", "k-means++"]).runs)


def test_memory_does_not_grow_with_the_number_of_starts():
    big = np.random.default_rng(0).normal(size=(50_000, 2))
    peaks = []
    with limit_threads(1):
        for n in (1, 3, 30):
            tracemalloc.start()
            assert len(kw.restarts(big, 8, n, max_iter=4).centers) == n
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[2] < peaks[1] + 500_000  # the labels of 27 runs: 5 MB


@settings(max_examples=40)
@given(labels=st.lists(st.integers(0, 5), min_size=1, max_size=30), seed=st.integers(0, 99))
def test_canonical_labels_ignore_numbers(labels, seed):
    labels = np.array(labels, np.int32)
    numbers = np.random.default_rng(seed).permutation(6).astype(np.int32)
    assert np.array_equal(canonical(labels, 6), canonical(numbers[labels], 6))
    assert adjusted_rand_score(canonical(labels, 6), labels) == 1
    late = np.append(np.zeros(10_000, np.int32), labels)
    assert adjusted_rand_score(canonical(late, 6), late) == 1


def test_the_plot_has_a_strip_for_each_method():
    (ax,) = kw.restarts(X, 6, 10, init=["random", "k-means++"]).plot().axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["random points", "k-means++"]
    assert [len(line.get_xdata()) for line in ax.lines] == [10, 10, 2]


@pytest.mark.parametrize(
    ("data", "options", "kind", "message"),
    [
        (np.ones((9, 2)), {}, ValueError, "2 clusters need .* distinct points, but there is 1"),
        (X, {"n": 0}, ValueError, "n=0, but the number of starts must be at least 1"),
        (X, {"init": "kmeans"}, ValueError, "Unknown init 'kmeans'; did you mean 'k-means..'"),
        (X, {"init": []}, ValueError, "init is empty. Choose from 'random'"),
        (X, {"init": X[:2]}, TypeError, "init must be one or several of 'random'"),
        (X, {"tol": -1}, ValueError, "tol=-1"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(data, options, kind, message):
    with pytest.raises(kind, match=message):
        kw.restarts(data, 2, **options)


def test_every_start_is_among_the_seeds_of_its_optimum():
    found = kw.restarts(X, 6, 30, init="random", random_state=4)
    seeds = found.optima["seeds"]
    assert sorted(seed for of in seeds for seed in of) == list(range(4, 34))
    assert [len(of) for of in seeds] == found.optima["count"].tolist()
    for row, of in enumerate(seeds):
        assert of == found.runs["seed"][found.runs["optimum"] == row].tolist()
