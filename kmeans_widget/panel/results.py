"""Results: labels into a variable, the picture into a file, code to copy."""

from __future__ import annotations

import functools
import math
import threading
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from kmeans_widget import validation
from kmeans_widget.export.saving import SUFFIXES, write_csv
from kmeans_widget.notebook import variables
from kmeans_widget.notebook.cells import in_voila
from kmeans_widget.panel.factory import set_visible
from kmeans_widget.session.session import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kmeans_widget.panel.errors import ErrorGuard
    from kmeans_widget.panel.layout import Panel
    from kmeans_widget.session import KMeansSession

MAX_DOWNLOAD = 3_000_000  # values in a file that is sent to the browser


class Results:
    """The fold of results, wired to the session.

    Parameters
    ----------
    session : KMeansSession
    panel : Panel
    save : callable
        `KMeansWidget.save`.
    guard : ErrorGuard
    """

    def __init__(
        self,
        session: KMeansSession,
        panel: Panel,
        save: Callable[..., Path],
        guard: ErrorGuard,
    ) -> None:
        self._session, self._panel, self._save = session, panel, save
        self._replace: Callable[[], None] | None = None  # what *Replace it* does
        self._cancelled: threading.Event | None = None  # for the file being written
        panel.send.on_click(guard(self._clicked_send))
        panel.output.observe(guard(self._chose_output), "value")
        panel.download.on_click(guard(self._clicked_download))
        panel.downloaded.observe(guard(self._downloaded), "value")
        panel.save.on_click(guard(self._clicked_save))
        panel.replace.on_click(guard(self._clicked_replace))
        panel.unfold.observe(guard(self._unfolded), "value")
        for field in (panel.variable, panel.file):
            field.observe(guard(self._renamed), "value")
        if in_voila():
            panel.offer_downloads_only()

    def show(self) -> None:
        """Show the code for what is on screen, if the fold is open."""
        if self._panel.unfold.value:
            self._panel.show_code(self._session.code, self._session.magic_line)

    def cancel(self) -> None:
        """Cancel the file being written."""
        if self._cancelled is not None:
            self._cancelled.set()

    # -- labels --------------------------------------------------------------------------------

    def _clicked_send(self, button: Any) -> None:
        """Put what is chosen into a variable or column; ask before replacing a value."""
        del button
        self._panel.say("")
        kind, name = self._panel.output.value, self._panel.variable.value.strip()
        try:
            self._send(kind, name)
        except validation.NameTakenError as error:
            self._ask(str(error), functools.partial(self._send, kind, name, replace=True))

    def _send(self, kind: str, name: str, *, replace: bool = False) -> None:
        self._session.send(kind, name, variables.namespace(), replace=replace)
        self.show()  # the data may have one more column, which the code leaves out
        where = name if "[" in name else f"the variable {name}"
        verb = "are" if kind in {"labels", "centroids"} else "is"
        what = OUTPUTS[kind].label
        self._panel.say(f"The {what} on screen {verb} in {where}.", good=True)

    def _chose_output(self, change: Any) -> None:
        """Suggest a variable, unless another one has been typed."""
        self._panel.say("")
        if self._panel.variable.value == OUTPUTS[change.old].variable:
            self._panel.variable.value = OUTPUTS[change.new].variable

    # -- downloads -----------------------------------------------------------------------------

    def _clicked_download(self, button: Any) -> None:
        """Give the browser a CSV file, which the panel's script saves."""
        del button
        self._panel.say("")
        kind = self._panel.output.value
        table = self._session.output(kind)
        is_lazy = hasattr(table, "compute")  # labels of dask, whose size may be unknown
        n_rows = self._session.current_branch.run_samples.n_samples
        n_values = n_rows if is_lazy else math.prod(getattr(table, "shape", (len(table),)))
        if n_values > MAX_DOWNLOAD:
            instead = (
                "choose labels, or upload fewer rows"
                if in_voila()
                else "send them to the notebook, or save table.csv as a file"
            )
            raise ValueError(
                f"The {OUTPUTS[kind].label} would be {n_values:,} values, too many for the "
                f"browser: {instead}."
            )
        table = table.compute() if is_lazy else table
        encoded = b64encode((write_csv(table) or "").encode("utf-8")).decode("ascii")
        self._panel.download_link.value = (
            f"<a download='kmeans-{kind}.csv' href='data:text/csv;base64,{encoded}'>"
            f"kmeans-{kind}.csv</a>"
        )
        set_visible(self._panel.download_link, visible=True)

    def _downloaded(self, change: Any) -> None:
        """Forget the file, which would be saved with the notebook."""
        if change.new:
            self._panel.download_link.value = self._panel.downloaded.value = ""
            set_visible(self._panel.download_link, visible=False)

    # -- files ---------------------------------------------------------------------------------

    def _clicked_save(self, button: Any) -> None:
        """Write a file, or cancel the one being written; ask before replacing a file."""
        del button
        self._panel.say("")
        if self._cancelled is not None:
            self.cancel()
            return
        name = self._panel.file.value.strip()
        if validation.check_file(name, SUFFIXES).exists():
            self._ask(
                f"There is already a file {name!r}: choose another name, or replace it.",
                functools.partial(self._start_saving, name),
            )
        else:
            self._start_saving(name)

    def _start_saving(self, name: str) -> None:
        """Write a file on a thread, so that the panel stays usable."""
        self._cancelled = threading.Event()
        self._panel.show_saving(under_way=True)
        threading.Thread(
            target=self._write, args=(name, self._cancelled), name="kmeans-saving", daemon=True
        ).start()

    def _write(self, name: str, cancelled: threading.Event) -> None:
        good = False
        try:
            message = f"Saved: {self._save(name, cancelled=cancelled.is_set)}"
            good = True
        except Exception as error:  # noqa: BLE001  shown to the user, not swallowed
            message = str(error) or type(error).__name__
        with self._session.lock:
            self._cancelled = None
            self._panel.show_saving(under_way=False)
            self._panel.say(message, good=good, near=".kmeans-save")

    # -- questions -----------------------------------------------------------------------------

    def _ask(self, message: str, replace: Callable[[], None]) -> None:
        """Show a message with the button *Replace it*."""
        self._replace = replace
        self._panel.ask_to_replace(message)

    def _clicked_replace(self, button: Any) -> None:
        del button
        self._panel.say("")
        replace, self._replace = self._replace, None  # a double click replaces once
        if replace is not None:
            replace()

    def _renamed(self, change: Any) -> None:
        del change
        self._panel.say("")  # the question was about another name

    def _unfolded(self, change: Any) -> None:
        del change
        self.show()
