"""One table of scales, of start methods, of tools: an entry is all that a new one needs."""

import numpy as np

from kmeans_widget.core.initialization import INIT_METHODS, InitMethod
from kmeans_widget.magic.arguments import complete
from kmeans_widget.panel.buttons import BUTTONS, Button
from kmeans_widget.panel.tools import TOOLS, Tool
from kmeans_widget.scaling import SCALES, Scale, fit_scaling
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
    assert fit_scaling(X, "maxabs").transform(X).max(axis=0).tolist() == [1.0, 1.0]
    widget = KMeansWidget(X, 2, scale="maxabs")
    assert ("largest value", "maxabs") in widget.panel.scale.options
    assert "on columns divided by their largest value" in widget.narration
    assert widget.branches[0].name.endswith("divided by their largest value")
    assert "--scale maxabs" in widget.magic_line
    widget.run()
    found = {}
    exec(widget.code, found)
    assert "MaxAbsScaler" in widget.code
    assert np.array_equal(found["labels"], widget.labels)
    assert np.array_equal(widget.estimator.predict(X), widget.labels)
    widget.close()


def test_a_new_start_is_enough_for_panel_sentence_line_and_code(monkeypatch):
    first = InitMethod("first rows", "the first rows", lambda _, k, __: np.arange(k))
    monkeypatch.setitem(INIT_METHODS, "first", first)
    widget = KMeansWidget(X, 2, init="first")
    assert widget.cluster_centers.tolist() == X[:2].tolist()
    assert check_init("first", 2, widget.branches[0].samples) == "first"
    assert ("first rows", "first") in widget.panel.init.options
    assert "2 points are the first centroids, the first rows (seed 0)" in widget.narration
    assert widget.branches[0].name.startswith("K = 2, first")
    assert "--init first" in widget.magic_line
    completions = complete("%kmeans X --init fi", {})["completions"]
    assert [completion.text for completion in completions] == ["first"]
    widget.run()
    found = {}
    exec(widget.code, found)
    assert np.array_equal(found["labels"], widget.labels)
    widget.close()


class Mirror(Tool):
    """Adds the mirror image of a place, left to right."""

    label, tooltip, button = "Mirror", "Add mirrored points", "Add the mirror image"
    hint, form_hint, fields = "<b>Click</b> to mirror.", "<b>Type</b> a place.", ("x", "y")

    def click(self, actions, target):
        actions.add_point(target.position * (-1, 1))

    def apply(self, actions, form):
        actions.add_point(form.place * (-1, 1))


def test_a_new_tool_is_enough_for_button_hint_mouse_and_form(monkeypatch):
    monkeypatch.setitem(TOOLS, "mirror", Mirror())
    widget = KMeansWidget(X, 2)
    toolbar, canvas = widget.panel.toolbar, widget.canvas
    assert ("Mirror", "mirror") in toolbar.mode.options
    toolbar.mode.value = "mirror"
    assert Mirror.hint in toolbar.hint.value
    assert toolbar.act.description == Mirror.button
    x, y = widget.picture.map.transData.transform((5.0, 25.0))
    place = {"x": x, "y": canvas.get_renderer().height - y, "button": 0, "buttons": 1}
    message = {"type": "button_press", "modifiers": [], "step": 0, "guiEvent": {}, **place}
    canvas._handle_message(canvas, message, [])
    assert np.allclose(widget.X[-1], (-5.0, 25.0), atol=0.2)
    toolbar.x.value, toolbar.y.value = 3.0, 20.0
    toolbar.act.click()
    assert widget.X[-1].tolist() == [-3.0, 20.0]
    widget.close()


def test_a_new_button_is_enough(monkeypatch):
    monkeypatch.setattr(KMeansWidget, "to_the_end", lambda widget: widget.run(), raising=False)
    monkeypatch.setitem(BUTTONS, "end", Button("transport", "End", "To the end", "to_the_end"))
    widget = KMeansWidget(X, 2)
    (transport,) = [r for r in widget.children if "kmeans-transport" in r._dom_classes]
    (button,) = [c for c in transport.children if getattr(c, "description", "") == "End"]
    button.click()
    assert widget.converged
    widget.close()
