r"""K-means, on numpy arrays.

K-means splits n samples into k clusters so that the *inertia* is small: the sum of the squared
distances of the samples to the centre of their cluster. Lloyd's algorithm repeats two moves, and
neither can make the inertia rise:

0. `initialization` chooses the first k centres, for instance k distinct samples at random;
1. `assignment` gives every sample to its nearest centre, and of many features `bounds` says which
   samples need not even be looked at (`distances`: squared Euclidean);
2. `update` moves every centre to the mean of its samples, an empty one to the farthest sample;
3. `convergence` ends it when no sample changed its cluster, or the centres stopped moving.

`lloyd.iterate` is that loop, a generator of immutable `trace.Step`\ s. Only `samples` knows where
the samples lie: one pass over them leaves `arrays.ClusterSums`, and the means are their quotients.
`sparse` holds samples that are mostly zeros, and `minibatch` is the variant that learns from a few
samples at a time. Nothing here validates, prints or draws.

Few samples take a shorter way: `rounds` does many iterations, and `spread` all draws of k-means++,
in one call of a kernel.

Where the time goes: `passes` sends the `chunks` of an array through the kernels, `seeding` does so
for k-means++. Many features are left to `screening` and `comparison`, unless `bounds` tell that
nothing has changed. All stand on the `tile`, a few vectors of points against a few centres with
every sum in a register, or on `dots`, where few centres are not worth a transposition. `targets`,
`packing` and `transposition` lay out what these read, `changes` and `moves` bring labels and sums
up to date, `simd` and `intrinsics` are the words they are written in, `plain` says the same in
loops, and `jit` compiles it all and runs it on threads.

Lloyd, S. P. (1982), Least squares quantization in PCM. doi:10.1109/TIT.1982.1056489
"""
