"""The clustergram: how clusters split as their number grows."""

from __future__ import annotations

from itertools import count, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.selection.labellings import as_codes, cluster_means
from kmeans_widget.validation.messages import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kmeans_widget.core.arrays import Float64s, Floats, Labels

_LARGEST_DOT, _SMALLEST_DOT = 700.0, 16.0  # areas in square points: of all rows, of few
_WIDEST, _NARROWEST = 22.0, 0.5  # lines in points: of all rows, of few
_MOST_TICKS = 20


class Flow(NamedTuple):
    """Rows that go from a cluster for one K to a cluster for the next K."""

    from_k: int
    from_cluster: int
    to_k: int
    to_cluster: int
    n_rows: int


class Node(NamedTuple):
    """A cluster of a clustergram.

    Attributes
    ----------
    height : float
        The mean coordinate of its rows.
    share : float
        Of all rows.
    color : int
        The number of its colour; that of the cluster from which it gets most rows, if it may.
    """

    height: float
    share: float
    color: int


class Clustergram(NamedTuple):
    """What a clustergram shows.

    Attributes
    ----------
    nodes : dict of (int, int) to Node
        By number of clusters, and cluster.
    flows : list of Flow
    n_rows : int
    name : str
        What the coordinate is.
    """

    nodes: dict[tuple[int, int], Node]
    flows: list[Flow]
    n_rows: int
    name: str


def build_clustergram(
    labels: Mapping[int, Labels], values: Float64s, weights: Float64s | None, name: str
) -> Clustergram:
    """Collect what a clustergram shows.

    Parameters
    ----------
    labels : dict of int to ndarray of shape (n_samples,)
        The clusters of the rows, by number of clusters.
    values : ndarray of shape (n_samples,)
        Coordinate of each row.
    weights : ndarray of shape (n_samples,) or None
        Positive.
    name : str
        What the coordinate is.

    Examples
    --------
    >>> graph = build_clustergram({2: np.array([0, 1, 1])}, np.array([1.0, 4.0, 6.0]), None, "x")
    >>> graph.nodes[2, 1].height, graph.flows
    (5.0, [])
    """
    colors, nodes = branch_colors(labels), {}
    for k, of_k in labels.items():
        names, codes = as_codes(of_k, len(values))
        means, _ = cluster_means(values[:, np.newaxis], codes, weights)
        shares = np.bincount(codes) / len(values)
        for i, cluster in enumerate(names.tolist()):
            nodes[k, cluster] = Node(float(means[i, 0]), float(shares[i]), colors[k, cluster])
    return Clustergram(nodes, flows(labels), len(values), name)


def flows(labels: Mapping[int, Labels]) -> list[Flow]:
    """Count the rows that go from each cluster to each cluster for the next K.

    Examples
    --------
    >>> for flow in flows({2: np.array([0, 0, 1]), 4: np.array([1, 3, 0])}):
    ...     print(*flow)
    2 0 4 1 1
    2 0 4 3 1
    2 1 4 0 1
    """
    found = []
    for k, following in pairwise(sorted(labels)):
        names, codes = as_codes(labels[k], len(labels[k]))
        next_names, next_codes = as_codes(labels[following], len(labels[k]))
        pairs = np.bincount(codes * len(next_names) + next_codes)
        for pair in np.flatnonzero(pairs):
            i, j = divmod(int(pair), len(next_names))
            found.append(Flow(k, int(names[i]), following, int(next_names[j]), int(pairs[pair])))
    return found


def branch_colors(labels: Mapping[int, Labels]) -> dict[tuple[int, int], int]:
    """Give each cluster the number of a colour, so that a branch can be followed.

    A cluster passes its colour on to the one that gets most of its rows; of several that pass
    theirs on to the same one, the one with most of these rows does. The others begin branches, with
    the first colour that no cluster for this K has.

    Examples
    --------
    >>> branch_colors({1: np.array([0, 0, 0]), 2: np.array([1, 1, 0])})
    {(1, 0): 0, (2, 1): 0, (2, 0): 1}
    """
    colors: dict[tuple[int, int], int] = {}
    found = sorted(flows(labels), key=lambda flow: -flow.n_rows)
    for k in sorted(labels):
        own: dict[int, int] = {}
        passed = set()
        for flow in (flow for flow in found if flow.to_k == k):
            color = colors[flow.from_k, flow.from_cluster]
            if color not in passed:
                passed.add(color)
                own.setdefault(flow.to_cluster, color)
        free = (color for color in count() if color not in own.values())
        for cluster in np.unique(labels[k]).tolist():
            if cluster not in own:
                own[cluster] = next(free)
        colors |= {(k, cluster): color for cluster, color in own.items()}
    return colors


def coordinate(
    X: Floats, weights: Float64s | None, feature_names: Sequence[str]
) -> tuple[Float64s, str]:
    """Return one coordinate of each row, and what it is.

    Of a single column its values, of more their first principal component, relative to the weighted
    mean of all rows. Costs O(n_samples * n_features * min(n_samples, n_features)).

    Examples
    --------
    >>> coordinate(np.array([[0.0, 0.0], [3.0, 4.0]]), None, [])
    (array([-2.5,  2.5]), 'first principal component (100 % of variance)')
    """
    if X.shape[1] == 1:
        return X[:, 0].astype(np.float64), feature_names[0] if feature_names else "value"
    means, _ = cluster_means(X, np.zeros(len(X), np.intp), weights)
    offsets = X - means
    scaled = offsets if weights is None else offsets * np.sqrt(weights)[:, np.newaxis]
    axis, share = _principal_axis(scaled)
    return offsets @ axis, f"first principal component ({percent(share)} of variance)"


def _principal_axis(offsets: Floats) -> tuple[Float64s, float]:
    """Return the first principal axis, shape (n_features,), and its share of the variance."""
    is_wide = offsets.shape[0] < offsets.shape[1]
    tall = offsets.T if is_wide else offsets
    values, vectors = np.linalg.eigh(tall.T @ tall)  # 30 times as fast as an SVD of 100,000 × 64
    axis = offsets.T @ vectors[:, -1] if is_wide else vectors[:, -1]
    axis *= np.sign(axis[np.abs(axis).argmax()])  # the same in every run
    total = values.sum()
    share = float(values[-1] / total) if total > 0 else 0.0
    return axis / (np.linalg.norm(axis) or 1.0), round(share, 12)


def draw_clustergram(ax: Any, shown: Clustergram) -> None:
    """Draw a dot for each cluster, and lines to those for the next K that get its rows."""
    from matplotlib import colormaps
    from matplotlib.collections import LineCollection
    from matplotlib.ticker import FixedLocator

    pairs = colormaps["tab20"].colors  # type: ignore[attr-defined]
    palette = pairs[::2] + pairs[1::2]  # ten colours, and light ones of the same hues
    nodes = shown.nodes
    colors = {cluster: palette[node.color % len(palette)] for cluster, node in nodes.items()}
    places = {cluster: (cluster[0], node.height) for cluster, node in nodes.items()}
    ax.add_collection(LineCollection(
        [[places[flow[:2]], places[flow[2:4]]] for flow in shown.flows],
        colors=[colors[flow[2:4]] for flow in shown.flows],
        linewidths=[max(_WIDEST * flow.n_rows / shown.n_rows, _NARROWEST) for flow in shown.flows],
        alpha=0.5,
    ))  # fmt: skip
    x, y = np.reshape(list(places.values()), (-1, 2)).T
    areas = [max(_LARGEST_DOT * node.share, _SMALLEST_DOT) for node in nodes.values()]
    colors_of_dots = [colors[cluster] for cluster in places]
    ax.scatter(x, y, areas, color=colors_of_dots, edgecolor="white", zorder=3)  # above the lines
    ax.xaxis.set_major_locator(FixedLocator(sorted({k for k, _ in nodes}), _MOST_TICKS))
    ax.set(xlabel="number of clusters", ylabel=shown.name)
