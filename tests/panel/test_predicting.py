"""The tool *Predict* in the panel: asks, takes an answer from buttons or the map, then reveals."""

import pytest

import kmeans_widget as kw
from hand import Hand
from kmeans_widget.panel.factory import is_visible

RIGHT = {0: ["1"], 2: ["B", "D", "F"], 3: ["falls"]}


@pytest.fixture
def hand(widget):
    return Hand(widget)


@pytest.fixture
def predict(widget):
    """Choose the tool at a half-step."""

    def choose(cursor):
        widget.cursor = cursor
        widget.panel.toolbar.mode.value = "predict"
        return widget.predicting

    return choose


def press(predicting, *names):
    for option in predicting._options:
        if option.description in names:
            option.value = not option.value


def act(predicting):
    predicting._act.click()


def test_the_question_is_beside_the_picture_while_the_tool_is_chosen(widget, predict):
    assert not is_visible(widget.panel.question)
    predicting = predict(0)
    assert is_visible(widget.panel.question)
    assert "Which cluster will point A join?" in predicting._words.value
    widget.mouse.leave_tool()
    assert not is_visible(widget.panel.question)
    assert widget.predicting.quiz is None
    assert not widget.panel.is_asking


@pytest.mark.parametrize("cursor", RIGHT)
def test_a_chosen_answer_is_revealed_with_the_half_step(widget, predict, cursor):
    predicting = predict(cursor)
    press(predicting, *RIGHT[cursor])
    if predicting._fields:
        predicting._fields[0].value = 21
    act(predicting)
    assert widget.cursor == cursor + 1
    assert "Right." in predicting._words.value
    assert "Score so far: 1 of 1." in predicting._words.value
    act(predicting)
    assert widget.cursor == cursor + 1  # Next only asks
    assert len(predicting.quiz.answers) == 1
    assert predicting._answer is None


def test_one_option_replaces_another_unless_several_may_be_chosen(predict):
    predicting = predict(0)
    press(predicting, "0")
    press(predicting, "1")
    assert [option.value for option in predicting._options] == [False, True]
    predicting = predict(2)
    press(predicting, "A", "B")
    assert sum(option.value for option in predicting._options) == 2


def test_clicks_on_the_map_answer(widget, hand, predict):
    predicting = predict(0)
    hand.click(widget.cluster_centers[1])
    assert [option.value for option in predicting._options] == [False, True]
    predicting = predict(1)
    hand.click((4.9, 5.4))
    assert [field.value for field in predicting._fields] == pytest.approx([4.9, 5.4], abs=0.03)
    predicting = predict(2)
    for _ in range(3):  # marks, unmarks, marks
        hand.click(widget.X[predicting._question.rows[1]])
    assert [option.value for option in predicting._options].index(True) == 1
    marked = widget.picture.overlay._marked.get_xydata()
    assert marked == pytest.approx(widget.X[[predicting._question.rows[1]]])
    assert len(widget.branches) == 1
    assert widget.cursor == 2


def test_the_picture_does_not_answer_the_question(widget, predict):
    widget.run()
    widget.cursor = 2
    assert widget.animation.scene.cells
    predict(2)
    scene = widget.animation.scene
    assert scene.cells == ()  # regions of the new centroids would
    assert len(scene.curves[0]) == 2  # and so would the inertia that follows
    act(widget.predicting)
    scene = widget.animation.scene
    assert scene.cells
    assert len(scene.curves[0]) == 3
    widget.mouse.leave_tool()
    assert len(widget.animation.scene.curves[0]) > 3


@pytest.mark.parametrize(
    ("cursor", "typed", "words"),
    [
        (0, None, "Nothing is chosen: choose a cluster."),
        (1, "far", "a place, two numbers for x and y; got ('far', '')"),
        (3, None, "Nothing is chosen: choose falls, stays or rises."),
    ],
)
def test_without_a_usable_answer_nothing_is_revealed(widget, predict, cursor, typed, words):
    predicting = predict(cursor)
    if typed is not None:
        predicting._fields[0].value = typed
    act(predicting)
    assert words.replace("'", "&#x27;") in widget.panel.notice.value
    assert widget.cursor == cursor
    assert predicting.quiz.answers == ()
    if typed is not None:
        assert predicting._fields[0].value == typed


def test_falls_needs_a_number(widget, predict):
    predicting = predict(3)
    press(predicting, "falls")
    act(predicting)
    assert "Type by how many percent it falls" in widget.panel.notice.value
    assert widget.cursor == 3


def test_a_step_without_an_answer_asks_the_next_question(widget, predict):
    predicting = predict(0)
    widget.step()
    assert "Where will centroid 1 go?" in predicting._words.value
    assert predicting.quiz.answers == ()
    widget.run()
    assert "The run has ended." in predicting._words.value
    assert not is_visible(predicting._act)
    widget.add_point((5.0, 5.0))  # a new branch, whose points have other rows
    widget.reset()
    assert "Which cluster will point A join?" in predicting._words.value


def test_no_question_is_open_while_the_run_plays(widget, predict):
    predicting = predict(0)
    widget.play()
    assert "to predict the next half-step" in predicting._words.value
    assert not widget.panel.is_asking
    widget.pause()
    assert predicting._question is not None


def test_a_quiz_shows_answers_given_in_python_and_the_line_to_hand_in():
    quiz = kw.quiz("Ada", n_questions=2)
    predicting = quiz.panel.predicting
    assert "1 of 2:" in predicting._words.value
    quiz.answer(int(quiz.question.options[0]))
    assert "Point A joined cluster" in predicting._words.value
    quiz.panel.run()
    assert "another half-step" in predicting._words.value
    act(predicting)
    assert quiz.panel.cursor == 1
    assert "2 of 2:" in predicting._words.value
    quiz.panel.mouse.leave_tool()  # Escape
    assert "2 of 2:" in predicting._words.value
    assert is_visible(quiz.panel.panel.question)
    predicting._skip.click()
    assert "Done." in predicting._words.value
    assert "kw.quiz(&#x27;Ada&#x27;, n_questions=2, answers=[" in predicting._words.value
    quiz.close()
