"""What a reader sees who opens a committed notebook without a kernel."""

import base64
import io
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> dict[str, Any]:
    return json.loads(request.param.read_text("utf-8"))


def outputs(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def test_notebooks_are_there() -> None:
    assert NOTEBOOKS


def test_every_code_cell_was_executed_in_order(notebook: dict[str, Any]) -> None:
    counts = [c["execution_count"] for c in notebook["cells"] if c["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if p.stem != "app"], ids=lambda p: p.stem)
def test_it_is_a_lesson(path: Path) -> None:
    """It has one title, a summary, and an exercise with a solution, or things to try."""
    notebook = json.loads(path.read_text("utf-8"))
    texts = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown"]
    headings = re.findall(r"^#+ .+$", "\n".join(texts), re.MULTILINE)
    assert [h for h in headings if h.startswith("# ")] == headings[:1]
    assert "## Summary" in headings
    assert "## Try it" in headings or {"## Exercise", "## Solution"} <= set(headings)


def test_no_widget_state_is_stored(notebook: dict[str, Any]) -> None:
    """With it, pages without a kernel show an error instead of the picture."""
    assert "widgets" not in notebook["metadata"]


def test_every_panel_left_its_picture_and_words(notebook: dict[str, Any]) -> None:
    pairs = list(pairwise(outputs(notebook)))
    panels = [(panel, picture) for panel, picture in pairs if VIEW in panel.get("data", {})]
    assert panels
    for panel, picture in panels:
        image = Image.open(io.BytesIO(base64.b64decode(picture["data"]["image/png"])))
        assert image.info["Description"] == picture["metadata"]["image/png"]["alt"]
        words = "".join(panel["data"]["text/plain"]).partition("): ")[2]
        assert words
        assert words in picture["metadata"]["image/png"]["alt"]


def test_nothing_went_to_stderr(notebook: dict[str, Any]) -> None:
    assert all(output.get("name") != "stderr" for output in outputs(notebook))
