"""The first small fit of a new process, with an empty and with a filled numba cache."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from benchmarks.peers import FAISS, SKLEARNEX
from benchmarks.rows import OURS, SKLEARN, Row
from benchmarks.timing import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.setting import Setting

TITLE = "First fit of a new process after the import, 30 × 2, k 2"

_CODE = """
import importlib, sys, time
import numpy as np
module, parameters = sys.argv[1], eval(sys.argv[2])
KMeans = importlib.import_module(module).KMeans
X = np.random.default_rng(0).normal(size=(30, 2))
start = time.perf_counter()
KMeans(2, random_state=0, **parameters).fit(X)
print(time.perf_counter() - start)
"""
_MODULES = {
    OURS: "kmeans_widget",
    SKLEARN: "sklearn.cluster",
    SKLEARNEX: "sklearnex.cluster",
}
_STARTS = {"a random start": {"init": "random", "n_init": 1}, "the defaults": {}}


def rows(setting: Setting) -> Iterator[Row]:
    """Measure both starts, with a new cache folder for every process, and with a shared one."""
    names = [one.name for one in setting.contenders if one.name in _MODULES]
    n_rounds = 1 if setting.quick else 5
    for start, parameters in _STARTS.items():
        for state in ("empty", "filled"):
            progress(f"first call, {start}, {state} cache")
            values: dict[str, list[float]] = {name: [] for name in names}
            remarks = {FAISS: "not measured: it compiles nothing"}
            with tempfile.TemporaryDirectory() as folder:
                for n_round in range(-1 if state == "filled" else 0, n_rounds):
                    cache = f"{folder}/{n_round if state == 'empty' else 'kept'}"
                    for name in list(values):
                        try:
                            seconds = _first_call(_MODULES[name], parameters, cache)
                        except RuntimeError as error:
                            remarks[name] = str(error)
                            del values[name]
                            continue
                        if n_round >= 0:  # round -1 fills the cache
                            values[name].append(seconds)
            yield Row(f"{start}, {state} cache", values, remarks, group=state)


def _first_call(module: str, parameters: dict[str, object], cache: str) -> float:
    """Start a process; return the duration of its first fit in seconds."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE, module, repr(parameters)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NUMBA_CACHE_DIR": cache},
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["no message"])[-1])
    return float(done.stdout.split()[-1])
