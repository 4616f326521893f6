"""What a clustering says about the data: which number of clusters, and what each cluster is."""

from kmeans_widget.selection.profile import profile
from kmeans_widget.selection.restarts import Restarts, restarts
from kmeans_widget.selection.silhouettes import Silhouette, silhouette
from kmeans_widget.selection.sweep import KSelection, choose_k

__all__ = ["KSelection", "Restarts", "Silhouette", "choose_k", "profile", "restarts", "silhouette"]
