"""K-means clustering in Jupyter, step by step.

>>> import kmeans_widget as kw
>>> kw.datasets.walkthrough().X.shape
(30, 2)

``kw.KMeansWidget()`` opens the interactive panel, and ``%load_ext kmeans_widget`` adds the
``%kmeans`` magic. ``kw.KMeans``, ``kw.MiniBatchKMeans``, ``kw.k_means`` and ``kw.kmeans_plusplus``
have the signatures of scikit-learn's. ``kw.scan`` and ``kw.write_labels`` are for data that are
larger than memory.

Public names are imported on first access (PEP 562): ``import kmeans_widget`` alone loads none of
numba, scikit-learn, matplotlib and ipympl.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from kmeans_widget import datasets
    from kmeans_widget.app import App
    from kmeans_widget.course import quiz
    from kmeans_widget.distributed.sources import scan
    from kmeans_widget.estimator import (
        KMeans,
        MiniBatchKMeans,
        k_means,
        kmeans_plusplus,
        write_labels,
    )
    from kmeans_widget.panel.duel import duel
    from kmeans_widget.selection.profile import profile
    from kmeans_widget.selection.restarts import restarts
    from kmeans_widget.selection.silhouettes import silhouette
    from kmeans_widget.selection.sweep import choose_k
    from kmeans_widget.widget import KMeansWidget

__version__ = "0.1.0"

__all__ = [
    "App",
    "KMeans",
    "KMeansWidget",
    "MiniBatchKMeans",
    "__version__",
    "choose_k",
    "datasets",
    "duel",
    "k_means",
    "kmeans_plusplus",
    "load_ipython_extension",
    "profile",
    "quiz",
    "restarts",
    "scan",
    "silhouette",
    "unload_ipython_extension",
    "write_labels",
]

_HOME = {
    "App": "app",
    "KMeans": "estimator",
    "KMeansWidget": "widget",
    "MiniBatchKMeans": "estimator",
    "choose_k": "selection.sweep",
    "duel": "panel.duel",
    "k_means": "estimator",
    "kmeans_plusplus": "estimator",
    "profile": "selection.profile",
    "quiz": "course",
    "restarts": "selection.restarts",
    "scan": "distributed.sources",
    "silhouette": "selection.silhouettes",
    "write_labels": "estimator",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first access."""
    if name == "datasets":
        return importlib.import_module("kmeans_widget.datasets")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"kmeans_widget.{_HOME[name]}"), name)
    globals()[name] = value  # later accesses do not call __getattr__
    return value


def __dir__() -> list[str]:
    """List the imported names and those that can be imported."""
    return sorted(globals().keys() | set(__all__))


def load_ipython_extension(ipython: "InteractiveShell") -> None:
    """Register the ``%kmeans`` magic; called by ``%load_ext kmeans_widget``.

    Parameters
    ----------
    ipython : IPython.core.interactiveshell.InteractiveShell
        The shell to register it with.
    """
    from kmeans_widget import magic

    magic.load_ipython_extension(ipython)


def unload_ipython_extension(ipython: "InteractiveShell") -> None:
    """Remove the ``%kmeans`` magic and its completion; called by ``%unload_ext kmeans_widget``.

    Parameters
    ----------
    ipython : IPython.core.interactiveshell.InteractiveShell
        The shell to remove them from.
    """
    from kmeans_widget import magic

    magic.unload_ipython_extension(ipython)
