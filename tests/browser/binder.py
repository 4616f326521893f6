"""Prove `binder/` without docker: do what Binder does, then look at the walkthrough in a browser.

Run as ``make binder-check``, or as a module with ``tests`` on the path. Only files that git tracks
are taken along: what was forgotten to be added is missing there as it will be on Binder.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from browser.jupyter import JupyterLab, Notebook, start_browser

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "binder"
WALKTHROUGH = "notebooks/01-walkthrough.ipynb"
APP = "notebooks/app.ipynb"
KEPT = ("jupyterlab==4.4.9", "notebook==7.4.7", "ipywidgets==8.1.7")
BASE = (*KEPT, "ipykernel==7.0.1")  # which our requirements replace
PANEL = "#opened"
EXTENSIONS = ("jupyter-matplotlib", "@jupyter-widgets/jupyterlab-manager")
# JupyterLab 4.4 takes cells that are out of sight off the page.
# Of several panels with the same buttons the one that %kmeans opens, wherever Lab has scrolled.
SCROLL = """
const {content} = window.jupyterapp.shell.currentWidget;
const cell = content.widgets.find(cell => cell.model.sharedModel.source.startsWith('%kmeans'));
await content.scrollToCell(cell, 'start');
while (!cell.node.querySelector('.kmeans-step')) await new Promise(requestAnimationFrame);
cell.node.querySelector('.kmeans-widget').id = 'opened';
"""
KERNEL_FILES = "__pycache__/*.nb[ci]"


def main() -> int:
    """Check everything in the order in which Binder does it."""
    if os.environ.get("CI") == "true":
        shutil.rmtree(CACHE, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        repository = Path(temporary) / "repository"
        with phase("copying what git tracks"):
            copy_tracked_files(repository)
        with phase("Binder's base and binder/requirements.txt"):
            venv = environment(repository)
        env = binders_variables(venv, Path(temporary))
        with phase("binder/postBuild"):
            forget_package(venv)
            run("binder/postBuild", cwd=repository, env=env)
            run("python", "-m", "pip", "check", cwd=repository, env=env)
            check_extensions(repository, env)
        with phase("binder/start, the walkthrough and the app in a browser"):
            kernels = compiled_kernels(venv)
            check(kernels, "binder/postBuild compiles kernels")
            check_notebooks(repository, Path(temporary) / "jupyter", env)
            check(kernels == compiled_kernels(venv), "the image holds every kernel it needs")
    return 0


@contextlib.contextmanager
def phase(name: str) -> Iterator[None]:
    """Say what is being done and how long it took."""
    print(f"binder-check: {name} ...", flush=True)
    start = time.monotonic()
    yield
    print(f"binder-check: {name}: {time.monotonic() - start:.0f} s", flush=True)


def check(condition: object, claim: str) -> None:
    """Fail, saying what should have been so."""
    if not condition:
        raise SystemExit(f"binder-check: it is not so that {claim}")


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command, found on the PATH of `env`; show what it printed only when it fails."""
    where = (env or os.environ)["PATH"]
    program = shutil.which(command[0], path=where) or cwd / command[0]
    done = subprocess.run(
        [program, *command[1:]],
        cwd=cwd,
        env=env,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    check(done.returncode == 0, f"{command[0]} succeeds:\n{done.stdout}")
    return done.stdout


def copy_tracked_files(target: Path) -> None:
    """Copy the working tree's tracked files, as Binder clones them."""
    names = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    for name in filter(None, names):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    check((target / "binder").is_dir(), "git tracks binder/")


def environment(repository: Path) -> Path:
    """Return a venv with Binder's base and our requirements, kept for the same words of both."""
    requirements = repository / "binder/requirements.txt"
    python = wanted_python(repository)
    words = "\n".join([*BASE, requirements.read_text(), python, str(CACHE)])  # a venv cannot move
    venv = CACHE / hashlib.sha256(words.encode()).hexdigest()[:16]
    if not (venv / "complete").exists():
        shutil.rmtree(venv, ignore_errors=True)
        run(python, "-m", "venv", venv, cwd=repository)
        # Binder itself uses conda and pip, which resolve alike but take a minute of a processor.
        uv = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", venv)
        run(*uv, *BASE, cwd=repository)
        run(*uv, "--requirement", requirements, cwd=repository)
        check_base(venv, repository)
        (venv / "complete").touch()
    return venv


def wanted_python(repository: Path) -> str:
    """Return the interpreter that binder/runtime.txt asks for, or ours where it is missing."""
    name = (repository / "binder/runtime.txt").read_text().strip().replace("-", "")
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        # a name on PATH may be a shim with nothing behind it
        subprocess.run([name, "-c", "import ensurepip, venv"], check=True, capture_output=True)
        return name
    print(f"binder-check: no {name} here, using {sys.executable}")
    return sys.executable


def check_base(venv: Path, repository: Path) -> None:
    """Make sure that our requirements left Binder's other packages as they were."""
    frozen = run(venv / "bin/python", "-m", "pip", "freeze", cwd=repository).splitlines()
    check(set(KEPT) <= set(frozen), f"binder/requirements.txt keeps {', '.join(KEPT)}")


def forget_package(venv: Path) -> None:
    """Remove what the check before installed and compiled in a kept venv."""
    for leftover in venv.glob("lib/python*/site-packages/kmeans_widget*"):
        shutil.rmtree(leftover)


def binders_variables(venv: Path, home: Path) -> dict[str, str]:
    """Return the environment of a build: the venv first, and nothing of the user's own."""
    dropped = ("JUPYTER", "IPYTHON", "NUMBA", "PYTHON", "VIRTUAL_ENV", "MPL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    path = os.pathsep.join([str(venv / "bin"), kept["PATH"]])
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(venv), "HOME": str(home)}


def check_extensions(repository: Path, env: dict[str, str]) -> None:
    """Make sure that JupyterLab has the JavaScript of both widgets libraries."""
    listed = run("jupyter", "labextension", "list", cwd=repository, env=env)
    for name in EXTENSIONS:
        line = next((line for line in listed.splitlines() if name in line), "")
        check("enabled" in line and "OK" in line, f"JupyterLab has {name}:\n{listed}")


def compiled_kernels(venv: Path) -> set[tuple[str, int]]:
    """Return name and size of numba's files: a kernel compiled anew adds or changes one."""
    package = venv.glob("lib/python*/site-packages/kmeans_widget/**/" + KERNEL_FILES)
    return {(str(path), path.stat().st_size) for path in package}


def check_notebooks(repository: Path, home: Path, env: dict[str, str]) -> None:
    """Start the server as Binder does; run the walkthrough and the app as a visitor does."""
    command = (str(repository / "binder/start"), "jupyter", "lab")
    with (
        JupyterLab(home, root=repository, command=command, env=env) as lab,
        start_browser() as browser,
    ):
        notebook = Notebook.open(browser, lab, WALKTHROUGH)
        notebook.run_all(timeout=180)
        notebook.call(SCROLL)
        notebook.wait_until(notebook.find(PANEL).first.is_visible, "the panel is in sight")
        step(notebook, "Step: Assign", "Iteration 1, assign")
        step(notebook, "Step: Recalculate", "Iteration 1, recalculate")
        check(not notebook.console_errors, f"nothing goes wrong: {notebook.console_errors}")
        notebook.close()
        app = Notebook.open(browser, lab, APP, front_end="voila")
        app.wait_for_canvas(".kmeans-app")
        app.find(".kmeans-choose input").set_input_files(
            {"name": "a.csv", "mimeType": "text/csv", "buffer": b"a;b\n1,5;2\n2,5;7\n9,5;8\n"}
        )
        app.wait_for_text(".kmeans-understood", "^a.csv: 3 rows, 2 columns")
        app.click("Step: Assign")
        app.wait_for_text(".kmeans-status", "^Iteration 1, assign")
        app.close()


def step(notebook: Notebook, button: str, says: str) -> None:
    """Press Step in the panel that %kmeans has opened; its sentence and its picture must follow."""
    before = notebook.wait_for_canvas(PANEL)
    notebook.find(PANEL).get_by_role("button", name=button, exact=True).click()
    notebook.wait_for_text(f"{PANEL} .kmeans-status", f"^{says}")
    notebook.wait_until(lambda: notebook.canvas_hash(PANEL) != before, "the picture changes")


if __name__ == "__main__":
    raise SystemExit(main())
