"""The limits of the map, and what becomes of centroids beyond them."""

import numpy as np
import pytest

from kmeans_widget.plot.limits import (
    ASPECT,
    DISC_RADIUS,
    MAP_PIXELS,
    OUTSIDE_MARGIN,
    arrowheads,
    clamp_to_box,
    limits_around,
)

BOX = (0.0, 10.0, -2.0, 3.0)
PIXEL = np.array([10.0, 5.0]) / MAP_PIXELS


@pytest.mark.parametrize("center", [(5.0, 0.0), (1.0, 2.0), (9.0, -1.0)])
def test_a_centroid_well_inside_is_drawn_where_it_is(center):
    centers = np.array([center])
    assert clamp_to_box(centers, BOX).tolist() == [list(center)]
    assert arrowheads(centers, BOX).shape == (0, 2)


@pytest.mark.parametrize("center", [(0.0, -2.0), (10.0, 0.0), (5.0, 2.99)])
def test_at_the_edge_its_disc_is_whole_and_covers_its_place(center):
    centers = np.array([center])
    disc = clamp_to_box(centers, BOX)[0]
    room = np.minimum(disc - (0.0, -2.0), (10.0, 3.0) - disc) / PIXEL
    assert (room > DISC_RADIUS - 1e-6).all()
    assert (np.abs(disc - center) / PIXEL < DISC_RADIUS + 1e-6).all()
    assert arrowheads(centers, BOX).shape == (0, 2)


@pytest.mark.parametrize(
    "center", [(50.0, 50.0), (-1e9, 0.0), (5.0, -2.1), (10.01, 3.01), (1e150, 0.0)]
)
def test_outside_its_disc_stays_on_the_map_and_an_arrow_points_to_it(center):
    centers = np.array([center, (5.0, 0.0)])
    disc, arrow = clamp_to_box(centers, BOX)[0], arrowheads(centers, BOX)
    corners = np.concatenate([[disc], arrow[:3]])
    assert ((corners >= (0.0, -2.0)) & (corners <= (10.0, 3.0))).all()
    assert np.isnan(arrow[3]).all()
    assert len(arrow) == 4
    tip, way = (arrow[1] - disc) / PIXEL, (center - disc) / PIXEL
    assert tip @ way / np.linalg.norm(way) == pytest.approx(np.linalg.norm(tip))
    assert DISC_RADIUS < np.linalg.norm(tip) < OUTSIDE_MARGIN * DISC_RADIUS


@pytest.mark.parametrize("noise", [0.0, 1e-12])
def test_what_is_rounding_is_not_drawn_large(noise):
    points = np.array([[0.0, 1e-16], [10.0, -1e-16], [4.0, 0.0]])
    left, right, bottom, top = limits_around(points, noise=noise)
    assert right - left == pytest.approx(11.6)
    assert top - bottom == pytest.approx(11.6 / ASPECT if noise else 2.32e-16)
