"""Makes the controls: ipywidgets that share their models, and take the session's lock."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

HIDDEN = "kmeans-hidden"


class WidgetFactory:
    """Makes controls that share their models of layout and style.

    Each model is a message to the browser before the first picture appears, and so is each class
    added to one later: sharing models halves the number of messages.

    Parameters
    ----------
    lock : threading.RLock
        The session's lock. Every message that the browser sends to a control takes it: ipywidgets
        changes a control in several steps, and a change from another thread between two of them
        is lost, or seen by the kernel only.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._layout = widgets.Layout()
        self._styles: dict[type, widgets.Widget] = {}

    def __call__(
        self,
        kind: type[widgets.DescriptionWidget],
        *classes: str,
        hidden: bool = False,
        **options: Any,
    ) -> Any:
        """Make a control of a kind, with classes for the style sheet."""
        style = kind.style.klass
        if style not in self._styles:
            self._styles[style] = style()
        options = {"layout": self._layout, "style": self._styles[style], **options}
        control = kind(_dom_classes=(*classes, HIDDEN) if hidden else classes, **options)
        control.comm.on_msg(functools.partial(self._receive, control))
        return control

    def _receive(self, control: Any, message: dict[str, Any]) -> None:
        with self._lock:
            control._handle_msg(message)  # noqa: SLF001  what ipywidgets itself connects

    def button(self, name: str, tooltip: str, *, hidden: bool = False) -> widgets.Button:
        """Make a button; the style sheet knows it by its name."""
        # The icon comes from the style sheet: a screen reader would read one of ipywidgets' aloud.
        own = f"kmeans-{name.lower().replace(' ', '-')}"
        return self(widgets.Button, own, hidden=hidden, description=name, tooltip=tooltip)

    def row(self, name: str, *children: Any, hidden: bool = False) -> widgets.Box:
        """Make a row of controls, or a column: the style sheet says which."""
        classes = (f"kmeans-{name}", HIDDEN) if hidden else (f"kmeans-{name}",)
        return widgets.Box(children, layout=self._layout, _dom_classes=classes)

    def fold(self, title: str, tooltip: str, *children: Any) -> tuple[Any, widgets.Box]:
        """Make a button that opens and closes what comes with it, closed at first."""
        title_button = self(
            widgets.ToggleButton, "kmeans-fold", description=title, tooltip=tooltip, value=False
        )
        content = self.row("folded", *children, hidden=True)
        title_button.observe(lambda change: set_visible(content, visible=change.new), "value")
        return title_button, content


def close_all(widgets: Iterable[Any]) -> None:
    """Close controls, their children and their models: ipywidgets keeps open ones for ever."""
    for widget in widgets:
        close_all(getattr(widget, "children", ()))
        widget.unobserve_all()
        for part in (getattr(widget, "style", None), getattr(widget, "layout", None), widget):
            if part is not None:
                part.close()


def set_visible(widget: Any, *, visible: bool) -> None:
    """Show or hide a control, by a class: a layout of its own would be one more model."""
    if visible is not is_visible(widget):
        (widget.remove_class if visible else widget.add_class)(HIDDEN)


def is_visible(widget: Any) -> bool:
    """Whether a control is not hidden."""
    return HIDDEN not in widget._dom_classes  # noqa: SLF001  ipywidgets has no public name for it
