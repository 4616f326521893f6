import dataclasses
import io
import logging

import matplotlib as mpl
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from kmeans_widget import KMeansWidget
from kmeans_widget.export import image
from kmeans_widget.export.filmstrip import filmstrip
from kmeans_widget.export.image import png_bytes
from kmeans_widget.export.recording import Recording
from kmeans_widget.plot import scene as scenes
from kmeans_widget.plot.backdrop import lay_out
from kmeans_widget.plot.blit import Blitter
from kmeans_widget.plot.figure import Picture
from kmeans_widget.plot.fonts import FAMILY, NO_GLYPH, text_properties

BLOCK = "\U0010f234"  # a character for private use, which no other font has: here a black square
TINY = "Tiny Blocks"


@pytest.fixture
def font(tmp_path):
    """A font that has two characters, installed."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 900), (900, 900), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "block"])
    builder.setupCharacterMap({ord(BLOCK): "block", ord("収"): "block"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "block": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "block": (1000, 0)})
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": TINY, "styleName": "Regular", "psName": "TinyBlocks"})
    builder.setupOS2(usWeightClass=400)
    builder.setupPost()
    builder.save(tmp_path / "tiny.ttf")
    fonts = font_manager.fontManager
    fonts.addfont(tmp_path / "tiny.ttf")
    yield TINY
    del fonts.ttflist[-1]
    fonts._findfont_cached.cache_clear()


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog):
    """Nothing here may make matplotlib log or warn (warnings are errors)."""
    yield
    logged = caplog.get_records("call")
    assert [record for record in logged if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("words", ["age", "", "$x_1$ {y}", "é – “x” × …", "שלום", "مرحبا", "😀"])
@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_what_our_font_has_is_written_in_it(words, weight):
    with mpl.rc_context({"font.family": ["STIXGeneral", "cmr10"]}):
        expected = {"text": words, "fontfamily": [FAMILY], "fontweight": weight}
        assert text_properties(words, weight) == expected


@pytest.mark.parametrize(
    "style",
    [
        {"font.family": TINY},
        {"font.family": ["No Such Font", TINY.upper()]},
        {"font.sans-serif": ["No Such Font", TINY]},
        {"font.family": ["serif"], "font.serif": [TINY]},
    ],
)
def test_what_it_has_not_is_written_in_the_users(font, style):
    with mpl.rc_context(style):
        assert text_properties("収 x")["fontfamily"] == [FAMILY, font]
        assert text_properties("収 x")["text"] == "収 x"


def test_else_any_font_that_is_installed_is_taken(font):
    assert text_properties(f"{BLOCK}!") == {
        "text": f"{BLOCK}!", "fontfamily": [FAMILY, font], "fontweight": "normal"
    }  # fmt: skip


def test_a_font_installed_later_is_found(request):
    assert text_properties(BLOCK)["text"] == NO_GLYPH
    font = request.getfixturevalue("font")
    assert text_properties(BLOCK) == {
        "text": BLOCK, "fontfamily": [FAMILY, font], "fontweight": "normal"
    }  # fmt: skip


def test_what_no_font_has_is_a_box():
    assert text_properties(f"a{BLOCK}\U0010f235b")["text"] == f"a{NO_GLYPH * 2}b"
    assert text_properties(f"{BLOCK}\ufe0f\u200d\U000e0067")["text"].startswith(NO_GLYPH)


def axes(run, name):
    return image.png(named(run, name))


def caption(_run, name):
    return png_bytes(Image.fromarray(image.caption(name, dpi=100)), "", level=1)


def chart(run, name):
    picture = Picture(FigureCanvasAgg(Figure()).figure)
    picture.show(run.scene(3))
    picture.chart.highlight(run.trace.curve(4), name)
    return png_bytes(Image.fromarray(Blitter(picture).render()), "", level=1)


def title(run, name):
    recording = Recording(name, run.backdrop, run.trace, scenes.Options(), 3)
    return filmstrip(recording).png


def named(run, name):
    """Give a scene on an axis with a name."""
    return dataclasses.replace(run.scene(3), backdrop=lay_out(run.samples, (name, "y")))


@pytest.mark.parametrize("draw", [axes, caption, chart, title])
def test_every_picture_shows_the_characters_themselves(font, run, draw):
    """A black square instead of the outline of one is more ink, with or without a user's style."""

    def ink(name):
        return (np.asarray(Image.open(io.BytesIO(draw(run, name))).convert("L")) < 90).sum()

    box = ink("\U0010f239")
    assert ink(BLOCK) > box + 60
    with mpl.rc_context({"font.family": [font], "font.size": 30}):
        assert ink("収") > box + 60
        assert ink("\U0010f239") == box


@pytest.mark.usefixtures("font")
def test_a_vector_picture_shows_them_too(run):
    assert b"TinyBlocks" in image.svg(named(run, BLOCK))
    assert b"TinyBlocks" not in image.svg(named(run, "age"))


@pytest.mark.parametrize("canvas", ["png", "ipympl"])
def test_a_family_that_is_not_there_is_never_looked_for(canvas):
    """As for those who set SimHei for their plots, on a machine without it: all of it is silent."""
    with mpl.rc_context({"font.family": "No Such Font", "font.sans-serif": ["SimHei of old"]}):
        panel = KMeansWidget([[0.0, 0], [1, 0], [9, 9], [8, 9]], 2, canvas=canvas)
        panel.step()
        panel.add_point([4.0, 4.0])
        panel.picture.stale = True
        panel.canvas._blitter.render()
        panel._static_picture()
        panel.close()
