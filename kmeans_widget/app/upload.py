"""A file of the visitor, sent by the browser in pieces."""

from __future__ import annotations

import base64
import json
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from traitlets import Unicode

from kmeans_widget.app.delimited import MAX_BYTES, check_size
from kmeans_widget.panel.factory import set_visible
from kmeans_widget.plot.text import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmeans_widget.panel.errors import ErrorGuard
    from kmeans_widget.panel.factory import WidgetFactory

NAME_WIDTH = 60  # characters of a file's name
CHOOSE = f"""\
<label><input type='file' accept='.csv,.tsv,.txt,.tab,.dat,.gz' data-lm-suppress-shortcuts>
<span>Choose a CSV file</span></label>
<small>or drop it here; up to {MAX_BYTES // 1_000_000} MB, also .tsv, .txt and .gz</small>"""


class Piece(widgets.Text):
    """A field that the kernel does not echo to the browser, as it does with other fields."""

    value = Unicode().tag(sync=True, echo_update=False)


class Upload:
    """The controls that choose and send a file.

    `ipywidgets.FileUpload` sends a file as one message; with more than 10 MiB, Jupyter's server
    closes the connection without a word. Here, the script `upload.js` sends pieces, each when the
    one before has arrived, so that the kernel can show how far it is and refuse the rest.

    Parameters
    ----------
    make : WidgetFactory
    guard : ErrorGuard
    on_file : callable
        Called with the bytes and the name of a file that has arrived.
    say : callable
        Shows a sentence.
    """

    def __init__(
        self,
        make: WidgetFactory,
        guard: ErrorGuard,
        on_file: Callable[[bytes, str], None],
        say: Callable[[str], None],
    ) -> None:
        self._on_file, self._say = on_file, say
        self._number = 0  # of the upload that is under way; 0 if there is none
        self._content = bytearray()
        folder = files("kmeans_widget.app")
        script = escape(folder.joinpath("upload.js").read_text("utf-8"))
        style = folder.joinpath("app.css").read_text("utf-8")
        self.piece = make(Piece, "kmeans-piece", hidden=True, continuous_update=False)
        self.progress = make(widgets.HTML, "kmeans-progress")
        self.cancel = make.button("Cancel upload", "Do not send the rest", hidden=True)
        self.box = make.row(
            "upload",
            make(widgets.HTML, value=f'<style onload="{script}">{style}</style>', hidden=True),
            make(widgets.HTML, "kmeans-choose", value=CHOOSE),
            self.progress,
            self.cancel,
            self.piece,
        )  # fmt: skip
        self.piece.observe(guard(self._receive), "value")
        self.cancel.on_click(guard(self._cancelled))

    def _receive(self, change: Any) -> None:
        """Take a piece: JSON with the number of the upload, name, size, start and data."""
        if not change.new:
            return
        piece = json.loads(change.new)
        self.piece.value = ""  # for the next one, and not to be kept
        name, size, start = shorten(piece["name"], NAME_WIDTH), piece["size"], piece["start"]
        if start == 0:
            self._forget()
            self._number = piece["number"]
        if piece["number"] != self._number or start != len(self._content):
            return  # of an upload that was cancelled
        if "data" not in piece:
            self._forget()
            raise ValueError(f"{name} cannot be read: choose a file, not a folder.")
        if size > MAX_BYTES:
            self._forget()
        check_size(size, name)
        self._content += base64.b64decode(piece["data"])
        if len(self._content) < size:
            if start == 0:
                self._say(f"Uploading {name} …")
            self._show_progress(name, size)
            return
        content = bytes(self._content)
        self._forget()
        self._on_file(content, name)

    def _show_progress(self, name: str, size: int) -> None:
        """Show how much has arrived, which asks for the next piece."""
        n_bytes = len(self._content)
        words = f"{name}: {n_bytes / 1e6:.0f} of {size / 1e6:.0f} MB"
        self.progress.value = (
            f"<progress value='{n_bytes}' max='{size}' aria-label='{escape(words)}' "
            f"data-number='{self._number}' data-next='{n_bytes}'></progress> {escape(words)}"
        )
        set_visible(self.cancel, visible=True)

    def _cancelled(self, button: Any) -> None:
        del button
        self._forget()
        self._say("The upload was cancelled, and the panel is as it was.")

    def _forget(self) -> None:
        self._number = 0
        self._content = bytearray()
        self.progress.value = ""
        set_visible(self.cancel, visible=False)
