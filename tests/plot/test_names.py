"""Columns and rows may be called anything: how their names are shown, wherever they are."""

import json
import re
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from kmeans_widget import KMeansWidget
from kmeans_widget.plot.text import display_width, one_line

STEM = "measurement_of_sensor_left_front_wheel_of_test_vehicle_number_twelve"
X = np.array([[0.0, 0.0], [1.0, 0.5], [8.0, 9.0], [9.0, 9.5], [4.0, 8.0]])
NAMES = [
    ("age", "income"),
    (f"{STEM}_x", f"{STEM}_y"),
    (f"x_{STEM}", f"y_{STEM}"),
    (f"{STEM}_left_{STEM}", f"{STEM}_rear_{STEM}"),
    (STEM.upper(), f"{STEM.upper()}_2"),
    ("W" * 100, "W" * 99 + "M"),
    ("世帯主の年間収入" * 9, "世帯主の年間収入" * 8),
    ("a whole sentence with many words, " * 9, "another sentence, " * 9),
    ("$\\frac{a}{b$_^", "<b>&amp;{x}</b>'\""),
    ("net\nincome\t(EUR)\r\n", "null\x00and\x1b"),
    ("העמודה " * 20, "زخم " * 20),
    ("x", ""),
    ("👨\u200d👩\u200d👧" * 60, "e\u0301" * 99),
]


@pytest.fixture(scope="module", params=NAMES, ids=range(len(NAMES)))
def names(request):
    return request.param


@pytest.fixture(scope="module")
def panel(names):
    panel = KMeansWidget(pd.DataFrame(X, columns=list(names)), 2, canvas="png")
    panel.step()
    yield panel
    panel.close()


def is_short_for(cut, name):
    """Whether a text is a name, or what is left of it after one or two cuts."""
    pattern = ".*".join(map(re.escape, cut.split("…")))
    return re.fullmatch(pattern, one_line(name)) is not None


@pytest.mark.parametrize("width", [320, 540, 1200])
def test_axes_are_told_apart_and_stay_in_the_picture(panel, names, width):
    picture = panel.picture
    picture.resize(width)
    labels = picture.map.xaxis.label, picture.map.yaxis.label
    FigureCanvasAgg(picture.figure).draw()
    for label, room in zip(labels, (picture.map.bbox.width, picture.map.bbox.height), strict=True):
        box = label.get_window_extent()
        assert 0 < max(box.width, box.height) <= room
        assert picture.figure.bbox.count_contains(box.corners()) == 4
    texts = [label.get_text() for label in labels]
    assert texts[0] != texts[1]
    if all(name.isascii() for name in names):
        assert all(map(is_short_for, texts, names))


def test_shares_are_told_apart_and_have_the_whole_name_as_tooltip(panel, names):
    html = ET.fromstring(f"<div>{panel.panel.columns.value}</div>")
    found = {item.get("title", item.text): item.text for item in html.iter("bdi")}
    assert set(found) == set(map(one_line, names))
    assert len(set(found.values())) == 2
    assert all(
        display_width(text) <= 40 and is_short_for(text, name) for name, text in found.items()
    )


def test_the_spoken_name_is_short_and_tells_them_apart(panel):
    first, second = re.fullmatch("K-means on data: (.+), (.+)", panel._spoken_name()).groups()
    assert first != second
    assert display_width(first) + display_width(second) <= 78


# Long ones, with markup, with control characters, and none: all that a file may stumble over.
in_files = pytest.mark.parametrize(
    "names",
    [NAMES[i] for i in (3, 6, 8, 9, 11)],
    ids=(3, 6, 8, 9, 11),
    indirect=True,
    scope="module",
)


@in_files
def test_files_describe_the_axes_with_whole_names(panel, names, tmp_path):
    x, y = map(one_line, names)
    words = f"{panel.narration} Horizontal axis: {x}; vertical axis: {y}."
    with Image.open(panel.save(tmp_path / "step.png")) as image:
        assert image.info["Description"] == words
    svg = ET.parse(panel.save(tmp_path / "step.svg")).getroot()
    assert svg.find("{http://www.w3.org/2000/svg}desc").text == words


@in_files
def test_the_page_has_every_length_of_them(panel, names, tmp_path):
    page = panel.save(tmp_path / "run.html").read_text("utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', page).group(1))
    for axis, name in zip(data["axes"], names, strict=True):
        assert axis["name"] == one_line(name)
        assert len(axis["ticks"]) > 1
        assert all(is_short_for(text, name) for text in axis["lengths"])
        assert display_width(axis["lengths"][-1]) <= 16
    assert not set(data["axes"][0]["lengths"]) & set(data["axes"][1]["lengths"])


ROW = f"{STEM} <of> & 'row'"


@pytest.mark.parametrize("name", [ROW, "東京都" * 30, "Ann\nLee", pd.Timestamp("2026-01-31"), 7])
def test_a_point_is_called_by_its_name_cut_where_it_is_long(name):
    panel = KMeansWidget(pd.DataFrame(X, index=[name, "b", "c", "d", "e"]), 2, canvas="png")
    panel.run()
    panel.map_actions.inspect(0)
    card = ET.fromstring(f"<div>{panel.panel.card.value}</div>")
    head, told = card.find("h4"), card.find("p").text
    assert head.find("bdi").get("title", head.find("bdi").text) == one_line(str(name))
    assert display_width(head.find("bdi").text) <= 40
    assert re.match(f"Point {name} " if name == 7 else f"Point ['\"]{str(name)[:3]}", told)
    assert display_width(told.split(" at (")[0]) <= 46
    panel.remove_point(0)
    assert display_width(panel.narration.split(" at (")[0]) <= 60
    assert panel._static_picture().words
    panel.close()


def test_a_line_has_one_axis():
    line = KMeansWidget(pd.DataFrame({"age": X[:, 0]}), 2, canvas="png")
    assert line.picture.map.get_ylabel() == ""
    assert not line.picture.map.yaxis.get_visible()
    line.close()
