from dataclasses import replace

import numpy as np
import pytest

from kmeans_widget.core.trace import StopReason
from kmeans_widget.plot.narration import describe_point, hardly_changes, narrate
from kmeans_widget.session.events import Event, Kind
from kmeans_widget.session.inspection import inspect_point

DUPLICATES = [[0.0, 0.0]] * 3 + [[1.0, 0.0]] * 2


@pytest.mark.parametrize(
    ("init", "words"),
    [
        ("random", "3 points are the first centroids, drawn at random (seed 7)"),
        ("k-means++", "drawn far apart by k-means++ (seed 7)"),
        ("farthest", "each the farthest from those before it"),
        ("given", "3 centroids given"),
    ],
)
def test_the_start_says_where_the_centroids_come_from(run, init, words):
    sentence = narrate(run.scene(0, init=init, random_state=7))
    assert sentence.startswith("Start: ")
    assert words in sentence
    assert "none of the 30 points is assigned yet" in sentence


def test_an_assignment_counts_the_points_that_changed(run):
    scene = run.scene(3)
    changed = int((scene.labels != run.scene(1).labels).sum())
    assert narrate(scene).startswith(f"Iteration 2, assign: {changed} of 30 points changed cluster")


def test_a_recalculation_tells_the_largest_move(run):
    scene = run.scene(2)
    moves = np.linalg.norm(scene.centers - run.scene(1).centers, axis=1)
    assert f"at most by {moves.max():.4g};" in narrate(scene)


def test_the_end_says_why(run, make_run):
    assert "no point changed, so K-means has converged" in narrate(run.scene(run.trace.last_cursor))
    short = make_run(run.samples.X, run.samples.X[:3], max_iter=1)
    end = narrate(short.scene(short.trace.last_cursor))
    assert "the limit of iterations is reached, before convergence" in end
    assert end.startswith("After 1 iteration, last assign:")
    loose = make_run(run.samples.X, run.samples.X[:3], tol=1e9)
    assert "no more than the tolerance" in narrate(loose.scene(loose.trace.last_cursor))


@pytest.mark.parametrize(
    ("n_iter", "n_changed", "n_samples", "few"),
    [
        (10, 29, 300_000, True),
        (41, 12, 300_000, True),
        (10, 1, 10_001, True),
        (10, 30, 300_000, False),
        (9, 12, 300_000, False),
        (10, 1, 10_000, False),
        (10, 0, 500, False),
    ],
)
def test_a_long_run_that_hardly_changes_says_so(run, n_iter, n_changed, n_samples, few):
    scene = run.scene(3)
    numbers = {"n_iter": n_iter, "n_changed": n_changed, "n_samples": n_samples}
    scene = replace(scene, facts=replace(scene.facts, **numbers))
    told = f"{n_changed:,} of {n_samples:,} points changed cluster"
    assert f"{told}{', fewer than one in 10,000' * few}; inertia" in narrate(scene)
    assert hardly_changes(scene.facts) is few
    over = replace(scene.facts, stop=StopReason.UNCHANGED)
    assert not hardly_changes(over)


def test_an_empty_cluster_is_an_event(make_run):
    lonely = make_run([[0.0, 0], [1, 0], [2, 0], [9, 0]], [[0.0, 0], [1, 0], [50, 50]])
    assert "cluster 2 is empty" in narrate(lonely.scene(1))
    assert "cluster 2 was empty, so its centroid jumped to the farthest point" in narrate(
        lonely.scene(2)
    )


def test_too_few_distinct_points_are_told(make_run):
    twins = make_run(DUPLICATES, [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    assert "cluster 2 has no points: there are too few distinct ones" in narrate(twins.scene(1))


def test_weights_are_told_where_they_matter(make_run):
    weights = np.array([1.0, 2.0, 1.0, 0.0])
    X = [[0.0, 0], [1, 0], [2, 0], [50, 49]]
    weighted = make_run(X, [[0.0, 0], [1, 0], [50, 50]], weights=weights)
    assert "cluster 2 is without weight" in narrate(weighted.scene(1))
    assert "each centroid moved to the weighted mean of its points" in narrate(weighted.scene(2))
    assert "cluster 2 was without weight, so its centroid jumped" in narrate(weighted.scene(2))


@pytest.mark.parametrize(
    ("scale", "words"),
    [("standard", "standardised"), ("minmax", "scaled to 0–1"), ("robust", "robustly scaled")],
)
def test_the_start_tells_the_scale(run, scale, words):
    assert f"(seed 0), on columns {words}; none of" in narrate(run.scene(0, scale=scale))
    assert "columns" not in narrate(run.scene(0))


def test_the_weight_of_a_point_is_told():
    point = inspect_point(7, 7, np.array([1.0, 0.0]), 0, CENTERS, weight=2.5)
    assert describe_point(point).startswith(
        "Point 7 at (1, 0), of weight 2.5, is in cluster 0, at a"
    )


def test_as_many_clusters_as_points_end_after_one_iteration(make_run):
    X = [[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]]
    run = make_run(X, X)
    words = [narrate(run.scene(cursor)) for cursor in range(4)]
    assert words[2].startswith("Iteration 1, recalculate: each centroid is the mean of its points")
    assert words[3].startswith("After 1 iteration, last assign: no point changed, so K-means has")


def test_every_half_step_has_one_line(run):
    for cursor in range(run.trace.last_cursor + 1):
        sentence = narrate(run.scene(cursor))
        assert "\n" not in sentence
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Event(Kind.CENTER_MOVED, 1, position=(3.25, 4.0)),
         "centroid 1 was moved by hand to (3.25, 4)"),
        (Event(Kind.CENTERS_PLACED, count=3), "3 centroids placed by hand"),
        (Event(Kind.POINTS_ADDED, position=(1.0, 2.0)), "a point was added at (1, 2)"),
        (Event(Kind.POINTS_ADDED, count=1200, position=(1.0, 2.0)),
         "1,200 points were added around (1, 2)"),
        (Event(Kind.POINT_MOVED, about="7", position=(1.0, 2.0)), "point 7 was moved to (1, 2)"),
        (Event(Kind.POINT_REMOVED, about="7", position=(1.0, 2.0, 3.0, 4.0)),
         "point 7 at (1, 2, 3, …) was removed"),
        (Event(Kind.POINTS_RESTORED), "the points are those of the original data again"),
    ],
)  # fmt: skip
def test_a_branch_begun_by_hand_says_so_at_its_start(run, event, words):
    sentence = narrate(run.scene(0, begun=event))
    assert sentence == f"New branch: {words}; none of the 30 points is assigned yet."
    assert narrate(run.scene(1, begun=event)) == narrate(run.scene(1))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Event(Kind.RETURNED, about="K = 2"), "Back on the branch “K = 2”; iteration 2, assign: "),
        (Event(Kind.UNDONE, about="1 point added"), "Undone: 1 point added; iteration 2, assign: "),
        (Event(Kind.REDONE, about="1 point added"), "Done again: 1 point added; iteration 2, "),
    ],
)
def test_what_left_the_run_as_it_was_is_told_with_where_one_is(run, event, words):
    sentence = narrate(run.scene(3, event=event))
    assert sentence.startswith(words)
    assert sentence.endswith(narrate(run.scene(3))[1:])


def test_a_placed_centroid_counts_what_is_left(run):
    event = Event(Kind.CENTER_PLACED, 0, 1, (2.0, 3.0))
    assert narrate(run.scene(3, event=event)) == (
        "Centroid 0 is placed at (2, 3): place 2 more, and a new run starts from the 3."
    )


@pytest.mark.parametrize(
    ("cursor", "drawn", "words"),
    [
        (3, 30, ": 7 of 30 points would change cluster, inertia 71.3."),
        (0, 30, ": inertia 71.3."),
        (3, 10, "; among 10 of all points: 7 of 10 points would change cluster, inertia 71.3."),
    ],
)
def test_a_trial_says_what_it_would_change(run, cursor, drawn, words):
    scene, event = run.scene(cursor), Event(Kind.CENTER_TRIED, 1, drawn, (3.2, 4.1))
    facts = replace(scene.facts, inertia=71.3, n_changed=7, event=event)
    assert narrate(replace(scene, facts=facts)) == f"Trial: centroid 1 at (3.2, 4.1){words}"


def test_a_branch_that_begins_assigned_says_so(run):
    event = Event(Kind.CENTER_MOVED, 1, position=(3.25, 4.0))
    told = narrate(run.scene(1, event=event))
    assert told.startswith("New branch: centroid 1 was moved by hand to (3.25, 4); iteration 1, ")
    assert told.endswith(narrate(run.scene(1))[1:])


CENTERS = np.array([[0.0, 0.0], [4.0, 0.0]])


@pytest.mark.parametrize(
    ("x", "cluster", "centers", "words"),
    [
        (1.0, -1, CENTERS, "not assigned yet; its nearest centroid is 0, at a distance of 1; 2"),
        (1.0, 0, CENTERS, "in cluster 0, at a distance of 1 from its centroid; 2 farther away."),
        (
            1.0,
            1,
            CENTERS,
            "in cluster 1, at a distance of 3 from its centroid; 2 nearer, so the point",
        ),
        (
            2.0,
            0,
            CENTERS,
            "in cluster 0, at a distance of 2 from its centroid; exactly as far away.",
        ),
        (2.0, 0, CENTERS[:1], "in cluster 0, at a distance of 2 from its centroid."),
    ],
)
def test_a_point_is_described(x, cluster, centers, words):
    point = inspect_point(7, "ann", np.array([x, 0.0]), cluster, centers)
    told = describe_point(point).replace(f"centroid {point.runner_up} is ", "")
    assert told.startswith(f"Point 'ann' at ({x:g}, 0) is {words}")
    assert told.endswith(".")
