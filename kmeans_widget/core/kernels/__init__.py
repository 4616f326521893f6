"""The engine: compiled kernels, and what lays out their data and runs them on threads.

Kernels are serial, take arrays and return numbers, and release the interpreter lock. A pass over
the samples comes down to one of these:

* `narrow`: samples of up to four features, in one pass; `wide`: more features, by dot products,
  with `bounds` (Hamerly's) and `int16` (screening in whole numbers) to skip work;
* `small`: few samples, many iterations in one call; `rounds` is what a kernel reports of each;
* `seeding`: k-means++; `distances`: to given points; `csr`: sparse rows.

They share `buffers` (packed centres, transposed samples, workspaces), `chunks` (an array in
pieces), `sums` (labels and cluster sums that are updated together), `jit` (the compiler's flags)
and `threads` (the pool). `intrinsics` holds what is written in LLVM's language.
"""
