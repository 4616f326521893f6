"""Points coloured by another column, and how that compares with the clusters."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.colors import to_hex

from kmeans_widget import KMeansWidget
from kmeans_widget.plot.backdrop import MAX_POINTS
from kmeans_widget.plot.palette import UNASSIGNED, color
from kmeans_widget.session.matching import match_values
from kmeans_widget.validation import candidate_columns, check_values


def flowers(n=90, library=pd):
    random = np.random.default_rng(0)
    species = np.repeat(["setosa", "virginica", "versicolor"], n // 3)
    group = np.repeat([0, 4, 2], n // 3)
    data = {
        "length": random.normal(0, 1.1, n) + group,
        "width": random.normal(0, 1.1, n) + group,
        "species": list(species),
        "year": np.tile([2020, 2021], n // 2),
        "name": [f"plant {i}" for i in range(n)],
    }
    return library.DataFrame(data)


@pytest.fixture
def panel():
    widget = KMeansWidget(flowers(), 3, columns=["length", "width"], random_state=1)
    widget.panel.tab.value = "clusters"
    yield widget
    widget.panel.tab.value = "algorithm"
    widget.close()


def drawn(panel):
    """The colour of each point, by its place."""
    found = {}
    markers = [c.points for c in panel.picture._clusters if c.points.get_visible()]
    for line in [*markers, panel.picture._unassigned]:
        places = line.get_xydata()
        shades = [line.get_color()] * len(places) if line.shades is None else line.shades
        found |= {tuple(place): to_hex(shade) for place, shade in zip(places, shades, strict=True)}
    return [found[tuple(place)] for place in panel.X]


def test_each_value_has_the_colour_of_the_cluster_it_mostly_belongs_to(panel):
    panel.run()
    by_cluster = drawn(panel)
    assert by_cluster == [color(panel.slots[label]) for label in panel.labels]
    panel.color_by = "species"
    species, labels = flowers()["species"], panel.labels
    wanted = {name: color(panel.slots[labels[species == name].mode()[0]]) for name in set(species)}
    assert drawn(panel) == [wanted[name] for name in species]
    assert drawn(panel) != by_cluster
    assert len(set(drawn(panel))) == 3
    panel.color_by = None
    assert drawn(panel) == by_cluster


def test_the_table_counts_the_points_of_each_value_in_each_cluster(panel):
    panel.run()
    assert panel.panel.comparison.value == ""
    panel.panel.color_by.value = "species"
    counts = pd.crosstab(flowers()["species"], panel.labels.to_numpy())
    rows = re.findall(r"<tr><th scope='row'>.*?</tr>", panel.panel.comparison.value)
    assert len(rows) == 3
    for name, row in zip(counts.index, rows, strict=True):
        assert f"<bdi>{name}</bdi>" in row
        assert [int(n) for n in re.findall(r">(\d+)</td>", row)] == counts.loc[name].tolist()
    panel.reset()
    assert "none is assigned yet" in panel.panel.comparison.value
    assert "Coloured by <bdi>species</bdi>." in panel.panel.status.value
    panel.panel.color_by.value = ""
    assert panel.color_by is None
    assert panel.panel.color_by.label == "cluster"
    assert panel.panel.comparison.value == ""
    assert "Coloured by" not in panel.panel.status.value


def test_columns_with_few_values_are_offered(panel):
    assert panel.panel.color_by.options == (
        ("cluster", ""), ("species", "species"), ("year", "year"),
    )  # fmt: skip


def test_a_value_for_each_row_will_do(panel):
    panel.run()
    panel.color_by = np.where(np.arange(90) < 45, "early", "late")
    assert panel.color_by.names == ("early", "late")
    shades = drawn(panel)
    assert len(set(shades[:45])) == len(set(shades[45:])) == 1
    assert panel.panel.color_by.value == "given values"


def test_points_without_a_value_are_grey_and_so_are_those_added_by_hand(panel):
    panel.color_by = [None, *["a"] * 44, *["b"] * 45]
    panel.add_point([0.0, 0.0])
    panel.step()
    shades = drawn(panel)
    assert shades[0] == shades[-1] == UNASSIGNED
    assert UNASSIGNED not in shades[1:-1]


def test_markers_still_tell_the_cluster_and_hidden_clusters_stay_hidden(panel):
    panel.run()
    panel.color_by = "species"
    members = [len(c.members) for c in panel.picture._clusters if c.points.get_visible()]
    assert members == np.bincount(panel.labels).tolist()


def test_what_is_coloured_by_changes_while_the_tab_is_open(panel):
    panel.run()
    panel.color_by = "species"
    for given in (["p", "q"] * 45, pd.Series(["p", "q"] * 45, name="foo"), "year", ["p"] * 90):
        panel.color_by = given
        assert panel.panel.color_by.value == panel.color_by.name
    panel.panel.tab.value = "data"
    panel.color_by = "species"
    panel.panel.tab.value = "clusters"
    assert panel.color_by.name == panel.panel.color_by.value == "species"
    assert panel.panel.notice.value == ""


def test_a_series_with_another_index_is_refused(panel):
    with pytest.raises(ValueError, match="The index of color_by is not that of X"):
        panel.color_by = flowers()["species"][::-1]


def test_ordered_categories_keep_their_order():
    frame = pd.DataFrame({"size": pd.Categorical(["mid", "low"], ["low", "mid", "high"])})
    assert check_values("size", frame, 2).names == ("low", "mid")


def test_clusters_that_are_not_in_the_table_are_counted():
    X = np.random.default_rng(0).normal(size=(500, 2))
    widget = KMeansWidget(X, 25, init="k-means++")
    widget.run()
    widget.panel.tab.value = "clusters"
    widget.color_by = np.arange(500) % 2
    assert "the first 20 of 25 clusters" in widget.panel.comparison.value
    widget.panel.tab.value = "algorithm"
    widget.close()


def test_a_view_changes_no_colour_and_the_pointer_reads_values():
    random = np.random.default_rng(0)
    X = random.normal(size=(MAX_POINTS + 2000, 2)) + np.repeat([[0, 0], [3, 0]], 6000, axis=0)
    widget = KMeansWidget(X, 2, init=[[0, 0], [3, 0]])
    widget.run()
    values = np.repeat(["left", "right"], 6000)
    values[6000:][X[6000:, 1] > 1] = "left"  # above, most of what is on the right
    widget.color_by = values
    slots = widget.animation.scene.colors.slots
    patch = widget.animation.scene.density.within((2.9, 3.1, 1.4, 1.6))
    assert dict(zip(patch.names, patch.counts, strict=False))["left"] > 0
    widget.view = (2, 4, 1.2, 2.4)
    assert widget.animation.scene.density is None
    assert widget.animation.scene.colors.slots == slots
    widget.close()


def test_a_value_without_a_cluster_has_a_colour_that_no_cluster_has():
    counts = np.array([[57, 15, 17], [60, 0, 1], [0, 0, 50]])
    assert match_values(counts, [0, 1, 2]) == (3, 0, 2)


def test_points_of_hidden_clusters_are_not_counted_by_value():
    X = np.random.default_rng(0).normal(size=(MAX_POINTS + 1000, 2))
    widget = KMeansWidget(X, 3)
    widget.run()
    widget.color_by = np.arange(len(X)) % 2
    widget.panel.legend.hidden = frozenset({widget.slots[0]})
    widget._render()
    shown = np.count_nonzero(widget.point_labels != 0)
    assert widget.animation.scene.density.counts[:-1].sum() == shown
    widget.close()


def test_many_points_are_density_by_value():
    random = np.random.default_rng(0)
    X = random.normal(size=(MAX_POINTS + 1000, 2))
    kind = (X[:, 0] > 0).astype(int)
    widget = KMeansWidget(X, 2)
    widget.step()
    widget.color_by = kind
    density = widget.animation.scene.density
    assert sorted(density.counts[:-1].sum(axis=(1, 2)).tolist()) == sorted(
        [*np.bincount(kind).tolist(), 0]
    )
    left = density.counts[:, :, : density.counts.shape[2] // 3].sum(axis=(1, 2))
    assert np.count_nonzero(left) == 1
    widget.close()


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ("spcies", ValueError, "did you mean 'species'"),
        ("name", ValueError, "90 different values, but at most 20"),
        ([1, 2], ValueError, "2 values, but X has 90 rows"),
        (7, TypeError, "name of a column or a value for each row"),
        ([[1, 2]] * 90, TypeError, "name of a column or a value for each row"),
        ([None] * 90, ValueError, "all values"),
    ],
)
def test_values_that_cannot_be_used_change_nothing(panel, given, error, words):
    panel.color_by = "species"
    with pytest.raises(error, match=words):
        panel.color_by = given
    assert panel.color_by.name == "species"


@pytest.mark.parametrize("library", [pd, pl])
def test_values_are_read_from_any_library(library):
    frame = flowers(library=library)
    assert candidate_columns(frame) == ["species", "year"]
    for given in ("species", frame["species"], list(frame["species"])):
        values = check_values(given, frame, 90)
        assert values.names == ("setosa", "versicolor", "virginica")
        assert [values.names[code] for code in values.codes] == list(frame["species"])
    assert check_values("year", frame, 90).names == ("2020", "2021")


def test_missing_values_of_any_kind_have_no_code():
    frame = pd.DataFrame({
        "text": ["a", None, "b"], "float": [1.0, np.nan, 2.0],
        "nullable": pd.array([1, None, 2], "Int64"), "kind": pd.Categorical(["a", None, "b"]),
    })  # fmt: skip
    for name in frame.columns:
        assert check_values(name, frame, 3).codes.tolist() == [0, -1, 1]


def test_the_filmstrip_and_pictures_have_these_colours_too(panel, tmp_path):
    panel.run()
    panel.save(tmp_path / "by_cluster.png")
    panel.color_by = "species"
    panel.save(tmp_path / "by_species.png")
    assert (tmp_path / "by_cluster.png").read_bytes() != (tmp_path / "by_species.png").read_bytes()
    assert panel._static_picture().png
