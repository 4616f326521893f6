"""The app without a browser: what arrives, what is said, and which panel is shown."""

import base64
import gc
import json
import weakref

import pytest
from ipywidgets.widgets.widget import _instances

import kmeans_widget as kw
from kmeans_widget.app import delimited, upload
from kmeans_widget.panel.factory import is_visible

GOOD = "Größe;Preis\n" + "\n".join(f"{i % 7},5;{i}" for i in range(40))


@pytest.fixture
def app():
    app = kw.App()
    yield app
    app.close()


def send(app, content, name="prices.csv", *, number=1, pieces=1, until=None):
    """Do what the script does: send a file in pieces."""
    size = -(-len(content) // pieces)
    for i in range(pieces)[:until]:
        start = i * size
        data = base64.b64encode(content[start : start + size]).decode()
        piece = {"number": number, "name": name, "size": len(content), "start": start, "data": data}
        app.upload.piece.set_state({"value": json.dumps(piece)})


def test_it_opens_with_the_walkthrough(app):
    assert app.example.value == "walkthrough"
    assert app.words.startswith("walkthrough: 30 rows, 2 columns. Both centroids")
    assert app.panel.labels.shape == (30,)


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_file_replaces_the_panel(app, pieces):
    before = app.panel
    send(app, GOOD.encode("cp1252"), pieces=pieces)
    assert app.words == (
        "prices.csv: 40 rows, 2 columns, separated by semicolons, decimal commas, Windows-1252."
    )
    assert app.panel.feature_names == ("Größe", "Preis")
    assert app.example.value == ""
    assert app.upload.piece.value == app.upload.progress.value == ""
    assert before.comm is None  # closed


def test_an_example_replaces_the_panel(app):
    app.example.value = "rings"
    assert app.words.startswith("rings: 300 rows, 2 columns. A ring around a ring")
    assert app.panel.n_clusters == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x89PNG\r\n", "prices.csv is a PNG picture"),
        (b"", "prices.csv is empty"),
        (b"a,b\n1,\n,2\n", "prices.csv: Every row of X has a missing value"),
    ],
)
def test_a_file_that_cannot_be_used_leaves_the_panel(app, content, says):
    before = app.panel
    before.step()
    send(app, content)
    assert app.words.startswith(says)
    assert app.panel is before
    assert app.panel.cursor == 1
    send(app, GOOD.encode(), number=2)
    assert app.words.startswith("prices.csv: 40 rows")


def test_few_rows_have_as_many_clusters(app):
    send(app, b"a,b\n1,2\n1,2\n3,4\n")
    assert app.panel.n_clusters == 2


def test_names_are_escaped(app):
    send(app, b"<script>x</script>,b\n1,2\n3,4\n", "<script>y</script>.csv")
    shown = [getattr(w, "value", "") for w in _instances.values()]
    assert not [html for html in shown if isinstance(html, str) and "<script" in html]
    assert app.words.startswith("<script>y</script>.csv: 2 rows")


def test_a_file_that_is_too_large_is_refused_at_its_first_piece(app, monkeypatch):
    for module in (upload, delimited):
        monkeypatch.setattr(module, "MAX_BYTES", 100)
    send(app, GOOD.encode(), pieces=4, until=1)
    assert app.words.startswith("prices.csv has more than 0 MB, the most that is read here")
    assert app.upload.progress.value == ""


def test_a_folder_is_refused(app):
    piece = {"number": 1, "name": "data", "size": 4096, "start": 0}
    app.upload.piece.set_state({"value": json.dumps(piece)})
    assert app.words == "data cannot be read: choose a file, not a folder."


def test_an_upload_shows_its_progress_and_can_be_cancelled(app):
    before = app.panel
    send(app, GOOD.encode(), pieces=4, until=2)
    assert "data-next=" in app.upload.progress.value
    assert is_visible(app.upload.cancel)
    app.upload.cancel.click()
    assert app.words == "The upload was cancelled, and the panel is as it was."
    send(
        app, GOOD.encode(), pieces=4
    )  # pieces that were under way begin an upload only with the first
    assert app.panel is not before


def test_a_piece_of_a_cancelled_upload_is_ignored(app):
    send(app, GOOD.encode(), pieces=4, until=2)
    app.upload.cancel.click()
    late = {"number": 1, "name": "x", "size": 400, "start": 200, "data": ""}
    app.upload.piece.set_state({"value": json.dumps(late)})
    assert app.upload.progress.value == ""
    assert app.words.startswith("The upload was cancelled")


def test_another_file_takes_the_place_of_one_that_is_being_sent(app):
    send(app, GOOD.encode(), pieces=4, until=2)
    send(app, b"a,b\n1,2\n2,3\n", "other.csv", number=2)
    assert app.words.startswith("other.csv: 2 rows")


def test_closing_frees_everything():
    kw.App().close()  # shared models of ipywidgets exist from now on
    before = {*_instances}
    app = kw.App()
    send(app, GOOD.encode())
    panel = weakref.ref(app.panel)
    app.close()
    assert {*_instances} <= before
    del app
    gc.collect()
    assert panel() is None


def test_under_voila_only_downloads_are_offered(monkeypatch):
    monkeypatch.setenv("VOILA_BASE_URL", "/")
    app = kw.App()
    panel = app.panel.panel
    shown = {
        name: is_visible(getattr(panel, name)) for name in ("send", "variable", "file", "save")
    }
    assert not any(shown.values())
    assert is_visible(panel.download)
    app.close()
