"""The ``%kmeans`` line magic, which opens a panel."""

from kmeans_widget.magic.kmeans_magic import load_ipython_extension, unload_ipython_extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]
