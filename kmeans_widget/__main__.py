"""The command ``kmeans-widget``, or ``python -m kmeans_widget``: opens a walkthrough notebook."""

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
MISSING = 'JupyterLab is not installed. Install it with: python -m pip install "kmeans-widget[lab]"'


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the walkthrough in JupyterLab, and wait until JupyterLab exits.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; default: ``sys.argv[1:]``.

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
    # The URL that JupyterLab prints should open the notebook, too, not only the browser it starts.
    address = f"--LabApp.default_url=/lab/tree/{notebook.name}"
    command = [sys.executable, "-m", "jupyterlab", str(notebook), address, *_for_root(), *options]
    return _call(command)


def walkthrough(folder: Path) -> Path:
    """Return a copy of the walkthrough notebook; an existing one is kept, with your work in it.

    Parameters
    ----------
    folder : Path
        Where the copy is.

    Returns
    -------
    Path
        The notebook to open.
    """
    copy = folder / NAME
    if copy.exists():
        print(f"Opening {copy} as you left it; delete it to start from the original again")
        return copy
    in_checkout, installed = (place / "notebooks" / NAME for place in (HERE.parent, HERE))
    shutil.copyfile(in_checkout if in_checkout.exists() else installed, copy)
    print(f"Copied the walkthrough to {copy}")
    return copy


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kmeans-widget",
        description="Open JupyterLab on the K-means walkthrough.",
        epilog="All other options are passed to `jupyter lab`, e.g. --no-browser or --port=8890.",
        allow_abbrev=False,  # --vers... may be one of JupyterLab's options
    )
    parser.add_argument("--version", action="version", version=kmeans_widget.__version__)
    return parser


def _call(command: Sequence[str]) -> int:
    """Run a command that handles Ctrl+C itself: JupyterLab asks for confirmation."""
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.call(command)  # noqa: S603  the user's own command line
    finally:
        signal.signal(signal.SIGINT, previous)


def _for_root() -> list[str]:
    """Return the option that JupyterLab needs to run as root, as in a container."""
    return ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


if __name__ == "__main__":
    raise SystemExit(main())
