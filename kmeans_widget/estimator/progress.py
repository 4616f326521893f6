"""The progress bar of `verbose`."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from kmeans_widget.core.blocks import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


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
        last = ""

        def show(before: int, done: int, text: str) -> None:
            nonlocal last
            last = text
            bar.set_postfix_str(text, refresh=False)
            bar.update(before + done - bar.n)

        def show_block(done: int, total: int) -> None:
            bar.set_postfix_str(", ".join(filter(None, (last, f"block {done} of {total}"))))

        with watch(show_block):
            yield show
