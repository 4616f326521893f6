"""Measurements: the panel's promises, and K-means beside its peers.

`make bench` runs everything, `make bench ARGS="lloyd memory"` some of it. Not installed with the
package.
"""
