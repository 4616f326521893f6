"""The benchmarks work: not how fast, but that they count, compare and report rightly."""

import json

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import kmeans_widget as kw
from benchmarks import __main__ as program
from benchmarks import data, growth, lloyd, picture, report, rounds, selection
from benchmarks.peers import OURS, SKLEARN, Faiss, Fit, NotSupportedError, Unavailable, contender
from benchmarks.rows import Row
from benchmarks.setting import Setting
from benchmarks.timing import QUICK, Timings, time_paired


class Fake:
    """A peer that gives up one iteration early, and has no k-means++ of its own."""

    name = "fake"

    def lloyd(self, _X, centers, max_iter):
        return Fit(centers, max_iter - 1)

    def fit(self, X, n_clusters, _seed):
        return Fit(X[:n_clusters], 1)

    def seeding(self, *_):
        raise NotSupportedError("no k-means++")

    def mini_batch(self, *_):
        raise ZeroDivisionError("broken\nwith details")

    def predictor(self, X, _centers):
        return lambda: np.zeros(len(X))


@pytest.fixture
def row():
    values = {OURS: [1.0, 2.0, 4.0], "near": [2.0, 2.0, 6.0], "far": [9.0, 10.0, 90.0]}
    return Row("a row", values, {"gone": "not imported"}, (10, 2, 3))


def test_a_ratio_is_the_median_of_the_rounds_ratios(row):
    assert row.ratio("near") == 1.5
    assert row.ratio("far") == 9.0
    assert row.fastest() == ("near", 1.5)


def test_who_did_other_work_is_no_opponent(row):
    row.not_comparable.add("near")
    assert row.fastest() == ("far", 9.0)


def test_bars_are_least_and_geometric_mean_of_the_fastest_peers(row):
    wide = Row("wide", {OURS: [1.0], "near": [6.0]}, shape=(10, 20, 3))
    least, mean, few = report.summary([row, wide])
    assert "1.50 (a row, near)" in least
    assert mean == "geometric mean of 2 rows: 3.00"
    assert "1.50 (a row, near)" in few


def test_table_has_a_column_for_everybody_and_says_who_is_missing(row):
    lines = report.table([row], [OURS, "near", "far", "gone"]).splitlines()
    assert lines[0].count("|") == lines[2].count("|")
    assert lines[2].startswith("| a row | 1.00 s | 2.00 s | 9.00 s | – | 1.50 | 9.00 | – | 1.50 |")
    assert "gone: not imported (all rows)" in lines


def test_busy_neighbours_are_named(row):
    assert report.contention_warning([row]) == []
    row.other_cpus.append(0.7)
    assert "a row (0.7)" in report.contention_warning([row])[0]


def test_rounds_rotate_and_a_failing_peer_stops_nobody():
    order = []

    def breaks(n_round):
        if n_round:
            raise ZeroDivisionError("broken\nwith details")

    calls = {name: lambda n, name=name: order.append((n, name)) for name in "ab"} | {"c": breaks}
    measured = time_paired(calls, QUICK)
    assert order[-4:] == [(0, "a"), (0, "b"), (1, "b"), (1, "a")]
    assert measured.remarks == {"c": "ZeroDivisionError: broken"}
    assert {name: len(times) for name, times in measured.seconds.items()} == {"a": 2, "b": 2}


def test_other_results_are_set_apart():
    X = np.array([[0.0], [2.0], [10.0], [12.0]])
    good, bad = np.array([[1.0], [11.0]]), np.array([[0.0], [2.0]])
    results = {OURS: [Fit(good, 10)], "lazy": [Fit(good, 7)], "wrong": [Fit(bad, 10)]}
    seconds = {name: [1.0] for name in results}
    workload = data.Workload(4, 1, 2)
    row = lloyd.make_row(workload, Timings(seconds, results), X)
    assert row.not_comparable == {"lazy", "wrong"}
    assert row.remarks["lazy"] == "7 iterations instead of 10"
    assert row.facts["inertia"][OURS] == pytest.approx(4.0)


def test_the_judge_agrees_with_the_definition_far_from_the_origin():
    X, start = data.Workload(300, 3, 5).data()
    X, start = X + np.float32(1000), start + np.float32(1000)
    distances = ((X[:, None].astype(float) - start.astype(float)) ** 2).sum(axis=2)
    assert data.inertia(X, start) == pytest.approx(distances.min(axis=1).sum(), rel=1e-9)


@pytest.mark.parametrize("kind", ["blobs", "uniform"])
def test_data_last_for_ten_iterations(kind):
    workload = data.Workload(10_000, 2, 3)
    assert contender(OURS).lloyd(*workload.data(kind), 10).n_iter == 10


def test_slopes_of_a_straight_line():
    rows = [
        Row("", {OURS: [n * 3e-9]}, shape=(n, 16, 32), group="n_samples")
        for n in growth.AXES["n_samples"]
    ]
    assert growth.slope(rows, "n_samples", OURS) == pytest.approx(1.0)
    assert growth.slope(rows, "n_features", OURS) is None


def test_faiss_is_not_asked_to_convert_doubles():
    with pytest.raises(NotSupportedError, match="float32 only"):
        Faiss("faiss", None).lloyd(np.zeros((4, 2)), np.zeros((2, 2)), 10)


def test_a_quick_run_prints_tables_and_writes_json_and_a_picture(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(lloyd, "WORKLOADS", lloyd.WORKLOADS[::5])
    everybody = [contender(OURS), contender(SKLEARN), Unavailable("absent", "not imported"), Fake()]
    setting = Setting(everybody, quick=True)
    with threadpool_limits(1, user_api="openmp"):  # scikit-learn's threads would spin and wait
        program.run(setting, ["lloyd", "parts", "growth", "ceilings"], tmp_path)
    printed = capsys.readouterr().out
    assert "absent: not imported (all rows)" in printed
    assert "fake: 9 iterations instead of 10" in printed
    assert "fake: ZeroDivisionError: broken (mini-batches" in printed
    assert "multiply-add float32" in printed
    written = json.loads((tmp_path / "speed.json").read_text())
    assert len(written["sections"]["lloyd"]) == len(lloyd.WORKLOADS)
    assert set(written["sections"]["lloyd"][0]["values"]) == {OURS, SKLEARN, "fake"}
    assert (tmp_path / "speed.png").read_bytes().startswith(b"\x89PNG")


def test_the_loop_over_scikit_learn_finds_what_choose_k_finds(monkeypatch):
    monkeypatch.setattr(selection, "N_PAIRS", 2)
    monkeypatch.setattr(selection, "N_REFERENCES", 2)
    X = kw.datasets.blobs(3).X
    with threadpool_limits(1, user_api="openmp"):
        found = selection.choose_k_by_sklearn(X, [2, 3], 0)
    ours = kw.choose_k(X, [2, 3]).to_frame()
    names = ["inertia", "silhouette", "calinski_harabasz", "davies_bouldin"]
    for k in (2, 3):
        assert found[k][:4] == pytest.approx(ours.loc[k, names].tolist())


def test_choosing_k_is_measured_in_pairs(monkeypatch):
    monkeypatch.setattr(selection, "SWEEPS", ())
    monkeypatch.setattr(selection, "RESTARTS", selection.RESTARTS[:1])
    with threadpool_limits(1, user_api="openmp"):
        rows = list(selection.rows(Setting([], quick=True)))
    assert [row.name for row in rows] == [
        "5 restarts, 1k × 2, k 8", "silhouette of all pairs, 1k × 10, k 8"
    ]  # fmt: skip
    assert all(row.ratio(SKLEARN) for row in rows)


def test_a_round_of_dask_is_divided_into_its_costs(tmp_path):
    def made(group, n, seconds, cpu=None):
        facts = {"n": {OURS: n}} | ({} if cpu is None else {rounds.CPU: {OURS: cpu}})
        return Row(f"4 {group}", {OURS: [seconds]}, shape=(100, 10, 10), group=group, facts=facts)

    found = [
        made(rounds.THREADS, 8.0, 0.5),
        *(made(rounds.PROCESSES, n, 1.0, 0.01 + 0.002 * n) for n in (16.0, 64.0, 256.0)),
        made(rounds.GROUPED, 256.0, 1.0, 0.01 + 4 * 0.002 + 252 * 0.0005),
        made(rounds.MERGE, 1000.0, 0.001),
        made(rounds.ROWS, 1e6, 0.1),
    ]
    costs = rounds.costs(found, 10, 10)
    assert costs == pytest.approx((0.01, 0.002, 0.0005, 1e-6, 1e-7))
    assert costs.round(1e9, 100, 625, 100) == pytest.approx(1 + 0.01 + 0.2 + 525 * 0.0005)
    assert rounds.costs(found, 100, 50) is None
    assert len(rounds.table(found, []).splitlines()) == 2 + len(found)
    assert "625 blocks in 100 tasks: 1.47 s a round" in rounds.remarks(found)[-1]
    picture.draw({"rounds": found}, {"rounds": rounds.TITLE}, "", tmp_path / "speed.png")


def test_rounds_of_dask_are_measured_with_threads_as_workers():
    row = rounds._measure(rounds.THREADS, "two", 2, (4, 3, 6), quick=True)
    assert len(row.values[OURS]) == 2
    assert row.facts["n"] == {OURS: 4.0}
    parts = [rounds._merge(3, 6, quick=True), rounds._arithmetic(3, 6, quick=True)]
    assert [part.group for part in parts] == [rounds.MERGE, rounds.ROWS]


def test_unknown_sections_are_refused(capsys):
    with pytest.raises(SystemExit):
        program.main(["lloyds"])
    assert "unknown section lloyds" in capsys.readouterr().err
