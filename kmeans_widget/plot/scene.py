"""Everything the picture shows at one cursor, as plain arrays: no matplotlib, no widgets.

`build` is a pure function of the data, the trace and the cursor; `interpolate` returns the frames
between two successive scenes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.core.initialization import INIT_METHODS, preferences
from kmeans_widget.core.trace import Phase, StopReason, Trace
from kmeans_widget.plot.backdrop import MAX_POINTS
from kmeans_widget.plot.centroids import DISC_SIZE, place_numbers, ring_size
from kmeans_widget.plot.inertia_axis import InertiaAxis, fit_axis
from kmeans_widget.plot.limits import clamp_to_box
from kmeans_widget.plot.voronoi import voronoi_cells
from kmeans_widget.session.events import Event, Kind
from kmeans_widget.session.matching import match_values

if TYPE_CHECKING:
    import numpy.typing as npt

    from kmeans_widget.core.arrays import Floats, Labels
    from kmeans_widget.core.initialization import Pick
    from kmeans_widget.core.samples import ArraySamples
    from kmeans_widget.plot.backdrop import Backdrop
    from kmeans_widget.plot.density import Density, PointValues
    from kmeans_widget.plot.voronoi import Box
    from kmeans_widget.session import KMeansSession
    from kmeans_widget.session.branch import Branch

MAX_ANIMATED_CELLS = 20  # up to which regions are computed anew for every frame
CHANCE_SIZES = (0.45, 2.0)  # diameters of the points least and most likely to be picked next


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """The numbers that the narration is made from.

    Attributes
    ----------
    phase : Phase
        What the half-step at the cursor was.
    init, random_state, scale
        Start method, seed, and scale of the columns.
    n_samples, n_drawn : int
        Number of samples of the data set, and of those drawn.
    inertia : float
        Inertia at the cursor.
    largest_move : float
        Largest movement of a centroid, in scaled units.
    counts : ndarray of shape (n_clusters,)
        Weight of each cluster; the number of its points if they have no weights.
    weighted : bool
        Whether points have weights.
    n_iter : int
        Iterations begun.
    n_changed : int
        Points that the assignment moved to another cluster.
    relocated : tuple of (int, int)
        Empty clusters, each with the sample that its centroid jumped to.
    stop : StopReason or None
        Why the run stops here, if it does.
    closing : bool
        Whether this is the assignment after the last recalculation.
    total_squares, within_squares : float
        Sums of squared distances of all points to their mean, and of the points of each cluster to
        theirs; NaN if unknown.
    begun : Event or None
        The edit that the branch starts with.
    event : Event or None
        What has just happened apart from the half-step, such as an undo.
    batch_size : int
        Number of points in a mini-batch; 0 for Lloyd's algorithm, which takes all.
    picks : tuple of Pick
        How the centroids so far were picked, while the start is watched; else empty.
    """

    phase: Phase
    init: str
    random_state: int
    n_samples: int
    n_drawn: int
    inertia: float
    largest_move: float
    counts: Floats
    weighted: bool
    scale: str
    n_iter: int = 0
    n_changed: int = 0
    relocated: tuple[tuple[int, int], ...] = ()
    stop: StopReason | None = None
    closing: bool = False
    total_squares: float = math.nan
    within_squares: float = math.nan
    begun: Event | None = None
    event: Event | None = None
    batch_size: int = 0
    picks: tuple[Pick, ...] = ()

    @property
    def is_of_drawn(self) -> bool:
        """Whether the numbers are those of the drawn points only, as in a trial of large data."""
        if self.event is None or self.event.kind is not Kind.CENTER_TRIED:
            return False
        return self.event.count < self.n_samples


class PointColors(NamedTuple):
    """Points coloured by something else than their clusters.

    Attributes
    ----------
    name : str
        What they are coloured by.
    codes : ndarray of shape (n_drawn,), int32
        The value of each drawn point; -1 for none.
    slots : tuple of int
        The place in the palette of each value: that of the cluster that it mostly belongs to.
    """

    name: str
    codes: Labels
    slots: tuple[int, ...]


class WatchedStart(NamedTuple):
    """How the next centroid of a start is picked, while that is watched.

    Attributes
    ----------
    sizes : ndarray of shape (n_drawn,) or None
        Diameters of the points' markers, relative to the usual one, by their chance to be picked;
        None if that is only by weight.
    ringed : ndarray of shape (n, 2)
        Where the other candidates of the last pick are, or the next pick if that is certain.
    hidden : frozenset of int
        Places in the palette of the clusters that are not drawn anyway.
    """

    sizes: Floats | None
    ringed: Floats
    hidden: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One picture.

    Attributes
    ----------
    backdrop : Backdrop
        Points, axes and limits.
    labels : ndarray of shape (n_drawn,), int32
        Cluster of each drawn point, -1 before the first assignment.
    changed : ndarray of shape (n_drawn,), bool
        Points that the assignment at the cursor moved to another cluster.
    centers : ndarray of shape (n_clusters, 2)
        Coordinates of the centroids on the plane.
    numbers : ndarray of shape (n_clusters, 2)
        Where the numbers of the clusters are written, relative to their centroids, as returned by
        `place_numbers`.
    trails : ndarray of shape (n_positions, n_clusters, 2)
        Past positions of the centroids on the plane, and last the current one.
    cells : tuple of ndarray of shape (n_corners, 2)
        Voronoi cell of each centroid; empty if regions are switched off, or if points or centroids
        are off the plane, where regions would contradict the labels.
    lines : bool
        Whether points are joined to their centroid.
    deceptive : ndarray of shape (n_drawn,), bool
        Points that on the plane seem to be nearest to another centroid than they are.
    marks : bool
        Whether these are marked.
    colors : PointColors or None
        The colours of the points, if these are not those of their clusters.
    density : Density or None
        All points, in the cells of a grid; None if the points are drawn one by one.
    slots : tuple of n_clusters int
        Place of each cluster in the palette.
    hidden : frozenset of int
        Places in the palette whose clusters are not drawn.
    watched : WatchedStart or None
        What is shown while the start is watched, when `hidden` includes the centroids to come.
    curve : ndarray of shape (n_half_steps, 2)
        Iteration (a recalculation adds one half) and inertia, up to the cursor.
    curves : tuple of ndarray of shape (n, 2)
        The same for every branch, as far as it has been computed; empty for one whose inertia
        cannot be compared.
    n_incomparable : int
        Number of branches on other points or another scale.
    inertia_axis : InertiaAxis
        The axes of the chart.
    progress : float
        Animated share of the half-step, 0 to 1; 1 is the final picture.
    facts : Facts
        The numbers for `narration`.
    """

    backdrop: Backdrop
    labels: Labels
    changed: npt.NDArray[np.bool_]
    centers: Floats
    numbers: Floats
    trails: Floats
    cells: tuple[Floats, ...]
    lines: bool
    deceptive: npt.NDArray[np.bool_]
    marks: bool
    colors: PointColors | None
    density: Density | None
    slots: tuple[int, ...]
    hidden: frozenset[int]
    watched: WatchedStart | None
    curve: Floats
    curves: tuple[Floats, ...]
    n_incomparable: int
    inertia_axis: InertiaAxis
    progress: float
    facts: Facts

    @property
    def sizes(self) -> Floats | None:
        """Diameters of the points' markers, relative to the usual one; None if all are equal."""
        chances = None if self.watched is None else self.watched.sizes
        return self.backdrop.sizes if chances is None else chances

    @property
    def discs(self) -> Floats:
        """Where the centroids are drawn, shape (n_clusters, 2): at the edge if they are outside."""
        return clamp_to_box(self.centers, self.backdrop.box)

    @property
    def on_disc(self) -> npt.NDArray[np.bool_]:
        """Which centroids are discs with a number, shape (n_clusters,); the others are rings."""
        return np.asarray((self.numbers == 0.0).all(axis=1))

    @property
    def diameters(self) -> Floats:
        """Diameters of discs and rings in typographic points, shape (n_clusters,)."""
        return np.where(self.on_disc, DISC_SIZE, ring_size(len(self.centers)))


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """What is switched on, how the run was started, and what has just happened.

    `slots` are places in the palette, by default 0, 1, 2 and so on; `values` are what points are
    coloured by, if not by their clusters; `picks` are all picks of the start if it is watched. The
    other fields are those of `Scene` and `Facts`.
    """

    lines: bool = True
    regions: bool = True
    marks: bool = False
    slots: tuple[int, ...] = ()
    values: PointValues | None = None
    hidden: frozenset[int] = frozenset()
    curves: tuple[Floats, ...] = ()
    n_incomparable: int = 0
    init: str = "random"
    random_state: int = 0
    scale: str = "none"
    total_squares: float = math.nan
    within_squares: float = math.nan
    begun: Event | None = None
    event: Event | None = None
    batch_size: int = 0
    picks: tuple[Pick, ...] = ()


def options_of(session: KMeansSession, **view: Any) -> Options:
    """Return the options of the branch shown: how its run was started, what has just happened.

    Parameters
    ----------
    session : KMeansSession
    **view
        The other options: what is switched on.

    Returns
    -------
    Options
    """
    branch = session.current_branch
    return replace(
        options_of_branch(branch, session.cursor, **view),
        within_squares=branch.within_squares(session.cursor),
        event=session.event,
    )


def options_of_branch(branch: Branch, cursor: int = 0, **view: Any) -> Options:
    """Return the options of a branch, whether it is shown or not; as for `options_of`."""
    parameters = branch.parameters
    return Options(
        init=parameters.init if isinstance(parameters.init, str) else "given",
        random_state=parameters.random_state,
        scale=parameters.scale,
        total_squares=branch.total_squares,
        begun=branch.event,
        slots=branch.slots,
        picks=branch.picks if cursor < 0 else (),
        **view,
    )


def build(backdrop: Backdrop, trace: Trace, cursor: int, options: Options) -> Scene:
    """Compose the picture at `cursor`.

    Parameters
    ----------
    backdrop : Backdrop
        The data, laid out.
    trace : Trace
        The steps, at least up to the cursor.
    cursor : int
        Half-steps since the start; if negative, `options` have the picks.
    options : Options
        What is switched on.

    Returns
    -------
    Scene
        Deterministic: equal arguments give equal scenes.
    """
    positions = trace.centers_until(cursor)
    trails = np.stack([backdrop.place(centers) for centers in positions])
    labels, changed = _labels(backdrop, trace, cursor)
    nearest = labels
    if trace.phase(cursor) is Phase.UPDATE:
        nearest = backdrop.sample.assign(positions[-1])
    slots, hidden = options.slots or tuple(range(len(positions[-1]))), options.hidden
    picks = options.picks[: len(options.picks) + cursor + 1] if cursor < 0 else ()
    if picks:
        hidden |= {*slots[len(picks) :]}
        trails[-1, : len(picks)] = backdrop.place(positions[-1][: len(picks)])
    visible = np.array([slot not in hidden for slot in slots])
    discs = clamp_to_box(trails[-1], backdrop.box)
    colors = _colors(backdrop, trace, cursor, slots, options.values)
    return Scene(
        backdrop=backdrop,
        labels=labels,
        changed=changed,
        centers=trails[-1],
        numbers=place_numbers(discs, visible, backdrop.points, backdrop.box),
        trails=trails,
        cells=_cells(backdrop, trails[-1], len(picks))
        if options.regions and backdrop.shows_distances(positions[-1])
        else (),
        lines=options.lines and cursor > 0 and backdrop.cells is None,
        deceptive=_deceptive(backdrop, nearest, trails[-1]),
        marks=options.marks,
        colors=colors,
        density=_density(backdrop, trace, cursor, slots, options, colors),
        slots=slots,
        hidden=hidden,
        watched=_watched(backdrop, len(picks), options) if picks else None,
        curve=trace.curve(cursor),
        curves=options.curves,
        n_incomparable=options.n_incomparable,
        inertia_axis=fit_axis(
            (trace.curve(trace.last_cursor), *options.curves), finished=trace.finished
        ),
        progress=1.0,
        facts=replace(_facts(backdrop, trace, cursor, options), picks=picks),
    )


def interpolate(previous: Scene, scene: Scene, progress: float) -> Scene:
    """Return the frame at a share `progress` of the way from `previous` to `scene`.

    In an assignment, lines grow from the changed points to their new centroids. In a recalculation,
    the centroids move, and lines and regions follow.
    """
    if progress >= 1.0:
        return scene
    animate = _animates_cells(scene)
    eased = progress * progress * (3.0 - 2.0 * progress)
    if scene.facts.phase is not Phase.UPDATE:
        return replace(scene, progress=eased)
    centers = previous.centers + eased * (scene.centers - previous.centers)
    # A number that has a place in only one of the two scenes is there from the start.
    turned = previous.numbers + eased * (scene.numbers - previous.numbers)
    return replace(
        scene,
        centers=centers,
        numbers=np.where(np.isnan(turned), scene.numbers, turned),
        trails=np.concatenate([scene.trails[:-1], centers[None]]),
        cells=_cells(scene.backdrop, centers) if animate else scene.cells,
        progress=eased,
    )


def seen_in(scene: Scene, box: Box) -> Scene:
    """Return the scene with other limits, without looking at the points again: for a moment."""
    backdrop = replace(scene.backdrop, box=box)
    n_picks = len(scene.facts.picks)
    cells = _cells(backdrop, scene.centers, n_picks) if _animates_cells(scene) else ()
    discs = clamp_to_box(scene.centers, box)
    visible = np.array([slot not in scene.hidden for slot in scene.slots])
    numbers = place_numbers(discs, visible, backdrop.points, box)
    return replace(scene, backdrop=backdrop, cells=cells, numbers=numbers)


def with_centers(
    scene: Scene, centers: Floats, event: Event, samples: ArraySamples, before: Labels | None
) -> Scene:
    """Return the scene with other centroids, and every point in the cluster of its nearest one.

    Parameters
    ----------
    scene : Scene
    centers : ndarray of shape (n_clusters, n_features)
        Units of `X`.
    event : Event
        For the narration.
    samples : ArraySamples
        The scaled samples that inertia, sizes and changes are those of: all, or those drawn.
    before : ndarray of shape (n_samples,) or None
        The labels of the samples that the changes are counted from; None before any assignment.

    Returns
    -------
    Scene
    """
    backdrop, scaled = scene.backdrop, scene.backdrop.scaling.transform(centers)
    memory = samples.memory()
    sums = samples.accumulate(scaled, memory)
    labels = backdrop.sample.assign(scaled)
    places = backdrop.place(scaled)
    density = scene.density
    if density is not None and backdrop.cells is not None and scene.colors is None:
        if samples.n_samples == backdrop.n_samples:
            density = backdrop.cells.count(scene.slots, scene.hidden, scaled)
        elif backdrop.is_flat:
            density = backdrop.cells.by_middle(density, scene.slots, places)
    facts = replace(
        scene.facts,
        inertia=sums.inertia,
        n_changed=0 if before is None else int(np.count_nonzero(memory.labels != before)),
        within_squares=math.nan,
        event=event,
        picks=(),
    )
    if not facts.is_of_drawn:
        facts = replace(facts, counts=sums.weight)
    return replace(
        scene,
        labels=labels,
        changed=(scene.labels >= 0) & (labels != scene.labels),
        centers=places,
        deceptive=_deceptive(backdrop, labels, places),
        density=density,
        hidden=scene.hidden if scene.watched is None else scene.watched.hidden,
        watched=None,
        cells=_cells(backdrop, places) if _animates_cells(scene) else scene.cells,
        facts=facts,
    )


def _animates_cells(scene: Scene) -> bool:
    """Return whether there are regions, and few enough to be computed for every frame."""
    return 0 < len(scene.cells) <= MAX_ANIMATED_CELLS


def _deceptive(backdrop: Backdrop, nearest: Labels, places: Floats) -> npt.NDArray[np.bool_]:
    """Return the points that seem to be nearest to another centroid than they are.

    None along a column that takes no part: nobody expects distances there.
    """
    if backdrop.is_flat or backdrop.guides or nearest[0] < 0:
        return np.zeros(len(nearest), dtype=bool)
    return np.asarray(nearest != backdrop.nearest(places))


def _cells(backdrop: Backdrop, centers: Floats, n_picks: int = 0) -> tuple[Floats, ...]:
    """Return the region of each centroid; empty for those after the first `n_picks`, if any."""
    n_drawn = n_picks or len(centers)
    cells = voronoi_cells(centers[:n_drawn], backdrop.box, backdrop.projection.axis_unit)
    return (*cells, *[np.empty((0, 2))] * (len(centers) - n_drawn))


def _watched(backdrop: Backdrop, n_picks: int, options: Options) -> WatchedStart:
    """Return how the centroid after the first `n_picks` is picked."""
    method, picks = INIT_METHODS[options.init], options.picks
    rows, following = np.array([pick.row for pick in picks[:n_picks]]), picks[n_picks:]
    values = None
    if following and backdrop.cells is None:
        values = preferences(backdrop.sample, backdrop.samples.rows(rows), options.init)
    last = picks[n_picks - 1]
    ringed = [row for row in last.candidates if row != last.row]
    if method.is_certain:
        ringed = [pick.row for pick in following[:1]]
    return WatchedStart(
        None if values is None else chance_sizes(values),
        backdrop.place_rows(np.array(ringed, dtype=np.intp)),
        options.hidden,
    )


def chance_sizes(chances: Floats) -> Floats:
    """Return marker diameters, shape (n,), such that areas are about proportional to chances.

    They are rounded, so that few sizes are drawn, and the smallest can still be seen.

    Examples
    --------
    >>> chance_sizes(np.array([0.0, 1.0, 4.0, 16.0]))
    array([0.45, 0.5 , 1.  , 2.  ])
    """
    smallest, largest = CHANCE_SIZES
    shares = np.sqrt(chances / max(float(chances.max()), np.finfo(np.float64).tiny))
    return np.asarray(np.clip(largest * np.rint(20 * shares) / 20, smallest, largest))


def _labels(backdrop: Backdrop, trace: Trace, cursor: int) -> tuple[Labels, npt.NDArray[np.bool_]]:
    """Return the labels of the drawn points, and which of them this assignment changed."""
    assigned = trace.assigned(cursor)
    if assigned is None:
        n_drawn = len(backdrop.points)
        return np.full(n_drawn, -1, dtype=np.int32), np.zeros(n_drawn, dtype=bool)
    labels = backdrop.sample.assign(trace[assigned].centers)
    if trace.phase(cursor) is not Phase.ASSIGN:
        return labels, np.zeros(len(labels), dtype=bool)
    if assigned == 0:
        return labels, np.ones(len(labels), dtype=bool)
    return labels, labels != backdrop.sample.assign(trace[assigned - 1].centers)


def _colors(
    backdrop: Backdrop,
    trace: Trace,
    cursor: int,
    slots: tuple[int, ...],
    values: PointValues | None,
) -> PointColors | None:
    """Choose the colours of the values that points are coloured by, if they are.

    They depend on a sample of all points, so that a view does not change them.
    """
    if values is None:
        return None
    rows, assigned = backdrop.samples.preview(MAX_POINTS), trace.assigned(cursor)
    counts = np.zeros((len(values.names), len(slots)), dtype=np.intp)
    if assigned is not None:
        labels = backdrop.samples.part(rows).assign(trace[assigned].centers)
        known = values.codes[rows] >= 0
        np.add.at(counts, (values.codes[rows][known], labels[known]), 1)
    return PointColors(values.name, values.codes[backdrop.rows], match_values(counts, slots))


def _density(
    backdrop: Backdrop,
    trace: Trace,
    cursor: int,
    slots: tuple[int, ...],
    options: Options,
    colors: PointColors | None,
) -> Density | None:
    """Count the points in the cells, if that is how they are shown."""
    assigned, hidden = trace.assigned(cursor), options.hidden
    if backdrop.cells is None:
        return None
    if colors is not None and options.values is not None:
        away = tuple(k for k, slot in enumerate(slots) if slot in hidden)
        centers = None if assigned is None else trace[assigned].centers
        return backdrop.cells.count_values(options.values, colors.slots, centers, away)
    if assigned is None:
        return backdrop.cells.count(slots)
    is_change = trace.phase(cursor) is Phase.ASSIGN and assigned > 0
    before = trace[assigned - 1].centers if is_change else None
    return backdrop.cells.count(slots, hidden, trace[assigned].centers, before)


def _facts(backdrop: Backdrop, trace: Trace, cursor: int, options: Options) -> Facts:
    assigned = trace.assigned(cursor)
    positions = trace.centers_until(cursor)[-2:]
    phase = trace.phase(cursor)
    moves = np.linalg.norm(positions[-1].astype(float) - positions[0], axis=1)
    facts = Facts(
        phase=phase,
        init=options.init,
        random_state=options.random_state,
        n_samples=backdrop.n_rows,
        n_drawn=len(backdrop.points),
        inertia=trace.inertia(cursor),
        largest_move=float(moves.max()),
        counts=np.zeros(len(moves)),
        weighted=backdrop.sample.sample_weight is not None,
        scale=options.scale,
        total_squares=options.total_squares,
        within_squares=options.within_squares,
        begun=options.begun,
        event=options.event,
        batch_size=options.batch_size,
    )
    if assigned is None:
        return facts
    step = trace[assigned]
    return replace(
        facts,
        n_iter=step.iteration,
        n_changed=step.n_changed,
        counts=step.weight,
        relocated=step.relocated,
        stop=step.stop if phase is Phase.ASSIGN else None,
        closing=assigned >= step.iteration,
    )
