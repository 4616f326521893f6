"""K-means in Jupyter: watch it think, step by step.

>>> import kmeans_widget as kw
>>> kw.datasets.walkthrough().X.shape
(30, 2)

``kw.KMeansWidget()`` opens the panel, ``%load_ext kmeans_widget`` brings the ``%kmeans`` magic, and
``kw.KMeans`` is the estimator under both, with scikit-learn's signature, and so are
``kw.MiniBatchKMeans``, ``kw.k_means`` and ``kw.kmeans_plusplus``.

Names are imported when they are first asked for (PEP 562): ``import kmeans_widget`` itself loads
neither numba nor scikit-learn, matplotlib or ipympl.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from kmeans_widget import datasets
    from kmeans_widget.estimator import KMeans, MiniBatchKMeans, k_means, kmeans_plusplus
    from kmeans_widget.widget import KMeansWidget

__version__ = "0.1.0"

__all__ = [
    "KMeans",
    "KMeansWidget",
    "MiniBatchKMeans",
    "__version__",
    "datasets",
    "k_means",
    "kmeans_plusplus",
    "load_ipython_extension",
    "unload_ipython_extension",
]

_HOME = {
    "KMeans": "estimator",
    "KMeansWidget": "widget",
    "MiniBatchKMeans": "estimator",
    "k_means": "estimator",
    "kmeans_plusplus": "estimator",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module the first time somebody asks for it."""
    if name == "datasets":
        return importlib.import_module("kmeans_widget.datasets")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"kmeans_widget.{_HOME[name]}"), name)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    """List what is imported and what could be."""
    return sorted(globals().keys() | set(__all__))


def load_ipython_extension(ipython: "InteractiveShell") -> None:
    """Bring the ``%kmeans`` magic to this shell: ``%load_ext kmeans_widget``.

    Parameters
    ----------
    ipython : IPython.core.interactiveshell.InteractiveShell
        The shell, handed over by IPython.
    """
    from kmeans_widget import magic

    magic.load_ipython_extension(ipython)


def unload_ipython_extension(ipython: "InteractiveShell") -> None:
    """Take the ``%kmeans`` magic and its completion away again: ``%unload_ext kmeans_widget``.

    Parameters
    ----------
    ipython : IPython.core.interactiveshell.InteractiveShell
        The shell, handed over by IPython.
    """
    from kmeans_widget import magic

    magic.unload_ipython_extension(ipython)
