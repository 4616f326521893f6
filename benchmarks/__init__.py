"""Benchmarks of the panel, and of K-means against other libraries.

`make bench` runs all of them, `make bench ARGS="lloyd memory"` some. They are not installed with
the package.
"""
