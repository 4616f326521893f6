import itertools
from importlib.resources import files

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from kmeans_widget.plot.palette import (
    COLORS,
    DARK_TEXT,
    MARKERS,
    color,
    dark_color,
    marker,
    text_color,
)

# Machado, Oliveira & Fernandes (2009), doi:10.1109/TVCG.2009.113: sight without one kind of cone.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip


def linear(shade):
    channels = np.array(to_rgb(shade))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    dark, light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (one, other))
    return light / dark


def oklab(rgb):
    """Ottosson (2020): distances are differences as people see them."""
    cones = rgb @ np.array([
        [0.4122214708, 0.2119034982, 0.0883024619], [0.5363325363, 0.6806995451, 0.2817188376],
        [0.0514459929, 0.1073969566, 0.6299787005],
    ])  # fmt: skip
    return np.cbrt(cones) @ np.array([
        [0.2104542553, 1.9779984951, 0.0259040371], [0.7936177850, -2.4285922050, 0.7827717662],
        [-0.0040720468, 0.4505937099, -0.8086757660],
    ])  # fmt: skip


@pytest.mark.parametrize("slot", range(len(COLORS)))
def test_points_and_numbers_have_the_contrast_of_wcag_aa(slot):
    assert contrast(color(slot), "white") >= 3.0
    assert contrast(dark_color(color(slot)), dark_color("white")) >= 3.0
    assert contrast(color(slot), text_color(slot)) >= 4.5


def test_light_colours_are_those_on_which_white_is_hard_to_read():
    assert {i for i, shade in enumerate(COLORS) if contrast(shade, "white") < 4.5} == DARK_TEXT


@pytest.mark.parametrize("theme", [str, dark_color])
@pytest.mark.parametrize("sight", SIGHT)
def test_colours_differ_for_everybody_in_both_themes(sight, theme):
    seen = [oklab(np.clip(SIGHT[sight] @ linear(theme(shade)), 0, 1)) for shade in COLORS]
    pairs = itertools.combinations(range(len(COLORS)), 2)
    apart = {pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in pairs}
    is_normal = sight == "normal"
    assert min(apart.values()) >= (0.08 if is_normal else 0.045)
    assert min(apart[pair] for pair in apart if pair[1] < 8) >= (0.11 if is_normal else 0.055)
    assert min(apart[i, i + 1] for i in range(len(COLORS) - 1)) >= 0.075


def test_the_dark_theme_is_the_filter_of_the_style_sheet():
    css = files("kmeans_widget.panel").joinpath("panel.css").read_text("utf-8")
    assert "canvas { filter: invert(0.93) hue-rotate(180deg); }" in css


def test_thirty_clusters_look_different():
    looks = {(color(k), marker(k)) for k in range(30)}
    assert len(looks) == 30


def test_markers_are_matplotlibs():
    assert set(MARKERS) <= set(Line2D.filled_markers)


def test_no_cluster_is_grey():
    assert color(-1) not in COLORS
    assert marker(-1) == "o"
