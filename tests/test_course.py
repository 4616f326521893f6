"""`kw.quiz`: a student's own questions, and answers that can be handed in and asserted."""

import pytest

import kmeans_widget as kw
from kmeans_widget import datasets

X = datasets.blobs(4, 50).X


@pytest.fixture
def quiz():
    opened = []

    def ask(*args, **options):
        opened.append(kw.quiz(*args, **options))
        return opened[-1]

    yield ask
    for each in opened:
        each.close()


def test_a_name_always_gives_the_same_quiz_and_another_name_another_one(quiz):
    same, spelled, other = quiz("Ada Lovelace"), quiz("  ADA  lovelace "), quiz("Alan Turing")
    assert same.seed == spelled.seed != other.seed
    assert (same.panel.X == spelled.panel.X).all()
    assert not (same.panel.X == other.panel.X).any()
    assert same.question.words == spelled.question.words


@pytest.mark.parametrize("name", ["Ada", "Bob", "Cy", "", "日本", "x" * 500])
def test_the_run_of_every_name_has_enough_half_steps(quiz, name):
    asked = quiz(name)
    while not asked.is_done:
        asked.answer(None)
    assert len(asked.answers) == 8
    assert asked.score == 0.0


def test_the_line_that_is_handed_in_gives_the_same_answers_and_score(quiz):
    mine = quiz("Ada", X, 4, n_questions=4)
    for given in (mine.question.options[0], None):
        mine.answer(None if given is None else int(given))
    mine.answer("A")
    again = eval(mine.code, {"kw": kw, "X": X})
    assert [a.given for a in again.answers] == [a.given for a in mine.answers]
    assert again.score == mine.score
    again.close()


def test_what_is_not_answered_counts_as_wrong(quiz):
    mine = quiz("Ada")
    right = mine.answer(None).right
    assert quiz("Ada", answers=[right]).score == pytest.approx(1 / 8)


def test_a_run_that_is_too_short_has_fewer_questions(quiz):
    asked = quiz("Ada", [[0.0], [1.0], [9.0]], 2, n_questions=50)
    assert 2 <= asked.n_questions < 10


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"student": 7}, TypeError, "student must be a name, in quotes, got int 7"),
        ({"student": "\ud800"}, ValueError, "student has half of a character"),
        ({"n_questions": 0}, ValueError, "n_questions"),
        ({"answers": [99]}, ValueError, "Answer 1: The answer must be the number of a cluster"),
        ({"answers": [None] * 9}, ValueError, "The quiz has 8 questions, but there are more"),
        ({"answers": 3}, TypeError, "answers must be a list of answers"),
        ({"X": "nothing"}, FileNotFoundError, "There is no file or folder 'nothing'"),
    ],
)
def test_a_bad_argument_gets_one_sentence(options, error, words):
    with pytest.raises(error, match=words):
        kw.quiz(**options)
