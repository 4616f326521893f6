"""What Binder reads says what the package needs. (`make binder-check` does what Binder does.)"""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_binder_installs_what_the_package_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = ("pandas", "ipykernel", "voila")
    more = [name for name in (*extras["lab"], *extras["app"]) if name.startswith(wanted)]
    more += [*extras["arrow"], *extras["dask"]]
    lines = (ROOT / "binder/requirements.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == project["dependencies"] + more


def test_binder_has_a_python_that_the_package_supports() -> None:
    assert (ROOT / "binder/runtime.txt").read_text() == "python-3.11\n"


def test_readme_links_to_every_notebook_on_binder() -> None:
    repository = "https://mybinder.org/v2/gh/kmeans-widget/kmeans-widget/main?urlpath="
    readme = (ROOT / "README.md").read_text("utf-8")
    links = set(re.findall(re.escape(repository) + r"(\S+?)\)", readme))
    notebooks = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    courses = {f"lab/tree/notebooks/{name}" for name in notebooks - {"app.ipynb"}}
    assert links == courses | {"voila/render/notebooks/app.ipynb"}


def test_readme_names_every_notebook_by_its_title() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        title = first.splitlines()[0].removeprefix("# ")
        assert f"| [{title}](notebooks/{path.name}) |" in readme


@pytest.mark.parametrize("script", ["postBuild", "start"])
def test_binder_can_run_its_scripts(script: str) -> None:
    assert os.access(ROOT / "binder" / script, os.X_OK)
    assert (
        'source "$(dirname "${BASH_SOURCE[0]}")/cpu.sh"' in (ROOT / "binder" / script).read_text()
    ), "both must compile for the same processor"
