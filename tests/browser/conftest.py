"""One server, one browser and, for tests that leave it as it was, one page for all of them."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from browser import chromium
from browser.jupyter import JupyterLab, Notebook, start_browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium.find() is None:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(chromium.ADVICE)
    with start_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    assert browser.is_connected()  # without a browser there is no point in a server
    with JupyterLab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def shared_page(browser: Browser, lab: JupyterLab) -> Iterator[Notebook]:
    page = Notebook.open(browser, lab, lab.write("shared.ipynb", ""))
    yield page
    page.close()


@pytest.fixture(scope="module")
def notebook(shared_page: Notebook) -> Notebook:
    """The page that all share: say with `Notebook.show` what is to be on it."""
    shared_page.write()  # nothing of the module before
    return shared_page
