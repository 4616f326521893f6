"""Input validation: converts user data to samples, or raises an error that says how to fix it.

Code past this point does not validate again. Every error is a `ValueError` or a `TypeError` with a
message of one line: what was given, what is needed, and how to fix it, in scikit-learn's own
wording where it rejects the same input. A file that cannot be written raises an `OSError`, also
with a message of one line.
"""

from kmeans_widget.validation.clusters import (
    check_distinct_points,
    check_k,
    check_n_clusters,
    count_distinct,
)
from kmeans_widget.validation.data import Table, as_samples, as_table, scaled_samples
from kmeans_widget.validation.fast_path import as_samples_fast, is_float_matrix, is_within_limit
from kmeans_widget.validation.file import check_file, write_error
from kmeans_widget.validation.parameters import (
    CANVASES,
    MAX_SEED,
    NO_PICKS,
    SAVED,
    check_canvas,
    check_cursor,
    check_init,
    check_max_iter,
    check_saved,
    check_scale,
    check_seed,
    check_tol,
)
from kmeans_widget.validation.positions import (
    check_box,
    check_distinct_centers,
    check_enough_points,
    check_index,
    check_map_position,
    check_n_points,
    check_position,
    check_positions,
    check_radius,
)
from kmeans_widget.validation.tables import (
    ColumnSummary,
    LeftOut,
    NonNumericError,
    as_series,
    axis_label,
    check_axes,
    column_names,
    column_values,
    new_frame,
    other_columns,
    summarize_columns,
    with_columns,
)
from kmeans_widget.validation.targets import (
    LabelTarget,
    NameTakenError,
    check_label_target,
    check_name_unused,
    check_variable,
)
from kmeans_widget.validation.values import Values, candidate_columns, check_values
from kmeans_widget.validation.weights import resolve_weights

__all__ = [
    "CANVASES",
    "MAX_SEED",
    "NO_PICKS",
    "SAVED",
    "ColumnSummary",
    "LabelTarget",
    "LeftOut",
    "NameTakenError",
    "NonNumericError",
    "Table",
    "Values",
    "as_samples",
    "as_samples_fast",
    "as_series",
    "as_table",
    "axis_label",
    "candidate_columns",
    "check_axes",
    "check_box",
    "check_canvas",
    "check_cursor",
    "check_distinct_centers",
    "check_distinct_points",
    "check_enough_points",
    "check_file",
    "check_index",
    "check_init",
    "check_k",
    "check_label_target",
    "check_map_position",
    "check_max_iter",
    "check_n_clusters",
    "check_n_points",
    "check_name_unused",
    "check_position",
    "check_positions",
    "check_radius",
    "check_saved",
    "check_scale",
    "check_seed",
    "check_tol",
    "check_values",
    "check_variable",
    "column_names",
    "column_values",
    "count_distinct",
    "is_float_matrix",
    "is_within_limit",
    "new_frame",
    "other_columns",
    "resolve_weights",
    "scaled_samples",
    "summarize_columns",
    "with_columns",
    "write_error",
]
