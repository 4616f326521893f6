import dataclasses
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.trace import Phase
from kmeans_widget.export import webpage
from kmeans_widget.plot.backdrop import lay_out
from kmeans_widget.plot.narration import format_number, narrate
from kmeans_widget.plot.palette import COLORS
from kmeans_widget.scaling import fit_scaling


class Page(HTMLParser):
    """What there is on a page: elements by id, texts by element, and what points elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.by_id, self.texts, self.links, self._inside = {}, {}, [], ""
        self.feed(text)
        self.data = json.loads(self.texts["script"][0])

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self._inside = tag
        if "id" in attrs:
            self.by_id[attrs["id"]] = attrs
        self.links += [attrs[name] for name in ("src", "href", "srcset", "data") if name in attrs]

    def handle_data(self, text):
        self.texts.setdefault(self._inside, []).append(text)

    def handle_endtag(self, _):
        self._inside = ""


def written(recording, folder):
    webpage.write_page(recording, folder / "run.html", lambda *_: None)
    return (folder / "run.html").read_text("utf-8")


def replayed(data):
    """Yield the labels and the centroids of every frame, as the page's script reads them."""
    labels = np.full(len(data["points"]) // 2, -1)
    for frame in data["frames"]:
        labels = labels.copy()
        rows = np.cumsum(frame.get("changes", [])[::2], dtype=int)
        labels[rows] = frame.get("changes", [])[1::2]
        centers = frame.get("centers") or centers  # noqa: F821  the first frame has them
        yield labels, np.reshape(centers, (-1, 2))


def test_the_page_needs_nothing_but_itself(recording, tmp_path):
    text = written(recording(0), tmp_path)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", text)
    assert Page(text).links == ["data:,"]
    assert "default-src 'none'" in text
    assert "<!--" not in text
    assert len(text) < 60_000


def test_the_page_tells_every_half_step_in_words(recording, tmp_path):
    shown = Page(written(recording(0), tmp_path))
    told = [narrate(recording(0).scene(at)) for at in range(recording(0).last + 1)]
    assert [frame["words"] for frame in shown.data["frames"]] == told
    assert [text for text in shown.texts["li"] if text.strip()] == told


def test_a_cluster_that_is_hidden_is_named_to_the_page(recording, tmp_path):
    hidden = {"slots": (5, 1, 7), "hidden": frozenset({5, 9})}
    shown = Page(written(recording(0, **hidden), tmp_path))
    assert shown.data["hidden"] == [0]
    assert shown.data["frames"] == Page(written(recording(0), tmp_path)).data["frames"]


def test_the_page_opens_at_the_cursor(recording, tmp_path):
    shown = Page(written(recording(3), tmp_path))
    assert shown.data["cursor"] == 3
    assert shown.by_id["map"]["aria-label"] == narrate(recording(3).scene(3))
    assert shown.by_id["words"]["aria-live"] == "polite"
    assert shown.by_id["cursor"]["max"] == str(recording(3).last)


def test_labels_and_centroids_are_those_of_the_run(recording, tmp_path):
    made = recording(0)
    left, right, bottom, top = made.backdrop.box
    data = Page(written(made, tmp_path)).data
    for cursor, (labels, centers) in enumerate(replayed(data)):
        scene = made.scene(cursor)
        assert np.array_equal(labels, scene.labels)
        places = (left, bottom) + centers * (right - left, top - bottom)
        assert np.allclose(places, scene.centers, atol=1e-5)
    places = np.reshape(data["points"], (-1, 2)) / webpage.COORDINATE_STEPS
    assert np.allclose((left, bottom) + places * (right - left, top - bottom), made.backdrop.points,
                       atol=1e-2)  # fmt: skip


def test_regions_are_offered_only_where_they_are_true(make_run, recording, tmp_path):
    X = np.random.default_rng(0).normal(size=(50, 5)) * 9.0
    for made, is_flat in ((recording(0), True), (recording(0, of=make_run(X, X[:3])), False)):
        data = Page(written(made, tmp_path)).data
        assert (data["flat"], data["regions"]) == (is_flat, is_flat)
    assert Page(written(recording(0, regions=False), tmp_path)).data["flat"]


def test_numbers_are_where_they_are_in_the_panel(make_run, recording, tmp_path):
    X = np.random.default_rng(0).normal(size=(300, 2))
    for k in (3, 25):
        made = recording(0, of=make_run(X, X[:k]))
        places = Page(written(made, tmp_path)).data["frames"][0]["numbers"]
        expected = made.scene(0).numbers
        assert [place is None for place in places] == np.isnan(expected[:, 0]).tolist()
        if k == 3:
            assert np.allclose(places, expected, atol=0.01)


def test_readings_are_those_of_the_run(recording, tmp_path):
    made = recording(0)
    for cursor, frame in enumerate(Page(written(made, tmp_path)).data["frames"]):
        facts = made.scene(cursor).facts
        assert frame["phase"] == facts.phase
        if facts.phase is not Phase.START:
            assert frame["iteration"] == facts.n_iter
            assert frame["shown"] == format_number(facts.inertia)
            height = made.scene(cursor).inertia_axis.heights(facts.inertia)
            assert frame["height"] == pytest.approx(height, abs=1e-4)
            assert [float(count) for count in frame["counts"]] == facts.counts.tolist()


@pytest.mark.parametrize("name", ["</script><b>", "<!--words-->", 'a "quoted" & <i>', "é✓"])
def test_any_name_is_text_and_nothing_else(recording, tmp_path, name):
    shown = Page(written(recording(0, name=name), tmp_path))
    assert "".join(shown.texts["title"]).endswith(name)
    assert "b" not in shown.texts
    assert "i" not in shown.texts


def test_ten_thousand_points_and_thirty_clusters_stay_small(make_run, recording, tmp_path):
    X = np.random.default_rng(0).normal(size=(10_000, 2))
    run = make_run(X, X[:30], max_iter=30)
    text = written(recording(0, of=run), tmp_path)
    assert len(text) < 500_000
    *_, (labels, _) = replayed(Page(text).data)
    assert np.array_equal(labels, run.scene(run.trace.last_cursor).labels)


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.2, 9.1, ["2", "4", "6", "8"]),
        (-0.31, 0.42, ["-0.2", "0.0", "0.2", "0.4"]),
        (1e8, 1e8 + 4, ["1e+08", "1e+08"]),
        (0, 5e-9, ["0", "2e-09", "4e-09"]),
    ],
)
def test_ticks_are_round_numbers(low, high, shown):
    ticks = webpage._axes((low, high, low, high), ("a", ""))[0]["ticks"]
    assert set(shown) <= {text for _, text in ticks}
    assert all(0 <= share <= 1 for share, _ in ticks)


@pytest.mark.parametrize("slot", range(len(COLORS)))
def test_colours_can_be_seen_and_their_numbers_read_by_night(slot):
    shade, text = webpage._cluster_style(slot)["dark"]
    assert webpage._contrast(shade, "#15191e") >= 3.0
    assert webpage._contrast(shade, text) >= 4.5


def test_the_page_knows_weights_and_scale(make_run, recording, tmp_path):
    X = np.random.default_rng(0).normal(size=(50, 2)) * [1.0, 100.0]
    weights = np.random.default_rng(1).choice([1.0, 2.0, 8.0], 50)
    made = recording(1, of=make_run(X, X[:2], weights=weights))
    data = Page(written(made, tmp_path)).data
    assert data["sizes"] == pytest.approx(made.backdrop.sizes, abs=1e-6)
    assert Page(written(recording(1), tmp_path)).data["sizes"] is None
    assert "Weight per cluster" in written(made, tmp_path)
    assert "Points per cluster" in written(recording(1), tmp_path)
    scaling = fit_scaling(X, "standard")
    backdrop = lay_out(ArraySamples(scaling.transform(X)), ("a", "b"), scaling=scaling)
    scaled = dataclasses.replace(made, backdrop=backdrop)
    width, height = Page(written(scaled, tmp_path)).data["shape"]
    assert width / height == pytest.approx(data["aspect"])
