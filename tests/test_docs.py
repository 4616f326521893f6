"""The pages of docs: our part of their code runs, and answers and figures are those they state."""

import ast
import re
import subprocess
import sys
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


def test_code_for_files_and_dask_runs(tmp_path):
    """All of it but the clusters that are not here, whose code is at least Python."""
    X = np.random.default_rng(0).normal(size=(60, 2)) + np.arange(60).reshape(-1, 1) // 10 * 9
    (tmp_path / "events").mkdir()
    pq.write_table(pa.table({"a": X[:, 0], "b": X[:, 1]}), tmp_path / "events/0.parquet")
    blocks = re.findall(r"^```python\n([^`]+)^```$", BIGGER, re.MULTILINE)
    for block in blocks:
        ast.parse(block)
    here = [one for one in blocks if "dask_kubernetes" not in one and "dask_jobqueue" not in one]
    here.append("assert exact.inertia_ <= quick.inertia_ * (1 + 1e-9)")
    threads = "LocalCluster(n_workers=1, processes=False, dashboard_address=':0')"
    code = "\n".join(here).replace("LocalCluster()", threads)
    # In a process of its own: dask has warnings of pandas in its threads.
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=120)
    assert len(pq.read_table(tmp_path / "labels")) == 60
    labels = pq.read_table(tmp_path / "labelled")["cluster"].to_pylist()
    assert len(labels) == 60
    assert set(labels) <= set(range(8))
