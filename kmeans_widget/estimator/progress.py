"""The progress bar of `verbose`."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from kmeans_widget.core.kernels.threads import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

INTERVAL = 0.2  # seconds, at least, between two updates within an iteration


def progress(
    name: str, total: int, *, verbose: bool | int
) -> AbstractContextManager[Callable[[int, int, str], object]]:
    """Return a context manager that shows a progress bar, or nothing.

    Parameters
    ----------
    name : str
        Text in front of the bar.
    total : int
        Maximum number of iterations.
    verbose : bool or int
        Whether to show the bar; tqdm is imported only then. In a notebook, the bar is a widget.

    Returns
    -------
    context manager
        Its value is a callable with three arguments: the iterations of earlier runs, those of this
        run, and the text behind the bar.
    """
    return _progress_bar(name, total) if verbose else nullcontext(lambda *_: None)


@contextmanager
def _progress_bar(name: str, total: int) -> Iterator[Callable[[int, int, str], object]]:
    from tqdm.auto import tqdm

    with tqdm(total=total, desc=name, unit="it") as bar:
        last, shown_at = "", time.monotonic()

        def show(before: int, done: int, text: str) -> None:
            nonlocal last, shown_at
            last, shown_at = text, time.monotonic()
            bar.set_postfix_str(text, refresh=False)
            bar.update(before + done - bar.n)

        def show_share(share: float) -> None:
            nonlocal shown_at
            if time.monotonic() - shown_at < INTERVAL:
                return
            shown_at = time.monotonic()
            bar.set_postfix_str(", ".join(filter(None, (last, f"{share:.0%} of the next"))))

        with watch(show_share):
            yield show
