"""scikit-learn's contract for k-means, on top of the same loop that the panel shows.

`KMeans` and `MiniBatchKMeans` are estimators, `k_means` and `kmeans_plusplus` functions, with
scikit-learn's signatures, messages and random numbers. scikit-learn checks what comes in and routes
what it is told; nothing of it computes.
"""

from kmeans_widget.estimator.functions import k_means, kmeans_plusplus
from kmeans_widget.estimator.kmeans import KMeans
from kmeans_widget.estimator.minibatch import MiniBatchKMeans

__all__ = ["KMeans", "MiniBatchKMeans", "k_means", "kmeans_plusplus"]
