"""The pages of docs: our part of their code runs, and answers and figures are those they state."""

import ast
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale

import kmeans_widget as kw

DOCS = Path(kw.__file__).parents[1] / "docs"
PAGE = (DOCS / "coming-from.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n# (.+)\n([^`]+)^```$", PAGE, re.MULTILINE)
BIGGER = (DOCS / "bigger-than-memory.md").read_text("utf-8")


def test_our_code_runs():
    variables = {}
    for name, block in BLOCKS:
        if name == "kmeans-widget":
            exec(block, variables)
    variables["panel"].close()
    assert list(variables["selection"].labels) == list(range(1, 13))


def test_every_block_says_whose_it_is():
    assert len(BLOCKS) == PAGE.count("```python")
    owners = {name.partition(",")[0] for name, _ in BLOCKS}
    assert owners == {"kmeans-widget", "yellowbrick", "scikit-learn", "clustergram", "kneed"}


@pytest.mark.parametrize("last", [6, 12, 20])
def test_elbows_are_those_stated(last):
    asked = {"n_clusters": range(1, last + 1), "criteria": ["inertia", "gap"]}
    irises = kw.choose_k(kw.datasets.iris().X, **asked)
    assert irises.votes["inertia"] == "the curve has no elbow"
    wines = kw.choose_k(scale(load_wine().data), **asked)
    assert wines.best == {"inertia": 3 if last < 20 else None, "gap": 3}


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # of pandas 3.1, in dask
def test_code_for_files_and_dask_runs(tmp_path, monkeypatch):
    """All of it but the clusters that are not here, whose code is at least Python."""
    X = np.random.default_rng(0).normal(size=(60, 2)) + np.arange(60).reshape(-1, 1) // 10 * 9
    (tmp_path / "events").mkdir()
    pq.write_table(pa.table({"a": X[:, 0], "b": X[:, 1]}), tmp_path / "events/0.parquet")
    monkeypatch.chdir(tmp_path)
    variables = {}
    for block in re.findall(r"^```python\n([^`]+)^```$", BIGGER, re.MULTILINE):
        ast.parse(block)
        if "dask_kubernetes" not in block and "dask_jobqueue" not in block:
            here = "LocalCluster(n_workers=1, processes=False, dashboard_address=None)"
            exec(block.replace("LocalCluster()", here), variables)
    assert variables["exact"].inertia_ <= variables["quick"].inertia_ * (1 + 1e-9)
    assert len(pq.read_table("labels")) == len(pq.read_table("labelled")) == 60
    assert set(pq.read_table("labelled")["cluster"].to_pylist()) <= set(range(8))
