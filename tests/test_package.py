"""The face of the package: light to import, complete, and a command that opens the walkthrough."""

import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import kmeans_widget as kw
from kmeans_widget import __main__ as command

HEAVY = ("numba", "sklearn", "scipy", "pandas", "matplotlib", "ipympl", "ipywidgets", "IPython")


# What is done in one fresh interpreter, one after the other, and what it must not have imported.
STEPS = {
    "the package": ("import kmeans_widget as kw", {*HEAVY, "numpy"}),
    "datasets and core": (
        "kw.datasets.walkthrough(); import kmeans_widget.core.lloyd", {*HEAVY} - {"numba"}
    ),
    "validation": (
        "import kmeans_widget.validation", {*HEAVY, "traitlets", "dask"} - {"numba", "scipy"}
    ),
    "a fit": (
        "kw.KMeans(1).fit([[0.0], [1.0]])",
        {"tqdm", "matplotlib", "ipympl", "ipywidgets", "IPython"},
    ),
    "a panel on an image": (
        "panel = kw.KMeansWidget(canvas='png'); panel._static_picture(); panel.close()",
        {"ipympl", "tqdm"},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """The top-level packages that are imported after each step."""
    report = "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    code = "\n".join(f"{does}\n{report}" for does, _ in STEPS.values())
    command = [sys.executable, "-W", "error", "-c", f"import json, sys\n{code}"]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(zip(STEPS, map(set, map(json.loads, run.stdout.splitlines())), strict=True))


@pytest.mark.parametrize("step", STEPS)
def test_what_a_step_does_not_need_is_not_imported(loaded: dict[str, set[str]], step: str) -> None:
    assert not loaded[step] & STEPS[step][1]


def test_a_panel_opens_without_libraries_that_its_first_steps_do_not_need() -> None:
    code = (
        "import sys, kmeans_widget as kw; app = kw.App(); app.panel.run(); "
        "print(*({'sklearn', 'pandas', 'tqdm'} & {*sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.split() == []


def test_every_public_name_is_there() -> None:
    for name in kw.__all__:
        assert getattr(kw, name) is getattr(kw, name)
        assert name in dir(kw)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'kmeans_widget' has no attribute 'Kmeans'"):
        _ = kw.Kmeans


def test_the_installed_version_is_the_packages() -> None:
    assert importlib.metadata.version("kmeans-widget") == kw.__version__


# ------------------------------------------------------------------------------- the command
@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the command think that it is installed from a wheel; return its own notebook."""
    package = tmp_path / "site-packages" / "kmeans_widget"
    original = package / "notebooks" / command.NAME
    original.parent.mkdir(parents=True)
    original.write_text("original")
    monkeypatch.setattr(command, "HERE", package)
    return original


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """Record what the command would start, in an empty working directory."""
    recorded: list[list[str]] = []

    def call(words: list[str]) -> int:
        recorded.append(words)
        return 0

    monkeypatch.setattr(command, "subprocess", SimpleNamespace(call=call))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return recorded


def test_a_checkout_opens_a_copy_that_git_ignores(calls: list[list[str]]) -> None:
    root = Path(kw.__file__).parents[1]
    original = root / "notebooks" / command.NAME
    assert command.main([]) == 0
    (words,) = calls
    assert words[:3] == [sys.executable, "-m", "jupyterlab"]
    assert Path(words[3]) == Path.cwd() / command.NAME
    assert Path(words[3]).read_bytes() == original.read_bytes()
    assert f"/{command.NAME}" in (root / ".gitignore").read_text().splitlines()


@pytest.mark.usefixtures("installed")
def test_an_installation_copies_the_notebook_here(
    calls: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    command.main([])
    assert (Path.cwd() / command.NAME).read_text() == "original"
    assert calls[0][3] == str(Path.cwd() / command.NAME)
    assert "Copied the walkthrough" in capsys.readouterr().out


@pytest.mark.usefixtures("installed")
def test_the_learners_own_notebook_is_never_overwritten(
    calls: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    mine = Path.cwd() / command.NAME
    mine.write_text("my notes")
    command.main([])
    assert mine.read_text() == "my notes"
    assert calls[0][3] == str(mine)
    assert "delete it to start from the original again" in capsys.readouterr().out


@pytest.mark.usefixtures("installed")
def test_a_folder_that_takes_no_copy_is_named(
    calls: list[list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/read-only")

    monkeypatch.setattr(shutil, "copyfile", refuse)
    assert command.main([]) == 1
    assert not calls
    assert "cannot be copied here" in capsys.readouterr().err


def test_other_options_are_jupyterlabs(calls: list[list[str]]) -> None:
    command.main(["--no-browser", "--port=8890"])
    assert calls[0][-2:] == ["--no-browser", "--port=8890"]


def test_without_jupyterlab_one_sentence_says_how_to_get_it(
    calls: list[list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        command, "importlib", SimpleNamespace(util=SimpleNamespace(find_spec=lambda _: None))
    )
    assert command.main([]) == 1
    assert not calls
    assert capsys.readouterr().err == f"{command.MISSING}\n"


@pytest.mark.parametrize(("option", "answer"), [("--version", kw.__version__), ("--help", "usage")])
def test_the_console_script_answers(option: str, answer: str) -> None:
    script = Path(sys.executable).with_name("kmeans-widget")
    run = subprocess.run([script, option], check=True, capture_output=True, text=True)
    assert run.stdout.startswith(answer)
