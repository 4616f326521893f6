"""Two runs side by side on one clock."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import adjusted_rand_score

import kmeans_widget as kw
from kmeans_widget import KMeansWidget, datasets
from kmeans_widget.panel import duel as duel_module
from kmeans_widget.panel.factory import is_visible
from kmeans_widget.plot.narration import narrate
from kmeans_widget.session import KMeansSession

X = datasets.blobs(3).X


@pytest.fixture
def make():
    opened = []

    def make_duel(left, right):
        opened.append(kw.duel(left, right))
        return opened[-1]

    yield make_duel
    for duel in opened:
        duel.close()


def test_both_runs_are_at_the_same_half_step_and_stay_at_their_ends(make):
    left, right = KMeansSession(X, 3), KMeansSession(X, 3, init="k-means++", random_state=1)
    duel = make(left, right)
    left.run()
    right.run()
    assert duel.last == max(left.cursor, right.cursor)
    for cursor in range(duel.last + 1):
        duel.go(cursor)
        for session, scene in zip((left, right), duel.scenes, strict=True):
            session.cursor = cursor
            assert np.array_equal(scene.labels, session.point_labels)
            assert np.allclose(scene.centers, session.cluster_centers)
            drawn = duel._pictures[session is right]._scene
            assert drawn is scene
    duel.step()  # beyond the end
    assert duel.cursor == duel.last
    duel.reset()
    duel.back()
    assert duel.cursor == 0


def test_clusters_that_end_near_each_other_have_the_same_colour(make):
    ends = [KMeansSession(X, 3, random_state=seed) for seed in (0, 3)]
    duel = make(*ends)
    for session in ends:
        session.run()
    left, right = (session.cluster_centers for session in ends)
    nearest = ((right[:, None] - left) ** 2).sum(axis=2).argmin(axis=1)
    slots = [scene.slots for scene in duel.scenes]
    assert [slots[0][k] for k in nearest] == list(slots[1])


def test_the_sentence_compares_both_ends(make):
    left, right = KMeansSession(X, 3), KMeansSession(X, 4)
    duel = make(left, right)
    duel.run()
    left.run()
    right.run()
    low, high = right.inertia, left.inertia
    agreement = adjusted_rand_score(left.point_labels, right.point_labels)
    assert f"right is {1 - low / high:.0%}".replace("%", " % lower") in duel.summary
    assert duel.summary.endswith(f"Adjusted Rand index of both: {agreement:.2f}.")
    curves = [scene.curves for scene in duel.scenes]
    assert np.array_equal(curves[0][1], right.trace.curve(right.cursor))
    assert np.array_equal(curves[1][1], left.trace.curve(left.cursor))
    same = make(left, KMeansSession(X, 3))
    same.run()
    assert "the same" in same.summary


def test_inertias_on_other_points_or_scales_are_not_compared(make):
    for other in (KMeansSession(X, 3, scale="standard"), KMeansSession(X[:90], 3),
                  KMeansSession(X, 3, sample_weight=np.arange(1.0, 301))):  # fmt: skip
        duel = make(KMeansSession(X, 3), other)
        assert duel.summary == f"Half-step 0 of {duel.last}."
        duel.run()
        assert "cannot be compared" in duel.summary
        assert ("Adjusted Rand" in duel.summary) is (other.X.shape == X.shape)
        assert duel.scenes[0].curves == ()


def test_runs_of_other_columns_stand_side_by_side(make):
    duel = make(KMeansSession(X, 2), KMeansSession(X[:, :1], 2))
    duel.run()
    assert duel.scenes[1].backdrop.projection.is_line


def test_it_plays_to_the_end(make, monkeypatch):
    monkeypatch.setattr("kmeans_widget.panel.duel.HALF_STEP", 0.01)
    duel = make(KMeansSession(X, 3), KMeansSession(X, 3, random_state=4))
    duel.play()
    assert duel.playing
    duel._player.join(20)
    assert (duel.cursor, duel.playing) == (duel.last, False)
    assert duel._buttons["Play"].description == "Play"
    assert duel._buttons["Step"].disabled


def test_what_is_no_panel_is_refused():
    with pytest.raises(TypeError, match=r"^duel compares two panels or sessions, or one with"):
        kw.duel(KMeansSession(X, 2), X)


def test_branches_of_a_panel_are_compared_below_it():
    widget = KMeansWidget(X, 3)
    panel = widget.panel
    assert not is_visible(panel.compare)
    widget.run()
    widget.new_start()
    assert [name for name, _ in panel.rival.options] == ["K = 3, random, seed 0"]
    panel.compare.click()
    (duel,) = panel.duel.children
    assert repr(duel) == "Duel('K = 3, random, seed 1', 'K = 3, random, seed 0')"
    assert duel.scenes[0].backdrop is widget.backdrop
    widget.n_clusters = 4  # the comparison stays
    assert panel.duel.children == (duel,)
    panel.compare.click()
    (other,) = panel.duel.children
    assert other is not duel
    widget.comparing.close()
    assert panel.duel.children == ()
    assert not is_visible(panel.duel)
    widget.close()


def test_what_is_displayed_leaves_a_picture_of_both_ends(make, monkeypatch):
    published = []
    monkeypatch.setattr(duel_module, "in_notebook", lambda: True)
    monkeypatch.setattr(
        duel_module, "publish_display_data", lambda *bundles: published.append(bundles)
    )
    duel = make(KMeansSession(X, 3), KMeansSession(X, 4))
    duel._ipython_display_()
    (live,), (still, about) = published
    assert live["text/plain"] == still["text/plain"] == repr(duel)
    image = Image.open(io.BytesIO(base64.b64decode(still["image/png"])))
    assert image.width > image.height
    assert about["image/png"]["alt"].startswith("Left: Iteration ")
    assert "converged" in about["image/png"]["alt"]


def test_mini_batches_run_on_the_points_of_the_left_from_the_same_centroids(make):
    left = KMeansSession(X, 3, scale="standard", random_state=2)
    duel = make(left, kw.MiniBatchKMeans(3, batch_size=40, random_state=0))
    start, batches = duel.scenes
    assert np.allclose(start.centers, batches.centers)
    scaled = left.current_branch.samples.X
    for cursor in range(1, 8):
        duel.go(cursor)
        scene, trace = duel.scenes[1], duel._recordings[1].trace
        centers = trace.centers_until(cursor)[-1]
        if cursor % 2:
            distances = ((scaled[:, None] - centers) ** 2).sum(axis=2)
            assert np.array_equal(scene.labels, distances.argmin(axis=1))
            assert scene.facts.inertia == pytest.approx(distances.min(axis=1).sum())
            labels = scene.labels
            if cursor > 1:
                assert narrate(scene).startswith(f"Batch {cursor // 2 + 1}, assign: ")
        else:
            inertia = ((scaled - centers[labels]) ** 2).sum()
            assert scene.facts.inertia == pytest.approx(inertia)
            assert narrate(scene).startswith(
                f"Batch {cursor // 2}: each centroid moved towards those of 40 points drawn at "
            )
    duel.run()
    assert "no improvement" in narrate(duel.scenes[1])
    assert "K = 3, mini-batches of 40 points" in repr(duel)
    again = make(left, kw.MiniBatchKMeans(3, batch_size=40, random_state=0))
    again.run()
    assert np.array_equal(again.scenes[1].centers, duel.scenes[1].centers)
    other = make(left, kw.MiniBatchKMeans(5, random_state=0, max_no_improvement=None))
    assert other.last == 2 * 100 - 1
    with pytest.raises(ValueError, match="301"):
        kw.duel(left, kw.MiniBatchKMeans(301))


def test_only_labels_of_the_same_points_are_compared(make):
    session = KMeansSession(X, 2)
    other = KMeansSession(X, 2)
    other.remove_point(0)
    other.add_point([3.0, 3.0])
    duel = make(session, other)
    duel.run()
    assert "Rand" not in duel.summary
