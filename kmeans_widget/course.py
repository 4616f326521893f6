"""What a course needs: `quiz`, questions of a student's own, and a score."""

from __future__ import annotations

import dataclasses
import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Any

from kmeans_widget import datasets
from kmeans_widget.notebook.variables import variable_name
from kmeans_widget.panel.questions import Quiz
from kmeans_widget.session import KMeansSession
from kmeans_widget.validation import MAX_SEED
from kmeans_widget.validation.messages import short_repr, typed_repr
from kmeans_widget.validation.parameters import check_integer
from kmeans_widget.widget import KMeansWidget

N_QUESTIONS = 8
N_GROUPS, N_POINTS = 3, 30  # of a student's own data
MOST_TRIES = 50  # starts among which one is looked for whose run is long enough


def quiz(
    student: str = "",
    X: Any = None,
    n_clusters: int | None = None,
    *,
    n_questions: int = N_QUESTIONS,
    answers: Iterable[Any] = (),
) -> StudentQuiz:
    """Ask a student to predict a run of K-means, half-step by half-step, and score the answers.

    Parameters
    ----------
    student : str
        The student's name, or any other text. It decides data, start and questions: upper and lower
        case and spaces do not matter.
    X : array-like of shape (n_samples, n_features), DataFrame, Dataset, optional
        The data; the name then decides the start. By default thirty points of the student's own.
    n_clusters : int, optional
        Number of clusters; by default 3, or that of a `Dataset`.
    n_questions : int
        Number of questions, at most the half-steps of the run; a start with enough of them is
        looked for. Of assignments it is asked which cluster a point joins, and which points change
        cluster; of recalculations where a centroid goes, and by how much the inertia falls.
    answers : iterable
        Answers in the order of the questions: the number of a cluster; letters, "" for none; a
        place; the change of the inertia in percent, negative if it falls. None is not known.

    Returns
    -------
    StudentQuiz
        Shows a panel in a notebook. Its `answers`, `score` (0 to 1; what is not answered counts as
        0) and `code`, the call with the answers so far, need no panel: they can be asserted.

    Raises
    ------
    TypeError, ValueError
        If an argument or an answer cannot be used; the message says how to fix it.

    Notes
    -----
    A place scores 1 if it is off by at most a tenth of the way that the centroid goes, and 0 if it
    is off by the whole way; letters by the share of hits among all points that are marked or
    change; the change of the inertia half for its direction and half for its size. Whoever knows
    Python can look ahead: grade it like homework, not like an exam.

    Examples
    --------
    >>> mine = quiz("Ada Lovelace", n_questions=3, answers=[0, (2.0, 5.5)])
    >>> mine
    Quiz('Ada Lovelace', seed 2824223394: 2 of 3 answered, score 0.64)
    >>> mine.question.words
    'Which of the points A to F will change cluster?'
    >>> mine.close()
    """
    if not isinstance(student, str):
        raise TypeError(f"student must be a name, in quotes, got {typed_repr(student)}.")
    if any("\ud800" <= character <= "\udfff" for character in student):
        raise ValueError(
            f"student has half of a character, which cannot be shown, got {short_repr(student)}: "
            "type the name again."
        )
    if isinstance(answers, str) or not isinstance(answers, Iterable):
        raise TypeError(
            f"answers must be a list of answers, such as [1, (4.0, 5.5), 'BD', -20], "
            f"got {typed_repr(answers)}."
        )
    check_integer("n_questions", n_questions, "the number of questions", minimum=1)
    call = [repr(student)] if student or X is not None else []
    if X is not None:
        call.append(variable_name(X) or "X")
    for name, value, usual in (
        ("n_clusters", n_clusters, None), ("n_questions", n_questions, N_QUESTIONS),
    ):  # fmt: skip
        if value != usual:
            call.append(f"{name}={value!r}")
    seed = _seed_of(student)
    panel, n_asked = _open(X, n_clusters, seed, n_questions)
    asked = StudentQuiz(panel, student=student, seed=seed, n_questions=n_asked, call=call)
    try:
        for i, given in enumerate(answers, start=1):
            _give(asked, i, given)
    except BaseException:
        asked.close()
        raise
    return asked


class StudentQuiz(Quiz):
    """A quiz with a panel of its own; made by `quiz`."""

    def __init__(self, panel: KMeansWidget, **options: Any) -> None:
        super().__init__(panel, **options)
        self.panel = panel
        panel.show_quiz(self)

    def close(self) -> None:
        """Remove the panel from the page and free its memory."""
        self.panel.close()

    def _ipython_display_(self) -> None:
        self.panel._ipython_display_()


def _seed_of(student: str) -> int:
    """Turn a name into a seed, the same on every machine."""
    name = " ".join(unicodedata.normalize("NFKC", student).casefold().split())
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest())


def _open(X: Any, n_clusters: int | None, seed: int, n: int) -> tuple[KMeansWidget, int]:
    """Open a panel on a run of `n` half-steps, or else on the longest found; return its length."""
    longest, best = 0, seed
    session = KMeansSession(_data(X, seed), n_clusters, random_state=seed)
    for attempt in range(MOST_TRIES):
        tried = (seed + attempt) % (MAX_SEED + 1)
        if X is None:
            session = KMeansSession(_data(X, tried), n_clusters)
        session.random_state = tried
        session.cursor = n
        if session.cursor > longest:
            longest, best = session.cursor, tried
        if longest >= n:
            break
    panel = KMeansWidget(_data(X, best), n_clusters, random_state=best, saved="cursor")
    return panel, longest


def _data(X: Any, seed: int) -> Any:
    """Return the data, or points of the student's own."""
    if X is not None:
        return X
    own = datasets.blobs(N_GROUPS, N_POINTS, random_state=seed)
    return dataclasses.replace(own, feature_names=("x", "y"))


def _give(asked: Quiz, number: int, given: Any) -> None:
    """Give an answer; an unusable one is named."""
    if asked.question is None:
        raise ValueError(
            f"The quiz has {asked.n_questions} questions, but there are more answers: leave out "
            f"those after the first {asked.n_questions}."
        )
    try:
        asked.answer(given)
    except ValueError as error:
        raise ValueError(f"Answer {number}: {error}") from None
