"""A session of K-means without any GUI: parameters, points, a cursor over half-steps, commands.

The widget is a session that can be seen, and everything a person does in the panel is one of its
commands. The picture at a cursor depends on nothing but the branch and the cursor, so the same
position always shows the same thing.
"""

from kmeans_widget.session.centers import CenterEdits
from kmeans_widget.session.moves import Moves
from kmeans_widget.session.point_edits import PointEdits
from kmeans_widget.session.results import Results


class KMeansSession(Moves, CenterEdits, PointEdits, Results):
    """Walk through K-means, half-step by half-step, and change anything on the way.

    Cursor 0 shows the starting centroids; every odd position is an assignment, every even one
    the recalculation of the centroids that follows it. Steps are computed when the cursor first
    needs them, and kept. Whatever is changed - a parameter, a centroid, a point - begins a new
    *branch* of its own; the others stay, and `undo` takes the change back.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), DataFrame, Dataset or None
        The data: an array or list of rows, or a table of pandas, polars, pyarrow or another
        library that narwhals knows; no number infinite. Rows with a missing value are left out (see
        `left_out`). None: the thirty points of the walkthrough.
    n_clusters : int, optional
        Number of clusters K. Left out, it follows `init` if that is an array, else the `Dataset`
        (the walkthrough has 2), else it is 3.
    init : {"random", "k-means++", "farthest"} or array of shape (n_clusters, n_features)
        How the starting centroids are found, or the centroids themselves, in the units of `X`.
    random_state : int
        Seed of the start.
    sample_weight : array-like of shape (n_samples,) or str, optional
        Weight of each row, not negative, not all 0; or the name of the column of a DataFrame that
        holds them, which then is no feature. Left out, each weighs 1.
    columns : str, int or list of them, optional
        The columns of `X` to use. Left out: of an array all of them; of a table those of numbers,
        but none that is named as an identifier or holds the weights, or labels of an earlier run
        (see `left_out_columns`).
    scale : {"none", "standard", "minmax", "robust"}
        What the columns are divided by before distances are measured: nothing, their standard
        deviation, range or interquartile range, as scikit-learn's scalers do. Points, centroids
        and edits stay in the units of `X`; inertia and distances are those of the scaled columns.
        The scale is that of the points there are, edits included.
    max_iter : int
        Iterations after which the run stops, converged or not.
    tol : float
        The run also stops when the squared movement of the centroids is at most `tol` times the
        mean variance of the features, as in scikit-learn. 0: only when no assignment changes.

    Attributes
    ----------
    n_clusters, init, random_state, scale, max_iter, tol : traits
        The parameters; setting one begins a branch. A refused value changes nothing.
    cursor : trait, int
        Half-steps since the start; set it to go anywhere in the run.
    branch : trait, int
        Which of `branches` is shown; set it to return to one, to where it was left.
    left_out : ndarray of int
        The rows of the data that are no points, as a value of theirs is missing. In `labels` they
        have -1.
    left_out_columns : LeftOut
        The columns that were not taken by default: text, dates, identifiers.
    source, weight_source : str or None
        The expressions that give the data and the weights in the notebook, for `code` and
        `magic_line`; empty for the walkthrough, None if unknown.

    Raises
    ------
    ValueError, TypeError
        If a parameter or the data cannot be used; the message says how to mend it.

    Examples
    --------
    >>> session = KMeansSession(n_clusters=2)
    >>> session.phase.value, session.cursor
    ('start', 0)
    >>> session.step()
    >>> session.phase.value, len(session.point_labels)
    ('assign', 30)
    >>> session.run()
    >>> session.converged
    True
    >>> session.add_point([9.0, 1.0])
    >>> session.phase.value, len(session.point_labels), session.branches[-1].name
    ('start', 31, '1 point added at iteration 6')
    >>> session.branch = 0
    >>> session.converged, len(session.point_labels)
    (True, 30)
    """


__all__ = ["KMeansSession"]
