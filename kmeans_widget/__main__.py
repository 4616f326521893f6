"""The command ``kmeans-widget``, or ``python -m kmeans_widget``: JupyterLab on the walkthrough."""

import argparse
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import kmeans_widget

NAME = "01-walkthrough.ipynb"
HERE = Path(__file__).parent
MISSING = 'JupyterLab is not installed; get it with: python -m pip install "kmeans-widget[lab]"'


def main(arguments: Sequence[str] | None = None) -> int:
    """Open JupyterLab on the walkthrough and stay until it ends.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; ``sys.argv`` when left out.

    Returns
    -------
    int
        The exit code.
    """
    options = _parser().parse_known_args(arguments)[1]
    if importlib.util.find_spec("jupyterlab") is None:
        print(MISSING, file=sys.stderr)
        return 1
    try:
        notebook = walkthrough(Path.cwd())
    except OSError as error:
        print(f"The walkthrough cannot be copied here: {error}", file=sys.stderr)
        return 1
    # the address that JupyterLab prints should lead to the notebook too, not only its own browser
    address = f"--LabApp.default_url=/lab/tree/{notebook.name}"
    command = [sys.executable, "-m", "jupyterlab", str(notebook), address, *_for_root(), *options]
    return _call(command)


def walkthrough(folder: Path) -> Path:
    """Return the walkthrough to open, a copy in `folder` unless this is a checkout.

    A file that is there already is never overwritten: the learner may have written in it.

    Parameters
    ----------
    folder : Path
        Where the copy is put.

    Returns
    -------
    Path
        The notebook.
    """
    in_checkout = HERE.parent / "notebooks" / NAME
    if in_checkout.exists():
        return in_checkout
    original, copy = HERE / "notebooks" / NAME, folder / NAME
    if not copy.exists():
        shutil.copyfile(original, copy)
        print(f"Copied the walkthrough to {copy}")
    elif copy.read_bytes() != original.read_bytes():
        print(f"{copy} is not the original (any more); opening it as it is")
    return copy


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kmeans-widget",
        description="Open JupyterLab on the K-means walkthrough.",
        epilog="All other options are handed to `jupyter lab`, e.g. --no-browser or --port=8890.",
        allow_abbrev=False,  # --vers... may be an option of JupyterLab's
    )
    parser.add_argument("--version", action="version", version=kmeans_widget.__version__)
    return parser


def _call(command: Sequence[str]) -> int:
    """Run a command that answers Ctrl+C itself, as JupyterLab does with a question."""
    ours = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.call(command)  # noqa: S603  the user's own command line
    finally:
        signal.signal(signal.SIGINT, ours)


def _for_root() -> list[str]:
    """Return the option without which JupyterLab refuses to serve root, as in a container."""
    return ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


if __name__ == "__main__":
    raise SystemExit(main())
