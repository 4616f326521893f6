"""Columns of any size beside each other, and many clusters: the panel from end to end."""

import numpy as np
import pytest

from kmeans_widget import KMeansWidget
from kmeans_widget.export.filmstrip import filmstrip
from kmeans_widget.export.recording import record
from kmeans_widget.panel import legend, readout
from kmeans_widget.scaling import SCALES

rows = np.arange(12.0)
random = np.random.default_rng(0)
COLUMNS = {
    "ages": random.integers(18, 90, 12).astype(float),
    "large numbers, nearly the same": 1420070400000000001 + 1000 * rows,
    "numbers that float64 cannot tell apart": 1420070400000000001 + rows,
    "account numbers": 1e10 + np.floor(1e9 * random.random(12)),
    "constant": np.full(12, 37.5),
    "zero": np.zeros(12),
    "a hair's breadth": 37.5 + 1e-14 * rows,
    "rates": -random.random(12) / 100,
    "tiny": 1e-15 * random.random(12),
    "huge": 1e148 * random.random(12),
    "next to nothing": 1e-300 * random.random(12),
    "denormal": 5e-324 * rows,
    "one far away": np.append(np.zeros(11), 1e12),
}
NAMES = list(COLUMNS)
PAIRS = [  # each with two others that are little like it, and the most extreme ones
    *((name, NAMES[i - 5]) for i, name in enumerate(NAMES)),
    ("next to nothing", "huge"), ("huge", "denormal"), ("denormal", "denormal"),
]  # fmt: skip


def check_map(panel):
    """All points are on the map as matplotlib sees it, and ticks are told apart."""
    axes, backdrop = panel.picture.map, panel.animation.scene.backdrop
    limits = np.array([axes.get_xlim(), axes.get_ylim()])
    assert np.array_equal(limits.ravel(), backdrop.box)
    assert np.isfinite(limits).all()
    assert (limits[:, 0] < backdrop.points).all()
    assert (backdrop.points < limits[:, 1]).all()
    assert np.isfinite(axes.transData.transform(backdrop.points)).all()
    for axis, (low, high), name in zip(
        (axes.xaxis, axes.yaxis), limits, backdrop.projection.names, strict=True
    ):
        ticks = [tick for tick in axis.get_majorticklocs() if low <= tick <= high] * bool(name)
        shown = [axis.get_major_formatter()(tick, None) for tick in ticks]
        assert len(set(shown)) == len(ticks)
        numbers = [float(text.replace("k", "e3").replace("M", "e6")) for text in shown]
        assert np.allclose(numbers, ticks, rtol=0.0, atol=(high - low) / 20)


def check_chart(panel):
    """No number beside the inertia chart is cut at the edge of the picture."""
    labels = panel.picture.chart.axes.get_yticklabels()
    assert all(label.get_window_extent().x0 >= 0 for label in labels)


def watch(X, scale):
    """Do in a panel whatever one does there."""
    panel = KMeansWidget(X, min(2, len(np.unique(X, axis=0))), scale=scale, canvas="png")
    check_map(panel)
    panel.step()
    panel.step()
    tools, card = panel.panel.toolbar, panel.panel.card
    tools.unfold.value, tools.number.value = True, 0
    tools.inspect.click()
    assert "Point 0" in card.value
    before = panel.cluster_centers[0].astype(float)
    tools.act.click()  # to where the form says that the centroid is
    assert "kmeans-bad" not in panel.panel.notice.value
    left, right, bottom, top = panel.animation.scene.backdrop.box
    seen = np.array([right - left, top - bottom])[: X.shape[1]]
    if X.shape[1] <= 2:
        assert (np.abs(panel.cluster_centers[0] - before) <= seen / 100 + 1e-15 * abs(before)).all()
    panel.step()
    check_map(panel)
    check_chart(panel)
    return panel


@pytest.mark.parametrize(("case", "names"), [*enumerate(PAIRS)], ids=map(" & ".join, PAIRS))
def test_any_two_columns_are_shown_beside_each_other(case, names, tmp_path):
    X = np.column_stack([COLUMNS[name] for name in names])
    panel = watch(X, list(SCALES)[case % 4])
    if case % 5 == 0:
        for suffix in ("png", "svg", "html"):
            assert panel.save(tmp_path / f"run.{suffix}").stat().st_size > 1000
        assert filmstrip(record(panel)).words
    panel.close()


@pytest.mark.parametrize(("case", "name"), [*enumerate(COLUMNS)], ids=COLUMNS)
def test_any_column_is_shown_alone(case, name):
    watch(COLUMNS[name][:, None], list(SCALES)[case % 4]).close()


@pytest.mark.parametrize("name", NAMES[1::2])
def test_any_column_is_shown_among_three(name):
    X = np.column_stack([COLUMNS[name], COLUMNS["ages"], COLUMNS["rates"]])
    watch(X, "none").close()


@pytest.mark.parametrize("name", ["ages", "account numbers", "zero", "denormal"])
def test_a_single_number_is_shown(name):
    watch(COLUMNS[name][:1, None], "none").close()


@pytest.mark.parametrize("name", ["account numbers", "constant", "tiny"])
def test_single_precision_is_shown_as_well(name):
    X = np.column_stack([COLUMNS[name], COLUMNS["ages"]]).astype(np.float32)
    watch(X, "standard").close()


def test_numbers_typed_are_those_of_the_column_though_its_axis_shows_differences():
    X = np.column_stack([20_000_000 + rows, rows % 3])
    panel = KMeansWidget(X, 2, canvas="png")
    assert panel.picture.map.get_xlabel() == "feature 0 − 20000000"
    tools = panel.panel.toolbar
    tools.unfold.value = True
    assert tools.x.tooltip == "Place along feature 0"
    tools.x.value, tools.y.value = 20_000_004.5, 1.5
    tools.act.click()
    assert panel.cluster_centers[0].tolist() == [20_000_004.5, 1.5]
    assert panel.picture._clusters[0].center.get_xydata()[0].tolist() == [4.5, 1.5]
    panel.close()


@pytest.fixture(scope="module")
def crowd():
    X = np.random.default_rng(0).normal(size=(1200, 2))
    panel = KMeansWidget(X, 200, canvas="png")
    panel.cursor = 1  # at once: nothing glides
    yield panel
    panel.close()


def test_clusters_that_look_the_same_are_drawn_together(crowd):
    scene, clusters = crowd.animation.scene, crowd.picture._clusters
    assert len(clusters) == 132
    assert np.array_equal(clusters[3].center.get_xydata(), scene.discs[[3, 135]])
    own = np.isin(scene.labels, [3, 135])
    assert np.array_equal(clusters[3].points.get_xydata(), scene.backdrop.points[own])
    ends = clusters[3].lines.get_xydata()[1::3]
    assert np.array_equal(ends, scene.centers[scene.labels[own]])
    places = {tuple(corner) for corner in clusters[3].region.get_path().vertices}
    for k in (3, 135):
        assert {tuple(corner) for corner in scene.cells[k]} <= places


def test_of_many_clusters_one_can_be_hidden(crowd):
    listed = crowd.panel.legend.box.children
    listed[3].value = False
    scene, cluster = crowd.animation.scene, crowd.picture._clusters[3]
    assert np.array_equal(cluster.center.get_xydata(), scene.discs[[135]])
    own = scene.backdrop.points[scene.labels == 135]
    assert np.array_equal(cluster.points.get_xydata(), own)
    listed[3].value = True
    assert len(cluster.center.get_xydata()) == 2


def test_of_many_clusters_the_first_are_listed_and_the_nearest_told(crowd):
    controls = crowd.panel
    assert len(controls.legend.box.children) == legend.MOST_BUTTONS
    assert controls.legend.note.value == "The first 100 of 200 clusters. "
    crowd.map_actions.inspect(7)
    distances = crowd.inspect(7).distances
    assert controls.card.value.count("<li>") == readout.MOST_CHIPS + 1
    assert f"150 more, up to {distances.max():.4g}" in controls.card.value
    assert len(crowd.picture.numbers.numbers) == 0
