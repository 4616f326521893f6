"""Predict, then reveal: questions about the next half-step, and what answers to them score.

A kind of question is one class. Which one is asked follows from the cursor: of assignments, where a
point goes and which points change cluster; of recalculations, where a centroid goes and by how much
the inertia falls; in turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from kmeans_widget.core.trace import Phase
from kmeans_widget.plot.backdrop import lay_out_points
from kmeans_widget.plot.narration import format_number
from kmeans_widget.plot.overlay import NONE, letter
from kmeans_widget.plot.text import shorten
from kmeans_widget.validation.messages import percent, short_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kmeans_widget.core.arrays import Floats, Indices
    from kmeans_widget.plot.projection import Projection
    from kmeans_widget.session import KMeansSession
    from kmeans_widget.session.branch import Branch

MOST_ROWS = 2000  # points among which those to ask about are looked for
MOST_POINTS = 6  # that one question asks about
MOST_CHANGES = 3  # of these, points that will change cluster, if there are so many
MOST_CENTROIDS = 4  # to choose from
NEAR = 0.1  # distance, as a share of the way of a centroid, up to which a place is right
FAR = 10  # the same, from which it is not told how far off a place is
APART = 0.08  # distance of points asked about, as a share of the width of the data
CLOSE = 2.0  # difference, in percentage points, up to which a change of the inertia is right
SHARE_OF_DIRECTION = 0.5  # of the score: whether the inertia falls, the rest is by how much


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """An answer, and what it scores.

    Attributes
    ----------
    question : str
        The question, in one sentence.
    given : object
        The answer: a cluster, letters, a place or a change in percent; None if it is not known.
    right : object
        The right one, in the same form.
    score : float
        From 0 to 1.
    explanation : str
        Why.
    """

    question: str
    given: Any
    right: Any
    score: float
    explanation: str

    @property
    def verdict(self) -> str:
        """How good it is, in a word or two."""
        if self.given is None:
            return "Not answered"
        return {0.0: "No", 1.0: "Right"}.get(self.score, f"{percent(self.score)} right")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Question:
    """A question about the next half-step; the base class of all kinds.

    Attributes
    ----------
    words : str
        The question, in one sentence.
    hint : str
        How to answer it.
    options : tuple of str
        What can be chosen.
    several : bool
        Whether several of the options can be chosen, or none.
    fields : tuple of str
        Labels of the numbers to be typed.
    rows : tuple of int
        The points that it asks about, lettered from A.
    about : str
        Where these points are.
    cluster : int
        The centroid that it asks about, or NONE.
    """

    words: str
    hint: ClassVar[str]
    options: tuple[str, ...] = ()
    several: ClassVar[bool] = False
    fields: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    about: str = ""
    cluster: int = NONE

    @classmethod
    def ask(cls, session: KMeansSession, random: np.random.Generator) -> Self | None:
        """Ask about the next half-step; None if there is nothing to ask."""
        raise NotImplementedError

    def combine(self, chosen: Sequence[str], numbers: Sequence[Any]) -> Any:
        """Return the answer that the chosen options and the typed numbers are."""
        raise NotImplementedError

    def read(self, given: Any) -> Any:
        """Return a given answer in its usual form.

        Raises
        ------
        ValueError
            If it is no answer to this question.
        """
        raise NotImplementedError

    def mark(self, given: Any, session: KMeansSession) -> tuple[Any, float, str]:
        """Return the right answer, the score of the given one, and why; after the half-step."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Joins(Question):
    """Asks which cluster a point will join."""

    hint = "Choose a cluster, or click its centroid."

    @classmethod
    def ask(cls, session: KMeansSession, random: np.random.Generator) -> Self:
        """Ask about a point that is not far from a border."""
        rows, distances = _near_borders(session)
        near = random.permutation(rows[: math.ceil(len(rows) / 3)])
        row = int(_apart(session, near, 1)[0])
        nearest = np.sort(distances[:, rows == row][:, 0].argsort(kind="stable")[:MOST_CENTROIDS])
        return cls(
            words="Which cluster will point A join?", options=tuple(map(str, nearest.tolist())),
            rows=(row,), about=_places(session, (row,)),
        )  # fmt: skip

    def combine(self, chosen: Sequence[str], numbers: Sequence[Any]) -> Any:
        """Return the number of the cluster."""
        del numbers
        return int(_one(chosen, "a cluster"))

    def read(self, given: Any) -> int:
        """Return the number of a cluster."""
        if isinstance(given, int | np.integer) and str(given) in self.options:
            return int(given)
        raise ValueError(
            f"The answer must be the number of a cluster, {_either(self.options)}; "
            f"got {short_repr(given)}."
        )

    def mark(self, given: Any, session: KMeansSession) -> tuple[int, float, str]:
        """Compare the cluster."""
        point = session.inspect(self.rows[0])
        squares = point.distances[[int(option) for option in self.options]] ** 2
        listed = _listed(
            [
                f"{format_number(d)} to centroid {k}"
                for k, d in zip(self.options, squares.tolist(), strict=True)
            ]
        )
        why = f"Point A joined cluster {point.cluster}. Its squared distances: {listed}."
        return point.cluster, float(given == point.cluster), why


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Changes(Question):
    """Asks which points will change cluster."""

    clusters: tuple[int, ...]  # before
    hint = "Mark those that will, here or in the picture; if none will, mark none."
    several = True

    @classmethod
    def ask(cls, session: KMeansSession, random: np.random.Generator) -> Self:
        """Ask about some points that will change cluster, if any, and some near a border."""
        rows, distances = _near_borders(session)
        branch = session.current_branch
        assigned = branch.trace[(session.cursor - 1) // 2].centers
        is_change = branch.samples.part(rows).assign(assigned) != distances.argmin(axis=0)
        changing, staying = rows[is_change], rows[~is_change]
        changing = _apart(session, random.permutation(changing), MOST_CHANGES)
        n = MOST_POINTS - len(changing)
        asked = _apart(session, random.permutation(staying[: 3 * n]), n, changing)
        across = _on_axes(session, branch.points.samples.X[asked])[:, 0]
        asked = asked[np.lexsort((asked, across))]  # letters go from left to right
        letters = tuple(letter(i) for i in range(len(asked)))
        chosen = tuple(asked.tolist())
        return cls(
            words=f"Which of the points {letters[0]} to {letters[-1]} will change cluster?"
            if len(letters) > 1
            else "Will point A change cluster?",
            options=letters, rows=chosen, about=_places(session, chosen),
            clusters=tuple(session.inspect(row).cluster for row in chosen),
        )  # fmt: skip

    def combine(self, chosen: Sequence[str], numbers: Sequence[Any]) -> Any:
        """Return the letters."""
        del numbers
        return "".join(chosen)

    def read(self, given: Any) -> str:
        """Return letters in the order of the alphabet."""
        letters = [*given] if isinstance(given, Iterable) else [given]
        letters = [str(x).upper() for x in letters if str(x).strip(" ,")]
        for found in letters:
            if found not in self.options:
                raise ValueError(
                    f"The answer must be letters of {_either(self.options)}, or an empty text for "
                    f"none; got {short_repr(given)}."
                )
        return "".join(sorted({*letters}))

    def mark(self, given: Any, session: KMeansSession) -> tuple[str, float, str]:
        """Compare the marked points with those that changed: hits among both."""
        now = [session.inspect(row).cluster for row in self.rows]
        right = "".join(
            option
            for option, old, new in zip(self.options, self.clusters, now, strict=True)
            if old != new
        )
        hits, both = {*right} & {*(given or "")}, {*right} | {*(given or "")}
        score = 0.0 if given is None else len(hits) / len(both) if both else 1.0
        moves = _listed(
            [
                f"{option} from {old} to {new}"
                for option, old, new in zip(self.options, self.clusters, now, strict=True)
                if old != new
            ]
        )
        why = f"Changed: {moves}, as another centroid is closer to {_them(right)} now."
        if not right:
            why = "None changed cluster: each one is still with its nearest centroid."
        if given is not None:
            missed, wrong = sorted({*right} - {*given}), sorted({*given} - {*right})
            why += f" Not marked: {_listed(missed)}." * bool(missed)
            why += f" Marked, but stayed: {_listed(wrong)}." * bool(wrong)
        return right, score, why


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Goes(Question):
    """Asks where a centroid will go."""

    before: tuple[float, ...]  # on the axes
    hint = "Click the place in the picture, or type it."

    @classmethod
    def ask(cls, session: KMeansSession, random: np.random.Generator) -> Self | None:
        """Ask about a centroid that has points."""
        plane = _plane(session)
        if plane.has_others:  # there, a centroid is not drawn at the mean of its points
            return None
        branch = session.current_branch
        step = branch.trace[(session.cursor - 1) // 2]
        here = _on_axes(session, session.cluster_centers)
        branch.compute(until=(session.cursor + 1) // 2)
        ways = np.linalg.norm(_on_axes(session, branch.centers(session.cursor + 1)) - here, axis=1)
        ways[step.weight == 0] = -1
        # One that goes far enough to be seen, if there is one.
        cluster = int(random.choice(np.flatnonzero(ways >= ways.max() / 2)))
        is_weighted = branch.samples.sample_weight is not None
        weight = float(step.weight[cluster])
        size = format_number(weight)
        of = f"weighted mean of its points, {size} in all" if is_weighted else (
            f"mean of its {size} point{'s' * (weight != 1)}"
        )  # fmt: skip
        labels = [shorten(name, 14) for name in plane.names[: here.shape[1]]]
        if plane.columns is None:
            labels = ["PC 1", "PC 2"]
        return cls(
            words=f"Where will centroid {cluster} go? It moves to the {of}.",
            fields=tuple(labels), cluster=cluster,
            before=tuple(here[cluster].tolist()),
        )  # fmt: skip

    def combine(self, chosen: Sequence[str], numbers: Sequence[Any]) -> Any:
        """Return the place."""
        del chosen
        return tuple(numbers)

    def read(self, given: Any) -> tuple[float, ...]:
        """Return the place as numbers."""
        try:
            place = np.atleast_1d(np.asarray(given, dtype=np.float64))
        except (TypeError, ValueError):
            place = np.empty(0)
        if place.shape != (len(self.fields),) or not np.isfinite(place).all():
            wanted = "two numbers" if len(self.fields) == 2 else "a number"
            raise ValueError(
                f"The answer must be a place, {wanted} for {' and '.join(self.fields)}; "
                f"got {short_repr(given)}."
            )
        return tuple(place.tolist())

    def mark(self, given: Any, session: KMeansSession) -> tuple[tuple[float, ...], float, str]:
        """Compare how far off the place is with how far the centroid went."""
        place = _on_axes(session, session.cluster_centers)[self.cluster]
        right = tuple(float(f"{x:.6g}") for x in place.tolist())
        way = float(np.linalg.norm(place - self.before))
        why = f"Centroid {self.cluster} went to {_place(place)}, the mean of its points."
        if way == 0:
            why = f"Centroid {self.cluster} stayed: it already was at the mean of its points."
        if given is None:
            return right, 0.0, why
        off = math.dist(given, place)
        share = off / way if way else float(off > 0)
        if share > NEAR and way:
            times = f"{percent(share)} of" if share <= FAR else f"more than {FAR} times"
            why += f" Your place was off by {times} the way it went."
        return right, 1 - min(max((share - NEAR) / (1 - NEAR), 0.0), 1.0), why


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Falls(Question):
    """Asks how the inertia will change."""

    before: float
    hint = "Choose, and type by how many percent."

    @classmethod
    def ask(cls, session: KMeansSession, random: np.random.Generator) -> Self:
        """Ask about the next half-step."""
        del random
        return cls(
            words=f"The inertia is {format_number(session.inertia)}. How will it change when the "
            "centroids move?",
            options=("falls", "stays", "rises"), fields=("by %",), before=session.inertia,
        )  # fmt: skip

    def combine(self, chosen: Sequence[str], numbers: Sequence[Any]) -> Any:
        """Return the change in percent."""
        direction = {"falls": -1, "stays": 0, "rises": 1}[_one(chosen, "falls, stays or rises")]
        if direction == 0:
            return 0
        if not isinstance(numbers[0], int | float) or not 0 < numbers[0] < math.inf:
            raise ValueError(
                f"Type by how many percent it {chosen[0]}: a number above 0, "
                f"got {short_repr(numbers[0])}."
            )
        return direction * numbers[0]

    def read(self, given: Any) -> float:
        """Return the change in percent."""
        is_number = isinstance(given, int | float | np.number) and not isinstance(given, bool)
        if not is_number or not -100 <= given < math.inf:
            raise ValueError(
                "The answer must be the change of the inertia in percent, such as -20 if it falls "
                f"by 20 % (at most by 100), or 0 if it stays; got {short_repr(given)}."
            )
        return int(given) if float(given).is_integer() else float(given)

    def mark(self, given: Any, session: KMeansSession) -> tuple[float, float, str]:
        """Compare direction and size of the change."""
        before, after = self.before, session.inertia
        right = 100 * (after / before - 1) if before else 0.0
        why = (
            f"The inertia fell by {format_number(round(-right, 1))} %, "
            f"from {format_number(before)} to {format_number(after)}."
        )
        if after == before:
            why = "The inertia stayed: each centroid already was at the mean of its points."
        if given is not None and given > 0:
            why += " It never rises: no place has smaller squared distances than the mean."
        if given is None or np.sign(given) != np.sign(right):
            return round(right, 1), 0.0, why
        miss = max(abs(given - right) - CLOSE, 0.0)
        amount = max(1 - miss / max(abs(right), CLOSE), 0.0)
        return round(right, 1), SHARE_OF_DIRECTION + (1 - SHARE_OF_DIRECTION) * amount, why


OF_ASSIGNMENTS: tuple[type[Question], ...] = (Joins, Changes)
OF_UPDATES: tuple[type[Question], ...] = (Goes, Falls)


class Quiz:
    """Questions about the half-steps of a run, asked before each one.

    Parameters
    ----------
    session : KMeansSession
        Its run is stepped by every answer.
    student : str
        Whose quiz it is; only shown.
    seed : int
        Decides which points and centroids are asked about.
    n_questions : int or None
        Asked about the first half-steps of the branch shown; None asks about the half-step that
        follows whatever is on screen, until the run ends.
    call : sequence of str
        The arguments of `kmeans_widget.quiz` that gave this quiz.

    Attributes
    ----------
    answers : tuple of Answer
        Those given so far.
    is_answering : bool
        Whether the half-step of an answer is being taken.
    on_answer : callable or None
        Called with each question and its answer.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> quiz = Quiz(KMeansSession())
    >>> quiz.question.words
    'Which cluster will point A join?'
    >>> quiz.answer(1).verdict
    'Right'
    >>> quiz.question.words
    'Where will centroid 1 go? It moves to the mean of its 29 points.'
    """

    def __init__(
        self,
        session: KMeansSession,
        *,
        student: str = "",
        seed: int = 0,
        n_questions: int | None = None,
        call: Sequence[str] = (),
    ) -> None:
        self.session, self.student, self.seed = session, student, seed
        self.n_questions, self._call = n_questions, call
        self.answers: tuple[Answer, ...] = ()
        self.is_answering = False
        self.on_answer: Callable[[Question, Answer], None] | None = None
        self._branch = session.current_branch
        self._asked: tuple[Any, ...] = ()  # branch and cursor of the question
        self._question: Question | None = None

    @property
    def question(self) -> Question | None:
        """The question about the half-step that follows; None if there is none on screen."""
        with self.session.lock:
            branch, cursor = here = self.session.current_branch, self.session.cursor
            if self.is_done or here != self._place() or _is_over(branch, cursor):
                return None
            if self._asked != here:
                self._question, self._asked = self._ask(), here
            return self._question

    @property
    def is_done(self) -> bool:
        """Whether all questions are answered."""
        return self.n_questions is not None and len(self.answers) >= self.n_questions

    def go(self) -> None:
        """Show what the next question is about, unless it is shown."""
        branch, cursor = self._place()
        if self.session.current_branch is not branch:
            self.session.branch = self.session.branches.index(branch)
        if self.session.cursor != cursor:
            self.session.cursor = cursor

    @property
    def score(self) -> float:
        """The mean score, from 0 to 1: of all questions, or of the answers if there is no end."""
        n = self.n_questions or len(self.answers)
        return sum(answer.score for answer in self.answers) / n if n else math.nan

    @property
    def code(self) -> str:
        """The call of `kmeans_widget.quiz` that gives this quiz, with the answers so far."""
        given = [answer.given for answer in self.answers]
        return f"kw.quiz({', '.join([*self._call, f'answers={given!r}'])})"

    def answer(self, given: Any) -> Answer:
        """Answer the question, and take the half-step that it asks about.

        Parameters
        ----------
        given : object
            The number of a cluster; or letters, "" for none; or a place, as one or two numbers; or
            the change of the inertia in percent, negative if it falls. None if it is not known.

        Returns
        -------
        Answer

        Raises
        ------
        ValueError
            If there is no question, or this is no answer to it. Nothing changes then.
        """
        with self.session.lock:
            self.go()
            question = self.question
            if question is None:
                raise ValueError("There is no question left: the run or the quiz has ended.")
            value = None if given is None else question.read(given)
            self.is_answering = True
            try:
                self.session.step()
            finally:
                self.is_answering = False
            right, score, why = question.mark(value, self.session)
            answer = Answer(question.words, value, right, score, why)
            self.answers += (answer,)
            if self.on_answer is not None:
                self.on_answer(question, answer)
            return answer

    def __repr__(self) -> str:
        """Return whose quiz it is, and how it stands, on one line."""
        n = len(self.answers)
        of = "" if self.n_questions is None else f" of {self.n_questions}"
        score = "" if math.isnan(self.score) else f", score {self.score:.2f}"
        return f"Quiz({self.student!r}, seed {self.seed}: {n}{of} answered{score})"

    def _place(self) -> tuple[Branch, int]:
        """Return branch and cursor that the next question is about."""
        if self.n_questions is None:
            return self.session.current_branch, self.session.cursor
        return self._branch, len(self.answers)

    def _ask(self) -> Question | None:
        cursor = self.session.cursor
        is_update = self.session.phase is Phase.ASSIGN
        kinds = OF_UPDATES if is_update else OF_ASSIGNMENTS
        random = np.random.default_rng((self.seed, cursor))
        turn = cursor // 2
        for i in range(len(kinds)):
            question: Question | None = kinds[(turn + i) % len(kinds)].ask(self.session, random)
            if question is not None:
                return question
        return None


def _is_over(branch: Branch, cursor: int) -> bool:
    """Whether no half-step follows, or the start is still being picked."""
    trace = branch.trace
    return cursor < 0 or (trace.finished and cursor >= trace.last_cursor)


def _near_borders(session: KMeansSession) -> tuple[Indices, Floats]:
    """Return some points, those near a border first, and their squared distances to all centroids.

    The distances have the shape (n_clusters, n), and are those that the next assignment compares.
    """
    branch = session.current_branch
    rows = branch.samples.preview(MOST_ROWS)
    centers = branch.trace.centers_until(session.cursor)[-1]
    distances = branch.samples.part(rows).squared_distances(centers)
    nearest = np.sort(distances, axis=0)[:2]
    order = (nearest[-1] - nearest[0]).argsort(kind="stable")
    return rows[order], distances[:, order]


def _apart(
    session: KMeansSession, rows: Indices, n: int, chosen: Sequence[int] | Indices = ()
) -> Indices:
    """Add up to n of the rows to those chosen, none near another one or a centroid, if possible."""
    samples, found, left = (
        session.current_branch.points.samples,
        [*map(int, chosen)],
        [*map(int, rows)],
    )
    seen = np.concatenate([samples.preview(MOST_ROWS), found, left]).astype(np.intp)
    places = _on_axes(session, np.concatenate([session.cluster_centers, samples.X[seen]]))
    width = np.ptp(places, axis=0)
    places /= np.where(width > 0, width, 1.0)
    k = len(places) - len(seen)
    place = dict(zip(seen.tolist(), places[k:], strict=True))
    taken, wanted = [*places[:k], *(place[row] for row in found)], len(found) + n
    for gap in (APART, APART / 2, 0.0):
        for row in [*left]:
            distances = np.linalg.norm(np.array(taken) - place[row], axis=1)
            if len(found) < wanted and distances.min() >= gap:
                found.append(row)
                left.remove(row)
                taken.append(place[row])
    return np.array(found, np.intp)


def _plane(session: KMeansSession) -> Projection:
    """Return the axes of the picture, or those that it would have."""
    branch, backdrop = session.current_branch, getattr(session, "backdrop", None)
    if backdrop is None:
        backdrop = lay_out_points(branch.points, branch.parameters.scale)
    projection: Projection = backdrop.projection
    return projection


def _on_axes(session: KMeansSession, positions: Floats) -> Floats:
    """Return the values of positions along the axes, shape (n, 2), or (n, 1) on a line."""
    plane = _plane(session)
    places = plane.project(positions) + plane.offset
    return places[:, :1] if plane.is_line else places


def _places(session: KMeansSession, rows: Sequence[int]) -> str:
    """Say where the points asked about are."""
    places = _on_axes(session, session.current_branch.points.samples.X[[*rows]])
    return ", ".join(f"{letter(i)} is at {_place(place)}" for i, place in enumerate(places)) + "."


def _place(place: Floats) -> str:
    return f"({', '.join(map(format_number, place.tolist()))})"


def _one(chosen: Sequence[str], what: str) -> str:
    """Return the option that is chosen."""
    if len(chosen) != 1:
        raise ValueError(f"Nothing is chosen: choose {what}.")
    return chosen[0]


def _either(options: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(options[:-1]), options[-1]]))


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _them(letters: str) -> str:
    return "it" if len(letters) == 1 else "them"
