"""Fields for numbers that keep what was typed instead of silently correcting it."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import ipywidgets as widgets
from traitlets import Any as AnyTrait


def read(text: str) -> int | float | str:
    """Convert typed text to an integer or a float; return the text if it is not a number.

    Examples
    --------
    >>> read("12"), read(" -2.5 "), read("1e3"), read("twelve"), read("")
    (12, -2.5, 1000, 'twelve', '')
    """
    with contextlib.suppress(ValueError):
        return int(text)
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


class NumberField(widgets.Text):
    """A text field whose value is the typed number, or the text if it is not a number.

    ipywidgets' numeric fields replace an invalid entry by the nearest valid or the previous number,
    but keep showing what was typed. Here the code that uses the value rejects it with a message.

    Parameters
    ----------
    **options
        As of `ipywidgets.Text`; `value` is a number.

    Examples
    --------
    >>> field = NumberField(value=3)
    >>> field.set_state({"value": "2.5"})  # as the browser does
    >>> field.value, field.get_state("value")
    (2.5, {'value': '2.5'})
    >>> field.close()
    """

    value = AnyTrait(0).tag(
        sync=True,
        from_json=lambda text, field: read(text),  # noqa: ARG005  traitlets gives both
        to_json=lambda number, field: str(number),  # noqa: ARG005
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"continuous_update": False, **options})


def rounded(value: float, span: float) -> float:
    """Round a coordinate to about a thousandth of the visible range.

    Examples
    --------
    >>> rounded(3.14159, 10), rounded(2000123.44, 50), rounded(2000123.4, 1e7)
    (3.14, 2000123.4, 2000000.0)
    """
    return round(value, 3 - math.ceil(math.log10(span)))
