from dataclasses import replace

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.artists import default_style
from kmeans_widget.plot.blit import Blitter
from kmeans_widget.plot.figure import Picture, _tick_formatter, arrange
from kmeans_widget.plot.limits import ASPECT
from kmeans_widget.plot.overlay import OverlayState
from kmeans_widget.plot.palette import INK, color, marker, text_color
from kmeans_widget.session.events import Event, Kind


@pytest.fixture
def picture():
    return Picture()


def visible_points(picture):
    """Points drawn, as {cluster colour: set of positions}."""
    drawn = {}
    for cluster in picture._clusters:
        if cluster.points.get_visible():
            shade = to_hex(cluster.points.get_color())
            drawn[shade] = {tuple(point) for point in cluster.points.get_xydata()}
    return drawn


def test_points_have_the_colour_of_their_cluster(run, picture):
    scene = run.scene(1)
    picture.show(scene)
    for k in range(3):
        own = {tuple(point) for point in scene.backdrop.points[scene.labels == k]}
        assert visible_points(picture)[color(k)] == own


def test_colours_and_markers_are_those_of_the_slots(run, picture):
    picture.show(run.scene(1))
    picture.show(run.scene(1, slots=(4, 0, 13)))
    for cluster, slot in zip(picture._clusters, (4, 0, 13), strict=True):
        assert to_hex(cluster.points.get_color()) == color(slot)
        assert to_hex(cluster.center.get_color()) == color(slot)
        assert cluster.points.get_marker() == marker(slot)
    assert [number.color for number in picture.numbers.numbers] == [
        text_color(4), text_color(0), text_color(13),
    ]  # fmt: skip


def test_a_hidden_cluster_is_not_drawn_and_the_others_are(run, picture):
    scene = run.scene(3, slots=(4, 0, 2), hidden=frozenset({0}))
    picture.show(scene)
    shown = [any(a.get_visible() for a in c.artists) for c in picture._clusters[:3]]
    assert shown == [True, False, True]
    picture.show(replace(scene, hidden=frozenset()))
    assert all(c.points.get_visible() for c in picture._clusters[:3])
    assert sum(len(c.points.get_xydata()) for c in picture._clusters[:3]) == 30


def test_changed_points_of_a_hidden_cluster_have_no_ring(run, picture):
    scene = run.scene(3)
    hidden = int(scene.labels[scene.changed][0])
    picture.show(run.scene(3, hidden=frozenset({hidden})))
    left = scene.backdrop.points[scene.changed & (scene.labels != hidden)]
    assert np.array_equal(picture._rings.get_xydata(), left)


def test_an_empty_cluster_is_ringed(make_run, picture):
    lonely = make_run([[0.0, 0], [1, 0], [2, 0], [9, 0]], [[0.0, 0], [1, 0], [50, 50]])
    for cursor in (1, 2):
        scene = lonely.scene(cursor)
        picture.show(scene)
        assert np.array_equal(picture._empty.get_xydata(), scene.discs[2:])
    picture.show(lonely.scene(3))
    assert len(picture._empty.get_xydata()) == 0


def test_a_dragged_centroid_takes_its_region_and_lines_along(run, picture):
    scene = run.scene(3)
    place = scene.centers[0] + (1.0, 0.5)
    centers = scene.centers.copy()
    centers[0] = place
    event = Event(Kind.CENTER_TRIED, 0, run.samples.n_samples, tuple(place))
    picture.show(scenes.with_centers(scene, centers, event, run.samples, None))
    cluster = picture._clusters[0]
    assert np.array_equal(cluster.center.get_xydata()[0], place)
    assert (cluster.lines.get_xydata().reshape(-1, 3, 2)[:, 1] == place).all()
    assert not np.array_equal(scene.cells[0], cluster.region.get_path().vertices[:-1])
    assert np.array_equal(scene.centers, run.scene(3).centers)


def test_marks_show_what_the_hand_does(run, picture):
    picture.show(run.scene(3))
    places = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    picture.overlay.show(OverlayState(inspected=places, placed=places[:2], cloud=places[:2]))
    marks = picture.overlay
    assert marks._point.get_xydata().tolist() == [[1, 2]]
    assert marks._own.get_xydata().tolist() == [[1, 2], [3, 4]]
    assert marks._rival.get_xydata().tolist() == [[1, 2], [5, 6]]
    assert len(marks._placed.get_xydata()) == 2
    assert np.allclose(np.abs(marks._cloud.get_xydata() - (1, 2)).max(axis=0), (3, 4))
    picture.overlay.show(OverlayState(inspected=places[:2]))
    assert len(marks._rival.get_xydata()) == len(marks._cloud.get_xydata()) == 0


def test_the_chart_shows_other_branches_behind_the_run(run, picture):
    other = run.trace.curve(5) * (1.0, 1.5)
    scene = run.scene(4, curves=(run.trace.curve(4), other))
    picture.show(scene)
    drawn, axis = picture.chart._branches.get_xydata(), scene.inertia_axis
    assert np.array_equal(drawn[:4], axis.place(run.trace.curve(4)))
    assert np.array_equal(drawn[5:10], axis.place(other))
    assert axis.high == other[0, 1]


def test_the_key_of_the_chart_explains_what_is_there(run, picture):
    def explained():
        return [text.get_text() for text in picture.chart._legend.texts if text.get_visible()]

    curve = run.trace.curve(4)
    picture.show(run.scene(4, curves=(curve,)))
    assert explained() == ["assign", "recalculate"]
    picture.stale = picture.chart_stale = False
    picture.show(run.scene(4, curves=(curve, 2.0 * curve)))
    assert explained() == ["branches", "assign", "recalculate"]
    assert (picture.stale, picture.chart_stale) == (False, True)
    picture.show(run.scene(4, curves=(curve, curve[:0], curve), n_incomparable=1))
    assert explained() == ["2 of 3 branches", "assign", "recalculate"]


@pytest.mark.parametrize("width", [250, 350, 450, 900])
@pytest.mark.parametrize("n_incomparable", [0, 1])
@pytest.mark.parametrize("power", [1.0, 0.5])
def test_title_and_key_of_the_chart_never_overlap(run, picture, width, n_incomparable, power):
    curve = run.trace.curve(4)
    scene = run.scene(4, curves=(curve, curve), n_incomparable=n_incomparable)
    picture.resize(width + 86.5)
    axis = replace(scene.inertia_axis, power=power, low=0.1)
    picture.show(replace(scene, inertia_axis=axis))
    pixels(picture)
    title, key = picture.chart._title, picture.chart._legend
    assert title.get_text().startswith("Inertia")
    assert ("stretched" in title.get_text()) is (power < 1.0)
    if key.get_visible():
        assert title.get_window_extent().x1 < key.legend_handles[0].get_window_extent().x0
    assert key.get_visible() or width < 450


def test_a_curve_is_named(run, picture):
    curve = run.trace.curve(4)
    picture.show(run.scene(4, curves=(curve, curve[1:])))
    assert picture.chart.highlight(curve[1:], "costs $5 and $6")
    assert not picture.chart.highlight(curve[1:], "costs $5 and $6")
    assert np.array_equal(picture.chart._highlight.get_xydata()[:, 0], curve[1:, 0])
    assert "costs $5 and $6" in [
        a.get_text() for a in picture.animated_artists if isinstance(a, Text)
    ]
    pixels(picture)
    assert picture.chart.highlight(curve[:0], "")
    assert len(picture.chart._highlight.get_xydata()) == 0


def test_where_there_are_more_points_the_picture_is_darker(make_run, picture):
    X = np.random.default_rng(0).normal(size=(2000, 2))
    picture.show(make_run(X, X[:2]).scene(0))
    left, bottom, right, top = map(int, picture.map.bbox.extents)
    height = int(picture.figure.bbox.height)
    darkness = 255.0 - pixels(picture)[height - top : height - bottom, left:right, :3].mean(axis=2)
    x, y = (picture.map.transData.transform(X) - (left, bottom)).T
    tiles = [np.arange(0, size + 1, 12) for size in (top - bottom, right - left)]
    counts = np.histogram2d(top - bottom - y, x, bins=tiles)[0]
    dark = np.add.reduceat(np.add.reduceat(darkness, tiles[0][:-1]), tiles[1][:-1], axis=1)
    assert np.corrcoef(dark[counts > 0], np.sqrt(counts[counts > 0]))[0, 1] > 0.9


def test_before_the_first_assignment_all_points_are_grey(run, picture):
    picture.show(run.scene(0))
    assert len(picture._unassigned.get_xydata()) == 30
    assert all(not points for points in visible_points(picture).values())


def test_centroids_are_numbered_where_they_are(run, picture):
    scene = run.scene(2)
    picture.show(scene)
    numbers = picture.numbers.numbers
    assert [number.value for number in numbers] == [0, 1, 2]
    assert np.array_equal([number.point for number in numbers], scene.centers)
    for k, cluster in enumerate(picture._clusters[:3]):
        assert np.array_equal(cluster.center.get_xydata()[0], scene.centers[k])


def test_with_many_points_centroids_are_rings_with_their_numbers_beside_them(make_run, picture):
    X = np.random.default_rng(0).normal(size=(300, 2))
    scene = make_run(X, X[:3]).scene(2)
    picture.show(scene)
    assert [cluster.center.get_markerfacecolor() for cluster in picture._clusters] == ["none"] * 3
    assert len(picture._ring_edges.get_xydata()) == 3
    for number, offset in zip(picture.numbers.numbers, scene.numbers, strict=True):
        assert np.hypot(*offset) > scene.diameters[0] / 2
        assert np.allclose(number.offset, offset, rtol=0.01)


def test_a_number_turns_around_its_centroid_while_that_moves(make_run):
    X = np.random.default_rng(0).normal(size=(300, 2))
    before, after = (replace(make_run(X, X[:2]).scene(c), numbers=np.full((2, 2), v))
                     for c, v in ((1, [3.0, 0.0]), (2, [0.0, 3.0])))  # fmt: skip
    middle = scenes.interpolate(before, after, 0.5)
    assert np.allclose(middle.numbers, 1.5)
    nowhere = replace(before, numbers=np.full((2, 2), np.nan))
    assert np.array_equal(scenes.interpolate(nowhere, after, 0.5).numbers, after.numbers)


def test_with_many_clusters_numbers_are_shown_on_demand(make_run, picture):
    X = np.random.default_rng(0).normal(size=(300, 2))
    picture.show(make_run(X, X[:25]).scene(2))
    assert picture.numbers.numbers == []
    assert picture.name_cluster(17)
    assert not picture.name_cluster(17)
    assert [number.value for number in picture.numbers.numbers] == [17]
    assert picture.name_cluster(None)
    assert picture.numbers.numbers == []


def test_trails_are_dark_so_that_they_are_no_lines_to_points(run, picture):
    scene = run.scene(4)
    picture.show(scene)
    assert to_hex(picture._trails.get_color()) == INK
    assert picture._trails.get_linewidth() > picture._clusters[0].lines.get_linewidth()
    assert {tuple(dot) for dot in picture._trail_dots.get_xydata()} <= {
        tuple(place) for place in scene.trails[:-1].reshape(-1, 2)
    }


def test_lines_join_points_to_their_centroid(run, picture):
    scene = run.scene(1)
    picture.show(scene)
    for k, cluster in enumerate(picture._clusters[:3]):
        segments = cluster.lines.get_xydata().reshape(-1, 3, 2)
        assert np.array_equal(segments[:, 0], scene.backdrop.points[scene.labels == k])
        assert (segments[:, 1] == scene.centers[k]).all()


def test_lines_of_changed_points_grow(run, picture):
    scene = scenes.interpolate(run.scene(2), run.scene(3), 0.5)
    picture.show(scene)
    for k, cluster in enumerate(picture._clusters[:3]):
        segments = cluster.lines.get_xydata().reshape(-1, 3, 2)
        arrived = (segments[:, 1] == scene.centers[k]).all(axis=1)
        assert np.array_equal(~arrived, scene.changed[scene.labels == k])


def test_switched_off_lines_and_regions_are_not_drawn(run, picture):
    picture.show(run.scene(1))
    picture.show(run.scene(1, lines=False, regions=False))
    assert not any(c.lines.get_visible() or c.region.get_visible() for c in picture._clusters)


def test_fewer_clusters_hide_the_others(run, make_run, picture):
    picture.show(run.scene(1))
    fewer = make_run(run.samples.X, run.samples.X[:2])
    picture.show(fewer.scene(1))
    assert [c.center.get_visible() for c in picture._clusters[:3]] == [True, True, False]
    assert len(visible_points(picture)) == 2


def test_changed_points_are_ringed_but_not_in_the_first_assignment(run, picture):
    picture.show(run.scene(1))
    assert len(picture._rings.get_xydata()) == 0
    scene = run.scene(3)
    picture.show(scene)
    assert np.array_equal(picture._rings.get_xydata(), scene.backdrop.points[scene.changed])


@pytest.mark.parametrize(("spread", "opaque"), [(30.0, True), (0.3, False)])
def test_rings_that_overlap_are_faint_and_below_their_points(make_run, picture, spread, opaque):
    random = np.random.default_rng(0)
    X = np.concatenate([random.uniform(-spread, spread, (40, 2)), [[-40.0, 0.0], [40.0, 9.0]]])
    scene = make_run(X, [[-1.0, 0.0], [1.0, 0.0]]).scene(3)
    picture.show(replace(scene, changed=np.arange(42) < 40))
    assert (picture._rings.get_alpha() == 1.0) == opaque
    assert picture._rings.get_alpha() > 0.05
    assert all(picture._rings.zorder < c.points.zorder for c in picture._clusters)


def test_the_chart_shows_the_inertia_so_far(run, picture):
    scene = run.scene(4)
    picture.show(scene)
    assert np.array_equal(picture.chart._curve.get_xydata(), scene.inertia_axis.place(scene.curve))
    assert len(picture.chart._assigns.get_xydata()) == 2
    assert len(picture.chart._updates.get_xydata()) == 2
    assert picture.chart._cursor.get_xydata()[0, 0] == scene.curve[-1, 0]
    assert "sum of squared distances" in picture.chart.axes.get_title(loc="left")


def test_axes_carry_the_names_of_the_features(run, picture):
    picture.show(run.scene(0))
    assert (picture.map.get_xlabel(), picture.map.get_ylabel()) == ("feature 0", "feature 1")


@pytest.mark.parametrize(
    ("low", "high", "value", "label"),
    [
        (15000, 95000, 90000, "90000"),
        (0, 10, 2.5, "2.5"),
        (0, 10, 4, "4"),
        (0, 1, 0.25, "0.25"),
        (0, 6e5, 2e5, "200k"),
        (-1e5, 5e5, -1e5, "-100k"),
        (0, 2.4e6, 5e5, "0.5M"),
        (0, 2.4e6, 0, "0"),
        (-4e9, 3e9, -2e9, "-2e+09"),
        (0, 5e-9, 2e-9, "2e-09"),
        (1e8, 1e8 + 4, 1e8 + 1, "100000001"),
    ],
)
def test_ticks_tell_their_values_apart(low, high, value, label):
    assert _tick_formatter(low, high)(value, None) == label


def test_a_frame_of_a_glide_leaves_the_background_alone(run, picture):
    before, after = run.scene(1), run.scene(2)
    picture.show(after)
    assert picture.stale
    picture.stale = picture.chart_stale = False
    picture.show(scenes.interpolate(before, after, 0.5))
    assert not picture.stale
    assert not picture.chart_stale


@pytest.mark.parametrize(("width", "dots"), [(540, 100), (230, 100), (990, 150)])
def test_a_chart_drawn_alone_is_that_of_a_picture_drawn_as_a_whole(make_run, width, dots):
    X = np.random.default_rng(3).normal(size=(300, 2)) * 1e3
    long = make_run(X, X[:9])
    whole, n_charts = long.trace, 0
    picture, other = Picture(), Picture()
    blitters = []
    for each in (picture, other):
        FigureCanvasAgg(each.figure)
        each.figure.set_dpi(dots)
        each.resize(width)
        blitters.append(Blitter(each))
    for cursor in range(1, whole.last_cursor + 1, 3):
        long.trace = whole[: (cursor + 1) // 2 + 1]
        scene = long.scene(cursor, curves=(whole.curve(4),) * (cursor // 8))
        for each in (picture, other):
            each.show(scene)
        n_charts += picture.chart_stale and not picture.stale
        other.stale = True
        one, all_at_once = (blitter.render() for blitter in blitters)
        assert np.array_equal(one, all_at_once)
    assert n_charts > 2


def test_a_longer_curve_gets_a_longer_axis_now_and_then(make_run, picture):
    X = np.random.default_rng(3).normal(size=(300, 2))
    long = make_run(X, X[:9])
    whole = long.trace
    for cursor in range(1, whole.last_cursor + 1):
        long.trace = whole[: (cursor + 1) // 2 + 1]  # as far as it is known by then
        scene = long.scene(cursor)
        picture.show(scene)
        left, right = picture.chart.axes.get_xlim()
        bottom, top = picture.chart.axes.get_ylim()
        shown = picture.chart._curve.get_xydata()
        assert all(left < x < right and bottom <= y < top for x, y in shown)
    assert picture.chart.axes.get_xlim()[1] == pytest.approx(whole.n_iter + 0.3)


def test_a_run_that_has_ended_leaves_the_chart_alone_while_it_is_looked_through(run, picture):
    picture.show(run.scene(1))
    picture.stale = picture.chart_stale = False
    for cursor in range(1, run.trace.last_cursor + 1):
        picture.show(run.scene(cursor))
    assert not picture.stale
    assert not picture.chart_stale


def test_a_long_run_has_no_dots(run, picture):
    scene = run.scene(4)
    picture.show(replace(scene, inertia_axis=replace(scene.inertia_axis, last=40.0)))
    assert len(picture.chart._assigns.get_xydata()) == len(picture.chart._updates.get_xydata()) == 0
    assert len(picture.chart._curve.get_xydata()) == 4


def test_the_picture_depends_on_the_scene_alone(run):
    """Whatever was shown before, the same scene gives the same pixels."""
    straight, wandering = Picture(), Picture()
    for cursor in (0, 5, 2, 1, 3):
        wandering.show(run.scene(cursor))
    straight.show(run.scene(3))
    assert np.array_equal(pixels(straight), pixels(wandering))


@pytest.mark.parametrize(
    "style",
    [
        ["dark_background", "seaborn-v0_8-poster"],
        ["ggplot", "fast"],
        [{"path.sketch": (1, 100, 2), "lines.dashed_pattern": [1, 9], "xtick.bottom": False}],
    ],
)
def test_the_users_style_stays_out_of_the_picture(make_run, style):
    X = np.random.default_rng(0).normal(size=(40, 2))
    many = make_run(X, X[:7])  # more clusters than artists are prepared for
    plain = Picture()
    plain.show(many.scene(3))
    with mpl.style.context(style):
        styled = Picture()
        styled.prepare()
        styled.show(many.scene(3))
        seen = pixels(styled)
    assert np.array_equal(pixels(plain), seen)


def test_points_that_deceive_are_marked_on_request_unless_their_cluster_is_hidden(
    make_run, picture
):
    X = np.random.default_rng(0).normal(size=(60, 5))
    scene = make_run(X, X[:3]).scene(3)
    assert scene.deceptive.sum() > 3
    picture.show(scene)
    assert len(picture._holes.get_xydata()) == 0
    picture.show(replace(scene, marks=True))
    marked = scene.backdrop.points[scene.deceptive]
    assert picture._holes.get_xydata().tolist() == marked.tolist()
    picture.show(replace(scene, marks=True, hidden=frozenset({1})))
    assert len(picture._holes.get_xydata()) == (scene.deceptive & (scene.labels != 1)).sum()


def test_what_a_cell_sets_while_artists_are_created_stays():
    with mpl.rc_context({"lines.linewidth": 9, "interactive": True}):
        with default_style():
            assert mpl.rcParams["lines.linewidth"] == mpl.rcParamsDefault["lines.linewidth"]
            assert mpl.rcParams["interactive"]
            mpl.rcParams["axes.grid"] = True
        assert mpl.rcParams["lines.linewidth"] == 9
        assert mpl.rcParams["axes.grid"]


def pixels(picture):
    canvas = FigureCanvasAgg(picture.figure)
    canvas.draw()
    for artist in picture.animated_artists:
        artist.draw(canvas.get_renderer())
    return np.array(canvas.buffer_rgba())


def test_points_are_drawn_in_the_size_of_their_weight(make_run, picture, monkeypatch):
    X = np.random.default_rng(0).normal(size=(40, 2))
    weights = np.repeat([1.0, 2.0, 4.0, 16.0], 10)
    heavy = make_run(X, X[:1], weights=weights)
    picture.show(heavy.scene(1))
    points, drawn = picture._clusters[0].points, []

    def note(line, _):
        drawn.append((line.get_markersize(), line.get_xydata().tolist()))

    monkeypatch.setattr(Line2D, "draw", note)
    points.draw(FigureCanvasAgg(picture.figure).get_renderer())
    usual, sizes = points.get_markersize(), np.unique(heavy.backdrop.sizes)
    assert drawn == [
        (usual * size, X[heavy.backdrop.sizes == size].tolist()) for size in sizes[::-1]
    ]
    assert np.array_equal(points.get_xydata(), X)


@pytest.mark.parametrize("width", [240, 479, 480, 540, 1240])
def test_map_and_chart_share_the_picture_without_overlap(width):
    height, (left, bottom, span, _), (chart_left, chart_bottom, chart_span, chart_height) = arrange(
        width
    )
    assert (left, span) == (chart_left, chart_span)
    assert 60 <= left < left + span < width
    assert chart_bottom > 20  # ticks
    assert bottom - chart_bottom - chart_height >= 60  # ticks, the name of the axis, a title
    assert bottom + span / ASPECT < height


@pytest.mark.parametrize("width", [240, 540, 1240])
def test_no_text_of_the_chart_overlaps_another_or_is_cut_off(run, width):
    picture = Picture(FigureCanvasAgg(Figure()).figure)
    picture.show(run.scene(4))
    picture.resize(width)
    FigureCanvasAgg.draw(picture.figure.canvas)
    axes = picture.chart.axes
    left, right = axes.get_xlim()
    ticks = [
        tick.label1 for tick in axes.xaxis.get_major_ticks() if left <= tick.get_loc() <= right
    ]
    texts = [axes._left_title, axes.get_legend(), axes.texts[0], *ticks]
    boxes = [text.get_window_extent() for text in texts if text.get_visible()]
    assert len(boxes) > 3
    for box in boxes:
        assert picture.figure.bbox.count_contains(box.corners()) == 4
        assert box.count_overlaps(boxes) == 1
