"""Data of dask: the answers are those of one array, and a lost worker costs time only."""

import gc
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import pairwise
from unittest import mock

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from dask.distributed import Client, LocalCluster

import kmeans_widget as kw
from kmeans_widget.core import blocks
from kmeans_widget.core.kernels.threads import watch
from kmeans_widget.session import KMeansSession


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes, which a nanny starts again."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(memory_limit="600MiB", **options) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


@pytest.fixture(params=["threads", "workers"])
def anywhere(request):
    """Run a test without a client, and with one."""
    return request.getfixturevalue("client") if request.param == "workers" else None


def groups(n, n_features, seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, n_features)) + 4 * rng.integers(0, 4, (n, 1))
    return X.astype(dtype), rng.integers(0, 3, n).astype(float)


def assert_nothing_is_left(client):
    """Wait until the scheduler has no task, and no worker remembers a run."""
    for _ in range(100):
        left = client.run_on_scheduler(lambda dask_scheduler: [*dask_scheduler.tasks])
        states = client.run(lambda: [*blocks._states], on_error="ignore")
        if not left and not any(states.values()):
            return
        time.sleep(0.05)
    raise AssertionError((left, states))


def cut(n, rng):
    """Chunks, of which some have no rows."""
    return tuple(np.diff(np.sort([0, n, *rng.integers(0, n, rng.integers(1, 6))])).tolist())


def as_array(X, rng):
    return da.from_array(X, chunks=(cut(len(X), rng), (1, X.shape[1] - 1)))


def as_array_of_unknown_size(X, rng):
    found = da.from_array(X, chunks=(cut(len(X), rng), -1))
    return found[found[:, 0] > -np.inf]


def as_frame(X, rng):
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    ends = np.cumsum((0, *cut(len(X), rng)))
    parts = [frame.iloc[a:b] for a, b in pairwise(ends)]
    return dd.from_map(lambda part: part, parts, meta=frame.iloc[:0])


def as_delayed(X, rng):
    ends = np.cumsum(cut(len(X), rng))[:-1]
    return [dask.delayed(part) for part in np.split(X, ends)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [as_array, as_array_of_unknown_size, as_frame, as_delayed])
def test_any_blocks_give_the_fit_of_the_array(anywhere, kind, dtype):
    seed = [as_array, as_array_of_unknown_size, as_frame, as_delayed].index(kind)
    X, weights = groups(700, 2 + 3 * (seed % 2), seed, dtype)
    lazy = kind(X, np.random.default_rng(seed))
    for sample_weight in (None, weights):
        expected = kw.KMeans(4, init=X[:4]).fit(X, sample_weight=sample_weight)
        found = kw.KMeans(4, init=X[:4]).fit(lazy, sample_weight=sample_weight)
        assert found.n_iter_ == expected.n_iter_
        assert found.cluster_centers_.dtype == dtype
        assert np.allclose(found.cluster_centers_, expected.cluster_centers_, rtol=1e-5)
        assert found.inertia_ == pytest.approx(expected.inertia_, rel=1e-6)
        score = found.score(lazy, sample_weight=sample_weight)
        assert score == pytest.approx(expected.score(X, sample_weight=sample_weight), rel=1e-6)
    if anywhere is not None:
        assert_nothing_is_left(anywhere)
    labels, distances = dask.compute(found.labels_, found.transform(lazy))
    assert np.array_equal(labels, expected.labels_)
    assert np.array_equal(labels, found.predict(lazy).compute())
    assert distances.dtype == dtype
    assert np.allclose(distances, expected.transform(X), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("init", blocks.BLOCK_INITS)
def test_a_start_has_the_same_bits_wherever_it_is_computed(client, init):
    X, _ = groups(900, 3, 0)
    lazy = da.from_array(X, chunks=(250, 3))
    model = kw.KMeans(4, init=init, random_state=0)
    there = model.fit(lazy).cluster_centers_
    with dask.config.set(scheduler="synchronous"):
        assert np.array_equal(model.fit(lazy).cluster_centers_, there)
    assert_nothing_is_left(client)


@pytest.mark.parametrize("kind", [as_array, as_array_of_unknown_size])
def test_labels_and_distances_are_lazy_and_in_the_chunks_of_the_rows(kind):
    X, _ = groups(300, 2, 0)
    model = kw.KMeans(3, init=X[:3]).fit(X)
    lazy = kind(X, np.random.default_rng(1))
    read = []
    watched = lazy.map_blocks(lambda part: read.append(1) or part, meta=X[:0])
    labels, distances = model.predict(watched), model.transform(watched)
    assert read == []
    for chunks in (labels.chunks[0], distances.chunks[0]):
        assert np.array_equal(chunks, lazy.chunks[0], equal_nan=True)
    assert distances.chunks[1] == (3,)
    assert np.array_equal(labels.compute(), model.labels_)
    assert read != []


def test_distances_to_far_centers_do_not_overflow():
    X, _ = groups(30, 2, 0, np.float32)
    model = kw.KMeans(2, init=[[0, 0], [1e25, 1e25]]).fit(np.vstack([X, [[1e25, 1e25]]]))
    distances = model.transform(da.from_array(X, chunks=(10, 2))).compute()
    assert np.allclose(distances, model.transform(X), rtol=1e-6)


def test_labels_become_a_column_of_the_table_and_weights_are_one():
    X, weights = groups(300, 2, 0)
    table = pd.DataFrame(X, columns=["a", "b"])
    lazy = dd.from_pandas(table.assign(w=weights), npartitions=3)
    model = kw.KMeans(3, init=X[:3]).fit(lazy, sample_weight="w")
    expected = kw.KMeans(3, init=X[:3]).fit(table, sample_weight=weights)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    assert model.inertia_ == pytest.approx(expected.inertia_)
    features = lazy[["a", "b"]]
    series = kw.KMeans(3, init=X[:3]).fit(features, sample_weight=lazy["w"])
    assert series.inertia_ == model.inertia_
    features["cluster"] = model.predict(features)
    assert np.array_equal(features.compute()["cluster"], expected.labels_)


# -- faults ----------------------------------------------------------------------------------------


@contextmanager
def before_round(client, n, act):
    """Act when the tasks of the n-th round have been sent, and before their results are awaited."""
    gather, rounds = client.gather, []

    def gather_later(*args, **options):
        rounds.append(1)
        if len(rounds) == n:
            act()
        return gather(*args, **options)

    with mock.patch.object(client, "gather", gather_later):
        yield rounds


def kill_one(client):
    os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)


def slow(part):
    time.sleep(0.02)
    return part


def test_a_killed_worker_and_an_added_one_change_no_bit(cluster, client):
    X, _ = groups(2000, 6, 0)
    lazy = da.from_array(X, chunks=(250, 6)).map_blocks(slow, meta=X[:0])
    model = kw.KMeans(5, init=X[:5], max_iter=8, tol=0)
    undisturbed = model.fit(lazy)
    expected = undisturbed.cluster_centers_, undisturbed.inertia_
    with before_round(client, 5, lambda: kill_one(client)) as rounds:
        model.fit(lazy)
    assert len(rounds) > 5
    assert np.array_equal(model.cluster_centers_, expected[0])
    assert model.inertia_ == expected[1]

    def add():
        cluster.scale(3)
        client.wait_for_workers(3, timeout=60)

    with before_round(client, 4, add):
        model.fit(lazy)
    cluster.scale(2)
    assert np.array_equal(model.cluster_centers_, expected[0])
    assert_nothing_is_left(client)


def test_data_that_only_a_killed_worker_had_are_reported_as_lost(client):
    X, _ = groups(600, 3, 0)
    first = min(client.run(os.getpid).items(), key=lambda item: item[1])[0]
    parts = client.scatter(np.split(X, 3), workers=[first])
    model = kw.KMeans(3, init=X[:3])
    with (
        before_round(client, 4, lambda: kill_one(client)),
        pytest.raises(RuntimeError, match=r"^Some of the data are lost: .* fit again\.$"),
    ):
        model.fit(parts)
    assert not hasattr(model, "labels_")
    del parts
    assert_nothing_is_left(client)


@contextmanager
def allowed_failures(client, n):
    def set_to(n, dask_scheduler):
        before, dask_scheduler.allowed_failures = dask_scheduler.allowed_failures, n
        return before

    before = client.run_on_scheduler(set_to, n)
    yield
    client.run_on_scheduler(set_to, before)


def too_large(part):
    held = []
    for _ in range(100):
        held.append(np.ones(2_500_000))
        time.sleep(0.02)
    return part + held[0][0]


def test_a_block_that_workers_die_of_is_named(client):
    X, _ = groups(300, 3, 0)
    lazy = da.concatenate([X[:100], da.from_array(X[100:200]).map_blocks(too_large), X[200:]])
    model = kw.KMeans(3, init=X[:3])
    sentence = r"^Block 1 cannot be computed: all workers that tried died of it .* smaller blocks"
    with allowed_failures(client, 0), pytest.raises(RuntimeError, match=sentence):
        model.fit(lazy.map_blocks(slow, meta=X[:0]))
    assert not hasattr(model, "labels_")
    assert_nothing_is_left(client)


def forget_all():
    blocks._states.clear()


def test_a_session_goes_on_after_an_interruption_and_without_the_client(cluster):
    X, _ = groups(400, 3, 0)
    with Client(cluster) as client:
        session = KMeansSession(da.from_array(X, chunks=(100, 3)), 4)
        expected = KMeansSession(X, init=session.current_branch.start)
        expected.run()
        session.step()

        def stop(_share):
            raise KeyboardInterrupt

        with watch(stop), pytest.raises(KeyboardInterrupt):
            session.step()
        session.current_branch.drop_iterator()  # whose memory the workers are to forget
        gc.collect()
        assert client.run_on_scheduler(lambda dask_scheduler: [*dask_scheduler.tasks]) == []
        session.step()
        session.step()
    session.run()
    assert session.inertia == pytest.approx(expected.inertia, rel=1e-9)
    assert np.array_equal(session.labels.compute(), expected.labels)
    session.choose_columns([2, 0])
    session.run()
    labels = KMeansSession(X[:, [2, 0]], init=session.current_branch.start).final_labels()
    assert np.array_equal(session.labels.compute(), labels)
    with Client(cluster) as client:  # the closed one could not tell the workers to forget
        client.run(forget_all)


def unreadable(part, block_id):
    if block_id[0] == 2:
        raise OSError("disk is gone")
    return part


def test_a_block_that_cannot_be_read_is_named_and_changes_nothing(anywhere):
    X, _ = groups(300, 3, 0)
    lazy = da.from_array(X, chunks=(100, 3))
    model = kw.KMeans(3, init=X[:3]).fit(lazy)
    before = dict(vars(model))
    with pytest.raises(RuntimeError, match=r"^Block 2 cannot be computed: OSError: disk is gone\."):
        model.fit(lazy.map_blocks(unreadable, meta=X[:0]))
    assert vars(model) == before
    if anywhere is not None:
        assert_nothing_is_left(anywhere)


INTERRUPTED = """
import sys
import dask.array as da
import kmeans_widget as kw
from dask.distributed import Client

with Client(sys.argv[1]) as client:
    X = da.random.default_rng(0).normal(size=(4000, 3), chunks=(500, 3))
    model = kw.KMeans(6, init="random", n_init=10**6, random_state=0, verbose=1)
    try:
        model.fit(X)
    except KeyboardInterrupt:
        print("interrupted", [*vars(model)] == [*vars(kw.KMeans())], flush=True)
    sys.stdin.read()
"""


def test_an_interrupted_client_leaves_nothing(cluster, client):
    command = [sys.executable, "-c", INTERRUPTED, cluster.scheduler_address]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **pipes) as process:
        seen = ""
        while "iteration" not in seen:  # the bar has moved
            seen += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted True\n"
        assert_nothing_is_left(client)  # while the other client is still there
        process.communicate("", timeout=60)
    assert process.returncode == 0


# -- bad input -------------------------------------------------------------------------------------

X3 = groups(90, 3, 0)[0]
ARRAY = da.from_array(X3, chunks=(30, 3))
FRAME = dd.from_pandas(pd.DataFrame({"a": range(6), "city": list("uvwxyz")}), npartitions=2)


def with_gap():
    X = X3.copy()
    X[40, 1] = np.nan
    return da.from_array(X, chunks=(30, 3))


def hidden_text():
    parts = [pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": [3.0, "x"]})]
    return dd.from_map(lambda part: part, parts, meta=parts[0])


BAD = {
    "NaN": (with_gap, {}, r"^Block 1: the value in row 10, column 1 is missing \(NaN\)\."),
    "text": (lambda: FRAME, {}, r"'city' .* Leave out what is not a number: X\[\['a'\]\]\.$"),
    "hidden text": (hidden_text, {}, r"^Partition 1: Column 'a' .* cannot be read as numbers\."),
    "too few rows": (lambda: ARRAY[:5], {}, "n_samples=5 should be >= n_clusters=8"),
    "no row": (lambda: ARRAY[ARRAY[:, 0] > 1e9], {}, "There is no row in the data"),
    "one dimension": (lambda: ARRAY[:, 0], {}, r"X has 1 dimensions; .* X\.reshape\(-1, 1\)"),
    "complex": (lambda: ARRAY * 1j, {}, r"X has dtype complex128; numbers are needed"),
    "masked": (lambda: da.ma.masked_less(ARRAY, 0), {}, "MaskedArray.*; arrays of numpy are"),
    "a bag": (lambda: [ARRAY, ARRAY], {}, "X is, or holds, .* a list of delayed blocks"),
    "ragged": (
        lambda: [dask.delayed(X3), dask.delayed(X3[:, :2])], {}, "Block 1 has 2 columns, but"
    ),
    "few weights": (lambda: ARRAY, {"sample_weight": da.ones(80)}, "80 weights for 90 rows"),
    "unknown sizes": (
        lambda: ARRAY[ARRAY[:, 0] > 0], {"sample_weight": da.ones(90)}, "cannot be matched"
    ),
    "no such column": (lambda: FRAME, {"sample_weight": "cty"}, "no column 'cty'.* 'city'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence(case):
    make, options, words = BAD[case]
    with pytest.raises((ValueError, TypeError), match=words):
        kw.KMeans().fit(make(), **options)


def test_a_callable_init_and_other_features_are_refused():
    with pytest.raises(ValueError, match="A callable init needs all samples in memory"):
        kw.KMeans(init=max).fit(ARRAY)
    model = kw.KMeans(3).fit(ARRAY)
    with pytest.raises(ValueError, match="X has 2 features, but KMeans is expecting 3"):
        model.predict(ARRAY[:, :2])
    parts = [dask.delayed(X3), dask.delayed(X3[:, :2])]
    with pytest.raises(ValueError, match="Block 1 has 2 columns, but 3 are due"):
        model.predict(parts).compute()


def test_dask_without_distributed_computes_with_threads():
    code = (
        "import sys; sys.modules['distributed'] = None; import dask.array as da, kmeans_widget as "
        "kw; print(kw.KMeans(2, random_state=0).fit(da.ones((6, 2), chunks=3) * "
        "da.arange(6, chunks=3)[:, None]).labels_.compute().shape)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout == "(6,)\n"
