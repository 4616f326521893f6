"""Which expressions are evaluated again: those that change nothing."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kmeans_widget.session.expressions import NotRepeatableError, evaluate

X = np.arange(1.0, 7.0).reshape(3, 2)


@dataclass(slots=True)
class Slots:
    data: Any


class Named(NamedTuple):
    data: Any


class Eager:
    """Does something whenever it is asked for data."""

    data = X

    @property
    def computed(self):
        raise AssertionError("evaluated")

    def head(self):
        raise AssertionError("evaluated")

    __getitem__ = __getattr__ = lambda *_: Eager().head()


def touched(*_):
    raise AssertionError("evaluated")


@pytest.fixture
def variables():
    df = pd.DataFrame(X, columns=["a", "b"])
    return {
        "X": X.copy(), "df": df, "np": np, "pd": pd, "pl": pl, "slots": Slots(X), "named": Named(X),
        "eager": Eager(), "f": touched, "rows": iter(X), "lazy": pl.DataFrame(df).lazy(),
        "growing": defaultdict(lambda: X), "frames": {"x": df}, "zero": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "expression",
    [
        "X", "df", "slots.data", "named.data", "eager.data", "frames['x']", "np.c_[X[:, 0], df.b]",
        "pl.DataFrame(df).select(pl.col('a', 'b'))", "df[[c for c in df.columns if c < 'c']]",
        "df.assign(c=lambda d: d.a).drop(columns='c')", "df.query('a > @zero')",
        "[*X]", "list(map(list, X))",
    ],
)  # fmt: skip
def test_a_repeatable_expression_has_its_value(expression, variables):
    assert np.array_equal(np.asarray(evaluate(expression, variables)), X)


@pytest.mark.parametrize(
    "expression",
    [
        "f()", "eager.computed", "eager.other", "eager.head()", "eager[0]", "eager.head", "lazy",
        "lazy.collect()", "growing['new']", "rows", "list(rows)", "[*rows]", "[r for r in rows]",
        "list(map(f, X))", "df.assign(c=f)", "df.apply(f)", "df.query('a > @f(1)')",
        "df.query('a > @eager.computed')",
        "(lambda: X)()", "(Y := X)", "await X", "df.pop('a')", "df.drop(columns='a', inplace=True)",
        "df.drop(**{'columns': 'a', 'inplace': True})", "np.log(X, X)", "np.log(X, out=X)",
        "np.log(*[X, X])", "X.sort()", "[0 for X[0] in X]", "np.random.rand(3, 2)", "df.sample(2)",
        "pd.read_csv('data.csv')", "eval('X')", "__import__('os')",
    ],
)  # fmt: skip
def test_any_other_is_refused_before_anything_happens(expression, variables):
    with pytest.raises((NotRepeatableError, AttributeError, ValueError)):
        evaluate(expression, variables)
    assert np.array_equal(variables["X"], X)
    assert np.array_equal(variables["df"], X)
    assert list(variables["df"].columns) == ["a", "b"]
    assert not variables["growing"]
    assert len(list(variables["rows"])) == 3
