"""One table of scales: an entry is all that a new one needs."""

import numpy as np

from kmeans_widget.scaling import SCALES, Scale, scaling_of
from kmeans_widget.validation import check_scale
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
