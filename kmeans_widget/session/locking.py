"""One lock for a session: whatever thread a command comes on, it is done whole."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from traitlets import Any as AnyTrait

if TYPE_CHECKING:
    from collections.abc import Callable

S = TypeVar("S")
T = TypeVar("T")
P = ParamSpec("P")


class Locked(AnyTrait):
    """A trait whose check, change and notification are one step for all threads."""

    allow_none = False  # or None would pass without a check

    def set(self, obj: Any, value: Any) -> None:
        """Check, change and notify, with the lock of the session held."""
        with obj.lock:
            super().set(obj, value)


def whole(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Make a method that no other thread can see, or make, half done."""

    @functools.wraps(method)
    def locked(self: S, *args: P.args, **kwargs: P.kwargs) -> T:
        with cast("Any", self).lock:
            return method(self, *args, **kwargs)

    return cast("Callable[Concatenate[S, P], T]", locked)


def reading(method: Callable[[Any], T]) -> property:
    """Make a property that never sees a run half begun."""
    return property(whole(method))
