r"""K-means, on numpy arrays.

K-means splits n samples into k clusters so that the *inertia* is small: the sum of the squared
distances of the samples to the centre of their cluster. Lloyd's algorithm alternates two steps, and
neither can increase the inertia:

0. `initialization` chooses the first k centres, for instance k distinct samples at random;
1. `assignment` (E-step) assigns every sample to its nearest centre;
2. `update` (M-step) moves every centre to the mean of its samples, an empty one to the farthest
   sample;
3. `convergence` stops when no sample changed its cluster, or the centres hardly move.

`lloyd.iterate` is that loop, a generator of immutable `trace.Step`\ s. Only `samples` knows where
the samples are stored: one pass over them returns `arrays.ClusterSums`, and the means are their
quotients. `sparse` holds samples that are mostly zeros, and `minibatch` is the variant that uses a
few samples at a time. Nothing here validates, prints or draws.

Read `lloyd` first, then `update` and `assignment`. The engine that makes it fast is one folder
below, in `kernels`.

Lloyd, S. P. (1982), Least squares quantization in PCM. doi:10.1109/TIT.1982.1056489
"""
