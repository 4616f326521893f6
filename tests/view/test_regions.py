import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.path import Path

from kmeans_widget.view.regions import cells

BOX = (-1.0, 11.0, -1.0, 8.0)


def area(corners):
    if len(corners) < 3:
        return 0.0
    x, y = corners.T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


centers_and_heights = st.integers(1, 7).flatmap(
    lambda k: st.tuples(
        hnp.arrays(float, (k, 2), elements=st.integers(0, 20).map(lambda v: v / 2)),
        hnp.arrays(float, k, elements=st.integers(0, 8).map(float)),
    )
)


@given(centers_and_heights)
def test_cells_divide_the_box(case):
    regions = cells(*case, BOX)
    assert sum(area(corners) for corners in regions) == pytest.approx(12 * 9)


@given(centers_and_heights)
def test_every_point_lies_in_the_cell_of_its_nearest_centre(case):
    centers, heights = case
    regions = cells(centers, heights, BOX)
    points = np.random.default_rng(0).uniform([-1, -1], [11, 8], (40, 2))
    distances = ((points[:, None] - centers) ** 2).sum(-1) + heights
    ranked = np.sort(distances, axis=1)
    clear = np.ones(40, bool) if len(centers) == 1 else ranked[:, 1] - ranked[:, 0] > 1e-6
    for point, nearest in zip(points[clear], distances.argmin(axis=1)[clear], strict=True):
        assert Path(regions[nearest]).contains_point(point, radius=1e-9) or Path(
            regions[nearest]
        ).contains_point(point, radius=-1e-9)


def test_the_first_of_equal_centres_has_the_cell():
    first, second = cells(np.array([[5.0, 5.0], [5.0, 5.0]]), np.zeros(2), BOX)
    assert area(first) == pytest.approx(12 * 9)
    assert len(second) == 0


@given(centers_and_heights)
def test_with_units_of_their_own_the_axes_are_no_more_than_stretched(case):
    centers, heights = case
    spread = np.array([0.5, 20.0])
    stretched = tuple(np.multiply(BOX, np.repeat(spread, 2)))
    plain = cells(centers, heights, BOX)
    regions = cells(centers * spread, heights, stretched, spread)
    # Where borders only touch, rounding decides on corners that bound nothing.
    for region, other in zip(regions, plain, strict=True):
        assert area(region) == pytest.approx(area(other) * spread.prod(), rel=1e-9, abs=1e-9)
