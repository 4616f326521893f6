"""The tool *Predict*: asks about the next half-step, takes the answer, then shows what happens."""

from __future__ import annotations

import functools
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kmeans_widget.panel import readout
from kmeans_widget.panel.factory import WidgetFactory, set_visible
from kmeans_widget.panel.fields import NumberField, read
from kmeans_widget.panel.map_actions import AskedAbout
from kmeans_widget.panel.questions import Quiz
from kmeans_widget.panel.tools import PREDICT
from kmeans_widget.plot.narration import format_number
from kmeans_widget.plot.overlay import NONE
from kmeans_widget.plot.picking import HitKind
from kmeans_widget.validation.messages import percent

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.panel.animation import Animation
    from kmeans_widget.panel.errors import ErrorGuard
    from kmeans_widget.panel.layout import Panel
    from kmeans_widget.panel.map_actions import MapActions
    from kmeans_widget.panel.questions import Answer, Question
    from kmeans_widget.plot.picking import Hit
    from kmeans_widget.session import KMeansSession

ENDED = "The run has ended. <b>Reset</b> or <b>New start</b> to predict another one."
PICKING = "<b>Step</b> until all centroids are picked: then the first question comes."
ELSEWHERE = "The next question is about another half-step: <b>Next</b> goes there."
SKIPPED = "The half-step is shown without an answer."
PLAYING = "<b>Pause</b> to predict the next half-step."


class Predicting:
    """Shows the questions of a quiz, one by one, while the tool is chosen.

    Parameters
    ----------
    session : KMeansSession
    animation : Animation
    panel : Panel
    actions : MapActions
        Shows on the map what a question is about; clicks there are answers.
    render : callable
        Shows the picture again.
    guard : ErrorGuard
    """

    def __init__(
        self,
        session: KMeansSession,
        animation: Animation,
        panel: Panel,
        actions: MapActions,
        render: Callable[[], None],
        guard: ErrorGuard,
    ) -> None:
        self._session, self._animation, self._panel = session, animation, panel
        self._actions, self._render, self._guard = actions, render, guard
        self.quiz: Quiz | None = None
        self._question: Question | None = None  # open, or just answered
        self._answer: Answer | None = None
        self._here: tuple[Any, ...] = ()  # branch, cursor and whether it plays
        self._options: list[Any] = []
        self._fields: list[Any] = []
        actions.choose = self._choose
        panel.toolbar.mode.observe(guard(self._chose_tool), "value")

    def begin(self, quiz: Quiz) -> None:
        """Show the questions of a quiz."""
        self._actions.inspect(None)  # its distances would answer questions
        self.quiz, quiz.on_answer = quiz, self._answered
        self._panel.is_predicting = True
        if not self._panel.question.children:
            self._make()
        self._panel.toolbar.mode.value = PREDICT
        self._ask(quiz)
        self._render()

    def follow(self) -> None:
        """Ask about the next half-step if another one is on screen than before."""
        if self.quiz is None:
            return
        if self.quiz.is_answering:
            self._panel.is_asking = False
        elif self._here != self._now():
            branch, cursor, _ = self._here or (None, 0, False)
            is_skipped = self._question is not None and self._answer is None
            self._ask(self.quiz)
            if is_skipped and self._now() == (branch, cursor + 1, False):
                self._panel.say(SKIPPED, good=True)

    def show(self) -> None:
        """Show the question, or how it was answered."""
        was_asking = self._panel.is_asking
        self.follow()
        if self._panel.is_asking is not was_asking:  # it was paused, or plays
            self._render()
            return
        set_visible(self._panel.question, visible=self.quiz is not None)
        if self.quiz is None or self.quiz.is_answering:
            return
        is_open = self._question is not None and self._answer is None
        self._words.value = self._say(self.quiz)
        for control in (self._choices, self._numbers):
            set_visible(control, visible=is_open)
        set_visible(self._skip, visible=is_open)
        is_quiz, is_done = self.quiz.n_questions is not None, self.quiz.is_done
        set_visible(self._act, visible=not is_done and (is_quiz or self._question is not None))
        self._act.description = "Reveal" if is_open else "Next"

    def _chose_tool(self, change: Any) -> None:
        if change.new == PREDICT and self.quiz is None:
            seed = self._session.current_branch.parameters.random_state
            self.begin(Quiz(self._session, seed=seed))
        elif change.new != PREDICT and self.quiz is not None:
            self._end()

    def _end(self) -> None:
        """Leave the tool; it is all that the panel of a student's quiz has."""
        panel = self._panel
        if self.quiz is not None and self.quiz.n_questions is not None:
            panel.toolbar.mode.value = PREDICT
            return
        self.quiz = self._question = self._answer = None
        self._here, self._actions.asked = (), AskedAbout()
        panel.is_predicting = panel.is_asking = False
        self._render()

    def _now(self) -> tuple[Any, ...]:
        return self._session.current_branch, self._session.cursor, self._animation.playing

    def _ask(self, quiz: Quiz) -> None:
        """Open the question about the next half-step."""
        self._answer = None
        self._question = question = None if self._animation.playing else quiz.question
        self._here = self._now()
        self._panel.is_asking = question is not None
        self._actions.asked = AskedAbout()
        self._lay_out()
        self._mark()

    def _reveal(self, *, is_known: bool) -> None:
        """Take the answer and the half-step; or else go on to the next question."""
        self._panel.say("")
        quiz, question = self.quiz, self._question
        if quiz is None:
            return
        if question is None or self._answer is not None:
            quiz.go()
            self._ask(quiz)
            self._render()
            return
        chosen = [option.description for option in self._options if option.value]
        # Half of the world writes a comma for the point.
        numbers = [read(str(field.value).replace(",", ".")) for field in self._fields]
        given = question.combine(chosen, numbers) if is_known else None
        quiz.answer(given)

    def _answered(self, question: Question, answer: Answer) -> None:
        """Show how good an answer is."""
        if question is not self._question:  # it was given in Python
            self._question = question
            self._lay_out()
            self._mark()
            self._actions.show()
        self._answer, self._here = answer, self._now()
        self.show()

    def _choose(self, target: Hit) -> None:
        """Take a click on the map as an answer."""
        question = self._question
        if question is None or self._answer is not None:
            return
        if question.cluster != NONE:
            for field, value in zip(self._fields, self._actions.value_at(target), strict=True):
                field.value = value
        elif question.several:
            option = self._options[self._actions.nearest_asked(target)]
            option.value = not option.value
        elif question.rows and target.kind is HitKind.CENTROID:
            if str(target.number) not in question.options:
                raise ValueError(
                    f"Centroid {target.number} is not among the nearest: choose "
                    f"{', '.join(question.options)}."
                )
            self._options[question.options.index(str(target.number))].value = True

    def _mark(self) -> None:
        """Show on the map what the question is about, and what is chosen."""
        question = self._question
        if question is None:
            return
        marked: tuple[int, ...] = ()
        if question.several:
            pairs = zip(question.rows, self._options, strict=True)
            marked = tuple(row for row, option in pairs if option.value)
        place = tuple(field.value for field in self._fields) if question.cluster != NONE else ()
        is_place = all(isinstance(value, int | float) for value in place)
        self._actions.asked = AskedAbout(
            question.rows, marked, question.cluster, place if is_place else ()
        )

    # -- controls ------------------------------------------------------------------------------

    def _make(self) -> None:
        self._factory = make = WidgetFactory(self._session.lock)
        self._words = make(widgets.HTML, "kmeans-asks")
        self._choices, self._numbers = make.row("choices-of"), make.row("numbers-of")
        self._act = make.button("Reveal", "Take the half-step, and see whether you are right")
        self._skip = make.button("I do not know", "See it without an answer")
        for button, is_known in ((self._act, True), (self._skip, False)):
            reveal = functools.partial(self._reveal, is_known=is_known)
            button.on_click(self._guard(lambda _, reveal=reveal: reveal()))
        self._panel.question.children = (
            self._words, self._choices, self._numbers, self._act, self._skip,
        )  # fmt: skip

    def _lay_out(self) -> None:
        """Make the controls that answer the question."""
        make, question = self._factory, self._question
        old = [*self._options, *self._fields]
        self._options, self._fields = [], []
        if question is not None:
            for name in question.options:
                option = make(
                    widgets.ToggleButton, "kmeans-option", description=name, value=False,
                    tooltip=f"Point {name}" if question.several else name,
                )  # fmt: skip
                option.observe(self._guard(self._toggled), "value")
                self._options.append(option)
            for name in question.fields:
                field = make(NumberField, value="", description=name, tooltip=question.hint)
                field.observe(self._guard(self._entered), "value")
                self._fields.append(field)
        self._choices.children, self._numbers.children = self._options, self._fields
        for control in old:  # their style and layout are shared
            control.unobserve_all()
            control.close()

    def _toggled(self, change: Any) -> None:
        question = self._question
        if change.new and question is not None and not question.several:
            for option in self._options:
                if option is not change.owner:
                    option.value = False
        self._entered(change)

    def _entered(self, change: Any) -> None:
        del change
        self._panel.say("")
        self._mark()
        self._actions.show()

    # -- words -----------------------------------------------------------------------------------

    def _say(self, quiz: Quiz) -> str:
        question, answer = self._question, self._answer
        if answer is not None:
            look = "right" if answer.score == 1 else "wrong" if answer.score == 0 else "partly"
            return (
                f"<p><b class='kmeans-{look}'>{escape(answer.verdict)}.</b> "
                f"{escape(answer.explanation)} <em>{self._standing(quiz)}</em></p>"
            ) + self._to_hand_in(quiz)
        if question is None:
            return self._nothing(quiz)
        n = len(quiz.answers) + 1
        of = f"{n} of {quiz.n_questions}" if quiz.n_questions else "Predict"
        about = f" <em>{escape(question.about)}</em>" if question.about else ""
        return (
            f"<p><b>{of}:</b> {escape(question.words)} <em>{escape(question.hint)}</em>{about}</p>"
        )

    def _nothing(self, quiz: Quiz) -> str:
        if quiz.is_done:
            return self._to_hand_in(quiz)
        if quiz.n_questions is not None:
            return f"<p>{ELSEWHERE}</p>"
        if self._session.cursor < 0:
            return f"<p>{PICKING}</p>"
        words = PLAYING if self._animation.playing else ENDED
        return f"<p>{words} <em>{self._standing(quiz)}</em></p>"

    @staticmethod
    def _to_hand_in(quiz: Quiz) -> str:
        """Show the score and the answers, if all have been given."""
        if not quiz.is_done:
            return ""
        score = f"<p><b>Done.</b> Your score is {percent(quiz.score)}.</p>"
        return score + readout.copyable("Your answers, as a line of code to hand in", quiz.code)

    @staticmethod
    def _standing(quiz: Quiz) -> str:
        n = len(quiz.answers)
        total = format_number(round(sum(answer.score for answer in quiz.answers), 2))
        return f"Score so far: {total} of {n}." if n else ""
