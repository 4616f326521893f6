import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.plot import backdrop as backdrop_module
from kmeans_widget.plot import density as density_module
from kmeans_widget.plot.backdrop import MAX_POINTS, lay_out
from kmeans_widget.plot.density import Density, grid_shape
from kmeans_widget.plot.figure import Picture
from kmeans_widget.plot.limits import ASPECT
from kmeans_widget.plot.palette import COLORS, UNASSIGNED, color
from kmeans_widget.scaling import fit_scaling


def cells_by_hand(plane, box, shape):
    """The row and the column of each place, and which are inside."""
    left, right, bottom, top = box
    height, width = shape
    column = np.floor((plane[:, 0] - left) / (right - left) * width).astype(int)
    row = np.floor((plane[:, 1] - bottom) / (top - bottom) * height).astype(int)
    return row, column, (row >= 0) & (row < height) & (column >= 0) & (column < width)


def nearest_by_hand(X, centers):
    return ((X[:, None] - centers) ** 2).sum(-1).argmin(1)


def counts_by_hand(backdrop, centers=None, before=None, box=None):
    """Count in a loop, from the scaled samples."""
    X = backdrop.samples.X
    plane = backdrop.projection.project(backdrop.scaling.inverse_transform(X))
    n_layers = 1 if centers is None else min(len(centers), len(COLORS))
    shape = grid_shape(len(X))
    row, column, inside = cells_by_hand(plane, box or backdrop.box, shape)
    layer = np.zeros(len(X), int)
    changed = np.zeros(len(X), bool)
    if centers is not None:
        labels = nearest_by_hand(X, centers)
        layer = labels % len(COLORS)
        if before is not None:
            changed = labels != nearest_by_hand(X, before)
    counts = np.zeros((n_layers + 1, *shape), int)
    for i in np.flatnonzero(inside):
        counts[layer[i], row[i], column[i]] += 1
        counts[-1, row[i], column[i]] += changed[i]
    return counts


def many(n_features=2, n=MAX_POINTS + 3000, dtype=np.float64, seed=0):
    random = np.random.default_rng(seed)
    centers = random.normal(0, 4, (5, n_features))
    X = centers[random.integers(0, 5, n)] + random.normal(size=(n, n_features))
    return np.ascontiguousarray(X, dtype), centers.astype(np.float64)


@pytest.fixture(params=["assign all", "assign where clusters meet"], autouse=True)
def way(request, monkeypatch):
    least = 0 if request.param.endswith("meet") else np.inf
    monkeypatch.setattr(density_module, "PLANE_WORK", least)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n_features", "axes", "scale"),
    [(1, None, "none"), (2, None, "none"), (2, (1, 0), "minmax"), (3, (2, 0), "none"),
     (4, None, "standard"), (7, None, "robust")],
)  # fmt: skip
def test_every_point_is_counted_in_its_cell(n_features, axes, scale, dtype, monkeypatch):
    monkeypatch.setattr(density_module, "BLOCK", 2048)  # several blocks
    X, centers = many(n_features, dtype=dtype)
    scaling = fit_scaling(X, scale)
    samples = ArraySamples(scaling.transform(X))
    names = tuple("abcdefg"[:n_features])
    backdrop = lay_out(samples, names, scaling=scaling, axes=axes)
    centers = scaling.transform(centers)
    before = centers + 0.2
    slots = range(5)
    for made, hand in (
        (backdrop.cells.count(slots), counts_by_hand(backdrop)),
        (
            backdrop.cells.count(slots, centers=centers, before=before),
            counts_by_hand(backdrop, centers, before),
        ),
    ):
        assert made.counts[:-1].sum() == len(X)
        # On the border of two cells, rounding may decide.
        assert np.abs(made.counts - hand).sum() <= 4 * made.counts.shape[0]
    assert made.colors == tuple(map(color, slots))


def test_any_number_of_threads_and_blocks_gives_the_same_counts(monkeypatch):
    X, centers = many()
    counts = []
    for block in (512, 5000, 2**18):
        monkeypatch.setattr(density_module, "BLOCK", block)
        backdrop = lay_out(ArraySamples(X), ("a", "b"))
        counts.append(backdrop.cells.count(range(5), centers=centers, before=centers - 1).counts)
    assert np.array_equal(counts[0], counts[1])
    assert np.array_equal(counts[0], counts[2])


def test_few_clusters_in_large_cells_are_told_apart_within_them(monkeypatch):
    """Every cell is one where clusters meet."""
    monkeypatch.setattr(density_module, "COLUMNS", (3, 3))
    X, centers = many()
    backdrop = lay_out(ArraySamples(X), ("a", "b"))
    density = backdrop.cells.count(range(5), centers=centers, before=centers + 0.5)
    labels = nearest_by_hand(X, centers)
    assert density.counts[:-1].sum(axis=(1, 2)).tolist() == np.bincount(labels).tolist()
    assert density.counts[-1].sum() == np.count_nonzero(labels != nearest_by_hand(X, centers + 0.5))


def test_hidden_clusters_are_not_counted_and_equal_colours_share_a_layer():
    X, _ = many()
    centers = X[:14].copy()
    backdrop = lay_out(ArraySamples(X), ("a", "b"))
    labels = nearest_by_hand(X, centers)
    density = backdrop.cells.count(range(14), frozenset({3}), centers)
    assert density.counts[:-1].sum() == np.count_nonzero(labels != 3)
    assert color(3) not in density.colors
    assert density.groups[0] == (0, 12)  # colours repeat after twelve
    assert density.counts[0].sum() == np.isin(labels, (0, 12)).sum()
    nothing = backdrop.cells.count(range(14), frozenset(range(14)), centers)
    assert not nothing.counts.any()
    assert not nothing.pixels()[..., 3].any()


def test_the_same_count_is_not_made_again(monkeypatch):
    X, centers = many()
    cells = lay_out(ArraySamples(X), ("a", "b")).cells
    first = cells.count(range(5), centers=centers, before=centers - 1)
    monkeypatch.setattr(density_module, "add_to_cells", None)
    monkeypatch.setattr(density_module, "rows_inside", None)
    assert cells.count(range(5), centers=centers, before=centers - 1) is first
    after = cells.count(range(5), centers=centers)  # as in the recalculation that follows
    assert np.array_equal(after.counts[:-1], first.counts[:-1])
    assert first.marks() is not None
    assert after.marks() is None


def test_a_cell_has_the_mean_colour_of_its_points_and_the_opacity_of_their_number():
    counts = np.zeros((3, 1, 4), np.int32)
    counts[0, 0] = [1, 100, 50, 0]
    counts[1, 0] = [0, 0, 50, 0]
    pixels = Density((0, 1, 0, 1), counts, ("#ff0000", "#0000ff"), ((0,), (1,))).pixels()[0]
    assert pixels[:2, :3].tolist() == [[255, 0, 0], [255, 0, 0]]
    red, green, blue, _ = pixels[2].tolist()
    assert red == blue
    assert red == 180  # half of the light: brighter than half of the number
    assert green == 0
    assert pixels[0, 3] < pixels[1, 3] == pixels[2, 3] == 255
    assert pixels[3, 3] == 0


def test_only_cells_with_changed_points_are_marked_and_more_where_more_have():
    counts = np.zeros((2, 1, 3), np.int32)
    counts[0, 0], counts[1, 0] = [10, 10, 10], [0, 1, 10]
    marks = Density((0, 1, 0, 1), counts, ("#ff0000",), ((0,),)).marks()[0, :, 3]
    assert 0 == marks[0] < marks[1] < marks[2]
    counts[1] = 0
    assert Density((0, 1, 0, 1), counts, ("#ff0000",), ((0,),)).marks() is None


def test_points_without_a_cluster_are_grey():
    X, _ = many()
    density = lay_out(ArraySamples(X), ("a", "b")).cells.count(range(3))
    assert density.colors == (UNASSIGNED,)
    assert density.groups == ((),)


def test_cells_by_their_middle_keep_their_numbers():
    X, centers = many()
    backdrop = lay_out(ArraySamples(X), ("a", "b"))
    exact = backdrop.cells.count(range(5), centers=centers)
    estimate = backdrop.cells.by_middle(exact, range(5), centers)
    assert np.array_equal(estimate.counts[:-1].sum(0), exact.counts[:-1].sum(0))
    assert np.abs(estimate.counts - exact.counts).sum() < 0.02 * len(X)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    corner=st.tuples(st.floats(-4, 4), st.floats(-4, 4)),
    size=st.tuples(st.floats(0.001, 8), st.floats(0.001, 8)),
)
def test_any_view_shows_its_points_singly_or_as_density(corner, size):
    X, _ = many(seed=1)
    whole = lay_out(ArraySamples(X), ("a", "b"))
    (x, y), (width, height) = corner, size
    seen = whole.zoomed((x, x + width, y, y + height))
    left, right, bottom, top = seen.box
    assert left >= whole.home[0] - 1e-9
    assert right <= whole.home[1] + 1e-9
    if seen.box != whole.home:
        assert (right - left) / (top - bottom) == pytest.approx(
            (whole.home[1] - whole.home[0]) / (whole.home[3] - whole.home[2])
        )
    inside = (X[:, 0] >= left) & (X[:, 0] < right) & (X[:, 1] >= bottom) & (X[:, 1] < top)
    if inside.sum() > MAX_POINTS or not inside.any():
        assert seen.cells.n_inside == inside.sum()
        assert abs(seen.cells.count(()).counts.sum() - inside.sum()) <= 2
    else:
        assert seen.cells is None
        assert np.array_equal(seen.rows, np.flatnonzero(inside))
        assert np.allclose(seen.points, X[inside])


def test_the_picture_has_the_colour_of_each_cell_where_it_is():
    cells = Density(
        (0.0, 2.0, 0.0, 2.0), np.zeros((4, 2, 2), np.int32), ("#ff0000", "#00ff00", "#0000ff"),
        ((0,), (1,), (2,)),
    )  # fmt: skip
    cells.counts[0, 0, 0] = cells.counts[1, 0, 1] = cells.counts[2, 1, 0] = 50
    picture = Picture()
    canvas = FigureCanvasAgg(picture.figure)
    picture.map.set(xlim=(0, 2), ylim=(0, 2))
    picture.map.grid(visible=False)
    image = picture._cells
    image.box, image.images = cells.box, [(cells.pixels(), 1.0)]
    image.set_animated(False)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    to_pixel = picture.map.transData.transform

    def at(x, y):
        across, up = to_pixel((x, y))
        return pixels[len(pixels) - 1 - int(up), int(across), :3].tolist()

    assert at(0.5, 0.5) == [255, 0, 0]
    assert at(1.5, 0.5) == [0, 255, 0]
    assert at(0.5, 1.5) == [0, 0, 255]
    assert at(1.5, 1.5) == [255, 255, 255]
    picture.map.set(xlim=(1, 3), ylim=(0, 2))  # a part of it, and nothing beyond
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    assert at(1.5, 0.5) == [0, 255, 0]
    assert at(2.5, 0.5) == [255, 255, 255]


def test_the_grid_has_the_proportions_of_the_map():
    for n in (10, 20_000, 10**7):
        height, width = grid_shape(n)
        assert width / height == pytest.approx(ASPECT, rel=0.02)


def test_all_points_are_within_the_limits_however_few_are_far_away():
    X, _ = many()
    X[12_345] = 500, -300
    backdrop = lay_out(ArraySamples(X), ("a", "b"))
    left, right, bottom, top = backdrop.box
    assert left < 500 < right
    assert bottom < -300 < top
    assert backdrop.cells.count(()).counts.sum() == len(X)


def test_principal_components_are_those_of_all_points(monkeypatch):
    X = np.random.default_rng(4).normal(size=(2 * MAX_POINTS, 5)) * [5, 4, 3, 2, 1]
    X[MAX_POINTS:, 4] *= 30  # a direction that a part of the points does not have
    X += 1e4
    names = tuple("abcde")
    offsets = X - X.mean(axis=0)
    _, singular, directions = np.linalg.svd(offsets, full_matrices=False)
    backdrop = lay_out(ArraySamples(X), names)
    assert np.allclose(np.abs(directions[:2] @ backdrop.projection.axes), np.eye(2), atol=1e-9)
    share = (singular[:2] ** 2).sum() / (singular**2).sum()
    assert backdrop.shown_share == pytest.approx(share)
    assert not backdrop.is_of_sample
    monkeypatch.setattr(backdrop_module, "SCATTER_WORK", 0)
    of_sample = lay_out(ArraySamples(X), names)
    assert of_sample.is_of_sample
    assert of_sample.shown_share == pytest.approx(share, abs=0.02)
    assert of_sample.shown_share != backdrop.shown_share


@pytest.mark.parametrize("size", [1e-200, 1e-3, 1e120])
def test_a_direction_of_hardly_any_variance_is_not_rounding_error(size):
    random = np.random.default_rng(5)
    X = random.normal(size=(2 * MAX_POINTS, 3)) * [1, 1e-7, 1e-13] * size
    axes = lay_out(ArraySamples(X), tuple("abc")).projection.axes
    assert np.allclose(np.abs(axes), np.eye(3, 2), atol=1e-3)
