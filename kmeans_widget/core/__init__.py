r"""K-means, on numpy arrays.

K-means splits n samples into k clusters so that the *inertia* is small: the sum of the squared
distances of the samples to the centre of their cluster. Lloyd's algorithm repeats two moves, and
neither can make the inertia rise:

0. `initialization` chooses the first k centres, for instance k distinct samples at random;
1. `assignment` gives every sample to its nearest centre (`distances`: squared Euclidean);
2. `update` moves every centre to the mean of its samples, an empty one to the farthest sample;
3. `convergence` ends it when no sample changed its cluster, or the centres stopped moving.

`lloyd.iterate` is that loop, a generator of immutable `trace.Step`\ s. Only `samples` knows where
the samples lie: one pass over them leaves `arrays.ClusterSums`, and the means are their quotients.
`sparse` holds samples that are mostly zeros, and `minibatch` is the variant that learns from a few
samples at a time. `jit` compiles the passes and runs them on threads. Nothing here validates,
prints or draws.

Lloyd, S. P. (1982), Least squares quantization in PCM. doi:10.1109/TIT.1982.1056489
"""
