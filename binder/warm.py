"""Run once what a visitor runs first, so that every kernel is compiled and kept in the image."""

import numpy as np

import kmeans_widget as kw

data = kw.datasets.walkthrough().X
for dtype in (np.float32, np.float64):
    for init in ("random", "k-means++"):
        kw.KMeans(2, init=init, n_init=1, random_state=0).fit(data.astype(dtype)).predict(data)

panel = kw.KMeansWidget(data, n_clusters=2)
for init in ("random", "k-means++", "farthest"):
    panel.init = init
    panel.step()
    panel.run()
panel.close()
