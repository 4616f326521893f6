"""What Binder reads says what the package needs. (`make binder-check` does what Binder does.)"""

import os
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_binder_installs_what_the_package_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lab = project["optional-dependencies"]["lab"]
    more = [name for name in lab if name.startswith(("pandas", "ipykernel"))]
    lines = (ROOT / "binder/requirements.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == project["dependencies"] + more


def test_binder_has_a_python_that_the_package_supports() -> None:
    assert (ROOT / "binder/runtime.txt").read_text() == "python-3.11\n"


@pytest.mark.parametrize("script", ["postBuild", "start"])
def test_binder_can_run_its_scripts(script: str) -> None:
    assert os.access(ROOT / "binder" / script, os.X_OK)
    assert (
        'source "$(dirname "${BASH_SOURCE[0]}")/cpu.sh"' in (ROOT / "binder" / script).read_text()
    ), "both must compile for the same processor"
