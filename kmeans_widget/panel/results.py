"""Labels, file and code: what is taken from the panel into the notebook."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, Protocol

from kmeans_widget import validation
from kmeans_widget.export.saving import SUFFIXES
from kmeans_widget.notebook import variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kmeans_widget.panel.errors import ErrorGuard
    from kmeans_widget.panel.layout import Panel
    from kmeans_widget.session import KMeansSession


class Save(Protocol):
    """Writes a file; `KMeansWidget.save`."""

    def __call__(self, path: str, *, cancelled: Callable[[], bool]) -> Path:
        """Write what is shown to a file."""


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

    def __init__(self, session: KMeansSession, panel: Panel, save: Save, guard: ErrorGuard) -> None:
        self._session, self._panel, self._save = session, panel, save
        self._replace: Callable[[], None] = lambda: None  # what the user has been asked about
        self._cancelled: threading.Event | None = None  # of the file that is being written
        panel.send.on_click(guard(self._clicked_send))
        panel.save.on_click(guard(self._clicked_save))
        panel.replace.on_click(guard(self._clicked_replace))
        panel.unfold.observe(guard(self._unfolded), "value")
        for field in (panel.variable, panel.file):
            field.observe(guard(self._renamed), "value")

    def show(self) -> None:
        """Write the code for what is on screen, if the fold is open."""
        if self._panel.unfold.value:
            self._panel.show_code(self._session.code, self._session.magic_line)

    def cancel(self) -> None:
        """Give up the file that is being written."""
        if self._cancelled is not None:
            self._cancelled.set()

    # -- labels --------------------------------------------------------------------------------

    def _clicked_send(self, button: Any) -> None:
        """Put the labels on screen into a variable or a column; ask before a value is lost."""
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
        """Write a file, or give up the one being written; ask before a file is lost."""
        del button
        self._panel.say("")
        if self._cancelled is not None:
            self.cancel()
            return
        name = self._panel.file.value.strip()
        if validation.check_file(name, SUFFIXES).exists():
            self._ask(
                f"There is a file {name!r} already: choose another name, or confirm that it may be "
                "replaced.",
                functools.partial(self._start_saving, name),
            )
        else:
            self._start_saving(name)

    def _start_saving(self, name: str) -> None:
        """Write a file on a thread, while the panel goes on."""
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
            self._panel.say(message, good=good)

    # -- questions -----------------------------------------------------------------------------

    def _ask(self, message: str, replace: Callable[[], None]) -> None:
        """Show a message, with a button for going on all the same."""
        self._replace = replace
        self._panel.ask_to_replace(message)

    def _clicked_replace(self, button: Any) -> None:
        del button
        self._panel.say("")
        self._replace()

    def _renamed(self, change: Any) -> None:
        del change
        self._panel.say("")  # the question was about another name

    def _unfolded(self, change: Any) -> None:
        del change
        self.show()
