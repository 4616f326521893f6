"""Run once what a visitor runs first, so that every kernel is compiled and kept in the image."""

import numpy as np

import kmeans_widget as kw

# Few features, more, many; and many clusters. Each is done by kernels of its own.
for n_samples, n_features, n_clusters in (
    (30, 2, 2),
    (200, 13, 3),
    (2_000, 64, 9),
    (20_000, 16, 200),
):
    data = np.random.default_rng(0).normal(size=(n_samples, n_features))
    for dtype in (np.float32, np.float64):
        for init in ("random", "k-means++"):
            model = kw.KMeans(n_clusters, init=init, n_init=1, max_iter=9, random_state=0)
            model.fit(data.astype(dtype)).predict(data)

app = kw.App()
table = np.random.default_rng(0).normal(size=(20_000, 3)).round(3)  # shown as density
app.open_file(b"a,b,c\n" + b"\n".join(b"%g,%g,%g" % tuple(row) for row in table), "table.csv")
app.panel.run()
app.close()

panel = kw.KMeansWidget(n_clusters=2)
for init in ("random", "k-means++", "farthest"):
    panel.init = init
    panel.step()
    panel.run()
panel.close()
