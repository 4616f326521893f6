r"""Assign samples of a few features: sums of squared differences, in one pass over the samples.

The arithmetic is in `intrinsics.tile.nearest_one`, which emits the sum of
:math:`(x_{if} - c_{jf})^2` and the comparison with the best centre so far.

Another distance would have to change more than that function and the kernels that measure it
elsewhere (`wide` and `small`, `distances`, `seeding` and `csr`; the error bounds of `bounds` and
`int16`):

* the inertia, which is computed from the cluster sums for more features (`assignment._inertia`) and
  after an update (`update.updated_inertia`, `rounds.record_update`): that holds for squared
  Euclidean distances only;
* the origin, relative to which samples and centres are stored: the distance must not change when
  both are shifted;
* the update: the mean is the best centre for squared Euclidean distances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmeans_widget.core.kernels.intrinsics.sums import changed_labels, move_sums_narrow
from kmeans_widget.core.kernels.intrinsics.tile import nearest_one
from kmeans_widget.core.kernels.intrinsics.transpose import transpose_narrow
from kmeans_widget.core.kernels.jit import kernel

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats, Labels
    from kmeans_widget.core.kernels.buffers import PackedCenters, Workspace


@kernel
def assign_narrow(
    X: Floats,
    sample_weight: Float64s,
    packed: PackedCenters,
    labels: Labels,  # OUT
    totals: Float64s,  # OUT
    workspace: Workspace,
) -> tuple[int, float]:
    r"""Assign samples of a few features, and update the cluster sums.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, read-only
        The samples of a chunk.
    sample_weight : ndarray of shape (n_samples,) or (0,), float64, read-only
        Their weights; of size 0 when each weighs 1.
    packed : PackedCenters
        The centres.
    labels : ndarray of shape (n_samples,), int32
        The labels of the previous pass, -1 for none; takes the new ones.
    totals : ndarray of shape (n_clusters, n_features + 3), float64
        The cluster sums, see `sums.update_labels`; changes are added and subtracted.
    workspace : Workspace

    Returns
    -------
    n_changed : int
        Number of samples whose label has changed.
    inertia : float
        Weighted sum of the squared distances to the nearest centres.

    Notes
    -----
    .. math:: l_i = \arg\min_j \lVert x_i - c_j \rVert^2

    The lowest index wins a tie. Costs O(n_samples * n_clusters * n_features).

    References
    ----------
    Lloyd, S. P. (1982), Least squares quantization in PCM. doi:10.1109/TIT.1982.1056489
    """
    pitch, n_changed, inertia = workspace.points.shape[1], 0, 0.0
    weighted, losses = sample_weight.size > 0, workspace.losses
    for i in range(pitch):
        losses[i] = 0.0
    for first in range(0, X.shape[0], pitch):
        size = min(pitch, X.shape[0] - first)
        transpose_narrow(X, first, packed.origin, workspace.points)
        column = 0
        while column < size:
            column = nearest_one(
                workspace.points,
                packed.tiles.negated,
                column,
                workspace.best,
                workspace.nearest,
            )
        if weighted:
            for i in range(size):
                losses[i] += sample_weight[first + i] * workspace.best[i]
        else:
            for i in range(size):
                losses[i] += workspace.best[i]
        changed = changed_labels(labels, workspace.nearest, first, size, workspace.rows)
        if changed > 0:
            n_changed += move_sums_narrow(
                X,
                sample_weight,
                workspace.rows,
                workspace.nearest,
                changed,
                packed.origin,
                labels,
                totals,
            )
    for i in range(pitch):
        inertia += losses[i]
    return n_changed, inertia
