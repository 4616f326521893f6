"""Screenshots of the panel in its states: `python -m browser.shots FOLDER`."""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from browser.jupyter import JupyterLab, Notebook, start_browser
from kmeans_widget import KMeansWidget

PANEL = ".kmeans-widget"
LOAD = "%load_ext kmeans_widget"
IRIS = "import kmeans_widget as kw\niris = kw.datasets.iris().X"
PEOPLE = """import numpy as np, pandas as pd
random = np.random.default_rng(0)
group = random.integers(0, 3, 120)
people = pd.DataFrame({
    "income (EUR)": random.normal(30000, 9000, 120) + 4000 * group,
    "age (years)": random.normal(35, 6, 120) + 14 * group,
})
households = random.choice([1, 1, 2, 4, 10], 120)"""
NAMES = """import numpy as np, pandas as pd
random = np.random.default_rng(0)
stem = "measurement_of_sensor_left_front_wheel_of_test_vehicle_number_twelve"
named = pd.DataFrame(random.normal(size=(60, 2)), columns=[f"{stem}_x", f"{stem}_世帯の収入"])
named.index = [f"{stem}_{i}" for i in named.index]"""
MIXED = """import numpy as np, pandas as pd
random = np.random.default_rng(0)
group = random.integers(0, 3, 300)
customers = pd.DataFrame({
    "customer_id": np.arange(10_000, 10_300),
    "city": random.choice(["Berlin", "Kyoto", "Lima"], 300),
    "since": pd.date_range("2020-01-01", periods=300),
    "segment": pd.Categorical(random.choice(["A", "B"], 300)),
    "account": random.permutation(np.arange(70_000_000, 70_300_000, 1000)),
    "income (EUR)": random.normal(30000, 9000, 300) + 4000 * group,
    "age (years)": random.normal(35, 6, 300) + 14 * group,
})
customers.loc[[3, 70, 71], "age (years)"] = None"""
UNFOLD = "panel.cursor = 5; panel.panel.tab.value = 'data'"
BIG = "import kmeans_widget as kw\nbig = kw.datasets.blobs(8, 1_000_000, random_state=2).X"

# name: cells of the notebook, what the kernel does before the picture is taken, options of the page
SHOTS: dict[str, tuple[list[str], str, dict[str, object]]] = {
    "panel-start": (["%kmeans -o panel"], "", {}),
    "panel-assign": (["%kmeans -o panel"], "panel.cursor = 3", {}),
    "panel-mid-run": (["%kmeans -o panel"], "panel.cursor = 4", {}),
    "panel-converged": (["%kmeans -o panel"], "panel.run()", {}),
    "panel-dark": (["%kmeans -o panel"], "panel.cursor = 5", {"theme": "dark"}),
    "panel-image": (
        ["%kmeans --canvas png -o panel"],
        "panel.cursor = 5; panel.panel.toolbar.mode.value = 'paint'",
        {},
    ),
    "panel-image-dark": (["%kmeans -k 3 --canvas png -o panel"], "panel.run()", {"theme": "dark"}),
    "panel-narrow": (["%kmeans -o panel"], "panel.cursor = 5", {"width": 560, "height": 1900}),
    "panel-refused": (
        ["%kmeans [[0, 0]] * 9 + [[4, 1]] * 9 + [[1, 3]] * 9 -k 3 -o panel"],
        "panel.cursor = 3; panel.panel.n_clusters.value = 4",
        {},
    ),
    "panel-iris": (
        [IRIS, '%kmeans iris[["petal length (cm)", "petal width (cm)"]] -k 3 -o panel'],
        "panel.run()",
        {},
    ),
    "panel-four-features": ([IRIS, "%kmeans iris -k 3 -o panel"], "panel.run()", {"theme": "dark"}),
    "panel-twelve-clusters": ([IRIS, "%kmeans iris -k 12 -o panel"], "panel.run()", {}),
    "panel-one-feature": (
        [IRIS, '%kmeans iris --columns "petal length (cm)" -k 3 -o panel'],
        "panel.run()",
        {},
    ),
    "panel-branches": (
        ["%kmeans -o panel"],
        "panel.run(); panel.cursor = 4; panel.move_center(0, [2, 9]); panel.cursor = 6",
        {},
    ),
    "panel-branches-narrow": (
        ["%kmeans -k 4 -o panel"],
        """panel.run(); panel.add_point([9, 2]); panel.run(); c = panel.panel
c.toolbar.mode.value = 'paint'; c.toolbar.unfold.value = True
c.legend.box.children[1].value = False""",
        {"width": 560, "height": 1900},
    ),
    "panel-unfolded": (
        [IRIS, "%kmeans iris -k 3 -o panel"],
        "panel.run(); c = panel.panel; c.toolbar.unfold.value = c.unfold.value = True",
        {"height": 1500},
    ),
    "panel-point": (
        ["%kmeans -k 5 -o panel"],
        "panel.cursor = 4; panel.map_actions.inspect(28)",
        {"theme": "dark"},
    ),
    "panel-placing": (
        ["%kmeans -k 3 -o panel"],
        "panel.cursor = 2; panel.panel.toolbar.mode.value = 'place'; panel.place_center([2, 8])",
        {"theme": "dark"},
    ),
    "panel-uneven": ([PEOPLE, "%kmeans people -k 3 -o panel"], UNFOLD, {}),
    "panel-scaled-weighted": (
        [PEOPLE, "%kmeans people -k 3 --scale standard --weights households -o panel"],
        UNFOLD,
        {},
    ),
    "panel-scaled-dark": (
        [IRIS, "%kmeans iris -k 3 --scale robust -o panel"],
        UNFOLD,
        {"theme": "dark"},
    ),
    "panel-uneven-narrow": (
        [PEOPLE, "%kmeans people -k 3 --weights households -o panel"],
        UNFOLD,
        {"width": 560, "height": 1900},
    ),
    "panel-mixed": ([MIXED, "%kmeans customers -k 3 -o panel"], "panel.run()", {}),
    "panel-mixed-narrow": (
        [MIXED, '%kmeans customers -k 3 -o panel --labels customers["cluster"]'],
        "panel.run()",
        {"width": 560, "height": 1900, "theme": "dark"},
    ),
    "panel-names": (
        [NAMES, "%kmeans named -k 3 -o panel"],
        f"{UNFOLD}; panel.map_actions.inspect(7)",
        {},
    ),
    "panel-names-narrow": (
        [NAMES, "%kmeans named -k 3 -o panel"],
        f"{UNFOLD}; panel.map_actions.inspect(7)",
        {"width": 420, "height": 2100},
    ),
    "panel-million": ([BIG, "%kmeans big -k 8 -o panel"], "panel.cursor = 3", {}),
}

# of the page that `save("run.html")` writes: theme and width of the window
PAGES: dict[str, tuple[Literal["light", "dark"], int]] = {
    "page-light": ("light", 1044),
    "page-dark": ("dark", 1044),
    "page-narrow": ("light", 400),
}


def shoot(browser: Browser, lab: JupyterLab, name: str, folder: Path) -> None:
    """Open a notebook, bring its panel to a state, and take its picture."""
    cells, commands, options = SHOTS[name]
    notebook = Notebook.open(browser, lab, lab.write(f"{name}.ipynb", LOAD, *cells), **options)  # type: ignore[arg-type]
    try:
        notebook.run_all()
        notebook.wait_for_canvas(PANEL)
        notebook.execute(commands)
        notebook.page.wait_for_timeout(800)
        notebook.wait_for_canvas(PANEL)
        notebook.screenshot(folder / f"{name}.png", PANEL)
    finally:
        notebook.close()


def keep(browser: Browser, home: Path, folder: Path) -> None:
    """Take the pictures of what stays: the filmstrip of a saved notebook, and the saved page."""
    panel = KMeansWidget()
    panel.cursor = 4
    (folder / "filmstrip.png").write_bytes(panel._static_picture().png)
    address = panel.save(home / "run.html").as_uri()
    panel.close()
    for name, (theme, width) in PAGES.items():
        context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 600})
        page = context.new_page()
        page.goto(address)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        context.close()


def main(folder: Path, names: list[str]) -> None:
    """Take the pictures named, or all of them."""
    with (
        tempfile.TemporaryDirectory() as home,
        start_browser() as browser,
        JupyterLab(Path(home)) as lab,
    ):
        for name in names or SHOTS:
            shoot(browser, lab, name, folder)
            print(folder / f"{name}.png")
        if not names:
            keep(browser, Path(home), folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
