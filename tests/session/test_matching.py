import itertools

import numpy as np
import pytest

from kmeans_widget.session.matching import match_clusters


def test_permuted_centroids_keep_their_slots():
    random = np.random.default_rng(0)
    centers = random.normal(size=(6, 3))
    order = random.permutation(6)
    assert match_clusters(centers[order], centers, range(6)) == tuple(order)


def test_the_pairing_is_the_cheapest_of_all():
    random = np.random.default_rng(1)
    new, old = random.normal(size=(4, 2)), random.normal(size=(4, 2))
    slots = match_clusters(new, old, range(4))

    def cost(pairing):
        return sum(np.linalg.norm(new[i] - old[j]) for i, j in enumerate(pairing))

    assert cost(slots) == pytest.approx(min(map(cost, itertools.permutations(range(4)))))


def test_more_clusters_take_the_free_slots():
    old = np.array([[0.0], [9.0]])
    assert match_clusters(np.array([[4.0], [9.0], [0.0], [5.0]]), old, [2, 0]) == (1, 0, 2, 3)


def test_fewer_clusters_keep_the_slots_of_those_they_continue():
    old = np.array([[0.0], [5.0], [9.0]])
    assert match_clusters(np.array([[9.0], [1.0]]), old, [0, 1, 2]) == (2, 0)
