"""The browser of the tests: find one, or get one.

Run as a script (``make browser``) it makes sure that there is one: a browser on PATH, else the
package of Debian when we may install packages, else Playwright's own download.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# First the one without windows of its own, which takes a tenth less time.
NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable",
)  # fmt: skip
PACKAGE = NAMES[0]
ADVICE = (
    f"No Chromium found: install one on PATH (Debian: apt-get install {PACKAGE}) or run "
    "`python -m playwright install chromium`."
)


def find(names: tuple[str, ...] = NAMES) -> str | None:
    """Return the path of a usable browser, the first of these on PATH or Playwright's; or None."""
    on_path = next(filter(None, map(shutil.which, names)), None)
    return on_path or _playwrights_own()


def _playwrights_own() -> str | None:
    """Return the browser that ``playwright install chromium`` left, or None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _is_debian() -> bool:
    """Tell Debian from Ubuntu, whose `chromium` package is a snap that containers cannot run."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text().splitlines()


def install() -> None:
    """Get a browser in the way that suits this machine."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root and _is_debian():
        command = ["apt-get", "install", "-y", "--no-install-recommends", PACKAGE]
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=quiet)
    else:
        with_libraries = ["--with-deps"] if is_root else []
        command = [sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"]
        subprocess.run(command, check=True)


def main() -> int:
    """Make sure that there is a browser; only in CI is it an error when there cannot be one."""
    if find():
        return 0
    print("No Chromium on PATH: installing one for the browser tests")
    try:
        install()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"Installing failed: {error}", file=sys.stderr)
    if find():
        return 0
    print(f"{ADVICE} Without it the browser tests are skipped.", file=sys.stderr)
    return int(os.environ.get("CI") == "true")


if __name__ == "__main__":
    raise SystemExit(main())
