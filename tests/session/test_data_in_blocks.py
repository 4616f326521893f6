"""A session on data in blocks: the numbers are those of all rows, a sample of them is drawn."""

import base64

import dask.array as da
import numpy as np
import pandas as pd
import pytest

import kmeans_widget as kw
from kmeans_widget.core.kernels.threads import watch
from kmeans_widget.distributed import files
from kmeans_widget.session import KMeansSession, origin
from kmeans_widget.widget import KMeansWidget

N_SAMPLED = 60
NAMES = ["a", "b", "c"]


def rows():
    random = np.random.default_rng(0)
    middles = 4 * random.normal(size=(4, 3))
    return middles[random.integers(0, 4, 900)] + random.normal(size=(900, 3)) * [1, 1, 5]


@pytest.fixture(autouse=True)
def _few_are_drawn(monkeypatch):
    monkeypatch.setattr(origin, "N_SAMPLED", N_SAMPLED)


def as_files(X, folder, *, is_weighted=False):
    for i, part in enumerate(np.array_split(X, 4)):
        frame = pd.DataFrame(part, columns=NAMES).assign(id=0, w=np.arange(len(part)) % 3 + 0.5)
        frame = frame if is_weighted else frame.drop(columns="w")
        frame.to_parquet(folder / f"{i}.parquet", row_group_size=100)
    return str(folder / "*.parquet")


def as_npy(X, folder):
    np.save(folder / "rows.npy", X)
    return str(folder / "rows.npy")


def as_dask(X, _folder):
    return da.from_array(X, chunks=(250, 3))


@pytest.fixture
def path(tmp_path):
    return as_files(rows(), tmp_path)


@pytest.fixture
def passes(monkeypatch):
    """Count how often all rows are read from the file."""
    found = []
    read = files.NpyBlock.read
    monkeypatch.setattr(files.NpyBlock, "read", lambda block: found.append(1) or read(block))
    return lambda: len(found)


def same_steps(session, other):
    session.run()
    other.run()
    assert len(session.trace) == len(other.trace) > 3
    for step, expected in zip(session.trace, other.trace, strict=True):
        assert (step.iteration, step.n_changed) == (expected.iteration, expected.n_changed)
        assert step.stop == expected.stop
        assert np.allclose(step.weight, expected.weight)
        assert step.inertia == pytest.approx(expected.inertia, rel=1e-9)


@pytest.mark.parametrize("scale", ["none", "robust"])
@pytest.mark.parametrize("kind", [as_files, as_npy, as_dask])
def test_the_numbers_are_those_of_all_rows(tmp_path, kind, scale):
    X = rows()
    session = KMeansSession(kind(X, tmp_path), 4, scale=scale)
    assert session.X.shape == (N_SAMPLED, 3)
    start = session.current_branch.start
    # The scale is that of the sample.
    scaling = session.current_branch.scaling
    other = KMeansSession(scaling.transform(X), init=scaling.transform(start))
    same_steps(session, other)
    assert session.explained_share == pytest.approx(other.explained_share, rel=1e-9)
    estimator = session.estimator if scale == "none" else session.estimator[-1]
    for labels in (session.labels, estimator.labels_):
        assert np.array_equal(np.asarray(labels), other.labels)
    assert len(session.point_labels) == N_SAMPLED


def test_weights_and_columns_are_those_of_the_table(tmp_path):
    path = as_files(rows(), tmp_path, is_weighted=True)
    X, weights = rows(), np.concatenate([np.arange(225) % 3 + 0.5] * 4)
    session = KMeansSession(path, 4, sample_weight="w", columns=["c", "a"])
    assert session.feature_names == ("c", "a")
    start = session.current_branch.start
    same_steps(session, KMeansSession(X[:, [2, 0]], init=start, sample_weight=weights))
    session.choose_columns(["b"])
    same_steps(session, KMeansSession(X[:, [1]], init=session.current_branch.start,
                                      sample_weight=weights))  # fmt: skip


def as_scan(X, folder):
    return kw.scan(as_files(X, folder), memory=2e6)


@pytest.mark.parametrize("cursor", [0, 1, 4, None])
@pytest.mark.parametrize("columns", [None, [2, 0]])
@pytest.mark.parametrize("kind", [as_files, as_scan, as_npy, as_dask])
def test_the_code_gives_the_labels_of_all_rows(tmp_path, kind, columns, cursor):
    data = kind(rows(), tmp_path)
    named = kind in (as_files, as_scan)
    session = KMeansSession(
        data, 4, columns=[NAMES[j] for j in columns] if columns and named else columns
    )
    session.source = "data"
    session.run()
    session.cursor = session.cursor if cursor is None else cursor
    found = {"data": data}
    exec(session.code, found)
    assert np.allclose(found["centers"], session.cluster_centers, rtol=0, atol=1e-9)
    labels = np.asarray(session.labels)
    assert len(labels) == 900
    can_be_read = columns is None or kind is not as_npy
    if session.cursor > 2 and can_be_read:
        assert np.array_equal(np.asarray(found["labels"]), labels)
    if session.cursor % 2 and can_be_read and (columns is None or named):
        assert np.array_equal(np.asarray(session.estimator.predict(data)), labels)


def test_the_name_of_an_example_is_no_file():
    with pytest.raises(FileNotFoundError, match=r"The example is kw\.datasets\.rings\(\)\.$"):
        KMeansWidget("rings")


def test_columns_that_are_not_read_are_refused(path):
    with pytest.raises(ValueError, match=r"no column 'id'.* kw\.scan\(X, columns=\[\.\.\.\]\)"):
        KMeansSession(path, 4, columns=["id", "a"])
    assert KMeansSession(kw.scan(path, columns=["id", "a"]), 2).feature_names == ("id", "a")
    panel = KMeansWidget(path, 4)
    with pytest.raises(ValueError, match=r"not 'species'\. Give a value for each row"):
        panel.color_by = "species"
    panel.close()


def test_points_cannot_be_edited_but_centroids_can(path):
    session = KMeansSession(path, 4)
    session.step()
    for edit in (
        lambda: session.add_point([0, 0, 0]), lambda: session.remove_point(3),
        lambda: session.move_point(3, [0, 0, 0]), lambda: session.paint([0, 0, 0], 1),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="a sample of data that are read in blocks"):
            edit()
    assert (len(session.branches), session.cursor) == (1, 1)
    session.move_center(0, [9, 9, 9])
    session.step()
    assert session.trace[0].weight.sum() == 900


def test_points_are_called_by_their_rows_in_the_data(tmp_path):
    X = rows()
    session = KMeansSession(as_npy(X, tmp_path), 4)
    points = session.current_branch.points
    for i in (0, 7, N_SAMPLED - 1):
        name = points.name(i)
        assert np.array_equal(X[name], session.X[i])
        assert points.find(name) == i


def test_a_start_needs_different_points_in_the_sample(tmp_path):
    X = np.zeros((900, 1))
    X[1:3] = [[1], [2]]
    data = as_npy(X, tmp_path)
    with pytest.raises(ValueError, match="rows in memory, of which fewer than 3 are different"):
        KMeansSession(data, 3)
    session = KMeansSession(data, init=[[0], [1], [2]])
    session.run()
    assert session.trace[-1].weight.tolist() == [898, 1, 1]


def test_mini_batches_are_not_compared_with_a_run_on_all_rows(path):
    panel = KMeansWidget(path, 4)
    with pytest.raises(ValueError, match="read in blocks, so mini-batches cannot be drawn"):
        kw.duel(panel, kw.MiniBatchKMeans(4))
    panel.close()


def test_there_is_no_table_with_clusters_and_no_column_for_them(path):
    session, variables = KMeansSession(path, 4), {"df": pd.DataFrame({"a": range(900)})}
    session.run()
    with pytest.raises(ValueError, match=r"take panel\.labels"):
        session.to_frame()
    with pytest.raises(ValueError, match="name of a variable"):
        session.send_labels('df["cluster"]', variables)
    assert list(variables["df"]) == ["a"]
    session.send_labels("clusters", variables)
    assert np.array_equal(variables["clusters"], session.labels)


def test_a_run_that_was_left_or_interrupted_goes_on_with_one_more_pass(tmp_path, passes):
    X = rows()
    session = KMeansSession(as_npy(X, tmp_path), 4)
    other = KMeansSession(X, init=session.current_branch.start)
    for _ in range(5):
        session.step()

    def stop(_share):
        raise KeyboardInterrupt

    with watch(stop), pytest.raises(KeyboardInterrupt):
        session.step()
    assert session.cursor == 5
    before = passes()
    session.step()
    assert passes() - before == 2
    same_steps(session, other)


def test_the_panel_says_what_is_drawn_and_offers_what_can_be_done(path, tmp_path):
    panel = KMeansWidget(path, 4)
    said = panel.panel.status.value
    assert "none of the 900 points is assigned yet" in said
    assert "The picture shows a sample of 60 points." in said
    tools = [name for _, name in panel.panel.toolbar.mode.options]
    assert tools == ["move", "place", "predict"]
    panel.open_example("rings")
    assert "add" in [name for _, name in panel.panel.toolbar.mode.options]
    panel.undo()
    panel.run()
    assert panel.animation.scene.facts.counts.sum() == 900
    profile = panel.profile.drop_duplicates("cluster")
    assert profile["size"].tolist() == panel.trace[-1].weight.tolist()
    assert profile["share"].sum() == pytest.approx(1)
    panel.color_by = np.arange(900) % 3  # a value for each row, of which those drawn are shown
    points = panel.current_branch.points
    assert panel._values().codes.tolist() == [points.name(i) % 3 for i in range(N_SAMPLED)]
    assert repr(panel).startswith("KMeansWidget(900 points, 3 features")
    panel.save(tmp_path / "run.html")
    assert "60 of the 900 points" in (tmp_path / "run.html").read_text()
    panel.close()


def test_lazy_labels_are_computed_for_a_download(tmp_path):
    panel = KMeansWidget(as_dask(rows(), tmp_path), 4)
    panel.run()
    panel.panel.output.value = "labels"
    panel.panel.download.click()
    encoded = panel.panel.download_link.value.partition("base64,")[2].partition("'")[0]
    labels = base64.b64decode(encoded).decode().split()[1:]
    assert labels == [str(k) for k in panel.labels.compute()]
    panel.close()


def test_a_long_half_step_shows_its_progress_and_is_cancelled(path, monkeypatch):
    monkeypatch.setattr("kmeans_widget.panel.animation.LONG_WORK", 0)
    monkeypatch.setattr("kmeans_widget.panel.animation.PATIENCE", 0)
    monkeypatch.setattr("kmeans_widget.panel.animation.REPORT_INTERVAL", 0)
    panel = KMeansWidget(path, 4)
    shares = []

    def cancel(share):
        shares.append(share)
        if len(shares) == 2:
            panel.animation.cancel()

    monkeypatch.setattr(panel.animation, "_on_progress", cancel)
    panel.animation.step()
    panel.animation.player.join(60)
    assert panel.cursor == 0
    assert 0 < shares[0] < shares[1] < 1
    monkeypatch.setattr(panel.animation, "_on_progress", lambda _: None)
    panel.animation.step()
    panel.animation.player.join(60)
    assert (panel.cursor, panel.trace[0].weight.sum()) == (1, 900)
    panel.close()
