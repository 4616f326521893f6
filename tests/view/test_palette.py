import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from kmeans_widget.view.palette import COLORS, MARKERS, color, marker


def luminance(shade):
    channels = np.array(to_rgb(shade))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("shade", COLORS)
def test_white_on_a_cluster_colour_has_the_contrast_of_wcag_aa(shade):
    assert 1.05 / (luminance(shade) + 0.05) >= 4.5


def test_thirty_clusters_look_different():
    looks = {(color(k), marker(k)) for k in range(30)}
    assert len(looks) == 30


def test_colours_are_distinct():
    for one, other in itertools.combinations(COLORS, 2):
        assert np.abs(np.subtract(to_rgb(one), to_rgb(other))).max() > 0.1


def test_markers_are_matplotlibs():
    assert set(MARKERS) <= set(Line2D.filled_markers)


def test_no_cluster_is_grey():
    assert color(-1) not in COLORS
    assert marker(-1) == "o"
