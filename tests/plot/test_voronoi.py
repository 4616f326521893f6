import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.path import Path

from kmeans_widget.plot.voronoi import BRUTE_FORCE_SITES, N_NEIGHBOURS, voronoi_cells

BOX = (-1.0, 11.0, -1.0, 8.0)


def area(corners):
    if len(corners) < 3:
        return 0.0
    x, y = (corners - corners[0]).T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def clipped(centers, box):
    """Cut the box by one half-plane after the other: the definition."""
    regions = []
    for k in range(len(centers)):
        corners = np.array([(box[i], box[j]) for i, j in ((0, 2), (1, 2), (1, 3), (0, 3))])
        for j in set(range(len(centers))) - {k}:
            normal = 2 * (centers[j] - centers[k])
            limit = (centers[j] ** 2).sum() - (centers[k] ** 2).sum()
            if not normal.any() and limit == 0 and j < k:  # equal: the first has it all
                corners = corners[:0]
            corners = half_plane(corners, corners @ normal - limit)
        regions.append(corners)
    return regions


def half_plane(corners, excess):
    kept = []
    for i in range(len(corners)):
        a, b = excess[i - 1], excess[i]
        if a * b < 0:
            kept.append(corners[i - 1] + a / (a - b) * (corners[i] - corners[i - 1]))
        if b <= 0:
            kept.append(corners[i])
    return np.reshape(kept, (-1, 2))


random = np.random.default_rng(0)
CROWDS = {
    "scattered": random.normal(5, 3, (130, 2)),
    "on a grid": np.indices((13, 10)).reshape(2, -1).T * 1.0,
    "on a line": np.linspace(-3, 14, 130)[:, None] * (1.0, 0.5),
    "on a circle": np.column_stack([np.cos(range(130)), np.sin(range(130))]) + 5.0,
    "all equal": np.full((130, 2), 3.0),
    "each twice": np.repeat(random.normal(5, 3, (65, 2)), 2, axis=0),
    "far outside": random.normal(0, 1e6, (130, 2)),
    "close together": 5 + random.normal(0, 1e-7, (130, 2)),
    "one amid many equal": np.r_[[[2.0, 2.0]], np.full((130, 2), 3.0)],
}


# Few, as many as are tried first, and so many that a tree finds them.
@pytest.mark.parametrize(
    ("name", "n"),
    [
        *((name, BRUTE_FORCE_SITES + 30) for name in CROWDS),
        *((name, N_NEIGHBOURS + 1) for name in ("scattered", "on a circle", "far outside")),
        *((name, 5) for name in ("scattered", "on a line", "each twice", "close together")),
    ],
)
def test_the_cells_are_those_cut_by_every_half_plane(name, n):
    centers = CROWDS[name][:n]
    expected = clipped(centers - 5, tuple(np.subtract(BOX, 5)))  # cancels less
    for region, other in zip(voronoi_cells(centers, BOX), expected, strict=True):
        assert area(region) == pytest.approx(area(other), rel=1e-6, abs=1e-6)
        if area(other) > 1e-6:
            assert np.allclose(region.min(axis=0), other.min(axis=0) + 5, atol=1e-5)
            assert np.allclose(region.max(axis=0), other.max(axis=0) + 5, atol=1e-5)


def test_a_thousand_cells_belong_to_their_nearest_centres():
    centers = random.normal(5, 3, (1000, 2))
    regions = voronoi_cells(centers, BOX)
    assert sum(map(area, regions)) == pytest.approx(12 * 9)
    for k, region in enumerate(regions):
        if area(region) > 1e-9:
            middle = region.mean(axis=0)
            assert ((centers - middle) ** 2).sum(axis=1).argmin() == k


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1e-280, 1e-280), (1e-280, 1e150), (1e150, 1e-280), (1e150, 1e150), (1e-150, 1e-15),
        (1e-15, 1e-150), (1.0, 1.0), (1.0, 1e-280), (1e150, 1.0),
    ],
)  # fmt: skip
def test_two_centres_share_a_box_of_any_size(width, height):
    centers = np.array([[0.25, 0.25], [0.75, 0.75]]) * (width, height)
    first, second = (
        np.divide(corners, (width, height))
        for corners in voronoi_cells(centers, (0.0, width, 0.0, height))
    )
    assert area(first) == pytest.approx(0.5)
    assert area(second) == pytest.approx(0.5)
    if width == height:
        assert np.allclose(np.sort(first.sum(axis=1)), [0, 1, 1])
    elif width > height * 1e5:  # the border stands upright
        assert first[:, 0].max() == pytest.approx(second[:, 0].min()) == pytest.approx(0.5)


@pytest.mark.parametrize("far", [1e9, 1e100, 1e165, -1e300])
def test_a_centre_far_away_takes_nothing(far):
    centers = np.array([[2.0, 2.0], [far, 3.0], [8.0, 2.0], [2.0, far]])
    first, none, second, neither = voronoi_cells(centers, BOX)
    assert first[:, 0].max() == pytest.approx(5.0) == pytest.approx(second[:, 0].min())
    assert area(none) == area(neither) == 0.0


some_centers = st.integers(1, 7).flatmap(
    lambda k: hnp.arrays(float, (k, 2), elements=st.integers(0, 20).map(lambda v: v / 2))
)


@given(some_centers)
def test_cells_divide_the_box(centers):
    regions = voronoi_cells(centers, BOX)
    assert sum(area(corners) for corners in regions) == pytest.approx(12 * 9)


@given(some_centers)
def test_every_point_lies_in_the_cell_of_its_nearest_centre(centers):
    regions = voronoi_cells(centers, BOX)
    points = np.random.default_rng(0).uniform([-1, -1], [11, 8], (40, 2))
    distances = ((points[:, None] - centers) ** 2).sum(-1)
    ranked = np.sort(distances, axis=1)
    clear = np.ones(40, bool) if len(centers) == 1 else ranked[:, 1] - ranked[:, 0] > 1e-6
    for point, nearest in zip(points[clear], distances.argmin(axis=1)[clear], strict=True):
        assert Path(regions[nearest]).contains_point(point, radius=1e-9) or Path(
            regions[nearest]
        ).contains_point(point, radius=-1e-9)


def test_the_first_of_equal_centres_has_the_cell():
    first, second = voronoi_cells(np.array([[5.0, 5.0], [5.0, 5.0]]), BOX)
    assert area(first) == pytest.approx(12 * 9)
    assert len(second) == 0


@given(some_centers)
def test_with_units_of_their_own_the_axes_are_no_more_than_stretched(centers):
    spread = np.array([0.5, 20.0])
    stretched = tuple(np.multiply(BOX, np.repeat(spread, 2)))
    plain = voronoi_cells(centers, BOX)
    regions = voronoi_cells(centers * spread, stretched, spread)
    # Where borders only touch, rounding decides on corners that bound nothing.
    for region, other in zip(regions, plain, strict=True):
        assert area(region) == pytest.approx(area(other) * spread.prod(), rel=1e-9, abs=1e-9)
