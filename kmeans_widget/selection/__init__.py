"""What a clustering says about the data: which number of clusters, and what each cluster is."""

from kmeans_widget.selection.profile import profile
from kmeans_widget.selection.silhouettes import Silhouette, silhouette

__all__ = ["Silhouette", "profile", "silhouette"]
