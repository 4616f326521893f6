"""Results: labels into a variable, the picture into a file, code to copy."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from kmeans_widget import validation
from kmeans_widget.export.saving import SUFFIXES
from kmeans_widget.notebook import variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kmeans_widget.panel.errors import ErrorGuard
    from kmeans_widget.panel.layout import Panel
    from kmeans_widget.session import KMeansSession


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
        panel.save.on_click(guard(self._clicked_save))
        panel.replace.on_click(guard(self._clicked_replace))
        panel.unfold.observe(guard(self._unfolded), "value")
        for field in (panel.variable, panel.file):
            field.observe(guard(self._renamed), "value")

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
        """Put the labels on screen into a variable or column; ask before replacing a value."""
        del button
        self._panel.say("")
        name = self._panel.variable.value.strip()
        try:
            self._send_labels(name)
        except validation.NameTakenError as error:
            self._ask(str(error), functools.partial(self._send_labels, name, replace=True))

    def _send_labels(self, name: str, *, replace: bool = False) -> None:
        self._session.send_labels(name, variables.namespace(), replace=replace)
        self.show()  # the data may have one more column, which the code leaves out
        where = name if "[" in name else f"the variable {name}"
        self._panel.say(f"The labels on screen are in {where}.", good=True)

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
