"""Edits as pure functions: a branch, a cursor and a change give a new branch.

The branch must have taken its steps up to the cursor. Input is validated here; the branch itself is
never changed. Positions are in the units of `X`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget import validation
from kmeans_widget.core.arrays import read_only
from kmeans_widget.session.branch import DEFAULTS, Branch
from kmeans_widget.session.events import Event, Kind
from kmeans_widget.session.matching import match_clusters
from kmeans_widget.session.points import Points

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.validation import Table

MOST_LISTED = 3  # columns that a sentence lists
MAX_WORK = 50_000_000  # coordinates to compare at most to find out where a run ends


def fork(
    branch: Branch,
    cursor: int,
    event: Event,
    *,
    centers: Floats | None = None,
    points: Points | None = None,
) -> Branch:
    """Continue from the centroids at the cursor, with one thing changed.

    Consecutive edits without a half-step between them are collected in one branch.

    Parameters
    ----------
    branch : Branch
    cursor : int
    event : Event
        What is changed.
    centers : ndarray of shape (n_clusters, n_features), optional
        The new centroids, units of `X`; by default those at the cursor.
    points : Points, optional
        The new points; by default those of the branch.

    Returns
    -------
    Branch
        It starts from the centroids, and keeps the colour of every cluster.

    Raises
    ------
    ValueError, TypeError
        If the run cannot start from these centroids and points.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> branch = KMeansSession().current_branch
    >>> fork(branch, 0, Event(Kind.POINT_REMOVED), points=branch.points.remove(3))
    <Branch '1 point removed at the start'>
    """
    points = branch.points if points is None else points
    if points.edited and points.table.blocks is not None:
        raise ValueError(
            "The points are a sample of data that are read in blocks, so they cannot be added, "
            "moved or removed: change the data, and open them again. Centroids can be moved."
        )
    centers = branch.centers(cursor) if centers is None else centers
    parameters = branch.parameters._replace(init=read_only(centers)).checked(points)
    if branch.edits and not branch.explored:
        edits, where = (*branch.edits, event), branch.fork
    else:
        edits = (event,)
        where = f"at iteration {branch.n_iter(cursor)}" if cursor > 0 else "at the start"
    new = Branch(parameters, points, edits=edits, fork=where)
    new.slots, new.method = branch.slots, branch.method
    return new


def change_parameters(branch: Branch, cursor: int, **changes: Any) -> Branch:
    """Start a new run on the same points with other parameters.

    Parameters
    ----------
    branch : Branch
    cursor : int
    **changes
        Fields of `Parameters`. Another K or seed replaces given centroids by the start method.

    Returns
    -------
    Branch
        Every cluster has the colour of the one that ends where it ends.

    Raises
    ------
    ValueError, TypeError
        If a parameter cannot be used.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> change_parameters(KMeansSession().current_branch, 0, n_clusters=4)
    <Branch 'K = 4, random, seed 0'>
    """
    is_given = not isinstance(branch.parameters.init, str)
    if is_given and "init" not in changes and changes.keys() & {"n_clusters", "random_state"}:
        changes["init"] = branch.method
    parameters = branch.parameters._replace(**changes).checked(branch.points)
    return _recolored(Branch(parameters, branch.points), branch, cursor)


def choose_columns(branch: Branch, cursor: int, table: Table) -> Branch:
    """Start a new run on other columns of the data; points edited by hand are as in the data.

    Given centroids, which have other columns, are replaced by the start method.

    Raises
    ------
    ValueError
        If these columns have too few distinct points.
    """
    del cursor
    points = Points(table, chosen=True)
    init = branch.parameters.init if isinstance(branch.parameters.init, str) else branch.method
    return Branch(branch.parameters._replace(init=init).checked(points), points)


def open_data(branch: Branch, cursor: int, table: Table, n_clusters: int | None = None) -> Branch:
    """Start a new run on other data, with the parameters of the branch.

    With a K of their own, they are an example, which opens like a panel of its own: all parameters
    are the usual ones, or else it might not show what it is to show.

    Raises
    ------
    ValueError
        If the data have too few distinct points.
    """
    del cursor
    points, parameters = Points(table), branch.parameters
    if n_clusters is not None:
        parameters = DEFAULTS._replace(n_clusters=n_clusters)
    elif not isinstance(parameters.init, str):
        parameters = parameters._replace(init=branch.method)
    return Branch(parameters.checked(points), points)


def new_start(branch: Branch, cursor: int) -> Branch:
    """Start a new run from the centroids that the next seed draws.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> new_start(KMeansSession().current_branch, 0)
    <Branch 'K = 2, random, seed 1'>
    """
    seed = (branch.parameters.random_state + 1) % (validation.MAX_SEED + 1)
    return change_parameters(branch, cursor, random_state=seed)


def start_elsewhere(branch: Branch, cursor: int, **start: Any) -> Branch:
    """Start a new run from another start or from given centroids; it is shown at its end.

    Parameters
    ----------
    branch : Branch
    cursor : int
    **start
        As of `change_parameters`: `init`, and `random_state` or `n_clusters`.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> branch = start_elsewhere(KMeansSession().current_branch, 0, init="farthest", random_state=3)
    >>> branch, branch.trace.finished
    (<Branch 'K = 2, farthest, seed 3'>, True)
    """
    new = change_parameters(branch, cursor, **start)
    new.compute(until=None)
    new.first_cursor, new.is_kept = new.trace.last_cursor, True
    return new


def stop_here(branch: Branch, cursor: int) -> Branch:
    """Limit the run to the iterations completed at the cursor; its steps are copied.

    Parameters
    ----------
    branch : Branch
    cursor : int
        Before the end of the run.

    Returns
    -------
    Branch

    Raises
    ------
    ValueError
        If no iteration is complete at the cursor.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> session = KMeansSession()
    >>> session.cursor = 7
    >>> stop_here(session.current_branch, 7)
    <Branch 'K = 2, random, seed 0, at most 3 iterations'>
    """
    n_iter = cursor // 2
    if n_iter <= 0:
        raise ValueError(
            "No iteration is complete yet, so the run cannot end here: step or run first."
        )
    new = change_parameters(branch, cursor, max_iter=n_iter)
    new.trace, new.slots = branch.ended_after(n_iter), branch.slots
    return new


# -- centroids ------------------------------------------------------------------------------


def move_center(branch: Branch, cursor: int, cluster: int, position: npt.ArrayLike) -> Branch:
    """Move one centroid; see `KMeansSession.move_center`.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> branch = KMeansSession().current_branch
    >>> move_center(branch, 0, 1, [2.0, 9.0]).start[1]
    array([2., 9.])
    """
    centers = branch.centers(cursor)
    cluster = validation.check_index("cluster", cluster, len(centers))
    place, before = (
        validation.check_position(position, branch.points.table),
        centers[cluster].copy(),
    )
    centers[cluster] = place
    changed = _changed(branch.points, before, place)
    event = Event(Kind.CENTER_MOVED, cluster, position=_tuple(place), changed=changed)
    return fork(branch, cursor, event, centers=centers)


def place_centers(
    branch: Branch, cursor: int, positions: npt.ArrayLike | Sequence[Floats]
) -> Branch:
    """Start from given centroids; see `KMeansSession.place_centers`.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> place_centers(KMeansSession().current_branch, 0, [[1, 1], [5, 5], [9, 9]])
    <Branch '3 centroids placed by hand'>
    """
    centers = validation.check_positions(positions, branch.points.table)
    parameters = branch.parameters._replace(n_clusters=len(centers), init=centers)
    parameters = parameters.checked(branch.points)
    validation.check_distinct_centers(centers)
    event = Event(Kind.CENTERS_PLACED, count=len(centers), position=_tuple(centers[-1]))
    return _recolored(Branch(parameters, branch.points, edits=(event,)), branch, cursor)


# -- points ---------------------------------------------------------------------------------


def add_point(branch: Branch, cursor: int, position: npt.ArrayLike) -> Branch:
    """Add one point; see `KMeansSession.add_point`.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> add_point(KMeansSession().current_branch, 0, [9.0, 1.0]).points.n_samples
    31
    """
    return add_points(branch, cursor, [validation.check_position(position, branch.points.table)])


def add_points(branch: Branch, cursor: int, positions: npt.ArrayLike | Sequence[Floats]) -> Branch:
    """Add points; see `KMeansSession.add_points`.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> add_points(KMeansSession().current_branch, 0, [[9.0, 1.0], [8.0, 1.0]])
    <Branch '2 points added at the start'>
    """
    added = validation.check_positions(positions, branch.points.table)
    event = Event(Kind.POINTS_ADDED, count=len(added), position=_tuple(added.mean(axis=0)))
    return fork(branch, cursor, event, points=branch.points.add(added))


def move_point(branch: Branch, cursor: int, row: int, position: npt.ArrayLike) -> Branch:
    """Move one point; see `KMeansSession.move_point`.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> move_point(KMeansSession().current_branch, 0, 3, [9.0, 1.0]).points.samples.X[3]
    array([9., 1.])
    """
    points = branch.points
    row = validation.check_index("point", row, points.n_samples)
    place = validation.check_position(position, points.table)
    event = Event(
        Kind.POINT_MOVED, about=points.called(row), position=_tuple(place),
        changed=_changed(points, points.samples.X[row], place),
    )  # fmt: skip
    return fork(branch, cursor, event, points=points.move(row, place))


def remove_point(branch: Branch, cursor: int, row: int) -> Branch:
    """Remove one point; see `KMeansSession.remove_point`.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> remove_point(KMeansSession().current_branch, 0, 3).points.n_samples
    29
    """
    points, samples = branch.points, branch.points.samples
    row, weights = validation.check_index("point", row, points.n_samples), samples.sample_weight
    n_left = points.n_samples - 1
    if weights is not None:
        n_left = int(np.count_nonzero(np.delete(weights, row)))
    n_clusters = branch.parameters.n_clusters
    validation.check_enough_points(n_left, n_clusters, weighted=weights is not None)
    event = Event(Kind.POINT_REMOVED, about=points.called(row), position=_tuple(samples.X[row]))
    return fork(branch, cursor, event, points=points.remove(row))


def restore_points(branch: Branch, cursor: int) -> Branch:
    """Return to the points of the data; see `KMeansSession.restore_points`.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> branch = remove_point(KMeansSession().current_branch, 0, 3)
    >>> restore_points(branch, 0)
    <Branch 'back to the original data at the start'>
    """
    return fork(branch, cursor, Event(Kind.POINTS_RESTORED), points=Points(branch.points.table))


def paint(
    branch: Branch,
    cursor: int,
    position: npt.ArrayLike,
    radius: npt.ArrayLike,
    n_points: int = 20,
    *,
    random_state: int | None = None,
) -> Branch:
    """Add a round cloud of random points; see `KMeansSession.paint`.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> paint(KMeansSession().current_branch, 0, [9.0, 1.0], 0.5)
    <Branch '20 points added at the start'>
    """
    points = branch.points
    middle = validation.check_position(position, points.table)
    count = validation.check_n_points(n_points)
    radii = validation.check_radius(radius, points.table)
    seed = points.n_samples if random_state is None else random_state
    random = np.random.default_rng(validation.check_seed(seed))
    return add_points(branch, cursor, middle + radii * _ball(random, count, len(middle)))


# -- helpers --------------------------------------------------------------------------------


def _recolored(new: Branch, old: Branch, cursor: int) -> Branch:
    """Give every cluster the colour of the one of the old branch that ends where it ends.

    Distances are those on the scale of the new branch.
    """
    if np.array_equal(new.start, old.start):
        new.slots = old.slots
    else:
        scale = new.scaling.transform
        before, after = _destinations(old, cursor), _destinations(new, 0)
        new.slots = match_clusters(scale(after), scale(before), old.slots)
    if not isinstance(new.parameters.init, str):
        new.method = old.method
    return new


def _destinations(branch: Branch, cursor: int) -> Floats:
    """Return the centroids at the end of a run, or at the cursor if computing them takes long."""
    work = branch.size * branch.parameters.n_clusters
    for trace in branch.remaining_steps():
        if trace.finished:
            return branch.scaling.inverse_transform(trace[-1].centers)
        if work * (len(trace) + 1) > MAX_WORK:
            break
    return branch.centers(cursor)


def _ball(random: np.random.Generator, n: int, n_features: int) -> Floats:
    """Draw points evenly from the unit ball around 0, shape (n, n_features)."""
    directions = random.normal(size=(n, n_features))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(directions * random.random((n, 1)) ** (1 / n_features))


def _changed(points: Points, before: Floats, after: Floats) -> tuple[tuple[str, float], ...]:
    """Return the columns that changed, with their new values, if they are few of many."""
    names = points.table.feature_names
    columns = np.flatnonzero(~np.isclose(before, after, rtol=1e-6, atol=0.0))
    if not 0 < len(columns) <= MOST_LISTED < len(names):
        return ()
    return tuple((names[j], float(after[j])) for j in columns)


def _tuple(position: Floats) -> tuple[float, ...]:
    return tuple(position.tolist())
