"""Building blocks of the figure: its style, axes, animated lines and markers."""

from __future__ import annotations

import contextlib
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, Bbox, IdentityTransform
from PIL import Image

from kmeans_widget.plot.fonts import FAMILY
from kmeans_widget.plot.palette import GRID, INK, MUTED, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.transforms import BboxBase, Transform

    from kmeans_widget.core.arrays import Floats
    from kmeans_widget.plot.histogram import Bars

STYLE_LOCK = threading.RLock()
STYLE_GROUPS = frozenset((
    "_internal", "agg", "axes", "figure", "font", "grid", "hatch", "legend", "lines", "markers",
    "mathtext", "patch", "path", "savefig", "svg", "text", "xtick", "ytick",
))  # fmt: skip
BAR_OPACITY = 0.6
BAR_GAP = 0.02  # on each side of a bar, as a share of its width
MOST_APART = 60  # bars with gaps
HALO = 2.4  # width of the line around a number, half of it outside, in typographic points


@contextlib.contextmanager
def default_style(**extra: Any) -> Iterator[None]:
    """Let artists be created in matplotlib's default style, and with other rcParams.

    The rcParams belong to the whole process, and a cell may be plotting on another thread. So no
    frame depends on them, and here only those that differ are set and reset.
    """
    with STYLE_LOCK:
        wanted: dict[Any, Any] = {**mpl.rcParamsDefault, **extra}
        user = {
            key: value
            for key, value in mpl.rcParams.copy().items()
            if key.partition(".")[0] in STYLE_GROUPS and value != wanted[key]
        }
        mpl.rcParams.update({key: wanted[key] for key in user})
        try:
            yield
        finally:
            mpl.rcParams.update(user)


def add_axes(figure: Figure) -> Axes:
    """Add axes with a light grid."""
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axisbelow(True)
    axes.grid(visible=True, color=GRID, linewidth=0.6)
    axes.tick_params(colors=MUTED, labelsize=9, length=0, labelfontfamily=FAMILY)
    axes.xaxis.label.set(color=INK, fontsize=9.5)
    axes.yaxis.label.set(color=INK, fontsize=9.5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(MUTED)
    return axes


def add_line(axes: Axes, zorder: float, **style: Any) -> Line2D:
    """Add an empty animated line: `Figure.draw` skips it, the blitter draws it."""
    line = Line2D([], [], zorder=zorder, animated=True, **style)
    axes.add_line(line)
    return line


class Markers(Line2D):
    """A line of markers whose sizes and colours may differ; they are drawn one after the other.

    With a few sizes that costs little more than with one; a `PathCollection` takes five times as
    long.

    Attributes
    ----------
    sizes : ndarray of shape (n,) or None
        Factors of the marker size; None if all are equal.
    shades : ndarray of shape (n,) or None
        Colours; None if all have the colour of the line.
    """

    sizes: Floats | None = None
    shades: npt.NDArray[np.str_] | None = None

    def draw(self, renderer: RendererBase) -> None:
        """Draw the markers of each size and colour."""
        if self.sizes is None and self.shades is None:
            super().draw(renderer)
            return
        points, size, own = np.asarray(self.get_xydata()), self.get_markersize(), self.get_color()
        sizes = np.ones(len(points)) if self.sizes is None else self.sizes
        for factor in np.unique(sizes)[::-1]:
            alike = sizes == factor
            for shade in [own] if self.shades is None else np.unique(self.shades[alike]):
                these = alike if self.shades is None else alike & (self.shades == shade)
                self.set_color(shade)
                set_markers(self, points[these], size * factor)
                super().draw(renderer)
        self.set_color(own)
        set_markers(self, points, size)


def add_markers(axes: Axes, zorder: float, **style: Any) -> Markers:
    """Add empty animated markers: `Figure.draw` skips them, the blitter draws them."""
    markers = Markers([], [], zorder=zorder, animated=True, linestyle="", **style)
    axes.add_line(markers)
    return markers


def set_markers(markers: Line2D, points: Floats, size: float) -> None:
    """Place the markers at `points`, shape (n, 2), with a diameter of `size` typographic points."""
    markers.set_data(*points.T)
    markers.set_markersize(size)


def join_lines(lines: Floats) -> Floats:
    """Join lines, shape (n_lines, n_points, 2), separated by NaN, so that one artist draws all.

    Examples
    --------
    >>> join_lines(np.array([[[1.0, 2.0]], [[3.0, 4.0]]])).tolist()
    [[1.0, 2.0], [nan, nan], [3.0, 4.0]]
    """
    gaps = np.full((len(lines), 1, 2), np.nan)
    return np.concatenate([lines, gaps], axis=1).reshape(-1, 2)[:-1]


def compound_path(polygons: Sequence[Floats]) -> Path:
    """Join polygons, each of shape (n_corners, 2), into one path, so that one artist draws all.

    Examples
    --------
    >>> compound_path([np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])]).codes.tolist()
    [1, 2, 2, 79]
    """
    paths = [Path([*polygon, polygon[0]], closed=True) for polygon in polygons]
    return Path.make_compound_path(*paths) if paths else Path(np.empty((0, 2)))


class CellImage(Artist):
    """Images of the cells of a grid; not smoothed, so that each cell is seen.

    Parameters
    ----------
    transform : matplotlib.transforms.Transform
        From data to display coordinates.
    clip : matplotlib.transforms.BboxBase
        What is drawn on, in display coordinates.
    **style
        Properties of `matplotlib.artist.Artist`.

    Attributes
    ----------
    images : sequence of (ndarray of shape (height, width, 4), float)
        Colours of the cells, uint8, the lowest row first, and an opacity; drawn one on the other.
    box : (left, right, bottom, top)
        Limits of the grid, in data coordinates.
    """

    def __init__(self, transform: Transform, clip: BboxBase, **style: Any) -> None:
        super().__init__()
        self.set(transform=transform, **style)
        self._clip = clip
        self.images: Sequence[tuple[npt.NDArray[np.uint8], float]] = ()
        self.box = (0.0, 1.0, 0.0, 1.0)
        self._fitted: dict[int, tuple[Any, ...]] = {}  # by the id of the cells

    def draw(self, renderer: RendererBase) -> None:
        """Draw the images; a pixel has the mean colour of the cells that it covers."""
        left, right, bottom, top = self.box
        whole = self.get_transform().transform_bbox(Bbox.from_extents(left, bottom, right, top))
        seen = Bbox.intersection(whole, self._clip)
        if seen is None or not self.images:
            return
        corner = np.rint(seen.p0)
        size = np.maximum(np.rint(seen.p1) - corner, 1) * renderer.get_image_magnification()
        gc = renderer.new_gc()
        fitted = {}
        for cells, opacity in self.images:
            shape = np.array(cells.shape[1::-1])
            part = (*((seen.p0 - whole.p0) / whole.size * shape).tolist(),
                    *((seen.p1 - whole.p0) / whole.size * shape).tolist())  # fmt: skip
            wanted = part, (round(size[0]), round(size[1]))
            known = self._fitted.get(id(cells))
            if known is None or known[0] is not cells or known[1] != wanted:
                known = cells, wanted, _fit(cells, *wanted)
            fitted[id(cells)] = known
            gc.set_alpha(opacity)
            renderer.draw_image(gc, corner[0], corner[1], known[2])
        self._fitted = fitted
        gc.restore()


def _fit(
    cells: npt.NDArray[np.uint8], part: tuple[float, float, float, float], size: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Return a part of an image in another size; a pixel is the mean of what it covers."""
    image = Image.fromarray(cells).convert("RGBa")  # colours count by their opacity
    return np.array(image.resize(size, Image.Resampling.BOX, part).convert("RGBA"))


class BarSet(Artist):
    """Bars of several colours.

    Parameters
    ----------
    transform : matplotlib.transforms.Transform
        From data to display coordinates.
    **style
        Properties of `matplotlib.artist.Artist`.

    Attributes
    ----------
    bars : sequence of Bars
    """

    def __init__(self, transform: Transform, **style: Any) -> None:
        super().__init__()
        self.set(transform=transform, **style)
        self.bars: Sequence[Bars] = ()

    def draw(self, renderer: RendererBase) -> None:
        """Draw the bars of each colour as one path."""
        gc = renderer.new_gc()
        self._set_gc_clip(gc)  # type: ignore[attr-defined]  # as matplotlib's own artists do
        gc.set_linewidth(0.0)
        gap = BAR_GAP if sum(len(boxes) for _, boxes in self.bars) <= MOST_APART else 0.0
        for color, boxes in self.bars:
            left, right, bottom, top = boxes.T
            left, right = left + gap * (right - left), right - gap * (right - left)
            x, y = np.stack([left, right, right, left]), np.stack([bottom, bottom, top, top])
            path = compound_path([*np.stack([x, y], axis=-1).swapaxes(0, 1)])
            renderer.draw_path(gc, path, self.get_transform(), to_rgba(color, BAR_OPACITY))
        gc.restore()


class Number(NamedTuple):
    """The number of a cluster, or a letter, on the map.

    All but `point` is in typographic points: the offset of its middle from there, the height of its
    digits, and a line that leads from there to it. A number with an offset has a white edge.
    """

    value: int | str
    point: Floats
    height: float
    color: str
    offset: Floats | None = None
    leader: Floats | None = None


class Numbers(Artist):
    """The numbers of the clusters, drawn as outlines.

    Parameters
    ----------
    transform : matplotlib.transforms.Transform
        From data to display coordinates.
    **style
        Properties of `matplotlib.artist.Artist`.
    """

    def __init__(self, transform: Transform, **style: Any) -> None:
        super().__init__()
        self.set(transform=transform, **style)
        self.numbers: Sequence[Number] = ()

    def draw(self, renderer: RendererBase) -> None:
        """Draw each number as a marker, those with a white edge twice."""
        gc = renderer.new_gc()
        self._set_gc_clip(gc)  # type: ignore[attr-defined]  # as matplotlib's own artists do
        gc.set_joinstyle("round")
        pixels = float(renderer.points_to_pixels(1.0))  # type: ignore[arg-type]

        def stroke(color: str, width: float) -> None:
            gc.set_foreground(color)
            gc.set_linewidth(width * pixels)

        for number in self.numbers:
            place = self.get_transform().transform(number.point)
            outline, scale = _outline(number.value), Affine2D().scale(number.height * pixels)
            if number.leader is not None:
                line = Path(place + number.leader * pixels)
                for color, width in ((PAPER, HALO), (number.color, 0.9)):
                    stroke(color, width)
                    renderer.draw_path(gc, line, IdentityTransform())
            fills = [(number.color, 0.0)]
            if number.offset is not None:
                place = place + number.offset * pixels
                fills.insert(0, (PAPER, HALO))
            for color, width in fills:
                stroke(color, width)
                renderer.draw_markers(
                    gc, outline, scale, Path(place[None]), IdentityTransform(), to_rgba(color)
                )
        gc.restore()


@cache
def _outline(number: int | str) -> Path:
    """Return the outline of a number or a letter, centred on (0, 0), its height 1."""
    text = TextPath((0, 0), str(number), prop=FontProperties(family="DejaVu Sans", weight="bold"))
    extent = text.get_extents()
    to_middle = Affine2D().translate(-(extent.x0 + extent.x1) / 2, -(extent.y0 + extent.y1) / 2)
    return to_middle.scale(1 / extent.height).transform_path(text)
