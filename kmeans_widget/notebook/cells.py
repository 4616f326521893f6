"""Which cells of the notebook show which panels: a cell that is run again replaces its panel."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from IPython.core.getipython import get_ipython

if TYPE_CHECKING:
    from collections.abc import Mapping

_shown: dict[str, tuple[str, WeakSet[Any]]] = {}  # by cell: the run of it, and its panels


def take_place(panel: Any) -> list[Any]:
    """Note that the cell being run shows a panel; return what it replaces and nobody needs.

    When a cell is run again, what it showed is gone from the page. ipywidgets and IPython's `Out`
    would keep it for ever: 4 MB for a panel. It is still needed if another cell shows it, or if a
    variable of the notebook, or a list, tuple or dict in one, holds it.

    Parameters
    ----------
    panel : object
        What is being shown, outside of a notebook to no effect.

    Returns
    -------
    list of object
        The panels to close; `Out` has forgotten them.
    """
    shell: Any = get_ipython()
    parent: dict[str, Any] = getattr(shell, "get_parent", dict)()
    cell = parent.get("metadata", {}).get("cellId")
    if cell is None:
        return []
    run = parent["header"]["msg_id"]
    last_run, panels = _shown.get(cell, ("", ()))
    gone = list(panels) if last_run != run else []
    if last_run != run:
        _shown[cell] = run, WeakSet()
    _shown[cell][1].add(panel)
    idle = [old for old in gone if not _is_shown(old) and not _is_held(old, shell.user_ns)]
    for old in idle:
        _forget(old, shell)
    return idle


def _is_shown(panel: Any) -> bool:
    return any(panel in panels for _, panels in _shown.values())


def _is_held(panel: Any, variables: Mapping[str, Any]) -> bool:
    # `Out` is IPython's, as are the names that begin with _
    own = [v for name, v in variables.items() if name != "Out" and not name.startswith("_")]
    lists = (value for value in own if type(value) in {list, tuple})
    dicts = (value.values() for value in own if type(value) is dict)
    return any(value is panel for value in chain(own, *lists, *dicts))


def _forget(panel: Any, shell: Any) -> None:
    """Take a panel out of IPython's numbered results."""
    results = shell.user_ns.get("_oh", {})
    for number in [number for number, value in results.items() if value is panel]:
        del results[number]
        for names in (shell.user_ns, shell.user_ns_hidden):  # the names that are not the user's own
            names.pop(f"_{number}", None)
