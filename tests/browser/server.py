"""A Jupyter server of its own: JupyterLab, and beside it Notebook 7 and Voila, on one port."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

Theme = Literal["light", "dark"]

ROOT = Path(__file__).parents[2]
OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--ServerApp.disable_check_xsrf=True",
    "--LabApp.expose_app_in_browser=True",
    "--JupyterNotebookApp.expose_app_in_browser=True",
)


class JupyterLab:
    """A JupyterLab server of its own: own directories, own port, no token, no news.

    Parameters
    ----------
    home : Path
        An empty directory for the server's settings and, unless `root` says otherwise, notebooks.
    root : Path, optional
        The folder that the server shows.
    command : sequence of str
        What starts ``jupyter lab``; the options are appended.
    env : mapping, optional
        The environment to start from, instead of ours.
    """

    def __init__(
        self,
        home: Path,
        *,
        root: Path | None = None,
        command: Sequence[str] = (sys.executable, "-m", "jupyterlab"),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.root = root or home / "root"
        self.log = home / "server.log"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = command
        self._env = {**(os.environ if env is None else env), **self._own_directories()}

    def _own_directories(self) -> dict[str, str]:
        """Return the variables that keep this server away from the user's Jupyter."""
        names = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "IPYTHONDIR": "ipython",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }
        return {name: str(self.home / folder) for name, folder in names.items()}

    def __enter__(self) -> Self:
        """Start the server and wait until it answers."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._set("apputils/notification", {"fetchNews": "false", "checkForUpdates": False})
        self._set(
            "docmanager/plugin", {"autosave": False}
        )  # saved when a test saves, and only then
        arguments = [f"--port={self.port}", f"--ServerApp.root_dir={self.root}"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*self._command, *OPTIONS, *arguments],
                cwd=self.root,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server and its kernels."""
        self._stop()

    def add(self, notebook: str | os.PathLike[str], *, name: str | None = None) -> str:
        """Copy a notebook into the server's root and return its path there."""
        target = self.root / (name or Path(notebook).name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notebook, target)
        return str(target.relative_to(self.root))

    def write(self, name: str, *cells: str, kernel: str = "python3") -> str:
        """Write a notebook of these code cells into the server's root and return its path there."""
        blank: dict[str, Any] = {
            "cell_type": "code",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
        }
        kernelspec = {"name": kernel, "display_name": "Python 3", "language": "python"}
        notebook = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": kernelspec},
            "cells": [{**blank, "id": f"cell-{i}", "source": code} for i, code in enumerate(cells)],
        }
        (self.root / name).write_text(json.dumps(notebook), encoding="utf-8")
        return name

    def add_kernel(self, ipykernel: str) -> str:
        """Add a kernel that differs in the version of ipykernel only; return its name."""
        name = f"ipykernel-{ipykernel}"
        folder = self.home / "data" / "kernels" / name
        folder.mkdir(parents=True, exist_ok=True)
        path = [str(_install("ipykernel", ipykernel)), *filter(None, [os.getenv("PYTHONPATH")])]
        specification = {
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": name,
            "language": "python",
            "env": {"PYTHONPATH": os.pathsep.join(path)},
        }
        (folder / "kernel.json").write_text(json.dumps(specification))
        return name

    def set_theme(self, theme: Theme) -> None:
        """Choose the theme of the pages that are opened from now on."""
        self._set("apputils/themes", {"theme": f"JupyterLab {theme.capitalize()}"})

    def _set(self, plugin: str, settings: Mapping[str, object]) -> None:
        """Write the user's settings of one plug-in of JupyterLab, such as "apputils/themes"."""
        extension, name = plugin.split("/")
        folder = self.home / f"settings/@jupyterlab/{extension}-extension"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.jupyterlab-settings").write_text(json.dumps(settings))

    def request(self, method: str, path: str) -> tuple[int, bytes]:
        """Send a request to the server's REST interface; return the status and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _wait_until_ready(self, timeout: float = 60.0) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.request("GET", "/api/status")[0] == http.HTTPStatus.OK:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text(errors='replace')}")

    def _stop(self) -> None:
        """End the server politely, so that it ends its kernels; then whoever is left."""
        # Kernels are sessions of their own, out of reach of killpg, but they watch their parent.
        for signum, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 15)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signum)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
                return


def _install(package: str, version: str) -> Path:
    """Return a folder with nothing but this version of a package, kept in the cache."""
    folder = ROOT / ".cache" / f"{package}-{version}"
    if not folder.exists():
        fetched = folder.with_name(f"{folder.name}-{os.getpid()}")
        uv = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps")
        subprocess.run([*uv, "--target", fetched, f"{package}=={version}"], check=True)
        fetched.rename(folder)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
