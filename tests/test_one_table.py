"""One table of scales, one of start methods: an entry is all that a new one needs."""

import numpy as np

from kmeans_widget.core.initialization import INIT_METHODS, InitMethod
from kmeans_widget.magic.arguments import complete
from kmeans_widget.scaling import SCALES, Scale, scaling_of
from kmeans_widget.validation import check_init, check_scale
from kmeans_widget.widget import KMeansWidget

X = np.array([[1.0, 10.0], [2.0, 30.0], [8.0, 20.0], [9.0, 40.0]])


def test_a_new_entry_is_enough_for_panel_sentence_line_and_code(monkeypatch):
    largest = Scale(
        "largest value", "divided by their largest value", "MaxAbsScaler",
        lambda X: (np.zeros(X.shape[1]), np.abs(X).max(axis=0)),
    )  # fmt: skip
    monkeypatch.setitem(SCALES, "maxabs", largest)
    assert check_scale("maxabs") == "maxabs"
    assert scaling_of(X, "maxabs").scaled(X).max(axis=0).tolist() == [1.0, 1.0]
    panel = KMeansWidget(X, 2, scale="maxabs")
    assert ("largest value", "maxabs") in panel._panel.scale.options
    assert "on columns divided by their largest value" in panel.narration
    assert panel.branches[0].name.endswith("divided by their largest value")
    assert "--scale maxabs" in panel.magic_line
    panel.run()
    found = {}
    exec(panel.code, found)
    assert "MaxAbsScaler" in panel.code
    assert np.array_equal(found["labels"], panel.labels)
    assert np.array_equal(panel.estimator.predict(X), panel.labels)
    panel.close()


def test_a_new_start_is_enough_for_panel_sentence_line_and_code(monkeypatch):
    first = InitMethod("first rows", "the first rows", lambda _, k, __: np.arange(k))
    monkeypatch.setitem(INIT_METHODS, "first", first)
    panel = KMeansWidget(X, 2, init="first")
    assert panel.cluster_centers.tolist() == X[:2].tolist()
    assert check_init("first", 2, panel.branches[0].samples) == "first"
    assert ("first rows", "first") in panel._panel.init.options
    assert "2 points are the first centroids, the first rows (seed 0)" in panel.narration
    assert panel.branches[0].name.startswith("K = 2, first")
    assert "--init first" in panel.magic_line
    completions = complete("%kmeans X --init fi", {})["completions"]
    assert [completion.text for completion in completions] == ["first"]
    panel.run()
    found = {}
    exec(panel.code, found)
    assert np.array_equal(found["labels"], panel.labels)
    panel.close()
