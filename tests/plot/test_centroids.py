import numpy as np
import pytest

from kmeans_widget.plot.centroids import (
    DOT_GAP,
    GAP,
    LEADER,
    MAP_SIZE,
    MAX_NUMBERED,
    NUMBER_HEIGHT,
    leader,
    place_numbers,
    ring_size,
    trim_trails,
)

BOX = (0.0, MAP_SIZE[0], 0.0, MAP_SIZE[1])  # one unit is one typographic point
MIDDLE = MAP_SIZE / 2
NOWHERE = np.full((300, 2), -99.0)


def numbers(discs, points=NOWHERE, hidden=()):
    visible = ~np.isin(np.arange(len(discs)), hidden)
    return place_numbers(np.asarray(discs, dtype=float), visible, points, BOX)


def test_with_few_points_the_numbers_are_on_the_discs_unless_these_overlap():
    places = [MIDDLE, np.add(MIDDLE, (0, 60)), np.add(MIDDLE, (5, 60))]
    on_disc = (numbers(places, NOWHERE[:30]) == 0).all(axis=1)
    assert on_disc.tolist() == [True, False, False]
    assert (numbers(places, NOWHERE[:30], hidden=[2])[:2] == 0).all()
    assert not (numbers(places) == 0).any()


@pytest.mark.parametrize("k", [2, 6, 15])
@pytest.mark.parametrize("spread", [0.0, 3.0, 40.0])
def test_numbers_hide_neither_rings_nor_each_other(k, spread):
    places = MIDDLE + np.random.default_rng(k).uniform(-spread, spread, (k, 2))
    offsets = numbers(places)
    written = np.flatnonzero(~np.isnan(offsets[:, 0]))
    assert len(written) >= min(k, 6)
    middles = (places + offsets)[written]
    assert (np.abs(middles[:, None] - places).max(axis=2) > NUMBER_HEIGHT / 2).all()
    apart = np.abs(middles[:, None] - middles).max(axis=2) + 99 * np.eye(len(written))
    assert (apart > NUMBER_HEIGHT * 0.9).all()
    assert (np.abs(middles - MIDDLE) < MIDDLE).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_number_without_a_line_is_nearest_to_its_own_ring(seed):
    k = 12
    places = MIDDLE + np.random.default_rng(seed).uniform(-60, 60, (k, 2))
    offsets = numbers(places)
    apart = np.hypot(*(places[:, None] - places).T) > ring_size(k)
    for i in np.flatnonzero(~np.isnan(offsets[:, 0])):
        if leader(offsets[i], ring_size(k)) is None:
            distances = np.hypot(*(places - places[i] - offsets[i]).T)
            assert distances[i] < distances[apart[i]].min()


def test_a_number_far_from_its_ring_has_a_line_to_it():
    diameter, offsets = ring_size(16), numbers(np.tile(MIDDLE, (16, 1)))
    lines = [leader(offset, diameter) for offset in offsets]
    near = [line is None for line in lines]
    assert near == [True] * 8 + [False] * 8
    start, end = lines[8]
    assert np.hypot(*start) == pytest.approx(diameter / 2)
    assert np.hypot(*end) == pytest.approx(diameter / 2 + LEADER)
    assert np.hypot(*offsets[8]) > np.hypot(*end) + GAP


def test_a_number_is_written_where_it_hides_no_point():
    above = MIDDLE + (np.random.default_rng(0).uniform(-25, 25, (300, 2)) * (1, 0.4) + (0, 12))
    assert numbers([MIDDLE])[0, 1] > 0
    assert numbers([MIDDLE], above)[0, 1] < -5


def test_of_many_clusters_and_of_hidden_ones_there_are_no_numbers():
    assert np.isnan(numbers(np.tile(MIDDLE, (MAX_NUMBERED + 1, 1)))).all()
    assert np.isnan(numbers([MIDDLE, MIDDLE], hidden=[0])).any(axis=1).tolist() == [True, False]


def test_a_trail_ends_at_its_ring_and_dots_lie_apart():
    ways = np.array([[0.0, 40.0, 41.0, 60.0, 99.0, 100.0], [50.0] * 6, [0, 9, 18, 27, 36, 90]]).T
    trails = np.stack([ways, np.full_like(ways, 50.0)], axis=2)
    lines, dots = trim_trails(trails, np.full(3, 10.0), BOX)
    assert lines[:, 0, 0] == pytest.approx([0, 40, 41, 60, 95, 95])
    assert np.isnan(lines[:, 1]).all()
    assert sorted(dots[:, 0]) == pytest.approx(sorted([0, 40, 60, 0, 9, 18, 27, 36]))
    crowded = np.stack([np.linspace(0, 200, 500), np.zeros(500)], axis=1)[:, None]
    lines, dots = trim_trails(crowded, np.array([10.0]), BOX)
    assert 1 <= len(dots) < 200 / DOT_GAP


def test_with_many_clusters_trails_have_no_dots():
    trails = np.tile(np.array([[[0.0, 0.0]], [[40.0, 0.0]], [[80.0, 0.0]]]), (1, MAX_NUMBERED, 1))
    assert len(trim_trails(trails, np.full(MAX_NUMBERED, 10.0), BOX)[1]) == 2 * MAX_NUMBERED
    more = np.concatenate([trails, trails[:, :1]], axis=1)
    assert len(trim_trails(more, np.full(MAX_NUMBERED + 1, 10.0), BOX)[1]) == 0
