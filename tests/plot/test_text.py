import unicodedata

import pytest

from kmeans_widget.plot.text import display_width, list_names, one_line, shorten, wrap

FAMILY = "👨\u200d👩\u200d👧"
FLAG = "🇯🇵"
ACCENTED = "x\u0301"  # which Unicode has no single character for


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("income", 6, "income"),
        ("income", 5, "in…me"),
        ("incomes", 6, "inc…es"),
        ("", 9, "(no name)"),
        (" \t", 9, "(no name)"),
        ("a\n b\tc\r\nd", 9, "a b c d"),
        ("a\x00b\ud800c\x1b", 9, "a\ufffdb\ufffdc\ufffd"),
        ("net income of a household", 12, "net in…ehold"),
        ("net income", 9, "net…come"),  # no blank beside the dots
        ("世帯の年間収入", 14, "世帯の年間収入"),
        ("世帯の年間収入", 13, "世帯の…間収入"),
        ("世帯の年間収入", 12, "世帯の…収入"),
        (ACCENTED * 9, 5, f"{ACCENTED * 2}…{ACCENTED * 2}"),
        (FAMILY * 5, 9, f"{FAMILY * 2}…{FAMILY * 2}"),
        (FLAG * 5, 9, f"{FLAG * 2}…{FLAG * 2}"),
        ("👍🏽" * 5, 6, "👍🏽…👍🏽"),
        ("ก็" * 7, 5, "ก็ก็…ก็ก็"),
        ("क्षि" * 7, 5, "क्षिक्षि…क्षिक्षि"),
        ("שם העמודה הארוך", 9, "שם ה…ארוך"),
        ("$x_1$ {y} <z> & more", 11, "$x_1$…more"),
    ],
)
def test_a_text_is_cut_in_its_middle(text, width, cut):
    assert shorten(text, width) == unicodedata.normalize("NFC", cut)
    assert display_width(cut) <= width


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("measurement_of_sensor_left_front_x", "measurement_of_sensor_left_front_y"),
        ("x_measurement_of_sensor_left_front", "y_measurement_of_sensor_left_front"),
        ("mean_of_the_left_wheel_of_the_car", "mean_of_the_rear_wheel_of_the_car"),
        ("世帯主の年間収入と支出の平均の合計", "世帯主の年間所得と支出の平均の合計"),
        ("a" * 40, "a" * 41),
    ],
)
def test_names_that_differ_stay_different(one, other):
    names = (one, other)
    for width in range(12, 50):
        cut = [shorten(name, width, names) for name in names]
        assert cut[0] != cut[1]
        assert max(map(display_width, cut)) <= width


def test_many_names_are_listed_as_far_as_they_fit():
    assert list_names(["x", "y"], 80) == "x, y"
    many = [f"column {i}" for i in range(1000)]
    assert list_names(many, 30) == "column 0, column 1, column 2 and 997 more"
    long = ["measurement_of_sensor_left_front_wheel_x", "measurement_of_sensor_left_front_wheel_y"]
    assert list_names(long, 60) == "measurement_of…_front_wheel_x, measurement_of…_front_wheel_y"


def test_lines_are_measured_as_they_are_seen():
    assert wrap("abc de 世帯の年 f", 8).split("\n") == ["abc de", "世帯の年", "f"]
    assert wrap("", 8) == ""


def test_one_line_leaves_ordinary_names_alone():
    for name in ("sepal length (cm)", "$a_b^c$", "<b>&amp;{x}", "é✓", "שלום"):
        assert one_line(name) == name
