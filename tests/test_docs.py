"""The page docs/coming-from.md: our part of its code runs, and its answers are those it states."""

import re
from pathlib import Path

import pytest
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale

import kmeans_widget as kw

PAGE = (Path(kw.__file__).parents[1] / "docs" / "coming-from.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n# (.+)\n([^`]+)^```$", PAGE, re.MULTILINE)


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
