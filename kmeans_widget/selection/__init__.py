"""What a clustering says about the data."""

from kmeans_widget.selection.profile import profile

__all__ = ["profile"]
