"""Where the controls are made: ipywidgets that share what they can."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets


class Workshop:
    """Makes controls that share their models of layout and style.

    Before the first picture appears, each model is a message to the browser, and so is each class
    that is added to one: sharing them halves their number.
    """

    def __init__(self) -> None:
        self._layout = widgets.Layout()
        self._styles: dict[type, widgets.Widget] = {}

    def __call__(self, kind: type[widgets.DescriptionWidget], *classes: str, **options: Any) -> Any:
        """Make a control of a kind."""
        style = kind.style.klass
        if style not in self._styles:
            self._styles[style] = style()
        options = {"layout": self._layout, "style": self._styles[style], **options}
        return kind(_dom_classes=classes, **options)

    def button(self, name: str, tooltip: str, *, hidden: bool = False) -> widgets.Button:
        """Make a button; the style sheet knows it by its name."""
        # The style sheet gives it its icon: one of ipywidgets' would become part of its spoken
        # name.
        own = f"kmeans-{name.lower().replace(' ', '-')}"
        options = {"layout": hideable(hidden=True)} if hidden else {}
        return self(widgets.Button, own, description=name, tooltip=tooltip, **options)

    def row(self, name: str, *children: Any, hidden: bool = False) -> widgets.Box:
        """Make a row of controls, or a column: the style sheet says which."""
        layout = hideable(hidden=True) if hidden else self._layout
        return widgets.Box(children, layout=layout, _dom_classes=[f"kmeans-{name}"])

    def fold(self, title: str, tooltip: str, *children: Any) -> tuple[Any, widgets.Box]:
        """Make a button that opens and closes what comes with it, closed at first."""
        title_button = self(
            widgets.ToggleButton, "kmeans-fold", description=title, tooltip=tooltip, value=False
        )
        content = self.row("folded", *children, hidden=True)
        title_button.observe(lambda change: reveal(content, seen=change.new), "value")
        return title_button, content


def hideable(*, hidden: bool) -> widgets.Layout:
    """Make a layout of one's own, for what comes and goes."""
    return widgets.Layout(display="none" if hidden else "")


def reveal(widget: Any, *, seen: bool) -> None:
    """Show or hide what has a layout of its own."""
    widget.layout.display = "" if seen else "none"
