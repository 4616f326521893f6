"""K-means with scikit-learn's API, on the loop that the panel shows.

The estimators `KMeans` and `MiniBatchKMeans` and the functions `k_means` and `kmeans_plusplus` have
scikit-learn's signatures, messages and random numbers. scikit-learn is used for parameter
validation, metadata routing and the base classes; all computation is our own. `write_labels` is for
data in files.
"""

from kmeans_widget.estimator.functions import k_means, kmeans_plusplus, write_labels
from kmeans_widget.estimator.kmeans import KMeans
from kmeans_widget.estimator.minibatch import MiniBatchKMeans

__all__ = ["KMeans", "MiniBatchKMeans", "k_means", "kmeans_plusplus", "write_labels"]
