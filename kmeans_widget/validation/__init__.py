"""The door: whatever a user hands over becomes samples, or a message that tells the mend.

Nothing behind this door checks again. Every error is a `ValueError` or a `TypeError` of one line:
what was given, what is needed, what to do; in scikit-learn's words where it refuses the same thing.
What stands in the way of a file is an `OSError`, of one line too.
"""

from kmeans_widget.validation.clusters import (
    check_distinct,
    check_k,
    check_n_clusters,
    count_distinct,
)
from kmeans_widget.validation.data import Table, as_samples, as_table, scaled_samples
from kmeans_widget.validation.fast_path import is_moderate, is_plain, plain_samples
from kmeans_widget.validation.file import check_file, unwritable
from kmeans_widget.validation.parameters import (
    CANVASES,
    MAX_SEED,
    check_canvas,
    check_cursor,
    check_init,
    check_max_iter,
    check_scale,
    check_seed,
    check_tol,
)
from kmeans_widget.validation.positions import (
    check_apart,
    check_n_points,
    check_number,
    check_place,
    check_position,
    check_positions,
    check_radius,
    check_still_enough,
)
from kmeans_widget.validation.tables import LeftOut, NotNumbersError, as_series, column_names
from kmeans_widget.validation.targets import (
    LabelTarget,
    NameTakenError,
    check_free,
    check_label_target,
    check_variable,
)
from kmeans_widget.validation.weights import take_weights

__all__ = [
    "CANVASES",
    "MAX_SEED",
    "LabelTarget",
    "LeftOut",
    "NameTakenError",
    "NotNumbersError",
    "Table",
    "as_samples",
    "as_series",
    "as_table",
    "check_apart",
    "check_canvas",
    "check_cursor",
    "check_distinct",
    "check_file",
    "check_free",
    "check_init",
    "check_k",
    "check_label_target",
    "check_max_iter",
    "check_n_clusters",
    "check_n_points",
    "check_number",
    "check_place",
    "check_position",
    "check_positions",
    "check_radius",
    "check_scale",
    "check_seed",
    "check_still_enough",
    "check_tol",
    "check_variable",
    "column_names",
    "count_distinct",
    "is_moderate",
    "is_plain",
    "plain_samples",
    "scaled_samples",
    "take_weights",
    "unwritable",
]
