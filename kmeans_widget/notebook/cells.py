"""Panels by notebook cell: running a cell again replaces the panel that it displayed."""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np
from IPython.core.getipython import get_ipython

from kmeans_widget.distributed.sources import is_in_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

MANY_NUMBERS = 20_000_000  # in data that take about a second to open

# By cell id: the message id of its last execution, and the panels displayed by it.
_panels_by_cell: dict[str, tuple[str, WeakSet[Any]]] = {}


def in_notebook() -> bool:
    """Whether a kernel runs this code, not a terminal or a script."""
    return hasattr(get_ipython(), "kernel")


def in_voila() -> bool:
    """Whether Voila shows the page: no cells, no variables and no files for those who see it."""
    return "VOILA_BASE_URL" in os.environ


def announce(data: Any) -> None:
    """Say below the running cell that data are opened, if that may take a second or more.

    The line stays, because nbval would compare what replaces it with what it was.
    """
    shape: tuple[int, ...] = getattr(data, "shape", ())
    if in_notebook() and len(shape) == 2 and shape[0] * shape[1] >= MANY_NUMBERS:
        print(f"Opening {shape[0]:,} rows of {shape[1]:,} columns …", flush=True)  # noqa: T201
    elif in_notebook() and not isinstance(data, np.ndarray) and is_in_blocks(data):
        print("Opening data in blocks: all rows are read twice …", flush=True)  # noqa: T201


def register_panel(panel: Any) -> list[Any]:
    """Record that the running cell displays a panel; return the panels that can be closed now.

    When a cell is run again, its previous output disappears from the page, but ipywidgets and
    IPython's `Out` would keep the panel (4 MB) in memory. A panel is still in use if another cell
    displays it, or if it is the value of a variable of the notebook, or an element of a list, tuple
    or dict that is.

    Parameters
    ----------
    panel : object
        The panel being displayed.

    Returns
    -------
    list of object
        Panels replaced by this execution and no longer in use, already removed from `Out`; empty
        outside of a notebook.
    """
    shell: Any = get_ipython()
    parent: dict[str, Any] = getattr(shell, "get_parent", dict)()
    cell = parent.get("metadata", {}).get("cellId")
    if cell is None:
        return []
    run = parent["header"]["msg_id"]
    last_run, panels = _panels_by_cell.get(cell, ("", ()))
    replaced = list(panels) if last_run != run else []
    if last_run != run:
        _panels_by_cell[cell] = run, WeakSet()
    _panels_by_cell[cell][1].add(panel)
    unused = [p for p in replaced if not (_is_displayed(p) or _is_referenced(p, shell.user_ns))]
    for old in unused:
        _remove_from_out(old, shell)
    return unused


def _is_displayed(panel: Any) -> bool:
    return any(panel in panels for _, panels in _panels_by_cell.values())


def _is_referenced(panel: Any, variables: Mapping[str, Any]) -> bool:
    # `Out` and names that begin with _ belong to IPython.
    own = [v for name, v in variables.items() if name != "Out" and not name.startswith("_")]
    lists = (value for value in own if type(value) in {list, tuple})
    dicts = (value.values() for value in own if type(value) is dict)
    return any(value is panel for value in chain(own, *lists, *dicts))


def _remove_from_out(panel: Any, shell: Any) -> None:
    """Remove a panel from IPython's numbered results."""
    results = shell.user_ns.get("_oh", {})
    for number in [number for number, value in results.items() if value is panel]:
        del results[number]
        for names in (shell.user_ns, shell.user_ns_hidden):  # user_ns_hidden: IPython's names
            names.pop(f"_{number}", None)
