"""Actions on the map, for the mouse and for the form *By numbers*."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kmeans_widget.panel.fields import rounded
from kmeans_widget.panel.zoom import Gesture
from kmeans_widget.plot.limits import clamp_to_box, corners, outline
from kmeans_widget.plot.overlay import NONE, OverlayState, no_points
from kmeans_widget.plot.picking import map_position
from kmeans_widget.plot.scene import seen_in, with_centers
from kmeans_widget.session.events import Event, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.panel.animation import Animation
    from kmeans_widget.plot.density import Patch
    from kmeans_widget.plot.figure import Picture
    from kmeans_widget.plot.picking import Hit
    from kmeans_widget.plot.projection import Projection
    from kmeans_widget.plot.scene import Scene
    from kmeans_widget.plot.voronoi import Box
    from kmeans_widget.session import KMeansSession
    from kmeans_widget.session.inspection import Inspection

BRUSH = 0.05  # radius of a cloud painted by a click, as a share of the map's width
BRUSH_POINTS = 20  # points in a painted cloud
TRIAL_WORK = 20_000_000  # coordinates compared in a trial of all points; else of those drawn


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """What a question is about, and what is chosen as its answer.

    Attributes
    ----------
    rows, marked : tuple of int
        The points, and those of them that are marked.
    cluster : int
        The centroid, or NONE.
    place : tuple of float
        Where that centroid is thought to go, along the axes; empty if that is not known.
    """

    rows: tuple[int, ...] = ()
    marked: tuple[int, ...] = ()
    cluster: int = NONE
    place: tuple[float, ...] = ()


class MapActions:
    """Converts places on the map into commands of the session, and shows the inspected point.

    A place is an array of shape (2,) in the units of the axes. Moving keeps the components that the
    axes do not show; for a new point or centroid they are those of the mean of the data.

    Parameters
    ----------
    session : KMeansSession
    animation : Animation
        Its scene defines the axes of the places.
    picture : Picture
    show_point : callable
        Called with the inspected point, or None, the cells under the pointer, or None, and the
        palette index of each cluster.
    show_words : callable
        Called with a scene whose words and numbers are to be shown.
    set_view : callable
        Called with new limits of the map.
    """

    def __init__(
        self,
        session: KMeansSession,
        animation: Animation,
        picture: Picture,
        show_point: Callable[[Inspection | None, Patch | None, tuple[int, ...]], None],
        show_words: Callable[[Scene], None],
        set_view: Callable[[Box], None],
    ) -> None:
        self._session, self._animation, self._set_view = session, animation, set_view
        self._picture, self._show_point, self._show_words = picture, show_point, show_words
        self._looked_at: Box | None = None  # limits of the map while they are being changed
        self._is_trial = False  # whether a centroid is being tried at another place
        self._inspected: int | None = None  # row of the point that was clicked
        self._hovered: int | None = None  # row of the point under the pointer
        self._spot: Box | None = None  # limits of what is under the pointer, in a density picture
        self.asked = AskedAbout()  # by the question that is open
        self.choose: Callable[[Hit], None] = _ignore  # what a click answers is taken there

    # -- edits -------------------------------------------------------------------------------

    def move_center(self, cluster: int, place: Floats) -> None:
        """Move a centroid, and assign the points to it."""
        centers = self._with_center_at(cluster, place)
        self._session.move_center(cluster, centers[cluster], assign=True)

    def move_point(self, row: int, place: Floats) -> None:
        """Move a point."""
        samples = self._session.current_branch.points.samples
        self._session.move_point(row, self._lift(place, samples.X[row]))

    def add_point(self, place: Floats) -> None:
        """Add a point."""
        self._session.add_point(self._lift(place))

    def remove_point(self, row: int) -> None:
        """Remove a point."""
        self._session.remove_point(row)

    def place_center(self, place: Floats) -> None:
        """Choose the next starting centroid."""
        self._session.place_center(self._lift(place))

    def paint(self, place: Floats, radius: Floats | None = None, count: int = BRUSH_POINTS) -> None:
        """Add a cloud of points.

        Parameters
        ----------
        place : ndarray of shape (2,)
            Its centre.
        radius : ndarray of shape (2,), optional
            Along both axes; by default that of the brush.
        count : int
            Number of points.
        """
        projection = self._projection
        if radius is None:
            left, right, _, _ = self._animation.scene.backdrop.box
            radius = BRUSH * (right - left) * projection.axis_unit / projection.axis_unit[0]
        if len(projection.origin) != 2:
            along = radius  # in the other columns, as far as K-means measures it
            radius = radius[0] / projection.axis_unit[0] * projection.unit
            for axis, j in projection.features.items():
                radius[j] = along[axis]
        self._session.paint(self._lift(place), radius, count)

    # -- places ------------------------------------------------------------------------------

    def row_of(self, target: Hit) -> int:
        """Return the row of a point on the map."""
        return int(self._animation.scene.backdrop.rows[target.point])

    def place_of(self, target: Hit) -> Floats:
        """Return the place of a point on the map."""
        return np.asarray(self._animation.scene.backdrop.points[target.number])

    def value_at(self, target: Hit) -> tuple[float, ...]:
        """Return the values along the axes at a place on the map, rounded to what is visible."""
        backdrop = self._animation.scene.backdrop
        values = (target.position + self._projection.offset).tolist()
        spans = np.diff(np.reshape(backdrop.box, (2, 2)))[:, 0].tolist()
        n_axes = 1 if self._projection.is_line else 2
        return tuple(rounded(v, span) for v, span in zip(values, spans, strict=True))[:n_axes]

    def nearest_asked(self, target: Hit) -> int:
        """Return which of the points asked about is nearest on the screen."""
        to_pixels = self._picture.map.transData.transform
        places = to_pixels(self._places_of(self.asked.rows))
        return int(np.hypot(*(places - to_pixels(target.position)).T).argmin())

    def radius_between(self, centre: Floats, edge: Floats) -> Floats:
        """Return the radius along both axes of what is a circle on the screen, shape (2,)."""
        to_pixels = self._picture.map.transData.transform
        pixel = to_pixels(centre)
        radius = max(float(np.hypot(*(to_pixels(edge) - pixel))), 1.0)
        unit = np.abs(to_pixels(centre + 1.0) - pixel)
        return np.asarray(radius / unit)

    # -- view --------------------------------------------------------------------------------

    def zoom(self, gesture: Gesture | None) -> None:
        """Zoom and move the map; None shows all points.

        Until the gesture ends, the picture is only stretched.
        """
        backdrop = self._animation.scene.backdrop
        if gesture is None:
            self._look(backdrop.home, done=True)
            return
        box = self._looked_at or backdrop.box
        low, high = corners(box)
        middle = (low + high) / 2
        if gesture.at is not None:
            width, height = self._picture.figure.bbox.size
            across, up = gesture.at
            middle[:] = map_position(self._picture, (across * width, up * height))
        low = middle + (low - middle) / gesture.factor
        high = middle + (high - middle) / gesture.factor
        move = (high - low) * gesture.shift
        (left, bottom), (right, top) = low - move, high - move
        self._look(backdrop.fit_view((left, right, bottom, top)), done=gesture.done)

    def pan(self, offset: tuple[float, float], *, done: bool) -> None:
        """Move the map by some pixels, counted from where it was when the drag began."""
        self._looked_at = None
        x, y = np.divide(offset, self._picture.map.bbox.size).tolist()
        self.zoom(Gesture(shift=(x, y), done=done))

    def _look(self, box: Box, *, done: bool) -> None:
        self._spot = None
        if done or self._animation.playing:
            self._looked_at = None
            self._set_view(box)
        else:
            self._looked_at = box
            self._animation.preview(seen_in(self._animation.scene, box))

    # -- inspection --------------------------------------------------------------------------

    def inspect(self, row: int | None) -> None:
        """Inspect a point until another one is chosen; None ends it.

        Raises
        ------
        ValueError, TypeError
            If there is no such point.
        """
        if row is not None:
            self._session.inspect(row)
        self._inspected = row
        self.show()

    def hover(self, row: int | None, spot: Box | None = None) -> bool:
        """Inspect the point or the cells under the pointer; return whether they have changed."""
        is_new = (row, spot) != (self._hovered, self._spot)
        self._hovered, self._spot = row, spot
        return is_new

    def forget_trial(self) -> None:
        """End a trial; the current scene is shown anyway."""
        self._is_trial = False

    def forget(self) -> None:
        """End inspection: the rows of the points have changed."""
        self._inspected = self._hovered = self._spot = None

    # -- display ---------------------------------------------------------------

    def preview_center(self, cluster: int, place: Floats) -> None:
        """Show a centroid at another place while it is dragged, and what it would change."""
        session, scene = self._session, self._animation.scene
        centers, branch = self._with_center_at(cluster, place), session.current_branch
        is_cheap = branch.samples.X.size * len(centers) <= TRIAL_WORK
        samples = branch.samples if is_cheap else scene.backdrop.sample
        assigned = branch.trace.assigned(session.cursor)
        before = None if assigned is None else samples.assign(branch.trace[assigned].centers)
        position = tuple(centers[cluster].tolist())
        event = Event(
            Kind.CENTER_TRIED, cluster, samples.n_samples, position, changed=self._on_axes(place)
        )
        self._is_trial = True
        self.update()
        self._preview(with_centers(scene, centers, event, samples, before))

    def end_preview(self) -> None:
        """Show the current scene again."""
        self._is_trial = False
        self._looked_at = None
        self._preview(self._animation.scene)

    def show(self, *, moving: Floats | None = None, cloud: Floats | None = None) -> None:
        """Show the inspected point, the placed centroids, and what is being dragged.

        Parameters
        ----------
        moving : ndarray of shape (2, 2), optional
            Original and current place of a dragged point.
        cloud : ndarray of shape (2, 2), optional
            Centre of the cloud being painted, and its radius along both axes.
        """
        self.update(moving=moving, cloud=cloud)
        self._animation.refresh()

    def update(self, *, moving: Floats | None = None, cloud: Floats | None = None) -> None:
        """Update the artists like `show`, without sending a frame, because one follows anyway."""
        point, scene = self._point_in_view(), self._animation.scene
        patch, asked = self._patch(), self.asked
        placed = (
            self._projection.project(self._session.placed)
            if scene.backdrop.guides is None
            else no_points()
        )
        if asked.place:
            guess = np.resize([*asked.place, 0.0], 2) - self._projection.offset
            placed = np.concatenate([placed, guess[None]])
        self._picture.overlay.show(
            OverlayState(
                inspected=no_points() if point is None else self._links(point),
                placed=clamp_to_box(placed, scene.backdrop.box),
                moving=no_points() if moving is None else moving,
                cloud=no_points() if cloud is None else cloud,
                patch=no_points() if patch is None else outline(patch.box),
                asked=self._places_of(asked.rows),
                discs=scene.discs,
                marked=self._places_of(asked.marked),
                focus=no_points() if asked.cluster == NONE else scene.discs[[asked.cluster]],
            )
        )
        self._show_point(point, patch, scene.slots)

    def _preview(self, scene: Scene) -> None:
        self._animation.preview(scene)
        self._show_words(scene)

    def _on_axes(self, place: Floats) -> tuple[tuple[str, float], ...]:
        """Name the values of a place along the axes; nothing if these are all columns."""
        projection, box = self._projection, self._animation.scene.backdrop.box
        if len(projection.origin) <= 2:
            return ()
        values, spans = place + projection.offset, np.diff(np.reshape(box, (2, 2)))[:, 0]
        return tuple(
            (name, rounded(float(value), float(span)))
            for axis, (name, value, span) in enumerate(
                zip(projection.names, values, spans, strict=True)
            )
            if projection.columns is None or axis in projection.features
        )

    def _with_center_at(self, cluster: int, place: Floats) -> Floats:
        """Return the centroids with one of them moved to a place on the map."""
        centers = self._session.cluster_centers
        centers[cluster] = self._lift(place, centers[cluster])
        return centers

    def _point_in_view(self) -> Inspection | None:
        """Inspect the point under the pointer, or else the one that was clicked.

        None while a centroid is tried elsewhere: its distances would be those of before.
        """
        row = self._inspected if self._hovered is None else self._hovered
        return None if row is None or self._is_trial else self._session.inspect(row)

    def _patch(self) -> Patch | None:
        """Return the cells under the pointer, if there are points in them."""
        density = self._animation.scene.density
        if density is None or self._spot is None or self._is_trial:
            return None
        patch = density.within(self._spot)
        return patch if any(patch.counts) else None

    def _places_of(self, rows: Sequence[int]) -> Floats:
        """Return where points are drawn, shape (n, 2)."""
        backdrop, X = self._animation.scene.backdrop, self._session.current_branch.points.samples.X
        places = [backdrop.place_point(row, X[row]) for row in rows if row < len(X)]
        return np.reshape(places, (-1, 2)).astype(np.float64)

    def _links(self, point: Inspection) -> Floats:
        """Return the places of a point, its centroid and the second nearest centroid."""
        own = point.cluster if point.cluster >= 0 else point.nearest
        others = [] if point.runner_up is None else [point.runner_up]
        scene = self._animation.scene
        place = scene.backdrop.place_point(point.row, point.position)
        return np.concatenate([place[None], scene.discs[[own, *others]]])

    @property
    def _projection(self) -> Projection:
        return self._animation.scene.backdrop.projection

    def _lift(self, place: Floats, position: Floats | None = None) -> Floats:
        """Return the point of the feature space at a place: a new one, or a position moved there.

        Raises
        ------
        ValueError
            If the axes do not tell where a new point is, or nothing can be moved along them.
        """
        projection = self._projection
        if projection.has_others and (position is None or not projection.features):
            axis = (projection.columns or ()).index(None)
            done = "moved" if projection.features == {} and position is not None else "added"
            raise ValueError(
                f"Nothing can be {done} here, because {projection.names[axis]!r} takes no part in "
                "the distances. Choose columns in use as axes."
            )
        return projection.lift(place, position)


def _ignore(target: Hit) -> None:
    """Do nothing: there is no question."""
