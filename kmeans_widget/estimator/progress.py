"""A bar for those who wait."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


def progress(
    name: str, total: int, *, verbose: bool | int
) -> AbstractContextManager[Callable[[int, int, str], object]]:
    """Show a bar while the work goes on, or nothing.

    Parameters
    ----------
    name : str
        What is at work.
    total : int
        Iterations, at most.
    verbose : bool or int
        Whether to show anything. tqdm is imported only then; in a notebook the bar is a widget.

    Returns
    -------
    context manager
        Of a callable that takes the iterations done before and in this run, and words to show
        behind the bar.
    """
    return _bar(name, total) if verbose else nullcontext(lambda _before, _done, _words: None)


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[int, int, str], object]]:
    from tqdm.auto import tqdm

    with tqdm(total=total, desc=name, unit="it") as bar:

        def show(before: int, done: int, words: str) -> None:
            bar.set_postfix_str(words, refresh=False)
            bar.update(before + done - bar.n)

        yield show
