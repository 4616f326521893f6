"""Questions about the next half-step: their right answers against naive numpy, and their scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmeans_widget import datasets
from kmeans_widget.panel.questions import Changes, Falls, Goes, Joins, Quiz
from kmeans_widget.session import KMeansSession
from naive import assign as nearest

WALKTHROUGH = datasets.walkthrough().X


def naive_answer(question, X, labels, centers):
    """The right answer, computed from the state before the half-step."""
    rows = list(question.rows)
    if isinstance(question, Joins):
        return int(nearest(X[rows], centers)[0])
    if isinstance(question, Changes):
        moved = nearest(X[rows], centers) != labels[rows]
        return "".join(x for x, is_new in zip(question.options, moved, strict=True) if is_new)
    if isinstance(question, Goes):
        return X[labels == question.cluster].mean(axis=0)
    means = [X[labels == k].mean(axis=0) for k in range(len(centers))]
    before, after = (((X - np.array(c)[labels]) ** 2).sum() for c in (centers, means))
    return 100 * (after / before - 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 5), st.integers(1, 2))
def test_right_answers_are_those_of_naive_numpy_and_score_1(seed, k, n_features):
    X = np.random.default_rng(seed).normal(size=(40, n_features))
    session = KMeansSession(X, k, random_state=seed)
    asked, replayed = (
        Quiz(session, seed=seed),
        Quiz(KMeansSession(X, k, random_state=seed), seed=seed),
    )
    kinds = []
    while asked.question is not None:
        kinds.append(type(asked.question))
        expected = naive_answer(asked.question, X, session.point_labels, session.cluster_centers)
        right = asked.answer(None).right
        if isinstance(expected, str | int):
            assert right == expected
        else:
            assert right == pytest.approx(expected, rel=1e-5, abs=0.051)
        assert replayed.question.words == asked.answers[-1].question
        assert replayed.answer(right).score == 1.0
    assert kinds == [(Joins, Goes, Changes, Falls)[i % 4] for i in range(len(kinds))]
    assert session.at_end
    assert asked.score == 0.0
    assert replayed.score == 1.0


def at(cursor):
    session = KMeansSession()
    session.cursor = cursor
    return Quiz(session)


@pytest.mark.parametrize(
    ("cursor", "given", "score", "words"),
    [
        (0, 0, 0.0, "Point A joined cluster 1. Its squared distances: 4.1 to centroid 0 and 0.45"),
        (1, (4.91, 5.4), 1.0, "Centroid 1 went to (4.91, 5.397), the mean of its points."),
        (1, (6.5, 7.0), 0.0, "Centroid 1 went to"),  # where it was
        (1, (5.7, 6.2), 0.56, "Your place was off by 50 % of the way it went."),
        (1, (1.7e308, -1.7e308), 0, "off by more than 10 times the way it went."),
        (2, "BDF", 1.0, "Changed: B from 1 to 0, D from 1 to 0 and F from 1 to 0, as another"),
        (2, "bd, a", 0.5, "now. Not marked: F. Marked, but stayed: A."),
        (2, "", 0.0, "Not marked: B, D and F."),
        (3, -20, 1.0, "The inertia fell by 21 %, from 180.4 to 142.5."),
        (3, -10, 0.79, "The inertia fell by 21 %"),
        (3, 0, 0.0, "The inertia fell by 21 %"),
        (3, 5, 0.0, "It never rises"),
    ],
)
def test_an_answer_scores_by_how_close_it_is(cursor, given, score, words):
    answer = at(cursor).answer(given)
    assert answer.score == pytest.approx(score, abs=0.05)
    assert words in answer.explanation


@pytest.mark.parametrize(
    ("cursor", "given", "words"),
    [
        (0, 7, "number of a cluster, 0 or 1; got 7"),
        (0, True, "number of a cluster"),
        (1, (1, 2, 3), "a place, two numbers for x and y; got (1, 2, 3)"),
        (1, "here", "a place"),
        (1, (np.nan, 1), "a place"),
        (2, "AZ", "letters of A, B, C, D, E or F, or an empty text for none; got 'AZ'"),
        (2, 3, "letters of"),
        (3, "falls", "change of the inertia in percent, such as -20"),
        (3, -150, "at most by 100"),
        (3, np.nan, "change of the inertia"),
    ],
)
def test_what_is_no_answer_is_refused_and_changes_nothing(cursor, given, words):
    quiz = at(cursor)
    with pytest.raises(ValueError, match=r"^The answer must be") as error:
        quiz.answer(given)
    assert words in str(error.value)
    assert quiz.session.cursor == cursor
    assert quiz.answers == ()


def test_at_the_end_there_is_no_question():
    quiz = at(99)
    assert quiz.question is None
    with pytest.raises(ValueError, match="no question left"):
        quiz.answer(1)


def test_while_the_start_is_watched_there_is_no_question():
    quiz = at(0)
    quiz.session.watch_start()
    assert quiz.question is None


@pytest.mark.parametrize(
    "options",
    [
        {"X": datasets.blobs(3, 60_000).X, "n_clusters": 3},
        {"X": datasets.blobs(4, 300, n_features=13).X, "n_clusters": 4, "scale": "standard"},
        {"X": WALKTHROUGH.astype(np.float32), "sample_weight": np.linspace(0, 3, 30)},
        {"X": np.repeat([[0.0], [1.0]], 5, axis=0), "n_clusters": 2},
    ],
    ids=["many", "scaled", "weighted", "duplicates"],
)
def test_any_data_can_be_asked_about(options):
    quiz = Quiz(KMeansSession(**options))
    while quiz.question is not None and len(quiz.answers) < 8:
        right = quiz.answer(None).right
        quiz.session.back()
        assert quiz.answer(right).score == 1.0


def test_a_quiz_of_some_questions_is_about_the_first_half_steps_wherever_the_run_is():
    session = KMeansSession()
    quiz = Quiz(session, n_questions=3)
    session.run()
    assert quiz.question is None
    assert not quiz.is_done  # another half-step is on screen
    quiz.go()
    assert session.cursor == 0
    assert isinstance(quiz.question, Joins)
    session.n_clusters = 4
    assert quiz.answer(1).score == 1.0
    assert session.n_clusters == 2
    assert session.cursor == 1
    quiz.answer(None)
    quiz.answer("BDF")
    assert quiz.is_done
    assert quiz.question is None
    assert quiz.score == pytest.approx(2 / 3)
