"""Creates the controls: ipywidgets that share layout and style, and take the session's lock."""

from __future__ import annotations

import functools
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kmeans_widget.session.locking import Inbox, separate_from_cells

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

HIDDEN = "kmeans-hidden"


class WidgetFactory:
    """Creates controls that share their layout and style models.

    Every model is a message to the browser before the first picture appears, and so is every class
    added later: sharing models halves the number of messages.

    Parameters
    ----------
    lock : threading.RLock
        The session's lock. Every message from the browser to a control takes it: ipywidgets
        updates a control in several steps, and a change by another thread in between would be lost,
        or not reach the browser.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._inbox = Inbox(lock)
        self._layout = widgets.Layout()
        self._styles: dict[type, widgets.Widget] = {}

    def __call__(
        self,
        kind: type[widgets.DescriptionWidget],
        *classes: str,
        hidden: bool = False,
        waits: bool = True,
        **options: Any,
    ) -> Any:
        """Create a control of a kind, with CSS classes; if `waits`, messages wait for the lock."""
        style = kind.style.klass
        if style not in self._styles:
            self._styles[style] = style()
        options = {"layout": self._layout, "style": self._styles[style], **options}
        control = kind(_dom_classes=(*classes, HIDDEN) if hidden else classes, **options)
        separate_from_cells(control.comm)
        if waits:
            control.comm.on_msg(functools.partial(self._receive, control))
        return control

    def _receive(self, control: Any, message: dict[str, Any]) -> None:
        self._inbox.handle(functools.partial(_handle, control, message))

    def button(
        self, name: str, tooltip: str, *, hidden: bool = False, waits: bool = True
    ) -> widgets.Button:
        """Create a button; the style sheet selects it by its name."""
        # The icon is in the style sheet: screen readers would read ipywidgets' own icons aloud.
        own = f"kmeans-{name.lower().replace(' ', '-')}"
        return self(
            widgets.Button, own, hidden=hidden, waits=waits, description=name, tooltip=tooltip
        )

    def switch(self, name: str, tooltip: str, *, value: bool = True) -> widgets.Checkbox:
        """Create a checkbox; set its tooltip with `set_tooltip`."""
        switch: widgets.Checkbox = self(
            widgets.Checkbox, value=value, indent=False, description_allow_html=True
        )
        set_tooltip(switch, name, tooltip)
        return switch

    def row(self, name: str, *children: Any, hidden: bool = False) -> widgets.Box:
        """Create a row or column of controls: the style sheet decides which."""
        classes = (f"kmeans-{name}", HIDDEN) if hidden else (f"kmeans-{name}",)
        return widgets.Box(children, layout=self._layout, _dom_classes=classes)

    def fold(self, title: str, tooltip: str, *children: Any) -> tuple[Any, widgets.Box]:
        """Create a button that opens and closes a box of controls, closed at first."""
        title_button = self(
            widgets.ToggleButton, "kmeans-fold", description=title, tooltip=tooltip, value=False
        )
        content = self.row("folded", *children, hidden=True)
        title_button.observe(lambda change: set_visible(content, visible=change.new), "value")
        return title_button, content


def set_tooltip(switch: widgets.Checkbox, name: str, tooltip: str) -> None:
    """Set the name of a checkbox and its tooltip, which ipywidgets would not show."""
    switch.description = f'<span title="{escape(tooltip)}">{escape(name)}</span>'


def close_all(widgets: Iterable[Any]) -> None:
    """Close controls, their children and their models: ipywidgets never frees open ones."""
    for widget in widgets:
        close_all(getattr(widget, "children", ()))
        widget.unobserve_all()
        for part in (getattr(widget, "style", None), getattr(widget, "layout", None), widget):
            if part is not None:
                part.close()


def set_visible(widget: Any, *, visible: bool) -> None:
    """Show or hide a control by a CSS class: a layout of its own would be one more model."""
    if visible is not is_visible(widget):
        (widget.remove_class if visible else widget.add_class)(HIDDEN)


def is_visible(widget: Any) -> bool:
    """Whether a control is not hidden."""
    return HIDDEN not in widget._dom_classes  # noqa: SLF001  ipywidgets has no public name for it


def _handle(control: Any, message: dict[str, Any]) -> None:
    """Pass on a message of the browser, unless it chooses what is no longer offered."""
    index = message["content"]["data"].get("state", {}).get("index")
    if index is not None and index >= len(control.options):
        control.send_state("index")
        return
    control._handle_msg(message)  # noqa: SLF001  as ipywidgets
