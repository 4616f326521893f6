"""What a person's action may do wrong: it is said in the panel, and nothing is lost."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
S = TypeVar("S")


def guarded(callback: Callable[Concatenate[S, P], None]) -> Callable[Concatenate[S, P], None]:
    """Let a control's callback show its error in the panel instead of losing it.

    The callback runs with the panel's lock held; it may come from any thread.
    """

    @functools.wraps(callback)
    def safe(panel: Any, *args: P.args, **kwargs: P.kwargs) -> None:
        with panel.lock:
            try:
                callback(panel, *args, **kwargs)
            except Exception as error:  # noqa: BLE001  shown to the user, not swallowed
                panel._report(error)  # noqa: SLF001

    return cast("Callable[Concatenate[S, P], None]", safe)
