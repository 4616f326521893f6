"""A small run to look at: three groups, a start from which points change sides."""

import numpy as np
import pytest

from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.core.trace import Trace
from kmeans_widget.export.recording import Recording
from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import lay_out


class Run:
    """Data, their trace and their scenes."""

    def __init__(self, X, start, weights=None, **limits):
        self.samples = ArraySamples(np.ascontiguousarray(X, dtype=np.float64), weights)
        self.trace = Trace(tuple(iterate(self.samples, np.asarray(start, dtype=float), **limits)))
        names = tuple(f"feature {i}" for i in range(self.samples.n_features))
        self.backdrop = lay_out(self.samples, names)

    def scene(self, cursor, **options):
        return scenes.build(self.backdrop, self.trace, cursor, scenes.Options(**options))


@pytest.fixture(scope="session")
def make_run():
    return Run


@pytest.fixture(scope="session")
def run():
    random = np.random.default_rng(1)
    groups = [random.normal(mean, 1.2, (10, 2)) for mean in ((3, 3), (7, 6), (9, 2))]
    X = np.round(np.concatenate(groups), 1)
    return Run(X, X[:3])


@pytest.fixture(scope="session")
def recording(run):
    def record(cursor, *, of=run, steps=None, name="K = 3, given centroids", **options):
        trace = of.trace if steps is None else of.trace[:steps]
        return Recording(name, of.backdrop, trace, scenes.Options(init="given", **options), cursor)

    return record
